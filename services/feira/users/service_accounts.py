"""Accounts: to get one, to prove its address, to set a new password."""

from datetime import datetime, timedelta
from typing import Final

from feira.contracts.users import EmailVerified, RegistrationRepeated, ResetAsked, VerificationAsked
from feira.kernel.card import Context
from feira.kernel.db import Tx
from feira.kernel.events import emit
from feira.kernel.ids import random_token, uuid7
from feira.users import store
from feira.users import store_sessions as kept
from feira.users.domain import DeadLink, email_of, name_of, new_password
from feira.users.domain_limits import LETTERS, REGISTRATIONS, RESETS, SIGN_IN_FAILURES
from feira.users.domain_sessions import RESET_TTL, VERIFICATION_TTL, digest
from feira.users.service_clock import Clock
from feira.users.service_hasher import Hasher
from feira.users.service_limiter import Limiter
from feira.users.store import User
from feira.users.store_sessions import Letter

WRITE_LETTERS: Final = "write_letters"  # The job that performs what was asked for here.
LETTERS_AT_ONCE_MAX: Final = 100
LETTER_TRIES_MAX: Final = 10
LETTER_DELAY: Final = timedelta(seconds=5)  # Doubled with each try.


class Accounts:
    def __init__(self, ctx: Context, clock: Clock, hasher: Hasher, limiter: Limiter) -> None:
        self._ctx = ctx
        self._clock = clock
        self._hasher = hasher
        self._limiter = limiter

    async def register(self, email: str, password: str, name: str, locale: str, address: str) -> None:
        """An account for the address, or a letter to the owner of the one that is there.

        Nothing tells the asker which: the password is hashed and the same is written in both cases. A known account is
        not touched. Refuses with Invalid and RateLimited.
        """
        email = email_of(email)
        password = new_password(password, email)
        name = name_of(name)
        await self._limiter.count_address(REGISTRATIONS, address)
        password_hash = await self._hasher.hash(password)
        now = self._clock()
        user_id = uuid7()
        async with self._ctx.db.tx() as tx:
            new = await store.add_user(tx, user_id, email, name, locale, password_hash, now)
            await kept.add_letter(tx, uuid7(), email, "registered", user_id if new else None, now)
        self._ctx.wake(WRITE_LETTERS)

    async def verify(self, token: str) -> None:
        """Prove the address by the token that was sent there. Refuses with DeadLink."""
        link = digest(token)
        now = self._clock()
        async with self._ctx.db.tx() as tx:
            owner = await kept.link_owner(tx, link, "verify", now)
            user = await store.lock_user(tx, owner) if owner else None
            if user is None or not await kept.use_link(tx, link):
                raise DeadLink
            await self._prove(tx, user, now)

    async def ask_reset(self, email: str, address: str) -> None:
        """Have a link sent that sets a new password, if the address has an account; nothing tells whether it has.

        Refuses with Invalid and RateLimited.
        """
        email = email_of(email)
        await self._limiter.count_address(RESETS, address)
        async with self._ctx.db.tx() as tx:
            await kept.add_letter(tx, uuid7(), email, "reset", None, self._clock())
        self._ctx.wake(WRITE_LETTERS)

    async def confirm_reset(self, token: str, password: str) -> None:
        """Set a new password by the token that was sent. It ends all sessions and proves the address.

        Refuses with DeadLink, and with Invalid, which leaves the link good. An account whose address was never proven
        may be somebody else's who took the address first: what he left in it goes, lest the owner ship to him.
        """
        link = digest(token)
        async with self._ctx.db.read() as tx:
            owner = await kept.link_owner(tx, link, "reset", self._clock())
            user = await store.user_by_id(tx, owner) if owner else None
        if user is None:
            raise DeadLink
        password_hash = await self._hasher.hash(new_password(password, user.email))
        now = self._clock()
        async with self._ctx.db.tx() as tx:
            user = await store.lock_user(tx, user.id)
            if user is None or not await kept.use_link(tx, link):
                raise DeadLink
            await store.set_password(tx, user.id, password_hash)
            await kept.revoke_sessions(tx, user.id, now)
            await kept.drop_links(tx, user.id, "reset")
            # Its owner has just shown himself: others' guesses no longer keep him out.
            await self._limiter.forget(tx, SIGN_IN_FAILURES, user.email)
            if not user.verified:
                await store.set_profile(tx, user.id, user.name, None, user.locale)
                await store.drop_addresses(tx, user.id)
            await self._prove(tx, user, now)

    async def _prove(self, tx: Tx, user: User, now: datetime) -> None:
        await kept.drop_links(tx, user.id, "verify")
        if user.verified:
            return
        await store.mark_verified(tx, user.id, now)
        await emit(tx, await email_verified(tx, user))

    async def write_letters(self) -> bool:
        """Tell of what was asked for, so that it is mailed. Whether there may be more."""
        for _ in range(LETTERS_AT_ONCE_MAX):
            if not await self._write_next():
                return False
        return True

    async def _write_next(self) -> bool:
        letter = None
        now = self._clock()
        try:
            async with self._ctx.db.tx() as tx:
                letter = await kept.take_letter(tx, now, LETTER_TRIES_MAX)
                if letter is None:
                    return False
                await self._write(tx, letter, now)
        except Exception as failure:
            if letter is None:
                raise
            self._ctx.log.exception("letter_not_written", letter_id=str(letter.id), error=repr(failure))
            async with self._ctx.db.read() as tx:
                await kept.postpone_letter(tx, letter.id, now + LETTER_DELAY * 2**letter.tries)
        return True

    async def _write(self, tx: Tx, letter: Letter, now: datetime) -> None:
        if letter.user_id is not None:
            user = await store.lock_user(tx, letter.user_id)
        else:
            user = await store.lock_user_by_email(tx, letter.email)
        if user is None or (letter.user_id is not None and user.verified):
            return
        if not await self._limiter.allows(tx, LETTERS, str(user.id)):
            self._ctx.log.warning("too_many_letters", user_id=str(user.id))
            return
        version = await store.next_version(tx, user.id)
        if letter.kind == "registered" and letter.user_id is None:
            await emit(
                tx,
                RegistrationRepeated(
                    version=version, user_id=user.id, email=user.email, name=user.name, locale=user.locale
                ),
            )
            return
        verifying = letter.kind == "registered"
        ttl = VERIFICATION_TTL if verifying else RESET_TTL
        event = VerificationAsked if verifying else ResetAsked
        token = random_token(256)
        await kept.add_link(tx, digest(token), user.id, "verify" if verifying else "reset", now + ttl)
        await emit(
            tx,
            event(
                version=version, user_id=user.id, email=user.email, name=user.name, locale=user.locale, token=token,
                expires_at=now + ttl,
            ),
        )  # fmt: skip


async def email_verified(tx: Tx, user: User) -> EmailVerified:
    """The news that this user's address is proven; the caller has locked the row."""
    version = await store.next_version(tx, user.id)
    return EmailVerified(version=version, user_id=user.id, email=user.email, name=user.name, locale=user.locale)
