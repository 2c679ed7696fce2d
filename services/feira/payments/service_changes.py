"""Changes to payments gathered within one transaction, and written together: rows, refunds, journal and events."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from msgspec.structs import replace

from feira.kernel import metrics
from feira.kernel.db import Tx
from feira.kernel.events import emit
from feira.payments import store
from feira.payments.domain import (
    OVER,
    Change,
    Happened,
    Payment,
    Refund,
    Told,
    hear_refund,
    release_refund,
    wanted_refund,
)

MONEY = metrics.counter(
    "feira_money_minor", "Money captured, and refunded of it, in minor units.", ["what", "currency"]
)


class Changes:
    """Holds the payments of some orders, locked, as they become; `save` writes what has changed."""

    def __init__(self, payments: dict[UUID, list[Payment]], now: datetime) -> None:
        self.now = now
        self._first = {p.id: p for attempts in payments.values() for p in attempts}
        self._payments = dict(self._first)
        # All payments of an order share one count, since the order is what their events are about.
        self._versions = {order_id: max(p.version for p in attempts) for order_id, attempts in payments.items()}
        self._events: list[Happened] = []
        self._journal: list[store.Entry] = []
        self._refunds: dict[UUID, list[Refund]] = {}
        self._refunds_first: dict[UUID, Refund] = {}

    @classmethod
    async def lock(cls, tx: Tx, order_ids: Iterable[UUID], now: datetime) -> "Changes":
        return cls(await store.lock_payments(tx, set(order_ids)), now)

    def __getitem__(self, payment_id: UUID) -> Payment:
        """The payment as it is by now. An unknown one is a KeyError: nobody names a payment that we did not make."""
        return self._payments[payment_id]

    def all(self) -> list[Payment]:
        return list(self._payments.values())

    def apply(self, change: Change, cause: str) -> bool:
        """Whether it changes anything."""
        payment, before = change.payment, self._payments[change.payment.id]
        self._tell(payment, change.events)
        if (payment.state, payment.goal) != (before.state, before.goal):
            self._journal.append(store.Entry(payment.id, payment.state, payment.goal, before.state, before.goal, cause))
        return payment is not before

    def _tell(self, payment: Payment, events: Iterable[Happened]) -> None:
        for event in events:
            self._versions[payment.order_id] += 1
            self._events.append(replace(event, version=self._versions[payment.order_id]))
            payment = replace(payment, version=self._versions[payment.order_id])
        self._payments[payment.id] = payment

    def lease(self, payment_id: UUID, until: datetime) -> None:
        """Somebody asks the gateway about this payment: nobody else does until then."""
        self._payments[payment_id] = replace(self._payments[payment_id], due_at=until)

    async def load_refunds(self, tx: Tx, payment_ids: Iterable[UUID]) -> None:
        found = await store.refunds_of(tx, missing) if (missing := set(payment_ids) - self._refunds.keys()) else {}
        for payment_id in missing:
            self._refunds[payment_id] = found.get(payment_id, [])
            self._refunds_first |= {refund.id: refund for refund in self._refunds[payment_id]}

    def refunds_due(self) -> list[Refund]:
        """Of those that were loaded."""
        every = [refund for refunds in self._refunds.values() for refund in refunds]
        return [refund for refund in every if refund.due_at is not None and refund.due_at <= self.now]

    def want_refund(self, payment_id: UUID, refund_id: UUID, amount_minor: int) -> bool:
        """False if it was wanted before, or nothing is left to give back. The payment's refunds must have been loaded."""
        refunds = self._refunds[payment_id]
        wanted = wanted_refund(self._payments[payment_id], refunds, refund_id, amount_minor, self.now)
        if wanted is not None:
            refunds.append(wanted)
        return wanted is not None

    def hear_refund(self, refund: Refund, told: Told) -> Refund:
        """Apply the gateway's answer about a refund of a payment whose refunds were loaded."""
        refunds = self._refunds[refund.payment_id]
        [place] = [n for n, one in enumerate(refunds) if one.id == refund.id]
        refunds[place], payment, events = hear_refund(self._payments[refund.payment_id], refunds[place], told, self.now)
        self._tell(payment, events)
        return refunds[place]

    def delay_refund(self, refund: Refund, until: datetime) -> None:
        refunds = self._refunds[refund.payment_id]
        refunds[refunds.index(refund)] = replace(refund, due_at=until)

    def leave_work(self) -> bool:
        """Whether something is due already, as it stands after `save`."""
        due = any(p.due_at is not None and p.due_at <= self.now for p in self._payments.values())
        return due or bool(self.refunds_due())

    async def want_releases(self, tx: Tx) -> None:
        """Of what was captured and is to be let go, all that is left goes back."""
        leaving = [p for p in self._changed() if p.state == "captured" and p.goal == "release"]
        await self.load_refunds(tx, [p.id for p in leaving])
        for payment in leaving:
            if (refund := release_refund(payment, self._refunds[payment.id], self.now)) is not None:
                self._refunds[payment.id].append(refund)

    def _changed(self) -> list[Payment]:
        return [p for p in self._payments.values() if p is not self._first[p.id] and p != self._first[p.id]]

    async def save(self, tx: Tx) -> None:
        await self.want_releases(tx)
        changed = self._changed()
        turned = [p for p in changed if p.state != self._first[p.id].state]
        refunds = [refund for refunds in self._refunds.values() for refund in refunds]
        await store.update_payments(tx, changed)
        await store.insert_refunds(tx, [r for r in refunds if r.id not in self._refunds_first])
        await store.update_refunds(
            tx, [r for r in refunds if r.id in self._refunds_first and r != self._refunds_first[r.id]]
        )
        captured = [p.id for p in turned if p.state == "captured"]
        over = [p.id for p in turned if p.state in OVER]
        if captured or over:
            await store.free_refunds(tx, captured, over, self.now)
        await store.write_journal(tx, self._journal, self.now)
        await emit(tx, *self._events)
        for payment in changed:
            _count(self._first[payment.id], payment)


def _count(before: Payment, after: Payment) -> None:
    """Money that moves, on the point of being committed: if that fails it counts again with the next try."""
    if after.state == "captured" != before.state:
        MONEY.labels("captured", after.currency).inc(after.amount_minor)
    if back_minor := after.refunded_minor - before.refunded_minor:
        MONEY.labels("refunded", after.currency).inc(back_minor)
