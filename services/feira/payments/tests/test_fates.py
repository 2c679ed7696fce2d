"""What becomes of payments on a real database: lost answers, late buyers, cancelled orders, refunds."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from feira.contracts.payments import (
    Authorized,
    PaymentAuthorized,
    PaymentCaptured,
    PaymentFailed,
    PaymentRefunded,
    PaymentVoided,
)
from feira.payments import gateway, store
from feira.payments.domain import Told
from feira.payments.gateway import Charge
from feira.payments.service_books import reconcile
from feira.payments.service_webhooks import send_outcome
from feira.payments.tests.desk import Desk, MakeDesk, far_away


@pytest.fixture(params=["near", "far"])
def where(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.usefixtures("quick")
async def test_an_answer_that_is_lost_is_found_again(desk: Desk) -> None:
    order_id = uuid4()
    payment = await desk.authorized(order_id, "tok_timeout")
    assert payment.status == "pending"
    assert await desk.ask("tok_timeout", order_id=order_id) == payment
    await desk.placed(payment, order_id, "pending")
    desk.wait(5)
    await desk.perform()
    [event] = await desk.said()
    assert isinstance(event, PaymentAuthorized)
    await desk.confirmed(payment, order_id)
    await desk.perform()
    assert [type(event) for event in await desk.said()] == [PaymentCaptured]
    await desk.agreed()


@pytest.mark.usefixtures("quick")
async def test_a_gateway_that_hangs_fails_the_payment_within_a_minute(desk: Desk) -> None:
    order_id = uuid4()
    payment = await desk.authorized(order_id, "tok_hang")
    assert payment.status == "pending"
    await desk.placed(payment, order_id, "pending")
    for _ in range(11):
        desk.wait(5)
        await desk.perform()
    [event] = await desk.said()
    assert isinstance(event, PaymentFailed)
    assert event.reason == "lost"
    assert (await desk.at_gateway(payment))[0] in {"none", "voided"}


async def test_a_gateway_that_hangs_keeps_nobody_else_waiting(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway, "AUTHORIZE_TIMEOUT_S", 60.0)
    hanging = [asyncio.create_task(desk.ask("tok_hang")) for _ in range(10)]
    await asyncio.sleep(0.05)
    assert isinstance(await desk.ask(), Authorized)
    assert not any(task.done() for task in hanging)
    for task in hanging:
        task.cancel()
    await asyncio.wait(hanging)


@pytest.mark.usefixtures("quick")
async def test_a_crash_after_the_gateway_was_asked(desk: Desk) -> None:
    order_id = uuid4()
    task = asyncio.create_task(desk.ask("tok_timeout", order_id=order_id))
    await asyncio.sleep(0.1)
    task.cancel()
    [payment] = await desk.of_order(order_id)
    assert payment.state == "asked"
    answer = await desk.authorized(order_id, "tok_timeout")  # The retry: the same reference.
    assert answer.payment_id == payment.id
    desk.wait(60)
    await desk.perform()
    [payment] = await desk.of_order(order_id)
    assert payment.state == "authorized"
    await desk.agreed()


async def test_a_buyer_pays_later(desk: Desk) -> None:
    order_id = uuid4()
    payment = await desk.authorized(order_id, "tok_async")
    assert payment.status == "pending"
    await desk.placed(payment, order_id, "pending")
    await desk.perform()
    assert await desk.said() == []
    if desk.is_far:
        async with desk.ctx.db.tx() as tx:
            await tx.execute("update test_gateway_charge set state = 'authorized'")
    await send_outcome(desk.service, order_id, "paid")
    await desk.perform()
    assert [type(event) for event in await desk.said()] == [PaymentAuthorized]
    await desk.confirmed(payment, order_id)
    await desk.perform()
    assert [type(event) for event in await desk.said()] == [PaymentCaptured]
    await desk.agreed()


async def test_a_buyer_who_never_pays(desk: Desk) -> None:
    order_id = uuid4()
    payment = await desk.authorized(order_id, "tok_async")
    await desk.placed(payment, order_id, "pending")
    for _ in range(14):
        desk.wait(60)
        await desk.perform()
    assert await desk.said() == []
    desk.wait(90)
    await desk.perform()
    [event] = await desk.said()
    assert isinstance(event, PaymentFailed)
    assert event.reason == "unpaid"
    assert await desk.at_gateway(payment) == ("voided", 0)
    await desk.cancelled(payment, order_id)
    await desk.perform()
    assert await desk.said() == []


async def test_cancelled_while_pending(desk: Desk) -> None:
    order_id = uuid4()
    payment = await desk.authorized(order_id, "tok_async")
    await desk.placed(payment, order_id, "pending")
    await desk.cancelled(payment, order_id)
    await desk.perform()
    assert await desk.at_gateway(payment) == ("voided", 0)
    assert [type(event) for event in await desk.said()] == [PaymentVoided]


async def test_cancelled_before_the_capture(desk: Desk) -> None:
    order_id = uuid4()
    payment = await desk.authorized(order_id)
    await desk.placed(payment, order_id)
    await desk.cancelled(payment, order_id)
    await desk.perform()
    if desk.is_far:
        assert await desk.at_gateway(payment) == ("voided", 0)
        assert [type(event) for event in await desk.said()] == [PaymentVoided]
    else:  # It was captured as the order was heard of.
        assert await desk.at_gateway(payment) == ("captured", 1_000)
        assert [type(event) for event in await desk.said()] == [PaymentCaptured, PaymentRefunded]


async def test_cancelled_after_the_capture_and_a_partial_refund(desk: Desk) -> None:
    order_id, refund_id = uuid4(), uuid4()
    payment = await desk.authorized(order_id)
    await desk.placed(payment, order_id)
    await desk.perform()
    await desk.refunded(payment, order_id, 333)
    await desk.perform()
    await desk.cancelled(payment, order_id, refund_id)
    await desk.perform()
    assert await desk.at_gateway(payment) == ("captured", 1_000)
    captured, first, second = await desk.said()
    assert isinstance(captured, PaymentCaptured)
    assert isinstance(first, PaymentRefunded)
    assert isinstance(second, PaymentRefunded)
    assert (first.amount_minor, second.amount_minor, second.refund_id) == (333, 667, refund_id)
    assert [event.version for event in (captured, first, second)] == [1, 2, 3]
    [balance] = await desk.service.balance()
    assert balance.captured_minor == balance.refunded_minor == 1_000
    await desk.agreed()


async def test_cancelled_while_the_capture_is_under_way(make_desk: MakeDesk) -> None:
    desk = await make_desk(far_away)
    order_id = uuid4()
    payment = await desk.authorized(order_id)
    await desk.placed(payment, order_id)
    far: Any = desk.service.gateways["test"]
    capture, begun, may_go_on = far.capture, asyncio.Event(), asyncio.Event()

    async def slowly(charge: Charge) -> Told:
        begun.set()
        await may_go_on.wait()
        told: Told = await capture(charge)
        return told

    far.capture = slowly
    performing = asyncio.create_task(desk.perform())
    await begun.wait()
    await desk.cancelled(payment, order_id)
    may_go_on.set()
    await performing
    assert await desk.at_gateway(payment) == ("captured", 1_000)
    assert [type(event) for event in await desk.said()] == [PaymentCaptured, PaymentRefunded]


async def test_refunds_never_pass_what_was_captured(desk: Desk) -> None:
    order_id, refund_id = uuid4(), uuid4()
    payment = await desk.authorized(order_id)
    await desk.placed(payment, order_id)
    await desk.refunded(payment, order_id, 400, refund_id)  # It waits for the capture.
    await desk.perform()
    await desk.perform()
    await desk.refunded(payment, order_id, 400, refund_id)  # The same again.
    for amount in (400, 400, 400):
        await desk.refunded(payment, order_id, amount)
    await desk.perform()
    refunds = [event for event in await desk.said() if isinstance(event, PaymentRefunded)]
    assert [refund.amount_minor for refund in refunds] == [400, 400, 200]
    assert await desk.at_gateway(payment) == ("captured", 1_000)


async def test_a_capture_that_is_refused_for_good(desk: Desk) -> None:
    order_id = uuid4()
    payment = await desk.authorized(order_id, "tok_capture_fails")
    await desk.placed(payment, order_id)
    await desk.refunded(payment, order_id, 100)
    await desk.perform()
    [event] = await desk.said()
    assert isinstance(event, PaymentFailed)
    assert event.reason == "capture_refused"
    assert await desk.at_gateway(payment) == ("voided", 0)
    await desk.cancelled(payment, order_id)
    await desk.perform()
    assert await desk.said() == []
    async with desk.ctx.db.read() as tx:  # Nothing was left to give back when it was asked for, or when it was due.
        assert await tx.fetchval("select state from refunds") == ("moot" if desk.is_far else None)


async def test_a_capture_that_fails_twice_works_at_last(desk: Desk) -> None:
    order_id = uuid4()
    payment = await desk.authorized(order_id, "tok_capture_flaky")
    await desk.placed(payment, order_id)
    await desk.perform()
    assert await desk.said() == []
    for _ in range(2):
        desk.wait(5)
        await desk.perform()
    assert [type(event) for event in await desk.said()] == [PaymentCaptured]
    async with desk.ctx.db.read() as tx:
        journal = await store.read_journal(tx, payment.payment_id, 10)
    assert [entry.state for entry in journal][-1] == "captured"


async def test_a_refund_that_the_gateway_refuses(desk: Desk) -> None:
    order_id = uuid4()
    payment = await desk.authorized(order_id)
    await desk.placed(payment, order_id)
    await desk.perform()
    async with desk.ctx.db.tx() as tx:
        await tx.execute("update test_gateway_charge set state = 'failed'")
    await desk.refunded(payment, order_id, 100)
    [mismatch] = [one async for one in reconcile(desk.service)]
    assert mismatch.settling == desk.is_far
    await desk.perform()
    assert [type(event) for event in await desk.said()] == [PaymentCaptured]
    async with desk.ctx.db.read() as tx:
        assert await tx.fetchval("select state from refunds") == "refused"
    [mismatch] = [one async for one in reconcile(desk.service)]
    assert (mismatch.ours, mismatch.theirs, mismatch.settling) == ("captured 1000 BRL", "none", False)


async def test_a_payment_that_cannot_be_dealt_with_stops_no_other(make_desk: MakeDesk) -> None:
    desk = await make_desk(far_away)
    orders = [uuid4() for _ in range(9)]
    payments = [await desk.authorized(order_id) for order_id in orders]
    for order_id, payment in zip(orders, payments, strict=True):
        await desk.placed(payment, order_id)
    async with desk.ctx.db.tx() as tx:  # Something that no rule of ours would do.
        await tx.execute(
            f"alter table payments add constraint odd check (state <> 'captured' or id <> '{payments[4].payment_id}')"
        )
    await desk.perform()
    assert [p.state for order_id in orders for p in await desk.of_order(order_id)].count("captured") == 8
    async with desk.ctx.db.tx() as tx:
        await tx.execute("alter table payments drop constraint odd")
    desk.wait(600)
    await desk.perform()
    await desk.agreed()
    assert len(await desk.said()) == 9
