"""What orders makes of news about money and goods from the other services."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import msgspec

from feira.contracts.catalog import SaleFailed
from feira.contracts.orders import OrderCancelled, OrderConfirmed
from feira.contracts.payments import (
    PaymentAuthorized,
    PaymentCaptured,
    PaymentFailed,
    PaymentRefunded,
    PaymentVoided,
)
from feira.kernel.card import Context
from feira.kernel.db import Tx
from feira.kernel.events import emit
from feira.orders import domain, domain_payment, store, store_attempts, store_desk
from feira.orders.domain import Order, Status
from feira.orders.domain_payment import Paid, PaymentNews
from feira.orders.domain_sales import sold
from feira.orders.service_sales import Ledger
from feira.orders.store_desk import GivenBack

PENDING_MAX_S = 20 * 60  # Longer than a payment may stay unsettled: who is pending now was forgotten somewhere.
RECONCILED_MAX = 100

_KINDS: Mapping[str, type[PaymentNews]] = {
    kind.topic: kind for kind in (PaymentAuthorized, PaymentCaptured, PaymentFailed, PaymentVoided, PaymentRefunded)
}


def refund_of_cancellation(order_id: UUID) -> UUID:
    """The one refund that a cancellation can make."""
    return uuid5(order_id, "cancelled")


async def cancel(tx: Tx, order: Order, reason: str, actor: UUID | None, *, restock: bool = True) -> OrderCancelled:
    """Cancel an order whose row is locked, write down what goes back, and announce it."""
    after, event = domain.cancel(order, reason, refund_of_cancellation(order.id), restock=restock)
    await store.save(tx, [after])
    await store_desk.note_turn(tx, order.id, "cancelled", actor)
    # What was not taken yet is no refund, unless it is taken after all and payments gives it back.
    if event.refund_minor and order.captured_minor:
        await store_desk.insert_refunds(
            tx,
            [
                GivenBack(
                    id=event.refund_id,
                    order_id=order.id,
                    amount_minor=event.refund_minor,
                    reason=reason,
                    lines=(),
                    actor=actor,
                    decided_at=datetime.now(UTC),
                )
            ],
        )
    await emit(tx, event)
    return event


class Money:
    """Keeps orders in step with their payments."""

    def __init__(self, ctx: Context, ledger: Ledger) -> None:
        self._db = ctx.db
        self._log = ctx.log
        self._ledger = ledger

    async def hear(self, tx: Tx, news: Sequence[PaymentNews]) -> None:
        """Take in news about payments, in order. What is about an order that is yet to be committed waits for it."""
        came, went = await self._hear(tx, news)
        await self._ledger.count(tx, came=came, went=went)

    async def _hear(self, tx: Tx, news: Sequence[PaymentNews]) -> tuple[list[UUID], list[UUID]]:
        paid = await store.lock_paid(tx, [one.order_id for one in news])
        unknown = {one.order_id for one in news} - paid.keys()
        if unknown:
            # A commit holds its attempt's lock until its order is there; whoever has that lock knows.
            attempts = await store_attempts.lock(tx, dict.fromkeys(unknown, UUID(int=0)))
            paid |= await store.lock_paid(tx, list(unknown))
            for one in news:
                if one.order_id in attempts and one.order_id not in paid:
                    await store_attempts.keep_early(
                        tx, one.order_id, {"topic": one.topic, "event": msgspec.to_builtins(one)}
                    )
        return await self._take_in(tx, [one for one in news if one.order_id in paid], paid)

    async def hear_captured(self, tx: Tx, news: Sequence[PaymentCaptured]) -> None:
        """Take in that money was taken: most orders wait for just that, and are done with it."""
        done = await store.capture(tx, [(one.order_id, one.payment_id, one.amount_minor) for one in news])
        came, went = (
            await self._hear(tx, rest) if (rest := [one for one in news if one.order_id not in done]) else ([], [])
        )
        await self._ledger.count(tx, came=[*done, *came], went=went)

    async def hear_early(self, tx: Tx, order_id: UUID, early: Sequence[Mapping[str, Any]]) -> None:
        """Take in what was heard before the order, which this transaction has just written."""
        if not early:
            return
        news = [msgspec.convert(one["event"], _KINDS[one["topic"]]) for one in early]
        came, went = await self._take_in(tx, news, await store.lock_paid(tx, [order_id]))
        await self._ledger.count(tx, came=came, went=went)

    async def _take_in(
        self, tx: Tx, news: Sequence[PaymentNews], paid: Mapping[UUID, Paid]
    ) -> tuple[list[UUID], list[UUID]]:
        """Answers which orders have come to be sold by it, and which are so no longer."""
        now = dict(paid)
        causes: dict[UUID, PaymentNews] = {}
        verdicts: dict[UUID, domain_payment.Verdict] = {}
        for one in news:
            if isinstance(one, PaymentRefunded) and not await self._is_new(tx, one, now[one.order_id]):
                continue
            now[one.order_id], verdict = domain_payment.hear(now[one.order_id], one)
            if verdict != "nothing":
                causes[one.order_id] = one
            if verdicts.get(one.order_id) != "cancel":  # Nothing later raises it again.
                verdicts[one.order_id] = verdict
        changed = [after for order_id, after in now.items() if after != paid[order_id]]
        if changed:
            await store.save_paid(tx, changed)
        deciding = [order_id for order_id, verdict in verdicts.items() if verdict != "nothing"]
        fates: dict[UUID, Status] = {}
        for order_id, order in (await store.read(tx, deciding)).items() if deciding else ():
            if verdicts[order_id] == "confirm":
                await self._confirm(tx, order)
                fates[order_id] = "confirmed"
            elif domain.may_be_cancelled(order):
                cause = causes[order_id]
                await cancel(tx, order, cause.reason if isinstance(cause, PaymentFailed) else "payment_voided", None)
                fates[order_id] = "cancelled"
        was = {order_id for order_id, one in paid.items() if sold(one.status, one.payment_status)}
        is_ = {order_id for order_id, one in now.items() if sold(fates.get(order_id, one.status), one.payment_status)}
        return [*(is_ - was)], [*(was - is_)]

    async def _is_new(self, tx: Tx, news: PaymentRefunded, paid: Paid) -> bool:
        if news.payment_id != paid.payment_id:
            return False
        fallen = news.refund_id == refund_of_cancellation(news.order_id)
        reason = "cancelled" if fallen else "given back by the gateway"
        return await store_desk.refund_done(tx, news.refund_id, news.order_id, news.amount_minor, reason)

    async def _confirm(self, tx: Tx, order: Order) -> OrderConfirmed:
        after, event = domain.confirm(order)
        await store.save(tx, [after])
        await store_desk.note_turn(tx, order.id, "confirmed", None)
        await emit(tx, event)
        return event

    async def hear_sale_failed(self, tx: Tx, news: Sequence[SaleFailed]) -> None:
        """The goods of these orders are gone: they are cancelled, and their money goes back."""
        went: list[UUID] = []
        for order in (await store.lock(tx, [one.order_id for one in news])).values():
            if domain.may_be_cancelled(order):
                await cancel(tx, order, "out_of_stock", None, restock=False)
                if sold(order.status, order.payment_status):
                    went.append(order.id)
        await self._ledger.count(tx, went=went)

    async def reconcile(self) -> bool:
        """Cancel orders whose payment was never heard of again. True if there may be more of them."""
        before = datetime.now(UTC) - timedelta(seconds=PENDING_MAX_S)
        async with self._db.tx() as tx:
            stale = await store_desk.pending_since(tx, before, RECONCILED_MAX)
            for order in (await store.lock(tx, stale)).values():
                if order.status == "pending":
                    self._log.warning("order_pending_too_long", order=str(order.id))
                    await cancel(tx, order, "payment_unanswered", None)
        return len(stale) == RECONCILED_MAX
