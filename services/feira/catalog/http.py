"""The catalogue over HTTP: what buyers read. Staff's routes are in the modules beside."""

from typing import Annotated

from msgspec import Meta

from feira import demo
from feira.catalog import http_categories, http_examples, http_products, http_stock
from feira.catalog.domain import localised
from feira.catalog.domain_goods import DEFAULT_LOCALE, UnknownProduct
from feira.catalog.domain_text import fold, words
from feira.catalog.http_views import CategoryView, ProductList, ProductView, product_item, product_list, product_view
from feira.catalog.service import CatalogService
from feira.catalog.store_categories import Category
from feira.catalog.store_search import Sort, Wish, cursor_types
from feira.contracts.money import MINOR_MAX
from feira.kernel.http import (
    Answer,
    Cursor,
    Files,
    Limit,
    Query,
    Request,
    Route,
    View,
    cursor,
    read_cursor,
)

TAG = "Catalogue"

Amount = Annotated[int, Meta(ge=0, le=MINOR_MAX)]


class ProductQuery(Query, frozen=True, kw_only=True):
    q: Annotated[str, Meta(max_length=200, description="Words; the last may be unfinished.")] | None = None
    category: (
        Annotated[str, Meta(max_length=1000, description="A category's path or slug, its branches included.")] | None
    ) = None
    min_price: Amount | None = None
    max_price: Amount | None = None
    in_stock: bool | None = None
    sort: Annotated[Sort, Meta(description="`relevance` is the default of a search, `newest` of all else.")] | None = (
        None
    )
    facets: bool = False
    limit: Limit = 20
    cursor: Cursor = None


class CategoryTree(View, frozen=True, kw_only=True):
    """The categories at the root, each with those below it; all of them are in one page."""

    items: list[CategoryView]
    next: None = None


def tree(categories: list[Category], locale: str) -> list[CategoryView]:
    """The categories as a tree, each level by name in this language."""
    roots: list[CategoryView] = []
    views: dict[int, CategoryView] = {}
    for category in categories:
        name = localised(locale, category.name, category.names)
        views[category.id] = CategoryView(slug=category.slug, name=name, children=[])
    for category in categories:
        above = views.get(category.parent_id) if category.parent_id is not None else None
        (above.children if above else roots).append(views[category.id])
    for siblings in [roots, *(view.children for view in views.values())]:
        siblings.sort(key=lambda view: (fold(view.name), view.slug))
    return roots


class Window:
    """What anybody may ask."""

    def __init__(self, catalog: CatalogService) -> None:
        self._catalog = catalog
        self._currency = catalog.settings.currency
        self._url = catalog.settings.url

    async def list_products(self, request: Request[None, ProductQuery]) -> ProductList:
        query = request.query
        asked = query.q.strip() if query.q else ""
        sort: Sort = query.sort or "relevance"
        if sort == "relevance" and not asked:
            sort = "newest"
        found, facets = await self._catalog.products.search(
            Wish(
                words=words(asked) if asked else None,
                min_price_minor=query.min_price,
                max_price_minor=query.max_price,
                in_stock=query.in_stock,
            ),
            query.category or None,
            sort,
            request.locale,
            read_cursor(query.cursor, cursor_types(sort)) if query.cursor else None,
            query.limit + 1,
            facets=query.facets,
        )
        shown = found[: query.limit]
        return product_list(
            [product_item(one, request.locale_of, self._currency, self._url) for one in shown],
            cursor(*shown[-1].place) if len(found) > len(shown) else None,
            facets,
            self._currency,
        )

    async def read_product(self, request: Request[None, None]) -> Answer:
        stored = await self._catalog.products.find(request.path["product"])
        locale = request.locale_of((DEFAULT_LOCALE, *stored.product.translations))
        return Answer(200, product_view(stored, locale, self._currency, self._url), (("content-language", locale),))

    async def list_categories(self, request: Request[None, None]) -> CategoryTree:
        return CategoryTree(items=tree(await self._catalog.categories.all(), request.locale))


def routes(catalog: CatalogService) -> list[Route]:
    window = Window(catalog)
    return [
        Route(
            "GET",
            "/v1/products",
            window.list_products,
            summary="Find products",
            tag=TAG,
            query=ProductQuery,
            reply=ProductList,
            reply_example=http_examples.PRODUCTS,
            public_cache=True,
            localised=True,
        ),
        Route(
            "GET",
            "/v1/products/{product}",
            window.read_product,
            summary="Read a product by its id or slug",
            tag=TAG,
            reply=ProductView,
            reply_example=http_examples.PRODUCT,
            refusals=(UnknownProduct,),
            public_cache=True,
            localised=True,
        ),
        Route(
            "GET",
            "/v1/categories",
            window.list_categories,
            summary="Read the tree of categories",
            tag=TAG,
            reply=CategoryTree,
            reply_example=http_examples.CATEGORIES,
            public_cache=True,
            localised=True,
        ),
        Files(demo.MEDIA_PATH, demo.pictures()).route,
        *http_products.routes(catalog),
        *http_categories.routes(catalog),
        *http_stock.routes(catalog),
    ]
