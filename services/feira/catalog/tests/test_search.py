"""Finding products: what is found, in which order, page by page, and at what cost."""

import asyncio
import itertools
from contextlib import AsyncExitStack
from typing import Any

import pytest

from feira.catalog.tests.conftest import Shop, variant

FRUITS = {
    "Banana": ("Banana", 300, 5, "fruit/tropical"),
    "Açaí pulp": ("Polpa de açaí", 900, 0, "fruit/frozen"),
    "Mango": ("Manga", 450, 3, "fruit/tropical"),
    "Lime": ("Limão-taiti", 450, 9, "fruit/citrus"),
    "Blue cheese": ("Queijo azul", 2500, 1, "dairy"),
}


@pytest.fixture
async def market(shop: Shop) -> Shop:
    for number, (name, (nome, price, stock, category)) in enumerate(FRUITS.items()):
        await shop.add(
            name,
            variant(f"SKU-{number}", stock, price),
            variant(f"BIG-{number}", 0, price * 2),
            translations={"pt-BR": {"name": nome, "description": f"Muito bom: {nome} para comer"}},
            description="Ripened slowly" if number % 2 else "Picked this morning",
            categories=[category],
            attributes={"organic": number % 2 == 0, "origin": "Bahia" if number < 3 else "Minas"},
        )
    return shop


async def names(shop: Shop, **query: Any) -> list[str]:
    reply = await shop.ask("GET", "/v1/products", **query)
    assert reply.status == 200, reply.raw
    return [item["name"] for item in reply.json["items"]]


async def test_lists_are_filtered_and_sorted(market: Shop) -> None:
    assert await names(market) == list(reversed(FRUITS))
    assert await names(market, sort="price") == ["Banana", "Mango", "Lime", "Açaí pulp", "Blue cheese"]
    assert await names(market, sort="-price") == ["Blue cheese", "Açaí pulp", "Lime", "Mango", "Banana"]
    assert await names(market, sort="name") == ["Açaí pulp", "Banana", "Blue cheese", "Lime", "Mango"]
    assert await names(market, sort="name", locale="pt-BR") == [
        "Banana",
        "Limão-taiti",
        "Manga",
        "Polpa de açaí",
        "Queijo azul",
    ]
    assert await names(market, sort="relevance") == list(reversed(FRUITS))  # Without words there is no relevance.
    assert await names(market, category="fruit", sort="name") == ["Açaí pulp", "Banana", "Lime", "Mango"]
    assert await names(market, category="fruit/tropical") == ["Mango", "Banana"]
    assert await names(market, category="tropical") == ["Mango", "Banana"]
    assert await names(market, category="nowhere") == []
    assert await names(market, min_price=450, max_price=900) == ["Lime", "Mango", "Açaí pulp"]
    assert await names(market, in_stock="true", category="fruit") == ["Lime", "Mango", "Banana"]
    assert await names(market, in_stock="false") == ["Açaí pulp"]
    assert await names(market, min_price=900, max_price=1) == []


SEARCHES: list[tuple[str, list[str]]] = [
    ("banana", ["Banana"]),
    ("BANANAS", ["Banana"]),
    ("bana", ["Banana"]),
    ("acai", ["Açaí pulp"]),
    ("limão", ["Lime"]),
    ("limao taiti", ["Lime"]),
    ("the blue cheese", ["Blue cheese"]),
    ("queijos", ["Blue cheese"]),
    ("sku-2", ["Mango"]),
    ("minas", ["Lime", "Blue cheese"]),
    ("ripening", ["Açaí pulp", "Lime"]),
    ("picked banana", ["Banana"]),
    ("mango lime", []),
    ("' & | ! :* \\ <->", []),
    ("the", []),
    ("%_", []),
]


async def test_words_are_found_in_either_language(market: Shop) -> None:
    for q, found in SEARCHES:
        assert sorted(await names(market, q=q)) == sorted(found), q


async def test_names_count_for_more_than_descriptions(shop: Shop) -> None:
    await shop.add("Honey", variant("a"), description="From the hive")
    await shop.add("Hive tool", variant("b"), description="For honey")
    assert await names(shop, q="honey") == ["Honey", "Hive tool"]
    assert await names(shop, q="honey", sort="newest") == ["Hive tool", "Honey"]
    assert await names(shop, q="  ") == ["Hive tool", "Honey"]


async def test_pages_follow_each_other_without_gap_or_repetition(market: Shop) -> None:
    for sort in ("relevance", "newest", "price", "-price", "name"):
        await follow_pages(market, sort)


async def follow_pages(market: Shop, sort: str) -> None:
    query: dict[str, Any] = {"sort": sort, "q": "muito bom"} if sort == "relevance" else {"sort": sort}
    whole = await names(market, **query)
    assert len(whole) == 5
    found: list[str] = []
    for _ in itertools.repeat(None, 5):
        reply = (await market.ask("GET", "/v1/products", limit=2, **query)).json
        found += [item["name"] for item in reply["items"]]
        if reply["next"] is None:
            break
        query["cursor"] = reply["next"]
    assert found == whole
    other = "price" if sort != "price" else "name"
    assert (await market.ask("GET", "/v1/products", sort=other, cursor=query["cursor"])).status == 422


async def test_facets_count_what_was_found(market: Shop) -> None:
    reply = (await market.ask("GET", "/v1/products", category="fruit", facets="true", limit=1)).json
    assert (reply["total"], reply["total_capped"], len(reply["items"])) == (4, False, 1)
    assert reply["facets"] == {
        "categories": [
            {"value": "fruit/tropical", "name": "Tropical", "count": 2},
            {"value": "fruit/citrus", "name": "Citrus", "count": 1},
            {"value": "fruit/frozen", "name": "Frozen", "count": 1},
        ],
        "attributes": {
            "organic": [{"value": False, "count": 2}, {"value": True, "count": 2}],
            "origin": [{"value": "Bahia", "count": 3}, {"value": "Minas", "count": 1}],
        },
        "price": {"min": {"amount": 300, "currency": "BRL"}, "max": {"amount": 900, "currency": "BRL"}},
    }
    nothing = (await market.ask("GET", "/v1/products", q="zzz", facets="true")).json
    assert (nothing["items"], nothing["next"], nothing["total"]) == ([], None, 0)
    assert nothing["facets"] == {"categories": [], "attributes": {}, "price": {"min": None, "max": None}}
    assert "facets" not in (await market.ask("GET", "/v1/products")).json


UNASKABLE: list[dict[str, Any]] = [
    {"limit": 0},
    {"limit": 101},
    {"sort": "size"},
    {"min_price": -1},
    {"min_price": "1.5"},
    {"in_stock": "perhaps"},
    {"q": "x" * 201},
    {"q": "a\0"},
    {"colour": "red"},
    {"attributes": "origin"},
    {"attributes": "origin:"},
    {"attributes": ":Bahia"},
    {"attributes": "origin:Bahia,,organic:true"},
    {"attributes": ",".join(f"a:{number}" for number in range(21))},
    {"attributes": "x:" + "x" * 999},
    {"cursor": "x"},
    {"cursor": "W10"},
]


async def test_what_cannot_be_asked_is_refused(shop: Shop) -> None:
    for query in UNASKABLE:
        assert (await shop.ask("GET", "/v1/products", **query)).status == 422, query


async def test_a_list_costs_the_same_statements_however_long(market: Shop) -> None:
    async def statements(**query: Any) -> int:
        counted: list[str] = []

        def count(logged: Any) -> None:
            counted.append(logged.query)

        async with AsyncExitStack() as lent:
            connections = [
                await lent.enter_async_context(market.ctx.db.read()) for _ in range(market.ctx.db.pool.get_max_size())
            ]
            for connection in connections:
                connection.add_query_logger(count)
        await names(market, **query)
        await asyncio.sleep(0)  # The driver tells of a statement a moment after it.
        return sum(not text.lstrip().startswith(("SELECT pg_advisory_unlock_all", "RESET")) for text in counted)

    assert await statements(limit=1) == await statements(limit=100) == 1
    assert await statements(limit=100, category="fruit", facets="true", q="comer", sort="price", in_stock="true") == 4


async def test_large_ranges_are_read_through_their_indexes(shop: Shop) -> None:
    """With a hundred thousand products no list is read by scanning the whole table."""
    await shop.add("Mango", variant("m"), categories=["fruit"])
    await shop.run(
        """with made as (
               insert into products (id, slug, name)
               select gen_random_uuid(), 'p-' || n, 'P ' || n from generate_series(1, 100000) as n returning id, number, name),
           named as (
               insert into listing_names select id, l, number, lower(name) from made, unnest(array['en', 'pt-BR']) as l)
           insert into listings select id, number, true, true, number * 7919 % 100003, null, array[number % 500 + 2], 0 from made"""
    )
    for table in ("listings", "listing_names", "products"):
        await shop.run(f"vacuum analyze {table}")  # An inverted index keeps what is new apart until then.
    for query in (
        {},
        {"sort": "price"},
        {"sort": "-price", "in_stock": "true"},
        {"sort": "name"},
        {"category": "fruit"},
        {"min_price": 99_990},
    ):
        before = await _rows_read(shop)
        await names(shop, limit=20, **query)
        assert await _rows_read(shop) - before < 2_000, query


async def _rows_read(shop: Shop) -> int:
    """Rows that scans and index scans of the listings have fetched so far."""
    await shop.run("select pg_stat_force_next_flush()")
    count: int = await shop.value(
        "select seq_tup_read + idx_tup_fetch from pg_stat_user_tables where relname = 'listings'"
    )
    return count
