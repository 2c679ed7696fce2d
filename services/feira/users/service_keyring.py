"""The keys that access tokens are signed with: made, sealed, published, used and dropped."""

import asyncio
import base64
import json
import os
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from joserfc import jwt
from joserfc.jwk import OKPKey

from feira.kernel.card import Context
from feira.kernel.ids import uuid7
from feira.transport.auth import ALGORITHM, AUDIENCE, REGISTRY
from feira.users import store_keys as store
from feira.users.domain import roles_of
from feira.users.domain_keys import KeyDates, rotation, signer
from feira.users.domain_sessions import ACCESS_TTL_S
from feira.users.service_clock import Clock
from feira.users.store import User
from feira.users.store_keys import StoredKey

RELOAD = timedelta(seconds=60)  # A new key is published a day before it signs, so this is soon enough to sign.
PUBLISHED = timedelta(seconds=2)  # But who asks for keys may have met one that was made in an emergency.
NONCE_BYTES: Final = 12


class Keyring:
    def __init__(self, ctx: Context, clock: Clock) -> None:
        self._ctx = ctx
        self._clock = clock
        self._seal = AESGCM(ctx.settings.derive("signing-keys"))
        self._stored: tuple[StoredKey, ...] = ()
        self._opened: dict[str, OKPKey] = {}
        self._loaded_at: datetime | None = None
        self._loading = asyncio.Lock()

    async def rotate(self) -> None:
        """Do what time demands of the keys, whichever process comes first."""
        now = self._clock()
        async with self._ctx.db.tx() as tx:
            await store.lock_keys(tx)
            keys = await store.all_keys(tx)
            due = rotation([self._dates(key) for key in keys], now)
            if due.next_signs_from is not None:
                made = self._make(due.next_signs_from)
                await store.add_key(tx, made)
                self._ctx.log.info("signing_key_made", kid=made.kid, signs_from=made.signs_from.isoformat())
            if due.drop:
                await store.drop_keys(tx, due.drop)
                self._ctx.log.info("signing_keys_dropped", kids=due.drop)
        self._loaded_at = None

    async def access_token(self, user: User, family: UUID) -> str:
        """A signed token that tells who the user is, for ACCESS_TTL_S."""
        now = self._clock()
        key = await self._signing_key(now)
        begun = int(now.timestamp())
        claims = {
            "iss": self._ctx.settings.url,
            "aud": AUDIENCE,
            "sub": str(user.id),
            "roles": list(roles_of(user.role)),
            "email": user.email,
            "email_verified": user.verified,
            "fam": str(family),
            "iat": begun,
            "nbf": begun,
            "exp": begun + ACCESS_TTL_S,
            "jti": str(uuid7()),
        }
        return jwt.encode({"alg": ALGORITHM, "kid": key.kid}, claims, key, registry=REGISTRY)

    async def jwks(self) -> bytes:
        """The public keys, as an RFC 7517 key set: also the one that will sign next, and those that signed last."""
        await self._load(self._clock(), PUBLISHED)
        return msgspec.json.encode({"keys": [_public(key) for key in self._stored]})

    async def _signing_key(self, now: datetime) -> OKPKey:
        for _ in range(2):
            await self._load(now, RELOAD)
            found = signer([self._dates(key) for key in self._stored], now)
            if found is not None:
                return self._opened[found.kid]
            await self.rotate()
        raise RuntimeError("there is no signing key although one was just made")

    async def _load(self, now: datetime, age_max: timedelta) -> None:
        async with self._loading:
            if self._loaded_at is not None and abs(now - self._loaded_at) < age_max:
                return
            async with self._ctx.db.read() as tx:
                self._stored = tuple(await store.all_keys(tx))
            known = {key.kid for key in self._stored}
            self._opened = {kid: key for kid, key in self._opened.items() if kid in known}
            self._loaded_at = now

    def _dates(self, key: StoredKey) -> KeyDates:
        return KeyDates(key.kid, key.signs_from, usable=self._open(key) is not None)

    def _make(self, signs_from: datetime) -> StoredKey:
        key = OKPKey.generate_key("Ed25519", auto_kid=True)
        kid = str(key.kid)
        plain = json.dumps(key.as_dict(private=True)).encode()
        nonce = os.urandom(NONCE_BYTES)
        public = base64.urlsafe_b64decode(str(key.as_dict(private=False)["x"]) + "=")
        # The kid is authenticated too, so that no sealed key can be put under another's name.
        return StoredKey(kid, public, nonce + self._seal.encrypt(nonce, plain, kid.encode()), signs_from)

    def _open(self, key: StoredKey) -> OKPKey | None:
        """The private key; None if it was sealed with another secret than ours."""
        if key.kid not in self._opened:
            nonce, sealed = key.sealed[:NONCE_BYTES], key.sealed[NONCE_BYTES:]
            try:
                plain = self._seal.decrypt(nonce, sealed, key.kid.encode())
            except InvalidTag:
                return None
            self._opened[key.kid] = OKPKey.import_key(json.loads(plain))
        return self._opened[key.kid]


def _public(key: StoredKey) -> dict[str, str]:
    x = base64.urlsafe_b64encode(key.public).rstrip(b"=").decode()
    return {"kty": "OKP", "crv": "Ed25519", "x": x, "kid": key.kid, "use": "sig", "alg": ALGORITHM}
