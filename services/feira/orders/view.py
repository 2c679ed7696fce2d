"""An order as its readers see it, the same over HTTP and in exports."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from feira.contracts.catalog import Offered
from feira.contracts.goods import Address
from feira.kernel.http import Money, View
from feira.orders.domain import FulfilmentStatus, Order, OrderLine, PaymentStatus, Status
from feira.orders.store_desk import Dossier, GivenBack, Sent
from feira.transport.pictures import ImageView


class LineView(View, frozen=True, kw_only=True):
    sku: str
    name: str
    quantity: int
    unit_price: Money
    total: Money


class AddressView(View, frozen=True, kw_only=True):
    name: str
    line1: str
    line2: str | None
    city: str
    region: str | None
    postal_code: str
    country: str
    phone: str | None


class OrderView(View, frozen=True, kw_only=True):
    id: UUID
    number: str
    status: Status
    payment_status: PaymentStatus
    fulfilment_status: FulfilmentStatus
    email: str
    lines: list[LineView]
    shipping_address: AddressView
    shipping_method: str
    subtotal: Money
    discount: Money
    shipping: Money
    tax: Money
    tax_included: bool
    total: Money
    placed_at: datetime


class ShownLineView(LineView, frozen=True, kw_only=True):
    """A line with what the catalogue shows of it today: null once it is sold no more."""

    product_slug: str | None
    image: ImageView | None


class ShownOrderView(OrderView, frozen=True, kw_only=True):
    """The order as a page shows it. `lines` beyond the first 200 goods of an answer come without pictures."""

    lines: list[ShownLineView]  # type: ignore[assignment]  # A list of more than the order keeps.


class PlacedView(OrderView, frozen=True, kw_only=True):
    """The order with what opens it, which is told once, to who placed it."""

    token: str


class SentLineView(View, frozen=True, kw_only=True):
    sku: str
    quantity: int


class FulfilmentView(View, frozen=True, kw_only=True):
    id: UUID
    order_id: UUID
    lines: list[SentLineView]
    carrier: str | None
    tracking: str | None
    created_at: datetime


class ReturnView(View, frozen=True, kw_only=True):
    sku: str
    quantity: int
    restock: bool


class RefundView(View, frozen=True, kw_only=True):
    """`status` is pending until the money has gone."""

    id: UUID
    order_id: UUID
    amount: Money
    lines: list[ReturnView]
    reason: str
    status: str
    created_at: datetime


class StaffLineView(LineView, frozen=True, kw_only=True):
    """`sent` and `refunded` count units; `to_send` are those that are neither sent nor given back before they were."""

    discount: Money
    tax: Money
    sent: int
    refunded: int
    to_send: int


class StaffOrderView(OrderView, frozen=True, kw_only=True):
    """An order as staff see it: with its buyer, and with all that was sent and given back."""

    lines: list[StaffLineView]  # type: ignore[assignment]  # A list of more than the buyer is shown.
    billing_address: AddressView | None
    user_id: UUID | None
    captured: Money
    refunded: Money
    cancel_reason: str | None
    fulfilments: list[FulfilmentView]
    refunds: list[RefundView]


def address_view(address: Address) -> AddressView:
    return AddressView(
        name=address.name,
        line1=address.line1,
        line2=address.line2,
        city=address.city,
        region=address.region,
        postal_code=address.postal_code,
        country=address.country,
        phone=address.phone,
    )


def line_view(line: OrderLine, currency: str) -> LineView:
    return LineView(
        sku=line.sku,
        name=line.name,
        quantity=line.quantity,
        unit_price=Money(amount=line.unit_price_minor, currency=currency),
        total=Money(amount=line.total_minor, currency=currency),
    )


def _common(order: Order) -> dict[str, Any]:
    def money(amount_minor: int) -> Money:
        return Money(amount=amount_minor, currency=order.currency)

    return {
        "id": order.id,
        "number": order.number,
        "status": order.status,
        "payment_status": order.payment_status,
        "fulfilment_status": order.fulfilment_status,
        "email": order.email,
        "shipping_address": address_view(order.shipping_address),
        "shipping_method": order.shipping_method,
        "subtotal": money(order.subtotal_minor),
        "discount": money(order.discount_minor),
        "shipping": money(order.shipping_minor),
        "tax": money(order.tax_minor),
        "tax_included": order.tax_included,
        "total": money(order.total_minor),
        "placed_at": order.placed_at,
    }


def order_view(order: Order) -> OrderView:
    return OrderView(**_common(order), lines=[line_view(line, order.currency) for line in order.lines])


def shown_view(order: Order, offers: Mapping[str, Offered]) -> ShownOrderView:
    lines = []
    for line in order.lines:
        offer = offers.get(line.sku)
        image = msgspec.convert(offer.image, ImageView, from_attributes=True) if offer and offer.image else None
        plain = line_view(line, order.currency)
        lines.append(
            ShownLineView(
                sku=plain.sku,
                name=plain.name,
                quantity=plain.quantity,
                unit_price=plain.unit_price,
                total=plain.total,
                product_slug=offer.product_slug if offer else None,
                image=image,
            )
        )
    return ShownOrderView(**_common(order), lines=lines)


def placed_view(order: Order, token: str) -> PlacedView:
    lines = [line_view(line, order.currency) for line in order.lines]
    return PlacedView(**_common(order), lines=lines, token=token)


def fulfilment_view(sent: Sent) -> FulfilmentView:
    return FulfilmentView(
        id=sent.id,
        order_id=sent.order_id,
        lines=[SentLineView(sku=sku, quantity=quantity) for sku, quantity in sent.lines.items()],
        carrier=sent.carrier,
        tracking=sent.tracking,
        created_at=sent.sent_at,
    )


def refund_view(given: GivenBack, currency: str) -> RefundView:
    return RefundView(
        id=given.id,
        order_id=given.order_id,
        amount=Money(amount=given.amount_minor, currency=currency),
        lines=[ReturnView(sku=back.sku, quantity=back.quantity, restock=back.restock) for back in given.lines],
        reason=given.reason,
        status="pending" if given.done_at is None and given.amount_minor else "done",  # No gateway gives back nothing.
        created_at=given.decided_at,
    )


def staff_view(dossier: Dossier) -> StaffOrderView:
    order = dossier.order

    def money(amount_minor: int) -> Money:
        return Money(amount=amount_minor, currency=order.currency)

    return StaffOrderView(
        **_common(order),
        lines=[
            StaffLineView(
                sku=line.sku,
                name=line.name,
                quantity=line.quantity,
                unit_price=money(line.unit_price_minor),
                total=money(line.total_minor),
                discount=money(line.discount_minor),
                tax=money(line.tax_minor),
                sent=line.sent,
                refunded=line.refunded,
                to_send=line.left_to_send,
            )
            for line in order.lines
        ],
        billing_address=address_view(order.billing_address) if order.billing_address else None,
        user_id=order.user_id,
        captured=money(order.captured_minor),
        refunded=money(order.refunded_minor),
        cancel_reason=order.cancel_reason,
        fulfilments=[fulfilment_view(sent) for sent in dossier.fulfilments],
        refunds=[refund_view(given, order.currency) for given in dossier.refunds],
    )
