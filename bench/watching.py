"""Clients that watch: `python -m bench.watching`, with its orders as one line of JSON on stdin.

{"host", "port", "clients", "message", "seconds", "latency"}: opens so many WebSockets, from several loopback addresses,
has each say `message`, prints `{"open": n}`, reads for so many seconds, and prints one line of JSON of what came.
With `latency` it reads the time in each message of an order and tells how long ago that was.

What comes is counted and not understood: a client that decodes it would be slower than the server that sends it.
"""

import asyncio
import json
import os
import re
import struct
import sys
import time
from datetime import datetime
from typing import Any, Final, cast

import uvloop

PER_ADDRESS: Final = 200  # Fewer than the shop lets in from one address.
OPENING_MAX: Final = 200  # Handshakes at once.
OPEN_TIMEOUT_S: Final = 120.0
LATENCIES_MAX: Final = 500_000
PONG: Final = b"\x8a\x80" + b"\0\0\0\0"
_AT = re.compile(rb'"type":"order\.placed".*?"at":"([^"]+)"')


def said(text: bytes) -> bytes:
    """A client's message as a frame; the mask is of zeros, which is one as well."""
    size = bytes((0x80 | len(text),)) if len(text) < 126 else b"\xfe" + struct.pack(">H", len(text))
    return b"\x81" + size + b"\0\0\0\0" + text


class Watcher(asyncio.Protocol):
    """One client: the handshake, the message, and then a count."""

    def __init__(self, crowd: "Crowd") -> None:
        self.crowd = crowd
        self.watching = crowd.loop.create_future()
        self.head = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.transport.write(self.crowd.handshake)

    def data_received(self, data: bytes) -> None:
        if not self.watching.done():
            self.head += data
            if b'"subscribed"' in self.head:
                self.watching.set_result(self.head.startswith(b"HTTP/1.1 101"))
            elif b"\r\n\r\n" in self.head and self.head.startswith(b"HTTP/1.1 101") and not self.head.endswith(b"}"):
                self.transport.write(self.crowd.message)
            elif not self.head.startswith(b"HTTP/1.1 101"):
                self.watching.set_result(False)
            return
        if data == b"\x89\x00":
            self.transport.write(PONG)
            return
        self.crowd.messages += data.count(b'"topic"')
        self.crowd.bytes += len(data)
        if self.crowd.latency:
            self.crowd.time(data)

    def connection_lost(self, _error: Exception | None) -> None:
        self.crowd.lost += 1
        if not self.watching.done():
            self.watching.set_result(False)


class Crowd:
    def __init__(self, told: dict[str, Any]) -> None:
        self.loop = asyncio.get_running_loop()
        self.host, self.port, self.latency = told["host"], told["port"], told["latency"]
        self.message = said(json.dumps(told["message"]).encode())
        self.handshake = (
            f"GET /v1/live HTTP/1.1\r\nhost: {self.host}:{self.port}\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
            "sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        ).encode()
        self.messages = self.bytes = self.lost = 0
        self.late_ms: list[float] = []

    async def open(self, number: int) -> int:
        """Answers how many of them watch."""
        gate = asyncio.Semaphore(OPENING_MAX)

        async def one(place: int) -> bool:
            async with gate:
                source = f"127.0.{1 + place // PER_ADDRESS // 250}.{1 + place // PER_ADDRESS % 250}"
                _, watcher = await self.loop.create_connection(
                    lambda: Watcher(self), self.host, self.port, local_addr=(source, 0)
                )
                return bool(await watcher.watching)

        async with asyncio.timeout(OPEN_TIMEOUT_S):
            return sum(await asyncio.gather(*(one(place) for place in range(number))))

    def time(self, data: bytes) -> None:
        now = time.time()
        for at in _AT.findall(data):
            if len(self.late_ms) < LATENCIES_MAX:
                self.late_ms.append((now - datetime.fromisoformat(at.decode()).timestamp()) * 1000)


async def main() -> None:
    told = json.loads(sys.stdin.readline())
    crowd = Crowd(told)
    print(json.dumps({"open": await crowd.open(told["clients"])}), flush=True)
    before, began = crowd.messages, time.monotonic()
    await asyncio.sleep(told["seconds"])
    late = sorted(crowd.late_ms)
    found = {
        "messages": crowd.messages - before,
        "seconds": time.monotonic() - began,
        "lost": crowd.lost,
        "late_p50_ms": late[len(late) // 2] if late else None,
        "late_p99_ms": late[len(late) * 99 // 100] if late else None,
        "timed": len(late),
    }
    print(json.dumps(found), flush=True)
    os._exit(0)  # Ten thousand sockets are closed by the system.


if __name__ == "__main__":
    uvloop.run(main())
