"""The lists of the back office in a big shop: how long a member of staff waits for them."""

import time
from typing import Any, Final

import asyncpg

from bench.desk_lists import questions
from bench.errors import WrongAnswer
from bench.measuring import Run, median
from bench.shop import Shop

SLOWEST: Final = 5
WARM: Final = 3  # Questions of each sort that are asked first: a connection's first plans are not what staff wait for.


async def measure(run: Run, shop: Shop, database: str, skus: int, believable: int) -> None:
    """One question after the other. The row's value is the p95 of the sort of question that takes longest."""
    connection = await asyncpg.connect(run.postgres.url(database))
    try:
        asked = await questions(connection, skus, believable)
    finally:
        await connection.close()
    sorts: dict[str, dict[str, Any]] = {}
    slow: list[tuple[float, str]] = []
    for name, paths in asked.items():
        for path in paths[:WARM]:
            await shop.staff("GET", path)
        taken, found = list[float](), 0
        for path in paths:
            began = time.perf_counter()
            page = await shop.staff("GET", path)
            taken.append((time.perf_counter() - began) * 1000)
            found += bool(page["items"])
            slow.append((round(taken[-1], 1), path))
        sorts[name] = {
            "p50_ms": round(median(taken), 1),
            "p95_ms": round(p95(taken), 1),
            "found": round(found / len(paths), 2),
        }
    for of in ("orders", "products", "stock", "journal"):
        if not any(each["found"] for name, each in sorts.items() if name.startswith(of)):
            raise WrongAnswer(f"no list of {of} had anything in it")
    worst = max(sorts, key=lambda name: float(sorts[name]["p95_ms"]))
    run.say(f"the slowest lists are those of {worst}")
    slowest = sorted(slow, reverse=True)[:SLOWEST]
    run.add("12 lists", sorts[worst]["p95_ms"], worst=worst, sorts=sorts, slowest=slowest)


def p95(values: list[float]) -> float:
    return sorted(values)[max(0, -(-len(values) * 95 // 100) - 1)]
