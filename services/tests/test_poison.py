"""An event that cannot be handled: it is set aside, nobody else waits for it, and an operator has the last word."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import asyncpg

from tests.shop import Done, Shop
from tests.test_after_checkout import bought
from tests.test_checkout import until_paid

LAST_TRY = 7  # The next failure is the eighth, and the last.
PARKED_S = 30


@asynccontextmanager
async def no_mail_to(shop: Shop, email: str) -> AsyncIterator[None]:
    """Handlers that would write a mail to this buyer fail."""
    name = f"none_to_{uuid4().hex}"
    await shop.sql("notifications", f"alter table mails add constraint {name} check (recipient <> '{email}') not valid")
    try:
        yield
    finally:
        await shop.sql("notifications", f"alter table mails drop constraint {name}")


async def hurry(shop: Shop, order_id: str) -> None:
    """Let the tries of this order's events have been made already: they would take half a minute."""
    connection = await asyncpg.connect(shop.databases["bus"], server_settings={"search_path": "bus"})
    try:
        await connection.execute("update queue set tries = $2, not_before = now() where key = $1", order_id, LAST_TRY)
    finally:
        await connection.close()


async def feira_events(shop: Shop, *arguments: str) -> Done:
    return await shop.feira("events", *arguments, service="notifications")


async def waiting(shop: Shop) -> list[Any]:
    done = await feira_events(shop, "list", "--json")
    assert done.status == 0, done.err
    return done.lines


async def until_parked(shop: Shop, order_id: str, number: int) -> None:
    count = "select count(*) from parked where key = $1 and dropped_at is null"
    async with asyncio.timeout(PARKED_S):
        while await shop.sql("notifications", count, order_id) < number:
            await hurry(shop, order_id)
            await asyncio.sleep(0.2)


async def poisoned(shop: Shop) -> Any:
    """An order whose confirmation and cancellation could not be told, the second waiting behind the first."""
    sku = await shop.new_sku(stock=10)
    body = await shop.order_body((sku, 1))
    async with no_mail_to(shop, body["email"]):
        order = (await shop.post("/v1/orders", body, key="poison")).json
        await until_parked(shop, order["id"], 1)
        await until_paid(shop, order["id"], "captured")
        cancelled = await shop.post(f"/v1/orders/{order['id']}/cancel", headers={"order-token": order["token"]})
        assert cancelled.status == 200
        await until_paid(shop, order["id"], "refunded")
        await until_parked(shop, order["id"], 2)
        _, other = await bought(shop)  # Nobody else waits.
        await shop.settle()
        assert len(await shop.mails_to(other["email"])) == 1
        assert await shop.stock(sku) == (10, 0)  # Nor do the other services.
    return order


async def test_a_poison_event_is_set_aside_then_replayed_or_dropped(shop: Shop) -> None:
    kept, given_up = await poisoned(shop), await poisoned(shop)
    events = await waiting(shop)
    first, *rest = [one for one in events if one["key"] == kept["id"]]
    assert "CheckViolation" in first["error"]
    assert await shop.mails_to(kept["email"]) == []
    behind = [one["event"] for one in rest if one["handler"] == first["handler"]]
    dropped = [one["event"] for one in events if one["key"] == given_up["id"]]
    if behind:
        assert (await feira_events(shop, "replay", behind[0])).status == 1
    for event in dropped:
        done = await feira_events(shop, "drop", event, "--reason", "a test")
        assert done.status == 0, done.err
    done = await feira_events(shop, "replay", "--all", "--json")
    assert done.status == 0, done.out
    assert not {kept["id"], given_up["id"]} & {one["key"] for one in await waiting(shop)}
    await shop.settle()
    assert len(await shop.mails_to(kept["email"])) >= 2
    assert await shop.mails_to(given_up["email"]) == []
    reason = "select dropped_reason from parked where key = $1"
    assert await shop.sql("notifications", reason, given_up["id"]) == "a test"
    assert (await feira_events(shop, "replay", first["event"])).status == 1
