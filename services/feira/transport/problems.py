"""Every "no" as RFC 9457 says it: `application/problem+json` with a stable `code`."""

import asyncio
from typing import Any, Final

import msgspec

from feira.kernel.db import BUSY, LOST
from feira.kernel.errors import Forbidden, Overloaded, RateLimited, Refused, Unavailable
from feira.kernel.http import Answer

PROBLEM: Final = "application/problem+json"
_encode = msgspec.json.Encoder(enc_hook=str).encode


class CrossSite(Forbidden):
    code = "csrf"
    title = "A request by cookie needs an Origin of ours"


class MethodNotAllowed(Refused):
    status = 405
    code = "method_not_allowed"
    title = "This address does not answer this method"


class RequestTimeout(Refused):
    status = 408
    code = "request_timeout"
    title = "The body did not arrive in time"


class UnsupportedMediaType(Refused):
    status = 415
    code = "unsupported_media_type"
    title = "The body is of a type that is not read here"


class TargetTooLong(Refused):
    status = 414
    code = "target_too_long"
    title = "The address is longer than any of ours"


class TooManyHeaders(Refused):
    status = 431
    code = "too_many_headers"
    title = "The headers are more than are read here"


class WrongHost(Refused):
    status = 421
    code = "wrong_host"
    title = "This host is not ours"


class Internal(Refused):
    status = 500
    code = "internal"
    title = "Something went wrong on our side"


def refusal_of(error: BaseException) -> Refused:
    """What a client is told of an exception: the refusal itself, that something is out of reach, or nothing at all."""
    if isinstance(error, Refused):
        return error
    if isinstance(error, (*LOST, *BUSY, TimeoutError, asyncio.CancelledError)):
        return Unavailable()
    return Internal()


def document_of(refusal: Refused) -> dict[str, Any]:
    """The problem document. `extra` adds members and never replaces one."""
    found = {
        "type": f"/docs#error-{refusal.code}",
        "title": refusal.title,
        "status": refusal.status,
        "detail": refusal.detail,
        "code": refusal.code,
    }
    more = {name: value for name, value in refusal.extra.items() if name not in found and name != "retry_after_s"}
    if refusal.status == 422:  # A field is named always; an empty name is the whole body.
        more.setdefault("errors", [{"field": refusal.blamed, "message": refusal.detail}])
    return found | more


def problem(refusal: Refused, *more: tuple[str, str]) -> Answer:
    """The refusal as an answer, with the headers that its status asks for and `more`."""
    headers = [("cache-control", "no-store"), *more]
    if isinstance(refusal, Overloaded | RateLimited) or "retry_after_s" in refusal.extra:
        headers.append(("retry-after", str(max(1, int(refusal.extra.get("retry_after_s", 1))))))
    if refusal.status == 401:
        headers.append(("www-authenticate", "Bearer"))
    return Answer(refusal.status, _encode(document_of(refusal)), tuple(headers), PROBLEM)


def known_refusals() -> dict[str, type[Refused]]:
    """Every refusal that has been declared, by its code: how a refusal gets its class back after gRPC."""
    found: dict[str, type[Refused]] = {}
    todo: list[type[Refused]] = [Refused]
    for kind in todo:
        found.setdefault(kind.code, kind)
        todo.extend(kind.__subclasses__())
    return found


def rebuild(code: str, detail: str, extra: dict[str, Any]) -> Refused:
    """The refusal that left another process, as the class that it was there."""
    kind = known_refusals().get(code, Refused)
    refusal = kind.__new__(kind)
    Refused.__init__(refusal, detail, **extra)
    return refusal
