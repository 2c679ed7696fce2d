"""Sessions: how long they live, and what a refresh token that somebody shows does to its family."""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final, Literal

ACCESS_TTL_S: Final = 600
REFRESH_TTL = timedelta(days=30)  # Since the last use.
SESSION_TTL = timedelta(days=365)  # Since the sign-in, however often it was refreshed.
VERIFICATION_TTL = timedelta(hours=24)
RESET_TTL = timedelta(hours=1)
REFRESH_TOKEN_MAX: Final = 128

Verdict = Literal["renew", "revoke", "refuse"]


def digest(secret: str) -> bytes:
    """How a secret of 256 random bits is stored: it needs no salt and no slowness."""
    return sha256(secret.encode()).digest()


@dataclass(frozen=True)
class RefreshToken:
    """What a client holds: `handle` finds the session and stays, `secret` is new each time.

    Only who once held a genuine token knows the handle. So a known handle with another than the last secret is a used
    token, and one row for each session is enough to tell, however often it is refreshed.
    """

    handle: str
    secret: str

    @property
    def text(self) -> str:
        return f"{self.handle}.{self.secret}"

    @classmethod
    def read(cls, text: str) -> "RefreshToken | None":
        handle, dot, secret = text.partition(".")
        return cls(handle, secret) if dot and handle and secret and text.isascii() else None


@dataclass(frozen=True)
class Family:
    """A session as it is stored, locked for the decision."""

    secret_hash: bytes
    created_at: datetime
    expires_at: datetime
    revoked: bool
    user_open: bool  # The account is neither disabled nor erased.


def judge(family: Family, token: RefreshToken, now: datetime) -> Verdict:
    """Whether the token renews the session. A second use revokes the family: one of the two users stole it (RFC 9700)."""
    if family.revoked or family.expires_at <= now or not family.user_open:
        return "refuse"
    return "renew" if hmac.compare_digest(family.secret_hash, digest(token.secret)) else "revoke"


def expiry(created_at: datetime, now: datetime) -> datetime:
    """Until when a session can be refreshed that is used now."""
    return min(now + REFRESH_TTL, created_at + SESSION_TTL)
