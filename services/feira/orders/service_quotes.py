"""What goods would cost, and what the catalogue shows of them."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

import msgspec

from feira.contracts.carts import CartAsk, Carts
from feira.contracts.catalog import Catalog, Offered, PriceAsk
from feira.contracts.goods import Line, PricedLine
from feira.kernel.batcher import Batcher
from feira.kernel.errors import Refused
from feira.orders import domain_checkout, domain_totals
from feira.orders.domain_totals import Option, Tables, Totals
from feira.orders.service_settings import Shop

SHOWN_MAX = 200  # Skus of one answer that the catalogue is asked about; what is beyond them goes without pictures.


class QuoteAsk(msgspec.Struct, frozen=True, kw_only=True):
    """Exactly one of `lines` and `cart_id` is given."""

    country: str
    locale: str
    lines: tuple[Line, ...] | None = None
    cart_id: str | None = None
    user_id: UUID | None = None
    region: str | None = None
    shipping_method: str | None = None


class Quote(msgspec.Struct, frozen=True, kw_only=True):
    totals: Totals
    options: tuple[Option, ...]
    chosen: Option
    currency: str


class Quotes:
    def __init__(self, catalog: Catalog, carts: Carts, shop: Shop) -> None:
        self._carts = carts
        self._shop = shop
        self._price = Batcher(catalog.price, name="orders.price", rows=lambda ask: len(ask.lines), lanes=2)

    async def quote(self, ask: QuoteAsk) -> Quote:
        """What an order placed now would cost."""
        lines = ask.lines
        if ask.cart_id is not None:
            lines = (await self._carts.read(CartAsk(cart_id=ask.cart_id, user_id=ask.user_id))).lines
        domain_checkout.check_lines(lines or (), "lines" if ask.cart_id is None else "cart_id")
        priced = await self._price(PriceAsk(lines=lines or (), locale=ask.locale))
        tables = await self._shop.tables()
        if priced.currency != tables.currency:
            raise RuntimeError(f"the catalogue sells in {priced.currency}, the shop in {tables.currency}")
        return _quote(ask, tables, [offer.line for offer in priced.offers])

    async def offers(self, skus: Iterable[str], locale: str) -> Mapping[str, Offered]:
        """What the catalogue shows of these skus now. What is sold no more is left out, and all if it cannot be asked."""
        asked = list(dict.fromkeys(skus))[:SHOWN_MAX]
        asks = [PriceAsk(lines=(Line(sku=sku, quantity=1),), locale=locale) for sku in asked]
        answers = await asyncio.gather(*[self._price(ask) for ask in asks], return_exceptions=True)
        found: dict[str, Offered] = {}
        for sku, answer in zip(asked, answers, strict=True):
            if not isinstance(answer, BaseException):
                found[sku] = answer.offers[0]
            elif not isinstance(answer, Refused):
                raise answer
        return found


def _quote(ask: QuoteAsk, tables: Tables, lines: Sequence[PricedLine]) -> Quote:
    goods = domain_checkout.summed(lines)
    offered = domain_totals.options(tables, ask.country, goods, ask.locale)
    way = domain_totals.chosen(offered, ask.shipping_method, country_field="country")
    rule = domain_totals.tax_rule(tables, ask.country, ask.region)
    return Quote(
        totals=domain_totals.total(goods, way.price_minor, rule),
        options=offered,
        chosen=way,
        currency=tables.currency,
    )
