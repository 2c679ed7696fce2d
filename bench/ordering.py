"""Orders under load: their rate, what they cost, and Σ after them."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from bench import goods, wrk
from bench.checks import Books, books_of
from bench.measuring import Run
from bench.processes import Cpu
from bench.shop import Shop, one_shop

CONNECTIONS: Final = 256
WARM_S: Final = 2.0
PLACED: Final = "201"
ORDERS: Final = "orders"
CHECKOUTS: Final = "checkouts"
CHECKOUT_GRACE_S: Final = 5  # A buyer who has come finishes all five calls.


@dataclass(frozen=True)
class Ordered:
    """Orders whose events are all handled, over the time until they were; CPU in µs an order by process."""

    orders: int
    seconds: float
    answered: wrk.Answered
    cpu_us: Mapping[str, float]
    wal_bytes: float

    @property
    def rate(self) -> float:
        return self.orders / self.seconds

    def told(self) -> dict[str, Any]:
        return {
            "orders": self.orders,
            "handled_s": round(self.seconds, 3),
            "answered_s": round(self.answered.answers / self.answered.seconds, 1),
            "p50_ms": self.answered.p50_ms,
            "p99_ms": self.answered.p99_ms,
            "cpu_us_an_order": {name: round(us) for name, us in self.cpu_us.items()},
            "cpu_us_an_order_sum": round(sum(self.cpu_us.values())),
            "wal_bytes_an_order": round(self.wal_bytes),
        }


@dataclass
class Stall:
    """A shop with its books: what orders are placed at."""

    shop: Shop
    books: Books
    run: Run

    async def order(
        self,
        seconds: float,
        *,
        skus: int = goods.SKUS,
        connections: int = CONNECTIONS,
        stride: int = 1,
        url: str | None = None,
        script: str = ORDERS,
        grace_s: int = wrk.GRACE_S,
    ) -> Ordered:
        """Place orders for so long, and wait until all is handled; raises WrongAnswer."""
        work = wrk.Load(script, connections, seconds, (secrets.token_hex(6), str(skus), str(stride)), grace_s=grace_s)
        cpu, wal = self._cpu(), await self._wal()
        began = time.monotonic()
        loading = asyncio.create_task(wrk.load(url or self.shop.url, work))
        try:
            await asyncio.wait([loading], timeout=seconds)
            handled = await self.books.until_handled(loading)
        finally:
            if not loading.done():
                loading.cancel()
        answered = await loading
        spent = self._cpu().since(cpu)
        spent["wrk"] = answered.cpu_us
        # A guest's way to an order has five calls, of which the last answers 201 with an order: the script counts those.
        orders = answered.counts.get("orders", answered.statuses.get(PLACED, 0))
        self.books.placed += orders
        self.books.unheard += max(0, answered.counts["sent"] - answered.answers)
        if script == ORDERS:
            answered.check("orders", PLACED)
        else:
            answered.check(script)
        await self.books.check(script)
        self.shop.check()
        each = max(1, orders)
        by_process = {name: us / each for name, us in spent.most_common() if us}
        return Ordered(orders, handled - began, answered, by_process, (await self._wal() - wal) / each)

    async def check_out(self, seconds: float) -> Ordered:
        """The same with guests who come with a cart, five calls each."""
        return await self.order(seconds, script=CHECKOUTS, grace_s=CHECKOUT_GRACE_S)

    def _cpu(self) -> Cpu:
        return Cpu.now(self.shop.pids, self.run.postgres.pid)

    async def _wal(self) -> int:
        row = await self.books.one("orders", "select pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint as at")
        return int(row["at"])


@asynccontextmanager
async def stall(run: Run, database: str, *, workers: int = 1) -> AsyncIterator[Stall]:
    """A fresh shop with the plain goods, warm."""
    async with one_shop(run.postgres, run.home, database, workers=workers) as shop:
        await shop.take_in(goods.plain(), goods.SKUS)
        async with books_of(shop) as books:
            yield Stall(shop, books, run)
    await run.postgres.drop(database)
