"""The statements by which staff find products and stock, however many there are."""

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

import asyncpg
import msgspec

from feira.catalog.domain import SCARCE_BELOW
from feira.catalog.domain_search import BEGUN_MIN
from feira.catalog.domain_text import words
from feira.catalog.store import MAIN
from feira.kernel.db import Tx

PASSED_MAX = 1_000  # Of the list that are looked through first: what many match is found there, what few match is not.
MATCHED_MAX = 3_000  # Products of a search that are looked at: who finds more says more.
BEGUN_MAX = 100  # Slugs and skus that begin as was typed.
LOOKED_MAX = 1_000  # Skus that are looked at at once for low stock.

Status = Literal["active", "archived", "all"]

_STATUS = {"active": "p.archived_at is null", "archived": "p.archived_at is not null", "all": "true"}
_LISTED = {"active": "l.listed", "archived": "not l.listed", "all": "true"}
_BEGUN = "{0} >= $2 and {0} < $2 || chr(1114111)"
_NAMED = "ts_filter(document, '{a}') @@ $1::text::tsquery"
_FITS = f"""({_NAMED} or {_BEGUN.format("p.slug")}
    or exists (select from variants where product_id = p.id and {_BEGUN.format("sku")}))"""
# How many match is not known beforehand: from each the rest is looked up (`offset 0`), for else whole tables would be read.
# By words of names and skus, each of which may be unfinished; and by how a slug or a sku begins.
_MATCHED = f"""
    (select product_id from searches where {_NAMED} limit {MATCHED_MAX})
    union (select id from products where {_BEGUN.format("slug")} order by slug limit {BEGUN_MAX})
    union (select product_id from variants where {_BEGUN.format("sku")} order by sku limit {BEGUN_MAX})"""


def _asked(q: str) -> tuple[str | None, str]:
    """What is asked of the texts, and of the beginnings of slugs and skus."""
    parts = [f"'{word}'{':*' if len(word) >= BEGUN_MIN or word.isdigit() else ''}" for word in words(q)]
    return " & ".join(parts) or None, q.strip()


async def list_ids(tx: Tx, q: str, before: int, limit: int, status: Status) -> list[UUID]:
    """Products that match, the newest first, from behind the number `before`; without words all of them."""
    if q.strip():
        rows = await tx.fetch(
            f"""select p.id from (select * from products where number < $3 order by number desc limit {PASSED_MAX}) as p
                cross join lateral (select document from searches where product_id = p.id offset 0) as s
                where {_FITS} and {_STATUS[status]} order by p.number desc limit $4""",
            *_asked(q),
            before,
            limit,
        )
        if len(rows) == limit:
            return [row["id"] for row in rows]
        rows = await tx.fetch(
            f"""with matched as materialized ({_MATCHED})
                select l.product_id as id from matched m
                cross join lateral (select * from listings where product_id = m.product_id offset 0) as l
                where l.number < $3 and {_LISTED[status]} order by l.number desc limit $4""",
            *_asked(q),
            before,
            limit,
        )
    else:
        rows = await tx.fetch(
            f"select id from products p where number < $1 and {_STATUS[status]} order by number desc limit $2",
            before,
            limit,
        )
    return [row["id"] for row in rows]


class StockRow(msgspec.Struct, frozen=True, kw_only=True):
    """A sku's stock, and what it is the stock of. `scarcity`: see domain.SCARCE_BELOW."""

    sku: str
    on_hand: int
    held: int
    scarcity: int | None
    product_id: UUID
    slug: str
    product_name: str
    variant_name: str
    options: Sequence[tuple[str, str]]
    archived: bool


_STOCK = "sku, on_hand, held, scarcity"
_NEXT = f"select * from stock where location_id = {MAIN} and sku > $3 order by sku limit {PASSED_MAX}"
_SCARCE = f"""select * from (select * from stock where scarcity <= {{}} order by scarcity, sku limit {LOOKED_MAX}) as few
              where location_id = {MAIN} and sku > $3"""
_GOODS = """p.id as product_id, p.slug, p.name as product_name, v.name as variant_name, v.options,
            v.archived or p.archived_at is not null as archived"""


def _stock_row(row: asyncpg.Record) -> StockRow:
    return StockRow(**{name: row[name] for name in StockRow.__struct_fields__})


async def list_stock(tx: Tx, q: str, below: int | None, after: str, limit: int) -> list[StockRow]:
    """The stock of all skus, or of those of products that match, in sku order, from behind `after`."""
    if q.strip():
        if below is not None and await _few_are_scarce(tx, scarcity_below(below)):
            return await _fitting(tx, _SCARCE.format(scarcity_below(below)), q, below, after, limit)
        if len(found := await _fitting(tx, _NEXT, q, below, after, limit)) == limit:
            return found  # All that are asked for were among the next.
        source = f"""with matched as materialized ({_MATCHED})
            select s.sku, on_hand, held, scarcity from matched m
            cross join lateral (select sku from variants where product_id = m.product_id and sku > $3 offset 0) as v
            cross join lateral (select * from stock where sku = v.sku and location_id = {MAIN} offset 0) as s
            where ($5::bigint is null or on_hand - held < $5) order by s.sku limit $4"""
        values: tuple[object, ...] = (*_asked(q), after, limit, below)
    else:
        source = f"select {_STOCK} from stock where location_id = {MAIN} and sku > $1 order by sku limit $2"
        values = (after, limit)
    rows = await tx.fetch(
        f"""select s.*, {_GOODS} from ({source}) as s
            join variants v on v.sku = s.sku join products p on p.id = v.product_id order by s.sku""",
        *values,
    )
    return [_stock_row(row) for row in rows]


def scarcity_below(below: int) -> int:
    """The step of scarcity up to which there is all of which fewer are left."""
    return next(step for step, edge in enumerate(SCARCE_BELOW) if below <= edge)


async def _few_are_scarce(tx: Tx, scarcity_max: int) -> bool:
    """Whether they can all be looked at."""
    number: int = await tx.fetchval(
        "select count(*) from (select from stock where scarcity <= $1 limit $2) as first", scarcity_max, LOOKED_MAX + 1
    )
    return number <= LOOKED_MAX


async def _fitting(tx: Tx, passed: str, q: str, below: int | None, after: str, limit: int) -> list[StockRow]:
    """The first of those that are passed, in sku order, which match."""
    rows = await tx.fetch(
        f"""select passed.{_STOCK}, {_GOODS} from ({passed}) as passed
            cross join lateral (select * from variants where sku = passed.sku offset 0) as v
            cross join lateral (select * from products where id = v.product_id offset 0) as p
            cross join lateral (select document from searches where product_id = p.id offset 0) as s
            where ($5::bigint is null or on_hand - held < $5) and {_FITS} order by passed.sku limit $4""",
        *_asked(q),
        after,
        limit,
        below,
    )
    return [_stock_row(row) for row in rows]


async def look_for_low(
    tx: Tx, below: int, scarcity_max: int, after: tuple[int, str]
) -> tuple[list[StockRow], tuple[int, str] | None]:
    """What is sold and fewer of it are left than `below`, the scarcest first, as far as was looked from behind `after`; and
    how far that was, unless nothing is left to look at.
    """
    rows = await tx.fetch(
        f"""with looked as materialized (
                select {_STOCK} from stock
                where scarcity <= $1 and (scarcity, sku) > ($2, $3) and location_id = {MAIN}
                order by scarcity, sku limit {LOOKED_MAX})
            select l.*, g.* from looked l left join lateral (
                select {_GOODS} from variants v join products p on p.id = v.product_id
                where v.sku = l.sku and l.on_hand - l.held < $4 and not v.archived and p.archived_at is null offset 0
            ) as g on true order by l.scarcity, l.sku""",
        scarcity_max,
        *after,
        below,
    )
    place = (rows[-1]["scarcity"], rows[-1]["sku"]) if len(rows) == LOOKED_MAX else None
    return [_stock_row(row) for row in rows if row["product_id"] is not None], place
