"""The data directory: what a shop keeps on its own machine, and who is using it.

postgres/        PostgreSQL's own
logs/            postgres.log and web.log, and of each the one before it
secrets.json     the master secret
shop.json        what the last start was told
search/  media/  the search index, and the pictures that staff sent: the catalogue's own
running.json     where the PostgreSQL that runs on it can be reached
up.lock  postgres.lock  guests.lock
"""

import contextlib
import fcntl
import os
import secrets
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import msgspec

from feira.host.errors import HostError

SECRET_BYTES = 32
PID_DIGITS_MAX = 20
LOG_MAX = 10 * 1024 * 1024


class BusyError(HostError):
    """Another process holds the lock; `pid` is its number, if it has written it already."""

    def __init__(self, sentence: str, pid: int | None) -> None:
        super().__init__(sentence)
        self.pid = pid


class Lock:
    """A file that one process holds, or several share. The kernel lets go of it when the process ends, however it ends."""

    def __init__(self, path: Path, file: int) -> None:
        self.path = path
        self._file = file

    @classmethod
    def take(cls, path: Path, *, shared: bool = False) -> Self:
        """Hold it at once; raises BusyError."""
        try:
            file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as failure:
            raise HostError(f"{path} cannot be opened: {failure.strerror}") from failure
        try:
            fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = _pid(file)
            os.close(file)
            who = f"process {pid}" if pid else "another process"
            raise BusyError(f"the data directory {path.parent} is in use by {who}", pid) from None
        except OSError as failure:
            os.close(file)
            raise HostError(f"{path} cannot be locked ({failure.strerror}): put the data on a local disk") from failure
        if not shared:
            os.ftruncate(file, 0)
            os.pwrite(file, f"{os.getpid()}\n".encode(), 0)
        return cls(path, file)

    def release(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def shorten(log: Path) -> None:
    """Keep a log and the one before it, each below a bound. Whoever writes it appends, and so need not know."""
    if log.exists() and log.stat().st_size > LOG_MAX:
        shutil.copyfile(log, log.with_name(f"{log.name}.1"))
        os.truncate(log, 0)


def _pid(file: int) -> int | None:
    text = os.pread(file, PID_DIGITS_MAX, 0).strip()
    return int(text) if text.isdigit() else None


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """Where the PostgreSQL of a data directory can be reached by other processes of this machine."""

    pid: int
    database_url: str
    sockets: str  # The directory of its Unix socket.


class _Secrets(msgspec.Struct, frozen=True):
    master: str


@dataclass(frozen=True)
class DataDir:
    path: Path

    @classmethod
    def open(cls, path: Path) -> Self:
        """The directory, made if need be, readable by its owner alone."""
        path = path.expanduser().absolute()
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            (path / "logs").mkdir(mode=0o700, exist_ok=True)
        except OSError as failure:
            raise HostError(f"the data directory {path} cannot be used: {_reason(failure)}") from failure
        if not os.access(path, os.R_OK | os.W_OK | os.X_OK):
            raise HostError(f"the data directory {path} cannot be used: it belongs to another account")
        return cls(path)

    @property
    def postgres(self) -> Path:
        return self.path / "postgres"

    @property
    def postgres_log(self) -> Path:
        return self.path / "logs" / "postgres.log"

    @property
    def web_log(self) -> Path:
        return self.path / "logs" / "web.log"

    def lock_up(self) -> Lock:
        """Held for as long as `feira up` runs: of those there is one."""
        try:
            return Lock.take(self.path / "up.lock")
        except BusyError as busy:
            who = f" (process {busy.pid})" if busy.pid else ""
            raise BusyError(f"the data directory {self.path} is in use by another `feira up`{who}", busy.pid) from None

    def lock_postgres(self) -> Lock:
        """Held by the process whose child PostgreSQL is."""
        return Lock.take(self.path / "postgres.lock")

    def lock_guests(self, *, shared: bool) -> Lock:
        """Shared by those who use another process's PostgreSQL; whoever wants to stop it needs it alone."""
        return Lock.take(self.path / "guests.lock", shared=shared)

    def secret(self) -> str:
        """The master secret in hexadecimal: made on first use, and never again."""
        path = self.path / "secrets.json"
        try:
            if not path.exists():
                kept = _Secrets(master=secrets.token_hex(SECRET_BYTES))
                _write(path, msgspec.json.encode(kept), replace=False)
            master = msgspec.json.decode(path.read_bytes(), type=_Secrets).master
            whole = len(bytes.fromhex(master)) == SECRET_BYTES
        except OSError as failure:
            raise HostError(f"{path} cannot be used: {_reason(failure)}") from failure
        except (msgspec.DecodeError, ValueError) as failure:
            raise HostError(f"{path} is damaged: put back a copy of it") from failure
        if not whole:
            raise HostError(f"{path} is damaged: put back a copy of it")
        return master

    def remembered(self) -> dict[str, Any]:
        """What the last `feira up` noted; empty if there was none."""
        try:
            return msgspec.json.decode((self.path / "shop.json").read_bytes(), type=dict[str, Any])
        except (OSError, msgspec.DecodeError):
            return {}

    def remember(self, what: dict[str, Any]) -> None:
        self._put("shop.json", what)

    def running(self) -> Running | None:
        """Who says to run PostgreSQL here; it may have died since."""
        try:
            return msgspec.json.decode((self.path / "running.json").read_bytes(), type=Running)
        except (OSError, msgspec.DecodeError):
            return None

    def announce(self, running: Running | None) -> None:
        """Tell other processes where PostgreSQL is, or that it is gone."""
        if running is None:
            with contextlib.suppress(OSError):  # Whoever reads it asks whether PostgreSQL answers.
                (self.path / "running.json").unlink()
        else:
            self._put("running.json", running)

    def _put(self, name: str, content: object) -> None:
        try:
            _write(self.path / name, msgspec.json.encode(content), replace=True)
        except OSError as failure:
            raise HostError(f"{self.path / name} cannot be written: {_reason(failure)}") from failure


def _reason(failure: OSError) -> str:
    return (failure.strerror or str(failure)).lower()


def _write(path: Path, content: bytes, *, replace: bool) -> None:
    """Write a file that is there whole or not at all, also after a power cut; without `replace` the first one stays."""
    file, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # Only the owner may read it.
    scratch = Path(name)
    try:
        with os.fdopen(file, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        if replace:
            scratch.replace(path)
        else:
            with contextlib.suppress(FileExistsError):
                path.hardlink_to(scratch)
        directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
    finally:
        scratch.unlink(missing_ok=True)
