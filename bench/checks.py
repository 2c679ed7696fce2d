"""Σ: after each row, nothing was lost, nothing was sold twice, and every sum agrees with every other."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import asyncpg

from bench.errors import WrongAnswer
from bench.shop import SERVICES, Shop
from feira.app import hearers

MARK: Final = "/* bench */"  # What we ask ourselves is not counted as the shop's.
HANDLED_TIMEOUT_S: Final = 120.0
POLL_S: Final = 0.1
# Money that is asked for, or asked again for, within this time is still on its way.
DUE: Final = "interval '1 minute'"
# Whether a hearer has something before it: $1 and $2 tell who hears what.
UNHEARD: Final = """
    exists (select from bus.queue) or exists (
        select from bus.log l
        join unnest($1::text[], $2::text[]) as h (consumer, topic) using (topic)
        join bus.offsets o on o.consumer = h.consumer and o.partition = l.partition and l.id > o.after
        where l.id > (select min(after) from bus.offsets)
    )"""
HEARS: Final = [(consumer, topic) for topic, consumers in hearers().items() for consumer in consumers]


@dataclass
class Books:
    """The shop's own books. `placed` orders were answered with 201 since `since`; `unheard` may have been made too."""

    connections: Mapping[str, asyncpg.Connection]
    since: datetime
    stock: dict[str, int] = field(default_factory=dict)
    placed: int = 0
    unheard: int = 0

    async def one(self, service: str, statement: str, *values: Any) -> Any:
        return await self.connections[service].fetchrow(statement, *values)

    async def busy(self) -> bool:
        """Whether an event waits anywhere, or money is to be moved soon."""
        asked: dict[int, list[str]] = {}
        for service in SERVICES:
            asked.setdefault(id(self.connections[service]), []).append(f"exists (select from {service}.outbox)")
        due = f"where due_at < now() + {DUE}"
        asked[id(self.connections["payments"])] += [
            f"exists (select from payments.payments {due})",
            f"exists (select from payments.refunds {due})",
        ]
        by_number = {id(connection): connection for connection in self.connections.values()}
        for number, conditions in asked.items():
            if await by_number[number].fetchval(f"select {MARK} {' or '.join(conditions)}"):
                return True
        names, topics = [name for name, _ in HEARS], [topic for _, topic in HEARS]
        return bool(await self.connections["bus"].fetchval(f"select {MARK} {UNHEARD}", names, topics))

    async def until_handled(self, running: "asyncio.Task[Any] | None" = None) -> float:
        """Wait until nothing is busy any more, and `running` is over; answers since when (monotonic)."""
        until = time.monotonic() + HANDLED_TIMEOUT_S
        idle_since: float | None = None
        while True:
            over = running is None or running.done()
            if await self.busy():
                idle_since = None
            elif idle_since is None:
                idle_since = time.monotonic()
            elif over:
                return idle_since
            if time.monotonic() > until:
                raise WrongAnswer(f"after {HANDLED_TIMEOUT_S:.0f} s events still wait")
            await asyncio.sleep(POLL_S)

    async def snapshot(self) -> None:
        """Take down what is there before the first order."""
        self.stock = await self._stock()

    async def _stock(self) -> dict[str, int]:
        rows = await self.connections["catalog"].fetch(
            "select sku, sum(on_hand)::bigint as on_hand from catalog.stock group by sku"
        )
        return {row["sku"]: row["on_hand"] for row in rows}

    async def check(self, what: str) -> dict[str, int]:
        """Raise WrongAnswer if anything does not add up; answers the sums."""
        await self.until_handled()
        orders = await self.one(
            "orders",
            """select count(*) as n, coalesce(sum(total_minor), 0)::bigint as total,
                      coalesce(sum(captured_minor), 0)::bigint as captured,
                      count(*) filter (where status <> 'confirmed' or payment_status <> 'captured') as unfinished
               from orders.orders where placed_at >= $1""",
            self.since,
        )
        payments = await self.one(
            "payments",
            """select coalesce(sum(amount_minor) filter (where state = 'captured'), 0)::bigint as captured,
                      count(*) filter (where state = 'captured') as n,
                      count(*) filter (where state <> 'captured') as others
               from payments.payments where created_at >= $1""",
            self.since,
        )
        mails = await self.one(
            "notifications",
            "select count(*) as n from notifications.mails where kind = 'order_confirmed' and created_at >= $1",
            self.since,
        )
        held = await self.one("catalog", "select coalesce(sum(held), 0)::bigint as units from catalog.stock")
        wrong = []
        if not self.placed <= orders["n"] <= self.placed + self.unheard:
            wrong.append(f"{self.placed} orders were answered with 201 and {orders['n']} are there")
        for name, found, expected in (
            ("orders that are not confirmed and captured", orders["unfinished"], 0),
            ("captured payments", payments["n"], orders["n"]),
            ("payments in another state", payments["others"], 0),
            ("minor units captured, as payments has it", payments["captured"], orders["total"]),
            ("minor units captured, as orders has it", orders["captured"], orders["total"]),
            ("mails to buyers", mails["n"], orders["n"]),
            ("units still held", held["units"], 0),
            ("events set aside", await self._parked(), 0),
        ):
            if found != expected:
                wrong.append(f"{name}: {found} instead of {expected}")
        wrong += await self._missold()
        if wrong:
            raise WrongAnswer(f"{what}: {'; '.join(wrong)}")
        return {"orders": orders["n"], "total_minor": orders["total"]}

    async def _parked(self) -> int:
        found = 0
        for service in SERVICES:
            row = await self.one(service, f"select count(*) as n from {service}.parked where dropped_at is null")
            found += row["n"]
        return found

    async def _missold(self) -> list[str]:
        """The skus of which not exactly as much is missing as was sold."""
        rows = await self.connections["orders"].fetch(
            """select /* bench */ l.sku, sum(l.quantity)::bigint as units
               from orders.orders o join orders.order_lines l on l.order_id = o.id
               where o.placed_at >= $1 group by l.sku""",
            self.since,
        )
        sold = {row["sku"]: row["units"] for row in rows}
        left = await self._stock()
        wrong = [
            f"{sku}: {self.stock.get(sku)} were there, {sold.get(sku, 0)} were sold, {there} are left"
            for sku, there in left.items()
            if self.stock.get(sku, 0) - sold.get(sku, 0) != there
        ]
        return wrong[:3]


@asynccontextmanager
async def books_of(shop: Shop) -> AsyncIterator[Books]:
    """Its books from now on; the goods are there already."""
    async with AsyncExitStack() as stack:
        by_url: dict[str, asyncpg.Connection] = {}
        for url in dict.fromkeys(shop.databases.values()):
            by_url[url] = await asyncpg.connect(url)
            stack.push_async_callback(by_url[url].close)
        connections = {service: by_url[url] for service, url in shop.databases.items()}
        books = Books(connections, await connections["orders"].fetchval("select clock_timestamp()"))
        await books.until_handled()
        await books.snapshot()
        yield books
