"""The heart of the shop: quotes, checkouts, and orders from then on."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec

from feira.contracts import order_tokens
from feira.contracts.carts import Carts
from feira.contracts.catalog import Catalog
from feira.contracts.orders import OrdersExport, OrdersOf, Sales, SalesAsk, Viewable, ViewAsk
from feira.contracts.payments import Payments
from feira.kernel.card import Context
from feira.kernel.db import Tx
from feira.kernel.errors import Refused
from feira.kernel.metrics import COUNTED_MAX, Gauge
from feira.orders import domain_names, store, store_desk, store_list, store_sales
from feira.orders.domain import Order
from feira.orders.service_bot import Bot
from feira.orders.service_checkout import Checkouts
from feira.orders.service_desk import Desk, UnknownOrder
from feira.orders.service_money import Money
from feira.orders.service_quotes import Quotes
from feira.orders.service_sales import Ledger
from feira.orders.service_search import Search
from feira.orders.service_settings import Shop
from feira.orders.service_window import Front
from feira.orders.store_desk import Dossier, dossiers
from feira.orders.store_list import Filters, Part, Place
from feira.orders.view import order_view

EXPORT_BYTES_MAX = 8 << 20  # Of one customer in one answer, and a page more: it must fit into a message.
EXPORT_PAGE = 20
FORGET_AFTER_DAYS = 90  # By then an order that was not closed is not going to be sent.
FORGOTTEN_MAX = 500


class OrderService:
    def __init__(self, ctx: Context, catalog: Catalog, payments: Payments, carts: Carts) -> None:
        self._db = ctx.db
        self._token_key = ctx.settings.derive(order_tokens.PURPOSE)
        self.currency = ctx.settings.currency
        self.shop = Shop(ctx)
        self.ledger = Ledger(ctx)
        self.money = Money(ctx, self.ledger)
        self.desk = Desk(ctx, self.ledger)
        self.search = Search(ctx, payments)
        self.checkouts = Checkouts(ctx, catalog, payments, carts, self.shop, self.money.hear_early)
        self.quotes = Quotes(catalog, carts, self.shop)
        self.front = Front(ctx, payments, self.shop)
        self.bot = Bot(catalog, self.quotes, self.checkouts, self.shop)

    async def start(self) -> None:
        await self.shop.found()

    async def stop(self) -> None:
        await self.checkouts.stop()

    def token(self, order_id: UUID) -> str:
        """What opens the order to whoever holds it."""
        return order_tokens.order_token(self._token_key, order_id)

    async def read(self, order_id: UUID, user_id: UUID | None, token: str | None) -> Order:
        """The order, to its owner and to who holds its token; to anybody else it does not exist."""
        async with self._db.read() as tx:
            order = (await store.read(tx, [order_id])).get(order_id)
        if order is None or not self._may_see(order, user_id, token):
            raise UnknownOrder
        return order

    def _may_see(self, order: Order, user_id: UUID | None, token: str | None) -> bool:
        if user_id is not None and order.user_id == user_id:
            return True
        return token is not None and domain_names.opens(token, order.id, self._token_key)

    async def viewable(self, asks: Sequence[ViewAsk]) -> Sequence[Viewable | Refused]:
        """Who may see which orders; of tokens nothing is asked of the database."""
        opened = [ask.token != "" and domain_names.opens(ask.token, ask.order_id, self._token_key) for ask in asks]
        owners: Mapping[UUID, UUID | None] = {}
        if named := [ask.order_id for ask, done in zip(asks, opened, strict=True) if not done and ask.user_id]:
            async with self._db.read() as tx:
                owners = await store.owners(tx, named)
        return [
            Viewable(may=done or (ask.user_id is not None and owners.get(ask.order_id) == ask.user_id))
            for ask, done in zip(asks, opened, strict=True)
        ]

    async def sales(self, ask: SalesAsk) -> Sales:
        async with self._db.read() as tx:
            orders, sales_minor, upto = await store_sales.sold_since(tx, ask.since)
        return Sales(orders=orders, sales_minor=sales_minor, currency=self.currency, upto=upto)

    async def cancel(self, order_id: UUID, user_id: UUID | None, token: str | None) -> Order:
        """The buyer cancels. Twice is the same as once."""
        await self.read(order_id, user_id, token)
        return await self.desk.cancel(order_id, "cancelled_by_customer", None)

    async def page(self, filters: Filters, after: Place | None, limit: int) -> Part:
        """The newest orders first."""
        async with self._db.read() as tx:
            return await store_list.page(tx, filters, after, limit)

    async def page_dossiers(
        self, filters: Filters, after: Place | None, limit: int
    ) -> tuple[Sequence[Dossier], Place | None]:
        async with self._db.read() as tx:
            part = await store_list.page(tx, filters, after, limit)
            return await dossiers(tx, part.orders), part.after

    async def dossier(self, order_id: UUID) -> Dossier:
        async with self._db.read() as tx:
            found = await dossiers(tx, list((await store.read(tx, [order_id])).values()))
        if not found:
            raise UnknownOrder
        return found[0]

    async def export(self, ask: OrdersOf) -> OrdersExport:
        """A customer's newest orders, as the list of orders would show them."""
        found: list[bytes] = []
        after: Place | None = None
        while sum(map(len, found)) < EXPORT_BYTES_MAX:
            part = await self.page(Filters(user_id=ask.user_id), after, EXPORT_PAGE)
            found.extend(msgspec.json.encode(order_view(order)) for order in part.orders)
            if (after := part.after) is None:
                break
        return OrdersExport(json=b"[" + b",".join(found) + b"]")

    async def export_orders(self) -> AsyncIterator[Dossier]:
        """All orders, the oldest first, a page at a time."""
        after: Place | None = None
        while True:
            async with self._db.read() as tx:
                part = await store_list.page(tx, Filters(), after, EXPORT_PAGE, newest_first=False)
                page = await dossiers(tx, part.orders)
            for one in page:
                yield one
            if (after := part.after) is None:
                return

    async def attach(self, tx: Tx, owners: Mapping[str, UUID]) -> None:
        """What was bought as a guest with these proven addresses belongs to their accounts."""
        await store_desk.attach(tx, owners)

    async def unname(self, tx: Tx, user_ids: Sequence[UUID]) -> None:
        await store_desk.unname(tx, user_ids)

    async def forget(self) -> bool:
        """Take the addresses off orders of erased customers that nothing will be sent for any more."""
        before = datetime.now(UTC) - timedelta(days=FORGET_AFTER_DAYS)
        async with self._db.tx() as tx:
            return await store_desk.forget_places(tx, before, FORGOTTEN_MAX) == FORGOTTEN_MAX

    async def gauges(self) -> list[Gauge]:
        """What waits for somebody's money. How many orders come and fall is counted by their events."""
        async with self._db.read() as tx:
            pending = await store_desk.count_pending(tx, COUNTED_MAX)
        return [Gauge("feira_orders_pending", "Orders whose payment is not decided yet.", {}, pending)]
