"""Every statement about parked events."""

from datetime import datetime
from uuid import UUID

import msgspec

from feira.kernel.db import Tx

LIST_MAX = 1_000
BEHIND_MAX = 1_000


class Parked(msgspec.Struct, frozen=True, kw_only=True):
    """`number` orders the events of one handler and key; `payload` is the event in JSON. `behind` counts those that wait
    behind it, up to BEHIND_MAX; `waits_for` is the first of its handler and key, if that is another.
    """

    number: int
    handler: str
    event_id: UUID
    topic: str
    key: str
    at: datetime
    parked_at: datetime
    error: str
    payload: str
    behind: int
    waits_for: int | None


_COLUMNS = f"""id as number, handler, event_id, topic, key, at, parked_at, error, payload,
    (select count(*) from (select from parked later where later.handler = p.handler and later.key = p.key
                           and later.dropped_at is null and later.id > p.id limit {BEHIND_MAX}) as counted) as behind,
    (select min(id) from parked first where first.handler = p.handler and first.key = p.key
     and first.dropped_at is null and first.id < p.id) as waits_for"""


async def list_parked(tx: Tx, after: int = 0, limit: int = LIST_MAX) -> list[Parked]:
    """Those that wait, the first first, from behind a number on."""
    rows = await tx.fetch(
        f"select {_COLUMNS} from parked p where dropped_at is null and id > $1 order by id limit $2",
        after,
        min(limit, LIST_MAX),
    )
    return [Parked(**row) for row in rows]


async def read_parked(tx: Tx, number: int) -> Parked | None:
    row = await tx.fetchrow(f"select {_COLUMNS} from parked p where dropped_at is null and id = $1", number)
    return Parked(**row) if row else None


async def drop_parked(tx: Tx, number: int, reason: str) -> bool:
    """Never handle it. It stays in the table with the reason; what waited behind it can be replayed then."""
    dropped = await tx.fetchval(
        "update parked set dropped_at = now(), dropped_reason = $2 where id = $1 and dropped_at is null returning id",
        number,
        reason,
    )
    return dropped is not None
