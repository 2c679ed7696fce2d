"""What may be done with a cart, as pure functions from a cart to the cart after."""

from collections.abc import Mapping, Sequence
from typing import Literal
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from feira.contracts.carts import CartAlreadyOrdered, UnknownCart
from feira.contracts.goods import Line, PricedLine
from feira.kernel.errors import Invalid, NotFound

LINES_MAX = 2_000
QUANTITY_MAX = 1_000_000
RECENT_MAX = 300  # More than the acts of one batch, which is what may be done twice.


class UnknownLine(NotFound):
    code = "unknown_line"
    title = "There is no such line in the cart"


class CartLine(Struct, frozen=True, array_like=True):
    """As the table has it: its fields in this order."""

    id: UUID
    sku: str
    quantity: int


class Cart(Struct, frozen=True, kw_only=True):
    """`user_id` is its customer; a cart without one opens to whoever has its id. See the table for the rest."""

    id: str
    user_id: UUID | None = None
    version: int = 0
    order_id: UUID | None = None
    merged_into: str | None = None
    recent: tuple[UUID, ...] = ()
    lines: tuple[CartLine, ...] = ()


class Add(Struct, frozen=True, kw_only=True):
    """`line_id` is new with each act: what the line is called if the sku has none yet, and what tells a repetition."""

    line_id: UUID
    sku: str
    quantity: int


class Put(Struct, frozen=True, kw_only=True):
    """So many of a line from now on; 0 removes it."""

    line_id: UUID
    quantity: int


Act = Add | Put


def opened(cart: Cart | None, user_id: UUID | None) -> Cart:
    """The cart, if it opens to this customer or guest. Refuses with UnknownCart, the same whatever the reason."""
    if cart is None or cart.merged_into is not None or cart.user_id not in {None, user_id}:
        raise UnknownCart
    return cart


def after(cart: Cart, act: Act) -> Cart:
    """The cart after the act. Refuses what is over a limit, and any change of a cart that was ordered."""
    if cart.order_id is not None:
        raise CartAlreadyOrdered
    if isinstance(act, Add):
        return cart if act.line_id in cart.recent else _added(cart, act)
    if all(line.id != act.line_id for line in cart.lines):
        raise UnknownLine
    lines = [replace(line, quantity=act.quantity) if line.id == act.line_id else line for line in cart.lines]
    return changed(cart, [line for line in lines if line.quantity])


def _added(cart: Cart, act: Add) -> Cart:
    lines = {line.sku: line for line in cart.lines}
    line = lines.get(act.sku) or CartLine(id=act.line_id, sku=act.sku, quantity=0)
    lines[act.sku] = replace(line, quantity=line.quantity + act.quantity)
    if lines[act.sku].quantity > QUANTITY_MAX:
        raise Invalid.field("quantity", f"makes more than {QUANTITY_MAX} of one sku")
    if len(lines) > LINES_MAX:
        raise Invalid.field("sku", f"makes more than {LINES_MAX} lines")
    return replace(changed(cart, list(lines.values())), recent=(*cart.recent, act.line_id)[-RECENT_MAX:])


def changed(cart: Cart, lines: Sequence[CartLine]) -> Cart:
    return replace(cart, lines=tuple(lines), version=cart.version + 1)


def claim(cart: Cart | None, user_id: UUID) -> tuple[Cart, Literal["mine", "merged", "guest"]]:
    """The cart that a customer claims, and what it is to him. Refuses with UnknownCart for a stranger's cart as for none."""
    if cart is None or cart.user_id not in {None, user_id}:
        raise UnknownCart
    if cart.merged_into is not None:
        return cart, "merged"
    if cart.user_id is not None:
        return cart, "mine"
    if cart.order_id is not None:
        raise CartAlreadyOrdered
    return cart, "guest"


def adopted(guest: Cart, user_id: UUID, available: Mapping[str, int]) -> Cart:
    """A guest's cart as the customer's own, capped by the stock; what is not sold any more is left out."""
    lines = _capped(guest.lines, {line.sku for line in guest.lines}, available)
    return replace(changed(guest, lines), user_id=user_id)


def merged(mine: Cart, guest: Cart, user_id: UUID, available: Mapping[str, int]) -> tuple[Cart, Cart]:
    """The customer's cart with the guest's lines added, capped by the stock; and the guest's, done with.

    Lines beyond LINES_MAX are left out, the customer's own before all others being kept.
    """
    lines = {line.sku: line for line in mine.lines}
    for line in guest.lines:
        if line.sku in lines:
            quantity = min(lines[line.sku].quantity + line.quantity, QUANTITY_MAX)
            lines[line.sku] = replace(lines[line.sku], quantity=quantity)
        elif len(lines) < LINES_MAX:
            lines[line.sku] = line
    capped = _capped(list(lines.values()), {line.sku for line in guest.lines}, available)
    done = replace(changed(guest, ()), user_id=user_id, merged_into=mine.id)
    return changed(mine, capped), done


def _capped(lines: Sequence[CartLine], skus: set[str], available: Mapping[str, int]) -> list[CartLine]:
    found = []
    for line in lines:
        quantity = min(line.quantity, available[line.sku]) if line.sku in skus else line.quantity
        if quantity > 0:
            found.append(replace(line, quantity=quantity))
    return found


def without(cart: Cart, ordered: Sequence[Line] | Sequence[PricedLine]) -> Cart:
    """The cart without what was ordered: what came in since stays."""
    taken: dict[str, int] = {}
    for one in ordered:
        taken[one.sku] = taken.get(one.sku, 0) + one.quantity
    lines = [replace(line, quantity=line.quantity - taken.get(line.sku, 0)) for line in cart.lines]
    return changed(cart, [line for line in lines if line.quantity > 0])
