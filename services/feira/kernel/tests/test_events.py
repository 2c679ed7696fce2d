"""Outbox, bus, inbox and parking on a real PostgreSQL, with the loops that a worker runs."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

import asyncpg
import pytest

from feira.kernel import bus as bus_module
from feira.kernel import events as events_module
from feira.kernel import relay as relay_module
from feira.kernel import trace
from feira.kernel.bus import Bus, Leases, Queued
from feira.kernel.card import Card, Gauge, Job
from feira.kernel.db import LOST, Db, Tx
from feira.kernel.events import On, Record, emit, tend_inbox
from feira.kernel.ids import uuid7
from feira.kernel.loops import job_group, keep_tending, keep_working
from feira.kernel.message import Event, Heard
from feira.kernel.migrate import SQL, migrate
from feira.kernel.relay import Consumer, in_order, keep_consuming, keep_relaying, keep_trimming


class Counted(Event, frozen=True, kw_only=True):
    topic: ClassVar[str] = "test.counted.v1"
    name: str

    @property
    def key(self) -> str:
        return self.name


class Closed(Event, frozen=True, kw_only=True):
    topic: ClassVar[str] = "test.closed.v1"
    name: str

    @property
    def key(self) -> str:
        return self.name


class Hearer:
    """A service whose handlers write what they heard, and fail for the names in `poison`."""

    def __init__(self) -> None:
        self.poison: set[str] = set()
        self.worked = 0

    async def work(self) -> bool:
        self.worked += 1
        return self.worked < 3


async def _write(hearer: Hearer, tx: Tx, heard: Sequence[Heard[Any]], what: str) -> None:
    for one in heard:
        if one.event.name in hearer.poison:
            raise ValueError(f"{one.event.name} cannot be borne")
        await tx.execute(
            "insert into heard (what, name, version, request) values ($1, $2, $3, $4)",
            what,
            one.event.name,
            one.event.version,
            trace.headers(one.event.name).get(trace.REQUEST_ID),
        )


async def count_it(hearer: Hearer, tx: Tx, heard: Sequence[Heard[Counted]]) -> None:
    await _write(hearer, tx, heard, "counted")


async def note_it(hearer: Hearer, tx: Tx, heard: Sequence[Heard[Counted]]) -> None:
    for one in heard:
        await tx.execute("insert into heard (what, name, version) values ('noted', $1, $2)", one.event.name, 0)


async def close_it(hearer: Hearer, tx: Tx, heard: Sequence[Heard[Closed]]) -> None:
    await _write(hearer, tx, heard, "closed")


HANDLERS = (On(Counted, count_it), On(Counted, note_it), On(Closed, close_it))
TABLE = "create table heard (n bigint generated always as identity, what text, name text, version bigint, request text)"


@pytest.fixture
async def schemas(dsn: str, tmp_path: Path) -> str:
    home = tmp_path / "hearer" / "migrations"
    home.mkdir(parents=True)
    (home / "0001_heard.sql").write_text(TABLE)
    await migrate(dsn, "bus", [SQL / "bus"])
    await migrate(dsn, "teller", [SQL / "service"])
    await migrate(dsn, "hearer", [SQL / "service", home])
    return dsn


class Place:
    """One process's worth: a teller's relay and a hearer's consumer on one bus."""

    def __init__(self, teller: Db, hearer: Db, bus: Bus, leases: Leases) -> None:
        self.teller, self.db, self.bus, self.leases = teller, hearer, bus, leases
        self.service = Hearer()
        self.consumer = Consumer("hearer", self.service, hearer, bus, HANDLERS)
        self.clients = 0  # Who wait for us.

    def is_busy(self) -> bool:
        return self.clients > 0

    async def tell(self, *events: Event) -> None:
        async with self.teller.tx() as tx:
            await emit(tx, *events)

    async def heard(self, what: str = "counted") -> list[tuple[str, int]]:
        async with self.db.read() as tx:
            rows = await tx.fetch("select name, version from heard where what = $1 order by n", what)
        return [(row["name"], row["version"]) for row in rows]

    async def parked(self) -> list[asyncpg.Record]:
        async with self.db.read() as tx:
            return await tx.fetch("select * from parked order by id")


Open = Callable[..., Awaitable[Place]]


@asynccontextmanager
async def place_at(dsn: str, *, worker: int = 0, workers: int = 1) -> AsyncIterator[Place]:
    teller, hearer, bus_db = [await Db.open(dsn, schema, 3) for schema in ("teller", "hearer", "bus")]
    bus = Bus(bus_db, {Counted.topic: ["hearer"], Closed.topic: ["hearer"]})
    await bus.open()
    leases = Leases(dsn, worker=worker, workers=workers)
    place = Place(teller, hearer, bus, leases)
    tasks = [
        asyncio.create_task(keep_relaying("teller", teller, bus, leases, place.is_busy)),
        asyncio.create_task(keep_consuming(place.consumer, leases, place.is_busy)),
        asyncio.create_task(keep_trimming(bus, leases)),
        asyncio.create_task(leases.run()),
    ]
    try:
        yield place
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for db in (teller, hearer, bus_db):
            await db.close()


async def until(true: Callable[[], Awaitable[bool]], timeout_s: float = 15) -> None:
    async with asyncio.timeout(timeout_s):
        while not await true():
            await asyncio.sleep(0.02)


async def test_what_is_committed_is_heard_once_by_each_handler_in_order(schemas: str) -> None:
    async with place_at(schemas) as place:
        for version in range(1, 31):
            await place.tell(*(Counted(name=f"n{n}", version=version) for n in range(40)))

        async def all_heard() -> bool:
            return len(await place.heard()) == 1200 and len(await place.heard("noted")) == 1200

        await until(all_heard)
        for n in range(40):
            assert [v for name, v in await place.heard() if name == f"n{n}"] == list(range(1, 31))

        async def all_tidy() -> bool:
            async with place.teller.read() as tx:
                return await tx.fetchval("select count(*) from outbox") == 0 and await place.bus.waiting() == {}

        await until(all_tidy)


async def test_what_is_forgotten_while_it_is_taken_is_not_lost(schemas: str) -> None:
    """Others push an event out of what is remembered while a hearer waits for the rest of his."""
    db = await Db.open(schemas, "bus", 2)
    ours, theirs = (Bus(db, {Counted.topic: ["hearer"]}) for _ in range(2))
    await ours.open()
    records = [Record(uuid7(), Counted.topic, n, datetime.now(UTC), "{}", '{"name":"a","version":1}') for n in "ab"]
    await theirs.publish(records[:1], lambda _name: None)
    await ours.publish(records[1:], lambda _name: None)

    class Slow:
        def __init__(self, tx: Tx) -> None:
            self._tx = tx

        async def fetchrow(self, statement: str, *arguments: Any) -> asyncpg.Record | None:
            return await self._tx.fetchrow(statement, *arguments)

        async def fetch(self, statement: str, *arguments: Any) -> list[asyncpg.Record]:
            ours._recent.clear()
            return await self._tx.fetch(statement, *arguments)

    @asynccontextmanager
    async def read() -> AsyncIterator[Slow]:
        async with Db.read(db) as tx:
            yield Slow(tx)

    db.read = read  # type: ignore[method-assign, assignment]
    taken = await ours.take("hearer", range(16), 10, 1_000)
    assert [row.record.event_id for row in taken.rows] == [record.event_id for record in records]
    await db.close()


async def test_what_two_read_at_once_is_remembered_once(schemas: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bus_module, "RECENT_LENGTH_MAX", 100)
    db = await Db.open(schemas, "bus", 4)
    ours, theirs = (Bus(db, {Counted.topic: ["hearer", "other"]}) for _ in range(2))
    await ours.open()
    record = Record(uuid7(), Counted.topic, "a", datetime.now(UTC), "{}", '{"name":"a","version":1}')
    await theirs.publish([record], lambda _name: None)
    for _ in range(10):
        ours._recent.clear()
        ours._recent_length = 0
        took = await asyncio.gather(*(ours.take(name, range(16), 10, 1_000) for name in ("hearer", "other") * 2))
        assert {row.record.event_id for taken in took for row in taken.rows} == {record.event_id}
        assert ours._recent_length == len(record.payload)
    await db.close()


async def test_each_event_of_a_batch_keeps_the_trace_of_its_request(schemas: str) -> None:
    async with place_at(schemas) as place:
        traces = {name: trace.begin(f"request-{name}") for name in ("a", "b")}
        trace.clear()
        async with place.teller.tx() as tx:
            trace.belong(traces)
            await emit(tx, *(Counted(name=name, version=1) for name in ("a", "b", "c")))
        await until(lambda: _count(place, 3))
        async with place.db.read() as tx:
            heard = {
                row["name"]: row["request"]
                for row in await tx.fetch("select name, request from heard where what = 'counted'")
            }
        assert (heard["a"], heard["b"]) == ("request-a", "request-b")
        assert list(heard.values()).count(heard["c"]) == 1
        trace.belong({})


async def test_what_is_rolled_back_is_never_heard(schemas: str) -> None:
    async with place_at(schemas) as place:

        async def tell_and_fail() -> None:
            async with place.teller.tx() as tx:
                await emit(tx, Counted(name="a", version=1))
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await tell_and_fail()
        await place.tell(Counted(name="b", version=1))
        await until(lambda: _has(place, [("b", 1)]))
        await place.tell()
        assert await place.heard() == [("b", 1)]


async def _has(place: Place, what: list[tuple[str, int]], kind: str = "counted") -> bool:
    return await place.heard(kind) == what


async def test_a_repeated_delivery_has_no_effect(schemas: str) -> None:
    async with place_at(schemas) as place:
        record = Record(uuid7(), Counted.topic, "a", datetime.now(UTC), "{}", '{"name":"a","version":1}')
        for _ in range(3):
            await place.bus.publish([record, record], place.leases.wake)
        await until(lambda: _drained(place))
        assert await place.heard() == [("a", 1)]


async def _parked(place: Place, number: int) -> bool:
    return len(await place.parked()) == number


async def _drained(place: Place) -> bool:
    return not await place.bus.waiting()


async def test_a_poison_event_is_parked_and_blocks_no_other_key(schemas: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_module, "DELAY_S", 0.001)
    async with place_at(schemas) as place:
        place.service.poison = {"bad"}
        await place.tell(
            Counted(name="bad", version=1), Counted(name="good", version=1), Counted(name="bad", version=2),
            Closed(name="bad", version=3),
        )  # fmt: skip
        await until(lambda: _parked(place, 3), 30)
        await until(lambda: _drained(place))
        assert await place.heard() == [("good", 1)]
        # The other handler of the same events is not held up.
        assert Counter(await place.heard("noted")) == {("bad", 0): 2, ("good", 0): 1}
        first, *rest = await place.parked()
        assert first["error"] == "ValueError: bad cannot be borne"
        assert [row["handler"] for row in rest] == ["count_it", "close_it"]
        assert "waits behind" in rest[0]["error"]

        with pytest.raises(LookupError, match="replay that first"):
            await place.consumer.replay(rest[0]["id"])
        with pytest.raises(ValueError, match="cannot be borne"):
            await place.consumer.replay(first["id"])
        place.service.poison = set()
        assert await place.consumer.replay(first["id"]) == "count_it"
        await place.tell(Counted(name="bad", version=4))  # Arrives while an earlier one is still parked.
        await until(lambda: _parked(place, 3))
        for row in await place.parked():
            await place.consumer.replay(row["id"])
        assert [v for name, v in await place.heard() if name == "bad"] == [1, 2, 4]
        assert await place.heard("closed") == [("bad", 3)]
        with pytest.raises(LookupError, match="no parked event"):
            await place.consumer.replay(first["id"])
        await place.tell(Counted(name="bad", version=5))
        await until(lambda: _has(place, [("good", 1), *[("bad", n) for n in (1, 2, 4, 5)]]))


async def test_an_event_that_cannot_be_read_is_parked(schemas: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_module, "DELAY_S", 0.001)
    async with place_at(schemas) as place:
        record = Record(uuid7(), Counted.topic, "a", datetime.now(UTC), "{}", '{"name":7,"version":1}')
        await place.bus.publish([record], place.leases.wake)
        await until(lambda: _drained(place))
        assert "ValidationError" in (await place.parked())[0]["error"]


async def test_two_processes_share_the_work_and_one_takes_over(schemas: str) -> None:
    async with place_at(schemas, worker=0, workers=2) as first:
        async with place_at(schemas, worker=1, workers=2) as second:

            async def shared() -> bool:
                return all(any(place.leases.holds(f"relay:teller:{n}") for n in range(16)) for place in (first, second))

            await until(shared)
            await first.tell(*(Counted(name=f"n{n}", version=1) for n in range(100)))
            await until(lambda: _count(first, 100))
        await first.tell(*(Counted(name=f"n{n}", version=2) for n in range(100)))
        await until(lambda: _count(first, 200), 20)
        assert set(Counter(await first.heard()).values()) == {1}


async def _count(place: Place, number: int) -> bool:
    return len(await place.heard()) == number


async def test_the_bus_survives_the_loss_of_its_connections(schemas: str) -> None:
    async with place_at(schemas) as place:
        await place.tell(Counted(name="a", version=1))
        await until(lambda: _has(place, [("a", 1)]))
        connection = await asyncpg.connect(schemas)
        await connection.fetch(
            "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()"
        )
        await connection.close()
        for tries in range(20):
            try:
                await place.tell(Counted(name="a", version=2))
                break
            except LOST:
                await asyncio.sleep(0.05 * tries)
        await until(lambda: _has(place, [("a", 1), ("a", 2)]))


async def test_the_inbox_keeps_its_days(schemas: str) -> None:
    async with place_at(schemas) as place:
        old = datetime.now(UTC) - timedelta(days=30)
        long_ago = UUID(int=(int(old.timestamp() * 1000) << 80) | 7 << 76 | 2 << 62)
        async with place.db.tx() as tx:
            await tx.execute(
                f"create table inbox_{old:%Y%m%d} partition of inbox for values from ('{old:%Y-%m-%d}') to ('{old + timedelta(days=1):%Y-%m-%d}')"
            )
            record = Record(long_ago, "t", "k", old, "{}", "{}")
            assert await events_module.remember(tx, "h", [record]) == ({long_ago}, set())
            today = Record(uuid7(), "t", "k", datetime.now(UTC), "{}", "{}")  # Comes before its day has a partition.
            assert await events_module.remember(tx, "h", [today]) == ({today.event_id}, set())
        await tend_inbox(place.db, old)
        async with place.db.tx() as tx:
            assert await events_module.remember(tx, "h", [record]) == (set(), set())  # Still queued somewhere: kept.
        await tend_inbox(place.db, None)
        await tend_inbox(place.db, None)
        async with place.db.tx() as tx:
            assert await events_module.remember(tx, "h", [today]) == (set(), set())
            names = [
                row["c"]
                for row in await tx.fetch(
                    "select inhrelid::regclass::text c from pg_inherits where inhparent = 'inbox'::regclass order by 1"
                )
            ]
        assert f"inbox_{old:%Y%m%d}" not in names
        assert f"inbox_{datetime.now(UTC):%Y%m%d}" in names


async def test_a_job_is_run_by_its_lease_and_again_while_there_is_more(schemas: str) -> None:
    async with place_at(schemas) as place:
        job = Job("work", Hearer.work, every_s=60)
        card = Card(name="hearer", home=Path(), build=Hearer, jobs=(job,))
        task = asyncio.create_task(keep_working(card, job, place.service, place.leases))

        async def worked() -> bool:
            return place.service.worked == 3

        await until(worked)
        place.leases.wake(job_group("hearer", "work"))

        async def again() -> bool:
            return place.service.worked == 4

        await until(again)
        task.cancel()


async def test_the_numbers_of_a_service_are_told(schemas: str) -> None:
    async with place_at(schemas) as place:

        async def gauges(_hearer: Hearer) -> Sequence[Gauge]:
            return [Gauge("feira_test_things", "Things.", {"state": "new"}, 3)]

        card = Card(name="hearer", home=Path(), build=Hearer, gauges=gauges)
        task = asyncio.create_task(keep_tending(card, place.service, place.db, place.bus, place.leases))

        async def told() -> bool:
            from feira.kernel import metrics  # noqa: PLC0415

            return b'feira_test_things{state="new"} 3.0' in metrics.render()

        await until(told)
        task.cancel()


def test_rows_of_one_key_keep_their_order_whatever_their_topics() -> None:
    def row(number: int, topic: str, key: str) -> Queued:
        return Queued(number, Record(uuid7(), topic, key, datetime.now(UTC), "{}", "{}"), 0)

    rows = [row(1, "a", "x"), row(2, "b", "x"), row(3, "a", "y"), row(4, "a", "x"), row(5, "b", "y"), row(6, "a", "y")]
    runs = [(topic, [queued.id for queued in run]) for topic, run in in_order(rows)]
    assert runs == [("a", [1, 3]), ("b", [2, 5]), ("a", [4, 6])]
