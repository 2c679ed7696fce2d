"""What an order's fate means for its payment. Gateways that work within our transactions are asked at once, the others later,
by the job: for them it is only written down.
"""

import asyncio
from collections.abc import Sequence
from uuid import UUID

from feira.contracts.orders import OrderCancelled, OrderConfirmed, OrderPlaced, OrderRefunded
from feira.contracts.payments import PaymentCaptured
from feira.kernel.db import Tx
from feira.kernel.events import emit
from feira.payments import store
from feira.payments.domain import cancelled, placed
from feira.payments.gateway import LocalGateway
from feira.payments.service import PaymentService
from feira.payments.service_changes import MONEY, Changes
from feira.payments.service_near import ask_near

# The transaction of an event commits after its handler; a job woken too early comes by each second.
WAKE_AFTER_S = 0.02

Stands = OrderPlaced | OrderConfirmed


async def capture_or_keep(
    payments: PaymentService, tx: Tx, events: Sequence[OrderPlaced] | Sequence[OrderConfirmed]
) -> None:
    """Orders stand on these payments: take the money of those that are confirmed."""
    taken = await _capture_ready(payments, tx, [event for event in events if event.status == "confirmed"])
    rest = [event for event in events if event.payment_id not in taken]
    if not rest:
        return
    changes = await Changes.lock(tx, [event.order_id for event in rest], payments.clock())
    for event in rest:
        change = placed(
            changes[event.payment_id],
            confirmed=event.status == "confirmed",
            total_minor=event.total_minor,
            currency=event.currency,
            now=changes.now,
        )
        changes.apply(change, event.topic)
    await _settle(payments, tx, changes)


async def _capture_ready(payments: PaymentService, tx: Tx, events: Sequence[Stands]) -> set[UUID]:
    """Take the money of those payments that wait for nothing but their order and whose gateway can do it at once, as
    nearly all do; answers which. It comes to what `placed`, the gateway and `hear` would make of them, without a look at
    each.
    """
    of = {event.payment_id: event for event in events}
    if not of:
        return set()
    groups: dict[LocalGateway, list[UUID]] = {}
    for ready in await store.lock_ready(tx, of):
        event = of[ready.id]
        asked = (event.order_id, event.total_minor, event.currency)
        gateway = payments.near(ready.method, ready.amount_minor)
        if gateway is not None and asked == (ready.order_id, ready.amount_minor, ready.currency):
            groups.setdefault(gateway, []).append(ready.id)
    taken = {one for gateway, group in groups.items() for one in await gateway.take(tx, group)}
    if not taken:
        return taken
    if await store.capture_ready(tx, list(taken), events[0].topic, payments.clock()):
        _wake_soon(payments)  # Refunds had waited for it.
    captured = [
        PaymentCaptured(
            version=1,
            order_id=event.order_id,
            payment_id=event.payment_id,
            amount_minor=event.total_minor,
            currency=event.currency,
        )
        for event in of.values()
        if event.payment_id in taken
    ]
    await emit(tx, *captured)
    for currency in {one.currency for one in captured}:
        amount_minor = sum(one.amount_minor for one in captured if one.currency == currency)
        MONEY.labels("captured", currency).inc(amount_minor)
    return taken


async def let_go(payments: PaymentService, tx: Tx, events: Sequence[OrderCancelled]) -> None:
    """Orders fell: their money is voided, or refunded whole, whatever is under way."""
    changes = await Changes.lock(tx, [event.order_id for event in events], payments.clock())
    for event in events:
        changes.apply(cancelled(changes[event.payment_id], event.refund_id, changes.now), event.topic)
    await _settle(payments, tx, changes)


async def want_refunds(payments: PaymentService, tx: Tx, events: Sequence[OrderRefunded]) -> None:
    """Money is to go back, never more than was taken."""
    changes = await Changes.lock(tx, [event.order_id for event in events], payments.clock())
    await changes.load_refunds(tx, [event.payment_id for event in events])
    for event in events:
        if not event.refund_minor:
            continue  # Goods that had cost nothing came back.
        if not changes.want_refund(event.payment_id, event.refund_id, event.refund_minor):
            payments.log.error("nothing_to_refund", order_id=str(event.order_id), refund_id=str(event.refund_id))
    await _settle(payments, tx, changes)


async def _settle(payments: PaymentService, tx: Tx, changes: Changes) -> None:
    await ask_near(tx, payments, changes)
    await changes.save(tx)
    if changes.leave_work():
        _wake_soon(payments)


def _wake_soon(payments: PaymentService) -> None:
    asyncio.get_running_loop().call_later(WAKE_AFTER_S, payments.wake)
