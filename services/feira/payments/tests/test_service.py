"""Payments on a real database: money is set aside, taken and given back, once, whatever happens."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest
from msgspec.structs import replace

from feira.contracts.payments import (
    Authorize,
    Authorized,
    Declined,
    GatewayFailed,
    HistoryAsk,
    MethodsAsk,
    OrderStands,
    PaymentAuthorized,
    PaymentCaptured,
    PaymentFailed,
    PaymentRefunded,
    PaymentVoided,
    Waiting,
)
from feira.kernel.card import Context
from feira.kernel.errors import Invalid, Overloaded
from feira.payments import gateway, service
from feira.payments.card import card, gauges
from feira.payments.domain import Told
from feira.payments.gateway import Calls, Charge
from feira.payments.gateways.nothing import NothingToPay
from feira.payments.service import PaymentService
from feira.payments.service_changes import MONEY
from feira.payments.service_due import release_unclaimed
from feira.payments.tests.desk import Desk, MakeDesk, far_away


@pytest.fixture(params=["near", "far"])
def where(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def test_an_order_is_paid(desk: Desk) -> None:
    order_id = uuid4()
    payment = await desk.authorized(order_id)
    assert payment.status == "authorized"
    assert await desk.at_gateway(payment) == ("authorized", 0)
    await desk.placed(payment, order_id)
    await desk.perform()
    assert await desk.at_gateway(payment) == ("captured", 0)
    [event] = await desk.said()
    assert event == PaymentCaptured(
        version=1, order_id=order_id, payment_id=payment.payment_id, amount_minor=1_000, currency="BRL"
    )
    [balance] = await desk.service.balance()
    assert (balance.currency, balance.captured_minor, balance.refunded_minor) == ("BRL", 1_000, 0)
    steps = (await desk.service.history(HistoryAsk(payment_id=payment.payment_id))).steps
    assert steps[-1].state == "captured"
    assert (await desk.service.history(HistoryAsk(payment_id=uuid4()))).steps == ()
    await desk.agreed()


async def test_the_ways_to_pay_are_told(desk: Desk) -> None:
    [method] = (await desk.service.methods(MethodsAsk())).methods
    assert (method.id, set(method.names)) == ("test", {"en", "pt-BR"})
    assert all(desk.service.gateways["test"].fault_of(one.token) is None for one in method.tokens)
    production = Context(
        db=desk.ctx.db, settings=replace(desk.ctx.settings, production=True), wake=desk.ctx.wake, log=desk.ctx.log
    )
    assert (await PaymentService(production).methods(MethodsAsk())).methods == ()


async def test_the_same_ask_gets_the_same_answer(desk: Desk) -> None:
    order_id = uuid4()
    answers = await asyncio.gather(*[desk.authorized(order_id) for _ in range(20)])
    assert len({answer.payment_id for answer in answers}) == 1
    assert await desk.authorized(order_id) == answers[0]
    assert len(await desk.of_order(order_id)) == 1


async def test_two_processes_asking_for_one_order_take_its_money_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway, "AUTHORIZE_TIMEOUT_S", 60.0)  # What is tested is not the speed.
    others = [PaymentService(desk.ctx, desk.service.gateways) for _ in range(4)]
    orders = [uuid4() for _ in range(30)]
    asks = [Authorize(order_id=o, amount_minor=500, currency="BRL", method="test", token="tok_ok") for o in orders]
    answers = await asyncio.gather(*[one.authorize(asks) for one in others])
    for of_order in zip(*answers, strict=True):
        assert len({answer.payment_id for answer in of_order}) == 1
    async with desk.ctx.db.read() as tx:
        assert await tx.fetchval("select count(*) from test_gateway_charge") == 30


@pytest.mark.parametrize(
    ("token", "reason"), [("tok_declined", "declined"), ("tok_insufficient_funds", "insufficient_funds")]
)
async def test_a_decline(desk: Desk, token: str, reason: str) -> None:
    order_id = uuid4()
    for _ in range(2):
        answer = await desk.ask(token, order_id=order_id)
        assert isinstance(answer, Declined)
        assert answer.extra == {"reason": reason}
    payment = await desk.authorized(order_id)
    await desk.placed(payment, order_id)
    await desk.perform()
    assert await desk.at_gateway(payment) == ("captured", 0)
    assert [p.state for p in await desk.of_order(order_id)] == ["failed", "captured"]


async def test_a_failing_gateway_holds_nothing_and_may_be_asked_again(desk: Desk) -> None:
    order_id = uuid4()
    assert isinstance(await desk.ask("tok_error", order_id=order_id), GatewayFailed)
    assert isinstance(await desk.ask("tok_error", order_id=order_id), GatewayFailed)
    await desk.perform()
    for payment in await desk.of_order(order_id):
        assert (payment.state, payment.sweep) == ("failed", False)
        assert (await desk.at_gateway(payment))[0] in {"none", "voided"}
    assert await desk.said() == []


async def test_what_is_not_offered_is_refused(desk: Desk) -> None:
    for method, token, amount in (("stripe", "tok_ok", 1), ("test", "tok_what", 1), ("test", "t" * 999, 1)):
        ask = Authorize(order_id=uuid4(), amount_minor=amount, currency="BRL", method=method, token=token)
        [answer] = await desk.service.authorize([ask])
        assert isinstance(answer, Invalid)
    for amount in (-1, 2**60):
        assert isinstance(await desk.ask(amount=amount), Invalid)


async def test_bad_asks_do_not_touch_their_neighbours(desk: Desk) -> None:
    asks = [
        Authorize(order_id=uuid4(), amount_minor=7, currency="BRL", method="test", token=token)
        for token in ("tok_ok", "tok_declined", "tok_what", "tok_error", "tok_async")
    ]
    begun = [type(answer) for answer in await desk.service.authorize(asks)]
    if desk.is_far:
        assert begun == [Waiting, Waiting, Invalid, Waiting, Waiting]
    else:
        assert begun == [Authorized, Declined, Invalid, Waiting, Authorized]
    answers = await desk.service.settled(asks)
    assert [type(answer) for answer in answers] == [Authorized, Declined, Invalid, GatewayFailed, Authorized]


async def test_another_amount_voids_the_former(desk: Desk) -> None:
    order_id = uuid4()
    first = await desk.authorized(order_id)
    second = await desk.authorized(order_id, amount=900)
    assert second.payment_id != first.payment_id
    assert second.amount_minor == 900
    await desk.perform()
    assert await desk.at_gateway(first) == ("voided", 0)
    assert await desk.at_gateway(second) == ("authorized", 0)
    assert await desk.said() == []
    await desk.placed(second, order_id)
    assert isinstance(await desk.ask(order_id=order_id, amount=1), OrderStands)
    await desk.perform()
    assert [type(event) for event in await desk.said()] == [PaymentCaptured]
    await desk.agreed()


async def test_different_asks_for_one_order_at_once_leave_one_payment(desk: Desk) -> None:
    order_id = uuid4()
    answers = await asyncio.gather(*[desk.authorized(order_id, amount=amount) for amount in (1, 2, 3, 1)])
    assert [answer.amount_minor for answer in answers] == [1, 2, 3, 1]
    await desk.perform()
    live = [p for p in await desk.of_order(order_id) if p.state == "authorized"]
    assert len(live) == 1
    await desk.agreed()


async def test_a_checkout_that_came_to_nothing_gives_its_money_back(desk: Desk) -> None:
    order_id = uuid4()
    payment = await desk.authorized(order_id)
    assert await desk.voided(order_id, payment.payment_id)
    assert not await desk.voided(order_id, payment.payment_id)
    assert not await desk.voided(uuid4(), uuid4())
    await desk.perform()
    assert await desk.at_gateway(payment) == ("voided", 0)
    again = await desk.authorized(order_id)
    assert again.payment_id != payment.payment_id


async def test_an_order_that_stands_keeps_its_money(desk: Desk) -> None:
    order_id = uuid4()
    payment = await desk.authorized(order_id)
    await desk.placed(payment, order_id)
    assert not await desk.voided(order_id, payment.payment_id)
    await desk.perform()
    assert await desk.at_gateway(payment) == ("captured", 0)


async def test_money_that_no_order_claims_goes_back(desk: Desk) -> None:
    order_id, claimed_id = uuid4(), uuid4()
    payment, claimed = await desk.authorized(order_id), await desk.authorized(claimed_id)
    await desk.placed(claimed, claimed_id, "pending")
    desk.wait(19 * 60)
    await release_unclaimed(desk.service)
    await desk.perform()
    assert await desk.at_gateway(payment) == ("authorized", 0)
    desk.wait(2 * 60)
    await release_unclaimed(desk.service)
    await desk.perform()
    assert await desk.at_gateway(payment) == ("voided", 0)
    assert await desk.at_gateway(claimed) == ("authorized", 0)
    assert [type(event) for event in await desk.said()] == [PaymentAuthorized]
    await desk.placed(payment, order_id)
    [event] = await desk.said()
    assert isinstance(event, PaymentFailed)


async def test_nothing_is_called_unclaimed_shortly_after_a_start(desk: Desk) -> None:
    order_id = uuid4()
    payment = await desk.authorized(order_id)
    desk.wait(3_600)
    late = PaymentService(desk.ctx, clock=desk.now)
    assert await release_unclaimed(late) is False
    await desk.perform()
    assert await desk.at_gateway(payment) == ("authorized", 0)


@pytest.mark.parametrize(("amount", "currency"), [(80, "JPY"), (1_000, "KWD"), (2**53 - 1, "BRL"), (1, "CLF")])
async def test_amounts_are_minor_units_and_nothing_else(desk: Desk, amount: int, currency: str) -> None:
    order_id = uuid4()
    answer = await desk.authorized(order_id, amount=amount, currency=currency)
    assert (answer.amount_minor, answer.currency) == (amount, currency)
    await desk.placed(answer, order_id)
    await desk.perform()
    async with desk.ctx.db.read() as tx:
        [row] = await tx.fetch("select amount_minor, currency, state from test_gateway_charge")
    assert tuple(row) == (amount, currency, "captured")


async def test_what_costs_nothing_asks_no_gateway(desk: Desk) -> None:
    order_id = uuid4()
    payment = await desk.authorized(order_id, "tok_declined", amount=0)
    await desk.placed(payment, order_id)
    await desk.perform()
    assert [type(event) for event in await desk.said()] == [PaymentCaptured]
    await desk.refunded(payment, order_id, 0)
    await desk.cancelled(payment, order_id)
    await desk.perform()
    assert await desk.said() == []
    assert await desk.at_gateway(payment) == ("none", 0)
    nothing: Any = None
    await NothingToPay().learn(nothing, nothing)


async def test_events_that_are_told_twice_have_one_effect(desk: Desk) -> None:
    order_id = uuid4()
    payment = await desk.authorized(order_id)
    for _ in range(2):  # Two ids: the second is a new event that says the same.
        await desk.placed(payment, order_id)
        await desk.cancelled(payment, order_id)
        await desk.perform()
    once, *again = [type(event) for event in await desk.said()]
    if desk.is_far:
        assert (once, again) == (PaymentVoided, [])
    else:
        assert (once, again) == (PaymentCaptured, [PaymentRefunded])


async def test_a_payment_that_is_not_ours_is_a_bug_that_shows(desk: Desk) -> None:
    payment = Authorized(payment_id=uuid4(), status="authorized", amount_minor=1, currency="BRL")
    with pytest.raises(KeyError):
        await desk.placed(payment, uuid4())


async def test_many_at_once(desk: Desk) -> None:
    orders = [uuid4() for _ in range(300)]
    payments = await asyncio.gather(*[desk.authorized(order_id) for order_id in orders])
    for order_id, payment in zip(orders, payments, strict=True):
        await desk.placed(payment, order_id)
    await desk.perform()
    [balance] = await desk.service.balance()
    assert balance.captured_minor == 300_000
    assert len(await desk.said()) == 300
    await desk.agreed()


async def test_the_gateway_being_taken_away(make_desk: MakeDesk) -> None:
    desk = await make_desk()
    order_id = uuid4()
    payment = await desk.authorized(order_id)
    without = PaymentService(desk.ctx, {}, clock=desk.now)
    desk.service, kept = without, desk.service
    await desk.placed(payment, order_id)
    await desk.perform()
    assert await desk.at_gateway(payment) == ("authorized", 0)
    desk.service = kept
    desk.wait(60)
    await desk.perform()
    assert await desk.at_gateway(payment) == ("captured", 0)


async def test_an_adapter_that_raises_has_lost_its_answer(make_desk: MakeDesk) -> None:
    desk = await make_desk(far_away)

    async def broken(charge: Charge, token: str) -> Told:
        raise OSError("no route")

    far: Any = desk.service.gateways["test"]
    far.authorize = broken
    assert (await desk.authorized(uuid4())).status == "pending"


async def test_when_too_many_wait_for_the_gateway_the_next_is_told_so(
    make_desk: MakeDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = await make_desk()
    monkeypatch.setattr(service, "WAITING_MAX", 0)
    assert isinstance(await desk.ask(), Overloaded)


@pytest.mark.usefixtures("quick")
async def test_who_finds_no_place_in_time_has_asked_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway, "CALLS_MAX", 1)

    class Hanging:
        async def authorize(self, _charge: Charge, _token: str) -> Told:
            await asyncio.sleep(5)
            raise AssertionError

    hanging: Any = Hanging()
    calls = Calls({"test": hanging})
    charge = gateway.Charge(reference=UUID(int=1), amount_minor=1, currency="BRL")
    told = await asyncio.gather(*[calls.authorize("test", charge, "t") for _ in range(2)])
    assert sorted(one.state for one in told) == ["down", "lost"]


async def test_money_is_counted(desk: Desk) -> None:
    def counted() -> dict[str, float]:
        return {what: MONEY.labels(what, "BRL")._value.get() for what in ("captured", "refunded")}

    async def due() -> dict[str, float]:
        return {gauge.name: gauge.value for gauge in await gauges(desk.service)}

    before = counted()
    order_id = uuid4()
    payment = await desk.authorized(order_id)
    await desk.placed(payment, order_id)
    await desk.perform()
    assert await due() == {"feira_payments_due": 0, "feira_refunds_due": 0}
    await desk.cancelled(payment, order_id)
    await desk.perform()
    moved = {what: minor - before[what] for what, minor in counted().items()}
    assert moved == {"captured": 1_000, "refunded": 1_000}


def test_the_card_names_its_contract() -> None:
    assert card.provides is not None
    assert [job.name for job in card.jobs] == ["perform", "release_unclaimed"]
