"""What is told of each request: a line in the log, and numbers for Prometheus.

Both are formed by hand, since thousands come in a second: a line of structlog and two counters of Prometheus' library cost
as much as all the rest of a request.
"""

import time
from bisect import bisect_left
from collections.abc import Iterable
from itertools import accumulate

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from feira.kernel import logs, metrics, trace

_log = logs.logger("http")
_stamp = (0, "")


class Requests:
    """What one route has answered; all servers of a process count together."""

    __slots__ = ("answered", "buckets", "route", "seconds")

    def __init__(self, route: str) -> None:
        self.route = route
        self.answered: dict[tuple[str, int], int] = {}  # By method and status.
        self.buckets = [0] * (len(metrics.SECONDS) + 1)
        self.seconds = 0.0

    def tell(self, method: str, status: int, seconds: float, ids: trace.Trace) -> None:
        """Count the request and write its line."""
        key = method, status
        self.answered[key] = self.answered.get(key, 0) + 1
        self.buckets[bisect_left(metrics.SECONDS, seconds)] += 1
        self.seconds += seconds
        if logs.requests == "json":
            order = f'","order_id":"{ids.order_id}"}}\n' if ids.order_id else '"}\n'
            logs.hold(
                f'{{"method":"{method}","route":"{self.route}","status":{status},"ms":{seconds * 1000:.2f},'
                f'"event":"http.request","level":"info","timestamp":"{_now()}","logger":"http",'
                f'"request_id":"{ids.request_id}","trace_id":"{ids.trace_id}","span_id":"{ids.span_id}{order}'
            )
        elif logs.requests == "human":
            ms = round(seconds * 1000, 2)
            _log.info("http.request", method=method, route=self.route, status=status, ms=ms)


def _now() -> str:
    global _stamp  # noqa: PLW0603 - the same second is written thousands of times.
    second, nanoseconds = divmod(time.time_ns(), 1_000_000_000)
    at, text = _stamp
    if second != at:
        text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
        _stamp = second, text
    return f"{text}.{nanoseconds // 1000:06d}Z"


class _Told(Collector):
    def __init__(self) -> None:
        self.routes: dict[str, Requests] = {}

    def collect(self) -> Iterable[Metric]:
        requests = CounterMetricFamily(
            "feira_http_requests", "Requests answered; route is the template.", labels=["method", "route", "status"]
        )
        seconds = HistogramMetricFamily("feira_http_seconds", "From a request's head to its answer.", labels=["route"])
        bounds = [*map(str, metrics.SECONDS), "+Inf"]
        for route, told in sorted(self.routes.items()):
            for (method, status), number in told.answered.items():
                requests.add_metric([method, route, str(status)], number)
            seconds.add_metric([route], [*zip(bounds, accumulate(told.buckets), strict=True)], told.seconds)
        return requests, seconds


_told = _Told()
metrics.REGISTRY.register(_told)


def requests_of(route: str) -> Requests:
    """Where the requests of the route of this template are told."""
    return _told.routes.setdefault(route, Requests(route))
