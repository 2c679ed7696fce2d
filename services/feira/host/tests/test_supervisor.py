"""The supervisor's parts that no shop comes to in a good day."""

import asyncio
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest

from feira.host import supervisor, worker
from feira.host.banner import banner
from feira.host.child import Child
from feira.host.errors import HostError
from feira.host.order import Order, Report, become_supervisor
from feira.host.postgres import Postgres
from feira.host.supervisor import Supervisor, check_ports
from feira.kernel.config import Settings


def an_order(tmp_path: Path, **given: object) -> Order:
    settings = Settings(secret="ab" * 32, data=str(tmp_path), **given)  # type: ignore[arg-type]  # Whatever the test gives.
    return Order(settings=settings, embedded=False)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


async def test_a_worker_that_never_serves_ends_the_shop_with_its_sentence(
    tmp_path: Path, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database is prepared, but the worker may not listen where it shall."""
    monkeypatch.setattr(supervisor, "BACKOFF_S", 0.001)
    monkeypatch.setattr(supervisor, "FAILURES_MAX", 2)
    monkeypatch.setattr(supervisor, "check_ports", lambda _order: None)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ports = {"port": free_port(), "internal_port": free_port(), "grpc_port": taken.getsockname()[1]}
        with pytest.raises(HostError) as failure:
            async with asyncio.timeout(60):
                await Supervisor(an_order(tmp_path, database_url=dsn, **ports)).run()
    assert "\n" not in str(failure.value)


async def test_a_postgres_that_does_not_come_back_ends_the_shop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "BACKOFF_S", 0.001)
    monkeypatch.setattr(supervisor, "LOG_EVERY_S", 0.01)
    server = Postgres(tmp_path / "postgres")
    await server.start()
    assert server.pid is not None
    keeper = asyncio.create_task(Supervisor(an_order(tmp_path))._keep_postgres(server))
    log_keeper = asyncio.create_task(supervisor._keep_log_short(server))
    await asyncio.sleep(0.1)
    log_keeper.cancel()
    (tmp_path / "postgres" / "PG_VERSION").write_text("14\n")
    os.kill(server.pid, 9)
    with pytest.raises(HostError, match="made by PostgreSQL 14"):
        await asyncio.wait_for(keeper, 30)


async def test_a_child_that_does_not_hear_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/none")
    with pytest.raises(FileNotFoundError):
        Child()
    script = tmp_path / "deaf"
    script.write_text("#!/bin/sh\ntrap '' TERM\nwhile :; do sleep 0.1; done\n")
    script.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(script))
    deaf = Child()
    deaf.give(an_order(tmp_path))
    await asyncio.sleep(0.5)
    assert await deaf.end(0.3, asyncio.Event()) == "signal 9"


def test_ports_that_cannot_be_had(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(HostError, match=r"cannot listen on 192\.0\.2\.1"):
        check_ports(an_order(tmp_path, host="192.0.2.1", port=free_port(), internal_port=free_port()))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(HostError, match="choose another with --grpc-port"):
            check_ports(
                an_order(tmp_path, port=free_port(), internal_port=free_port(), grpc_port=taken.getsockname()[1])
            )

    def refuse(_self: object, _address: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", refuse)
    with pytest.raises(HostError, match="reserved for root"):
        check_ports(an_order(tmp_path, port=80))


def test_of_many_failures_the_operator_hears_the_sentence() -> None:
    told = HostError("it is full")
    assert supervisor._first(BaseExceptionGroup("all", [ValueError(), BaseExceptionGroup("some", [told])])) is told
    group = BaseExceptionGroup("all", [ValueError()])
    assert supervisor._first(group) is group


def test_it_hands_itself_the_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What `become_supervisor` does, but for the moment of becoming."""
    order = an_order(tmp_path)
    ran: list[list[str]] = []
    heard: list[Order] = []

    def execv(_program: str, command: list[str]) -> None:
        ran.append(command)
        file = os.dup(int(command[-1]))
        heard.append(msgspec.json.decode(os.pread(file, 1 << 16, 0), type=Order))
        os.close(file)

    monkeypatch.setattr(os, "execv", execv)
    become_supervisor(order)
    assert ran[0][1:4] == ["-P", "-m", "feira.host.supervisor"]
    assert heard == [order]


def test_a_bug_in_a_worker_is_told_and_logged(tmp_path: Path) -> None:
    """A worker on its own, with nobody but us to hear it."""
    reading, writing = os.pipe()
    with tempfile.TemporaryFile() as stdin:
        stdin.write(
            msgspec.json.encode(an_order(tmp_path, database_url="postgresql://x@127.0.0.1:9/x", run=("orders",)))
        )
        stdin.seek(0)
        done = subprocess.run(
            [sys.executable, "-P", "-m", "feira.host.worker", str(os.getpid()), str(writing)],
            stdin=stdin, pass_fds=(writing,), capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    os.close(writing)
    with os.fdopen(reading, "rb") as reports:
        report = msgspec.json.decode(reports.readline(), type=Report)
    assert done.returncode == 1
    assert report.kind == "failed"
    assert "orders needs" in report.text


def test_a_bug_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    async def broken(_order: Order, _tell: object) -> None:
        raise ZeroDivisionError("one by none")

    monkeypatch.setattr(worker, "work", broken)
    monkeypatch.setattr(worker, "die_with", lambda _parent, _signal: None)
    reading, writing = os.pipe()
    with tempfile.TemporaryFile() as stdin, os.fdopen(reading, "rb", buffering=0) as reports:
        stdin.write(msgspec.json.encode(an_order(tmp_path)))
        stdin.seek(0)
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=stdin))
        assert worker.main(["1", str(writing)]) == 1
        report = msgspec.json.decode(reports.readline(), type=Report)
    assert report.text == "ZeroDivisionError: one by none (its trace is in the log)"
    assert "one by none" in capsys.readouterr().out


async def test_a_worker_sees_that_its_parent_has_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "PARENT_EVERY_S", 0.01)
    stop = asyncio.Event()
    watch = asyncio.create_task(worker._end_with_parent(stop))
    await asyncio.sleep(0.05)
    assert not stop.is_set()
    monkeypatch.setattr(os, "getppid", lambda: 1)
    await asyncio.wait_for(watch, 5)
    assert stop.is_set()


async def test_too_few_connections(tmp_path: Path) -> None:
    with pytest.raises(HostError, match="--db-connections must be at least 8"):
        await worker.prepare(an_order(tmp_path, db_connections=7), lambda _report: None)


def test_nobody_listens_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    monkeypatch.setattr(sys, "stderr", os.fdopen(writing, "w"))
    supervisor.say("hello")
    with pytest.raises(BrokenPipeError):
        sys.stderr.close()


def test_the_banner(tmp_path: Path) -> None:
    order = an_order(tmp_path, run=("orders",), production=True)
    order = msgspec.structs.replace(order, warnings=("give --smtp-url",))
    text = banner(order, "", {"PostgreSQL's log": "", "The pages' log": "web.log"}, colour=True)
    assert "\033[1m" in text
    assert "Mind: give --smtp-url" in text
    assert "/dev/inbox" not in text
    assert "The pages' log" in text


@pytest.mark.parametrize(
    ("program", "unwanted"),
    [
        ("feira.cli.main", {"feira.app", "asyncpg", "asyncio", "rich"}),
        ("feira.host.supervisor", {"feira.app", "asyncpg", "typer", "feira.host.front"}),
        (
            "feira.host.worker",
            {"grpc", "google.protobuf", "jinja2", "babel", "aiosmtplib", "typer", "feira.web", "brotli"},
        ),
    ],
)
def test_a_start_waits_for_no_import_that_it_does_not_need(program: str, unwanted: set[str]) -> None:
    """One process in itself speaks no gRPC, and renders no mail before there is one."""
    script = f"import sys, {program}; print(*sys.modules)"
    found = subprocess.run([sys.executable, "-P", "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert not unwanted.intersection(found.stdout.split())
