"""The HTTP server around an application, and what every application of ours has."""

import asyncio
import resource
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from feira import __version__
from feira.kernel import metrics
from feira.kernel.config import Settings
from feira.kernel.errors import Unavailable
from feira.kernel.http import Answer, Request, Route, View
from feira.transport.auth import Verifier
from feira.transport.dispatch import App
from feira.transport.h1 import Connection, Listener
from feira.transport.heads import Hosts
from feira.transport.openapi import docs_routes, openapi

BACKLOG: Final = 4096
CONNECTIONS_MAX: Final = 16_384  # Open at once in one process; further ones are turned away.
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
) -> App:
    """What customers reach: the services' routes, the documentation (of other routes, if `documented` are given) and the
    probes.
    """
    document = openapi(routes if documented is None else documented, title=settings.shop_name, version=__version__)
    return App(
        [*routes, *docs_routes(document), *probes(unready)],
        verifier=verifier,
        hosts=Hosts(settings),
        trusted_proxies=settings.trusted_proxies,
    )


def internal_app(unready: Callable[[], Awaitable[str]]) -> App:
    """What operators reach, under any host name: metrics and the probes."""

    async def read_metrics(_request: Request[None, None]) -> Answer:
        return Answer(200, metrics.render(), content_type=metrics.CONTENT_TYPE)

    return App([Route("GET", "/metrics", read_metrics, hidden=True), *probes(unready)])


class HttpServer:
    """Serves one application on one address, inside the running loop. Several processes may share the address."""

    def __init__(self, app: App, host: str, port: int, *, connections_max: int = CONNECTIONS_MAX) -> None:
        self._listener = Listener(app, connections_max)
        self._host = host
        self._port = port
        self._server: asyncio.Server | None = None
        self._sweeping: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Serves when it returns. Raises OSError if the address cannot be had."""
        _raise_file_limit()
        self._server = await asyncio.get_running_loop().create_server(
            lambda: Connection(self._listener), self._host, self._port, backlog=BACKLOG, reuse_port=True
        )
        self._sweeping = asyncio.create_task(self._sweep())

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_S)
            self._listener.sweep()

    async def stop(self, grace_s: float = GRACE_S) -> None:
        """No new connection is taken, and what is in progress may end within the grace."""
        if self._server is None or self._sweeping is None:
            return
        self._server.close()
        await self._listener.stop(grace_s)
        self._sweeping.cancel()
        self._server = None


def _raise_file_limit() -> None:
    """Each connection is an open file; systems often start programs with a limit of 1,024."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS_MAX + 1024 if hard == resource.RLIM_INFINITY else min(hard, CONNECTIONS_MAX + 1024)
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
