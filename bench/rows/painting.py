"""How soon a phone on a mobile network shows a page."""

from typing import Any, Final

from bench.measuring import Run, median
from bench.painting import FAST_4G, SLOWER, painted, phone
from bench.shop import Shop, one_shop

PAGES: Final = {"home": "/en", "list": "/en/products", "product": "/en/products/palmer-mango"}
ROUNDS_MIN: Final = 3


async def measure(run: Run) -> None:
    """The median for each page, by visitors who have never been there; the slowest page is the row's value."""
    async with one_shop(run.postgres, run.home, "pages", more=("--demo", "--web")) as shop, phone() as browser:
        taken: dict[str, list[float]] = {name: [] for name in PAGES}
        first: dict[str, list[float]] = {name: [] for name in PAGES}
        what: dict[str, str] = {}
        for path in PAGES.values():
            await _kept(shop, path)
            await painted(browser, shop.url + path)  # A browser's own start is nobody's wait.
        for _ in range(max(ROUNDS_MIN, run.rounds)):
            for name, path in PAGES.items():
                seen = await painted(browser, shop.url + path)
                taken[name].append(round(seen.largest_ms))
                first[name].append(round(seen.first_ms))
                what[name] = seen.what
    medians = {name: median(each) for name, each in taken.items()}
    slowest = max(medians, key=lambda name: medians[name])
    more: dict[str, Any] = {
        "largest_ms": taken,
        "first_ms": first,
        "what": what,
        "cpu_slower": SLOWER,
        "network": FAST_4G,
    }
    run.add("paint", medians[slowest] / 1000, slowest=slowest, medians_ms=medians, **more)
    await run.postgres.drop("pages")


async def _kept(shop: Shop, path: str) -> None:
    """Rendered once, and kept from now on, as it is for all but a page's first visitor."""
    for _ in range(2):
        await shop.read(path)
