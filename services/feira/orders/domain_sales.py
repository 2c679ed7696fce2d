"""Which orders count as sold, and what a shopkeeper sees of them. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import msgspec

from feira.orders.domain import PaymentStatus, Status

HOUR = timedelta(hours=1)


def sold(status: Status, payment_status: PaymentStatus) -> bool:
    """Whether the order stands and its money was taken. What is given back later does not undo a sale."""
    return status in {"confirmed", "completed"} and payment_status in {"captured", "partially_refunded", "refunded"}


class Sales(msgspec.Struct, frozen=True, kw_only=True):
    """So many orders with so many units in them, and what their buyers paid."""

    orders: int = 0
    items: int = 0
    sales_minor: int = 0

    def plus(self, other: "Sales") -> "Sales":
        return Sales(
            orders=self.orders + other.orders,
            items=self.items + other.items,
            sales_minor=self.sales_minor + other.sales_minor,
        )


NOTHING = Sales()


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """The hour it is, and when today and yesterday began where the shopkeeper is."""

    hour: datetime
    today: datetime
    yesterday: datetime


def summed(hours: Mapping[datetime, Sales], begin: datetime, end: datetime) -> Sales:
    """What was sold in the hours from `begin` on and before `end`. Where a day begins within an hour, that hour is its first."""
    begin, end = _whole(begin), _whole(end)
    total = NOTHING
    for hour, sales in hours.items():
        if begin <= hour < end:
            total = total.plus(sales)
    return total


def each_hour(hours: Mapping[datetime, Sales], last: datetime, count: int) -> Iterable[tuple[datetime, Sales]]:
    """The last so many hours, the oldest first, those without sales too."""
    for back in reversed(range(count)):
        hour = last - back * HOUR
        yield hour, hours.get(hour, NOTHING)


def _whole(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)
