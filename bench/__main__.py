"""`python -m bench`: measures rows of the table, or all of them.

Starts a PostgreSQL of its own and shops on it, puts load on them, checks after each row that everything adds up, and
ends all it started. A run in which something does not add up reports nothing and exits with 1.
"""

import argparse
import asyncio
import os
import signal
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from bench import machine, report
from bench.errors import BenchError
from bench.measuring import Run
from bench.postgres import Postgres, remove
from bench.rows import growth, live, orders, overload, pages, painting, searching, shapes, starting

Measure = Callable[[Run], Awaitable[None]]
# In this order; each measures those of its rows that are wanted.
GROUPS: Final[tuple[tuple[frozenset[str], Measure], ...]] = (
    (frozenset({"1", "2", "3", "7", "8"}), orders.measure),
    (frozenset({"4", "5"}), pages.measure),
    (frozenset({"9"}), starting.measure),
    (frozenset({"6", "10"}), searching.measure),
    (frozenset({"11"}), overload.measure),
    (frozenset({"13", "14"}), shapes.measure),
    (frozenset({"live"}), live.measure),
    (frozenset({"paint"}), painting.measure),
    (frozenset({"12"}), growth.measure),
)
ROUNDS: Final = {"full": 3, "quick": 1, "growth": 2}
QUICK: Final = frozenset({"1", "2", "4", "5", "7", "8", "9"})
FULL: Final = frozenset(str(row) for row in range(1, 15)) - {"12"} | {"live", "paint"}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--kind", choices=("full", "quick", "growth"), default="full", help="(%(default)s)")
    parser.add_argument("--rows", metavar="1,2,…", help="these rows only")
    parser.add_argument("--seconds", type=float, help="of load in each measurement")
    parser.add_argument("--rounds", type=int, help="how often what alternates is measured")
    parser.add_argument("--products", type=int, default=1_000_000, help="of the big shop of row 12 (%(default)s)")
    parser.add_argument("--orders", type=int, default=5_000_000, help="that it has had (%(default)s)")
    parser.add_argument("--scratch", type=Path, help="where the run takes place (below the system's place for it)")
    parser.add_argument("--results", type=Path, help="where its report goes; without it nothing is written")
    parser.add_argument("--keep", action="store_true", help="leave the scratch directory, with its logs")
    return parser.parse_args()


def wanted(given: argparse.Namespace) -> frozenset[str]:
    if given.rows:
        rows = frozenset(given.rows.split(","))
        if unknown := rows - frozenset().union(*(group for group, _ in GROUPS)):
            raise BenchError(f"there is no row {', '.join(sorted(unknown))}; rows of row 12 are measured together")
        return rows
    return {"quick": QUICK, "growth": frozenset({"12"})}.get(given.kind, FULL)


async def measure(given: argparse.Namespace, home: Path) -> Run:
    quick = given.kind == "quick"
    async with Postgres(home / "postgres") as postgres:
        run = Run(
            home,
            postgres,
            given.kind,
            wanted(given),
            given.seconds or (6.0 if quick else 8.0),
            given.rounds or ROUNDS[given.kind],
            products=given.products,
            orders=given.orders,
        )
        run.facts.update(machine.facts(home, await postgres.version()))
        for rows, group in GROUPS:
            if run.wants(*rows):
                await group(run)
        return run


async def whole(given: argparse.Namespace) -> int:
    """Ctrl-C and SIGTERM cancel us, and what was started is ended on the way out."""
    me = asyncio.current_task()
    assert me is not None  # noqa: S101 - we are one.
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, me.cancel)
    home = Path(tempfile.mkdtemp(prefix="feira-bench-", dir=given.scratch and given.scratch.resolve()))
    home.chmod(0o711)  # PostgreSQL's account finds its own directory below.
    try:
        run = await measure(given, home)
    except asyncio.CancelledError:
        print("The bench was interrupted.", file=sys.stderr)
        return 130
    except BenchError as failure:
        print(f"bench: {failure}", file=sys.stderr)
        return 1
    finally:
        if not given.keep:
            remove(home)
        else:
            print(f"Logs and data are in {home}.", file=sys.stderr)
    report.show(run)
    if given.results:
        report.write(run, given.results)
    return 0


def main() -> int:
    given = arguments()
    if sys.platform != "linux":
        print("bench: it measures on Linux only", file=sys.stderr)
        return 1
    os.umask(0o022)
    return asyncio.run(whole(given))


if __name__ == "__main__":
    sys.exit(main())
