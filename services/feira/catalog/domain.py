"""The rules of stock: who gets what is there, and what becomes of what was set aside. Pure: no I/O, no clock."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from feira.contracts.catalog import HoldLapsed, OutOfStock, UnknownSku
from feira.contracts.goods import Line, PricedLine
from feira.kernel.errors import FieldError, Invalid, Refused

QUANTITY_MAX = 1_000_000
LINES_MAX = 2_000
STOCK_MAX = 10**12  # Units of one sku; sums of it stay exact in every reader of JSON.
LAPSED_MAX = 100  # Skus that a refusal names.
# A sku is as scarce as the first of these that is more than what is left of it.
SCARCE_BELOW = (1, 5, 10, 20, 50, 100)

HoldState = Literal["held", "sold", "released", "expired"]


class Good(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A variant as it is sold, with its stock. `names` are the product's names beside the default language."""

    sku: str
    product_id: UUID
    slug: str
    product_name: str
    names: Mapping[str, str]
    variant_name: str
    options: Sequence[tuple[str, str]]
    price_minor: int
    weight_g: int
    tax_class: str
    on_hand: int
    held: int
    sold_here: bool  # False once the variant or its product is archived.
    revision: int = 0  # Rises with every change of what is said here, the stock aside.
    images: Sequence[Mapping[str, Any]] = ()

    @property
    def available(self) -> int:
        return self.on_hand - self.held


class Prior(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What an order has set aside so far. `left_s` is how long it still lives, by the database's clock."""

    order_id: UUID
    hold_id: UUID
    digest: str
    state: HoldState
    lines: tuple[PricedLine, ...]
    expires_at: datetime
    left_s: float
    failed: bool
    cancelled: bool
    owed: tuple[Line, ...]


class Move(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One change of one sku's stock, and why: a line of the journal."""

    sku: str
    kind: str
    on_hand: int = 0
    held: int = 0
    order_id: UUID | None = None
    hold_id: UUID | None = None
    refund_id: UUID | None = None
    reason: str | None = None
    actor: UUID | None = None


class Level(msgspec.Struct, frozen=True, gc=False):
    """How much of a sku lies here, and how much of that is set aside; `revision` is that of its good."""

    on_hand: int
    held: int
    revision: int = 0

    @property
    def available(self) -> int:
        return self.on_hand - self.held


def refusal_of_lines(lines: Sequence[Line]) -> Refused | None:
    """What is wrong with the lines of an ask before any goods are looked at."""
    if not lines:
        return Invalid.field("lines", "must not be empty")
    if len(lines) > LINES_MAX:
        return Invalid.field("lines", f"must not be more than {LINES_MAX}")
    wrong = [
        FieldError(f"lines.{number}.quantity", f"must be from 1 to {QUANTITY_MAX}")
        for number, line in enumerate(lines)
        if not 1 <= line.quantity <= QUANTITY_MAX
    ]
    return Invalid("a quantity is out of bounds", errors=wrong[:LAPSED_MAX]) if wrong else None


def summed(lines: Iterable[Line | PricedLine]) -> dict[str, int]:
    """The units of each sku, in the order in which the skus are first named."""
    units: dict[str, int] = {}
    for line in lines:
        units[line.sku] = units.get(line.sku, 0) + line.quantity
    return units


def allocate(free: Mapping[str, int], demands: Sequence[Mapping[str, int]]) -> list[dict[str, int]]:
    """First come, first served: each demand is met whole or not at all.

    Answers for each demand what was free of the skus that fell short, or nothing if it was met.
    """
    left = dict(free)
    answers: list[dict[str, int]] = []
    for demand in demands:
        short = {sku: left.get(sku, 0) for sku, units in demand.items() if left.get(sku, 0) < units}
        if not short:
            for sku, units in demand.items():
                left[sku] -= units
        answers.append(short)
    return answers


def out_of_stock(short: Mapping[str, int]) -> OutOfStock:
    return OutOfStock(
        f"not enough of {', '.join(list(short)[:3])}",
        skus=[{"sku": sku, "available": available} for sku, available in short.items()],
    )


def unknown(skus: Iterable[str], goods: Mapping[str, Good]) -> list[str]:
    """The skus that are not sold here."""
    return [sku for sku in skus if sku not in goods or not goods[sku].sold_here]


def unknown_sku(skus: Sequence[str]) -> UnknownSku:
    return UnknownSku(f"not sold here: {', '.join(skus[:3])}", skus=list(skus[:LAPSED_MAX]))


def lapsed(skus: Sequence[str]) -> HoldLapsed:
    return HoldLapsed(f"no longer sold: {', '.join(skus[:3])}", skus=list(skus[:LAPSED_MAX]))


def localised(locale: str, default: str, others: Mapping[str, str]) -> str:
    """The text in this language, else in one of the same base (`pt` for `pt-PT`), else the default."""
    if not locale or not others:
        return default
    if locale in others:
        return others[locale]
    base = locale.partition("-")[0]
    return next((text for other, text in others.items() if other.partition("-")[0] == base and base != "en"), default)


def line_name(good: Good, locale: str) -> str:
    """What a line of this variant is called on a bill: `Mango (1 kg)`."""
    name = localised(locale, good.product_name, good.names)
    return named(name, good.product_name, good.variant_name, good.options)


def named(name: str, product_name: str, variant_name: str, options: Sequence[tuple[str, str]]) -> str:
    """The product's name in some language with what tells the variant from others, unless that is the product's name again."""
    label = variant_name or (", ".join([value for _, value in options]) if options else "")
    return f"{name} ({label})" if label and label not in {name, product_name} else name


def priced(demand: Mapping[str, int], goods: Mapping[str, Good], locale: str) -> tuple[PricedLine, ...]:
    """The demand at today's prices, named in the buyer's language."""
    return tuple(
        [
            PricedLine(
                sku=sku,
                quantity=units,
                name=line_name(good, locale),
                unit_price_minor=good.price_minor,
                weight_g=good.weight_g,
                tax_class=good.tax_class,
            )
            for sku, units in demand.items()
            for good in (goods[sku],)
        ]
    )


def net(moves: Iterable[Move]) -> dict[str, tuple[int, int]]:
    """What the moves come to for each sku: (on hand, held)."""
    sums: dict[str, tuple[int, int]] = {}
    for move in moves:
        on_hand, held = sums.get(move.sku, (0, 0))
        sums[move.sku] = (on_hand + move.on_hand, held + move.held)
    return sums


def turned(levels: Mapping[str, Level], sums: Mapping[str, tuple[int, int]]) -> dict[str, bool]:
    """The skus that go in (True) or out (False) of stock when the sums are added to these levels."""
    found: dict[str, bool] = {}
    for sku, (on_hand, held) in sums.items():
        before = levels[sku].available > 0
        after = levels[sku].available + on_hand - held > 0
        if before != after:
            found[sku] = after
    return found


def placed(image: Mapping[str, Any], url: str) -> dict[str, Any]:
    """The picture with whole addresses: a path of our own media lies at the shop's `url`."""
    found = {**image, "url": _whole(image["url"], url)}
    if sources := image.get("sources"):
        found["sources"] = [{**source, "url": _whole(source["url"], url)} for source in sources]
    return found


def _whole(address: str, url: str) -> str:
    return url + address if address.startswith("/") else address
