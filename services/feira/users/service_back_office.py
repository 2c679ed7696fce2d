"""What staff do with accounts, and the journal of what staff did anywhere."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from feira.contracts.audit import StaffActed
from feira.kernel.card import Context
from feira.kernel.db import Tx
from feira.kernel.errors import Forbidden
from feira.kernel.events import emit
from feira.kernel.ids import uuid7
from feira.kernel.message import Heard
from feira.users import store
from feira.users import store_back_office as office
from feira.users import store_sessions as kept
from feira.users.domain import EmailNotVerified, LastAdmin, Role, UnknownUser, email_of, new_password, outranks
from feira.users.domain_limits import SIGN_IN_FAILURES
from feira.users.service_accounts import email_verified
from feira.users.service_clock import Clock
from feira.users.service_hasher import Hasher
from feira.users.service_limiter import Limiter
from feira.users.store import User
from feira.users.store_back_office import Act, ActQuery

EXPORT_PAGE: Final = 1_000


class Customer(msgspec.Struct, frozen=True, kw_only=True):
    """An account as it is exported."""

    id: UUID
    email: str
    name: str
    phone: str | None
    locale: str
    role: Role
    email_verified: bool
    disabled: bool
    created_at: datetime


class BackOffice:
    def __init__(self, ctx: Context, clock: Clock, hasher: Hasher, limiter: Limiter) -> None:
        self._ctx = ctx
        self._clock = clock
        self._hasher = hasher
        self._limiter = limiter

    async def newest_users(self, role: Role | None, before: UUID | None, limit: int) -> Sequence[User]:
        async with self._ctx.db.read() as tx:
            return await office.newest_users(tx, role, before, limit)

    async def users_by_email(self, prefix: str, role: Role | None, after: str, limit: int) -> Sequence[User]:
        """Those whose address begins so, in order of address."""
        async with self._ctx.db.read() as tx:
            return await office.users_by_email(tx, prefix.strip().lower(), role, after, limit)

    async def read_user(self, user_id: UUID) -> User:
        async with self._ctx.db.read() as tx:
            user = await store.user_by_id(tx, user_id)
        if user is None:
            raise UnknownUser
        return user

    async def change_user(self, actor: UUID, user_id: UUID, *, role: Role | None, disabled: bool | None) -> User:
        """Give or take power; it ends all sessions of the user. None leaves as it is.

        Refuses with UnknownUser; LastAdmin; EmailNotVerified; Forbidden if the actor has stopped being an admin since
        the token was made: else it would be good for making oneself an admin again.
        """
        now = self._clock()
        async with self._ctx.db.tx() as tx:
            user, admins = await store.lock_user_and_admins(tx, user_id)
            if actor not in admins:
                raise Forbidden
            if user is None:
                raise UnknownUser
            disabled_at = user.disabled_at
            if disabled is not None and disabled != (disabled_at is not None):
                disabled_at = now if disabled else None
            changed = msgspec.structs.replace(user, role=role or user.role, disabled_at=disabled_at)
            if changed == user:
                return user
            if admins == {user_id} and (changed.role != "admin" or not changed.open):
                raise LastAdmin
            if outranks(changed.role, user.role) and not user.verified:
                raise EmailNotVerified
            await store.set_standing(tx, user_id, changed.role, changed.disabled_at)
            await kept.revoke_sessions(tx, user_id, now)
            await self._record_change(tx, actor, user, changed)
        return changed

    async def _record_change(self, tx: Tx, actor: UUID | None, before: User, after: User) -> None:
        acts: list[tuple[str, Any]] = []
        if before.role != after.role:
            acts.append(("users.role_changed", {"from": before.role, "to": after.role}))
        if before.disabled_at != after.disabled_at:
            acts.append(("users.disabled" if after.disabled_at else "users.enabled", {}))
        target = f"users/{after.id}"
        now = self._clock()
        await office.record_acts(
            tx, [Act(id=uuid7(), at=now, actor=actor, action=did, target=target, detail=detail) for did, detail in acts]
        )

    async def add_staff(self, email: str, role: Role, password: str | None) -> bool:
        """An account with this role for this address, for the command line; whether it is new. Twice is the same as once.

        Who runs commands on the shop's machine vouches for the address. An account that is there keeps its password
        if none is given, unless the address was never proven: then it may be another's who registered it first.
        """
        email = email_of(email)
        password_hash = await self._hasher.hash(new_password(password, email)) if password is not None else None
        now = self._clock()
        async with self._ctx.db.tx() as tx:
            new = await store.add_user(tx, uuid7(), email, email.partition("@")[0], "en", password_hash, now)
            user = await store.lock_user_by_email(tx, email)
            if user is None:
                raise RuntimeError("an account that was there is gone")  # Erased between the two statements.
            changed = msgspec.structs.replace(user, role=role, disabled_at=None)
            if not new and (password_hash is not None or not user.verified):
                await store.set_password(tx, user.id, password_hash)
                await self._limiter.forget(tx, SIGN_IN_FAILURES, email)
            if changed != user or password_hash is not None or not user.verified:
                await store.set_standing(tx, user.id, role, None)
                await kept.revoke_sessions(tx, user.id, now)
                await self._record_change(tx, None, user, changed)
            if not user.verified:
                await store.mark_verified(tx, user.id, now)
                await emit(tx, await email_verified(tx, user))
        return new

    async def export_customers(self) -> AsyncIterator[Customer]:
        """All accounts, in the order they were made, a page in memory at a time."""
        after: UUID | None = None
        while True:
            async with self._ctx.db.read() as tx:
                page = await office.users_after(tx, after, EXPORT_PAGE)
            for user in page:
                yield Customer(
                    id=user.id, email=user.email, name=user.name, phone=user.phone, locale=user.locale, role=user.role,
                    email_verified=user.verified, disabled=user.disabled_at is not None, created_at=user.created_at,
                )  # fmt: skip
            if len(page) < EXPORT_PAGE:
                return
            after = page[-1].id

    async def list_acts(self, query: ActQuery, before: tuple[datetime, UUID] | None, limit: int) -> Sequence[Act]:
        """The newest first."""
        async with self._ctx.db.read() as tx:
            return await office.list_acts(tx, query, before, limit)

    async def record_acts(self, tx: Tx, heard: Sequence[Heard[StaffActed]]) -> None:
        """Write down what staff did elsewhere."""
        acts = [
            Act(
                id=one.id,
                at=one.at,
                actor=one.event.actor if one.event.actor.int else None,  # The nil UUID is nobody, at the command line.
                action=one.event.action,
                target=one.event.target,
                detail=_detail(one.event.detail),
            )
            for one in heard
        ]
        await office.record_acts(tx, acts)


def _detail(text: str) -> Any:
    """A teller's JSON; what is none is kept as it is, since an act must never go unrecorded."""
    try:
        found = msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text
    return {} if found is None else found
