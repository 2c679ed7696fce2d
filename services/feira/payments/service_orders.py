"""What an order's fate means for its payment. The gateways are asked later, by the job: here it is only written down."""

import asyncio
from collections.abc import Sequence

from feira.contracts.orders import OrderCancelled, OrderConfirmed, OrderPlaced, OrderRefunded
from feira.kernel.db import Tx
from feira.payments.domain import cancelled, placed
from feira.payments.service import PaymentService
from feira.payments.service_changes import Changes

WAKE_AFTER_S = (
    0.02  # The transaction of an event commits after its handler; a job woken too early comes by each second.
)


async def capture_or_keep(
    payments: PaymentService, tx: Tx, events: Sequence[OrderPlaced] | Sequence[OrderConfirmed]
) -> None:
    """Orders stand on these payments: take the money of those that are confirmed."""
    changes = await Changes.lock(tx, [event.order_id for event in events], payments.clock())
    for event in events:
        change = placed(
            changes[event.payment_id],
            confirmed=event.status == "confirmed",
            total_minor=event.total_minor,
            currency=event.currency,
            now=changes.now,
        )
        changes.apply(change, event.topic)
    await changes.save(tx)
    _wake_soon(payments)


async def let_go(payments: PaymentService, tx: Tx, events: Sequence[OrderCancelled]) -> None:
    """Orders fell: their money is voided, or refunded whole, whatever is under way."""
    changes = await Changes.lock(tx, [event.order_id for event in events], payments.clock())
    for event in events:
        changes.apply(cancelled(changes[event.payment_id], event.refund_id, changes.now), event.topic)
    await changes.save(tx)
    _wake_soon(payments)


async def want_refunds(payments: PaymentService, tx: Tx, events: Sequence[OrderRefunded]) -> None:
    """Money is to go back, never more than was taken."""
    changes = await Changes.lock(tx, [event.order_id for event in events], payments.clock())
    await changes.load_refunds(tx, [event.payment_id for event in events])
    for event in events:
        if not changes.want_refund(event.payment_id, event.refund_id, event.refund_minor):
            payments.log.error("nothing_to_refund", order_id=str(event.order_id), refund_id=str(event.refund_id))
    await changes.save(tx)
    _wake_soon(payments)


def _wake_soon(payments: PaymentService) -> None:
    asyncio.get_running_loop().call_later(WAKE_AFTER_S, payments.wake)
