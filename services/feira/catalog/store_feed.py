"""The statements on what changed lately, for those who keep something made of it.

A position is a snapshot of the database: what it shows has been heard of, what it does not show is yet to be told. So a
transaction that began early and commits late is told when it is seen, and nothing is told twice.
"""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from typing import Any
from uuid import UUID

import msgspec

from feira.kernel.db import Tx

PRODUCTS_KEPT_S = 7 * 24 * 3600
STOCK_KEPT_S = 300
LATE_S = 300  # Rows are kept this much longer than is promised: their time is that of their transaction's begin.
FORGOTTEN_MAX = 50_000  # Rows at once; each is of a whole batch, and there are not as many in a minute.
TOLD_MAX = 100_000  # Products, or skus, told at once.

# What the caller's snapshot does not show; those that could not have been in it are left out by the index.
_NEW = "xid >= pg_snapshot_xmin($1::text::pg_snapshot) and not pg_visible_in_snapshot(xid, $1::text::pg_snapshot)"
_NOW = "pg_current_snapshot()::text as snapshot, extract(epoch from now())::bigint as at"
_SOUND = "pg_snapshot_xmax($1::text::pg_snapshot) <= pg_snapshot_xmax(pg_current_snapshot()) as sound"
_PRODUCTS = f"""array(select distinct id from product_feed, unnest(products) as id where {_NEW} limit {TOLD_MAX + 1})
                as products"""
_SKUS = f"array(select distinct sku from stock_feed, unnest(skus) as sku where {_NEW} limit {TOLD_MAX + 1}) as skus"


class Changes(msgspec.Struct, frozen=True):
    """What changed up to `position`. None says that it cannot be told what: everything may have.

    `lists` tells whether any list or the tree of categories may look different, `best` whether something else sells best.
    """

    position: str
    products: AbstractSet[UUID] | None = None
    skus: AbstractSet[str] | None = None
    lists: bool = True
    best: bool = True


async def note_products(tx: Tx, ids: Iterable[UUID]) -> None:
    """Tell in this transaction that these products look different; without any, that the tree of categories does."""
    await tx.execute("insert into product_feed (products) values ($1::uuid[])", sorted(set(ids)))


async def note_best(tx: Tx) -> None:
    """Tell in this transaction that something else sells best than before."""
    await tx.execute("insert into product_feed (products, best) values ('{}', true)")


async def note_branch(tx: Tx, category_id: int) -> None:
    """Tell that the tree has changed, and with it all products that hang in this category or below it."""
    await tx.execute(
        """insert into product_feed (products)
           select array(select product_id from listings where category_ids && array(
               select c.id from categories n
               join categories c on c.path = n.path or (c.path > n.path || '/' and c.path < n.path || '0')
               where n.id = $1))""",
        category_id,
    )


async def products_since(tx: Tx, position: str | None) -> tuple[AbstractSet[UUID] | None, str]:
    """The products that changed since the position, and the position that they are told up to.

    None in place of products: there are too many, or the position is none, too old, or of another database.
    """
    at, snapshot = _parts(position)
    row: Any = await tx.fetchrow(f"select {_NOW}, {_SOUND}, {_PRODUCTS}", snapshot)
    known = at is not None and row["sound"] and row["at"] - at <= PRODUCTS_KEPT_S
    return _all(row["products"]) if known else None, _position(row)


async def changes_since(tx: Tx, position: str | None) -> Changes:
    """All that changed since the position, of products and of stock."""
    at, snapshot = _parts(position)
    row: Any = await tx.fetchrow(
        # Its order leads to the index: a plan for any snapshot would rather read the table, and hope to find something soon.
        f"""select {_NOW}, {_SOUND}, {_PRODUCTS}, {_SKUS},
                   (select true from product_feed where {_NEW} and not best order by xid limit 1) is not null as lists,
                   (select true from product_feed where {_NEW} and best order by xid limit 1) is not null as best""",
        snapshot,
    )
    if at is None or not row["sound"] or row["at"] - at > STOCK_KEPT_S:
        return Changes(_position(row))
    return Changes(_position(row), _all(row["products"]), _all(row["skus"]), row["lists"], row["best"])


def _parts(position: str | None) -> tuple[int | None, str]:
    """When the position was taken, in Unix seconds, and its snapshot; without one, a snapshot that nothing is behind."""
    if position is None:
        return None, "9223372036854775807:9223372036854775807:"
    at, _, snapshot = position.partition(" ")
    return int(at), snapshot


def _position(row: Any) -> str:
    return f"{row['at']} {row['snapshot']}"


def _all(told: list[Any]) -> AbstractSet[Any] | None:
    return frozenset(told) if len(told) <= TOLD_MAX else None


async def forget(tx: Tx) -> None:
    """Drop what everybody has been told who is to be told at all."""
    for feed, kept_s in (("product_feed", PRODUCTS_KEPT_S), ("stock_feed", STOCK_KEPT_S)):
        await tx.execute(
            f"""delete from {feed} where ctid = any(array(
                    select ctid from (select ctid, at from {feed} order by xid limit {FORGOTTEN_MAX}) as oldest
                    where at < now() - $1 * interval '1 second'))""",
            kept_s + LATE_S,
        )
