"""What was sold, counted as it happens: the shopkeeper's dashboard asks no order."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec

from feira.kernel.batcher import Batcher
from feira.kernel.card import Context
from feira.kernel.db import Tx
from feira.kernel.errors import Invalid
from feira.orders import domain_sales, store_sales
from feira.orders.domain_sales import HOUR, Day, Sales
from feira.orders.store_sales import TopSku

SKU_DAYS = 30  # Of what sold how well, each sku by the day.
TOP_DAYS, TOP_MAX = 7, 10
TOP_KEPT_S, TOP_SHARE = 5.0, 0.02  # To find it takes this share of our time at the most.
REBUILT_MAX = 5_000
FORGOTTEN_MAX = 10_000


class Dashboard(msgspec.Struct, frozen=True, kw_only=True):
    """`hours` are the last, the oldest first; `rebuilding` while older orders are yet to be counted."""

    today: Sales
    yesterday: Sales
    hours: Sequence[tuple[datetime, Sales]]
    top: Sequence[TopSku]
    rebuilding: bool


class Ledger:
    """Counts orders that come to be sold, and those that fall afterwards."""

    def __init__(self, ctx: Context) -> None:
        self._db = ctx.db
        self._rebuilt = False  # Once it is, it stays so.
        self._top: Sequence[TopSku] = ()
        self._top_until = 0.0
        self._find_top = Batcher(self._find_top_once, name="orders.top", same=lambda _: "top")

    async def count(self, tx: Tx, *, came: Sequence[UUID] = (), went: Sequence[UUID] = ()) -> None:
        """These orders have come to be sold, those are so no longer. The caller has locked them, and locks nothing after."""
        if not came and not went:
            return
        if not self._rebuilt:
            await store_sales.share(tx)
            self._rebuilt = await store_sales.is_rebuilt(tx)
        await store_sales.add(tx, came, went, SKU_DAYS, rebuilt=self._rebuilt)

    async def rebuild(self) -> bool:
        """Count some of the orders that are older than the ledger; answers whether there are more."""
        if not self._rebuilt:
            async with self._db.tx() as tx:
                done = await store_sales.rebuild(tx, REBUILT_MAX, SKU_DAYS)
            self._rebuilt = done
        return not self._rebuilt

    async def forget(self) -> bool:
        """Drop what sold how well too long ago; answers whether there may be more."""
        before = (datetime.now(UTC) - timedelta(days=SKU_DAYS)).date()
        async with self._db.tx() as tx:
            return await store_sales.forget_skus(tx, before, FORGOTTEN_MAX) == FORGOTTEN_MAX

    async def dashboard(self, hours: int, time_zone: str) -> Dashboard:
        """What was sold today and yesterday as days go in this time zone, and in the last so many hours."""
        async with self._db.read() as tx:
            day = await store_sales.what_day(tx, time_zone)
            if day is None:
                raise Invalid.field("time_zone", "is not a time zone of the IANA database, such as America/Sao_Paulo")
            begin = min(day.yesterday - HOUR, day.hour - hours * HOUR)
            found = await store_sales.hours_since(tx, begin)
            rebuilt = self._rebuilt or await store_sales.is_rebuilt(tx)
        return _dashboard(day, hours, found, await self._top_skus(), rebuilding=not rebuilt)

    async def _top_skus(self) -> Sequence[TopSku]:
        return self._top if time.monotonic() < self._top_until else await self._find_top(None)

    async def _find_top_once(self, asks: Sequence[None]) -> Sequence[Sequence[TopSku]]:
        began = time.monotonic()
        async with self._db.read() as tx:
            self._top = await store_sales.top_skus(tx, TOP_DAYS, TOP_MAX)
        now = time.monotonic()
        self._top_until = now + max(TOP_KEPT_S, (now - began) / TOP_SHARE)
        return [self._top] * len(asks)


def _dashboard(
    day: Day, hours: int, found: dict[datetime, Sales], top: Sequence[TopSku], *, rebuilding: bool
) -> Dashboard:
    return Dashboard(
        today=domain_sales.summed(found, day.today, day.hour + HOUR),
        yesterday=domain_sales.summed(found, day.yesterday, day.today),
        hours=tuple(domain_sales.each_hour(found, day.hour, hours)),
        top=top,
        rebuilding=rebuilding,
    )
