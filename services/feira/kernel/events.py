"""Events are written with the state they announce, delivered at least once, and handled once."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID
from zlib import crc32

import msgspec

from feira.kernel import trace
from feira.kernel.db import Db, Tx, mark_emitted
from feira.kernel.ids import milliseconds_of, uuid7
from feira.kernel.message import Event, Heard

PARTITIONS = 16
DAY_MS = 86_400_000
EPOCH = date(1970, 1, 1).toordinal()
INBOX_DAYS = 7
INBOX_DAYS_AHEAD = 2  # Enough for a day on which the table is never free.
TEND_LOCK_TIMEOUT_MS = 1_000

_encode = msgspec.json.Encoder(uuid_format="canonical").encode


@dataclass(frozen=True)
class On:
    """A handler: `run(service, tx, heard)` gets events of one kind, in order for each key, in the transaction that records
    them as heard. Its name is its identity in the inbox. It does nothing but through `tx`: what must reach the outside
    is written down there, and done by a job.
    """

    kind: type[Event]
    run: Callable[[Any, Tx, Sequence[Heard[Any]]], Awaitable[None]]

    @property
    def name(self) -> str:
        return self.run.__name__


class Record(msgspec.Struct, gc=False):
    """An event on its way, as the outbox, the bus and the parked events keep it; `event` is what its payload says, once
    somebody has read it.
    """

    event_id: UUID
    topic: str
    key: str
    at: datetime
    headers: str
    payload: str
    event: Event | None = None

    @property
    def partition(self) -> int:
        return partition_of(self.key)

    @property
    def day(self) -> date:
        """The day of the event's own id, so that a repetition looks where its first was written down."""
        return _day(milliseconds_of(self.event_id) // DAY_MS)

    def heard(self, kind: type[Event]) -> Heard[Any]:
        if self.event is None:
            self.event = _decoder(kind).decode(self.payload)
        return Heard(id=self.event_id, at=self.at, event=self.event)


@lru_cache(maxsize=256)
def _decoder(kind: type[Event]) -> msgspec.json.Decoder[Event]:
    return msgspec.json.Decoder(kind)


@lru_cache(maxsize=64)
def _day(number: int) -> date:
    return date.fromordinal(EPOCH + number)


def partition_of(key: str) -> int:
    return crc32(key.encode()) % PARTITIONS


def packed(events: Sequence[Event]) -> tuple[list[Any], ...]:
    """The events as columns of the outbox: partition, event_id, topic, key, headers, payload. It is for statements that
    write an aggregate and its event in one; who runs one by itself calls `Db.on_emit` after it.
    """
    keys = [event.key for event in events]
    return (
        [partition_of(key) for key in keys],
        [uuid7() for _ in events],
        [event.topic for event in events],
        keys,
        [_encode(trace.headers(key)).decode() for key in keys],
        [_encode(event).decode() for event in events],
    )


async def emit(tx: Tx, *events: Event) -> None:
    """Put events into the outbox, in this order, in the caller's transaction.

    Lock the row of what they are about before: two transactions of one key must take their numbers one after the other.
    """
    if not events:
        return
    await tx.execute(
        """insert into outbox (partition, event_id, topic, key, headers, payload)
           select p, i, t, k, h, b
           from unnest($1::smallint[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[]) with ordinality
                as e(p, i, t, k, h, b, n) order by n""",
        *packed(events),
    )
    mark_emitted(tx)


async def remember(
    tx: Tx, handler: str, records: Sequence[Record], *, behind: bool = True
) -> tuple[set[UUID], set[str]]:
    """Write these events down as heard by this handler; answers those that it had not heard before.

    If they may stand `behind` a parked event, those whose key has one are left out, and these keys are answered too. Who
    replays a parked event locks it: either we see it and wait behind it, or it is done with.
    """
    rows = await tx.fetch(
        """with behind as materialized (
               select key from parked where $5 and handler = $4 and key = any($3::text[]) and dropped_at is null
               for key share),
           heard as (
               insert into inbox (day, event_id, handler)
               select d, i, $4 from unnest($1::date[], $2::uuid[], $3::text[]) as e(d, i, k)
               where k not in (select key from behind)
               on conflict do nothing returning event_id)
           select event_id, null as key from heard union all select null, key from behind""",
        [record.day for record in records],
        [record.event_id for record in records],
        [record.key for record in records],
        handler,
        behind,
    )
    return {row["event_id"] for row in rows if row["key"] is None}, {
        row["key"] for row in rows if row["key"] is not None
    }


async def tend_inbox(db: Db, oldest: datetime | None) -> None:
    """Make the inbox's next daily partitions and drop those past INBOX_DAYS, but none that an event still queued
    (`oldest` is the age of the first) could need.
    """
    today = datetime.now(UTC).date()
    keep_from = min(today - timedelta(days=INBOX_DAYS), oldest.date() if oldest else today)
    async with db.tx() as tx:
        # A backup may keep the table for hours. All who hear wait behind us meanwhile, so we do not wait for it.
        await tx.execute(f"set local lock_timeout = {TEND_LOCK_TIMEOUT_MS}")
        await tx.execute("select pg_advisory_xact_lock(hashtextextended($1, 0))", f"inbox {db.schema}")
        names = await tx.fetch(
            """select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
               where i.inhparent = 'inbox'::regclass and c.relname <> 'inbox_default'"""
        )
        have = {row["relname"] for row in names}
        for ahead in range(INBOX_DAYS_AHEAD + 1):
            day = today + timedelta(days=ahead)
            if (name := f"inbox_{day:%Y%m%d}") not in have:
                # What was heard before the day had its partition moves into it. Who is about to hear waits for the whole
                # inbox, because a place chosen in the default partition would be the wrong one afterwards.
                await tx.execute(
                    f"""lock table inbox in share row exclusive mode;
                        create table {name} (like inbox including all);
                        lock table inbox_default in access exclusive mode;
                        with moved as (delete from inbox_default where day = '{day}' returning *)
                        insert into {name} select * from moved;
                        alter table inbox attach partition {name}
                        for values from ('{day}') to ('{day + timedelta(days=1)}')"""
                )
        for name in sorted(have):
            if name < f"inbox_{keep_from:%Y%m%d}":
                await tx.execute(f"drop table {name}")
        await tx.execute("delete from inbox_default where day < $1", keep_from)
