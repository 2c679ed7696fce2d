"""One process of a shop: `python -m feira.host.worker PARENT PIPE`, with its order on stdin, perhaps later.

It brings the database up to date if it is the first, and answers requests until SIGTERM. What goes wrong is told to the
supervisor in one sentence, through the pipe; the stack trace of a bug goes to the log.
"""

import sys

if __name__ == "__main__":
    # structlog imports it where it is installed, for coloured traces that no worker prints, and takes a tenth of a second.
    sys.modules["rich"] = None  # type: ignore[assignment]  # Which is how one forbids an import.

import asyncio
import gc
import os
import signal
from collections.abc import Callable, Sequence

import msgspec
import uvloop

from feira.app import AppError, Shop, connections_min, migrate_all, serve
from feira.host.errors import HostError
from feira.host.launch import die_with
from feira.host.order import Order, Report
from feira.host.samples import fill
from feira.kernel import logs
from feira.kernel.migrate import MigrationError

PARENT_EVERY_S = 1.0
GARBAGE_YOUNG_MAX = 50_000  # Objects that are made and not let go before cycles are looked for.

Tell = Callable[[Report], None]
EXPECTED = (HostError, AppError, MigrationError, OSError)  # What the machine does, and says in its own words.


async def prepare(order: Order, tell: Tell) -> None:
    least = connections_min(order.settings)
    if order.settings.db_connections < least:
        raise HostError(f"--db-connections must be at least {least} for these services and workers")
    if ran := await migrate_all(order.settings):
        tell(Report(kind="said", text=f"The database is up to date: {len(ran)} migrations were run."))


async def work(order: Order, tell: Tell) -> None:
    if order.prepare:
        await prepare(order, tell)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    watch = asyncio.create_task(_end_with_parent(stop))

    async def complete(shop: Shop) -> None:
        if order.prepare:
            if order.demo:
                await fill(shop, tell)
            tell(Report(kind="prepared"))

    def ready() -> None:
        # What the start has made lives as long as the process, and requests leave few cycles behind: to look through all
        # of it as often as Python does by itself takes a fifth of the time of an order.
        gc.freeze()
        gc.set_threshold(GARBAGE_YOUNG_MAX, 20, 100)
        tell(Report(kind="ready"))

    await serve(order.settings, ready, stop, complete)
    watch.cancel()


async def _end_with_parent(stop: asyncio.Event) -> None:
    """Linux kills us with our parent; elsewhere we have to see for ourselves that it has gone."""
    parent = os.getppid()
    while os.getppid() == parent:
        await asyncio.sleep(PARENT_EVERY_S)
    stop.set()


def main(arguments: Sequence[str]) -> int:
    parent, pipe = arguments
    die_with(int(parent), signal.SIGKILL)  # Every step of the shop can be cut off; a hanging worker must not live on.
    os.set_inheritable(int(pipe), False)
    with os.fdopen(int(pipe), "wb", buffering=0) as reports:
        if not (given := sys.stdin.buffer.read()):
            return 0  # There is no database, so there is nothing to do.
        order = msgspec.json.decode(given, type=Order)

        def tell(report: Report) -> None:
            reports.write(msgspec.json.encode(report) + b"\n")

        try:
            logs.configure()
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(work(order, tell))
        except EXPECTED as failure:
            tell(Report(kind="failed", text=str(failure)))
            return 1
        except Exception as failure:  # noqa: BLE001 - a bug: its trace is for the log, its name for the operator.
            logs.logger("feira").exception("worker_failed")
            tell(Report(kind="failed", text=f"{type(failure).__name__}: {failure} (its trace is in the log)"))
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
