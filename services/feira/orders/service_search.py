"""How staff find orders: by a word that may be many things, and what happened to one of them."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec
from msgspec.structs import replace

from feira.contracts.emails import normal_email
from feira.contracts.payments import HistoryAsk, Payments
from feira.kernel.card import Context
from feira.orders import store, store_desk, store_list
from feira.orders.domain import Order
from feira.orders.domain_names import read_number
from feira.orders.service_desk import UnknownOrder
from feira.orders.store_desk import Dossier, GivenBack, Sent, dossiers
from feira.orders.store_list import AddressPlace, Filters


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened to an order. An order that fell before we noted when has no time for that."""

    at: datetime | None
    type: Literal[
        "placed", "confirmed", "payment_authorized", "payment_captured", "payment_voided", "payment_failed", "fulfilled",
        "refunded", "cancelled",
    ]  # fmt: skip
    order: Order
    actor: UUID | None = None
    sent: Sent | None = None
    given: GivenBack | None = None


class Search:
    def __init__(self, ctx: Context, payments: Payments) -> None:
        self._db = ctx.db
        self._payments = payments

    async def find(
        self, text: str, filters: Filters, after: AddressPlace | None, limit: int
    ) -> tuple[Sequence[Dossier], AddressPlace | None]:
        """Orders of this id, number or e-mail address, else those whose address begins so; and where the next are."""
        text = text.strip()
        async with self._db.read() as tx:
            if after is None or not after[0]:
                for narrow in _named(text, filters) if after is None else _of_address(text, filters):
                    part = await store_list.page(tx, narrow, after and after[1:], limit)
                    if part.orders:
                        return await dossiers(tx, part.orders), part.after and ("", *part.after)
            if after is not None and not after[0]:
                return (), None
            orders, more = await store_list.page_by_address(tx, text.lower(), filters, after, limit)
            return await dossiers(tx, orders), more

    async def timeline(self, order_id: UUID) -> list[Event]:
        """What happened to the order, the first first. Refuses with UnknownOrder."""
        async with self._db.read() as tx:
            found = await dossiers(tx, list((await store.read(tx, [order_id])).values()))
            turns = await store_desk.turns_of(tx, order_id)
        if not found:
            raise UnknownOrder
        [dossier] = found
        order = dossier.order
        happened = [Event(at=order.placed_at, type="placed", order=order)]
        happened += [Event(at=turn.at, type=turn.kind, order=order, actor=turn.actor) for turn in turns]
        if order.status == "cancelled" and all(turn.kind != "cancelled" for turn in turns):
            happened.append(Event(at=None, type="cancelled", order=order))
        for step in (await self._payments.history(HistoryAsk(payment_id=order.payment_id))).steps:
            match step.state:
                case "authorized" | "captured" | "voided" | "failed":
                    happened.append(Event(at=step.at, type=f"payment_{step.state}", order=order))  # type: ignore[arg-type]
                case "asked" | "pending":
                    pass
        happened += [
            Event(at=sent.sent_at, type="fulfilled", order=order, actor=sent.actor, sent=sent)
            for sent in dossier.fulfilments
        ]
        happened += [
            Event(at=given.decided_at, type="refunded", order=order, actor=given.actor, given=given)
            for given in dossier.refunds
        ]
        return sorted(happened, key=lambda one: (one.at is None, one.at))


def _named(text: str, filters: Filters) -> Iterator[Filters]:
    """What the text may name, the surest first."""
    with suppress(ValueError):
        yield replace(filters, order_id=UUID(text))
    if (number := read_number(text)) is not None:
        yield replace(filters, number=number)
    yield from _of_address(text, filters)


def _of_address(text: str, filters: Filters) -> Iterator[Filters]:
    if (email := normal_email(text)) is not None:
        yield replace(filters, email=email)
