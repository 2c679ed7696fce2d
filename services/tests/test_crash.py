"""Real processes are killed in the middle of things; whoever asks again gets one order, one charge and the stock exact.

Each step of a checkout is made to last by locking the table that the next one writes to: no hook in the program.
"""

import asyncio
import functools
import itertools
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any
from uuid import uuid4

import aiohttp
import asyncpg
import pytest

from tests.conftest import NewShop
from tests.shop import Reply, Shop
from tests.test_checkout import until_paid

RETRY_TIMEOUT_S = 90.0

# Where a checkout is stopped: the table that is locked (service, table), and what shows that it has come that far.
STEPS = {
    "before the hold": (("catalog", "holds"), ("orders", "select count(*) from attempts")),
    "after the hold": (("payments", "payments"), ("catalog", "select count(*) from holds where state = 'held'")),
    "after the authorisation": (
        ("orders", "orders"),
        ("payments", "select count(*) from payments where state in ('authorized', 'captured')"),
    ),
    "after the commit": (("bus", "queue"), ("orders", "select count(*) from orders")),
}


@asynccontextmanager
async def locked(shop: Shop, service: str, table: str) -> AsyncIterator[None]:
    connection = await asyncpg.connect(shop.databases[service])
    try:
        async with connection.transaction():
            await connection.execute(f"lock table {service}.{table} in access exclusive mode")
            yield
    finally:
        await connection.close()


@asynccontextmanager
async def no_order_of(shop: Shop, email: str) -> AsyncIterator[None]:
    """The commit of this buyer's order fails, and of nobody else's."""
    name = f"none_of_{uuid4().hex}"
    await shop.sql("orders", f"alter table orders add constraint {name} check (email <> '{email}') not valid")
    try:
        yield
    finally:
        await shop.sql("orders", f"alter table orders drop constraint {name}")


async def kill_workers(shop: Shop, service: str = "orders") -> None:
    """The processes that do the checkout's work die at once: kill -9."""
    for pid in (shop.processes.get("shop") or shop.processes[service]).children():
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


async def insist(ask: Callable[[], Awaitable[Reply]], status: int = 201) -> Reply:
    """Ask until it is answered so, as a client with patience does."""
    async with asyncio.timeout(RETRY_TIMEOUT_S):
        while True:
            with suppress(aiohttp.ClientError, OSError):
                reply = await ask()
                if reply.status == status:
                    return reply
                assert reply.status in {409, 429, 502, 503}, reply.raw
            await asyncio.sleep(0.25)


async def reaches(shop: Shop, service: str, query: str, number: int) -> None:
    async with asyncio.timeout(20):
        while await shop.sql(service, query) < number:
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("mode", ["one", "many"], ids="its own {}".format)
async def test_a_checkout_killed_after_any_step_is_finished_by_a_retry(new_shop: NewShop, mode: str) -> None:
    shop = await new_shop(mode)
    sku = await shop.new_sku(stock=100)
    bodies: dict[str, dict[str, Any]] = {}
    for step, ((service, table), (seen_in, query)) in STEPS.items():
        body = bodies[step] = await shop.order_body((sku, 3))
        before = await shop.sql(seen_in, query)
        async with locked(shop, service, table):
            buying = asyncio.create_task(shop.post("/v1/orders", body, key="crash"))
            await reaches(shop, seen_in, query, before + 1)
            await asyncio.sleep(0.1)
            await kill_workers(shop)
            with suppress(aiohttp.ClientError, OSError):
                reply = await buying
                assert step == "after the commit" or reply.status >= 500
        await (shop.processes.get("shop") or shop.processes["orders"]).until_ready()
    replies = {step: await insist(partial(shop.post, "/v1/orders", body, key="crash")) for step, body in bodies.items()}
    assert len({reply.json["id"] for reply in replies.values()}) == len(STEPS)
    for step, reply in replies.items():
        await until_paid(shop, reply.json["id"], "captured", 60)
        assert await shop.sql("orders", "select count(*) from orders where email = $1", bodies[step]["email"]) == 1
        taken = await shop.sql(
            "payments",
            "select sum(amount_minor)::bigint from payments where state = 'captured' and order_id = $1::uuid",
            reply.json["id"],
        )
        assert taken == reply.json["total"]["amount"]
    await shop.settle()
    for body in bodies.values():
        assert len(await shop.mails_to(body["email"])) == 1
    assert await shop.stock(sku) == (100 - 3 * len(STEPS), 0)


async def test_killed_whole_and_started_again_nothing_is_lost(new_shop: NewShop) -> None:
    shop = await new_shop("one")
    sku = await shop.new_sku(stock=1_000)
    body = await shop.order_body((sku, 1))
    placed: dict[str, Reply] = {}

    async def buy(n: int) -> None:
        with suppress(aiohttp.ClientError, OSError):
            placed[f"k{n}"] = await shop.post("/v1/orders", {**body, "email": f"k{n}@buyer.test"}, key="k")

    buying = [asyncio.create_task(buy(n)) for n in range(120)]
    async with asyncio.timeout(20):
        while len(placed) < 20:
            await asyncio.sleep(0.005)
    [process] = shop.processes.values()
    await process.kill()
    await asyncio.gather(*buying)
    told = {key: reply.json["id"] for key, reply in placed.items() if reply.status == 201}
    await process.start()
    await process.until_ready()
    replies = await asyncio.gather(
        *(insist(partial(shop.post, "/v1/orders", {**body, "email": f"k{n}@buyer.test"}, key="k")) for n in range(120))
    )
    for n, reply in enumerate(replies):
        assert told.get(f"k{n}", reply.json["id"]) == reply.json["id"]
    await shop.settle()
    assert await shop.stock(sku) == (880, 0)
    assert await shop.sql("orders", "select count(*) from orders") == 120
    for reply in replies:
        await until_paid(shop, reply.json["id"], "captured")


async def test_the_database_is_killed_and_restarted_under_load(new_shop: NewShop) -> None:
    """PostgreSQL dies, and is stopped, while orders are placed: each buyer gets one order, and nothing is lost."""
    shop = await new_shop("embedded")
    sku = await shop.new_sku(stock=100_000)
    body = await shop.order_body((sku, 1))
    placed: list[str] = []
    enough = asyncio.Event()

    async def buy(buyer: int) -> None:
        for n in itertools.count():
            one = {**body, "email": f"p{buyer}-{n}@buyer.test"}
            reply = await insist(functools.partial(shop.post, "/v1/orders", one, key="p"))
            placed.append(reply.json["id"])
            if enough.is_set():
                return

    async def until_placed(more: int) -> None:
        wanted = len(placed) + more
        async with asyncio.timeout(RETRY_TIMEOUT_S):
            while len(placed) < wanted:
                await asyncio.sleep(0.01)

    buying = [asyncio.create_task(buy(buyer)) for buyer in range(16)]
    for signal_sent in (signal.SIGKILL, signal.SIGINT):  # The second is PostgreSQL's fast shutdown.
        await until_placed(20)
        os.kill(shop.postmaster(), signal_sent)
        await until_placed(40)
    enough.set()
    await asyncio.gather(*buying)
    await shop.settle()
    assert len(set(placed)) == len(placed)
    assert await shop.sql("orders", "select count(*) from orders") == len(placed)
    assert await shop.stock(sku) == (100_000 - len(placed), 0)
