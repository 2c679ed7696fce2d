"""Checkout over HTTP: one order for one key, nothing lost and nothing twice, whatever breaks."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from msgspec.structs import replace

from feira.contracts.carts import CartSnapshot
from feira.contracts.goods import Line
from feira.contracts.orders import OrderCancelled, OrderConfirmed, OrderPlaced
from feira.contracts.payments import PaymentAuthorized, PaymentFailed
from feira.kernel.errors import Overloaded, Unavailable
from feira.orders import service_checkout, store_attempts
from feira.orders.tests.conftest import ADDRESS, Shop
from feira.orders.tests.neighbours import crash_at, hang_at

CUSTOMER = "customer:00000000-0000-4000-8000-000000000001"
OTHER = "customer:00000000-0000-4000-8000-000000000002"


def money(amount: int, currency: str = "BRL") -> dict[str, Any]:
    return {"amount": amount, "currency": currency}


async def test_an_order_is_placed(shop: Shop) -> None:
    reply = await shop.place(
        lines=[{"sku": "mango", "quantity": 1}, {"sku": "acai", "quantity": 2}, {"sku": "mango", "quantity": 3}],
        email=" Ana@Example.COM ",
        expected_total=money(7000),
        billing_address=ADDRESS | {"name": "Firm"},
    )
    assert reply.status == 201, reply.raw
    order = reply.json
    assert (order["status"], order["payment_status"], order["fulfilment_status"]) == (
        "confirmed",
        "authorized",
        "unfulfilled",
    )
    assert order["email"] == "ana@example.com"
    assert [(line["sku"], line["quantity"], line["unit_price"], line["total"]) for line in order["lines"]] == [
        ("mango", 4, money(500), money(2000)),
        ("acai", 2, money(1999), money(3998)),
    ]
    assert (order["subtotal"], order["discount"], order["shipping"], order["tax"], order["total"]) == (
        money(5998),
        money(0),
        money(1000),
        money(0),
        money(6998),  # Less than was expected: passed on.
    )
    assert len(order["number"]) == 9
    (event,) = await shop.events()
    assert isinstance(event, OrderPlaced)
    assert (event.version, event.total_minor, event.status, event.number) == (1, 6998, "confirmed", order["number"])
    assert event.hold_id == next(iter(shop.catalogue.holds.values()))[1].hold_id
    assert shop.payer.live[0].payment_id == event.payment_id


async def test_the_token_opens_the_order(shop: Shop) -> None:
    order = (await shop.place()).json
    path = f"/v1/orders/{order['id']}"
    reply = await shop.ask("GET", path, order_token=order["token"])
    assert reply.status == 200
    assert "token" not in reply.json
    shown = [{**line, "product_slug": "mango", "image": None} for line in order["lines"]]
    assert reply.json == {name: value for name, value in order.items() if name != "token"} | {"lines": shown}
    assert reply.headers["cache-control"] == "no-store"
    strangers: list[dict[str, Any]] = [{}, {"order_token": "x"}, {"authorization": f"Bearer {CUSTOMER}"}]
    for headers in strangers:
        assert (await shop.ask("GET", path, **headers)).status == 404
    for path in (f"/v1/orders/{uuid4()}", "/v1/orders/x"):
        assert (await shop.ask("GET", path, order_token=order["token"])).status == 404
    assert (await shop.ask("GET", path, authorization="Bearer nobody")).status == 401


async def test_the_owner_opens_the_order(shop: Shop) -> None:
    order = (await shop.place(token=CUSTOMER)).json
    path = f"/v1/orders/{order['id']}"
    assert (await shop.ask("GET", path, authorization=f"Bearer {CUSTOMER}")).status == 200
    assert (await shop.ask("GET", path, authorization=f"Bearer {OTHER}")).status == 404
    assert (await shop.ask("GET", path)).status == 404


async def test_the_same_request_gives_the_same_answer(shop: Shop) -> None:
    first = await shop.place("k")
    again = await shop.place("k")
    elsewhere = await shop.place("k", by=shop.twin)
    for reply in (again, elsewhere):
        assert (reply.status, reply.raw) == (201, first.raw)
        assert reply.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert len(await shop.events()) == 1
    assert len(shop.payer.live) == shop.catalogue.held == 1


async def test_a_replay_tells_the_order_as_it_was_placed(shop: Shop) -> None:
    first = await shop.place("k", payment={"method": "test", "token": "tok_async"})
    assert (first.json["status"], first.json["payment_status"]) == ("pending", "pending")
    await shop.staff("POST", f"/orders/{first.json['id']}/cancel")
    assert (await shop.place("k", payment={"method": "test", "token": "tok_async"})).raw == first.raw


@pytest.mark.parametrize("elsewhere", [False, True])
async def test_a_key_is_for_one_request(shop: Shop, elsewhere: bool) -> None:
    assert (await shop.place("k")).status == 201
    for change in ({"lines": [{"sku": "mango", "quantity": 3}]}, {"expected_total": money(2001)}):
        reply = await shop.place("k", by=shop.twin if elsewhere else None, **change)
        assert (reply.status, reply.code) == (422, "idempotency_key_reused")


async def test_keys_belong_to_their_callers(shop: Shop) -> None:
    shop.baskets.put("c1", mango=2)
    replies = [
        await shop.place("k"),
        await shop.place("k", email="bob@example.com"),
        await shop.place("k", token=CUSTOMER),
        await shop.place("k", token=OTHER),
        await shop.place("k", cart_id="c1", lines=None),
    ]
    assert [reply.status for reply in replies] == [201] * 5
    assert len({reply.json["id"] for reply in replies}) == 5
    assert (await shop.place("k", email="ANA@example.com", expected_total=money(9000))).status == 422


@pytest.mark.parametrize("twins", [False, True])
async def test_a_double_submit_is_one_order(shop: Shop, twins: bool) -> None:
    services = [shop.orders, shop.twin if twins else shop.orders]
    replies = await asyncio.gather(*[shop.place("k", by=services[number % 2]) for number in range(8)])
    assert [reply.status for reply in replies] == [201] * 8
    assert len({reply.raw for reply in replies}) == 1
    assert sum("idempotency-replayed" not in reply.headers for reply in replies) == 1
    assert len(await shop.events()) == len(shop.payer.live) == 1


async def test_another_body_while_the_first_runs(shop: Shop) -> None:
    gate = asyncio.Event()
    shop.payer.hook = hang_at("before authorize", gate)
    first = asyncio.create_task(shop.place("k"))
    await asyncio.sleep(0.3)
    for by in (shop.orders, shop.twin):
        assert (await shop.place("k", by=by, expected_total=money(9000))).status == 422
    gate.set()
    assert (await first).status == 201


async def test_who_does_not_want_to_wait_longer_is_told(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_checkout, "WAIT_S", 0.3)
    gate = asyncio.Event()
    shop.payer.hook = hang_at("before authorize", gate)
    first = asyncio.create_task(shop.place("k"))
    await asyncio.sleep(0.2)
    for by in (shop.orders, shop.twin):
        reply = await shop.place("k", by=by)
        assert (reply.status, reply.code, reply.headers["retry-after"]) == (409, "in_progress", "1")
    gate.set()
    assert (await first).status == 201
    assert (await shop.place("k", by=shop.twin)).headers["idempotency-replayed"] == "true"


async def test_a_declined_payment_is_kept_as_the_answer(shop: Shop) -> None:
    bad: dict[str, Any] = {"method": "test", "token": "tok_declined"}
    first = await shop.place("k", payment=bad)
    assert (first.status, first.code, first.headers["content-type"]) == (
        402,
        "payment_declined",
        "application/problem+json",
    )
    for by in (shop.orders, shop.twin):
        again = await shop.place("k", by=by, payment=bad)
        assert (again.status, again.raw, again.headers["idempotency-replayed"]) == (402, first.raw, "true")
    assert shop.catalogue.held == 0
    assert await shop.events() == []
    assert (await shop.place("k")).status == 422  # Another token is another body.
    assert (await shop.place("k2")).status == 201


async def test_a_gateway_that_fails_leaves_nothing(shop: Shop) -> None:
    bad = {"method": "test", "token": "tok_error"}
    for _ in range(2):
        reply = await shop.place("k", payment=bad)
        assert (reply.status, reply.code) == (502, "gateway_error")
        assert "idempotency-replayed" not in reply.headers
    assert shop.catalogue.held == 0


async def test_a_price_that_rose_is_refused_before_it_is_charged(shop: Shop) -> None:
    reply = await shop.place("k", expected_total=money(1999))
    assert (reply.status, reply.code, reply.json["total"]) == (409, "price_changed", money(2000))
    assert shop.payer.payments == {}
    assert shop.catalogue.held == 0
    shop.catalogue.goods["mango"] = replace(shop.catalogue.goods["mango"], unit_price_minor=1999)
    assert (await shop.place("k", expected_total=money(1999))).status == 409  # Tried afresh, not replayed.


async def test_who_comes_too_late_is_told_what_is_left(shop: Shop) -> None:
    lines = [{"sku": "acai", "quantity": 7}]
    over: dict[str, Any] = {"lines": lines, "expected_total": money(99999)}
    assert (await shop.place(**over)).status == 201
    reply = await shop.place("k", **over)
    assert (reply.status, reply.code, reply.json["skus"]) == (409, "out_of_stock", [{"sku": "acai", "available": 3}])
    shop.catalogue.stock["acai"] = 7
    assert (await shop.place("k", **over)).status == 201


async def test_a_cart_is_ordered_once(shop: Shop) -> None:
    shop.baskets.put("c1", mango=2)
    cart: dict[str, Any] = {"cart_id": "c1", "lines": None}
    replies = await asyncio.gather(
        *[shop.place(f"k{number}", by=[shop.orders, shop.twin][number % 2], **cart) for number in range(6)]
    )
    assert sorted(reply.status for reply in replies) == [201] + [409] * 5
    assert {reply.code for reply in replies if reply.status == 409} == {"cart_already_ordered"}
    assert len(shop.payer.live) == shop.catalogue.held == len(await shop.events()) == 1
    (placed,) = [reply.json for reply in replies if reply.status == 201]
    assert (await shop.place("late", **cart)).code == "cart_already_ordered"
    await shop.staff("POST", f"/orders/{placed['id']}/cancel")
    assert (await shop.place("again", **cart)).status == 201


async def test_a_cart_does_not_compete_with_itself(shop: Shop) -> None:
    """The losers learn that the cart is ordered, not that its own order took the last ones."""
    shop.catalogue.stock["acai"] = 2
    shop.baskets.put("c1", acai=2)
    over: dict[str, Any] = {"cart_id": "c1", "lines": None, "expected_total": money(90_000)}
    replies = await asyncio.gather(
        *[shop.place(f"k{number}", by=[shop.orders, shop.twin][number % 2], **over) for number in range(6)]
    )
    assert sorted(reply.status for reply in replies) == [201] + [409] * 5
    assert {reply.code for reply in replies if reply.status == 409} == {"cart_already_ordered"}


async def test_who_is_refused_leaves_the_cart_to_the_next(shop: Shop) -> None:
    shop.baskets.put("c1", acai=2)
    bad = {"method": "test", "token": "tok_declined"}
    cart: dict[str, Any] = {"cart_id": "c1", "lines": None, "expected_total": money(90_000)}
    replies = await asyncio.gather(shop.place("bad", payment=bad, **cart), shop.place("good", by=shop.twin, **cart))
    assert {reply.status for reply in replies} <= {201, 402, 409}
    assert replies[1].status == 201


async def test_an_abandoned_order_of_a_cart_does_not_block_the_next(shop: Shop) -> None:
    """The first try died with the last ones set aside; the same buyer comes back with another key."""
    shop.catalogue.stock["acai"] = 2
    shop.baskets.put("c1", acai=2)
    over: dict[str, Any] = {"cart_id": "c1", "lines": None, "expected_total": money(90_000)}
    shop.payer.hook = crash_at("after authorize")
    assert (await shop.place("k1", **over)).status == 500
    shop.payer.hook = crash_at("never")
    reply = await shop.place("k2", by=shop.twin, **over)
    assert reply.status == 201, reply.raw
    assert shop.catalogue.held == 1
    assert (await shop.place("k1", **over)).code == "cart_already_ordered"


async def test_a_cart_whose_order_takes_long(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_checkout, "WAIT_S", 0.3)
    gate = asyncio.Event()
    shop.payer.hook = hang_at("before authorize", gate)
    shop.baskets.put("c1", acai=2)
    over: dict[str, Any] = {"cart_id": "c1", "lines": None, "expected_total": money(90_000)}
    first = asyncio.create_task(shop.place("k1", **over))
    await asyncio.sleep(0.3)
    assert (await shop.place("k2", **over)).code == "in_progress"
    gate.set()
    assert (await first).status == 201


async def test_a_replay_needs_no_cart(shop: Shop) -> None:
    shop.baskets.put("c1", mango=2)
    cart: dict[str, Any] = {"cart_id": "c1", "lines": None}
    first = await shop.place("k", **cart)
    del shop.baskets.carts["c1"]
    assert (await shop.place("k", **cart)).raw == first.raw


async def test_a_retry_orders_what_lay_in_the_cart_at_first(shop: Shop) -> None:
    shop.baskets.put("c1", mango=2)
    cart: dict[str, Any] = {"cart_id": "c1", "lines": None, "expected_total": money(90_000)}
    shop.catalogue.hook = crash_at("before hold")
    assert (await shop.place("k", **cart)).status == 500
    shop.catalogue.hook = crash_at("never")
    shop.baskets.put("c1", mango=9)
    assert [line["quantity"] for line in (await shop.place("k", **cart)).json["lines"]] == [2]


async def test_carts_that_cannot_be_ordered(shop: Shop) -> None:
    shop.baskets.put("mine", user_id=UUID(OTHER.partition(":")[2]), mango=1)
    shop.baskets.put("empty")
    for cart_id, status, code in (
        ("none", 404, "unknown_cart"),
        ("mine", 404, "unknown_cart"),
        ("empty", 422, "invalid"),
    ):
        for path in ("orders", "quotes"):
            body = shop.body(cart_id=cart_id, lines=None) if path == "orders" else {"cart_id": cart_id, "country": "BR"}
            reply = await shop.ask("POST", f"/v1/{path}", body, idempotency_key="k", authorization=f"Bearer {CUSTOMER}")
            assert (reply.status, reply.code) == (status, code)
    assert reply.fields == ["cart_id"]
    full = CartSnapshot(cart_id="full", version=1, lines=(Line(sku="mango", quantity=1),) * 2001)
    odd = CartSnapshot(cart_id="odd", version=1, lines=(Line(sku="mango", quantity=1_000_001),))
    for cart, field in ((full, "cart_id"), (odd, "cart_id.0.quantity")):
        shop.baskets.carts[cart.cart_id] = cart
        assert (await shop.place(cart_id=cart.cart_id, lines=None)).fields == [field]


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"lines": []}, "lines"),
        ({"lines": None}, "lines"),
        ({"cart_id": "c"}, "lines"),
        ({"lines": [{"sku": "mango", "quantity": 1}] * 2001}, "lines"),
        ({"lines": [{"sku": "mango", "quantity": 0}]}, "lines.0.quantity"),
        ({"lines": [{"sku": "mango", "quantity": 1_000_001}]}, "lines.0.quantity"),
        ({"lines": [{"sku": "mango", "quantity": 1, "price": 1}]}, "lines.0.price"),
        ({"lines": [{"sku": "", "quantity": 1}]}, "lines.0.sku"),
        ({"lines": [{"sku": "house", "quantity": 10_000}]}, "lines.0.quantity"),
        ({"lines": [{"sku": "house", "quantity": 8191}], "shipping_method": "none"}, "shipping_method"),
        ({"email": "ana"}, "email"),
        ({"email": "ana@example.com\nBcc: all"}, "email"),
        ({"shipping_address": ADDRESS | {"country": "XX"}}, "shipping_address.country"),
        ({"shipping_address": ADDRESS | {"country": "br"}}, "shipping_address.country"),
        ({"shipping_address": ADDRESS | {"name": " "}}, "shipping_address.name"),
        ({"shipping_address": ADDRESS | {"name": "x" * 201}}, "shipping_address.name"),
        ({"billing_address": ADDRESS | {"country": "XX"}}, "billing_address.country"),
        ({"payment": {"method": "cash", "token": "x"}}, "payment.method"),
        ({"expected_total": money(2000, "USD")}, "expected_total.currency"),
        ({"expected_total": money(-1)}, "expected_total.amount"),
        ({"codes": ["SUMMER"]}, "codes.0"),
        ({"status": "confirmed"}, "status"),
        ({"total": money(1)}, "total"),
    ],
)
async def test_what_no_order_can_have(shop: Shop, over: dict[str, Any], field: str) -> None:
    over.setdefault("expected_total", money(2**53 - 1))
    reply = await shop.place("k", **over)
    assert reply.status == 422, reply.raw
    assert reply.fields == [field]
    assert shop.catalogue.held == 0
    assert shop.payer.live == []
    assert await shop.value("select count(*) from attempts") == 0


async def test_a_missing_key_and_an_unknown_sku(shop: Shop) -> None:
    assert (await shop.ask("POST", "/v1/orders", shop.body())).status == 400
    reply = await shop.place(lines=[{"sku": "MANGO", "quantity": 1}])
    assert (reply.status, reply.code, reply.json["skus"]) == (404, "unknown_sku", ["MANGO"])


async def test_the_largest_order(shop: Shop) -> None:
    many = [{"sku": "mango", "quantity": 1_000}] * 2_000
    reply = await shop.place(lines=many, expected_total=money(2**53 - 1))
    assert reply.status == 201
    assert reply.json["lines"][0]["quantity"] == 2_000_000


CRASHES = ["before hold", "after hold", "before authorize", "after authorize"]


@pytest.mark.parametrize("step", CRASHES)
@pytest.mark.parametrize("elsewhere", [False, True])
async def test_a_crash_is_mended_by_a_retry(shop: Shop, step: str, elsewhere: bool) -> None:
    shop.catalogue.hook = shop.payer.hook = crash_at(step)
    assert (await shop.place("k")).status == 500
    shop.catalogue.hook = shop.payer.hook = crash_at("never")
    reply = await shop.place("k", by=shop.twin if elsewhere else None)
    assert reply.status == 201
    assert len(shop.payer.live) == shop.catalogue.held == len(await shop.events()) == 1


async def test_a_process_that_dies_leaves_its_turn_to_another(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lease of a process that said nothing before it died is taken over once it has run out."""
    monkeypatch.setattr(store_attempts, "LEASE_S", 1)
    monkeypatch.setattr(shop.orders.checkouts, "_finish", hang_for_ever)
    shop.payer.hook = crash_at("after authorize")
    dead = asyncio.create_task(shop.place("k"))
    await asyncio.sleep(0.3)
    shop.payer.hook = crash_at("never")
    reply = await shop.place("k", by=shop.twin)
    assert reply.status == 201
    assert len(shop.payer.live) == shop.catalogue.held == len(await shop.events()) == 1
    dead.cancel()
    await asyncio.gather(dead, return_exceptions=True)


async def hang_for_ever(_ask: object) -> None:
    await asyncio.sleep(3600)


async def test_who_slept_through_his_turn_changes_nothing(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sleeper wakes up after another has placed the order: he neither commits a second time nor gives anything back."""
    monkeypatch.setattr(store_attempts, "LEASE_S", 0)
    gate = asyncio.Event()
    shop.payer.hook = hang_at("after authorize", gate)
    sleeper = asyncio.create_task(shop.place("k"))
    await asyncio.sleep(0.3)
    shop.payer.hook = crash_at("never")
    reply = await shop.place("k", by=shop.twin)
    gate.set()
    late = await sleeper
    assert (reply.status, late.status, late.raw) == (201, 201, reply.raw)
    assert len(shop.payer.live) == shop.catalogue.held == len(await shop.events()) == 1


async def test_a_sleeper_who_is_refused_gives_nothing_back(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_attempts, "LEASE_S", 0)
    gate = asyncio.Event()
    shop.payer.hook = hang_at("before authorize", gate)
    sleeper = asyncio.create_task(shop.place("k"))
    await asyncio.sleep(0.3)
    shop.payer.hook = crash_at("never")
    reply = await shop.place("k", by=shop.twin)
    shop.payer.skew = 1  # From now on the gateway answers with another amount, which is refused.
    gate.set()
    assert (reply.status, (await sleeper).raw) == (201, reply.raw)
    assert shop.catalogue.held == 1


async def test_a_client_that_hangs_up_does_not_stop_his_order(shop: Shop) -> None:
    gate = asyncio.Event()
    shop.payer.hook = hang_at("before authorize", gate)
    client = asyncio.create_task(shop.place("k"))
    await asyncio.sleep(0.2)
    client.cancel()
    await asyncio.gather(client, return_exceptions=True)
    stopping = asyncio.create_task(shop.orders.stop())
    await asyncio.sleep(0.1)
    assert not stopping.done()
    gate.set()
    await stopping
    assert len(await shop.events()) == 1
    assert (await shop.place("k")).headers["idempotency-replayed"] == "true"


async def test_a_hold_that_is_about_to_lapse_is_not_committed(shop: Shop) -> None:
    shop.catalogue.life_s = 59
    reply = await shop.place("k")
    assert (reply.status, reply.code) == (409, "hold_lapsed")
    assert shop.payer.live == []
    assert shop.catalogue.held == 0
    shop.catalogue.life_s = 900
    assert (await shop.place("k")).status == 201


async def test_another_amount_than_was_asked_for_is_voided(shop: Shop) -> None:
    shop.payer.skew = -1
    reply = await shop.place("k")
    assert (reply.status, reply.code) == (502, "gateway_error")
    assert shop.payer.live == []
    assert shop.catalogue.held == 0


async def test_tidying_up_may_fail(shop: Shop) -> None:
    shop.catalogue.hook = crash_at("before release")
    assert (await shop.place(expected_total=money(1))).status == 409


@pytest.mark.parametrize("step", CRASHES)
async def test_a_neighbour_that_does_not_answer(shop: Shop, step: str) -> None:
    async def away(here: str) -> None:
        if here == step:
            raise Unavailable

    shop.catalogue.hook = shop.payer.hook = away
    reply = await shop.place("k")
    assert (reply.status, reply.headers["retry-after"]) == (503, "1")
    shop.catalogue.hook = shop.payer.hook = crash_at("never")
    assert (await shop.place("k", by=shop.twin)).status == 201
    assert len(shop.payer.live) == shop.catalogue.held == 1


async def test_a_neighbour_that_hangs(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_checkout, "RUN_S", 0.3)
    shop.payer.hook = hang_at("after authorize", asyncio.Event())
    assert (await shop.place("k")).status == 503
    shop.payer.hook = crash_at("never")
    assert (await shop.place("k")).status == 201
    assert len(shop.payer.live) == shop.catalogue.held == 1


async def test_a_gateway_that_hangs_keeps_nobody_else_waiting(shop: Shop) -> None:
    gate = asyncio.Event()
    shop.payer.hook = hang_at("before authorize", gate)
    slow = asyncio.create_task(shop.place("slow"))
    await asyncio.sleep(0.3)
    shop.payer.hook = crash_at("never")
    assert (await shop.place("quick")).status == 201
    assert not slow.done()
    gate.set()
    assert (await slow).status == 201


async def test_too_many_at_once(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_checkout, "RUNNING_MAX", 1)
    gate = asyncio.Event()
    shop.payer.hook = hang_at("before authorize", gate)
    first = asyncio.create_task(shop.place("k"))
    await asyncio.sleep(0.2)
    assert (await shop.place("other")).code == Overloaded.code
    gate.set()
    assert (await first).status == 201


class LosesCommits:
    """Stands before the store and loses the connection after the commit, once."""

    def __init__(self, run: Any) -> None:
        self.run = run
        self.lost = False

    async def __call__(self, asks: Any) -> Any:
        answers = await self.run(asks)
        if not self.lost:
            self.lost = True
            raise asyncpg.ConnectionDoesNotExistError
        return answers


@pytest.mark.parametrize("batcher", ["_begin", "_commit", "_finish"])
async def test_a_connection_lost_at_the_commit(shop: Shop, batcher: str) -> None:
    target = getattr(shop.orders.checkouts, batcher)
    target._run = LosesCommits(target._run)
    token = "tok_declined" if batcher == "_finish" else "tok_ok"
    reply = await shop.place("k", payment={"method": "test", "token": token})
    assert reply.status == (402 if batcher == "_finish" else 201)
    assert target._run.lost
    assert len(await shop.events()) == (0 if batcher == "_finish" else 1)


async def test_news_that_come_before_the_order(shop: Shop) -> None:
    """The gateway settles a payment between its answer and our commit."""
    gate = asyncio.Event()
    shop.payer.hook = hang_at("after authorize", gate)
    bodies: dict[str, dict[str, Any]] = {
        key: {"payment": {"method": "test", "token": "tok_async"}} for key in ("good", "bad")
    }
    tasks = {key: asyncio.create_task(shop.place(key, **over)) for key, over in bodies.items()}
    await asyncio.sleep(0.3)
    for number, (order_id, payments) in enumerate(shop.payer.payments.items()):
        known: dict[str, Any] = {
            "order_id": order_id,
            "payment_id": payments[0].payment_id,
            "amount_minor": 2000,
            "currency": "BRL",
            "version": 1,
        }
        await shop.hear(PaymentFailed(**known, reason="unpaid") if number else PaymentAuthorized(**known))
    gate.set()
    for task in tasks.values():
        assert (await task).json["status"] == "pending"
    kinds = {(type(event), event.version) for event in await shop.events()}
    assert kinds == {(OrderPlaced, 1), (OrderConfirmed, 2), (OrderCancelled, 2)}
    assert await shop.value("select count(*) from orders where status = 'confirmed'") == 1


async def test_news_of_what_never_was(shop: Shop) -> None:
    event = PaymentAuthorized(order_id=uuid4(), payment_id=uuid4(), amount_minor=1, currency="BRL", version=1)
    await shop.hear(event)
    assert await shop.events() == []


async def test_an_answered_order_that_is_not_there_is_a_fault(shop: Shop) -> None:
    """Nothing of ours deletes an order; if somebody has, the buyer is not told that all is well."""
    await shop.place("k")
    await shop.run("delete from orders")
    assert (await shop.place("k")).status == 500


async def test_the_number_of_an_order_that_is_taken(shop: Shop) -> None:
    """It cannot be but after the master secret was changed; then the request fails, and a retry gets the next number."""
    await shop.place("k")
    await shop.run("select setval('order_numbers', 0, false)")
    assert (await shop.place("k2")).status == 500
    assert (await shop.place("k3")).status == 201


async def test_many_buyers_at_once(shop: Shop) -> None:
    shop.catalogue.stock["acai"] = 25
    over: dict[str, Any] = {"lines": [{"sku": "acai", "quantity": 1}], "expected_total": money(2999)}
    replies = await asyncio.gather(
        *[shop.place(str(number), by=[shop.orders, shop.twin][number % 2], **over) for number in range(75)]
    )
    assert sorted(reply.status for reply in replies) == [201] * 25 + [409] * 50
    assert len({reply.json["number"] for reply in replies if reply.status == 201}) == 25
    assert len(shop.payer.live) == shop.catalogue.held == len(await shop.events()) == 25
