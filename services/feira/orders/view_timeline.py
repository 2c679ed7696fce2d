"""What happened to an order, as staff see it, and as its buyer does."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec.structs import replace

from feira.kernel.http import Money, View
from feira.orders.service_search import Event
from feira.orders.view import ReturnView, SentLineView, fulfilment_view, refund_view


class TimelineData(View, frozen=True, kw_only=True, omit_defaults=True):
    """Only what belongs to the type is there: `total` of placed; `amount` of payments and refunds; `fulfilment_id`, `sent`,
    `carrier` and `tracking` of fulfilled; `refund_id`, `returned` and `done` of refunded; `reason` of cancelled and
    refunded; `actor`, a user's id, of what staff did.
    """

    total: Money | None = None
    amount: Money | None = None
    actor: UUID | None = None
    reason: str | None = None
    fulfilment_id: UUID | None = None
    sent: list[SentLineView] | None = None
    carrier: str | None = None
    tracking: str | None = None
    refund_id: UUID | None = None
    returned: list[ReturnView] | None = None
    done: bool | None = None


class TimelineItem(View, frozen=True, kw_only=True):
    """`at` is null for an order that was cancelled before times of that were kept."""

    at: datetime | None
    type: Literal[
        "placed", "confirmed", "payment_authorized", "payment_captured", "payment_voided", "payment_failed", "fulfilled",
        "refunded", "cancelled",
    ]  # fmt: skip
    data: TimelineData


class TimelineView(View, frozen=True, kw_only=True):
    items: list[TimelineItem]


def timeline_item(event: Event) -> TimelineItem:
    return TimelineItem(at=event.at, type=event.type, data=_data(event))


def buyers_item(event: Event) -> TimelineItem:
    """Without who of the staff did it, and why they said so."""
    return TimelineItem(at=event.at, type=event.type, data=replace(_data(event), actor=None, reason=None))


def _data(event: Event) -> TimelineData:
    order = event.order
    total = Money(amount=order.total_minor, currency=order.currency)
    match event.type:
        case "placed":
            return TimelineData(total=total)
        case "cancelled":
            return TimelineData(reason=order.cancel_reason, actor=event.actor)
        case "payment_authorized" | "payment_captured":
            return TimelineData(amount=total)
    if event.sent is not None:
        sent = fulfilment_view(event.sent)
        return TimelineData(
            fulfilment_id=sent.id, sent=sent.lines, carrier=sent.carrier, tracking=sent.tracking, actor=event.actor
        )
    if event.given is not None:
        given = refund_view(event.given, order.currency)
        return TimelineData(
            refund_id=given.id, amount=given.amount, returned=given.lines, reason=given.reason,
            done=given.status == "done", actor=event.actor,
        )  # fmt: skip
    return TimelineData()
