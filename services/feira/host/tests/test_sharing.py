"""Commands and shops that want the same data at the same time."""

import asyncio
import os
from pathlib import Path

import pytest

from feira.host import sharing
from feira.host.datadir import BusyError, DataDir, Running
from feira.host.errors import HostError
from feira.host.sharing import database, owned


@pytest.fixture
def data(tmp_path: Path) -> DataDir:
    return DataDir.open(tmp_path / "data")


async def test_guests_are_waited_for_and_a_shop_waits_for_commands(
    data: DataDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sharing, "PATIENCE_S", 0.1)
    said: list[str] = []
    may_leave = asyncio.Event()
    there = asyncio.Event()
    order: list[str] = []

    async def guest() -> None:
        async with database(data, 10, said.append) as url:
            assert url == host_url
            there.set()
            await may_leave.wait()
            order.append("guest")

    async def shop() -> None:
        async with owned(data, 10, said.append):
            order.append("shop")

    async with database(data, 10, said.append) as host_url:
        staying = asyncio.create_task(guest())
        await asyncio.wait_for(there.wait(), 10)
        opening = asyncio.create_task(shop())
        asyncio.get_running_loop().call_later(0.5, may_leave.set)
        order.append("host")
    await asyncio.wait_for(asyncio.gather(staying, opening), 30)
    assert order == ["host", "guest", "shop"]
    assert f"Waiting for another `feira` command to end (process {os.getpid()}) …" in said
    assert "Waiting for other `feira` commands to end …" in said
    assert data.running() is None


async def test_a_command_that_fails_stops_what_it_started(data: DataDir) -> None:
    with pytest.raises(BusyError):
        async with database(data, 10, print):
            raise BusyError("no", None)
    async with database(data, 10, print) as url:
        assert url


async def test_one_that_does_not_answer_is_not_waited_for_for_ever(
    data: DataDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sharing, "JOIN_TIMEOUT_S", 0.3)
    lock = data.lock_postgres()
    data.announce(Running(pid=1, database_url="", sockets="/nowhere"))
    with pytest.raises(HostError, match="does not answer"):
        async with database(data, 10, print):
            pass
    guests = data.lock_guests(shared=False)
    with pytest.raises(HostError, match="does not answer"):
        async with database(data, 10, print):
            pass
    guests.release()
    monkeypatch.setattr(sharing, "COMMANDS_TIMEOUT_S", 0.2)
    with pytest.raises(BusyError):
        async with owned(data, 10, print):
            pass
    lock.release()
