"""What payments promises: money set aside, taken when the order stands, given back when it falls."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar, Literal, Protocol, TypeAlias
from uuid import UUID

from feira.kernel.errors import Refused
from feira.kernel.message import Event, Message, remote


class Authorize(Message, frozen=True, kw_only=True):
    """Set this amount aside for this order, in the currency's minor unit. `method` names the gateway."""

    order_id: UUID
    amount_minor: int
    currency: str
    method: str
    token: str


class Authorized(Message, frozen=True, kw_only=True):
    """The payment's id, and whether the money is set aside or its fate is yet unknown (`pending`)."""

    payment_id: UUID
    status: Literal["authorized", "pending"]
    amount_minor: int
    currency: str


class Waiting(Message, frozen=True, kw_only=True):
    """The payment is recorded, and its gateway is being asked: `settled` answers what it says."""

    payment_id: UUID


class Void(Message, frozen=True, kw_only=True):
    """Give up the order's payment: the checkout did not come to an order."""

    order_id: UUID
    payment_id: UUID


class Voided(Message, frozen=True, kw_only=True):
    done: bool


class MethodsAsk(Message, frozen=True, kw_only=True):
    """No more is to be said."""


PracticeOutcome: TypeAlias = Literal["paid", "declined", "insufficient_funds", "gateway_error", "unanswered", "pending"]


class PracticeToken(Message, frozen=True, kw_only=True):
    """What stands for a payer where no money moves; `outcome` is what comes of it."""

    token: str
    outcome: PracticeOutcome


class Method(Message, frozen=True, kw_only=True):
    """A way to pay. `names` are by language, the shop's own languages all being there; `kind` tells a page which fields it
    needs; `tokens` are what may be typed in place of a card, where that is all there is.
    """

    id: str
    kind: Literal["test"]
    names: dict[str, str]
    tokens: tuple[PracticeToken, ...] = ()


class Methods(Message, frozen=True, kw_only=True):
    methods: tuple[Method, ...]


class HistoryAsk(Message, frozen=True, kw_only=True):
    payment_id: UUID


class Step(Message, frozen=True, kw_only=True):
    """What a payment became, and when we knew it."""

    at: datetime
    state: Literal["asked", "pending", "authorized", "captured", "voided", "failed"]


class History(Message, frozen=True, kw_only=True):
    """The first first. When it was new is not told: that was when its order was placed."""

    steps: tuple[Step, ...]


class Declined(Refused):
    """The payer's bank said no; `extra["reason"]` is `declined` or `insufficient_funds`."""

    status = 402
    code = "payment_declined"
    title = "The payment was declined"


class GatewayFailed(Refused):
    """The gateway failed and certainly holds nothing; the same request may be sent again."""

    status = 502
    code = "gateway_error"
    title = "The payment gateway failed; nothing was taken"


class OrderStands(Refused):
    """An order stands on this payment already: its amount cannot be changed by asking again."""

    code = "order_stands"
    title = "The order was placed with another amount"


class Payments(Protocol):
    """Each method answers item by item, in order; an item's refusal never touches its neighbours."""

    @remote(idempotent=True)
    async def authorize(self, asks: Sequence[Authorize]) -> Sequence[Authorized | Waiting | Refused]:
        """Set money aside, without waiting for any gateway: what is not decided at once is `Waiting`. The same order and
        amount again: the same answer (a declined payment may be tried with another token). Another amount: the former
        is voided and a new payment begun.
        """
        ...

    @remote(idempotent=True, deadline_s=15)  # Longer than a gateway is waited for.
    async def settled(self, asks: Sequence[Authorize]) -> Sequence[Authorized | Refused]:
        """What became of asks that were answered with `Waiting`, once their gateways have answered. It lasts as long as
        the slowest of them: ask for one at a time.
        """
        ...

    @remote(idempotent=True)
    async def void(self, asks: Sequence[Void]) -> Sequence[Voided | Refused]:
        """Give money back that no order stands for. Twice is the same as once."""
        ...

    @remote(idempotent=True)
    async def history(self, ask: HistoryAsk) -> History:
        """What became of a payment; nothing, if there is no such payment."""
        ...

    @remote(idempotent=True)
    async def methods(self, ask: MethodsAsk) -> Methods:
        """The ways to pay that are offered; they are the same until the shop is started anew."""
        ...


class _PaymentEvent(Event, frozen=True, kw_only=True):
    order_id: UUID
    payment_id: UUID
    amount_minor: int
    currency: str

    @property
    def key(self) -> str:
        return str(self.order_id)


class PaymentAuthorized(_PaymentEvent, frozen=True, kw_only=True):
    """A payment that was pending turned out well: the money is set aside (or already taken, by the gateway's choice)."""

    topic: ClassVar[str] = "payments.authorized.v1"


class PaymentCaptured(_PaymentEvent, frozen=True, kw_only=True):
    topic: ClassVar[str] = "payments.captured.v1"


class PaymentFailed(_PaymentEvent, frozen=True, kw_only=True):
    """The money will not come: a pending payment failed, or a capture was refused for good."""

    topic: ClassVar[str] = "payments.failed.v1"
    reason: str


class PaymentVoided(_PaymentEvent, frozen=True, kw_only=True):
    topic: ClassVar[str] = "payments.voided.v1"


class PaymentRefunded(_PaymentEvent, frozen=True, kw_only=True):
    """`amount_minor` went back to the payer for `refund_id`."""

    topic: ClassVar[str] = "payments.refunded.v1"
    refund_id: UUID
