"""The search index: what it finds, that it agrees with PostgreSQL, and that it comes back from whatever befalls it."""

import asyncio
import itertools
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from feira.catalog import service_index, service_search, store_index_facets, store_index_look, store_index_write
from feira.catalog.domain_goods import ProductChange
from feira.catalog.jobs import gauges
from feira.catalog.service_search import Asked, Search
from feira.catalog.store_search import Wish
from feira.catalog.tests.conftest import STAFF, Shop, variant
from feira.catalog.tests.test_search import FRUITS, SEARCHES, market, names

__all__ = ["market"]  # A fixture.

ROUNDS_MAX = 500


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is done now and then is done in each round."""
    for name in ("FOLLOW_S", "CLAIM_S", "BRANCHES_S", "BEAT_S", "SAVE_S", "RETRY_S", "RETRY_MAX_S"):
        monkeypatch.setattr(service_index, name, 0.0)
    monkeypatch.setattr(service_index, "SHARE", 1.0)
    monkeypatch.setattr(service_index, "BUSY_SHARE", 1.0)


@pytest.fixture
async def indexed(market: Shop) -> AsyncIterator[Shop]:
    await caught_up(market)
    yield market
    await market.catalog.stop()


async def caught_up(shop: Shop, search: Search | None = None) -> Search:
    """Until the index has heard of all there is, and is read."""
    search = search or shop.catalog.search
    for _ in range(ROUNDS_MAX):
        await search.tend()
        if search.reader is not None:
            break
        await asyncio.sleep(0.01)
    assert search.reader is not None
    for _ in range(3):  # To hear of it, to write it, and to read it.
        await search.tend()
    return search


async def by_both(shop: Shop, **query: Any) -> tuple[Any, Any]:
    """The same question, answered by the index and by the database."""
    search = shop.catalog.search
    assert search.reader is not None
    by_index = (await shop.ask("GET", "/v1/products", **query)).json
    reader, search._reader = search._reader, None
    shop.catalog.kept.store.drop_all()
    by_database = (await shop.ask("GET", "/v1/products", **query)).json
    search._reader = reader
    shop.catalog.kept.store.drop_all()
    return by_index, by_database


@pytest.mark.parametrize("page_max", [store_index_facets.PAGE_MAX, 0])
async def test_what_is_written_right_is_found_alike_by_both(
    indexed: Shop, monkeypatch: pytest.MonkeyPatch, page_max: int
) -> None:
    """Whether facets are counted on the page or in the index."""
    monkeypatch.setattr(store_index_facets, "PAGE_MAX", page_max)
    for q, found in SEARCHES:
        by_index, by_database = await by_both(indexed, q=q, facets="true")
        assert sorted(item["name"] for item in by_index["items"]) == sorted(found), q
        for what in ("facets", "total", "total_capped"):
            assert by_index[what] == by_database[what], q
        same = sorted(by_index["items"], key=lambda item: item["id"])
        assert same == sorted(by_database["items"], key=lambda item: item["id"])


FILTERS: list[dict[str, Any]] = [
    {},
    {"category": "fruit"},
    {"category": "tropical"},
    {"category": "fruit/tropical"},
    {"category": "nowhere"},
    {"min_price": 450},
    {"max_price": 899, "in_stock": "true"},
    {"min_price": 450, "max_price": 900, "category": "fruit", "in_stock": "false"},
    {"min_price": 900, "max_price": 1},
]


async def test_filters_and_orders_agree(indexed: Shop) -> None:
    sorts = ("newest", "price", "-price", "name")
    for filters, sort, q in itertools.product(FILTERS, sorts, ("", "muito bom", "minas")):
        by_index, by_database = await by_both(indexed, sort=sort, q=q, facets="true", locale="pt-BR", **filters)
        assert by_index == by_database, (filters, sort, q)


async def test_a_list_that_is_sorted_whole_is_the_same(indexed: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    sorts = ("newest", "price", "-price", "name")
    asked = [(sort, filters) for sort, filters in itertools.product(sorts, FILTERS)]
    walked = [(await indexed.ask("GET", "/v1/products", sort=sort, **filters)).json for sort, filters in asked]
    monkeypatch.setattr(service_search, "GATHERED_SHARE", 1)
    indexed.catalog.kept.store.drop_all()
    gathered = [(await indexed.ask("GET", "/v1/products", sort=sort, **filters)).json for sort, filters in asked]
    assert gathered == walked
    within: list[dict[str, Any]] = [{}, {"category": "fruit"}]
    for sort, filters in itertools.product(sorts, within):
        whole = (await indexed.ask("GET", "/v1/products", sort=sort, **filters)).json["items"]
        assert len(whole) > 2
        page = (await indexed.ask("GET", "/v1/products", sort=sort, limit=2, **filters)).json
        rest = (await indexed.ask("GET", "/v1/products", sort=sort, cursor=page["next"], **filters)).json
        assert page["items"] + rest["items"] == whole, (sort, filters)


async def test_pages_follow_each_other_in_the_index_too(shop: Shop) -> None:
    for number in range(23):
        await shop.add(
            f"Mango {'tea' * (number % 2)} {number}", variant(f"m-{number}", number % 3), description="Red tea"
        )
    await caught_up(shop)
    for q in ("mango", "mango tea", "mnago", "te"):
        whole = (await shop.ask("GET", "/v1/products", q=q, limit=100)).json["items"]
        assert len(whole) == 23 if q != "te" else whole
        query: dict[str, Any] = {"q": q, "limit": 4}
        found = []
        for _ in range(10):
            page = (await shop.ask("GET", "/v1/products", **query)).json
            found += page["items"]
            if page["next"] is None:
                break
            query["cursor"] = page["next"]
        assert found == whole, q
    await shop.catalog.stop()


async def test_a_page_is_continued_by_whom_it_was_begun_and_else_begins_again(indexed: Shop) -> None:
    search = indexed.catalog.search
    first = (await indexed.ask("GET", "/v1/products", q="muito bom", limit=2)).json
    reader, search._reader = search._reader, None
    begun = (await indexed.ask("GET", "/v1/products", q="muito bom", limit=3)).json
    again = (await indexed.ask("GET", "/v1/products", q="muito bom", limit=3, cursor=first["next"])).json
    assert again["items"] == begun["items"]
    search._reader = reader
    rest = (await indexed.ask("GET", "/v1/products", q="muito bom", cursor=begun["next"])).json
    assert len({item["id"] for item in [*begun["items"], *rest["items"]]}) == len(FRUITS)


@pytest.mark.parametrize("alike_max", [store_index_look.ALIKE_TERMS_MAX, 0])
async def test_typos_are_forgiven_when_nothing_is_found_without(
    indexed: Shop, monkeypatch: pytest.MonkeyPatch, alike_max: int
) -> None:
    monkeypatch.setattr(store_index_look, "ALIKE_TERMS_MAX", alike_max)
    await indexed.add("Watermelon", variant("watermelon"))
    await caught_up(indexed)
    for q, found in (
        ("banan", ["Banana"]),
        ("bnaana", ["Banana"]),
        ("mamgo", ["Mango"]),
        ("quueijo azul", ["Blue cheese"]),
        ("queijo azzul", ["Blue cheese"]),
        ("blue chese", ["Blue cheese"]),
        ("wanana", ["Banana"]),
        ("limmao", ["Lime"]),
        ("bluu", ["Blue cheese"]),
        ("watermelom", ["Watermelon"]),
        ("wotermelom", ["Watermelon"]),
        ("blx", []),
        ("xxxx yyyy", []),
        ("12345", []),
    ):
        assert await names(indexed, q=q) == found, q
    reply = (await indexed.ask("GET", "/v1/products", q="bnaana", facets="true", sort="price")).json
    assert [item["name"] for item in reply["items"]] == ["Banana"]
    assert reply["total"] == 1


async def test_the_best_come_first(shop: Shop) -> None:
    for name, description, origin in (
        ("Juicer", "Presses an orange", "Minas"),
        ("Basket", "For fruit", "Orange"),
        ("Oranges in a net", "", "Bahia"),
        ("Orangeade", "", "Bahia"),
        ("Bitter orange", "", "Bahia"),
        ("Orange", "", "Bahia"),
    ):
        await shop.add(name, variant(name, 1), description=description, attributes={"origin": origin})
    await shop.add("Orange peel", variant("peel", 0))
    await caught_up(shop)
    assert await names(shop, q="orange") == [
        "Orange",
        "Bitter orange",
        "Orange peel",  # Not in stock.
        "Oranges in a net",
        "Orangeade",
        "Basket",
        "Juicer",
    ]
    await shop.catalog.stop()


async def test_changes_are_found_by_every_process(indexed: Shop) -> None:
    other = Search(indexed.ctx)
    await caught_up(indexed, other)
    product_id = await indexed.add("Guava", variant("guava", 1), attributes={"origin": "Pará"})
    await caught_up(indexed)
    await other.tend()
    for search in (indexed.catalog.search, other):
        found, _ = await search.find(Asked(wish=_wish("guava"), sort="relevance", locale="en", limit=5, facets=False))
        assert [one.id for one in found] == [str(product_id)]
    await indexed.catalog.products.change(product_id, ProductChange(name="Goiaba"), STAFF)
    await indexed.held(guava=1)
    await caught_up(indexed)
    assert await names(indexed, q="guava") == ["Goiaba"]  # By its sku.
    assert await names(indexed, q="guava", in_stock="true") == []
    await indexed.catalog.products.archive(product_id, STAFF)
    await caught_up(indexed)
    assert await names(indexed, q="goiaba") == []
    await other.stop()


def _wish(*words: str) -> Any:
    return Wish(words=words)


async def test_suggestions_complete_what_is_typed(indexed: Shop) -> None:
    async def suggested(q: str, **more: Any) -> list[tuple[str, str, str]]:
        items = (await indexed.ask("GET", "/v1/suggestions", q=q, **more)).json["items"]
        return [(item["text"], item["kind"], item["slug"]) for item in items]

    for _ in range(2):
        assert await suggested("ban") == [("Banana", "product", "banana")]
        assert await suggested("tr") == [("Tropical", "category", "fruit/tropical")]
        assert await suggested("lim") == [("Lime", "product", "lime")]
        assert await suggested("lim", locale="pt-BR") == [("Limão-taiti", "product", "lime")]
        assert len(await suggested("m", limit=1)) <= 1
        assert await suggested("") == []
        assert await suggested("zzz") == []
        if indexed.catalog.search.reader:
            assert await suggested("bnana") == [("Banana", "product", "banana")]
            assert await suggested("qeuij") == [("Blue cheese", "product", "blue-cheese")]
        indexed.catalog.search._reader = None
        indexed.catalog.kept.store.drop_all()
    assert (await indexed.ask("GET", "/v1/suggestions", q="a", limit=11)).status == 422


async def test_a_category_is_suggested_by_its_new_name(indexed: Shop) -> None:
    category_id = await indexed.value("select id from categories where path = 'fruit/tropical'")
    reply = await indexed.staff("PATCH", f"/categories/{category_id}", {"name": "Sunny"})
    assert reply.status == 200, reply.raw
    await caught_up(indexed)
    items = (await indexed.ask("GET", "/v1/suggestions", q="sun")).json["items"]
    assert [(item["text"], item["kind"], item["slug"]) for item in items] == [("Sunny", "category", "fruit/tropical")]


async def test_a_restart_goes_on_where_the_index_was(indexed: Shop) -> None:
    path = indexed.catalog.search.reader.path  # type: ignore[union-attr]
    await indexed.catalog.stop()
    await indexed.add("Guava", variant("guava"))
    search = await caught_up(indexed, Search(indexed.ctx))
    assert search.reader is not None
    assert search.reader.path == path
    found, _ = await search.find(Asked(wish=_wish("guava"), sort="relevance", locale="en", limit=5, facets=False))
    assert len(found) == 1
    await search.stop()


def _damage(path: Path, how: str) -> None:
    home = path.parent
    if how == "gone":
        for file in path.iterdir():
            file.unlink()
    elif how == "segments":
        for file in path.iterdir():
            if file.suffix in {".term", ".idx", ".store", ".fast"}:
                file.write_bytes(b"broken")
    elif how == "meta":
        (path / "meta.json").write_text("{}")
    elif how == "state":
        (path / "state.json").write_text("{}")
    elif how == "version":
        (home / "current").write_text("v0-1")
    elif how == "old":
        state = (path / "state.json").read_text()
        at = state.split('"position":"')[1].split(" ")[0]
        (path / "state.json").write_text(state.replace(at, "1"))
    else:
        (path / "state.json").write_text((path / "state.json").read_text().replace('"database":"', '"database":"x'))


@pytest.mark.parametrize("how", ["gone", "segments", "meta", "state", "version", "old", "database"])
async def test_an_index_of_no_use_is_made_anew(indexed: Shop, how: str) -> None:
    reader = indexed.catalog.search.reader
    assert reader is not None
    await indexed.catalog.stop()
    _damage(reader.path, how)
    await indexed.add("Guava", variant("guava"))
    search = Search(indexed.ctx)
    for _ in range(ROUNDS_MAX):
        await search.tend()
        if search.reader is not None and search.reader.path != reader.path:
            break
        found, _ = await search.find(Asked(wish=_wish("guava"), sort="relevance", locale="en", limit=5, facets=True))
        assert len(found) <= 1
        await asyncio.sleep(0.01)
    assert search.reader is not None
    assert search.reader.path != reader.path
    found, _ = await search.find(Asked(wish=_wish("guava"), sort="relevance", locale="en", limit=5, facets=True))
    assert [one.name for one in found] == ["Guava"]
    assert [path.name for path in reader.path.parent.iterdir() if path.is_dir()] == [search.reader.path.name]
    await search.stop()


async def test_the_index_is_told_of_in_numbers(indexed: Shop) -> None:
    told = {gauge.name: gauge.value for gauge in await gauges(indexed.catalog)}
    assert told["feira_search_documents"] == 5 + 5  # Products and categories.
    assert told["feira_search_age_seconds"] < 30
    await indexed.catalog.stop()
    assert Search(indexed.ctx).state() == (0, 0.0)


async def test_where_nothing_can_be_written_the_database_answers(market: Shop) -> None:
    home = Path(market.ctx.settings.data) / "search"
    home.write_text("in the way")
    for _ in range(3):
        await market.catalog.search.tend()
    assert market.catalog.search.reader is None
    assert await names(market, q="banana") == ["Banana"]
    home.unlink()
    await caught_up(market)
    assert await names(market, q="bnaana") == ["Banana"]
    await market.catalog.stop()


async def test_an_index_that_nobody_keeps_is_not_believed(indexed: Shop) -> None:
    search = indexed.catalog.search
    assert search.reader is not None
    os.utime(search.reader.path / "beat", (1, 1))
    await search._look()
    assert search.reader is None
    await caught_up(indexed)


async def test_only_one_process_writes_until_it_goes(indexed: Shop) -> None:
    other = Search(indexed.ctx)
    await caught_up(indexed, other)
    assert other._keeper._state.position == ""
    await indexed.catalog.stop()
    await indexed.add("Guava", variant("guava"))
    await caught_up(indexed, other)
    assert other._keeper._state.position
    found, _ = await other.find(Asked(wish=_wish("guava"), sort="relevance", locale="en", limit=5, facets=False))
    assert len(found) == 1
    await other.stop()


async def test_changes_while_it_is_made_are_heard_of(market: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_index, "LISTEN_S", 0.0)
    monkeypatch.setattr(service_index, "CHUNK", 1)
    monkeypatch.setattr(service_index, "SHARE", 0.2)
    await market.catalog.search.tend()
    await market.run("update products set name = 'Mangosteen' where slug = 'mango'")
    await market.run("insert into product_feed (products) select array[id] from products where slug = 'mango'")
    await caught_up(market)
    assert await names(market, q="lime") == ["Lime"]
    await market.catalog.stop()


async def test_a_large_index_ends_as_one_set_of_files(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_index_write, "PORTION_MAX", 2)
    monkeypatch.setattr(service_index, "CHUNK", 1)
    assert [store_index_write.portion_of(total) for total in (0, 2, 3, 16, 17, 128)] == [1, 3, 1, 3, 1, 3]
    for number in range(12):
        await shop.add(f"Mango {number}", variant(f"m-{number}"))
    await caught_up(shop)
    assert len(await names(shop, q="mango")) == 12
    reader = shop.catalog.search.reader
    assert reader is not None
    assert reader.index.searcher().num_segments < 12
    await shop.catalog.stop()


async def test_a_worn_index_is_made_anew(indexed: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_index, "WORN_MIN", 1)
    path = indexed.catalog.search.reader.path  # type: ignore[union-attr]
    for number in range(30):
        await indexed.add(f"Guava {number}", variant(f"guava-{number}"))
    await indexed.run("insert into product_feed (products) select array_agg(id) from products")
    await indexed.run("insert into product_feed (products) select array_agg(id) from products")
    for _ in range(ROUNDS_MAX):
        await indexed.run("insert into product_feed (products) select array_agg(id) from products")
        await indexed.catalog.search.tend()
        if indexed.catalog.search._reader and indexed.catalog.search._reader.path != path:
            break
    assert indexed.catalog.search._reader is not None
    assert indexed.catalog.search._reader.path != path


async def test_many_attributes_are_counted_where_they_are(shop: Shop) -> None:
    for number in range(60):
        kind = {"category": ["a" if number % 2 else "b"]}["category"]
        await shop.add(
            f"Thing {number}",
            variant(f"t-{number}"),
            categories=kind,
            attributes={f"key.{number}": number, "yes": True},
        )
    await caught_up(shop)
    counted = (await shop.ask("GET", "/v1/products", category="a", facets="true")).json["facets"]["attributes"]
    assert counted["yes"] == [{"value": True, "count": 30}]
    assert counted["key.1"] == [{"value": 1, "count": 1}]
    assert "key.2" not in counted
    await shop.catalog.stop()
