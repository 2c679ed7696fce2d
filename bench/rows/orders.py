"""Rows 1, 2, 3, 7 and 8: orders, beside pgbench and the reference; one order on an idle shop; memory."""

from typing import Any, Final

import asyncpg

from bench import goods, pgbench
from bench.checks import MARK
from bench.measuring import Run, median
from bench.ordering import WARM_S, Ordered, Stall, stall
from bench.postgres import STATEMENTS
from bench.processes import Cpu, told_by

CLIENTS: Final = 16
REFERENCE: Final = "reference"
REFERENCE_SPARE_S: Final = 60.0
STATEMENTS_S: Final = 4.0
STATEMENTS_MAX: Final = 25
ALONE_S: Final = 4.0


async def measure(run: Run) -> None:
    await pgbench.prepare(run.postgres)
    async with stall(run, "orders") as at:
        run.say("the shop is open")
        if run.wants("8"):
            await _idle(run, at)
        await at.order(WARM_S)
        if run.wants("1", "2", "3", "8"):
            await _alternate(run, at)
        if run.wants("8"):
            run.add("8 busy", at.shop.pss_mb())
        if run.wants("3"):
            await _check_out(run, at)
        if run.wants("7"):
            await _alone(run, at)
    if run.wants("1") and run.kind != "quick":
        await _statements(run)


async def _idle(run: Run, at: Stall) -> None:
    run.add("8 idle", at.shop.pss_mb(), processes=len(at.shop.our_processes()))


async def _alternate(run: Run, at: Stall) -> None:
    """pgbench, row 1, row 2 and the reference in turn, so that the machine's moods meet all of them."""
    tps, spread, hot, limits = [], list[Ordered](), list[Ordered](), list[dict[str, Any]]()
    for turn in range(run.rounds):
        tps.append((await pgbench.measure(run.postgres, CLIENTS, round(run.seconds))).tps)
        spread.append(await at.order(run.seconds))
        if run.wants("2"):
            hot.append(await at.order(run.seconds, skus=1))
        if run.wants("1"):
            limits.append(await reference(run, max(2.0, run.seconds / 2)))
        run.say(f"round {turn + 1}: pgbench {tps[-1]:,.0f} tps, orders {spread[-1].rate:,.0f}/s")
    base = median(tps)
    one = _middle(spread)
    run.facts["pgbench_tps"], run.facts["orders_s"] = tps, one.rate
    if run.wants("1"):
        limit = median([each["orders_s"] for each in limits])
        more = {"of_reference": one.rate / limit, "reference": limits, "rounds": [each.told() for each in spread]}
        run.add("1", one.rate, base, pgbench_tps=base, **more)
        run.add("1 p99", median([each.answered.p99_ms for each in spread]))
    if run.wants("2"):
        run.add("2", _middle(hot).rate, one.rate, rounds=[each.told() for each in hot])


def _middle(of: list[Ordered]) -> Ordered:
    """The run whose rate is the median; of two the slower."""
    return sorted(of, key=lambda each: each.rate)[(len(of) - 1) // 2]


async def reference(run: Run, seconds: float) -> dict[str, Any]:
    """The limit, with PostgreSQL's part of the CPU beside its own."""
    url = await run.postgres.create(REFERENCE)
    before = Cpu.now([], run.postgres.pid)
    told = await told_by("bench.reference", [url, str(seconds), str(goods.SKUS)], seconds + REFERENCE_SPARE_S)
    spent = Cpu.now([], run.postgres.pid).since(before)
    told["postgres_cpu_us_an_order"] = sum(spent.values()) / told["orders"]
    await run.postgres.drop(REFERENCE)
    return told


async def _check_out(run: Run, at: Stall) -> None:
    await at.check_out(WARM_S)
    found = await at.check_out(run.seconds)
    run.add("3", found.rate, run.facts["orders_s"], **found.told())


async def _alone(run: Run, at: Stall) -> None:
    """One checkout after the other, by one client, and pgbench by one client."""
    alone, beside = [], []
    for _ in range(run.rounds):
        beside.append((await pgbench.measure(run.postgres, 1, round(ALONE_S))).latency_ms)
        alone.append(await at.order(ALONE_S, connections=1))
    middle = median([each.answered.p50_ms for each in alone])
    run.add("7", middle, median(beside), pgbench_ms=beside, rounds=[each.told() for each in alone])


async def _statements(run: Run) -> None:
    """Where PostgreSQL's time goes in row 1: in a run of its own, since to look costs something too."""
    await run.postgres.restart(STATEMENTS)
    try:
        async with stall(run, "statements") as at:
            await at.order(WARM_S)
            connection = await asyncpg.connect(run.postgres.url("postgres"))
            try:
                await connection.execute("create extension if not exists pg_stat_statements")
                await connection.execute("select pg_stat_statements_reset()")
                ordered = await at.order(STATEMENTS_S)
                run.facts["statements"] = await _slowest(connection, ordered.orders)
            finally:
                await connection.close()
    finally:
        await run.postgres.restart()


async def _slowest(connection: asyncpg.Connection, orders: int) -> list[dict[str, Any]]:
    rows = await connection.fetch(
        """select left(regexp_replace(query, '\\s+', ' ', 'g'), 160) as statement, calls, rows, total_exec_time as ms
           from pg_stat_statements where strpos(query, $2) = 0 order by total_exec_time desc limit $1""",
        STATEMENTS_MAX,
        MARK,
    )
    return [
        {
            "statement": row["statement"],
            "us_an_order": round(row["ms"] * 1000 / orders, 1),
            "calls_an_order": round(row["calls"] / orders, 3),
        }
        for row in rows
    ]
