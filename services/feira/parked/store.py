"""Parked events, for an operator: the statements that list, read and drop them."""

from datetime import datetime
from uuid import UUID

import msgspec

from feira.kernel.db import Db

LIST_MAX = 1_000


class Parked(msgspec.Struct, frozen=True, kw_only=True):
    """`number` orders the events of one handler and key; `payload` is the event in JSON."""

    number: int
    handler: str
    event_id: UUID
    topic: str
    key: str
    at: datetime
    parked_at: datetime
    error: str
    payload: str


_COLUMNS = "id as number, handler, event_id, topic, key, at, parked_at, error, payload"


async def list_parked(db: Db, after: int = 0, limit: int = LIST_MAX) -> list[Parked]:
    """Those that wait, the first first, from behind a number on."""
    async with db.read() as tx:
        rows = await tx.fetch(
            f"select {_COLUMNS} from parked where dropped_at is null and id > $1 order by id limit $2",
            after,
            min(limit, LIST_MAX),
        )
    return [Parked(**row) for row in rows]


async def read_parked(db: Db, number: int) -> Parked | None:
    async with db.read() as tx:
        row = await tx.fetchrow(f"select {_COLUMNS} from parked where dropped_at is null and id = $1", number)
    return Parked(**row) if row else None


async def drop_parked(db: Db, number: int, reason: str) -> bool:
    """Never handle it. It stays in the table with the reason; what waited behind it can be replayed then."""
    async with db.tx() as tx:
        dropped = await tx.fetchval(
            "update parked set dropped_at = now(), dropped_reason = $2 where id = $1 and dropped_at is null returning id",
            number,
            reason,
        )
    return dropped is not None
