"""The catalogue over HTTP: what buyers read. Staff's routes are in the modules beside."""

from contextlib import suppress
from dataclasses import replace
from functools import wraps
from typing import Annotated, Any

from msgspec import Meta

from feira import demo
from feira.catalog import (
    http_bestsellers,
    http_categories,
    http_examples,
    http_media,
    http_products,
    http_sitemap,
    http_stock,
    http_suggestions,
)
from feira.catalog.domain import localised
from feira.catalog.domain_goods import DEFAULT_LOCALE, UnknownProduct
from feira.catalog.domain_text import fold, words
from feira.catalog.domain_traits import read_traits
from feira.catalog.http_views import CategoryView, ProductList, ProductView, product_item, product_list, product_view
from feira.catalog.service import CatalogService
from feira.catalog.service_kept import LISTS, product_tag, sku_tag
from feira.catalog.service_search import Asked
from feira.catalog.store_categories import Category
from feira.catalog.store_search import Sort, Wish, cursor_types
from feira.contracts.money import MINOR_MAX
from feira.kernel.db import BUSY, LOST
from feira.kernel.http import Answer, Cursor, Limit, Query, Request, Route, View
from feira.transport.cursors import cursor, read_cursor
from feira.transport.files import Files

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
    attributes: (
        Annotated[
            str,
            Meta(
                max_length=1000,
                description="Values that attributes must have, as facets name them: `origin:Bahia,organic:true`. Values of one "
                "attribute are alternatives. A backslash stands before a comma or a colon that belongs to a value.",
            ),
        ]
        | None
    ) = None
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
        request.tag(LISTS)
        query = request.query
        asked = query.q.strip() if query.q else ""
        sort: Sort = query.sort or "relevance"
        if sort == "relevance" and not asked:
            sort = "newest"
        found, facets = await self._catalog.search.find(
            Asked(
                wish=Wish(
                    words=words(asked) if asked else None,
                    min_price_minor=query.min_price,
                    max_price_minor=query.max_price,
                    in_stock=query.in_stock,
                    traits=read_traits(query.attributes) if query.attributes else {},
                ),
                category=query.category or None,
                sort=sort,
                locale=request.locale,
                after=read_cursor(query.cursor, cursor_types(sort)) if query.cursor else None,
                limit=query.limit + 1,
                facets=query.facets,
            )
        )
        shown = found[: query.limit]
        named: dict[str, str] = {}
        if facets is not None and facets.categories:
            categories = await self._catalog.categories.named(path for path, _ in facets.categories)
            named = {path: localised(request.locale, one.name, one.names) for path, one in categories.items()}
        return product_list(
            [product_item(one, request.locale_of, self._currency, self._url) for one in shown],
            cursor(*shown[-1].place) if len(found) > len(shown) else None,
            facets,
            named,
            self._currency,
        )

    async def read_product(self, request: Request[None, None]) -> Answer:
        stored = await self._catalog.products.find(request.path["product"])
        request.tag(product_tag(stored.id), *(sku_tag(variant.sku) for variant in stored.product.sold))
        locale = request.locale_of((DEFAULT_LOCALE, *stored.product.translations))
        return Answer(200, product_view(stored, locale, self._currency, self._url), (("content-language", locale),))

    async def list_categories(self, request: Request[None, None]) -> CategoryTree:
        request.tag(LISTS)
        return CategoryTree(items=tree(await self._catalog.categories.all(), request.locale))


def _seen_at_once(catalog: CatalogService, route: Route) -> Route:
    """What staff change, this process shows at once; the others hear of it as of everything."""
    if route.method == "GET":
        return route

    @wraps(route.run)
    async def run(request: Request[Any, Any]) -> Any:
        try:
            return await route.run(request)
        finally:
            with suppress(*LOST, *BUSY, TimeoutError):  # Then a moment later.
                await catalog.kept.refresh()

    return replace(route, run=run)


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
            kept=catalog.kept.store,
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
            kept=catalog.kept.store,
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
            kept=catalog.kept.store,
            localised=True,
        ),
        http_suggestions.route(catalog),
        http_sitemap.route(catalog),
        http_bestsellers.route(catalog),
        Files(demo.MEDIA_PATH, demo.pictures()).route,
        *http_media.routes(catalog),
        *(
            _seen_at_once(catalog, route)
            for desk in (http_products, http_categories, http_stock)
            for route in desk.routes(catalog)
        ),
    ]
