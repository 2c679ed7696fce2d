"""One PostgreSQL on a data directory, used by the shop and by commands beside it.

Whoever comes first starts it, as its own child, and holds `postgres.lock`. Who comes later is its guest, with a share of
`guests.lock`. A command that started it waits for its guests before it stops it; a shop that ends ends it at once.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial

from feira.host.datadir import BusyError, DataDir, Lock, Running
from feira.host.errors import HostError
from feira.host.postgres import Postgres, answers_at

POLL_S = 0.1
PATIENCE_S = 1.0  # Before we say what we are waiting for.
JOIN_TIMEOUT_S = 120.0  # A recovery may take its time.
COMMANDS_TIMEOUT_S = 3600.0  # A long import ends before a shop starts, or before its guest's PostgreSQL stops.

Say = Callable[[str], None]


@asynccontextmanager
async def owned(data: DataDir, connections_max: int, say: Say) -> AsyncIterator[Postgres]:
    """Run PostgreSQL for a shop; a command that runs it now is waited for."""
    lock = await _taken(data.lock_postgres, COMMANDS_TIMEOUT_S, "another `feira` command to end", say)
    try:
        async with _started(data, connections_max, say) as postgres:
            yield postgres
    finally:
        lock.release()


@asynccontextmanager
async def database(data: DataDir, connections_max: int, say: Say) -> AsyncIterator[str]:
    """The URL of the data directory's database, for one command: the running shop's PostgreSQL, or one of our own."""
    until = time.monotonic() + JOIN_TIMEOUT_S
    while time.monotonic() < until:
        if lock := _free(data.lock_postgres):
            try:
                async with _started(data, connections_max, say) as postgres:
                    try:
                        yield postgres.url()
                    finally:
                        guests = partial(data.lock_guests, shared=False)
                        (await _taken(guests, COMMANDS_TIMEOUT_S, "other `feira` commands to end", say)).release()
            finally:
                lock.release()
            return
        if seat := await _seat(data):
            guest, url = seat
            try:
                yield url
            finally:
                guest.release()
            return
        await asyncio.sleep(POLL_S)
    raise HostError(f"the PostgreSQL that another process runs on {data.path} does not answer")


def _free(take: Callable[[], Lock]) -> Lock | None:
    try:
        return take()
    except BusyError:
        return None


async def _seat(data: DataDir) -> tuple[Lock, str] | None:
    """A share of the PostgreSQL that somebody else runs; None if it is coming up or going down."""
    guest = _free(partial(data.lock_guests, shared=True))
    if guest is None:
        return None
    running = data.running()
    if running is not None and await answers_at(running.sockets):
        return guest, running.database_url
    guest.release()
    return None


@asynccontextmanager
async def _started(data: DataDir, connections_max: int, say: Say) -> AsyncIterator[Postgres]:
    postgres = Postgres(data.postgres, log=data.postgres_log, connections_max=connections_max, say=say)
    await postgres.start()
    try:
        data.announce(Running(pid=os.getpid(), database_url=postgres.url(), sockets=str(postgres.sockets)))
        yield postgres
    finally:
        try:
            data.announce(None)
        finally:
            await postgres.stop()


async def _taken(take: Callable[[], Lock], timeout_s: float, what: str, say: Say) -> Lock:
    began = time.monotonic()
    said = False
    while True:
        try:
            return take()
        except BusyError as busy:
            waited_s = time.monotonic() - began
            if waited_s > timeout_s:
                raise
            if waited_s > PATIENCE_S and not said:
                said = True
                say(f"Waiting for {what}{f' (process {busy.pid})' if busy.pid else ''} …")
        await asyncio.sleep(POLL_S)
