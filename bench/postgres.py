"""Debian's PostgreSQL as its package leaves it, in a directory of our own."""

import asyncio
import os
import pwd
import shutil
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import quote

import asyncpg

from bench.errors import BenchError
from bench.processes import OURS, Account, Program, free_ports, installed, run, start

VERSION_MIN: Final = 15
START_TIMEOUT_S: Final = 60.0
TOOL_TIMEOUT_S: Final = 300.0
# Durability and all else as Debian ships it; room for the shop's 40 connections, pgbench and us.
SETTINGS: Final = ("shared_buffers=1GB", "max_connections=120")
STATEMENTS: Final = ("shared_preload_libraries=pg_stat_statements",)


class Postgres:
    """A server of our own. It listens on a Unix socket alone."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.programs = installed("initdb", "postgresql", ("/usr/lib/postgresql/*/bin",)).parent
        if int(self.programs.parent.name.partition(".")[0]) < VERSION_MIN:
            raise BenchError(f"the bench needs PostgreSQL {VERSION_MIN} or newer, and finds {self.programs}")
        self.account = _account()
        [self.port] = free_ports(1)  # Its socket's name only.
        self._program: Program | None = None

    async def __aenter__(self) -> Self:
        self.home.mkdir(mode=0o711)
        if self.account != OURS:
            os.chown(self.home, self.account.uid, self.account.gid)
        options = ("--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8")
        command: list[str | Path] = [self.programs / "initdb", *options, "-D", self.home / "data"]
        await run(command, timeout_s=TOOL_TIMEOUT_S, account=self.account)
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def pid(self) -> int:
        if self._program is None:
            raise BenchError("PostgreSQL does not run")
        return self._program.pid

    async def start(self, further: Sequence[str] = ()) -> None:
        settings = [*SETTINGS, "listen_addresses=", f"port={self.port}", f"unix_socket_directories={self.home}"]
        options = [word for setting in (*settings, *further) for word in ("-c", setting)]
        command: list[str | Path] = [self.programs / "postgres", "-D", self.home / "data", *options]
        log = self.home.with_name("postgres.log")
        self._program = await start("PostgreSQL", command, log, account=self.account, ending=signal.SIGINT)
        try:
            async with asyncio.timeout(START_TIMEOUT_S):
                while not await self._answers():
                    self._program.check()
                    await asyncio.sleep(0.05)
        except BaseException:
            await self.stop()
            raise

    async def _answers(self) -> bool:
        try:
            await self.value("postgres", "select 1")
        except (OSError, asyncpg.PostgresError):
            return False
        return True

    async def stop(self) -> None:
        if self._program:
            await self._program.stop()
        self._program = None

    async def restart(self, further: Sequence[str] = ()) -> None:
        await self.stop()
        await self.start(further)

    def url(self, database: str) -> str:
        return f"postgresql://postgres@/{database}?host={quote(str(self.home), safe='')}&port={self.port}"

    async def value(self, database: str, statement: str, *values: Any) -> Any:
        """One value, over a connection of its own."""
        connection = await asyncpg.connect(self.url(database))
        try:
            return await connection.fetchval(statement, *values)
        finally:
            await connection.close()

    async def create(self, database: str) -> str:
        """A fresh database, in the place of a former one; answers its URL."""
        await self.value("postgres", f"drop database if exists {database} with (force)")
        await self.value("postgres", f"create database {database}")
        return self.url(database)

    async def drop(self, database: str) -> None:
        await self.value("postgres", f"drop database if exists {database} with (force)")

    async def version(self) -> str:
        return str(await self.value("postgres", "show server_version"))


def _account() -> Account:
    """PostgreSQL refuses to run as root; Debian's package has made an account for it."""
    if os.geteuid() != 0:
        return OURS
    try:
        entry = pwd.getpwnam("postgres")
    except KeyError:
        raise BenchError("there is no account postgres: run the bench as an ordinary user") from None
    return Account(entry.pw_uid, entry.pw_gid)


def remove(home: Path) -> None:
    """Away with all that a run wrote."""
    shutil.rmtree(home, ignore_errors=True)
