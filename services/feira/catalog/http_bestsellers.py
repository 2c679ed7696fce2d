"""What sells best, for those who do not know yet what they want."""

from typing import Final

from feira.catalog import http_examples
from feira.catalog.http_views import ProductItem, product_item
from feira.catalog.service import CatalogService
from feira.catalog.service_kept import BEST, LISTS
from feira.kernel.http import Limit, Query, Request, Route, View

EXAMPLE: Final = {"items": http_examples.PRODUCTS["items"]}


class BestsellerQuery(Query, frozen=True, kw_only=True):
    limit: Limit = 20


class Bestsellers(View, frozen=True, kw_only=True):
    """What sold most in the last seven days and can be had, the best first; then the newest."""

    items: list[ProductItem]


class Showcase:
    def __init__(self, catalog: CatalogService) -> None:
        self._sales = catalog.sales
        self._currency, self._url = catalog.settings.currency, catalog.settings.url

    async def list_bestsellers(self, request: Request[None, BestsellerQuery]) -> Bestsellers:
        request.tag(LISTS, BEST)
        found = await self._sales.best(request.query.limit)
        return Bestsellers(items=[product_item(one, request.locale_of, self._currency, self._url) for one in found])


def route(catalog: CatalogService) -> Route:
    return Route(
        "GET",
        "/v1/bestsellers",
        Showcase(catalog).list_bestsellers,
        summary="See what sells best",
        tag="Catalogue",
        query=BestsellerQuery,
        reply=Bestsellers,
        reply_example=EXAMPLE,
        public_cache=True,
        kept=catalog.kept.store,
        localised=True,
    )
