"""What is done with orders after they stand: cancelled, sent, refunded."""

from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID

import msgspec

from feira.contracts.audit import StaffActed
from feira.kernel.card import Context
from feira.kernel.db import Tx
from feira.kernel.errors import NotFound
from feira.kernel.events import emit
from feira.kernel.ids import uuid7
from feira.orders import domain, domain_names, domain_refunds, store, store_desk
from feira.orders.domain import NotCancellable, Order
from feira.orders.domain_checkout import KeyReused
from feira.orders.domain_refunds import Return
from feira.orders.domain_sales import sold
from feira.orders.service_money import cancel
from feira.orders.service_sales import Ledger
from feira.orders.store_desk import GivenBack, Sent


class UnknownOrder(NotFound):
    code = "unknown_order"
    title = "There is no such order"


class RefundAsk(msgspec.Struct, frozen=True, kw_only=True):
    """Give this amount back, or for these goods, or with neither all that is left. `key` is the asker's word for it."""

    key: str
    digest: bytes
    reason: str
    amount_minor: int | None = None
    returns: tuple[Return, ...] = ()


class Desk:
    """The back office's work on orders, each act told to the journal."""

    def __init__(self, ctx: Context, ledger: Ledger) -> None:
        self._db = ctx.db
        self._ledger = ledger

    async def cancel(self, order_id: UUID, reason: str, staff: UUID | None) -> Order:
        """The cancelled order; twice is the same as once. Refuses with NotCancellable once goods have left the house."""
        async with self._db.tx() as tx:
            order = await _locked(tx, order_id)
            if order.status == "cancelled":
                return order
            if not domain.may_be_cancelled(order):
                raise NotCancellable(f"The order is {order.status} and its fulfilment {order.fulfilment_status}")
            event = await cancel(tx, order, reason, staff)
            if sold(order.status, order.payment_status):
                await self._ledger.count(tx, went=[order_id])
            if staff is not None:
                await _tell(tx, staff, "orders.cancelled", order, {"reason": reason, "refund": event.refund_minor})
            return (await store.read(tx, [order_id]))[order_id]

    async def fulfil(
        self, order_id: UUID, lines: Mapping[str, int], carrier: str | None, tracking: str | None, staff: UUID
    ) -> Sent:
        """So many units of these skus have left the house."""
        async with self._db.tx() as tx:
            order = await _locked(tx, order_id)
            sent = Sent(
                id=uuid7(),
                order_id=order_id,
                lines=dict(lines),
                carrier=carrier,
                tracking=tracking,
                actor=staff,
                sent_at=datetime.now(UTC),
            )
            after, event = domain.fulfil(order, lines, sent.id, carrier, tracking)
            await store_desk.insert_fulfilment(tx, sent)
            await store.save(tx, [after])
            await store.save_lines(tx, after)
            await emit(tx, event)
            await _tell(tx, staff, "orders.fulfilled", order, {"lines": dict(lines), "tracking": tracking})
        return sent

    async def refund(self, order_id: UUID, ask: RefundAsk, staff: UUID) -> tuple[GivenBack, bool]:
        """The refund, and whether it had been decided before by the same request.

        The order's row is locked first, so that two refunds of one order are decided one after the other.
        """
        refund_id = domain_names.key_of(f"refund {staff}", ask.key)
        async with self._db.tx() as tx:
            order = await _locked(tx, order_id)
            if (before := await store_desk.refund(tx, refund_id)) is not None:
                return _same(before, ask), True
            decided = domain_refunds.decide(order, ask.amount_minor, ask.returns)
            given = GivenBack(
                id=refund_id,
                order_id=order_id,
                digest=ask.digest,
                amount_minor=decided.amount_minor,
                reason=ask.reason,
                lines=ask.returns,
                actor=staff,
                decided_at=datetime.now(UTC),
            )
            if not await store_desk.insert_refunds(tx, [given]):
                raise KeyReused  # The same word was used for another order at this moment.
            after, event = domain.refunded(decided.order, refund_id, decided.amount_minor, ask.reason, decided.restock)
            await store.save(tx, [after])
            await store.save_lines(tx, after)
            await emit(tx, event)
            await _tell(tx, staff, "orders.refunded", order, {"amount": given.amount_minor, "reason": ask.reason})
        return given, False


def _same(before: GivenBack, ask: RefundAsk) -> GivenBack:
    if before.digest != ask.digest:
        raise KeyReused
    return before


async def _locked(tx: Tx, order_id: UUID) -> Order:
    found = await store.lock(tx, [order_id])
    if order_id not in found:
        raise UnknownOrder
    return found[order_id]


async def _tell(tx: Tx, staff: UUID, action: str, order: Order, detail: Mapping[str, object]) -> None:
    await emit(
        tx,
        StaffActed(
            version=order.version + 1,
            actor=staff,
            action=action,
            target=order.number,
            detail=msgspec.json.encode(detail).decode(),
        ),
    )
