"""What clients are told, by whose right, and what ends it."""

import time
from typing import Any
from uuid import uuid4

import pytest

from feira.contracts.catalog import ProductsChanged, StockChanged, StockMoved
from feira.contracts.orders import OrderCancelled, OrderConfirmed
from feira.contracts.users import SessionsEnded, UserErased
from feira.kernel import tail as tail_module
from feira.kernel.ids import uuid7
from feira.live import service, service_rights, service_stock
from feira.live.tests.conftest import World, placed, recorded
from feira.transport import websocket


def quantity(sku: str, units: int) -> Any:
    return lambda one: (
        one.get("type") == "stock.changed" and (one["data"]["sku"], one["data"]["quantity"]) == (sku, units)
    )


async def test_quantities_are_asked_for_once_for_all_who_watch_and_never_for_nobody(world: World) -> None:
    world.near.left = {"mango": {"m1": 5, "m2": 0}, "papaya": {"p": 1}}
    async with world.client() as one, world.client() as other:
        await one.say(subscribe=["products/mango", "products/papaya"])
        assert (await one.hear(quantity("m2", 0)))["data"]["available"] is False
        await one.hear(quantity("p", 1))
        asked = len(world.near.asked)
        await other.say(subscribe=["products/mango"])  # It is known already.
        await other.hear(quantity("m1", 5))
        await other.hear(quantity("m2", 0))
        assert len(world.near.asked) == asked
        world.near.left["mango"]["m1"] = 3
        await world.happen(*(placed(sku="m1") for _ in range(20)), placed(sku="nobody's"))
        await one.hear(quantity("m1", 3))
        await other.hear(quantity("m1", 3))
        world.near.left["mango"] = {"m2": 7}  # The other variant is no more.
        await world.happen(StockMoved(skus=("m2", "elsewhere"), version=1))
        await one.hear(quantity("m2", 7))
        await one.hear(quantity("m1", 0))
        world.near.left["mango"] = {"m2": 8}
        await world.happen(StockChanged(product_id=uuid4(), slug="mango", sku="m2", available=True, version=1))
        await one.hear(quantity("m2", 8))
        answer = await one.say(unsubscribe=["products/mango", "products/never"])
        assert answer["unsubscribed"] == ["products/mango"]
        await other.say(unsubscribe=["products/mango"])
        asked = len(world.near.asked)
        await world.happen(StockMoved(skus=("m2",), version=1), ProductsChanged(slugs=("mango",), version=1))
        await one.silence()
        assert len(world.near.asked) == asked


async def test_a_catalogue_that_does_not_answer_is_asked_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_stock, "AGAIN_S", 0.01)
    world.near.left = {"mango": {"m": 5}}
    world.near.down = True
    async with world.client() as one:
        await one.say(subscribe=["products/mango"])
        order = uuid4()
        answer = await one.say(subscribe=[f"orders/{order}"], token="some")
        assert (answer["refused"], answer["error"]) == ([f"orders/{order}"], "unavailable")
        world.near.down = False
        await one.hear(quantity("m", 5))


async def test_changed_products_are_told_to_who_watches_them(world: World) -> None:
    async with world.client() as one:
        first = await one.say(subscribe=["products/mango", "products/papaya"])
        await world.happen(ProductsChanged(slugs=("mango", "kiwi"), version=1))
        told = await one.hear()
        assert (told["topic"], told["type"], told["data"]) == ("products/mango", "product.changed", {"slug": "mango"})
        again = await one.say(subscribe=["products/mango"], since=first["id"])
        assert "resync" not in again
        assert (await one.hear())["id"] == told["id"]
        await world.happen(ProductsChanged(everything=True, version=1))
        assert {(await one.hear())["data"]["slug"] for _ in range(2)} == {"mango", "papaya"}
        assert (await one.say(subscribe=["products/mango"], since=told["id"]))["resync"] is True


async def test_orders_are_told_to_their_owner_and_to_who_has_the_token(world: World) -> None:
    ana = uuid4()
    order, others = placed(user_id=ana), placed()
    topic = f"orders/{order.order_id}"
    world.near.viewers = {order.order_id: ana, others.order_id: "the-token"}
    token = world.web.token(ana)
    async with world.client() as mine, world.client(authorization=f"Bearer {token}") as also, world.client() as guest:
        assert (await mine.say(subscribe=["me", topic], token=token))["subscribed"] == ["me", topic]
        assert (await also.say(subscribe=["me", f"orders/{others.order_id}"]))["refused"] == [
            f"orders/{others.order_id}"
        ]
        assert (await guest.say(subscribe=[topic], token="the-token"))["subscribed"] == []
        answer = await guest.say(subscribe=[f"orders/{others.order_id}"], token="the-token")
        assert answer == {"subscribed": [f"orders/{others.order_id}"], "refused": [], "id": answer["id"]}
        await world.happen(order, others)
        told = [await mine.hear() for _ in range(2)]
        assert [one["topic"] for one in told] == [topic, "me"]
        assert told[0]["data"] == told[1]["data"]
        assert told[0]["data"]["items"] == 2
        assert (await also.hear())["topic"] == "me"
        assert (await guest.hear())["data"]["id"] == str(others.order_id)
        cancelled = placed(OrderCancelled, order_id=others.order_id, reason="r", refund_id=uuid7(), refund_minor=0,
                           restock=())  # fmt: skip
        await world.happen(cancelled, placed(OrderConfirmed, order_id=others.order_id))
        assert [(await guest.hear())["type"] for _ in range(2)] == ["order.cancelled", "order.confirmed"]
        await mine.silence()


async def test_what_happens_while_a_right_is_looked_into_is_told_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = placed()
    topic = f"orders/{order.order_id}"
    world.near.viewers = {order.order_id: "the-token"}
    asked = world.near.viewable
    meanwhile: list[Any] = []

    async def late(asks: Any) -> Any:
        answers = await asked(asks)
        await world.happen(*meanwhile)
        return answers

    monkeypatch.setattr(world.live._rights._viewable, "_run", late)
    async with world.client() as one, world.client() as other:
        first = await other.say(subscribe=["products/x"])
        # Who comes back is told it by what is remembered, and not again from there on.
        meanwhile = [order]
        assert "resync" not in await one.say(subscribe=[topic], token="the-token", since=first["id"])
        told = await one.hear()
        assert (told["type"], told["topic"]) == ("order.placed", topic)
        await one.silence()
        # Who watches already is told it as before the question.
        meanwhile = [placed(OrderConfirmed, order_id=order.order_id)]
        await one.socket.send_json({"subscribe": [topic], "token": "the-token"})
        assert (await one.hear())["type"] == "order.confirmed"
        assert (await one.hear())["subscribed"] == [topic]
        await one.silence()
        await other.silence()


async def test_an_event_that_is_handed_on_twice_is_told_once(world: World) -> None:
    order, staff = placed(user_id=uuid4()), world.web.token(uuid4(), "staff")
    async with world.client() as one:
        answer = await one.say(subscribe=[f"orders/{order.order_id}", "admin/orders"], token=staff)
        record = recorded(order)
        await world.publish(record)
        await world.follow()
        await world.publish(record, recorded(placed(OrderConfirmed, order_id=order.order_id)))
        await world.follow()
        types: list[str] = []
        shown: list[str] = []
        while len(types) < 2 or len(shown) < 2:
            said = await one.hear()
            types += [said["type"]] if said["topic"] != "admin/orders" else []
            shown += [each["type"] for each in said["data"].get("orders", ())]
        assert types == shown == ["order.placed", "order.confirmed"]
        await one.say(subscribe=[f"orders/{order.order_id}"], since=answer["id"])
        assert [(await one.hear())["type"] for _ in range(2)] == types
        await one.silence()


async def test_who_was_told_more_elsewhere_is_not_told_it_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ana = uuid4()
    token = world.web.token(ana)
    async with world.client() as one, world.client() as before:
        await before.say(subscribe=["me"], token=token)
        await one.say(subscribe=["products/x"])
        ahead = await world.publish(recorded(placed(user_id=ana)))  # Another process has told it already.
        await one.socket.send_json({"subscribe": ["me"], "token": token, "since": str(ahead)})
        await before.silence()
        assert len(list(world.live._board.watchers(f"me/{ana}"))) == 1
        await world.follow()
        assert (await one.hear())["subscribed"] == ["me"]
        assert (await before.hear())["type"] == "order.placed"
        await one.silence()
        # Of a log that nobody has heard of, such as one from before a restored backup, nothing can be said.
        monkeypatch.setattr(service, "AHEAD_MAX_S", 0.0)
        assert (await one.say(subscribe=["me"], since=str(ahead + 1_000)))["resync"] is True


async def test_staff_who_come_back_are_shown_what_they_missed(world: World) -> None:
    staff = world.web.token(uuid4(), "staff")
    async with world.client() as there:
        since = (await there.say(subscribe=["products/x"]))["id"]
        await world.happen(*(placed(number=f"F-{n}") for n in range(22)))
        async with world.client() as one:
            await one.say(subscribe=["admin/orders"], token=staff, since=since)
            shown = (await one.hear())["data"]
            assert (len(shown["orders"]), shown["more"], shown["orders"][-1]["number"]) == (20, 2, "F-21")
            await world.happen(placed(number="F-22"))
            # What is going to be told to all is left out of what only one has missed.
            await there.say(subscribe=["admin/orders"], token=staff, since=since)
            seen: list[str] = []
            while "F-22" not in seen:
                seen += [each["number"] for each in (await there.hear())["data"]["orders"]]
            assert len(seen) == len(set(seen))
            await one.hear(lambda said: said["data"]["orders"][-1]["number"] == "F-22")
        await there.say(unsubscribe=["admin/orders"])
        assert world.live._desk.first is None
        await there.silence()


async def test_what_is_told_by_right_of_a_token_ends_with_it(world: World) -> None:
    ana, family = uuid4(), uuid4()
    short = world.web.token(ana, exp=int(time.time()) + 4)  # Long enough to be said on a busy machine.
    async with world.client() as one, world.client() as two, world.client() as three:
        assert (await one.say(subscribe=["me", "products/x"], token=short))["subscribed"] == ["me", "products/x"]
        await two.say(subscribe=["me"], token=world.web.token(ana, fam=str(family)))
        await three.say(subscribe=["me"], token=world.web.token(ana))
        assert await one.hear(lambda said: "ended" in said) == {"ended": ["me"], "reason": "expired"}
        assert (await one.say(subscribe=["me"], token=short))["error"] == "unauthenticated"
        await world.happen(SessionsEnded(user_id=ana, session_id=family, version=1))
        assert await two.hear() == {"ended": ["me"], "reason": "signed_out"}
        await three.silence()
        assert (await two.say(subscribe=["me"]))["error"] == "unauthenticated"
        await world.happen(UserErased(user_id=ana, email="", name="", locale="en", version=1))
        assert await three.hear() == {"ended": ["me"], "reason": "signed_out"}
        assert world.live._rights._accounts == {}
        assert (await one.say(subscribe=["me"], token=world.web.token(ana)))["subscribed"] == ["me"]


async def test_who_has_become_another_is_not_told_what_the_first_was(world: World) -> None:
    staff, ana = uuid4(), uuid4()
    desk = ["admin/orders", "me"]
    async with world.client() as one, world.client() as other:
        for client in (one, other):
            assert (await client.say(subscribe=desk, token=world.web.token(staff, "staff")))["subscribed"] == desk
        # The same account, whose role was taken away, and another account.
        await one.socket.send_json({"subscribe": ["me"], "token": world.web.token(staff)})
        await other.socket.send_json({"subscribe": ["me"], "token": world.web.token(ana)})
        for client in (one, other):
            assert await client.hear() == {"ended": desk, "reason": "signed_out"}
            assert (await client.hear())["subscribed"] == ["me"]
        assert list(world.live._board.channels()) == [f"me/{staff}", f"me/{ana}"]
        # A new token of the same right ends nothing.
        assert (await one.say(subscribe=["products/x", "me"], token=world.web.token(staff)))["refused"] == []


async def test_what_was_granted_to_a_session_that_ended_meanwhile_is_not_given(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana, order = uuid4(), uuid4()
    world.near.viewers = {order: ana}
    asked = world.near.viewable

    async def late(asks: Any) -> Any:
        answers = await asked(asks)
        await world.happen(SessionsEnded(user_id=ana, version=1))
        return answers

    async with world.client() as one:
        assert (await one.say(subscribe=["me"], token=world.web.token(ana)))["subscribed"] == ["me"]
        monkeypatch.setattr(world.live._rights._viewable, "_run", late)
        await one.socket.send_json({"subscribe": [f"orders/{order}"]})
        assert (await one.hear())["ended"] == ["me"]
        assert (await one.hear())["refused"] == [f"orders/{order}"]


async def test_an_account_looks_on_from_so_many_places(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_rights, "ACCOUNT_CONNECTIONS_MAX", 1)
    token = world.web.token(uuid4())
    async with world.client() as one, world.client() as two:
        assert (await one.say(subscribe=["me"], token=token))["subscribed"] == ["me"]
        assert (await one.say(subscribe=["me"], token=token))["subscribed"] == ["me"]  # The same place.
        assert (await two.say(subscribe=["me"], token=token))["error"] == "too_many_connections"


async def test_staff_are_shown_the_shop(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.near.sold = (7, 7_000)
    topics = ["admin/orders", "admin/metrics"]
    async with world.client() as staff, world.client() as customer:
        assert (await customer.say(subscribe=topics, token=world.web.token(uuid4())))["error"] == "forbidden"
        assert (await staff.say(subscribe=topics, token=world.web.token(uuid4(), "staff")))["subscribed"] == topics
        numbers = (await staff.hear(lambda one: one.get("type") == "metrics"))["data"]
        assert numbers["sales_today"] == {"amount": 7_000, "currency": "BRL"}
        assert (numbers["orders_today"], numbers["live_connections"]) == (7, 2)
        await world.happen(*(placed(number=f"F-{n}") for n in range(25)))
        shown = (await staff.hear(lambda one: one.get("type") == "orders"))["data"]
        assert (len(shown["orders"]), shown["more"], shown["orders"][-1]["number"]) == (20, 5, "F-24")
        numbers = (await staff.hear(lambda one: one.get("type") == "metrics"))["data"]
        assert (numbers["orders_today"], numbers["orders_per_minute"]) == (32, 25)
        async with world.client() as late:
            await late.say(subscribe=topics, token=world.web.token(uuid4(), "admin"))
            assert (await late.hear())["type"] == "metrics"
        await customer.silence()


async def test_who_may_have_missed_something_is_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.near.left = {"mango": {"m": 5}}
    async with world.client() as one:
        answer = await one.say(subscribe=["products/mango"])
        await one.hear(quantity("m", 5))
        world.near.left = {"mango": {"m": 4}}
        with monkeypatch.context() as late:
            late.setattr(tail_module, "LATE_MAX_S", -1.0)
            await world.step()
        await world.follow()
        assert (await one.hear(lambda said: "resync" in said))["resync"] is True
        await one.hear(quantity("m", 4))
        assert "resync" not in await one.say(subscribe=["products/mango"], since=answer["id"])


async def test_messages_that_are_none_and_clients_that_say_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with world.client() as one, world.client() as mute:
        await one.socket.send_str("{")
        assert (await one.hear())["error"] == "malformed"
        assert (await one.say(subscribe=["me"], more=1))["error"] == "malformed"
        assert (await one.say(since="1" * 100))["error"] == "invalid"
        assert (await one.say(subscribe=["me"], token="a.b.c"))["error"] == "unauthenticated"
        answer = await one.say(subscribe=[f"products/{n}" for n in range(30)])
        assert len(answer["subscribed"]) == 30
        answer = await one.say(subscribe=[f"products/{n}" for n in range(60, 90)])
        assert (len(answer["subscribed"]), len(answer["refused"])) == (20, 10)
        monkeypatch.setattr(service, "SILENCE_MAX_S", 0.0)
        assert await mute.closed() == websocket.IDLE
        await one.silence()


async def test_a_bug_closes_the_client_it_met(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async with world.client() as one:
        monkeypatch.setattr(service, "read_topic", None)
        await one.socket.send_str('{"subscribe": ["me"]}')
        assert await one.closed() == 1011


async def test_nothing_is_followed_when_nobody_is_there(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "FOLLOWED_S", 0.0)
    async with world.client() as one:
        await one.say(subscribe=["products/x"])
        assert world.live._stop_following is not None
    while world.live._stop_following is not None:
        world.live._end_what_is_over(time.time(), time.monotonic() + 1)
    assert not world.tail._followers
    async with world.client() as one:
        assert (await one.say(subscribe=["products/x"]))["subscribed"] == ["products/x"]


async def test_a_shop_that_is_not_ready_says_come_back(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "READY_MAX_S", 0.01)
    world.tail.wake = lambda: None
    async with world.client() as one:
        await one.socket.send_str('{"subscribe": ["products/x"]}')
        assert await one.closed() == websocket.RESTART
