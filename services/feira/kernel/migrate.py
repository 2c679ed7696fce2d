"""Numbered SQL files, each run once, in order, whole or not at all."""

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

import asyncpg

from feira.kernel.db import ACQUIRE_TIMEOUT_S

VERSION_MIN = 15
LOCK = 7_214_001  # One migrator at a time, whichever process starts first.
LOCK_WAIT_MS = 120_000
SQL = Path(__file__).parent / "sql"
NAME = re.compile(r"\d{4}_[a-z0-9_]+\.sql")


class MigrationError(Exception):
    """The schema cannot be brought up to date; the message is a sentence for the operator."""


async def migrate(url: str, schema: str, homes: Sequence[Path]) -> list[str]:
    """Bring a schema up to date with the files of `homes`, in order; answers the names of those that were run."""
    try:
        connection = await asyncpg.connect(url, timeout=ACQUIRE_TIMEOUT_S)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as failure:
        raise MigrationError(f"the database of {schema} cannot be reached: {failure}") from failure
    try:
        return await _migrate(connection, schema, homes)
    except asyncpg.InsufficientPrivilegeError as failure:
        raise MigrationError(f"the database user lacks a right that the schema {schema} needs: {failure}") from failure
    finally:
        await connection.close()


async def _migrate(connection: "asyncpg.Connection[asyncpg.Record]", schema: str, homes: Sequence[Path]) -> list[str]:
    major = connection.get_server_version().major
    if major < VERSION_MIN:
        raise MigrationError(f"PostgreSQL {major} is too old: Feira needs {VERSION_MIN} or newer")
    await connection.execute(f"set timezone = 'UTC'; set lock_timeout = {LOCK_WAIT_MS}")
    await connection.execute("select pg_advisory_lock($1)", LOCK)
    # Asked first, because `if not exists` needs the right to create even when there is nothing to create.
    if not await connection.fetchval("select exists (select from pg_namespace where nspname = $1)", schema):
        await connection.execute(f"create schema {schema}")
    await connection.execute(f"set search_path = {schema}")
    if not await connection.fetchval("select to_regclass($1) is not null", f"{schema}.migration"):
        await connection.execute(
            "create table migration (name text primary key, digest text not null, at timestamptz not null default now())"
        )
    done = {row["name"]: row["digest"] for row in await connection.fetch("select name, digest from migration")}
    files = _files(homes)
    if unknown := sorted(done.keys() - files.keys()):
        raise MigrationError(f"the schema {schema} is newer than this program: it has {', '.join(unknown)}")
    ran = []
    for name, file in files.items():
        text = file.read_text(encoding="utf-8")
        digest = hashlib.sha256(text.encode()).hexdigest()
        if name in done:
            if done[name] != digest:
                raise MigrationError(f"{name} was changed after it had been run on the schema {schema}")
            continue
        try:
            async with connection.transaction():
                await connection.execute(text)
                await connection.execute("insert into migration (name, digest) values ($1, $2)", name, digest)
        except asyncpg.InsufficientPrivilegeError:
            raise
        except asyncpg.PostgresError as failure:
            raise MigrationError(f"{name} failed on the schema {schema}: {failure}") from failure
        ran.append(name)
    return ran


def _files(homes: Sequence[Path]) -> dict[str, Path]:
    """The files of each home in order of their numbers, named `home/file` so that homes cannot collide."""
    files: dict[str, Path] = {}
    for home in homes:
        found = sorted(home.glob("*.sql"))
        if not found:
            raise MigrationError(f"there are no migrations in {home}: the installation is broken")
        for file in found:
            if not NAME.fullmatch(file.name):
                raise MigrationError(f"{file.name} is not a migration's name, such as 0001_orders.sql")
            files[f"{home.parent.name}/{file.name}"] = file
    return files
