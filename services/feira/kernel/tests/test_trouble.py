"""What goes on while a database is busy with something else, and what ends when it should."""

import asyncio
from collections.abc import Callable, Sequence

import asyncpg
import pytest

from feira.kernel import db as db_module
from feira.kernel import relay as relay_module
from feira.kernel.events import Record, tend_inbox
from feira.kernel.loops import for_ever
from feira.kernel.tests.test_events import Counted, _drained, _has, place_at, until
from feira.kernel.tests.test_events import schemas as schemas


async def test_a_locked_table_parks_no_event(schemas: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_module, "DELAY_S", 0.001)
    monkeypatch.setattr(relay_module, "TRIES_MAX", 3)
    monkeypatch.setattr(db_module, "LOCK_TIMEOUT_MS", 20)
    async with place_at(schemas) as place:
        stranger = await asyncpg.connect(schemas)
        async with stranger.transaction():
            await stranger.execute("lock table hearer.heard")
            await place.tell(Counted(name="a", version=1), Counted(name="b", version=1))

            async def tried_often() -> bool:
                return bool(await stranger.fetchval("select max(tries) >= 6 from bus.queue"))

            await until(tried_often)
            assert await place.parked() == []
        await stranger.close()
        await until(lambda: _drained(place))
        assert sorted(await place.heard()) == [("a", 1), ("b", 1)]
        assert await place.parked() == []


async def test_events_of_any_size_pass_a_few_at_a_time(schemas: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_module, "BYTES_MAX", 1_000)
    batches: list[int] = []
    async with place_at(schemas) as place:
        publish = place.bus.publish

        async def watched(records: Sequence[Record], wake: Callable[[str], None]) -> None:
            batches.append(len(records))
            await publish(records, wake)

        monkeypatch.setattr(place.bus, "publish", watched)
        names = [f"{n:02}" + "é" * 300 for n in range(10)] + ["x" * 3_000, "y"]
        await place.tell(*(Counted(name=name, version=1) for name in names))
        await until(lambda: _drained(place), 5)
        async with asyncio.timeout(5):
            while len(await place.heard()) < len(names):
                await asyncio.sleep(0.02)
    assert batches[:3] == [2, 2, 2]
    assert max(batches) == 2


async def test_the_inbox_is_not_blocked_behind_a_backup(schemas: str) -> None:
    async with place_at(schemas) as place:
        backup = await asyncpg.connect(schemas)
        async with backup.transaction():
            await backup.execute("lock table hearer.inbox, hearer.inbox_default in access share mode")
            async with asyncio.timeout(5):
                with pytest.raises(asyncpg.LockNotAvailableError):
                    await tend_inbox(place.db, None)
            await place.tell(Counted(name="a", version=1))
            await until(lambda: _has(place, [("a", 1)]), 3)
        await backup.close()
        await tend_inbox(place.db, None)


async def test_a_loop_ends_though_it_is_woken_at_that_moment() -> None:
    event = asyncio.Event()

    async def step() -> bool:
        await asyncio.sleep(0)
        return False

    task = asyncio.create_task(for_ever("t", event, step, 60))
    await asyncio.sleep(0.01)
    event.set()
    task.cancel()
    done, _ = await asyncio.wait({task}, timeout=1)
    task.cancel()
    assert done == {task}


async def test_while_clients_wait_events_are_heard_later_and_more_at_once(schemas: str) -> None:
    async with place_at(schemas) as place:
        batches: list[int] = []
        publish = place.bus.publish

        async def watched(records: Sequence[Record], wake: Callable[[str], None]) -> None:
            batches.append(len(records))
            await publish(records, wake)

        place.bus.publish = watched  # type: ignore[method-assign]
        place.clients = 1
        for version in range(1, 21):
            await place.tell(Counted(name="a", version=version))
        await until(lambda: _has(place, [("a", version) for version in range(1, 21)]))
        assert max(batches) > 1


async def test_connections_at_hand_are_lent_again_unless_they_died(schemas: str) -> None:
    db = await db_module.Db.open(schemas, "hearer", 3)

    async def pid() -> int:
        async with db.read() as tx:
            return int(await tx.fetchval("select pg_backend_pid()"))

    assert await pid() == await pid()
    stranger = await asyncpg.connect(schemas)
    await stranger.execute("select pg_terminate_backend($1)", await pid())
    await stranger.close()
    [gone] = db.at_hand
    async with asyncio.timeout(5):
        while db_module.stands(gone):
            await asyncio.sleep(0.01)
    assert await pid()
    assert len(await asyncio.gather(*(pid() for _ in range(20)))) == 20
    assert len(db.at_hand) <= db_module.AT_HAND_MAX

    async def fail() -> None:
        async with db.tx() as tx:
            await tx.execute("create table never (n int)")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    async with db.read() as tx:
        assert await tx.fetchval("select to_regclass('never')") is None
    assert db.pool.get_size() <= 3
    await db.close()
    assert db.at_hand == []
