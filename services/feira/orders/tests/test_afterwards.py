"""What happens to orders that stand: news, cancellation, sending, refunds, time."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from msgspec.structs import replace

from feira.contracts.audit import StaffActed
from feira.contracts.catalog import SaleFailed
from feira.contracts.orders import (
    OrderCancelled,
    OrderConfirmed,
    OrderFulfilled,
    OrderPlaced,
    OrderRefunded,
    OrdersOf,
    SalesAsk,
    Viewable,
    ViewAsk,
)
from feira.contracts.payments import (
    PaymentAuthorized,
    PaymentCaptured,
    PaymentFailed,
    PaymentRefunded,
    PaymentVoided,
)
from feira.contracts.users import EmailVerified, UserErased
from feira.kernel.ids import uuid7
from feira.orders import service, service_money, store_list
from feira.orders.card import card
from feira.orders.domain_names import read_number
from feira.orders.tests.conftest import ADDRESS, STAFF, Shop

ANA = UUID("00000000-0000-4000-8000-000000000001")
CUSTOMER = f"customer:{ANA}"
TAX = [{"country": "BR", "included": False, "rates": {"standard": 100_000}, "shipping_class": "standard"}]


class Placed:
    """An order that was placed, and news about it."""

    def __init__(self, shop: Shop, view: dict[str, Any], event: OrderPlaced) -> None:
        self.shop, self.view, self.event = shop, view, event
        self.id = event.order_id
        self.path = f"/v1/orders/{self.id}"

    def facts(self, amount: int | None = None) -> dict[str, Any]:
        return {
            "order_id": self.id,
            "payment_id": self.event.payment_id,
            "amount_minor": self.event.total_minor if amount is None else amount,
            "currency": "BRL",
            "version": 1,
        }

    async def capture(self) -> None:
        await self.shop.hear(PaymentCaptured(**self.facts()))

    async def now(self) -> dict[str, Any]:
        found: dict[str, Any] = (await self.shop.staff("GET", f"/orders/{self.id}")).json
        return found

    async def states(self) -> tuple[str, str, str]:
        now = await self.now()
        return now["status"], now["payment_status"], now["fulfilment_status"]

    async def cancel(self) -> Any:
        return await self.shop.ask("POST", f"{self.path}/cancel", order_token=self.view["token"])


async def place(shop: Shop, token: str = "", **over: Any) -> Placed:
    reply = await shop.place(token=token, **({"expected_total": {"amount": 10**9, "currency": "BRL"}} | over))
    assert reply.status == 201, reply.raw
    (event,) = await shop.events()
    assert isinstance(event, OrderPlaced)
    return Placed(shop, reply.json, event)


PENDING: dict[str, Any] = {"payment": {"method": "test", "token": "tok_async"}}


async def test_a_captured_order(shop: Shop) -> None:
    order = await place(shop)
    event = PaymentCaptured(**order.facts())
    first = uuid7()
    await shop.hear(event, event, ids=[first, first])
    assert await order.states() == ("confirmed", "captured", "unfulfilled")
    assert (await order.now())["captured"]["amount"] == 2000
    assert await shop.events() == []


@pytest.mark.parametrize("news", [PaymentAuthorized, PaymentCaptured])
async def test_a_pending_order_is_confirmed_once(shop: Shop, news: Any) -> None:
    order = await place(shop, **PENDING)
    await shop.hear(news(**order.facts()), news(**order.facts()))
    (event,) = await shop.events()
    assert isinstance(event, OrderConfirmed)
    assert (event.version, event.status) == (2, "confirmed")


@pytest.mark.parametrize("over", [PENDING, {}])
@pytest.mark.parametrize(
    ("news", "reason", "payment_status"),
    [(PaymentFailed, "unpaid", "failed"), (PaymentVoided, "payment_voided", "voided")],
)
async def test_money_that_will_not_come_cancels(
    shop: Shop, over: Any, news: Any, reason: str, payment_status: str
) -> None:
    order = await place(shop, **over)
    event = news(**order.facts(), **({"reason": reason} if news is PaymentFailed else {}))
    await shop.hear(event, event, PaymentAuthorized(**order.facts()))
    assert await order.states() == ("cancelled", payment_status, "unfulfilled")
    (told,) = await shop.events()
    assert isinstance(told, OrderCancelled)
    assert (told.reason, told.refund_minor, told.version) == (reason, 2000, 2)
    now = await order.now()
    assert (now["cancel_reason"], now["refunds"]) == (reason, [])


async def test_a_cancelled_order_stays_so_when_its_capture_is_heard_of(shop: Shop) -> None:
    order = await place(shop)
    replies = await asyncio.gather(order.cancel(), order.capture(), order.cancel())
    assert {reply.status for reply in replies if reply} == {200}
    assert await order.states() == ("cancelled", "captured", "unfulfilled")
    (told,) = await shop.events()
    assert isinstance(told, OrderCancelled)
    await shop.hear(PaymentRefunded(**order.facts(), refund_id=told.refund_id))
    assert await order.states() == ("cancelled", "refunded", "unfulfilled")
    (refund,) = (await order.now())["refunds"]
    assert (refund["amount"]["amount"], refund["status"]) == (2000, "done")


async def test_news_of_a_former_payment_changes_nothing(shop: Shop) -> None:
    order = await place(shop)
    other = order.facts() | {"payment_id": uuid4()}
    await shop.hear(PaymentVoided(**other), PaymentRefunded(**other, refund_id=uuid4()))
    assert await order.states() == ("confirmed", "authorized", "unfulfilled")


async def test_a_refund_that_we_did_not_decide_counts_once(shop: Shop) -> None:
    order = await place(shop)
    await order.capture()
    event = PaymentRefunded(**order.facts(500), refund_id=uuid4())
    await shop.hear(event, event)
    assert await order.states() == ("confirmed", "partially_refunded", "unfulfilled")
    assert (await order.now())["refunded"]["amount"] == 500


async def test_a_sale_that_failed_cancels(shop: Shop) -> None:
    order = await place(shop)
    await shop.hear(SaleFailed(order_id=order.id, skus=("mango",), version=1))
    await shop.hear(SaleFailed(order_id=order.id, skus=("mango",), version=1))
    (told,) = await shop.events()
    assert isinstance(told, OrderCancelled)
    assert (told.reason, told.restock) == ("out_of_stock", ())


async def test_only_who_may_see_an_order_may_cancel_it(shop: Shop) -> None:
    order = await place(shop, token=CUSTOMER)
    strangers: list[dict[str, Any]] = [{}, {"order_token": "x"}, {"authorization": f"Bearer customer:{uuid4()}"}]
    for headers in strangers:
        assert (await shop.ask("POST", f"{order.path}/cancel", **headers)).status == 404
    reply = await shop.ask("POST", f"{order.path}/cancel", authorization=f"Bearer {CUSTOMER}")
    assert (reply.status, reply.json["status"]) == (200, "cancelled")


async def test_staff_cancel_and_the_journal_hears_of_it(shop: Shop) -> None:
    order = await place(shop)
    path = f"/orders/{order.id}/cancel"
    assert (await shop.staff("POST", path, {"reason": "rang up"})).json["cancel_reason"] == "rang up"
    assert (await shop.staff("POST", path)).status == 200
    told, acted = await shop.events()
    assert isinstance(told, OrderCancelled)
    assert isinstance(acted, StaffActed)
    assert (str(acted.actor), acted.action, acted.target) == (
        STAFF.partition(":")[2],
        "orders.cancelled",
        order.view["number"],
    )
    assert (await shop.staff("POST", f"/orders/{uuid4()}/cancel")).status == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("GET", "/{id}"),
        ("POST", "/{id}/cancel"),
        ("POST", "/{id}/fulfilments"),
        ("POST", "/{id}/refunds"),
    ],
)
async def test_the_desk_is_for_staff(shop: Shop, method: str, path: str) -> None:
    order = await place(shop)
    url = "/v1/admin/orders" + path.format(id=order.id)
    assert (await shop.ask(method, url)).status == 401
    assert (await shop.ask(method, url, authorization=f"Bearer {CUSTOMER}")).status == 403


async def test_sending_in_parts(shop: Shop) -> None:
    order = await place(shop, lines=[{"sku": "mango", "quantity": 3}, {"sku": "acai", "quantity": 1}])
    path = f"/orders/{order.id}/fulfilments"
    part = {"lines": [{"sku": "mango", "quantity": 1}, {"sku": "mango", "quantity": 1}], "carrier": "Post"}
    assert (await shop.staff("POST", path, part)).code == "not_captured"
    await order.capture()
    reply = await shop.staff("POST", path, part)
    assert (reply.status, reply.json["lines"], reply.json["carrier"]) == (
        201,
        [{"sku": "mango", "quantity": 2}],
        "Post",
    )
    assert await order.states() == ("confirmed", "captured", "partial")
    over = await shop.staff("POST", path, part)
    assert (over.status, over.code, over.json["skus"]) == (
        409,
        "fulfilment_exceeds_order",
        [{"sku": "mango", "left": 1}],
    )
    assert (await order.cancel()).code == "not_cancellable"
    assert (await shop.staff("POST", f"/orders/{order.id}/cancel")).code == "not_cancellable"
    rest = {"lines": [{"sku": "mango", "quantity": 1}, {"sku": "acai", "quantity": 1}]}
    replies = await asyncio.gather(*[shop.staff("POST", path, rest) for _ in range(3)])
    assert sorted(reply.status for reply in replies) == [201, 409, 409]
    assert await order.states() == ("completed", "captured", "fulfilled")
    assert len((await order.now())["fulfilments"]) == 2
    events = await shop.events()
    sent = [event for event in events if isinstance(event, OrderFulfilled)]
    assert [(event.version, event.status) for event in sent] == [(2, "confirmed"), (3, "completed")]
    assert sum(isinstance(event, StaffActed) for event in events) == 2


async def test_nothing_is_sent_of_a_cancelled_order(shop: Shop) -> None:
    order = await place(shop)
    await order.capture()
    await order.cancel()
    reply = await shop.staff("POST", f"/orders/{order.id}/fulfilments", {"lines": [{"sku": "mango", "quantity": 1}]})
    assert reply.code == "not_captured"


async def refund(order: Placed, key: str = "", **body: Any) -> Any:
    return await order.shop.staff(
        "POST", f"/orders/{order.id}/refunds", {"reason": "sorry"} | body, key or str(uuid4())
    )


def money(amount: int, currency: str = "BRL") -> dict[str, Any]:
    return {"amount": amount, "currency": currency}


async def test_refunds_by_line_amount_and_all_the_rest(shop: Shop) -> None:
    await shop.staff("PATCH", "/settings", {"tax": TAX})
    await shop.events()
    order = await place(shop, lines=[{"sku": "mango", "quantity": 3}])
    assert (order.view["tax"]["amount"], order.view["total"]["amount"]) == (250, 2750)
    assert (await refund(order, amount=money(1))).code == "not_captured"
    await order.capture()
    lines = [{"sku": "mango", "quantity": 1}, {"sku": "mango", "quantity": 1, "restock": False}]
    reply = await refund(order, lines=lines)
    assert (reply.status, reply.json["amount"], reply.json["status"]) == (201, money(1100), "pending")
    assert (await refund(order, lines=lines)).code == "refund_exceeds_captured"
    assert (await refund(order, amount=money(1))).json["amount"] == money(1)
    over = await refund(order, amount=money(1650))
    assert (over.status, over.code, over.json["refundable"]) == (409, "refund_exceeds_captured", money(1649))
    assert (await refund(order)).json["amount"] == money(1649)
    assert (await refund(order)).code == "refund_exceeds_captured"
    told = [event for event in await shop.events() if isinstance(event, OrderRefunded)]
    assert [(event.version, event.refund_minor) for event in told] == [(2, 1100), (3, 1), (4, 1649)]
    assert [(line.sku, line.quantity) for line in told[0].restock] == [("mango", 1)]
    assert told[1].restock == told[2].restock == ()
    for event in told:
        await shop.hear(PaymentRefunded(**order.facts(event.refund_minor), refund_id=event.refund_id))
    now = await order.now()
    assert (now["payment_status"], now["refunded"]) == ("refunded", money(2750))
    assert (now["lines"][0]["refunded"], now["lines"][0]["to_send"]) == (2, 1)
    assert (await order.cancel()).json["status"] == "cancelled"
    (fallen,) = await shop.events()
    assert isinstance(fallen, OrderCancelled)
    assert (fallen.refund_minor, [line.quantity for line in fallen.restock]) == (0, [1])


async def test_goods_that_cost_nothing_come_back_once_and_no_money_is_waited_for(shop: Shop) -> None:
    shop.catalogue.goods["mango"] = replace(shop.catalogue.goods["mango"], unit_price_minor=0)
    order = await place(shop, lines=[{"sku": "mango", "quantity": 3}])
    await order.capture()
    gift = [{"sku": "mango", "quantity": 1}]
    reply = await refund(order, lines=gift)
    assert (reply.status, reply.json["amount"], reply.json["status"]) == (201, money(0), "done")
    await order.cancel()
    assert (await refund(order, lines=gift)).code == "refund_exceeds_captured"
    back = [event.restock for event in await shop.events() if isinstance(event, OrderRefunded | OrderCancelled)]
    assert [line.quantity for lines in back for line in lines] == [1, 2]


async def test_a_refund_is_made_once(shop: Shop) -> None:
    order, other = await place(shop), await place(shop)
    await order.capture()
    await other.capture()
    replies = await asyncio.gather(*[refund(order, "k", amount=money(300)) for _ in range(4)])
    assert {reply.status for reply in replies} == {201}
    assert len({reply.raw for reply in replies}) == 1
    assert sum("idempotency-replayed" in reply.headers for reply in replies) == 3
    assert len([event for event in await shop.events() if isinstance(event, OrderRefunded)]) == 1
    for wrong in (refund(order, "k", amount=money(301)), refund(other, "k", amount=money(300))):
        reply = await wrong
        assert (reply.status, reply.code) == (422, "idempotency_key_reused")
    assert (await shop.staff("POST", f"/orders/{order.id}/refunds", {"reason": "x"})).status == 400


async def test_one_word_for_two_orders_at_once(shop: Shop) -> None:
    orders = [await place(shop), await place(shop)]
    for order in orders:
        await order.capture()
    replies = await asyncio.gather(*[refund(order, "k", amount=money(1)) for order in orders])
    assert sorted(reply.status for reply in replies) == [201, 422]


async def test_refunds_at_once_never_pass_what_was_captured(shop: Shop) -> None:
    order = await place(shop)
    await order.capture()
    replies = await asyncio.gather(*[refund(order, amount=money(600)) for _ in range(6)], order.cancel())
    statuses = [reply.status for reply in replies[:6]]
    given = 600 * statuses.count(201)
    assert given <= 2000
    told = await shop.events()
    (fallen,) = [event for event in told if isinstance(event, OrderCancelled)]
    assert given + fallen.refund_minor == 2000
    versions = [event.version for event in told if not isinstance(event, StaffActed)]
    assert versions == list(range(2, 2 + len(versions)))


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"amount": money(1), "lines": [{"sku": "mango", "quantity": 1}]}, "amount"),
        ({"amount": money(1, "USD")}, "amount.currency"),
        ({"amount": money(0)}, "amount.amount"),
        ({"lines": []}, "lines"),
        ({"lines": [{"sku": "mango", "quantity": 0}]}, "lines.0.quantity"),
        ({"reason": ""}, "reason"),
    ],
)
async def test_refunds_that_cannot_be(shop: Shop, body: dict[str, Any], field: str) -> None:
    order = await place(shop)
    await order.capture()
    reply = await refund(order, **body)
    assert (reply.status, reply.fields) == (422, [field])


async def test_mine_newest_first(shop: Shop) -> None:
    path = "/v1/orders"
    mine: dict[str, Any] = {"authorization": f"Bearer {CUSTOMER}"}
    placed = [await place(shop, token=CUSTOMER) for _ in range(5)]
    await place(shop)
    assert (await shop.ask("GET", path)).status == 401
    first = (await shop.ask("GET", f"{path}?limit=3", **mine)).json
    rest = (await shop.ask("GET", f"{path}?limit=3&cursor={first['next']}", **mine)).json
    assert [one["id"] for one in first["items"] + rest["items"]] == [str(one.id) for one in reversed(placed)]
    assert rest["next"] is None
    assert "token" not in first["items"][0]
    assert (await shop.ask("GET", f"{path}?cursor=x", **mine)).fields == ["cursor"]
    exported = json.loads((await shop.orders.export(OrdersOf(user_id=ANA))).json)
    shown = first["items"] + rest["items"]
    assert [one["id"] for one in exported] == [one["id"] for one in shown]
    assert {*shown[0]["lines"][0]} - {*exported[0]["lines"][0]} == {"product_slug", "image"}
    assert json.loads((await shop.orders.export(OrdersOf(user_id=uuid4()))).json) == []


async def test_a_list_of_long_orders_ends_early(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_list, "PAGE_LINES_MAX", 3)
    two = [{"sku": "mango", "quantity": 1}, {"sku": "acai", "quantity": 1}]
    placed = [await place(shop, lines=two) for _ in range(4)]
    seen: list[str] = []
    after = ""
    for expected in (2, 2):
        page = (await shop.staff("GET", f"/orders?limit=100{after}")).json
        assert len(page["items"]) == expected
        seen.extend(one["id"] for one in page["items"])
        after = f"&cursor={page['next']}"
    assert seen == [str(one.id) for one in reversed(placed)]
    assert page["next"] is None


async def test_the_export_has_a_limit(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "EXPORT_PAGE", 2)
    placed = [await place(shop, token=CUSTOMER) for _ in range(5)]
    assert len(json.loads((await shop.orders.export(OrdersOf(user_id=ANA))).json)) == 5
    assert [one.order.id async for one in shop.orders.export_orders()] == [one.id for one in placed]
    monkeypatch.setattr(service, "EXPORT_BYTES_MAX", 1)
    assert len(json.loads((await shop.orders.export(OrdersOf(user_id=ANA))).json)) == 2


async def test_staff_find_orders(shop: Shop) -> None:
    first = await place(shop, billing_address=ADDRESS)
    second = await place(shop, email="bob@example.com")
    await second.cancel()
    since = first.view["placed_at"]
    until = second.view["placed_at"]

    async def found(query: str) -> list[str]:
        reply = await shop.staff("GET", f"/orders?{query}")
        assert reply.status == 200, reply.raw
        return [one["id"] for one in reply.json["items"]]

    one, two = str(first.id), str(second.id)
    number = first.view["number"]
    assert await found("") == [two, one]
    assert await found("status=cancelled") == [two]
    assert await found("email=Bob@Example.com") == [two]
    assert await found("email=nobody") == []
    assert await found(f"number={number[:4].lower()}-{number[4:]}") == [one]
    assert await found("number=1") == []
    assert await found(f"from={since}") == [two, one]
    assert await found(f"from={until}") == [two]
    assert await found(f"to={until}&status=confirmed") == [one]
    page = (await shop.staff("GET", "/orders?limit=1")).json
    assert (await shop.staff("GET", f"/orders?limit=1&cursor={page['next']}")).json["items"][0]["id"] == one
    assert (await shop.staff("GET", "/orders?from=2026-01-01T00:00:00")).status == 422
    assert (await shop.staff("GET", "/orders?status=lost")).status == 422
    whole = (await shop.staff("GET", f"/orders/{one}")).json
    assert whole["billing_address"]["country"] == "BR"
    assert (await shop.staff("GET", f"/orders/{uuid4()}")).status == 404
    assert read_number(number) == number


async def test_a_proven_address_gets_its_guest_orders(shop: Shop) -> None:
    guest = await place(shop)
    other = await place(shop, email="bob@example.com")
    owned = await place(shop, token=f"customer:{uuid4()}")
    verified = EmailVerified(user_id=ANA, email="ana@example.com", name="Ana", locale="en", version=1)
    await shop.hear(verified, verified)
    for order, status in ((guest, 200), (other, 404), (owned, 404)):
        assert (await shop.ask("GET", order.path, authorization=f"Bearer {CUSTOMER}")).status == status


async def test_an_erased_customer_is_forgotten(shop: Shop) -> None:
    open_ = await place(shop, token=CUSTOMER, billing_address=ADDRESS)
    closed = await place(shop, token=CUSTOMER)
    other = await place(shop)
    await closed.cancel()
    await shop.hear(UserErased(user_id=ANA, email="ana@example.com", name="Ana", locale="en", version=1))
    (job,) = [job for job in card.jobs if job.name == "forget"]
    assert await job.run(shop.orders) is False
    now = await closed.now()
    assert (now["email"], now["user_id"], now["shipping_address"]["name"]) == ("erased@feira.invalid", None, "erased")
    assert now["shipping_address"]["country"] == "BR"
    now = await open_.now()
    assert (now["email"], now["user_id"], now["shipping_address"]["name"]) == (
        "erased@feira.invalid",
        None,
        "Ana Lima",  # It is still to be sent.
    )
    assert (await other.now())["email"] == "ana@example.com"
    await open_.cancel()
    await shop.orders.forget()
    now = await open_.now()
    assert (now["shipping_address"]["line1"], now["billing_address"]) == ("erased", None)


async def test_a_pending_order_that_nobody_tells_of_any_more(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    order = await place(shop, **PENDING)
    confirmed = await place(shop)
    (job,) = [job for job in card.jobs if job.name == "reconcile"]
    assert await job.run(shop.orders) is False
    assert (await order.states())[0] == "pending"
    old = datetime.now(UTC) - timedelta(seconds=service_money.PENDING_MAX_S + 1)
    await shop.run("update orders set placed_at = $1", old)
    monkeypatch.setattr(service_money, "RECONCILED_MAX", 1)
    assert await job.run(shop.orders) is True
    assert await job.run(shop.orders) is False
    assert (await order.states())[0] == "cancelled"
    assert (await confirmed.states())[0] == "confirmed"
    (told,) = await shop.events()
    assert isinstance(told, OrderCancelled)
    assert told.reason == "payment_unanswered"


async def test_what_is_told_to_metrics(shop: Shop) -> None:
    await place(shop)
    await place(shop, **PENDING)
    assert card.gauges is not None
    assert {one.name: one.value for one in await card.gauges(shop.orders)} == {"feira_orders_pending": 1}


async def test_a_captured_order_that_falls_is_refunded(shop: Shop) -> None:
    order = await place(shop)
    await order.capture()
    await order.cancel()
    (told,) = await shop.events()
    assert isinstance(told, OrderCancelled)
    (refund_,) = (await order.now())["refunds"]
    assert (refund_["id"], refund_["amount"], refund_["status"]) == (str(told.refund_id), money(2000), "pending")
    await shop.hear(PaymentRefunded(**order.facts(), refund_id=told.refund_id))
    (refund_,) = (await order.now())["refunds"]
    assert refund_["status"] == "done"


async def test_news_in_any_order_lead_to_the_same_end(shop: Shop) -> None:
    order = await place(shop)
    await shop.hear(PaymentRefunded(**order.facts(500), refund_id=uuid4()), PaymentCaptured(**order.facts()))
    assert await order.states() == ("confirmed", "partially_refunded", "unfulfilled")
    assert (await order.now())["captured"]["amount"] == 2000


async def test_others_may_ask_who_sees_an_order_and_what_was_sold(shop: Shop) -> None:
    began = datetime.now(UTC)
    reply = await shop.place(token=CUSTOMER)
    order = reply.json
    number, token = UUID(order["id"]), order["token"]
    asks = [
        ViewAsk(order_id=number),
        ViewAsk(order_id=number, user_id=ANA),
        ViewAsk(order_id=number, user_id=uuid4()),
        ViewAsk(order_id=number, token=token),
        ViewAsk(order_id=number, token="x" + token),
        ViewAsk(order_id=uuid4(), user_id=ANA, token=token),
    ]
    answers = await shop.orders.viewable(asks)
    assert [answer for answer in answers if isinstance(answer, Viewable)] == [
        Viewable(may=may) for may in (False, True, False, True, False, False)
    ]
    hour = began.replace(minute=0, second=0, microsecond=0)
    await shop.run("insert into sales_hours (hour, orders, items, sales_minor) values ($1, 3, 4, 5000)", hour)
    sold = await shop.orders.sales(SalesAsk(since=hour))
    assert (sold.orders, sold.sales_minor, sold.currency) == (3, 5_000, "BRL")
    assert (await shop.orders.sales(SalesAsk(since=hour + timedelta(hours=1)))).orders == 0
