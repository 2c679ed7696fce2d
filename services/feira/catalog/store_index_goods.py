"""The statements that read what the search index is made of."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from feira.catalog.store_categories import CATEGORIES_MAX
from feira.catalog.store_index import Branch, Goods
from feira.kernel.db import Tx

_GOODS = """
    select p.id, p.number, p.slug, p.name, p.names, p.attributes, p.images, l.price_minor, l.compare_at_price_minor,
           l.in_stock,
           array(select c.path from unnest(l.category_ids) with ordinality as i(id, n)
                 join categories c on c.id = i.id order by i.n) as categories,
           array(select sku from variants v where v.product_id = p.id and not v.archived order by v.position) as skus,
           (select jsonb_object_agg(locale, markdown) from descriptions d where d.product_id = p.id) as texts
    from products p join listings l on l.product_id = p.id
    where l.listed"""


async def read_goods(tx: Tx, ids: Sequence[UUID]) -> list[Goods]:
    """Those of these products that buyers may see."""
    return [_goods(row) for row in await tx.fetch(f"{_GOODS} and p.id = any($1::uuid[])", ids)]


async def read_goods_after(tx: Tx, number: int, limit: int) -> list[Goods]:
    """What buyers may see, in the order of creation from behind this number."""
    rows = await tx.fetch(f"{_GOODS} and l.number > $1 order by l.number limit $2", number, limit)
    return [_goods(row) for row in rows]


async def count_listed(tx: Tx) -> int:
    count: int = await tx.fetchval("select count(*) from listings where listed")
    return count


def _goods(row: Any) -> Goods:
    fields = dict(row)
    return Goods(**fields | {"texts": fields["texts"] or {}})


async def read_branches(tx: Tx) -> list[Branch]:
    rows = await tx.fetch("select path, name, names from categories order by path limit $1", CATEGORIES_MAX)
    return [Branch(*row.values()) for row in rows]


async def is_busy(tx: Tx) -> bool:
    """Whether products are being changed one transaction after the other, as an import does."""
    busy: bool = await tx.fetchval(
        """select count(*) filter (where at > now() - interval '2 seconds') >= 5
           from (select at from product_feed order by xid desc limit 5) as latest"""
    )
    return busy


async def mark_of_branches(tx: Tx) -> str:
    """Another text whenever the tree of categories is another."""
    mark: str = await tx.fetchval(
        "select coalesce(md5(string_agg(path || '\t' || name || '\t' || names::text, '\n' order by path)), '') from categories"
    )
    return mark


async def database_of(tx: Tx) -> str:
    """Which database this is: another text for a copy that was restored, or on another server."""
    found: str = await tx.fetchval(
        """select system_identifier || '/' || oid || '/' || current_schema()
           from pg_control_system(), pg_database where datname = current_database()"""
    )
    return found
