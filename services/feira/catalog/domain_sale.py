"""What becomes of held goods when the order they were held for stands, falls or is refunded, in whatever order one hears
of it. Pure.

An order's record is `Prior`; a change of it is `Outcome`. Goods leave `on_hand` once, when the sale is heard, and go back
only if they had left.
"""

from collections.abc import Mapping, Sequence
from typing import Literal
from uuid import UUID

import msgspec

from feira.catalog.domain import HoldState, Move, Prior, summed
from feira.contracts.goods import Line, PricedLine


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """An order's record as it shall be, the moves that this takes, and the skus that its sale lacked."""

    order_id: UUID
    state: HoldState
    failed: bool = False
    cancelled: bool = False
    owed: tuple[Line, ...] = ()
    moves: tuple[Move, ...] = ()
    lacking: tuple[str, ...] = ()


def moves_of(
    kind: str,
    lines: Sequence[Line | PricedLine],
    prior: Prior,
    *,
    on_hand: int = 0,
    held: int = 0,
    refund_id: UUID | None = None,
) -> tuple[Move, ...]:
    """One move a sku: its units times `on_hand` and `held` (each -1, 0 or 1)."""
    return tuple(
        Move(
            sku=sku,
            kind=kind,
            on_hand=on_hand * units,
            held=held * units,
            order_id=prior.order_id,
            hold_id=prior.hold_id,
            refund_id=refund_id,
        )
        for sku, units in summed(lines).items()
    )


def lapse(prior: Prior, state: Literal["released", "expired"]) -> Outcome:
    """The hold is given up: what it had set aside is free again."""
    return msgspec.structs.replace(_as_it_is(prior), state=state, moves=moves_of(state, prior.lines, prior, held=-1))


def sell(prior: Prior, free: Mapping[str, int]) -> Outcome | None:
    """The order stands: its held goods are sold. Without a hold they are taken again if they are there, else the sale
    fails. None if nothing is to be done: sold or failed before, or the order has fallen meanwhile.
    """
    if prior.state == "sold" or prior.failed or prior.cancelled:
        return None
    if prior.state == "held":
        moves = moves_of("sold", prior.lines, prior, on_hand=-1, held=-1)
    else:
        lacking = tuple(sku for sku, units in summed(prior.lines).items() if free.get(sku, 0) < units)
        if lacking:
            return msgspec.structs.replace(_as_it_is(prior), failed=True, owed=(), lacking=lacking)
        moves = moves_of("sold", prior.lines, prior, on_hand=-1)
    back = moves_of("refunded", prior.owed, prior, on_hand=1)
    return msgspec.structs.replace(_as_it_is(prior), state="sold", owed=(), moves=moves + back)


def cancel(prior: Prior, restock: Sequence[Line | PricedLine]) -> Outcome | None:
    """The order fell: held goods are free again, sold ones come back. A sale that is heard of later is none."""
    if prior.cancelled:
        return None
    fallen = msgspec.structs.replace(_as_it_is(prior), cancelled=True, owed=())
    if prior.state == "held":
        moves = moves_of("released", prior.lines, prior, held=-1)
        return msgspec.structs.replace(fallen, state="released", moves=moves)
    if prior.state == "sold":
        return msgspec.structs.replace(fallen, moves=moves_of("cancelled", restock, prior, on_hand=1))
    return fallen


def refund(prior: Prior, restock: Sequence[Line | PricedLine], refund_id: UUID) -> Outcome | None:
    """Staff take goods back. If their sale was not heard of yet, they are owed until it is."""
    if not restock or prior.failed or (prior.cancelled and prior.state != "sold"):
        return None
    if prior.state == "sold":
        return msgspec.structs.replace(
            _as_it_is(prior), moves=moves_of("refunded", restock, prior, on_hand=1, refund_id=refund_id)
        )
    lines = tuple(Line(sku=line.sku, quantity=line.quantity) for line in restock)
    return msgspec.structs.replace(_as_it_is(prior), owed=prior.owed + lines)


def after(prior: Prior, outcome: Outcome) -> Prior:
    """The record once the outcome has come to pass: what the next event of the order meets."""
    return msgspec.structs.replace(
        prior, state=outcome.state, failed=outcome.failed, cancelled=outcome.cancelled, owed=outcome.owed
    )


def _as_it_is(prior: Prior) -> Outcome:
    return Outcome(
        order_id=prior.order_id,
        state=prior.state,
        failed=prior.failed,
        cancelled=prior.cancelled,
        owed=prior.owed,
    )
