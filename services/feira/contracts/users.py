"""What users promises and tells: keys to verify tokens with, and what customers need to be written about."""

from datetime import datetime
from typing import ClassVar, Protocol
from uuid import UUID

from feira.kernel.message import Event, Message, remote


class KeysAsk(Message, frozen=True, kw_only=True):
    """No more is to be said."""


class Keys(Message, frozen=True, kw_only=True):
    """The public keys that access tokens are signed with, as an RFC 7517 key set in JSON."""

    jwks: bytes


class Users(Protocol):
    @remote(idempotent=True)
    async def keys(self, ask: KeysAsk) -> Keys:
        """The keys in use: those that sign now, and those whose tokens may still live."""
        ...


class _UserEvent(Event, frozen=True, kw_only=True):
    user_id: UUID
    email: str
    name: str
    locale: str

    @property
    def key(self) -> str:
        return str(self.user_id)


class VerificationAsked(_UserEvent, frozen=True, kw_only=True):
    """Send the link that proves an e-mail address. `token` works once, until `expires_at`."""

    topic: ClassVar[str] = "users.verification_asked.v1"
    token: str
    expires_at: datetime


class RegistrationRepeated(_UserEvent, frozen=True, kw_only=True):
    """Somebody registered an address that has an account: tell its owner, change nothing."""

    topic: ClassVar[str] = "users.registration_repeated.v1"


class ResetAsked(_UserEvent, frozen=True, kw_only=True):
    """Send the link that sets a new password. `token` works once, until `expires_at`."""

    topic: ClassVar[str] = "users.reset_asked.v1"
    token: str
    expires_at: datetime


class EmailVerified(_UserEvent, frozen=True, kw_only=True):
    """The address is proven: what was bought with it as a guest belongs to the account."""

    topic: ClassVar[str] = "users.email_verified.v1"


class UserErased(_UserEvent, frozen=True, kw_only=True):
    """The account is gone: forget what the law lets go."""

    topic: ClassVar[str] = "users.erased.v1"


class SessionsEnded(Event, frozen=True, kw_only=True):
    """A session of this account was ended before its time, or all of them if none is named. Its access tokens are good for
    their last minutes, but nobody should go on being told things because of them.
    """

    topic: ClassVar[str] = "users.sessions_ended.v1"
    user_id: UUID
    session_id: UUID | None = None

    @property
    def key(self) -> str:
        return str(self.user_id)
