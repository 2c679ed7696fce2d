"""What the program counts of itself, in one registry, for Prometheus.

Every worker process counts for itself and serves its own `/metrics`: worker n on the internal port + n. Prometheus sums.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec
import prometheus_client as prometheus
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

CONTENT_TYPE = prometheus.CONTENT_TYPE_PLAIN_0_0_4
COUNTED_MAX = 100_000  # Rows that a gauge counts: what has more tells so many, and the count never takes long.
GAUGES_MAX = 1_000  # Samples of one service: a label that takes any value would fill memory here and in Prometheus.
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_COUNTS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096)

prometheus.disable_created_metrics()  # type: ignore[no-untyped-call]  # The library leaves this one function untyped.
REGISTRY = prometheus.CollectorRegistry()
prometheus.ProcessCollector(registry=REGISTRY)

POOL_IN_USE = prometheus.Gauge("feira_pool_in_use", "Connections lent out.", ["service"], registry=REGISTRY)
POOL_SIZE = prometheus.Gauge("feira_pool_size", "Connections open.", ["service"], registry=REGISTRY)
POOL_WAITING = prometheus.Gauge("feira_pool_waiting", "Tasks that want a connection.", ["service"], registry=REGISTRY)
BATCH_QUEUE = prometheus.Histogram(
    "feira_batch_queue", "Calls waiting when a batch is formed.", ["batcher"], buckets=_COUNTS, registry=REGISTRY
)
BATCH_SIZE = prometheus.Histogram(
    "feira_batch_size", "Calls in one batch.", ["batcher"], buckets=_COUNTS, registry=REGISTRY
)
OUTBOX_LAG_SECONDS = prometheus.Gauge(
    "feira_outbox_lag_seconds", "Age of the oldest event not yet published.", ["service"], registry=REGISTRY
)
OUTBOX_ROWS = prometheus.Gauge("feira_outbox_rows", "Events not yet published.", ["service"], registry=REGISTRY)
BUS_ROWS = prometheus.Gauge("feira_bus_rows", "Events not yet handled.", ["consumer"], registry=REGISTRY)
PARKED_EVENTS = prometheus.Gauge(
    "feira_parked_events", "Dead letters that wait for an operator.", ["service"], registry=REGISTRY
)
EVENTS = prometheus.Counter(
    "feira_events", "Events published; one that was published again after a crash counts twice.", ["topic"],
    registry=REGISTRY,
)  # fmt: skip


def counter(name: str, meaning: str, labels: Sequence[str] = ()) -> prometheus.Counter:
    """What a service counts by itself in this process, from its start; without the `_total` that Prometheus appends."""
    return prometheus.Counter(name, meaning, labels, registry=REGISTRY)


class Gauge(msgspec.Struct, frozen=True):
    """One sample that a service tells of itself, such as its mails by state. `name` is whole: `feira_mails`."""

    name: str
    help: str
    labels: Mapping[str, str]
    value: float


class _Told(Collector):
    """The latest samples of each service. Services may share a name, since Prometheus wants each name once."""

    def __init__(self) -> None:
        self.samples: dict[str, Sequence[Gauge]] = {}

    def collect(self) -> Iterable[GaugeMetricFamily]:
        by_name: dict[str, list[Gauge]] = {}
        for samples in self.samples.values():
            for sample in samples:
                by_name.setdefault(sample.name, []).append(sample)
        for name, samples in by_name.items():
            labels = sorted({label for sample in samples for label in sample.labels})
            family = GaugeMetricFamily(name, samples[0].help, labels=labels)
            for sample in samples:
                family.add_metric([sample.labels.get(label, "") for label in labels], sample.value)
            yield family


_told = _Told()
REGISTRY.register(_told)


def replace_gauges(service: str, samples: Sequence[Gauge]) -> None:
    """From now on these are the service's samples, and what it told before is forgotten."""
    if len(samples) > GAUGES_MAX:
        raise ValueError(f"{service} tells {len(samples)} samples; at most {GAUGES_MAX} are kept")
    _told.samples[service] = tuple(samples)


def render() -> bytes:
    """All metrics of this process in Prometheus' text format (`CONTENT_TYPE`)."""
    return prometheus.generate_latest(REGISTRY)
