"""The bytes of requests and answers, each within its limit and its time."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Awaitable
from typing import Final, Protocol

from feira.kernel.errors import Malformed, TooLarge
from feira.kernel.http import JSON, Headers, Route
from feira.transport.heads import RsgiHeaders
from feira.transport.problems import RequestTimeout, UnsupportedMediaType

BODY_TIMEOUT_S: Final = 30.0
DRAIN_MAX: Final = 8 << 20
DRAIN_TIMEOUT_S: Final = 2.0
REPLY_MAX: Final = 64 << 20

_CHARSET = re.compile(r'charset\s*=\s*"?([^";\s]+)', re.IGNORECASE)


class Wire(Protocol):
    """A request's body and the way back, as RSGI gives them. To answer a client that has gone does nothing."""

    def __call__(self) -> Awaitable[bytes]: ...

    def __aiter__(self) -> AsyncIterator[bytes]: ...

    def response_empty(self, status: int, headers: list[tuple[str, str]], /) -> None: ...

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes, /) -> None: ...


async def read(wire: Wire, route: Route, headers: RsgiHeaders, timeout_s: float) -> bytes:
    """The whole body, within the route's limit and the time."""
    length = length_of(headers, route.body_max)
    whole: bytes | None = getattr(wire, "whole", None)  # Our own server's wire tells when nothing need be awaited.
    if whole is not None:
        if len(whole) > route.body_max:
            raise TooLarge(f"At most {route.body_max} bytes are read here")
        return whole
    try:
        async with asyncio.timeout(timeout_s):
            if length is None:
                return b"".join([chunk async for chunk in chunks(wire, route, headers, timeout_s)])
            return await wire()
    except TimeoutError:
        raise RequestTimeout from None
    except RuntimeError as error:  # The client went away in the middle.
        raise Malformed("The body is not whole") from error


async def chunks(wire: Wire, route: Route, headers: RsgiHeaders, timeout_s: float) -> AsyncIterator[bytes]:
    """The body as it arrives, each piece in time."""
    length_of(headers, route.body_max)
    source, size = aiter(wire), 0
    while True:
        try:
            async with asyncio.timeout(timeout_s):
                chunk = await anext(source)
        except TimeoutError:
            raise RequestTimeout from None
        except StopAsyncIteration:
            return
        except RuntimeError as error:  # The client went away in the middle.
            raise Malformed("The body is not whole") from error
        size += len(chunk)
        if size > route.body_max:
            raise TooLarge(f"At most {route.body_max} bytes are read here")
        yield chunk


async def drain(wire: Wire) -> None:
    """Throw away some of a body that is too large: most clients read no answer before they have sent all."""
    size = 0
    with contextlib.suppress(TimeoutError, RuntimeError):  # The client went away, or the body had been begun upon.
        async with asyncio.timeout(DRAIN_TIMEOUT_S):
            async for chunk in wire:
                size += len(chunk)
                if size > DRAIN_MAX:
                    return


def length_of(headers: Headers, body_max: int) -> int | None:
    """The length that the body is said to have, within the limit; None if it is not said."""
    text = headers.get("content-length")
    if text is None:
        return None if headers.get("transfer-encoding") else 0
    if not text.isdecimal():
        raise Malformed("The Content-Length is no number")
    if int(text) > body_max:
        raise TooLarge(f"At most {body_max} bytes are read here")
    return int(text)


def check_type(route: Route, headers: RsgiHeaders) -> None:
    """Refuse a body of another media type, charset or coding than the route reads."""
    text = headers.get("content-type") or ""
    media = text.partition(";")[0].strip().lower()
    # Who names no type means the one that most bodies here have.
    like_json = JSON in route.consumes and (not media or (media.startswith("application/") and media.endswith("+json")))
    if media not in route.consumes and not like_json:
        raise UnsupportedMediaType(f"Send {' or '.join(route.consumes)}")
    charset = _CHARSET.search(text)
    if charset and charset[1].lower() not in {"utf-8", "utf8"}:
        raise Malformed("The body must be in UTF-8")
    if headers.get("content-encoding") not in {None, "identity"}:
        raise UnsupportedMediaType("Compressed bodies are not read here")


async def collect(chunks: AsyncIterator[bytes]) -> bytes:
    """A streamed reply, whole. The server would keep all that a slow client has not read, and could not tell a client
    that a reply broke off: collected, it has a length, and its failure is a failure.
    """
    found: list[bytes] = []
    size = 0
    async for chunk in chunks:
        size += len(chunk)
        if size > REPLY_MAX:
            raise ValueError(f"A reply is over {REPLY_MAX} bytes")
        found.append(chunk)
    return b"".join(found)
