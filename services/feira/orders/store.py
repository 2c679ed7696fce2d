"""The statements on orders and their lines."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from feira.contracts.goods import Address
from feira.kernel.db import Db, Tx
from feira.kernel.events import packed
from feira.orders.domain import Order, OrderLine, Status, placed
from feira.orders.domain_payment import Paid

_COLUMNS = """id, number, version, status, payment_status, fulfilment_status, user_id, cart_id, email, locale, hold_id,
    payment_id, currency, subtotal_minor, discount_minor, shipping_minor, tax_minor, tax_included, total_minor,
    captured_minor, decided_minor, refunded_minor, shipping_address, billing_address, shipping_method, placed_at,
    cancel_reason"""
WHOLE = f"""{_COLUMNS}, (select coalesce(json_agg(l), '[]')::text from (
        select sku, quantity, name, unit_price_minor, total_minor, discount_minor, tax_minor, weight_g, tax_class, sent,
               refunded, withdrawn
        from order_lines where order_id = o.id order by no) l) as lines"""
_read_lines = msgspec.json.Decoder(tuple[OrderLine, ...]).decode


def order_of(row: Any) -> Order:
    """An order from a row of WHOLE."""
    values = {name: row[name] for name in Order.__struct_fields__}
    values["lines"] = _read_lines(row["lines"])
    values["shipping_address"] = msgspec.convert(row["shipping_address"], Address)
    if row["billing_address"] is not None:
        values["billing_address"] = msgspec.convert(row["billing_address"], Address)
    return Order(**values)


_INSERT = """insert into orders (id, number, version, status, placed_status, payment_status, fulfilment_status, user_id,
               cart_id, email, locale, hold_id, payment_id, currency, subtotal_minor, discount_minor, shipping_minor,
               tax_minor, tax_included, total_minor, shipping_address, billing_address, shipping_method, placed_at)
           select i, n, v, s, s, p, f, u, c, e, l, h, y, m, sub, dis, shi, tax, inc, tot, sa, ba, sm, at
           from unnest($1::uuid[], $2::text[], $3::int[], $4::text[], $5::text[], $6::text[], $7::uuid[], $8::text[],
                       $9::text[], $10::text[], $11::uuid[], $12::uuid[], $13::text[], $14::bigint[], $15::bigint[],
                       $16::bigint[], $17::bigint[], $18::boolean[], $19::bigint[], $20::jsonb[], $21::jsonb[],
                       $22::text[], $23::timestamptz[])
                as r(i, n, v, s, p, f, u, c, e, l, h, y, m, sub, dis, shi, tax, inc, tot, sa, ba, sm, at)"""
_INSERT_LINES = """insert into order_lines (order_id, no, sku, quantity, name, unit_price_minor, total_minor, discount_minor,
               tax_minor, weight_g, tax_class)"""


def _order_columns(orders: Sequence[Order]) -> tuple[list[Any], ...]:
    return (
        [order.id for order in orders],
        [order.number for order in orders],
        [order.version for order in orders],
        [order.status for order in orders],
        [order.payment_status for order in orders],
        [order.fulfilment_status for order in orders],
        [order.user_id for order in orders],
        [order.cart_id for order in orders],
        [order.email for order in orders],
        [order.locale for order in orders],
        [order.hold_id for order in orders],
        [order.payment_id for order in orders],
        [order.currency for order in orders],
        [order.subtotal_minor for order in orders],
        [order.discount_minor for order in orders],
        [order.shipping_minor for order in orders],
        [order.tax_minor for order in orders],
        [order.tax_included for order in orders],
        [order.total_minor for order in orders],
        [order.shipping_address for order in orders],
        [order.billing_address for order in orders],
        [order.shipping_method for order in orders],
        [order.placed_at for order in orders],
    )


def _line_columns(orders: Sequence[Order]) -> tuple[list[Any], ...]:
    rows = [(order.id, no, line) for order in orders for no, line in enumerate(order.lines, start=1)]
    return (
        [order_id for order_id, _, _ in rows],
        [no for _, no, _ in rows],
        [line.sku for _, _, line in rows],
        [line.quantity for _, _, line in rows],
        [line.name for _, _, line in rows],
        [line.unit_price_minor for _, _, line in rows],
        [line.total_minor for _, _, line in rows],
        [line.discount_minor for _, _, line in rows],
        [line.tax_minor for _, _, line in rows],
        [line.weight_g for _, _, line in rows],
        [line.tax_class for _, _, line in rows],
    )


async def place(db: Db, asks: Sequence[tuple[Order, UUID]]) -> set[UUID]:
    """Write new orders with their lines and their events, and settle their attempts, each if the lease beside it is still
    its own: all in one statement. Answers which were placed; whoever was not must be looked at more closely.

    Attempts are locked in the order of their orders' ids and carts taken in theirs, so that two batches never wait for
    each other.
    """
    orders = [order for order, _ in asks]
    async with db.read() as tx:
        rows = await tx.fetch(
            f"""with locked as materialized (
                    select order_id, lease, status, early from attempts where order_id = any($1::uuid[])
                    order by order_id for update),
                mine as materialized (
                    select order_id from locked a join unnest($1::uuid[], $24::uuid[]) as e(o, l) on a.order_id = e.o
                    where a.lease = e.l and a.status is null and a.early is null),
                placed as (
                    {_INSERT} join mine on mine.order_id = r.i order by c, i on conflict do nothing returning id),
                settled as (
                    update attempts set status = 201, lines = null from placed where attempts.order_id = placed.id),
                listed as (
                    {_INSERT_LINES}
                    select l.* from unnest($25::uuid[], $26::int[], $27::text[], $28::bigint[], $29::text[], $30::bigint[],
                                           $31::bigint[], $32::bigint[], $33::bigint[], $34::bigint[], $35::text[])
                                    as l(order_id, no, k, q, n, u, t, d, x, w, c) join placed on placed.id = l.order_id),
                told as (
                    insert into outbox (partition, event_id, topic, key, headers, payload)
                    select p, i, t, k, h, b
                    from unnest($36::smallint[], $37::uuid[], $38::text[], $39::text[], $40::text[], $41::text[])
                         with ordinality as e(p, i, t, k, h, b, n) join placed on placed.id = e.k::uuid order by n)
                select id from placed""",
            *_order_columns(orders),
            [lease for _, lease in asks],
            *_line_columns(orders),
            *packed([placed(order) for order in orders]),
        )
    db.on_emit()
    return {row["id"] for row in rows}


async def insert(tx: Tx, orders: Sequence[Order]) -> set[UUID]:
    """Write new orders with their lines; answers which are new. One whose cart has been ordered is left out.

    Carts are taken in their order, so that two batches never wait for each other.
    """
    rows = await tx.fetch(f"{_INSERT} order by c, i on conflict do nothing returning id", *_order_columns(orders))
    new = {row["id"] for row in rows}
    await tx.execute(
        f"""{_INSERT_LINES}
            select * from unnest($1::uuid[], $2::int[], $3::text[], $4::bigint[], $5::text[], $6::bigint[],
                                 $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::text[])""",
        *_line_columns([order for order in orders if order.id in new]),
    )
    return new


async def carts_ordered(tx: Tx, cart_ids: Sequence[str]) -> set[str]:
    """Those of the carts that an order stands for."""
    rows = await tx.fetch(
        "select cart_id from orders where cart_id = any($1::text[]) and status <> 'cancelled'", cart_ids
    )
    return {row["cart_id"] for row in rows}


async def read(tx: Tx, order_ids: Sequence[UUID]) -> dict[UUID, Order]:
    rows = await tx.fetch(f"select {WHOLE} from orders o where id = any($1::uuid[])", order_ids)
    return {row["id"]: order_of(row) for row in rows}


async def read_placed(tx: Tx, order_id: UUID) -> tuple[Order, Status] | None:
    """The order, and the status it was placed with."""
    row = await tx.fetchrow(f"select {WHOLE}, placed_status from orders o where id = $1", order_id)
    return None if row is None else (order_of(row), row["placed_status"])


async def lock(tx: Tx, order_ids: Sequence[UUID]) -> dict[UUID, Order]:
    """The orders, whole, locked in the order of their ids.

    They are locked first and read then: a statement that waits for a lock reads other tables as they were before it.
    """
    await tx.execute("select from orders where id = any($1::uuid[]) order by id for update", order_ids)
    return await read(tx, order_ids)


async def lock_paid(tx: Tx, order_ids: Sequence[UUID]) -> dict[UUID, Paid]:
    """What news about money can change, locked in the order of the ids."""
    rows = await tx.fetch(
        """select id, payment_id, status, payment_status, total_minor, captured_minor, refunded_minor
           from orders where id = any($1::uuid[]) order by id for update""",
        order_ids,
    )
    return {row["id"]: Paid(**row) for row in rows}


async def capture(tx: Tx, captures: Sequence[tuple[UUID, UUID, int]]) -> set[UUID]:
    """The money of these orders was taken: order, payment and minor units. Answers those that were waiting for nothing
    else; the others must be looked at more closely.
    """
    rows = await tx.fetch(
        """with locked as materialized (
               select id, payment_id, total_minor, status, payment_status, captured_minor, refunded_minor
               from orders where id = any($1::uuid[]) order by id for update),
           live as materialized (
               select l.id from locked l join unnest($1::uuid[], $2::uuid[], $3::bigint[]) as e(i, p, c) on l.id = e.i
               where l.payment_id = e.p and l.total_minor = e.c and l.status = 'confirmed'
                     and l.payment_status = 'authorized' and l.captured_minor = 0 and l.refunded_minor = 0)
           update orders o set payment_status = 'captured', captured_minor = total_minor from live where o.id = live.id
           returning o.id""",
        [order_id for order_id, _, _ in captures],
        [payment_id for _, payment_id, _ in captures],
        [amount_minor for _, _, amount_minor in captures],
    )
    return {row["id"] for row in rows}


async def save_paid(tx: Tx, paid: Sequence[Paid]) -> None:
    await tx.execute(
        """update orders set payment_status = p, captured_minor = c, refunded_minor = r
           from unnest($1::uuid[], $2::text[], $3::bigint[], $4::bigint[]) as e(i, p, c, r) where id = i""",
        [one.id for one in paid],
        [one.payment_status for one in paid],
        [one.captured_minor for one in paid],
        [one.refunded_minor for one in paid],
    )


async def save(tx: Tx, orders: Sequence[Order]) -> None:
    """Write what may change of an order beside its money: states, version and what was decided."""
    await tx.execute(
        """update orders set version = v, status = s, fulfilment_status = f, decided_minor = d, cancel_reason = c
           from unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::bigint[], $6::text[]) as e(i, v, s, f, d, c)
           where id = i""",
        [order.id for order in orders],
        [order.version for order in orders],
        [order.status for order in orders],
        [order.fulfilment_status for order in orders],
        [order.decided_minor for order in orders],
        [order.cancel_reason for order in orders],
    )


async def save_lines(tx: Tx, order: Order) -> None:
    """Write what was sent and refunded of an order's lines."""
    await tx.execute(
        """update order_lines set sent = s, refunded = r, withdrawn = w
           from unnest($2::text[], $3::bigint[], $4::bigint[], $5::bigint[]) as e(k, s, r, w)
           where order_id = $1 and sku = k and (sent, refunded, withdrawn) is distinct from (s, r, w)""",
        order.id,
        [line.sku for line in order.lines],
        [line.sent for line in order.lines],
        [line.refunded for line in order.lines],
        [line.withdrawn for line in order.lines],
    )


async def owners(tx: Tx, order_ids: Sequence[UUID]) -> dict[UUID, UUID | None]:
    """Whose orders these are; those that do not exist are left out."""
    rows = await tx.fetch("select id, user_id from orders where id = any($1::uuid[])", order_ids)
    return {row["id"]: row["user_id"] for row in rows}
