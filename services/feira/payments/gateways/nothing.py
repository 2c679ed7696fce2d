"""Nothing to pay: an order that costs nothing asks no gateway, and is authorised and captured all the same."""

from collections.abc import Collection, Sequence
from uuid import UUID

from feira.kernel.db import Tx
from feira.payments.domain import Told
from feira.payments.gateway import Ask, Booking, Notice

_ANSWERS = {
    "authorize": Told("authorized"),
    "capture": Told("captured"),
    "void": Told("voided"),
    "find": Told("authorized"),
    "refund": Told("refunded"),
}


class NothingToPay:
    def first(self, asks: Sequence[Ask]) -> Booking | None:
        return Booking([_ANSWERS[ask.verb] for ask in asks])

    async def within(self, _tx: Tx, asks: Sequence[Ask]) -> Sequence[Told | None]:
        return [_ANSWERS[ask.verb] for ask in asks]

    async def take(self, _tx: Tx, references: Sequence[UUID]) -> Collection[UUID]:
        return references

    async def learn(self, _tx: Tx, _notice: Notice) -> None:
        """Nobody sends webhooks about nothing."""
