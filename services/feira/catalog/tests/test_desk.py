"""What staff look for and change in passing: products by words, stock that is low, one price, a product back in the shop."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import pytest

from feira.catalog import service_import, store_desk
from feira.catalog.tests.conftest import Shop, product, variant
from feira.contracts.audit import StaffActed
from feira.contracts.catalog import ProductsChanged

NDJSON = {"content-type": "application/x-ndjson"}


async def names(shop: Shop, q: str, **more: Any) -> list[str]:
    reply = await shop.staff("GET", "/products", q=q, **more)
    assert reply.status == 200
    return [item["name"] for item in reply.json["items"]]


async def pages(shop: Shop, path: str, **query: Any) -> list[str]:
    """All skus of a list, page by page."""
    found: list[str] = []
    following: dict[str, str] = {}
    while True:
        reply = await shop.staff("GET", path, limit=2, **query, **following)
        assert reply.status == 200, reply.json
        found += [item["sku"] for item in reply.json["items"]]
        assert len(reply.json["items"]) <= 2
        if reply.json["next"] is None:
            return found
        following = {"cursor": reply.json["next"]}


async def test_products_are_found_by_words_skus_and_slugs(shop: Shop) -> None:
    await shop.add("Ripe mango", variant("M/1KG"), slug="from-pernambuco", description="Like a peach")
    await shop.add("Açaí pulp", variant("ACAI-400"), translations={"pt-BR": {"name": "Polpa de açaí"}})
    old = await shop.add("Green mango", variant("GM"))
    assert (await shop.staff("DELETE", f"/products/{old}")).status == 204
    assert await names(shop, "mango") == ["Green mango", "Ripe mango"]
    assert await names(shop, "mang ri") == ["Ripe mango"]
    assert await names(shop, "mango", status="active") == ["Ripe mango"]
    assert await names(shop, "mango", status="archived") == ["Green mango"]
    assert await names(shop, "polpa acai") == ["Açaí pulp"]
    assert await names(shop, "acai-4") == ["Açaí pulp"]
    assert await names(shop, "from-per") == ["Ripe mango"]
    assert await names(shop, "M/1") == ["Ripe mango"]
    assert await names(shop, "peach") == []  # Buyers find that; staff look for names.
    assert await names(shop, "' & !") == []
    assert await names(shop, " ") == ["Green mango", "Açaí pulp", "Ripe mango"]
    first = (await shop.staff("GET", "/products", q="mango", limit=1)).json
    assert await names(shop, "mango", limit=1, cursor=first["next"]) == ["Ripe mango"]
    assert (await shop.staff("GET", "/products", status="gone")).status == 422


async def test_what_was_archived_is_sold_again(shop: Shop) -> None:
    mango = await shop.add("Mango", variant("m", 3))
    await shop.staff("DELETE", f"/products/{mango}")
    await shop.said()
    for _ in range(2):
        back = await shop.staff("POST", f"/products/{mango}/restore")
        assert (back.status, back.json["archived"]) == (200, False)
    assert (await shop.ask("GET", "/v1/products/mango")).json["available"] is True
    told = await shop.said()
    assert [e.action for e in told if isinstance(e, StaffActed)] == ["catalog.product.restored"]
    assert [e.slugs for e in told if isinstance(e, ProductsChanged)] == [("mango",)]
    assert (await shop.staff("POST", f"/products/{uuid4()}/restore")).status == 404


async def test_one_price_is_changed_and_nothing_else(shop: Shop) -> None:
    def price(amount: int, currency: str = "BRL") -> dict[str, Any]:
        return {"price": {"amount": amount, "currency": currency}}

    mango = await shop.add("Mango", variant("m/1", 3, 100, options={"size": "S"}), variant("n", 2, 200, weight_g=5))
    await shop.said()
    changes = await asyncio.gather(
        shop.staff("PATCH", "/variants/m/1", price(90) | {"compare_at_price": {"amount": 100, "currency": "BRL"}}),
        shop.staff("PATCH", "/variants/n", price(190)),
        shop.staff("PATCH", "/variants/n", {"options": {"size": "L"}, "name": "Large"}),
        shop.staff("PATCH", f"/products/{mango}", {"name": "Ripe mango"}),
    )
    assert [reply.status for reply in changes] == [200] * 4
    now = (await shop.staff("GET", f"/products/{mango}")).json
    assert now["name"] == "Ripe mango"
    first, second = now["variants"]
    assert (first["price"]["amount"], first["compare_at_price"]["amount"], first["options"]) == (90, 100, {"size": "S"})
    assert (second["price"]["amount"], second["name"], second["options"], second["weight_g"], second["on_hand"]) == (
        190, "Large", {"size": "L"}, 5, 2,
    )  # fmt: skip
    assert (await shop.staff("PATCH", "/variants/m/1", {"compare_at_price": None})).status == 200
    assert (await shop.ask("GET", "/v1/products/mango")).json["compare_at_price"] is None
    acted = [e.target for e in await shop.said() if isinstance(e, StaffActed) and e.action == "catalog.variant.changed"]
    assert sorted(acted) == ["m/1", "m/1", "n", "n"]
    assert (await shop.staff("PATCH", "/variants/n", price(190))).status == 200
    assert await shop.said() == []  # It was so before.

    other = await shop.staff("PATCH", "/variants/n", price(1, "USD"))
    assert (other.status, other.json["errors"][0]["field"]) == (422, "price.currency")
    assert (await shop.staff("PATCH", "/variants/n", {"stock": 5})).status == 422
    kept = {"variants": [variant("m/1", None, 90)]}
    assert (await shop.staff("PATCH", f"/products/{mango}", kept)).status == 200
    for sku in ("n", "x"):
        assert (await shop.staff("PATCH", f"/variants/{sku}", price(1))).status == 404


async def test_low_stock_is_found_scarcest_first(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_desk, "LOOKED_MAX", 3)
    stock = {"a": 30, "b": 0, "c": 7, "d": 3, "e": 200, "f": 8, "g": 99}
    for sku, units in stock.items():
        await shop.add(f"Fruit {sku}", variant(sku, units))
    gone = [await shop.add(f"Old fruit {n}", variant(f"old{n}", 0), variant(f"mould{n}", 0)) for n in range(4)]
    for product_id in gone:
        await shop.staff("DELETE", f"/products/{product_id}")
    assert await pages(shop, "/stock", below=10) == ["b", "d", "c", "f"]
    assert await pages(shop, "/stock", below=8) == ["b", "d", "c"]
    assert await pages(shop, "/stock", below=100) == ["b", "d", "c", "f", "a", "g"]
    await shop.held(a=28)
    assert await pages(shop, "/stock", below=5) == ["b", "a", "d"]
    low = ["a", "b", "d", *(f"mould{n}" for n in range(4)), *(f"old{n}" for n in range(4))]
    assert await pages(shop, "/stock", q="fruit", below=5) == low
    monkeypatch.setattr(store_desk, "LOOKED_MAX", 1_000)  # Now all that is scarce can be looked through.
    assert await pages(shop, "/stock", q="fruit", below=5) == low
    assert await pages(shop, "/stock", q="old fr", below=9) == sorted(low[3:])
    assert await pages(shop, "/stock", q="fruit g") == ["g"]
    everything = await pages(shop, "/stock")
    assert everything == sorted([*stock, *(f"{kind}{n}" for kind in ("old", "mould") for n in range(4))])
    item = (await shop.staff("GET", "/stock", q="old0")).json["items"][1]
    assert {**item, "product_id": ""} == {
        "sku": "old0", "on_hand": 0, "held": 0, "available": 0, "name": "Old fruit 0", "slug": "old-fruit-0",
        "product_id": "", "archived": True,
    }  # fmt: skip
    assert (await shop.staff("GET", "/stock", below=101)).status == 422
    assert (await shop.staff("GET", "/stock", below=5, cursor="ImEi")).status == 422


async def test_products_that_run_out_are_listed_whole_the_scarcest_first(shop: Shop) -> None:
    for name, *units in (("Apple", 7, 0), ("Banana", 3), ("Cherry", 200), ("Date", 1, 2)):
        await shop.add(name, *(variant(f"{name}-{n}", many) for n, many in enumerate(units)))
    gone = await shop.add("Old apple", variant("old", 0))
    await shop.staff("DELETE", f"/products/{gone}")
    assert await names(shop, "", below=1) == ["Apple"]
    assert await names(shop, "", below=5) == ["Apple", "Banana", "Date"]
    assert await names(shop, "apple", below=5) == ["Apple"]
    first = (await shop.staff("GET", "/products", below=5, limit=2)).json
    assert [item["name"] for item in first["items"]] == ["Apple", "Banana"]
    assert len(first["items"][0]["variants"]) == 2
    assert await names(shop, "", below=5, cursor=first["next"]) == ["Date"]
    assert (await shop.staff("GET", "/products", below=0)).status == 422


async def test_a_product_that_changed_meanwhile_is_not_overwritten_unseen(shop: Shop) -> None:
    mango = await shop.add("Mango", variant("m", 3))
    seen = (await shop.staff("GET", f"/products/{mango}")).json["changed_at"]
    first = await shop.staff("PATCH", f"/products/{mango}", {"name": "Ripe mango"}, seen=seen)
    assert first.status == 200
    late = await shop.staff("PATCH", f"/products/{mango}", {"name": "Green mango"}, seen=seen)
    assert (late.status, late.json["code"]) == (409, "product_changed")
    now = first.json["changed_at"]
    assert (await shop.staff("PATCH", f"/products/{mango}", {"description": "Sweet"}, seen=now)).json[
        "name"
    ] == "Ripe mango"
    assert (await shop.staff("PATCH", f"/products/{mango}", {"name": "Green mango"})).status == 200  # Whoever insists.
    assert (await shop.staff("PATCH", f"/products/{mango}", {"name": "x"}, seen="2026-01-01T00:00:00")).status == 422


async def test_a_preview_says_what_an_import_does_and_does_nothing(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_import, "CHUNK_PRODUCTS_MAX", 2)
    await shop.add("Lime", variant("l", 5, 100), slug="lime")
    await shop.add("Pear", variant("p", 5, 100), slug="pear")
    rows = [
        product("Lime", variant("l", 5, 100), slug="lime"),
        product("Pear", variant("p", 5, 110), slug="pear"),
        product("Mango", variant("m"), slug="mango", categories=["fruit"]),
        product("Fig", variant("f"), variant("p"), slug="fig"),
        {"name": "No variants", "variants": []},
        product("Mango", variant("m", 10, 990), slug="mango"),
        product("Another mango", variant("m"), slug="other"),
        product("Grape", variant("g")),
        product("Grape", variant("g", 3)),
    ]
    body = [b"".join(json.dumps(one).encode() + b"\n" for one in rows)]
    before = await shop.value("select count(*) from products")
    await shop.said()
    preview = await shop.staff("POST", "/products/import", body, headers=NDJSON, preview="true")
    assert await shop.said() == []
    assert await shop.value("select count(*) from products") == before
    real = await shop.staff("POST", "/products/import", body, headers=NDJSON)
    assert preview.json == real.json
    assert real.json["created"] == 2
    assert [error["row"] for error in real.json["errors"]] == [4, 5, 7]
    table = [b"slug,name,sku,price\nkiwi,Kiwi,k,1.99\nkiwi,Kiwi,k2,x\n"]
    bad = await shop.staff("POST", "/products/import", table, headers={"content-type": "text/csv"}, preview="true")
    assert (bad.json["failed"], bad.json["errors"][0]["field"]) == (1, "price")
