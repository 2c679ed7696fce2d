import os
import subprocess
import sys
from pathlib import Path

import pytest

from feira.host.datadir import BusyError, DataDir, Lock, Running
from feira.host.errors import HostError


def test_it_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    data = DataDir.open(tmp_path / "a" / ".feira")
    assert data.path.stat().st_mode & 0o077 == 0
    assert DataDir.open(data.path) == data
    assert data.postgres.parent == data.path
    assert data.postgres_log.parent.is_dir()


def test_what_cannot_be_used_is_told_in_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(HostError, match="not a directory"):
        DataDir.open(tmp_path / "file" / "x")
    monkeypatch.setattr(os, "access", lambda _path, _mode: False)
    with pytest.raises(HostError, match="belongs to another account"):
        DataDir.open(tmp_path)


def test_the_master_secret_is_made_once(tmp_path: Path) -> None:
    data = DataDir.open(tmp_path)
    secret = data.secret()
    assert len(bytes.fromhex(secret)) == 32
    assert data.secret() == secret
    assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600
    assert not list(tmp_path.glob(".secrets*"))


def test_of_two_who_make_the_secret_at_once_the_first_wins(tmp_path: Path) -> None:
    code = "import sys; from pathlib import Path; from feira.host.datadir import DataDir; print(DataDir.open(Path(sys.argv[1])).secret())"
    running = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        for _number in range(4)
    ]
    assert len({process.communicate(timeout=30)[0] for process in running}) == 1


@pytest.mark.parametrize("content", ["", "{}", '{"master": "xyz"}', '{"master": "abcd"}'])
def test_a_damaged_secret_is_never_replaced(tmp_path: Path, content: str) -> None:
    data = DataDir.open(tmp_path)
    (tmp_path / "secrets.json").write_text(content)
    with pytest.raises(HostError, match="damaged"):
        data.secret()
    assert (tmp_path / "secrets.json").read_text() == content


def test_a_secret_that_cannot_be_read(tmp_path: Path) -> None:
    data = DataDir.open(tmp_path)
    (tmp_path / "secrets.json").mkdir()
    with pytest.raises(HostError, match="is a directory"):
        data.secret()


def test_one_up_at_a_time(tmp_path: Path) -> None:
    data = DataDir.open(tmp_path)
    lock = data.lock_up()
    with pytest.raises(BusyError, match=rf"in use by another `feira up` \(process {os.getpid()}\)") as busy:
        data.lock_up()
    assert busy.value.pid == os.getpid()
    with pytest.raises(BusyError, match="in use by process"):
        Lock.take(tmp_path / "up.lock", shared=True)
    lock.release()
    lock.release()
    data.lock_up().release()


def test_a_lock_whose_holder_is_not_known_yet(tmp_path: Path) -> None:
    data = DataDir.open(tmp_path)
    lock = data.lock_postgres()
    (tmp_path / "postgres.lock").write_text("")
    with pytest.raises(BusyError, match="another process"):
        data.lock_postgres()
    lock.release()


def test_guests_share(tmp_path: Path) -> None:
    data = DataDir.open(tmp_path)
    first, second = data.lock_guests(shared=True), data.lock_guests(shared=True)
    with pytest.raises(BusyError):
        data.lock_guests(shared=False)
    first.release()
    second.release()
    data.lock_guests(shared=False).release()


def test_a_lock_that_cannot_be_had(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(HostError, match="cannot be opened"):
        Lock.take(tmp_path / "none" / "lock")

    def refuse(_file: int, _how: int) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr("fcntl.flock", refuse)
    with pytest.raises(HostError, match="put the data on a local disk"):
        Lock.take(tmp_path / "lock")


def test_where_postgres_runs(tmp_path: Path) -> None:
    data = DataDir.open(tmp_path)
    assert data.running() is None
    running = Running(pid=7, database_url="postgresql://x", sockets="/x")
    data.announce(running)
    data.announce(running)
    assert data.running() == running
    data.announce(None)
    data.announce(None)
    assert data.running() is None
    assert data.remembered() == {}
    data.remember({"port": 1})
    assert data.remembered() == {"port": 1}
    (tmp_path / "running.json").mkdir()
    with pytest.raises(HostError, match="cannot be written"):
        data.announce(running)
