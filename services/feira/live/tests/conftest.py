"""A live service on a real bus and real HTTP, with neighbours that the test directs."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import aiohttp
import msgspec
import pytest
from joserfc.jwk import KeySet

from conftest import Web
from feira.contracts.catalog import InStock, StockAsk, StockOf
from feira.contracts.goods import Address, PricedLine
from feira.contracts.orders import OrderPlaced, Sales, SalesAsk, Viewable, ViewAsk
from feira.contracts.users import Keys, KeysAsk
from feira.kernel import logs
from feira.kernel.bus import Bus
from feira.kernel.card import Context
from feira.kernel.config import Settings
from feira.kernel.db import Db
from feira.kernel.errors import Unavailable
from feira.kernel.events import Record
from feira.kernel.ids import uuid7
from feira.kernel.message import Event
from feira.kernel.migrate import SQL, migrate
from feira.kernel.tail import Tail
from feira.live.card import card
from feira.live.service import FOLLOWED, LiveService


def placed(kind: type[Any] = OrderPlaced, *, sku: str = "mango", **more: Any) -> Any:
    line = PricedLine(sku=sku, quantity=2, name="Mango", unit_price_minor=450)
    address = Address(name="Ana", line1="Rua 1", city="SP", postal_code="01310-100", country="BR")
    fields = {
        "order_id": uuid7(), "number": "F-1", "status": "confirmed", "hold_id": uuid7(), "payment_id": uuid7(),
        "email": "ana@example.com", "lines": (line,), "shipping_address": address, "shipping_method": "standard",
        "currency": "BRL", "subtotal_minor": 900, "discount_minor": 0, "shipping_minor": 0, "tax_minor": 0,
        "tax_included": True, "total_minor": 900, "placed_at": datetime.now(UTC), "locale": "en", "version": 1,
    }  # fmt: skip
    return kind(**(fields | more))


class Neighbours:
    """The contracts that the service needs, as the test wants them to answer."""

    def __init__(self, jwks: bytes) -> None:
        self.jwks = jwks
        self.left: dict[str, dict[str, int]] = {}
        self.asked: list[list[str]] = []
        self.viewers: dict[UUID, object] = {}  # Order -> a user's id or a token.
        self.sold = (0, 0)
        self.down = False

    async def keys(self, _ask: KeysAsk) -> Keys:
        return Keys(jwks=self.jwks)

    async def stock_of(self, asks: Sequence[StockAsk]) -> list[StockOf]:
        self._fail()
        self.asked.append([ask.slug for ask in asks])
        return [
            StockOf(
                slug=ask.slug,
                variants=tuple(InStock(sku=s, quantity=n) for s, n in self.left.get(ask.slug, {}).items()),
            )
            for ask in asks
        ]

    async def viewable(self, asks: Sequence[ViewAsk]) -> list[Viewable]:
        self._fail()
        return [Viewable(may=self.viewers.get(ask.order_id) in {ask.user_id or "", ask.token or None}) for ask in asks]

    async def sales(self, _ask: SalesAsk) -> Sales:
        self._fail()
        orders, sales_minor = self.sold
        return Sales(orders=orders, sales_minor=sales_minor, currency="BRL", upto=datetime.now(UTC))

    def _fail(self) -> None:
        if self.down:
            raise Unavailable


class Client:
    """A WebSocket, and what came over it."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def say(self, **message: Any) -> Any:
        await self.socket.send_str(json.dumps(message))
        return await self.hear(lambda one: "subscribed" in one or "error" in one)

    async def hear(self, wanted: Callable[[Any], bool] = lambda _one: True) -> Any:
        async with asyncio.timeout(10):
            while True:
                one = await self.socket.receive_json()
                if wanted(one):
                    return one

    async def silence(self) -> None:
        """Nothing was said: the answer to the next message is the next that comes."""
        await self.socket.send_str("{}")
        assert "subscribed" in await self.hear()

    async def closed(self) -> int:
        async with asyncio.timeout(10):
            while not self.socket.closed:
                await self.socket.receive()
        return self.socket.close_code or 0


class World:
    def __init__(self, web: Web, bus: Bus, tail: Tail, live: LiveService, near: Neighbours) -> None:
        self.web, self.bus, self.tail, self.live, self.near = web, bus, tail, live, near
        self.stepping = asyncio.Lock()

    @asynccontextmanager
    async def client(self, **headers: str) -> AsyncIterator[Client]:
        async with self.web.session.ws_connect("/v1/live", headers=headers) as socket:
            yield Client(socket)

    async def happen(self, *events: Event) -> None:
        """Publish these events, and have them followed."""
        await self.publish(*map(recorded, events))
        await self.follow()

    async def publish(self, *records: Record) -> int:
        """Append these to the log, and no more; answers the number of the last."""
        await self.bus.publish(records, lambda _group: None)
        return await self.bus.end()

    async def follow(self) -> None:
        while await self.step():
            pass

    async def step(self) -> bool:
        """One at a time, as the kernel's loop does it: two at once would read the same rows, and tell them twice."""
        async with self.stepping:
            return await self.tail.step(self.bus)


def recorded(event: Event) -> Record:
    return Record(uuid7(), event.topic, event.key, datetime.now(UTC), "{}", msgspec.json.encode(event).decode())


@pytest.fixture
async def world(settings: Settings) -> AsyncIterator[World]:
    await migrate(settings.bus_url, "bus", [SQL / "bus"])
    db = await Db.open(settings.bus_url, "bus", 2)
    bus = Bus(db, {kind.topic: [] for kind in FOLLOWED})
    web = Web(settings)
    tail = Tail()
    near: Any = Neighbours(msgspec.json.encode(KeySet([web.key]).as_dict(private=False)))
    context = Context(db=db, settings=web.settings, wake=lambda _job: None, log=logs.logger("live"), tail=tail)
    live = LiveService(context, users=near, catalog=near, orders=near)
    await live.start()
    await web.serve(card.routes(live))
    made = World(web, bus, tail, live, near)
    following = asyncio.create_task(_follow(made))
    yield made
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    await asyncio.gather(live.stop(), web.session.close())
    await web.close()
    await db.close()


async def _follow(world: World) -> None:
    """What the kernel's loop does; here only the beginning of a following is waited for."""
    woken = asyncio.Event()
    world.tail.wake = woken.set
    while True:
        await woken.wait()
        woken.clear()
        await world.step()
