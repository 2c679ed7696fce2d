"""The use cases of payments that a caller waits for: money is set aside, and given up again."""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
from msgspec import Struct

from feira.contracts.payments import (
    Authorize,
    Authorized,
    Declined,
    GatewayFailed,
    History,
    HistoryAsk,
    Methods,
    MethodsAsk,
    OrderStands,
    Void,
    Voided,
    Waiting,
)
from feira.kernel.batcher import Batcher
from feira.kernel.card import Context
from feira.kernel.db import Tx
from feira.kernel.errors import Invalid, Overloaded, Refused
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
from feira.payments.gateways.test import PRACTICE, PracticeGateway
from feira.payments.service_changes import Changes
from feira.payments.service_near import ask_near

JOB = "perform"  # The job that asks gateways for what is due.
LANES = 2
TRIES_MAX = 20
STEPS_MAX = 100
TOKEN_LENGTH_MAX = 255
DIGEST_BYTES = 16
WAITING_MAX = 1_024  # Buyers who wait for one gateway, in this process; a batch that has begun may add its own to them.

_NOTHING_TO_PAY = NothingToPay()


class Raced(Exception):  # noqa: N818 - it never leaves this module.
    """Some of these attempts were made before, or are being made by another process: that has to be looked at."""


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
        self._wake = ctx.wake
        self._token_key = ctx.settings.derive("payment-token")
        self.practice = None if ctx.settings.production else PracticeGateway(ctx.db, ctx.settings.webhook_secret)
        if gateways is None:
            gateways = {"test": self.practice} if self.practice else {}
        self.gateways = gateways
        self.calls = Calls(gateways)
        self._near = {name: one for name, one in gateways.items() if isinstance(one, LocalGateway)}
        self._asking: dict[Authorize, asyncio.Task[Authorized]] = {}  # What gateways are being asked for buyers.
        self._waiting: Counter[str] = Counter()  # How many those are, by gateway.
        self._record: Batcher[Answered, Authorized] = Batcher(self._record_all, name="payments.record", lanes=LANES)

    def wake(self) -> None:
        """There is something due for the gateways: call it after the commit."""
        self._wake(JOB)

    def local(self, payment: Payment) -> LocalGateway | None:
        """The payment's gateway, if it works within our transactions."""
        return self.near(payment.method, payment.amount_minor)

    def near(self, method: str, amount_minor: int) -> LocalGateway | None:
        """The gateway for such a payment, if it works within our transactions."""
        return self._near.get(method) if amount_minor else _NOTHING_TO_PAY

    async def authorize(self, asks: Sequence[Authorize]) -> Sequence[Authorized | Waiting | Refused]:
        """As the contract says. It is one transaction, whose failure is that of all asks: the caller has a Batcher."""
        answers: dict[int, Authorized | Waiting | Refused] = {}
        rest: list[tuple[int, Opening]] = []
        for number, ask in enumerate(asks):
            if (fault := self._fault_of(ask)) is not None:
                answers[number] = fault
            else:
                rest.append((number, Opening(ask, self._digest(ask.token))))
        while rest:
            # Two different asks for one order are heard one after the other.
            wave: dict[UUID, tuple[int, Opening]] = {}
            later = [one for one in rest if wave.setdefault(one[1].ask.order_id, one) is not one]
            opened = await self._open([opening for _, opening in wave.values()])
            for (number, opening), one in zip(wave.values(), opened, strict=True):
                answers[number] = self._asked(opening.ask, one.payment) if isinstance(one, Opened) else one
            rest = later
        return [answers[number] for number in range(len(asks))]

    async def history(self, ask: HistoryAsk) -> History:
        async with self.db.read() as tx:
            return History(steps=tuple(await store.read_steps(tx, ask.payment_id, STEPS_MAX)))

    async def methods(self, ask: MethodsAsk) -> Methods:  # noqa: ARG002 - the contract's face.
        return Methods(methods=(PRACTICE,) if self.practice is not None else ())

    async def settled(self, asks: Sequence[Authorize]) -> Sequence[Authorized | Refused]:
        """As the contract says. An ask lasts as long as its gateway takes, 3 s and a little at most."""
        answers = await asyncio.gather(*[self._settled(ask) for ask in asks], return_exceptions=True)
        for answer in answers:
            if isinstance(answer, BaseException) and not isinstance(answer, Refused):
                raise answer
        return [answer for answer in answers if not isinstance(answer, BaseException) or isinstance(answer, Refused)]

    async def _settled(self, ask: Authorize) -> Authorized:
        """What this process does not know of, it asks for once more: then it does, or has the answer."""
        for _ in range(TRIES_MAX):
            if (task := self._asking.get(ask)) is not None:
                return await asyncio.shield(task)
            [answer] = await self.authorize([ask])
            if isinstance(answer, Refused):
                raise answer
            if isinstance(answer, Authorized):
                return answer
        raise RuntimeError("the gateway's answers are recorded, but not found")

    def _digest(self, token: str) -> bytes:
        return hashlib.blake2b(token.encode(), key=self._token_key, digest_size=DIGEST_BYTES).digest()

    def _fault_of(self, ask: Authorize) -> Refused | None:
        """Why nothing is to be recorded of this ask; None if all is well."""
        if not 0 <= ask.amount_minor <= AMOUNT_MINOR_MAX:
            return Invalid.field("payment", f"an amount is from 0 to {AMOUNT_MINOR_MAX} minor units")
        gateway = self.gateways.get(ask.method)
        if gateway is None:
            return Invalid.field("payment.method", "is not offered here")
        fault = "is too long" if len(ask.token) > TOKEN_LENGTH_MAX else gateway.fault_of(ask.token)
        if fault is not None:
            return Invalid.field("payment.token", fault)
        if self._waiting[ask.method] >= WAITING_MAX:
            return Overloaded("too many wait for the payment gateway")
        return None

    def _asked(self, ask: Authorize, payment: Payment) -> Waiting:
        """The gateway is asked by a task of its own, unless one is asking already: whoever waits for it may leave."""
        if ask not in self._asking:
            task = asyncio.get_running_loop().create_task(self._ask(ask, payment))
            self._asking[ask] = task
            self._waiting[ask.method] += 1
            task.add_done_callback(lambda done: self._heard(ask, done))
        return Waiting(payment_id=payment.id)

    async def _ask(self, ask: Authorize, payment: Payment) -> Authorized:
        told = await self.calls.authorize(ask.method, charge_of(payment), ask.token)
        return await self._record(Answered(payment, told))

    def _heard(self, ask: Authorize, task: "asyncio.Task[Authorized]") -> None:
        del self._asking[ask]
        self._waiting[ask.method] -= 1
        failure = None if task.cancelled() else task.exception()
        if failure is not None and not isinstance(failure, Refused):
            # The payment is due soon, and then the gateway is asked what became of it.
            self.log.warning("gateway_answer_not_recorded", order_id=str(ask.order_id), error=repr(failure))

    async def _open(self, openings: Sequence[Opening]) -> Sequence[Authorized | Opened | Refused]:
        """Record what is asked, of different orders, and let those gateways answer at once that can."""
        now = self.clock()
        new = [(opening, _new_payment(opening, 1, now)) for opening in openings]
        try:  # Most often all orders ask for the first time.
            if (answers := await self._begin_at_once(new, now)) is not None:
                return answers
            async with self.db.tx() as tx:
                return await self._begin(tx, new, now)
        except (Raced, asyncpg.UniqueViolationError):
            pass
        for _ in range(TRIES_MAX):
            try:
                async with self.db.tx() as tx:
                    answers, due = await self._open_again(tx, openings)
            except Raced:
                continue
            if due:
                self.wake()
            return answers
        raise RuntimeError("other processes kept making the same payments")

    async def _open_again(
        self, tx: Tx, openings: Sequence[Opening]
    ) -> tuple[list[Authorized | Opened | Refused], bool]:
        """Some of these orders have asked before. Also tells whether something is due for the gateways now."""
        now = self.clock()
        before = await store.lock_payments(tx, [opening.ask.order_id for opening in openings])
        changes = Changes(before, now)
        answers: list[Authorized | Opened | Refused | None] = []
        new: list[tuple[int, Opening, Payment]] = []
        for opening in openings:
            ask, attempts = opening.ask, before.get(opening.ask.order_id, [])
            what, payment = plan(attempts, ask.amount_minor, ask.currency, ask.method, opening.token_digest)
            if what is Plan.NEW:
                for former in attempts:
                    changes.apply(given_up(former, now), "another amount")
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
        await ask_near(tx, self, changes)
        await changes.save(tx)
        begun = await self._begin(tx, [(opening, payment) for _, opening, payment in new], now)
        for (place, _, _), answer in zip(new, begun, strict=True):
            answers[place] = answer
        return [answer for answer in answers if answer is not None], changes.leave_work()

    async def _begin_at_once(
        self, new: Sequence[tuple[Opening, Payment]], now: datetime
    ) -> list[Authorized | Opened | Refused] | None:
        """Record new payments in one statement, if one gateway can answer all of them; None if not."""
        gateways = {self.local(payment) for _, payment in new}
        gateway = gateways.pop() if len(gateways) == 1 else None
        asks = [Ask(verb="authorize", charge=charge_of(payment), token=one.ask.token) for one, payment in new]
        booking = gateway.first(asks) if gateway else None
        if booking is None:
            return None
        payments = [answered(payment, told, now).payment for (_, payment), told in zip(new, booking.told, strict=True)]
        await store.book_payments(self.db, payments, booking, now)
        return [_answer(payment) for payment in payments]

    async def _begin(
        self, tx: Tx, new: Sequence[tuple[Opening, Payment]], now: datetime
    ) -> list[Authorized | Opened | Refused]:
        """Record new payments, answered if their gateway could do so within this transaction."""
        begun = {payment.id: payment for _, payment in new}
        asks: dict[LocalGateway, list[Ask]] = {}
        for opening, payment in new:
            if (gateway := self.local(payment)) is not None:
                ask = Ask(verb="authorize", charge=charge_of(payment), token=opening.ask.token)
                asks.setdefault(gateway, []).append(ask)
        for gateway, group in asks.items():
            for ask, told in zip(group, await gateway.within(tx, group), strict=True):
                if told is not None:
                    reference = ask.charge.reference
                    begun[reference] = answered(begun[reference], told, now).payment
        payments = list(begun.values())
        if payments and await store.insert_payments(tx, payments, now) < len(payments):
            raise Raced
        return [Opened(payment) if payment.state == "asked" else _answer(payment) for payment in payments]

    async def _record_all(self, items: Sequence[Answered]) -> Sequence[Authorized | Refused]:
        """Record gateways' answers. What happened to a payment meanwhile (a webhook, say) is not undone by them."""
        async with self.db.tx() as tx:
            changes = await Changes.lock(tx, [item.payment.order_id for item in items], self.clock())
            for item in items:
                changes.apply(answered(changes[item.payment.id], item.told, changes.now), "answered")
            await changes.save(tx)
        return [_answer(changes[item.payment.id]) for item in items]

    async def void(self, asks: Sequence[Void]) -> Sequence[Voided | Refused]:
        """As the contract says; one transaction, like `authorize`."""
        async with self.db.tx() as tx:
            changes = await Changes.lock(tx, [ask.order_id for ask in asks], self.clock())
            known = {payment.id for payment in changes.all()}
            answers = []
            for ask in asks:
                done = ask.payment_id in known and changes.apply(
                    given_up(changes[ask.payment_id], changes.now), "given up"
                )
                answers.append(Voided(done=done))
            await ask_near(tx, self, changes)
            await changes.save(tx)
        if changes.leave_work():
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
