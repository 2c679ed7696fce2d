"""What an order makes of news about its money: late, repeated or out of order, they lead to the same end."""

from typing import Literal, TypeAlias
from uuid import UUID

import msgspec
from msgspec.structs import replace

from feira.contracts.payments import (
    PaymentAuthorized,
    PaymentCaptured,
    PaymentFailed,
    PaymentRefunded,
    PaymentVoided,
)
from feira.orders.domain import PAYMENT_MOVES, PaymentStatus, Status

PaymentNews: TypeAlias = PaymentAuthorized | PaymentCaptured | PaymentFailed | PaymentVoided | PaymentRefunded
Verdict: TypeAlias = Literal["nothing", "confirm", "cancel"]


class Paid(msgspec.Struct, frozen=True, kw_only=True):
    """The part of an order that news about its money can change."""

    id: UUID
    payment_id: UUID
    status: Status
    payment_status: PaymentStatus
    total_minor: int
    captured_minor: int
    refunded_minor: int


def hear(paid: Paid, news: PaymentNews) -> tuple[Paid, Verdict]:
    """How the order's money stands after the news, and what the order has to do about it.

    News about another payment, such as one that was voided for another amount, change nothing.
    """
    if news.payment_id != paid.payment_id:
        return paid, "nothing"
    match news:
        case PaymentAuthorized():
            after = _advanced(paid, "authorized")
        case PaymentCaptured():
            after = _refund_counted(_advanced(replace(paid, captured_minor=news.amount_minor), "captured"))
        case PaymentRefunded():
            after = _refund_counted(replace(paid, refunded_minor=paid.refunded_minor + news.amount_minor))
        case PaymentFailed():
            # Payments has let go of it: what was taken meanwhile goes back, so the order cannot stand.
            return _advanced(paid, "failed"), "cancel" if paid.status in {"pending", "confirmed"} else "nothing"
        case PaymentVoided():
            after = _advanced(paid, "voided")
    return after, _verdict(after)


def _advanced(paid: Paid, wanted: PaymentStatus) -> Paid:
    return replace(paid, payment_status=wanted) if wanted in PAYMENT_MOVES[paid.payment_status] else paid


def _refund_counted(paid: Paid) -> Paid:
    """What went back is measured against what was taken, or against the total while the capture is yet unheard of."""
    if paid.refunded_minor == 0:
        return paid
    whole = paid.refunded_minor >= (paid.captured_minor or paid.total_minor)
    return _advanced(paid, "refunded" if whole else "partially_refunded")


def _verdict(paid: Paid) -> Verdict:
    if paid.payment_status in {"failed", "voided"} and paid.status in {"pending", "confirmed"}:
        return "cancel"
    if paid.payment_status in {"authorized", "captured"} and paid.status == "pending":
        return "confirm"
    return "nothing"
