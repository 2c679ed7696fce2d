"""One run: where it takes place, how long it measures, and what it has found."""

import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from bench.postgres import Postgres
from bench.targets import TARGETS, Result, number

SERVER_CORE: Final = 0
LOAD_CORE: Final = 1


@dataclass
class Run:
    """`seconds` of load in each measurement, and as many `rounds` of those that alternate; `rows` are wanted."""

    home: Path
    postgres: Postgres
    kind: str
    rows: frozenset[str]
    seconds: float
    rounds: int
    products: int = 0  # Of the big shop.
    orders: int = 0
    results: list[Result] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    began: float = field(default_factory=time.monotonic)

    def wants(self, *rows: str) -> bool:
        return not self.rows.isdisjoint(rows)

    def add(self, row: str, value: float, base: float = 1.0, **more: Any) -> None:
        """Put a value beside its target; `base` is what the target is a multiple of."""
        target = TARGETS[row]
        result = Result(target, value, target.factor * base, more)
        self.results.append(result)
        self.say(f"row {row}: {number(value)} {target.unit}, {target.words}, {result.ratio:.2f} of it")

    def value(self, row: str) -> float | None:
        """What was measured for this row in this run."""
        return next((result.value for result in self.results if result.target.row == row), None)

    def say(self, sentence: str) -> None:
        print(f"{time.monotonic() - self.began:6.1f} s  {sentence}", file=sys.stderr, flush=True)


def median(values: Sequence[float]) -> float:
    return statistics.median(values)
