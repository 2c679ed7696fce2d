"""Who is asking: access tokens are verified here, from the key set that the users service publishes."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

import msgspec
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError, UnsupportedAlgorithmError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from feira.kernel import logs
from feira.kernel.errors import Unauthenticated, Unavailable
from feira.kernel.http import Caller

ALGORITHM: Final = "EdDSA"
AUDIENCE: Final = "feira"
TOKEN_MAX: Final = 4096
KEYS_TTL_S: Final = 600.0
FETCH_AGAIN_S: Final = 5.0
FETCH_TIMEOUT_S: Final = 3.0
LEEWAY_S: Final = 5  # For the clocks of other machines; never for the expiry.
REMEMBERED_MAX: Final = 8192


class PinnedRegistry(JWSRegistry):
    """Knows one algorithm, so that no token can choose another; users signs with it too (`jwt.encode(registry=…)`).

    It goes by RFC 8037's name, which every library and proxy knows, not yet by RFC 9864's `Ed25519`.
    """

    def get_alg(self, name: str) -> Any:
        if name != ALGORITHM:
            raise UnsupportedAlgorithmError(f"Algorithm of '{name}' is not supported")
        return self.algorithms[ALGORITHM]


REGISTRY: Final = PinnedRegistry()


class _Claims(msgspec.Struct):
    sub: UUID
    exp: float
    roles: list[str]
    email: str | None = None
    email_verified: bool = False
    fam: UUID | None = None


class Verifier:
    """Tells whose access token it is. `keys` answers the key set as JSON (RFC 7517); it may fail and may be slow."""

    def __init__(self, issuer: str, keys: Callable[[], Awaitable[bytes]]) -> None:
        self._fetch_keys = keys
        self._registry = jwt.JWTClaimsRegistry(
            leeway=LEEWAY_S,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": AUDIENCE},
            exp={"essential": True},
            sub={"essential": True},
        )
        self._keys = KeySet([])
        self._fetched_at = self._tried_at = float("-inf")
        self._lock = asyncio.Lock()
        self._log = logs.logger("auth")
        # A verification costs more than most requests do, and a client sends one token again and again.
        self._remembered: dict[str, tuple[Caller, float]] = {}

    async def caller(self, token: str, *, by_cookie: bool = False) -> Caller:
        """Whose token it is. Refuses with Unauthenticated if it is bad, with Unavailable while no keys can be had."""
        caller, _ = await self.until(token)
        return replace(caller, by_cookie=True) if by_cookie else caller

    async def until(self, token: str) -> tuple[Caller, float]:
        """The same, and when the token expires, in Unix seconds."""
        await self._refresh_if(time.monotonic() - self._fetched_at > KEYS_TTL_S)
        caller, expires_at = self._remembered.get(token) or await self._verify(token)
        if expires_at <= time.time():
            raise Unauthenticated("The access token has expired")
        return caller, expires_at

    async def _verify(self, token: str) -> tuple[Caller, float]:
        if len(token) > TOKEN_MAX:
            raise Unauthenticated
        try:
            claims = (await self._decode(token)).claims
            self._registry.validate(claims)
            found = msgspec.convert(claims, _Claims)
        except (JoseError, ValueError, RecursionError) as error:
            raise Unauthenticated from error
        caller = Caller(found.sub, frozenset(found.roles), found.email, found.email_verified, found.fam)
        if len(self._remembered) >= REMEMBERED_MAX:
            self._remembered.clear()
        self._remembered[token] = caller, found.exp
        return caller, found.exp

    async def _decode(self, token: str) -> jwt.Token:
        try:
            return jwt.decode(token, self._keys, registry=REGISTRY)
        except InvalidKeyIdError:
            await self._refresh_if(True)
            if self._tried_at > self._fetched_at:
                raise Unavailable("Access tokens cannot be checked at the moment") from None
            return jwt.decode(token, self._keys, registry=REGISTRY)

    async def _refresh_if(self, needed: bool) -> None:
        if not needed or time.monotonic() - self._tried_at < FETCH_AGAIN_S:
            return
        async with self._lock:
            if time.monotonic() - self._tried_at < FETCH_AGAIN_S:
                return  # Somebody else asked while this caller waited.
            try:
                async with asyncio.timeout(FETCH_TIMEOUT_S):
                    found = KeySet.import_key_set(msgspec.json.decode(await self._fetch_keys()))
            except Exception as error:  # noqa: BLE001 - whatever it is, the keys at hand go on being good.
                self._tried_at = time.monotonic()
                self._log.warning("keys_not_fetched", error=repr(error))
                return
            self._tried_at = self._fetched_at = time.monotonic()
            if found != self._keys:
                self._remembered.clear()  # A key that was withdrawn is trusted no more.
            self._keys = found
