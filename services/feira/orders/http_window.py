"""What anybody may know of the shop, in one answer."""

from typing import Literal

from feira.contracts.payments import PracticeOutcome
from feira.kernel.errors import Overloaded
from feira.kernel.http import LOCALES, Request, Route, View
from feira.orders.service import OrderService


class CountryView(View, frozen=True, kw_only=True):
    code: str
    name: str


class PracticeTokenView(View, frozen=True, kw_only=True):
    """What may be typed in place of a card, and what comes of it."""

    token: str
    outcome: PracticeOutcome


class PaymentMethodView(View, frozen=True, kw_only=True):
    """`kind` tells which fields a page needs; `tokens` are there where no money moves, else null."""

    id: str
    name: str
    kind: Literal["test"]
    tokens: list[PracticeTokenView] | None


class ShopView(View, frozen=True, kw_only=True):
    """`country` is the shop's own; `countries` are those that something is sent to, by name. A `demo` is there to be tried."""

    name: str
    currency: str
    country: str
    locales: list[str]
    demo: bool
    countries: list[CountryView]
    payment_methods: list[PaymentMethodView]


_EXAMPLE = {
    "name": "Feira",
    "currency": "BRL",
    "country": "BR",
    "locales": ["en", "pt-BR"],
    "demo": True,
    "countries": [{"code": "BR", "name": "Brazil"}],
    "payment_methods": [
        {"id": "test", "name": "Test card", "kind": "test", "tokens": [{"token": "tok_ok", "outcome": "paid"}]}
    ],
}


def routes(orders: OrderService) -> list[Route]:
    kept: dict[str, tuple[int, ShopView]] = {}  # By language, for as long as the settings stand.

    async def read_shop(request: Request[None, None]) -> ShopView:
        version = (await orders.shop.tables()).version
        found = kept.get(request.locale)
        if found is None or found[0] != version:
            found = kept[request.locale] = await _view(orders, request.locale)
        return found[1]

    return [
        Route("GET", "/v1/shop", read_shop, summary="The shop: its money, where it sends, how it is paid", tag="Shop",
              reply=ShopView, public_cache=True, localised=True, refusals=(Overloaded,), reply_example=_EXAMPLE),
    ]  # fmt: skip


async def _view(orders: OrderService, locale: str) -> tuple[int, ShopView]:
    window = await orders.front.look(locale)
    settings = orders.front.settings
    return window.tables.version, ShopView(
        name=window.tables.shop_name,
        currency=window.tables.currency,
        country=settings.country,
        locales=list(LOCALES),
        demo=settings.demo,
        countries=[CountryView(code=code, name=name) for code, name in window.countries],
        payment_methods=[
            PaymentMethodView(
                id=method.id,
                name=method.names[locale],
                kind=method.kind,
                tokens=[PracticeTokenView(token=one.token, outcome=one.outcome) for one in method.tokens] or None,
            )
            for method in window.methods
        ],
    )
