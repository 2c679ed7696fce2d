"""The answers to buyers that this process keeps, and how it hears that they are no longer true."""

from collections.abc import Callable
from typing import Final
from uuid import UUID

from feira.catalog import store_feed
from feira.kernel.card import Context
from feira.transport.kept import Kept

LISTS: Final = "lists"  # What every list depends on, and the tree of categories.
BEST: Final = "best"  # What a list of what sells best depends on beside.


def product_tag(product_id: UUID) -> str:
    return f"product:{product_id}"


def sku_tag(sku: str) -> str:
    return f"sku:{sku}"


class KeptAnswers:
    """Whoever answers from something that is not the database, and lags behind it, drops LISTS when it has caught up."""

    def __init__(self, ctx: Context, on_lists: Callable[[], None] = lambda: None) -> None:
        """`on_lists` is called when what LISTS depend on may have changed, and while nothing is kept."""
        self._db = ctx.db
        self._on_lists = on_lists
        self.store = Kept()
        self._position: str | None = None

    async def refresh(self) -> None:
        """Drop what is no longer true. Every process does this ten times a second, while it keeps anything."""
        if not self.store.busy:
            self._position = None
            self._on_lists()
            return
        async with self._db.read() as tx:
            changes = await store_feed.changes_since(tx, self._position)
        self._position = changes.position
        if changes.products is None or changes.skus is None:
            self._on_lists()
            self.store.drop_all()
            return
        tags = [product_tag(product_id) for product_id in changes.products]
        tags += [sku_tag(sku) for sku in changes.skus]
        if changes.lists:
            self._on_lists()
            tags.append(LISTS)
        if changes.best:
            tags.append(BEST)
        if tags:
            self.store.drop(tags)
