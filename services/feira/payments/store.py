"""Every SQL statement of payments, the test gateway's own books aside."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from feira.contracts.payments import Step
from feira.kernel.db import Db, Tx
from feira.payments.domain import Payment, Refund
from feira.payments.gateway import Booking

PAYMENT = ", ".join(Payment.__struct_fields__)
REFUND = ", ".join(Refund.__struct_fields__)


class Entry(Struct, frozen=True):
    """A line of the journal: what a payment became, what it was, and why. When it was new, the payment itself tells."""

    payment_id: UUID
    state: str
    goal: str
    was_state: str | None
    was_goal: str | None
    cause: str


class Ready(Struct, frozen=True):
    """A payment that is authorised, kept for its order, and was never told of."""

    id: UUID
    order_id: UUID
    method: str
    amount_minor: int
    currency: str


class Balance(Struct, frozen=True):
    """The money of one currency, in its minor unit: what is in our hands is `captured_minor - refunded_minor`."""

    currency: str
    captured_minor: int
    refunded_minor: int


async def lock_payments(tx: Tx, order_ids: Iterable[UUID]) -> dict[UUID, list[Payment]]:
    """All payments of these orders, in order of their attempts, locked."""
    rows = await tx.fetch(
        f"select {PAYMENT} from payments where order_id = any($1::uuid[]) order by order_id, attempt for update",
        list(order_ids),
    )
    found: dict[UUID, list[Payment]] = defaultdict(list)
    for row in rows:
        found[row["order_id"]].append(Payment(**dict(row)))
    return found


_NEW = {
    "id": "uuid", "order_id": "uuid", "attempt": "smallint", "method": "text", "amount_minor": "bigint", "currency": "text",
    "token_digest": "bytea", "state": "text", "sweep": "boolean", "charge_id": "text", "reason": "text", "tries": "smallint",
    "due_at": "timestamptz",
}  # fmt: skip


def _insert_new(first: int) -> str:
    """Payments that are made now, of parameters from the `first` on: a column for each field, and the time."""
    names = ", ".join(_NEW)
    columns = ", ".join(f"${number}::{kind}[]" for number, kind in enumerate(_NEW.values(), first))
    return f"""insert into payments ({names}, goal, claimed, refunded_minor, version, created_at)
               select {names}, 'keep', false, 0, 0, ${first + len(_NEW)}::timestamptz from unnest({columns}) as e({names})
               order by order_id"""


async def insert_payments(tx: Tx, payments: Sequence[Payment], now: datetime) -> int:
    """Payments that are made now. Answers how many were new: an attempt that another process has made is left as it is."""
    statement = f"{_insert_new(1)} on conflict (order_id, attempt) do nothing"
    done = await tx.execute(statement, *_columns(payments, [*_NEW]), now)
    return int(done.split()[-1])


async def book_payments(db: Db, payments: Sequence[Payment], booking: Booking, now: datetime) -> None:
    """The same together with what their gateway books. Raises UniqueViolationError, and nothing is done, if one was made."""
    books = f"with booked as ({booking.insert}) " if booking.insert else ""
    async with db.read() as tx:
        await tx.execute(
            books + _insert_new(len(booking.arguments) + 1), *booking.arguments, *_columns(payments, [*_NEW]), now
        )


async def lock_ready(tx: Tx, payment_ids: Iterable[UUID]) -> list[Ready]:
    """Those of these payments, locked, that wait for nothing but their order: no event was told of them or of a former
    attempt, and no later attempt can have been made.
    """
    rows = await tx.fetch(
        """select id, order_id, method, amount_minor, currency from payments
           where id = any($1::uuid[]) and state = 'authorized' and goal = 'keep' and not claimed
             and attempt = 1 and version = 0
           order by order_id for update""",
        list(payment_ids),
    )
    return [Ready(*row) for row in rows]


async def capture_ready(tx: Tx, payment_ids: Sequence[UUID], cause: str, now: datetime) -> bool:
    """Write down that these payments, which were ready, are claimed and captured. True if refunds had waited for that."""
    freed = await tx.fetchval(
        """with captured as (
               update payments set state = 'captured', goal = 'capture', claimed = true, version = 1
               where id = any($1::uuid[]) returning id),
           told as (
               insert into payment_journal (payment_id, at, state, goal, was_state, was_goal, cause)
               select id, $3, 'captured', 'capture', 'authorized', 'keep', $2 from captured),
           freed as (
               update refunds set due_at = $3
               where payment_id = any($1::uuid[]) and state = 'wanted' and due_at is null returning id)
           select count(*) from freed""",
        payment_ids,
        cause,
        now,
    )
    return bool(freed)


async def update_payments(tx: Tx, payments: Sequence[Payment]) -> None:
    """Write what can change of payments whose rows are locked."""
    if not payments:
        return
    fields = (
        "id", "state", "goal", "claimed", "sweep", "charge_id", "reason", "refunded_minor", "refund_id", "tries",
        "version", "due_at",
    )  # fmt: skip
    await tx.execute(
        f"""update payments p set {", ".join(f"{field} = e.{field}" for field in fields[1:])}
            from unnest($1::uuid[], $2::text[], $3::text[], $4::boolean[], $5::boolean[], $6::text[], $7::text[],
                        $8::bigint[], $9::uuid[], $10::smallint[], $11::integer[], $12::timestamptz[])
                 as e({", ".join(fields)})
            where p.id = e.id""",
        *_columns(payments, fields),
    )


async def write_journal(tx: Tx, entries: Sequence[Entry], now: datetime) -> None:
    if not entries:
        return
    await tx.execute(
        """insert into payment_journal (payment_id, at, state, goal, was_state, was_goal, cause)
           select p, $7, s, g, w, o, c
           from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[]) as e(p, s, g, w, o, c)""",
        *_columns(entries, Entry.__struct_fields__),
        now,
    )


async def read_journal(tx: Tx, payment_id: UUID, limit: int) -> list[Entry]:
    rows = await tx.fetch(
        """select payment_id, state, goal, was_state, was_goal, cause from payment_journal
           where payment_id = $1 order by id limit $2""",
        payment_id,
        limit,
    )
    return [Entry(*row) for row in rows]


async def read_steps(tx: Tx, payment_id: UUID, limit: int) -> list[Step]:
    """What the payment became, where that was another state than before."""
    rows = await tx.fetch(
        """select at, state from payment_journal
           where payment_id = $1 and state is distinct from was_state order by id limit $2""",
        payment_id,
        limit,
    )
    return [Step(**row) for row in rows]


async def refunds_of(tx: Tx, payment_ids: Iterable[UUID]) -> dict[UUID, list[Refund]]:
    rows = await tx.fetch(
        f"select {REFUND} from refunds where payment_id = any($1::uuid[]) order by created_at, id", list(payment_ids)
    )
    found: dict[UUID, list[Refund]] = defaultdict(list)
    for row in rows:
        found[row["payment_id"]].append(Refund(**dict(row)))
    return found


async def insert_refunds(tx: Tx, refunds: Sequence[Refund]) -> None:
    if not refunds:
        return
    await tx.execute(
        f"""insert into refunds ({REFUND})
            select {REFUND} from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::timestamptz[], $5::text[],
                                        $6::text[], $7::smallint[], $8::timestamptz[]) as e({REFUND})""",
        *_columns(refunds, Refund.__struct_fields__),
    )


async def update_refunds(tx: Tx, refunds: Sequence[Refund]) -> None:
    if not refunds:
        return
    await tx.execute(
        """update refunds r set state = e.state, reason = e.reason, tries = e.tries, due_at = e.due_at
           from unnest($1::uuid[], $2::text[], $3::text[], $4::smallint[], $5::timestamptz[])
                as e(id, state, reason, tries, due_at)
           where r.id = e.id""",
        *_columns(refunds, ("id", "state", "reason", "tries", "due_at")),
    )


async def free_refunds(tx: Tx, captured: Sequence[UUID], over: Sequence[UUID], now: datetime) -> None:
    """Refunds that waited for their payment's capture are due; those of a payment that fell have nothing to give back."""
    await tx.execute(
        """update refunds set state = case when payment_id = any($2::uuid[]) then 'moot' else state end,
                              due_at = case when payment_id = any($1::uuid[]) then $3::timestamptz end
           where payment_id = any($1::uuid[] || $2::uuid[]) and state = 'wanted' and due_at is null""",
        captured,
        over,
        now,
    )


async def orders_due(tx: Tx, now: datetime, limit: int) -> list[UUID]:
    """Orders of which a payment is to be asked about, the longest due first."""
    rows = await tx.fetch("select order_id from payments where due_at <= $1 order by due_at limit $2", now, limit)
    return [row["order_id"] for row in rows]


async def orders_with_refunds_due(tx: Tx, now: datetime, limit: int) -> list[UUID]:
    rows = await tx.fetch(
        """select p.order_id from refunds r join payments p on p.id = r.payment_id
           where r.due_at <= $1 order by r.due_at limit $2""",
        now,
        limit,
    )
    return [row["order_id"] for row in rows]


async def put_off(tx: Tx, order_id: UUID, until: datetime) -> None:
    """Nothing of this order is due before then."""
    await tx.execute("update payments set due_at = $2 where order_id = $1 and due_at < $2", order_id, until)
    await tx.execute(
        """update refunds set due_at = $2 where due_at < $2
           and payment_id in (select id from payments where order_id = $1)""",
        order_id,
        until,
    )


async def walk_unclaimed(tx: Tx, before: datetime, limit: int) -> tuple[list[UUID], bool]:
    """Look at the next payments that were made before that time: the orders of those that were never heard of, and whether
    there is more to look at. A payment that turns up out of its place in time was made long before the walk comes by.
    """
    row = await tx.fetchrow(
        """with walk as (select id from unclaimed_walk for update),
           page as (
               select p.id, order_id, created_at,
                      not claimed and goal in ('keep', 'expire') and state not in ('voided', 'failed') as unclaimed
               from payments p where p.id > (select id from walk) order by p.id limit $2),
           young as (select id from page where created_at >= $1 order by id limit 1),
           old as (select * from page where id < (select id from young) or not exists (select from young)),
           moved as (update unclaimed_walk set id = (select id from old order by id desc limit 1)
                     where exists (select from old))
           select (select count(*) from old) as n, array(select order_id from old where unclaimed) as orders""",
        before,
        limit,
    )
    return (list(row["orders"]), row["n"] >= limit) if row else ([], False)


async def find_charge(tx: Tx, method: str, charge_id: str, reference: UUID | None) -> tuple[UUID, UUID] | None:
    """The order and the payment that the gateway's charge belongs to."""
    row = await tx.fetchrow(
        """select order_id, id from payments where method = $1 and charge_id = $2
           union all select order_id, id from payments where id = $3 and method = $1 and charge_id is null limit 1""",
        method,
        charge_id,
        reference,
    )
    return tuple(row) if row else None


async def last_payment(tx: Tx, order_id: UUID, method: str) -> Payment | None:
    row = await tx.fetchrow(
        f"select {PAYMENT} from payments where order_id = $1 and method = $2 order by attempt desc limit 1",
        order_id,
        method,
    )
    return Payment(**dict(row)) if row else None


async def remember_webhook(tx: Tx, method: str, event_id: str, now: datetime) -> bool:
    """Whether this event is heard for the first time."""
    done = await tx.execute(
        "insert into webhook_events (method, event_id, at) values ($1, $2, $3) on conflict do nothing",
        method,
        event_id,
        now,
    )
    return bool(done == "INSERT 0 1")


async def forget_webhooks(tx: Tx, before: datetime, limit: int) -> int:
    done = await tx.execute(
        """delete from webhook_events
           where ctid = any(array(select ctid from webhook_events where at < $1 order by at limit $2))""",
        before,
        limit,
    )
    return int(done.split()[-1])


async def balance(tx: Tx) -> list[Balance]:
    rows = await tx.fetch(
        """select currency, sum(amount_minor)::bigint, sum(refunded_minor)::bigint from payments
           where state = 'captured' group by currency order by currency"""
    )
    return [Balance(*row) for row in rows]


async def count_due(tx: Tx, most: int) -> tuple[int, int]:
    """How many payments and how many refunds wait for their gateway, of each up to `most`."""
    row = await tx.fetchrow(
        """select (select count(*) from (select from payments where due_at is not null limit $1) as first),
                  (select count(*) from (select from refunds where due_at is not null limit $1) as first)""",
        most,
    )
    assert row is not None  # noqa: S101 - aggregates always answer a row.
    return tuple(row)


async def payments_between(tx: Tx, method: str, after: UUID, until: UUID) -> dict[UUID, Payment]:
    rows = await tx.fetch(
        f"select {PAYMENT} from payments where method = $1 and id > $2 and id <= $3 and amount_minor > 0 order by id",
        method,
        after,
        until,
    )
    return {row["id"]: Payment(**dict(row)) for row in rows}


def _columns(rows: Sequence[Struct], fields: Sequence[str]) -> list[list[object]]:
    return [[getattr(row, field) for row in rows] for field in fields]
