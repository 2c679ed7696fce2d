"""PostgreSQL's own bench: what this machine commits in a second."""

import re
from dataclasses import dataclass
from typing import Final

from bench.errors import BenchError
from bench.postgres import Postgres
from bench.processes import run

SCALE: Final = 20
DATABASE: Final = "pgbench"
_TPS: Final = re.compile(r"^tps = ([\d.]+)", re.MULTILINE)
_LATENCY: Final = re.compile(r"^latency average = ([\d.]+) ms", re.MULTILINE)
_FAILED: Final = re.compile(r"^number of failed transactions: (\d+)", re.MULTILINE)


@dataclass(frozen=True)
class Committed:
    tps: float
    latency_ms: float


async def prepare(postgres: Postgres) -> None:
    await postgres.create(DATABASE)
    await _run(postgres, ["-i", "-q", "-s", str(SCALE)], 300)


async def measure(postgres: Postgres, clients: int, seconds: int) -> Committed:
    """`pgbench -N`: an update, a look and an insert, committed; with prepared statements."""
    words = ["-n", "-N", "-M", "prepared", "-c", str(clients), "-j", str(min(2, clients)), "-T", str(seconds)]
    return parse(await _run(postgres, words, seconds + 60))


def parse(text: str) -> Committed:
    tps, latency, failed = _TPS.search(text), _LATENCY.search(text), _FAILED.search(text)
    if not tps or not latency or (failed and int(failed[1])):
        raise BenchError(f"pgbench answered strangely:\n{text[-2000:]}")
    return Committed(float(tps[1]), float(latency[1]))


async def _run(postgres: Postgres, words: list[str], timeout_s: float) -> str:
    place = ["-h", str(postgres.home), "-p", str(postgres.port), "-U", "postgres", DATABASE]
    return await run([postgres.programs / "pgbench", *words, *place], timeout_s=timeout_s)
