"""The statements of what staff and time do with orders: settings, fulfilments, refunds, forgetting, counting."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, TypeAlias
from uuid import UUID

import msgspec

from feira.kernel.db import Tx
from feira.orders.domain import Order
from feira.orders.domain_refunds import Return
from feira.orders.domain_totals import ShippingMethod, Tables, TaxRule

FORGOTTEN_EMAIL = "erased@feira.invalid"  # RFC 2606: no mail can ever go there.
FORGOTTEN_TEXT = "erased"

TurnKind: TypeAlias = Literal["confirmed", "cancelled"]


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """So many units of these skus left the house."""

    id: UUID
    order_id: UUID
    lines: dict[str, int]
    carrier: str | None
    tracking: str | None
    actor: UUID
    sent_at: datetime


class GivenBack(msgspec.Struct, frozen=True, kw_only=True):
    """A refund that was decided; `done_at` is when the money had gone."""

    id: UUID
    order_id: UUID
    amount_minor: int
    reason: str
    lines: tuple[Return, ...]
    decided_at: datetime
    digest: bytes | None = None
    actor: UUID | None = None
    done_at: datetime | None = None


class Dossier(msgspec.Struct, frozen=True, kw_only=True):
    """An order with all that was sent and given back of it."""

    order: Order
    fulfilments: tuple[Sent, ...]
    refunds: tuple[GivenBack, ...]


async def found_shop(tx: Tx, tables: Tables) -> str:
    """Write the first settings, unless there are some; answers the currency that they are in."""
    await tx.execute(
        """insert into settings (version, currency, shop_name, shipping, tax) values ($1, $2, $3, $4, $5)
           on conflict do nothing""",
        tables.version,
        tables.currency,
        tables.shop_name,
        tables.shipping,
        tables.tax,
    )
    currency: str = await tx.fetchval("select currency from settings")
    return currency


async def settings_version(tx: Tx) -> int:
    version: int = await tx.fetchval("select version from settings")
    return version


async def read_settings(tx: Tx, *, lock: bool = False) -> Tables:
    row = await tx.fetchrow(
        "select version, currency, shop_name, shipping, tax from settings" + (" for update" if lock else "")
    )
    assert row is not None  # noqa: S101 - the service writes it before it serves.
    return Tables(
        version=row["version"],
        currency=row["currency"],
        shop_name=row["shop_name"],
        shipping=msgspec.convert(row["shipping"], tuple[ShippingMethod, ...]),
        tax=msgspec.convert(row["tax"], tuple[TaxRule, ...]),
    )


async def save_settings(tx: Tx, tables: Tables) -> None:
    await tx.execute(
        "update settings set version = $1, shop_name = $2, shipping = $3, tax = $4, changed_at = now()",
        tables.version,
        tables.shop_name,
        tables.shipping,
        tables.tax,
    )


async def insert_fulfilment(tx: Tx, sent: Sent) -> None:
    await tx.execute(
        """insert into fulfilments (id, order_id, lines, carrier, tracking, actor, sent_at)
           values ($1, $2, $3, $4, $5, $6, $7)""",
        sent.id,
        sent.order_id,
        sent.lines,
        sent.carrier,
        sent.tracking,
        sent.actor,
        sent.sent_at,
    )


async def fulfilments_of(tx: Tx, order_ids: Sequence[UUID]) -> list[Sent]:
    """All that was sent of these orders, the first first."""
    rows = await tx.fetch(
        """select id, order_id, lines, carrier, tracking, actor, sent_at from fulfilments
           where order_id = any($1::uuid[]) order by sent_at, id""",
        order_ids,
    )
    return [Sent(**row) for row in rows]


_REFUND = "id, order_id, amount_minor, reason, lines, decided_at, digest, actor, done_at"


def _given_back(row: Any) -> GivenBack:
    return GivenBack(**{**row, "lines": msgspec.convert(row["lines"], tuple[Return, ...])})


async def refund(tx: Tx, refund_id: UUID) -> GivenBack | None:
    row = await tx.fetchrow(f"select {_REFUND} from refunds where id = $1", refund_id)
    return None if row is None else _given_back(row)


async def refunds_of(tx: Tx, order_ids: Sequence[UUID]) -> list[GivenBack]:
    """All refunds of these orders, the first first."""
    rows = await tx.fetch(
        f"select {_REFUND} from refunds where order_id = any($1::uuid[]) order by decided_at, id", order_ids
    )
    return [_given_back(row) for row in rows]


async def dossiers(tx: Tx, orders: Sequence[Order]) -> list[Dossier]:
    """The orders' dossiers, in two statements however many they are."""
    ids = [order.id for order in orders]
    sent = await fulfilments_of(tx, ids)
    given = await refunds_of(tx, ids)
    return [
        Dossier(
            order=order,
            fulfilments=tuple(one for one in sent if one.order_id == order.id),
            refunds=tuple(one for one in given if one.order_id == order.id),
        )
        for order in orders
    ]


async def insert_refunds(tx: Tx, refunds: Sequence[GivenBack]) -> set[UUID]:
    """Write refunds that were decided; answers which are new."""
    rows = await tx.fetch(
        """insert into refunds (id, order_id, digest, amount_minor, reason, lines, actor, decided_at)
           select * from unnest($1::uuid[], $2::uuid[], $3::bytea[], $4::bigint[], $5::text[], $6::jsonb[], $7::uuid[],
                                $8::timestamptz[])
           on conflict do nothing returning id""",
        [one.id for one in refunds],
        [one.order_id for one in refunds],
        [one.digest for one in refunds],
        [one.amount_minor for one in refunds],
        [one.reason for one in refunds],
        [one.lines for one in refunds],
        [one.actor for one in refunds],
        [one.decided_at for one in refunds],
    )
    return {row["id"] for row in rows}


async def refund_done(tx: Tx, refund_id: UUID, order_id: UUID, amount_minor: int, reason: str) -> bool:
    """The money of this refund has gone, for this reason if we had not written it down; False if that was known."""
    row = await tx.fetchrow(
        """insert into refunds as r (id, order_id, amount_minor, reason, lines, decided_at, done_at)
           values ($1, $2, $3, $4, '[]', now(), now())
           on conflict (id) do update set done_at = now() where r.done_at is null returning id""",
        refund_id,
        order_id,
        amount_minor,
        reason,
    )
    return row is not None


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """When an order's status changed, and by whom, if it was by staff."""

    kind: TurnKind
    at: datetime
    actor: UUID | None


async def note_turn(tx: Tx, order_id: UUID, kind: TurnKind, actor: UUID | None) -> None:
    await tx.execute(
        "insert into turns (order_id, kind, actor) values ($1, $2, $3) on conflict do nothing", order_id, kind, actor
    )


async def turns_of(tx: Tx, order_id: UUID) -> list[Turn]:
    rows = await tx.fetch("select kind, at, actor from turns where order_id = $1 order by at", order_id)
    return [Turn(**row) for row in rows]


async def attach(tx: Tx, owners: Mapping[str, UUID]) -> None:
    """Give the guest orders of these addresses to their proven owners."""
    await tx.execute(
        """update orders set user_id = u from unnest($1::text[], $2::uuid[]) as e(m, u)
           where email = m and user_id is null""",
        list(owners),
        list(owners.values()),
    )


async def unname(tx: Tx, user_ids: Sequence[UUID]) -> None:
    """Take the names off these customers' orders: at once who bought, and where it goes once it has gone (`forget`)."""
    await tx.execute(
        "update orders set email = $2, user_id = null, forget = true where user_id = any($1::uuid[])",
        user_ids,
        FORGOTTEN_EMAIL,
    )


async def forget_places(tx: Tx, before: datetime, limit: int) -> int:
    """Take names and streets off orders that are to be forgotten and done with, or older than `before`; answers how many.

    The country and region stay, because the tax was reckoned by them.
    """
    rows = await tx.fetch(
        """update orders o set forget = false, billing_address = null,
               shipping_address = jsonb_build_object('name', $3::text, 'line1', $3::text, 'city', $3::text,
                   'postal_code', $3::text, 'country', shipping_address ->> 'country',
                   'region', shipping_address ->> 'region')
           where id = any(array(
               select id from orders where forget and (status in ('cancelled', 'completed') or placed_at < $1)
               order by id limit $2 for update skip locked))
           returning id""",
        before,
        limit,
        FORGOTTEN_TEXT,
    )
    return len(rows)


async def pending_since(tx: Tx, before: datetime, limit: int) -> list[UUID]:
    """The oldest orders that were placed before then and are still pending."""
    rows = await tx.fetch(
        "select id from orders where status = 'pending' and placed_at < $1 order by placed_at, id limit $2",
        before,
        limit,
    )
    return [row["id"] for row in rows]


async def count_pending(tx: Tx, most: int) -> int:
    """How many orders are pending, counted up to `most`."""
    count: int = await tx.fetchval(
        "select count(*) from (select from orders where status = 'pending' limit $1) as first", most
    )
    return count
