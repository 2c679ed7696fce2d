"""The rules of payments alone: whatever happens in whatever order, the money ends where the order's fate wants it."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Literal
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from msgspec.structs import replace

from feira.contracts.payments import (
    PaymentAuthorized,
    PaymentCaptured,
    PaymentFailed,
    PaymentRefunded,
    PaymentVoided,
)
from feira.payments.domain import (
    ABSENT_S,
    ATTEMPTS_MAX,
    OVER,
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
from feira.payments.gateway import Ask, ask_of, ask_of_refund
from feira.payments.gateways.test import Entry, act, first_entry

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


@dataclass
class World:
    """One payment, its gateway's book, and its order, which tells of its fate by events."""

    token: str
    payment: Payment = field(default_factory=a_payment)
    entry: Entry | None = None
    refunds: list[Refund] = field(default_factory=list)
    now: datetime = START
    said: list[Happened] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)

    def apply(self, change: Change) -> None:
        assert RANK[change.payment.state] >= RANK[self.payment.state], "a state went back"
        self.payment = change.payment
        self.said += change.events
        refund = release_refund(self.payment, self.refunds, self.now)
        if refund is not None:
            self.refunds.append(refund)
        for place, one in enumerate(self.refunds):  # What the store does when a payment is captured or falls.
            if one.state == "wanted" and one.due_at is None and self.payment.state == "captured":
                self.refunds[place] = replace(one, due_at=self.now)
            if one.state == "wanted" and one.due_at is None and self.payment.state in OVER:
                self.refunds[place] = replace(one, state="moot")

    def ask(self, ask: Ask, luck: Luck) -> Told | None:
        """The gateway does what it is asked, unless it is down; its answer may be lost, or we die before it comes."""
        if luck == "down":
            return Told("down")
        if ask.verb in {"authorize", "void"} and self.entry is None:
            self.entry = first_entry(ask)
        self.entry, told = act(self.entry, ask)
        return {"well": told, "lost": Told("lost"), "unheard": None}[luck]

    def authorize(self, luck: Luck) -> None:
        told = self.ask(replace(ask_of(self.payment, "authorize"), token=self.token), luck)
        if told is not None:
            self.apply(answered(self.payment, told, self.now))

    def perform(self, luck: Luck = "well") -> None:
        if (verb := step(self.payment)) is not None:
            told = self.ask(ask_of(self.payment, verb), luck)
            if told is not None:
                self.apply(hear(self.payment, verb, told, self.now))
        for place, refund in enumerate(self.refunds):
            if refund.due_at is not None:
                told = self.ask(ask_of_refund(self.payment, refund), luck)
                if told is not None:
                    self.refunds[place], self.payment, events = hear_refund(self.payment, refund, told, self.now)
                    self.said += events

    def hear_of(self, event: str) -> None:
        """The bus has each event handled once."""
        if event in self.heard:
            return
        self.heard.append(event)
        match event:
            case "placed" | "confirmed":
                total = self.payment.amount_minor
                self.apply(
                    placed(
                        self.payment, confirmed=event == "confirmed", total_minor=total, currency="BRL", now=self.now
                    )
                )
            case "cancelled":
                self.apply(cancelled(self.payment, uuid4(), self.now))
            case _:
                refund = wanted_refund(self.payment, self.refunds, uuid4(), 300, self.now)
                if refund is not None:
                    self.refunds.append(refund)

    @property
    def held_minor(self) -> int:
        """What the payer is without."""
        if self.entry is None or self.entry.state not in {"authorized", "captured"}:
            return 0
        return self.entry.amount_minor - sum(self.entry.refunds.values())

    def finish(self) -> None:
        for _ in range(40):
            self.now += timedelta(seconds=60)
            self.perform()


LUCK = st.sampled_from(["well", "well", "down", "lost", "unheard"])
TOKENS = ["tok_ok", "tok_declined", "tok_async", "tok_capture_fails", "tok_capture_flaky"]
HAPPENINGS = st.lists(
    st.one_of(
        st.tuples(st.just("perform"), LUCK),
        st.tuples(st.just("event"), st.integers(0, 3)),
        st.tuples(st.just("wait"), st.sampled_from([1, 30, 600, 1_200])),
        st.tuples(st.just("buyer"), st.sampled_from(["authorized", "failed"])),
        st.tuples(st.just("hint"), st.none()),
        st.tuples(st.just("again"), LUCK),
    ),
    max_size=25,
)
FATES = st.sampled_from(
    [
        (),
        ("placed",),
        ("confirmed",),
        ("placed", "confirmed"),
        ("confirmed", "refunded"),
        ("confirmed", "cancelled"),
        ("placed", "cancelled"),
        ("confirmed", "refunded", "cancelled"),
    ]
)


@hypothesis_settings(max_examples=300, deadline=None)
@given(token=st.sampled_from(TOKENS), first=LUCK, happenings=HAPPENINGS, fate=FATES, order=st.randoms())
def test_any_interleaving_converges(
    token: str, first: Luck, happenings: list[tuple[str, Any]], fate: tuple[str, ...], order: Random
) -> None:
    world = World(token)
    events = list(fate)
    order.shuffle(events)
    world.authorize(first)
    for kind, what in happenings:
        match kind:
            case "perform":
                world.perform(what)
            case "event" if what < len(events):
                world.hear_of(events[what])
            case "wait":
                world.now += timedelta(seconds=what)
            case "buyer" if world.entry is not None and world.entry.state == "pending":
                world.entry = replace(world.entry, state=what)
            case "hint":
                world.apply(hinted(world.payment, world.now))
            case "again" if world.payment.state == "asked":
                world.authorize(what)
        assert 0 <= world.payment.refunded_minor <= world.payment.amount_minor
    for event in events:
        world.hear_of(event)
    world.finish()
    if not world.payment.claimed:
        world.apply(given_up(world.payment, world.now))
    world.finish()
    check_the_end(world, fate)


def check_the_end(world: World, fate: tuple[str, ...]) -> None:
    payment, refunded = world.payment, sum(r.amount_minor for r in world.refunds if r.state == "done")
    assert step(payment) is None
    assert not [r for r in world.refunds if r.state == "wanted" and r.due_at is not None]
    assert payment.refunded_minor == refunded
    if payment.state == "captured":
        assert world.held_minor == payment.amount_minor - refunded
    elif payment.state != "authorized":
        assert world.held_minor == 0, "money is kept of which we know nothing"
    told = [type(event) for event in world.said]
    if not fate or "cancelled" in fate:
        assert world.held_minor == 0, "an order that does not stand keeps money"
        if "cancelled" in fate and payment.state == "voided":
            assert PaymentVoided in told
    elif "confirmed" in fate:
        assert payment.state in {"captured", "failed", "voided"}
        assert (PaymentCaptured in told) == (payment.state == "captured")
        assert (PaymentFailed in told) == (payment.state != "captured")
    elif payment.state == "authorized":
        assert PaymentAuthorized in told or payment.claimed
    assert [e.amount_minor for e in world.said if isinstance(e, PaymentRefunded)] == [
        r.amount_minor for r in world.refunds if r.state == "done"
    ]


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
