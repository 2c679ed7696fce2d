"""WebSockets (RFC 6455) on the shop's own HTTP: the handshake, one client's connection, and all of a process.

What clients send is read by the Sans-I/O protocol of `websockets`. What they are sent is made into a frame once for all who
get it, and written to their connections: nobody waits for anybody, and who does not read is dropped.
"""

import asyncio
import base64
import binascii
import hashlib
import socket
import time
from collections import Counter
from collections.abc import Callable
from typing import Any, Final

import prometheus_client as prometheus

from feira.kernel import metrics
from feira.kernel.errors import Malformed, Overloaded, RateLimited, Refused
from feira.kernel.http import Answer, Request
from feira.transport.exchange import Upgrade
from feira.transport.problems import problem

MESSAGE_MAX: Final = 16 << 10  # Bytes of one message from a client.
UNREAD_MAX: Final = 64 << 10  # Bytes that a client may leave unread here, and as much again in the system.
FRAMES_MAX: Final = 40.0  # From one client at once, pings and parts of messages included …
FRAMES_PER_S: Final = 4.0  # … and so many more with each second.
PING_EVERY_S: Final = 25  # Below what proxies call idle. Who is silent until the next one is gone.
CLOSING_S: Final = 2.0  # How long a client may take to hear why it is closed.
VERSION: Final = "13"

TOO_BIG, UNREADABLE, NOT_UTF8, RESTART = 1009, 1003, 1007, 1012
SILENT, SLOW, FLOOD, IDLE = 4001, 4002, 4003, 4004

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_PING = b"\x89\x00"
DROPPED = metrics.counter("feira_websockets_dropped", "WebSockets that we closed, by code.", ["code"])
OPEN = prometheus.Gauge("feira_websockets", "WebSockets open.", registry=metrics.REGISTRY)


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


class UpgradeRequired(Refused):
    status = 426
    code = "upgrade_required"
    title = "This address speaks WebSocket only"


def framed(text: bytes) -> bytes:
    """A message as the frame that every receiver is sent."""
    size = len(text)
    if size < 126:
        return bytes((0x81, size)) + text
    return (b"\x81\x7e" + size.to_bytes(2) if size < 1 << 16 else b"\x81\x7f" + size.to_bytes(8)) + text


def accepted(request: Request[Any, Any], take: Callable[[asyncio.Transport, bytes], asyncio.Protocol]) -> Answer:
    """The end of a sound handshake; what is none is answered with a problem."""
    wanted = (request.headers.get("connection") or "").lower().replace(" ", "").split(",")
    if (request.headers.get("upgrade") or "").lower() != "websocket" or "upgrade" not in wanted:
        return problem(UpgradeRequired(), ("upgrade", "websocket"))
    if request.headers.get("sec-websocket-version") != VERSION:
        return problem(UpgradeRequired(f"Version {VERSION} is spoken here"), ("sec-websocket-version", VERSION))
    key = request.headers.get("sec-websocket-key") or ""
    try:
        sound = len(base64.b64decode(key, validate=True)) == 16
    except binascii.Error:
        sound = False
    if not sound:
        raise Malformed("Sec-WebSocket-Key is not 16 bytes in base64")
    proof = base64.b64encode(hashlib.sha1(key.encode() + _GUID, usedforsecurity=False).digest()).decode()
    headers = (("upgrade", "websocket"), ("connection", "upgrade"), ("sec-websocket-accept", proof))
    return Upgrade(headers=headers, take=take)


class Socket(asyncio.Protocol):
    """One client. Its owner keeps what it knows of it in `state`."""

    __slots__ = (
        "_frames",
        "_frames_at",
        "_parser",
        "_part",
        "_sockets",
        "_transport",
        "address",
        "closing",
        "heard",
        "state",
        "turn",
    )  # fmt: skip

    def __init__(self, sockets: "Sockets", transport: asyncio.Transport, address: str) -> None:
        # A shop in which nobody looks on does not wait for it to be imported.
        from websockets.protocol import Protocol, Side  # noqa: PLC0415 - see above.

        self.address = address
        self.state: Any = None
        self.turn: set[Socket] | None = None  # Those that are pinged together with it.
        self.closing = False
        self.heard = True  # Since the last ping.
        self._sockets = sockets
        self._transport = transport
        self._parser: Any = Protocol(Side.SERVER, max_size=MESSAGE_MAX)
        self._part: list[bytes] = []
        self._frames, self._frames_at = FRAMES_MAX, time.monotonic()
        transport.set_write_buffer_limits(high=UNREAD_MAX)
        if (raw := transport.get_extra_info("socket")) is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, UNREAD_MAX)

    def send(self, frame: bytes) -> None:
        """Write a frame of `framed`, or nothing if the client is being closed."""
        if not self.closing:
            self._transport.write(frame)

    def close(self, code: int, reason: str) -> None:
        """Tell why, and cut the client off if it does not go by itself. Nothing is sent or heard any more."""
        if self.closing:
            return
        self.closing = True
        DROPPED.labels(str(code)).inc()
        self._parser.send_close(code, reason)
        self._flush()
        asyncio.get_running_loop().call_later(CLOSING_S, self.abort)
        self._sockets.left(self)

    def ping(self) -> None:
        if not self.heard:
            self.close(SILENT, "no answer to a ping")
            return
        self.heard = False
        self._transport.write(_PING)

    # What the event loop tells.

    def data_received(self, data: bytes) -> None:
        if self._parser is None:
            return
        self.heard = True
        self._parser.receive_data(data)
        for frame in self._parser.events_received():
            self._hear(frame)
            if self.closing:
                break
        self._flush()
        if self._parser.close_expected() and not self.closing:
            self.closing = True
            if self._parser.close_rcvd is None and self._parser.close_sent is not None:
                DROPPED.labels(str(self._parser.close_sent.code)).inc()
            self._sockets.left(self)
            asyncio.get_running_loop().call_later(CLOSING_S, self.abort)

    def eof_received(self) -> bool:
        return False

    def pause_writing(self) -> None:
        self.close(SLOW, "read faster")

    def connection_lost(self, _error: Exception | None) -> None:
        self.closing = True
        self._sockets.left(self)
        self._sockets.connected.discard(self)
        # All that knows itself is let go of: cycles are looked for so seldom that a day's visitors would pile up.
        parser, self._parser, self.state = self._parser, None, None
        parser.parser.close()
        parser.parser_exc = None

    def abort(self) -> None:
        self._transport.abort()

    def _hear(self, frame: Any) -> None:
        from websockets.frames import Opcode  # noqa: PLC0415 - it is there by now.

        now = time.monotonic()
        self._frames = min(FRAMES_MAX, self._frames + (now - self._frames_at) * FRAMES_PER_S) - 1
        self._frames_at = now
        if self._frames < 0:
            self.close(FLOOD, "too many messages")
        elif frame.opcode is Opcode.BINARY:
            self.close(UNREADABLE, "only text is read here")
        elif frame.opcode in {Opcode.TEXT, Opcode.CONT}:
            if frame.data:
                self._part.append(bytes(frame.data))
            if frame.fin:
                text, self._part = b"".join(self._part), []
                if _is_utf8(text):
                    self._sockets.received(self, text)
                else:
                    self.close(NOT_UTF8, "text is UTF-8")

    def _flush(self) -> None:
        for data in self._parser.data_to_send():
            if data:
                self._transport.write(data)
            else:
                self._transport.close()


class Sockets:
    """All clients of one kind in this process. `received` and `on_leave` are called in the event loop and do not wait; a
    client that left is told of once, and is not sent to again.
    """

    def __init__(
        self,
        received: Callable[[Socket, bytes], None],
        on_leave: Callable[[Socket], None],
        *,
        connections_max: int,
        address_max: int,
    ) -> None:
        self.received, self._on_leave = received, on_leave
        self._connections_max, self._address_max = connections_max, address_max
        self._addresses: Counter[str] = Counter()
        self._turns: list[set[Socket]] = [set() for _ in range(PING_EVERY_S)]  # Who is pinged together.
        self.connected: set[Socket] = set()  # Those being closed included.
        self._seconds = self._opened = 0
        self.number = 0

    def admit(self, request: Request[Any, Any], made: Callable[[Socket], None]) -> Answer:
        """Answer a handshake. `made` is called with the socket before anything is heard from it."""
        if self.number >= self._connections_max:
            raise Overloaded("All seats are taken; please try again", retry_after_s=PING_EVERY_S)
        if self._addresses[request.address] >= self._address_max:
            raise RateLimited("Too many connections from one address", retry_after_s=PING_EVERY_S)

        def take(transport: asyncio.Transport, rest: bytes) -> Socket:
            one = Socket(self, transport, request.address)
            self.number += 1
            self._opened += 1
            OPEN.inc()
            self._addresses[request.address] += 1
            one.turn = self._turns[self._opened % PING_EVERY_S]
            one.turn.add(one)
            self.connected.add(one)
            made(one)
            if rest:
                asyncio.get_running_loop().call_soon(one.data_received, rest)
            return one

        return accepted(request, take)

    def left(self, one: Socket) -> None:
        if one.turn is None:
            return
        one.turn.discard(one)
        one.turn = None
        self.number -= 1
        OPEN.dec()
        self._addresses[one.address] -= 1
        if not self._addresses[one.address]:
            del self._addresses[one.address]
        self._on_leave(one)

    def sweep(self) -> None:
        """Ping those whose turn it is. To be called once a second."""
        self._seconds = (self._seconds + 1) % PING_EVERY_S
        for one in tuple(self._turns[self._seconds]):
            one.ping()

    async def stop(self, code: int, reason: str) -> None:
        """Close all, and wait until they are gone; not for long."""
        for one in tuple(self.connected):
            one.close(code, reason)
        ends = time.monotonic() + CLOSING_S
        while self.connected and time.monotonic() < ends:  # noqa: ASYNC110 - only the end of many things.
            await asyncio.sleep(0.01)
        for one in tuple(self.connected):
            one.abort()
        await asyncio.sleep(0)
