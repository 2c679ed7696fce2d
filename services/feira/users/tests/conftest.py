"""A users service on a real database, with a clock that the test sets and a hasher that is quick."""

import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import msgspec
import pytest

from feira.contracts.orders import OrdersExport, OrdersOf, Sales, SalesAsk, Viewable, ViewAsk
from feira.contracts.users import KeysAsk, ResetAsked, VerificationAsked
from feira.kernel.card import Card, Context
from feira.kernel.config import Settings
from feira.kernel.db import Db
from feira.kernel.errors import Refused
from feira.kernel.message import Event
from feira.transport.auth import Verifier
from feira.transport.dispatch import App
from feira.transport.heads import Hosts
from feira.transport.serve import HttpServer
from feira.users.card import card
from feira.users.domain import Role
from feira.users.http import routes
from feira.users.service import UserService
from feira.users.service_hasher import Hasher
from feira.users.service_sessions import Seen, Tokens

MakeContext = Callable[[Card], Awaitable[Context]]
PASSWORD = "mangoes and limes"

Said = Callable[[Db], Awaitable[list[Event]]]


class TestClock:
    """Stands still until the test moves it."""

    __test__ = False

    def __init__(self) -> None:
        self.time = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.time

    def pass_time(self, **span: float) -> None:
        self.time += timedelta(**span)


class OneOrder:
    """Keeps the contract Orders for a shop in which everybody has bought one thing."""

    async def export(self, ask: OrdersOf) -> OrdersExport:
        return OrdersExport(json=b'[{"number":"F-1","of":"%s"}]' % str(ask.user_id).encode())

    async def viewable(self, asks: Sequence[ViewAsk]) -> Sequence[Viewable | Refused]:
        raise NotImplementedError

    async def sales(self, ask: SalesAsk) -> Sales:
        raise NotImplementedError


@dataclass
class Shop:
    """The service as tests use it."""

    users: UserService
    ctx: Context
    clock: TestClock
    woken: list[str]
    said: Said

    async def register(self, email: str = "ana@example.com", password: str = "mangoes and limes") -> None:
        await self.users.accounts.register(email, password, "Ana", "pt-BR", "192.0.2.1")

    async def sign_in(
        self, email: str = "ana@example.com", password: str = "mangoes and limes", address: str = "192.0.2.1"
    ) -> Tokens:
        return await self.users.sessions.sign_in(email, password, Seen(address, "a test"))

    async def events(self) -> list[Event]:
        """What was told since, all letters written."""
        while await self.users.accounts.write_letters():
            pass
        return await self.said(self.ctx.db)

    async def link(self, kind: type[VerificationAsked] | type[ResetAsked]) -> str:
        """The token of the last letter of this kind."""
        return [event.token for event in await self.events() if isinstance(event, kind)][-1]

    async def fetch(self, statement: str, *values: Any) -> list[Any]:
        async with self.ctx.db.read() as tx:
            return await tx.fetch(statement, *values)

    async def value(self, statement: str, *values: Any) -> Any:
        async with self.ctx.db.read() as tx:
            return await tx.fetchval(statement, *values)

    async def id_of(self, email: str) -> Any:
        return await self.value("select id from users where email = $1", email)


@pytest.fixture
async def shop(context: MakeContext, said: Said) -> AsyncIterator[Shop]:
    ctx = await context(card)
    woken: list[str] = []
    ctx = Context(db=ctx.db, settings=ctx.settings, wake=woken.append, log=ctx.log)
    clock = TestClock()
    users = UserService(ctx, OneOrder(), clock=clock, hasher=Hasher(memory_kib=64, passes=1))
    await users.start()
    yield Shop(users, ctx, clock, woken, said)
    await users.stop()


@dataclass
class Reply:
    status: int
    body: Any
    headers: Any

    @property
    def code(self) -> str:
        return str(self.body["code"])

    def cookies(self) -> dict[str, str]:
        """The cookies set, as `name -> everything after its first =`."""
        return dict(text.split("=", 1) for text in self.headers.getall("set-cookie"))


@dataclass
class Web:
    """A client of the shop. `address` is the client's own, told by a proxy that the shop trusts."""

    shop: Shop
    http: aiohttp.ClientSession
    url: str

    async def __call__(
        self, method: str, path: str, body: Any = None, *, token: str = "", address: str = "192.0.2.1", **headers: str
    ) -> Reply:
        headers = {name.replace("_", "-"): value for name, value in headers.items()} | {"x-forwarded-for": address}
        if token:
            headers["authorization"] = f"Bearer {token}"
        data = None
        if body is not None:
            headers.setdefault("content-type", "application/json")
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
        async with self.http.request(method, self.url + path, data=data, headers=headers) as response:
            raw = await response.read()
            return Reply(response.status, json.loads(raw) if raw else None, response.headers)

    async def customer(self, email: str = "ana@example.com") -> str:
        """A new customer's access token."""
        reply = await self("POST", "/v1/users", {"email": email, "password": PASSWORD, "name": "Ana"})
        assert reply.status == 202
        return await self.token(email)

    async def token(self, email: str = "ana@example.com", password: str = PASSWORD) -> str:
        reply = await self("POST", "/v1/sessions", {"email": email, "password": password})
        assert reply.status == 200, reply
        return str(reply.body["access_token"])

    async def staff(self, role: Role, email: str = "") -> str:
        email = email or f"{role}@example.com"
        await self.shop.users.add_staff(email, role, PASSWORD)
        return await self.token(email)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return msgspec.structs.replace(settings, port=probe.getsockname()[1], trusted_proxies=("127.0.0.1",))


@pytest.fixture
async def web(shop: Shop, settings: Settings) -> AsyncIterator[Web]:
    async def keys() -> bytes:
        found: bytes = (await shop.users.keys(KeysAsk())).jwks
        return found

    app = App(
        routes(shop.users),
        verifier=Verifier(settings.url, keys),
        hosts=Hosts(settings),
        trusted_proxies=settings.trusted_proxies,
    )
    server = HttpServer(app, settings.host, settings.port)
    await server.start()
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        yield Web(shop, http, settings.url)
    await server.stop(grace_s=1)
