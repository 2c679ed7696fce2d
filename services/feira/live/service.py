"""Live updates: clients that watch topics, and the log of events that they are told of."""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from feira.contracts.catalog import Catalog, ProductsChanged, StockChanged, StockMoved
from feira.contracts.orders import Orders
from feira.contracts.users import SessionsEnded, UserErased, Users
from feira.kernel import metrics
from feira.kernel.card import Context
from feira.kernel.http import Answer as HttpAnswer
from feira.kernel.http import Request
from feira.kernel.message import Event, Heard
from feira.live.domain import Ask, Board, Watched, read_topic
from feira.live.domain_told import (
    ORDER_TYPES,
    Answer,
    Ended,
    Happened,
    Memory,
    Message,
    OrderData,
    OrderEvent,
    ProductData,
    Repeats,
    Resync,
    StockData,
    Wrong,
    desk_data,
    encode,
    order_fields,
)
from feira.live.service_desk import DESK, ORDERS_EVERY_S, FrontDesk
from feira.live.service_rights import Client, Rights
from feira.live.service_stock import Shelves
from feira.transport.heads import ACCESS_COOKIE
from feira.transport.websocket import IDLE, RESTART, Socket, Sockets, framed

CONNECTIONS_MAX: Final = 2_000  # Beside a shop …
CONNECTIONS_ALONE_MAX: Final = 15_000  # … and in a process that does nothing else.
ADDRESS_CONNECTIONS_MAX: Final = 250  # A big office behind one address, or a town behind its provider's.
WAITING_MAX: Final = 16  # Messages of one client that wait while its first is looked into.
SILENCE_MAX_S: Final = 15.0  # After which who watches nothing is sent away.
FOLLOWED_S: Final = 60.0  # How long what happens is remembered when the last client has gone.
READY_MAX_S: Final = 5.0  # How long the first client waits until the log is followed.
AHEAD_MAX_S: Final = 2.0  # How long who has heard more than this process waits for it; then its cursor is none of ours.
AHEAD_POLL_S: Final = 0.05

MESSAGES = metrics.counter("feira_live_messages", "Messages sent to clients, each receiver counted.")
FOLLOWED: Final[tuple[type[Event], ...]] = (
    *ORDER_TYPES, ProductsChanged, StockChanged, StockMoved, SessionsEnded, UserErased,
)  # fmt: skip
_read = msgspec.json.Decoder(Ask).decode


class LiveService:
    def __init__(self, ctx: Context, users: Users, catalog: Catalog, orders: Orders) -> None:
        self._tail = ctx.tail
        self._log = ctx.log
        self._board: Board[Client] = Board()
        self._memory = Memory()
        self._repeats = Repeats()
        self._shelves = Shelves(ctx, catalog, self._tell_stock)
        self._desk = FrontDesk(ctx, orders, self._tell)
        self._rights = Rights(ctx, users, orders)
        self._strangers: dict[Client, None] = {}  # Who has not watched anything yet, the first to come first.
        self._sockets = Sockets(
            self._received,
            self._left,
            connections_max=CONNECTIONS_ALONE_MAX if ctx.settings.run == ("live",) else CONNECTIONS_MAX,
            address_max=ADDRESS_CONNECTIONS_MAX,
        )
        self._stop_following: Callable[[], None] | None = None
        self._following = asyncio.Event()
        self._staff_watch = asyncio.Event()  # Set while staff watch orders.
        self._left_at = 0.0  # When the last client went.
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        self._tasks = [asyncio.create_task(self._sweep()), asyncio.create_task(self._serve_desk())]

    async def stop(self) -> None:
        await self._sockets.stop(RESTART, "the shop is closing; come back in a moment")
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._shelves.stop()

    # Clients.

    def admit(self, request: Request[Any, Any]) -> HttpAnswer:
        """Answer a handshake. Refuses with Overloaded, RateLimited and Malformed."""
        _, _, bearer = (request.headers.get("authorization") or "").partition(" ")
        token = bearer.strip() or request.cookies.get(ACCESS_COOKIE, "")

        def made(socket: Socket) -> None:
            socket.state = Client(socket, token)
            self._strangers[socket.state] = None
            self._follow()

        return self._sockets.admit(request, made)

    def _received(self, socket: Socket, text: bytes) -> None:
        client: Client = socket.state
        if len(client.messages) < WAITING_MAX:  # More at a time nobody needs; it is not answered.
            client.messages.append(text)
        if client.task is None:
            client.task = asyncio.create_task(self._answer_all(client))

    def _left(self, socket: Socket) -> None:
        client: Client = socket.state
        client.messages.clear()
        self._strangers.pop(client, None)
        for one in self._board.drop(client):
            self._unwatched(one)
        self._rights.forget(client)
        self._left_at = time.monotonic()

    async def _answer_all(self, client: Client) -> None:
        try:
            while client.messages and not client.socket.closing:
                await self._answer(client, client.messages.pop(0))
        except TimeoutError:
            client.socket.close(RESTART, "the shop is not ready; come back in a moment")
        except Exception:  # noqa: BLE001 - a bug of ours: the client is told so, and may come back.
            self._log.exception("live_bug")
            client.socket.close(1011, "something went wrong on our side")
        finally:
            client.task = None

    async def _answer(self, client: Client, text: bytes) -> None:
        try:
            ask = _read(text)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as failure:
            self._send(client, encode(Wrong("malformed", str(failure))))
            return
        if ask.wrong:
            self._send(client, encode(Wrong("invalid", ask.wrong)))
            return
        async with asyncio.timeout(READY_MAX_S):
            await self._following.wait()
        if ask.since:
            await self._catch_up_with(ask.cursor)
        topics = {text: read_topic(text) for text in dict.fromkeys(ask.subscribe)}
        before = client.identity
        allowed, error = await self._rights.allowed(client, ask, [topic for topic in topics.values() if topic])
        if client.socket.closing:
            return
        if not client.may_go_on(before):
            self._end_watched_by_identity(client, "signed_out")
        if client.identity is None:  # It may have ended while the orders were asked for.
            allowed = [one for one in allowed if not one.by_identity]
        # From here on nothing is waited for: what happens is told either by the memory or from now on.
        gone = [text for text in ask.unsubscribe if self._leave(client, text)]
        news = [one for one in allowed if self._board.has_room(client, one.topic.text) and self._watch(client, one)]
        granted = [one.topic.text for one in news]
        refused = [text for text in topics if text not in granted]
        missed = self._missed(ask.cursor, news) if ask.since else ()
        answer = Answer(granted, refused, self._now, gone, resync=missed is None, error=error if refused else "")
        self._send(client, encode(answer))
        self._catch_up(client, news, missed or ())

    async def _catch_up_with(self, cursor: int | None) -> None:
        """Another process, which told the client so much, may be a little ahead: what it told is not told again."""
        ends = time.monotonic() + AHEAD_MAX_S
        while cursor is not None and cursor > self._tail.after and time.monotonic() < ends:  # noqa: ASYNC110 - rare.
            await asyncio.sleep(AHEAD_POLL_S)

    def _missed(self, cursor: int | None, news: Sequence[Watched]) -> list[tuple[str, Happened]] | None:
        """What those who watch these were told behind the cursor; None if that cannot be said."""
        found = self._memory.since(cursor, {one.channel for one in news})
        if found is None or cursor is None or cursor > self._tail.after:
            return None
        first = self._desk.first  # From there on staff are told soon, whoever came meanwhile included.
        return [each for each in found if each[0] != DESK or first is None or each[1].number < first]

    def _catch_up(self, client: Client, news: Sequence[Watched], missed: Iterable[tuple[str, Happened]]) -> None:
        """What the client was told while it was away, and how things stand with what it watches now."""
        topics = {one.channel: one.topic.text for one in news}
        shown: list[Happened] = []
        for channel, happened in missed:
            if channel == DESK:
                shown.append(happened)
            else:
                self._send(client, happened.message(topics[channel]))
        if shown:
            self._send(client, self._message(DESK, "orders", desk_data(shown)))
        for one in news:
            if one.topic.kind == "products" and (known := self._shelves.watch(one.topic.name)):
                for data in known:
                    self._send(client, self._message(one.topic.text, "stock.changed", data))
            elif one.topic.kind == "admin/metrics" and self._desk.last is not None:
                self._send(client, self._message(one.topic.text, "metrics", self._desk.last))

    def _watch(self, client: Client, one: Watched) -> bool:
        self._strangers.pop(client, None)
        self._board.watch(client, one)
        if one.channel == DESK:
            self._staff_watch.set()
        return True

    def _leave(self, client: Client, text: str) -> bool:
        one = self._board.leave(client, text)
        if one is not None:
            self._unwatched(one)
        return one is not None

    def _unwatched(self, one: Watched) -> None:
        if one.topic.kind == "products" and one.channel not in self._board:
            self._shelves.leave(one.topic.name)
        elif one.channel == DESK and DESK not in self._board:
            self._desk.leave()
            self._staff_watch.clear()

    def _end(self, client: Client, reason: str) -> None:
        """What the client was told because of who it is, it is told no more."""
        self._rights.forget(client)
        client.token = ""
        self._end_watched_by_identity(client, reason)

    def _end_watched_by_identity(self, client: Client, reason: str) -> None:
        ended = [one.topic.text for one in self._board.of(client) if one.by_identity]
        for text in ended:
            self._leave(client, text)
        if ended:
            self._send(client, encode(Ended(ended, reason)))

    # What happens.

    def _follow(self) -> None:
        if self._stop_following is None:
            self._following.clear()
            self._stop_following = self._tail.follow(FOLLOWED, self._heard)

    def _heard(self, rows: Sequence[tuple[int, Heard[Any]]] | None) -> None:
        if rows is None:
            first = not self._following.is_set()
            self._memory.forget(self._tail.after)
            self._following.set()
            if not first:
                self._resync()
            return
        for number, heard in rows:
            if self._repeats.again(heard.id):  # Once for each who watches, however often it is in the log.
                continue
            event = heard.event
            if isinstance(event, OrderEvent):
                self._order_changed(number, heard.at, event)
            elif isinstance(event, ProductsChanged):
                self._products_changed(number, heard.at, event)
            elif isinstance(event, StockChanged):
                self._shelves.touch([event.slug])
            elif isinstance(event, StockMoved):
                self._shelves.touch_skus(event.skus)
            elif isinstance(event, SessionsEnded | UserErased):
                self._session_ended(event)

    def _resync(self) -> None:
        frame = framed(encode(Resync(self._now)))
        for client in tuple(self._board.clients()):
            client.socket.send(frame)
        self._shelves.touch_all()

    def _order_changed(self, number: int, at: datetime, event: OrderEvent) -> None:
        data = msgspec.Raw(encode(OrderData(**order_fields(event))))
        mine = (f"me/{event.user_id}",) if event.user_id else ()
        channels = (f"orders/{event.order_id}", *mine, DESK)
        happened = Happened(number, channels, ORDER_TYPES[type(event)], data, at)
        self._happened(happened)
        self._shelves.touch_skus(line.sku for line in event.lines)
        self._desk.heard(number, event, shown=DESK in self._board)

    def _products_changed(self, number: int, at: datetime, event: ProductsChanged) -> None:
        slugs = event.slugs
        if event.everything:
            self._memory.forget(number)  # All may be different: nobody could be told of each.
            slugs = tuple(channel.partition("/")[2] for channel in self._board.channels() if channel[:9] == "products/")
        for slug in slugs:
            data = msgspec.Raw(encode(ProductData(slug)))
            self._happened(Happened(number, (f"products/{slug}",), "product.changed", data, at))
        self._shelves.touch(slugs)

    def _happened(self, happened: Happened) -> None:
        self._memory.add(happened)
        for channel in happened.channels:
            if channel != DESK and channel in self._board:  # Staff are told of several at once.
                topic = "me" if channel.startswith("me/") else channel
                self._broadcast(channel, happened.message(topic))

    def _session_ended(self, event: SessionsEnded | UserErased) -> None:
        session_id = event.session_id if isinstance(event, SessionsEnded) else None
        for client in self._rights.of(event.user_id, session_id):
            self._end(client, "signed_out")

    # Telling.

    @property
    def _now(self) -> str:
        """The cursor of this moment: all before it has been told."""
        return str(max(self._tail.after, 0))

    def _message(self, topic: str, kind: str, data: Any) -> bytes:
        return encode(Message(topic, kind, data, datetime.now(UTC), self._now))

    def _tell(self, channel: str, kind: str, data: Any) -> None:
        if channel in self._board:
            self._broadcast(channel, self._message(channel, kind, data))

    def _tell_stock(self, slug: str, changed: list[StockData]) -> None:
        for data in changed:
            self._tell(f"products/{slug}", "stock.changed", data)

    def _broadcast(self, channel: str, text: bytes) -> None:
        """Say it to all who watch the channel: as one frame, made once."""
        frame = framed(text)
        watchers = tuple(self._board.watchers(channel))  # Who does not read leaves meanwhile.
        for client in watchers:
            client.socket.send(frame)
        MESSAGES.inc(len(watchers))

    def _send(self, client: Client, text: bytes) -> None:
        client.socket.send(framed(text))
        MESSAGES.inc()

    # What goes on.

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(1.0)
            try:
                self._sockets.sweep()
                self._end_what_is_over(time.time(), time.monotonic())
                if "admin/metrics" in self._board:
                    now = datetime.now(UTC)
                    await self._desk.count(now, time.monotonic())
                    self._desk.show_metrics(now, self._sockets.number)
            except Exception:  # noqa: BLE001 - a loop that died would be worse than any failed round.
                self._log.exception("live_sweep_failed")

    def _end_what_is_over(self, now: float, monotonic: float) -> None:
        for client in self._rights.expired(now):
            self._end(client, "expired")
        for client in tuple(self._strangers):
            if monotonic - client.opened_at <= SILENCE_MAX_S:
                break
            client.socket.close(IDLE, "nothing was subscribed to")
        if self._stop_following and not self._sockets.number and monotonic - self._left_at > FOLLOWED_S:
            self._stop_following()
            self._stop_following = None

    async def _serve_desk(self) -> None:
        while True:
            await self._staff_watch.wait()
            await asyncio.sleep(ORDERS_EVERY_S)
            if DESK in self._board:
                self._desk.show_orders()
