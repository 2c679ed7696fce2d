"""What the catalogue does when orders stand, fall or are refunded. The functions' names are their identity in the inbox."""

from collections.abc import Sequence

from feira.catalog.service import CatalogService
from feira.contracts.orders import OrderCancelled, OrderConfirmed, OrderPlaced, OrderRefunded
from feira.kernel.db import Tx
from feira.kernel.events import On
from feira.kernel.message import Heard


async def sell_held_stock(
    catalog: CatalogService, tx: Tx, heard: Sequence[Heard[OrderPlaced] | Heard[OrderConfirmed]]
) -> None:
    await catalog.stock.sell(tx, [one.event for one in heard])


async def give_back_stock(catalog: CatalogService, tx: Tx, heard: Sequence[Heard[OrderCancelled]]) -> None:
    await catalog.stock.cancel(tx, [one.event for one in heard])


async def restock_refunded(catalog: CatalogService, tx: Tx, heard: Sequence[Heard[OrderRefunded]]) -> None:
    await catalog.stock.refund(tx, [one.event for one in heard])


handlers = (
    On(OrderPlaced, sell_held_stock),
    On(OrderConfirmed, sell_held_stock),
    On(OrderCancelled, give_back_stock),
    On(OrderRefunded, restock_refunded),
)
