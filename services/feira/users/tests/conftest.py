"""A users service on a real database, with a clock that the test sets and a hasher that is quick."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from feira.contracts.orders import OrdersExport, OrdersOf
from feira.contracts.users import ResetAsked, VerificationAsked
from feira.kernel.card import Card, Context
from feira.kernel.db import Db
from feira.kernel.message import Event
from feira.users.card import card
from feira.users.service import UserService
from feira.users.service_hasher import Hasher
from feira.users.service_sessions import Seen, Tokens

MakeContext = Callable[[Card], Awaitable[Context]]
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
