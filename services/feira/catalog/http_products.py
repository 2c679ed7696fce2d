"""Products in the back office."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta

from feira.catalog.domain_goods import (
    ProductBody,
    ProductChange,
    ProductChanged,
    SkuTaken,
    SlugTaken,
    UnknownProduct,
    VariantChange,
)
from feira.catalog.http_skus import sku_of, with_slashes
from feira.catalog.http_stock import Below, stock_rows
from feira.catalog.http_views import AdminProduct, admin_product
from feira.catalog.service import CatalogService
from feira.catalog.service_import import Format, Report
from feira.catalog.store_desk import Status
from feira.contracts.catalog import UnknownSku
from feira.kernel.http import INT_MAX, NDJSON, Answer, Cursor, Limit, Page, Query, Request, Route, Stream
from feira.transport.cursors import cursor, read_cursor

IMPORT_MAX = 4 << 30
CSV = "text/csv"
FORMATS: dict[str, Format] = {
    CSV: "csv",
    NDJSON: "ndjson",
    "application/ndjson": "ndjson",
    "application/jsonl": "ndjson",
}
TAG = "Back office: products"
EXAMPLE = {
    "slug": "rose-mango",
    "name": "Rose mango",
    "description": "Small, rosy mangoes with *plenty of* juice.",
    "translations": {"pt-BR": {"name": "Manga-rosa", "description": "Mangas pequenas e rosadas, *cheias* de suco."}},
    "categories": ["fruit/tropical"],
    "images": [{"url": "/media/demo/mango.webp", "alt": "A ripe mango", "width": 256, "height": 256}],
    "attributes": {"origin": "São Paulo", "organic": True},
    "variants": [
        {
            "sku": "ROSE-MANGO-1KG",
            "name": "1 kg",
            "options": {"weight": "1 kg"},
            "price": {"amount": 890, "currency": "BRL"},
            "weight_g": 1000,
            "stock": 148,
        }
    ],
}


class AdminProductQuery(Query, frozen=True, kw_only=True):
    q: Annotated[str, Meta(max_length=200, description="Words of names and skus, or how a slug or a sku begins.")] = ""
    status: Status = "all"
    below: Below | None = None
    limit: Limit = 20
    cursor: Cursor = None


class ChangeQuery(Query, frozen=True, kw_only=True):
    seen: (
        Annotated[datetime, Meta(tz=True, description="The `changed_at` that was read: refuse if it is another now.")]
        | None
    ) = None


class ImportQuery(Query, frozen=True, kw_only=True):
    preview: Annotated[bool, Meta(description="Say what would be done, and do nothing.")] = False


class ProductDesk:
    """What staff may ask of products."""

    def __init__(self, catalog: CatalogService) -> None:
        self._catalog = catalog
        self._products = catalog.products
        self._currency = catalog.settings.currency

    async def list_admin_products(self, request: Request[None, AdminProductQuery]) -> Page[AdminProduct]:
        query = request.query
        if query.below is not None:
            return await self._list_scarce(query)
        (before,) = read_cursor(query.cursor, (int,)) if query.cursor else (INT_MAX,)
        found = await self._catalog.desk.products(query.q, before, query.limit + 1, query.status)
        shown = found[: query.limit]
        return Page(
            items=[admin_product(stored, self._currency) for stored in shown],
            next=cursor(shown[-1].number) if len(found) > len(shown) else None,
        )

    async def _list_scarce(self, query: AdminProductQuery) -> Page[AdminProduct]:
        """Products of what is low in stock. One with several such variants may be met again in a later part."""
        desk = self._catalog.desk
        rows, more = await stock_rows(desk, query.q, query.below, query.cursor, query.limit)
        found = await desk.read(list(dict.fromkeys(row.product_id for row in rows if not row.archived)))
        return Page(items=[admin_product(stored, self._currency) for stored in found], next=more)

    async def create_product(self, request: Request[ProductBody, None]) -> Answer:
        stored = await self._products.create(request.body, request.caller.id)
        return Answer(201, admin_product(stored, self._currency), (("location", f"/v1/admin/products/{stored.id}"),))

    async def read_admin_product(self, request: Request[None, None]) -> AdminProduct:
        return admin_product(await self._products.read(request.id("product_id")), self._currency)

    async def change_product(self, request: Request[ProductChange, ChangeQuery]) -> AdminProduct:
        seen = request.query.seen
        stored = await self._products.change(request.id("product_id"), request.body, request.caller.id, seen)
        return admin_product(stored, self._currency)

    async def archive_product(self, request: Request[None, None]) -> Answer:
        await self._products.archive(request.id("product_id"), request.caller.id)
        return Answer(204)

    async def restore_product(self, request: Request[None, None]) -> AdminProduct:
        stored = await self._catalog.desk.restore(request.id("product_id"), request.caller.id)
        return admin_product(stored, self._currency)

    async def change_variant(self, request: Request[VariantChange, None]) -> AdminProduct:
        stored = await self._catalog.desk.change_variant(sku_of(request), request.body, request.caller.id)
        return admin_product(stored, self._currency)

    async def import_products(self, request: Request[None, ImportQuery]) -> Report:
        media = (request.headers.get("content-type") or "").partition(";")[0].strip().lower()
        return await self._catalog.import_products(
            request.stream(), FORMATS[media], actor=request.caller.id, preview=request.query.preview
        )


def routes(catalog: CatalogService) -> list[Route]:
    desk = ProductDesk(catalog)
    return [
        _route(
            "GET",
            "",
            desk.list_admin_products,
            "List products, the newest first",
            query=AdminProductQuery,
            reply=Page[AdminProduct],
        ),
        _route(
            "POST",
            "",
            desk.create_product,
            "Create a product",
            body=ProductBody,
            reply=AdminProduct,
            status=201,
            refusals=(SlugTaken, SkuTaken),
            example=EXAMPLE,
        ),
        _route(
            "POST",
            "/import",
            desk.import_products,
            "Import products",
            query=ImportQuery,
            body=Stream,
            reply=Report,
            body_max=IMPORT_MAX,
            consumes=tuple(FORMATS),
            description=(
                "NDJSON: one product a line, each the body of a creation. CSV: a row per variant with the header "
                "`slug,name,description,categories,image,sku,options,price,currency,compare_at_price,weight_g,stock`; "
                "consecutive rows of one slug are one product. With `;` between cells, prices may have decimal commas. "
                "Products are found again by slug or sku, and what is said of them is changed; each is kept whole or not at all. `preview=true` gives the same report and changes nothing."
            ),
        ),
        _route(
            "GET",
            "/{product_id}",
            desk.read_admin_product,
            "Read a product",
            reply=AdminProduct,
            refusals=(UnknownProduct,),
        ),
        _route(
            "PATCH",
            "/{product_id}",
            desk.change_product,
            "Change a product",
            query=ChangeQuery,
            body=ProductChange,
            reply=AdminProduct,
            refusals=(UnknownProduct, SlugTaken, SkuTaken, ProductChanged),
            example={"name": "Palmer mango, ripe"},
        ),
        _route(
            "DELETE", "/{product_id}", desk.archive_product, "Archive a product", status=204, refusals=(UnknownProduct,)
        ),
        _route(
            "POST",
            "/{product_id}/restore",
            desk.restore_product,
            "Sell an archived product again",
            reply=AdminProduct,
            refusals=(UnknownProduct,),
        ),
        *with_slashes(
            Route(
                "PATCH",
                "/v1/admin/variants/{sku}",
                desk.change_variant,
                summary="Change one variant of a product",
                tag=TAG,
                caller="staff",
                body=VariantChange,
                reply=AdminProduct,
                refusals=(UnknownSku,),
                example={"price": {"amount": 790, "currency": "BRL"}, "compare_at_price": None},
                description="All else of the product stays as it is, whoever changes it at the same time.",
            )
        ),
    ]


def _route(method: str, path: str, run: Any, summary: str, refusals: Sequence[Any] = (), **more: Any) -> Route:
    return Route(
        method,
        f"/v1/admin/products{path}",
        run,
        summary=summary,
        tag=TAG,
        caller="staff",
        refusals=tuple(refusals),
        **more,
    )
