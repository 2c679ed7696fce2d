"""What is left of the products that somebody watches: asked for when something touched them, all of them at once."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from feira.contracts.catalog import Catalog, StockAsk, StockOf
from feira.kernel.card import Context
from feira.live.domain_told import StockData

EVERY_S: Final = 0.1  # How often the catalogue is asked at the most.
AGAIN_S: Final = 1.0  # After it could not be asked.
ASKED_MAX: Final = 500  # Products at once.

Tell = Callable[[str, list[StockData]], None]


class Shelves:
    """Products by their slugs. `tell` is called with what changed of one, and all of it when it was not known before."""

    def __init__(self, ctx: Context, catalog: Catalog, tell: Tell) -> None:
        self._log = ctx.log
        self._catalog = catalog
        self._tell = tell
        self._known: dict[str, dict[str, int] | None] = {}  # What is left of each variant; None while nobody knows.
        self._product_of: dict[str, str] = {}
        self._touched: dict[str, None] = {}
        self._task: asyncio.Task[None] | None = None
        self._asked_at = 0.0

    def watch(self, slug: str) -> list[StockData] | None:
        """Somebody watches this product; answers what is left of it, or nothing if that will be told soon."""
        known = self._known.setdefault(slug, None)
        if known is None:
            self.touch([slug])
            return None
        return _told(known)

    def leave(self, slug: str) -> None:
        """Nobody watches it any more."""
        for sku in self._known.pop(slug, None) or ():
            self._product_of.pop(sku, None)
        self._touched.pop(slug, None)

    def touch(self, slugs: Iterable[str]) -> None:
        """Something happened to these products. Those that nobody watches are none of our business."""
        if found := [slug for slug in slugs if slug in self._known]:
            self._touched.update(dict.fromkeys(found))
            if self._task is None:
                self._task = asyncio.create_task(self._ask())

    def touch_skus(self, skus: Iterable[str]) -> None:
        if self._product_of:
            self.touch([self._product_of[sku] for sku in skus if sku in self._product_of])

    def touch_all(self) -> None:
        self.touch(tuple(self._known))

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _ask(self) -> None:
        try:
            while self._touched:
                await asyncio.sleep(self._asked_at + EVERY_S - time.monotonic())
                self._asked_at = time.monotonic()
                slugs = list(self._touched)[:ASKED_MAX]
                for slug in slugs:
                    del self._touched[slug]
                try:
                    answers = await self._catalog.stock_of([StockAsk(slug=slug) for slug in slugs])
                except Exception as failure:  # noqa: BLE001 - whatever it is, it is asked again, and nobody waits.
                    self._log.warning("stock_not_known", error=repr(failure))
                    self._touched.update(dict.fromkeys(slug for slug in slugs if slug in self._known))
                    await asyncio.sleep(AGAIN_S)
                    continue
                for answer in answers:
                    if isinstance(answer, StockOf):
                        self._compare(answer)
        finally:
            self._task = None

    def _compare(self, answer: StockOf) -> None:
        if answer.slug not in self._known:  # Nobody watches it any more.
            return
        before = self._known[answer.slug] or {}
        now = {one.sku: one.quantity for one in answer.variants}
        self._known[answer.slug] = now
        for sku in before.keys() - now.keys():
            self._product_of.pop(sku, None)
        self._product_of.update(dict.fromkeys(now, answer.slug))
        gone = dict.fromkeys(before.keys() - now.keys(), 0)
        if changed := {sku: free for sku, free in (now | gone).items() if before.get(sku) != free}:
            self._tell(answer.slug, _told(changed))


def _told(quantities: Mapping[str, int]) -> list[StockData]:
    return [StockData(sku, free > 0, free) for sku, free in quantities.items()]
