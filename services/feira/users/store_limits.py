"""Every statement about who tried how often."""

from collections.abc import Sequence
from datetime import datetime

from feira.kernel.db import Tx
from feira.users.domain_limits import Limit


async def count(tx: Tx, limit: Limit, key: bytes, now: datetime) -> bool:
    """Count one attempt, unless the limit is reached: then False. One statement, so that parallel ones cannot pass it."""
    return await tx.fetchval(
        """insert into attempts as a (key, times, expires_at) values ($1, array[$2::timestamptz], $2 + $3::interval)
           on conflict (key) do update set
               times = array(select t from unnest(a.times) as t where t > $2 - $3::interval) || $2,
               expires_at = greatest(a.expires_at, excluded.expires_at)
           where (select count(*) from unnest(a.times) as t where t > $2 - $3::interval) < $4
           returning true""",
        key, now, limit.window, limit.most,
    ) or False  # fmt: skip


async def times(tx: Tx, key: bytes) -> Sequence[datetime]:
    """When the attempts were made that are counted, and perhaps some older ones."""
    return await tx.fetchval("select times from attempts where key = $1", key) or ()


async def forget(tx: Tx, key: bytes) -> None:
    await tx.execute("delete from attempts where key = $1", key)
