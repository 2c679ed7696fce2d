"""Many orders at once, and gateways that are waited for alone."""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

import pytest
from msgspec.structs import replace

from feira.contracts.orders import OrderPlaced
from feira.contracts.payments import Authorize, Authorized, Declined, PaymentCaptured, PaymentRefunded, Waiting
from feira.payments import service_due, store
from feira.payments.domain import ASKED_S, UNCLAIMED_S
from feira.payments.service import PaymentService
from feira.payments.service_due import release_unclaimed
from feira.payments.service_orders import capture_or_keep
from feira.payments.tests.desk import Desk, MakeDesk, far_away, order_fields


@pytest.fixture(params=["near", "far"])
def where(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def waiting(desk: Desk, asks: Sequence[Authorize]) -> list[UUID]:
    """The payments whose gateways are being asked."""
    return [one.payment_id for one in await desk.service.authorize(asks) if isinstance(one, Waiting)]


@pytest.mark.usefixtures("quick")
async def test_who_waits_for_a_gateway_may_ask_another_process(make_desk: MakeDesk) -> None:
    desk = await make_desk(far_away)
    other = PaymentService(desk.ctx, desk.service.gateways, clock=desk.now)
    asks = [
        Authorize(order_id=uuid4(), amount_minor=7, currency="BRL", method="test", token=token)
        for token in ("tok_ok", "tok_declined", "tok_timeout")
    ]
    begun = await waiting(desk, asks)
    assert len(begun) == 3
    assert await waiting(desk, asks) == begun  # While the gateway is being asked.
    answers = await other.settled(asks)
    assert [type(answer) for answer in answers] == [Authorized, Declined, Authorized]
    joined = await desk.service.settled(asks)
    assert (joined[0], type(joined[1]), joined[2]) == (answers[0], Declined, answers[2])
    paid = Authorized(payment_id=begun[0], status="authorized", amount_minor=7, currency="BRL")
    assert (answers[0], answers[2]) == (paid, replace(paid, payment_id=begun[2], status="pending"))
    assert [type(answer) for answer in await desk.service.authorize(asks)] == [Authorized, Declined, Authorized]
    assert [len(await desk.of_order(ask.order_id)) for ask in asks] == [1, 1, 1]


async def test_who_has_left_is_answered_all_the_same(make_desk: MakeDesk) -> None:
    desk = await make_desk(far_away)
    ask = Authorize(order_id=uuid4(), amount_minor=7, currency="BRL", method="test", token="tok_ok")
    [begun] = await waiting(desk, [ask])
    leaving = asyncio.create_task(desk.service.settled([ask]))
    await asyncio.sleep(0)
    leaving.cancel()
    [answer] = await desk.service.settled([ask])
    assert answer == Authorized(payment_id=begun, status="authorized", amount_minor=7, currency="BRL")


async def test_an_answer_that_cannot_be_recorded_is_found_out_about_later(
    make_desk: MakeDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = await make_desk(far_away)
    ask = Authorize(order_id=uuid4(), amount_minor=7, currency="BRL", method="test", token="tok_ok")

    async def broken(_items: Any) -> Any:
        raise RuntimeError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(desk.service._record, "_run", broken)
        await desk.service.authorize([ask])
        with pytest.raises(RuntimeError, match="disk"):
            await desk.service.settled([ask])
    [payment] = await desk.of_order(ask.order_id)
    assert payment.state == "asked"
    desk.wait(ASKED_S + 1)
    await desk.perform()
    [payment] = await desk.of_order(ask.order_id)
    assert payment.state == "authorized"


async def test_many_orders_are_heard_of_at_once(desk: Desk) -> None:
    """Those that can be captured at once, and those that cannot, in one batch."""
    tokens = ("tok_ok", "tok_ok", "tok_capture_fails", "tok_capture_flaky", "tok_ok", "tok_async")
    orders = [uuid4() for _ in tokens]
    payments = [await desk.authorized(o, token) for o, token in zip(orders, tokens, strict=True)]
    events = [OrderPlaced(**order_fields(payment, o)) for o, payment in zip(orders, payments, strict=True)]
    events[4] = replace(events[4], total_minor=999)
    async with desk.ctx.db.tx() as tx:
        await capture_or_keep(desk.service, tx, events)
    await desk.perform()
    found = [payment for o in orders for payment in await desk.of_order(o)]
    assert [p.state for p in found] == ["captured", "captured", "failed", "authorized", "voided", "pending"]
    assert [p.goal for p in found] == ["capture", "capture", "capture", "capture", "release", "capture"]
    assert all(p.claimed for p in found)
    told = [(type(event), event.version) for event in await desk.said() if event.key == str(orders[0])]
    assert told == [(PaymentCaptured, 1)]
    async with desk.ctx.db.read() as tx:
        [*_, last] = await store.read_journal(tx, payments[0].payment_id, 10)
        assert (last.state, last.goal) == ("captured", "capture")
    await desk.agreed()


async def test_a_refund_that_came_before_its_order_is_made(desk: Desk) -> None:
    order_id, refund_id = uuid4(), uuid4()
    payment = await desk.authorized(order_id)
    await desk.refunded(payment, order_id, 400, refund_id)
    await desk.placed(payment, order_id)
    await desk.perform()
    await desk.perform()
    assert await desk.at_gateway(payment) == ("captured", 400)
    assert [type(event) for event in await desk.said()] == [PaymentCaptured, PaymentRefunded]


async def test_the_walk_along_payments_stops_at_the_young(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_due, "WALK_MAX", 2)
    old = [await desk.authorized(uuid4()) for _ in range(3)]
    desk.wait(UNCLAIMED_S + 1)
    await asyncio.sleep(0.002)  # Ids go by the real clock, which this desk's does not move.
    young = await desk.authorized(uuid4())
    assert await release_unclaimed(desk.service) is True
    assert await release_unclaimed(desk.service) is False
    await desk.perform()
    assert [(await desk.at_gateway(payment))[0] for payment in [*old, young]] == ["voided"] * 3 + ["authorized"]
    desk.wait(UNCLAIMED_S)
    assert await release_unclaimed(desk.service) is False
    await desk.perform()
    assert await desk.at_gateway(young) == ("voided", 0)


async def test_a_buyer_who_pays_for_what_nobody_claimed_has_it_back(make_desk: MakeDesk) -> None:
    desk = await make_desk()
    order_id = uuid4()
    payment = await desk.authorized(order_id, "tok_async")
    desk.wait(UNCLAIMED_S + 1)
    await release_unclaimed(desk.service)
    await desk.perform()
    assert await desk.at_gateway(payment) == ("voided", 0)
    [row] = await desk.of_order(order_id)
    assert (row.state, row.goal) == ("voided", "release")
