"""What is due of payments is asked of their gateways, within our transaction where the gateway can work there."""

from collections.abc import Sequence
from typing import Protocol

from structlog.typing import FilteringBoundLogger

from feira.kernel.db import Tx
from feira.payments.domain import Change, Payment, Refund, Told, hear, later, step
from feira.payments.gateway import Ask, LocalGateway, ask_of, ask_of_refund
from feira.payments.service_changes import Changes

ROUNDS_MAX = 4  # One answer may call for another ask: a capture that is refused is followed by a void.

# Work for a gateway: a payment's next step, or a refund.
Work = tuple[Payment, Refund | None, Ask]


class Near(Protocol):
    """Who knows which gateways are near."""

    log: FilteringBoundLogger

    def local(self, payment: Payment) -> LocalGateway | None: ...


async def ask_near(tx: Tx, near: Near, changes: Changes) -> None:
    """Do what is due now of these payments, as far as their gateways work within our transactions."""
    for _ in range(ROUNDS_MAX):
        await changes.want_releases(tx)
        work = [item for item in await due_work(tx, changes) if near.local(item[0]) is not None]
        at_once, _ = await ask_within(tx, near, work)
        if not at_once:
            return
        hear_all(near, changes, at_once)


async def due_work(tx: Tx, changes: Changes) -> list[Work]:
    """What is due of these payments, which are locked."""
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
    return work


async def ask_within(tx: Tx, near: Near, work: Sequence[Work]) -> tuple[list[tuple[Work, Told]], list[Work]]:
    """What was answered within this transaction, and what is left for calls."""
    groups: dict[LocalGateway, list[Work]] = {}
    others: list[Work] = []
    for item in work:
        if (gateway := near.local(item[0])) is not None:
            groups.setdefault(gateway, []).append(item)
        else:
            others.append(item)
    at_once: list[tuple[Work, Told]] = []
    for gateway, items in groups.items():
        for item, told in zip(items, await gateway.within(tx, [ask for _, _, ask in items]), strict=True):
            if told is not None:
                at_once.append((item, told))
            else:
                others.append(item)
    return at_once, others


def hear_all(near: Near, changes: Changes, answers: Sequence[tuple[Work, Told]]) -> None:
    for (payment, refund, ask), told in answers:
        if refund is not None:
            after = changes.hear_refund(refund, told)
            if after.state == "refused":
                near.log.error(
                    "refund_refused", payment_id=str(payment.id), refund_id=str(refund.id), reason=told.reason
                )
            continue
        now_is = changes[payment.id]
        changes.apply(hear(now_is, ask.verb, told, changes.now), f"{ask.verb}: {told.state}")
