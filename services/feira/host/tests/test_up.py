"""`feira up` as its users meet it: real processes, killed in every way."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from urllib.request import urlopen

import asyncpg
import pytest

from conftest import free_ports
from feira.host.datadir import DataDir

START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 30


class Up:
    """One `feira up --json`."""

    def __init__(self, data: Path, *flags: str, port: int = 0, **environment: str) -> None:
        self.data = data
        self.port = port or free_ports(1)[0]
        command = [sys.executable, "-m", "feira", "up", "--json", "--data", str(data), "--port", str(self.port), *flags]
        self.log = data.with_name(f"{data.name}.{self.port}.log")
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                command,
                stdout=log,
                stderr=subprocess.PIPE,
                text=True,
                env={**os.environ, **environment},
                start_new_session=True,
            )

    def wait_open(self) -> dict[str, str]:
        end = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < end and self.process.poll() is None:
            for line in self.log.read_text().splitlines():
                if '"docs"' in line:
                    found: dict[str, str] = json.loads(line)
                    return found
            time.sleep(0.05)
        self.process.kill()
        raise AssertionError(f"it did not open: {self.end()} {self.log.read_text()[-4000:]}")

    def end(self) -> tuple[int, str]:
        """Its exit status and what it told the operator, once it has ended."""
        _, told = self.process.communicate(timeout=STOP_TIMEOUT_S)
        return self.process.returncode, told

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        self.process.send_signal(number)
        return self.end()

    def children(self) -> list[int]:
        task = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in task.read_text().split()]

    def children_named(self, name: str) -> list[int]:
        return [pid for pid in self.children() if name in command_of(pid)]

    def sql(self, statement: str) -> object:
        running = DataDir(self.data).running()
        assert running is not None

        async def ask() -> object:
            connection = await asyncpg.connect(running.database_url)
            try:
                return await connection.fetchval(statement)
            finally:
                await connection.close()

        return asyncio.run(ask())

    def ready(self) -> bool:
        try:
            with urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5) as reply:
                return bool(reply.status == 200)
        except OSError:
            return False


def command_of(pid: int) -> str:
    """The process' command line; empty if it has just ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


def until(true: Callable[[], bool], timeout_s: float = START_TIMEOUT_S) -> None:
    end = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.05)


def gone(pids: Sequence[int]) -> bool:
    def lives(pid: int) -> bool:
        try:
            return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
        except OSError:
            return False

    return not any(lives(pid) for pid in pids)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def open_up(data: Path) -> Iterator[Callable[..., Up]]:
    """Starts shops, and leaves none behind."""
    started: list[Up] = []

    def start(*flags: str, at: Path = data, **options: object) -> Up:
        started.append(Up(at, *flags, **options))  # type: ignore[arg-type]  # Either a port or environment variables.
        return started[-1]

    yield start
    for up in started:
        up.process.kill()
        up.process.communicate(timeout=STOP_TIMEOUT_S)


def test_a_day_of_a_shop(open_up: Callable[..., Up], data: Path, tmp_path: Path) -> None:
    """It opens, keeps others off, survives the death of each of its parts, and closes in order."""
    up = open_up("--demo", "--workers", "2")
    told = up.wait_open()
    assert told["url"] == f"http://127.0.0.1:{up.port}"
    assert told["staff"].startswith("staff@feira.example ")
    assert up.ready()
    products = up.sql("select count(*) from catalog.products")
    assert isinstance(products, int)
    assert products >= 120

    second = open_up()
    assert second.end() == (
        1,
        f"feira: the data directory {data} is in use by another `feira up` (process {up.process.pid})\n",
    )
    busy = open_up(at=tmp_path / "other", port=up.port)
    status, sentence = busy.end()
    assert status == 1
    assert sentence == f"feira: port {up.port} on 127.0.0.1 is in use by another program: choose another with --port\n"
    beside = subprocess.run(
        [sys.executable, "-m", "feira", "migrate", "--json", "--data", str(data)],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert json.loads(beside.stdout) == {"ran": []}

    workers = up.children_named("feira.host.worker")
    assert len(workers) == 2
    os.kill(workers[0], signal.SIGKILL)
    until(lambda: len(set(up.children_named("feira.host.worker")) - {workers[0]}) == 2)
    [postmaster] = up.children_named("cluster_name=")
    os.kill(postmaster, signal.SIGKILL)
    until(lambda: up.children_named("cluster_name=") not in ([], [postmaster]))
    until(up.ready)
    assert up.sql("select count(*) from catalog.products") == products

    children = up.children()
    status, sentence = up.stop()
    assert status == 0
    assert sentence.endswith("Feira has stopped.\n")
    assert "PostgreSQL ended unexpectedly" in sentence
    assert gone(children)
    assert not (data / "postgres" / "postmaster.pid").exists()


def test_kill_of_the_supervisor_takes_all_with_it_and_loses_nothing(open_up: Callable[..., Up]) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        up = open_up()
    finally:
        signal.signal(signal.SIGHUP, before)
    up.wait_open()
    up.process.send_signal(signal.SIGHUP)  # Which nohup makes it ignore.
    up.sql("create table kept as select 7 as it")
    children = up.children()
    up.process.kill()
    again = open_up(port=up.port)  # At once.
    again.wait_open()
    assert gone(children)
    assert again.sql("select it from kept") == 7
    [worker] = again.children_named("feira.host.worker")
    os.kill(worker, signal.SIGSTOP)  # It will not hear that it shall end.
    again.process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    status, sentence = again.stop(signal.SIGINT)  # Once more, to stop at once.
    assert (status, sentence.splitlines()[-1]) == (0, "Feira has stopped.")
    assert gone([worker])


def test_a_database_that_cannot_be_reached(open_up: Callable[..., Up]) -> None:
    up = open_up(DATABASE_URL="postgresql://nobody@127.0.0.1:9/none")
    status, sentence = up.end()
    assert status == 1
    assert sentence.startswith("feira: the database of bus cannot be reached: ")
    assert sentence.count("\n") == 1


async def test_a_shop_on_a_database_of_its_own(open_up: Callable[..., Up], dsn: str, data: Path) -> None:
    up = open_up(DATABASE_URL=dsn)
    await asyncio.to_thread(up.wait_open)
    assert up.children_named("cluster_name=") == []
    assert not (data / "postgres").exists()
    status, _ = await asyncio.to_thread(up.stop)
    assert status == 0


def test_a_stop_while_it_starts(open_up: Callable[..., Up], data: Path) -> None:
    up = open_up()
    until((data / "postgres.new").exists)
    status, sentence = up.stop()
    assert (status, sentence.splitlines()[-1]) == (0, "Feira has stopped.")
    assert not (data / "running.json").exists()
