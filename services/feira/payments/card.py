"""Payments: money set aside, taken when the order stands, given back when it falls."""

from collections.abc import Sequence
from pathlib import Path

from feira.contracts.payments import Payments
from feira.kernel.card import Card, Gauge
from feira.kernel.metrics import COUNTED_MAX
from feira.payments import store
from feira.payments.events import HANDLERS
from feira.payments.http import routes
from feira.payments.jobs import JOBS
from feira.payments.service import PaymentService


async def gauges(payments: PaymentService) -> Sequence[Gauge]:
    """What a gateway must still be asked about. The money itself is counted as it moves: see `service_changes.MONEY`."""
    async with payments.db.read() as tx:
        due, refunds = await store.count_due(tx, COUNTED_MAX)
    return [
        Gauge("feira_payments_due", "Payments that a gateway is to be asked about.", {}, due),
        Gauge("feira_refunds_due", "Refunds that a gateway is to be asked about.", {}, refunds),
    ]


card = Card(
    name="payments",
    home=Path(__file__).parent,
    build=PaymentService,
    provides=Payments,
    routes=routes,
    handlers=HANDLERS,
    jobs=JOBS,
    gauges=gauges,
)
