"""What gateways are asked when nobody waits: captures, voids, refunds, and what became of a payment."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import TypeVar
from uuid import UUID

from feira.kernel.db import LOST, Tx
from feira.payments import store
from feira.payments.domain import DELAY_MAX_S, UNCLAIMED_S, Change, Payment, Refund, Told, given_up, hear, later, step
from feira.payments.gateway import CALL_TIMEOUT_S, CALLS_MAX, Ask, LocalGateway, ask_of, ask_of_refund
from feira.payments.service import PaymentService
from feira.payments.service_changes import Changes

ORDERS_MAX = 256  # In one round.
LEASE_S = 3 * CALL_TIMEOUT_S  # How long work that was taken is left to the one who took it.
GRACE_S = 120  # After a start, events that waited for us are heard before anything is called unclaimed.
WEBHOOKS_KEPT_S = 7 * 24 * 3600  # Far longer than a webhook may be old.
FORGET_MAX = 5_000

T = TypeVar("T")

# Work for a gateway: a payment's next step, or a refund.
Work = tuple[Payment, Refund | None, Ask]


async def perform_due(payments: PaymentService) -> bool:
    """Ask the gateways for what is due. True if there may be more.

    Gateways that work within our transactions are asked in the one that records their answers; the others are asked
    between two: the first takes the work for LEASE_S, the second records. A crash in between repeats a call, and all
    calls are idempotent.
    """
    now = payments.clock()
    async with payments.db.read() as tx:
        due = await store.orders_due(tx, now, ORDERS_MAX)
        refunding = await store.orders_with_refunds_due(tx, now, ORDERS_MAX)
    orders = sorted({*due, *refunding})
    more = await _apart(payments, orders, lambda some: _perform(payments, some), lambda order_id: order_id)
    return more or max(len(due), len(refunding)) >= ORDERS_MAX


async def _apart(
    payments: PaymentService,
    items: Sequence[T],
    run: Callable[[Sequence[T]], Awaitable[bool]],
    order_of: Callable[[T], UUID],
) -> bool:
    """Run these items together; when that fails, half and half, so that a bad one never stops the others."""
    if not items:
        return False
    try:
        return await run(items)
    except LOST:
        raise
    except Exception as failure:
        if len(items) == 1:
            order_id = order_of(items[0])
            payments.log.exception("payment_stuck", order_id=str(order_id), error=repr(failure))
            async with payments.db.tx() as tx:
                await store.put_off(tx, order_id, payments.clock() + timedelta(seconds=DELAY_MAX_S))
            return False
    middle = len(items) // 2
    return any([await _apart(payments, half, run, order_of) for half in (items[:middle], items[middle:])])


async def _perform(payments: PaymentService, orders: Sequence[UUID]) -> bool:
    async with payments.db.tx() as tx:
        changes, work = await _take(tx, payments, orders)
        at_once, others = await _within(tx, payments, work)
        _hear(payments, changes, at_once)
        until = changes.now + timedelta(seconds=LEASE_S)
        for payment, refund, _ in others:
            if refund is not None:
                changes.delay_refund(refund, until)
            else:
                changes.lease(payment.id, until)
        await changes.save(tx)
    if not others:
        return changes.leave_work()
    told = await asyncio.gather(*[payments.calls.ask(payment.method, ask) for payment, _, ask in others])
    answers = list(zip(others, told, strict=True))
    await _apart(payments, answers, lambda some: _record(payments, some), lambda answer: answer[0][0].order_id)
    return True


async def _record(payments: PaymentService, answers: Sequence[tuple[Work, Told]]) -> bool:
    async with payments.db.tx() as tx:
        changes = await Changes.lock(tx, {payment.order_id for (payment, _, _), _ in answers}, payments.clock())
        await changes.load_refunds(tx, {payment.id for (payment, refund, _), _ in answers if refund is not None})
        _hear(payments, changes, answers)
        await changes.save(tx)
    return True


async def _take(tx: Tx, payments: PaymentService, orders: Sequence[UUID]) -> tuple[Changes, list[Work]]:
    """What is due of these orders, now that they are locked."""
    changes = await Changes.lock(tx, orders, payments.clock())
    work: list[Work] = []
    for payment in changes.all():
        if payment.due_at is not None and payment.due_at <= changes.now:
            if (verb := step(payment)) is not None:
                work.append((payment, None, ask_of(payment, verb)))
            else:  # What was due came about in another way.
                changes.apply(Change(later(payment, changes.now)), "due")
    await changes.load_refunds(tx, [p.id for p in changes.all() if p.state == "captured"])
    for refund in changes.refunds_due():
        payment = changes[refund.payment_id]
        work.append((payment, refund, ask_of_refund(payment, refund)))
    return changes, work


async def _within(tx: Tx, payments: PaymentService, work: Sequence[Work]) -> tuple[list[tuple[Work, Told]], list[Work]]:
    """What was answered within this transaction, and what is left for calls, at most CALLS_MAX of them."""
    groups: dict[LocalGateway, list[Work]] = {}
    others: list[Work] = []
    for item in work:
        if (gateway := payments.local(item[0])) is not None:
            groups.setdefault(gateway, []).append(item)
        elif len(others) < CALLS_MAX:
            others.append(item)
    at_once: list[tuple[Work, Told]] = []
    for gateway, items in groups.items():
        for item, told in zip(items, await gateway.within(tx, [ask for _, _, ask in items]), strict=True):
            if told is not None:
                at_once.append((item, told))
            else:
                others.append(item)
    return at_once, others


def _hear(payments: PaymentService, changes: Changes, answers: Sequence[tuple[Work, Told]]) -> None:
    for (payment, refund, ask), told in answers:
        if refund is not None:
            after = changes.hear_refund(refund, told)
            if after.state == "refused":
                payments.log.error(
                    "refund_refused", payment_id=str(payment.id), refund_id=str(refund.id), reason=told.reason
                )
            continue
        now_is = changes[payment.id]
        changes.apply(hear(now_is, ask.verb, told, changes.now), f"{ask.verb}: {told.state}")


async def release_unclaimed(payments: PaymentService) -> bool:
    """Let go of money that no order stands on, and forget old webhooks. True if there is more to do.

    That an order stands is known by its event alone; so that a backlog of events is not mistaken for silence, nothing
    is let go of shortly after a start.
    """
    now = payments.clock()
    if now - payments.started_at < timedelta(seconds=GRACE_S):
        return False
    async with payments.db.tx() as tx:
        orders = await store.orders_unclaimed(tx, now - timedelta(seconds=UNCLAIMED_S), ORDERS_MAX)
        changes = await Changes.lock(tx, orders, now)
        limit = now - timedelta(seconds=UNCLAIMED_S)
        for payment in changes.all():
            if payment.created_at < limit:
                changes.apply(given_up(payment, now), "unclaimed")
        await changes.save(tx)
        forgotten = await store.forget_webhooks(tx, now - timedelta(seconds=WEBHOOKS_KEPT_S), FORGET_MAX)
    if orders:
        payments.wake()
    return len(orders) >= ORDERS_MAX or forgotten >= FORGET_MAX
