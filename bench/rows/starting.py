"""Row 9: how long a shop with its own PostgreSQL takes to open a second time."""

import asyncio
import os
import time
from pathlib import Path
from typing import Final

from bench.errors import BenchError
from bench.measuring import Run, median
from bench.processes import free_ports
from bench.shop import up

TIMEOUT_S: Final = 120.0
POLL_S: Final = 0.005
PRODUCT: Final = "/v1/products/palmer-mango"
STARTS_MAX: Final = 3


async def measure(run: Run) -> None:
    """From the command to the first 200 of both /readyz and a product's page."""
    data = run.home / "demo"
    data.mkdir()
    first = await _start(run, data)
    again = [await _start(run, data) for _ in range(min(STARTS_MAX, run.rounds))]
    totals = [max(each.values()) for each in again]
    run.add("9", median(totals), first=first, again=again)


async def _start(run: Run, data: Path) -> dict[str, float]:
    """Open it, and close it again; page -> seconds until its first 200."""
    [port, internal] = free_ports(2)
    flags = ["--demo", "--port", str(port), "--internal-port", str(internal), "--data", str(data)]
    kept = os.environ.pop("DATABASE_URL", None)  # It would open that one, and not its own.
    began = time.monotonic()
    program = await up("feira up --demo", flags, {}, run.home / "demo.log")
    if kept is not None:
        os.environ["DATABASE_URL"] = kept
    found: dict[str, float] = {}
    try:
        while len(found) < 2:
            program.check()
            if time.monotonic() - began > TIMEOUT_S:
                raise BenchError(f"feira up --demo is not ready after {TIMEOUT_S:.0f} s:\n{program.said()}")
            for path in ("/readyz", PRODUCT):
                if path not in found and await _answers(port, path):
                    found[path] = round(time.monotonic() - began, 3)
            await asyncio.sleep(POLL_S)
    finally:
        await program.stop()
    return found


async def _answers(port: int, path: str) -> bool:
    """Whether this page is there now; asked with as little as can be, for the shop is busy with its start."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n".encode())
            async with asyncio.timeout(5):
                return (await reader.readline()).split()[1:2] == [b"200"]
        finally:
            writer.close()
    except (OSError, TimeoutError):
        return False
