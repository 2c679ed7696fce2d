"""What a buyer asks for at the checkout, and what it comes to. Pure."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import msgspec
from msgspec.structs import replace

from feira.contracts.carts import CartAlreadyOrdered as CartAlreadyOrdered
from feira.contracts.catalog import Held
from feira.contracts.goods import Address, Line, PricedLine
from feira.contracts.payments import Authorized
from feira.kernel.errors import Invalid, Refused
from feira.orders.domain import Order, OrderLine, Status
from feira.orders.domain_totals import Tables, Totals, chosen, options, tax_rule, total

LINES_MAX = 2_000
QUANTITY_MAX = 1_000_000
HOLD_LEFT_MIN_S = 60  # An order whose goods are set aside for less is not committed: others might get them meanwhile.


class PriceChanged(Refused):
    """The order would cost more than the buyer saw; `extra["total"]` is the money that it costs now."""

    code = "price_changed"
    title = "The price has changed"


class KeyReused(Refused):
    status = 422
    code = "idempotency_key_reused"
    blamed = "Idempotency-Key"
    title = "The idempotency key was used for another request"


class InProgress(Refused):
    """`retry_after_s` tells when to ask again."""

    code = "in_progress"
    title = "A request with this key is still running"

    def __init__(self, detail: str = "", *, retry_after_s: int = 1, **extra: Any) -> None:
        super().__init__(detail, retry_after_s=retry_after_s, **extra)


class Checkout(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the buyer asked for: these `lines`, or what lies in the cart (then `lines` is None). `key` is what the
    idempotency key stands for in the scope of its caller.
    """

    key: UUID
    digest: bytes
    email: str
    lines: tuple[Line, ...] | None
    cart_id: str | None
    user_id: UUID | None
    shipping_address: Address
    billing_address: Address | None
    shipping_method: str
    payment_method: str
    payment_token: str
    expected_minor: int
    locale: str


def digest_of(body: msgspec.Struct) -> bytes:
    """Tells a repeated request from another one: what was decoded counts, not how it was written."""
    return hashlib.sha256(msgspec.json.encode(body, order="sorted")).digest()


def check_lines(lines: Sequence[Line], field: str) -> None:
    """Refuses no lines, too many of them, and quantities out of bounds."""
    if not lines:
        raise Invalid.field(field, "there is nothing to buy")
    if len(lines) > LINES_MAX:
        raise Invalid.field(field, f"must not be more than {LINES_MAX} lines")
    for number, line in enumerate(lines):
        if not 1 <= line.quantity <= QUANTITY_MAX:
            raise Invalid.field(f"{field}.{number}.quantity", f"must be from 1 to {QUANTITY_MAX}")


def summed(lines: Iterable[PricedLine]) -> tuple[PricedLine, ...]:
    """The lines with repeated skus as one, in the order in which the skus are first named."""
    found: dict[str, PricedLine] = {}
    for line in lines:
        before = found.get(line.sku)
        found[line.sku] = line if before is None else replace(before, quantity=before.quantity + line.quantity)
    return tuple(found.values())


def same_goods(one: Sequence[Line | PricedLine], other: Sequence[Line | PricedLine]) -> bool:
    """Whether these are so many of the same skus, however the lines are cut."""
    if [(line.sku, line.quantity) for line in one] == [(line.sku, line.quantity) for line in other]:
        return True
    counts: list[Counter[str]] = []
    for lines in (one, other):
        counts.append(Counter())
        for line in lines:
            counts[-1][line.sku] += line.quantity
    return counts[0] == counts[1]


def bill(checkout: Checkout, held: Held, tables: Tables) -> Totals:
    """What the held goods cost, sent as the buyer wants. Refuses a way of sending that there is not, and a total above
    what the buyer saw; a lower one is passed on.
    """
    to = checkout.shipping_address
    offered = options(tables, to.country, held.lines, checkout.locale)
    way = chosen(offered, checkout.shipping_method, country_field="shipping_address.country")
    totals = total(held.lines, way.price_minor, tax_rule(tables, to.country, to.region))
    if totals.total_minor > checkout.expected_minor:
        raise PriceChanged(
            "The total is higher than expected_total", total={"amount": totals.total_minor, "currency": held.currency}
        )
    return totals


def draft(
    order_id: UUID,
    checkout: Checkout,
    held: Held,
    totals: Totals,
    paid: Authorized,
    number: str,
    placed_at: datetime,
) -> Order:
    """The order as it shall be committed."""
    status: Literal["pending", "confirmed"] = "pending" if paid.status == "pending" else "confirmed"
    return Order(
        id=order_id,
        number=number,
        version=1,
        status=status,
        payment_status=paid.status,
        fulfilment_status="unfulfilled",
        email=checkout.email,
        locale=checkout.locale,
        hold_id=held.hold_id,
        payment_id=paid.payment_id,
        currency=held.currency,
        subtotal_minor=totals.subtotal_minor,
        discount_minor=totals.discount_minor,
        shipping_minor=totals.shipping_minor,
        tax_minor=totals.tax_minor,
        tax_included=totals.tax_included,
        total_minor=totals.total_minor,
        shipping_address=checkout.shipping_address,
        shipping_method=checkout.shipping_method,
        placed_at=placed_at,
        billing_address=checkout.billing_address,
        user_id=checkout.user_id,
        cart_id=checkout.cart_id,
        lines=tuple(
            [
                OrderLine(
                    sku=one.line.sku,
                    quantity=one.line.quantity,
                    name=one.line.name,
                    unit_price_minor=one.line.unit_price_minor,
                    total_minor=one.total_minor,
                    discount_minor=one.discount_minor,
                    tax_minor=one.tax_minor,
                    weight_g=one.line.weight_g,
                    tax_class=one.line.tax_class,
                )
                for one in totals.lines
            ]
        ),
    )


def as_placed(order: Order, status: Status) -> Order:
    """The order as it stood when it was placed: what a repeated request is answered."""
    return replace(
        order,
        status=status,
        payment_status="pending" if status == "pending" else "authorized",
        fulfilment_status="unfulfilled",
    )


def lives_long_enough(held: Held, now: datetime) -> bool:
    return held.expires_at - now >= timedelta(seconds=HOLD_LEFT_MIN_S)
