"""Many at once against little: bounded connections, bounded waiting, and never one unit too many."""

import asyncio
import itertools
from collections import Counter

import aiohttp
import pytest

from tests.conftest import NewShop
from tests.shop import Reply
from tests.test_crash import locked

BUYERS, UNITS = 300, 100
ANSWERED_S = 60


@pytest.mark.parametrize("mode", ["one", "many"], ids="its own {}".format)
async def test_three_hundred_buyers_for_a_hundred_units_on_eight_connections(new_shop: NewShop, mode: str) -> None:
    shop = await new_shop(mode, "--db-connections", "8")
    sku = await shop.new_sku(stock=UNITS)
    body = await shop.order_body((sku, 1))

    def buy(n: int) -> asyncio.Task[Reply]:
        return asyncio.create_task(shop.post("/v1/orders", {**body, "email": f"r{n}@buyer.test"}, key="race"))

    async with locked(shop, "payments", "payments"):  # Losers wait for no money: nobody's can be taken meanwhile.
        buying = [buy(n) for n in range(BUYERS)]
        async with asyncio.timeout(ANSWERED_S):
            for answered in itertools.islice(asyncio.as_completed(buying), BUYERS - UNITS):
                assert (await answered).status == 409
    replies = await asyncio.gather(*buying)
    assert Counter(reply.status for reply in replies) == {201: UNITS, 409: BUYERS - UNITS}
    assert {reply.code for reply in replies if reply.status == 409} == {"out_of_stock"}
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
