"""What is told of requests, in the log and to Prometheus."""

import json
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from feira.kernel import logs, metrics, trace
from feira.transport.told import requests_of

Out = pytest.CaptureFixture[bytes]


@pytest.fixture
def out(capsysbinary: Out, monkeypatch: pytest.MonkeyPatch) -> Out:
    monkeypatch.setattr(logs, "requests", "json")
    return capsysbinary


def lines(out: Out) -> list[dict[str, Any]]:
    logs.flush()
    return [json.loads(line) for line in out.readouterr().out.splitlines()]


def samples(name: str) -> list[tuple[dict[str, str], float]]:
    families = text_string_to_metric_families(metrics.render().decode())
    return [(s.labels, s.value) for family in families for s in family.samples if s.name == name]


async def test_each_request_has_a_line(out: Out) -> None:
    ids = trace.make("req-1", order_id="o-1")
    route = requests_of("/v1/lines")
    route.tell("POST", 201, 0.00123, ids)
    route.tell("GET", 503, 0, trace.make())
    one, other = lines(out)
    assert (one["method"], one["route"], one["status"], one["ms"]) == ("POST", "/v1/lines", 201, 1.23)
    assert (one["request_id"], one["trace_id"], one["span_id"]) == ("req-1", ids.trace_id, ids.span_id)
    assert (one["event"], one["logger"], one["level"], one["order_id"]) == ("http.request", "http", "info", "o-1")
    assert "order_id" not in other
    assert one["timestamp"] <= other["timestamp"]
    assert len(one["timestamp"]) == len("2026-11-22T16:09:48.349528Z")


def test_lines_go_by_style_and_level(out: Out, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "requests", "none")
    requests_of("/v1/styles").tell("GET", 200, 0.1, trace.make())
    assert out.readouterr().out == b""
    monkeypatch.setattr(logs, "requests", "human")
    requests_of("/v1/styles").tell("GET", 200, 0.1, trace.make())
    assert b"http.request" in out.readouterr().out


async def test_requests_are_counted(out: Out) -> None:
    route = requests_of("/v1/counted")
    assert requests_of("/v1/counted") is route
    for status, seconds in ((200, 0.001), (200, 20.0), (304, 0.003)):
        route.tell("GET", status, seconds, trace.make())
    labels = {"method": "GET", "route": "/v1/counted"}
    assert [found for found in samples("feira_http_requests_total") if found[0]["route"] == "/v1/counted"] == [
        (labels | {"status": "200"}, 2),
        (labels | {"status": "304"}, 1),
    ]
    buckets = {at["le"]: number for at, number in samples("feira_http_seconds_bucket") if at["route"] == "/v1/counted"}
    assert [buckets[le] for le in ("0.001", "0.0025", "0.005", "10.0", "+Inf")] == [1, 1, 2, 2, 3]
    assert ({"route": "/v1/counted"}, 20.004) in samples("feira_http_seconds_sum")
    assert ({"route": "/v1/counted"}, 3) in samples("feira_http_seconds_count")
    lines(out)
