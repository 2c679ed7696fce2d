"""The statements on what was sold."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import asyncpg
import msgspec

from feira.kernel.db import Tx
from feira.orders.domain_sales import Day, Sales

# `Anything+5` is a zone to PostgreSQL, as POSIX has it: five hours to the west.
_MADE_UP = re.compile(r"(?<!GMT)[+-]\d")
_LOCK = "hashtextextended('feira orders sales', 0)"
# Hours and skus are taken in their order, and last of all rows, so that no two transactions wait for each other.
_ADD = """
    units as materialized (
        select hour, day, sku, name, sign * quantity as quantity, sign * (l.total_minor - discount_minor) as sales_minor
        from counted c join order_lines l on l.order_id = c.id),
    by_hour as (
        insert into sales_hours as h (hour, orders, items, sales_minor)
        select hour, sum(sign), (select coalesce(sum(quantity), 0) from units u where u.hour = c.hour),
               sum(sign * total_minor)
        from counted c group by hour order by hour
        on conflict (hour) do update set orders = h.orders + excluded.orders, items = h.items + excluded.items,
            sales_minor = h.sales_minor + excluded.sales_minor),
    by_sku as (
        insert into sales_skus as s (day, sku, name, quantity, sales_minor)
        select day, sku, min(name), sum(quantity), sum(sales_minor) from units
        where day > current_date - $1::int group by day, sku order by day, sku
        on conflict (day, sku) do update set quantity = s.quantity + excluded.quantity,
            sales_minor = s.sales_minor + excluded.sales_minor)"""
_PLACED = "o.id, date_trunc('hour', placed_at) as hour, placed_at::date as day, total_minor"


class TopSku(msgspec.Struct, frozen=True, kw_only=True):
    sku: str
    name: str
    quantity: int
    sales_minor: int


async def share(tx: Tx) -> None:
    """Keep the rebuild from going on until the transaction ends."""
    await tx.execute(f"select pg_advisory_xact_lock_shared({_LOCK})")


async def is_rebuilt(tx: Tx) -> bool:
    done: bool = await tx.fetchval("select done from sales_rebuild")
    return done


async def add(tx: Tx, came: Sequence[UUID], went: Sequence[UUID], days: int, *, rebuilt: bool) -> None:
    """These orders have come to be sold, and those are so no longer. While the tables are being rebuilt, orders that are
    yet to be counted are left to that. Skus are counted for so many days.
    """
    await tx.execute(
        f"""with counted as materialized (
                select {_PLACED}, sign
                from orders o join unnest($2::uuid[], $3::int[]) as e(i, sign) on o.id = i
                where $4 or exists (select from sales_rebuild r where (o.placed_at, o.id) <= (r.placed_at, r.id))),
            {_ADD}
            select""",
        days,
        [*came, *went],
        [1] * len(came) + [-1] * len(went),
        rebuilt,
    )


async def rebuild(tx: Tx, limit: int, days: int) -> bool:
    """Count the next so many of the orders that were there before; answers whether all are counted.

    Whoever changes an order meanwhile waits for it, or has been waited for: the lock is had before anything is read.
    """
    await tx.execute(f"select pg_advisory_xact_lock({_LOCK})")
    done: bool = await tx.fetchval(
        f"""with next as materialized (
                select {_PLACED}, placed_at, status, payment_status, 1 as sign
                from orders o where (placed_at, id) > (select placed_at, id from sales_rebuild where not done)
                order by placed_at, id limit $2),
            counted as materialized (
                select * from next where status in ('confirmed', 'completed')
                       and payment_status in ('captured', 'partially_refunded', 'refunded')),
            {_ADD},
            last as (select placed_at, id from next order by placed_at desc, id desc limit 1),
            few as (select count(*) < $2 as done from next)
            update sales_rebuild r set done = few.done, placed_at = coalesce(last.placed_at, r.placed_at),
                   id = coalesce(last.id, r.id)
            from few left join last on true returning r.done""",
        days,
        limit,
    )
    return done


async def what_day(tx: Tx, time_zone: str) -> Day | None:
    """What day it is in this time zone of the IANA database; None if there is no such zone."""
    if _MADE_UP.search(time_zone):
        return None
    try:
        row = await tx.fetchrow(
            """select date_trunc('hour', now()) as hour, day at time zone $1 as today,
                      (day - interval '1 day') at time zone $1 as yesterday
               from date_trunc('day', now() at time zone $1) as day""",
            time_zone,
        )
    except asyncpg.InvalidParameterValueError:
        return None
    assert row is not None  # noqa: S101 - a function in place of a table answers a row.
    return Day(**row)


async def hours_since(tx: Tx, begin: datetime) -> dict[datetime, Sales]:
    rows = await tx.fetch("select hour, orders, items, sales_minor from sales_hours where hour >= $1", begin)
    return {
        row["hour"]: Sales(orders=row["orders"], items=row["items"], sales_minor=row["sales_minor"]) for row in rows
    }


async def sold_since(tx: Tx, begin: datetime) -> tuple[int, int, datetime]:
    """How many orders of the hours from then on are sold, what they came to, and when now is."""
    row = await tx.fetchrow(
        """select coalesce(sum(orders), 0)::bigint, coalesce(sum(sales_minor), 0)::bigint, now()
           from sales_hours where hour >= $1""",
        begin,
    )
    assert row is not None  # noqa: S101 - aggregates always answer a row.
    return tuple(row)


async def top_skus(tx: Tx, days: int, limit: int) -> list[TopSku]:
    """What sold most in the last so many days, today among them, under the names of its last day."""
    rows = await tx.fetch(
        """select sku, quantity, sales_minor,
                  (select name from generate_series(current_date, current_date - $1::int + 1, interval '-1 day') as d
                   join sales_skus s on s.day = d::date and s.sku = best.sku order by d desc limit 1) as name
           from (select sku, sum(quantity)::bigint as quantity, sum(sales_minor)::bigint as sales_minor
                 from sales_skus where day > current_date - $1::int
                 group by sku having sum(quantity) > 0 order by 2 desc, 3 desc, 1 limit $2) as best
           order by quantity desc, sales_minor desc, sku""",
        days,
        limit,
    )
    return [TopSku(**row) for row in rows]


async def forget_skus(tx: Tx, before: date, limit: int) -> int:
    """Delete at most so many rows of days before that one; answers how many."""
    rows = await tx.fetch(
        """delete from sales_skus where (day, sku) in (
               select day, sku from sales_skus where day < $1 order by day, sku limit $2 for update skip locked)
           returning 1""",
        before,
        limit,
    )
    return len(rows)
