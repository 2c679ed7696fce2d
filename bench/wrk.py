"""Runs wrk with a script of ours, and reads what the script reports at its end."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.errors import BenchError, WrongAnswer
from bench.processes import ended_cpu_us, installed, run

LUA: Final = Path(__file__).parent / "lua"
# Scripts send nothing new in this last part of a run, so that every answer is heard and counted.
GRACE_S: Final = 2
TIMEOUT_S: Final = 60
SPARE_S: Final = 60
_REPORT: Final = "BENCH "
_EXAMPLE: Final = "EXAMPLE "


@dataclass(frozen=True)
class Load:
    """What to send: `script` is a file in lua/, and gets `arguments`."""

    script: str
    connections: int
    seconds: float
    arguments: Sequence[str] = ()
    threads: int = 2
    core: int | None = None  # Pinned there, with one thread.
    grace_s: int = GRACE_S


@dataclass(frozen=True)
class Answered:
    """What came back. Latencies in ms; `unheard` requests had no answer when the run ended."""

    seconds: float
    answers: int
    body_bytes: int
    p50_ms: float
    p90_ms: float
    p99_ms: float
    max_ms: float
    failures: int  # Connections that failed, and timeouts.
    bad: int  # Answers from status 400 on.
    statuses: dict[str, int]  # Only of scripts that look at answers.
    counts: dict[str, int]  # What the script counts itself.
    examples: tuple[str, ...]
    cpu_us: int

    @property
    def rate(self) -> float:
        return self.answers / self.seconds

    def check(self, what: str, good: str | None = None) -> None:
        """Raise WrongAnswer for an answer that is not of status `good` (without it: 400 or more), or a failure."""
        wrong = self.bad if good is None else sum(n for status, n in self.statuses.items() if status != good)
        if wrong or self.failures or self.bad:
            told = "; ".join(self.examples)
            raise WrongAnswer(f"{what}: {wrong} wrong answers, {self.failures} failures {self.statuses} {told}")


async def load(url: str, work: Load) -> Answered:
    """Send it to this URL. A run lasts `seconds`, and `grace_s` more in which open requests end."""
    program = installed("wrk", "wrk")
    threads = 1 if work.core is not None or work.connections == 1 else work.threads
    lasting = round(work.seconds + work.grace_s)
    words = ["-t", str(threads), "-c", str(work.connections), "-d", f"{lasting}s", "--timeout", f"{TIMEOUT_S}s"]
    command: list[str | Path] = [program, *words, "-s", LUA / f"{work.script}.lua", url]
    command += ["--", str(work.seconds), *work.arguments]
    if work.core is not None:
        command = [installed("taskset", "util-linux"), "-c", str(work.core), *command]
    before = ended_cpu_us()
    text = await run(command, timeout_s=lasting + SPARE_S, environment={"LUA_PATH": f"{LUA}/?.lua;;"})
    return parse(text, ended_cpu_us() - before, work.seconds if work.grace_s else None)


def parse(text: str, cpu_us: int, seconds: float | None) -> Answered:
    """`seconds` is how long was sent, where that is not how long wrk ran."""
    examples = tuple(line.removeprefix(_EXAMPLE) for line in text.splitlines() if line.startswith(_EXAMPLE))
    reports = [line.removeprefix(_REPORT) for line in text.splitlines() if line.startswith(_REPORT)]
    if len(reports) != 1:
        raise BenchError(f"wrk ended strangely:\n{text[-2000:]}")
    told: dict[str, Any] = json.loads(reports[0])
    return Answered(
        seconds=seconds or told["duration_us"] / 1e6,
        answers=told["requests"],
        body_bytes=told["bytes"],
        p50_ms=told["p50_us"] / 1000,
        p90_ms=told["p90_us"] / 1000,
        p99_ms=told["p99_us"] / 1000,
        max_ms=told["max_us"] / 1000,
        failures=told["failures"],
        bad=told["bad"],
        statuses=told["statuses"],
        counts=told["counts"],
        examples=examples,
        cpu_us=cpu_us,
    )
