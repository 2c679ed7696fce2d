"""What clients are told: messages, and what is remembered of them for who was away for a moment. Pure."""

from collections import deque
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from feira.contracts.orders import OrderCancelled, OrderConfirmed, OrderFulfilled, OrderPlaced, OrderRefunded

REMEMBERED_MAX: Final = 10_000
REMEMBERED_BYTES_MAX: Final = 8 << 20
OVERHEAD_BYTES: Final = 300  # What a message costs beside its data.
REPEATS_MAX: Final = 10_000  # Events whose ids are remembered.
HEARD_MAX: Final = 50_000  # Orders that are remembered until all are counted again.
DESK_ORDERS_MAX: Final = 20  # Shown to staff at once; of the rest only the number is told.

OrderEvent = OrderPlaced | OrderConfirmed | OrderCancelled | OrderFulfilled | OrderRefunded
ORDER_TYPES: Final[dict[type[OrderEvent], str]] = {
    OrderPlaced: "order.placed",
    OrderConfirmed: "order.confirmed",
    OrderCancelled: "order.cancelled",
    OrderFulfilled: "order.fulfilled",
    OrderRefunded: "order.refunded",
}
encode = msgspec.json.Encoder().encode


class Price(msgspec.Struct, frozen=True):
    amount: int
    currency: str


class OrderData(msgspec.Struct, frozen=True):
    """An order at a glance; `items` counts units."""

    id: str
    number: str
    status: str
    total: Price
    placed_at: datetime
    items: int


class StockData(msgspec.Struct, frozen=True):
    sku: str
    available: bool
    quantity: int


class ProductData(msgspec.Struct, frozen=True):
    slug: str


class DeskOrder(OrderData, frozen=True):
    type: str


class DeskData(msgspec.Struct, frozen=True):
    orders: list[DeskOrder]
    more: int


class MetricsData(msgspec.Struct, frozen=True):
    orders_per_minute: int
    orders_today: int
    sales_today: Price
    live_connections: int


class Message(msgspec.Struct, frozen=True):
    """What is pushed. `id` rises on each topic; it is to be given back as `since`."""

    topic: str
    type: str
    data: Any
    at: datetime
    id: str


class Answer(msgspec.Struct, frozen=True, omit_defaults=True):
    """The answer to a client's message. `subscribed` and `refused` are told always, the rest where there is something."""

    subscribed: list[str]
    refused: list[str]
    id: str
    unsubscribed: list[str] = []
    resync: bool = False
    error: str = ""


class Ended(msgspec.Struct, frozen=True):
    """These topics are told no more."""

    ended: list[str]
    reason: str


class Resync(msgspec.Struct, frozen=True):
    """Something may have been missed: everything that is shown is to be read again."""

    id: str
    resync: bool = True


class Wrong(msgspec.Struct, frozen=True):
    """The message could not be read."""

    error: str
    detail: str


def order_fields(event: OrderEvent) -> dict[str, Any]:
    return {
        "id": str(event.order_id),
        "number": event.number,
        "status": event.status,
        "total": Price(event.total_minor, event.currency),
        "placed_at": event.placed_at,
        "items": sum(line.quantity for line in event.lines),
    }


class Happened(msgspec.Struct, frozen=True):
    """Something that its channels were told of; `data` is JSON already, for it is said to several."""

    number: int
    channels: tuple[str, ...]
    type: str
    data: msgspec.Raw
    at: datetime

    def message(self, topic: str) -> bytes:
        return encode(Message(topic, self.type, self.data, self.at, str(self.number)))


class Memory:
    """What happened lately, in its order, for whoever comes back: all behind `floor`."""

    def __init__(self) -> None:
        self.floor = -1  # Nothing is known of what happened up to this number.
        self._happened: deque[Happened] = deque()
        self._bytes = 0

    def forget(self, floor: int) -> None:
        self.floor = floor
        self._happened.clear()
        self._bytes = 0

    def add(self, one: Happened) -> None:
        self._happened.append(one)
        self._bytes += self._size(one)
        while len(self._happened) > REMEMBERED_MAX or self._bytes > REMEMBERED_BYTES_MAX:
            oldest = self._happened.popleft()
            self._bytes -= self._size(oldest)
            self.floor = oldest.number

    def since(self, number: int | None, channels: Collection[str]) -> Iterator[tuple[str, Happened]] | None:
        """What these channels were told behind this number; None if that cannot be said."""
        if number is None or number < self.floor or self.floor < 0:
            return None
        return (
            (channel, one)
            for one in self._happened
            if one.number > number
            for channel in one.channels
            if channel in channels
        )

    @staticmethod
    def _size(one: Happened) -> int:
        return len(bytes(one.data)) + sum(map(len, one.channels)) + OVERHEAD_BYTES


class Repeats:
    """Events that were heard lately, by their ids: whoever hands them on may do so twice."""

    def __init__(self) -> None:
        self._heard: set[UUID] = set()
        self._order: deque[UUID] = deque()

    def again(self, event_id: UUID) -> bool:
        """Whether it was heard before; from now on it was."""
        if event_id in self._heard:
            return True
        self._heard.add(event_id)
        self._order.append(event_id)
        if len(self._order) > REPEATS_MAX:
            self._heard.remove(self._order.popleft())
        return False


class Desk:
    """Orders that staff have not been told of yet: the latest of them whole, of the rest their number."""

    def __init__(self) -> None:
        self.first: int | None = None  # The number of the first of them.
        self._orders: deque[DeskOrder] = deque()
        self._more = 0

    def add(self, number: int, event: OrderEvent) -> None:
        if self.first is None:
            self.first = number
        self._orders.append(DeskOrder(**order_fields(event), type=ORDER_TYPES[type(event)]))
        if len(self._orders) > DESK_ORDERS_MAX:
            self._orders.popleft()
            self._more += 1

    def take(self) -> DeskData | None:
        if not self._orders:
            return None
        data = DeskData(list(self._orders), self._more)
        self.clear()
        return data

    def clear(self) -> None:
        self._orders.clear()
        self._more, self.first = 0, None


def desk_data(happened: Sequence[Happened]) -> DeskData:
    """What happened to orders as staff are shown it."""
    latest = happened[-DESK_ORDERS_MAX:]
    orders = [
        DeskOrder(**msgspec.structs.asdict(msgspec.json.decode(one.data, type=OrderData)), type=one.type)
        for one in latest
    ]
    return DeskData(orders, len(happened) - len(latest))


class Takings:
    """Today's orders and what they come to: as the orders service counted them, and those that were placed since then, most
    of which will be sold. It is counted again soon.
    """

    def __init__(self) -> None:
        self._upto: datetime | None = None
        self._heard: deque[tuple[datetime, int]] = deque(maxlen=HEARD_MAX)  # Placed since then.
        self.orders = self.sales_minor = 0

    def count(self, upto: datetime, orders: int, sales_minor: int) -> None:
        """So many there are of those placed before `upto`."""
        self._upto = upto
        while self._heard and self._heard[0][0] < upto:
            self._heard.popleft()
        self.orders = orders + len(self._heard)
        self.sales_minor = sales_minor + sum(amount for _, amount in self._heard)

    def add(self, placed_at: datetime, amount_minor: int) -> None:
        if self._upto is not None and placed_at >= self._upto:
            self._heard.append((placed_at, amount_minor))
            self.orders += 1
            self.sales_minor += amount_minor
