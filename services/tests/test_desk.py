"""What staff do across services: sales on the dashboard, an order's story, parked events, wherever each service runs."""

import asyncio
from typing import Any
from uuid import uuid4

import asyncpg

from feira.contracts.users import UserErased
from tests.shop import Reply, Shop

PARKED = """insert into parked (handler, event_id, topic, key, at, headers, payload, error)
            values ('delete_carts_of_erased_users', $1, $2, $3, now(), '{}', $4, 'KeyError: a test') returning id"""


async def board(shop: Shop) -> Any:
    reply = await shop.staff("GET", "/v1/admin/dashboard?hours=48")
    assert reply.status == 200, reply.raw
    return reply.json


async def until(shop: Shop, path: str, kind: str) -> list[str]:
    """The order's story, once it has come to this."""
    async with asyncio.timeout(30):
        while True:
            reply = await shop.staff("GET", f"{path}/timeline")
            assert reply.status == 200, reply.raw
            types = [one["type"] for one in reply.json["items"]]
            if kind in types:
                return types
            await asyncio.sleep(0.05)


async def test_a_bot_buys_and_staff_see_it(shop: Shop) -> None:
    await shop.new_sku(stock=1_000)
    await shop.settle()
    before = await board(shop)
    reply = await shop.post("/dev/bot")
    assert reply.status == 201, reply.raw
    order = reply.json["order"]
    path = f"/v1/admin/orders/{order['id']}"
    assert await until(shop, path, "payment_captured") == ["placed", "payment_captured"]
    await shop.settle()
    whole = await shop.order(order["id"])
    after = await board(shop)
    # Others buy in this shop meanwhile, so there may be more; to the unit it is proven in the orders' own tests.
    assert sum(one["orders"] for one in after["hours"]) > sum(one["orders"] for one in before["hours"])
    sold = sum(one["sales"]["amount"] for one in after["hours"])
    assert sold >= sum(one["sales"]["amount"] for one in before["hours"]) + whole["total"]["amount"]
    for text in (order["id"], order["number"], whole["email"], whole["email"][:-3]):
        found = await shop.staff("GET", f"/v1/admin/orders?q={text}&limit=100")
        assert order["id"] in [one["id"] for one in found.json["items"]]
    shown = (await shop.get(f"/v1/orders/{order['id']}", headers={"order-token": order["token"]})).json
    assert all(line["product_slug"] for line in shown["lines"])
    assert (await shop.staff("POST", f"{path}/cancel")).status == 200
    assert (await until(shop, path, "cancelled"))[0] == "placed"


async def test_the_shop_introduces_itself(shop: Shop) -> None:
    reply = await shop.get("/v1/shop?locale=pt-BR")
    assert (reply.status, reply.headers["content-language"]) == (200, "pt-BR")
    assert {"code": "BR", "name": "Brasil"} in reply.json["countries"]
    [method] = reply.json["payment_methods"]
    assert (method["id"], method["tokens"][0]["token"]) == ("test", "tok_ok")


async def test_parked_events_are_settled_from_one_desk(shop: Shop) -> None:
    user_id = uuid4()
    event = f'{{"user_id":"{user_id}","email":"x@buyer.test","name":"","locale":"en","version":1}}'
    key = str(user_id)
    connection = await asyncpg.connect(shop.databases["carts"], server_settings={"search_path": "carts"})
    try:
        first = await connection.fetchval(PARKED, uuid4(), UserErased.topic, key, event.replace(key, "nobody"))
        second = await connection.fetchval(PARKED, uuid4(), UserErased.topic, key, event)
    finally:
        await connection.close()

    async def settle(number: int, what: str, body: Any = None) -> Reply:
        return await shop.staff("POST", f"/v1/admin/events/carts/{number}/{what}", body)

    listed = await shop.staff("GET", "/v1/admin/events?limit=100")
    assert (listed.status, listed.json["unreachable"]) == (200, [])
    mine = [one for one in listed.json["items"] if one["key"] == key]
    assert [(one["service"], one["id"], one["behind"]) for one in mine] == [
        ("carts", str(first), 1),
        ("carts", str(second), 0),
    ]
    whole = await shop.staff("GET", f"/v1/admin/events/carts/{second}")
    assert whole.json["payload"]["user_id"] == key
    assert (await settle(second, "replay")).code == "waits_behind"
    assert (await settle(first, "replay")).code == "replay_failed"
    assert (await settle(first, "drop", {"reason": "a test"})).json["status"] == "dropped"
    assert (await settle(second, "replay")).json["status"] == "handled"
    assert (await settle(second, "replay")).code == "unknown_event"
    await shop.settle()
    acts = await shop.staff("GET", f"/v1/admin/audit?target=carts:{first}")
    assert [one["action"] for one in acts.json["items"]] == ["events.dropped", "events.replay_asked"]
    assert acts.json["items"][0]["detail"]["reason"] == "a test"
