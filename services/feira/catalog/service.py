"""What the catalogue does for others, and where its parts are put together."""

from collections.abc import AsyncIterator, Callable, Sequence
from uuid import UUID

from feira.catalog import store, store_feed
from feira.catalog.domain_goods import ProductBody
from feira.catalog.service_categories import Categories
from feira.catalog.service_desk import Desk
from feira.catalog.service_import import Format, Importer, Report
from feira.catalog.service_kept import LISTS, KeptAnswers
from feira.catalog.service_media import Media
from feira.catalog.service_products import Products
from feira.catalog.service_sales import Sales
from feira.catalog.service_search import Search
from feira.catalog.service_stock import Stock
from feira.catalog.store_sample import some_in_stock
from feira.contracts.catalog import (
    Held,
    Hold,
    InStock,
    PriceAsk,
    Priced,
    Release,
    Released,
    Sample,
    SampleAsk,
    StockAsk,
    StockOf,
)
from feira.kernel.card import Context
from feira.kernel.errors import Refused

SAMPLE_MAX = 100


class CatalogService:
    """The contract `Catalog`, and the use cases of shop, back office and command line by their subjects."""

    def __init__(self, ctx: Context) -> None:
        self.settings = ctx.settings
        self._db = ctx.db
        self.stock = Stock(ctx)
        self.products = Products(ctx)
        self.categories = Categories(ctx)
        self.desk = Desk(ctx)
        self.media = Media(ctx)
        self.sales = Sales(ctx)
        self.kept = KeptAnswers(ctx, self.categories.forget)
        self.search = Search(ctx, lambda: self.kept.store.drop((LISTS,)))
        self._importer = Importer(ctx)

    async def stop(self) -> None:
        await self.search.stop()

    async def hold(self, asks: Sequence[Hold]) -> Sequence[Held | Refused]:
        return await self.stock.hold(asks)

    async def release(self, asks: Sequence[Release]) -> Sequence[Released | Refused]:
        return await self.stock.release(asks)

    async def price(self, asks: Sequence[PriceAsk]) -> Sequence[Priced | Refused]:
        return await self.stock.price(asks)

    async def sample(self, ask: SampleAsk) -> Sample:
        async with self._db.read() as tx:
            return Sample(skus=tuple(await some_in_stock(tx, min(max(ask.limit, 0), SAMPLE_MAX))))

    async def stock_of(self, asks: Sequence[StockAsk]) -> Sequence[StockOf | Refused]:
        async with self._db.read() as tx:
            found = await store.stock_of_products(tx, [ask.slug for ask in asks])
        return [
            StockOf(
                slug=ask.slug, variants=tuple(InStock(sku=sku, quantity=free) for sku, free in found.get(ask.slug, ()))
            )
            for ask in asks
        ]

    async def forget_feed(self) -> None:
        """Drop what was told of changes long ago."""
        async with self._db.read() as tx:
            await store_feed.forget(tx)

    async def is_empty(self) -> bool:
        """Whether the shop has never had a product."""
        return await self.products.is_empty()

    async def import_products(
        self,
        stream: AsyncIterator[bytes],
        format: Format,  # noqa: A002 - the word that its callers use.
        on_progress: Callable[[int], None] = lambda _done: None,
        actor: UUID | None = None,
        *,
        preview: bool = False,
    ) -> Report:
        """Create and change products from NDJSON or CSV; `on_progress` hears now and then how many are done. A `preview` only
        tells what it would do.
        """
        return await self._importer.run(stream, format, on_progress, actor, preview=preview)

    def export_products(self) -> AsyncIterator[ProductBody]:
        """Every product that is sold, as an import takes it (`domain_csv.rows_of` makes rows of a table of it)."""
        return self.products.export()
