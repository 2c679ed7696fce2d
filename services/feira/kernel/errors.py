"""One way to say no. What the rules forbid travels as a value over HTTP and gRPC; bugs propagate."""

from collections.abc import Sequence
from typing import Any, ClassVar

import msgspec


class FieldError(msgspec.Struct, frozen=True):
    """What is wrong with one field of a request; `field` is a dotted path such as `lines.0.quantity`."""

    field: str
    message: str


class Refused(Exception):  # noqa: N818 - a refusal is an answer, not an error.
    """The caller asked for something the rules forbid: never a fault of ours, never retried by itself.

    `code` is stable and unique among refusals; `extra` holds the members that the answer adds to the problem document.
    """

    status: ClassVar[int] = 409
    code: ClassVar[str] = "refused"
    title: ClassVar[str] = "The request was refused"
    blamed: ClassVar[str] = ""  # Of a 422: the field that it is always about.

    def __init__(self, detail: str = "", **extra: Any) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.extra = extra


class Invalid(Refused):
    """A well-formed request that breaks a rule, with the fields that do."""

    status = 422
    code = "invalid"
    title = "The request breaks a rule"

    def __init__(self, detail: str = "", *, errors: Sequence[FieldError] = (), **extra: Any) -> None:
        super().__init__(detail, **extra)
        if errors:
            self.extra["errors"] = [{"field": error.field, "message": error.message} for error in errors]

    @classmethod
    def field(cls, field: str, message: str) -> "Invalid":
        """The request is refused for this one field."""
        return cls(f"{field}: {message}" if field else message, errors=(FieldError(field, message),))


class Malformed(Refused):
    status = 400
    code = "malformed"
    title = "The request could not be read"


class Unauthenticated(Refused):
    status = 401
    code = "unauthenticated"
    title = "A valid access token is needed"


class Forbidden(Refused):
    status = 403
    code = "forbidden"
    title = "Your role does not allow this"


class NotFound(Refused):
    status = 404
    code = "not_found"
    title = "There is no such thing"


class TooLarge(Refused):
    status = 413
    code = "too_large"
    title = "The body is over its limit"


class RateLimited(Refused):
    """Too many attempts; `retry_after_s` tells when the next one is heard."""

    status = 429
    code = "rate_limited"
    title = "Too many attempts"

    def __init__(self, detail: str = "", *, retry_after_s: int = 1, **extra: Any) -> None:
        super().__init__(detail, retry_after_s=retry_after_s, **extra)


class Overloaded(Refused):
    """A queue is full: nothing was begun, and the same request may be sent again."""

    status = 503
    code = "overloaded"
    title = "The shop is busy; please try again"

    def __init__(self, detail: str = "", *, retry_after_s: int = 1, **extra: Any) -> None:
        super().__init__(detail, retry_after_s=retry_after_s, **extra)


class Unavailable(Overloaded):
    """Something that we need did not answer in time; the same request may be sent again."""

    code = "unavailable"
    title = "A part of the shop does not answer; please try again"
