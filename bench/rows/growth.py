"""Row 12: a shop that has lived beside one that was opened a moment ago, on the same PostgreSQL."""

import os
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import asyncpg

from bench import goods, seeding
from bench.checks import books_of
from bench.measuring import SERVER_CORE, Run, median
from bench.ordering import Stall
from bench.processes import OURS, pin
from bench.processes import run as run_program
from bench.reading import CONNECTIONS, Pages, drawn, fetched, listed, once
from bench.rows import desk
from bench.rows.pages import LISTINGS
from bench.rows.searching import SAMPLE, TAKEN_IN, understood, until_found
from bench.search_goods import products, searches
from bench.shop import one_shop

SMALL: Final = "small"
BIG: Final = "big"
COPIES: Final = 9  # Of each of the small shop's products.
TEMPLATES_S: Final = 1.5  # So long real orders come in, to be copied.
LIVED_S: Final = 10.0  # The machine has just been told to forget all pages; those of a shop that sells are in memory.
WARM_MAX_S: Final = 60.0
QUESTIONS: Final = 60_000
VACUUM_TIMEOUT_S: Final = 1_800.0
INDEX_TIMEOUT_S: Final = 900.0


@dataclass
class Side:
    """One of the two shops; every `stride`-th of its plain goods is sold and looked at, so that all of its tables are met."""

    at: Stall
    stride: int


Measure = Callable[[Side], Awaitable[float]]


async def measure(run: Run) -> None:
    believable = run.products // (COPIES + 1)
    seeded = await _seed(run, believable)
    async with _open(run, SMALL, 1) as small, _open(run, BIG, COPIES + 1) as big:
        started = big.at.shop.started_s
        run.add("12 start", started, small_s=small.at.shop.started_s, **seeded)
        sides = (small, big)
        fresh = [await _indexed(side, believable) for side in sides]
        for side in sides:
            await side.at.order(LIVED_S, stride=side.stride)
            await side.at.check_out(LIVED_S)
        await _ordering(run, sides)
        await _reading(run, sides)
        await _searching(run, sides, believable, fresh)
        await desk.measure(run, big.at.shop, BIG, goods.SKUS * (COPIES + 1), believable * (COPIES + 1))
        run.facts["memory_mb_small_big"] = [round(side.at.shop.pss_mb()) for side in sides]


async def _indexed(side: Side, believable: int) -> float:
    """Wait until the search index answers; a change of who answers drops all lists that are kept. Answers the seconds."""
    began = time.monotonic()
    await until_found(side.at.shop, believable - 1)
    await understood(side.at.shop, searches(SAMPLE, believable), INDEX_TIMEOUT_S)
    return time.monotonic() - began


async def _seed(run: Run, believable: int) -> dict[str, Any]:
    """The small shop, with goods and some orders made through its API; and the big one, made of it."""
    async with one_shop(run.postgres, run.home, SMALL) as shop:
        connection = await asyncpg.connect(run.postgres.url(SMALL))
        try:
            await seeding.remember(connection, seeding.GOODS)
            await shop.take_in(goods.plain(), goods.SKUS)
            for start in range(0, believable, TAKEN_IN):
                end = min(believable, start + TAKEN_IN)
                await shop.take_in(products(start, end), end - start)
            of_goods = await seeding.brought(connection, seeding.GOODS)
            run.say(f"the small shop has {goods.SKUS + believable:,} products")
            await seeding.remember(connection, seeding.ORDERS)
            async with books_of(shop) as books:
                await Stall(shop, books, run).order(TEMPLATES_S)
                await Stall(shop, books, run).check_out(TEMPLATES_S)
            of_orders = await seeding.brought(connection, seeding.ORDERS)
            block = await connection.fetchval("select max(number) from catalog.products")
        finally:
            await connection.close()
    await run.postgres.restart(seeding.SETTINGS)
    await _copy(run)
    url = run.postgres.url(BIG)
    kind = seeding.Kind(seeding.GOODS, block=block, believable=believable)
    await seeding.multiply(url, of_goods, kind, COPIES)
    run.say("the big shop has its products")
    orders = of_orders["orders.orders"]
    copies = max(1, round(run.orders / orders))
    run.say(f"{orders:,} orders brought {sum(of_orders.values()):,} rows to {len(of_orders)} tables")
    kind = seeding.Kind(seeding.ORDERS, skus=goods.SKUS * (COPIES + 1))
    await seeding.multiply(url, of_orders, kind, copies)
    # What was sold is counted as it is sold; else all of it would be counted while the shop is measured.
    last = await run.postgres.value(BIG, "select last_value from catalog.journal_id_seq")
    await run.postgres.value(BIG, "update catalog.sales_read set after = $1, upto = $1", last)
    run.say(f"the big shop has {copies:,} copies of them")
    for database in (SMALL, BIG):
        await run.postgres.value(database, "drop schema seed cascade")
    await _vacuum(run)
    size = await run.postgres.value(BIG, "select pg_database_size(current_database())")
    run.say(f"the big shop has {size / 1e9:.1f} GB")
    return {
        "products": await run.postgres.value(BIG, "select count(*) from catalog.products"),
        "orders": await run.postgres.value(BIG, "select count(*) from orders.orders"),
        "database_bytes": size,
    }


async def _copy(run: Run) -> None:
    """The big shop begins as a copy of the small one, with the same secret."""
    await run.postgres.drop(BIG)
    await run.postgres.value("postgres", f"create database {BIG} template {SMALL}")
    shutil.copytree(run.home / f"data-{SMALL}", run.home / f"data-{BIG}")


async def _vacuum(run: Run) -> None:
    place = ["-h", str(run.postgres.home), "-p", str(run.postgres.port), "-U", "postgres"]
    for database in (SMALL, BIG):
        command: list[str | Path] = [run.postgres.programs / "vacuumdb", *place, "--analyze", "--jobs", "2", "--quiet"]
        await run_program([*command, database], timeout_s=VACUUM_TIMEOUT_S, account=OURS)
    await run.postgres.value("postgres", "checkpoint")
    await run.postgres.stop()
    os.sync()  # Written without fsync: now it is on the disk.
    await run.postgres.start()


@asynccontextmanager
async def _open(run: Run, database: str, stride: int) -> AsyncIterator[Side]:
    async with (
        one_shop(run.postgres, run.home, database, fresh=False) as shop,
        books_of(shop) as books,
    ):
        yield Side(Stall(shop, books, run), stride)


async def _beside(run: Run, row: str, sides: tuple[Side, Side], measure_one: Measure, **more: Any) -> None:
    """The two in turn."""
    found: list[list[float]] = [[], []]
    for _ in range(run.rounds):
        for values, side in zip(found, sides, strict=True):
            values.append(await measure_one(side))
    run.add(row, median(found[1]), median(found[0]), small=found[0], big=found[1], **more)


async def _ordering(run: Run, sides: tuple[Side, Side]) -> None:
    async def spread(side: Side) -> float:
        return (await side.at.order(run.seconds, stride=side.stride)).rate

    async def hot(side: Side) -> float:
        return (await side.at.order(run.seconds, skus=1)).rate

    async def checkouts(side: Side) -> float:
        return (await side.at.check_out(run.seconds)).rate

    async def alone(side: Side) -> float:
        return (await side.at.order(run.seconds / 2, connections=1, stride=side.stride)).answered.p50_ms

    await _beside(run, "12 1", sides, spread)
    await _beside(run, "12 2", sides, hot)
    await _beside(run, "12 3", sides, checkouts)
    await _beside(run, "12 7", sides, alone)


async def _reading(run: Run, sides: tuple[Side, Side]) -> None:
    for side in sides:
        pin(side.at.shop.our_processes(), {SERVER_CORE})
    lists = goods.listings(LISTINGS)
    for row, name in (("12 4", "products"), ("12 5", "lists")):
        asked: dict[int, Pages] = {}
        warm: Sequence[str] = lists
        for side in reversed(sides):  # What the big one cannot warm in time is asked of neither.
            slugs = [f"/v1/products/p-{number * side.stride}" for number in range(goods.SKUS)]
            paths = slugs if name == "products" else warm
            warm = list(await fetched(side.at.shop, paths, WARM_MAX_S))
            asked[side.stride] = listed(run.home, f"{name}-{side.stride}", warm)

        async def pages(side: Side, asked: dict[int, Pages] = asked) -> float:
            return (await drawn(side.at.shop.url, asked[side.stride], run.seconds)).rate

        await _beside(run, row, sides, pages, pages=len(warm))


async def _searching(run: Run, sides: tuple[Side, Side], believable: int, fresh: list[float]) -> None:
    paths = searches(QUESTIONS, believable)
    parts = 2 * run.rounds
    lists = iter([listed(run.home, f"searches-{part}", paths[part::parts]) for part in range(parts)])

    async def ask(side: Side) -> float:
        return (await once(side.at.shop.url, next(lists), run.seconds, CONNECTIONS)).rate

    await _beside(run, "12 6", sides, ask, fresh_s=fresh)
