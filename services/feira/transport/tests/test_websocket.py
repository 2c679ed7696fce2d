"""WebSockets as clients open and use them well, badly, too fast, too slowly and not at all."""

import asyncio
import contextlib
import gc
import os
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from conftest import MakeWeb, Web
from feira.kernel.http import Answer, Request, Route
from feira.transport import websocket
from feira.transport.websocket import MESSAGE_MAX, PING_EVERY_S, RESTART, Socket, Sockets, framed

HANDSHAKE = (
    "GET /live HTTP/1.1\r\nhost: {host}\r\nupgrade: websocket\r\nconnection: keep-alive, Upgrade\r\n"
    "sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


class Echo:
    """Says back what it hears, and remembers who is there."""

    def __init__(self, **limits: int) -> None:
        bounds = {"connections_max": 8, "address_max": 8} | limits
        self.there: list[Socket] = []
        self.heard: list[bytes] = []
        self.go = asyncio.Event()
        self.go.set()
        self.sockets = Sockets(self._received, self.there.remove, **bounds)

    def _received(self, one: Socket, text: bytes) -> None:
        self.heard.append(text)
        one.send(framed(text))

    def routes(self) -> list[Route]:
        async def live(request: Request[None, Any]) -> Answer:
            await self.go.wait()
            return self.sockets.admit(request, self.there.append)

        return [Route("GET", "/live", live)]


class Raw:
    """A client that speaks in bytes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def send(self, opcode: int, data: bytes = b"", *, fin: bool = True, mask: bool = True) -> None:
        self.writer.write(frame(opcode, data, fin=fin, mask=mask))

    async def read(self) -> tuple[int, bytes]:
        """A frame's opcode and data; opcode -1 at the end of all."""
        try:
            async with asyncio.timeout(5):
                first, size = await self.reader.readexactly(2)
                if size == 126:
                    (size,) = struct.unpack(">H", await self.reader.readexactly(2))
                elif size == 127:
                    (size,) = struct.unpack(">Q", await self.reader.readexactly(8))
                return first & 15, await self.reader.readexactly(size)
        except (asyncio.IncompleteReadError, ConnectionError):
            return -1, b""

    async def closed(self) -> int:
        """The code that it was closed with; 0 if it was cut off."""
        while True:
            opcode, data = await self.read()
            if opcode in {8, -1}:
                return struct.unpack(">H", data[:2])[0] if data else 0


def frame(opcode: int, data: bytes, *, fin: bool = True, mask: bool = True) -> bytes:
    size = (
        bytes([len(data) | 128 * mask]) if len(data) < 126 else bytes([126 | 128 * mask]) + struct.pack(">H", len(data))
    )
    key = os.urandom(4)
    masked = bytes(byte ^ key[n % 4] for n, byte in enumerate(data))
    return bytes([opcode | 128 * fin]) + size + (key + masked if mask else data)


Open = Callable[..., Awaitable[Raw]]


@pytest.fixture
async def opened() -> AsyncIterator[Open]:
    """Opens raw clients, which are gone after the test."""
    writers: list[asyncio.StreamWriter] = []

    async def make(web: Web, more: bytes = b"") -> Raw:
        reader, writer = await asyncio.open_connection("127.0.0.1", web.port)
        writers.append(writer)
        writer.write(HANDSHAKE.format(host=f"127.0.0.1:{web.port}").encode() + more)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101 Switching Protocols\r\n")
        assert b"sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" in head
        return Raw(reader, writer)

    yield make
    for writer in writers:
        writer.close()
    for writer in writers:
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not true():
            await asyncio.sleep(0.005)


@pytest.fixture
async def echo() -> AsyncIterator[Echo]:
    one = Echo()
    yield one
    await one.sockets.stop(RESTART, "over")


async def test_messages_whole_and_in_parts(web: MakeWeb, echo: Echo, opened: Open) -> None:
    site = await web(echo.routes())
    client = await opened(site, frame(1, b"early"))  # Before it knows whether it may.
    assert await client.read() == (1, b"early")
    client.send(1, b"a", fin=False)
    client.send(9, b"ping")
    client.send(0, b"b" * 200)
    assert await client.read() == (1, b"a" + b"b" * 200)
    assert await client.read() == (10, b"ping")
    client.send(10)
    client.send(1, b"x" * MESSAGE_MAX)
    assert await client.read() == (1, b"x" * MESSAGE_MAX)
    assert framed(b"y" * 70_000)[:10] == b"\x81\x7f" + struct.pack(">Q", 70_000)
    client.send(8, struct.pack(">H", 1000))
    assert await client.closed() == 1000
    assert (await client.read())[0] == -1
    await until(lambda: echo.sockets.number == 0)
    assert echo.there == []


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (frame(2, b"bytes"), 1003),
        (frame(1, b"x" * (MESSAGE_MAX + 1)), 1009),
        (frame(1, b"x" * MESSAGE_MAX, fin=False) + frame(0, b"x"), 1009),
        (frame(1, b"bare", mask=False), 1002),
        (frame(3, b"reserved"), 1002),
        (frame(1, b"\xff"), 1007),
        (frame(9, b"") * 60, websocket.FLOOD),
        (frame(1, b"", fin=False) + frame(0, b"", fin=False) * 60, websocket.FLOOD),
    ],
    ids=["binary", "big", "big in parts", "bare", "reserved", "not UTF-8", "pings", "parts"],
)
async def test_who_does_not_keep_the_rules_is_told_which(
    web: MakeWeb, echo: Echo, opened: Open, sent: bytes, code: int
) -> None:
    site = await web(echo.routes())
    client = await opened(site)
    client.writer.write(sent)
    assert await client.closed() == code
    await until(lambda: echo.sockets.number == 0)
    assert echo.there == []


async def test_nothing_is_left_of_those_who_have_gone(
    web: MakeWeb, echo: Echo, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cycles are looked for so seldom that those of a day's visitors would be as good as kept."""
    from websockets.protocol import Protocol  # noqa: PLC0415 - as the program does it.

    monkeypatch.setattr(websocket, "CLOSING_S", 0.05)
    site = await web(echo.routes())
    gc.disable()
    try:
        for sent in (frame(8, struct.pack(">H", 1000)), frame(1, b"bare", mask=False), frame(2, b"bytes"), b""):
            client = await opened(site, sent)
            if sent:
                await client.closed()
            client.writer.transport.abort()
        await until(lambda: not echo.sockets.connected)
        await until(lambda: not any(isinstance(one, Socket | Protocol) for one in gc.get_objects()))
    finally:
        gc.enable()


async def test_who_does_not_read_is_dropped(
    web: MakeWeb, echo: Echo, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(websocket, "CLOSING_S", 0.05)
    site = await web(echo.routes())
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.connect(("127.0.0.1", site.port))
    raw.sendall(HANDSHAKE.format(host=f"127.0.0.1:{site.port}").encode())
    await until(lambda: len(echo.there) == 1)
    slow, fast = echo.there[0], await opened(site)
    sent = 0
    while echo.sockets.number == 2:
        assert sent < 1_000
        for one in tuple(echo.there):
            one.send(framed(b"x" * 8_000))
        sent += 1
        await fast.read()
    assert slow not in echo.there
    slow.send(framed(b"more"))  # It has gone: nothing happens.
    await asyncio.to_thread(_read_all, raw)  # It ends though nobody read it in time.
    raw.close()
    fast.writer.close()


def _read_all(raw: socket.socket) -> None:
    raw.settimeout(5)
    try:
        while raw.recv(1 << 16):
            pass
    except ConnectionError:
        pass


async def test_the_silent_are_told_apart_from_the_quiet(web: MakeWeb, echo: Echo, opened: Open) -> None:
    site = await web(echo.routes())
    silent = await opened(site)
    async with site.session.ws_connect("/live") as quiet:
        await until(lambda: len(echo.there) == 2)

        async def round_of_pings() -> None:
            for _ in range(PING_EVERY_S):
                echo.sockets.sweep()
            await quiet.send_str("here")  # Its pong is sent when it reads.
            await quiet.receive_str()

        await round_of_pings()
        await round_of_pings()
        assert await silent.closed() == websocket.SILENT
        assert echo.sockets.number == 1


async def test_seats_are_limited_and_given_back(web: MakeWeb) -> None:
    echo = Echo(connections_max=2, address_max=1)
    site = await web(echo.routes(), trusted_proxies=("127.0.0.1",))

    async def sit(address: str) -> aiohttp.ClientWebSocketResponse:
        return await site.session.ws_connect("/live", headers={"x-forwarded-for": address})

    first = await sit("192.0.2.1")
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await sit("192.0.2.1")
    assert refused.value.status == 429
    second = await sit("192.0.2.2")
    with pytest.raises(aiohttp.WSServerHandshakeError) as full:
        await sit("192.0.2.3")
    assert full.value.headers is not None
    assert (full.value.status, full.value.headers["retry-after"]) == (503, str(PING_EVERY_S))
    await first.close()
    await until(lambda: echo.sockets.number == 1)
    again = await sit("192.0.2.1")
    await asyncio.gather(echo.sockets.stop(RESTART, "over"), again.receive(), second.receive())
    assert again.close_code == second.close_code == RESTART
    assert not echo.sockets.connected


async def test_who_leaves_before_he_is_let_in_takes_no_seat(web: MakeWeb, echo: Echo) -> None:
    site = await web(echo.routes())
    echo.go.clear()
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
    writer.write(HANDSHAKE.format(host=f"127.0.0.1:{site.port}").encode())
    listener = site.server._listener
    await until(lambda: bool(listener._tasks))
    for connection in tuple(listener.connections):
        connection.abort()
    await until(lambda: not listener.connections)
    echo.go.set()
    await until(lambda: not listener._orphans)
    assert (echo.there, echo.sockets.number) == ([], 0)
    assert await reader.read() == b""
    writer.close()
    await writer.wait_closed()
