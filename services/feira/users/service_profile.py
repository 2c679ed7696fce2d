"""What belongs to one customer, for that customer alone."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from feira.contracts.goods import Address
from feira.contracts.orders import Orders, OrdersOf
from feira.contracts.users import UserErased
from feira.kernel.card import Context
from feira.kernel.errors import Unauthenticated
from feira.kernel.events import emit
from feira.kernel.ids import uuid7
from feira.users import store
from feira.users import store_sessions as kept
from feira.users.domain import (
    ADDRESSES_MAX,
    LastAdmin,
    TooManyAddresses,
    UnknownAddress,
    address_of,
    name_of,
    phone_of,
)
from feira.users.domain_limits import SIGN_IN_FAILURES, VERIFICATIONS
from feira.users.service_accounts import WRITE_LETTERS
from feira.users.service_clock import Clock
from feira.users.service_limiter import Limiter
from feira.users.store import KeptAddress, User
from feira.users.store_sessions import Session


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """All that the shop keeps of a customer; `orders` is JSON."""

    user: User
    addresses: Sequence[KeptAddress]
    sessions: Sequence[Session]
    orders: bytes


class Profiles:
    def __init__(self, ctx: Context, clock: Clock, limiter: Limiter, orders: Orders) -> None:
        self._ctx = ctx
        self._clock = clock
        self._limiter = limiter
        self._orders = orders

    async def read(self, user_id: UUID) -> User:
        """The account. A token that outlived it is refused with Unauthenticated, here and below."""
        async with self._ctx.db.read() as tx:
            return _living(await store.user_by_id(tx, user_id))

    async def change(
        self,
        user_id: UUID,
        *,
        name: str | msgspec.UnsetType,
        phone: str | msgspec.UnsetType | None,
        locale: str | msgspec.UnsetType,
    ) -> User:
        """Change what is given; a phone of None is forgotten. Refuses with Invalid."""
        if name is not msgspec.UNSET:
            name = name_of(name)
        if isinstance(phone, str):
            phone = phone_of(phone)
        async with self._ctx.db.tx() as tx:
            user = _living(await store.lock_user(tx, user_id))
            changed = msgspec.structs.replace(
                user,
                name=user.name if name is msgspec.UNSET else name,
                phone=user.phone if phone is msgspec.UNSET else phone,
                locale=user.locale if locale is msgspec.UNSET else locale,
            )
            await store.set_profile(tx, user_id, changed.name, changed.phone, changed.locale)
        return changed

    async def ask_verification(self, user_id: UUID) -> None:
        """Have the link sent again that proves the address, unless it is proven. Refuses with RateLimited."""
        user = await self.read(user_id)
        await self._limiter.count(VERIFICATIONS, str(user_id))
        async with self._ctx.db.tx() as tx:
            await kept.add_letter(tx, uuid7(), user.email, "registered", user_id, self._clock())
        self._ctx.wake(WRITE_LETTERS)

    async def erase(self, user_id: UUID) -> None:
        """Overwrite what is personal, end all sessions, and tell the others. Refuses with LastAdmin."""
        async with self._ctx.db.tx() as tx:
            found, admins = await store.lock_user_and_admins(tx, user_id)
            user = _living(found)
            if admins == {user_id}:
                raise LastAdmin
            await emit(
                tx,
                UserErased(
                    version=await store.next_version(tx, user_id),
                    user_id=user_id,
                    email=user.email,
                    name=user.name,
                    locale=user.locale,
                ),
            )
            await store.erase_user(tx, user, self._clock())
            await self._limiter.forget(tx, SIGN_IN_FAILURES, user.email)

    async def export(self, user_id: UUID) -> Kept:
        """All that is kept of the customer, here and by orders."""
        async with self._ctx.db.read() as tx:
            user = _living(await store.user_by_id(tx, user_id))
            addresses = await store.list_addresses(tx, user_id, None, ADDRESSES_MAX)
            sessions = await kept.list_sessions(tx, user_id)
        orders = await self._orders.export(OrdersOf(user_id=user_id))
        return Kept(user=user, addresses=addresses, sessions=sessions, orders=orders.json)

    async def list_addresses(self, user_id: UUID, after: UUID | None, limit: int) -> Sequence[KeptAddress]:
        """At most so many, in the order they were made."""
        async with self._ctx.db.read() as tx:
            return await store.list_addresses(tx, user_id, after, limit)

    async def add_address(self, user_id: UUID, address: Address, *, default: bool = False) -> KeptAddress:
        """The first is the default one. Refuses with Invalid, and with TooManyAddresses beyond ADDRESSES_MAX."""
        address = address_of(address)
        async with self._ctx.db.tx() as tx:
            _living(await store.lock_user(tx, user_id))
            count = await store.count_addresses(tx, user_id)
            if count >= ADDRESSES_MAX:
                raise TooManyAddresses
            added = KeptAddress(uuid7(), address, default or count == 0)
            await store.put_address(tx, user_id, added)
        return added

    async def read_address(self, user_id: UUID, address_id: UUID) -> KeptAddress:
        async with self._ctx.db.read() as tx:
            found = await store.read_address(tx, user_id, address_id)
        if found is None:
            raise UnknownAddress
        return found

    async def change_address(
        self, user_id: UUID, address_id: UUID, changes: dict[str, str | None], *, default: bool | None = None
    ) -> KeptAddress:
        """Overwrite the given fields. Refuses with Invalid, and somebody else's address with UnknownAddress."""
        async with self._ctx.db.tx() as tx:
            await store.lock_user(tx, user_id)
            found = await store.read_address(tx, user_id, address_id)
            if found is None:
                raise UnknownAddress
            address = address_of(msgspec.structs.replace(found.address, **changes))
            changed = KeptAddress(address_id, address, found.default if default is None else default)
            await store.put_address(tx, user_id, changed)
        return changed

    async def drop_address(self, user_id: UUID, address_id: UUID) -> None:
        async with self._ctx.db.read() as tx:
            if not await store.drop_address(tx, user_id, address_id):
                raise UnknownAddress


def _living(user: User | None) -> User:
    if user is None:
        raise Unauthenticated("The account is gone")
    return user
