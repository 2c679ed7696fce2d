"""Logs: one JSON line for each thing that happened, or a readable line in a terminal, with the ids of its request.

log = logs.logger("orders")
log.info("order_placed", number=number)      # the event is a constant; what varies is a field
"""

import asyncio
import atexit
import logging
import os
import re
import sys
from collections import deque
from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from functools import lru_cache
from typing import Any

import msgspec
import structlog
from structlog.typing import FilteringBoundLogger, WrappedLogger

from feira.kernel import trace

MASK = "[masked]"
FLUSH_S = 0.1
HELD_MAX = 200  # Lines held back at most: some 64 KiB.
DEPTH_MAX = 6  # How deep a logged value is searched for secrets; what lies deeper is not written at all.
_SECRET = re.compile(
    r"passw|passphrase|secret|token|authorization|cookie|credential|bearer|signature|jwk|dsn|card_?number|\bpan\b|\bcvc\b"
    r"|(api|private|signing|master|encryption|session)_?key|key_?(pem|material|bytes)|\bpem\b",
    re.IGNORECASE,
)
_URL_PASSWORD = re.compile(r"(?<=://)([^/\s:@]*):[^/\s@]+@")
_encode = msgspec.json.Encoder(enc_hook=repr).encode
_Fields = MutableMapping[str, Any]


def configure(style: str | None = None, level: str | None = None) -> None:
    """Set up this process's logs. `style` is json or human (default: FEIRA_LOG, else human only in a terminal); `level`
    is a name such as debug (default: FEIRA_LOG_LEVEL, else info). Logs of libraries take the same way.
    """
    style = style or os.environ.get("FEIRA_LOG") or ("human" if sys.stdout.isatty() else "json")
    threshold = logging.getLevelNamesMapping().get((level or os.environ.get("FEIRA_LOG_LEVEL") or "info").upper())
    if style not in {"json", "human"} or threshold is None:
        raise ValueError("FEIRA_LOG is json or human; FEIRA_LOG_LEVEL is debug, info, warning, error or critical")
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _add_ids,
            structlog.processors.format_exc_info,
            _mask,
            *([_json] if style == "json" else [_console(), _to_bytes]),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=_Lines,
        cache_logger_on_first_use=True,  # Halves the cost of a line; a logger once used keeps its configuration.
    )
    global requests  # noqa: PLW0603 - one configuration a process.
    requests = style if threshold <= logging.INFO else "none"
    atexit.register(flush)
    root = logging.getLogger()
    root.handlers = [_ToStructlog()]
    root.setLevel(max(threshold, logging.INFO))  # Libraries' debug lines would drown ours and may show payloads.
    logging.captureWarnings(capture=True)


def logger(name: str) -> FilteringBoundLogger:
    """The log of one part of the program, named in each of its lines."""
    found: FilteringBoundLogger = structlog.get_logger(name)
    return found


def masked(value: Any) -> Any:
    """A value as a log would show it: without secrets."""
    return _clean(value, DEPTH_MAX)


_held: deque[str] = deque()  # Lines of requests that are written together, a moment later.
requests = "human"  # How requests are logged: json, human or, by the level, not at all.


def hold(line: str) -> None:
    """Write this whole line within FLUSH_S, together with its neighbours and before any other that comes later."""
    _held.append(line)
    if len(_held) == 1:
        _flush_soon()
    elif len(_held) >= HELD_MAX:
        flush()


def _flush_soon() -> None:
    try:
        asyncio.get_running_loop().call_later(FLUSH_S, flush)
    except RuntimeError:  # No loop, no hurry to be quick.
        flush()


def flush() -> None:
    """Write what is held back. It is done before any other line, so that all stand in order."""
    lines = []
    with suppress(IndexError):
        while True:
            lines.append(_held.popleft())
    if lines:
        _write("".join(lines).encode())


def _write(lines: bytes) -> None:
    """To the stdout of the moment. A log that cannot be written must not fail the work that it tells of."""
    with suppress(OSError, ValueError):
        sys.stdout.buffer.write(lines)
        sys.stdout.buffer.flush()


class _Lines:
    """What structlog writes to."""

    def __init__(self, name: str = "feira") -> None:
        self.name = name

    def msg(self, line: bytes) -> None:
        flush()
        _write(line + b"\n")

    debug = info = warning = error = critical = msg


class _ToStructlog(logging.Handler):
    """Leads the standard library's records (asyncio, grpc) into ours."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            level = max(logging.DEBUG, min(record.levelno // 10 * 10, logging.CRITICAL))  # Libraries invent levels.
            logger(record.name).log(level, record.getMessage(), exc_info=record.exc_info)
        except Exception:  # noqa: BLE001 - a library's broken log call is reported as logging does, and breaks nothing.
            self.handleError(record)


def _add_ids(written: WrappedLogger, _method: str, fields: _Fields) -> _Fields:
    fields["logger"] = written.name
    found = trace.current()
    if found is not None:
        fields.setdefault("request_id", found.request_id)
        fields.setdefault("trace_id", found.trace_id)
        fields.setdefault("span_id", found.span_id)
        if found.order_id is not None:
            fields.setdefault("order_id", found.order_id)
    return fields


def _mask(_logger: WrappedLogger, _method: str, fields: _Fields) -> _Fields:
    return {key: MASK if _secret(key) else _clean(value, DEPTH_MAX) for key, value in fields.items()}


def _clean(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return _URL_PASSWORD.sub(rf"\1:{MASK}@", value) if "://" in value else value
    if value is None or isinstance(value, bool | int | float):
        return value
    if depth == 0:
        return "[deep]"
    if isinstance(value, msgspec.Struct):
        value = msgspec.structs.asdict(value)
    if isinstance(value, Mapping):
        return {str(key): MASK if _secret(str(key)) else _clean(item, depth - 1) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean(item, depth - 1) for item in value]
    return f"[{len(value)} bytes]" if isinstance(value, bytes) else _clean(str(value), depth)


@lru_cache(maxsize=1024)
def _secret(key: str) -> bool:
    return _SECRET.search(key) is not None


def _json(_logger: WrappedLogger, _method: str, fields: _Fields) -> bytes:
    try:
        return _encode(fields)
    except UnicodeEncodeError:  # A lone surrogate in some field: rather an escape than a lost line.
        return _encode({key: str(value).encode("utf-8", "backslashreplace").decode() for key, value in fields.items()})


def _console() -> structlog.dev.ConsoleRenderer:
    return structlog.dev.ConsoleRenderer(
        colors=sys.stdout.isatty(),
        exception_formatter=structlog.dev.plain_traceback,  # The pretty one prints local variables, secrets among them.
    )


def _to_bytes(_logger: WrappedLogger, _method: str, line: str) -> bytes:
    return line.encode("utf-8", "backslashreplace")
