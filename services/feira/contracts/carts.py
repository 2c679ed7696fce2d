"""What carts promises: what lies in a cart at one moment."""

from typing import Protocol
from uuid import UUID

from feira.contracts.goods import Line
from feira.kernel.errors import NotFound, Refused
from feira.kernel.message import Message, remote


class CartAsk(Message, frozen=True, kw_only=True):
    """`user_id` is who asks, or None for a guest: a customer's cart opens to that customer alone."""

    cart_id: str
    user_id: UUID | None = None


class CartSnapshot(Message, frozen=True, kw_only=True):
    """The cart as it lay; `version` rises with every change."""

    cart_id: str
    version: int
    lines: tuple[Line, ...]
    user_id: UUID | None = None


class UnknownCart(NotFound):
    code = "unknown_cart"
    title = "There is no such cart"


class CartAlreadyOrdered(Refused):
    """A cart becomes one order; after that nothing is put into it, and it is not ordered again."""

    code = "cart_already_ordered"
    title = "An order stands for this cart"


class Carts(Protocol):
    @remote(idempotent=True)
    async def read(self, ask: CartAsk) -> CartSnapshot:
        """The cart's lines. Refuses with UnknownCart, the same for a stranger's cart as for none."""
        ...
