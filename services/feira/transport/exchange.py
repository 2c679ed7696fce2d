"""One request over HTTP/1.1, and the way back: scope and wire of RSGI in one object."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import unquote_to_bytes, urlsplit

from feira.kernel.http import Answer

BUFFER_MAX: Final = 256 << 10  # Of a body that the handler has not read yet; beyond it the client waits.

_STATUS: Final = {s.value: f"HTTP/1.1 {s.value} {s.phrase}\r\n" for s in HTTPStatus}
_CLOSE: Final = ("connection", "close")
_CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
_date = (0, b"")


@dataclass(frozen=True, slots=True, kw_only=True)
class Upgrade(Answer):
    """The answer of a handler that goes on in another protocol: `take` is given the connection's transport, which has been
    told so, and the bytes that came already; it answers the protocol that hears what comes next.
    """

    status: int = 101
    take: Callable[[asyncio.Transport, bytes], asyncio.Protocol]


class Broken(RuntimeError):  # noqa: N818 - it is the client's doing.
    """The client went away before all of the body had come, or sent what is none."""


def head_of(status: int, headers: Sequence[tuple[str, str]], length: int | None) -> bytes:
    """An answer's head, but for what each has of its own and its last line. ValueError if a header is none."""
    text = "".join([f"{name}: {value}\r\n" for name, value in headers])
    if text.count("\n") != len(headers) or text.count("\r") != len(headers) or "\0" in text:
        raise ValueError("a header breaks its line")
    size = "" if length is None else f"content-length: {length}\r\n"
    return f"{_STATUS[status]}{text}{size}".encode("latin-1")


def dated() -> bytes:
    global _date  # noqa: PLW0603 - the same second is told thousands of times.
    now = int(time.time())
    at, line = _date
    if at != now:
        line = f"date: {formatdate(now, usegmt=True)}\r\n".encode()
        _date = now, line
    return line


class Heads:
    """A request's headers. Of those that came more than once, `get` tells the first."""

    __slots__ = ("again", "first")

    def __init__(self) -> None:
        self.first: dict[bytes, bytes] = {}
        self.again: list[tuple[bytes, bytes]] = []

    def __contains__(self, name: str, /) -> bool:
        return name.encode() in self.first

    def get(self, name: str, /) -> str | None:
        value = self.first.get(name.encode())
        return value.decode() if value is not None and value.isascii() else None

    def get_all(self, name: str, /) -> list[str]:
        wanted = name.encode()
        found = [self.first[wanted]] if wanted in self.first else []
        return [value.decode() for value in (*found, *(v for n, v in self.again if n == wanted)) if value.isascii()]


class Exchange:
    """A request and the way back: scope and wire of RSGI in one."""

    __slots__ = (
        "_chunks", "_waiter", "answered", "broken", "buffered", "connection", "discarded", "ended", "headers", "keep_alive",
        "method", "target", "upgrading",
    )  # fmt: skip

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.headers = Heads()
        self.method = ""
        self.target = b""
        self.keep_alive = True
        self.ended = self.answered = self.broken = self.upgrading = False
        self.discarded = self.buffered = 0
        self._chunks: deque[bytes] | None = None
        self._waiter: asyncio.Future[None] | None = None

    @property
    def path(self) -> str:
        path = self.target.partition(b"?")[0] if self.target.startswith(b"/") else urlsplit(self.target).path
        return unquote_to_bytes(path).decode(errors="replace") if b"%" in path or not path.isascii() else path.decode()

    @property
    def query_string(self) -> str:
        return self.target.partition(b"?")[2].partition(b"#")[0].decode("latin-1")

    @property
    def authority(self) -> str | None:
        """The host that a proxy would be asked for: seldom there."""
        return None if self.target.startswith((b"/", b"*")) else urlsplit(self.target).netloc.decode("latin-1")

    @property
    def client(self) -> str:
        found: str = self.connection.client
        return found

    @property
    def whole(self) -> bytes | None:
        """The body, if all of it is here and none was taken."""
        return b"".join(self._chunks or ()) if self.ended else None

    def feed(self, chunk: bytes) -> None:
        if self.answered:
            self.discarded += len(chunk)
            return
        if self._chunks is None:
            self._chunks = deque()
        self._chunks.append(chunk)
        self.buffered += len(chunk)
        self.wake()

    def wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def __call__(self) -> bytes:
        return b"".join([chunk async for chunk in self])

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if (
            not self.ended
            and self._chunks is None
            and self.headers.first.get(b"expect", b"").lower() == b"100-continue"
        ):
            self.connection.write(_CONTINUE)
        while True:
            while self._chunks:
                chunk = self._chunks.popleft()
                self.buffered -= len(chunk)
                self.connection.balance()
                yield chunk
            if self.ended:
                return
            if self.broken:
                raise Broken
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None

    def response_empty(self, status: int, headers: Sequence[tuple[str, str]], /) -> None:
        self._respond(status, headers, b"")

    def response_bytes(self, status: int, headers: Sequence[tuple[str, str]], body: bytes, /) -> None:
        self._respond(status, headers, body)

    def upgrade(self, answer: Upgrade, more: Sequence[tuple[str, str]]) -> None:
        """Go on in another protocol, if the client asked for one in so many words."""
        if not self.upgrading:
            raise RuntimeError("the client did not ask for another protocol")
        self.answered = True
        self.connection.hand_over(head_of(101, (*answer.headers, *more), None) + dated() + b"\r\n", answer.take)

    def _respond(self, status: int, headers: Sequence[tuple[str, str]], body: bytes) -> None:
        if status >= 400 and _CLOSE in headers:
            self.keep_alive = False
            headers = [header for header in headers if header != _CLOSE]
        self.send(head_of(status, headers, None if status in {204, 304} else len(body)), b"", body)

    def send(self, head: bytes, more: bytes, body: bytes) -> None:
        """Answer with a head of `head_of`, more header lines and a body, which the asker of a HEAD is not sent."""
        if self.answered:
            raise RuntimeError("a request is answered once")
        self.answered = True
        self._chunks = None
        self.buffered = 0
        connection = self.connection
        if connection.listener.stopping:
            self.keep_alive = False
        end = b"\r\n" if self.keep_alive else b"connection: close\r\n\r\n"
        connection.write(b"".join((head, more, dated(), end, b"" if self.method == "HEAD" else body)))
        connection.finish(self)
