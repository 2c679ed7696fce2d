"""What anybody may know of the shop before buying: its name and money, where it sends, how it is paid."""

import asyncio
import unicodedata
from functools import lru_cache

import msgspec

from feira.contracts.payments import Method, MethodsAsk, Payments
from feira.contracts.places import COUNTRIES
from feira.kernel.card import Context
from feira.kernel.http import LOCALES
from feira.orders.domain_totals import Tables, ships_to
from feira.orders.service_settings import Shop


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """`countries` are code and name, in the order in which readers of the language look for them."""

    tables: Tables
    countries: tuple[tuple[str, str], ...]
    methods: tuple[Method, ...]


class Front:
    """The shop as its visitors find it."""

    def __init__(self, ctx: Context, payments: Payments, shop: Shop) -> None:
        self.settings = ctx.settings
        self._payments = payments
        self._shop = shop
        self._methods: tuple[Method, ...] | None = None

    async def look(self, locale: str) -> Window:
        """What stands in the window in one of the shop's languages."""
        if self._methods is None:
            self._methods = (await self._payments.methods(MethodsAsk())).methods
        tables = await self._shop.tables()
        names = await asyncio.to_thread(country_names, locale)  # The first time it reads files.
        there = ships_to(tables)
        countries = tuple(pair for pair in names if pair[0] in there)
        return Window(tables=tables, countries=countries, methods=self._methods)


@lru_cache(maxsize=len(LOCALES))
def country_names(locale: str) -> tuple[tuple[str, str], ...]:
    """All countries with their names in this language, by name."""
    from babel import Locale  # noqa: PLC0415 - it takes long to import, and only who asks waits for it.

    territories = Locale.parse(locale, sep="-").territories
    pairs = [(code, str(territories.get(code, code))) for code in COUNTRIES]
    return tuple(sorted(pairs, key=lambda pair: _sorted_as(pair[1])))


def _sorted_as(name: str) -> str:
    """A name without accents: Åland stands by the A."""
    plain = unicodedata.normalize("NFKD", name)
    return "".join([letter for letter in plain if not unicodedata.combining(letter)]).casefold()
