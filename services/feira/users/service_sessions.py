"""Sessions: to sign in, to go on, to sign out."""

from typing import Final
from uuid import UUID

import msgspec

from feira.kernel.card import Context
from feira.kernel.ids import random_token, uuid7
from feira.users import store
from feira.users import store_sessions as kept
from feira.users.domain import AGENT_MAX, SessionOver, WrongCredentials, email_of, password_of
from feira.users.domain_limits import SIGN_IN_FAILURES, SIGN_INS
from feira.users.domain_sessions import ACCESS_TTL_S, RefreshToken, digest, expiry, judge
from feira.users.service_clock import Clock
from feira.users.service_hasher import Hasher
from feira.users.service_keyring import Keyring
from feira.users.service_limiter import Limiter
from feira.users.store import User

CHECKS_MAX: Final = 3  # How often a password is checked again because it was changed, or hashed anew, meanwhile.


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """What a session gives its client; the refresh token works once."""

    access: str
    refresh: str
    expires_in_s: int = ACCESS_TTL_S


class Seen(msgspec.Struct, frozen=True):
    """What a client shows of itself: its IP address and its User-Agent."""

    address: str
    agent: str = ""


class Sessions:
    def __init__(self, ctx: Context, clock: Clock, hasher: Hasher, limiter: Limiter, keyring: Keyring) -> None:
        self._ctx = ctx
        self._clock = clock
        self._hasher = hasher
        self._limiter = limiter
        self._keyring = keyring

    async def sign_in(self, email: str, password: str, seen: Seen) -> Tokens:
        """A new session. Refuses with WrongCredentials, by the same work whether the account exists or not, and with
        RateLimited.

        Guesses in parallel gain nothing: whatever was checked at the same time, an answer is only given while fewer
        failures are counted than the limit, and the right password is told from a wrong one by its answer alone.
        """
        email = email_of(email)
        password = password_of(password)
        await self._limiter.count_address(SIGN_INS, seen.address)
        for _ in range(CHECKS_MAX):
            async with self._ctx.db.read() as tx:
                await self._limiter.check(tx, SIGN_IN_FAILURES, email)
                user = await store.user_by_email(tx, email)
            right = await self._hasher.verify(user.password_hash if user else None, password)
            if user is None or not right or not user.open:
                await self._limiter.count(SIGN_IN_FAILURES, email)
                raise WrongCredentials
            tokens = await self._begin(user, seen)
            if tokens is not None:
                await self._rehash_if_outdated(user, password)
                return tokens
        raise WrongCredentials

    async def _begin(self, user: User, seen: Seen) -> Tokens | None:
        """A session for the user whose password was checked; None if the account is no more what it was then."""
        now = self._clock()
        token = RefreshToken(random_token(128), random_token(256))
        session_id = uuid7()
        async with self._ctx.db.tx() as tx:
            # A reset that revokes all sessions either waits for this one or is seen here.
            fresh = await store.share_user(tx, user.id)
            if fresh is None or not fresh.open or fresh.password_hash != user.password_hash:
                return None
            await self._limiter.check(tx, SIGN_IN_FAILURES, user.email)
            hashes = digest(token.handle), digest(token.secret)
            shown = seen.address, seen.agent[:AGENT_MAX]
            await kept.add_session(tx, session_id, user.id, hashes, now, expiry(now, now), shown)
        return Tokens(access=await self._keyring.access_token(fresh, session_id), refresh=token.text)

    async def _rehash_if_outdated(self, user: User, password: str) -> None:
        if user.password_hash is None or not self._hasher.outdated(user.password_hash):
            return
        newer = await self._hasher.hash(password)
        async with self._ctx.db.read() as tx:
            await store.rehash_password(tx, user.id, user.password_hash, newer)

    async def refresh(self, text: str) -> Tokens:
        """New tokens for a refresh token, which is used up. Refuses with SessionOver; a second use ends the session."""
        token = RefreshToken.read(text)
        if token is None:
            raise SessionOver
        now = self._clock()
        renewed = RefreshToken(token.handle, random_token(256))
        async with self._ctx.db.tx() as tx:
            found = await kept.lock_family(tx, digest(token.handle))
            if found is None:
                raise SessionOver
            session_id, user_id, family = found
            verdict = judge(family, token, now)
            user = await store.user_by_id(tx, user_id)
            if verdict == "renew":
                until = expiry(family.created_at, now)
                await kept.renew_session(tx, session_id, digest(renewed.secret), now, until)
            elif verdict == "revoke":
                await kept.revoke_session(tx, session_id, now)
                self._ctx.log.warning("refresh_token_used_twice", user_id=str(user_id), session_id=str(session_id))
        # Said after the commit, or the revocation would be rolled back with the refusal.
        if verdict != "renew" or user is None:
            raise SessionOver
        return Tokens(access=await self._keyring.access_token(user, session_id), refresh=renewed.text)

    async def sign_out(self, session_id: UUID) -> None:
        """End a session; its access tokens live out their minutes. Twice is the same as once."""
        async with self._ctx.db.tx() as tx:
            await kept.revoke_session(tx, session_id, self._clock())

    async def sign_out_by_token(self, text: str) -> None:
        """End the session of a refresh token, used up or not. Refuses an unknown one with SessionOver."""
        token = RefreshToken.read(text)
        async with self._ctx.db.tx() as tx:
            found = await kept.lock_family(tx, digest(token.handle)) if token else None
            if found is None:
                raise SessionOver
            await kept.revoke_session(tx, found[0], self._clock())
