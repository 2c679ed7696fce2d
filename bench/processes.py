"""Starts programs, ends them by their number, and reads from /proc what they cost."""

import asyncio
import itertools
import json
import os
import random
import resource
import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.errors import BenchError
from feira.host import launch

TICK_US: Final = 1_000_000 // os.sysconf("SC_CLK_TCK")
STOP_TIMEOUT_S: Final = 60.0
LOG_TAIL: Final = 3_000
NEIGHBOURS: Final = 4  # A shop of several workers takes the next ports too.
# Below those that connections of wrk are given, and keep for a minute.
PORTS: Final = range(12_000, 20_000, NEIGHBOURS)
POSTGRES: Final = "postgres: "
ENDED: Final = f"{POSTGRES}ended processes"
_PROC: Final = Path("/proc")

Command = Sequence[str | Path]


@dataclass(frozen=True)
class Account:
    """Who runs a program; both -1 for whoever we are."""

    uid: int = -1
    gid: int = -1


OURS: Final = Account()


@dataclass
class Program:
    """A program that runs, with its output in a file."""

    name: str
    process: asyncio.subprocess.Process
    log: Path
    ending: signal.Signals = signal.SIGTERM

    @property
    def pid(self) -> int:
        return self.process.pid

    def said(self) -> str:
        return self.log.read_text(errors="replace")[-LOG_TAIL:]

    def check(self) -> None:
        """Raise BenchError if it has ended."""
        if self.process.returncode is not None:
            raise BenchError(f"{self.name} ended with {self.process.returncode}:\n{self.said()}")

    async def stop(self) -> None:
        """Ask it to end, then make it; twice is once."""
        for number in (self.ending, signal.SIGKILL):
            if self.process.returncode is not None:
                return
            with suppress(ProcessLookupError):
                self.process.send_signal(number)
            with suppress(TimeoutError):
                await asyncio.wait_for(self.process.wait(), STOP_TIMEOUT_S)


def _launched(command: Command, account: Account, death: signal.Signals) -> list[str]:
    """In a session of its own, so that Ctrl-C reaches us alone; but it never outlives us, however we end."""
    head = [sys.executable, "-I", "-S", launch.__file__, str(os.getpid()), str(int(death))]
    return [*head, str(account.uid), str(account.gid), *map(str, command)]


async def start(
    name: str,
    command: Command,
    log: Path,
    *,
    account: Account = OURS,
    ending: signal.Signals = signal.SIGTERM,
    environment: Mapping[str, str] | None = None,
) -> Program:
    """Start a program that goes on. The first word of `command` is an absolute path."""
    with log.open("ab") as out:
        process = await asyncio.create_subprocess_exec(
            *_launched(command, account, ending),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
            cwd="/",
        )
    return Program(name, process, log, ending)


async def run(
    command: Command,
    *,
    timeout_s: float,
    account: Account = OURS,
    environment: Mapping[str, str] | None = None,
    given: bytes = b"",
) -> str:
    """Run a program to its end and answer what it printed; raises BenchError with its own words if it failed."""
    process = await asyncio.create_subprocess_exec(
        *_launched(command, account, signal.SIGKILL),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, **(environment or {})},
        start_new_session=True,
        cwd="/",
    )
    try:
        told, _ = await asyncio.wait_for(process.communicate(given), timeout_s)
    except TimeoutError:
        raise BenchError(f"{command[0]} did not end within {timeout_s:.0f} s") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    text = told.decode(errors="replace")
    if process.returncode:
        raise BenchError(f"{' '.join(map(str, command))} ended with {process.returncode}:\n{text[-LOG_TAIL:]}")
    return text


async def told_by(module: str, arguments: Sequence[str], timeout_s: float) -> dict[str, Any]:
    """Run one of our own modules as a program of its own; answers the JSON of its last line; raises BenchError."""
    command = [sys.executable, "-m", module, *arguments]
    text = await run(command, timeout_s=timeout_s, environment={"PYTHONPATH": str(Path(__file__).parents[1])})
    *before, last = text.splitlines() or [""]
    if before or not last.startswith("{"):
        raise BenchError(f"{module} said more than it should:\n{text[:LOG_TAIL]}")
    told: dict[str, Any] = json.loads(last)
    return told


def ended_cpu_us() -> int:
    """The CPU time of all programs of ours that have ended: of `run`, if nothing else ended meanwhile."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return round((used.ru_utime + used.ru_stime) * 1e6)


def descendants(pid: int) -> list[int]:
    """This process and all below it."""
    found, at = [pid], 0
    while at < len(found):
        with suppress(OSError):  # It has ended meanwhile.
            for task in (_PROC / str(found[at]) / "task").iterdir():
                with suppress(OSError):
                    found += [int(child) for child in (task / "children").read_text().split()]
        at += 1
    return found


def title(pid: int) -> str:
    """Its command line in one line; empty if it has ended."""
    try:
        return (_PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return ""


def cpu_us(pid: int, *, children: bool = False) -> int:
    """The CPU time it has used; with `children`, that of its ended children too."""
    try:
        fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return sum(map(int, fields[11 : 15 if children else 13])) * TICK_US


def pss_bytes(pids: Iterable[int]) -> int:
    """Memory, with what processes share divided among them."""
    total = 0
    for pid in pids:
        with suppress(OSError):
            for line in (_PROC / str(pid) / "smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) * 1024
    return total


def pin(pids: Iterable[int], cores: set[int]) -> None:
    """Keep these processes, with all their threads, on these cores."""
    for pid in pids:
        with suppress(OSError):
            for task in (_PROC / str(pid) / "task").iterdir():
                with suppress(OSError):
                    os.sched_setaffinity(int(task.name), cores)


@dataclass(frozen=True)
class Cpu:
    """CPU time until now, in µs: (pid, group) -> µs."""

    used: Mapping[tuple[int, str], int]

    @classmethod
    def now(cls, shops: Iterable[int], postgres: int) -> "Cpu":
        """Of the shops below these processes and of this PostgreSQL."""
        used = {}
        for shop in shops:
            for pid in descendants(shop):
                if (group := _group_of_ours(pid)) is not None:
                    used[pid, group] = cpu_us(pid)
        for pid in descendants(postgres):
            if pid == postgres:
                used[pid, ENDED] = cpu_us(pid, children=True)
            else:
                used[pid, _group_of_postgres(title(pid))] = cpu_us(pid)
        return cls(used)

    def since(self, before: "Cpu") -> Counter[str]:
        """Group -> µs used between `before` and this."""
        spent: Counter[str] = Counter()
        for key, us in self.used.items():
            spent[key[1]] += us - before.used.get(key, 0)
        for key, us in before.used.items():
            if key not in self.used and key[1].startswith(POSTGRES):  # Its parent has inherited all of its time.
                spent[ENDED] -= us
        return spent


def _group_of_ours(pid: int) -> str | None:
    words = title(pid)
    if "feira.host.worker" in words:
        return "feira worker"
    if "feira.host.supervisor" in words:
        return "feira supervisor"
    return "envoy" if "envoy" in words.split(" ")[0] else None


def _group_of_postgres(words: str) -> str:
    """`postgres: checkpointer`, or the name of a database's sessions."""
    told = words.removeprefix(POSTGRES).split()
    if not told:
        return ENDED
    plain = ("checkpointer", "walwriter", "background", "autovacuum", "logical", "io")
    return f"{POSTGRES}{told[0]}" if told[0] in plain else f"{POSTGRES}sessions"


def free_ports(number: int) -> list[int]:
    """Ports that were free a moment ago, all different, each the first of NEIGHBOURS free ones."""
    chosen = random.sample(PORTS, len(PORTS))
    return list(itertools.islice(filter(_are_free, chosen), number))


def _are_free(first: int) -> bool:
    with suppress(OSError):
        for port in range(first, first + NEIGHBOURS):
            with socket.socket() as trial:
                trial.bind(("127.0.0.1", port))
        return True
    return False


def installed(program: str, package: str, folders: Sequence[str] = ()) -> Path:
    """Where this program of a Debian package is; root installs what is missing; raises BenchError."""
    for attempt in range(2):
        for folder in (*folders, *os.environ.get("PATH", "").split(":"), "/usr/sbin", "/sbin"):
            for path in sorted(Path("/").glob(f"{folder.strip('/')}/{program}"), reverse=True):
                if os.access(path, os.X_OK):
                    return path
        if attempt == 0:
            _install(package)
    raise BenchError(f"the Debian package {package} was installed, but there is no {program}")


def _install(package: str) -> None:
    if os.geteuid() != 0:
        raise BenchError(f"the bench needs the Debian package {package}: apt-get install {package}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update", "-qq"], ["install", "-qq", "-y", "--no-install-recommends", package]):
        done = subprocess.run(
            ["/usr/bin/apt-get", *words], env=environment, capture_output=True, text=True, timeout=600, check=False
        )
        if done.returncode:
            raise BenchError(f"apt-get {' '.join(words)} failed:\n{done.stderr[-LOG_TAIL:]}")
