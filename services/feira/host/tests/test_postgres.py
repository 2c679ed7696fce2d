"""The embedded PostgreSQL, for real: each test starts one on a directory of its own."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import asyncpg
import pytest

from feira.host import account, datadir, leftovers, postgres
from feira.host.errors import HostError
from feira.host.postgres import Postgres

STARTED_ALONE = """
import asyncio, sys, time
from pathlib import Path
from feira.host.postgres import Postgres
server = Postgres(Path(sys.argv[1]))
asyncio.run(server.start())
print(server.pid, server.url(), flush=True)
time.sleep(60)
"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cluster that was made once and stopped in order; tests work on copies."""
    home = tmp_path_factory.mktemp("cluster") / "postgres"
    server = Postgres(home)

    async def make() -> None:
        await server.start()
        await server.stop()

    asyncio.run(make())
    return home


@pytest.fixture
def home(cluster: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "postgres"
    shutil.copytree(cluster, copy)
    if os.geteuid() == 0:
        found = cluster.stat()
        for path in (copy, *copy.rglob("*")):
            os.chown(path, found.st_uid, found.st_gid)
    return copy


@pytest.fixture
async def server(home: Path) -> AsyncIterator[Postgres]:
    running = Postgres(home)
    await running.start()
    yield running
    await running.stop()


async def ask(server: Postgres, statement: str, user: str = "feira") -> object:
    connection = await asyncpg.connect(server.url(user=user))
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


async def until(true: Callable[[], bool], timeout_s: float = 10) -> None:
    async with asyncio.timeout(timeout_s):
        while not true():
            await asyncio.sleep(0.02)


def gone(pid: int) -> bool:
    """Whether it has ended, be it that nobody has asked how."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


def alone(home: Path) -> tuple["subprocess.Popen[str]", int]:
    """A process that runs PostgreSQL on its own; and the number of its PostgreSQL."""
    process = subprocess.Popen([sys.executable, "-c", STARTED_ALONE, str(home)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process.stdout:
        return process, int(process.stdout.readline().split()[0])


async def test_it_is_made_durable_and_private(server: Postgres) -> None:
    assert await ask(server, "select lower('AÇAÍ')") == "açaí"
    for name, value in {"fsync": "on", "synchronous_commit": "on", "listen_addresses": "", "timezone": "UTC"}.items():
        assert await ask(server, f"select current_setting('{name}')", "postgres") == value
    assert await ask(server, "select current_setting('max_connections')::int", "postgres") == 60
    assert await ask(server, "select not (rolsuper or rolcreatedb) from pg_roles where rolname = 'feira'") is True
    assert server.home.stat().st_mode & 0o077 == 0


async def test_what_was_committed_survives_a_kill_of_the_postmaster(server: Postgres) -> None:
    await ask(server, "create table kept as select 7 as it")
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)
    async with asyncio.timeout(10):
        await server.wait_dead()
    await server.start()
    assert await ask(server, "select it from kept") == 7


async def test_it_dies_with_its_parent_and_the_next_start_finds_all_well(home: Path) -> None:
    process, pid = alone(home)
    try:
        connection = await asyncpg.connect(Postgres(home).url())
        await connection.execute("create table kept as select 7 as it")
        await connection.close()
    finally:
        process.kill()
        process.wait()
    server = Postgres(home)
    await server.start()  # At once: the old one may still be writing its last checkpoint.
    try:
        assert await ask(server, "select it from kept") == 7
        assert gone(pid)
    finally:
        await server.stop()


@pytest.mark.parametrize("proc", ["/proc", "/nonexistent"])
async def test_one_that_was_left_behind_is_stopped(home: Path, proc: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where there is no /proc, as on macOS."""
    monkeypatch.setattr(leftovers, "_PROC", Path(proc))
    process, pid = alone(home)
    said: list[str] = []
    server = Postgres(home, say=said.append)
    try:
        process.send_signal(signal.SIGSTOP)  # Its PostgreSQL lives on.
        await server.start()
        assert server.pid != pid
        assert await ask(server, "select 1") == 1
        assert said
        await until(lambda: gone(pid))
    finally:
        await server.stop()
        process.kill()
        process.wait()


async def test_one_that_does_not_hear_is_killed(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leftovers, "ENDINGS", ((signal.SIGINT, 0.2), (signal.SIGKILL, 5.0)))
    process, pid = alone(home)
    server = Postgres(home)
    try:
        os.kill(pid, signal.SIGSTOP)
        await server.start()
        assert await ask(server, "select 1") == 1
    finally:
        await server.stop()
        process.kill()
        process.wait()


async def test_one_that_cannot_be_killed_is_told_of(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leftovers, "ENDINGS", ((signal.SIGCONT, 0.1),))
    process, _pid = alone(home)
    try:
        with pytest.raises(HostError, match="cannot be stopped"):
            await Postgres(home).start()
    finally:
        process.kill()
        process.wait()


async def test_a_pid_file_that_names_a_stranger_is_no_hindrance(home: Path) -> None:
    (home / "postmaster.pid").write_text(f"{os.getpid()}\n{home}\n1700000000\n5432\n{home}\n\n  1 1\nready\n")
    server = Postgres(home)
    await server.start()
    assert await ask(server, "select 1") == 1
    await server.stop()
    await server.stop()
    assert not (home / "postmaster.pid").exists()


async def test_a_path_too_long_for_a_socket(home: Path) -> None:
    deep = home.parent / ("x" * 80) / "postgres"
    deep.parent.mkdir()
    home.rename(deep)
    server = Postgres(deep)
    await server.start()
    assert await ask(server, "select 1") == 1
    place = Path("/tmp") / leftovers.mark(deep)
    assert place.stat().st_mode & 0o077 == 0
    await server.stop()
    assert not place.exists()


async def test_a_socket_directory_of_somebody_else_is_not_used(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "SOCKET_PATH_MAX", 10)
    place = Path("/tmp") / leftovers.mark(home)
    place.mkdir(mode=0o777)
    place.chmod(0o777)
    try:
        with pytest.raises(HostError, match="in the way"):
            await Postgres(home).start()
    finally:
        place.rmdir()


async def test_a_disk_without_sockets(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / ".s.probe").mkdir()  # What cannot be unlinked stands for what cannot be bound.
    server = Postgres(home)
    await server.start()
    assert server.url().count("%2Ftmp%2Ffeira-") == 1
    await server.stop()


async def test_a_kill_while_it_is_made_leaves_nothing_to_repair(tmp_path: Path) -> None:
    home = tmp_path / "postgres"
    (tmp_path / "postgres.new" / "base").mkdir(parents=True)
    home.mkdir()
    making = asyncio.create_task(Postgres(home).start())
    await until((tmp_path / "postgres.new" / "global").exists)
    making.cancel()
    with pytest.raises(asyncio.CancelledError):
        await making
    server = Postgres(home)
    await server.start()
    assert await ask(server, "select 1") == 1
    await server.stop()


async def test_what_a_killed_start_has_left_may_still_be_moving(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "postgres.new"
    place.mkdir()
    remove = shutil.rmtree
    tries: list[Path] = []

    def rmtree(path: Path) -> None:
        tries.append(path)
        if len(tries) < 3:
            raise FileNotFoundError("postmaster.pid")
        remove(path)

    monkeypatch.setattr(shutil, "rmtree", rmtree)
    await postgres._clear(place)
    assert tries == [place] * 3
    assert not place.exists()
    place.mkdir()
    tries.clear()
    monkeypatch.setattr(postgres, "QUIT_TIMEOUT_S", -1.0)
    with pytest.raises(FileNotFoundError):
        await postgres._clear(place)


async def test_another_version(home: Path) -> None:
    (home / "PG_VERSION").write_text("14\n")
    with pytest.raises(HostError, match="made by PostgreSQL 14 and this Feira brings 18"):
        await Postgres(home).start()


async def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "DISK_FREE_MIN", 1 << 60)
    with pytest.raises(HostError, match="MB free"):
        await Postgres(tmp_path / "postgres").start()


async def test_damage_is_told_in_one_sentence(home: Path) -> None:
    (home / "global" / "pg_control").unlink()
    with pytest.raises(HostError, match=r"^PostgreSQL cannot start on .*could not find the database system") as failure:
        await Postgres(home).start()
    assert "\n" not in str(failure.value)


async def test_a_directory_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(HostError, match="Not a directory"):
        await Postgres(tmp_path / "file" / "postgres").start()
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "something").touch()
    with pytest.raises(HostError, match="not empty"):
        await Postgres(tmp_path / "postgres").start()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("LOG: x\nFATAL:  could not write: No space left on device\n", "is full"),
        ("initdb: error: could not open: Permission denied\n", "permission denied"),
        ("what", "start on /x: what"),
        ("", "ended without a word"),
    ],
)
def test_sentences(text: str, sentence: str) -> None:
    assert sentence in postgres._sentence(Path("/x"), text)


async def test_recovery_is_waited_for_and_reported(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "PROGRESS_EVERY_S", 0.0)
    said: list[str] = []
    server = Postgres(home, say=said.append)
    await server.start()
    await server.stop()
    assert "still coming up" in said[0]


async def test_one_that_does_not_stop_is_killed(server: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "STOP_TIMEOUT_S", 0.1)
    monkeypatch.setattr(postgres, "QUIT_TIMEOUT_S", 0.1)
    assert server.pid is not None
    os.kill(server.pid, signal.SIGSTOP)
    await server.stop()
    assert server.pid is None


async def test_the_log_is_bounded(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datadir, "LOG_MAX", 100)
    server = Postgres(home)
    server.log.write_text("x" * 101)
    server.trim_log()
    assert server.log.stat().st_size == 0
    assert server.log.with_name("postgres.log.1").stat().st_size == 101


@pytest.mark.skipif(os.geteuid() != 0, reason="only root lends PostgreSQL an account")
class TestAsRoot:
    async def test_a_checkout_that_only_root_can_enter(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The wheel lies in a directory of mode 0700, as below /root: its programs are copied, once."""
        # Not below pytest's own directory, which every run of pytest closes to other accounts again.
        with tempfile.TemporaryDirectory() as place:
            await self._start_twice(Path(place), monkeypatch)

    async def _start_twice(self, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        private = place / "private"
        private.mkdir(mode=0o700)
        wheel = account._wheel()
        shutil.copytree(wheel, private / wheel.name, symlinks=True, ignore=shutil.ignore_patterns("include"))
        shutil.copytree(f"{wheel}.libs", private / f"{wheel.name}.libs")
        place.chmod(0o755)
        monkeypatch.setattr(account, "_wheel", lambda: private / wheel.name)
        monkeypatch.setattr(account, "SHELF", place / "shelf")
        server = Postgres(private / "data" / "postgres")
        server.home.parent.mkdir()
        copies = []
        for _time in range(2):
            await server.start()
            assert await ask(server, "select 1") == 1
            await server.stop()
            copies.append([(one.name, one.stat().st_ino) for one in (place / "shelf").iterdir()])
        assert copies[0] == copies[1]
        (copy,) = (place / "shelf").iterdir()
        assert copy.stat().st_mode & 0o777 == 0o755
        account._copy(private / wheel.name, copy)  # A second process that was slower is content with it.

    def test_no_way_to_run_it(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(account, "_can_run", lambda _programs, _account: False)
        monkeypatch.setattr(account, "SHELF", tmp_path / "shelf")
        with pytest.raises(HostError, match="can run it neither at"):
            account.programs_for(account.Account(65534, 65534))
        (tmp_path / "file").touch()
        monkeypatch.setattr(account, "SHELF", tmp_path / "file")
        with pytest.raises(HostError, match="no copy can be made"):
            account.programs_for(account.Account(65534, 65534))

    def test_a_missing_program_cannot_run(self, tmp_path: Path) -> None:
        assert account._can_run(tmp_path, account.Account(65534, 65534)) is False

    def test_the_account(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        os.chown(tmp_path, 12345, 12345)
        assert account.account_for(tmp_path) == account.Account(12345, 12345)
        monkeypatch.setattr(account, "_made", lambda _name: None)
        monkeypatch.setattr(account, "NAME", "nobody-of-that-name")
        assert account.account_for(tmp_path / "new") == account.Account(65534, account._known("nobody").pw_gid)  # type: ignore[union-attr]  # Every machine has it.
        monkeypatch.setattr(account, "_known", lambda _name: None)
        with pytest.raises(HostError, match="run Feira as an ordinary user"):
            account.account_for(tmp_path / "new")

    def test_a_machine_without_tools_makes_no_account(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for found in (None, "/nonexistent/tool", "/bin/false"):
            monkeypatch.setattr("shutil.which", lambda *_arguments, found=found, **_options: found)
            assert account._made("nobody-of-that-name") is None
        assert account._made("nobody") is not None


def test_without_the_wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(HostError, match="not installed"):
        account.programs_for(None)
