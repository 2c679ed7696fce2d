"""What an order is, and which states it may pass through. Pure: values in, values out."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, TypeAlias
from uuid import UUID

import msgspec
from msgspec.structs import replace

from feira.contracts.goods import Address, PricedLine
from feira.contracts.orders import OrderCancelled, OrderConfirmed, OrderFulfilled, OrderPlaced, OrderRefunded
from feira.kernel.errors import Refused

Status: TypeAlias = Literal["pending", "confirmed", "cancelled", "completed"]
PaymentStatus: TypeAlias = Literal[
    "pending", "authorized", "voided", "failed", "captured", "partially_refunded", "refunded"
]
FulfilmentStatus: TypeAlias = Literal["unfulfilled", "partial", "fulfilled"]

# From each state, those that may follow. What is not listed does not happen, whatever is asked or heard.
STATUS_MOVES: Mapping[Status, frozenset[Status]] = {
    "pending": frozenset({"confirmed", "cancelled"}),
    "confirmed": frozenset({"cancelled", "completed"}),
    "cancelled": frozenset(),
    "completed": frozenset(),
}
# News of money may come late or in any order, so steps may be left out; but no state ever goes back.
PAYMENT_MOVES: Mapping[PaymentStatus, frozenset[PaymentStatus]] = {
    "pending": frozenset({"authorized", "voided", "failed", "captured", "partially_refunded", "refunded"}),
    "authorized": frozenset({"voided", "failed", "captured", "partially_refunded", "refunded"}),
    "voided": frozenset({"failed", "captured", "partially_refunded", "refunded"}),
    "failed": frozenset({"captured", "partially_refunded", "refunded"}),
    "captured": frozenset({"partially_refunded", "refunded"}),
    "partially_refunded": frozenset({"refunded"}),
    "refunded": frozenset(),
}
FULFILMENT_MOVES: Mapping[FulfilmentStatus, frozenset[FulfilmentStatus]] = {
    "unfulfilled": frozenset({"partial", "fulfilled"}),
    "partial": frozenset({"fulfilled"}),
    "fulfilled": frozenset(),
}


class NotCancellable(Refused):
    """Goods have left the house: they come back as a refund, not as a cancellation."""

    code = "not_cancellable"
    title = "The order can no longer be cancelled"


class NotCaptured(Refused):
    code = "not_captured"
    title = "The order's money has not been taken"


class FulfilmentExceedsOrder(Refused):
    """`extra["skus"]` lists `{"sku", "left"}` for each sku of which too many were to be sent."""

    code = "fulfilment_exceeds_order"
    title = "More than is left to be sent"


class OrderLine(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A line as it was bought. `sent`, `refunded` and `withdrawn` count units; the withdrawn were refunded before they
    were sent, and never will be.
    """

    sku: str
    quantity: int
    name: str
    unit_price_minor: int
    total_minor: int
    discount_minor: int = 0
    tax_minor: int = 0
    weight_g: int = 0
    tax_class: str = "standard"
    sent: int = 0
    refunded: int = 0
    withdrawn: int = 0

    @property
    def left_to_send(self) -> int:
        return self.quantity - self.sent - self.withdrawn

    def priced(self, quantity: int) -> PricedLine:
        """So many units of this line, as the other services hear of them."""
        return PricedLine(
            sku=self.sku,
            quantity=quantity,
            name=self.name,
            unit_price_minor=self.unit_price_minor,
            weight_g=self.weight_g,
            tax_class=self.tax_class,
        )


class Order(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An order, whole. `decided_minor` is what was decided to be given back, `refunded_minor` what payments has given."""

    id: UUID
    number: str
    version: int
    status: Status
    payment_status: PaymentStatus
    fulfilment_status: FulfilmentStatus
    email: str
    locale: str
    hold_id: UUID
    payment_id: UUID
    currency: str
    subtotal_minor: int
    discount_minor: int
    shipping_minor: int
    tax_minor: int
    tax_included: bool
    total_minor: int
    shipping_address: Address
    shipping_method: str
    placed_at: datetime
    lines: tuple[OrderLine, ...]
    billing_address: Address | None = None
    user_id: UUID | None = None
    cart_id: str | None = None
    captured_minor: int = 0
    decided_minor: int = 0
    refunded_minor: int = 0
    cancel_reason: str | None = None


def moved(order: Order, status: Status) -> Order:
    """The order in its next state. A move that the table does not know is a bug of the caller's."""
    if status not in STATUS_MOVES[order.status]:
        raise ValueError(f"{order.status} orders do not become {status}")
    return replace(order, status=status)


def _facts(order: Order) -> dict[str, Any]:
    """What every event of an order tells."""
    return {
        "version": order.version,
        "order_id": order.id,
        "number": order.number,
        "status": order.status,
        "hold_id": order.hold_id,
        "payment_id": order.payment_id,
        "email": order.email,
        "lines": tuple(line.priced(line.quantity) for line in order.lines),
        "shipping_address": order.shipping_address,
        "shipping_method": order.shipping_method,
        "currency": order.currency,
        "subtotal_minor": order.subtotal_minor,
        "discount_minor": order.discount_minor,
        "shipping_minor": order.shipping_minor,
        "tax_minor": order.tax_minor,
        "tax_included": order.tax_included,
        "total_minor": order.total_minor,
        "placed_at": order.placed_at,
        "locale": order.locale,
        "user_id": order.user_id,
        "cart_id": order.cart_id,
    }


def placed(order: Order) -> OrderPlaced:
    return OrderPlaced(**_facts(order))


def confirm(order: Order) -> tuple[Order, OrderConfirmed]:
    """A pending order's money turned out well."""
    order = replace(moved(order, "confirmed"), version=order.version + 1)
    return order, OrderConfirmed(**_facts(order))


def may_be_cancelled(order: Order) -> bool:
    """Until the first goods leave the house."""
    return "cancelled" in STATUS_MOVES[order.status] and order.fulfilment_status == "unfulfilled"


def cancel(order: Order, reason: str, refund_id: UUID, *, restock: bool = True) -> tuple[Order, OrderCancelled]:
    """The order falls: all money not yet given back goes back, and the goods not yet refunded, unless the stock never
    had them (`restock` False).
    """
    back = tuple(line.priced(line.quantity - line.refunded) for line in order.lines if line.quantity > line.refunded)
    refund_minor = order.total_minor - order.decided_minor
    order = replace(
        moved(order, "cancelled"),
        version=order.version + 1,
        decided_minor=order.total_minor,
        cancel_reason=reason,
    )
    return order, OrderCancelled(
        **_facts(order),
        reason=reason,
        refund_id=refund_id,
        refund_minor=refund_minor,
        restock=back if restock else (),
    )


def fulfil(
    order: Order, sent: Mapping[str, int], fulfilment_id: UUID, carrier: str | None, tracking: str | None
) -> tuple[Order, OrderFulfilled]:
    """So many units of these skus leave the house. Refuses what was not paid for, and more than is left."""
    if order.status != "confirmed" or order.payment_status not in {"captured", "partially_refunded"}:
        raise NotCaptured(f"The order is {order.status} and its payment {order.payment_status}")
    left = {line.sku: line.left_to_send for line in order.lines}
    over = [{"sku": sku, "left": left.get(sku, 0)} for sku, quantity in sent.items() if quantity > left.get(sku, 0)]
    if over:
        raise FulfilmentExceedsOrder(skus=over)
    lines = tuple(replace(line, sent=line.sent + sent.get(line.sku, 0)) for line in order.lines)
    order = with_fulfilment(replace(order, lines=lines, version=order.version + 1))
    return order, OrderFulfilled(
        **_facts(order),
        fulfilment_id=fulfilment_id,
        sent=tuple(line.priced(sent[line.sku]) for line in lines if line.sku in sent),
        carrier=carrier,
        tracking=tracking,
    )


def with_fulfilment(order: Order) -> Order:
    """The order with the fulfilment that its lines tell; it is completed when nothing is left to be sent."""
    wanted: FulfilmentStatus = "unfulfilled"
    if any(line.sent for line in order.lines):
        wanted = "partial" if any(line.left_to_send for line in order.lines) else "fulfilled"
    if wanted in FULFILMENT_MOVES[order.fulfilment_status]:
        order = replace(order, fulfilment_status=wanted)
    if order.fulfilment_status == "fulfilled" and order.status == "confirmed":
        order = moved(order, "completed")
    return order


def refunded(
    order: Order, refund_id: UUID, refund_minor: int, reason: str, restock: Sequence[PricedLine]
) -> tuple[Order, OrderRefunded]:
    """The order with a refund decided, and the event that makes payments and the catalogue do it."""
    order = replace(order, version=order.version + 1, decided_minor=order.decided_minor + refund_minor)
    return order, OrderRefunded(
        **_facts(order), refund_id=refund_id, refund_minor=refund_minor, reason=reason, restock=tuple(restock)
    )
