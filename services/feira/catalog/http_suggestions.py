"""What a search box proposes while somebody types."""

from typing import Annotated, Literal

from msgspec import Meta

from feira.catalog import http_examples
from feira.catalog.domain import localised, placed
from feira.catalog.domain_text import words
from feira.catalog.http_views import image_view, money
from feira.catalog.service import CatalogService
from feira.catalog.service_kept import LISTS
from feira.kernel.http import Money, Query, Request, Route, View
from feira.transport.pictures import ImageView

SUGGESTIONS_MAX = 10
BRANCHES_MAX = 3
EXAMPLE = {
    "items": [
        {"text": "Tropical fruit", "kind": "category", "slug": "fruit/tropical", "image": None, "price": None},
        {
            "text": "Palmer mango",
            "kind": "product",
            "slug": "palmer-mango",
            "image": http_examples.IMAGE,
            "price": http_examples.PRICE,
        },
    ]
}


class SuggestionQuery(Query, frozen=True, kw_only=True):
    q: Annotated[str, Meta(max_length=200, description="What was typed so far; the last word may be unfinished.")] = ""
    limit: Annotated[int, Meta(ge=1, le=SUGGESTIONS_MAX)] = SUGGESTIONS_MAX


class Suggestion(View, frozen=True, kw_only=True):
    """`slug` is a product's slug, or a category's path as `category=` of the list of products takes it. Only products have
    a price, and perhaps an image.
    """

    text: str
    kind: Literal["product", "category"]
    slug: str
    image: ImageView | None = None
    price: Money | None = None


class Suggestions(View, frozen=True, kw_only=True):
    items: list[Suggestion]


class SearchBox:
    def __init__(self, catalog: CatalogService) -> None:
        self._search = catalog.search
        self._currency, self._url = catalog.settings.currency, catalog.settings.url

    async def suggest(self, request: Request[None, SuggestionQuery]) -> Suggestions:
        request.tag(LISTS)
        query = request.query
        typed = words(query.q)
        if not typed:
            return Suggestions(items=[])
        branches, products = await self._search.suggest(typed, query.limit, min(query.limit, BRANCHES_MAX))
        locale = request.locale
        items = [
            Suggestion(text=localised(locale, one.name, one.names), kind="category", slug=one.path) for one in branches
        ]
        items += [
            Suggestion(
                text=localised(locale, one.name, one.names),
                kind="product",
                slug=one.slug,
                image=image_view(placed(one.images[0], self._url)) if one.images else None,
                price=money(one.price_minor, self._currency),
            )
            for one in products
        ]
        return Suggestions(items=items[: query.limit])


def route(catalog: CatalogService) -> Route:
    return Route(
        "GET",
        "/v1/suggestions",
        SearchBox(catalog).suggest,
        summary="Complete what somebody types",
        tag="Catalogue",
        query=SuggestionQuery,
        reply=Suggestions,
        reply_example=EXAMPLE,
        public_cache=True,
        localised=True,
        kept=catalog.kept.store,
    )
