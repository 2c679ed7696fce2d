import asyncio
import io
import json
import logging
import sys
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import msgspec
import pytest

from feira.kernel import logs, trace

Out = pytest.CaptureFixture[bytes]


@pytest.fixture
def out(capsysbinary: Out, monkeypatch: pytest.MonkeyPatch) -> Iterator[Out]:
    root = logging.getLogger()
    before = (root.handlers, root.level)
    monkeypatch.delenv("FEIRA_LOG", raising=False)
    monkeypatch.delenv("FEIRA_LOG_LEVEL", raising=False)
    trace.clear()
    yield capsysbinary
    root.handlers, root.level = before
    logging.captureWarnings(capture=False)


def lines(out: Out) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.readouterr().out.splitlines()]


def test_a_line_carries_the_ids_of_its_request(out: Out) -> None:
    logs.configure()
    logs.logger("orders").info("began")
    here = trace.begin("req-1")
    logs.logger("orders").info("asked")
    trace.bind(order_id="o-1")
    logs.logger("orders").info("placed", number="F-1")
    began, asked, placed = lines(out)
    assert began.keys() == {"event", "logger", "level", "timestamp"}
    assert asked["request_id"] == "req-1"
    assert "order_id" not in asked
    assert (placed["event"], placed["number"], placed["order_id"]) == ("placed", "F-1", "o-1")
    assert (placed["trace_id"], placed["level"], placed["logger"]) == (here.trace_id, "info", "orders")


class Signed(msgspec.Struct):
    user: str
    refresh_token: str


def test_secrets_are_masked_wherever_they_lie(out: Out) -> None:
    logs.configure("json")
    secret = "hunter" + "2"

    def connect() -> None:
        raise RuntimeError(f"cannot reach postgres://feira:{secret}@db/feira")

    try:
        connect()
    except RuntimeError:
        logs.logger("t").exception(
            "signed_in",
            password=secret,
            Authorization=secret,
            set_cookie=secret,
            private_key=secret.encode(),
            access_token=secret,
            nested={"a": [{"client_secret": secret, "fine": 1}]},
            struct=Signed("ana", secret),
            url=f"smtp://mail:{secret}@host:25",
            raw=secret.encode(),
            deep=[[[[[[[[secret]]]]]]]],
            token_free=UUID(int=1),
            who={UUID(int=1)},
            count=3,
            none=None,
        )
    (line,) = lines(out)
    assert secret not in repr(line)
    assert line["nested"] == {"a": [{"client_secret": logs.MASK, "fine": 1}]}
    assert line["struct"] == {"user": "ana", "refresh_token": logs.MASK}
    assert line["url"] == "smtp://mail:[masked]@host:25"
    assert line["raw"] == "[7 bytes]"
    assert line["who"] == [str(UUID(int=1))]
    assert (line["count"], line["none"]) == (3, None)
    assert "RuntimeError" in line["exception"]


def test_the_standard_library_takes_the_same_way(out: Out) -> None:
    logs.configure("json")
    logging.getLogger("asyncpg").error("connection %d died", 3)
    logging.getLogger("grpc").debug("not heard")
    logging.getLogger("odd").log(35, "between")
    with pytest.raises(ZeroDivisionError):
        _divide()
    died, odd, divided = lines(out)
    assert (died["event"], died["logger"], died["level"]) == ("connection 3 died", "asyncpg", "error")
    assert (odd["event"], odd["level"]) == ("between", "warning")
    assert "ZeroDivisionError" in divided["exception"]


def _divide() -> None:
    try:
        _ = 1 / 0
    except ZeroDivisionError:
        logging.getLogger("asyncio").exception("task failed")
        raise


def test_a_broken_call_of_a_library_breaks_nothing(out: Out) -> None:
    logs.configure("json")
    logging.getLogger("lib").warning("%d", "no number")
    written = out.readouterr()
    assert b"Logging error" in written.err
    assert written.out == b""


def test_readable_in_a_terminal(out: Out, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    logs.configure()
    logs.logger("orders").warning("slow", ms=12, token="hidden", odd="\ud800")
    text = out.readouterr().out.decode()
    assert "slow" in text
    assert "\x1b[" in text
    assert "hidden" not in text
    with pytest.raises(json.JSONDecodeError):
        json.loads(text)


def test_levels(out: Out, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEIRA_LOG_LEVEL", "error")
    logs.configure()
    logs.logger("t").warning("unheard")
    logs.logger("t").error("heard")
    assert [line["event"] for line in lines(out)] == ["heard"]
    with pytest.raises(ValueError, match="FEIRA_LOG"):
        logs.configure("xml")
    with pytest.raises(ValueError, match="FEIRA_LOG"):
        logs.configure("json", "loud")


def test_what_cannot_be_encoded_is_escaped(out: Out) -> None:
    logs.configure("json")
    logs.logger("t").info("odd", name="a\ud800b", n=float("nan"))
    (line,) = lines(out)
    assert line["name"] == "a\\ud800b"


def test_a_closed_stdout_fails_no_work(out: Out, monkeypatch: pytest.MonkeyPatch) -> None:
    logs.configure("json")
    closed = io.TextIOWrapper(io.BytesIO())
    closed.close()
    monkeypatch.setattr(sys, "stdout", closed)
    logs.logger("t").info("unheard")


async def test_lines_may_be_held_back_for_a_moment_and_stay_in_order(out: Out) -> None:
    logs.configure("json")
    logs.hold('{"event":"one"}\n')
    logs.hold('{"event":"two"}\n')
    assert lines(out) == []
    logs.logger("t").info("three")
    assert [line["event"] for line in lines(out)] == ["one", "two", "three"]
    logs.hold('{"event":"four"}\n')
    await asyncio.sleep(logs.FLUSH_S * 3)
    assert len(lines(out)) == 1
    for _ in range(logs.HELD_MAX):
        logs.hold("{}\n")
    assert len(lines(out)) == logs.HELD_MAX


def test_a_line_held_back_without_a_loop_is_written_at_once(out: Out) -> None:
    logs.hold("{}\n")
    assert len(lines(out)) == 1
