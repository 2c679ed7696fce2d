"""A service's card: all that the outside may know of it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from structlog.typing import FilteringBoundLogger

from feira.kernel.config import Settings
from feira.kernel.db import Db
from feira.kernel.events import On
from feira.kernel.http import Route
from feira.kernel.message import Event
from feira.kernel.metrics import Gauge as Gauge
from feira.kernel.tail import Tail


@dataclass(frozen=True)
class Context:
    """What a service is built from, beside the contracts that it needs."""

    db: Db
    settings: Settings
    wake: Callable[[str], None]  # Run the job of this name now, wherever its lease is held.
    log: FilteringBoundLogger
    tail: Tail = field(default_factory=Tail)  # The process's own: what is published anywhere, from now on.


@dataclass(frozen=True)
class Job:
    """Work that is done now and then, by one process of all at a time, or by each if `everywhere`.

    `run` answers True if there is more to do at once. Its failures are logged, and it is run again.
    """

    name: str
    run: Callable[[Any], Awaitable[bool | None]]
    every_s: float
    everywhere: bool = False


@dataclass(frozen=True)
class Card:
    """`name` is folder, schema, topic and deployment; `needs` are the parameters of `build` beside its Context; `follows`
    are the events that it hears by `Context.tail`. What `keeps` nothing has no schema, no handlers and no jobs; its Context's
    database is the bus's.
    """

    name: str
    home: Path
    build: Callable[..., Any]
    provides: type | None = None
    needs: Mapping[str, type] = field(default_factory=dict)
    routes: Callable[[Any], Sequence[Route]] = lambda _service: ()
    handlers: Sequence[On] = ()
    follows: Sequence[type[Event]] = ()
    keeps: bool = True
    jobs: Sequence[Job] = ()
    gauges: Callable[[Any], Awaitable[Sequence[Gauge]]] | None = None
