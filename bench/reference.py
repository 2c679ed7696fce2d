"""The limit: the same batched orders straight against PostgreSQL, without HTTP and without a shop.

`python -m bench.reference URL SECONDS SKUS` has 256 callers who each place one order of two lines after the other. What is
called while a batch runs becomes the next one: at most 256 orders in one statement, which sets the goods aside, and writes
orders, lines and outbox, and is committed durably. Two connections. Prints one line of JSON.
"""

import asyncio
import json
import random
import resource
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

import asyncpg
import uvloop

CALLERS: Final = 256
BATCH_MAX: Final = 256
CONNECTIONS: Final = 2
STOCK: Final = 1_000_000_000

TABLES: Final = """
    create table stock (
        sku integer primary key, on_hand bigint not null check (on_hand >= 0)
    ) with (fillfactor = 50);
    create table orders (
        id bigint generated always as identity primary key, email text not null, total bigint not null,
        status smallint not null default 1, placed_at timestamptz not null default now()
    );
    create table order_lines (
        order_id bigint not null, no smallint not null, sku integer not null, quantity integer not null,
        price bigint not null, primary key (order_id, no)
    );
    create table outbox (
        id bigint generated always as identity primary key, topic text not null, key bigint not null,
        payload jsonb not null
    )
"""
# $1 e-mails and $2 totals, one an order; $3 which order (from 1), $4 number, $5 sku, $6 quantity, $7 price, one a line;
# $8 skus and $9 the units wanted of each in all. Answers the orders' ids, none if anything is not there.
PLACE: Final = """
    with locked as materialized (
        select sku, on_hand from stock where sku = any($8::int[]) order by sku for update
    ), enough as materialized (
        select count(*) filter (where locked.on_hand >= wanted.units) = cardinality($8::int[]) as is_there
        from unnest($8::int[], $9::bigint[]) as wanted (sku, units) join locked using (sku)
    ), taken as (
        update stock set on_hand = stock.on_hand - wanted.units
        from unnest($8::int[], $9::bigint[]) as wanted (sku, units), enough
        where enough.is_there and stock.sku = wanted.sku
    ), named as materialized (
        select email, total, no, nextval('orders_id_seq') as id
        from unnest($1::text[], $2::bigint[]) with ordinality as asked (email, total, no), enough where enough.is_there
    ), placed as (
        insert into orders (id, email, total) overriding system value select id, email, total from named
    ), lined as (
        insert into order_lines (order_id, no, sku, quantity, price)
        select named.id, line.no, line.sku, line.quantity, line.price
        from unnest($3::int[], $4::int[], $5::int[], $6::int[], $7::bigint[])
             as line (which, no, sku, quantity, price)
        join named on named.no = line.which
    ), told as (
        insert into outbox (topic, key, payload)
        select 'orders.placed', id, jsonb_build_object('id', id, 'total', total, 'email', email) from named
    )
    select coalesce(array_agg(id order by no), '{}') from named
"""

Line = tuple[int, int, int]  # sku, quantity, price


@dataclass
class Till:
    """Collects the orders that come while a batch is under way."""

    pool: "asyncpg.Pool[Any]"
    waiting: list[tuple[str, list[Line], asyncio.Future[int]]] = field(default_factory=list)
    free: int = CONNECTIONS
    tasks: set["asyncio.Task[None]"] = field(default_factory=set)
    batches: int = 0

    def place(self, email: str, lines: list[Line]) -> "asyncio.Future[int]":
        answer = asyncio.get_running_loop().create_future()
        self.waiting.append((email, lines, answer))
        if self.free:
            self.free -= 1
            task = asyncio.create_task(self._run())
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)
        return answer

    async def _run(self) -> None:
        try:
            async with self.pool.acquire() as connection:
                await asyncio.sleep(0)  # Whoever calls in this turn of the loop comes along.
                while batch := self.waiting[:BATCH_MAX]:
                    del self.waiting[:BATCH_MAX]
                    self.batches += 1
                    ids = await connection.fetchval(PLACE, *columns([(email, lines) for email, lines, _ in batch]))
                    for (_, _, answer), order_id in zip(batch, ids, strict=True):
                        answer.set_result(order_id)
        finally:
            self.free += 1


def columns(orders: list[tuple[str, list[Line]]]) -> list[list[Any]]:
    """The arguments of PLACE."""
    wanted: Counter[int] = Counter()
    lines: list[list[Any]] = [[], [], [], [], []]
    for which, (_, of) in enumerate(orders, 1):
        for no, (sku, quantity, price) in enumerate(of, 1):
            wanted[sku] += quantity
            for column, value in zip(lines, (which, no, sku, quantity, price), strict=True):
                column.append(value)
    emails = [email for email, _ in orders]
    totals = [sum(quantity * price for _, quantity, price in of) for _, of in orders]
    return [emails, totals, *lines, list(wanted), list(wanted.values())]


async def main(url: str, seconds: float, skus: int) -> dict[str, Any]:
    async with asyncpg.create_pool(url, min_size=CONNECTIONS, max_size=CONNECTIONS) as pool:
        await pool.execute("drop table if exists outbox, order_lines, orders, stock")
        await pool.execute(TABLES)
        await pool.execute(f"insert into stock select sku, {STOCK} from generate_series(0, {skus - 1}) sku")
        await pool.execute("vacuum analyze stock")
        till = Till(pool)
        chance = random.Random(11)  # noqa: S311 - the same orders in every run, not secrets.
        before, began = _cpu_s(), time.monotonic()
        until = began + seconds

        async def call(number: int) -> int:
            made = 0
            while time.monotonic() < until:
                lines = [(chance.randrange(skus), 1, 500), (chance.randrange(skus), 1, 700)]
                await till.place(f"buyer-{number}-{made}@example.com", lines)
                made += 1
            return made

        placed = sum(await asyncio.gather(*(call(number) for number in range(CALLERS))))
        took, spent = time.monotonic() - began, _cpu_s() - before
        found = await pool.fetchrow(
            f"""select (select count(*) from orders) as orders, (select count(*) from outbox) as events,
                       (select sum(quantity) from order_lines) as units,
                       (select {STOCK}::bigint * {skus} - sum(on_hand) from stock) as sold"""
        )
        assert found is not None  # noqa: S101 - a select without a table answers one row.
        if not placed == found["orders"] == found["events"] or not found["units"] == found["sold"] == 2 * placed:
            raise SystemExit(f"the reference does not add up: {placed} placed, {dict(found)}")
    return {
        "orders_s": placed / took,
        "orders": placed,
        "batch": placed / max(1, till.batches),
        "cpu_us_an_order": spent / placed * 1e6,
    }


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(json.dumps(runner.run(main(sys.argv[1], float(sys.argv[2]), int(sys.argv[3])))))
