import asyncio

import pytest

from feira.kernel import trace

PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def test_a_request_goes_on_with_its_callers_trace_in_a_span_of_its_own() -> None:
    found = trace.begin("req-1", PARENT)
    assert found.request_id == "req-1"
    assert found.trace_id == "4bf92f3577b34da6a3ce929d0e0e4736"
    assert found.span_id != "00f067aa0ba902b7"
    assert trace.current() == found


@pytest.mark.parametrize(
    "parent",
    [
        None,
        "",
        "nonsense",
        PARENT.upper(),
        PARENT + "-more",
        "ff" + PARENT[2:],
        "00-" + "0" * 32 + "-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-" + "0" * 16 + "-01",
    ],
)
def test_an_unsound_traceparent_begins_a_new_trace(parent: str | None) -> None:
    found = trace.begin("req-1", parent)
    assert found.trace_id != "4bf92f3577b34da6a3ce929d0e0e4736"
    assert len(found.trace_id) == 32
    assert len(found.span_id) == 16


def test_a_later_version_of_the_standard_may_say_more() -> None:
    assert trace.begin(None, "01" + PARENT[2:] + "-more").trace_id == "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.mark.parametrize("request_id", [None, "", "x" * 129, "two\nlines", "ünï"])
def test_an_unsound_request_id_is_replaced(request_id: str | None) -> None:
    found = trace.begin(request_id, None)
    assert found.request_id == found.trace_id


def test_headers_carry_the_trace_to_another_process() -> None:
    trace.clear()
    assert trace.headers() == {}
    here = trace.bind(order_id="o-1")
    carried = trace.headers()
    trace.clear()
    assert trace.current() is None
    there = trace.restore(carried)
    assert (there.request_id, there.trace_id, there.order_id) == (here.request_id, here.trace_id, "o-1")
    assert there.span_id != here.span_id


def test_headers_of_no_request_begin_a_trace() -> None:
    assert trace.restore({}).order_id is None
    assert set(trace.headers()) == {"x-request-id", "traceparent"}


async def test_tasks_have_traces_of_their_own() -> None:
    async def work(name: str) -> str:
        trace.begin(name)
        await asyncio.sleep(0)
        trace.bind(order_id=name)
        await asyncio.sleep(0)
        found = trace.current()
        assert found is not None
        assert found.order_id == name
        return found.request_id

    assert list(await asyncio.gather(work("a"), work("b"))) == ["a", "b"]


def test_work_for_one_request_can_be_taken_up_by_another_task() -> None:
    here = trace.begin("a")
    trace.begin("b")
    trace.resume(here)
    assert trace.current() is here
