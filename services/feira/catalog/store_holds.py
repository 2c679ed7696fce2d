"""The statements on what is set aside for orders."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from feira.catalog.domain import HoldState, Prior, summed
from feira.catalog.domain_sale import Outcome
from feira.catalog.store import MAIN, as_json
from feira.contracts.catalog import Release
from feira.contracts.goods import Line, PricedLine
from feira.kernel.db import Db, Tx

# The lines are decoded by msgspec into their own types at once, so they are asked for as text.
_PRIOR = """order_id, id, digest, state, lines::text, expires_at, failed, cancelled, owed::text,
            extract(epoch from expires_at - now())::float8 as left_s"""
_lines = msgspec.json.Decoder(tuple[PricedLine, ...])
_owed = msgspec.json.Decoder(tuple[Line, ...])


def _prior(row: asyncpg.Record) -> Prior:
    return Prior(
        order_id=row["order_id"],
        hold_id=row["id"],
        digest=row["digest"],
        state=row["state"],
        lines=_lines.decode(row["lines"]),
        expires_at=row["expires_at"],
        left_s=row["left_s"],
        failed=row["failed"],
        cancelled=row["cancelled"],
        owed=_owed.decode(row["owed"]) if row["owed"] != "[]" else (),
    )


async def lock_of_orders(tx: Tx, order_ids: Sequence[UUID]) -> dict[UUID, Prior]:
    """What these orders have set aside so far, locked."""
    rows = await tx.fetch(
        f"select {_PRIOR} from holds where order_id = any($1::uuid[]) order by order_id for no key update", order_ids
    )
    return {row["order_id"]: _prior(row) for row in rows}


async def lock_of_holds(tx: Tx, asks: Sequence[Release]) -> dict[UUID, Prior]:
    """These very holds, locked; one that was revived since has another id."""
    rows = await tx.fetch(
        f"""select {_PRIOR} from holds where order_id = any($1::uuid[]) and id = any($2::uuid[])
            order by order_id for no key update""",
        [ask.order_id for ask in asks],
        [ask.hold_id for ask in asks],
    )
    return {row["id"]: _prior(row) for row in rows}


async def lock_expired(tx: Tx, limit: int) -> list[Prior]:
    """Holds whose time is up, locked; those that somebody is at work on are left for the next round."""
    rows = await tx.fetch(
        f"""select {_PRIOR} from holds where state = 'held' and expires_at <= now()
            order by expires_at limit $1 for no key update skip locked""",
        limit,
    )
    return [_prior(row) for row in rows]


class NewHold(msgspec.Struct, frozen=True, gc=False):
    """Goods to be set aside: for an order without a hold, or again for one whose hold lapsed."""

    hold_id: UUID
    order_id: UUID
    digest: str
    lines: tuple[PricedLine, ...]


async def keep(tx: Tx, holds: Sequence[NewHold], ttl_s: float) -> dict[UUID, datetime]:
    """Write the holds down; answers when each expires, by its order.

    An order that somebody else has just set goods aside for is left out: the caller must look again.
    """
    holds = sorted(holds, key=lambda hold: hold.order_id)
    rows = await tx.fetch(
        """insert into holds as h (order_id, id, digest, state, units, lines, expires_at)
           select o, i, d, 'held', u, l::jsonb, now() + $6 * interval '1 second'
           from unnest($1::uuid[], $2::uuid[], $3::text[], $4::bigint[], $5::text[]) as n(o, i, d, u, l)
           on conflict (order_id) do update
           set id = excluded.id, state = 'held', expires_at = excluded.expires_at, digest = excluded.digest,
               units = excluded.units, lines = excluded.lines
           where h.state in ('released', 'expired') and not h.cancelled and not h.failed
           returning order_id, expires_at""",
        [hold.order_id for hold in holds],
        [hold.hold_id for hold in holds],
        [hold.digest for hold in holds],
        [sum(summed(hold.lines).values()) for hold in holds],
        [as_json(hold.lines) for hold in holds],
        ttl_s,
    )
    return {row["order_id"]: row["expires_at"] for row in rows}


async def keep_at_once(
    db: Db, holds: Sequence[NewHold], demand: Mapping[str, tuple[int, int]], ttl_s: float
) -> datetime | None:
    """Write the holds down, take what they want out of the stock and into the journal, all in one statement, and answer
    when they expire; `demand` is the units and the revision by sku.

    Nothing is done and None answered unless every good is as its revision says, there is more than enough of each (the
    last of something takes more telling) and none of the orders has a hold.
    """
    holds = sorted(holds, key=lambda hold: hold.order_id)
    skus = sorted(demand)
    lines = [(hold, sku, units) for hold in holds for sku, units in summed(hold.lines).items()]
    async with db.read() as tx:
        until: datetime | None = await tx.fetchval(
            """with want as materialized (
                   select * from unnest($1::text[], $2::bigint[], $3::bigint[]) as w(sku, units, revision)),
               locked as materialized (
                   select sku, on_hand, held, revision from stock where location_id = $4 and sku = any($1::text[])
                   order by sku for no key update),
               fits as materialized (
                   select now() + $5 * interval '1 second' as until
                   from locked l join want w using (sku)
                   where l.revision = w.revision and l.on_hand - l.held > w.units
                   having count(*) = cardinality($1::text[])
                          and not exists (select from holds where order_id = any($6::uuid[]))),
               moved as (
                   update stock s set held = s.held + w.units from want w, fits
                   where s.sku = w.sku and s.location_id = $4),
               kept as (
                   insert into holds (order_id, id, digest, state, units, lines, expires_at)
                   select o, i, d, 'held', u, l::jsonb, until
                   from fits, unnest($6::uuid[], $7::uuid[], $8::text[], $9::bigint[], $10::text[]) as n(o, i, d, u, l)),
               noted as (
                   insert into journal (sku, location_id, kind, delta_on_hand, delta_held, order_id, hold_id)
                   select k, $4, 'held', 0, u, o, i
                   from fits, unnest($11::text[], $12::bigint[], $13::uuid[], $14::uuid[]) as j(k, u, o, i)),
               fed as (insert into stock_feed (skus) select $1::text[] from fits)
               select until from fits""",
            skus,
            [demand[sku][0] for sku in skus],
            [demand[sku][1] for sku in skus],
            MAIN,
            ttl_s,
            [hold.order_id for hold in holds],
            [hold.hold_id for hold in holds],
            [hold.digest for hold in holds],
            [sum(line.quantity for line in hold.lines) for hold in holds],
            [as_json(hold.lines) for hold in holds],
            [sku for _, sku, _ in lines],
            [units for _, _, units in lines],
            [hold.order_id for hold, _, _ in lines],
            [hold.hold_id for hold, _, _ in lines],
        )
    return until


async def sell_held(tx: Tx, order_ids: Sequence[UUID]) -> set[UUID]:
    """Sell what these orders hold, where nothing stands against it; answers which were sold."""
    rows = await tx.fetch(
        """with locked as materialized (
               select order_id, state, failed, cancelled, owed from holds where order_id = any($1::uuid[])
               order by order_id for no key update),
           live as materialized (
               select order_id from locked
               where state = 'held' and not failed and not cancelled and owed = '[]'),
           sold as (
               update holds h set state = 'sold' from live where h.order_id = live.order_id
               returning h.order_id, h.id, h.lines),
           lines as materialized (
               select s.order_id, s.id, l.sku, sum(l.quantity)::bigint as units
               from sold s, jsonb_to_recordset(s.lines) as l(sku text, quantity bigint) group by 1, 2, 3),
           sums as materialized (select sku, sum(units)::bigint as units from lines group by sku),
           counted as materialized (
               select sku from stock where location_id = $2 and sku = any(array(select sku from sums))
               order by sku for no key update),
           moved as (
               update stock s set on_hand = s.on_hand - d.units, held = s.held - d.units
               from sums d join counted using (sku) where s.sku = d.sku and s.location_id = $2),
           noted as (
               insert into journal (sku, location_id, kind, delta_on_hand, delta_held, order_id, hold_id)
               select sku, $2, 'sold', -units, -units, order_id, id from lines)
           select order_id, (select count(*) from sums) - (select count(*) from counted) as lost from sold""",
        order_ids,
        MAIN,
    )
    if rows and rows[0]["lost"]:
        raise LookupError(f"{rows[0]['lost']} skus have no stock row")
    return {row["order_id"] for row in rows}


async def renew(tx: Tx, order_ids: Sequence[UUID], ttl_s: float) -> dict[UUID, datetime]:
    """Let live holds live at least this much longer from now."""
    rows = await tx.fetch(
        """update holds set expires_at = greatest(expires_at, now() + $2 * interval '1 second')
           where order_id = any($1::uuid[]) and state = 'held' returning order_id, expires_at""",
        order_ids,
        ttl_s,
    )
    return {row["order_id"]: row["expires_at"] for row in rows}


class Unheard(msgspec.Struct, frozen=True):
    """An order of which nothing was ever set aside here, or nothing is remembered."""

    order_id: UUID
    hold_id: UUID
    lines: tuple[PricedLine, ...]


async def remember(tx: Tx, orders: Sequence[Unheard]) -> None:
    """Give each of these orders a record, as of a hold that has expired, unless it has one."""
    orders = sorted(orders, key=lambda order: order.order_id)
    await tx.execute(
        """insert into holds (order_id, id, digest, state, units, lines, expires_at)
           select o, i, '', 'expired', u, l::jsonb, now()
           from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::text[]) as n(o, i, u, l)
           on conflict (order_id) do nothing""",
        [order.order_id for order in orders],
        [order.hold_id for order in orders],
        [sum(summed(order.lines).values()) for order in orders],
        [as_json(order.lines) for order in orders],
    )


async def settle(tx: Tx, was: dict[UUID, HoldState], outcomes: Sequence[Outcome]) -> None:
    """Write down what became of these orders' holds, each only from the state it was in."""
    changed: int = await tx.fetchval(
        """with settled as (
               update holds h set state = n.state, failed = n.failed, cancelled = n.cancelled, owed = n.owed::jsonb
               from unnest($1::uuid[], $2::text[], $3::text[], $4::boolean[], $5::boolean[], $6::text[])
                    as n(order_id, was, state, failed, cancelled, owed)
               where h.order_id = n.order_id and h.state = n.was returning 1)
           select count(*) from settled""",
        [outcome.order_id for outcome in outcomes],
        [was[outcome.order_id] for outcome in outcomes],
        [outcome.state for outcome in outcomes],
        [outcome.failed for outcome in outcomes],
        [outcome.cancelled for outcome in outcomes],
        [as_json(outcome.owed) for outcome in outcomes],
    )
    if changed != len(outcomes):
        raise LookupError("a hold changed its state while it was locked")


async def forget_lapsed(tx: Tx, older_than_s: float, limit: int) -> int:
    """Drop holds that lapsed long ago and that no order was ever heard of for; answers how many."""
    rows = await tx.fetch(
        """delete from holds where order_id = any(array(
               select order_id from holds
               where state in ('released', 'expired') and expires_at < now() - $1 * interval '1 second'
                     and not failed and not cancelled and owed = '[]'
               order by expires_at limit $2 for update skip locked))
           returning 1""",
        older_than_s,
        limit,
    )
    return len(rows)


async def count_held(tx: Tx, most: int) -> tuple[int, int]:
    """How many holds keep goods from other buyers, and of how many units; up to `most` holds are counted."""
    row = await tx.fetchrow(
        """select count(*), coalesce(sum(units), 0)::bigint
           from (select units from holds where state = 'held' limit $1) as first""",
        most,
    )
    assert row is not None  # noqa: S101 - aggregates always answer a row.
    return tuple(row)
