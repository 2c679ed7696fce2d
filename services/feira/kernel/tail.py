"""The log as a process may follow it, from now on: for caches and screens, which write nothing down.

stop = ctx.tail.follow([OrderPlaced, StockChanged], heard)     # in `service.start`, or whenever somebody begins to look
stop()                                                         # nobody looks any more

`heard` is called in the event loop, does not await, and gets [(number, Heard), …] in the log's order. Numbers rise and are
the same in every process; after a crash an event may come again under a new one. Instead of a batch it gets None when it
hears all from here on but may have missed something: first of all, and whenever too much was dropped from the log unread.
While nobody follows, nothing is read. A topic that somebody follows is on its card (`follows`), or its events are dropped.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any

from feira.kernel import logs
from feira.kernel.bus import BEAT_S, KEPT_S, Bus, Queued
from feira.kernel.message import Event, Heard

ROWS_MAX = 512
LATE_MAX_S = KEPT_S - BEAT_S  # Who was further behind than this may have missed something.

Hear = Callable[[Sequence[tuple[int, Heard[Any]]] | None], None]

_log = logs.logger("tail")


class _Follower:
    def __init__(self, kinds: Sequence[type[Event]], heard: Hear) -> None:
        self.kinds = {kind.topic: kind for kind in kinds}
        self.heard = heard
        self.sound = False  # Whether it has heard everything since it was told None.

    def tell(self, rows: Sequence[Queued] | None) -> None:
        """What goes wrong here is the follower's own affair: it is told anew that it has missed something."""
        try:
            if rows is None:
                self.heard(None)
            elif mine := [row for row in rows if row.record.topic in self.kinds]:
                self.heard([(row.id, row.record.heard(self.kinds[row.record.topic])) for row in mine])
            self.sound = True
        except Exception as failure:  # noqa: BLE001 - whatever it is, the others hear.
            _log.error("follower_failed", error=repr(failure), exc_info=failure)
            self.sound = False


class Tail:
    """One process's eye on the log, for all that follow it there: a row is read once, and decoded once."""

    def __init__(self) -> None:
        self._followers: list[_Follower] = []
        self.after = -1  # The number up to which all was told; negative while nobody follows.
        self._caught_up = 0.0  # When the log had nothing more to read.
        self.wake: Callable[[], None] = lambda: None

    def follow(self, kinds: Sequence[type[Event]], heard: Hear) -> Callable[[], None]:
        """Hear the events of these kinds from now on; answers what ends it."""
        follower = _Follower(kinds, heard)
        self._followers.append(follower)
        self.wake()
        return lambda: self._followers.remove(follower) if follower in self._followers else None

    async def step(self, bus: Bus) -> bool:
        """Tell what is new; True if there may be more. For one caller at a time: two would tell the same rows."""
        if not self._followers:
            self.after = -1
            return False
        began = time.monotonic()
        if fresh := self.after < 0:
            self.after, self._caught_up = await bus.end(), began
        following = tuple(self._followers)  # Who comes while we read hears from the next rows on.
        for follower in following:
            if fresh or not follower.sound:
                follower.tell(None)
        topics = {topic for follower in following for topic in follower.kinds}
        taken = await bus.read(self.after, list(topics), ROWS_MAX)
        if time.monotonic() - self._caught_up > LATE_MAX_S:
            self.after = -1
            return True
        self.after = taken.upto or self.after
        for follower in following:
            if follower.sound and follower in self._followers:
                follower.tell(taken.rows)
        self._caught_up = self._caught_up if taken.more else began
        return taken.more
