"""All products by their addresses, for those who tell search engines of them."""

from datetime import datetime
from typing import Annotated, Final

from msgspec import Meta

from feira.catalog.service import CatalogService
from feira.kernel.http import Cursor, Query, Request, Route, View
from feira.transport.cursors import cursor, read_cursor

PART: Final = 2_000  # Products by number: told in two languages, so many make a sitemap of two megabytes.
PAGE: Final = 1_000
PARTS_MAX: Final = 1_000_000


class SitemapQuery(Query, frozen=True, kw_only=True):
    part: Annotated[int, Meta(ge=0, le=PARTS_MAX, description="Only this part: together they are all.")] | None = None
    cursor: Cursor = None


class Address(View, frozen=True, kw_only=True):
    slug: str
    updated_at: datetime


class Sitemap(View, frozen=True, kw_only=True):
    """A thousand products, in the order of their creation; `parts` of at most 2,000 each are all of them."""

    items: list[Address]
    next: str | None
    parts: int


class Register:
    def __init__(self, catalog: CatalogService) -> None:
        self._products = catalog.products

    async def list_addresses(self, request: Request[None, SitemapQuery]) -> Sitemap:
        query = request.query
        first = 0 if query.part is None else query.part * PART
        (after,) = read_cursor(query.cursor, (int,)) if query.cursor else (first - 1,)
        upto = None if query.part is None else first + PART - 1
        found, last = await self._products.addresses(max(after, first - 1), upto, PAGE + 1)
        shown = found[:PAGE]
        return Sitemap(
            items=[Address(slug=one.slug, updated_at=one.changed_at) for one in shown],
            next=cursor(shown[-1].number) if len(found) > len(shown) else None,
            parts=0 if last is None else last // PART + 1,
        )


def route(catalog: CatalogService) -> Route:
    return Route(
        "GET",
        "/v1/sitemap",
        Register(catalog).list_addresses,
        summary="List the addresses of all products",
        tag="Catalogue",
        query=SitemapQuery,
        reply=Sitemap,
        reply_example={
            "items": [{"slug": "palmer-mango", "updated_at": "2026-11-22T12:00:00Z"}],
            "next": None,
            "parts": 1,
        },
        public_cache=True,
    )
