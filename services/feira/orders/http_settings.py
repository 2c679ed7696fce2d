"""The shop's settings over HTTP."""

from typing import Annotated

import msgspec
from msgspec import Meta

from feira.kernel.errors import Invalid
from feira.kernel.http import AMOUNT_MAX, Body, Money, Request, Route, View
from feira.orders.domain_totals import PPM, Band, Rate, ShippingMethod, Tables, TaxRule
from feira.orders.service import OrderService
from feira.orders.service_settings import Changes, CurrencyFixed, SettingsChanged

TAG = "Back office: settings"
METHODS_MAX = 50
RATES_MAX = 250
BANDS_MAX = 50
COUNTRIES_MAX = 249
RULES_MAX = 1_000
CLASSES_MAX = 50
DAYS_MAX = 365
GRAMS_MAX = 10**12

Code = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]*$", min_length=1, max_length=64)]
Country = Annotated[str, Meta(pattern="^[A-Z]{2}$", max_length=2)]
Locale = Annotated[str, Meta(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$", max_length=32)]
Name = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"\S")]
Ppm = Annotated[int, Meta(ge=0, le=PPM, description="Parts per million: 170000 is 17 %.")]


class BandBody(Body, frozen=True, kw_only=True):
    """Up to this weight, and including it; without one, for any weight."""

    price: Money
    up_to_g: Annotated[int, Meta(ge=1, le=GRAMS_MAX)] | None = None


class RateBody(Body, frozen=True, kw_only=True):
    """A price list for some countries; with none named, for all that the method's other rates do not name."""

    days: Annotated[int, Meta(ge=0, le=DAYS_MAX)]
    bands: Annotated[list[BandBody], Meta(min_length=1, max_length=BANDS_MAX)]
    countries: Annotated[list[Country], Meta(max_length=COUNTRIES_MAX)] = msgspec.field(default_factory=list)


class NameBody(Body, frozen=True, kw_only=True):
    name: Name


class MethodBody(Body, frozen=True, kw_only=True):
    id: Code
    name: Name
    rates: Annotated[list[RateBody], Meta(min_length=1, max_length=RATES_MAX)]
    translations: Annotated[dict[Locale, NameBody], Meta(max_length=20)] = msgspec.field(default_factory=dict)


class TaxBody(Body, frozen=True, kw_only=True):
    """Rates by tax class in parts per million; a class that is not named pays `standard`. Without a country the rule is
    for all that no other names. `shipping_class` is the class that sending falls under; without one it is untaxed.
    """

    included: bool
    rates: Annotated[dict[Code, Ppm], Meta(min_length=1, max_length=CLASSES_MAX)]
    country: Country | None = None
    region: Annotated[str, Meta(min_length=1, max_length=100, pattern=r"\S")] | None = None
    shipping_class: Code | None = None


class SettingsBody(Body, frozen=True, kw_only=True):
    """What is left out stays. `version` is the one that was read: if it is no longer the last, nothing is changed."""

    version: Annotated[int, Meta(ge=1)] | None = None
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$", max_length=3)] | None = None
    shop_name: Name | None = None
    shipping: Annotated[list[MethodBody], Meta(min_length=1, max_length=METHODS_MAX)] | None = None
    tax: Annotated[list[TaxBody], Meta(max_length=RULES_MAX)] | None = None


class BandView(View, frozen=True, kw_only=True):
    price: Money
    up_to_g: int | None


class RateView(View, frozen=True, kw_only=True):
    days: int
    bands: list[BandView]
    countries: list[str]


class NameView(View, frozen=True, kw_only=True):
    name: str


class MethodView(View, frozen=True, kw_only=True):
    id: str
    name: str
    rates: list[RateView]
    translations: dict[str, NameView]


class TaxView(View, frozen=True, kw_only=True):
    included: bool
    rates: dict[str, int]
    country: str | None
    region: str | None
    shipping_class: str | None


class SettingsView(View, frozen=True, kw_only=True):
    """`currency_locked` is true from the first start on: prices, stock and orders are all kept in that currency."""

    version: int
    currency: str
    currency_locked: bool
    shop_name: str
    shipping: list[MethodView]
    tax: list[TaxView]


def _band(body: BandBody, field: str, currency: str) -> Band:
    if body.price.currency != currency:
        raise Invalid.field(f"{field}.price.currency", f"this shop sells in {currency}")
    if not 0 <= body.price.amount <= AMOUNT_MAX:
        raise Invalid.field(f"{field}.price.amount", "must not be negative")
    return Band(price_minor=body.price.amount, up_to_g=body.up_to_g)


def _method(body: MethodBody, field: str, currency: str) -> ShippingMethod:
    return ShippingMethod(
        id=body.id,
        name=body.name,
        names={locale: text.name for locale, text in body.translations.items()},
        rates=tuple(
            Rate(
                days=rate.days,
                countries=tuple(rate.countries),
                bands=tuple(
                    _band(band, f"{field}.rates.{number}.bands.{place}", currency)
                    for place, band in enumerate(rate.bands)
                ),
            )
            for number, rate in enumerate(body.rates)
        ),
    )


def changes_of(body: SettingsBody, currency: str) -> Changes:
    """What is to be changed. Refuses prices in another money."""
    shipping = body.shipping
    return Changes(
        version=body.version,
        currency=body.currency,
        shop_name=body.shop_name,
        shipping=None
        if shipping is None
        else tuple(_method(method, f"shipping.{number}", currency) for number, method in enumerate(shipping)),
        tax=None
        if body.tax is None
        else tuple(
            TaxRule(
                included=rule.included,
                rates=rule.rates,
                country=rule.country,
                region=rule.region,
                shipping_class=rule.shipping_class,
            )
            for rule in body.tax
        ),
    )


def settings_view(tables: Tables) -> SettingsView:
    return SettingsView(
        version=tables.version,
        currency=tables.currency,
        currency_locked=True,
        shop_name=tables.shop_name,
        shipping=[
            MethodView(
                id=method.id,
                name=method.name,
                translations={locale: NameView(name=name) for locale, name in method.names.items()},
                rates=[
                    RateView(
                        days=rate.days,
                        countries=list(rate.countries),
                        bands=[
                            BandView(
                                price=Money(amount=band.price_minor, currency=tables.currency), up_to_g=band.up_to_g
                            )
                            for band in rate.bands
                        ],
                    )
                    for rate in method.rates
                ],
            )
            for method in tables.shipping
        ],
        tax=[
            TaxView(
                included=rule.included,
                rates=rule.rates,
                country=rule.country,
                region=rule.region,
                shipping_class=rule.shipping_class,
            )
            for rule in tables.tax
        ],
    )


_EXAMPLE = {
    "shipping": [
        {
            "id": "standard",
            "name": "Standard",
            "translations": {"pt-BR": {"name": "Padrão"}},
            "rates": [
                {
                    "countries": ["BR"],
                    "days": 5,
                    "bands": [
                        {"up_to_g": 1000, "price": {"amount": 1500, "currency": "BRL"}},
                        {"price": {"amount": 4000, "currency": "BRL"}},
                    ],
                },
                {"days": 20, "bands": [{"price": {"amount": 9900, "currency": "BRL"}}]},
            ],
        }
    ],
    "tax": [{"country": "BR", "included": True, "rates": {"standard": 170000, "food": 70000}}],
}


def routes(orders: OrderService) -> list[Route]:
    async def read(_request: Request[None, None]) -> SettingsView:
        return settings_view(await orders.shop.tables())

    async def change(request: Request[SettingsBody, None]) -> SettingsView:
        changes = changes_of(request.body, orders.currency)
        return settings_view(await orders.shop.change(request.caller.id, changes))

    return [
        Route("GET", "/v1/admin/settings", read, summary="The shop's settings", tag=TAG, reply=SettingsView,
              caller="staff"),
        Route("PATCH", "/v1/admin/settings", change, summary="Change the shop's settings", tag=TAG, body=SettingsBody,
              reply=SettingsView, caller="staff", refusals=(CurrencyFixed, SettingsChanged), example=_EXAMPLE),
    ]  # fmt: skip
