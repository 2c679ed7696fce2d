"""The arithmetic of giving money back: parts sum to the whole exactly, and never to more."""

from collections.abc import Mapping, Sequence

import msgspec
from msgspec.structs import replace

from feira.contracts.goods import PricedLine
from feira.kernel.errors import Refused
from feira.orders.domain import NotCaptured, Order, OrderLine, with_fulfilment


class RefundExceedsCaptured(Refused):
    """`extra["refundable"]` is the money that may still be given back."""

    code = "refund_exceeds_captured"
    title = "More than what is left of the captured money or of the goods"


class Return(msgspec.Struct, frozen=True, kw_only=True):
    """So many units of a sku are given back for; their stock goes back too, unless `restock` is False."""

    sku: str
    quantity: int
    restock: bool = True


class Refund(msgspec.Struct, frozen=True, kw_only=True):
    """A refund that may be made: the order's lines after it, what it is worth, and the stock that goes back."""

    order: Order
    amount_minor: int
    restock: tuple[PricedLine, ...]


def paid_minor(line: OrderLine, *, tax_included: bool) -> int:
    """What the buyer paid for the line, with its shares of discount and tax."""
    return line.total_minor - line.discount_minor + (0 if tax_included else line.tax_minor)


def worth_minor(line: OrderLine, quantity: int, *, tax_included: bool) -> int:
    """What the next `quantity` units give back. Shares are cut from the line's whole, so that all together are the whole."""
    paid = paid_minor(line, tax_included=tax_included)
    before = paid * line.refunded // line.quantity
    return paid * (line.refunded + quantity) // line.quantity - before


def decide(order: Order, amount_minor: int | None, returns: Sequence[Return]) -> Refund:
    """A refund of an amount, of goods, or (with neither) of all that is left.

    Refuses with NotCaptured before the money was taken, and with RefundExceedsCaptured beyond what is left of it, and of
    the goods: of an order that fell all went back. Units that were not sent yet are refunded first, and are then never
    sent.
    """
    if order.payment_status not in {"captured", "partially_refunded", "refunded"}:
        raise NotCaptured(f"The payment is {order.payment_status}")
    left = order.captured_minor - order.decided_minor
    if order.status == "cancelled":  # Said here, because goods that cost nothing would pass the check of the money.
        raise _exceeds(order, left)
    restock: list[PricedLine] = []
    if returns:
        order, amount_minor, restock = _of_goods(order, returns, left)
    elif amount_minor is None:
        amount_minor = left
    if amount_minor > left or (amount_minor == 0 and not returns):
        raise _exceeds(order, left)
    return Refund(order=with_fulfilment(order), amount_minor=amount_minor, restock=tuple(restock))


def _of_goods(order: Order, returns: Sequence[Return], left: int) -> tuple[Order, int, list[PricedLine]]:
    lines: Mapping[str, OrderLine] = {line.sku: line for line in order.lines}
    after = dict(lines)
    amount = 0
    restock: list[PricedLine] = []
    for back in returns:
        line = after.get(back.sku)
        if line is None or line.refunded + back.quantity > line.quantity:
            raise _exceeds(order, left)
        amount += worth_minor(line, back.quantity, tax_included=order.tax_included)
        after[back.sku] = replace(
            line,
            refunded=line.refunded + back.quantity,
            withdrawn=line.withdrawn + min(back.quantity, line.left_to_send),
        )
        if back.restock:
            restock.append(line.priced(back.quantity))
    return replace(order, lines=tuple(after[line.sku] for line in order.lines)), amount, restock


def _exceeds(order: Order, left: int) -> RefundExceedsCaptured:
    return RefundExceedsCaptured(refundable={"amount": max(left, 0), "currency": order.currency})
