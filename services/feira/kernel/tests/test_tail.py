"""The tail of the log: what every process may follow, from now on, and how it learns that it has missed something."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from typing import Any, ClassVar

import pytest

from feira.kernel import bus as bus_module
from feira.kernel import tail as tail_module
from feira.kernel.bus import TAIL, Bus, Leases
from feira.kernel.db import Db
from feira.kernel.events import Record
from feira.kernel.ids import uuid7
from feira.kernel.message import Event, Heard
from feira.kernel.migrate import SQL, migrate
from feira.kernel.relay import keep_following
from feira.kernel.tail import Tail


class Rung(Event, frozen=True, kw_only=True):
    topic: ClassVar[str] = "test.rung.v1"
    name: str

    @property
    def key(self) -> str:
        return self.name


class Cracked(Rung, frozen=True, kw_only=True):
    topic: ClassVar[str] = "test.cracked.v1"


class Unheard(Rung, frozen=True, kw_only=True):
    topic: ClassVar[str] = "test.unheard.v1"


def record(name: str, kind: type[Event] = Rung, payload: str = "") -> Record:
    text = payload or f'{{"name":"{name}","version":1}}'
    return Record(uuid7(), kind.topic, name, datetime.now(UTC), "{}", text)


@pytest.fixture
async def bus(dsn: str) -> AsyncIterator[Bus]:
    await migrate(dsn, "bus", [SQL / "bus"])
    db = await Db.open(dsn, "bus", 4)
    made = Bus(db, {Rung.topic: ["ringer"], Cracked.topic: []})
    await made.open()
    yield made
    await db.close()


class Ear:
    """Writes down what it hears, and fails for what is named `bad`."""

    def __init__(self) -> None:
        self.heard: list[str | None] = []
        self.numbers: list[int] = []

    def __call__(self, rows: Sequence[tuple[int, Heard[Any]]] | None) -> None:
        if rows is None:
            self.heard.append(None)
            return
        if any(heard.event.name == "bad" for _, heard in rows):
            raise ZeroDivisionError
        self.heard.extend(heard.event.name for _, heard in rows)
        self.numbers.extend(number for number, _ in rows)


async def caught_up(tail: Tail, bus: Bus) -> None:
    while await tail.step(bus):
        pass


async def published(bus: Bus, *records: Record) -> None:
    await bus.publish(records, lambda _group: None)


async def test_what_comes_is_heard_by_all_who_follow_and_by_nobody_else(bus: Bus) -> None:
    tail, ours, theirs = Tail(), Ear(), Ear()
    await published(bus, record("before"))
    assert not await tail.step(bus)  # Nobody follows: nothing is read.
    stop = tail.follow([Rung], ours)
    await caught_up(tail, bus)
    await published(bus, record("a"), record("b", Cracked), record("c", Unheard))
    tail.follow([Rung, Cracked], theirs)  # From where all are just now.
    await caught_up(tail, bus)
    assert ours.heard == [None, "a"]
    assert theirs.heard == [None, "a", "b"]
    assert theirs.numbers == sorted(theirs.numbers)
    stop()
    stop()
    await published(bus, record("d"))
    await caught_up(tail, bus)
    assert ours.heard == [None, "a"]
    assert theirs.heard[-1] == "d"


async def test_a_long_tail_is_read_in_parts(bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tail_module, "ROWS_MAX", 2)
    tail, ear = Tail(), Ear()
    tail.follow([Rung], ear)
    await tail.step(bus)
    await published(bus, *(record(name) for name in "abcde"))
    bus._recent.clear()  # As in a process that did not publish it.
    bus._recent_length = 0
    assert await tail.step(bus)
    assert ear.heard == [None, "a", "b"]
    monkeypatch.setattr(bus_module, "RECENT_LENGTH_MAX", 1)  # One at a time, however long.
    assert await tail.step(bus)
    assert ear.heard == [None, "a", "b", "c"]
    await caught_up(tail, bus)
    assert ear.heard == [None, *"abcde"]


async def test_who_fails_is_told_that_it_missed_something_and_nobody_else_is(bus: Bus) -> None:
    tail, good, bad = Tail(), Ear(), Ear()
    tail.follow([Cracked], good)
    tail.follow([Rung], bad)
    await caught_up(tail, bus)
    await published(bus, record("bad"), record("a", Cracked))
    await caught_up(tail, bus)
    await published(bus, record("b"), record("c", payload="{}"), record("d", Cracked))  # One cannot be read at all.
    await caught_up(tail, bus)
    await caught_up(tail, bus)
    assert good.heard == [None, "a", "d"]
    assert bad.heard == [None, None, None]


async def test_who_was_away_for_long_is_told(bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    tail, ear = Tail(), Ear()
    tail.follow([Rung], ear)
    await caught_up(tail, bus)
    await published(bus, record("lost"))
    monkeypatch.setattr(tail_module, "LATE_MAX_S", 0.0)
    assert await tail.step(bus)
    monkeypatch.undo()
    await caught_up(tail, bus)
    await published(bus, record("a"))
    await caught_up(tail, bus)
    assert ear.heard == [None, None, "a"]


async def test_the_log_keeps_for_a_while_what_all_have_passed(bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bus_module, "BEAT_S", 0.0)

    async def rows() -> list[str]:
        async with bus._db.read() as tx:
            return [row["key"] for row in await tx.fetch("select key from log order by id")]

    await published(bus, record("a"), record("b"))
    await bus.advance("ringer", range(16), 2)
    assert not await bus.trim(10)
    assert await rows() == ["a", "b"]
    monkeypatch.setattr(bus_module, "KEPT_S", 0.0)
    await published(bus, record("c"))
    assert await bus.trim(1)
    assert not await bus.trim(2)
    assert await rows() == ["c"]  # It has been there for long enough, but is not yet heard.
    assert [count for count, _ in (await bus.waiting()).values()] == [1]
    await bus.advance("ringer", range(16), 3)
    await bus.trim(10)
    assert (await rows(), await bus.end()) == ([], 3)  # Numbers go on where they were.


@asynccontextmanager
async def following(dsn: str, bus: Bus, *, alone: bool) -> AsyncIterator[tuple[Leases, Ear]]:
    """One process that follows, and its leases."""
    tail, ear, leases = Tail(), Ear(), Leases(dsn, alone=alone)
    tail.follow([Rung], ear)
    tasks = [asyncio.create_task(one) for one in (keep_following(tail, bus, leases), leases.run())]
    try:
        async with asyncio.timeout(10):
            while not ear.heard:
                await asyncio.sleep(0.01)
        yield leases, ear
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@pytest.mark.parametrize("alone", [True, False])
async def test_all_processes_are_woken(dsn: str, bus: Bus, alone: bool) -> None:
    async with AsyncExitStack() as stack:
        places = [await stack.enter_async_context(following(dsn, bus, alone=alone)) for _ in range(1 if alone else 2)]
        leases = places[0][0]
        await bus.publish([record("a")], leases.wake)
        async with asyncio.timeout(10):
            while any(ear.heard != [None, "a"] for _, ear in places):
                await asyncio.sleep(0.01)
        assert leases._whole(TAIL) is alone
