"""The statements that list orders, a part at a time: each takes the same time however many orders there are."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, TypeAlias
from uuid import UUID

import msgspec

from feira.kernel.db import Tx
from feira.orders.domain import FulfilmentStatus, Order, PaymentStatus, Status
from feira.orders.store import WHOLE, order_of

PAGE_LINES_MAX = 10_000  # Of all orders in one answer: some have thousands.
SCANNED_MAX = 4_000  # Orders that are looked at for one part of a list, where no index knows what is asked for.

Place: TypeAlias = tuple[datetime, UUID]  # Where an order stands in a list: its time and id.
AddressPlace: TypeAlias = tuple[str, datetime, UUID]  # Where it stands in a list by addresses.

_FIRST = datetime(1, 1, 2, tzinfo=UTC)  # Before and after any order there can be.
_LAST = datetime(9999, 12, 30, tzinfo=UTC)
_AFTER_ALL = "\x7f"  # An address that begins with a word sorts before the word and this.
# Completed are those of which all was sent, and of the others only confirmed ones were sent in part.
_STATUS_OF: dict[FulfilmentStatus, Status] = {"fulfilled": "completed", "partial": "confirmed"}


class Filters(msgspec.Struct, frozen=True, kw_only=True):
    """Which orders; None means any. `placed_from` is included, `placed_to` is not."""

    order_id: UUID | None = None
    user_id: UUID | None = None
    status: Status | None = None
    payment_status: PaymentStatus | None = None
    fulfilment_status: FulfilmentStatus | None = None
    email: str | None = None
    number: str | None = None
    placed_from: datetime | None = None
    placed_to: datetime | None = None

    @property
    def few(self) -> bool:
        """Whether an index leads to the few orders that there can be."""
        return (self.order_id, self.user_id, self.email, self.number) != (None, None, None, None)


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """Some orders of a list; `after` is where the next part begins, None at the end. A part may be short, or empty, and
    not be the last.
    """

    orders: tuple[Order, ...]
    after: Place | None


class _Where:
    """Conditions, and the arguments that they name."""

    def __init__(self) -> None:
        self.arguments: list[Any] = []
        self.conditions = ["true"]

    def add(self, condition: str, *values: Any) -> None:
        places = [f"${len(self.arguments) + number}" for number in range(1, len(values) + 1)]
        self.arguments.extend(values)
        self.conditions.append(condition.format(*places))

    def equal(self, filters: Filters, *columns: str) -> None:
        for column in columns:
            value = getattr(filters, "order_id" if column == "id" else column)
            if value is not None:
                self.add(column + " = {}", value)

    def __str__(self) -> str:
        return "(" + " and ".join(self.conditions) + ")"


async def page(tx: Tx, filters: Filters, after: Place | None, limit: int, *, newest_first: bool = True) -> Part:
    """Up to so many orders behind `after`, whole. The part ends early when it has PAGE_LINES_MAX lines, but not before its
    first order.
    """
    if filters.few or (filters.payment_status is None and filters.fulfilment_status is None):
        return await _page(tx, filters, after, limit, newest_first=newest_first)
    status = filters.status or _STATUS_OF.get(filters.fulfilment_status or "unfulfilled")
    where = _Where()
    key = _stretch(where, status, filters, after, newest_first=True)
    hits, end = await _scan(tx, where, key, filters, limit)
    orders, cut = await _whole(tx, hits)
    return Part(orders=orders, after=_place(orders[-1]) if cut else end and end[1:])


async def page_by_address(
    tx: Tx, prefix: str, filters: Filters, after: AddressPlace | None, limit: int
) -> tuple[Sequence[Order], AddressPlace | None]:
    """Up to so many orders whose addresses begin so, by address, the newest of each first; the last address comes first.
    Answers where the next part begins, too.
    """
    where = _Where()
    where.add("email >= {}", prefix)
    if after is None:
        where.add("email < {}", prefix + _AFTER_ALL)
    else:
        where.add("(email, placed_at, id) < ({}, {}, {})", *after)
    if filters.placed_from is not None:
        where.add("placed_at >= {}", filters.placed_from)
    if filters.placed_to is not None:
        where.add("placed_at < {}", filters.placed_to)
    hits, end = await _scan(tx, where, "email desc, placed_at desc, id desc", filters, limit)
    orders, cut = await _whole(tx, hits)
    return orders, (orders[-1].email, *_place(orders[-1])) if cut else end


def _place(order: Order) -> Place:
    return order.placed_at, order.id


def _stretch(where: _Where, status: Status | None, filters: Filters, after: Place | None, *, newest_first: bool) -> str:
    """Adds where the list begins and ends; answers the order that it is in.

    The orders of one status are told as a stretch of their index: asked for by an equality, they would be looked for
    along all orders by time, past as many others as there are. Each end is told once, or the wrong one is begun at.
    """
    key, of_status = ("placed_at", ()) if status is None else ("status, placed_at", (status,))
    places = "{}" if status is None else "{}, {}"
    first, last = filters.placed_from, filters.placed_to
    if after is not None and newest_first and (last is None or after[0] < last):
        where.add(f"({key}, id) < ({places}, {{}})", *of_status, *after)
    elif status is not None or last is not None:
        where.add(f"({key}) < ({places})", *of_status, last or _LAST)
    if after is not None and not newest_first and (first is None or after[0] >= first):
        where.add(f"({key}, id) > ({places}, {{}})", *of_status, *after)
    elif status is not None or first is not None:
        where.add(f"({key}) >= ({places})", *of_status, first or _FIRST)
    direction = "desc" if newest_first else "asc"
    return f"{key} {direction}, id {direction}".replace("status,", f"status {direction},")


async def _page(tx: Tx, filters: Filters, after: Place | None, limit: int, *, newest_first: bool) -> Part:
    """A page that an index leads to, in one statement."""
    where = _Where()
    where.equal(filters, "id", "user_id", "email", "number", "payment_status", "fulfilment_status")
    if filters.few:
        where.equal(filters, "status")
    status = None if filters.few else filters.status
    order = _stretch(where, status, filters, after, newest_first=newest_first)
    direction = "desc" if newest_first else "asc"
    rows = await tx.fetch(
        f"""with found as (
                select *, (select max(no) from order_lines where order_id = o.id) as length
                from orders o where {where}
                order by {order} limit {limit + 1:d}),
            measured as (
                select *, count(*) over () as candidates,
                       sum(length) over (order by placed_at {direction}, id {direction}) - length as lines_before
                from found)
            select {WHOLE}, candidates from measured o where lines_before < {PAGE_LINES_MAX:d}
            order by placed_at {direction}, id {direction} limit {limit:d}""",
        *where.arguments,
    )
    orders = tuple(order_of(row) for row in rows)
    more = bool(rows) and rows[0]["candidates"] > len(rows)
    return Part(orders=orders, after=_place(orders[-1]) if more else None)


async def _scan(
    tx: Tx, where: _Where, order: str, filters: Filters, limit: int
) -> tuple[list[UUID], AddressPlace | None]:
    """Up to so many orders that pass the filters, of the next SCANNED_MAX in this order; and where to go on."""
    wanted = _Where()
    wanted.arguments = where.arguments
    wanted.equal(filters, "status", "payment_status", "fulfilment_status")
    # It stops at the last hit that is wanted: nothing here may need all rows, such as an order by `n` would.
    rows = await tx.fetch(
        f"""select id, email, placed_at, n, {wanted} as hit from (
                select *, row_number() over () as n from (
                    select id, email, placed_at, status, payment_status, fulfilment_status from orders
                    where {where} order by {order} limit {SCANNED_MAX:d}) as next) as scanned
            where {wanted} or n = {SCANNED_MAX:d} limit {limit + 1:d}""",
        *where.arguments,
    )
    hits = [row for row in rows if row["hit"]]
    ends = [row for row in rows if row["n"] == SCANNED_MAX]
    if len(hits) > limit:
        hits = hits[:limit]
        ends = hits[-1:]
    end = (ends[0]["email"], ends[0]["placed_at"], ends[0]["id"]) if ends else None
    return [row["id"] for row in hits], end


async def _whole(tx: Tx, ids: Sequence[UUID]) -> tuple[tuple[Order, ...], bool]:
    """These orders in this order, and whether the last of them had to be left out, there being too many lines."""
    rows = await tx.fetch(
        f"""with measured as (
                select i, n, sum(length) over (order by n) - length as lines_before
                from (select i, n, (select max(no) from order_lines where order_id = i) as length
                      from unnest($1::uuid[]) with ordinality as e(i, n)) as long)
            select {WHOLE} from orders o join measured on id = i where lines_before < {PAGE_LINES_MAX:d} order by n""",
        ids,
    )
    orders = tuple(order_of(row) for row in rows)
    return orders, len(orders) < len(ids)
