"""The embedded PostgreSQL: made, started, watched and stopped.

It is a child in a session of its own, so that Ctrl-C reaches only us, and it ends when we do. It listens on a Unix socket
in a directory of mode 0700 and nowhere else. Where it runs under another account (see account.py) it gets its data as an
open directory, /proc/self/fd/N: it needs no right to any directory above.
"""

import asyncio
import os
import shutil
import signal
import socket
import stat
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self
from urllib.parse import quote

from feira.host import launch
from feira.host.account import Account, account_for, programs_for
from feira.host.datadir import shorten
from feira.host.errors import HostError
from feira.host.leftovers import end_leftovers, mark

MAJOR = "18"  # What the wheel brings; a data directory belongs to one major version.
SOCKET = ".s.PGSQL.5432"
SOCKET_PATH_MAX = 103  # macOS; Linux allows 107.
POLL_S = 0.03
PROGRESS_EVERY_S = 5.0
STOP_TIMEOUT_S = 60.0
QUIT_TIMEOUT_S = 10.0
DISK_FREE_MIN = 200 * 1024 * 1024  # A new cluster takes 40 MB, and its journal soon as much again.
LOG_TAIL = 16 * 1024
CONNECTIONS_SPARE = 20  # Beside the shop's own: commands, the operator, PostgreSQL's reserve.
CANNOT_CONNECT_NOW = b"C57P03\0"

SETTINGS = {
    "listen_addresses": "",
    "fsync": "on",
    "synchronous_commit": "on",
    "shared_buffers": "128MB",
    "jit": "off",
    "io_method": "sync",  # The pages that a shop reads are in memory; the workers would only take room.
    "max_parallel_workers_per_gather": "0",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "log_error_verbosity": "terse",  # Details of an error quote rows, and rows are people.
    "log_line_prefix": "%m [%p] ",
}
SETUP = "create role feira login;\ncreate database feira owner feira;\n"


class Postgres:
    """One PostgreSQL on one directory. `start` belongs into the main thread: Linux ties a child's life to the thread
    that made it. Whoever starts it must hold the directory's lock.
    """

    def __init__(
        self,
        home: Path,
        *,
        log: Path | None = None,
        connections_max: int = 40,
        settings: Mapping[str, str] | None = None,
        say: Callable[[str], None] = lambda _text: None,
    ) -> None:
        self.home = home.absolute()
        self.log = log.absolute() if log else self.home.with_name("postgres.log")
        self._connections_max = connections_max
        self._settings = settings or {}
        self._say = say
        self._process: subprocess.Popen[bytes] | None = None
        self.sockets = self.home

    def url(self, database: str = "feira", user: str = "feira") -> str:
        """Where to connect. `feira` owns the database `feira` and no more; `postgres` may do everything."""
        return f"postgresql://{user}@/{database}?host={quote(str(self.sockets), safe='')}&port=5432"

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    async def start(self) -> None:
        """Return when it answers, however long its recovery takes; raises HostError."""
        account = account_for(self.home)
        programs = programs_for(account)
        try:
            self.trim_log()
            if not (self.home / "PG_VERSION").exists():
                await self._create(programs, account)
            self._check_version()
            self.sockets = _place_sockets(self.home, account)
            await end_leftovers(self.home, self.sockets, self._say)
            written = self.log.stat().st_size if self.log.exists() else 0
            process = self._process = self._spawn(programs, account)
        except OSError as failure:
            raise HostError(_sentence(self.home, failure.strerror or str(failure))) from failure
        try:
            await self._wait_ready(process, written)
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """End it in order: sessions are ended, everything is written. Twice is once."""
        process, self._process = self._process, None
        if process is None:
            return
        for number, patience_s in ((signal.SIGINT, STOP_TIMEOUT_S), (signal.SIGQUIT, QUIT_TIMEOUT_S)):
            if process.poll() is None:
                process.send_signal(number)
                if await _ended(process, patience_s):
                    break
        if process.poll() is None:
            process.kill()
            await _ended(process, QUIT_TIMEOUT_S)
        if self.sockets != self.home:
            with suppress(OSError):
                self.sockets.rmdir()

    async def wait_dead(self) -> None:
        """Return when it has ended, whyever."""
        while self._process is not None and self._process.poll() is None:
            await asyncio.sleep(POLL_S * 10)

    def trim_log(self) -> None:
        shorten(self.log)

    async def _create(self, programs: Path, account: Account | None) -> None:
        """Make the cluster beside its place and rename it when it is whole: a kill in between leaves only rubbish."""
        if shutil.disk_usage(self.home.parent).free < DISK_FREE_MIN:
            raise HostError(f"the disk that holds {self.home.parent} has less than {DISK_FREE_MIN >> 20} MB free")
        new = self.home.with_name(f"{self.home.name}.new")
        await _clear(new)
        new.mkdir(mode=0o700)
        if account:
            os.chown(new, account.uid, account.gid)
        options = "--username=postgres --auth-local=trust --auth-host=reject --encoding=UTF8 --no-locale"
        options += " --locale-provider=builtin --builtin-locale=C.UTF-8 --no-instructions"
        with _opened(new, account) as place:
            await self._run([programs / "initdb", *options.split(), "-D", place.name], place, account)
            single: list[str | Path] = [programs / "postgres", "--single", "-D", place.name, "postgres"]
            await self._run(single, place, account, SETUP)
        if self.home.exists():
            self.home.rmdir()  # An empty one is as good as none; anything else is not ours to remove.
        new.rename(self.home)

    async def _run(
        self, command: Sequence[str | Path], place: "_opened", account: Account | None, text: str = ""
    ) -> None:
        with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as given:
            given.write(text.encode())
            given.seek(0)
            process = _launched(command, place, account, signal.SIGKILL, given.fileno(), output.fileno())
            try:
                while process.poll() is None:
                    await asyncio.sleep(POLL_S)
            finally:
                if process.poll() is None:
                    process.kill()
                    process.wait()
            output.seek(0)
            if process.returncode != 0:
                raise HostError(_sentence(self.home, output.read().decode(errors="replace")))

    def _check_version(self) -> None:
        found = (self.home / "PG_VERSION").read_text().strip()
        if found != MAJOR:
            raise HostError(
                f"{self.home} was made by PostgreSQL {found} and this Feira brings {MAJOR}: "
                "export the data with the old one and import it into a new directory"
            )

    def _spawn(self, programs: Path, account: Account | None) -> subprocess.Popen[bytes]:
        settings = {
            **SETTINGS,
            "max_connections": str(self._connections_max + CONNECTIONS_SPARE),
            "cluster_name": mark(self.home),
            **self._settings,
        }
        with _opened(self.home, account) as place:
            sockets = place.name if self.sockets == self.home else str(self.sockets)
            command: list[str | Path] = [programs / "postgres", "-D", place.name, "-k", sockets]
            for name, value in settings.items():
                command += ["-c", f"{name}={value}"]
            log = os.open(self.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                return _launched(command, place, account, signal.SIGINT, subprocess.DEVNULL, log)
            finally:
                os.close(log)

    async def _wait_ready(self, process: "subprocess.Popen[bytes]", written: int) -> None:
        """`written` bytes of the log are of earlier runs."""
        began = said = time.monotonic()
        while not await answers_at(self.sockets):
            if process.poll() is not None:
                with self.log.open("rb") as log:
                    log.seek(max(written, self.log.stat().st_size - LOG_TAIL))
                    raise HostError(_sentence(self.home, log.read().decode(errors="replace")))
            if time.monotonic() - said > PROGRESS_EVERY_S:
                said = time.monotonic()
                self._say(
                    f"PostgreSQL is still coming up; after a crash that takes a while ({said - began:.0f} s so far)."
                )
            await asyncio.sleep(POLL_S)


class _opened:  # noqa: N801 - reads as the verb that it is.
    """A directory as another account may use it: by a file descriptor that the program inherits."""

    def __init__(self, path: Path, account: Account | None) -> None:
        self.files: tuple[int, ...] = ()
        self.name = str(path)
        if account and Path("/proc/self/fd").is_dir():
            self.files = (os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC),)
            self.name = f"/proc/self/fd/{self.files[0]}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_failure: object) -> None:
        for file in self.files:
            os.close(file)


def _launched(
    command: Sequence[str | Path], place: _opened, account: Account | None, death: int, given: int, output: int
) -> subprocess.Popen[bytes]:
    uid, gid = (account.uid, account.gid) if account else (-1, -1)
    prefix = [sys.executable, "-I", "-S", launch.__file__, str(os.getpid()), str(int(death)), str(uid), str(gid)]
    return subprocess.Popen(
        [*prefix, *map(str, command)],
        stdin=given,
        stdout=output,
        stderr=subprocess.STDOUT,
        pass_fds=place.files,
        cwd="/",
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
        start_new_session=True,
    )


async def _clear(place: Path) -> None:
    """Remove what a start that was killed has left. A program of it may still be ending, and remove its files itself."""
    until = time.monotonic() + QUIT_TIMEOUT_S
    while place.exists():
        try:
            shutil.rmtree(place)
        except OSError:
            if time.monotonic() > until:
                raise
            await asyncio.sleep(POLL_S)


async def _ended(process: "subprocess.Popen[bytes]", patience_s: float) -> bool:
    until = time.monotonic() + patience_s
    while process.poll() is None and time.monotonic() < until:
        await asyncio.sleep(POLL_S)
    return process.poll() is not None


async def answers_at(sockets: Path | str) -> bool:
    """Whether the PostgreSQL with its socket there takes connections. An error other than "not yet" is an answer too: it
    comes from a running server.
    """
    try:
        async with asyncio.timeout(2):
            reader, writer = await asyncio.open_unix_connection(Path(sockets) / SOCKET)
            try:
                startup = b"\0\3\0\0user\0postgres\0database\0postgres\0\0"
                writer.write(struct.pack("!i", len(startup) + 4) + startup)
                answer = await reader.read(1024)
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return False
    return answer[:1] == b"R" or (answer[:1] == b"E" and CANNOT_CONNECT_NOW not in answer)


def _place_sockets(home: Path, account: Account | None) -> Path:
    """The data directory itself; a private one below /tmp if its path is too long or its disk knows no sockets."""
    if _takes_sockets(home):
        return home
    place = Path("/tmp") / mark(home)  # noqa: S108 - its owner and mode are checked below.
    with suppress(FileExistsError):
        place.mkdir(mode=0o700)
        if account:
            os.chown(place, account.uid, account.gid)
    found = place.lstat()
    owner = account.uid if account else os.geteuid()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner or found.st_mode & 0o077:
        raise HostError(f"{place} is in the way: PostgreSQL's socket would have to go there, and it is not ours")
    return place


def _takes_sockets(home: Path) -> bool:
    path = str(home / SOCKET)
    if len(os.fsencode(path)) > SOCKET_PATH_MAX or set(path) & set(',"'):
        return False
    probe = home / ".s.probe"
    try:
        probe.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX) as trial:
            trial.bind(str(probe))
        probe.unlink()
    except OSError:
        return False
    return True


def _sentence(home: Path, text: str) -> str:
    """One sentence out of what a program or the system said."""
    lines = [line for line in text.splitlines() if line.strip()]
    if any("No space left on device" in line or "Disk quota exceeded" in line for line in lines):
        return f"the disk that holds {home} is full: free some space and start again"
    if any("Permission denied" in line or "Operation not permitted" in line for line in lines):
        return f"PostgreSQL may not use {home} (permission denied): give it to the account that runs Feira"
    for word in ("PANIC:", "FATAL:", "error:", "ERROR:"):
        for line in reversed(lines):
            if word in line:
                return f"PostgreSQL cannot start on {home}: {line.split(word, 1)[1].strip()}"
    said = [line.strip() for line in lines if "LOG:" not in line] or ["it ended without a word"]
    return f"PostgreSQL cannot start on {home}: {said[0].removeprefix('postgres: ')}"
