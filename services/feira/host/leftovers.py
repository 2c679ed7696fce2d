"""Finds a PostgreSQL that an earlier run left behind, and ends it.

After a kill -9 of everything PostgreSQL ends by itself, but it may need a moment; and a postmaster.pid that names a
process number which some other program has by now would keep the next start from happening.
"""

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from feira.host.errors import HostError

POLL_S = 0.05
# Stop cleanly, then without a checkpoint, then at once: each is safe, only the next start takes longer.
ENDINGS = ((signal.SIGINT, 30.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))
LOCK_FILES = ("postmaster.pid", ".s.PGSQL.5432", ".s.PGSQL.5432.lock")
_PROC = Path("/proc")


def mark(home: Path) -> str:
    """A name that the processes of this very directory carry in their titles, wherever the directory is moved."""
    found = home.stat()
    return f"feira-{found.st_dev:x}-{found.st_ino:x}"


async def end_leftovers(home: Path, sockets: Path, say: Callable[[str], None]) -> None:
    """End every PostgreSQL process of this directory; the caller holds the directory's lock, so none is wanted."""
    name = mark(home)
    for ending, patience_s in ENDINGS:
        if not (found := _processes(name)):
            break
        say("A PostgreSQL of an earlier run is still here; it is being stopped.")
        masters = [pid for pid, is_master in found.items() if is_master]
        _signal(found if ending == signal.SIGKILL else masters or found, ending)
        until = time.monotonic() + patience_s
        while _processes(name) and time.monotonic() < until:
            await asyncio.sleep(POLL_S)
    if found := _processes(name):
        raise HostError(f"a PostgreSQL of an earlier run (process {min(found)}) uses {home} and cannot be stopped")
    for file in LOCK_FILES:
        (home / file).unlink(missing_ok=True)
        (sockets / file).unlink(missing_ok=True)


def _processes(name: str) -> dict[int, bool]:
    """The processes with this name in their titles, each with whether it is the one that starts the others."""
    found = {}
    for pid, title in _titles():
        if b"postgres" in title and name.encode() in title:
            found[pid] = b"cluster_name=" in title
    return found


def _titles() -> Iterator[tuple[int, bytes]]:
    if not _PROC.is_dir():
        listed = subprocess.run(
            ["/bin/ps", "-axww", "-o", "pid=,command="], capture_output=True, check=True, timeout=30
        )
        for line in listed.stdout.splitlines():
            pid, _, title = line.strip().partition(b" ")
            yield int(pid), title
        return
    for entry in _PROC.iterdir():
        if entry.name.isdigit():
            with suppress(OSError):  # It may end while we look.
                if (entry / "comm").read_bytes().strip() == b"postgres":
                    yield int(entry.name), (entry / "cmdline").read_bytes()


def _signal(pids: Iterable[int], number: int) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)
