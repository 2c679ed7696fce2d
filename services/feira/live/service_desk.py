"""What staff see of the whole shop: orders as they come, and a few numbers."""

from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from feira.contracts.orders import OrderPlaced, Orders, SalesAsk
from feira.kernel.card import Context
from feira.live.domain_told import Desk, MetricsData, OrderEvent, Price, Takings

DESK: Final = "admin/orders"
ORDERS_EVERY_S: Final = 0.1
COUNT_EVERY_S: Final = 5.0  # The orders service is asked for the day's sales; in between they are reckoned here.
MINUTE_S: Final = 60.0
PLACED_MAX: Final = 300_000  # Of one minute.


class FrontDesk:
    """`tell` is called with a channel's short name, the message's type and its data. Nothing is done for an empty desk."""

    def __init__(self, ctx: Context, orders: Orders, tell: Callable[[str, str, Any], None]) -> None:
        self._log = ctx.log
        self._orders = orders
        self._tell = tell
        self._currency = ctx.settings.currency
        self._desk = Desk()
        self._takings = Takings()
        self._placed: deque[float] = deque(maxlen=PLACED_MAX)
        self._counted_at = float("-inf")
        self._day = datetime.min.replace(tzinfo=UTC)
        self.last: MetricsData | None = None

    @property
    def first(self) -> int | None:
        """The number of the first event that staff are still to be told of."""
        return self._desk.first

    def heard(self, number: int, event: OrderEvent, *, shown: bool) -> None:
        """An order changed; `shown` if staff watch orders."""
        if isinstance(event, OrderPlaced):
            self._placed.append(event.placed_at.timestamp())
            self._takings.add(event.placed_at, event.total_minor)
        if shown:
            self._desk.add(number, event)

    def show_orders(self) -> None:
        """To be called each ORDERS_EVERY_S while staff watch orders."""
        if (data := self._desk.take()) is not None:
            self._tell(DESK, "orders", data)

    def leave(self) -> None:
        """No staff watch orders any more: who comes later is not told of them as if they had just come."""
        self._desk.clear()

    async def count(self, now: datetime, loop_s: float) -> None:
        """Have the day's sales counted, if it is time. To be called each second while staff watch the numbers."""
        day = now.replace(hour=0, minute=0, second=0, microsecond=0)
        if loop_s - self._counted_at < COUNT_EVERY_S and day == self._day:
            return
        try:
            sold = await self._orders.sales(SalesAsk(since=day))
        except Exception as failure:  # noqa: BLE001 - whatever it is, the numbers at hand are shown a little longer.
            self._log.warning("sales_not_counted", error=repr(failure))
            return
        self._counted_at, self._day, self._currency = loop_s, day, sold.currency
        self._takings.count(sold.upto, sold.orders, sold.sales_minor)

    def show_metrics(self, now: datetime, connections: int) -> None:
        """Tell the numbers if they differ from the last."""
        since = now.timestamp() - MINUTE_S
        while self._placed and self._placed[0] < since:
            self._placed.popleft()
        takings = self._takings
        data = MetricsData(len(self._placed), takings.orders, Price(takings.sales_minor, self._currency), connections)
        if data != self.last:
            self.last = data
            self._tell("admin/metrics", "metrics", data)
