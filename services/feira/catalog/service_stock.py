"""Stock in use: set aside, sold, given back, counted."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar
from uuid import UUID

import asyncpg
import msgspec

from feira.catalog import domain, domain_sale, store, store_holds
from feira.catalog.domain import Good, Level, Move, Prior
from feira.catalog.domain_goods import StockIsHeld
from feira.catalog.domain_sale import Outcome
from feira.catalog.service_goods import Goods
from feira.catalog.service_moves import move
from feira.contracts.audit import StaffActed
from feira.contracts.catalog import (
    HOLD_S,
    Held,
    Hold,
    HoldLapsed,
    Offered,
    Picture,
    PriceAsk,
    Priced,
    Release,
    Released,
    RequestChanged,
    SaleFailed,
)
from feira.contracts.goods import PricedLine
from feira.contracts.orders import OrderCancelled, OrderConfirmed, OrderPlaced, OrderRefunded
from feira.kernel.batcher import Batcher
from feira.kernel.card import Context
from feira.kernel.db import Tx
from feira.kernel.errors import Invalid, Refused
from feira.kernel.events import emit
from feira.kernel.ids import uuid7
from feira.kernel.metrics import COUNTED_MAX

RENEW_BELOW_S = 120  # A repeated ask for a hold with less time left than this gets it for the whole time again.
PENDING_S = HOLD_S + 300  # For an order whose payment is awaited: longer than that may take.
TRIES_MAX = 4
CROWDED_BATCHES = 4  # Where something has just run out or changed, the next batches are likely to meet the same.
EXPIRED_MAX = 50  # Holds given back in one transaction: each may have a great many lines.
FORGET_AFTER_S = 30 * 24 * 3600
FORGOTTEN_MAX = 1_000

OrderEvent = OrderPlaced | OrderConfirmed | OrderCancelled | OrderRefunded
Decide = Callable[[Prior, Mapping[str, int]], Outcome | None]
Ask = TypeVar("Ask", Hold, PriceAsk)
Answer = TypeVar("Answer")


class _Overtaken(Exception):  # noqa: N818 - not an error: another process was first, and all is looked at again.
    """Somebody else set goods aside for one of these orders meanwhile."""


class Stock:
    """What is there, who has set it aside, and until when."""

    def __init__(self, ctx: Context) -> None:
        self._db = ctx.db
        self._currency = ctx.settings.currency
        self._url = ctx.settings.url
        self._log = ctx.log
        self._hold = Batcher(
            self._hold_batch,
            name="catalog.hold",
            rows=lambda ask: len(ask.lines),
            same=lambda ask: (ask.order_id, ask.digest),
        )
        self._goods = Goods()
        self._crowded = 0  # Batches to come that are not worth trying at once.
        self._release = Batcher(self._release_batch, name="catalog.release", same=lambda ask: ask.hold_id)
        self._price = Batcher(self._price_batch, name="catalog.price", rows=lambda ask: len(ask.lines), lanes=2)

    async def hold(self, asks: Sequence[Hold]) -> Sequence[Held | Refused]:
        return await _valid_only(self._hold, asks)

    async def release(self, asks: Sequence[Release]) -> Sequence[Released | Refused]:
        return await self._release.each(asks)

    async def price(self, asks: Sequence[PriceAsk]) -> Sequence[Priced | Refused]:
        return await _valid_only(self._price, asks)

    async def _hold_batch(self, asks: Sequence[Hold]) -> Sequence[Held | Refused]:
        """Two asks of one order that differ go one after the other."""
        answers: dict[int, Held | Refused] = {}
        left = dict(enumerate(asks))
        while left:
            turn: dict[UUID, int] = {}
            for number, ask in left.items():
                turn.setdefault(ask.order_id, number)
            for number in turn.values():
                del left[number]
            answers |= zip(turn.values(), await self._hold_once([asks[n] for n in turn.values()]), strict=True)
        return [answers[number] for number in range(len(asks))]

    async def _hold_once(self, asks: Sequence[Hold]) -> Sequence[Held | Refused]:
        if (at_once := await self._hold_at_once(asks)) is not None:
            return at_once
        for _ in range(TRIES_MAX):
            try:
                async with self._db.tx() as tx:
                    answers = await self._set_aside(tx, asks)
            except _Overtaken:
                await asyncio.sleep(0)
                continue
            return [answers[ask.order_id] for ask in asks]
        raise _Overtaken

    async def _hold_at_once(self, asks: Sequence[Hold]) -> Sequence[Held] | None:
        """The common case, in one statement: everything is there, and nobody has asked before. None if it is another."""
        if self._crowded:
            self._crowded -= 1
            return None
        demands = [domain.summed(ask.lines) for ask in asks]
        total: dict[str, int] = {}
        for demand in demands:
            for sku, units in demand.items():
                total[sku] = total.get(sku, 0) + units
        goods = await self._goods.find(self._db, total)
        if domain.unknown(total, goods):
            return None
        new = [
            store_holds.NewHold(uuid7(), ask.order_id, ask.digest, domain.priced(demand, goods, ask.locale))
            for ask, demand in zip(asks, demands, strict=True)
        ]
        wanted = {sku: (units, goods[sku].revision) for sku, units in total.items()}
        try:
            until = await store_holds.keep_at_once(self._db, new, wanted, HOLD_S)
        except asyncpg.UniqueViolationError:  # Another process was first with one of the orders.
            until = None
        if until is None:
            self._goods.forget(total)
            self._crowded = CROWDED_BATCHES
            return None
        return [Held(hold_id=one.hold_id, lines=one.lines, currency=self._currency, expires_at=until) for one in new]

    async def _set_aside(self, tx: Tx, asks: Sequence[Hold]) -> dict[UUID, Held | Refused]:
        found = await store_holds.lock_of_orders(tx, [ask.order_id for ask in asks])
        # What was given back is forgotten: today's prices, other goods if need be.
        priors = {
            order_id: prior
            for order_id, prior in found.items()
            if prior.state != "released" or prior.cancelled or prior.failed
        }
        answers: dict[UUID, Held | Refused] = {}
        wanting: list[Hold] = []
        expiring: list[Prior] = []
        for ask in asks:
            prior = priors.get(ask.order_id)
            if prior is None:
                wanting.append(ask)
            elif prior.digest != ask.digest:
                answers[ask.order_id] = RequestChanged()
            elif prior.cancelled or prior.failed:
                answers[ask.order_id] = HoldLapsed("the order has fallen")
            elif prior.state == "expired":
                wanting.append(ask)
            else:
                answers[ask.order_id] = self._held(prior)
                if prior.state == "held" and prior.left_s < RENEW_BELOW_S:
                    expiring.append(prior)
        if expiring:
            until = await store_holds.renew(tx, [prior.order_id for prior in expiring], HOLD_S)
            for prior in expiring:
                answers[prior.order_id] = Held(
                    hold_id=prior.hold_id,
                    lines=prior.lines,
                    currency=self._currency,
                    expires_at=until[prior.order_id],
                )
        if wanting:
            answers |= await self._take(tx, wanting, priors)
        return answers

    async def _take(self, tx: Tx, asks: Sequence[Hold], priors: Mapping[UUID, Prior]) -> dict[UUID, Held | Refused]:
        """Set aside what these asks want, first come, first served: at today's prices, or at the first ones again."""
        demands = {
            ask.order_id: domain.summed(priors[ask.order_id].lines if ask.order_id in priors else ask.lines)
            for ask in asks
        }
        levels = await store.lock_levels(tx, sorted({sku for demand in demands.values() for sku in demand}))
        goods = await self._goods.at(tx, levels)
        answers: dict[UUID, Held | Refused] = {}
        for order_id, demand in demands.items():
            if gone := domain.unknown(demand, goods):
                answers[order_id] = domain.lapsed(gone) if order_id in priors else domain.unknown_sku(gone)
        able = [ask for ask in asks if ask.order_id not in answers]
        shorts = domain.allocate(
            {sku: level.available for sku, level in levels.items()}, [demands[ask.order_id] for ask in able]
        )
        new: list[store_holds.NewHold] = []
        for ask, short in zip(able, shorts, strict=True):
            if short:
                answers[ask.order_id] = domain.out_of_stock(short)
                continue
            prior = priors.get(ask.order_id)
            lines = prior.lines if prior else domain.priced(demands[ask.order_id], goods, ask.locale)
            new.append(store_holds.NewHold(uuid7(), ask.order_id, ask.digest, lines))
        if not new:
            return answers
        until = await store_holds.keep(tx, new, HOLD_S)
        if len(until) < len(new):
            raise _Overtaken
        moves = [
            Move(sku=line.sku, kind="held", held=line.quantity, order_id=hold.order_id, hold_id=hold.hold_id)
            for hold in new
            for line in hold.lines
        ]
        await move(tx, moves, levels, bought=True)
        for hold in new:
            answers[hold.order_id] = Held(
                hold_id=hold.hold_id, lines=hold.lines, currency=self._currency, expires_at=until[hold.order_id]
            )
        return answers

    def _held(self, prior: Prior) -> Held:
        return Held(hold_id=prior.hold_id, lines=prior.lines, currency=self._currency, expires_at=prior.expires_at)

    async def _release_batch(self, asks: Sequence[Release]) -> Sequence[Released | Refused]:
        async with self._db.tx() as tx:
            found = await store_holds.lock_of_holds(tx, asks)
            live = [prior for prior in found.values() if prior.state == "held"]
            await self._settle(
                tx, [(prior, lambda prior, _free: domain_sale.lapse(prior, "released")) for prior in live]
            )
        done = {prior.hold_id for prior in live}
        return [Released(done=ask.hold_id in done) for ask in asks]

    async def _price_batch(self, asks: Sequence[PriceAsk]) -> Sequence[Priced | Refused]:
        async with self._db.read() as tx:
            levels = await store.read_levels(tx, list({line.sku for ask in asks for line in ask.lines}))
            goods = await self._goods.at(tx, levels)
        return [self._priced(ask, goods, levels) for ask in asks]

    def _priced(self, ask: PriceAsk, goods: Mapping[str, Good], levels: Mapping[str, Level]) -> Priced | Refused:
        if gone := domain.unknown(domain.summed(ask.lines), goods):
            return domain.unknown_sku(gone)
        offers: list[Offered] = []
        for line in ask.lines:
            good = goods[line.sku]
            image = domain.placed(good.images[0], self._url) if good.images else None
            (named,) = domain.priced({line.sku: line.quantity}, goods, ask.locale)
            offers.append(
                Offered(
                    line=named,
                    available=levels[line.sku].available,
                    product_slug=good.slug,
                    image=msgspec.convert(image, Picture) if image else None,
                )
            )
        return Priced(offers=tuple(offers), currency=self._currency)

    async def sell(self, tx: Tx, events: Sequence[OrderPlaced | OrderConfirmed]) -> None:
        """Held goods of confirmed orders are sold; those of pending orders are kept until their payment is known."""
        pending = [event.order_id for event in events if event.status == "pending"]
        if pending:
            await store_holds.lock_of_orders(tx, pending)
            await store_holds.renew(tx, pending, PENDING_S)
        confirmed = [event for event in events if event.status == "confirmed"]
        sold = await store_holds.sell_held(tx, [event.order_id for event in confirmed]) if confirmed else set()
        await self._react(tx, [(event, domain_sale.sell) for event in confirmed if event.order_id not in sold])

    async def cancel(self, tx: Tx, events: Sequence[OrderCancelled]) -> None:
        def decide(event: OrderCancelled) -> Decide:
            return lambda prior, _free: domain_sale.cancel(prior, event.restock)

        await self._react(tx, [(event, decide(event)) for event in events])

    async def refund(self, tx: Tx, events: Sequence[OrderRefunded]) -> None:
        def decide(event: OrderRefunded) -> Decide:
            return lambda prior, _free: domain_sale.refund(prior, event.restock, event.refund_id)

        await self._react(tx, [(event, decide(event)) for event in events])

    async def _react(self, tx: Tx, steps: Sequence[tuple[OrderEvent, Decide]]) -> None:
        """Take each step on its order's record, which is made up if nothing was ever set aside for the order."""
        if not steps:
            return
        orders = {event.order_id: event for event, _ in steps}
        priors = await store_holds.lock_of_orders(tx, list(orders))
        if unheard := [event for event in orders.values() if event.order_id not in priors]:
            self._log.warning("orders_without_hold", orders=[str(event.order_id) for event in unheard])
            await store_holds.remember(
                tx, [store_holds.Unheard(event.order_id, event.hold_id, event.lines) for event in unheard]
            )
            priors = await store_holds.lock_of_orders(tx, list(orders))
        restocked: list[tuple[PricedLine, ...]] = [
            event.restock for event, _ in steps if isinstance(event, OrderCancelled | OrderRefunded)
        ]
        await self._settle(
            tx,
            [(priors[event.order_id], decide) for event, decide in steps],
            [line for lines in restocked for line in lines],
        )

    async def _settle(self, tx: Tx, steps: Sequence[tuple[Prior, Decide]], further: Sequence[PricedLine] = ()) -> None:
        """Decide each step on what the steps before have left, then write all of it down. The records must be locked."""
        if not steps:
            return
        named = {sku for prior, _ in steps for sku in (*domain.summed(prior.lines), *domain.summed(prior.owed))}
        levels = await store.lock_levels(tx, sorted(named.union(line.sku for line in further)))
        free = {sku: level.available for sku, level in levels.items()}
        now = {prior.order_id: prior for prior, _ in steps}
        was = {prior.order_id: prior.state for prior, _ in steps}
        outcomes: dict[UUID, Outcome] = {}
        moves: list[Move] = []
        failures: list[SaleFailed] = []
        for prior, decide in steps:
            outcome = decide(now[prior.order_id], free)
            if outcome is None:
                continue
            outcomes[prior.order_id] = outcome
            now[prior.order_id] = domain_sale.after(now[prior.order_id], outcome)
            for step in outcome.moves:
                free[step.sku] = free.get(step.sku, 0) + step.on_hand - step.held
            moves.extend(outcome.moves)
            if outcome.lacking:
                failures.append(SaleFailed(order_id=prior.order_id, skus=outcome.lacking, version=1))
        if outcomes:
            await store_holds.settle(tx, was, list(outcomes.values()))
        await move(tx, moves, levels)
        await emit(tx, *failures)

    async def expire(self) -> bool:
        """Give back what was set aside for too long; True if there may be more."""
        async with self._db.tx() as tx:
            due = await store_holds.lock_expired(tx, EXPIRED_MAX)
            await self._settle(tx, [(prior, lambda prior, _free: domain_sale.lapse(prior, "expired")) for prior in due])
        return len(due) == EXPIRED_MAX

    async def forget(self) -> bool:
        """Drop the records of holds that lapsed long ago; True if there may be more."""
        async with self._db.tx() as tx:
            return await store_holds.forget_lapsed(tx, FORGET_AFTER_S, FORGOTTEN_MAX) == FORGOTTEN_MAX

    async def adjust(self, sku: str, delta: int, reason: str, actor: UUID) -> Level:
        """Correct the count of a sku by hand. Refuses to go below what is set aside."""
        async with self._db.tx() as tx:
            level = (await store.lock_levels(tx, [sku])).get(sku)
            if level is None:
                raise domain.unknown_sku([sku])
            if level.available + delta < 0:
                raise StockIsHeld(
                    f"{level.on_hand} on hand, of which {level.held} are set aside", available=level.available
                )
            if level.on_hand + delta > domain.STOCK_MAX:
                raise Invalid.field("delta", f"makes the stock pass {domain.STOCK_MAX}")
            await move(tx, [Move(sku=sku, kind="adjusted", on_hand=delta, reason=reason, actor=actor)], {sku: level})
            await emit(
                tx,
                StaffActed(
                    actor=actor,
                    action="catalog.stock.adjusted",
                    target=sku,
                    detail=store.as_json({"delta": delta, "reason": reason}),
                    version=1,
                ),
            )
        return Level(level.on_hand + delta, level.held)

    async def level(self, sku: str) -> Level:
        async with self._db.read() as tx:
            level = await store.read_level(tx, sku)
        if level is None:
            raise domain.unknown_sku([sku])
        return level

    async def journal(self, sku: str, before: int, limit: int) -> Sequence[store.Entry]:
        await self.level(sku)
        async with self._db.read() as tx:
            return await store.list_journal(tx, sku, before, limit)

    async def count_held(self) -> tuple[int, int]:
        """Holds that keep goods from other buyers, and their units, as far as they are counted."""
        async with self._db.read() as tx:
            return await store_holds.count_held(tx, COUNTED_MAX)


async def _valid_only(batcher: Batcher[Ask, Answer], asks: Sequence[Ask]) -> Sequence[Answer | Refused]:
    """Queue only what can be right; the rest is refused at once."""
    refusals = [domain.refusal_of_lines(ask.lines) for ask in asks]
    answers = iter(await batcher.each([ask for ask, refusal in zip(asks, refusals, strict=True) if refusal is None]))
    return [next(answers) if refusal is None else refusal for refusal in refusals]
