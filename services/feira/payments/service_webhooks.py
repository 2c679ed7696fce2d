"""What gateways tell us by themselves. A webhook never says what is true: the gateway is asked for that."""

from typing import Literal
from uuid import UUID

from msgspec.structs import replace

from feira.kernel.errors import NotFound
from feira.kernel.ids import random_token
from feira.payments import store
from feira.payments.domain import Told, hear, hinted
from feira.payments.gateway import BadSignature, ask_of
from feira.payments.service import PaymentService
from feira.payments.service_changes import Changes

RAW_MAX = 64 * 1024


async def receive(payments: PaymentService, method: str, raw: bytes, signature: str | None) -> bool:
    """A webhook has come. False if its event was heard before, or is about no charge of ours: it has no effect.

    Refuses with NotFound for a gateway that is not ours, with BadSignature or Malformed for what it did not send.
    """
    gateway = payments.gateways.get(method)
    if gateway is None:
        raise NotFound
    if signature is None:
        raise BadSignature("the signature is missing")
    now = payments.clock()
    notice = gateway.read_webhook(raw, signature, now)
    if notice.order_id is not None:
        try:
            charge_id, reference = await _last_charge(payments, notice.order_id)
        except NotFound:
            return False
        notice = replace(notice, charge_id=charge_id, reference=reference)
    async with payments.db.tx() as tx:
        # The gateway's name for the charge decides, or ours while we wait for its: an order may have had several charges.
        found = await store.find_charge(tx, method, notice.charge_id, notice.reference)
        if found is None or not await store.remember_webhook(tx, method, notice.event_id, now):
            return False
        order_id, payment_id = found
        changes = await Changes.lock(tx, [order_id], now)
        payment = changes[payment_id]
        local = payments.local(payment)
        told: Told | None = None
        if local is not None:
            await local.learn(tx, replace(notice, reference=payment_id))
            [told] = await local.within(tx, [ask_of(payment, "find")])
        if told is not None:
            changes.apply(hear(payment, "find", told, now), f"webhook: {told.state}")
        else:
            changes.apply(hinted(payment, now), "webhook")
        await changes.save(tx)
    payments.wake()
    return True


async def send_outcome(payments: PaymentService, order_id: UUID, outcome: Literal["paid", "failed"]) -> str:
    """Have the test gateway send its webhook about an order's last payment; answers the event's id."""
    practice = payments.practice
    if practice is None:
        raise NotFound
    charge_id, payment_id = await _last_charge(payments, order_id)
    event_id = f"evt_{random_token(128)}"
    raw, signature = practice.compose_webhook(event_id, charge_id, outcome, payments.clock(), payment_id)
    await receive(payments, "test", raw, signature)
    return event_id


async def _last_charge(payments: PaymentService, order_id: UUID) -> tuple[str, UUID]:
    """What the test gateway calls an order's last payment, and what we call it."""
    async with payments.db.read() as tx:
        payment = await store.last_payment(tx, order_id, "test")
    practice = payments.practice
    charge_id = await practice.charge_id_of(payment.id) if payment and practice else None
    if payment is None or charge_id is None:
        raise NotFound("the test gateway has no charge for this order")
    return charge_id, payment.id
