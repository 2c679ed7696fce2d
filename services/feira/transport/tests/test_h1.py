"""HTTP/1.1 as clients speak it well, badly, slowly and not at all."""

import asyncio
import resource
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from feira.kernel.http import Answer, Request, Route, Stream, View
from feira.transport import h1
from feira.transport.dispatch import App
from feira.transport.exchange import BUFFER_MAX, head_of
from feira.transport.serve import HttpServer

BIG = b"x" * (8 << 20)


class Said(View, frozen=True, kw_only=True):
    text: str


class Shop:
    def __init__(self, server: HttpServer, port: int) -> None:
        self.server, self.port = server, port
        self.listener = server._listener
        self.begun, self.go = asyncio.Event(), asyncio.Event()
        self.read = 0

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def ask(self, data: bytes, until: bytes = b"<closed>", wait_s: float = 5.0) -> bytes:
        """What is answered until it ends with this, or the server closes."""
        reader, writer = await self.connect()
        writer.write(data)
        found = await heard(reader, until, wait_s)
        writer.close()
        return found

    def routes(self) -> list[Route]:
        async def echo(request: Request[Stream, None]) -> Said:
            self.begun.set()
            async for chunk in request.stream():
                self.read += len(chunk)
                await self.go.wait()
            return Said(text=str(self.read))

        async def waits(request: Request[None, None]) -> Said:
            self.begun.set()
            await self.go.wait()
            return Said(text=request.address)

        async def name(request: Request[None, None]) -> Said:
            return Said(text=request.path["name"] + (request.headers.get("x-more") or ""))

        async def big(_request: Request[None, None]) -> Answer:
            return Answer(200, BIG)

        async def breaks(_request: Request[None, None]) -> Answer:
            return Answer(200, b"x", (("x-bad", "a\r\nset-cookie: b"),))

        return [
            Route("POST", "/echo", echo, body=Stream, body_max=100 << 20),
            Route("GET", "/waits", waits),
            Route("POST", "/waits", waits),
            Route("GET", "/names/{name}", name),
            Route("GET", "/big", big),
            Route("GET", "/breaks", breaks),
        ]


async def heard(reader: asyncio.StreamReader, until: bytes, wait_s: float = 5.0) -> bytes:
    found = b""
    async with asyncio.timeout(wait_s):
        while not found.endswith(until):
            chunk = await reader.read(65536)
            if not chunk:
                return found + b"<closed>"
            found += chunk
    return found


Serve = Callable[..., Awaitable[Shop]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    async with AsyncExitStack() as stack:

        async def make(connections_max: int = 100, **more: Any) -> Shop:
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                port = int(probe.getsockname()[1])
            app = App([], **more)
            server = HttpServer(app, "127.0.0.1", port, connections_max=connections_max)
            shop = Shop(server, port)
            App.__init__(app, shop.routes(), **more)
            await server.start()
            stack.push_async_callback(server.stop, 0.2)
            return shop

        yield make


def get(path: str, *headers: str, version: str = "1.1") -> bytes:
    return "\r\n".join([f"GET {path} HTTP/{version}", "Host: a", *headers, "", ""]).encode()


async def test_requests_in_one_packet_are_answered_in_order(serve: Serve) -> None:
    shop = await serve()
    found = await shop.ask(b"".join(get(f"/names/n{n}") for n in range(50)) + get("/names/last", "Connection: close"))
    texts = [part.partition(b'"')[0] for part in found.split(b'"text":"')[1:]]
    assert texts == [f"n{n}".encode() for n in range(50)] + [b"last"]
    assert found.count(b"HTTP/1.1 200 OK\r\n") == 51
    assert found.count(b"connection: close\r\n") == 1
    assert b"\r\ndate: " in found


async def test_a_head_may_come_byte_by_byte(serve: Serve) -> None:
    shop = await serve()
    reader, writer = await shop.connect()
    for byte in get("/names/%C3%A9?x", "X-More: m", "Connection: close").replace(b"?x", b""):
        writer.write(bytes([byte]))
        await writer.drain()
    assert "ém" in (await heard(reader, b"<closed>")).decode()
    writer.close()


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"400"),  # Somebody speaks TLS.
        (b"GET / HTTP/9.9\r\n\r\n", b"400"),
        (b"GET /names/a HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", b"400"),
        (b"GET /names/a HTTP/1.1\r\nHost : a\r\n\r\n", b"400"),
        (b"GET /names/a HTTP/1.1\r\nHost: a\r\n folded: b\r\n\r\n", b"400"),
        (b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"400"),
        (b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", b"400"),
        (b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, gzip\r\n\r\nabcd", b"400"),
        (get("/names/a", *[f"X-{n}: 1" for n in range(200)]), b"431"),
        (get("/names/a", *["X-Same: 1"] * 200), b"431"),
        (b"GET /names/a HTTP/1.1\r\nX: " + b"a" * 500_000, b"431"),
        (get("/" + "a" * 20_000), b"414"),
    ],
)
async def test_what_is_no_request_is_refused_and_the_connection_closed(
    serve: Serve, data: bytes, status: bytes
) -> None:
    shop = await serve()
    found = await shop.ask(data)
    assert found[9:12] == status, found
    assert b"application/problem+json" in found
    assert b"connection: close" in found
    assert found.endswith(b"<closed>")
    assert found.count(b"HTTP/1.1 ") == 1
    assert (await shop.ask(get("/names/a", "Connection: close")))[9:12] == b"200"


async def test_rubbish_behind_a_request_does_not_lose_its_answer(serve: Serve) -> None:
    shop = await serve()
    reader, writer = await shop.connect()
    writer.write(get("/waits"))
    await shop.begun.wait()
    writer.write(b"rubbish\r\n\r\n")
    await asyncio.sleep(0.05)
    writer.write(b"more")
    shop.go.set()
    found = await heard(reader, b"<closed>")
    assert (found.count(b"HTTP/1.1 "), found[9:12]) == (1, b"200")
    writer.close()


async def test_old_clients_and_those_that_would_upgrade_are_answered_and_closed(serve: Serve) -> None:
    shop = await serve()
    for data in (
        get("/names/a", version="1.0"),
        get("/names/a", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: x"),
    ):
        found = await shop.ask(data)
        assert found.startswith(b"HTTP/1.1 200")
        assert found.endswith(b"<closed>")
    assert (await shop.ask(get("/names/a", "Connection: keep-alive", version="1.0"), b"}")).endswith(b"}")
    assert (await shop.ask(b"OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"))[9:12] == b"404"


async def test_a_body_is_sent_when_it_is_asked_for(serve: Serve) -> None:
    shop = await serve()
    shop.go.set()
    reader, writer = await shop.connect()
    writer.write(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
    assert await heard(reader, b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    writer.write(b"abc")
    assert (await heard(reader, b"}")).endswith(b'{"text":"3"}')
    writer.write(b"POST /names/a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
    assert (await heard(reader, b"}"))[9:12] == b"405"  # Nobody would read it.
    writer.write(b"abc" + get("/names/b"))
    assert (await heard(reader, b"}"))[9:12] == b"200"
    writer.close()


async def test_a_body_that_nobody_reads_is_thrown_away_within_bounds(serve: Serve) -> None:
    shop = await serve()
    head = b"POST /nothing HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n"
    found = await shop.ask(head % 500_000 + b"x" * 500_000 + get("/names/b", "Connection: close"))
    assert [found[9:12], found.count(b"HTTP/1.1 ")] == [b"404", 2]
    _, writer = await shop.connect()
    writer.write(head % (100 << 20))

    async def send() -> None:
        for _ in range(100):
            writer.write(b"x" * (1 << 20))
            await writer.drain()

    with pytest.raises(ConnectionError):
        await send()
    assert not shop.listener.connections


async def test_a_sender_waits_for_a_reader_that_is_slow(serve: Serve) -> None:
    shop = await serve()
    _, writer = await shop.connect()
    writer.write(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % (64 << 20))
    writer.write(b"x" * (64 << 20))
    await shop.begun.wait()
    await asyncio.sleep(0.2)
    (connection,) = shop.listener.connections
    assert connection.serving is not None
    assert connection.serving.buffered < 3 * BUFFER_MAX
    shop.go.set()
    while shop.read < 64 << 20:
        await asyncio.sleep(0.01)
    writer.close()


async def test_a_client_that_says_no_more_may_still_listen(serve: Serve) -> None:
    shop = await serve()
    reader, writer = await shop.connect()
    writer.write(get("/waits"))
    await shop.begun.wait()
    writer.write_eof()
    await asyncio.sleep(0.05)
    shop.go.set()
    assert (await heard(reader, b"<closed>")).startswith(b"HTTP/1.1 200")
    writer.close()


def pass_time(shop: Shop, seconds: int) -> None:
    for _ in range(seconds):
        shop.listener.sweep()


async def test_who_takes_too_long_is_cut_off(serve: Serve) -> None:
    shop = await serve()
    idle, half, busy, deaf = [await shop.connect() for _ in range(4)]
    half[1].write(b"GET /names/a HTTP/1.1\r\nHost")
    busy[1].write(get("/waits"))
    deaf[1].write(get("/big"))
    await shop.begun.wait()
    await asyncio.sleep(0.2)
    assert len(shop.listener.connections) == 4
    pass_time(shop, h1.HEAD_TIMEOUT_S + 2)
    assert await heard(half[0], b"-") == b"<closed>"
    pass_time(shop, h1.SLOW_TIMEOUT_S)
    await asyncio.sleep(0.05)
    assert len(shop.listener.connections) == 2
    pass_time(shop, h1.IDLE_TIMEOUT_S)
    assert await heard(idle[0], b"-") == b"<closed>"
    shop.go.set()
    assert (await heard(busy[0], b"}"))[9:12] == b"200"
    for _, writer in (idle, half, busy, deaf):
        writer.close()


async def test_a_slow_reader_that_reads_is_waited_for(serve: Serve) -> None:
    shop = await serve()
    reader, writer = await shop.connect()
    writer.write(get("/big") + get("/names/after", "Connection: close"))
    size = 0
    while chunk := await asyncio.wait_for(reader.read(1 << 20), 5):
        size += len(chunk)
        pass_time(shop, h1.SLOW_TIMEOUT_S // 10)
    assert size > len(BIG) + 100
    writer.close()


async def test_more_connections_than_there_is_room_for_are_turned_away(serve: Serve) -> None:
    shop = await serve(connections_max=1)
    _, writer = await shop.connect()
    await asyncio.sleep(0.05)
    found = await shop.ask(get("/names/a"))
    assert (found[9:12], found.endswith(b"<closed>")) == (b"503", True)
    assert b"retry-after: 1" in found
    writer.close()


async def test_beyond_the_limit_of_writes_they_are_turned_away_and_reads_are_not(serve: Serve) -> None:
    shop = await serve(writes_max=1)
    reader, writer = await shop.connect()
    ask = b"POST /waits HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"
    writer.write(ask)
    await shop.begun.wait()
    other, more = await shop.connect()
    for path in (b"/waits", b"/nothing", b"/names/a"):
        more.write(ask.replace(b"/waits", path))
        found = await heard(other, b"}")
        assert found[9:12] == b"503"
        assert b"retry-after: 1\r\n" in found
        assert b'"code":"overloaded"' in found
    more.write(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc" + get("/names/b"))
    assert b'{"text":"b"}' in await heard(other, b'"b"}')
    shop.go.set()
    assert (await heard(reader, b"}"))[9:12] == b"200"
    more.write(ask)
    assert (await heard(other, b"}"))[9:12] == b"200"
    for one in (writer, more):
        one.close()


async def test_who_comes_when_too_many_files_are_open_is_heard_a_moment_later(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("feira.transport.serve.ACCEPT_AGAIN_S", 0.05)
    shop = await serve()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with socket.socket() as client:
        client.setblocking(False)
        resource.setrlimit(resource.RLIMIT_NOFILE, (client.fileno() + 1, hard))
        try:
            await asyncio.get_running_loop().sock_connect(client, ("127.0.0.1", shop.port))
            await asyncio.sleep(0.2)
            assert not shop.listener.connections
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        await asyncio.get_running_loop().sock_sendall(client, get("/names/a"))
        async with asyncio.timeout(5):
            assert (await asyncio.get_running_loop().sock_recv(client, 100)).startswith(b"HTTP/1.1 200")


async def test_a_header_that_would_be_two_is_an_error_of_ours(serve: Serve) -> None:
    shop = await serve()
    assert (await shop.ask(get("/breaks")))[9:12] == b"500"
    with pytest.raises(ValueError, match="breaks its line"):
        head_of(200, [("a", "b\nc: d")], 0)


async def test_what_a_client_began_and_left_is_finished_or_cancelled_at_the_end(serve: Serve) -> None:
    shop = await serve()
    _, writer = await shop.connect()
    writer.write(get("/waits"))
    await shop.begun.wait()
    peer = writer.get_extra_info("socket")
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # It goes without a word.
    writer.transport.abort()
    await asyncio.sleep(0.05)
    assert not shop.listener.connections
    await shop.server.stop(0.05)
    await shop.server.stop(0.05)
