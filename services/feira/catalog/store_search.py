"""The one place that finds products for buyers. PostgreSQL's full text stands behind it; another index may.

A list costs a fixed number of statements however long it is, and each of them reads a bounded number of rows through an
index: by number, price or name in order, by category or by word from an inverted index.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal
from uuid import UUID

import asyncpg
import msgspec

from feira.catalog.domain_search import BEGUN_MIN
from feira.catalog.domain_traits import Traits
from feira.catalog.store import as_json
from feira.kernel.db import Tx

RANKED_MAX = 10_000  # Products that a search sorts by relevance; those beyond are not looked at.
TRIED_MAX = 20_000  # Products that are looked at for their attributes where there is no search index, the newest first.
COUNTED_MAX = 10_000  # Products that totals and facets count.
VALUES_MAX = 50  # Values that a facet names, the commonest first.

Sort = Literal["relevance", "newest", "price", "-price", "name"]


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What a buyer looks for: `words` are folded, `category_ids` include the branches (None: everywhere). `numbers` are those
    of the products that come into question. `traits` are the values that attributes may have.
    """

    words: Sequence[str] | None = None
    numbers: Sequence[int] | None = None
    category_ids: Sequence[int] | None = None
    min_price_minor: int | None = None
    max_price_minor: int | None = None
    in_stock: bool | None = None
    traits: Traits = {}


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A product as lists show it. `place` is where it stands in the order: the cursor's values."""

    id: str
    slug: str
    name: str
    names: Mapping[str, str]
    images: Sequence[Mapping[str, Any]]
    price_minor: int
    compare_at_price_minor: int | None
    in_stock: bool
    categories: Sequence[str]
    place: tuple[Any, ...]


class Facets(msgspec.Struct, frozen=True, kw_only=True):
    """What a search's results have in common, by number; `total` is exact up to COUNTED_MAX."""

    total: int
    categories: Sequence[tuple[str, int]]
    attributes: Mapping[str, Sequence[tuple[Any, int]]]
    min_price_minor: int | None
    max_price_minor: int | None


class _Conditions:
    """The conditions of a wish, and the arguments they refer to."""

    def __init__(self, wish: Wish) -> None:
        self.arguments: list[Any] = []
        self.parts = ["l.listed"]
        self.source = "listings l"
        if wish.words is not None:
            self.source += " join searches s using (product_id)"
            self.parts.append(f"s.document @@ {self.query(wish.words)}")
        if wish.numbers is not None:
            self.parts.append(f"l.number = any({self.argument(list(wish.numbers))}::bigint[])")
        if wish.category_ids is not None:
            # Written out, so that every plan is made knowing whether it is a great or a small part of the range.
            ids = ",".join(str(int(category_id)) for category_id in wish.category_ids)
            self.parts.append(f"l.category_ids && '{{{ids}}}'::integer[]")
        if wish.min_price_minor is not None:
            self.parts.append(f"l.price_minor >= {self.argument(wish.min_price_minor)}")
        if wish.max_price_minor is not None:
            self.parts.append(f"l.price_minor <= {self.argument(wish.max_price_minor)}")
        if wish.in_stock is not None:
            self.parts.append("l.in_stock" if wish.in_stock else "not l.in_stock")

    def argument(self, value: Any) -> str:
        self.arguments.append(value)
        return f"${len(self.arguments)}"

    def query(self, words: Sequence[str]) -> str:
        """Each word by its stem in either language or as it is written; the last one may also be the beginning of a word in
        a name or an attribute. Words that say nothing are left out, unless there are no others.
        """
        given = self.argument(list(words))
        self.words = f"""(select case when count(*) filter (where telling) > 0
                                      then (string_agg('(' || q || ')', ' & ') filter (where telling))::tsquery
                                      else coalesce(string_agg('(' || q || ')', ' & '), '')::tsquery end
                          from (select (plainto_tsquery('english', w) || plainto_tsquery('portuguese', w)
                                        || to_tsquery('simple', quote_literal(w) ||
                                               case when n = cardinality({given}::text[]) and length(w) >= {BEGUN_MIN}
                                                    then ':*AB' else '' end))::text as q,
                                       numnode(plainto_tsquery('english', w)) > 0
                                       and numnode(plainto_tsquery('portuguese', w)) > 0 as telling
                                from unnest({given}::text[]) with ordinality as t(w, n)) as words where q <> '')"""
        return self.words

    @property
    def text(self) -> str:
        return " and ".join(self.parts)

    @property
    def matches(self) -> str:
        """Where to look for all that matches, in no order. How many products have a word is not known beforehand: from
        each that has it its listing is looked up, for else the whole table of listings would be read. In a category this
        is left to the planner, since the category may be the rarer of the two.
        """
        if "join searches" not in self.source or any("category_ids" in part for part in self.parts):
            return self.source
        return "searches s cross join lateral (select * from listings where product_id = s.product_id offset 0) l"


_SHOWN = """p.id, p.slug, p.name, p.names, p.images, f.price_minor, f.compare_at_price_minor, f.in_stock,
            array(select c.path from unnest(f.category_ids) with ordinality as i(id, n)
                  join categories c on c.id = i.id order by i.n) as categories"""
_COLUMNS = "l.product_id, l.number, l.price_minor, l.compare_at_price_minor, l.in_stock, l.category_ids"


def cursor_types(sort: Sort) -> tuple[Any, ...]:
    """The types of a cursor's values, the sort's own name first."""
    return {
        "relevance": (Literal["relevance"], float, int),
        "newest": (Literal["newest"], int),
        "price": (Literal["price"], int, int),
        "-price": (Literal["-price"], int, int),
        "name": (Literal["name"], str, int),
    }[sort]


async def search(
    tx: Tx, wish: Wish, sort: Sort, locale: str, after: Sequence[Any] | None, limit: int, *, gathered: bool = False
) -> list[Found]:
    """The products that the wish names, in this order, from behind the place `after` (a `Found.place`).

    `gathered`: there are so few of them that all are looked up and then sorted. Else the planner may choose to walk along
    the order until enough of them have come, past a million others if the dearest are asked for of what is cheap.
    """
    asked = _Conditions(wish)
    if sort == "relevance":
        statement = _by_relevance(asked, after, limit)
    else:
        statement = _in_order(asked, sort, locale, after, limit, gathered=gathered)
    rows = await tx.fetch(statement, *asked.arguments)
    return [_found(row, sort) for row in rows]


async def numbers_with_traits(tx: Tx, wish: Wish) -> list[int]:
    """The numbers of the products that the wish names, its traits included; no index of the database knows attributes."""
    asked = _Conditions(wish)
    traits = [
        f"p.attributes -> {asked.argument(key)} = any({asked.argument([as_json(value) for value in values])}::text[]::jsonb[])"
        for key, values in wish.traits.items()
    ]
    order = "" if wish.words is not None else "order by l.number desc"
    rows = await tx.fetch(
        f"""select l.number from (
                select l.product_id, l.number from {asked.matches} where {asked.text} {order} limit {TRIED_MAX}) as l
            join products p on p.id = l.product_id where {" and ".join(traits)} limit {RANKED_MAX}""",
        *asked.arguments,
    )
    return [row["number"] for row in rows]


def _found(row: asyncpg.Record, sort: Sort) -> Found:
    fields = dict(row)
    key = fields.pop("key")
    number = fields.pop("number")
    place = (sort, number) if sort == "newest" else (sort, key, number)
    return Found(place=place, id=str(fields.pop("id")), **fields)


def _in_order(
    asked: _Conditions, sort: Sort, locale: str, after: Sequence[Any] | None, limit: int, *, gathered: bool
) -> str:
    key, down = {
        "newest": ("l.number", True),
        "price": ("l.price_minor", False),
        "-price": ("l.price_minor", True),
        "name": ("n.name_key", False),
    }[sort]
    number = "n.number" if sort == "name" else "l.number"
    source, conditions = asked.source, asked.text
    if gathered:
        source, conditions = f"(select {_COLUMNS} from {source} where {conditions} offset 0) l", "true"
    if sort == "name":
        source += " join listing_names n using (product_id)"
        conditions += f" and n.locale = {asked.argument(locale)}"
    if after is not None:
        sign = "<" if down else ">"
        if sort == "newest":
            conditions += f" and l.number < {asked.argument(after[1])}"
        else:
            conditions += f" and ({key}, {number}) {sign} ({asked.argument(after[1])}, {asked.argument(after[2])})"
    direction = "desc" if down else "asc"
    order = f"{key} {direction}" if sort == "newest" else f"{key} {direction}, {number} {direction}"
    outer = f"f.key {direction}, f.number {direction}"
    return f"""
        select {_SHOWN}, f.key, f.number from (
            select {_COLUMNS}, {key} as key from {source} where {conditions}
            order by {order} limit {asked.argument(limit)}) as f
        join products p on p.id = f.product_id order by {outer}"""


def _by_relevance(asked: _Conditions, after: Sequence[Any] | None, limit: int) -> str:
    beyond = ""
    if after is not None:
        beyond = f"where (key, number) < ({asked.argument(after[1])}::float8, {asked.argument(after[2])}::bigint)"
    return f"""
        with matched as materialized (
            select {_COLUMNS}, ts_rank(s.document, {asked.words})::float8 as key
            from {asked.matches} where {asked.text} limit {RANKED_MAX}),
        page as materialized (
            select * from matched {beyond} order by key desc, number desc limit {asked.argument(limit)})
        select {_SHOWN}, f.key, f.number from page f join products p on p.id = f.product_id
        order by f.key desc, f.number desc"""


async def facets(tx: Tx, wish: Wish) -> Facets:
    """Totals over the first COUNTED_MAX products that the wish names, and one more if there are more."""
    asked = _Conditions(wish)
    row = await tx.fetchrow(
        f"""
        with matched as materialized (
            select l.product_id, l.price_minor, l.category_ids from {asked.matches} where {asked.text}
            limit {COUNTED_MAX + 1}),
        in_categories as (
            select c.path as value, count(*) as n from matched, unnest(category_ids) as i(id)
            join categories c on c.id = i.id group by c.path order by n desc, c.path limit {VALUES_MAX}),
        traits as (
            select a.key, a.value, count(*) as n, row_number() over (partition by a.key order by count(*) desc, a.value) as r
            from matched cross join lateral (select attributes from products where id = product_id offset 0) p,
                 jsonb_each(p.attributes) as a group by a.key, a.value)
        select (select count(*) from matched) as total,
               (select min(price_minor) from matched) as least, (select max(price_minor) from matched) as most,
               (select coalesce(jsonb_agg(jsonb_build_array(value, n) order by n desc, value), '[]')
                from in_categories) as categories,
               (select coalesce(jsonb_object_agg(key, found), '{{}}') from (
                    select key, jsonb_agg(jsonb_build_array(value, n) order by r) as found
                    from traits where r <= {VALUES_MAX} group by key order by key limit {VALUES_MAX}) as t) as attributes""",
        *asked.arguments,
    )
    assert row is not None  # noqa: S101 - a row of aggregates is always answered.
    return Facets(
        total=row["total"],
        categories=row["categories"],
        attributes=row["attributes"],
        min_price_minor=row["least"],
        max_price_minor=row["most"],
    )


async def suggest_branches(tx: Tx, words: Sequence[str], limit: int) -> list[tuple[str, str, Mapping[str, str]]]:
    """Categories in whose names these words stand, the last of them unfinished: path, name, names."""
    rows = await tx.fetch(
        """select path, name, names from categories
           where to_tsvector('simple', translate(slug, '-', ' '))
                 @@ (select string_agg(quote_literal(w) || case when n = cardinality($1::text[]) then ':*' else '' end, ' & ')
                     from unnest($1::text[]) with ordinality as t(w, n))::tsquery
           order by path limit $2""",
        words,
        limit,
    )
    return [(row["path"], row["name"], row["names"]) for row in rows]


async def find_listed(tx: Tx, wanted: Sequence[str]) -> dict[str, UUID]:
    """The products of these slugs or ids that buyers may see, by what they were wanted as."""
    rows = await tx.fetch(
        """select id, slug from products
           where (slug = any($1::text[]) or id = any($2::uuid[])) and archived_at is null""",
        wanted,
        [product_id for text in wanted if (product_id := _uuid(text))],
    )
    found = {str(row["id"]): row["id"] for row in rows} | {row["slug"]: row["id"] for row in rows}
    return {text: found[text] for text in wanted if text in found}


def _uuid(text: str) -> UUID | None:
    try:
        found = UUID(text)
    except ValueError:
        return None
    return found if str(found) == text else None
