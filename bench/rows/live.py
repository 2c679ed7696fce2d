"""Rows of live updates, which come from a process of their own. Who watches is bench/watching.py."""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from bench import goods
from bench.crowd import BODY
from bench.errors import BenchError, WrongAnswer
from bench.measuring import LOAD_CORE, SERVER_CORE, Run
from bench.processes import cpu_us, descendants, pin, pss_bytes, title
from bench.shop import Shop, live_beside

SEATS: Final = 10_000
CROWD: Final = 2_000
WATCHED: Final = 20  # Products that each of the crowd watches.
BUYERS: Final = 16  # Connections that orders come from.
ORDERS_S: Final = 500
ONLOOKERS: Final = 5  # Who see each of these orders.
OPEN_TIMEOUT_S: Final = 180.0
CUSTOMER: Final = "watched@bench.example"


async def measure(run: Run) -> None:
    async with live_beside(run.postgres, run.home, "live") as shop:
        await shop.take_in(goods.plain(), goods.SKUS)
        [server] = [pid for pid in descendants(shop.programs[-1].pid) if "feira.host.worker" in title(pid)]
        await _memory(run, shop, server)
        await _rate(run, shop, server)
        await _delay(run, shop)
    await run.postgres.drop("live")


@dataclass
class Crowd:
    """Clients that watch, in a process of their own."""

    process: asyncio.subprocess.Process

    async def told(self, timeout_s: float) -> dict[str, Any]:
        assert self.process.stdout  # noqa: S101 - it was asked for.
        async with asyncio.timeout(timeout_s):
            line = await self.process.stdout.readline()
        if not line:
            raise BenchError("the clients that watch have died")
        found: dict[str, Any] = json.loads(line)
        return found


@asynccontextmanager
async def watching(
    shop: Shop, clients: int, message: dict[str, Any], seconds: float, *, latency: bool = False
) -> AsyncIterator[Crowd]:
    """So many clients that all watch; raises WrongAnswer if one of them does not."""
    host, _, port = shop.direct["live"].removeprefix("http://").partition(":")
    order = {
        "host": host,
        "port": int(port),
        "clients": clients,
        "message": message,
        "seconds": seconds,
        "latency": latency,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.watching", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdin  # noqa: S101 - it was asked for.
        process.stdin.write(json.dumps(order).encode() + b"\n")
        crowd = Crowd(process)
        opened = (await crowd.told(OPEN_TIMEOUT_S))["open"]
        if opened != clients:
            raise WrongAnswer(f"of {clients} clients {opened} could watch")
        yield crowd
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _memory(run: Run, shop: Shop, server: int) -> None:
    async with watching(shop, 100, {"subscribe": ["products/p-0"]}, 0.5):
        pass  # What the first clients bring with them is not one connection's.
    before = pss_bytes([server])
    async with watching(shop, SEATS, {"subscribe": ["products/p-0", "products/p-1"]}, 3600.0):
        await asyncio.sleep(1)
        after = pss_bytes([server])
    run.add("live memory", (after - before) / SEATS / 1024, whole_mb=after / 1e6)


async def _rate(run: Run, shop: Shop, server: int) -> None:
    """All of the crowd watch the same products, which staff count anew all the time: each flush is told to everybody."""
    message = {"subscribe": [f"products/p-{n}" for n in range(WATCHED)]}
    pin([server], {SERVER_CORE})
    async with watching(shop, CROWD, message, run.seconds) as crowd:
        pin([crowd.process.pid], {LOAD_CORE})
        counting = asyncio.create_task(_count_anew(shop))
        began, used = time.monotonic(), cpu_us(server)
        try:
            told = await crowd.told(run.seconds + OPEN_TIMEOUT_S)
        finally:
            counting.cancel()
        seconds, cpu_s = time.monotonic() - began, (cpu_us(server) - used) / 1e6
    if told["lost"]:
        raise WrongAnswer(f"{told['lost']} clients were dropped")
    rate = told["messages"] / told["seconds"]
    run.add("live rate", told["messages"] / cpu_s, wall_rate=rate, core=cpu_s / seconds, messages=told["messages"])


async def _count_anew(shop: Shop) -> None:
    body = json.dumps({"delta": 1, "reason": "counted"}).encode()
    while True:
        for number in range(WATCHED):
            await shop.staff("POST", f"/v1/admin/stock/S{number}/adjustments", body)


async def _delay(run: Run, shop: Shop) -> None:
    """From an order's commit to its message at a client, while orders come at a steady rate."""
    token = await _sign_in(shop)
    message = {"subscribe": ["me"], "token": token}
    async with watching(shop, ONLOOKERS, message, run.seconds, latency=True) as crowd:
        until = time.monotonic() + run.seconds
        placed = sum(await asyncio.gather(*(_buy(shop, token, until, n) for n in range(BUYERS))))
        told = await crowd.told(OPEN_TIMEOUT_S)
    if not told["timed"]:
        raise WrongAnswer("no order was told of")
    run.add(
        "live delay",
        told["late_p99_ms"],
        p50_ms=told["late_p50_ms"],
        orders_s=placed / run.seconds,
        timed=told["timed"],
    )


async def _sign_in(shop: Shop) -> str:
    account = {"email": CUSTOMER, "password": "a long enough word", "name": "Ana"}
    content = {"content-type": "application/json"}
    await shop.ask("POST", "/v1/users", json.dumps(account).encode(), content)
    del account["name"]
    status, _, body = await shop.ask("POST", "/v1/sessions", json.dumps(account).encode(), content)
    if status != 200:
        raise WrongAnswer(f"the customer cannot sign in: {status} {body[:300]!r}")
    return str(json.loads(body)["access_token"])


async def _buy(shop: Shop, token: str, until: float, place: int) -> int:
    """One of BUYERS, at its share of ORDERS_S; answers how many orders it placed."""
    every_s, placed = BUYERS / ORDERS_S, 0
    next_at = time.monotonic() + every_s * place / BUYERS
    while next_at < until:
        await asyncio.sleep(max(0.0, next_at - time.monotonic()))
        next_at += every_s
        number = (place + placed * BUYERS) % goods.SKUS
        body = BODY.format(number, (number + 1) % goods.SKUS, f"{place}-{placed}").encode()
        headers = {
            "content-type": "application/json", "authorization": f"Bearer {token}",
            "idempotency-key": f"watched-{place}-{placed}-{until}",
        }  # fmt: skip
        status, _, told = await shop.ask("POST", "/v1/orders", body, headers)
        if status != 201:
            raise WrongAnswer(f"an order was answered with {status} {told[:300]!r}")
        placed += 1
    return placed
