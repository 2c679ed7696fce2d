"""What other programs print, as we read it."""

import json

import pytest

from bench import pgbench, wrk
from bench.errors import BenchError, WrongAnswer

REPORT = {
    "duration_us": 2_000_000, "requests": 100, "bytes": 5_000, "p50_us": 1_500, "p90_us": 2_000, "p99_us": 9_000,
    "max_us": 12_000, "failures": 0, "bad": 0, "statuses": {"201": 100}, "counts": {"sent": 100},
}  # fmt: skip
PGBENCH = """
number of failed transactions: 0 (0.000%)
latency average = 0.512 ms
tps = 1953.125000 (without initial connection time)
"""


def report(**changes: object) -> str:
    return f"Running 2s test\nBENCH {json.dumps(REPORT | changes)}\nEXAMPLE 409 {{}}\n"


def test_pgbench() -> None:
    assert pgbench.parse(PGBENCH) == pgbench.Committed(1953.125, 0.512)


@pytest.mark.parametrize("text", ["", PGBENCH.replace(": 0 (", ": 3 (")])
def test_pgbench_that_failed(text: str) -> None:
    with pytest.raises(BenchError):
        pgbench.parse(text)


def test_wrk() -> None:
    answered = wrk.parse(report(), 7, None)
    assert (answered.seconds, answered.rate, answered.p50_ms, answered.p99_ms) == (2.0, 50.0, 1.5, 9.0)
    assert answered.examples == ("409 {}",)
    answered.check("orders", "201")


def test_wrk_with_a_pause_at_its_end_counts_the_time_of_sending() -> None:
    assert wrk.parse(report(), 7, 1.0).rate == 100


def test_wrk_that_says_nothing() -> None:
    with pytest.raises(BenchError):
        wrk.parse("unable to connect", 0, None)


@pytest.mark.parametrize(
    "changes", [{"statuses": {"201": 99, "409": 1}}, {"bad": 1}, {"failures": 1}, {"statuses": {"200": 100}}]
)
def test_a_wrong_answer_is_told(changes: dict[str, object]) -> None:
    with pytest.raises(WrongAnswer):
        wrk.parse(report(**changes), 0, None).check("orders", "201")
