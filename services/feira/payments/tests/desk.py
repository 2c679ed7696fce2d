"""A shop's payments in tests: on a real database, with a clock that can be moved, and a gateway near or far."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from msgspec.structs import replace

from feira.contracts.goods import Address
from feira.contracts.orders import OrderCancelled, OrderConfirmed, OrderPlaced, OrderRefunded
from feira.contracts.payments import Authorize, Authorized, Void, Voided, Waiting
from feira.kernel.card import Context
from feira.kernel.errors import Refused
from feira.kernel.message import Event
from feira.payments import store
from feira.payments.card import card
from feira.payments.domain import Payment, Told
from feira.payments.gateway import Charge, Gateway
from feira.payments.gateways.test import name_of
from feira.payments.service import PaymentService
from feira.payments.service_books import reconcile
from feira.payments.service_due import perform_due

ROUNDS_MAX = 20


def order_fields(payment: Authorized, order_id: UUID, *, status: str = "confirmed") -> dict[str, Any]:
    return {
        "version": 1,
        "order_id": order_id,
        "number": "F-1",
        "status": status,
        "hold_id": uuid4(),
        "payment_id": payment.payment_id,
        "email": "ana@example.com",
        "lines": (),
        "shipping_address": Address(name="Ana", line1="Rua 1", city="Recife", postal_code="50000", country="BR"),
        "shipping_method": "flat",
        "currency": payment.currency,
        "subtotal_minor": payment.amount_minor,
        "discount_minor": 0,
        "shipping_minor": 0,
        "tax_minor": 0,
        "tax_included": False,
        "total_minor": payment.amount_minor,
        "placed_at": datetime(2025, 1, 1, tzinfo=UTC),
        "locale": "en",
    }


@dataclass
class Desk:
    """The payments service, what it says, and the hands of time."""

    service: PaymentService
    ctx: Context
    _hear: Callable[..., Awaitable[None]]
    _said: Callable[..., Awaitable[list[Event]]]
    shift: timedelta = field(default=timedelta())
    woken: list[str] = field(default_factory=list)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.shift

    def wait(self, seconds: float) -> None:
        self.shift += timedelta(seconds=seconds)

    @property
    def is_far(self) -> bool:
        """Whether its gateway is asked over calls, and not within our transactions."""
        return isinstance(self.service.gateways["test"], Remote)

    async def ask(
        self, token: str = "tok_ok", amount: int = 1_000, order_id: UUID | None = None, currency: str = "BRL"
    ) -> Authorized | Refused:
        ask = Authorize(
            order_id=order_id or uuid4(), amount_minor=amount, currency=currency, method="test", token=token
        )
        [answer] = await self.service.authorize([ask])
        if isinstance(answer, Waiting):
            [answer] = await self.service.settled([ask])
        return answer

    async def authorized(
        self, order_id: UUID, token: str = "tok_ok", amount: int = 1_000, currency: str = "BRL"
    ) -> Authorized:
        answer = await self.ask(token, amount, order_id, currency)
        assert isinstance(answer, Authorized), answer
        return answer

    async def voided(self, order_id: UUID, payment_id: UUID) -> bool:
        [answer] = await self.service.void([Void(order_id=order_id, payment_id=payment_id)])
        assert isinstance(answer, Voided), answer
        return answer.done

    async def hear(self, *events: Event, ids: Sequence[UUID] = ()) -> None:
        await self._hear(self.service, self.ctx.db, card, *events, ids=ids)

    async def placed(self, payment: Authorized, order_id: UUID, status: str = "confirmed") -> None:
        await self.hear(OrderPlaced(**order_fields(payment, order_id, status=status)))

    async def confirmed(self, payment: Authorized, order_id: UUID) -> None:
        await self.hear(OrderConfirmed(**order_fields(payment, order_id)))

    async def cancelled(self, payment: Authorized, order_id: UUID, refund_id: UUID | None = None) -> None:
        fields = order_fields(payment, order_id, status="cancelled")
        await self.hear(
            OrderCancelled(
                **fields, reason="asked", refund_id=refund_id or uuid4(), refund_minor=payment.amount_minor, restock=()
            )
        )

    async def refunded(self, payment: Authorized, order_id: UUID, amount: int, refund_id: UUID | None = None) -> None:
        fields = order_fields(payment, order_id)
        await self.hear(
            OrderRefunded(**fields, reason="asked", refund_id=refund_id or uuid4(), refund_minor=amount, restock=())
        )

    async def perform(self) -> None:
        """Do what is due now, until nothing is."""
        for _ in range(ROUNDS_MAX):
            if not await perform_due(self.service):
                return
        raise AssertionError("there is always more to do")

    async def said(self) -> list[Event]:
        return await self._said(self.ctx.db)

    async def agreed(self) -> None:
        """Our books and the gateway's say the same."""
        assert [one async for one in reconcile(self.service)] == []

    async def of_order(self, order_id: UUID) -> list[Payment]:
        async with self.ctx.db.tx() as tx:
            return (await store.lock_payments(tx, [order_id])).get(order_id, [])

    async def at_gateway(self, payment: Authorized | Payment) -> tuple[str, int]:
        """The state of the charge in the gateway's books, and what of it was refunded."""
        name = payment.payment_id if isinstance(payment, Authorized) else payment.id
        async with self.ctx.db.read() as tx:
            row = await tx.fetchrow("select state, refunds from test_gateway_charge where reference = $1", name)
        return (row["state"], sum(row["refunds"].values())) if row else ("none", 0)


MakeDesk = Callable[..., Awaitable[Desk]]


class Remote:
    """The test gateway as if it were far away: its face is that of any other, each call is one of its own, and it names its
    charges as it likes.
    """

    def __init__(self, far: Any) -> None:
        for name in ("fault_of", "read_webhook", "listed"):
            setattr(self, name, getattr(far, name))
        for name in ("authorize", "capture", "void", "refund", "find"):
            setattr(self, name, _naming(getattr(far, name)))


def _naming(call: Callable[..., Awaitable[Told]]) -> Callable[..., Awaitable[Told]]:
    async def named(charge: Charge, *more: Any) -> Told:
        told = await call(charge, *more)
        unknown = told.state in {"absent", "down", "lost"}
        return told if unknown else replace(told, charge_id=name_of(charge.reference))

    return named


def far_away(gateways: Mapping[str, Gateway]) -> dict[str, Any]:
    return {name: Remote(one) for name, one in gateways.items()}
