"""What sells best: counted from the journal now and then, beside the orders' way."""

from typing import Final

from feira.catalog import store_feed, store_sales, store_search
from feira.catalog.store_search import Found, Wish
from feira.kernel.card import Context

BEST_MAX: Final = 100
TELL_EVERY_S: Final = 300.0  # What is shown of it is made anew after each change, so there are not too many.


class Sales:
    def __init__(self, ctx: Context) -> None:
        self._db = ctx.db

    async def count(self) -> bool:
        """Read a part of the journal; True if there is more at once."""
        async with self._db.tx() as tx:
            more = await store_sales.lock(tx)
            if more:
                await store_sales.read_on(tx)
            more = await store_sales.forget_days(tx) or more
            if await store_sales.tell_best(tx, BEST_MAX, TELL_EVERY_S):
                await store_feed.note_best(tx)
        return more

    async def best(self, limit: int) -> list[Found]:
        """What can be had of what sold best in the last days, and then the newest."""
        async with self._db.read() as tx:
            numbers = await store_sales.read_best(tx)
            best = (
                await store_search.search(tx, Wish(numbers=numbers, in_stock=True), "newest", "", None, len(numbers))
                if numbers
                else []
            )
            place = {number: place for place, number in enumerate(numbers)}
            best.sort(key=lambda found: place[found.place[-1]])
            if len(best) < limit:
                newest = await store_search.search(tx, Wish(in_stock=True), "newest", "", None, limit)
                known = {found.id for found in best}
                best += [found for found in newest if found.id not in known]
        return best[:limit]
