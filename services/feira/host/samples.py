"""Fills an empty shop with a street market's goods, for `feira up --demo`."""

import base64
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any
from uuid import UUID

import msgspec

from feira import demo
from feira.app import Shop
from feira.catalog.service_categories import CategoryTaken
from feira.contracts.money import DECIMALS
from feira.host.errors import HostError
from feira.host.order import Report

STAFF = "staff@feira.example"
PASSWORD_BYTES = 10
OURSELVES = UUID(int=0)  # Who did it, in the audit journal: no person.

Tell = Callable[[Report], None]


async def fill(shop: Shop, tell: Tell) -> None:
    """Sample goods if there never were any, and a login for staff, as far as those services run here.

    A kill in the midst leaves categories without goods, which the next start completes: the goods come all at once.
    """
    catalog = shop.services.get("catalog")
    if catalog and await catalog.is_empty():
        await _fill_catalog(catalog, shop.settings.currency, tell)
    users = shop.services.get("users")
    if users:
        # Derived, so that every start can name it; whoever changes it keeps their own.
        password = base64.b32encode(shop.settings.derive("demo-staff")[:PASSWORD_BYTES]).decode().lower()
        if not await users.back_office.users_by_email(STAFF, None, "", 1):
            await users.add_staff(STAFF, "admin", password)
        tell(Report(kind="staff", text=f"{STAFF}  {password}"))


async def _fill_catalog(catalog: Any, currency: str, tell: Tell) -> None:
    await _plant(catalog, msgspec.json.decode(demo.categories().read_bytes()), None)
    report = await catalog.import_products(_goods(currency), "ndjson")
    if report.failed:
        raise HostError(f"the sample goods could not be put in: {report.errors[0].field} {report.errors[0].message}")
    tell(Report(kind="said", text=f"The shop was empty: {report.created} sample products were put in."))


async def _plant(catalog: Any, branches: list[Any], parent: str | None) -> None:
    for branch in branches:
        names = {locale: texts["name"] for locale, texts in branch["translations"].items()}
        with suppress(CategoryTaken):
            await catalog.categories.create(branch["slug"], parent, branch["name"], names, OURSELVES)
        path = f"{parent}/{branch['slug']}" if parent else branch["slug"]
        await _plant(catalog, branch.get("children", []), path)


async def _goods(currency: str) -> AsyncIterator[bytes]:
    """The goods, one by one. In another currency their prices are the same numbers: they are only samples."""
    factor = 10.0 ** (DECIMALS[currency] - DECIMALS[demo.CURRENCY])
    for line in demo.products().read_bytes().splitlines(keepends=True):
        if currency == demo.CURRENCY:
            yield line
            continue
        product = msgspec.json.decode(line)
        for variant in product["variants"]:
            for price in (variant["price"], variant.get("compare_at_price")):
                if price:
                    price.update(amount=max(1, round(price["amount"] * factor)), currency=currency)
        yield msgspec.json.encode(product) + b"\n"
