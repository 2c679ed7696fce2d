"""The statements of a checkout under way: whose turn it is, and what was answered."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal
from uuid import UUID

import msgspec

from feira.contracts.goods import Line
from feira.kernel.db import Tx

LEASE_S = 30  # How long a checkout has before a retry may take it over.


class Attempt(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A row of attempts; `mine` tells that the lease is the asker's."""

    order_id: UUID
    digest: bytes
    sequence: int
    mine: bool
    lines: tuple[Line, ...] | None = None
    early: tuple[dict[str, Any], ...] = ()
    status: int | None = None
    answer: dict[str, Any] | None = None


class Begin(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Take the lease on this key's attempt, as `lease`; if there is none yet, begin it for the order `order_id`. `lines` is
    the cart's snapshot, None if there is no cart.
    """

    key: UUID
    order_id: UUID
    digest: bytes
    lease: UUID
    cart_id: str | None = None
    lines: tuple[Line, ...] | None = None


class Begun(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The attempt as it stands; None while another order of the same cart is under way. `abandoned` are attempts on the
    cart that nobody will finish any more: they are gone, but what they had set aside is not. `settings_version` is that of
    the shop's settings at this moment.
    """

    attempt: Attempt | None
    abandoned: tuple[Attempt, ...] = ()
    settings_version: int = 0


class Peek(msgspec.Struct, frozen=True, gc=False):
    """How the attempt of this key stands, and whether another order stands for the cart."""

    key: UUID
    cart_id: str


class Finish(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Give the lease up: with a `status` and `answer` to keep, or else to be tried again. To `forget` the request lets
    another one come by the same key; to forget all lets that one have another order.
    """

    order_id: UUID
    lease: UUID
    forget: Literal["nothing", "request", "all"] = "nothing"
    status: int | None = None
    answer: dict[str, Any] | None = None


_COLUMNS = "key, order_id, digest, sequence, lease, lines, early, status, answer"


def _attempt(row: Any, lease: UUID | None) -> Attempt:
    return Attempt(
        order_id=row["order_id"],
        digest=row["digest"],
        sequence=row["sequence"],
        mine=row["lease"] == lease,
        lines=None if row["lines"] is None else msgspec.convert(row["lines"], tuple[Line, ...]),
        early=tuple(row["early"] or ()),
        status=row["status"],
        answer=row["answer"],
    )


async def begin(tx: Tx, asks: Sequence[Begin]) -> dict[UUID, Begun]:
    """Take what leases can be taken, by key; the attempts are `mine` where the lease was got.

    A lease got before by the same ask is got again: the ask may be repeated. An attempt that somebody else begins just now
    is answered as none.
    """
    leases = {ask.key: ask.lease for ask in asks}
    abandoned = await _claim_carts(tx, {ask.key: ask.cart_id for ask in asks if ask.cart_id is not None})
    asks = [ask for ask in asks if ask.cart_id is None or ask.key in abandoned]
    rows = await tx.fetch(
        f"""with took as (
                insert into attempts as a (key, order_id, digest, lease, leased_until, cart_id, lines)
                select k, o, d, l, now() + $7 * interval '1 second', c, n
                from unnest($1::uuid[], $2::uuid[], $3::bytea[], $4::uuid[], $5::text[], $6::jsonb[])
                     as e(k, o, d, l, c, n) order by k
                on conflict (key) do update
                set lease = excluded.lease, leased_until = excluded.leased_until, digest = excluded.digest,
                    lines = coalesce(a.lines, excluded.lines)
                where a.status is null and a.digest in ('', excluded.digest) and a.leased_until < now()
                returning {_COLUMNS})
            select found.*, (select version from settings) as settings_version from (
                select * from took union all
                select {_COLUMNS} from attempts where key = any($1::uuid[]) and key not in (select key from took)
            ) as found""",
        [ask.key for ask in asks],
        [ask.order_id for ask in asks],
        [ask.digest for ask in asks],
        [ask.lease for ask in asks],
        [ask.cart_id for ask in asks],
        [ask.lines for ask in asks],
        LEASE_S,
    )
    found = {row["key"]: _attempt(row, leases[row["key"]]) for row in rows}
    version = rows[0]["settings_version"] if rows else 0
    return {
        key: Begun(attempt=found.get(key), abandoned=abandoned.get(key, ()), settings_version=version) for key in leases
    }


async def _claim_carts(tx: Tx, carts: Mapping[UUID, str]) -> dict[UUID, tuple[Attempt, ...]]:
    """One order of a cart at a time, so that a buyer never competes with himself for the last of something. Answers the
    keys whose turn it is, each with the attempts on its cart that were abandoned, which are deleted.

    They are locked before they are judged: an order may be committing on one that has given its turn up.
    """
    if not carts:
        return {}
    key_of = {cart_id: key for key, cart_id in reversed(list(carts.items()))}  # First come, first served.
    await tx.execute(
        "select pg_advisory_xact_lock(hashtextextended('cart ' || c, 0)) from unnest($1::text[]) as c", sorted(key_of)
    )
    rows = await tx.fetch(
        f"""select {_COLUMNS}, cart_id, leased_until > now() as running from attempts
            where cart_id = any($1::text[]) and status is null order by key for update""",
        list(key_of),
    )
    others = [row for row in rows if row["key"] != key_of[row["cart_id"]]]
    busy = {row["cart_id"] for row in others if row["running"]}
    # Asked after the locks were had: what they were waited for may have been the cart's order.
    ordered = await tx.fetch(
        """select o.cart_id from orders o join attempts a on a.order_id = o.id
           join unnest($1::text[], $2::uuid[]) as e(c, k) on o.cart_id = c
           where o.status <> 'cancelled' and a.key <> k""",
        list(key_of),
        list(key_of.values()),
    )
    busy |= {row["cart_id"] for row in ordered}
    mine = {key: cart_id for cart_id, key in key_of.items() if cart_id not in busy}
    gone = [row for row in others if row["cart_id"] not in busy]
    if gone:
        await tx.execute("delete from attempts where key = any($1::uuid[])", [row["key"] for row in gone])
    return {
        key: tuple(_attempt(row, None) for row in gone if row["cart_id"] == cart_id) for key, cart_id in mine.items()
    }


async def peek(tx: Tx, asks: Sequence[Peek]) -> list[tuple[Attempt | None, bool]]:
    """For each ask the attempt as it stands, if there is one, and whether another order stands for the cart."""
    rows = await tx.fetch(
        f"""select {_COLUMNS}, exists (
                       select from orders o where o.cart_id = c and o.status <> 'cancelled'
                       and not exists (select from attempts own where own.order_id = o.id and own.key = k)) as ordered
            from unnest($1::uuid[], $2::text[]) with ordinality as e(k, c, n) left join attempts a on a.key = k and a.digest <> ''
            order by n""",
        [ask.key for ask in asks],
        [ask.cart_id for ask in asks],
    )
    return [(None if row["key"] is None else _attempt(row, None), row["ordered"]) for row in rows]


async def lock(tx: Tx, leases: dict[UUID, UUID]) -> dict[UUID, Attempt]:
    """The attempts on these orders, locked in the order of their ids."""
    rows = await tx.fetch(
        f"select {_COLUMNS} from attempts where order_id = any($1::uuid[]) order by order_id for update",
        list(leases),
    )
    return {row["order_id"]: _attempt(row, leases[row["order_id"]]) for row in rows}


async def placed(tx: Tx, order_ids: Sequence[UUID]) -> None:
    """These attempts came to their orders. The order itself is the answer that is kept."""
    await tx.execute(
        "update attempts set status = 201, lines = null, early = null where order_id = any($1::uuid[])", order_ids
    )


async def finish(tx: Tx, asks: Sequence[Finish]) -> None:
    """Give leases up. An attempt that was taken over or answered meanwhile is left as it is."""
    gone = [ask for ask in asks if ask.forget == "all"]
    kept = [ask for ask in asks if ask.forget != "all"]
    if gone:
        await tx.execute(
            """delete from attempts a using unnest($1::uuid[], $2::uuid[]) as e(o, l)
               where order_id = o and lease = l and status is null""",
            [ask.order_id for ask in gone],
            [ask.lease for ask in gone],
        )
    if kept:
        await tx.execute(
            """update attempts set leased_until = now() - interval '1 second', status = s, answer = w,
                      digest = case when f then '' else digest end, lines = case when f then null else lines end
               from unnest($1::uuid[], $2::uuid[], $3::smallint[], $4::jsonb[], $5::boolean[]) as e(o, l, s, w, f)
               where order_id = o and lease = l and status is null""",
            [ask.order_id for ask in kept],
            [ask.lease for ask in kept],
            [ask.status for ask in kept],
            [ask.answer for ask in kept],
            [ask.forget == "request" for ask in kept],
        )


async def keep_early(tx: Tx, order_id: UUID, news: dict[str, Any]) -> None:
    """News about a payment whose order is not there yet: the commit of the order will hear it."""
    await tx.execute(
        "update attempts set early = coalesce(early, '[]') || jsonb_build_array($2::jsonb) where order_id = $1",
        order_id,
        news,
    )
