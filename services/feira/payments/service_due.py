"""What gateways are asked when nobody waits: captures, voids, refunds, and what became of a payment."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import TypeVar
from uuid import UUID

from feira.kernel.db import LOST
from feira.payments import store
from feira.payments.domain import DELAY_MAX_S, OVER, UNCLAIMED_S, Told, given_up
from feira.payments.gateway import CALL_TIMEOUT_S, CALLS_MAX
from feira.payments.service import PaymentService
from feira.payments.service_changes import Changes
from feira.payments.service_near import Work, ask_near, ask_within, due_work, hear_all

ORDERS_MAX = 256  # In one round.
LEASE_S = 3 * CALL_TIMEOUT_S  # How long work that was taken is left to the one who took it.
GRACE_S = 120  # After a start, events that waited for us are heard before anything is called unclaimed.
WEBHOOKS_KEPT_S = 7 * 24 * 3600  # Far longer than a webhook may be old.
FORGET_MAX = 5_000
WALK_MAX = 5_000  # Payments looked at in one round.

T = TypeVar("T")


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
        changes = await Changes.lock(tx, orders, payments.clock())
        at_once, others = await ask_within(tx, payments, await due_work(tx, changes))
        hear_all(payments, changes, at_once)
        others = others[:CALLS_MAX]
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
        hear_all(payments, changes, answers)
        await changes.save(tx)
    return True


async def release_unclaimed(payments: PaymentService) -> bool:
    """Let go of money that no order stands on, and forget old webhooks. True if there is more to do.

    Every payment is looked at once, when it is UNCLAIMED_S old. That an order stands is known by its event alone; so that
    a backlog of events is not mistaken for silence, nothing is let go of shortly after a start.
    """
    now = payments.clock()
    if now - payments.started_at < timedelta(seconds=GRACE_S):
        return False
    async with payments.db.tx() as tx:
        limit = now - timedelta(seconds=UNCLAIMED_S)
        orders, more = await store.walk_unclaimed(tx, limit, WALK_MAX)
        changes = await Changes.lock(tx, orders, now)
        for payment in changes.all():
            if payment.created_at < limit and payment.state not in OVER:
                changes.apply(given_up(payment, now), "unclaimed")
        await ask_near(tx, payments, changes)
        await changes.save(tx)
        forgotten = await store.forget_webhooks(tx, now - timedelta(seconds=WEBHOOKS_KEPT_S), FORGET_MAX)
    if changes.leave_work():
        payments.wake()
    return more or forgotten >= FORGET_MAX
