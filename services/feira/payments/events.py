"""What payments does when others tell of something: orders stand, fall, or give money back."""

from collections.abc import Sequence

from feira.contracts.orders import OrderCancelled, OrderConfirmed, OrderPlaced, OrderRefunded
from feira.kernel.db import Tx
from feira.kernel.events import On
from feira.kernel.message import Heard
from feira.payments.service import PaymentService
from feira.payments.service_orders import capture_or_keep, let_go, want_refunds


async def claim_placed_payments(payments: PaymentService, tx: Tx, heard: Sequence[Heard[OrderPlaced]]) -> None:
    await capture_or_keep(payments, tx, [one.event for one in heard])


async def capture_confirmed_payments(payments: PaymentService, tx: Tx, heard: Sequence[Heard[OrderConfirmed]]) -> None:
    await capture_or_keep(payments, tx, [one.event for one in heard])


async def let_go_of_cancelled_payments(
    payments: PaymentService, tx: Tx, heard: Sequence[Heard[OrderCancelled]]
) -> None:
    await let_go(payments, tx, [one.event for one in heard])


async def refund_captured_payments(payments: PaymentService, tx: Tx, heard: Sequence[Heard[OrderRefunded]]) -> None:
    await want_refunds(payments, tx, [one.event for one in heard])


HANDLERS = (
    On(OrderPlaced, claim_placed_payments),
    On(OrderConfirmed, capture_confirmed_payments),
    On(OrderCancelled, let_go_of_cancelled_payments),
    On(OrderRefunded, refund_captured_payments),
)
