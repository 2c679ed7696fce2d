"""The statements on what sells: the journal read on and on, a part at a time."""

from collections.abc import Sequence

from feira.kernel.db import Tx

DAYS = 7  # Today included.
ENTRIES_MAX = 10_000  # Lines of the journal that are read at once, so that no transaction is long.
GONE_MAX = 20_000  # Counts of a day long past that are taken out of the sums at once.

_TODAY = "(now() at time zone 'UTC')::date"


async def lock(tx: Tx) -> bool:
    """Whether there is more to read than was read; the place is locked.

    Numbers are given out in order but committed as it comes. So it is read up to what was given out at the last look, which
    was at least a moment ago, and then looked again.
    """
    row = await tx.fetchrow("select after, upto from sales_read for update")
    assert row is not None  # noqa: S101 - the migration made it.
    if row["after"] < row["upto"]:
        return True
    await tx.execute(
        "update sales_read set upto = (select case when is_called then last_value else 0 end from journal_id_seq)"
    )
    return False


async def read_on(tx: Tx) -> None:
    """Count the next part of the journal. The place must be locked."""
    await tx.execute("select brin_summarize_new_values('journal_in_order')")
    await tx.execute("set local enable_seqscan = off")  # No estimate is worth reading the whole journal.
    await tx.execute(
        f"""with part as (
               update sales_read r set after = least(r.upto, r.after + {ENTRIES_MAX}) from sales_read was
               returning was.after, r.after as upto),
           moved as materialized (
               select sku, (at at time zone 'UTC')::date as day, -delta_on_hand as units from journal
               where id > (select after from part) and id <= (select upto from part)
                     and kind in ('sold', 'cancelled', 'refunded')),
           counted as materialized (
               select l.number, day, sum(units)::bigint as units
               from moved join variants using (sku) join listings l using (product_id)
               where day > {_TODAY} - {DAYS} group by l.number, day),
           by_day as (
               insert into sold_days as d (day, number, units) select day, number, units from counted
               on conflict (day, number) do update set units = d.units + excluded.units)
           insert into sold_week as w (number, units) select number, sum(units) from counted group by number
           on conflict (number) do update set units = w.units + excluded.units"""
    )


async def forget_days(tx: Tx) -> bool:
    """Take what is past out of the sums; True if there may be more."""
    gone = await tx.fetch(
        f"""with past as (
               delete from sold_days where (day, number) in (
                   select day, number from sold_days where day <= {_TODAY} - {DAYS} order by day limit {GONE_MAX})
               returning number, units),
           less as (
               insert into sold_week as w (number, units) select number, -sum(units) from past group by number
               on conflict (number) do update set units = w.units + excluded.units)
           select number from past"""
    )
    if gone:
        numbers = [row["number"] for row in gone]
        await tx.execute("delete from sold_week where number = any($1::bigint[]) and units = 0", numbers)
    return len(gone) >= GONE_MAX


async def tell_best(tx: Tx, limit: int, every_s: float) -> bool:
    """Bring what is told to sell best up to date, but not more often than this; whether it is different from before."""
    told = await tx.fetchval(
        """update sales_read set best = now.best, told_at = now()
           from (select array(select number from sold_week where units > 0
                              order by units desc, number desc limit $1) as best) as now
           where sales_read.best <> now.best and told_at < now() - $2 * interval '1 second' returning true""",
        limit,
        every_s,
    )
    return bool(told)


async def read_best(tx: Tx) -> Sequence[int]:
    """The numbers of the products that are told to sell best, the best first."""
    best: Sequence[int] = await tx.fetchval("select best from sales_read")
    return best
