"""A small HTTP/1.1 client for one neighbour on loopback: pooled connections, and a limit on everything.

It asks with GET alone, so that a question may be put again when a kept connection turns out to have been closed.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import httptools

IDLE_MAX: Final = 8  # Connections that are kept open for the next question.
HEAD_MAX: Final = 32 << 10
BODY_MAX: Final = 4 << 20
CONNECT_TIMEOUT_S: Final = 2.0
ANSWER_TIMEOUT_S: Final = 10.0


class Unreached(Exception):  # noqa: N818 - nobody need be at fault: it may be starting.
    """There was no whole answer in time; the message is a phrase for the log."""


class Stale(Unreached):
    """A connection that was kept open had been closed by the other side."""


class Reply(NamedTuple):
    """`headers` by lower-case names; of those that came more than once, all values with commas between them."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class _Connection(asyncio.Protocol):
    """One connection with at most one question on its way."""

    def __init__(self) -> None:
        self.done: asyncio.Future[Reply] | None = None
        self.reusable = False
        self._transport: Any = None
        self._parser: Any = None
        self._heard = False  # Anything of the answer.
        self._headers: dict[str, str] = {}
        self._size = 0
        self._chunks: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def ask(self, question: bytes) -> asyncio.Future[Reply]:
        self.done = asyncio.get_running_loop().create_future()
        self._parser = httptools.HttpResponseParser(self)
        self._headers, self._chunks, self._size = {}, [], 0
        self._heard = self.reusable = False
        self._transport.write(question)
        return self.done

    def data_received(self, data: bytes) -> None:
        if self.done is None or self.done.done():
            self.close()  # It speaks without being asked.
            return
        self._heard = True
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._fail(Unreached(f"its answer is no HTTP ({type(error).__name__})"))

    def on_header(self, name: bytes, value: bytes) -> None:
        self._size += len(name) + len(value)
        if self._size > HEAD_MAX:
            self._fail(Unreached("its answer has too large a head"))
            return
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        self._headers[key] = f"{self._headers[key]}, {text}" if key in self._headers else text

    def on_headers_complete(self) -> None:
        self._size = 0

    def on_body(self, chunk: bytes) -> None:
        self._size += len(chunk)
        if self._size > BODY_MAX:
            self._fail(Unreached(f"its answer is larger than {BODY_MAX} bytes"))
            return
        self._chunks.append(chunk)

    def on_message_complete(self) -> None:
        status = self._parser.get_status_code()
        if status < 200 or self.done is None or self.done.done():  # 1xx only says that more is to come.
            return
        self.reusable = bool(self._parser.should_keep_alive())
        self.done.set_result(Reply(status, self._headers, b"".join(self._chunks)))

    def connection_lost(self, _error: Exception | None) -> None:
        self.reusable = False
        self._parser = None  # It knows us.
        if self._heard:
            self._fail(Unreached("it hung up in the middle of its answer"))
        else:
            self._fail(Stale("it hung up"))

    def _fail(self, error: Unreached) -> None:
        self.reusable = False
        if self.done is not None and not self.done.done():
            self.done.set_exception(error)
        self.close()

    @property
    def open(self) -> bool:
        return not self._transport.is_closing()

    def close(self) -> None:
        self._transport.abort()


class Upstream:
    """The neighbour at `host:port`."""

    def __init__(self, address: str, *, answer_timeout_s: float = ANSWER_TIMEOUT_S) -> None:
        self.address = address
        self._host, _, port = address.rpartition(":")
        self._port = int(port)
        self._timeout_s = answer_timeout_s
        self._idle: list[_Connection] = []

    async def get(self, target: bytes, headers: Sequence[tuple[bytes, bytes]] = ()) -> Reply:
        """What it answers for this target of a request line; raises Unreached. The headers must be none that break lines."""
        lines = b"".join([b"%b: %b\r\n" % header for header in headers])
        question = b"GET %b HTTP/1.1\r\nhost: %b\r\n%b\r\n" % (target, self.address.encode(), lines)
        try:
            async with asyncio.timeout(self._timeout_s):
                while self._idle:
                    kept = self._idle.pop()
                    if kept.open:
                        try:
                            return await self._through(kept, question)
                        except Stale:
                            continue
                return await self._through(await self._connect(), question)
        except TimeoutError:
            raise Unreached("it takes too long") from None

    async def _connect(self) -> _Connection:
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                _, made = await asyncio.get_running_loop().create_connection(_Connection, self._host, self._port)
        except OSError as error:
            raise Unreached(f"it cannot be connected to ({error.strerror or type(error).__name__})") from error
        return made

    async def _through(self, connection: _Connection, question: bytes) -> Reply:
        try:
            reply = await connection.ask(question)
        except BaseException:
            connection.close()
            raise
        if connection.reusable and len(self._idle) < IDLE_MAX:
            self._idle.append(connection)
        else:
            connection.close()
        return reply

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()
