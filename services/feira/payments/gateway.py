"""What a payment gateway is to us, and how it is asked: with a deadline, boundedly, and never inside a transaction."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Literal, Protocol, assert_never, runtime_checkable
from uuid import UUID

import structlog
from msgspec import Struct

from feira.kernel.db import Tx
from feira.kernel.errors import Malformed
from feira.payments.domain import Payment, Refund, Told, Verb

AUTHORIZE_TIMEOUT_S = 3.0  # A buyer waits for it: a slower answer counts as lost.
CALL_TIMEOUT_S = 10.0
CALLS_MAX = 64  # At once, towards one gateway and for one kind of work, by each process.

_log = structlog.get_logger("payments")


class BadSignature(Malformed):
    code = "bad_signature"
    title = "The webhook's signature or time is not right"


class Charge(Struct, frozen=True, kw_only=True, gc=False):
    """One payment as a gateway is asked about it. `reference` is ours, `charge_id` the gateway's, once we know it."""

    reference: UUID
    amount_minor: int
    currency: str
    charge_id: str | None = None


class Notice(Struct, frozen=True, kw_only=True):
    """What a verified webhook is about. It says that something happened; what is true now, the gateway is asked."""

    event_id: str
    charge_id: str
    reference: UUID | None = None
    order_id: UUID | None = None  # In place of a charge: the order's last one.
    outcome: Literal["paid", "failed"] | None = None


class Gateway(Protocol):
    """A remote gateway. All of its calls are idempotent by our reference (a refund by its own id), and may be repeated.

    Each answers what the charge is afterwards. An adapter answers `down` only if certainly nothing was done; whatever
    it raises counts as `lost`.
    """

    def fault_of(self, token: str) -> str | None:
        """Why this cannot be one of the gateway's tokens, said before anything is recorded; None if it may be one."""
        ...

    async def authorize(self, charge: Charge, token: str) -> Told: ...

    async def capture(self, charge: Charge) -> Told:
        """Take the whole amount."""
        ...

    async def void(self, charge: Charge) -> Told:
        """Let go of the money, wherever it stands; of a charge that was captured, say so. A charge that the gateway does
        not know must not be made afterwards by a late call, or else the answer is `absent`.
        """
        ...

    async def refund(self, charge: Charge, refund_id: UUID, amount_minor: int) -> Told: ...

    async def find(self, charge: Charge) -> Told:
        """What the charge with our reference is now."""
        ...

    def read_webhook(self, raw: bytes, signature: str, now: datetime) -> Notice:
        """What a webhook says. Refuses with BadSignature what the gateway did not send, or not just now."""
        ...


class Ask(Struct, frozen=True, kw_only=True, gc=False):
    """A call to a gateway, as a value."""

    verb: Verb
    charge: Charge
    token: str = ""
    refund_id: UUID | None = None
    amount_minor: int = 0


class Booking(Struct, frozen=True, gc=False):
    """What a gateway answers to new charges, in order, and the statement that writes them into its books, if it keeps any."""

    told: Sequence[Told]
    insert: str = ""
    arguments: Sequence[object] = ()


@runtime_checkable
class LocalGateway(Protocol):
    """A gateway whose books lie in our own database: what it does at once can share our transaction, many at a time."""

    def first(self, asks: Sequence[Ask]) -> Booking | None:
        """How to authorise charges that it has not heard of, to be done in one statement with our own part; None if it takes
        its time for one of them. The statement fails if a charge is there.
        """
        ...

    async def within(self, tx: Tx, asks: Sequence[Ask]) -> Sequence[Told | None]:
        """Answers in order; None where the gateway takes its time and must be called like any other."""
        ...

    async def take(self, tx: Tx, references: Sequence[UUID]) -> Collection[UUID]:
        """Capture, of these charges, those that are authorised and of which the capture succeeds at once; answers which.
        The others are left as they are.
        """
        ...

    async def learn(self, tx: Tx, notice: Notice) -> None:
        """Write down what a webhook tells that the books do not say yet."""
        ...


class Booked(Struct, frozen=True, kw_only=True):
    """A line of a gateway's own books."""

    reference: UUID
    amount_minor: int
    currency: str
    state: str
    refunded_minor: int


@runtime_checkable
class Listing(Protocol):
    """A gateway that shows its books, to compare them with ours."""

    async def listed(self, after: UUID, limit: int) -> Sequence[Booked]:
        """Charges in order of our references, from the first after that one."""
        ...


def charge_of(payment: Payment) -> Charge:
    return Charge(
        reference=payment.id,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        charge_id=payment.charge_id,
    )


def ask_of(payment: Payment, verb: Verb) -> Ask:
    return Ask(verb=verb, charge=charge_of(payment))


def ask_of_refund(payment: Payment, refund: Refund) -> Ask:
    return Ask(verb="refund", charge=charge_of(payment), refund_id=refund.id, amount_minor=refund.amount_minor)


class Calls:
    """Calls to gateways: each has a deadline and a place among a bounded number, and ends in an answer."""

    def __init__(self, gateways: Mapping[str, Gateway]) -> None:
        self._gateways = gateways
        # Buyers and background work have their own places: when the one hangs, the other goes on.
        self._buyers = {name: asyncio.Semaphore(CALLS_MAX) for name in gateways}
        self._others = {name: asyncio.Semaphore(CALLS_MAX) for name in gateways}

    async def authorize(self, method: str, charge: Charge, token: str) -> Told:
        """Ask for money while a buyer waits."""
        ask = Ask(verb="authorize", charge=charge, token=token)
        return await self._ask(method, ask, self._buyers, AUTHORIZE_TIMEOUT_S)

    async def ask(self, method: str, ask: Ask) -> Told:
        """Ask for what nobody waits for."""
        return await self._ask(method, ask, self._others, CALL_TIMEOUT_S)

    async def _ask(self, method: str, ask: Ask, places: Mapping[str, asyncio.Semaphore], timeout_s: float) -> Told:
        gateway = self._gateways.get(method)
        if gateway is None:
            return Told("down", reason="not_offered")
        begun = False
        try:
            async with asyncio.timeout(timeout_s), places[method]:
                begun = True
                return await _call(gateway, ask)
        except TimeoutError:
            return Told("lost" if begun else "down", reason="timeout")
        except Exception as failure:  # noqa: BLE001 - an adapter's failure says nothing of the money.
            _log.warning(
                "gateway_call_failed", method=method, verb=ask.verb, payment_id=str(ask.charge.reference),
                error=repr(failure),
            )  # fmt: skip
            return Told("lost", reason="failed")


async def _call(gateway: Gateway, ask: Ask) -> Told:
    match ask.verb:
        case "authorize":
            return await gateway.authorize(ask.charge, ask.token)
        case "capture":
            return await gateway.capture(ask.charge)
        case "void":
            return await gateway.void(ask.charge)
        case "find":
            return await gateway.find(ask.charge)
        case "refund":
            assert ask.refund_id is not None  # noqa: S101 - so it was built.
            return await gateway.refund(ask.charge, ask.refund_id, ask.amount_minor)
        case _:
            assert_never(ask.verb)
