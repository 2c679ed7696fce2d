"""Many at once against little: bounded connections, bounded waiting, and never one unit too many."""

import asyncio
import time
from collections import Counter

import aiohttp
import pytest

from tests.conftest import NewShop
from tests.shop import Reply

BUYERS, UNITS = 300, 100
LOSER_S = 2.0  # A bound of the contract, with nothing of the machine's speed in it: losers wait for no money.


@pytest.mark.parametrize("mode", ["one", "many"])
async def test_three_hundred_buyers_for_a_hundred_units_on_eight_connections(new_shop: NewShop, mode: str) -> None:
    shop = await new_shop(mode, "--db-connections", "8")
    sku = await shop.new_sku(stock=UNITS)
    body = await shop.order_body((sku, 1))
    took: list[float] = []

    async def buy(n: int) -> Reply:
        began = time.monotonic()
        reply = await shop.post("/v1/orders", {**body, "email": f"r{n}@buyer.test"}, key="race")
        if reply.status == 409:
            took.append(time.monotonic() - began)
        return reply

    replies = await asyncio.gather(*(buy(n) for n in range(BUYERS)))
    assert Counter(reply.status for reply in replies) == {201: UNITS, 409: BUYERS - UNITS}
    assert {reply.code for reply in replies if reply.status == 409} == {"out_of_stock"}
    assert max(took) < LOSER_S
    await shop.settle()
    assert await shop.stock(sku) == (0, 0)
    assert await shop.sql("orders", "select count(*) from orders") == UNITS
    assert await shop.sql("payments", "select count(*) from payments") == UNITS


async def test_buyers_who_hang_up_leave_whole_orders_or_none(new_shop: NewShop) -> None:
    shop = await new_shop("one")
    sku = await shop.new_sku(stock=1_000)
    body = await shop.order_body((sku, 1))

    async def buy_and_leave(n: int) -> None:
        try:
            async with asyncio.timeout(0.001 * (n % 25)):
                await shop.post("/v1/orders", {**body, "email": f"h{n}@buyer.test"}, key="hang")
        except (TimeoutError, aiohttp.ClientError):
            pass

    await asyncio.gather(*(buy_and_leave(n) for n in range(100)))
    replies = await asyncio.gather(
        *(shop.post("/v1/orders", {**body, "email": f"h{n}@buyer.test"}, key="hang") for n in range(100))
    )
    assert {reply.status for reply in replies} == {201}
    await shop.settle()
    assert await shop.stock(sku) == (900, 0)
    assert await shop.sql("orders", "select count(*) from orders") == 100


async def test_a_gateway_that_hangs_holds_up_nobody_else(new_shop: NewShop) -> None:
    shop = await new_shop("one")
    sku = await shop.new_sku(stock=1_000)
    body = await shop.order_body((sku, 1))
    hanging = [
        asyncio.create_task(
            shop.post(
                "/v1/orders",
                {**body, "email": f"s{n}@buyer.test", "payment": {"method": "test", "token": "tok_hang"}},
                key="s",
            )
        )
        for n in range(60)
    ]
    await asyncio.sleep(0.2)
    replies = await asyncio.gather(
        *(shop.post("/v1/orders", {**body, "email": f"f{n}@buyer.test"}, key="f") for n in range(60))
    )
    assert {reply.status for reply in replies} == {201}
    slow = await asyncio.gather(*hanging)
    assert {reply.status for reply in slow} <= {201, 503}
    assert {reply.json["status"] for reply in slow if reply.status == 201} <= {"pending"}
    browsing = await shop.get("/v1/products?limit=1")
    assert browsing.status == 200
