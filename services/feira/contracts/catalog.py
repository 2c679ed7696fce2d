"""What the catalogue promises: prices, and stock that is set aside for a while."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar, Protocol
from uuid import UUID

from feira.contracts.goods import Line, PricedLine
from feira.kernel.errors import NotFound, Refused
from feira.kernel.message import Event, Message, remote

HOLD_S = 15 * 60  # How long stock is set aside for a buyer who has not paid.


class Hold(Message, frozen=True, kw_only=True):
    """Set these lines aside for this order. `digest` tells a repeated ask from a changed one."""

    order_id: UUID
    digest: str
    lines: tuple[Line, ...]
    locale: str = ""


class Held(Message, frozen=True, kw_only=True):
    """What was set aside, at which prices, until when. Repeated skus of the ask are summed, in the order first named."""

    hold_id: UUID
    lines: tuple[PricedLine, ...]
    currency: str
    expires_at: datetime


class Release(Message, frozen=True, kw_only=True):
    """Give this hold of this order up, and no newer one of it. Who does not name the order is left to the hold's expiry."""

    hold_id: UUID
    order_id: UUID | None = None


class Released(Message, frozen=True, kw_only=True):
    done: bool  # False when the hold was sold, released or expired before.


class PriceAsk(Message, frozen=True, kw_only=True):
    """What would these lines cost now? Nothing is set aside."""

    lines: tuple[Line, ...]
    locale: str = ""


class PictureSource(Message, frozen=True, kw_only=True):
    """The same picture in another format or width in pixels."""

    url: str
    type: str
    width: int | None = None


class Picture(Message, frozen=True, kw_only=True):
    """A picture by its whole address, and its size in pixels."""

    url: str
    alt: str = ""
    width: int | None = None
    height: int | None = None
    sources: tuple[PictureSource, ...] = ()


class Offered(Message, frozen=True, kw_only=True):
    """A line as it could be bought now; `available` counts the units that nobody holds."""

    line: PricedLine
    available: int
    product_slug: str
    image: Picture | None = None


class Priced(Message, frozen=True, kw_only=True):
    """The offers, in the order and number of the lines asked for (equal skus are not summed)."""

    offers: tuple[Offered, ...]
    currency: str


class SampleAsk(Message, frozen=True, kw_only=True):
    """So many skus at the most."""

    limit: int


class Sample(Message, frozen=True, kw_only=True):
    """Fewer than asked for, or none, where there are not so many to be bought."""

    skus: tuple[str, ...]


class StockAsk(Message, frozen=True, kw_only=True):
    """How much is there of each variant of the product of this slug?"""

    slug: str


class InStock(Message, frozen=True, kw_only=True):
    """A variant, and how many units of it nobody holds."""

    sku: str
    quantity: int


class StockOf(Message, frozen=True, kw_only=True):
    """The variants of a product that is sold, in their order; none if it is not sold here."""

    slug: str
    variants: tuple[InStock, ...] = ()


class OutOfStock(Refused):
    """Not enough of some skus; `extra["skus"]` is `[{"sku", "available"}]`."""

    code = "out_of_stock"
    title = "Not enough in stock"


class UnknownSku(NotFound):
    """`extra["skus"]` lists the skus that are not sold here."""

    code = "unknown_sku"
    title = "There is no such sku"


class HoldLapsed(Refused):
    """The hold ran out and its stock could not be taken again at the first prices."""

    code = "hold_lapsed"
    title = "The goods were set aside for too long"


class RequestChanged(Refused):
    """This order id was used for another request."""

    status = 422
    code = "idempotency_key_reused"
    blamed = "Idempotency-Key"
    title = "The idempotency key was used for another request"


class Catalog(Protocol):
    """Each method answers item by item, in order; an item's refusal never touches its neighbours."""

    @remote(idempotent=True)
    async def hold(self, asks: Sequence[Hold]) -> Sequence[Held | Refused]:
        """Price the lines and set their stock aside, all lines of an ask or none. The same ask again: the same answer."""
        ...

    @remote(idempotent=True)
    async def release(self, asks: Sequence[Release]) -> Sequence[Released | Refused]:
        """Give holds back early; unreleased holds expire by themselves. Twice is the same as once."""
        ...

    @remote(idempotent=True)
    async def price(self, asks: Sequence[PriceAsk]) -> Sequence[Priced | Refused]:
        """Price the lines without touching stock."""
        ...

    @remote(idempotent=True)
    async def sample(self, ask: SampleAsk) -> Sample:
        """Some skus that could be bought now, by chance: what a buyer who only plays would take."""
        ...

    @remote(idempotent=True)
    async def stock_of(self, asks: Sequence[StockAsk]) -> Sequence[StockOf | Refused]:
        """How much of these products can be bought at this moment."""
        ...


class SaleFailed(Event, frozen=True, kw_only=True):
    """A paid order's hold had run out and its stock was gone: the order must be cancelled and refunded."""

    topic: ClassVar[str] = "catalog.sale_failed.v1"
    order_id: UUID
    skus: tuple[str, ...]

    @property
    def key(self) -> str:
        return str(self.order_id)


class StockChanged(Event, frozen=True, kw_only=True):
    """A variant went in or out of stock."""

    topic: ClassVar[str] = "catalog.stock_changed.v1"
    product_id: UUID
    slug: str
    sku: str
    available: bool

    @property
    def key(self) -> str:
        return str(self.product_id)


class ProductsChanged(Event, frozen=True, kw_only=True):
    """What shoppers are shown of some products, or of the whole shop, is different from before: for those who keep pages.

    `slugs` are those that the products had before and have now. `lists` tells whether lists may look
    different too, `everything` that anything may: then no slugs are named. Whether a product can be had is told by
    `StockChanged`. Nothing is said here but what to read again, so it does not matter in which order it is heard.
    """

    topic: ClassVar[str] = "catalog.products_changed.v1"
    slugs: tuple[str, ...] = ()
    lists: bool = True
    everything: bool = False

    @property
    def key(self) -> str:
        return "products"


class StockMoved(Event, frozen=True, kw_only=True):
    """More or fewer units of these skus can be bought than before, for another reason than that somebody is buying them:
    they were counted, imported, given back. It is for who shows quantities; the order in which it is heard does not matter.
    """

    topic: ClassVar[str] = "catalog.stock_moved.v1"
    skus: tuple[str, ...]

    @property
    def key(self) -> str:
        return "stock"
