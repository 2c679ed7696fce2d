"""What orders does now and then."""

from feira.kernel.card import Job
from feira.orders.service import OrderService

RECONCILE_EVERY_S = 15.0
FORGET_EVERY_S = 3_600.0


async def cancel_forgotten_orders(orders: OrderService) -> bool:
    """A pending order whose payment nobody tells of any more must not stay so for ever."""
    return await orders.money.reconcile()


async def forget_places(orders: OrderService) -> bool:
    return await orders.forget()


async def count_earlier_sales(orders: OrderService) -> bool:
    return await orders.ledger.rebuild()


async def forget_old_sales(orders: OrderService) -> bool:
    return await orders.ledger.forget()


JOBS = (
    Job("reconcile", cancel_forgotten_orders, RECONCILE_EVERY_S),
    Job("forget", forget_places, FORGET_EVERY_S),
    Job("count_earlier_sales", count_earlier_sales, FORGET_EVERY_S),
    Job("forget_old_sales", forget_old_sales, FORGET_EVERY_S),
)
