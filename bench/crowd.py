"""A crowd of buyers who obey Retry-After: `python -m bench.crowd URL CONNECTIONS SECONDS RUN SKUS`.

Each has a connection, places one order after the other, and sends a refused one again, with its key, after as long as it was
asked to wait. After SECONDS nobody begins an order, and who was refused gives up. Prints one line of JSON.

It is a program of its own, and not wrk, because wrk tells neither which connection was refused nor how long a refusal took.
"""

import asyncio
import json
import random
import resource
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final, cast

import uvloop

RETRY_S: Final = 1.0
GRACE_S: Final = 30.0
EXAMPLES_MAX: Final = 5
BODY: Final = (
    '{{"lines":[{{"sku":"S{0}","quantity":1}},{{"sku":"S{1}","quantity":1}}],"email":"crowd-{2}@example.com",'
    '"shipping_address":{{"name":"Ana Souza","line1":"Rua das Flores 10","city":"Recife","region":"PE",'
    '"postal_code":"50000-000","country":"BR"}},"shipping_method":"standard",'
    '"payment":{{"method":"test","token":"tok_ok"}},"expected_total":{{"amount":900000,"currency":"BRL"}}}}'
)


@dataclass
class Crowd:
    """What all of them share: the count of everything."""

    host: str
    port: int
    run: str
    skus: int
    until: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)
    refusals_ms: list[float] = field(default_factory=list)
    orders_ms: list[float] = field(default_factory=list)
    waits_s: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)
    broken: int = 0
    given_up: int = 0
    begun: int = 0
    last_order: float = 0.0
    here: int = 0
    all_gone: asyncio.Event = field(default_factory=asyncio.Event)

    def order(self) -> bytes:
        """A whole request for a new order."""
        self.begun += 1
        one = random.randrange(self.skus)  # noqa: S311 - not a secret.
        other = (one + random.randrange(1, self.skus)) % self.skus  # noqa: S311 - not a secret.
        key = f"{self.run}-{self.begun}"
        body = BODY.format(one, other, key).encode()
        head = (
            f"POST /v1/orders HTTP/1.1\r\nHost: {self.host}:{self.port}\r\nContent-Type: application/json\r\n"
            f"Idempotency-Key: {key}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


class Buyer(asyncio.Protocol):
    """One connection."""

    def __init__(self, crowd: Crowd) -> None:
        self.crowd = crowd
        self.request = b""
        self.heard = b""
        self.sent_at = 0.0
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's does not say so.
        self.begin()

    def begin(self) -> None:
        if time.monotonic() >= self.crowd.until:
            self.leave()
            return
        self.request = self.crowd.order()
        self.send()

    def again(self) -> None:
        if time.monotonic() >= self.crowd.until:
            self.crowd.given_up += 1
            self.leave()
            return
        self.send()

    def send(self) -> None:
        if self.transport is None or self.transport.is_closing():
            return
        self.sent_at = time.monotonic()
        self.transport.write(self.request)

    def leave(self) -> None:
        self.request = b""
        if self.transport is not None:
            self.transport.close()

    def data_received(self, data: bytes) -> None:
        self.heard = self.heard + data if self.heard else data
        end = self.heard.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self.heard[:end].lower()
        length = _number(head, b"content-length:", 0)
        if len(self.heard) < end + 4 + length:
            return
        body, self.heard = self.heard[end + 4 : end + 4 + int(length)], self.heard[end + 4 + int(length) :]
        self.answered(int(head[9:12]), head, body)

    def answered(self, status: int, head: bytes, body: bytes) -> None:
        crowd, now = self.crowd, time.monotonic()
        crowd.statuses[status] += 1
        took_ms = (now - self.sent_at) * 1000
        if status == 201:
            crowd.orders_ms.append(took_ms)
            crowd.last_order = now
            self.begin()
            return
        if status in {429, 503}:
            crowd.refusals_ms.append(took_ms)
            wait_s = _number(head, b"retry-after:", RETRY_S)
            crowd.waits_s[f"{wait_s:g}"] += 1
            asyncio.get_running_loop().call_later(wait_s, self.again)
            return
        if len(crowd.examples) < EXAMPLES_MAX:
            crowd.examples.append(f"{status} {body[:300].decode(errors='replace')}")
        self.begin()

    def connection_lost(self, _failure: Exception | None) -> None:
        if self.request:
            self.crowd.broken += 1
        self.crowd.here -= 1
        if not self.crowd.here:
            self.crowd.all_gone.set()


def _number(head: bytes, name: bytes, default: float) -> float:
    """A header's number; the head is in small letters."""
    at = head.find(name)
    return float(head[at + len(name) :].split(b"\r\n", 1)[0]) if at >= 0 else default


def quantile(values: list[float], share: float) -> float:
    """Of no values, 0."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] if values else 0.0


async def main(url: str, connections: int, seconds: float, run: str, skus: int) -> dict[str, Any]:
    host, _, port = url.removeprefix("http://").partition(":")
    crowd = Crowd(host, int(port), run, skus)
    began = time.monotonic()
    crowd.until = began + seconds
    loop = asyncio.get_running_loop()
    for _ in range(connections):
        try:
            await loop.create_connection(lambda: Buyer(crowd), host, int(port))
            crowd.here += 1
        except OSError:
            crowd.broken += 1
    try:
        async with asyncio.timeout(seconds + GRACE_S):
            await crowd.all_gone.wait()
    except TimeoutError:
        crowd.broken += crowd.here
    return {
        "seconds": seconds,
        "begun": crowd.begun,
        "given_up": crowd.given_up,
        "broken": crowd.broken,
        "statuses": {str(status): number for status, number in sorted(crowd.statuses.items())},
        "retry_after_s": dict(crowd.waits_s.most_common(8)),
        "orders_p50_ms": quantile(crowd.orders_ms, 0.5),
        "orders_p99_ms": quantile(crowd.orders_ms, 0.99),
        "refusals": len(crowd.refusals_ms),
        "refusals_p50_ms": quantile(crowd.refusals_ms, 0.5),
        "refusals_p99_ms": quantile(crowd.refusals_ms, 0.99),
        "last_order_s": crowd.last_order - began,
        "examples": crowd.examples,
    }


if __name__ == "__main__":
    _soft, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        asked = sys.argv
        print(json.dumps(runner.run(main(asked[1], int(asked[2]), float(asked[3]), asked[4], int(asked[5])))))
