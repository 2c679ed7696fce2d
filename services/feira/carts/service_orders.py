"""What becomes of carts when others tell of something: an order stands or falls, a customer leaves."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from msgspec.structs import replace

from feira.carts import domain, store
from feira.contracts.orders import OrderCancelled, OrderConfirmed, OrderPlaced
from feira.kernel.db import Tx


async def tidy(tx: Tx, orders: Sequence[OrderPlaced] | Sequence[OrderConfirmed]) -> None:
    """Carts that became confirmed orders are done with: what was ordered is taken out, what came in since stays.

    A pending order leaves its cart as it is, since its buyer may yet have to order again.
    """
    stands = [order for order in orders if order.cart_id is not None and order.status == "confirmed"]
    if not stands:
        return
    before = await store.lock_carts(tx, [str(order.cart_id) for order in stands])
    now = dict(before)
    for order in stands:
        cart = now.get(str(order.cart_id))
        if cart is None or cart.order_id == order.order_id:
            continue
        now[cart.id] = replace(domain.without(cart, order.lines), order_id=order.order_id)
        if cart.merged_into is not None and (target := now.get(cart.merged_into)) is not None:
            now[target.id] = domain.without(target, order.lines)
    await store.save_carts(tx, before, now.values(), datetime.now(UTC))


async def reopen(tx: Tx, orders: Sequence[OrderCancelled]) -> None:
    """The orders fell: their carts may be filled and ordered again."""
    fell = {order.order_id: order.cart_id for order in orders if order.cart_id is not None}
    if fell:
        await store.reopen(tx, list(fell.values()), list(fell))


async def forget(tx: Tx, user_ids: Sequence[UUID]) -> None:
    await store.delete_of(tx, user_ids)
