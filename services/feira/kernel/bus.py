"""The bus on PostgreSQL: a queue for each consumer, leases on a connection of their own, and wake-up calls.

One bus serves one process, several workers and several machines alike. Another carrier needs the same face.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import msgspec

from feira.kernel import logs
from feira.kernel.db import ACQUIRE_TIMEOUT_S, LOST, Db, session
from feira.kernel.events import Record

CHANNEL = "feira_bus"
SCHEMA = "bus"
BEAT_S = 1.0  # How often leases are sought, and how long a lost wake-up can delay anything.
WAKES_MAX = 4_000  # Characters of names in one NOTIFY, whose payload is limited to 8,000 bytes.
LEASE_GRACE_BEATS = 3  # How long a lease is left to the worker that should have it.

_log = logs.logger("bus")


class Queued(msgspec.Struct, frozen=True):
    """A record in a consumer's queue, with how often it failed."""

    id: int
    record: Record
    tries: int


class Bus:
    """`consumers` tells who hears a topic: all that are known, whether they run here or not."""

    def __init__(self, db: Db, consumers: Mapping[str, Sequence[str]]) -> None:
        self._db = db
        self._consumers = consumers

    async def publish(self, records: Sequence[Record], wake: Callable[[str], None]) -> None:
        """Put the records into the queues of all who hear them, in order."""
        rows = [(consumer, record) for record in records for consumer in self._consumers.get(record.topic, ())]
        if not rows:
            return
        async with self._db.read() as tx:
            await tx.execute(
                """insert into queue (consumer, partition, event_id, topic, key, at, headers, payload)
                   select c, p, i, t, k, a, h, b
                   from unnest($1::text[], $2::smallint[], $3::uuid[], $4::text[], $5::text[], $6::timestamptz[],
                               $7::text[], $8::text[]) with ordinality as e(c, p, i, t, k, a, h, b, n) order by n""",
                [consumer for consumer, _ in rows],
                [record.partition for _, record in rows],
                [record.event_id for _, record in rows],
                [record.topic for _, record in rows],
                [record.key for _, record in rows],
                [record.at for _, record in rows],
                [record.headers for _, record in rows],
                [record.payload for _, record in rows],
            )
        for consumer in {consumer for consumer, _ in rows}:
            wake(f"consume:{consumer}")

    async def take(self, consumer: str, partitions: Sequence[int], rows_max: int, bytes_max: int) -> list[Queued]:
        """The first rows of these partitions, but none whose key waits for another try. The first may be of any size."""
        async with self._db.read() as tx:
            rows = await tx.fetch(
                """select * from (
                       select *, sum(octet_length(payload)) over (order by id) - octet_length(payload) as bytes_before
                       from (select id, tries, event_id, topic, key, at, headers, payload from queue q
                             where consumer = $1 and partition = any($2::smallint[])
                               and not exists (select from queue w where w.consumer = $1 and w.key = q.key
                                               and w.id <= q.id and w.not_before > now())
                             order by id limit $3) as first) as measured
                   where bytes_before < $4 order by id""",
                consumer,
                partitions,
                rows_max,
                bytes_max,
            )
        return [
            Queued(
                row["id"],
                Record(row["event_id"], row["topic"], row["key"], row["at"], row["headers"], row["payload"]),
                row["tries"],
            )
            for row in rows
        ]

    async def done(self, consumer: str, ids: Sequence[int]) -> None:
        async with self._db.read() as tx:
            await tx.execute("delete from queue where consumer = $1 and id = any($2::bigint[])", consumer, ids)

    async def delay(self, consumer: str, number: int, wait_s: float) -> None:
        """This row failed: it is tried again later, and the rest of its key behind it."""
        async with self._db.read() as tx:
            await tx.execute(
                "update queue set tries = tries + 1, not_before = now() + $3 where consumer = $1 and id = $2",
                consumer,
                number,
                timedelta(seconds=wait_s),
            )

    async def waiting(self) -> dict[str, tuple[int, datetime]]:
        """For each consumer with a queue: its rows and the time of its first."""
        async with self._db.read() as tx:
            rows = await tx.fetch("select consumer, count(*) as rows, min(at) as oldest from queue group by consumer")
        return {row["consumer"]: (row["rows"], row["oldest"]) for row in rows}


class Leases:
    """Who does what, among all processes on one bus: advisory locks of one connection, which fall when it does.

    For a moment two processes may hold one lease (when a connection dies unseen): what they do stands that.
    """

    def __init__(self, url: str, *, worker: int = 0, workers: int = 1) -> None:
        self._url = url
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
        """Whether all that can be done for a group is done here."""
        return all(lease in self._held for lease, of in self._sought.items() if of == group)

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
