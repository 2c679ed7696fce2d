"""The statements on stock and its journal.

Whoever locks rows does so in this order, each kind by its key, so that no two transactions wait for each other: products,
holds, stock, listings.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from feira.catalog.domain import Good, Level, Move, net
from feira.kernel.db import Tx

MAIN = 1  # The one location in use.

_GOOD = """v.sku, v.product_id, p.slug, p.name as product_name, p.names, v.name as variant_name, v.options, v.price_minor,
           v.weight_g, v.tax_class, s.on_hand, s.held, s.revision, p.images,
           not v.archived and p.archived_at is null as sold_here"""


def _good(row: asyncpg.Record) -> Good:
    return Good(**dict(row))


async def read_goods(tx: Tx, skus: Sequence[str]) -> dict[str, Good]:
    """The variants of these skus with their stock, nothing locked. Unknown skus are left out."""
    rows = await tx.fetch(
        f"""select {_GOOD}
            from stock s join variants v using (sku) join products p on p.id = v.product_id
            where s.location_id = $2 and s.sku = any($1::text[])""",
        skus,
        MAIN,
    )
    return {row["sku"]: _good(row) for row in rows}


async def read_levels(tx: Tx, skus: Sequence[str]) -> dict[str, Level]:
    """The stock of these skus, nothing locked."""
    rows = await tx.fetch(
        "select sku, on_hand, held, revision from stock where location_id = $2 and sku = any($1::text[])", skus, MAIN
    )
    return {row["sku"]: Level(row["on_hand"], row["held"], row["revision"]) for row in rows}


async def lock_levels(tx: Tx, skus: Sequence[str]) -> dict[str, Level]:
    """The stock of these skus, locked in sku order."""
    rows = await tx.fetch(
        """select sku, on_hand, held, revision from stock where location_id = $2 and sku = any($1::text[])
           order by sku for no key update""",
        skus,
        MAIN,
    )
    return {row["sku"]: Level(row["on_hand"], row["held"], row["revision"]) for row in rows}


async def revise(tx: Tx, skus: Sequence[str]) -> None:
    """What is sold under these skus changes in this transaction. Their stock must be locked."""
    await tx.execute(
        "update stock set revision = revision + 1 where location_id = $2 and sku = any($1::text[])", skus, MAIN
    )


async def move(tx: Tx, moves: Sequence[Move]) -> None:
    """Change the stock by the sum of the moves, note each in the journal, and feed those who keep answers. The rows must be
    locked.

    A sku that is not counted here is a LookupError: nothing may be lost in silence.
    """
    sums = net(moves)
    skus = sorted(sums)
    changed: int = await tx.fetchval(
        """with moved as (
               update stock s set on_hand = s.on_hand + d.on_hand, held = s.held + d.held
               from unnest($1::text[], $2::bigint[], $3::bigint[]) as d(sku, on_hand, held)
               where s.sku = d.sku and s.location_id = $4 returning 1),
           noted as (
               insert into journal (sku, location_id, kind, delta_on_hand, delta_held, order_id, hold_id, refund_id,
                                    reason, actor)
               select sku, $4, kind, on_hand, held, order_id, hold_id, refund_id, reason, actor
               from unnest($5::text[], $6::text[], $7::bigint[], $8::bigint[], $9::uuid[], $10::uuid[], $11::uuid[],
                           $12::text[], $13::uuid[])
                    as j(sku, kind, on_hand, held, order_id, hold_id, refund_id, reason, actor)),
           fed as (
               insert into stock_feed (skus) select $14::text[] where cardinality($14::text[]) > 0)
           select count(*) from moved""",
        skus,
        [sums[sku][0] for sku in skus],
        [sums[sku][1] for sku in skus],
        MAIN,
        [move.sku for move in moves],
        [move.kind for move in moves],
        [move.on_hand for move in moves],
        [move.held for move in moves],
        [move.order_id for move in moves],
        [move.hold_id for move in moves],
        [move.refund_id for move in moves],
        [move.reason for move in moves],
        [move.actor for move in moves],
        [sku for sku in skus if sums[sku][0] != sums[sku][1]],  # Those of which another number is free than before.
    )
    if changed != len(skus):
        raise LookupError(f"{len(skus) - changed} of {len(skus)} skus have no stock row")


async def open_stock(tx: Tx, counts: Mapping[str, int], kind: str, actor: UUID | None) -> None:
    """Begin to count these new skus, with so many on hand."""
    skus = sorted(counts)
    await tx.execute(
        """with opened as (
               insert into stock (sku, location_id, on_hand)
               select sku, $3, units from unnest($1::text[], $2::bigint[]) as n(sku, units) order by sku)
           insert into journal (sku, location_id, kind, delta_on_hand, delta_held, actor)
           select sku, $3, $4, units, 0, $5 from unnest($1::text[], $2::bigint[]) as n(sku, units) where units > 0""",
        skus,
        [counts[sku] for sku in skus],
        MAIN,
        kind,
        actor,
    )


class Shown(msgspec.Struct, frozen=True):
    """A product whose stock was told of: `version` is the last that was used for it."""

    product_id: UUID
    slug: str
    version: int


async def show_stock(tx: Tx, turned_by_product: Mapping[UUID, int]) -> dict[UUID, Shown]:
    """Bring the listings of these products up to date with their stock, counting the versions on by so many.

    The listings are locked first and their stock is read afterwards, so that two who change variants of one product
    cannot each miss the other's change.
    """
    ids = sorted(turned_by_product)
    await tx.execute(
        "select from listings where product_id = any($1::uuid[]) order by product_id for no key update", ids
    )
    rows = await tx.fetch(
        """with fed as (insert into product_feed (products) values ($1::uuid[]))
           update listings l set version = l.version + t.steps, in_stock = exists (
               select from variants v join stock s using (sku)
               where v.product_id = l.product_id and not v.archived and s.on_hand > s.held)
           from unnest($1::uuid[], $2::bigint[]) as t(product_id, steps), products p
           where l.product_id = t.product_id and p.id = l.product_id
           returning l.product_id, p.slug, l.version""",
        ids,
        [turned_by_product[product_id] for product_id in ids],
    )
    return {row["product_id"]: Shown(row["product_id"], row["slug"], row["version"]) for row in rows}


async def products_of(tx: Tx, skus: Sequence[str]) -> dict[str, UUID]:
    """Which product each of these skus belongs to."""
    rows = await tx.fetch("select sku, product_id from variants where sku = any($1::text[])", skus)
    return {row["sku"]: row["product_id"] for row in rows}


async def stock_of_products(tx: Tx, slugs: Sequence[str]) -> dict[str, list[tuple[str, int]]]:
    """What can be bought of each variant of these products, in their order. Products that are not sold are left out."""
    rows = await tx.fetch(
        """select p.slug, v.sku, greatest(s.on_hand - s.held, 0) as free
           from products p join variants v on v.product_id = p.id join stock s using (sku)
           where p.slug = any($1::text[]) and s.location_id = $2 and p.archived_at is null and not v.archived
           order by p.slug, v.position""",
        slugs,
        MAIN,
    )
    found: dict[str, list[tuple[str, int]]] = {}
    for row in rows:
        found.setdefault(row["slug"], []).append((row["sku"], row["free"]))
    return found


async def read_level(tx: Tx, sku: str) -> Level | None:
    row = await tx.fetchrow("select on_hand, held from stock where location_id = $1 and sku = $2", MAIN, sku)
    return Level(row["on_hand"], row["held"]) if row else None


class Entry(msgspec.Struct, frozen=True):
    """A line of the journal."""

    id: int
    at: datetime
    kind: str
    delta_on_hand: int
    delta_held: int
    order_id: UUID | None
    hold_id: UUID | None
    refund_id: UUID | None
    reason: str | None
    actor: UUID | None


async def list_journal(tx: Tx, sku: str, before: int, limit: int) -> list[Entry]:
    """What happened to a sku's stock, newest first, from behind the entry `before`."""
    rows = await tx.fetch(
        """select id, at, kind, delta_on_hand, delta_held, order_id, hold_id, refund_id, reason, actor
           from journal where sku = $1 and id < $2 order by id desc limit $3""",
        sku,
        before,
        limit,
    )
    return [Entry(*row.values()) for row in rows]


def as_json(value: Any) -> str:
    """A value for a `text[]` that the statement casts to jsonb: arrays of jsonb go over the wire as texts."""
    return msgspec.json.encode(value).decode()
