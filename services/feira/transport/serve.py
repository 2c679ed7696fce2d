"""The HTTP server around an application, and what every application of ours has."""

import asyncio
import contextlib
import resource
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from feira import __version__
from feira.kernel import logs, metrics
from feira.kernel.config import Settings
from feira.kernel.errors import Unavailable
from feira.kernel.http import Answer, Request, Route, View
from feira.transport.auth import Verifier
from feira.transport.dispatch import App, Site
from feira.transport.h1 import Connection, Listener
from feira.transport.heads import Hosts
from feira.transport.openapi import docs_routes, openapi

BACKLOG: Final = 4096
CONNECTIONS_MAX: Final = 16_384  # Open at once in one process; further ones are turned away.
ACCEPTED_MAX: Final = 256  # In one round of the event loop.
ACCEPT_AGAIN_S: Final = 0.5
SWEEP_S: Final = 1.0
GRACE_S: Final = 10.0


def claim(host: str, port: int) -> None:
    """Raise OSError if somebody listens there. Our workers share the port, which would hide it from each of them."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))


class Alive(View, frozen=True, kw_only=True):
    status: str = "ok"


def probes(unready: Callable[[], Awaitable[str]]) -> list[Route]:
    """`/livez` while the loop runs, `/readyz` while `unready` answers no reason against it."""

    async def livez(_request: Request[None, None]) -> Alive:
        return Alive()

    async def readyz(_request: Request[None, None]) -> Alive:
        if why := await unready():
            raise Unavailable(why)
        return Alive()

    return [
        Route("GET", "/livez", livez, reply=Alive, hidden=True),
        Route("GET", "/readyz", readyz, reply=Alive, hidden=True),
    ]


def public_app(
    settings: Settings,
    routes: Sequence[Route],
    verifier: Verifier,
    unready: Callable[[], Awaitable[str]],
    documented: Sequence[Route] | None = None,
    site: Site | None = None,
) -> App:
    """What customers reach: the services' routes, the documentation (of other routes, if `documented` are given), the
    probes, and the pages of a `site`.
    """
    document = openapi(routes if documented is None else documented, title=settings.shop_name, version=__version__)
    return App(
        [*routes, *docs_routes(document, home=site is None), *probes(unready)],
        verifier=verifier,
        hosts=Hosts(settings),
        site=site,
        trusted_proxies=settings.trusted_proxies,
    )


def internal_app(unready: Callable[[], Awaitable[str]]) -> App:
    """What operators reach, under any host name: metrics and the probes."""

    async def read_metrics(_request: Request[None, None]) -> Answer:
        return Answer(200, metrics.render(), content_type=metrics.CONTENT_TYPE)

    return App([Route("GET", "/metrics", read_metrics, hidden=True), *probes(unready)])


class HttpServer:
    """Serves one application on one address, inside the running loop. Several processes may share the address.

    It accepts by itself: the event loop takes in one connection a round, and while a round is long, as in a rush it is, buyers
    would wait for seconds before anybody knew of them.
    """

    def __init__(self, app: App, host: str, port: int, *, connections_max: int = CONNECTIONS_MAX) -> None:
        self._listener = Listener(app, connections_max)
        self._host = host
        self._port = port
        self._sockets: list[socket.socket] = []
        self._opening: set[asyncio.Task[Any]] = set()
        self._sweeping: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Serves when it returns. Raises OSError if the address cannot be had."""
        _raise_file_limit()
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        try:
            for family, address in dict.fromkeys((info[0], info[4]) for info in found):
                self._sockets.append(_listening(family, address))
        except OSError:
            self._close()
            raise
        for listening in self._sockets:
            loop.add_reader(listening, self._accept, listening)
        self._sweeping = asyncio.create_task(self._sweep())

    def _accept(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        for _ in range(ACCEPTED_MAX):
            try:
                accepted, _address = listening.accept()
            except (BlockingIOError, ConnectionError):
                return
            except OSError as failure:  # Too many files are open: a moment later there may be fewer.
                logs.logger("http").error("http.not_accepting", error=repr(failure))
                loop.remove_reader(listening)
                loop.call_later(ACCEPT_AGAIN_S, self._resume, listening)
                return
            accepted.setblocking(False)
            opening = loop.create_task(self._open(accepted))
            self._opening.add(opening)
            opening.add_done_callback(self._opening.discard)

    def _resume(self, listening: socket.socket) -> None:
        if listening in self._sockets:
            asyncio.get_running_loop().add_reader(listening, self._accept, listening)

    async def _open(self, accepted: socket.socket) -> None:
        with contextlib.suppress(OSError):  # The client has gone already.
            await asyncio.get_running_loop().connect_accepted_socket(lambda: Connection(self._listener), accepted)

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_S)
            self._listener.sweep()

    def _close(self) -> None:
        for listening in self._sockets:
            asyncio.get_running_loop().remove_reader(listening)
            listening.close()
        self._sockets = []

    async def stop(self, grace_s: float = GRACE_S) -> None:
        """No new connection is taken, and what is in progress may end within the grace."""
        if self._sweeping is None:
            return
        self._close()
        await asyncio.gather(*self._opening)
        await self._listener.stop(grace_s)
        self._sweeping.cancel()
        self._sweeping = None
        logs.flush()  # Nobody may be left to write the last lines.


def _listening(family: int, address: Any) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.setblocking(False)
        made.bind(address)
        made.listen(BACKLOG)
    except OSError:
        made.close()
        raise
    return made


def _raise_file_limit() -> None:
    """Each connection is an open file; systems often start programs with a limit of 1,024."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS_MAX + 1024 if hard == resource.RLIM_INFINITY else min(hard, CONNECTIONS_MAX + 1024)
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
