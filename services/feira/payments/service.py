"""The use cases of payments that a caller waits for: money is set aside, and given up again."""

import asyncio
import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from feira.contracts.payments import (
    Authorize,
    Authorized,
    Declined,
    GatewayFailed,
    OrderStands,
    Void,
    Voided,
)
from feira.kernel.batcher import Batcher
from feira.kernel.card import Context
from feira.kernel.db import Tx
from feira.kernel.errors import Invalid, Refused
from feira.kernel.ids import uuid7
from feira.payments import store
from feira.payments.domain import (
    AMOUNT_MINOR_MAX,
    ASKED_S,
    DECLINES,
    OPEN,
    Payment,
    Plan,
    Told,
    answered,
    given_up,
    plan,
)
from feira.payments.gateway import Ask, Calls, Gateway, LocalGateway, charge_of
from feira.payments.gateways.nothing import NothingToPay
from feira.payments.gateways.test import PracticeGateway
from feira.payments.service_changes import Changes

JOB = "perform"  # The job that asks gateways for what is due.
LANES = 2
TRIES_MAX = 5
TOKEN_LENGTH_MAX = 255

_NOTHING_TO_PAY = NothingToPay()


class Raced(Exception):  # noqa: N818 - it never leaves this module.
    """Another process has made the same attempts meanwhile; what it did will be seen."""


class Opening(Struct, frozen=True):
    ask: Authorize
    token_digest: bytes


class Opened(Struct, frozen=True):
    """A payment that is recorded, and must now be asked for."""

    payment: Payment


class Answered(Struct, frozen=True):
    payment: Payment
    told: Told


class PaymentService:
    """Its gateways are those of the settings, unless others are given. `clock` answers the time, in UTC."""

    def __init__(
        self,
        ctx: Context,
        gateways: Mapping[str, Gateway] | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.db = ctx.db
        self.log = ctx.log
        self.clock = clock
        self.started_at = clock()
        self.counted: tuple[datetime | None, list[tuple[str, str, int]]] = (None, [])
        self._wake = ctx.wake
        self._token_key = ctx.settings.derive("payment-token")
        self.practice = None if ctx.settings.production else PracticeGateway(ctx.db, ctx.settings.webhook_secret)
        if gateways is None:
            gateways = {"test": self.practice} if self.practice else {}
        self.gateways = gateways
        self.calls = Calls(gateways)
        self._open: Batcher[Opening, Authorized | Opened] = Batcher(
            self._open_all,
            name="payments.open",
            same=lambda o: (o.ask.order_id, o.ask.amount_minor, o.ask.currency, o.ask.method, o.token_digest),
            lanes=LANES,
        )
        self._record: Batcher[Answered, Authorized] = Batcher(self._record_all, name="payments.record", lanes=LANES)
        self._void: Batcher[Void, Voided] = Batcher(self._void_all, name="payments.void", same=lambda ask: ask)

    def wake(self) -> None:
        """There is something due for the gateways: call it after the commit."""
        self._wake(JOB)

    def local(self, payment: Payment) -> LocalGateway | None:
        """The payment's gateway, if it works within our transactions."""
        if payment.amount_minor == 0:
            return _NOTHING_TO_PAY
        gateway = self.gateways.get(payment.method)
        return gateway if isinstance(gateway, LocalGateway) else None

    async def authorize(self, asks: Sequence[Authorize]) -> Sequence[Authorized | Refused]:
        """As the contract says. An ask lasts as long as its gateway takes, 3 s and a little at most."""
        answers = await asyncio.gather(*[self._authorize(ask) for ask in asks], return_exceptions=True)
        for answer in answers:
            if isinstance(answer, BaseException) and not isinstance(answer, Refused):
                raise answer
        return [answer for answer in answers if not isinstance(answer, BaseException) or isinstance(answer, Refused)]

    async def _authorize(self, ask: Authorize) -> Authorized:
        if not 0 <= ask.amount_minor <= AMOUNT_MINOR_MAX:
            raise Invalid.field("payment", f"an amount is from 0 to {AMOUNT_MINOR_MAX} minor units")
        gateway = self.gateways.get(ask.method)
        if gateway is None:
            raise Invalid.field("payment.method", "is not offered here")
        fault = "is too long" if len(ask.token) > TOKEN_LENGTH_MAX else gateway.fault_of(ask.token)
        if fault is not None:
            raise Invalid.field("payment.token", fault)
        self.calls.claim_place()
        digest = hmac.digest(self._token_key, ask.token.encode(), hashlib.sha256)
        opened = await self._open(Opening(ask, digest))
        if isinstance(opened, Authorized):
            return opened
        told = await self.calls.authorize(ask.method, charge_of(opened.payment), ask.token)
        return await self._record(Answered(opened.payment, told))

    async def _open_all(self, openings: Sequence[Opening]) -> Sequence[Authorized | Opened | Refused]:
        """Record what is asked, and let those gateways answer at once that can."""
        answers: dict[int, Authorized | Opened | Refused] = {}
        rest = dict(enumerate(openings))
        while rest:
            # Two different asks for one order are heard one after the other.
            wave = list({opening.ask.order_id: number for number, opening in reversed(rest.items())}.values())
            answers |= dict(zip(wave, await self._open_wave([rest.pop(number) for number in wave]), strict=True))
        return [answers[number] for number in range(len(openings))]

    async def _open_wave(self, openings: Sequence[Opening]) -> Sequence[Authorized | Opened | Refused]:
        for _ in range(TRIES_MAX):
            try:
                async with self.db.tx() as tx:
                    answers, released = await self._open_in(tx, openings)
            except Raced:
                continue
            if released:
                self.wake()
            return answers
        raise RuntimeError("other processes kept making the same payments")

    async def _open_in(self, tx: Tx, openings: Sequence[Opening]) -> tuple[list[Authorized | Opened | Refused], bool]:
        now = self.clock()
        before = await store.lock_payments(tx, [opening.ask.order_id for opening in openings])
        changes = Changes(before, now)
        answers: list[Authorized | Opened | Refused | None] = []
        new: list[tuple[int, Opening, Payment]] = []
        released = False
        for opening in openings:
            ask, attempts = opening.ask, before.get(opening.ask.order_id, [])
            what, payment = plan(attempts, ask.amount_minor, ask.currency, ask.method, opening.token_digest)
            if what is Plan.NEW:
                for former in attempts:
                    changes.apply(given_up(former, now), "another amount")
                    released = True
                new.append((len(answers), opening, _new_payment(opening, len(attempts) + 1, now)))
                answers.append(None)
            elif what is Plan.AGAIN and payment is not None:
                answers.append(Opened(payment))
            elif what is Plan.ANSWERED and payment is not None:
                answers.append(_answer(payment))
            elif what is Plan.STANDS:
                answers.append(OrderStands())
            else:
                answers.append(_declined(payment))
        if released:
            await changes.save(tx)
        for (place, _, _), payment in zip(new, await self._begin(tx, new, now), strict=True):
            answers[place] = Opened(payment) if payment.state == "asked" else _answer(payment)
        return [answer for answer in answers if answer is not None], released

    async def _begin(self, tx: Tx, new: Sequence[tuple[int, Opening, Payment]], now: datetime) -> list[Payment]:
        """Record new payments, answered if their gateway could do so within this transaction."""
        begun = {payment.id: payment for _, _, payment in new}
        asks: dict[LocalGateway, list[Ask]] = {}
        for _, opening, payment in new:
            if (gateway := self.local(payment)) is not None:
                ask = Ask(verb="authorize", charge=charge_of(payment), token=opening.ask.token)
                asks.setdefault(gateway, []).append(ask)
        for gateway, group in asks.items():
            for ask, told in zip(group, await gateway.within(tx, group), strict=True):
                if told is not None:
                    begun[ask.charge.reference] = answered(begun[ask.charge.reference], told, now).payment
        payments = list(begun.values())
        if payments and await store.insert_payments(tx, payments) < len(payments):
            raise Raced
        await store.write_journal(tx, [store.Entry(p.id, p.state, p.goal, "asked") for p in payments], now)
        return payments

    async def _record_all(self, items: Sequence[Answered]) -> Sequence[Authorized | Refused]:
        """Record gateways' answers. What happened to a payment meanwhile (a webhook, say) is not undone by them."""
        async with self.db.tx() as tx:
            changes = await Changes.lock(tx, [item.payment.order_id for item in items], self.clock())
            for item in items:
                changes.apply(answered(changes[item.payment.id], item.told, changes.now), "answered")
            await changes.save(tx)
        return [_answer(changes[item.payment.id]) for item in items]

    async def void(self, asks: Sequence[Void]) -> Sequence[Voided | Refused]:
        return await self._void.each(asks)

    async def _void_all(self, asks: Sequence[Void]) -> Sequence[Voided]:
        async with self.db.tx() as tx:
            changes = await Changes.lock(tx, [ask.order_id for ask in asks], self.clock())
            known = {payment.id: payment for payment in changes.all()}
            answers = []
            for ask in asks:
                payment = known.get(ask.payment_id)
                change = given_up(payment, changes.now) if payment else None
                if change is not None:
                    changes.apply(change, "given up")
                answers.append(Voided(done=change is not None and change.payment is not payment))
            await changes.save(tx)
        self.wake()
        return answers

    async def balance(self) -> list[store.Balance]:
        """What was captured and what was refunded, for each currency."""
        async with self.db.read() as tx:
            return await store.balance(tx)


def _new_payment(opening: Opening, attempt: int, now: datetime) -> Payment:
    return Payment(
        id=uuid7(),
        order_id=opening.ask.order_id,
        attempt=attempt,
        method=opening.ask.method,
        amount_minor=opening.ask.amount_minor,
        currency=opening.ask.currency,
        token_digest=opening.token_digest,
        created_at=now,
        due_at=now + timedelta(seconds=ASKED_S),
    )


def _answer(payment: Payment) -> Authorized | Refused:
    """What a caller is told of its payment."""
    if payment.state in {"voided", "failed"}:
        return _declined(payment) if payment.reason in DECLINES else GatewayFailed()
    return Authorized(
        payment_id=payment.id,
        status="pending" if payment.state in OPEN else "authorized",
        amount_minor=payment.amount_minor,
        currency=payment.currency,
    )


def _declined(payment: Payment | None) -> Declined:
    return Declined(reason=payment.reason if payment and payment.reason else "declined")
