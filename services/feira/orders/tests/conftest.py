"""An orders service on a real database, asked over the kernel's own HTTP dispatch."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import pytest

from feira.kernel.card import Card, Context
from feira.kernel.db import Db
from feira.kernel.errors import Unauthenticated
from feira.kernel.http import Caller
from feira.kernel.message import Event
from feira.orders.card import card
from feira.orders.service import OrderService
from feira.orders.tests.neighbours import Baskets, Catalogue, Payer
from feira.transport.dispatch import App
from feira.transport.heads import RsgiHeaders

MakeContext = Callable[[Card], Awaitable[Context]]
Said = Callable[[Db], Awaitable[list[Event]]]
Hear = Callable[..., Awaitable[None]]

ADDRESS = {"name": "Ana Lima", "line1": "Rua A 1", "city": "São Paulo", "postal_code": "01000-000", "country": "BR"}
STAFF = "staff:00000000-0000-4000-8000-00000000000a"


class Names:
    """A verifier that believes what a token says: `role:user id`."""

    async def caller(self, token: str, *, by_cookie: bool = False) -> Caller:
        role, _, user_id = token.partition(":")
        if role not in {"customer", "staff", "admin"}:
            raise Unauthenticated
        return Caller(user_id=UUID(user_id), roles=frozenset({role}), by_cookie=by_cookie)


class Heads:
    """Headers as RSGI gives them."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.values = values

    def __contains__(self, name: str, /) -> bool:
        return name in self.values

    def get(self, name: str, /) -> str | None:
        return self.values.get(name)

    def get_all(self, name: str, /) -> list[str]:
        return [self.values[name]] if name in self.values else []


@dataclass
class Scope:
    method: str
    path: str
    query_string: str
    headers: RsgiHeaders
    client: str = "192.0.2.1:1234"
    authority: str | None = None


@dataclass
class Reply:
    """The answer, and the wire that it came over."""

    sent: bytes
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes = b""

    async def __call__(self) -> bytes:
        return self.sent

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self.sent

    def response_empty(self, status: int, headers: list[tuple[str, str]], /) -> None:
        self.status, self.headers = status, dict(headers)

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes, /) -> None:
        self.status, self.headers, self.raw = status, dict(headers), body

    @property
    def json(self) -> Any:
        return json.loads(self.raw)

    @property
    def code(self) -> str:
        return str(self.json["code"])

    @property
    def fields(self) -> list[str]:
        return [one["field"] for one in self.json["errors"]]


@dataclass
class Shop:
    """The service as tests use it; `twin` is the same service as another process would run it."""

    orders: OrderService
    twin: OrderService
    catalogue: Catalogue
    payer: Payer
    baskets: Baskets
    ctx: Context
    said: Said
    hear_: Hear

    def __post_init__(self) -> None:
        self.apps: dict[OrderService, App] = {}
        for one in (self.orders, self.twin):
            self.serve(one)

    def serve(self, orders: OrderService) -> None:
        self.apps[orders] = App(card.routes(orders), verifier=Names())  # type: ignore[arg-type]

    async def ask(
        self, method: str, path: str, body: Any = None, *, by: OrderService | None = None, **headers: str
    ) -> Reply:
        path, _, query = path.partition("?")
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = b"" if body is None else json.dumps(body).encode()
        if body is not None:
            named["content-type"] = "application/json"
            named["content-length"] = str(len(sent))
        reply = Reply(sent)
        await self.apps[by or self.orders].__rsgi__(Scope(method, path, query, Heads(named)), reply)
        return reply

    def body(self, **over: Any) -> dict[str, Any]:
        body = {
            "lines": [{"sku": "mango", "quantity": 2}],
            "email": "ana@example.com",
            "shipping_address": ADDRESS,
            "shipping_method": "standard",
            "payment": {"method": "test", "token": "tok_ok"},
            "expected_total": {"amount": 2000, "currency": "BRL"},
        } | over
        return {name: value for name, value in body.items() if value is not None}

    async def place(
        self, key: str | None = None, *, by: OrderService | None = None, token: str = "", **over: Any
    ) -> Reply:
        headers: dict[str, Any] = {"idempotency_key": key or str(uuid4())}
        if token:
            headers["authorization"] = f"Bearer {token}"
        return await self.ask("POST", "/v1/orders", self.body(**over), by=by, **headers)

    async def staff(self, method: str, path: str, body: Any = None, key: str = "") -> Reply:
        headers: dict[str, Any] = {"authorization": f"Bearer {STAFF}"} | ({"idempotency_key": key} if key else {})
        return await self.ask(method, f"/v1/admin{path}", body, **headers)

    async def hear(self, *events: Event, **options: Any) -> None:
        await self.hear_(self.orders, self.ctx.db, card, *events, **options)

    async def events(self) -> list[Event]:
        return await self.said(self.ctx.db)

    async def value(self, statement: str, *values: Any) -> Any:
        async with self.ctx.db.read() as tx:
            return await tx.fetchval(statement, *values)

    async def run(self, statement: str, *values: Any) -> None:
        async with self.ctx.db.read() as tx:
            await tx.execute(statement, *values)


@pytest.fixture
async def shop(context: MakeContext, said: Said, hear: Hear) -> AsyncIterator[Shop]:
    ctx = await context(card)
    catalogue, payer, baskets = Catalogue(), Payer(), Baskets()
    both = [OrderService(ctx, catalogue, payer, baskets) for _ in range(2)]
    for one in both:
        await one.start()
    yield Shop(both[0], both[1], catalogue, payer, baskets, ctx, said, hear)
    for one in both:
        await one.stop()
