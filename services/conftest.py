"""What tests of any service use: a real PostgreSQL, a database of their own, and a service's surroundings."""

import asyncio
import gc
import itertools
import os
import random
import re
import secrets
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import aiohttp
import asyncpg
import msgspec
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, OKPKey
from xdist.scheduler import LoadScopeScheduling

from feira.kernel import logs
from feira.kernel.card import Card, Context
from feira.kernel.config import Settings
from feira.kernel.db import Db
from feira.kernel.events import Record
from feira.kernel.http import Route
from feira.kernel.ids import uuid7
from feira.kernel.message import Event
from feira.kernel.migrate import SQL, migrate
from feira.kernel.relay import Consumer
from feira.transport import auth
from feira.transport.serve import HttpServer, public_app

CONNECTIONS_MAX = 8
WORKERS_MAX = 8  # How many runs of pytest may go on at once, as pytest-xdist has them.
SCOPES = ("many", "browser", "one", "workers")  # Shops that many tests share, by what their tests' names end with.
SHOP_PORTS = 4  # What a shop of two workers takes from the one that it is given on: theirs, and the front end's.
PORTS = range(20_000, 32_000, SHOP_PORTS)  # Below those that outgoing connections are given, which come and go.

Said = Callable[[Db], Awaitable[list[Event]]]
Hear = Callable[..., Awaitable[None]]
MakeContext = Callable[[Card], Awaitable[Context]]


class Together(LoadScopeScheduling):
    """How several runs of pytest divide the work: what shares a shop stays together, so that it is opened once, and so do
    the tests of one file.
    """

    def _split_scope(self, nodeid: str) -> str:
        return scope(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together:
    return Together(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest is begun first."""
    items.sort(key=lambda item: SCOPES.index(found) if (found := scope(item.nodeid)) in SCOPES else len(SCOPES))


def scope(nodeid: str) -> str:
    """The shop that a test shares with others, if it does; nothing that others share if it opens its own; else its file."""
    file, _, rest = nodeid.partition("::")
    if not file.startswith("services/tests/"):
        return file
    if file.startswith("services/tests/browser/"):
        return "browser"
    shared = set(SCOPES).intersection(re.split(r"[\[\]-]", rest))
    return shared.pop() if shared else nodeid


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    return (yield from _without_garbage())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, object, object]:
    return (yield from _without_garbage())


def _without_garbage() -> Generator[None, object, object]:
    """Tests are parsed without a break, when they are collected and when they have failed: where garbage is collected
    meanwhile, CPython 3.11 now and then gives up with "AST constructor recursion depth mismatch".
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


def free_ports(number: int) -> list[int]:
    """Ports that were free a moment ago, all different, each the first of SHOP_PORTS. Of several runs of pytest at once
    each has its own to choose from.
    """
    run = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    own = PORTS[run % WORKERS_MAX :: WORKERS_MAX]
    return list(itertools.islice(filter(_is_free, random.sample(own, len(own))), number))


def _is_free(port: int) -> bool:
    try:
        for one in range(port, port + SHOP_PORTS):
            with socket.socket() as trial:
                trial.bind(("127.0.0.1", one))
    except OSError:
        return False
    return True


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a running PostgreSQL: FEIRA_TEST_DSN's, or the packaged one, started for this session."""
    if url := os.environ.get("FEIRA_TEST_DSN"):
        yield url
        return
    from feira.host.postgres import Postgres  # noqa: PLC0415 - needed only where no server was given.

    # What is tested never outlives this server, and to make and drop databases takes a tenth of the time so.
    postgres = Postgres(tmp_path_factory.mktemp("postgres"), connections_max=400, settings={"fsync": "off"})
    asyncio.run(postgres.start())
    yield postgres.url("postgres", user="postgres")
    asyncio.run(postgres.stop())


async def with_database(server: str, name: str, statement: str) -> str:
    connection = await asyncpg.connect(server)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
    return urlunsplit(urlsplit(server)._replace(path=f"/{name}"))


@pytest.fixture
async def new_database(server: str) -> AsyncIterator[Callable[[], Awaitable[str]]]:
    """Makes empty databases that are gone after the test."""
    names: list[str] = []

    async def make() -> str:
        name = f"test_{secrets.token_hex(6)}"
        names.append(name)
        return await with_database(server, name, f"create database {name}")

    yield make
    for name in names:
        await with_database(server, name, f"drop database if exists {name} with (force)")


@pytest.fixture
async def dsn(new_database: Callable[[], Awaitable[str]]) -> str:
    return await new_database()


@pytest.fixture
def settings(dsn: str, tmp_path: Path) -> Settings:
    return Settings(secret="ab" * 32, data=str(tmp_path), database_url=dsn)


@pytest.fixture
async def context(settings: Settings) -> AsyncIterator[MakeContext]:
    """The surroundings of one service, migrated; ask for them with its card."""
    async with AsyncExitStack() as stack:

        async def make(card: Card) -> Context:
            url = settings.database_of(card.name)
            await migrate(url, card.name, [SQL / "service", card.home / "migrations"])
            db = await Db.open(url, card.name, CONNECTIONS_MAX)
            stack.push_async_callback(db.close)
            return Context(db=db, settings=settings, wake=lambda _job: None, log=logs.logger(card.name))

        yield make


@pytest.fixture
def said() -> Said:
    """The events that a service has put into its outbox since it was asked last, in order."""

    def kinds() -> dict[str, type[Event]]:
        found: dict[str, type[Event]] = {}
        todo = list(Event.__subclasses__())
        for kind in todo:
            todo.extend(kind.__subclasses__())
            if hasattr(kind, "topic"):
                found[kind.topic] = kind
        return found

    async def drain(db: Db) -> list[Event]:
        async with db.tx() as tx:
            rows = await tx.fetch("with gone as (delete from outbox returning *) select * from gone order by id")
        known = kinds()
        return [msgspec.json.decode(row["payload"], type=known[row["topic"]]) for row in rows]

    return drain


@pytest.fixture
def hear() -> Hear:
    """Has a service hear events as the bus would. Each call delivers new event ids; give `ids` to repeat one."""

    async def run(service: Any, db: Db, card: Card, *events: Event, ids: Sequence[Any] = ()) -> None:
        # The bus is left out: what it does is tested in the kernel.
        consumer = Consumer(card.name, service, db, None, card.handlers)  # type: ignore[arg-type]
        for number, event in enumerate(events):
            record = Record(
                ids[number] if ids else uuid7(),
                event.topic,
                event.key,
                datetime.now(UTC),
                "{}",
                msgspec.json.encode(event).decode(),
            )
            for handler in card.handlers:
                if handler.kind is type(event):
                    await consumer.handle(handler, [record])

    return run


class Web:
    """Routes served on a free port as the shop serves them, and a client: `await web.session.get("/v1/…")`."""

    def __init__(self, settings: Settings) -> None:
        [self.port] = free_ports(1)
        self.settings = msgspec.structs.replace(settings, port=self.port)
        self.key = OKPKey.generate_key("Ed25519", {"kid": "test"}, private=True)

    async def serve(self, routes: Sequence[Route]) -> None:
        async def keys() -> bytes:
            return msgspec.json.encode(KeySet([self.key]).as_dict(private=False))

        async def unready() -> str:
            return ""

        verifier = auth.Verifier(self.settings.url, keys)
        self.server = HttpServer(public_app(self.settings, routes, verifier, unready), "127.0.0.1", self.port)
        await self.server.start()
        self.session = aiohttp.ClientSession(self.settings.url)

    def token(self, user_id: object, *roles: str, **claims: Any) -> str:
        """An access token of this user; more claims, or others, by their names."""
        named = {"iss": self.settings.url, "aud": auth.AUDIENCE, "sub": str(user_id), "roles": ["customer", *roles]}
        whole = named | {"exp": int(time.time()) + 600} | claims
        return jwt.encode({"alg": auth.ALGORITHM, "kid": self.key.kid}, whole, self.key, registry=auth.REGISTRY)

    def as_user(self, user_id: object, *roles: str, **claims: Any) -> dict[str, str]:
        """The headers of a request by this user."""
        return {"Authorization": f"Bearer {self.token(user_id, *roles, **claims)}"}

    async def close(self) -> None:
        await self.session.close()
        await self.server.stop()


MakeWeb = Callable[..., Awaitable[Web]]


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[MakeWeb]:
    """Serves routes over real HTTP; ask for it with a service's routes."""
    async with AsyncExitStack() as stack:

        async def make(routes: Sequence[Route], **changed: Any) -> Web:
            found = Web(msgspec.structs.replace(Settings(secret="ab" * 32, data=str(tmp_path)), **changed))
            await found.serve(routes)
            stack.push_async_callback(found.close)
            return found

        yield make
