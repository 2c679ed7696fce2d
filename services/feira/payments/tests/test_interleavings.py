"""Whatever happens to a payment in whatever order, the money ends where the order's fate wants it."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Literal
from uuid import uuid4

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
    OVER,
    Change,
    Happened,
    Payment,
    Refund,
    Told,
    answered,
    cancelled,
    given_up,
    hear,
    hear_refund,
    hinted,
    placed,
    release_refund,
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
