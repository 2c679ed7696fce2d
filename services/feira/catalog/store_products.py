"""The statements that keep products, many at once: a creation and a chunk of an import are written the same way."""

from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from feira.catalog.domain_change import least, name_key
from feira.catalog.domain_goods import DEFAULT_LOCALE, Image, Product, Stored, Translation, Variant
from feira.catalog.domain_text import distinct
from feira.catalog.store import MAIN, as_json
from feira.kernel.db import Tx

SORTED_LOCALES = (DEFAULT_LOCALE, "pt-BR")  # Those whose lists have an order of names of their own.

_PRODUCT = """p.id, p.number, p.slug, p.name, p.attributes, p.images::text, p.archived_at is not null as archived,
              p.created_at, p.changed_at,
              array(select c.path from listings l, unnest(l.category_ids) with ordinality as i(id, n)
                    join categories c on c.id = i.id where l.product_id = p.id order by i.n) as categories,
              (select jsonb_object_agg(t.locale, jsonb_build_array(coalesce(p.names ->> t.locale, ''), t.markdown))
               from descriptions t where t.product_id = p.id) as texts"""
_images = msgspec.json.Decoder(tuple[Image, ...])


async def lock_products(tx: Tx, ids: Iterable[UUID]) -> dict[UUID, Stored]:
    """These products whole, locked in the order of their ids."""
    ids = sorted(set(ids))
    if not ids:
        return {}
    await tx.execute("select from products where id = any($1::uuid[]) order by id for no key update", ids)
    return await find_products(tx, ids)


async def find_products(tx: Tx, ids: Iterable[UUID]) -> dict[UUID, Stored]:
    """These products whole, nothing locked."""
    return {stored.id: stored for stored in await read_products(tx, list(ids))}


async def read_products(tx: Tx, ids: Sequence[UUID]) -> list[Stored]:
    """These products whole, with all variants and their stock, in the order of the ids given."""
    rows = await tx.fetch(f"select {_PRODUCT} from products p where p.id = any($1::uuid[])", ids)
    variants = await tx.fetch(
        """select v.product_id, v.sku, v.name, v.options, v.price_minor, v.compare_at_price_minor, v.weight_g,
                  v.tax_class, v.archived, s.on_hand, s.held
           from variants v join stock s on s.sku = v.sku and s.location_id = $2
           where v.product_id = any($1::uuid[]) order by v.product_id, v.position""",
        ids,
        MAIN,
    )
    of: dict[UUID, list[asyncpg.Record]] = {}
    for variant in variants:
        of.setdefault(variant["product_id"], []).append(variant)
    found = {row["id"]: _stored(row, of.get(row["id"], ())) for row in rows}
    return [found[product_id] for product_id in ids if product_id in found]


def _stored(row: asyncpg.Record, variants: Sequence[asyncpg.Record]) -> Stored:
    texts: dict[str, list[str]] = row["texts"] or {}
    product = Product(
        slug=row["slug"],
        name=row["name"],
        description=texts.get("", ["", ""])[1],
        translations={
            locale: Translation(name=name, description=markdown) for locale, (name, markdown) in texts.items() if locale
        },
        categories=tuple(row["categories"]),
        images=_images.decode(row["images"]),
        attributes=row["attributes"],
        variants=tuple(
            Variant(
                sku=variant["sku"],
                name=variant["name"],
                options=tuple((key, value) for key, value in variant["options"]),
                price_minor=variant["price_minor"],
                compare_at_price_minor=variant["compare_at_price_minor"],
                weight_g=variant["weight_g"],
                tax_class=variant["tax_class"],
                archived=variant["archived"],
            )
            for variant in variants
        ),
        archived=row["archived"],
    )
    return Stored(
        id=row["id"],
        number=row["number"],
        created_at=row["created_at"],
        changed_at=row["changed_at"],
        product=product,
        on_hand={variant["sku"]: variant["on_hand"] for variant in variants},
        held={variant["sku"]: variant["held"] for variant in variants},
    )


async def ids_by_slug(tx: Tx, slugs: Sequence[str]) -> dict[str, UUID]:
    rows = await tx.fetch("select slug, id from products where slug = any($1::text[])", slugs)
    return {row["slug"]: row["id"] for row in rows}


async def list_after(tx: Tx, after: int, limit: int) -> list[UUID]:
    """Products in the order of their creation, from behind the number `after`: how an export walks through them."""
    rows = await tx.fetch("select id from products where number > $1 order by number limit $2", after, limit)
    return [row["id"] for row in rows]


class Address(msgspec.Struct, frozen=True):
    """Where a product is found, and when what is there was changed last."""

    number: int
    slug: str
    changed_at: datetime


async def list_addresses(tx: Tx, after: int, upto: int | None, limit: int) -> list[Address]:
    """What is sold, in the order of creation, from behind the number `after`."""
    rows = await tx.fetch(
        """select l.number, p.slug, p.changed_at from listings l join products p on p.id = l.product_id
           where l.listed and l.number > $1 and ($2::bigint is null or l.number <= $2) order by l.number limit $3""",
        after,
        upto,
        limit,
    )
    return [Address(*row.values()) for row in rows]


async def last_number(tx: Tx) -> int | None:
    """That of the newest product that is sold."""
    number: int | None = await tx.fetchval("select number from listings where listed order by number desc limit 1")
    return number


async def is_empty(tx: Tx) -> bool:
    return not await tx.fetchval("select exists (select from products)")


async def write(
    tx: Tx, products: Mapping[UUID, Product], categories: Mapping[str, int], new: Mapping[UUID, bool]
) -> None:
    """Keep these products as they are given; `categories` are ids by path, `new` tells of those that were not there
    whether they are in stock. The new ones are numbered in the order given.

    Stock is not touched (see `store.open_stock`), nor is the `in_stock` of products that were there.
    """
    ids = sorted(products)
    await _write_products(tx, list(products), products)
    await _write_descriptions(tx, ids, products, new)
    await _write_variants(tx, ids, products)
    await _write_listings(tx, ids, products, categories, new)
    await _write_searches(tx, ids, products)


async def _write_products(tx: Tx, ids: Sequence[UUID], products: Mapping[UUID, Product]) -> None:
    await tx.execute(
        """insert into products as p (id, slug, name, names, attributes, images, archived_at)
           select id, slug, name, names::jsonb, attributes::jsonb, images::jsonb, case when archived then now() end
           from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::boolean[])
                with ordinality as n(id, slug, name, names, attributes, images, archived, place)
           order by place
           on conflict (id) do update
           set slug = excluded.slug, name = excluded.name, names = excluded.names, attributes = excluded.attributes,
               images = excluded.images, changed_at = now(),
               archived_at = case when excluded.archived_at is null then null
                                  else coalesce(p.archived_at, excluded.archived_at) end""",
        ids,
        [products[id].slug for id in ids],
        [products[id].name for id in ids],
        [as_json(products[id].names) for id in ids],
        [as_json(products[id].attributes) for id in ids],
        [as_json(products[id].images) for id in ids],
        [products[id].archived for id in ids],
    )


async def _write_descriptions(
    tx: Tx, ids: Sequence[UUID], products: Mapping[UUID, Product], new: Container[UUID]
) -> None:
    if old := [id for id in ids if id not in new]:
        await tx.execute("delete from descriptions where product_id = any($1::uuid[])", old)
    texts = [
        (id, locale, markdown)
        for id in ids
        for locale, markdown in [
            ("", products[id].description),
            *((locale, text.description) for locale, text in products[id].translations.items()),
        ]
    ]
    await tx.execute(
        """insert into descriptions (product_id, locale, markdown)
           select * from unnest($1::uuid[], $2::text[], $3::text[])""",
        *_columns(texts, 3),
    )


async def _write_variants(tx: Tx, ids: Sequence[UUID], products: Mapping[UUID, Product]) -> None:
    """A variant is never taken from another product: who asks for that finds out by the count."""
    rows = sorted(
        (
            variant.sku,
            id,
            position,
            variant.name,
            as_json(variant.options),
            variant.price_minor,
            variant.compare_at_price_minor,
            variant.weight_g,
            variant.tax_class,
            variant.archived,
        )
        for id in ids
        for position, variant in enumerate(products[id].variants)
    )
    written: int = await tx.fetchval(
        """with written as (
               insert into variants as v (sku, product_id, position, name, options, price_minor, compare_at_price_minor,
                                          weight_g, tax_class, archived)
               select sku, product_id, position, name, options::jsonb, price_minor, compare_at, weight_g, tax_class, archived
               from unnest($1::text[], $2::uuid[], $3::integer[], $4::text[], $5::text[], $6::bigint[], $7::bigint[],
                           $8::integer[], $9::text[], $10::boolean[])
                    as n(sku, product_id, position, name, options, price_minor, compare_at, weight_g, tax_class, archived)
               on conflict (sku) do update
               set position = excluded.position, name = excluded.name, options = excluded.options,
                   price_minor = excluded.price_minor, compare_at_price_minor = excluded.compare_at_price_minor,
                   weight_g = excluded.weight_g, tax_class = excluded.tax_class, archived = excluded.archived
               where v.product_id = excluded.product_id
               returning 1)
           select count(*) from written""",
        *_columns(rows, 10),
    )
    if written != len(rows):
        raise asyncpg.UniqueViolationError("a sku was given to another product meanwhile")


async def _write_listings(
    tx: Tx,
    ids: Sequence[UUID],
    products: Mapping[UUID, Product],
    categories: Mapping[str, int],
    new: Mapping[UUID, bool],
) -> None:
    prices = [least(products[id].sold) for id in ids]
    await tx.execute(
        """with fed as (insert into product_feed (products) values ($1::uuid[]))
           insert into listings (product_id, number, listed, in_stock, price_minor, compare_at_price_minor, category_ids)
           select n.id, p.number, n.listed, n.in_stock, n.price_minor, n.compare_at, n.category_ids::integer[]
           from unnest($1::uuid[], $2::boolean[], $3::bigint[], $4::bigint[], $5::text[], $6::boolean[])
                as n(id, listed, price_minor, compare_at, category_ids, in_stock) join products p using (id)
           order by n.id
           on conflict (product_id) do update
           set listed = excluded.listed, price_minor = excluded.price_minor,
               compare_at_price_minor = excluded.compare_at_price_minor, category_ids = excluded.category_ids""",
        ids,
        [not products[id].archived for id in ids],
        [price for price, _ in prices],
        [compare_at for _, compare_at in prices],
        ["{" + ",".join(str(categories[path]) for path in products[id].categories) + "}" for id in ids],
        [new.get(id, False) for id in ids],
    )
    await tx.execute(
        """insert into listing_names (product_id, locale, number, name_key)
           select n.id, n.locale, p.number, n.name_key
           from unnest($1::uuid[], $2::text[], $3::text[]) as n(id, locale, name_key) join products p using (id)
           order by n.id, n.locale
           on conflict (product_id, locale) do update set name_key = excluded.name_key""",
        *_columns(
            [
                (id, locale, name_key(products[id].names.get(locale, products[id].name)))
                for id in ids
                for locale in SORTED_LOCALES
            ],
            3,
        ),
    )


async def _write_searches(tx: Tx, ids: Sequence[UUID], products: Mapping[UUID, Product]) -> None:
    """What a product is found by, folded to plain letters: each language's words by that language's stems, names above
    descriptions, and names and skus as they are written too, for words that are not finished.
    """
    rows = []
    for id in ids:
        product = products[id]
        portuguese = [text for locale, text in product.translations.items() if locale.startswith("pt")]
        others = [text for locale, text in product.translations.items() if not locale.startswith("pt")]
        written = [product.name, *product.names.values(), *(variant.sku for variant in product.sold)]
        traits = [value for value in product.attributes.values() if isinstance(value, str)]
        rows.append(
            (
                id,
                distinct(" ".join(written)),
                distinct(product.name),
                distinct(" ".join(text.name for text in portuguese)),
                distinct(" ".join(traits)),
                distinct(product.description),
                distinct(" ".join(text.description for text in portuguese)),
                distinct(" ".join(text.description for text in others)),
            )
        )
    await tx.execute(
        """insert into searches (product_id, document)
           select id, setweight(to_tsvector('simple', written) || to_tsvector('english', name)
                                || to_tsvector('portuguese', nome), 'A')
                      || setweight(to_tsvector('simple', traits), 'B')
                      || setweight(to_tsvector('english', description) || to_tsvector('portuguese', descricao)
                                   || to_tsvector('simple', other), 'D')
           from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])
                as n(id, written, name, nome, traits, description, descricao, other)
           order by id
           on conflict (product_id) do update set document = excluded.document""",
        *_columns(rows, 8),
    )


def _columns(rows: Sequence[tuple[Any, ...]], width: int) -> list[list[Any]]:
    return [[row[column] for row in rows] for column in range(width)]
