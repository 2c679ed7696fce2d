"""The composition root: which services run here, and where the others are. Nothing else in the program knows.

async with opened(settings, ["catalog"]) as shop:      # services without a face: what the command line uses
await shop.services["catalog"].is_empty()

await serve(settings, ready, stop, before)             # the whole worker process
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

import asyncpg
import msgspec

from feira.carts.card import card as carts
from feira.catalog.card import card as catalog
from feira.contracts.catalog import ProductsChanged, StockChanged
from feira.contracts.parked import ParkedEvents
from feira.contracts.users import Keys, KeysAsk, Users
from feira.kernel import logs
from feira.kernel.bus import SCHEMA as BUS
from feira.kernel.bus import Bus, Leases
from feira.kernel.card import Card, Context
from feira.kernel.config import Settings
from feira.kernel.db import Db
from feira.kernel.errors import Unavailable
from feira.kernel.http import Route
from feira.kernel.loops import job_group, keep_tending, keep_working
from feira.kernel.message import Event
from feira.kernel.migrate import SQL, migrate
from feira.kernel.relay import Consumer, keep_consuming, keep_following, keep_relaying, keep_trimming
from feira.kernel.tail import Tail
from feira.live.card import card as live
from feira.notifications.card import card as notifications
from feira.orders.card import card as orders
from feira.parked.here import ParkedHere
from feira.parked.http import routes as parked_routes
from feira.payments.card import card as payments
from feira.transport.auth import Verifier
from feira.transport.dispatch import App
from feira.transport.serve import HttpServer, internal_app, public_app
from feira.users.card import card as users

if TYPE_CHECKING:
    from feira.web.site import Site

CARDS: Mapping[str, Card] = {card.name: card for card in (users, catalog, carts, orders, payments, notifications, live)}
FOLLOWED = (ProductsChanged, StockChanged)  # They are on the bus though no service may hear them: for who keeps pages.
READY_S = 1.0  # How long an answer about readiness is believed.
PING_TIMEOUT_S = 2.0


class AppError(Exception):
    """The program cannot be put together as asked; the message is a sentence for the operator."""


def provider_of(contract: type) -> Card:
    [found] = [card for card in CARDS.values() if card.provides is contract]
    return found


def chosen(settings: Settings) -> list[Card]:
    """The services that run here, providers before those who need them."""
    names = settings.run or tuple(CARDS)
    if unknown := [name for name in names if name not in CARDS]:
        raise AppError(f"there is no service {', '.join(unknown)}; there are {', '.join(CARDS)}")
    found: dict[str, Card] = {}

    def add(card: Card) -> None:
        for contract in card.needs.values():
            provider = provider_of(contract)
            if provider.name in names:
                add(provider)
            elif provider.name not in settings.addresses:
                raise AppError(
                    f"{card.name} needs {provider.name}: run it here too, or say where it is "
                    f"(--{provider.name}-addr HOST:PORT)"
                )
        found[card.name] = card

    for name in names:
        add(CARDS[name])
    return list(found.values())


def hearers() -> dict[str, list[str]]:
    """Who hears each topic, of all services there are, wherever they run; nobody, of those that are only followed."""
    followed: list[type[Event]] = [*FOLLOWED, *(kind for card in CARDS.values() for kind in card.follows)]
    found: dict[str, list[str]] = {kind.topic: [] for kind in followed}
    for card in CARDS.values():
        for topic in {handler.kind.topic for handler in card.handlers}:
            found.setdefault(topic, []).append(card.name)
    return found


def with_needed(names: Sequence[str]) -> tuple[str, ...]:
    """These services and all that they need."""
    found = dict.fromkeys(names)
    for name in names:
        found.update(dict.fromkeys(with_needed([provider_of(need).name for need in CARDS[name].needs.values()])))
    return tuple(found)


def connections_min(settings: Settings) -> int:
    """How many database connections the process tree needs at the least: one a service with data, and two for the bus."""
    return settings.workers * (sum(card.keeps for card in chosen(settings)) + 2)


async def migrate_all(settings: Settings) -> list[str]:
    """Bring the schemas of the services that run here up to date, and the bus's; answers what was run."""
    ran = await migrate(settings.bus_url, BUS, [SQL / "bus"])
    for card in (card for card in chosen(settings) if card.keeps):
        ran += await migrate(settings.database_of(card.name), card.name, [SQL / "service", card.home / "migrations"])
    return ran


class Shop:
    """Some services, built and connected, on migrated schemas."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.cards = chosen(settings)
        self.services: dict[str, Any] = {}
        self.dbs: dict[str, Db] = {}
        self.consumers: dict[str, Consumer] = {}
        alone = settings.workers == 1 and len(self.cards) == len(CARDS)
        self.leases = Leases(settings.bus_url, worker=settings.worker, workers=settings.workers, alone=alone)
        self.tail = Tail()
        self.public: App | None = None
        self._stack = AsyncExitStack()
        self.parked = ParkedHere(self.dbs, self.consumers)
        self._remote: dict[tuple[type, str], Any] = {}
        self._pinged = (float("-inf"), "")

    async def open(self) -> None:
        budget = self.settings.db_connections // self.settings.workers
        share = (budget - 1) // (sum(card.keeps for card in self.cards) + 1)  # One connection holds the leases.
        bus_db = await self._db(BUS, self.settings.bus_url, share)
        self.bus = Bus(bus_db, hearers())
        for card in self.cards:
            url = self.settings.database_of(card.name)
            db = await self._db(card.name, url, share) if card.keeps else bus_db
            context = Context(
                db=db, settings=self.settings, wake=self._waker(card), log=logs.logger(card.name), tail=self.tail
            )
            needs = {name: self.find(contract) for name, contract in card.needs.items()}
            service = self.services[card.name] = card.build(context, **needs)
            if hasattr(service, "start"):
                await service.start()
            if hasattr(service, "stop"):
                self._stack.push_async_callback(service.stop)
            self.consumers[card.name] = Consumer(card.name, service, db, self.bus, card.handlers)

    async def close(self) -> None:
        await self._stack.aclose()

    async def _db(self, schema: str, url: str, connections_max: int) -> Db:
        db = self.dbs[schema] = await Db.open(url, schema, connections_max)
        self._stack.push_async_callback(db.close)
        return db

    def _waker(self, card: Card) -> Callable[[str], None]:
        return lambda job: self.leases.wake(job_group(card.name, job))

    def find(self, contract: type) -> Any:
        """Who provides a contract: the service itself if it runs here, else a client with the same face."""
        provider = provider_of(contract)
        if provider.name in self.services:
            return self.services[provider.name]
        if provider.name not in self.settings.addresses:
            raise AppError(f"say where {provider.name} is: --{provider.name}-addr HOST:PORT")
        return self._client(contract, provider.name)

    def find_parked(self, name: str) -> ParkedEvents:
        """Who knows of a service's parked events: every process of its own. Refuses with Unavailable if nobody is known."""
        if name in self.services:
            return self.parked
        if name not in self.settings.addresses:
            raise Unavailable(f"nobody has said where {name} is (--{name}-addr)")
        client: ParkedEvents = self._client(ParkedEvents, name)
        return client

    def _client(self, contract: type, name: str) -> Any:
        if (contract, name) not in self._remote:
            from feira.transport import rpc  # noqa: PLC0415 - one process in itself speaks no gRPC, nor waits for it.

            channel = rpc.channel(self.settings.addresses[name])
            self._stack.push_async_callback(channel.close)
            self._remote[contract, name] = rpc.connect(contract, channel)
        return self._remote[contract, name]

    def routes(self, names: Collection[str] | None = None) -> list[Route]:
        """The routes of these services; of all that are here, if none are named."""
        cards = [card for card in self.cards if names is None or card.name in names]
        found = [route for card in cards for route in card.routes(self.services[card.name])]
        if any(
            card is users for card in cards
        ):  # Where staff and their journal are, there is the desk for all services.
            found += parked_routes([card.name for card in CARDS.values() if card.keeps], self.find_parked)
        return [route for route in found if not (route.dev_only and self.settings.production)]

    async def unready(self) -> str:
        """Why nothing can be served now; empty if it can."""
        at, why = self._pinged
        if time.monotonic() - at > READY_S:
            why = ""
            for schema, db in self.dbs.items():
                try:
                    async with asyncio.timeout(PING_TIMEOUT_S), db.read() as tx:
                        await tx.execute("select 1")
                except Exception as failure:  # noqa: BLE001 - whatever it is, we are not ready, and say why.
                    why = f"the database of {schema} does not answer ({type(failure).__name__})"
                    break
            self._pinged = (time.monotonic(), why)
        return why

    def _is_busy(self) -> bool:
        return self.public is not None and self.public.busy()

    def loops(self) -> list[asyncio.Task[None]]:
        """Everything that goes on beside requests: relays, consumers, jobs."""
        tasks = [keep_trimming(self.bus, self.leases), keep_following(self.tail, self.bus, self.leases)]
        for card in (card for card in self.cards if card.keeps):
            service, db = self.services[card.name], self.dbs[card.name]
            tasks.append(keep_relaying(card.name, db, self.bus, self.leases, self._is_busy))
            if card.handlers:
                tasks.append(keep_consuming(self.consumers[card.name], self.leases, self._is_busy))
            tasks.append(keep_tending(card, service, db, self.bus, self.leases))
            tasks.extend(keep_working(card, job, service, self.leases) for job in card.jobs)
        return [asyncio.create_task(task) for task in (*tasks, self.leases.run())]


async def serve(
    settings: Settings, ready: Callable[[], None], stop: asyncio.Event, before: Callable[[Shop], Awaitable[None]]
) -> None:
    """A worker: the chosen services with their faces, until `stop` is set; `before` is awaited ahead of the first request.
    Raises AppError or OSError if it cannot begin.
    """
    async with opened(settings) as shop, AsyncExitStack() as stack:
        await before(shop)
        await shop.bus.open()  # Not for commands: whose events they leave behind, a shop passes on.
        users_contract = shop.find(Users)

        async def keys() -> bytes:
            found: Keys = await users_contract.keys(KeysAsk())
            return found.jwks

        stack.push_async_callback(_end, shop.loops())
        site = await _site(shop, stack)

        async def unready() -> str:
            return await shop.unready() or (await site.unready() if site else "")

        if settings.grpc_port is not None:
            from feira.transport import rpc  # noqa: PLC0415 - see `Shop.find`.

            grpc = rpc.RpcServer(f"{settings.host}:{settings.grpc_port}", shared=settings.workers > 1)
            for card in shop.cards:
                if card.provides is not None:
                    rpc.serve(grpc, card.provides, shop.services[card.name])
            rpc.serve(grpc, ParkedEvents, shop.parked)
            await grpc.start()
            stack.push_async_callback(grpc.stop)
        for app, host, port in (
            (internal_app(unready), "127.0.0.1", settings.internal_port + settings.worker),
            # Last to start and first to stop: what it has begun may need all the others.
            (
                public_app(settings, shop.routes(), Verifier(settings.url, keys), unready, documented(shop), site),
                settings.host,
                settings.port,
            ),
        ):
            if port == settings.port:
                shop.public = app
            server = HttpServer(app, host, port)
            await server.start()
            stack.push_async_callback(server.stop)
        ready()
        await stop.wait()


async def _site(shop: Shop, stack: AsyncExitStack) -> "Site | None":
    """The shop's pages, if it has any."""
    if not shop.settings.web:
        return None
    from feira.web.site import FOLLOWED as SHOWN  # noqa: PLC0415 - who has no pages does not wait for it.
    from feira.web.site import Site  # noqa: PLC0415 - see above.

    site = Site(shop.settings)
    await site.start()
    stack.push_async_callback(site.stop)
    stack.callback(shop.tail.follow(SHOWN, site.heard))
    return site


async def _end(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def opened(settings: Settings, names: Sequence[str] = ()) -> AsyncIterator[Shop]:
    """The named services (none means those of the settings) and what they need, without a face to the outside.

    What they emit is passed on by the running shop, or by the next one that runs.
    """
    if names:
        settings = msgspec.structs.replace(settings, run=with_needed(names))
    shop = Shop(settings)
    try:
        await shop.open()
        yield shop
    finally:
        await shop.close()


def documented(shop: Shop) -> list[Route]:
    """The routes of the whole shop, wherever they are answered: its documentation is the same at every address."""
    elsewhere = CARDS.keys() - shop.services.keys()
    routes = shop.routes()
    if elsewhere:
        routes += sketched(production=shop.settings.production).routes(elsewhere)
    return routes


def sketched(*, production: bool = False) -> Shop:
    """All services, built but never connected: for what their routes tell without a database. Wants a running loop."""
    settings = Settings(secret="00" * 32, data="", production=production)
    shop = Shop(settings)
    for card in shop.cards:
        db = Db(asyncpg.create_pool(), card.name)  # A pool connects when it is first awaited: this one never is.
        context = Context(db=db, settings=settings, wake=lambda _job: None, log=logs.logger(card.name))
        needs = {name: shop.find(contract) for name, contract in card.needs.items()}
        shop.services[card.name] = card.build(context, **needs)
    return shop
