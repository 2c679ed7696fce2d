"""Finding products: by this machine's search index if there is a sound one, else by PostgreSQL.

The index is made from the database and can be thrown away at any time. One process of a machine writes it, following the
feed of what changed; each process looks for itself whether there is something new to read. Nothing ever waits for it.
"""

import asyncio
import math
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec
import prometheus_client as prometheus
from msgspec.structs import replace

from feira.catalog import store_categories, store_search
from feira.catalog.service_index import FAILURES, Keeper
from feira.catalog.store_index import Branch, Item
from feira.catalog.store_index_look import Look
from feira.catalog.store_index_read import Reader, is_ours
from feira.catalog.store_index_write import Home, beat_age_s
from feira.catalog.store_search import Facets, Found, Sort, Wish
from feira.kernel import metrics
from feira.kernel.card import Context

STALE_S = 30.0  # An index that has not been brought up to date for so long is not asked any more.
# So many products, and such a share of all at the most, are all looked up to be sorted. Of more, some are soon come by along
# their order; and at the worst that is not much longer than to look them all up.
GATHERED_MAX = 20_000
GATHERED_SHARE = 0.1
BROAD_DOCUMENTS = 4_000  # From here on a search may take more than a millisecond, and leaves the event loop.

T = TypeVar("T")
SEARCH_SECONDS = prometheus.Histogram(
    "feira_search_seconds", "One search, by index or by database.", ["by"],
    buckets=metrics.SECONDS, registry=metrics.REGISTRY,
)  # fmt: skip
_BY_INDEX, _BY_DATABASE = SEARCH_SECONDS.labels("index"), SEARCH_SECONDS.labels("database")


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A page of a list: `category` is a path or a slug, `after` the values of the cursor."""

    wish: Wish
    sort: Sort
    limit: int
    category: str | None = None
    locale: str = ""
    after: Sequence[Any] | None = None
    facets: bool = False


class Search:
    """One face for both ways of searching, and what keeps the index."""

    def __init__(self, ctx: Context, on_change: Callable[[], None] = lambda: None) -> None:
        """`on_change` is called whenever searches may find something else than before."""
        self._db = ctx.db
        self._on_change = on_change
        self._log = ctx.log
        self._home = Home(ctx.settings.data_path / "search")
        self._reader: Reader | None = None
        self._read_at = (0, 0)  # What was last seen of the index's files.
        self._sound_until = 0.0  # As far as is known since we last looked.
        self._keeper = Keeper(ctx, self._home)

    async def tend(self) -> None:
        """A round: read what was committed and, if this is the process that writes, write what changed."""
        await self._look()
        await self._keeper.round()

    async def stop(self) -> None:
        await self._keeper.stop()

    @property
    def reader(self) -> Reader | None:
        """The index, if it may be asked: it tells of what was there a moment ago, or of nothing."""
        return self._reader if time.monotonic() < self._sound_until else None

    def state(self) -> tuple[int, float]:
        """How many documents this process finds, and since when, in seconds, nobody said that these are all; 0 and 0 if there
        is no index.
        """
        reader = self._reader
        return (reader.documents, beat_age_s(reader.path)) if reader is not None else (0, 0.0)

    async def _look(self) -> None:
        path = self._home.current()
        if path is None:
            self._reader = None
            return
        try:
            self._sound_until = time.monotonic() + STALE_S - beat_age_s(path)
            seen = (path / "meta.json").stat()
            at = (seen.st_ino, seen.st_mtime_ns)
            if self._reader is None or self._reader.path != path:
                self._reader = await asyncio.to_thread(Reader, path)
            elif at != self._read_at:
                await asyncio.to_thread(self._reader.reload)
            else:
                return
            self._read_at = at
            self._on_change()
        except FAILURES as failure:
            if self._reader is not None:
                self._log.warning("search_index_unreadable", error=repr(failure))
            self._reader = None

    # What is asked.

    async def find(self, asked: Asked) -> tuple[list[Found], Facets | None]:
        """A page of products for buyers, and what all that were found have in common if that is wanted."""
        reader, by_words = self.reader, asked.wish.words is not None
        chosen = by_words or bool(asked.wish.traits)
        theirs = asked.sort == "relevance" and asked.after is not None and not is_ours(asked.after)
        if reader is None or theirs or not (asked.facets or chosen):
            return await self._by_database(asked)
        try:
            if by_words and asked.sort == "relevance":
                return await self._ask(
                    reader, asked, lambda look: reader.relevant(look, asked.after, asked.limit, facets=asked.facets)
                )
            return await self._sorted(reader, asked)
        except FAILURES as failure:
            self._log.warning("search_index_failed", error=repr(failure))
            self._reader = None
            return await self._by_database(asked)

    async def _sorted(self, reader: Reader, asked: Asked) -> tuple[list[Found], Facets | None]:
        """The index says what is found and counts it, the database has the order."""
        wish, ordered = asked.wish, replace(asked, facets=False)
        facets: Facets | None
        if wish.words is None and not wish.traits:
            facets = await self._ask(reader, asked, reader.facets)
        else:
            numbers, facets = await self._ask(reader, asked, lambda look: reader.matching(look, facets=asked.facets))
            ordered = replace(ordered, wish=replace(wish, words=None, traits={}, numbers=numbers))
        found, _ = await self._by_database(ordered, facets.total if facets is not None else math.inf)
        return found, facets

    async def _ask(self, reader: Reader, asked: Asked, ask: Callable[[Look], T]) -> T:
        with _BY_INDEX.time():
            look = reader.look(asked.wish, asked.category)
            if look.breadth() < BROAD_DOCUMENTS:
                return ask(look)
            return await asyncio.to_thread(ask, look)

    async def _by_database(self, asked: Asked, total: float = math.inf) -> tuple[list[Found], Facets | None]:
        """`total` is how many products are found, if that is known."""
        wish, gathered = asked.wish, self._are_few(asked, total)
        async with self._db.read() as tx:
            with _BY_DATABASE.time():
                if asked.category is not None:
                    wish = replace(wish, category_ids=sorted(await store_categories.ids_within(tx, asked.category)))
                if wish.traits:
                    wish = replace(wish, numbers=await store_search.numbers_with_traits(tx, wish), traits={})
                found = await store_search.search(
                    tx, wish, asked.sort, asked.locale, asked.after, asked.limit, gathered=gathered
                )
                return found, await store_search.facets(tx, wish) if asked.facets else None

    def _are_few(self, asked: Asked, total: float) -> bool:
        """Whether so few products come into question that they are sorted: only the index knows without looking."""
        reader, wish = self.reader, asked.wish
        if reader is None:
            return False
        try:
            most = len(wish.numbers) if wish.numbers is not None else reader.look(wish, asked.category).breadth()
            return min(most, total) <= min(GATHERED_MAX, reader.documents * GATHERED_SHARE)
        except FAILURES:
            return False

    async def suggest(
        self, words: Sequence[str], products_max: int, branches_max: int
    ) -> tuple[list[Branch], list[Item]]:
        """Categories and products whose names begin with these words, the last of which is unfinished."""
        reader = self.reader
        if reader is not None:
            try:
                with _BY_INDEX.time():
                    return await asyncio.to_thread(reader.suggest, words, products_max, branches_max)
            except FAILURES as failure:
                self._log.warning("search_index_failed", error=repr(failure))
                self._reader = None
        async with self._db.read() as tx:
            with _BY_DATABASE.time():
                branches = await store_search.suggest_branches(tx, words, branches_max)
                found = await store_search.search(tx, Wish(words=words), "relevance", "", None, products_max)
        return [Branch(*branch) for branch in branches], [_item(one) for one in found]


def _item(found: Found) -> Item:
    return Item(
        found.id,
        found.slug,
        found.name,
        found.names,
        found.images,
        found.price_minor,
        found.compare_at_price_minor,
        found.in_stock,
        found.categories,
    )
