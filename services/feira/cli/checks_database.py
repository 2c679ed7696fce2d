"""Checks of the databases: whether they can be trusted, are up to date, and keep up."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

import asyncpg

from feira.cli.checks import Check, bad, good, mind
from feira.cli.shop import services_of
from feira.kernel.bus import SCHEMA as BUS
from feira.kernel.config import Settings
from feira.kernel.db import ACQUIRE_TIMEOUT_S, LOST
from feira.kernel.migrate import SQL, VERSION_MIN

CLOCK_FAIR_S = 2.0
LAG_FAIR_S = 60.0
TRUSTED = ("fsync", "synchronous_commit", "full_page_writes")

UNREACHABLE: tuple[type[BaseException], ...] = (*LOST, asyncpg.PostgresError, ValueError, TimeoutError)

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


async def check_databases(settings: Settings, homes: Mapping[str, Path]) -> list[Check]:
    """`homes` are the folders of the services. Nothing is changed."""
    schemas: dict[str, list[tuple[str, Sequence[Path]]]] = {}
    for name in services_of(settings):
        home = homes[name] / "migrations"
        schemas.setdefault(settings.database_of(name), []).append((name, [SQL / "service", home]))
    schemas.setdefault(settings.bus_url, []).append((BUS, [SQL / "bus"]))
    found: list[Check] = []
    for url, parts in schemas.items():
        try:
            connection = await asyncpg.connect(url, timeout=ACQUIRE_TIMEOUT_S, command_timeout=ACQUIRE_TIMEOUT_S)
        except UNREACHABLE as failure:
            found.append(bad("PostgreSQL", f"of {', '.join(name for name, _ in parts)} cannot be reached: {failure}"))
            continue
        try:
            found += [await _server(connection), await _clock(connection)]
            found.append(await _migrations(connection, parts))
            found += await _events(connection, [name for name, _ in parts])
        finally:
            await connection.close()
    return found


async def _server(connection: Connection) -> Check:
    major = connection.get_server_version().major
    if major < VERSION_MIN:
        return bad("PostgreSQL", f"{major} is too old: Feira needs {VERSION_MIN} or newer")
    off = [name for name in TRUSTED if await connection.fetchval("select current_setting($1)", name) == "off"]
    if off:
        return bad("PostgreSQL", f"{', '.join(off)} is off: what is paid for may be lost in a power cut")
    return good("PostgreSQL", f"version {major}, which keeps what it confirms")


async def _clock(connection: Connection) -> Check:
    before = datetime.now(UTC)
    theirs: datetime = await connection.fetchval("select clock_timestamp()")
    away_s = max((before - theirs).total_seconds(), (theirs - datetime.now(UTC)).total_seconds(), 0.0)
    if away_s > CLOCK_FAIR_S:
        return bad("Clock", f"{away_s:.0f} s away from the database's: let both follow a time server")
    return good("Clock", "agrees with the database's")


async def _migrations(connection: Connection, parts: Sequence[tuple[str, Sequence[Path]]]) -> Check:
    missing: list[str] = []
    unknown: list[str] = []
    for schema, homes in parts:
        files = {f"{home.parent.name}/{file.name}" for home in homes for file in home.glob("*.sql")}
        done: set[str] = set()
        if await connection.fetchval("select to_regclass($1) is not null", f"{schema}.migration"):
            done = {row["name"] for row in await connection.fetch(f"select name from {schema}.migration")}
        missing += sorted(files - done)
        unknown += sorted(done - files)
    if unknown:
        return bad("Migrations", f"the database is newer than this program: it has {', '.join(unknown)}")
    if missing:
        return mind("Migrations", f"{len(missing)} are to be run: `feira migrate`, or the next `feira up`, does it")
    return good("Migrations", "all were run")


UNHEARD = f"""(select at from {BUS}.queue union all
              select at from {BUS}.log where id > (select min(after) from {BUS}.offsets)) as unheard"""


async def _events(connection: Connection, schemas: Sequence[str]) -> list[Check]:
    """What could not be handled, and how long the oldest event has been on its way."""
    parked: dict[str, int] = {}
    lags_s: dict[str, float] = {}
    for schema in schemas:
        if not await connection.fetchval("select to_regclass($1) is not null", f"{schema}.migration"):
            continue
        table = UNHEARD if schema == BUS else f"{schema}.outbox"
        lag = await connection.fetchval(f"select extract(epoch from now() - min(at)) from {table}")
        if lag is not None:
            lags_s[schema] = float(lag)
        if schema != BUS:
            parked[schema] = await connection.fetchval(f"select count(*) from {schema}.parked where dropped_at is null")
    found = []
    if waiting := {name: count for name, count in parked.items() if count}:
        told = ", ".join(f"{count} in {name}" for name, count in waiting.items())
        found.append(bad("Parked events", f"{told}: see `feira events list`"))
    else:
        found.append(good("Parked events", "none"))
    slow = {name: lag_s for name, lag_s in lags_s.items() if lag_s > LAG_FAIR_S}
    if slow:
        told = ", ".join(f"{lag_s:.0f} s in {name}" for name, lag_s in slow.items())
        found.append(mind("Events", f"on their way for {told}: they move on while the shop runs"))
    else:
        found.append(good("Events", "none waits long"))
    return found
