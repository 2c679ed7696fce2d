"""The bus on PostgreSQL: a log that each consumer reads, leases on a connection of their own, and wake-up calls.

One bus serves one process, several workers and several machines alike. Another carrier needs the same face. Consumers
have a place in the log; who needs none, such as a cache, follows its tail: see `kernel.tail`.
"""

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import msgspec

from feira.kernel import logs
from feira.kernel.db import ACQUIRE_TIMEOUT_S, LOST, Db, session
from feira.kernel.events import PARTITIONS, Record

CHANNEL = "feira_bus"
SCHEMA = "bus"
TAIL = "tail"  # The group of those who follow the log without a place in it.
KEPT_S = 10.0  # How long the log keeps at least what came last, for them.
BEAT_S = 1.0  # How often leases are sought, and how long a lost wake-up can delay anything.
WAKES_MAX = 4_000  # Characters of names in one NOTIFY, whose payload is limited to 8,000 bytes.
RECENT_LENGTH_MAX = 4 << 20  # Characters of payloads that are remembered.
COUNTED_MAX = 100_000  # Rows that the numbers about a backlog are reckoned from.
LEASE_GRACE_BEATS = 3  # How long a lease is left to the worker that should have it.

_log = logs.logger("bus")


class Queued(msgspec.Struct, frozen=True, gc=False):
    """A record on its way to a consumer, with how often it failed."""

    id: int
    record: Record
    tries: int = 0


class Taken(msgspec.Struct, frozen=True):
    """What a consumer has before it: `rows` of the log that it hears, the last number that it has seen of the log, whether
    there may be more, and whether it has set rows aside.
    """

    rows: list[Queued]
    upto: int | None
    more: bool
    aside: bool


class Bus:
    """A log that all consumers read, each from its own place. `consumers` tells who hears a topic: all that are known,
    whether they run here or not. What a consumer cannot handle now is set aside in a queue of its own.
    """

    def __init__(self, db: Db, consumers: Mapping[str, Sequence[str]]) -> None:
        self._db = db
        self._consumers = consumers
        self._recent: OrderedDict[int, Record] = OrderedDict()  # Of a dict, the first key is dear to find.
        self._recent_length = 0
        self._ends: deque[tuple[float, int]] = deque()  # Where the log ended, and when: for the last KEPT_S.
        self._topics: dict[str, list[str]] = {}
        for topic, names in consumers.items():
            for name in names:
                self._topics.setdefault(name, []).append(topic)

    async def open(self) -> None:
        """Give each consumer its place in the log: nothing is dropped that one of them has not passed."""
        places = [(name, partition) for name in self._topics for partition in range(PARTITIONS)]
        async with self._db.read() as tx:
            await tx.execute(
                """insert into offsets (consumer, partition, after)
                   select c, p, 0 from unnest($1::text[], $2::smallint[]) as e(c, p) order by c, p on conflict do nothing""",
                [name for name, _ in places],
                [partition for _, partition in places],
            )

    async def publish(self, records: Sequence[Record], wake: Callable[[str], None]) -> None:
        """Append the records that somebody hears to the log, in order.

        One publisher at a time, until its commit: so numbers become visible in their order, and who reads from behind a
        number misses nothing.
        """
        rows = [record for record in records if record.topic in self._consumers]
        if not rows:
            return
        async with self._db.read() as tx:
            numbers = await tx.fetch(
                """with alone as materialized (select pg_advisory_xact_lock(hashtextextended('feira bus log', 0)))
                   insert into log (partition, length, event_id, topic, key, at, headers, payload)
                   select p, length(b), i, t, k, a, h, b
                   from alone, unnest($1::smallint[], $2::uuid[], $3::text[], $4::text[], $5::timestamptz[], $6::text[],
                                      $7::text[]) with ordinality as e(p, i, t, k, a, h, b, n) order by n
                   returning id""",
                *_columns(rows),
            )
        self._remember(zip([row["id"] for row in numbers], rows, strict=True))
        for consumer in {name for topic in {record.topic for record in rows} for name in self._consumers[topic]}:
            wake(f"consume:{consumer}")
        wake(TAIL)

    def _remember(self, numbered: Iterable[tuple[int, Record]]) -> None:
        """What passes here is wanted by several hearers, mostly at once: it is read, and understood, only once."""
        for number, record in numbered:
            if self._recent.setdefault(number, record) is record:  # Two may have read it at the same time.
                self._recent_length += len(record.payload)
        while self._recent_length > RECENT_LENGTH_MAX:
            self._recent_length -= len(self._recent.popitem(last=False)[1].payload)

    async def take(self, consumer: str, partitions: Sequence[int], rows_max: int, length_max: int) -> Taken:
        """The next rows of these partitions that the consumer hears. The first may be of any size."""
        behind = """id > (select min(after) from offsets where consumer = $4 and partition = any($5::smallint[]))
                    and id > (select array_agg(case when partition = any($5::smallint[]) then after
                                                    else 9223372036854775807 end order by partition)
                              from offsets where consumer = $4)[partition + 1]"""
        return await self._next(behind, self._topics.get(consumer, []), rows_max, length_max, consumer, partitions)

    async def read(self, after: int, topics: Sequence[str], rows_max: int) -> Taken:
        """The next rows of these topics behind a number, for who has no place in the log."""
        return await self._next("id > $6", topics, rows_max, RECENT_LENGTH_MAX, "", [], after)

    async def end(self) -> int:
        """The last number that the log has had: what comes later has a greater one. What was dropped somebody has passed."""
        async with self._db.read() as tx:
            return int(await tx.fetchval(
                "select greatest((select max(id) from log), (select max(after) from offsets), 0)"
            ))  # fmt: skip

    async def _next(self, behind: str, topics: Sequence[str], rows_max: int, length_max: int, *values: Any) -> Taken:
        async with self._db.read() as tx:
            row = await tx.fetchrow(
                f"""select max(id) as upto, coalesce(count(*) < max(total) or max(total) >= $1, false) as more,
                           coalesce(array_agg(id order by id) filter (where topic = any($2::text[])), '{{}}') as numbers,
                           exists (select from queue where consumer = $4 and partition = any($5::smallint[])) as aside
                    from (select id, topic, count(*) over () as total, sum(length) over (order by id) - length as before
                          from (select id, topic, length from log where {behind} order by id limit $1) as l) as measured
                    where before < $3""",
                rows_max,
                topics,
                length_max,
                *values,
            )
            assert row is not None  # noqa: S101 - aggregates always answer a row.
            numbers = row["numbers"]
            # Held on to before anything is waited for: meanwhile others may push them out of what is remembered.
            found = {number: self._recent[number] for number in numbers if number in self._recent}
            if unknown := [number for number in numbers if number not in found]:
                read = await tx.fetch(
                    "select id, event_id, topic, key, at, headers, payload from log where id = any($1::bigint[])",
                    unknown,
                )
                found |= {row["id"]: record_of(row) for row in read}
                self._remember((number, found[number]) for number in unknown if number in found)
        rows = [Queued(number, found[number]) for number in numbers if number in found]  # A tail may be late for some.
        return Taken(rows, row["upto"], row["more"], row["aside"])

    async def advance(
        self,
        consumer: str,
        partitions: Sequence[int],
        upto: int,
        failed: Sequence[tuple[Queued, float]] = (),
    ) -> None:
        """All up to this number is done with, but for the failed, which are set aside for so many seconds each."""
        async with self._db.tx() if failed else self._db.read() as tx:
            if failed:
                await tx.execute(
                    """insert into queue (consumer, partition, event_id, topic, key, at, headers, payload, tries, not_before)
                       select $1, p, i, t, k, a, h, b, case when w > 0 then 1 else 0 end,
                              case when w > 0 then now() + w * interval '1 second' end
                       from unnest($2::smallint[], $3::uuid[], $4::text[], $5::text[], $6::timestamptz[], $7::text[],
                                   $8::text[], $9::float8[]) with ordinality as e(p, i, t, k, a, h, b, w, n) order by n""",
                    consumer,
                    *_columns([row.record for row, _ in failed]),
                    [wait_s for _, wait_s in failed],
                )
            await tx.execute(
                "update offsets set after = $3 where consumer = $1 and partition = any($2::smallint[]) and after < $3",
                consumer,
                partitions,
                upto,
            )

    async def trim(self, rows_max: int) -> bool:
        """Drop what every consumer has passed and what came more than KEPT_S ago. True if there may be more."""
        now, end = time.monotonic(), await self.end()
        if not self._ends or now - self._ends[-1][0] >= BEAT_S:
            self._ends.append((now, end))
        while len(self._ends) > 1 and now - self._ends[1][0] >= KEPT_S:
            self._ends.popleft()
        at, upto = self._ends[0]
        if now - at < KEPT_S:
            return False
        async with self._db.read() as tx:
            done: str = await tx.execute(
                """delete from log where id <= (
                       select max(id) from (
                           select id from log
                           where id <= least($3, (select min(after) from offsets where consumer = any($1::text[])))
                           order by id limit $2) as passed)""",
                list(self._topics),
                rows_max,
                upto,
            )
        return int(done.rsplit(maxsplit=1)[-1]) >= rows_max

    async def take_aside(self, consumer: str, partitions: Sequence[int], rows_max: int) -> list[Queued]:
        """The first rows that were set aside, but none whose key waits for another try."""
        async with self._db.read() as tx:
            rows = await tx.fetch(
                """select id, tries, event_id, topic, key, at, headers, payload from queue q
                   where consumer = $1 and partition = any($2::smallint[])
                         and not exists (select from queue w where w.consumer = $1 and w.key = q.key
                                         and w.id <= q.id and w.not_before > now())
                   order by id limit $3""",
                consumer,
                partitions,
                rows_max,
            )
        return [Queued(row["id"], record_of(row), row["tries"]) for row in rows]

    async def keys_aside(self, consumer: str, keys: Sequence[str]) -> set[str]:
        """Those of the keys of which something is set aside: what comes later waits behind it."""
        async with self._db.read() as tx:
            rows = await tx.fetch(
                "select distinct key from queue where consumer = $1 and key = any($2::text[])", consumer, keys
            )
        return {row["key"] for row in rows}

    async def done(self, consumer: str, ids: Sequence[int]) -> None:
        """These rows that were set aside are handled."""
        async with self._db.read() as tx:
            await tx.execute("delete from queue where consumer = $1 and id = any($2::bigint[])", consumer, ids)

    async def delay(self, consumer: str, number: int, wait_s: float) -> None:
        """This row failed again: it is tried later, and the rest of its key behind it."""
        async with self._db.read() as tx:
            await tx.execute(
                "update queue set tries = tries + 1, not_before = now() + $3 where consumer = $1 and id = $2",
                consumer,
                number,
                timedelta(seconds=wait_s),
            )

    async def waiting(self) -> dict[str, tuple[int, datetime]]:
        """For each consumer that has not heard all: how many events it must still hear, counted up to COUNTED_MAX, and
        the time of the first.
        """
        hears = [(name, topic) for name, topics in self._topics.items() for topic in topics]
        async with self._db.read() as tx:
            rows = await tx.fetch(
                """select consumer, count(*) as rows, min(at) as oldest from (
                       select consumer, at from (select * from queue order by id limit $3) as aside
                       union all
                       select o.consumer, l.at from (select * from log where id > (select min(after) from offsets)
                                                   order by id limit $3) as l
                       join unnest($1::text[], $2::text[]) as h(consumer, topic) using (topic)
                       join offsets o on o.consumer = h.consumer and o.partition = l.partition and l.id > o.after) as left_
                   group by consumer""",
                [name for name, _ in hears],
                [topic for _, topic in hears],
                COUNTED_MAX,
            )
        return {row["consumer"]: (row["rows"], row["oldest"]) for row in rows}


def _columns(records: Sequence[Record]) -> Iterable[list[Any]]:
    names = ("partition", "event_id", "topic", "key", "at", "headers", "payload")
    return ([getattr(record, name) for record in records] for name in names)


def record_of(row: asyncpg.Record) -> Record:
    return Record(row["event_id"], row["topic"], row["key"], row["at"], row["headers"], row["payload"])


class Leases:
    """Who does what, among all processes on one bus: advisory locks of one connection, which fall when it does.

    For a moment two processes may hold one lease (when a connection dies unseen): what they do stands that.
    """

    def __init__(self, url: str, *, worker: int = 0, workers: int = 1, alone: bool = False) -> None:
        self._url = url
        self._alone = alone  # No other process is on this bus, to be told of what all of them want to know.
        self._worker, self._workers = worker, workers
        self._sought: dict[str, str] = {}  # Lease -> its group.
        self._held: set[str] = set()
        self._events: dict[str, asyncio.Event] = {}
        self._to_wake: set[str] = set()
        self._nudge = asyncio.Event()
        self._beats = 0

    def seek(self, group: str, leases: Sequence[str]) -> asyncio.Event:
        """Try to hold these leases from now on; answers the event that is set when there may be work for the group."""
        self._sought.update(dict.fromkeys(leases, group))
        return self._events.setdefault(group, asyncio.Event())

    def holds(self, lease: str) -> bool:
        return lease in self._held

    def wake(self, group: str) -> None:
        """There is work for this group: here at once, elsewhere by a NOTIFY that gathers all that want one."""
        if (event := self._events.get(group)) is not None:
            event.set()
        if event is None or not self._whole(group):
            self._to_wake.add(group)
            self._nudge.set()

    def _whole(self, group: str) -> bool:
        """Whether all that can be done for a group is done here; what needs no lease is done everywhere."""
        leases = [lease for lease, of in self._sought.items() if of == group]
        return all(lease in self._held for lease in leases) if leases else self._alone

    async def run(self) -> None:
        """Hold the connection, for ever: until cancelled."""
        while True:
            try:
                await self._session()
            except LOST as lost:
                _log.warning("bus_connection_lost", error=str(lost))
            except Exception as failure:  # noqa: BLE001 - without leases nothing at all would go on here.
                _log.warning("bus_connection_failed", error=repr(failure), exc_info=failure)
            finally:
                self._held.clear()
            await asyncio.sleep(BEAT_S)

    async def _session(self) -> None:
        connection = await asyncpg.connect(self._url, timeout=ACQUIRE_TIMEOUT_S, server_settings=session(SCHEMA))
        try:
            await connection.add_listener(CHANNEL, self._called)
            for event in self._events.values():
                event.set()
            self._beats = 0
            while True:
                async with asyncio.timeout(ACQUIRE_TIMEOUT_S):
                    await self._beat(connection)
                try:
                    async with asyncio.timeout(BEAT_S):
                        await self._nudge.wait()
                except TimeoutError:
                    self._beats += 1
                self._nudge.clear()
        finally:
            # Nobody may go on as if the locks were held while the server still thinks them ours.
            self._held.clear()
            connection.terminate()

    async def _beat(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        wanted = [lease for lease in self._sought if lease not in self._held and self._may_seek(lease)]
        if wanted:
            rows = await connection.fetch(
                "select l from unnest($1::text[]) l where pg_try_advisory_lock(hashtextextended(l, 0))", wanted
            )
            self._held.update(row["l"] for row in rows)
            if rows:
                for event in self._events.values():
                    event.set()
        else:
            await connection.execute("select 1")  # Tells us that the connection, and so our locks, still stand.
        names, self._to_wake = sorted(self._to_wake), set()
        if names:
            text = "\n".join(names)
            await connection.execute("select pg_notify($1, $2)", CHANNEL, text if len(text) <= WAKES_MAX else "")

    def _may_seek(self, lease: str) -> bool:
        """A lease is first left to the worker that its name points to, so that work is spread; later to anyone."""
        mine = sum(lease.encode()) % self._workers == self._worker
        return mine or self._beats >= LEASE_GRACE_BEATS

    def _called(self, _connection: Any, _pid: int, _channel: str, payload: object) -> None:
        names = str(payload).split("\n") if payload else list(self._events)
        for name in names:
            if (event := self._events.get(name)) is not None:
                event.set()
