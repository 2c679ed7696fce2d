"""How a command reaches the shop's data: beside the running shop, or with a PostgreSQL for as long as it takes."""

import asyncio
import logging
import sys
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from feira.cli.output import say
from feira.host.datadir import DataDir
from feira.host.errors import HostError
from feira.host.settings import KEEPING_NOTHING, SERVICES, is_embedded, settle
from feira.host.sharing import database
from feira.kernel.config import Settings
from feira.kernel.migrate import SQL, migrate

if TYPE_CHECKING:
    from feira.app import Shop

CONNECTIONS = 8  # Of a command: it must not take the running shop's.
NOWHERE = "127.0.0.1:9"  # Where nobody answers, for services that a command needs built but never calls.

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


@asynccontextmanager
async def connected(path: Path, *, makes: bool = False) -> AsyncIterator[Settings]:
    """The shop's settings, with a database that answers. Where no shop is, only a command that `makes` one goes on: of an
    empty one, made for a mistyped place, others would tell that all is well.
    """
    place = path.expanduser().absolute()
    none = HostError(f"there is no shop in {place}: `feira up` makes one, --data says where another is")
    if not makes and not place.exists() and is_embedded(settle({}, DataDir(place), starting=False, secret="00" * 32)):
        raise none
    data = DataDir.open(path)
    settings = settle({}, data, starting=False)
    if not is_embedded(settings):
        yield settings
        return
    if data.remembered().get("embedded") is False:
        raise HostError(f"the shop of {data.path} keeps its data in another PostgreSQL: say where with DATABASE_URL")
    if not makes and not data.postgres.exists():
        raise none
    async with database(data, settings.db_connections, say) as url:
        yield msgspec.structs.replace(settings, database_url=url)


@asynccontextmanager
async def service(settings: Settings, name: str) -> AsyncIterator["Shop"]:
    """One service alone, migrated. What it emits is passed on by the shop that runs, or by the next one."""
    from feira.app import CARDS, AppError, opened  # Here, because it imports the whole program.

    elsewhere = {other: settings.addresses.get(other, NOWHERE) for other in SERVICES if other != name}
    alone = msgspec.structs.replace(
        settings, run=(name,), addresses=elsewhere, workers=1, worker=0, db_connections=CONNECTIONS
    )
    _keep_logs_off_stdout()
    await migrate(alone.database_of(name), name, [SQL / "service", CARDS[name].home / "migrations"])
    try:
        async with opened(alone) as shop:
            yield shop
    except AppError as failure:
        raise HostError(str(failure)) from failure


def _keep_logs_off_stdout() -> None:
    """What a command prints is for its reader, be it a program; only what went wrong is logged, beside it."""
    import structlog  # Here, because it takes long to import.

    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def services_of(settings: Settings) -> tuple[str, ...]:
    """Those whose data these settings lead to."""
    return tuple(name for name in settings.run or SERVICES if name not in KEEPING_NOTHING)
