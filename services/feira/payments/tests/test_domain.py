"""The rules of payments alone: what each answer and each event makes of a payment."""

from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from feira.contracts.payments import (
    PaymentAuthorized,
    PaymentCaptured,
    PaymentFailed,
    PaymentVoided,
)
from feira.payments.domain import (
    ABSENT_S,
    ATTEMPTS_MAX,
    UNPAID_S,
    Change,
    Happened,
    Payment,
    Plan,
    Refund,
    Told,
    answered,
    cancelled,
    given_up,
    hear,
    hear_refund,
    hinted,
    placed,
    plan,
    release_refund,
    remaining_minor,
    step,
    wanted_refund,
)

Luck = Literal["well", "down", "lost", "unheard"]
START = datetime(2025, 1, 1, tzinfo=UTC)
RANK = {"asked": 0, "pending": 1, "authorized": 2, "voided": 3, "failed": 3, "captured": 4}


def a_payment(**changes: Any) -> Payment:
    return replace(
        Payment(
            id=uuid4(),
            order_id=uuid4(),
            attempt=1,
            method="test",
            amount_minor=1_000,
            currency="BRL",
            token_digest=b"digest",
            created_at=START,
        ),
        **changes,
    )


def test_plan_of_a_first_ask() -> None:
    assert plan([], 1_000, "BRL", "test", b"digest") == (Plan.NEW, None)


@pytest.mark.parametrize("state", ["pending", "authorized", "captured"])
def test_plan_of_a_repeated_ask(state: Any) -> None:
    payment = a_payment(state=state)
    assert plan([payment], 1_000, "BRL", "test", b"digest") == (Plan.ANSWERED, payment)
    assert plan([payment], 1_000, "BRL", "test", b"another") == (Plan.ANSWERED, payment)
    assert plan([payment], 999, "BRL", "test", b"digest") == (Plan.NEW, None)
    assert plan([payment], 1_000, "EUR", "test", b"digest") == (Plan.NEW, None)
    assert plan([replace(payment, claimed=True)], 999, "BRL", "test", b"digest") == (Plan.STANDS, None)


def test_plan_after_an_answer_that_was_never_heard() -> None:
    payment = a_payment()
    assert plan([payment], 1_000, "BRL", "test", b"digest") == (Plan.AGAIN, payment)
    assert plan([payment], 1_000, "BRL", "test", b"another") == (Plan.ANSWERED, payment)


def test_plan_after_a_decline() -> None:
    declined = a_payment(state="failed", reason="declined")
    assert plan([declined], 1_000, "BRL", "test", b"digest") == (Plan.DECLINED, declined)
    assert plan([declined], 1_000, "BRL", "test", b"another") == (Plan.NEW, None)
    assert plan([declined], 999, "BRL", "test", b"digest") == (Plan.NEW, None)
    failed = a_payment(state="failed", reason="gateway_error")
    assert plan([failed], 1_000, "BRL", "test", b"digest") == (Plan.NEW, None)
    many = [replace(declined, attempt=n) for n in range(ATTEMPTS_MAX)]
    assert plan(many, 1_000, "BRL", "test", b"another") == (Plan.DECLINED, None)


def test_the_first_answer() -> None:
    payment = a_payment()
    assert answered(payment, Told("authorized"), START).payment.state == "authorized"
    assert answered(payment, Told("failed", reason="declined"), START).payment.reason == "declined"
    assert answered(payment, Told("down"), START).payment.reason == "gateway_error"
    lost = answered(payment, Told("lost"), START).payment
    assert lost.state == "pending"
    assert lost.due_at is not None
    settled = a_payment(state="captured")
    assert answered(settled, Told("lost"), START).payment.state == "captured"


def test_a_charge_that_was_never_made_fails_within_a_minute() -> None:
    payment = a_payment(state="pending", goal="keep", claimed=True, due_at=START)
    while payment.state == "pending":
        assert payment.due_at is not None
        change = hear(payment, "find", Told("absent"), payment.due_at)
        payment = change.payment
    assert payment.due_at is not None
    assert payment.due_at <= START + timedelta(seconds=ABSENT_S + 1)
    assert [type(event) for event in change.events] == [PaymentFailed]
    assert step(payment) == "void"  # Should it arrive yet, it is not wanted.
    swept = hear(payment, "void", Told("absent"), START + timedelta(seconds=60)).payment
    assert swept.due_at is not None
    assert hear(payment, "void", Told("absent"), START + timedelta(hours=1)).payment.due_at is None


def test_a_buyer_has_fifteen_minutes() -> None:
    payment = a_payment(state="pending", claimed=True, due_at=START)
    for _ in range(100):
        assert payment.due_at is not None
        if payment.goal == "expire":
            break
        payment = hear(payment, "find", Told("pending"), payment.due_at).payment
    assert payment.due_at == START + timedelta(seconds=UNPAID_S)
    assert step(payment) == "void"
    change = hear(payment, "void", Told("voided"), START + timedelta(seconds=UNPAID_S))
    assert change.payment.state == "failed"
    [event] = change.events
    assert isinstance(event, PaymentFailed)
    assert event.reason == "unpaid"


def test_a_buyer_who_paid_in_the_last_moment_has_paid() -> None:
    payment = a_payment(state="pending", goal="expire", claimed=True)
    change = hear(payment, "void", Told("captured"), START)
    assert change.payment.goal == "keep"
    assert [type(event) for event in change.events] == [PaymentAuthorized, PaymentCaptured]


def test_money_that_arrives_after_the_end_goes_back() -> None:
    payment = a_payment(state="failed", claimed=True, reason="unpaid")
    hinted_at = hinted(payment, START).payment
    assert step(hinted_at) == "void"
    assert hear(hinted_at, "void", Told("authorized"), START).payment.sweep
    change = hear(hinted_at, "void", Told("captured"), START)
    assert (change.payment.state, change.payment.goal) == ("captured", "release")
    refund = release_refund(change.payment, [], START)
    assert refund is not None
    assert refund.amount_minor == 1_000
    again = release_refund(change.payment, [refund], START)
    assert again is None


@pytest.mark.parametrize("state", ["voided", "failed", "absent"])
def test_an_authorisation_that_lapses_fails_its_order(state: Any) -> None:
    change = hear(a_payment(state="authorized", goal="capture", claimed=True), "capture", Told(state), START)
    assert change.payment.state == "failed"
    assert [type(event) for event in change.events] == [PaymentFailed]


def test_a_capture_that_is_refused_for_good() -> None:
    change = hear(a_payment(state="authorized", goal="capture", claimed=True), "capture", Told("refused"), START)
    assert (change.payment.state, change.payment.sweep) == ("failed", True)
    assert [type(event) for event in change.events] == [PaymentFailed]


def test_what_changes_nothing() -> None:
    captured = a_payment(state="captured", claimed=True, goal="capture")
    assert hear(captured, "find", Told("voided"), START).payment == captured
    assert hinted(captured, START).payment == captured
    authorized = a_payment(state="authorized", claimed=True, goal="capture", due_at=START)
    assert hear(authorized, "find", Told("authorized"), START).payment == authorized
    assert given_up(authorized, START).payment == authorized
    fallen = a_payment(state="authorized", claimed=True, goal="release")
    stands = placed(fallen, confirmed=True, total_minor=1_000, currency="BRL", now=START)
    assert stands == Change(fallen)


@pytest.mark.parametrize(("total", "currency"), [(999, "BRL"), (1_000, "EUR")])
def test_an_order_of_another_amount_gets_no_money(total: int, currency: str) -> None:
    change = placed(a_payment(state="authorized"), confirmed=True, total_minor=total, currency=currency, now=START)
    assert change.payment.goal == "release"
    [event] = change.events
    assert isinstance(event, PaymentFailed)
    assert event.reason == "amount_mismatch"


def test_an_order_that_comes_late_is_told_what_became_of_its_money() -> None:
    def of(state: str, *, confirmed: bool, goal: str = "keep") -> list[type[Happened]]:
        payment = a_payment(state=state, goal=goal)
        change = placed(payment, confirmed=confirmed, total_minor=1_000, currency="BRL", now=START)
        return [type(event) for event in change.events]

    assert of("authorized", confirmed=False) == [PaymentAuthorized]
    assert of("captured", confirmed=False) == [PaymentAuthorized, PaymentCaptured]
    assert of("captured", confirmed=True) == [PaymentCaptured]
    assert of("voided", confirmed=True) == [PaymentFailed]
    assert of("captured", confirmed=True, goal="release") == [PaymentFailed]
    rescued = placed(
        a_payment(state="authorized", goal="release"), confirmed=True, total_minor=1_000, currency="BRL", now=START
    )
    assert rescued.payment.goal == "capture"


def test_a_void_that_nobody_was_told_of_is_told_when_the_order_falls() -> None:
    change = cancelled(a_payment(state="voided", goal="release"), uuid4(), START)
    assert [type(event) for event in change.events] == [PaymentVoided]
    assert cancelled(change.payment, uuid4(), START).events == ()


@given(parts=st.lists(st.integers(1, 1_200), max_size=12))
def test_refunds_never_pass_what_was_captured(parts: list[int]) -> None:
    payment, refunds = a_payment(state="captured", claimed=True), list[Refund]()
    for part in parts:
        refund = wanted_refund(payment, refunds, uuid4(), part, START)
        if refund is not None:
            refunds.append(refund)
    left = remaining_minor(payment, refunds)
    assert left == max(0, 1_000 - sum(parts))
    whole = release_refund(replace(payment, goal="release"), refunds, START)
    assert (whole.amount_minor if whole else 0) == left


def test_a_refund_that_is_asked_for_twice_is_one() -> None:
    payment, name = a_payment(state="captured"), uuid4()
    first = wanted_refund(payment, [], name, 400, START)
    assert first is not None
    assert wanted_refund(payment, [first], name, 400, START) is None
    done, after, events = hear_refund(payment, first, Told("refunded"), START)
    assert (done.state, after.refunded_minor, len(events)) == ("done", 400, 1)
    assert hear_refund(after, done, Told("refunded"), START) == (done, after, ())
    refused, _, _ = hear_refund(payment, first, Told("refused", reason="closed"), START)
    assert (refused.state, refused.reason) == ("refused", "closed")
    later, _, _ = hear_refund(payment, first, Told("down"), START)
    assert later.due_at is not None
    assert later.due_at > START


def test_a_release_without_an_order_names_its_refund_by_the_payment() -> None:
    payment = a_payment(state="captured", goal="release", id=UUID(int=7))
    one, two = release_refund(payment, [], START), release_refund(payment, [], START)
    assert one is not None
    assert one == two
