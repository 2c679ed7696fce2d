"""What is sold under a sku, remembered from batch to batch: a revision tells whether it still is so."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping

from feira.catalog import store
from feira.catalog.domain import Good, Level
from feira.kernel.db import Db, Tx

KNOWN_MAX = 8_192  # Goods that are remembered: a kilobyte or two each.


class Goods:
    """Goods as they were last read. Their stock, which changes with each order, is never taken from here."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, Good] = OrderedDict()

    async def find(self, db: Db, skus: Iterable[str]) -> dict[str, Good]:
        """The goods as they were last looked at: who relies on them locks their stock and compares the revisions."""
        found, missing = self._look_up(skus)
        if missing:
            async with db.read() as tx:
                found |= await self._read(tx, missing)
        return found

    async def at(self, tx: Tx, levels: Mapping[str, Level]) -> dict[str, Good]:
        """The goods at the revisions of these levels, or at later ones."""
        found, missing = self._look_up(levels)
        missing += [sku for sku, good in found.items() if good.revision != levels[sku].revision]
        return found | await self._read(tx, missing) if missing else found

    def forget(self, skus: Iterable[str]) -> None:
        for sku in skus:
            self._known.pop(sku, None)

    def _look_up(self, skus: Iterable[str]) -> tuple[dict[str, Good], list[str]]:
        found: dict[str, Good] = {}
        missing: list[str] = []
        for sku in skus:
            if (good := self._known.get(sku)) is not None:
                found[sku] = good
            else:
                missing.append(sku)
        return found, missing

    async def _read(self, tx: Tx, skus: list[str]) -> dict[str, Good]:
        read = await store.read_goods(tx, skus)
        for sku, good in read.items():
            self._known.pop(sku, None)
            self._known[sku] = good
        while len(self._known) > KNOWN_MAX:  # What was read first is forgotten first.
            self._known.popitem(last=False)
        return read
