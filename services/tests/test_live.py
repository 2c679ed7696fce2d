"""What happens is seen by those who may see it, in every shape of the shop, by a real WebSocket client."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from uuid import uuid4

import aiohttp
import pytest

from tests.shop import Shop

PATIENCE_S = 20.0


class Watcher:
    """One WebSocket, and all that came over it."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.seen: list[dict[str, Any]] = []

    async def say(self, **message: Any) -> dict[str, Any]:
        """Answers the server's answer; what is pushed meanwhile is seen later."""
        await self.socket.send_str(json.dumps(message))
        return await self.until(lambda one: "subscribed" in one or "error" in one)

    async def until(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                one: dict[str, Any] = await self.socket.receive_json()
                self.seen.append(one)
                if wanted(one):
                    return one

    async def first(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first such message that has come or comes."""
        return next(filter(wanted, self.seen), None) or await self.until(wanted)

    async def told(self, kind: str, **data: Any) -> dict[str, Any]:
        """The first message of this type with such data."""
        return await self.first(
            lambda one: one.get("type") == kind and all(one["data"].get(name) == value for name, value in data.items())
        )


@asynccontextmanager
async def watching(shop: Shop, **options: Any) -> AsyncIterator[Watcher]:
    async with shop.http.ws_connect(f"{shop.url}/v1/live", **options) as socket:
        yield Watcher(socket)


async def slug_of(shop: Shop, sku: str) -> str:
    reply = await shop.get(f"/v1/products/{shop.product_ids[sku]}")
    assert reply.status == 200, reply.raw
    return str(reply.json["slug"])


async def test_a_product_and_an_order_are_watched_while_it_is_bought_and_cancelled(shop: Shop) -> None:
    sku = await shop.new_sku(stock=5)
    topic = f"products/{await slug_of(shop, sku)}"
    async with AsyncExitStack() as stack:
        # As many as there are workers may each have some of them.
        crowd = [await stack.enter_async_context(watching(shop)) for _ in range(6)]
        for one in crowd:
            answer = await one.say(subscribe=[topic, "nonsense", "me", "admin/orders"])
            assert answer["subscribed"] == [topic]
            assert answer["refused"] == ["nonsense", "me", "admin/orders"]
            assert answer["error"] == "unauthenticated"
            await one.told("stock.changed", sku=sku, quantity=5, available=True)
        order = (await shop.buy((sku, 2))).json
        for one in crowd:
            await one.told("stock.changed", sku=sku, quantity=3)
        buyer, other = crowd[:2]
        mine = f"orders/{order['id']}"
        assert (await buyer.say(subscribe=[mine], token=order["token"]))["subscribed"] == [mine]
        assert (await other.say(subscribe=[mine], token="x" + order["token"]))["refused"] == [mine]
        cancelled = await shop.post(f"/v1/orders/{order['id']}/cancel", headers={"order-token": order["token"]})
        assert cancelled.status == 200
        news = await buyer.told("order.cancelled")
        assert news["topic"] == mine
        assert news["data"] == {
            "id": order["id"], "number": order["number"], "status": "cancelled", "total": order["total"],
            "placed_at": news["data"]["placed_at"], "items": 2,
        }  # fmt: skip
        for one in crowd:
            other_news = [one.seen.index(m) for m in one.seen if m.get("data", {}).get("quantity") == 3]
            one.seen = one.seen[other_news[0] + 1 :]
            await one.told("stock.changed", sku=sku, quantity=5)
        assert not [m for m in other.seen if m.get("topic") == mine]
        reply = await shop.staff("POST", f"/v1/admin/stock/{sku}/adjustments", {"delta": 4, "reason": "found"})
        assert reply.status == 201
        for one in crowd:
            await one.told("stock.changed", sku=sku, quantity=9)
        product = f"/v1/admin/products/{shop.product_ids[sku]}"
        assert (await shop.staff("PATCH", product, {"name": "Another name"})).status == 200
        for one in crowd:
            await one.told("product.changed")


async def test_customers_see_their_own_and_staff_see_all(shop: Shop) -> None:
    sku = await shop.new_sku(stock=50, price=1_000)
    email, token = await shop.new_customer()
    _, stranger = await shop.new_customer()
    async with watching(shop) as mine, watching(shop) as theirs, watching(shop) as staff:
        assert (await mine.say(subscribe=["me"], token=token))["subscribed"] == ["me"]
        assert (await theirs.say(subscribe=["me"], token=stranger))["subscribed"] == ["me"]
        answer = await theirs.say(subscribe=["admin/orders"])
        assert (answer["refused"], answer["error"]) == (["admin/orders"], "forbidden")
        topics = ["admin/orders", "admin/metrics"]
        assert (await staff.say(subscribe=topics, token=shop.staff_token))["subscribed"] == topics
        order = (
            await shop.post("/v1/orders", await shop.order_body((sku, 2), email=email), key=uuid4().hex, token=token)
        ).json
        assert (await mine.told("order.placed", id=order["id"]))["topic"] == "me"
        topic = f"orders/{order['id']}"
        assert (await mine.say(subscribe=[topic]))["subscribed"] == [topic]
        assert (await theirs.say(subscribe=[topic, f"orders/{uuid4()}"]))["subscribed"] == []
        assert (await staff.say(subscribe=[topic]))["subscribed"] == [topic]

        def shows_it(one: dict[str, Any]) -> bool:
            shown = one["data"]["orders"] if one.get("type") == "orders" else ()
            return any(each["id"] == order["id"] and each["type"] == "order.placed" for each in shown)

        await staff.first(shows_it)
        await shop.settle()
        refund = await shop.staff("POST", f"/v1/admin/orders/{order['id']}/refunds",
                                  {"lines": [{"sku": sku, "quantity": 1}], "reason": "one was bruised"}, key=uuid4().hex)  # fmt: skip
        assert refund.status == 201, refund.raw
        for one in (mine, staff):
            await one.told("order.refunded", id=order["id"])

        def counted(one: dict[str, Any]) -> bool:
            return one.get("type") == "metrics" and one["data"]["orders_today"] >= 1

        numbers = await staff.first(counted)
        assert numbers["data"]["sales_today"]["currency"] == "BRL"
        assert not [m for m in theirs.seen if "type" in m]
        # Signing out ends what was told because of it.
        assert (await shop.ask("DELETE", "/v1/sessions/current", token=token)).status == 204
        ended = await mine.until(lambda one: "ended" in one)
        assert (set(ended["ended"]), ended["reason"]) == ({"me", topic}, "signed_out")


async def test_who_comes_back_is_told_what_was_missed(shop: Shop) -> None:
    sku = await shop.new_sku(stock=50)
    order = (await shop.buy((sku, 1))).json
    topic = f"orders/{order['id']}"
    async with watching(shop) as before, AsyncExitStack() as stack:
        answer = await before.say(subscribe=[topic], token=order["token"])
        since = answer["id"]
        # All processes follow while somebody is there.
        for _ in range(6):
            await (await stack.enter_async_context(watching(shop))).say(subscribe=[topic], token=order["token"])
        await before.socket.close()
        headers = {"order-token": order["token"]}
        assert (await shop.post(f"/v1/orders/{order['id']}/cancel", headers=headers)).status == 200
        async with watching(shop) as marker:
            await marker.say(subscribe=[topic], token=order["token"], since=since)
            await marker.told("order.cancelled", id=order["id"])
        for _ in range(4):
            async with watching(shop) as after:
                await after.say(subscribe=[topic], token=order["token"], since=since)
                news = await after.told("order.cancelled", id=order["id"])
                assert int(news["id"]) > int(since)
                answer = await after.say(subscribe=[topic], token=order["token"], since=news["id"])
                assert "resync" not in answer
                for lost in ("0", "not a cursor"):
                    answer = await after.say(subscribe=[topic], token=order["token"], since=lost)
                    assert answer["resync"] is True


@pytest.mark.parametrize("shop", ["one"], indirect=True)
async def test_handshakes_that_are_none(shop: Shop) -> None:
    sound = {"upgrade": "websocket", "connection": "Upgrade", "sec-websocket-version": "13",
             "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ=="}  # fmt: skip

    async def answer(**over: str | None) -> tuple[int, str]:
        headers = {
            name: value for name, value in (sound | {k.replace("_", "-"): v for k, v in over.items()}).items() if value
        }
        reply = await shop.get("/v1/live", headers=headers)
        return reply.status, reply.code

    assert await answer(upgrade=None, connection=None) == (426, "upgrade_required")
    assert await answer(sec_websocket_version="8") == (426, "upgrade_required")
    assert await answer(sec_websocket_key="short") == (400, "malformed")
    assert await answer(host="evil.test") == (421, "wrong_host")
    assert await answer(authorization="Bearer forged") == (401, "unauthenticated")
    cookie = {"cookie": f"feira_access={shop.staff_token}"}
    assert await answer(**cookie) == (403, "csrf")
    assert await answer(**cookie, origin="https://evil.test") == (403, "csrf")
    async with watching(shop, headers={**cookie, "origin": shop.url}) as staff:
        assert (await staff.say(subscribe=["admin/orders", "me"]))["subscribed"] == ["admin/orders", "me"]
