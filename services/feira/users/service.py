"""Users: who may sign in, and how everybody else can tell who is asking."""

from collections.abc import AsyncIterator
from datetime import timedelta

from feira.contracts.orders import Orders
from feira.contracts.users import Keys, KeysAsk
from feira.kernel.card import Context
from feira.kernel.metrics import COUNTED_MAX
from feira.users import store_sessions
from feira.users.domain import Role
from feira.users.service_accounts import Accounts
from feira.users.service_back_office import BackOffice, Customer
from feira.users.service_clock import Clock, now
from feira.users.service_hasher import Hasher
from feira.users.service_keyring import Keyring
from feira.users.service_limiter import Limiter
from feira.users.service_profile import Profiles
from feira.users.service_sessions import Sessions

SWEEP_MAX = 1_000
LETTERS_KEPT = timedelta(days=1)  # Those that could not be written after all tries.


class UserService:
    """The use cases, grouped by whom they serve; keeps the contract `Users`."""

    def __init__(self, ctx: Context, orders: Orders, *, clock: Clock = now, hasher: Hasher | None = None) -> None:
        self.ctx = ctx
        self.hasher = hasher or Hasher()
        self.limiter = Limiter(ctx, clock)
        self.keyring = Keyring(ctx, clock)
        self.accounts = Accounts(ctx, clock, self.hasher, self.limiter)
        self.sessions = Sessions(ctx, clock, self.hasher, self.limiter, self.keyring)
        self.profiles = Profiles(ctx, clock, self.limiter, orders)
        self.back_office = BackOffice(ctx, clock, self.hasher, self.limiter)
        self._clock = clock

    async def start(self) -> None:
        """Have a key to sign with before the first one signs in."""
        await self.keyring.rotate()

    async def stop(self) -> None:
        self.hasher.close()

    async def keys(self, ask: KeysAsk) -> Keys:  # noqa: ARG002 - the contract's face.
        return Keys(jwks=await self.keyring.jwks())

    async def add_staff(self, email: str, role: Role, password: str | None) -> bool:
        """See BackOffice.add_staff."""
        return await self.back_office.add_staff(email, role, password)

    def export_customers(self) -> AsyncIterator[Customer]:
        """See BackOffice.export_customers."""
        return self.back_office.export_customers()

    async def sweep(self) -> bool:
        """Forget what has expired, a little at a time. Whether there is more."""
        async with self.ctx.db.tx() as tx:
            now = self._clock()
            return await store_sessions.sweep(tx, now, now - LETTERS_KEPT, SWEEP_MAX) >= SWEEP_MAX

    async def letters_waiting(self) -> int:
        async with self.ctx.db.read() as tx:
            return await store_sessions.count_letters(tx, COUNTED_MAX)
