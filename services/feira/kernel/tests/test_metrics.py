import pytest
from prometheus_client.parser import text_string_to_metric_families

from feira.kernel import metrics
from feira.kernel.metrics import Gauge


def samples(name: str) -> list[tuple[dict[str, str], float]]:
    families = text_string_to_metric_families(metrics.render().decode())
    return [(s.labels, s.value) for family in families for s in family.samples if s.name == name]


def test_the_process_is_counted_without_creation_times() -> None:
    metrics.BATCH_SIZE.labels("test").observe(1)
    assert b"_created" not in metrics.render()
    assert b"process_resident_memory_bytes" in metrics.render()


def test_a_services_gauges_are_replaced_whole_and_share_names() -> None:
    metrics.replace_gauges("a", [Gauge("feira_test", "Things.", {"state": "new"}, 3)])
    metrics.replace_gauges("b", [Gauge("feira_test", "Things.", {"kind": "x"}, 4)])
    assert samples("feira_test") == [({"kind": "", "state": "new"}, 3), ({"kind": "x", "state": ""}, 4)]
    assert metrics.render().count(b"# TYPE feira_test gauge") == 1
    metrics.replace_gauges("a", [Gauge("feira_test", "Things.", {"state": "old"}, 1)])
    metrics.replace_gauges("b", [])
    assert samples("feira_test") == [({"state": "old"}, 1)]
    metrics.replace_gauges("a", [])
    assert samples("feira_test") == []


def test_gauges_are_bounded() -> None:
    too_many = [Gauge("feira_test", "Things.", {"n": str(n)}, n) for n in range(metrics.GAUGES_MAX + 1)]
    with pytest.raises(ValueError, match="at most"):
        metrics.replace_gauges("a", too_many)
    assert samples("feira_test") == []
