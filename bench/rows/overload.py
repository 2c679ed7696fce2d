"""Row 11: ten times as many buyers at once as row 1 has; who is refused comes again when it was told to."""

import asyncio
import secrets
import time
from typing import Any, Final

from bench import goods
from bench.errors import WrongAnswer
from bench.measuring import Run
from bench.ordering import WARM_S, Stall, stall
from bench.processes import told_by

CONNECTIONS: Final = 2_560
SECONDS_FACTOR: Final = 1.5
ENDS_S: Final = 90.0
REFUSED: Final = frozenset({"429", "503"})


async def measure(run: Run) -> None:
    async with stall(run, "overload") as at:
        await at.order(WARM_S)
        base = await at.order(run.seconds)
        await _crowd(at, WARM_S)  # So many connections take their room once: what is looked for is what grows.
        before_mb = at.shop.pss_mb()
        told, rate = await _crowd(at, run.seconds * SECONDS_FACTOR)
        after_mb = at.shop.pss_mb()
        again = await at.order(run.seconds / 2)
    run.add("11", rate, base.rate, row_1_again=again.rate, **told)
    run.add("11 p99", told["refusals_p99_ms"], refusals=told["refusals"])
    run.add("11 memory", after_mb / before_mb, before_mb=before_mb, after_mb=after_mb)


async def _crowd(at: Stall, seconds: float) -> tuple[dict[str, Any], float]:
    """What the crowd tells, and its orders a second, all handled; raises WrongAnswer."""
    words = [at.shop.url, str(CONNECTIONS), str(seconds), secrets.token_hex(6), str(goods.SKUS)]
    began = time.monotonic()
    running = asyncio.create_task(told_by("bench.crowd", words, seconds + ENDS_S))
    try:
        await asyncio.wait([running], timeout=seconds)
        handled = await at.books.until_handled(running)
    finally:
        if not running.done():
            running.cancel()
    told = await running
    placed = told["statuses"].get("201", 0)
    wrong = {status: n for status, n in told["statuses"].items() if status != "201" and status not in REFUSED}
    if wrong:
        raise WrongAnswer(f"overload: {wrong} {told['examples']}")
    at.books.placed += placed
    at.books.unheard += told["broken"]
    await at.books.check("overload")
    at.shop.check()
    return told, placed / (handled - began)
