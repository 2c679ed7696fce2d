"""HTTP/1.1 over a connection: llhttp (by httptools) reads it, and what was asked is handed to an RSGI application.

No thread stands between the socket and the handler, and what an application can answer at once costs no task. Everything
that a client sends or leaves unread is bounded; `Listener.sweep` ends what takes too long.
"""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, Final, Protocol

import httptools

from feira.kernel import logs, trace
from feira.kernel.errors import Malformed, Overloaded, Refused
from feira.transport.exchange import BUFFER_MAX, Exchange, dated, head_of
from feira.transport.problems import Internal, TargetTooLong, TooManyHeaders, problem
from feira.transport.told import requests_of

HEAD_MAX: Final = 64 << 10
TARGET_MAX: Final = 16 << 10
HEADERS_MAX: Final = 128
DISCARD_MAX: Final = 8 << 20  # Of a body that nobody reads.
HEAD_TIMEOUT_S: Final = 10
IDLE_TIMEOUT_S: Final = 75
LINGER_S: Final = 2  # How long a client that has not finished sending may go on, once it is answered.
SLOW_TIMEOUT_S: Final = 30  # For a client that reads nothing of its answer.

_log = logs.logger("http")


class Application(Protocol):
    def at_once(self, asked: Exchange, /) -> bool:
        """Answer what needs no work; False if it needs some."""
        ...

    def __rsgi__(self, scope: Any, wire: Any, /) -> Coroutine[Any, Any, None]: ...


class Connection(asyncio.Protocol):
    """One client. Requests that come before the one ahead is answered wait their turn, and reading waits with them."""

    __slots__ = (
        "_advancing", "_client", "_closing", "_held", "_incoming", "_parser", "_queue", "_rest", "_size", "_slow",
        "_transport", "_unread", "_wrong", "listener", "serving", "since",
    )  # fmt: skip

    def __init__(self, listener: "Listener") -> None:
        self.listener = listener
        self.serving: Exchange | None = None
        self.since = listener.now  # When it began to wait for what it waits for: a head, a client that reads, the end.
        self._parser: Any = httptools.HttpRequestParser(self)
        self._incoming: Exchange | None = None
        self._queue: deque[Exchange] = deque()
        self._size = 0  # Bytes of a head that is not complete, but for its first piece.
        self._unread = 0  # Bytes of answers that the client had not read when we looked last.
        self._client = ""
        self._rest: bytes | None = None  # What came behind a request to go on in another protocol.
        self._wrong: Refused | None = None
        self._advancing = self._closing = self._held = self._slow = False

    # What the event loop tells.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport
        self.listener.connections.add(self)
        if len(self.listener.connections) > self.listener.connections_max:
            self._refuse(Overloaded())

    def data_received(self, data: bytes) -> None:
        if self._closing and self._incoming is None:
            return
        before = self._incoming
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._rest = data[upgrade.args[0] :]  # Nothing more is read until the request is answered.
        except httptools.HttpParserError:
            self._wrong = self._wrong or Malformed("This is no HTTP")
        incoming = self._incoming
        if incoming is not None and incoming is before and not incoming.method:
            self._size += len(data)
            if self._size > HEAD_MAX:
                self._wrong = self._wrong or TooManyHeaders()
        if self._wrong is not None:
            self._refuse(self._wrong)
        else:
            self._advance()

    def eof_received(self) -> bool:
        if self.serving is not None and self.serving.ended:  # It says no more, but it may still be listening.
            self.serving.keep_alive = False
            return True
        return False

    def pause_writing(self) -> None:
        self._slow = True
        self._unread = self._transport.get_write_buffer_size()
        self.since = self.listener.now

    def resume_writing(self) -> None:
        self._slow = False
        self._advance()

    def connection_lost(self, _error: Exception | None) -> None:
        self._closing = True
        self._parser = None  # It knows us.
        self.listener.lost(self)
        for exchange in (self._incoming, self.serving):
            if exchange is not None and not exchange.ended:
                exchange.broken = True
                exchange.wake()
        self._queue.clear()

    # What the parser tells.

    def on_message_begin(self) -> None:
        self._incoming = Exchange(self)
        self._size = 0
        self.since = self.listener.now

    def on_url(self, url: bytes) -> None:
        incoming = self._incoming
        assert incoming is not None  # noqa: S101 - a message has begun.
        incoming.target += url
        if len(incoming.target) > TARGET_MAX:
            self._wrong = self._wrong or TargetTooLong()

    def on_header(self, name: bytes, value: bytes) -> None:
        incoming = self._incoming
        assert incoming is not None  # noqa: S101 - a message has begun.
        if incoming.method:
            return  # What follows a body in chunks is not read.
        heads = incoming.headers
        name = name.lower()
        if name not in heads.first:
            heads.first[name] = value
            return
        heads.again.append((name, value))
        if name == b"host":
            self._wrong = self._wrong or Malformed("There is more than one Host")
        if len(heads.first) + len(heads.again) > HEADERS_MAX:
            self._wrong = self._wrong or TooManyHeaders()

    def on_headers_complete(self) -> None:
        incoming = self._incoming
        assert incoming is not None  # noqa: S101 - a message has begun.
        if len(incoming.headers.first) > HEADERS_MAX:
            self._wrong = self._wrong or TooManyHeaders()
        try:
            incoming.authority  # noqa: B018 - whether it can be read.
        except ValueError:
            self._wrong = self._wrong or Malformed("The request line names no address")
        incoming.method = self._parser.get_method().decode()
        incoming.upgrading = self._parser.should_upgrade()
        incoming.keep_alive = self._parser.should_keep_alive() and not incoming.upgrading
        self._queue.append(incoming)

    def on_body(self, chunk: bytes) -> None:
        incoming = self._incoming
        assert incoming is not None  # noqa: S101 - a message has begun.
        incoming.feed(chunk)
        if incoming.discarded > DISCARD_MAX:
            self._transport.abort()

    def on_message_complete(self) -> None:
        incoming, self._incoming = self._incoming, None
        assert incoming is not None  # noqa: S101 - a message has begun.
        incoming.ended = True
        incoming.wake()
        if incoming.answered:
            self._after(incoming)
        elif self._wrong is None:
            self._advance()

    # What goes on.

    def _advance(self) -> None:
        """Begin upon the next request, if the one before is answered."""
        if self._advancing or self._wrong is not None:
            return
        self._advancing = True
        while self.serving is None and self._queue and not self._slow and not self._closing:
            exchange = self.serving = self._queue.popleft()
            self.listener.begin(exchange)
        self._advancing = False
        self.balance()

    def finish(self, exchange: Exchange) -> None:
        """The request is answered."""
        self.serving = None
        self.since = self.listener.now
        if exchange.ended:
            self._after(exchange)
        elif exchange.keep_alive:
            self.balance()
        else:
            self._closing = True
            self._linger()

    def _after(self, exchange: Exchange) -> None:
        if not exchange.keep_alive:
            self._closing = True
            if self._wrong is not None:
                self._linger()
            else:
                self._transport.close()
        elif not self._advancing:
            self._advance()

    def balance(self) -> None:
        """Let the client wait while others of its requests wait, and while its body is not being read."""
        body = self.serving is not None and self.serving.buffered > BUFFER_MAX
        wanted = len(self._queue) > 0 or body or self._rest is not None
        if wanted != self._held and not self._transport.is_closing():
            self._held = wanted
            (self._transport.pause_reading if wanted else self._transport.resume_reading)()

    def hand_over(self, head: bytes, take: Callable[[Any, bytes], asyncio.BaseProtocol]) -> None:
        """Say the last words of HTTP; from here on the connection is somebody else's, unless the client has gone."""
        if self._closing:
            return
        self.listener.lost(self)
        self._closing, self._parser, self.serving = True, None, None
        self._transport.write(head)
        self._transport.set_protocol(take(self._transport, self._rest or b""))
        if self._held:
            self._transport.resume_reading()

    def write(self, data: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(data)

    def _refuse(self, refusal: Refused) -> None:
        """Answer what is no request. What was asked before it and is not answered yet is forgotten."""
        if self._closing:
            return
        self._closing = True
        self._queue.clear()
        requests_of("(none)").tell("(other)", refusal.status, 0, trace.make())
        if self.serving is None:
            answer = problem(refusal)
            body = answer.body if isinstance(answer.body, bytes) else b""
            headers = (*answer.headers, ("content-type", answer.content_type))
            self.write(head_of(refusal.status, headers, len(body)) + dated() + b"connection: close\r\n\r\n" + body)
            self._linger()
        else:
            self.serving.keep_alive = False
            self.serving.broken = True
            self.serving.wake()

    def _linger(self) -> None:
        """Say no more, and hear for a while what still comes: closed at once, the client would be told of a broken
        connection before it has read why.
        """
        with contextlib.suppress(OSError, RuntimeError):
            self._transport.write_eof()
        asyncio.get_running_loop().call_later(LINGER_S, self._transport.abort)

    @property
    def client(self) -> str:
        if not self._client:
            host, port, *_ = self._transport.get_extra_info("peername") or ("127.0.0.1", 0)
            self._client = f"{host}:{port}"
        return self._client

    def end_if_late(self, now: int) -> None:
        """Cut the client off if it takes too long to ask, or to read what it is answered."""
        waited_s = now - self.since
        if self._slow:
            unread = self._transport.get_write_buffer_size()
            if unread < self._unread:
                self._unread, self.since = unread, now
            elif waited_s > SLOW_TIMEOUT_S:
                self.abort()
        elif self.serving is None and waited_s > (HEAD_TIMEOUT_S if self._incoming is not None else IDLE_TIMEOUT_S):
            self.abort()

    def end_if_idle(self) -> None:
        if self.serving is None and self._incoming is None:
            self._closing = True
            self._transport.close()

    def abort(self) -> None:
        self._transport.abort()


class Listener:
    """All connections to one application. `now` is in seconds, as exact as sweeps are frequent."""

    def __init__(self, app: Application, connections_max: int) -> None:
        self.app = app
        self.connections_max = connections_max
        self.connections: set[Connection] = set()
        self.stopping = False
        self.now = 0
        self._tasks: dict[Connection, asyncio.Task[None]] = {}
        self._orphans: set[asyncio.Task[None]] = set()

    def begin(self, exchange: Exchange) -> None:
        if not self.app.at_once(exchange):
            self._tasks[exchange.connection] = asyncio.get_running_loop().create_task(self._run(exchange))

    async def _run(self, exchange: Exchange) -> None:
        try:
            await self.app.__rsgi__(exchange, exchange)
        except Exception:  # noqa: BLE001 - whatever it is, the client is not left waiting.
            _log.exception("http.bug")
        finally:
            self._tasks.pop(exchange.connection, None)
            if not exchange.answered:
                exchange.keep_alive = False
                exchange.response_empty(Internal.status, ())

    def lost(self, connection: Connection) -> None:
        """The client has gone; what was begun for it goes on."""
        self.connections.discard(connection)
        if task := self._tasks.pop(connection, None):
            self._orphans.add(task)
            task.add_done_callback(self._orphans.discard)

    def sweep(self) -> None:
        """End what takes too long. To be called once a second."""
        self.now += 1
        for connection in tuple(self.connections):
            connection.end_if_late(self.now)

    async def stop(self, grace_s: float) -> None:
        """Close idle connections at once, the others when they are answered, or when the grace is over."""
        self.stopping = True
        for connection in tuple(self.connections):
            connection.end_if_idle()
        ends = time.monotonic() + grace_s
        while (self.connections or self._orphans) and time.monotonic() < ends:  # noqa: ASYNC110 - only ends of many things.
            await asyncio.sleep(0.01)
        left = [*self._tasks.values(), *self._orphans]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        for connection in tuple(self.connections):
            connection.abort()
