"""What staff do with orders."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from feira.contracts.emails import EMAIL_MAX, normal_email
from feira.kernel.errors import Invalid, NotFound
from feira.kernel.http import Answer, Body, Cursor, Limit, Money, Page, Query, Request, Route
from feira.orders.domain import (
    FulfilmentExceedsOrder,
    FulfilmentStatus,
    NotCancellable,
    NotCaptured,
    PaymentStatus,
    Status,
)
from feira.orders.domain_checkout import LINES_MAX, QUANTITY_MAX, KeyReused, digest_of
from feira.orders.domain_names import read_number
from feira.orders.domain_refunds import RefundExceedsCaptured, Return
from feira.orders.http_buying import REPLAYED, after_of
from feira.orders.service import OrderService
from feira.orders.service_desk import RefundAsk, UnknownOrder
from feira.orders.store_list import Filters
from feira.orders.view import FulfilmentView, RefundView, StaffOrderView, fulfilment_view, refund_view, staff_view
from feira.orders.view_timeline import TimelineView, timeline_item
from feira.transport.cursors import cursor, read_cursor

TAG = "Back office: orders"
UNITS_MAX = LINES_MAX * QUANTITY_MAX

Sku = Annotated[str, Meta(min_length=1, max_length=100)]
Units = Annotated[int, Meta(ge=1, le=UNITS_MAX)]
Reason = Annotated[str, Meta(min_length=1, max_length=500)]
Short = Annotated[str, Meta(max_length=200)]


class OrdersQuery(Query, frozen=True, kw_only=True):
    """`from` is included, `to` is not. `q` is an id, a number, or how an e-mail address begins; by the last, orders come by
    address. With `payment_status` or `fulfilment_status` a page may be short, or empty, and have a `next`.
    """

    limit: Limit = 20
    cursor: Cursor = None
    q: Annotated[str, Meta(min_length=1, max_length=EMAIL_MAX)] | None = None
    status: Status | None = None
    payment_status: PaymentStatus | None = None
    fulfilment_status: FulfilmentStatus | None = None
    email: Annotated[str, Meta(max_length=EMAIL_MAX)] | None = None
    number: Annotated[str, Meta(max_length=32)] | None = None
    since: datetime | None = msgspec.field(default=None, name="from")
    until: datetime | None = msgspec.field(default=None, name="to")


class CancelOrder(Body, frozen=True, kw_only=True):
    reason: Reason = "cancelled_by_staff"


class SentLineBody(Body, frozen=True, kw_only=True):
    sku: Sku
    quantity: Units


class Fulfil(Body, frozen=True, kw_only=True):
    lines: Annotated[list[SentLineBody], Meta(min_length=1, max_length=LINES_MAX)]
    carrier: Short | None = None
    tracking: Short | None = None


class ReturnBody(Body, frozen=True, kw_only=True):
    sku: Sku
    quantity: Units
    restock: bool = True


class RefundOrder(Body, frozen=True, kw_only=True):
    """An amount, or goods with their shares of tax and discount; with neither, all that is left of the money."""

    reason: Reason
    amount: Money | None = None
    lines: Annotated[list[ReturnBody], Meta(min_length=1, max_length=LINES_MAX)] | None = None


def _when(at: datetime | None, field: str) -> datetime | None:
    if at is not None and at.tzinfo is None:
        raise Invalid.field(field, "needs its offset from UTC, such as Z")
    return at


def _filters(query: OrdersQuery) -> Filters | None:
    """Which orders are asked for; None if there can be none."""
    email = normal_email(query.email) if query.email is not None else None
    number = read_number(query.number) if query.number is not None else None
    if (query.email is not None and email is None) or (query.number is not None and number is None):
        return None
    return Filters(
        status=query.status,
        payment_status=query.payment_status,
        fulfilment_status=query.fulfilment_status,
        email=email,
        number=number,
        placed_from=_when(query.since, "from"),
        placed_to=_when(query.until, "to"),
    )


def refund_ask(body: RefundOrder, key: str, order_id: str, currency: str) -> RefundAsk:
    """What is to be refunded. The digest is of the order too: one word is for one refund of one order."""
    if body.amount is not None:
        if body.lines is not None:
            raise Invalid.field("amount", "an amount or lines, not both")
        if body.amount.currency != currency:
            raise Invalid.field("amount.currency", f"the order is in {currency}")
        if body.amount.amount < 1:
            raise Invalid.field("amount.amount", "must be at least 1")
    return RefundAsk(
        key=key,
        digest=digest_of(_Refunded(order_id=order_id, refund=body)),
        reason=body.reason,
        amount_minor=None if body.amount is None else body.amount.amount,
        returns=tuple(Return(sku=line.sku, quantity=line.quantity, restock=line.restock) for line in body.lines or ()),
    )


class _Refunded(Body, frozen=True, kw_only=True):
    order_id: str
    refund: RefundOrder


class Desk:
    """The handlers of what staff do."""

    def __init__(self, orders: OrderService) -> None:
        self._orders = orders

    async def list(self, request: Request[None, OrdersQuery]) -> Page[StaffOrderView]:
        query = request.query
        filters = _filters(query)
        if query.q is not None:
            return await self._find(query.q, query)
        after = after_of(query.cursor)
        if filters is None:
            return Page(items=[], next=None)
        found, after = await self._orders.page_dossiers(filters, after, request.query.limit)
        return Page(items=[staff_view(one) for one in found], next=cursor(*after) if after else None)

    async def _find(self, text: str, query: OrdersQuery) -> Page[StaffOrderView]:
        filters = _filters(query)
        if filters is None or filters.few:
            raise Invalid.field("q", "stands in place of email and number")
        after = read_cursor(query.cursor, (str, datetime, UUID)) if query.cursor else None
        found, more = await self._orders.search.find(
            text, filters, (after[0], after[1], after[2]) if after else None, query.limit
        )
        return Page(items=[staff_view(one) for one in found], next=cursor(*more) if more else None)

    async def timeline(self, request: Request[None, None]) -> TimelineView:
        happened = await self._orders.search.timeline(request.id("order_id"))
        return TimelineView(items=[timeline_item(one) for one in happened])

    async def read(self, request: Request[None, None]) -> StaffOrderView:
        return staff_view(await self._orders.dossier(request.id("order_id")))

    async def cancel(self, request: Request[CancelOrder, None]) -> StaffOrderView:
        order_id = request.id("order_id")
        await self._orders.desk.cancel(order_id, request.body.reason, request.caller.id)
        return staff_view(await self._orders.dossier(order_id))

    async def fulfil(self, request: Request[Fulfil, None]) -> FulfilmentView:
        lines: dict[str, int] = {}
        for line in request.body.lines:
            lines[line.sku] = lines.get(line.sku, 0) + line.quantity
        sent = await self._orders.desk.fulfil(
            request.id("order_id"), lines, request.body.carrier, request.body.tracking, request.caller.id
        )
        return fulfilment_view(sent)

    async def refund(self, request: Request[RefundOrder, None]) -> Answer:
        order_id, currency = request.id("order_id"), self._orders.currency
        ask = refund_ask(request.body, request.key, str(order_id), currency)
        given, replayed = await self._orders.desk.refund(order_id, ask, request.caller.id)
        return Answer(201, refund_view(given, currency), (REPLAYED,) if replayed else ())


_FULFIL = {"lines": [{"sku": "ACAI-PULP-400G", "quantity": 1}], "carrier": "Correios", "tracking": "BR123456789BR"}
_REFUND = {"lines": [{"sku": "ACAI-PULP-400G", "quantity": 1, "restock": True}], "reason": "arrived broken"}


def routes(orders: OrderService) -> list[Route]:
    desk = Desk(orders)
    gone = (UnknownOrder, NotFound)
    one = "/v1/admin/orders/{order_id}"
    return [
        Route(
            "GET", "/v1/admin/orders", desk.list, summary="Orders, the newest first", tag=TAG, query=OrdersQuery,
            reply=Page[StaffOrderView], caller="staff",
        ),
        Route(
            "GET", one, desk.read, summary="An order, whole", tag=TAG, reply=StaffOrderView, caller="staff",
            refusals=gone,
        ),
        Route(
            "GET", f"{one}/timeline", desk.timeline, summary="What happened to an order", tag=TAG, reply=TimelineView,
            caller="staff", refusals=gone, description="The first first.",
        ),
        Route(
            "POST", f"{one}/cancel", desk.cancel, summary="Cancel an order before its goods are sent", tag=TAG,
            body=CancelOrder, body_optional=True, reply=StaffOrderView, caller="staff",
            refusals=(*gone, NotCancellable), example={"reason": "the buyer rang up"},
        ),
        Route(
            "POST", f"{one}/fulfilments", desk.fulfil, summary="Goods have left the house", tag=TAG, body=Fulfil,
            reply=FulfilmentView, status=201, caller="staff", refusals=(*gone, NotCaptured, FulfilmentExceedsOrder),
            example=_FULFIL,
        ),
        Route(
            "POST", f"{one}/refunds", desk.refund, summary="Give money back", tag=TAG, body=RefundOrder,
            reply=RefundView, status=201, caller="staff", keyed=True,
            refusals=(*gone, NotCaptured, RefundExceedsCaptured, KeyReused), example=_REFUND,
            description="An amount moves money only. Lines give back what was paid for the goods, with their shares of tax "
            "and discount but without shipping, and put them back into stock unless `restock` is false.",
        ),
    ]  # fmt: skip
