"""What those who keep pages are told: of each change that a shopper can see, and of no other."""

import json
from typing import Any

from feira.catalog.tests.conftest import STAFF, Shop, product, variant
from feira.contracts.catalog import ProductsChanged

Told = tuple[tuple[str, ...], bool, bool]
EVERYTHING: Told = ((), True, True)


async def told(shop: Shop) -> list[Told]:
    events = [event for event in await shop.said() if isinstance(event, ProductsChanged)]
    assert {event.key for event in events} <= {"products"}
    return [(event.slugs, event.lists, event.everything) for event in events]


async def change(shop: Shop, product_id: Any, **fields: Any) -> list[Told]:
    assert (await shop.staff("PATCH", f"/products/{product_id}", fields)).status == 200
    return await told(shop)


async def test_a_change_is_told_if_a_shopper_can_see_it(shop: Shop) -> None:
    mango = await shop.add("Mango", variant("m", 2, 100), variant("n", 2, 200), categories=["fruit"])
    assert await told(shop) == [EVERYTHING]  # A category was made.
    await shop.add("Lime", categories=["fruit"])
    assert await told(shop) == [(("lime",), True, False)]

    assert await change(shop, mango, description="Ripe") == [(("mango",), False, False)]
    assert await change(shop, mango, description="Ripe") == []
    dearer = [variant("m", None, 100), variant("n", None, 300)]
    assert await change(shop, mango, variants=dearer) == [(("mango",), False, False)]
    cheaper = [variant("m", None, 90), variant("n", None, 300)]
    assert await change(shop, mango, variants=cheaper) == [(("mango",), True, False)]
    assert await change(shop, mango, slug="ripe-mango") == [(("mango", "ripe-mango"), True, False)]
    assert await change(shop, mango, categories=["fruit/ripe"]) == [EVERYTHING]

    await shop.catalog.stock.adjust("m", 5, "found", STAFF)
    await shop.held(m=1)
    assert await told(shop) == []

    await shop.catalog.products.archive(mango, STAFF)
    assert await told(shop) == [(("ripe-mango",), True, False)]
    assert await change(shop, mango, name="Nobody sees it") == []
    assert await change(shop, mango, archived=False) == [(("ripe-mango",), True, False)]


async def test_imports_and_categories_are_told_as_everything(shop: Shop) -> None:
    async def take(*products: dict[str, Any]) -> list[Told]:
        lines = b"".join(json.dumps(one).encode() + b"\n" for one in products)
        reply = await shop.staff("POST", "/products/import", [lines], headers={"content-type": "application/x-ndjson"})
        assert reply.json["failed"] == 0
        return await told(shop)

    mango, lime = product("Mango", variant("m", 5)), product("Lime", variant("l", 5))
    assert await take(mango, lime) == [EVERYTHING]
    assert await take(mango, lime) == []
    assert await take(product("Mango", variant("m", 7)), lime) == []  # Another count is told by itself.
    assert await take(product("Mango", variant("m", 7, 2)), lime) == [EVERYTHING]

    made = await shop.catalog.categories.create("roots", None, "Roots", {}, STAFF)
    await shop.catalog.categories.change(made.id, STAFF, name="Root vegetables")
    await shop.catalog.categories.delete(made.id, STAFF)
    assert await told(shop) == [EVERYTHING] * 3
