"""One request from its head to its answer: the table of routes as an RSGI application."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Hashable, Mapping, Sequence
from typing import Any, Final, Protocol, cast

import msgspec

from feira.kernel import logs, trace
from feira.kernel.errors import Forbidden, Invalid, Malformed, NotFound, Overloaded, TooLarge, Unauthenticated
from feira.kernel.http import ACCEPT_MAX, GUEST, Answer, Caller, Headers, Request, Route, Stream
from feira.transport.auth import Verifier
from feira.transport.bodies import BODY_TIMEOUT_S, Wire, check_type, chunks, collect, drain, length_of, read
from feira.transport.exchange import Exchange, Upgrade, head_of
from feira.transport.finished import COMMON, Finished, Form, is_known, tag_of
from feira.transport.heads import ACCESS_COOKIE, REFRESH_COOKIE, Addresses, Hosts, RsgiHeaders, read_cookies
from feira.transport.kept import Kept
from feira.transport.problems import (
    CrossSite,
    Internal,
    MethodNotAllowed,
    RequestTimeout,
    WrongHost,
    problem,
    refusal_of,
)
from feira.transport.reading import decode, parameters, read_query
from feira.transport.routing import Table
from feira.transport.told import requests_of

REQUESTS_MAX: Final = 4096  # In progress in one process.
# Of these, such as change something: a batch of 256 and five more that wait, as more would wait for nothing.
WRITES_MAX: Final = 1536
PAUSE_S: Final = 0.005  # Between two requests of a client who has more to do.
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
METHODS: Final = SAFE | {"POST", "PUT", "PATCH", "DELETE"}

_KEY = re.compile(r"[\x20-\x7e]{1,255}")
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8}){0,4}")
_REQUEST_ID = re.compile(r"[0-9A-Za-z._-]{1,64}")
_ACCESS = ACCESS_COOKIE.encode()
_VARY = ("vary", "Accept-Language")
_encode = msgspec.json.Encoder().encode


class Scope(Protocol):
    """A request's head, as RSGI gives it; the path is percent-decoded."""

    method: str
    path: str
    query_string: str
    client: str
    authority: str | None
    headers: RsgiHeaders


class Site(Protocol):
    """What answers a GET of what no route leads to, the same for everybody. Both are given a request and answer in a form
    for its headers.
    """

    def owns(self, path: str) -> bool:
        """Whether the address is a page's, there or not."""
        ...

    def at_once(self, asked: Exchange) -> Form | None:
        """What is at hand, or None if it takes more than that."""
        ...

    async def answer(self, asked: Exchange) -> Form: ...


class _Served:
    """A route with all that can be known before its first request."""

    def __init__(self, route: Route) -> None:
        self.route = route
        self.decoder = None if route.body in {None, Stream} else msgspec.json.Decoder(route.body)
        self.cache = ("cache-control", "public, max-age=0, must-revalidate" if route.public_cache else "no-store")
        self.told = requests_of(route.path)
        if route.kept is not None and not route.public_cache:
            raise ValueError(f"What {route.path} answers is kept, but not for everybody")


class App:
    """An RSGI application. Without a `verifier` every caller is a guest; without `hosts` every host is ours."""

    def __init__(
        self,
        routes: Sequence[Route],
        *,
        verifier: Verifier | None = None,
        hosts: Hosts | None = None,
        trusted_proxies: Sequence[str] = (),
        site: Site | None = None,
        requests_max: int = REQUESTS_MAX,
        writes_max: int = WRITES_MAX,
        body_timeout_s: float = BODY_TIMEOUT_S,
    ) -> None:
        self._table = Table((route.method, route.path, _Served(route)) for route in routes)
        self._unmatched = _Served(Route("GET", "(none)", cast("Any", None)))
        self._page = _Served(Route("GET", "(page)", cast("Any", None)))
        self._site = site
        self._stores: tuple[Kept, ...] = tuple({route.kept for route in routes if route.kept is not None})
        self._verifier = verifier
        self._hosts = hosts
        self._our_names = frozenset(name.encode() for name in hosts.names) if hosts else None
        self._addresses = Addresses(trusted_proxies)
        self._requests_max = requests_max
        self._writes_max = writes_max
        self._body_timeout_s = body_timeout_s
        self._log = logs.logger("http")
        self.running = self.writing = 0
        self._wrote_at = 0.0
        told = problem(Overloaded())
        self._busy_body = cast("bytes", told.body)
        headers = (*told.headers, *COMMON, ("content-type", told.content_type))
        self._busy_head = head_of(told.status, headers, len(self._busy_body))

    def busy(self) -> bool:
        """Whether a client waits for a change, or did a moment ago and may go on."""
        return self.writing > 0 or time.perf_counter() - self._wrote_at < PAUSE_S

    def at_once(self, asked: Exchange) -> bool:
        """Answer what is kept, or that there is no room, without a task; False if it takes more than that."""
        if asked.method in SAFE:
            for store in self._stores:
                if asked.target in store:
                    return self._again(store, asked)
            return self._site is not None and self._show(self._site, asked)
        if self.writing < self._writes_max:
            return False
        ids = trace.make(_own_id(asked.headers), asked.headers.get("traceparent"))
        asked.send(self._busy_head, f"x-request-id: {ids.request_id}\r\n".encode(), self._busy_body)
        match = self._table.find(asked.path)
        entry = match[0].get(asked.method) if match else None
        served = entry[1] if entry else self._unmatched
        served.told.tell(asked.method if asked.method in METHODS else "(other)", 503, 0, ids)
        return True

    def _again(self, store: Kept, asked: Exchange) -> bool:
        began = time.perf_counter()
        heads = asked.headers.first
        host = heads.get(b"host", b"")
        if (
            (self._our_names is not None and host not in self._our_names)
            or b"authorization" in heads  # It may be forged, and nobody with such a token is a guest.
            or _ACCESS in heads.get(b"cookie", b"")
            or asked.method == "OPTIONS"
        ):
            return False
        accept = heads.get(b"accept-language", b"")[:ACCEPT_MAX]
        found: Finished | None = store.find(asked.target, accept.decode() if accept.isascii() else "")
        if found is None:
            return False
        ids = trace.make(_own_id(asked.headers), asked.headers.get("traceparent"))
        form = self._form(store, asked.target, found, asked.headers)
        asked.send(form.head, f"x-request-id: {ids.request_id}\r\n".encode(), form.body)
        found.told.tell(asked.method, form.status, time.perf_counter() - began, ids)
        return True

    def _show(self, site: Site, asked: Exchange) -> bool:
        """A page that is at hand. Pages are the same for everybody, so nobody asks who is asking."""
        began = time.perf_counter()
        if (
            asked.method == "OPTIONS"
            or (self._our_names is not None and asked.headers.first.get(b"host", b"") not in self._our_names)
            or (form := site.at_once(asked)) is None
        ):
            return False
        ids = trace.make(_own_id(asked.headers), asked.headers.get("traceparent"))
        asked.send(form.head, f"x-request-id: {ids.request_id}\r\n".encode(), form.body)
        self._page.told.tell(asked.method, form.status, time.perf_counter() - began, ids)
        return True

    @staticmethod
    def _form(store: Kept, target: Hashable, found: Finished, headers: Headers) -> Form:
        size = found.size
        form = found.form(headers.get("if-none-match") or "", headers.get("accept-encoding") or "")
        if found.size != size:
            store.grow(target, found.size - size)
        return form

    async def __rsgi__(self, scope: Scope, wire: Wire) -> None:
        began = time.perf_counter()
        ids = trace.begin(_own_id(scope.headers), scope.headers.get("traceparent"))
        served = self._unmatched
        writes = scope.method not in SAFE
        self.running += 1
        self.writing += writes
        try:
            served, path = self._find(scope)
            answer = await self._run(served, path, scope, wire)
        except Exception as error:  # noqa: BLE001 - whatever happened, the client is answered.
            answer = self._refuse(error, ids, scope.method)
            if answer.status == 413:
                await drain(wire)
        except asyncio.CancelledError as error:
            answer = self._refuse(error, ids, scope.method)
            if cast("asyncio.Task[Any]", asyncio.current_task()).cancelling():
                _send(wire, answer, ids)
                raise
        finally:
            self.running -= 1
            if writes:
                self.writing -= 1
                self._wrote_at = time.perf_counter()
        _send(wire, answer, ids)
        method = scope.method if scope.method in METHODS else "(other)"
        served.told.tell(method, answer.status, time.perf_counter() - began, trace.current() or ids)

    def _refuse(self, error: BaseException, ids: trace.Trace, method: str) -> Answer:
        refusal = refusal_of(error)
        if isinstance(refusal, Internal):
            self._log.error("http.bug", exc_info=error)
            refusal.extra["request_id"] = ids.request_id
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
            host, authority = scope.headers.get("host"), scope.authority
            if host is None and authority is None:
                raise Malformed("The Host header is missing")
            # A request line may name a host too, and then it is that one which counts.
            for name in (host, authority):
                if name is not None and name not in self._hosts.names and name.lower() not in self._hosts.names:
                    raise WrongHost
        match = self._table.find(scope.path)
        if match is None:
            if self._site is None or not self._site.owns(scope.path):
                raise NotFound("There is nothing at this address")
            if scope.method not in {"GET", "HEAD"}:
                raise MethodNotAllowed(f"{scope.method} is not answered here", allow="GET, HEAD, OPTIONS")
            return self._page, {}
        methods, values = match
        entry = methods.get("GET" if scope.method == "HEAD" else scope.method)
        if entry is None:
            allowed = {*methods, "OPTIONS", *(("HEAD",) if "GET" in methods else ())}
            raise MethodNotAllowed(f"{scope.method} is not answered here", allow=", ".join(sorted(allowed)))
        names, served = entry
        return served, dict(zip(names, values, strict=True))

    async def _run(self, served: _Served, path: dict[str, str], scope: Scope, wire: Wire) -> Answer:
        route, headers = served.route, scope.headers
        if served is self._page and self._site is not None:
            form = await self._site.answer(cast("Exchange", scope))
            return Answer(form.status, form.body, form.headers, "")
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
            if not route.body_optional or length_of(headers, route.body_max) != 0:
                check_type(route, headers)
                request.raw = await read(wire, route, headers, self._body_timeout_s)
            if not request.raw and not route.body_optional:
                raise Malformed("The body is empty")
            request.body = decode(request.raw or b"{}", served.decoder)
        elif route.body is Stream:
            check_type(route, headers)
            request.chunks = lambda: chunks(wire, route, headers, self._body_timeout_s)
        if route.kept is None:
            result = await route.run(request)
            return result if isinstance(result, Upgrade) else await _answer(served, request, result)
        target = (scope.method == "HEAD" and "GET") or scope.method, scope.path, scope.query_string
        return await self._kept(served, request, getattr(scope, "target", target))

    async def _kept(self, served: _Served, request: Request[Any, Any], target: Hashable) -> Answer:
        """What is kept for this address, or else is made now, once for all who ask for it at the same time."""
        store: Kept = served.route.kept

        async def make(began: int) -> Finished | Answer:
            answer = await _answer(served, request, await served.route.run(request), whole=True)
            if answer.status != 200:
                return answer
            finished = Finished(answer, cast("bytes", answer.body), served.told)
            store.put(target, request, finished, finished.size, began)
            return finished

        found = store.find(target, request.accepted)
        if found is None:
            found = await store.once((target, request.accepted), make)
        if isinstance(found, Answer):
            return found
        form = self._form(store, target, found, request.headers)
        return Answer(form.status, form.body, form.headers, "")

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
                # No browser asks before it lets another site's page open a socket.
                unsafe = scope.method not in SAFE or scope.headers.get("upgrade") is not None
                if cookies and unsafe and not self._same_site(scope, cookies):
                    raise CrossSite
        if route.caller != "anyone" and not caller.has(route.caller):
            raise Unauthenticated if caller.user_id is None else Forbidden
        return caller

    def _same_site(self, scope: Scope, cookies: Mapping[str, str]) -> bool:
        if ACCESS_COOKIE not in cookies and REFRESH_COOKIE not in cookies:
            return True
        origin = scope.headers.get("origin")
        return origin is not None and self._hosts is not None and origin.lower() in self._hosts.origins


async def _answer(served: _Served, request: Request[Any, Any], result: Any, *, whole: bool = False) -> Answer:
    """The handler's result as status, headers and bytes; `whole` even if the client has them already."""
    route = served.route
    found = result if isinstance(result, Answer) else Answer(route.status, result)
    body = found.body
    if body is None:
        body = b""
    elif isinstance(body, msgspec.Struct):
        body = _encode(body)
    elif not isinstance(body, bytes):
        body = await collect(body) if isinstance(body, AsyncIterator) else _encode(body)
    headers = [*found.headers]
    given = {name.lower(): value for name, value in headers} if headers else {}
    if "cache-control" not in given:
        headers.append(served.cache)
    if route.localised:
        headers.append(_VARY)
        if "content-language" not in given:
            headers.append(("content-language", request.locale))
    if route.public_cache and found.status == 200:
        tag = given.get("etag")
        if tag is None:
            tag = tag_of(body)
            headers.append(("etag", tag))
        known = request.headers.get("if-none-match")
        if known and not whole and is_known(tag, known):
            return Answer(304, b"", tuple(headers), "")
    return Answer(found.status, body, tuple(headers), found.content_type if body else "")


def _send(wire: Wire, answer: Answer, ids: trace.Trace) -> None:
    if isinstance(answer, Upgrade):
        cast("Exchange", wire).upgrade(answer, [("x-request-id", ids.request_id)])
        return
    headers = [*answer.headers, *COMMON, ("x-request-id", ids.request_id)]
    if answer.content_type:
        headers.append(("content-type", answer.content_type))
    body = answer.body
    if isinstance(body, bytes) and body:
        wire.response_bytes(answer.status, headers, body)
    else:
        wire.response_empty(answer.status, headers)


def _own_id(headers: Headers) -> str | None:
    """The id that the client gave its request, if it is one."""
    asked = headers.get("x-request-id")
    return asked if asked and _REQUEST_ID.fullmatch(asked) else None
