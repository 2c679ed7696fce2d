"""Work that goes on for ever: a loop that survives whatever its rounds raise, jobs by lease, and the numbers told."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from feira.kernel import logs, metrics, trace
from feira.kernel.bus import Bus, Leases
from feira.kernel.card import Card, Job
from feira.kernel.db import Db
from feira.kernel.events import tend_inbox

POLL_S = 1.0  # How long a lost wake-up can delay anything.
TELL_S = 15.0
TEND_S = 3600.0
DELAY_S = 0.2
DELAY_MAX_S = 5.0
COURTESY_S, COURTESY_MAX = 0.02, 5

Step = Callable[[], Awaitable[bool | None]]
Busy = Callable[[], bool]  # Of which `bool` itself is the one that says no.

_log = logs.logger("loops")


async def for_ever(name: str, event: asyncio.Event, step: Step, every_s: float = POLL_S, busy: Busy = bool) -> None:
    """Run `step` whenever the event is set, at least each `every_s`, and at once again while it answers True. While clients
    keep us `busy` it lets them go first for a moment, in which there is more to do at once: small batches cost the most.
    """
    delay_s, more = DELAY_S, False
    while True:
        for _ in range(0 if more else COURTESY_MAX):
            if not busy():
                break
            await asyncio.sleep(COURTESY_S)
        event.clear()
        trace.clear()
        try:
            more = bool(await step())
        except Exception as failure:  # noqa: BLE001 - a loop that died would be worse than any failed round.
            _log.warning("round_failed", loop=name, error=repr(failure), exc_info=failure)
            await asyncio.sleep(delay_s)
            delay_s = min(delay_s * 2, DELAY_MAX_S)
            continue
        delay_s = DELAY_S
        if not more:
            with suppress(TimeoutError):
                async with asyncio.timeout(every_s):  # `wait_for` forgets a cancellation that meets the event.
                    await event.wait()


def job_group(service: str, job: str) -> str:
    return f"job:{service}.{job}"


async def keep_working(card: Card, job: Job, service: Any, leases: Leases) -> None:
    """One job of one service: by the one process that holds its lease, or by each if it is for everywhere."""
    group = job_group(card.name, job.name)
    event = leases.seek(group, [] if job.everywhere else [group])

    async def step() -> bool | None:
        return await job.run(service) if job.everywhere or leases.holds(group) else False

    await for_ever(group, event, step, job.every_s)


def _forget(name: str) -> None:
    for gauge in (metrics.BUS_ROWS, metrics.OUTBOX_ROWS, metrics.OUTBOX_LAG_SECONDS, metrics.PARKED_EVENTS):
        gauge.labels(name).set(0)
    metrics.replace_gauges(name, [])


async def keep_tending(card: Card, service: Any, db: Db, bus: Bus, leases: Leases) -> None:
    """The inbox's partitions, hourly, and the numbers of the service for /metrics."""
    group = f"tend:{card.name}"
    event = leases.seek(group, [group])
    loop = asyncio.get_running_loop()
    tended_at = -TEND_S

    async def step() -> None:
        nonlocal tended_at
        metrics.POOL_SIZE.labels(card.name).set(db.pool.get_size())
        metrics.POOL_IN_USE.labels(card.name).set(db.pool.get_size() - db.pool.get_idle_size() - len(db.at_hand))
        metrics.POOL_WAITING.labels(card.name).set(db.waiting)
        if not leases.holds(group):
            _forget(card.name)  # Another process tells them now: Prometheus would add ours to its.
            return
        waiting = await bus.waiting()
        rows, oldest = waiting.get(card.name, (0, None))
        if loop.time() - tended_at >= TEND_S:  # Before the numbers, which may fail for long; at most once an hour.
            tended_at = loop.time()
            await tend_inbox(db, oldest)
        metrics.BUS_ROWS.labels(card.name).set(rows)
        async with db.read() as tx:
            row = await tx.fetchrow(
                """select (select count(*) from (select from outbox limit $1) as first) as unsent,
                          (select extract(epoch from now() - at) from outbox order by id limit 1) as lag,
                          (select count(*) from (select from parked where dropped_at is null limit $1) as p) as parked""",
                metrics.COUNTED_MAX,
            )
        assert row is not None  # noqa: S101 - aggregates always answer a row.
        metrics.OUTBOX_ROWS.labels(card.name).set(row["unsent"])
        metrics.OUTBOX_LAG_SECONDS.labels(card.name).set(float(row["lag"] or 0))
        metrics.PARKED_EVENTS.labels(card.name).set(row["parked"])
        if card.gauges is not None:
            metrics.replace_gauges(card.name, await card.gauges(service))

    await for_ever(group, event, step, TELL_S)
