"""The catalogue over real HTTP, as far as the wire itself matters."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from urllib.parse import quote

import yarl

from feira.catalog.card import card
from feira.catalog.tests.conftest import STAFF, Shop, product, variant

SKUS = ["A/B", "a b", "50%", "açaí", "x/y/z/0", "q?r#s", "a+b", "a%2Fb", "..x", '"quoted"', "journal"]


async def test_any_sku_stands_in_an_address(shop: Shop, web: Callable[..., Awaitable[Any]]) -> None:
    for sku in SKUS:
        await shop.add(sku, variant(sku, 3), slug=f"s{SKUS.index(sku)}")
    served = await web(card.routes(shop.catalog))
    headers = served.as_user(STAFF, "staff")

    def at(sku: str, rest: str = "") -> yarl.URL:
        return yarl.URL(f"{served.settings.url}/v1/admin/stock/{quote(sku, safe='')}{rest}", encoded=True)

    for sku in SKUS:
        async with served.session.get(at(sku), headers=headers) as reply:
            assert (reply.status, await reply.json()) == (200, {"sku": sku, "on_hand": 3, "held": 0, "available": 3})
        adjustment = {"delta": -1, "reason": "eaten"}
        async with served.session.post(at(sku, "/adjustments"), json=adjustment, headers=headers) as reply:
            assert (reply.status, (await reply.json())["sku"]) == (201, sku)
        async with served.session.get(at(sku, "/journal"), headers=headers) as reply:
            assert [entry["kind"] for entry in (await reply.json())["items"]] == ["adjusted", "created"]


async def test_an_import_streams_and_is_on_sale_when_it_is_answered(
    shop: Shop, web: Callable[..., Awaitable[Any]]
) -> None:
    served = await web(card.routes(shop.catalog))

    async def sent() -> AsyncIterator[bytes]:
        for number in range(1200):
            body = product(f"P {number}", variant(f"s{number}"), slug=f"p-{number}", description="x" * 2000)
            yield json.dumps(body).encode() + b"\n"

    headers = served.as_user(STAFF, "staff") | {"Content-Type": "application/x-ndjson"}
    async with served.session.post("/v1/admin/products/import", data=sent(), headers=headers) as reply:
        assert reply.status == 200
        assert (await reply.json())["created"] == 1200
    async with served.session.get("/v1/products/p-1199") as reply:
        assert (await reply.json())["available"] is True
    async with served.session.head("/v1/products?limit=1") as reply:
        assert reply.status == 200
        assert reply.headers["Cache-Control"].startswith("public")
