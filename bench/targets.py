"""The table: what is measured, and what it should be."""

from dataclasses import dataclass, field
from typing import Any, Final


def number(value: float) -> str:
    """Three digits, or all before the point."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}" if value >= 0.1 else f"{value:.3f}"


@dataclass(frozen=True)
class Target:
    """`factor` times what is measured beside it (`of`), or `factor` itself in `unit`; at least, or at most."""

    row: str
    what: str
    unit: str
    factor: float
    of: str = ""
    at_most: bool = False

    @property
    def words(self) -> str:
        sign = "≤" if self.at_most else "≥"
        return f"{sign} {self.factor:g} × {self.of}" if self.of else f"{sign} {self.factor:g} {self.unit}".rstrip()


@dataclass(frozen=True)
class Result:
    """A measured value beside its target, `limit` in the value's unit."""

    target: Target
    value: float
    limit: float
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def ratio(self) -> float:
        """How far the target is reached: 1 and more is reached, whichever way it goes."""
        good, bad = (self.limit, self.value) if self.target.at_most else (self.value, self.limit)
        return good / bad if bad else float(good >= bad)

    @property
    def met(self) -> bool:
        return self.ratio >= 1


_ALL: Final = (
    Target("1", "orders, 256 connections, 2 lines of 4,000 skus", "orders/s", 1.0, "pgbench -N"),
    Target("1 p99", "the same, latency p99", "ms", 150, at_most=True),
    Target("2", "orders, all of one hot sku", "orders/s", 1.0, "row 1"),
    Target("3", "guest checkouts of 5 calls", "flows/s", 0.4, "row 1"),
    Target("4", "product page by slug, one core", "req/s", 0.6, "nginx, same bytes"),
    Target("5", "listing with filters, sort, facets", "req/s", 0.6, "nginx, same bytes"),
    Target("6", "search with a typo, facets, 100,000 products", "req/s", 0.03, "nginx, same bytes"),
    Target("6 p50", "the query itself, p50", "ms", 1, at_most=True),
    Target("7", "one checkout on an idle shop, p50", "ms", 6, "pgbench -N -c 1", at_most=True),
    Target("8 idle", "memory of our processes, idle", "MB", 150, at_most=True),
    Target("8 busy", "the same after row 1", "MB", 200, at_most=True),
    Target("9", "second start to first 200", "s", 2, at_most=True),
    Target("10", "product import", "products/s", 5_000),
    Target("11", "overload, 2,560 connections: goodput", "orders/s", 0.85, "row 1"),
    Target("11 p99", "the same, latency of refusals p99", "ms", 500, at_most=True),
    Target("11 memory", "the same, memory after to before", "", 1.25, at_most=True),
    Target("12 1", "big shop: row 1", "orders/s", 0.8, "small shop"),
    Target("12 2", "big shop: row 2", "orders/s", 0.8, "small shop"),
    Target("12 3", "big shop: row 3", "flows/s", 0.8, "small shop"),
    Target("12 4", "big shop: row 4", "req/s", 0.8, "small shop"),
    Target("12 5", "big shop: row 5", "req/s", 0.8, "small shop"),
    Target("12 6", "big shop: row 6, at most 10,000 matches", "req/s", 0.8, "small shop"),
    Target("12 7", "big shop: row 7", "ms", 1.25, "small shop", at_most=True),
    Target("12 start", "big shop: start", "s", 5, at_most=True),
    Target("12 lists", "big shop: lists of the back office, p95", "ms", 100, at_most=True),
    Target("13", "separate services behind Envoy: row 1", "orders/s", 0.6, "row 1"),
    Target("14", "2 workers: row 1", "orders/s", 1.2, "row 1"),
    Target("14 hot", "2 workers: row 2", "orders/s", 1.0, "row 2"),
    Target("paint", "a phone on Fast 4G: largest paint of home, list, product", "s", 1.8, at_most=True),
    Target("live memory", "live: memory of a connection, 10,000 of them", "KB", 40, at_most=True),
    Target("live rate", "live: messages to 2,000 clients, a core's second", "messages", 50_000),
    Target("live delay", "live: commit to receipt at 500 orders/s, p99", "ms", 250, at_most=True),
)
TARGETS: Final = {target.row: target for target in _ALL}
