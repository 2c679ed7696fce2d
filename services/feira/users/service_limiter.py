"""Who tries too often is told to wait, by all workers alike: the counters are in the database."""

from feira.kernel.card import Context
from feira.kernel.db import Tx
from feira.kernel.errors import RateLimited
from feira.users import store_limits as store
from feira.users.domain_limits import Limit, network_of, retry_after_s
from feira.users.service_clock import Clock


class Limiter:
    def __init__(self, ctx: Context, clock: Clock) -> None:
        self._ctx = ctx
        self._clock = clock

    async def count_address(self, limit: Limit, address: str) -> None:
        """Count one attempt from a client's IP address. Refuses with RateLimited beyond the limit."""
        await self.count(limit, network_of(address))

    async def count(self, limit: Limit, of: str) -> None:
        """Count one event. Refuses with RateLimited beyond the limit, which no number of parallel calls can pass."""
        async with self._ctx.db.read() as tx:
            counted = await store.count(tx, limit, limit.key(of), self._clock())
            if not counted:
                raise await self._refusal(tx, limit, of)

    async def allows(self, tx: Tx, limit: Limit, of: str) -> bool:
        """Count one event within the caller's transaction; False beyond the limit."""
        return await store.count(tx, limit, limit.key(of), self._clock())

    async def check(self, tx: Tx, limit: Limit, of: str) -> None:
        """Refuses with RateLimited if one more event would pass the limit; counts none."""
        times = await store.times(tx, limit.key(of))
        now = self._clock()
        if sum(time > now - limit.window for time in times) >= limit.most:
            raise await self._refusal(tx, limit, of)

    async def forget(self, tx: Tx, limit: Limit, of: str) -> None:
        await store.forget(tx, limit.key(of))

    async def _refusal(self, tx: Tx, limit: Limit, of: str) -> RateLimited:
        times = await store.times(tx, limit.key(of))
        return RateLimited(retry_after_s=retry_after_s(limit, times, self._clock()))
