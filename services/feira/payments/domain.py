"""What becomes of a payment: pure rules, the same whichever of its many causes comes first.

A payment has a `state` (what we know of it) and a `goal` (what its order wants of it). `step` says what to ask the gateway
so that the one comes nearer to the other; `hear` says what an answer means. Both are total: any order of the order's
events, the gateway's answers, repetitions and crashes ends in the same place.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Literal, TypeVar
from uuid import UUID, uuid5

from msgspec import Struct
from msgspec.structs import replace

from feira.contracts.payments import (
    PaymentAuthorized,
    PaymentCaptured,
    PaymentFailed,
    PaymentRefunded,
    PaymentVoided,
)

ATTEMPTS_MAX = 20  # How often one order may ask for money: who tries stolen cards finds an end.
AMOUNT_MINOR_MAX = 2**53 - 1
ASKED_S = 10  # How long the one who asks is left alone with the gateway's answer.
LOST_S = 2  # When the gateway is asked about a payment whose answer was lost; doubled at each try.
ABSENT_S = 40  # A charge of which the gateway knows nothing by then was never made.
SWEEP_S = 15 * 60  # How long the gateway is told that such a charge is not wanted, should it arrive yet.
UNPAID_S = 15 * 60  # How long a buyer has to pay what is settled later.
UNCLAIMED_S = 20 * 60  # Money that no order stands on by then goes back.
FIND_DELAY_MAX_S = 60
DELAY_MAX_S = 300
TRIES_MAX = 1_000  # Where counting ends; trying does not.
RELEASE_NAMESPACE = UUID("5f3c1a52-6a0c-4e0e-9d55-0d6a54a3b7c1")

State = Literal["asked", "pending", "authorized", "captured", "voided", "failed"]
Goal = Literal["keep", "capture", "release", "expire"]
Verb = Literal["authorize", "capture", "void", "refund", "find"]
Happened = PaymentAuthorized | PaymentCaptured | PaymentFailed | PaymentRefunded | PaymentVoided

E = TypeVar("E", PaymentAuthorized, PaymentCaptured, PaymentFailed, PaymentRefunded, PaymentVoided)

OPEN: frozenset[State] = frozenset({"asked", "pending"})
OVER: frozenset[State] = frozenset({"voided", "failed"})
DECLINES = frozenset({"declined", "insufficient_funds"})


class Told(Struct, frozen=True, gc=False):
    """What a gateway answers: what the charge is now, or why it cannot say.

    `absent`: it knows of no such charge. `refused`: not this, now or ever. `down`: it failed and certainly did nothing.
    `lost`: the answer did not come, and anything may have happened. `refunded` answers a refund alone.
    """

    state: Literal[
        "pending", "authorized", "captured", "voided", "failed", "absent", "refunded", "refused", "down", "lost"
    ]
    charge_id: str | None = None
    reason: str | None = None


class Payment(Struct, frozen=True, kw_only=True, gc=False):
    """As the table has it; see there for what its columns mean."""

    id: UUID
    order_id: UUID
    attempt: int
    method: str
    amount_minor: int
    currency: str
    token_digest: bytes
    created_at: datetime
    state: State = "asked"
    goal: Goal = "keep"
    claimed: bool = False
    sweep: bool = False
    charge_id: str | None = None
    reason: str | None = None
    refunded_minor: int = 0
    refund_id: UUID | None = None
    tries: int = 0
    version: int = 0
    due_at: datetime | None = None


class Refund(Struct, frozen=True, kw_only=True):
    """Money that goes back, `id` being the order's name for it."""

    id: UUID
    payment_id: UUID
    amount_minor: int
    created_at: datetime
    state: Literal["wanted", "done", "refused", "moot"] = "wanted"
    reason: str | None = None
    tries: int = 0
    due_at: datetime | None = None


class Change(Struct, frozen=True, gc=False):
    """A payment as it is from now on, and what is to be told of it."""

    payment: Payment
    events: tuple[Happened, ...] = ()


class Plan(Enum):
    """What an order's ask for money comes to."""

    NEW = "new"  # A new payment, after whatever stood before is released.
    AGAIN = "again"  # The same payment, whose answer we never heard: the gateway is asked again by the same reference.
    ANSWERED = "answered"  # The same payment, whose answer is known.
    DECLINED = "declined"  # The same token that was declined before, or one too many.
    STANDS = "stands"  # An order stands on another amount: its money is not touched.


def plan(
    before: Sequence[Payment], amount_minor: int, currency: str, method: str, token_digest: bytes
) -> tuple[Plan, Payment | None]:
    """What to do about an ask, given all payments of its order in order of their attempts, and which payment it means."""
    live = [p for p in before if p.goal in {"keep", "capture"} and p.state not in OVER]
    for payment in live:
        if (payment.amount_minor, payment.currency) == (amount_minor, currency):
            same = (payment.method, payment.token_digest) == (method, token_digest)
            return (Plan.AGAIN if payment.state == "asked" and same else Plan.ANSWERED), payment
    if any(payment.claimed for payment in before):
        return Plan.STANDS, None
    if before:
        last = before[-1]
        same = (last.amount_minor, last.currency, last.method, last.token_digest) == (
            amount_minor,
            currency,
            method,
            token_digest,
        )
        if last.state == "failed" and last.reason in DECLINES and same:
            return Plan.DECLINED, last
    if len(before) >= ATTEMPTS_MAX:
        return Plan.DECLINED, None
    return Plan.NEW, None


def step(payment: Payment) -> Verb | None:
    """What to ask the gateway next, if anything."""
    letting_go = payment.goal in {"release", "expire"}
    if payment.state in OPEN:
        return "void" if letting_go else "find"
    if payment.state == "authorized":
        return "void" if letting_go else "capture" if payment.goal == "capture" else None
    return "void" if payment.sweep else None


def settled(payment: Payment, now: datetime) -> Payment:
    """The payment after a change: what it needs next is due at once."""
    return replace(payment, tries=0, due_at=now if step(payment) else None)


def later(payment: Payment, now: datetime, *, at_latest_s: int | None = None) -> Payment:
    """The payment after a try that changed nothing; `at_latest_s` is an age at which it must be looked at."""
    if step(payment) is None:
        return replace(payment, tries=0, due_at=None)
    longest_s, first_s = (FIND_DELAY_MAX_S, LOST_S) if payment.state in OPEN else (DELAY_MAX_S, 1)
    due_at = now + timedelta(seconds=min(first_s * 2 ** min(payment.tries, 16), longest_s))
    if at_latest_s is not None and now < (limit := payment.created_at + timedelta(seconds=at_latest_s)):
        due_at = min(due_at, limit)
    return replace(payment, tries=min(payment.tries + 1, TRIES_MAX), due_at=due_at)


def answered(payment: Payment, told: Told, now: datetime) -> Change:
    """The gateway's answer to the very first ask, which its asker waits for: nobody else need be told of it."""
    if payment.state != "asked":
        return hear(payment, "authorize", told, now)
    if told.state == "lost":
        return Change(later(replace(payment, state="pending"), now))
    if told.state in {"down", "refused", "absent"}:
        # This call did nothing; an earlier one, of which we never heard, may have.
        failed = replace(payment, state="failed", reason="gateway_error", sweep=True)
        return Change(settled(failed, now), (_failed(failed),) if failed.claimed else ())
    return hear(payment, "authorize", told, now)


def hear(payment: Payment, verb: Verb, told: Told, now: datetime) -> Change:
    """What the gateway's answer to `verb` makes of the payment. A state never goes back; money that turns up late goes back."""
    payment = replace(payment, charge_id=payment.charge_id or told.charge_id)
    if told.state == "refused" and verb == "capture" and payment.state == "authorized" and payment.goal == "capture":
        reason = told.reason or "capture_refused"
        failed = replace(payment, state="failed", reason=reason, sweep=True)
        return Change(settled(failed, now), (_failed(failed),))
    if told.state in {"down", "lost", "refused", "refunded"}:
        return Change(later(payment, now))
    if payment.state in OPEN:
        return _hear_open(payment, told, now)
    if payment.state == "authorized":
        if told.state == "captured":
            return _captured(payment, now)
        if told.state in {"voided", "failed", "absent"}:
            return _fell(payment, told.reason or "authorization_lapsed", now)
        return Change(payment if verb in {"find", "authorize"} else later(payment, now))
    if payment.state in OVER:
        return _hear_over(payment, told, now)
    return Change(later(payment, now))


def _hear_open(payment: Payment, told: Told, now: datetime) -> Change:
    announce = payment.state == "pending" or payment.claimed  # Else whoever asked is yet to be answered.
    age_s = (now - payment.created_at).total_seconds()
    if told.state == "authorized":
        authorized = replace(payment, state="authorized")
        tell = announce and payment.goal in {"keep", "capture"}
        return Change(settled(authorized, now), (_authorized(authorized),) if tell else ())
    if told.state == "captured":
        # A buyer who paid in the last moment has paid.
        goal: Goal = "keep" if payment.goal == "expire" else payment.goal
        paid = replace(payment, goal=goal)
        tell = announce and goal != "release"
        change = _captured(paid, now)
        return Change(change.payment, ((_authorized(paid),) if tell else ()) + change.events)
    if told.state == "absent":
        if age_s < ABSENT_S:
            return Change(later(payment, now, at_latest_s=ABSENT_S))
        return _fell(replace(payment, sweep=True), "lost", now)
    if told.state in {"voided", "failed"}:
        return _fell(payment, told.reason or "declined", now)
    pending = replace(payment, state="pending")
    if age_s >= UNPAID_S and pending.goal in {"keep", "capture"}:
        return Change(settled(replace(pending, goal="expire", reason="unpaid"), now))
    return Change(later(pending, now, at_latest_s=UNPAID_S))


def _hear_over(payment: Payment, told: Told, now: datetime) -> Change:
    if told.state == "captured":
        return _captured(replace(payment, goal="release", sweep=False), now)
    if told.state in {"authorized", "pending"}:
        return Change(later(replace(payment, sweep=True), now))
    if told.state == "absent" and payment.sweep and now < payment.created_at + timedelta(seconds=SWEEP_S):
        return Change(later(payment, now))
    return Change(settled(replace(payment, sweep=False), now))


def _captured(payment: Payment, now: datetime) -> Change:
    captured = replace(payment, state="captured", reason=None)
    return Change(settled(captured, now), (_captured_event(captured),))


def _fell(payment: Payment, reason: str, now: datetime) -> Change:
    """There will be no money. An order that fell first has it voided; one that stands hears that its payment failed."""
    if payment.goal == "release":
        voided = replace(payment, state="voided")
        return Change(settled(voided, now), (_voided(voided),) if voided.claimed else ())
    if payment.goal == "expire":
        reason = payment.reason or "unpaid"
    failed = replace(payment, state="failed", reason=reason)
    tell = payment.claimed or payment.state == "pending"
    return Change(settled(failed, now), (_failed(failed),) if tell else ())


def placed(payment: Payment, *, confirmed: bool, total_minor: int, currency: str, now: datetime) -> Change:
    """An order stands on this payment. What was settled before anybody knew of the order is told (again)."""
    if payment.claimed and payment.goal == "release":
        return Change(payment)  # The order fell before we heard that it stood.
    claimed = replace(payment, claimed=True)
    if payment.state in OVER:
        return Change(claimed, (_failed(replace(claimed, reason=payment.reason or "voided")),))
    if (payment.amount_minor, payment.currency) != (total_minor, currency):
        wrong = replace(claimed, goal="release", reason="amount_mismatch")
        return Change(settled(wrong, now), (_failed(wrong),))
    if payment.goal == "release" and payment.state == "captured":
        return Change(claimed, (_failed(replace(claimed, reason="given_up")),))
    goal: Goal = "capture" if confirmed else "keep" if payment.goal == "release" else payment.goal
    events: tuple[Happened, ...] = ()
    if payment.state in {"authorized", "captured"} and not confirmed:
        events += (_authorized(claimed),)
    if payment.state == "captured":
        events += (_captured_event(claimed),)
    if goal == payment.goal:
        return Change(claimed, events)
    return Change(settled(replace(claimed, goal=goal), now), events)


def cancelled(payment: Payment, refund_id: UUID, now: datetime) -> Change:
    """The order fell: the money is let go, whatever it is or will become."""
    told = payment.claimed or payment.state != "voided"
    fallen = replace(payment, claimed=True, refund_id=payment.refund_id or refund_id)
    if payment.goal != "release":
        fallen = settled(replace(fallen, goal="release"), now)
    return Change(fallen, () if told else (_voided(fallen),))


def given_up(payment: Payment, now: datetime) -> Change:
    """No order came of it."""
    if payment.claimed or payment.goal == "release":
        return Change(payment)
    return Change(settled(replace(payment, goal="release"), now))


def hinted(payment: Payment, now: datetime) -> Change:
    """The gateway says that something happened to this charge: it is asked at once, if we do not know its end."""
    if payment.state in OPEN:
        return Change(replace(payment, due_at=now))
    if payment.state in OVER:
        return Change(settled(replace(payment, sweep=True), now))
    return Change(payment)


def remaining_minor(payment: Payment, refunds: Sequence[Refund]) -> int:
    """What could still go back to the payer."""
    return payment.amount_minor - sum(r.amount_minor for r in refunds if r.state in {"wanted", "done"})


def wanted_refund(
    payment: Payment, refunds: Sequence[Refund], refund_id: UUID, amount_minor: int, now: datetime
) -> Refund | None:
    """The refund that was asked for, never more than is left; None if nothing is, or it was asked for before."""
    amount_minor = min(amount_minor, remaining_minor(payment, refunds))
    if amount_minor <= 0 or payment.state in OVER or any(r.id == refund_id for r in refunds):
        return None
    due_at = now if payment.state == "captured" else None  # It waits for its capture.
    return Refund(id=refund_id, payment_id=payment.id, amount_minor=amount_minor, created_at=now, due_at=due_at)


def release_refund(payment: Payment, refunds: Sequence[Refund], now: datetime) -> Refund | None:
    """The refund of all that is left, for a captured payment that is to be let go."""
    if payment.state != "captured" or payment.goal != "release":
        return None
    name = payment.refund_id or uuid5(RELEASE_NAMESPACE, str(payment.id))
    return wanted_refund(payment, refunds, name, payment.amount_minor, now)


def hear_refund(
    payment: Payment, refund: Refund, told: Told, now: datetime
) -> tuple[Refund, Payment, tuple[Happened, ...]]:
    """What the gateway's answer makes of a refund: done, refused for good, or tried again later."""
    if refund.state != "wanted":
        return refund, payment, ()
    if told.state == "refunded":
        refunded = replace(payment, refunded_minor=payment.refunded_minor + refund.amount_minor)
        event = _event(PaymentRefunded, payment, amount_minor=refund.amount_minor, refund_id=refund.id)
        return replace(refund, state="done", due_at=None), refunded, (event,)
    if told.state == "refused":
        return replace(refund, state="refused", reason=told.reason, due_at=None), payment, ()
    due_at = now + timedelta(seconds=min(2 ** min(refund.tries, 16), DELAY_MAX_S))
    return replace(refund, tries=min(refund.tries + 1, TRIES_MAX), due_at=due_at), payment, ()


def _authorized(payment: Payment) -> PaymentAuthorized:
    return _event(PaymentAuthorized, payment)


def _captured_event(payment: Payment) -> PaymentCaptured:
    return _event(PaymentCaptured, payment)


def _voided(payment: Payment) -> PaymentVoided:
    return _event(PaymentVoided, payment)


def _failed(payment: Payment) -> PaymentFailed:
    return _event(PaymentFailed, payment, reason=payment.reason or "failed")


def _event(kind: type[E], payment: Payment, **more: Any) -> E:
    """An event about the payment; its version is counted where it is recorded."""
    fields: dict[str, Any] = {"version": 0, "order_id": payment.order_id, "payment_id": payment.id}
    return kind(**fields, **{"amount_minor": payment.amount_minor, "currency": payment.currency, **more})
