"""What a storefront asks for beside words: goods by their attributes, the way to a product, and the addresses of all."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from feira.catalog import http_sitemap, service_categories
from feira.catalog.domain_traits import read_traits
from feira.catalog.tests.conftest import STAFF, Shop, variant
from feira.catalog.tests.test_index import by_both, caught_up, no_waiting
from feira.catalog.tests.test_search import market

__all__ = ["market", "no_waiting"]  # Fixtures.


@pytest.fixture
async def indexed(market: Shop) -> AsyncIterator[Shop]:
    await caught_up(market)
    yield market
    await market.catalog.stop()


def test_attributes_are_read_from_an_address() -> None:
    assert read_traits("origin:Bahia,organic:true,origin:Pará") == {
        "origin": ("Bahia", "Pará"),
        "organic": ("true", True),
    }
    assert read_traits(r"a\:b:1\,5 \\ x:y,n:12,f:1.5,") == {"a:b": (r"1,5 \ x:y",), "n": ("12", 12), "f": ("1.5", 1.5)}
    assert read_traits("big:99999999999999999999,odd:nan,null:null") == {
        "big": ("99999999999999999999",), "odd": ("nan",), "null": ("null",),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("attributes", "found"),
    [
        ("origin:Bahia", ["Mango", "Açaí pulp", "Banana"]),
        ("origin:Bahia,organic:true", ["Mango", "Banana"]),
        ("origin:Bahia,origin:Minas,organic:false", ["Lime", "Açaí pulp"]),
        ("organic:TRUE", []),
        ("nothing:x", []),
    ],
)
async def test_goods_are_found_by_attributes(indexed: Shop, attributes: str, found: list[str]) -> None:
    asked: list[dict[str, Any]] = [
        {},
        {"sort": "price"},
        {"q": "comer", "sort": "newest"},
        {"category": "fruit", "facets": "true"},
        {"q": "comer"},
    ]
    for more in asked:
        for answer in await by_both(indexed, attributes=attributes, **more):
            names = [item["name"] for item in answer["items"]]
            assert sorted(names) == sorted(found), more
            if more in ({}, {"q": "comer", "sort": "newest"}):
                assert names == found
            assert answer.get("total", len(found)) == len(found)


async def test_an_attribute_that_is_asked_for_tells_of_its_other_values(indexed: Shop) -> None:
    asked: list[dict[str, Any]] = [{}, {"q": "comer"}, {"q": "comer", "sort": "price"}]
    for more in asked:
        reply = await indexed.ask("GET", "/v1/products", attributes="origin:Minas,organic:true", facets="true", **more)
        assert reply.json["total"] == 1
        assert reply.json["facets"]["attributes"] == {
            "organic": [{"value": False, "count": 1}, {"value": True, "count": 1}],  # Of all from Minas.
            "origin": [{"value": "Bahia", "count": 2}, {"value": "Minas", "count": 1}],  # Of all that is organic.
        }


async def test_names_of_categories_are_in_the_buyers_language(market: Shop) -> None:
    categories = {one.path: one for one in await market.catalog.categories.all()}
    await market.catalog.categories.change(categories["fruit"].id, STAFF, names={"pt-BR": "Frutas"})
    page = (await market.ask("GET", "/v1/products/banana", locale="pt-BR")).json
    assert page["breadcrumbs"] == [{"path": "fruit", "name": "Frutas"}, {"path": "fruit/tropical", "name": "Tropical"}]
    facets = (await market.ask("GET", "/v1/products", locale="pt-BR", facets="true", category="fruit")).json["facets"]
    assert {one["value"]: one["name"] for one in facets["categories"]}["fruit/frozen"] == "Frozen"
    await market.add("Stone")
    assert (await market.ask("GET", "/v1/products/stone")).json["breadcrumbs"] == []
    (item,) = (await market.ask("GET", "/v1/suggestions", q="banan")).json["items"]
    assert (item["price"], item["image"]) == ({"amount": 300, "currency": "BRL"}, None)


async def test_names_of_categories_are_remembered_until_one_changes(
    market: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def named() -> dict[str, str]:
        facets = (await market.ask("GET", "/v1/products", facets="true", category="fruit")).json["facets"]
        return {one["value"]: one["name"] for one in facets["categories"]}

    monkeypatch.setattr(service_categories, "NAMED_MAX", 1)
    categories = {one.path: one for one in await market.catalog.categories.all()}
    for name in ("Frutos", "Fruit", "Fresh fruit"):
        await market.catalog.categories.change(categories["fruit/tropical"].id, STAFF, name=name)
        for _ in range(3):
            await market.catalog.kept.refresh()
            assert (await named())["fruit/tropical"] == name


async def test_a_sitemap_has_every_product_once(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (await shop.ask("GET", "/v1/sitemap")).json == {"items": [], "next": None, "parts": 0}
    monkeypatch.setattr(http_sitemap, "PART", 4)
    monkeypatch.setattr(http_sitemap, "PAGE", 2)
    made = [await shop.add(f"Fruit {number}", variant(f"f{number}")) for number in range(9)]
    await shop.catalog.products.archive(made[3], STAFF)

    async def slugs(**query: Any) -> list[str]:
        found: list[str] = []
        following: dict[str, Any] = {}
        while True:
            reply = (await shop.ask("GET", "/v1/sitemap", **query, **following)).json
            assert reply["parts"] == 3
            found += [item["slug"] for item in reply["items"]]
            if reply["next"] is None:
                return found
            following = {"cursor": reply["next"]}

    everything = [f"fruit-{number}" for number in range(9) if number != 3]
    assert await slugs() == everything
    assert [slug for part in range(3) for slug in await slugs(part=part)] == everything
    assert await slugs(part=9) == []
    first = (await shop.ask("GET", "/v1/sitemap")).json["items"][0]
    assert first["updated_at"] == (await shop.ask("GET", "/v1/products/fruit-0")).json["updated_at"]
