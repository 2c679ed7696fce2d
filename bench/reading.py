"""Pages under load: the shop on one core and wrk on the other, beside nginx with the same bytes in the same place."""

import asyncio
import math
import shutil
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench import wrk
from bench.errors import BenchError, WrongAnswer
from bench.measuring import LOAD_CORE, SERVER_CORE, Run, median
from bench.nginx import lay_out, nginx
from bench.processes import Cpu, pin
from bench.shop import Shop

CONNECTIONS: Final = 64
FETCHING: Final = 8


@dataclass(frozen=True)
class Pages:
    """Paths that are asked for, in a file as wrk's script reads it."""

    file: Path
    paths: Sequence[str]


def listed(home: Path, name: str, paths: Sequence[str]) -> Pages:
    file = home / f"{name}.txt"
    file.write_text("\n".join(paths) + "\n")
    return Pages(file, paths)


async def fetched(shop: Shop, paths: Sequence[str], within_s: float = math.inf) -> dict[str, bytes]:
    """Each page's bytes, asked for once, or of as many as are answered in time; raises WrongAnswer for one that is not
    there.
    """
    found: dict[str, bytes] = {}
    left = iter(paths)
    until = time.monotonic() + within_s

    async def fetch() -> None:
        for path in left:
            if time.monotonic() > until:
                return
            found[path] = await shop.read(path)

    await asyncio.gather(*(fetch() for _ in range(FETCHING)))
    return {path: found[path] for path in paths if path in found}


async def drawn(url: str, pages: Pages, seconds: float) -> wrk.Answered:
    """Ask for any of the pages, for so long, from the core beside the server's."""
    work = wrk.Load("pages", CONNECTIONS, seconds, (str(pages.file), "drawn"), core=LOAD_CORE, grace_s=0)
    answered = await wrk.load(url, work)
    answered.check("pages")
    return answered


async def timed(shop: Shop, paths: Sequence[str]) -> float:
    """The median of what one client waits for these pages, in ms."""
    taken = []
    for path in paths:
        began = time.perf_counter()
        await shop.read(path)
        taken.append((time.perf_counter() - began) * 1000)
    return median(taken)


async def once(url: str, pages: Pages, seconds: float, connections: int) -> wrk.Answered:
    """Ask for pages in turn, none of them twice; there must be more of them than can be answered in so many seconds."""
    work = wrk.Load("pages", connections, seconds, (str(pages.file), "once"), core=LOAD_CORE)
    answered = await wrk.load(url, work)
    answered.check("pages, each once")
    if answered.counts["sent"] >= len(pages.paths):
        raise BenchError(f"{len(pages.paths)} different pages were too few for {seconds:g} s")
    return answered


async def beside_nginx(
    run: Run, shop: Shop, ask: Callable[[float], Awaitable[wrk.Answered]], bodies: Mapping[str, bytes]
) -> dict[str, Any]:
    """The shop's rate and nginx's with the same bytes, in turn. `ask` asks the shop for so many seconds; `bodies` are what
    it is answered, or some of that.
    """
    root = run.home / "pages"
    names = {path: f"/{number}" for number, path in enumerate(bodies)}
    lay_out(root, {names[path]: body for path, body in bodies.items()})
    files = listed(run.home, "files", list(names.values()))
    pin(shop.our_processes(), {SERVER_CORE})
    ours, theirs, cpu, nginx_us = [], [], [], 0.0
    try:
        async with nginx(run.home, root, SERVER_CORE) as beside:
            await drawn(beside.url, files, 1)
            await ask(1)
            for _ in range(run.rounds):
                used = beside.cpu_us()
                theirs.append(await drawn(beside.url, files, max(2.0, run.seconds / 2)))
                nginx_us = (beside.cpu_us() - used) / theirs[-1].answers
                before = Cpu.now(shop.pids, run.postgres.pid)
                ours.append(await ask(run.seconds))
                spent = Cpu.now(shop.pids, run.postgres.pid).since(before)
                cpu.append({name: round(us / ours[-1].answers, 1) for name, us in spent.items() if us})
    finally:
        shutil.rmtree(root, ignore_errors=True)
    shop.check()
    return {
        "ours": median([each.rate for each in ours]),
        "nginx": median([each.rate for each in theirs]),
        "p50_ms": median([each.p50_ms for each in ours]),
        "p99_ms": median([each.p99_ms for each in ours]),
        "body_bytes": round(sum(map(len, bodies.values())) / len(bodies)),
        "cpu_us_a_request": {"nginx": round(nginx_us, 1), **cpu[-1]},
    }


async def same_again(shop: Shop, bodies: Mapping[str, bytes], every: int) -> None:
    """Raise WrongAnswer if a page, one in so many, reads otherwise than before the load."""
    for path in list(bodies)[::every]:
        if await shop.read(path) != bodies[path]:
            raise WrongAnswer(f"GET {path} reads otherwise after the load")
