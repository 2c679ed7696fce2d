"""A catalogue on a real database, asked directly and over the kernel's own HTTP dispatch."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import msgspec
import pytest

from feira.catalog.card import card
from feira.catalog.domain_goods import ProductBody
from feira.catalog.service import CatalogService
from feira.contracts.catalog import Held, Hold, Release
from feira.contracts.goods import Address, Line
from feira.contracts.orders import OrderCancelled, OrderConfirmed, OrderPlaced, OrderRefunded
from feira.kernel.card import Card, Context
from feira.kernel.db import Db
from feira.kernel.errors import Refused, Unauthenticated
from feira.kernel.http import Caller
from feira.kernel.message import Event
from feira.transport.dispatch import App
from feira.transport.heads import RsgiHeaders

MakeContext = Callable[[Card], Awaitable[Context]]
Said = Callable[[Db], Awaitable[list[Event]]]
Hear = Callable[..., Awaitable[None]]

STAFF = UUID("00000000-0000-4000-8000-00000000000a")
ADDRESS = Address(name="Ana", line1="Rua A 1", city="São Paulo", postal_code="01000-000", country="BR")


class Names:
    """A verifier that believes what a token says it is."""

    async def caller(self, token: str, *, by_cookie: bool = False) -> Caller:
        if token not in {"customer", "staff", "admin"}:
            raise Unauthenticated
        return Caller(user_id=STAFF, roles=frozenset({token}), by_cookie=by_cookie)


class Heads:
    """Headers as RSGI gives them."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.values = {name.lower(): value for name, value in values.items()}

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

    sent: Sequence[bytes]
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes = b""

    async def __call__(self) -> bytes:
        return b"".join(self.sent)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self.sent:
            yield piece

    def response_empty(self, status: int, headers: list[tuple[str, str]], /) -> None:
        self.status, self.headers = status, dict(headers)

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes, /) -> None:
        self.status, self.headers, self.raw = status, dict(headers), body

    @property
    def json(self) -> Any:
        return json.loads(self.raw)


def variant(sku: str, stock: int | None = 10, price: int = 1000, **more: Any) -> dict[str, Any]:
    found = {"sku": sku, "price": {"amount": price, "currency": "BRL"}, **more}
    return found if stock is None else found | {"stock": stock}


def product(name: str, *variants: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": name, "variants": list(variants) or [variant(name.upper())], **more}


def lines(**quantities: int) -> tuple[Line, ...]:
    return tuple(Line(sku=sku, quantity=quantity) for sku, quantity in quantities.items())


@dataclass
class Shop:
    """The service as tests use it."""

    catalog: CatalogService
    ctx: Context
    app: App
    _said: Said
    _hear: Hear

    async def add(self, name: str, *variants: dict[str, Any], **more: Any) -> UUID:
        body = msgspec.convert(product(name, *variants, **more), ProductBody)
        return (await self.catalog.products.create(body, STAFF)).id

    async def hold(self, order_id: UUID | None = None, **quantities: int) -> Held | Refused:
        ask = Hold(order_id=order_id or uuid4(), digest="d", lines=lines(**quantities))
        (answer,) = await self.catalog.hold([ask])
        return answer

    async def held(self, order_id: UUID | None = None, **quantities: int) -> Held:
        answer = await self.hold(order_id, **quantities)
        assert isinstance(answer, Held), answer
        return answer

    async def release(self, hold_id: UUID) -> bool:
        order_id = await self.value("select order_id from holds where id = $1", hold_id)
        (answer,) = await self.catalog.release([Release(hold_id=hold_id, order_id=order_id)])
        assert not isinstance(answer, Refused)
        return answer.done

    async def stock(self, sku: str) -> tuple[int, int]:
        level = await self.catalog.stock.level(sku)
        return level.on_hand, level.held

    async def outdate(self, order_id: UUID) -> None:
        await self.run("update holds set expires_at = now() - interval '1 second' where order_id = $1", order_id)

    async def run(self, statement: str, *values: Any) -> None:
        async with self.ctx.db.read() as tx:
            await tx.execute(statement, *values)

    async def value(self, statement: str, *values: Any) -> Any:
        async with self.ctx.db.read() as tx:
            return await tx.fetchval(statement, *values)

    async def said(self) -> list[Event]:
        return await self._said(self.ctx.db)

    async def hear(self, *events: Event, **more: Any) -> None:
        await self._hear(self.catalog, self.ctx.db, card, *events, **more)

    async def check_books(self) -> None:
        """The journal sums up to the stock, and what is held to the live holds."""
        wrong = await self.value(
            """select count(*) from stock s where (on_hand, held) is distinct from
               (select (sum(delta_on_hand)::bigint, sum(delta_held)::bigint) from journal j where j.sku = s.sku)
               and (on_hand, held) <> (0, 0)"""
        )
        assert wrong == 0
        held = await self.value("select coalesce(sum(held), 0)::bigint from stock")
        assert held == await self.value("select coalesce(sum(units), 0)::bigint from holds where state = 'held'")

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        role: str = "",
        headers: Mapping[str, str] | None = None,
        **query: Any,
    ) -> Reply:
        """The answer to a request; `path` is as the server hands it on, percent-decoded."""
        heads = {"host": "shop.test", **{name.lower(): value for name, value in (headers or {}).items()}}
        if role:
            heads["authorization"] = f"Bearer {role}"
        sent: Sequence[bytes] = [b""]
        if body is not None:
            sent = (
                body if isinstance(body, list) and body and isinstance(body[0], bytes) else [json.dumps(body).encode()]
            )
            heads.setdefault("content-type", "application/json")
            heads["content-length"] = str(sum(map(len, sent)))
        reply = Reply(sent)
        await self.app.__rsgi__(Scope(method, path, urlencode(query), Heads(heads)), reply)
        return reply

    async def staff(self, method: str, path: str, body: Any = None, **more: Any) -> Reply:
        return await self.ask(method, f"/v1/admin{path}", body, role="staff", **more)


@pytest.fixture
async def shop(context: MakeContext, said: Said, hear: Hear) -> Shop:
    ctx = await context(card)
    catalog = card.build(ctx)
    return Shop(catalog, ctx, App(card.routes(catalog), verifier=Names()), said, hear)  # type: ignore[arg-type] # Keeps the face.


def order(held: Held, order_id: UUID, kind: type[Any] = OrderPlaced, status: str = "confirmed", **more: Any) -> Any:
    """An event of an order that was placed on this hold."""
    total = sum(line.total_minor for line in held.lines)
    return kind(
        **{
            "order_id": order_id,
            "number": "F-1",
            "status": status,
            "hold_id": held.hold_id,
            "payment_id": uuid4(),
            "email": "ana@example.com",
            "lines": held.lines,
            "shipping_address": ADDRESS,
            "shipping_method": "flat",
            "currency": "BRL",
            "subtotal_minor": total,
            "discount_minor": 0,
            "shipping_minor": 0,
            "tax_minor": 0,
            "tax_included": False,
            "total_minor": total,
            "placed_at": datetime.now(UTC),
            "locale": "en",
            "version": 1,
        }
        | more
    )


def confirmed(held: Held, order_id: UUID) -> OrderConfirmed:
    found: OrderConfirmed = order(held, order_id, OrderConfirmed)
    return found


def cancelled(held: Held, order_id: UUID, restock: Any = None) -> OrderCancelled:
    more = {
        "reason": "changed my mind",
        "refund_id": uuid4(),
        "refund_minor": 0,
        "restock": held.lines if restock is None else restock,
    }
    found: OrderCancelled = order(held, order_id, OrderCancelled, "cancelled", **more)
    return found


def refunded(held: Held, order_id: UUID, restock: Any) -> OrderRefunded:
    more = {"reason": "bruised", "refund_id": uuid4(), "refund_minor": 1, "restock": restock}
    found: OrderRefunded = order(held, order_id, OrderRefunded, **more)
    return found
