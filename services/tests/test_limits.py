"""Bounded pools, bounded queues; and commands that fail loudly."""

import asyncio
import time
from collections import Counter

import aiohttp
import asyncpg

from tests.conftest import NewShop
from tests.shop import Reply, Shop
from tests.test_crash import locked

CONNECTIONS = 8
BUYERS = 3_000
REFUSED_S = 30.0


async def connections(shop: Shop) -> int:
    """How many the shop has open on all of its databases."""
    open_now = 0
    for url in set(shop.databases.values()):
        connection = await asyncpg.connect(url)
        open_now += await connection.fetchval(
            """select count(*) from pg_stat_activity
               where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'"""
        )
        await connection.close()
    return open_now


async def test_a_crowd_opens_no_more_connections_and_waits_no_minutes(new_shop: NewShop) -> None:
    """Bounded pools, a bounded queue, 503 with Retry-After beyond it, never minutes of waiting."""
    shop = await new_shop("one", "--db-connections", str(CONNECTIONS))
    sku = await shop.new_sku(stock=BUYERS)
    body = await shop.order_body((sku, 1))
    took: list[float] = []
    most = await connections(shop)

    async def buy(n: int) -> Reply | None:
        began = time.monotonic()
        try:
            reply = await shop.post("/v1/orders", {**body, "email": f"c{n}@buyer.test"}, key="crowd")
        except aiohttp.ClientError:
            return None
        if reply.status == 503:
            took.append(time.monotonic() - began)
        return reply

    async with locked(shop, "catalog", "holds"):
        buying = [asyncio.create_task(buy(n)) for n in range(BUYERS)]
        async with asyncio.timeout(30):
            while not took:
                most = max(most, await connections(shop))
                await asyncio.sleep(0.1)
    replies = await asyncio.gather(*buying)
    counted = Counter(reply.status for reply in replies if reply)
    assert set(counted) == {201, 503}, counted
    assert counted[201] >= 1_024
    assert counted[503] > 0
    assert all(reply.headers["retry-after"] for reply in replies if reply and reply.status == 503)
    assert {reply.code for reply in replies if reply and reply.status == 503} == {"overloaded"}
    assert max(took) < REFUSED_S
    # One more than the budget: `locked` has its own.
    assert most <= CONNECTIONS + 1, most
    await shop.settle()
    assert await shop.stock(sku) == (BUYERS - counted[201], 0)


async def test_a_migration_that_cannot_be_run_is_loud(new_shop: NewShop) -> None:
    """A migration that does nothing: a non-zero exit, and one clear sentence."""
    shop = await new_shop("one")
    fine = await shop.feira("migrate", "--json", service="orders")
    assert (fine.status, fine.lines) == (0, [{"ran": []}])
    assert await shop.sql("orders", "select count(*) from migration") >= 2
    await shop.sql("orders", "insert into migration (name, digest) values ('orders/9999_later.sql', 'x')")
    newer = await shop.feira("migrate", service="orders")
    assert newer.status != 0
    assert "9999_later" in newer.err
    process = shop.processes["shop"]
    await process.stop()
    await process.start()
    assert process.process
    assert await asyncio.wait_for(process.process.wait(), 60) != 0
    assert "9999_later" in process.log.read_text()
    await shop.sql("orders", "update migration set digest = 'x' where name <> 'orders/9999_later.sql'")
    await shop.sql("orders", "delete from migration where name = 'orders/9999_later.sql'")
    changed = await shop.feira("migrate", service="orders")
    assert changed.status != 0
    assert "was changed" in changed.err
