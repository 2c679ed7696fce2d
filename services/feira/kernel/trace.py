"""Which request this is: the ids that every log line, gRPC call and event of it carries."""

import re
import secrets
from collections.abc import Mapping
from contextvars import ContextVar

import msgspec

REQUEST_ID, TRACEPARENT, ORDER_ID = "x-request-id", "traceparent", "x-order-id"
_PARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?")  # W3C Trace Context, level 1.
_ID = re.compile(r"[0-9A-Za-z._:@/+=-]{1,128}")  # What a stranger may have us write into logs and headers.


class Trace(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """`request_id` is the caller's or ours; `trace_id` (32 hex digits) and `span_id` (16) are W3C's."""

    request_id: str
    trace_id: str
    span_id: str
    order_id: str | None = None

    @property
    def traceparent(self) -> str:
        return f"00-{self.trace_id}-{self.span_id}-01"


_POOL_BYTES = 4096
_pool, _taken = "", 0


def _random(digits: int) -> str:
    """So many random hex digits. They come from the system by the page: a call for each id costs more than the id."""
    global _pool, _taken  # noqa: PLW0603 - one pool a process; processes are never forked.
    if _taken + digits > len(_pool):
        _pool, _taken = secrets.token_hex(_POOL_BYTES), 0
    _taken += digits
    return _pool[_taken - digits : _taken]


_current: ContextVar[Trace | None] = ContextVar("feira_trace", default=None)
_of_keys: ContextVar[Mapping[str, Trace | str]] = ContextVar("feira_traces_of_keys", default={})  # noqa: B039 - never changed.


def begin(request_id: str | None = None, traceparent: str | None = None, order_id: str | None = None) -> Trace:
    """A new span is the current one of this task: of the caller's trace if `traceparent` is sound, else of a new trace.

    An unsound `request_id` is replaced by the trace's id.
    """
    trace = make(request_id, traceparent, order_id)
    _current.set(trace)
    return trace


def make(request_id: str | None = None, traceparent: str | None = None, order_id: str | None = None) -> Trace:
    """The same, for what is done at once and by no task."""
    trace_id = _trace_id(traceparent) or _random(32)
    return Trace(
        request_id=_sound(request_id) or trace_id,
        trace_id=trace_id,
        span_id=_random(16),
        order_id=_sound(order_id),
    )


def current() -> Trace | None:
    """The trace of this task, or None outside any request."""
    return _current.get()


def resume(trace: Trace | None) -> None:
    """This task now works for the request that `current` told of elsewhere in this process, or for none."""
    _current.set(trace)


def clear() -> None:
    """This task works for no request any more."""
    resume(None)


def bind(*, order_id: object) -> Trace:
    """From here on, what this task does is about this order."""
    trace = msgspec.structs.replace(_current.get() or begin(), order_id=str(order_id))
    _current.set(trace)
    return trace


def belong(traces: Mapping[str, Trace | str | None]) -> None:
    """A batch works for many requests: from here on, what is announced of a key belongs to the key's own. What an outbox row
    carries is given as it is, and only read when something is announced.
    """
    _of_keys.set({key: trace for key, trace in traces.items() if trace is not None})


def headers(key: str | None = None) -> dict[str, str]:
    """The trace that `key` belongs to, else the current one, for gRPC metadata or an outbox row; empty if there is none."""
    trace = (_of_keys.get().get(key) if key is not None else None) or _current.get()
    if trace is None:
        return {}
    if isinstance(trace, str):
        carried = _read_carried(trace)
        trace = make(carried.get(REQUEST_ID), carried.get(TRACEPARENT), carried.get(ORDER_ID))
    found = {REQUEST_ID: trace.request_id, TRACEPARENT: trace.traceparent}
    if trace.order_id is not None:
        found[ORDER_ID] = trace.order_id
    return found


def restore(carried: Mapping[str, str]) -> Trace:
    """Go on with the trace that `headers` packed elsewhere, in a span of our own; a new trace if it packed none."""
    _of_keys.set({})
    return begin(carried.get(REQUEST_ID), carried.get(TRACEPARENT), carried.get(ORDER_ID))


_read_carried = msgspec.json.Decoder(dict[str, str]).decode


def _trace_id(traceparent: str | None) -> str | None:
    found = _PARENT.fullmatch(traceparent.strip()) if traceparent else None
    if found is None:
        return None
    version, trace_id, span_id, rest = found.groups()
    void = version == "ff" or (version == "00" and rest) or not trace_id.strip("0") or not span_id.strip("0")
    return None if void else str(trace_id)


def _sound(value: str | None) -> str | None:
    return value if value and _ID.fullmatch(value) else None
