"""One request from its head to its answer: the table of routes as an application for an RSGI server."""

import asyncio
import contextlib
import hashlib
import re
import time
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from typing import Any, Final, Protocol, cast

import msgspec

from feira.kernel import logs, trace
from feira.kernel.errors import Forbidden, Invalid, Malformed, NotFound, Overloaded, TooLarge, Unauthenticated
from feira.kernel.http import GUEST, JSON, Answer, Caller, Headers, Request, Route, Stream
from feira.transport.auth import Verifier
from feira.transport.heads import ACCESS_COOKIE, REFRESH_COOKIE, Addresses, Hosts, RsgiHeaders, read_cookies
from feira.transport.problems import (
    CrossSite,
    Internal,
    MethodNotAllowed,
    RequestTimeout,
    UnsupportedMediaType,
    WrongHost,
    problem,
    refusal_of,
)
from feira.transport.reading import decode, parameters, read_query
from feira.transport.routing import Table
from feira.transport.told import requests_of

REQUESTS_MAX: Final = 4096  # In progress in one process.
BODY_TIMEOUT_S: Final = 30.0
DRAIN_MAX: Final = 8 << 20
DRAIN_TIMEOUT_S: Final = 2.0
REPLY_MAX: Final = 64 << 20
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
METHODS: Final = SAFE | {"POST", "PUT", "PATCH", "DELETE"}

_KEY = re.compile(r"[\x20-\x7e]{1,255}")
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8}){0,4}")
_REQUEST_ID = re.compile(r"[0-9A-Za-z._-]{1,64}")
_TAG = re.compile(r'"[^"]*"')
_CHARSET = re.compile(r'charset\s*=\s*"?([^";\s]+)', re.IGNORECASE)
_encode = msgspec.json.Encoder().encode


class Scope(Protocol):
    """A request's head, as RSGI gives it; the path is percent-decoded."""

    method: str
    path: str
    query_string: str
    client: str
    authority: str | None
    headers: RsgiHeaders


class Wire(Protocol):
    """A request's body and the way back, as RSGI gives them. To answer a client that has gone does nothing."""

    def __call__(self) -> Awaitable[bytes]: ...

    def __aiter__(self) -> AsyncIterator[bytes]: ...

    def response_empty(self, status: int, headers: list[tuple[str, str]], /) -> None: ...

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes, /) -> None: ...


class _Served:
    """A route with all that can be known before its first request."""

    def __init__(self, route: Route) -> None:
        self.route = route
        self.decoder = None if route.body in {None, Stream} else msgspec.json.Decoder(route.body)
        self.cache = "public, max-age=0, must-revalidate" if route.public_cache else "no-store"
        self.told = requests_of(route.path)


class App:
    """An RSGI application. Without a `verifier` every caller is a guest; without `hosts` every host is ours."""

    def __init__(
        self,
        routes: Sequence[Route],
        *,
        verifier: Verifier | None = None,
        hosts: Hosts | None = None,
        trusted_proxies: Sequence[str] = (),
        requests_max: int = REQUESTS_MAX,
        body_timeout_s: float = BODY_TIMEOUT_S,
    ) -> None:
        self._table = Table((route.method, route.path, _Served(route)) for route in routes)
        self._unmatched = _Served(Route("GET", "(none)", cast("Any", None)))
        self._verifier = verifier
        self._hosts = hosts
        self._addresses = Addresses(trusted_proxies)
        self._requests_max = requests_max
        self._body_timeout_s = body_timeout_s
        self._log = logs.logger("http")
        self.running = 0

    async def __rsgi__(self, scope: Scope, wire: Wire) -> None:
        began = time.perf_counter()
        asked_id = scope.headers.get("x-request-id")
        found = trace.begin(
            asked_id if asked_id and _REQUEST_ID.fullmatch(asked_id) else None, scope.headers.get("traceparent")
        )
        served = self._unmatched
        self.running += 1
        try:
            served, path = self._find(scope)
            answer = await self._run(served, path, scope, wire)
        except Exception as error:  # noqa: BLE001 - whatever happened, the client is answered.
            answer = self._refuse(error, found, scope.method)
            if answer.status == 413:
                await _drain(wire)
        except asyncio.CancelledError as error:
            answer = self._refuse(error, found, scope.method)
            if cast("asyncio.Task[Any]", asyncio.current_task()).cancelling():
                _send(wire, answer, found)
                raise
        finally:
            self.running -= 1
        _send(wire, answer, found)
        seconds = time.perf_counter() - began
        method = scope.method if scope.method in METHODS else "(other)"
        served.told.tell(method, answer.status, seconds, trace.current() or found)

    def _refuse(self, error: BaseException, found: trace.Trace, method: str) -> Answer:
        refusal = refusal_of(error)
        if isinstance(refusal, Internal):
            self._log.error("http.bug", exc_info=error)
            refusal.extra["request_id"] = found.request_id
        elif refusal is not error:
            self._log.warning("http.unavailable", error=repr(error))  # Thousands in a second, when a database is gone.
        if isinstance(refusal, MethodNotAllowed):
            allow = ("allow", refusal.extra.pop("allow"))
            return Answer(204, None, (allow,)) if method == "OPTIONS" else problem(refusal, allow)
        if isinstance(refusal, TooLarge | RequestTimeout):
            return problem(refusal, ("connection", "close"))  # What is left of the body is not waited for.
        return problem(refusal)

    def _find(self, scope: Scope) -> tuple[_Served, dict[str, str]]:
        if self.running > self._requests_max:
            raise Overloaded
        if self._hosts is not None:
            host = scope.headers.get("host")
            if host is None and scope.authority is None:
                raise Malformed("The Host header is missing")
            # A request line may name a host too, and then it is that one which counts.
            if any(name is not None and name.lower() not in self._hosts.names for name in (scope.authority, host)):
                raise WrongHost
        match = self._table.find(scope.path)
        if match is None:
            raise NotFound("There is nothing at this address")
        methods, values = match
        entry = methods.get("GET" if scope.method == "HEAD" else scope.method)
        if entry is None:
            allowed = {*methods, "OPTIONS", *(("HEAD",) if "GET" in methods else ())}
            raise MethodNotAllowed(f"{scope.method} is not answered here", allow=", ".join(sorted(allowed)))
        names, served = entry
        return served, dict(zip(names, values, strict=True))

    async def _run(self, served: _Served, path: dict[str, str], scope: Scope, wire: Wire) -> Answer:
        route, headers = served.route, scope.headers
        cookie = headers.get("cookie")
        cookies = read_cookies(cookie) if cookie else {}
        caller = await self._caller(route, scope, cookies)
        key = headers.get("idempotency-key") or ""
        if route.keyed and not _KEY.fullmatch(key):
            raise Malformed("An Idempotency-Key of 1 to 255 printable characters is needed")
        found = parameters(scope.query_string) if scope.query_string else {}
        locale = found.pop("locale", None) if route.localised else None
        if locale is not None and not _LANGUAGE.fullmatch(locale):
            raise Invalid.field("locale", "is not a language such as pt-BR")
        request: Request[Any, Any] = Request(
            body=None,
            query=read_query(found, route.query),
            method=scope.method,
            path=path,
            headers=headers,
            cookies=cookies,
            caller=caller,
            address=self._addresses.of(scope.client, headers),
            key=key,
            asked_locale=locale,
            locales=route.locales,
        )
        if served.decoder is not None:
            if not route.body_optional or _length(headers, route.body_max) != 0:
                _check_type(route, headers)
                request.raw = await self._read(route, headers, wire)
            if not request.raw and not route.body_optional:
                raise Malformed("The body is empty")
            request.body = decode(request.raw or b"{}", served.decoder)
        elif route.body is Stream:
            _check_type(route, headers)
            request.chunks = lambda: self._chunks(route, headers, wire)
        return await _answer(served, request, await route.run(request))

    async def _caller(self, route: Route, scope: Scope, cookies: Mapping[str, str]) -> Caller:
        caller = GUEST
        if self._verifier is not None:
            cookie = cookies.get(ACCESS_COOKIE)
            if "authorization" in scope.headers:
                scheme, _, token = (scope.headers.get("authorization") or "").partition(" ")
                if scheme.lower() != "bearer":
                    raise Unauthenticated
                caller = await self._verifier.caller(token.strip())
            else:
                if cookie is not None and not route.signs_in:
                    caller = await self._verifier.caller(cookie, by_cookie=True)
                if cookies and scope.method not in SAFE and not self._same_site(scope, cookies):
                    raise CrossSite
        if route.caller != "anyone" and not caller.has(route.caller):
            raise Unauthenticated if caller.user_id is None else Forbidden
        return caller

    def _same_site(self, scope: Scope, cookies: Mapping[str, str]) -> bool:
        if ACCESS_COOKIE not in cookies and REFRESH_COOKIE not in cookies:
            return True
        origin = scope.headers.get("origin")
        return origin is not None and self._hosts is not None and origin.lower() in self._hosts.origins

    async def _read(self, route: Route, headers: Headers, wire: Wire) -> bytes:
        length = _length(headers, route.body_max)
        try:
            async with asyncio.timeout(self._body_timeout_s):
                if length is None:
                    return b"".join([chunk async for chunk in self._chunks(route, headers, wire)])
                return await wire()
        except TimeoutError:
            raise RequestTimeout from None
        except RuntimeError as error:  # The client went away in the middle.
            raise Malformed("The body is not whole") from error

    async def _chunks(self, route: Route, headers: Headers, wire: Wire) -> AsyncIterator[bytes]:
        """The body as it arrives. The server tells a body that broke off only by an empty chunk before the last one."""
        _length(headers, route.body_max)
        source, size, ended = aiter(wire), 0, False
        while True:
            try:
                async with asyncio.timeout(self._body_timeout_s):
                    chunk = await anext(source)
            except TimeoutError:
                raise RequestTimeout from None
            except StopAsyncIteration:
                return
            if ended:
                raise Malformed("The body is not whole")
            size += len(chunk)
            if size > route.body_max:
                raise TooLarge(f"At most {route.body_max} bytes are read here")
            ended = not chunk
            if chunk:
                yield chunk


async def _drain(wire: Wire) -> None:
    """Throw away some of a body that is too large: most clients read no answer before they have sent all."""
    size = 0
    with contextlib.suppress(TimeoutError, RuntimeError):  # The client went away, or the body had been begun upon.
        async with asyncio.timeout(DRAIN_TIMEOUT_S):
            async for chunk in wire:
                size += len(chunk)
                if size > DRAIN_MAX:
                    return


def _length(headers: Headers, body_max: int) -> int | None:
    """The length that the body is said to have, within the limit; None if it is not said."""
    text = headers.get("content-length")
    if text is None:
        return None if headers.get("transfer-encoding") else 0
    if not text.isdecimal():
        raise Malformed("The Content-Length is no number")
    if int(text) > body_max:
        raise TooLarge(f"At most {body_max} bytes are read here")
    return int(text)


def _check_type(route: Route, headers: RsgiHeaders) -> None:
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


async def _answer(served: _Served, request: Request[Any, Any], result: Any) -> Answer:
    """The handler's result as status, headers and bytes."""
    route = served.route
    found = result if isinstance(result, Answer) else Answer(route.status, result)
    body = found.body
    if body is None:
        body = b""
    elif not isinstance(body, bytes):
        body = await _collect(body) if isinstance(body, AsyncIterator) else _encode(body)
    headers = list(found.headers)
    given = {name.lower(): value for name, value in headers}
    if "cache-control" not in given:
        headers.append(("cache-control", served.cache))
    if route.localised:
        headers.append(("vary", "Accept-Language"))
        if "content-language" not in given:
            headers.append(("content-language", request.locale))
    if route.public_cache and found.status == 200:
        tag = given.get("etag")
        if tag is None:
            tag = f'"{hashlib.blake2b(body, digest_size=16).hexdigest()}"'
            headers.append(("etag", tag))
        known = request.headers.get("if-none-match")
        if known and (known.strip() == "*" or tag in _TAG.findall(known)):
            return Answer(304, b"", tuple(headers), "")
    return Answer(found.status, body, tuple(headers), found.content_type if body else "")


async def _collect(chunks: AsyncIterator[bytes]) -> bytes:
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


def _send(wire: Wire, answer: Answer, found: trace.Trace) -> None:
    headers = [
        *answer.headers,
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("x-request-id", found.request_id),
        ("server", "feira"),
    ]
    if answer.content_type:
        headers.append(("content-type", answer.content_type))
    body = answer.body
    if isinstance(body, bytes) and body:
        wire.response_bytes(answer.status, headers, body)
    else:
        wire.response_empty(answer.status, headers)
