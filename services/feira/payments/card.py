"""Payments: money set aside, taken when the order stands, given back when it falls."""

from collections.abc import Sequence
from pathlib import Path

from feira.contracts.payments import Payments
from feira.kernel.card import Card, Gauge
from feira.payments.events import HANDLERS
from feira.payments.http import routes
from feira.payments.jobs import JOBS
from feira.payments.service import PaymentService
from feira.payments.service_books import money


async def gauges(payments: PaymentService) -> Sequence[Gauge]:
    """Money in minor units, by what it is and currency; `captured` includes what was `refunded` later."""
    return [
        Gauge("feira_payments_minor", "Money by state, in minor units.", {"state": state, "currency": currency}, amount)
        for state, currency, amount in await money(payments)
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
