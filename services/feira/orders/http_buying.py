"""What buyers do: ask what it costs, buy, look, cancel."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta

from feira.contracts.carts import UnknownCart
from feira.contracts.catalog import HoldLapsed, OutOfStock, UnknownSku
from feira.contracts.emails import EMAIL_MAX, normal_email
from feira.contracts.goods import Address, Line
from feira.contracts.payments import Declined, GatewayFailed
from feira.contracts.places import COUNTRIES
from feira.kernel.errors import Invalid, NotFound, Overloaded
from feira.kernel.http import Answer, Body, Cursor, Limit, Money, Page, Query, Request, Route, View
from feira.orders import http_examples
from feira.orders.domain import NotCancellable, Order
from feira.orders.domain_checkout import (
    LINES_MAX,
    QUANTITY_MAX,
    CartAlreadyOrdered,
    Checkout,
    InProgress,
    KeyReused,
    PriceChanged,
    digest_of,
)
from feira.orders.domain_names import key_of, scope_of
from feira.orders.service import OrderService
from feira.orders.service_desk import UnknownOrder
from feira.orders.service_quotes import Quote, QuoteAsk
from feira.orders.store_list import Filters, Place
from feira.orders.view import LineView, PlacedView, ShownOrderView, placed_view, shown_view
from feira.orders.view_timeline import TimelineView, buyers_item
from feira.transport.cursors import cursor, read_cursor
from feira.transport.problems import problem

TAG = "Orders"
REPLAYED = ("idempotency-replayed", "true")
CODES_MAX = 20

Text = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"\S")]
Optional = Annotated[str, Meta(max_length=200)] | None
Region = Annotated[str, Meta(max_length=100)]
PostalCode = Annotated[str, Meta(min_length=1, max_length=32)]
Country = Annotated[str, Meta(pattern="^[A-Z]{2}$", max_length=2, description="ISO 3166-1 alpha-2.")]
MethodId = Annotated[str, Meta(min_length=1, max_length=64)]
CartId = Annotated[str, Meta(min_length=1, max_length=128)]
Codes = Annotated[list[Annotated[str, Meta(min_length=1, max_length=64)]], Meta(max_length=CODES_MAX)]


class LineBody(Body, frozen=True, kw_only=True):
    sku: Annotated[str, Meta(min_length=1, max_length=100)]
    quantity: Annotated[int, Meta(ge=1, le=QUANTITY_MAX)]


Lines = Annotated[list[LineBody], Meta(min_length=1, max_length=LINES_MAX)]


class AddressBody(Body, frozen=True, kw_only=True):
    name: Text
    line1: Text
    line2: Optional = None
    city: Text
    region: Region | None = None
    postal_code: PostalCode
    country: Country
    phone: Annotated[str, Meta(max_length=40)] | None = None


class PaymentBody(Body, frozen=True, kw_only=True):
    """`method` names the gateway, `token` is what its page or iframe gave for the payer's card."""

    method: Annotated[str, Meta(min_length=1, max_length=32)]
    token: Annotated[str, Meta(min_length=1, max_length=500)]


class PlaceOrder(Body, frozen=True, kw_only=True):
    """Exactly one of `cart_id` and `lines`. `expected_total` is what the buyer saw: more is never charged."""

    email: Annotated[str, Meta(min_length=3, max_length=EMAIL_MAX)]
    shipping_address: AddressBody
    shipping_method: MethodId
    payment: PaymentBody
    expected_total: Money
    billing_address: AddressBody | None = None
    cart_id: CartId | None = None
    lines: Lines | None = None
    codes: Codes | None = None


class QuoteBody(Body, frozen=True, kw_only=True):
    """Exactly one of `cart_id` and `lines`."""

    country: Country
    cart_id: CartId | None = None
    lines: Lines | None = None
    region: Region | None = None
    postal_code: PostalCode | None = None
    shipping_method: MethodId | None = None
    codes: Codes | None = None


class ShippingOptionView(View, frozen=True, kw_only=True):
    id: str
    name: str
    price: Money
    days: int


class QuoteView(View, frozen=True, kw_only=True):
    """Σ line totals = subtotal; total = subtotal - discount + shipping, and + tax unless `tax_included`."""

    lines: list[LineView]
    shipping_methods: list[ShippingOptionView]
    shipping_method: str
    subtotal: Money
    discount: Money
    shipping: Money
    tax: Money
    tax_included: bool
    total: Money


class PageQuery(Query, frozen=True, kw_only=True):
    limit: Limit = 20
    cursor: Cursor = None


def country_of(code: str, field: str) -> str:
    if code not in COUNTRIES:
        raise Invalid.field(field, "is no country of ISO 3166-1 alpha-2")
    return code


def _address(body: AddressBody, field: str) -> Address:
    country_of(body.country, f"{field}.country")
    return Address(
        name=body.name,
        line1=body.line1,
        city=body.city,
        postal_code=body.postal_code,
        country=body.country,
        line2=body.line2,
        region=body.region,
        phone=body.phone,
    )


def _lines(body: PlaceOrder | QuoteBody) -> tuple[Line, ...] | None:
    """The lines that were sent, None if it is a cart. Refuses both and neither, and codes, of which there are none yet."""
    if body.codes:
        raise Invalid.field("codes.0", "is not a code of this shop")
    if (body.lines is None) == (body.cart_id is None):
        raise Invalid.field("lines", "exactly one of lines and cart_id is needed")
    return None if body.lines is None else tuple(Line(sku=line.sku, quantity=line.quantity) for line in body.lines)


def checkout_of(request: Request[PlaceOrder, None], currency: str) -> Checkout:
    """What the request asks for. Refuses what no order can have, before anything is begun."""
    body, caller = request.body, request.caller
    lines = _lines(body)
    email = normal_email(body.email)
    if email is None:
        raise Invalid.field("email", "is not an e-mail address")
    shipping = _address(body.shipping_address, "shipping_address")
    billing = _address(body.billing_address, "billing_address") if body.billing_address else None
    if body.expected_total.currency != currency:
        raise Invalid.field("expected_total.currency", f"this shop sells in {currency}")
    if body.expected_total.amount < 0:
        raise Invalid.field("expected_total.amount", "must not be negative")
    return Checkout(
        key=key_of(scope_of(caller.user_id, body.cart_id, email), request.key),
        digest=digest_of(body),
        email=email,
        lines=lines,
        cart_id=body.cart_id,
        user_id=caller.user_id,
        shipping_address=shipping,
        billing_address=billing,
        shipping_method=body.shipping_method,
        payment_method=body.payment.method,
        payment_token=body.payment.token,
        expected_minor=body.expected_total.amount,
        locale=request.locale,
    )


def quote_view(quote: Quote) -> QuoteView:
    def money(amount_minor: int) -> Money:
        return Money(amount=amount_minor, currency=quote.currency)

    totals = quote.totals
    return QuoteView(
        lines=[
            LineView(
                sku=one.line.sku,
                name=one.line.name,
                quantity=one.line.quantity,
                unit_price=money(one.line.unit_price_minor),
                total=money(one.total_minor),
            )
            for one in totals.lines
        ],
        shipping_methods=[
            ShippingOptionView(id=one.id, name=one.name, price=money(one.price_minor), days=one.days)
            for one in quote.options
        ],
        shipping_method=quote.chosen.id,
        subtotal=money(totals.subtotal_minor),
        discount=money(totals.discount_minor),
        shipping=money(totals.shipping_minor),
        tax=money(totals.tax_minor),
        tax_included=totals.tax_included,
        total=money(totals.total_minor),
    )


def after_of(text: str | None) -> Place | None:
    """Where the page before ended."""
    if text is None:
        return None
    at, last = read_cursor(text, (datetime, UUID))
    return at, last


class Buying:
    """The handlers of what buyers do."""

    def __init__(self, orders: OrderService) -> None:
        self._orders = orders

    async def quote(self, request: Request[QuoteBody, None]) -> QuoteView:
        body = request.body
        lines = _lines(body)
        ask = QuoteAsk(
            country=country_of(body.country, "country"),
            locale=request.locale,
            lines=lines,
            cart_id=body.cart_id,
            user_id=request.caller.user_id,
            region=body.region,
            shipping_method=body.shipping_method,
        )
        return quote_view(await self._orders.quotes.quote(ask))

    async def place(self, request: Request[PlaceOrder, None]) -> Answer:
        outcome = await self._orders.checkouts.place(checkout_of(request, self._orders.currency))
        replayed = (REPLAYED,) if outcome.replayed else ()
        if outcome.order is None:
            assert outcome.refusal is not None  # noqa: S101 - an outcome is one or the other.
            return problem(outcome.refusal, *replayed)
        view = placed_view(outcome.order, self._orders.token(outcome.order.id))
        return Answer(201, view, replayed)

    async def read(self, request: Request[None, None]) -> ShownOrderView:
        order = await self._orders.read(
            request.id("order_id"), request.caller.user_id, request.headers.get("order-token")
        )
        [view] = await self._shown([order], request.locale)
        return view

    async def list(self, request: Request[None, PageQuery]) -> Page[ShownOrderView]:
        filters = Filters(user_id=request.caller.id)
        part = await self._orders.page(filters, after_of(request.query.cursor), request.query.limit)
        views = await self._shown(part.orders, request.locale)
        return Page(items=[*views], next=cursor(*part.after) if part.after else None)

    async def cancel(self, request: Request[None, None]) -> ShownOrderView:
        order = await self._orders.cancel(
            request.id("order_id"), request.caller.user_id, request.headers.get("order-token")
        )
        [view] = await self._shown([order], request.locale)
        return view

    async def timeline(self, request: Request[None, None]) -> TimelineView:
        order_id = request.id("order_id")
        await self._orders.read(order_id, request.caller.user_id, request.headers.get("order-token"))
        return TimelineView(items=[buyers_item(event) for event in await self._orders.search.timeline(order_id)])

    async def _shown(self, orders: Sequence[Order], locale: str) -> Sequence[ShownOrderView]:
        offers = await self._orders.quotes.offers([line.sku for order in orders for line in order.lines], locale)
        return [shown_view(order, offers) for order in orders]


_TOKEN = "A guest sends the order's token in the header `Order-Token`."  # noqa: S105 - says where it goes.


def routes(orders: OrderService) -> list[Route]:
    buying = Buying(orders)
    return [
        Route(
            "POST",
            "/v1/quotes",
            buying.quote,
            summary="What an order placed now would cost",
            tag=TAG,
            body=QuoteBody,
            reply=QuoteView,
            refusals=(UnknownSku, UnknownCart, Overloaded),
            localised=True,
            example=http_examples.QUOTE,
            reply_example=http_examples.QUOTED,
        ),
        Route(
            "POST",
            "/v1/orders",
            buying.place,
            summary="Place an order",
            tag=TAG,
            body=PlaceOrder,
            reply=PlacedView,
            status=201,
            keyed=True,
            refusals=(
                Declined, OutOfStock, PriceChanged, CartAlreadyOrdered, HoldLapsed, UnknownSku, UnknownCart, KeyReused,
                InProgress, GatewayFailed, Overloaded,
            ),
            localised=True,
            example=http_examples.ORDER,
            reply_example=http_examples.PLACED,
            description="The same Idempotency-Key with the same body gives the first answer again. A client that hangs up "
            "does not stop an order: send the same request again to learn what became of it.",
        ),
        Route(
            "GET",
            "/v1/orders",
            buying.list,
            summary="My orders, the newest first",
            tag=TAG,
            query=PageQuery,
            reply=Page[ShownOrderView],
            reply_example={"items": [http_examples.SHOWN], "next": None},
            caller="customer",
            localised=True,
        ),
        Route(
            "GET",
            "/v1/orders/{order_id}",
            buying.read,
            summary="An order",
            tag=TAG,
            reply=ShownOrderView,
            reply_example=http_examples.SHOWN,
            localised=True,
            refusals=(UnknownOrder, NotFound),
            description=_TOKEN,
        ),
        Route(
            "GET",
            "/v1/orders/{order_id}/timeline",
            buying.timeline,
            summary="What happened to an order",
            tag=TAG,
            reply=TimelineView,
            refusals=(UnknownOrder, NotFound),
            description=f"The first first, without what staff noted for themselves. {_TOKEN}",
        ),
        Route(
            "POST",
            "/v1/orders/{order_id}/cancel",
            buying.cancel,
            summary="Cancel an order before its goods are sent",
            tag=TAG,
            reply=ShownOrderView,
            reply_example=http_examples.CANCELLED,
            localised=True,
            refusals=(UnknownOrder, NotFound, NotCancellable),
            description=_TOKEN,
        ),
    ]  # fmt: skip
