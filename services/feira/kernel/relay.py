"""What moves events: a relay from each service's outbox to the bus, and a consumer from the bus to its handlers."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from feira.kernel import logs, metrics, trace
from feira.kernel.bus import TAIL, Bus, Leases, Queued, record_of
from feira.kernel.db import BUSY, LOST, Db, Tx
from feira.kernel.events import PARTITIONS, On, Record, remember
from feira.kernel.loops import Busy, for_ever
from feira.kernel.tail import Tail

RELAY_ROWS_MAX = 500
TAKE_ROWS_MAX = 512
ASIDE_ROWS_MAX = 64
TRIM = "bus:trim"
TRIM_ROWS_MAX = 10_000
TRIM_EVERY_S = 1.0
BYTES_MAX = 4 << 20  # Of payloads at once; one bigger goes alone. An order of 2,000 lines takes up to a megabyte.
TRIES_MAX = 8
BUSY_TRIES_MAX = 1_000  # Where the database is at fault and not the event: hours.
DELAY_S = 0.2  # Doubled at each try: the eighth comes half a minute after the first.
DELAY_MAX_S = 30.0
ERROR_LENGTH_MAX = 2_000

_log = logs.logger("events")


async def relay(db: Db, bus: Bus, leases: Leases, partitions: Sequence[int]) -> bool:
    """Publish the outbox's first rows; a crash midway publishes them again, and the inboxes absorb it. True if there may
    be more.
    """
    async with db.read() as tx:
        rows = await tx.fetch(
            """select id, event_id, topic, key, at, headers, payload from (
                   select *, row_number() over (order by id) as n,
                          sum(octet_length(payload)) over (order by id) - octet_length(payload) as before
                   from (select * from outbox where partition = any($1::smallint[]) order by id limit $2) as first
               ) as measured where before < $3 or n = 1 order by id""",
            partitions,
            RELAY_ROWS_MAX,
            BYTES_MAX,
        )
        if not rows:
            return False
    records = [record_of(row) for row in rows]
    await bus.publish(records, leases.wake)
    for topic, count in Counter(record.topic for record in records).items():
        metrics.EVENTS.labels(topic).inc(count)
    async with db.read() as tx:
        await tx.execute("delete from outbox where id = any($1::bigint[])", [row["id"] for row in rows])
    return _may_be_cut(records, RELAY_ROWS_MAX)


def _may_be_cut(records: Sequence[Record], rows_max: int) -> bool:
    """Whether so many rows or bytes were had that there may be more; a character is four bytes at the most."""
    return len(records) >= rows_max or sum(len(record.payload) for record in records) >= BYTES_MAX // 4


class Consumer:
    """A service as a hearer: reads the log, runs its handlers, each event once for each handler."""

    def __init__(self, name: str, service: Any, db: Db, bus: Bus, handlers: Sequence[On]) -> None:
        self.name = name
        self._service, self._db, self._bus = service, db, bus
        self.on_delay: Callable[[float], object] = lambda _wait_s: None  # Called when a row is to be tried again.
        self._handlers: dict[str, list[On]] = defaultdict(list)
        for handler in handlers:
            self._handlers[handler.kind.topic].append(handler)

    async def consume(self, partitions: Sequence[int]) -> bool:
        """Handle what comes next; True if there may be more. What fails is set aside, with all of its key behind it."""
        taken = await self._bus.take(self.name, partitions, TAKE_ROWS_MAX, BYTES_MAX)
        more = await self._consume_aside(partitions) if taken.aside else False
        if taken.upto is None:
            return more
        behind: set[str] = set()
        if taken.aside:
            behind = await self._bus.keys_aside(self.name, list({row.record.key for row in taken.rows}))
        failed = await self._run([row for row in taken.rows if row.record.key not in behind])
        aside = [(row, self._told(row, failed)) for row in taken.rows if row.record.key in behind or row.id in failed]
        await self._bus.advance(self.name, partitions, taken.upto, aside)
        return more or taken.more

    async def _consume_aside(self, partitions: Sequence[int]) -> bool:
        """Try again what was set aside and whose time has come; True if there may be more."""
        rows = await self._bus.take_aside(self.name, partitions, ASIDE_ROWS_MAX)
        failed = await self._run(rows)
        if done := [row.id for row in rows if row.id not in failed]:
            await self._bus.done(self.name, done)
        for row in rows:
            if wait_s := self._told(row, failed):
                await self._bus.delay(self.name, row.id, wait_s)
        return len(rows) >= ASIDE_ROWS_MAX

    async def _run(self, rows: Sequence[Queued]) -> dict[int, str]:
        """Run the handlers; answers the rows that must wait, with what was wrong, or nothing for those behind another."""
        failed: dict[int, str] = {}
        stuck: set[str] = set()  # Keys of which an event failed: what follows waits behind it.
        for topic, run in in_order(rows):
            going = [row for row in run if row.record.key not in stuck]
            for handler in self._handlers.get(topic, ()):
                going = [row for row in going if row.record.key not in stuck]
                for row, error in await self._hand(handler, going):
                    stuck.add(row.record.key)
                    failed[row.id] = error
            for row in run:
                if row.record.key in stuck:
                    failed.setdefault(row.id, "")
        return failed

    def _told(self, row: Queued, failed: Mapping[int, str]) -> float:
        """How many seconds the row must wait for another try of its own; 0 if it did not fail itself."""
        error = failed.get(row.id)
        if not error:
            return 0.0
        _log.warning(
            "event_failed", consumer=self.name, topic=row.record.topic, event_id=str(row.record.event_id),
            tries=row.tries + 1, error=error,
        )  # fmt: skip
        wait_s: float = min(DELAY_S * 2 ** min(row.tries, TRIES_MAX), DELAY_MAX_S)
        self.on_delay(wait_s)
        return wait_s

    async def _hand(self, handler: On, rows: Sequence[Queued]) -> list[tuple[Queued, str]]:
        """Run one handler on these rows, together and if that fails singly; answers those that failed and must wait."""
        if not rows:
            return []
        try:
            await self.handle(handler, [row.record for row in rows])
        except LOST:
            raise
        except Exception as failure:  # noqa: BLE001 - whatever a handler raises is that event's affair.
            if len(rows) == 1:
                return await self._gave_up(handler, rows[0], failure)
        else:
            return []
        failed: list[tuple[Queued, str]] = []
        for row in rows:
            if all(row.record.key != other.record.key for other, _ in failed):
                failed.extend(await self._hand(handler, [row]))
        return failed

    async def _gave_up(self, handler: On, row: Queued, failure: Exception) -> list[tuple[Queued, str]]:
        error = f"{type(failure).__name__}: {failure}"[:ERROR_LENGTH_MAX].replace("\0", "")
        if row.tries + 1 < (BUSY_TRIES_MAX if isinstance(failure, BUSY) else TRIES_MAX):
            return [(row, error)]
        async with self._db.tx() as tx:
            await _park(tx, handler.name, [row.record], error)
        _log.error(
            "event_parked", consumer=self.name, handler=handler.name, event_id=str(row.record.event_id), error=error
        )
        return []

    async def handle(self, handler: On, records: Sequence[Record]) -> None:
        """One transaction: the events are written down as heard, and their effects with them."""
        trace.restore(_headers(records[0]))
        # The rest of the batch keeps its own traces for what it will announce.
        trace.belong({record.key: record.headers for record in reversed(records[1:])})
        records = list({record.event_id: record for record in records}.values())
        async with self._db.tx() as tx:
            fresh, blocked = await remember(tx, handler.name, records)
            if waiting := [record for record in records if record.key in blocked]:
                await _park(tx, handler.name, waiting, "waits behind an earlier event of its key")
            todo = [record.heard(handler.kind) for record in records if record.event_id in fresh]
            if todo:
                await handler.run(self._service, tx, todo)

    async def replay(self, number: int) -> str:
        """Run a parked event's handler again; answers its handler's name. Raises what the handler raises."""
        async with self._db.tx() as tx:
            row = await tx.fetchrow("select * from parked where id = $1 and dropped_at is null for update", number)
            if row is None:
                raise LookupError(f"no parked event {number}")
            first = await tx.fetchval(
                "select min(id) from parked where handler = $1 and key = $2 and dropped_at is null",
                row["handler"],
                row["key"],
            )
            if first != number:
                raise LookupError(f"event {number} waits behind event {first} of its key: replay that first")
            [handler] = [h for h in self._handlers[row["topic"]] if h.name == row["handler"]]
            trace.restore(_headers(record_of(row)))
            await handler.run(self._service, tx, [record_of(row).heard(handler.kind)])
            await tx.execute("delete from parked where id = $1", number)
        return str(row["handler"])


def _headers(record: Record) -> dict[str, str]:
    return msgspec.json.decode(record.headers, type=dict[str, str])


async def _park(tx: Tx, handler: str, records: Sequence[Record], error: str) -> None:
    """Set events aside for an operator, and write them down as heard, so that a repetition is not parked twice."""
    fresh, _ = await remember(tx, handler, records, behind=False)
    for record in records:
        if record.event_id in fresh:
            await tx.execute(
                """insert into parked (handler, event_id, topic, key, at, headers, payload, error)
                   values ($1, $2, $3, $4, $5, $6, $7, $8)""",
                handler, record.event_id, record.topic, record.key, record.at, record.headers, record.payload, error,
            )  # fmt: skip


def in_order(rows: Iterable[Queued]) -> list[tuple[str, list[Queued]]]:
    """Rows as runs of one topic, as long as possible, such that rows of one key keep their order."""
    runs: list[tuple[str, list[Queued]]] = []
    last_of_key: dict[str, int] = {}
    for row in rows:
        earliest = last_of_key.get(row.record.key, 0)
        for place in range(earliest, len(runs)):
            if runs[place][0] == row.record.topic:
                runs[place][1].append(row)
                break
        else:
            place = len(runs)
            runs.append((row.record.topic, [row]))
        last_of_key[row.record.key] = place
    return runs


def partitions_held(leases: Leases, group: str) -> list[int]:
    return [partition for partition in range(PARTITIONS) if leases.holds(f"{group}:{partition}")]


async def keep_relaying(name: str, db: Db, bus: Bus, leases: Leases, busy: Busy) -> None:
    """The relay of one service, for ever: woken after a commit, and at least each POLL_S."""
    group = f"relay:{name}"
    event = leases.seek(group, [f"{group}:{partition}" for partition in range(PARTITIONS)])
    db.on_emit = lambda: leases.wake(group)

    async def step() -> bool:
        held = partitions_held(leases, group)
        return bool(held) and await relay(db, bus, leases, held)

    await for_ever(group, event, step, busy=busy)


async def keep_consuming(consumer: Consumer, leases: Leases, busy: Busy) -> None:
    """The consumer of one service, for ever."""
    group = f"consume:{consumer.name}"
    event = leases.seek(group, [f"{group}:{partition}" for partition in range(PARTITIONS)])
    loop = asyncio.get_running_loop()
    consumer.on_delay = lambda wait_s: loop.call_later(wait_s, event.set)

    async def step() -> bool:
        held = partitions_held(leases, group)
        return bool(held) and await consumer.consume(held)

    await for_ever(group, event, step, busy=busy)


async def keep_trimming(bus: Bus, leases: Leases) -> None:
    """Drop from the log what all have heard, for ever: one process does it for all."""
    event = leases.seek(TRIM, [TRIM])

    async def step() -> bool:
        return leases.holds(TRIM) and await bus.trim(TRIM_ROWS_MAX)

    await for_ever(TRIM, event, step, TRIM_EVERY_S)


async def keep_following(tail: Tail, bus: Bus, leases: Leases) -> None:
    """Read for those who follow, for ever: woken at each batch that is published, and at least each POLL_S."""
    event = leases.seek(TAIL, [])
    tail.wake = event.set
    await for_ever(TAIL, event, lambda: tail.step(bus))
