"""Checkout: hold, authorize, commit. What the first two set aside expires by itself, so only the commit counts.

A request's idempotency key names its order, and its row in attempts says whose turn it is. Every step is idempotent by the
order's id, so that a crash anywhere needs no repair: a retry runs the same function again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from feira.contracts.carts import CartAsk, Carts
from feira.contracts.catalog import Catalog, Held, Hold, HoldLapsed, Release
from feira.contracts.goods import Line
from feira.contracts.payments import Authorize, Authorized, Declined, GatewayFailed, Payments, Void, Waiting
from feira.kernel import trace
from feira.kernel.batcher import Batcher
from feira.kernel.card import Context
from feira.kernel.db import Tx
from feira.kernel.errors import Overloaded, Refused, Unavailable
from feira.kernel.events import emit
from feira.kernel.ids import uuid7
from feira.orders import domain, domain_checkout, domain_names, store, store_attempts
from feira.orders.domain import Order
from feira.orders.domain_checkout import CartAlreadyOrdered, Checkout, InProgress, KeyReused
from feira.orders.domain_totals import Totals
from feira.orders.service_settings import Shop
from feira.orders.store_attempts import Attempt, Begin, Begun, Finish, Peek
from feira.transport.problems import rebuild

RUNNING_MAX = 2_048  # Checkouts at once in one process; the next is told that we are busy.
RUN_S = 18.0  # With the tidying up after it, less than the lease: nobody else works on the order meanwhile.
TIDY_S = 8.0
WAIT_S = 5.0  # How long a repeated request waits for the first.
WAIT_STEP_S = 0.1
AUTHORIZING_MAX = 512  # Payers whose gateways are waited for at once.
STOP_S = 25.0

HearEarly = Callable[[Tx, UUID, Sequence[Mapping[str, Any]]], Awaitable[None]]


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """The order as placed, or the refusal that is kept as an answer; `replayed` if it was given before."""

    order: Order | None = None
    refusal: Refused | None = None
    replayed: bool = False


class Commit(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    order: Order
    lease: UUID
    request: trace.Trace | None  # Whose order it is, among the others of its batch.


class LeaseLost(Refused):
    """Another try has taken this checkout over; its outcome is ours."""

    code = "lease_lost"


class _Turn(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Our lease on an attempt, and the lines that it is about."""

    order_id: UUID
    lease: UUID
    sequence: int
    lines: tuple[Line, ...]
    settings_version: int
    abandoned: tuple[Attempt, ...] = ()


class Checkouts:
    """Runs checkouts, each in a task of its own, which a client that hangs up does not end."""

    def __init__(
        self, ctx: Context, catalog: Catalog, payments: Payments, carts: Carts, shop: Shop, hear_early: HearEarly
    ) -> None:
        self._db = ctx.db
        self._log = ctx.log
        self._carts = carts
        self._shop = shop
        self._hear_early = hear_early
        self._number_key = ctx.settings.derive("order-number")
        self._running: dict[UUID, tuple[bytes, asyncio.Task[Outcome]]] = {}
        self._left_behind: set[UUID] = set()  # Orders under way of which something could not be given back.
        self._hold = Batcher(catalog.hold, name="orders.hold", rows=lambda ask: len(ask.lines))
        self._release = Batcher(catalog.release, name="orders.release")
        self._payments = payments
        self._pay: Batcher[Authorize, Authorized | Waiting] = Batcher(payments.authorize, name="orders.authorize")
        self._authorizing = asyncio.Semaphore(AUTHORIZING_MAX)
        self._void = Batcher(payments.void, name="orders.void")
        self._begin = Batcher(
            self._begin_batch,
            name="orders.begin",
            rows=lambda ask: len(ask.lines or ()) or 1,
            same=lambda ask: ask.lease,
        )
        self._peek = Batcher(self._peek_batch, name="orders.peek", lanes=2)
        self._finish = Batcher(self._finish_batch, name="orders.finish")
        self._commit = Batcher(self._commit_batch, name="orders.commit", rows=lambda ask: len(ask.order.lines))

    async def place(self, asked: Checkout) -> Outcome:
        """The order that was asked for, placed once however often it is asked for. Refuses as the rules of checkout say."""
        running = self._running.get(asked.key)
        if running is not None:
            return await self._join(asked, *running)
        if len(self._running) >= RUNNING_MAX:
            raise Overloaded("too many checkouts are running; nothing was begun")
        task = asyncio.get_running_loop().create_task(self._run(asked))
        self._running[asked.key] = (asked.digest, task)
        task.add_done_callback(lambda done: self._ended(asked.key, done))
        return await asyncio.shield(task)

    def _ended(self, key: UUID, task: "asyncio.Task[Outcome]") -> None:
        del self._running[key]
        if not task.cancelled():
            task.exception()  # Looked at, so that asyncio does not complain when the client has gone.

    async def stop(self) -> None:
        """Wait for the checkouts that have begun."""
        tasks = [task for _, task in self._running.values()]
        if tasks:
            await asyncio.wait(tasks, timeout=STOP_S)

    async def _join(self, asked: Checkout, digest: bytes, task: "asyncio.Task[Outcome]") -> Outcome:
        """Wait for the same request that is running in this process."""
        if digest != asked.digest:
            raise KeyReused
        done, _ = await asyncio.wait({task}, timeout=WAIT_S)
        if not done:
            raise InProgress
        return msgspec.structs.replace(task.result(), replayed=True)

    async def _run(self, asked: Checkout) -> Outcome:
        ends = asyncio.get_running_loop().time() + WAIT_S
        while True:
            begun = await self._take_turn(asked)
            if isinstance(begun, Outcome):
                return begun
            if begun is not None:
                try:
                    return await self._attempt(asked, begun)
                except LeaseLost:
                    pass
            if asyncio.get_running_loop().time() > ends:
                raise InProgress
            await asyncio.sleep(WAIT_STEP_S)

    async def _take_turn(self, asked: Checkout) -> _Turn | Outcome | None:
        """Our turn, or the answer that was given before, or None while another works on it."""
        lines = asked.lines
        if asked.cart_id is not None:
            lines, outcome = await self._snapshot(asked, asked.cart_id)
            if outcome is not None:
                return outcome
        lease = uuid7()
        begun = await self._begin(
            Begin(
                key=asked.key,
                order_id=uuid7(),
                digest=asked.digest,
                lease=lease,
                cart_id=asked.cart_id,
                lines=None if asked.cart_id is None else lines,
            )
        )
        if (attempt := begun.attempt) is None:
            return None
        trace.bind(order_id=attempt.order_id)
        if (outcome := await self._answered(asked, attempt)) is not None:
            return outcome
        lines = attempt.lines or lines
        if not attempt.mine or lines is None:
            return None
        return _Turn(
            order_id=attempt.order_id,
            lease=lease,
            sequence=attempt.sequence,
            lines=lines,
            settings_version=begun.settings_version,
            abandoned=begun.abandoned,
        )

    async def _snapshot(self, asked: Checkout, cart_id: str) -> tuple[tuple[Line, ...] | None, Outcome | None]:
        """What lay in the cart when the checkout was first tried, or now if this is the first; or the answer given before.

        A placed order's cart is emptied, so the attempt is looked up before the cart.
        """
        attempt, ordered = await self._peek(Peek(key=asked.key, cart_id=cart_id))
        if attempt is not None:
            outcome = await self._answered(asked, attempt)
            if outcome is not None or attempt.lines is not None:
                return attempt.lines, outcome
        if ordered:
            raise CartAlreadyOrdered
        cart = await self._carts.read(CartAsk(cart_id=cart_id, user_id=asked.user_id))
        domain_checkout.check_lines(cart.lines, "cart_id")
        return cart.lines, None

    async def _answered(self, asked: Checkout, attempt: Attempt) -> Outcome | None:
        """The answer that is kept, if there is one."""
        if attempt.digest != asked.digest:
            raise KeyReused
        if attempt.status == 402 and attempt.answer is not None:
            return Outcome(refusal=rebuild(**attempt.answer), replayed=True)
        if attempt.status != 201:
            return None
        async with self._db.read() as tx:
            found = await store.read_placed(tx, attempt.order_id)
        if found is None:
            raise RuntimeError(f"the order {attempt.order_id} was answered but is not there")
        return Outcome(order=domain_checkout.as_placed(*found), replayed=True)

    async def _attempt(self, asked: Checkout, turn: _Turn) -> Outcome:
        """Hold, authorize, commit; what was set aside is given back when the rules say no.

        When something fails that is no refusal, nobody knows what has happened: all is left for a retry, or to expire.
        """
        end = Finish(order_id=turn.order_id, lease=turn.lease)
        try:
            async with asyncio.timeout(RUN_S):
                order = await self._try_to_place(asked, turn)
        except LeaseLost:
            raise
        except Declined as declined:
            answer = {"code": declined.code, "detail": declined.detail, "extra": declined.extra}
            await self._finish(msgspec.structs.replace(end, status=402, answer=answer))
            return Outcome(refusal=declined)
        except Unavailable:
            await self._tidy(self._finish(end))
            raise
        except Refused:
            # What could not be given back is found again by the same order's name, so that must not be forgotten.
            forget = "request" if turn.order_id in self._left_behind else "all"
            await self._tidy(self._finish(msgspec.structs.replace(end, forget=forget)))
            raise
        except TimeoutError as late:
            await self._tidy(self._finish(end))
            raise Unavailable("the checkout took too long; its outcome is known to a retry") from late
        except Exception:
            await self._tidy(self._finish(end))
            raise
        finally:
            self._left_behind.discard(turn.order_id)
        return Outcome(order=order)

    async def _try_to_place(self, asked: Checkout, turn: _Turn) -> Order:
        for other in turn.abandoned:
            await self._tidy(self._let_go(other))
        held = await self._hold(
            Hold(order_id=turn.order_id, digest=asked.digest.hex(), lines=turn.lines, locale=asked.locale)
        )
        if not domain_checkout.same_goods(held.lines, turn.lines):
            # A try that was forgotten could not give it back, and the cart has changed since.
            await self._release(Release(hold_id=held.hold_id, order_id=turn.order_id))
            raise Unavailable("other goods were set aside; they are free again")
        try:
            return await self._pay_and_commit(asked, turn, held)
        except (LeaseLost, Unavailable):
            raise  # It is another's now, or nobody knows how far it came.
        except Refused:
            await self._check_lease(asked, turn)
            await self._give_back(turn, self._release(Release(hold_id=held.hold_id, order_id=turn.order_id)))
            raise

    async def _pay_and_commit(self, asked: Checkout, turn: _Turn, held: Held) -> Order:
        tables = await self._shop.tables(turn.settings_version)
        if held.currency != tables.currency:
            raise RuntimeError(f"the catalogue sells in {held.currency}, the shop in {tables.currency}")
        totals = domain_checkout.bill(asked, held, tables)
        paid = await self._authorize(
            Authorize(
                order_id=turn.order_id,
                amount_minor=totals.total_minor,
                currency=held.currency,
                method=asked.payment_method,
                token=asked.payment_token,
            )
        )
        try:
            return await self._decide(asked, turn, held, totals, paid)
        except (LeaseLost, Unavailable):
            raise
        except Refused:
            await self._check_lease(asked, turn)
            await self._give_back(turn, self._void(Void(order_id=turn.order_id, payment_id=paid.payment_id)))
            raise

    async def _decide(self, asked: Checkout, turn: _Turn, held: Held, totals: Totals, paid: Authorized) -> Order:
        """The commit, unless what was authorised or held is not what the order needs."""
        if (paid.amount_minor, paid.currency) != (totals.total_minor, held.currency):
            raise GatewayFailed("The gateway set another amount aside")
        now = datetime.now(UTC)
        if not domain_checkout.lives_long_enough(held, now):
            raise HoldLapsed
        number = domain_names.order_number(turn.sequence, self._number_key)
        order = domain_checkout.draft(turn.order_id, asked, held, totals, paid, number, now)
        return await self._commit(Commit(order=order, lease=turn.lease, request=trace.current()))

    async def _authorize(self, ask: Authorize) -> Authorized:
        """What is not decided at once is waited for alone: a batch would be as slow as its slowest gateway."""
        paid = await self._pay(ask)
        if isinstance(paid, Authorized):
            return paid
        async with self._authorizing:
            (answer,) = await self._payments.settled([ask])
        if isinstance(answer, Refused):
            raise answer
        return answer

    async def _check_lease(self, asked: Checkout, turn: _Turn) -> None:
        """Nothing is given back by one who slept through his turn: an order may stand on it by now."""
        begun = await self._begin(Begin(key=asked.key, order_id=turn.order_id, digest=asked.digest, lease=turn.lease))
        if begun.attempt is None or not begun.attempt.mine or begun.attempt.status is not None:
            raise LeaseLost

    async def _let_go(self, other: Attempt) -> None:
        """Give back what an abandoned checkout of this buyer had set aside: asked for it again, the catalogue names it."""
        if other.lines is not None:
            held = await self._hold(Hold(order_id=other.order_id, digest=other.digest.hex(), lines=other.lines))
            await self._release(Release(hold_id=held.hold_id, order_id=other.order_id))

    async def _give_back(self, turn: _Turn, step: Awaitable[Any]) -> None:
        if not await self._tidy(step):
            self._left_behind.add(turn.order_id)

    async def _tidy(self, step: Awaitable[Any]) -> bool:
        """Give something back early. If that fails it comes back by itself, so the buyer's answer does not depend on it."""
        try:
            async with asyncio.timeout(TIDY_S):
                await step
        except Exception as failure:  # noqa: BLE001 - whatever it is, the buyer has his answer.
            self._log.warning("checkout_not_tidied", error=repr(failure))
            return False
        return True

    async def _begin_batch(self, asks: Sequence[Begin]) -> Sequence[Begun | Refused]:
        # Without carts it is one statement, which is a transaction of its own.
        async with self._db.tx() if any(ask.cart_id is not None for ask in asks) else self._db.read() as tx:
            found = await store_attempts.begin(tx, asks)
        return [found[ask.key] for ask in asks]

    async def _peek_batch(self, asks: Sequence[Peek]) -> Sequence[tuple[Attempt | None, bool]]:
        async with self._db.read() as tx:
            return await store_attempts.peek(tx, asks)

    async def _finish_batch(self, asks: Sequence[Finish]) -> Sequence[None]:
        async with self._db.tx() as tx:
            await store_attempts.finish(tx, asks)
        return [None] * len(asks)

    async def _commit_batch(self, asks: Sequence[Commit]) -> Sequence[Order | Refused]:
        """The decision: order, lines, event and answer in one statement, by whoever holds the lease."""
        trace.belong({str(ask.order.id): ask.request for ask in asks})
        new = await store.place(self._db, [(ask.order, ask.lease) for ask in asks])
        answers: dict[UUID, Order | Refused] = {ask.order.id: ask.order for ask in asks if ask.order.id in new}
        if rest := [ask for ask in asks if ask.order.id not in answers]:
            answers |= await self._commit_with_care(rest)
        return [answers[ask.order.id] for ask in asks]

    async def _commit_with_care(self, asks: Sequence[Commit]) -> dict[UUID, Order | Refused]:
        """The same for those that something stood against: a lost lease, an ordered cart, news that came before the order.

        Run again after a lost connection, it finds the orders that were committed by their attempts.
        """
        orders = {ask.order.id: ask.order for ask in asks}
        async with self._db.tx() as tx:
            attempts = await store_attempts.lock(tx, {ask.order.id: ask.lease for ask in asks})
            mine = {order_id for order_id, attempt in attempts.items() if attempt.mine}
            open_ = [order for order in orders.values() if order.id in mine and attempts[order.id].status is None]
            new = await store.insert(tx, open_)
            await emit(tx, *(domain.placed(orders[order_id]) for order_id in new))
            await store_attempts.placed(tx, list(new))
            late = [order for order in open_ if order.id not in new]
            taken = await store.carts_ordered(tx, [order.cart_id for order in late if order.cart_id]) if late else set()
            for order_id in new:
                await self._hear_early(tx, order_id, attempts[order_id].early)
        answers: dict[UUID, Order | Refused] = {
            order_id: order if order_id in mine else LeaseLost() for order_id, order in orders.items()
        }
        for order in late:
            if order.cart_id not in taken:
                raise RuntimeError(f"the number of the order {order.id} is taken")
            answers[order.id] = CartAlreadyOrdered()
        return answers
