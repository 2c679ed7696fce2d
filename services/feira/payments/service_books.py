"""The money counted: ours by itself, and ours against the gateways' own books."""

from collections.abc import AsyncIterator
from uuid import UUID

from msgspec import Struct

from feira.payments import store
from feira.payments.domain import Payment
from feira.payments.gateway import Booked, Listing
from feira.payments.service import PaymentService

PAGE = 1_000
_FIRST = UUID(int=0)
_LAST = UUID(int=(1 << 128) - 1)


class Mismatch(Struct, frozen=True, kw_only=True):
    """A payment of which the gateway's books say something else. `settling`: work is due that is about to mend it."""

    reference: UUID
    ours: str
    theirs: str
    settling: bool


async def reconcile(payments: PaymentService) -> AsyncIterator[Mismatch]:
    """Every payment that our books and its gateway's tell differently, for those gateways that show theirs."""
    for method, gateway in payments.gateways.items():
        if not isinstance(gateway, Listing):
            continue
        after = _FIRST
        while after < _LAST:
            theirs = {booked.reference: booked for booked in await gateway.listed(after, PAGE)}
            until = max(theirs) if len(theirs) >= PAGE else _LAST
            async with payments.db.read() as tx:
                ours = await store.payments_between(tx, method, after, until)
                named = sorted(ours.keys() | theirs.keys())
                apart = [name for name in named if said_by_us(ours.get(name)) != said_by_them(theirs.get(name))]
                refunds = await store.refunds_of(tx, apart)
            for name in apart:
                payment = ours.get(name)
                waiting = any(refund.due_at is not None for refund in refunds.get(name, ()))
                yield Mismatch(
                    reference=name,
                    ours=said_by_us(payment),
                    theirs=said_by_them(theirs.get(name)),
                    settling=waiting or (payment is not None and payment.due_at is not None),
                )
            after = until


def said_by_us(payment: Payment | None) -> str:
    if payment is None:
        return "none"
    return _said(payment.state, payment.amount_minor, payment.currency, payment.refunded_minor)


def said_by_them(booked: Booked | None) -> str:
    return _said(booked.state, booked.amount_minor, booked.currency, booked.refunded_minor) if booked else "none"


def _said(state: str, amount_minor: int, currency: str, refunded_minor: int) -> str:
    if state in {"voided", "failed"}:
        return "none"  # No money is held, by whatever name.
    refunded = f", {refunded_minor} refunded" if refunded_minor else ""
    return f"{state} {amount_minor} {currency}{refunded}"
