"""The HTTP server around an application: the only place that knows Granian."""

import asyncio
import contextlib
import resource
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from granian.constants import HTTPModes
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.embed import Server as Granian

from feira import __version__
from feira.kernel import metrics
from feira.kernel.config import Settings
from feira.kernel.errors import Unavailable
from feira.kernel.http import Answer, Request, Route, View
from feira.transport.auth import Verifier
from feira.transport.dispatch import App
from feira.transport.heads import Hosts
from feira.transport.openapi import docs_routes, openapi

BACKLOG: Final = 4096
GRANIAN: Final = {  # Its records go to the root logger, which is ours.
    "version": 1,
    "disable_existing_loggers": False,
    "loggers": {name: {"handlers": [], "propagate": True} for name in ("_granian", "granian.access")},
}
CONNECTIONS_MAX: Final = 16_384  # Open at once in one process; further ones wait to be accepted.
HEAD_MAX: Final = 64 << 10
HEAD_TIMEOUT_MS: Final = 10_000
START_TIMEOUT_S: Final = 10.0
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

    def __init__(self, app: App, host: str, port: int) -> None:
        self._app = app
        self._host = host
        self._port = port
        self._granian = Granian(
            app,
            host,
            port,
            http=HTTPModes.http1,
            websockets=False,
            backlog=BACKLOG,
            backpressure=CONNECTIONS_MAX,
            http1_settings=HTTP1Settings(header_read_timeout=HEAD_TIMEOUT_MS, max_buffer_size=HEAD_MAX),
            log_level=LogLevels.error,  # It warns at each start that to be embedded is experimental.
            log_dictconfig=GRANIAN,
        )
        self._serving: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Serves when it returns. Raises OSError or RuntimeError if the address cannot be had."""
        _raise_file_limit()
        self._serving = asyncio.ensure_future(self._granian.serve())
        async with asyncio.timeout(START_TIMEOUT_S):
            while not self._serving.done():
                with contextlib.suppress(OSError):
                    await self._touch()
                    return
                await asyncio.sleep(0.01)
        await self._serving

    async def _touch(self) -> None:
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self._host, self._host)  # noqa: S104 - compared, not bound.
        _, writer = await asyncio.open_connection(host, self._port)
        writer.close()

    async def stop(self, grace_s: float = GRACE_S) -> None:
        """No new connection is taken, and what is in progress may end within the grace."""
        if self._serving is None:
            return
        self._granian.stop()  # type: ignore[no-untyped-call] # Granian leaves this one untyped.
        try:
            await asyncio.wait_for(asyncio.shield(self._serving), grace_s)
        except TimeoutError:
            self._serving.cancel()
        self._serving = None


def _raise_file_limit() -> None:
    """Each connection is an open file; systems often start programs with a limit of 1,024."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS_MAX + 1024 if hard == resource.RLIM_INFINITY else min(hard, CONNECTIONS_MAX + 1024)
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
