"""The HTTP face of carts. Each answer is the whole cart, at the prices of the moment."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from feira.carts.domain import QUANTITY_MAX, CartLine, Put, UnknownLine
from feira.carts.service import CartService
from feira.carts.service_prices import Shown
from feira.contracts.carts import CartAlreadyOrdered, UnknownCart
from feira.contracts.catalog import UnknownSku
from feira.kernel.errors import Invalid
from feira.kernel.http import Body, Money, Request, Route, View
from feira.transport.pictures import ImageView

TAG = "Carts"


class CartLineView(View, frozen=True, kw_only=True):
    """`available` tells whether so many can be bought now, `available_quantity` how many. `product_slug` names the product; what is
    not sold any more has none and is shown by its sku, at no price.
    """

    id: str
    sku: str
    product_slug: str | None
    name: str
    image: ImageView | None
    quantity: int
    unit_price: Money
    total: Money
    available: bool
    available_quantity: int


class CartView(View, frozen=True, kw_only=True):
    """Shipping and tax are 0 until a quote knows where the goods go."""

    id: str
    currency: str
    lines: list[CartLineView]
    subtotal: Money
    discount: Money
    shipping: Money
    tax: Money
    total: Money


class NewCart(Body, frozen=True, kw_only=True):
    """A cart begins empty."""


class NewLine(Body, frozen=True, kw_only=True):
    sku: Annotated[str, Meta(min_length=1, max_length=100)]
    quantity: Annotated[int, Meta(ge=1, le=QUANTITY_MAX)]


class ChangedLine(Body, frozen=True, kw_only=True):
    """0 removes the line."""

    quantity: Annotated[int, Meta(ge=0, le=QUANTITY_MAX)]


def view(shown: Shown) -> CartView:
    def money(amount: int) -> Money:
        return Money(amount=amount, currency=shown.currency)

    lines = [_line_view(line, shown) for line in shown.cart.lines]
    subtotal = money(sum(line.total.amount for line in lines))
    return CartView(
        id=shown.cart.id,
        currency=shown.currency,
        lines=lines,
        subtotal=subtotal,
        discount=money(0),
        shipping=money(0),
        tax=money(0),
        total=subtotal,
    )


def _line_view(line: CartLine, shown: Shown) -> CartLineView:
    offer = shown.offers.get(line.sku)
    price = offer.line.unit_price_minor if offer else 0
    image = msgspec.convert(offer.image, ImageView, from_attributes=True) if offer and offer.image else None
    return CartLineView(
        id=str(line.id),
        sku=line.sku,
        product_slug=offer.product_slug if offer else None,
        name=offer.line.name if offer else line.sku,
        image=image,
        quantity=line.quantity,
        unit_price=Money(amount=price, currency=shown.currency),
        total=Money(amount=price * line.quantity, currency=shown.currency),
        available=offer is not None and offer.available >= line.quantity,
        available_quantity=offer.available if offer else 0,
    )


def _brl(amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": "BRL"}


_CART = {
    "id": "aAxYJF4IyNNa2FITNJM3q0nZzCY",
    "currency": "BRL",
    "lines": [
        {
            "id": "01a20398-7e81-7067-ad6b-0ba9e82029f1",
            "sku": "ACAI-PULP-400G",
            "product_slug": "acai-pulp",
            "name": "Açaí pulp, frozen (400 g)",
            "image": None,
            "quantity": 2,
            "unit_price": _brl(1690),
            "total": _brl(3380),
            "available": True,
            "available_quantity": 84,
        }
    ],
    "subtotal": _brl(3380),
    "discount": _brl(0),
    "shipping": _brl(0),
    "tax": _brl(0),
    "total": _brl(3380),
}


def routes(carts: CartService) -> list[Route]:
    async def create(request: Request[NewCart, None]) -> CartView:
        return view(await carts.create(request.caller.user_id))

    async def show(request: Request[None, None]) -> CartView:
        return view(await carts.show(request.path["cart_id"], request.caller.user_id, request.locale))

    async def current(request: Request[None, None]) -> CartView:
        return view(await carts.current(request.caller.id, request.locale))

    async def add_line(request: Request[NewLine, None]) -> CartView:
        cart_id, body = request.path["cart_id"], request.body
        return view(await carts.add(cart_id, request.caller.user_id, body.sku, body.quantity, request.locale))

    async def change_line(request: Request[ChangedLine, None]) -> CartView:
        act = Put(line_id=request.id("line_id"), quantity=request.body.quantity)
        return view(await carts.change(request.path["cart_id"], request.caller.user_id, act, request.locale))

    async def remove_line(request: Request[None, None]) -> CartView:
        act = Put(line_id=request.id("line_id"), quantity=0)
        return view(await carts.change(request.path["cart_id"], request.caller.user_id, act, request.locale))

    async def claim(request: Request[NewCart, None]) -> CartView:
        return view(await carts.claim(request.path["cart_id"], request.caller.id, request.locale))

    lines, line = "/v1/carts/{cart_id}/lines", "/v1/carts/{cart_id}/lines/{line_id}"
    changes = (UnknownCart, UnknownLine, CartAlreadyOrdered)
    return [
        Route("POST", "/v1/carts", create, summary="Begin a cart", tag=TAG, body=NewCart, body_optional=True,
              reply=CartView, status=201, localised=True,
              reply_example={**_CART, "lines": [], "subtotal": _brl(0), "total": _brl(0)}),
        Route("GET", "/v1/carts/current", current, summary="The cart that I have in hand", tag=TAG, reply=CartView,
              localised=True, caller="customer", refusals=(UnknownCart,), reply_example=_CART,
              description="The customer's newest cart that no order stands for, on whichever device it was begun."),
        Route("GET", "/v1/carts/{cart_id}", show, summary="A cart", tag=TAG, reply=CartView, localised=True,
              refusals=(UnknownCart,), reply_example=_CART),
        Route("POST", lines, add_line, summary="Put goods into a cart", tag=TAG, body=NewLine, reply=CartView,
              localised=True, refusals=(UnknownCart, UnknownSku, CartAlreadyOrdered, Invalid),
              example={"sku": "ACAI-PULP-400G", "quantity": 2}, reply_example=_CART),
        Route("PATCH", line, change_line, summary="Change a line's quantity", tag=TAG, body=ChangedLine,
              reply=CartView, localised=True, refusals=(*changes, Invalid), example={"quantity": 3}),
        Route("DELETE", line, remove_line, summary="Remove a line", tag=TAG, reply=CartView, localised=True,
              refusals=changes),
        Route("POST", "/v1/carts/{cart_id}/claim", claim, summary="Take a guest's cart along when signing in",
              tag=TAG, body=NewCart, body_optional=True, reply=CartView, localised=True, caller="customer",
              refusals=(UnknownCart, CartAlreadyOrdered)),
    ]  # fmt: skip
