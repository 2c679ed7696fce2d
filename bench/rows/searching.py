"""Rows 6 and 10: searches in a large catalogue, and how fast it is taken in."""

import asyncio
import json
import time
from collections.abc import Iterator
from typing import Any, Final

from bench.errors import BenchError, WrongAnswer
from bench.measuring import Run, median
from bench.processes import Cpu
from bench.reading import CONNECTIONS, Pages, beside_nginx, fetched, listed, once
from bench.search_goods import products, searches
from bench.shop import Shop, one_shop
from bench.wrk import Answered

TAKEN_IN: Final = 20_000  # In one request; the first of them is what row 10 measures.
PRODUCTS: Final = 100_000
QUESTIONS: Final = 100_000
SAMPLE: Final = 600  # Questions whose answers are looked at, and handed out by nginx.
FOUND_MIN: Final = 0.9  # The share of questions that must be answered with a product, their typo notwithstanding.
FRESH_TIMEOUT_S: Final = 300.0
CALM_S: Final = 3.0
LOG_S: Final = 0.5  # Until what was answered is in the log.
CALM_SHARE: Final = 0.1  # Of a core: less is what a shop takes in which nothing happens.


async def measure(run: Run) -> None:
    async with one_shop(run.postgres, run.home, "search") as shop:
        took = await shop.take_in(products(0, TAKEN_IN), TAKEN_IN)
        there = await run.postgres.value("search", "select count(*) from catalog.stock where on_hand > 0")
        if there != TAKEN_IN:
            raise WrongAnswer(f"of {TAKEN_IN} products {there} are in stock after their import")
        if run.wants("10"):
            run.add("10", TAKEN_IN / took, seconds=took)
        if run.wants("6"):
            for start in range(TAKEN_IN, PRODUCTS, TAKEN_IN):
                await shop.take_in(products(start, start + TAKEN_IN), TAKEN_IN)
            fresh_s = await until_found(shop, PRODUCTS - 1)
            await until_calm(run, shop)
            await search(run, shop, PRODUCTS, fresh_s)
    await run.postgres.drop("search")


async def until_found(shop: Shop, number: int) -> float:
    """Wait until this product is found by its maker; answers the seconds."""
    record = json.loads(products(number, number + 1))
    words = "+".join(record["name"].split())
    began = time.monotonic()
    while True:
        found = json.loads(await shop.read(f"/v1/products?q={words}&limit=100"))
        if any(item["slug"] == record["slug"] for item in found["items"]):
            return time.monotonic() - began
        if time.monotonic() - began > FRESH_TIMEOUT_S:
            raise WrongAnswer(f"{record['slug']} is not found {FRESH_TIMEOUT_S:.0f} s after its import")
        await asyncio.sleep(0.2)


async def until_calm(run: Run, shop: Shop) -> None:
    """Wait until an index of which so much was changed has been made anew, behind the searches."""
    began = time.monotonic()
    while True:
        before = Cpu.now(shop.pids, run.postgres.pid)
        await asyncio.sleep(CALM_S)
        if sum(Cpu.now(shop.pids, run.postgres.pid).since(before).values()) < CALM_SHARE * CALM_S * 1e6:
            return
        if time.monotonic() - began > FRESH_TIMEOUT_S:
            raise BenchError(f"the shop still works {FRESH_TIMEOUT_S:.0f} s after an import")


def dealt(run: Run, paths: list[str], parts: int) -> Iterator[Pages]:
    """The questions in so many lists, none of them twice."""
    for part in range(parts):
        yield listed(run.home, f"searches-{part}", paths[part::parts])


async def measured(run: Run, shop: Shop, number: int) -> dict[str, Any]:
    """Searches for products among the first `number`, never the same twice: the shop's rate and nginx's."""
    paths = searches(QUESTIONS, number)
    sample, rest = paths[:SAMPLE], paths[SAMPLE:]
    bodies, totals, share = await understood(shop, sample)
    lists = dealt(run, rest, run.rounds + 2)

    async def ask(seconds: float) -> Answered:
        return await once(shop.url, next(lists), seconds, CONNECTIONS)

    found = await beside_nginx(run, shop, ask, bodies)
    written = shop.desk.log.stat().st_size
    alone = await once(shop.url, next(lists), max(2.0, run.seconds / 2), 1)
    matches = {"median": sorted(totals)[len(totals) // 2], "max": max(totals)}
    inside = await _taken_ms(shop, written)
    return {**found, "found_share": share, "matches": matches, "alone_p50_ms": alone.p50_ms, "inside_p50_ms": inside}


async def _taken_ms(shop: Shop, written: int) -> float:
    """What the searches took that the shop has logged since: from the question read to the answer encoded, the median."""
    await asyncio.sleep(LOG_S)
    with shop.desk.log.open("rb") as log:
        log.seek(written)
        lines = [json.loads(line) for line in log if b'"/v1/products"' in line]
    if not lines:
        raise BenchError("the shop has logged no search")
    return median([float(line["ms"]) for line in lines])


async def understood(
    shop: Shop, paths: list[str], within_s: float = FRESH_TIMEOUT_S
) -> tuple[dict[str, bytes], list[int], float]:
    """Ask these until the index answers, which forgives typos; the database, which answers before, does not."""
    began = time.monotonic()
    while True:
        bodies = await fetched(shop, paths)
        totals = [json.loads(body)["total"] for body in bodies.values()]
        share = sum(map(bool, totals)) / len(totals)
        if share >= FOUND_MIN:
            return bodies, totals, share
        if time.monotonic() - began > within_s:
            raise WrongAnswer(f"only {share:.0%} of the searches with a typo found something")
        await asyncio.sleep(2)


async def search(run: Run, shop: Shop, number: int, fresh_s: float) -> None:
    found = await measured(run, shop, number)
    run.add("6", found["ours"], found["nginx"], fresh_s=fresh_s, **found)
    run.add("6 p50", found["inside_p50_ms"], with_http_ms=found["alone_p50_ms"])
