"""What orders tells the others, and lets them ask."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar, Literal, Protocol
from uuid import UUID

from feira.contracts.goods import Address, PricedLine
from feira.kernel.errors import Refused
from feira.kernel.message import Event, Message, remote


class _OrderEvent(Event, frozen=True, kw_only=True):
    """An order as it stands, whole, so that nobody has to call back. Money is in the currency's minor unit."""

    order_id: UUID
    number: str
    status: Literal["pending", "confirmed", "cancelled", "completed"]
    hold_id: UUID
    payment_id: UUID
    email: str
    lines: tuple[PricedLine, ...]
    shipping_address: Address
    shipping_method: str
    currency: str
    subtotal_minor: int
    discount_minor: int
    shipping_minor: int
    tax_minor: int
    tax_included: bool
    total_minor: int
    placed_at: datetime
    locale: str
    user_id: UUID | None = None
    cart_id: str | None = None

    @property
    def key(self) -> str:
        return str(self.order_id)


class OrderPlaced(_OrderEvent, frozen=True, kw_only=True):
    """An order stands. `status` is confirmed, or pending while its payment's fate is unknown; a pending order is later
    confirmed (`OrderConfirmed`) or cancelled.
    """

    topic: ClassVar[str] = "orders.placed.v1"


class OrderConfirmed(_OrderEvent, frozen=True, kw_only=True):
    """A pending order's money turned out well."""

    topic: ClassVar[str] = "orders.confirmed.v1"


class OrderCancelled(_OrderEvent, frozen=True, kw_only=True):
    """The order fell: its hold or its sold stock goes back, its money is voided or refunded whole.

    `refund_id` names the refund if money was taken; `refund_minor` is what was not refunded before; `restock` tells
    the lines whose stock goes back (what a refund put back before is left out).
    """

    topic: ClassVar[str] = "orders.cancelled.v1"
    reason: str
    refund_id: UUID
    refund_minor: int
    restock: tuple[PricedLine, ...]


class OrderFulfilled(_OrderEvent, frozen=True, kw_only=True):
    """Some or all goods left the house."""

    topic: ClassVar[str] = "orders.fulfilled.v1"
    fulfilment_id: UUID
    sent: tuple[PricedLine, ...]
    carrier: str | None = None
    tracking: str | None = None


class OrderRefunded(_OrderEvent, frozen=True, kw_only=True):
    """Staff decided to give `refund_minor` back; payments does it, catalog puts `restock` back."""

    topic: ClassVar[str] = "orders.refunded.v1"
    refund_id: UUID
    refund_minor: int
    reason: str
    restock: tuple[PricedLine, ...]


class ShopRenamed(Event, frozen=True, kw_only=True):
    """The shop goes by another name from now on; until the first of these it is the one it was started with."""

    topic: ClassVar[str] = "orders.shop_renamed.v1"
    shop_name: str

    @property
    def key(self) -> str:
        return "shop"


class OrdersOf(Message, frozen=True, kw_only=True):
    user_id: UUID


class OrdersExport(Message, frozen=True, kw_only=True):
    """All orders of a customer, as the JSON array that `GET /v1/orders` would list, without pictures."""

    json: bytes


class ViewAsk(Message, frozen=True, kw_only=True):
    """May this customer, or whoever has this token, see this order?"""

    order_id: UUID
    user_id: UUID | None = None
    token: str = ""


class Viewable(Message, frozen=True, kw_only=True):
    may: bool  # False also for an order that does not exist.


class SalesAsk(Message, frozen=True, kw_only=True):
    """What was sold from the hour on that begins then?"""

    since: datetime


class Sales(Message, frozen=True, kw_only=True):
    """The orders placed since then that stand and whose money was taken, and what they came to, as counted at `upto`."""

    orders: int
    sales_minor: int
    currency: str
    upto: datetime


class Orders(Protocol):
    @remote(idempotent=True)
    async def export(self, ask: OrdersOf) -> OrdersExport:
        """What we keep of a customer, for the customer."""
        ...

    @remote(idempotent=True)
    async def viewable(self, asks: Sequence[ViewAsk]) -> Sequence[Viewable | Refused]:
        """Who may see which orders."""
        ...

    @remote(idempotent=True)
    async def sales(self, ask: SalesAsk) -> Sales:
        """What was sold, for the back office."""
        ...
