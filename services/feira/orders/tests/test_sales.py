"""What was sold: counted as it happens, rebuilt for shops that are older than the counting, shown on the dashboard."""

import asyncio
import random
from datetime import UTC, datetime, timedelta
from typing import Any

from feira.contracts.catalog import SaleFailed
from feira.contracts.payments import PaymentAuthorized, PaymentCaptured, PaymentRefunded, PaymentVoided
from feira.kernel.ids import uuid7
from feira.orders import service_sales
from feira.orders.card import card
from feira.orders.tests.conftest import Shop
from feira.orders.tests.test_afterwards import PENDING, Placed, place

HOUR = timedelta(hours=1)
TRUTH = """select count(*), coalesce(sum((select sum(quantity) from order_lines where order_id = o.id)), 0)::bigint,
                  coalesce(sum(total_minor), 0)::bigint
           from orders o where status in ('confirmed', 'completed')
                           and payment_status in ('captured', 'partially_refunded', 'refunded')"""


async def board(shop: Shop, query: str = "") -> Any:
    reply = await shop.staff("GET", f"/dashboard{query}")
    assert reply.status == 200, reply.raw
    return reply.json


async def check_books(shop: Shop) -> None:
    """The ledger says what the orders say."""
    async with shop.ctx.db.read() as tx:
        truth = tuple(await tx.fetchrow(TRUTH) or ())
        hours = await tx.fetchrow(
            """select coalesce(sum(orders), 0)::bigint, coalesce(sum(items), 0)::bigint,
                      coalesce(sum(sales_minor), 0)::bigint from sales_hours"""
        )
        units = await tx.fetchval("select coalesce(sum(quantity), 0)::bigint from sales_skus")
    assert tuple(hours or ()) == truth
    assert units == truth[1]


def sales(orders: int, items: int, amount: int) -> dict[str, Any]:
    return {"orders": orders, "items": items, "sales": {"amount": amount, "currency": "BRL"}}


async def test_what_was_paid_for_is_sold_until_it_falls(shop: Shop) -> None:
    first, second = await place(shop), await place(shop, lines=[{"sku": "acai", "quantity": 1}])
    assert (await board(shop))["today"] == sales(0, 0, 0)
    capture = PaymentCaptured(**first.facts())
    once = uuid7()
    await shop.hear(capture, capture, ids=[once, once])
    await shop.hear(capture)
    await second.capture()
    found = await board(shop)
    assert found["today"] == sales(2, 3, first.event.total_minor + second.event.total_minor)
    assert found["hours"][-1] == {"at": found["hours"][-1]["at"], **found["today"]}
    shop.orders.ledger._top_until = 0.0
    assert [(top["sku"], top["name"], top["quantity"]) for top in (await board(shop))["top_products"]] == [
        ("mango", "Mango", 2),
        ("acai", "Açaí", 1),
    ]
    await shop.hear(PaymentRefunded(**first.facts(500), refund_id=uuid7()))
    assert (await board(shop))["today"]["orders"] == 2
    assert (await first.cancel()).status == 200
    assert (await first.cancel()).status == 200
    await shop.hear(SaleFailed(order_id=second.id, skus=("acai",), version=1))
    found = await board(shop)
    assert found["today"] == sales(0, 0, 0)
    shop.orders.ledger._top_until = 0.0
    assert (await board(shop))["top_products"] == []
    await check_books(shop)


async def test_news_that_come_in_any_order_count_once(shop: Shop) -> None:
    pending = await place(shop, **PENDING)
    await shop.hear(PaymentAuthorized(**pending.facts()))
    await check_books(shop)
    await pending.capture()
    await shop.events()
    early = await place(shop)
    await shop.hear(PaymentRefunded(**early.facts(), refund_id=uuid7()), PaymentCaptured(**early.facts()))
    void = await place(shop)
    await shop.hear(PaymentVoided(**void.facts()), PaymentCaptured(**void.facts()))
    await shop.events()
    many = [await place(shop) for _ in range(6)]
    await asyncio.gather(*(one.capture() for one in many))
    assert (await board(shop))["today"]["orders"] == 8
    await check_books(shop)


async def test_a_shop_older_than_its_ledger_is_counted_while_it_goes_on(shop: Shop, monkeypatch: Any) -> None:
    monkeypatch.setattr(service_sales, "REBUILT_MAX", 4)
    old = [await place(shop) for _ in range(15)]
    for one in old[::2]:
        await one.capture()
    await shop.run("truncate sales_hours, sales_skus")
    await shop.run("update sales_rebuild set done = false")
    for service in (shop.orders, shop.twin):
        service.ledger._rebuilt = False
    order = random.Random(4).sample(old, len(old))
    rounds = 0
    while await shop.twin.ledger.rebuild():
        rounds += 1
        assert (await board(shop))["rebuilding"] is True
        await change(shop, order[:3])
        order = order[3:]
    assert rounds >= 3
    await change(shop, order)
    await check_books(shop)
    assert (await board(shop))["rebuilding"] is False
    assert await shop.twin.ledger.rebuild() is False
    assert await shop.orders.ledger.rebuild() is False


async def change(shop: Shop, orders: list[Placed]) -> None:
    """Some are captured, some cancelled, at the same time, by two processes."""

    async def capture(one: Placed) -> None:
        await shop.hear_(shop.twin, shop.ctx.db, card, PaymentCaptured(**one.facts()))

    await asyncio.gather(*(one.cancel() if n % 2 else capture(one) for n, one in enumerate(orders)))


async def test_days_begin_where_the_shopkeeper_is(shop: Shop) -> None:
    now = datetime.now(UTC)
    hour = now.replace(minute=0, second=0, microsecond=0)
    rows = [(hour - n * HOUR, n + 1) for n in range(72)]
    for at, orders in rows:
        await shop.run("insert into sales_hours values ($1, $2, 0, 0)", at, orders)
    found = await board(shop, "?hours=3")
    assert [one["orders"] for one in found["hours"]] == [3, 2, 1]
    assert found["hours"][-1]["at"] == hour.isoformat().replace("+00:00", "Z")
    assert len((await board(shop))["hours"]) == 24
    for zone, offset in (("UTC", 0), ("America/Sao_Paulo", -3), ("Asia/Tokyo", 9)):
        found = await board(shop, f"?time_zone={zone}")
        today = (now + offset * HOUR).replace(hour=0, minute=0, second=0, microsecond=0) - offset * HOUR
        assert found["time_zone"] == zone
        assert found["today"]["orders"] == sum(n for at, n in rows if at >= today)
        assert found["yesterday"]["orders"] == sum(n for at, n in rows if today - 24 * HOUR <= at < today)
    assert (await board(shop, "?time_zone=Asia/Kolkata"))["today"]["orders"] > 0
    for query, field in (
        ("time_zone=Mars/Olympus", "time_zone"),
        ("time_zone=%2B1", "time_zone"),
        ("time_zone=Sao_Paulo%2B3", "time_zone"),
        ("time_zone=Foo-5", "time_zone"),
        ("hours=0", "hours"),
    ):
        reply = await shop.staff("GET", f"/dashboard?{query}")
        assert (reply.status, reply.fields) == (422, [field])
    assert (await shop.ask("GET", "/v1/admin/dashboard")).status == 401


async def test_what_sold_long_ago_is_forgotten_by_sku(shop: Shop, monkeypatch: Any) -> None:
    monkeypatch.setattr(service_sales, "FORGOTTEN_MAX", 2)
    old = await place(shop)
    await shop.run("update orders set placed_at = placed_at - interval '40 days' where id = $1", old.id)
    await old.capture()
    assert await shop.value("select count(*) from sales_skus") == 0
    assert await shop.value("select sum(orders) from sales_hours") == 1
    for days in (0, 6, 7, 29, 30, 31, 32):
        await shop.run(
            "insert into sales_skus values (current_date - $1::int, 'mango', 'Mango ' || $1::text, 10, 1)", days
        )
    [top] = (await board(shop))["top_products"]
    assert (top["quantity"], top["name"]) == (20, "Mango 0")
    assert await shop.orders.ledger.forget() is True
    assert await shop.orders.ledger.forget() is False
    assert await shop.value("select count(*) from sales_skus") == 5
