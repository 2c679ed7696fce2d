"""What the catalogue does by itself."""

from collections.abc import Sequence

from feira.catalog.service import CatalogService
from feira.kernel.card import Gauge, Job

EXPIRE_EVERY_S = 1.0
FORGET_EVERY_S = 3600.0
FORGET_FEED_EVERY_S = 60.0
COUNT_SALES_EVERY_S = 30.0
TEND_SEARCH_EVERY_S = 0.05
REFRESH_EVERY_S = 0.1  # A change is seen by every process within twice this time.


async def expire_holds(catalog: CatalogService) -> bool:
    return await catalog.stock.expire()


async def forget_lapsed_holds(catalog: CatalogService) -> bool:
    return await catalog.stock.forget()


async def forget_feed(catalog: CatalogService) -> None:
    await catalog.forget_feed()


async def count_sales(catalog: CatalogService) -> bool:
    return await catalog.sales.count()


async def refresh_kept_answers(catalog: CatalogService) -> None:
    await catalog.kept.refresh()


async def tend_search(catalog: CatalogService) -> None:
    await catalog.search.tend()


async def gauges(catalog: CatalogService) -> Sequence[Gauge]:
    """How many holds keep how many units from other buyers."""
    holds, units = await catalog.stock.count_held()
    documents, age_s = catalog.search.state()
    return [
        Gauge("feira_holds", "Holds that keep goods from other buyers.", {}, holds),
        Gauge("feira_units_held", "Units set aside for buyers.", {}, units),
        *(
            Gauge(f"feira_search_{name}", told, {}, value)
            for name, told, value in (
                ("documents", "Products and categories in the search index; 0 if there is none.", documents),
                ("age_seconds", "Since the search index was known to be up to date.", age_s),
            )
        ),
    ]


jobs = (
    Job("expire_holds", expire_holds, EXPIRE_EVERY_S),
    Job("forget_lapsed_holds", forget_lapsed_holds, FORGET_EVERY_S),
    Job("forget_feed", forget_feed, FORGET_FEED_EVERY_S),
    Job("count_sales", count_sales, COUNT_SALES_EVERY_S),
    Job("tend_search", tend_search, TEND_SEARCH_EVERY_S, everywhere=True),
    Job("refresh_kept_answers", refresh_kept_answers, REFRESH_EVERY_S, everywhere=True),
)
