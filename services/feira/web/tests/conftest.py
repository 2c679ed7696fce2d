"""A neighbour that stands for Next.js where the test is about what lies before it, and a site in front of it."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from feira.kernel.config import Settings
from feira.transport.auth import Verifier
from feira.transport.serve import HttpServer, public_app
from feira.web.pages import Pages
from feira.web.site import Site
from feira.web.upstream import Upstream

PAGE = "<html><head><script>theme()</script></head><body>{body}</body></html>"


class Next:
    """An HTTP server whose answers the test decides, down to the byte."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.heads: list[dict[str, str]] = []
        self.says: dict[str, str] = {}  # Path -> body of a page.
        self.answers: dict[str, bytes] = {}  # Path -> a whole answer.
        self.status = 200
        self.go = asyncio.Event()
        self.go.set()
        self.connections = 0
        self.hang_up_after = 10**9

    async def start(self) -> str:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        host, port = self._server.sockets[0].getsockname()
        return f"{host}:{port}"

    async def stop(self) -> None:
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        served = 0
        try:
            while served < self.hang_up_after:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                served += 1
                first, *lines = head.split("\r\n")
                target = first.split(" ")[1]
                self.asked.append(target)
                self.heads.append(dict(line.split(": ", 1) for line in lines if line))
                said = self.says.get(target.partition("?")[0], target)
                await self.go.wait()
                path = target.partition("?")[0]
                writer.write(self.answers.get(path) or answer(self.status, PAGE.format(body=said)))
                await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.CancelledError, OSError):
            pass
        finally:
            writer.close()


def answer(status: int, body: str, kind: str = "text/html; charset=utf-8", *headers: str) -> bytes:
    data = body.encode()
    lines = "".join(f"{line}\r\n" for line in headers)
    head = f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\n{lines}Transfer-Encoding: chunked\r\n\r\n"
    middle = len(data) // 2
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (data[:middle], data[middle:]) if part)
    return head.encode() + chunks + b"0\r\n\r\n"


@pytest.fixture
async def neighbour() -> AsyncIterator[Next]:
    found = Next()
    found.address = await found.start()  # type: ignore[attr-defined]
    yield found
    found.go.set()
    await found.stop()


class Front:
    """A site served over real HTTP: `await front.get("/en")` answers status, headers by lower-case names, and text."""

    def __init__(self, settings: Settings, site: Site) -> None:
        self.settings, self.site = settings, site
        self.pages: Pages = site._pages

    async def start(self) -> None:
        async def keys() -> bytes:
            return b'{"keys": []}'

        async def unready() -> str:
            return await self.site.unready()

        await self.site.start()
        app = public_app(self.settings, [], Verifier(self.settings.url, keys), unready, site=self.site)
        self.server = HttpServer(app, "127.0.0.1", self.settings.port)
        await self.server.start()
        self.session = aiohttp.ClientSession(
            f"http://127.0.0.1:{self.settings.port}", auto_decompress=False, skip_auto_headers=["Accept-Encoding"]
        )

    async def get(self, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.session.request(method, path, headers=named, allow_redirects=False) as found:
            heads = {name.lower(): value for name, value in found.headers.items()}
            return found.status, heads, await found.read()

    async def raw(self, target: str) -> bytes:
        """What a request line is answered that no client of good manners would send."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.settings.port)
        writer.write(
            f"GET {target} HTTP/1.1\r\nhost: 127.0.0.1:{self.settings.port}\r\nconnection: close\r\n\r\n".encode()
        )
        found = await reader.read()
        writer.close()
        return found

    async def stop(self) -> None:
        await self.session.close()
        await self.server.stop(1)
        await self.site.stop()


MakeFront = Callable[..., Awaitable[Front]]


@pytest.fixture
async def front(tmp_path: Path) -> AsyncIterator[MakeFront]:
    """Serves a site; ask for it with `web=…` and other settings. Changes are heard at once, and once."""
    async with AsyncExitStack() as stack:

        async def make(web: dict[str, str], *, answer_timeout_s: float = 10.0, **changed: Any) -> Front:
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                port: int = probe.getsockname()[1]
            settings = Settings(secret="ab" * 32, data=str(tmp_path), port=port, web=web, **changed)
            site = Site(settings)
            site._pages._settle_s = (0.0,)
            if "address" in web:
                site._upstream = site._pages._upstream = Upstream(web["address"], answer_timeout_s=answer_timeout_s)
            found = Front(settings, site)
            await found.start()
            stack.push_async_callback(found.stop)
            return found

        yield make
