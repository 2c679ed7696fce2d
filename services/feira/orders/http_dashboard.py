"""The shopkeeper's first page."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta

from feira.kernel.errors import Invalid
from feira.kernel.http import Money, Query, Request, Route, View
from feira.orders.domain_sales import Sales
from feira.orders.service import OrderService

HOURS_MAX = 31 * 24


class DashboardQuery(Query, frozen=True, kw_only=True):
    """`time_zone` says when a day begins, by its name in the IANA database; where it begins within an hour, with that hour."""

    hours: Annotated[int, Meta(ge=1, le=HOURS_MAX)] = 24
    time_zone: Annotated[str, Meta(pattern=r"^[A-Za-z]+([_+/-][A-Za-z0-9]+)*$", max_length=64)] = "UTC"


class SalesView(View, frozen=True, kw_only=True):
    """`items` are units; `sales` is what the buyers paid, with shipping and tax."""

    orders: int
    items: int
    sales: Money


class HourView(SalesView, frozen=True, kw_only=True):
    at: datetime


class TopProductView(View, frozen=True, kw_only=True):
    sku: str
    name: str
    quantity: int
    sales: Money


class DashboardView(View, frozen=True, kw_only=True):
    """Orders that stand and whose money was taken, by the hour in which they were placed; what was given back later is not
    taken off. `hours` has the oldest first and the current one last; `top_products` sold most in seven days (UTC), today
    among them. While `rebuilding`, orders from before an upgrade are yet to be counted.
    """

    currency: str
    time_zone: str
    today: SalesView
    yesterday: SalesView
    hours: list[HourView]
    top_products: list[TopProductView]
    rebuilding: bool


def routes(orders: OrderService) -> list[Route]:
    async def read_dashboard(request: Request[None, DashboardQuery]) -> DashboardView:
        query, currency = request.query, orders.currency
        board = await orders.ledger.dashboard(query.hours, query.time_zone)
        return DashboardView(
            currency=currency,
            time_zone=query.time_zone,
            today=_view(board.today, currency),
            yesterday=_view(board.yesterday, currency),
            hours=[
                HourView(
                    at=at, orders=one.orders, items=one.items, sales=Money(amount=one.sales_minor, currency=currency)
                )
                for at, one in board.hours
            ],
            top_products=[
                TopProductView(
                    sku=top.sku,
                    name=top.name,
                    quantity=top.quantity,
                    sales=Money(amount=top.sales_minor, currency=currency),
                )
                for top in board.top
            ],
            rebuilding=board.rebuilding,
        )

    return [
        Route("GET", "/v1/admin/dashboard", read_dashboard, summary="What was sold", tag="Back office: orders",
              caller="staff", query=DashboardQuery, reply=DashboardView, refusals=(Invalid,)),
    ]  # fmt: skip


def _view(sales: Sales, currency: str) -> SalesView:
    return SalesView(orders=sales.orders, items=sales.items, sales=Money(amount=sales.sales_minor, currency=currency))
