"""Finished answers in memory: found by what was asked, dropped by what they tell of.

A service makes one store, names it in its routes (`Route(…, kept=store)`), has its handlers say what an answer depends on
(`request.tag("product:…")`) and calls `drop` when that changes. Only answers with a tag are kept. An answer that was begun
before one of its tags was dropped and finished after it is not kept, since it may tell what was.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterable
from functools import lru_cache
from typing import Any, Final

from feira.kernel.http import Request, best_locale, languages

KEPT_BYTES_MAX: Final = 48 << 20  # In one process, all that an answer costs included.
KEPT_MAX: Final = 50_000
OVERHEAD_BYTES: Final = 1_500  # What an answer costs beside its bytes: entries of tables, tags, its headers.
VARIANTS_MAX: Final = 16  # Answers to one address, by language.
DROPS_MAX: Final = 100_000  # Drops remembered while answers are being made.


class _Slot:
    """The answers to one address, by the languages chosen of those that its things are offered in."""

    __slots__ = ("asked", "offers", "size", "tags", "used", "values")

    def __init__(self, request: Request[Any, Any]) -> None:
        self.asked = request.asked_locale
        self.offers = tuple(request.offers)
        self.tags: set[str] = set()
        self.values: dict[tuple[str, ...], Any] = {}
        self.size = 0
        self.used = False


class Kept:
    """Bounded by bytes and by number; what was not asked for lately goes first."""

    def __init__(self, *, bytes_max: int = KEPT_BYTES_MAX, entries_max: int = KEPT_MAX) -> None:
        self.size = 0
        self._bytes_max, self._entries_max = bytes_max, entries_max
        self._slots: dict[Hashable, _Slot] = {}
        self._tagged: dict[str, set[Hashable]] = {}
        self._clock = 0  # Counts the drops.
        self._floor = 0  # What was begun before this drop is not kept.
        self._dropped: dict[str, int] = {}
        self._making = 0
        self._flights: dict[Hashable, tuple[int, asyncio.Future[Any]]] = {}

    def __len__(self) -> int:
        return len(self._slots)

    @property
    def clock(self) -> int:
        """The position for `put` of what is as new as can be."""
        return self._clock

    @property
    def busy(self) -> bool:
        """Whether anything is kept, or being made."""
        return bool(self._slots or self._making)

    def __contains__(self, key: Hashable) -> bool:
        return key in self._slots

    def find(self, key: Hashable, accept: str) -> Any | None:
        """What is kept for this address and this Accept-Language, or None."""
        slot = self._slots.get(key)
        if slot is None:
            return None
        slot.used = True
        return slot.values.get(chosen(slot.asked, accept, slot.offers))

    async def once(self, key: Hashable, make: Callable[[int], Awaitable[Any]]) -> Any:
        """What `make` answers, made once for all who ask for the same meanwhile; it is given the position for `put`.

        Who asks after something was dropped does not get what was begun before.
        """
        clock, flight = self._flights.get(key, (-1, None))
        if flight is not None and clock == self._clock:
            return await asyncio.shield(flight)
        began, future = self._clock, asyncio.get_running_loop().create_future()
        mine = self._flights[key] = (began, future)
        self._making += 1
        try:
            value = await make(began)
        except BaseException as error:
            if isinstance(error, Exception):
                future.set_exception(error)
                future.exception()  # Nobody else may have waited for it.
            else:
                future.cancel()
            raise
        finally:
            self._making -= 1
            if self._flights.get(key) is mine:
                del self._flights[key]
            if not self._making:
                self._dropped.clear()
        future.set_result(value)
        return value

    def put(self, key: Hashable, request: Request[Any, Any], value: Any, size: int, began: int) -> bool:
        """Keep an answer for this address and the request's languages; False if one of its tags was dropped meanwhile."""
        if not request.tags or began < self._floor or any(self._dropped.get(tag, 0) > began for tag in request.tags):
            return False
        slot, offers = self._slots.get(key), tuple(request.offers)
        choice = chosen(request.asked_locale, request.accepted, offers)
        if slot is None or slot.offers != offers or len(slot.values) >= VARIANTS_MAX or choice in slot.values:
            self.remove(key)
            slot = self._slots[key] = _Slot(request)
        slot.values[choice] = value
        slot.tags |= request.tags
        for tag in request.tags:
            self._tagged.setdefault(tag, set()).add(key)
        self.grow(key, size + OVERHEAD_BYTES)
        return True

    def grow(self, key: Hashable, size: int) -> None:
        """What is kept for this address takes so much more; others make room for it."""
        if (slot := self._slots.get(key)) is None:
            return
        slot.size += size
        self.size += size
        while self.size > self._bytes_max or len(self._slots) > self._entries_max:
            oldest = next(iter(self._slots))
            if self._slots[oldest].used:  # A second chance, which costs a reader less than a place in a queue.
                self._slots[oldest].used = False
                self._slots[oldest] = self._slots.pop(oldest)
            else:
                self.remove(oldest)

    def drop(self, tags: Iterable[str]) -> None:
        """Forget all answers that depend on one of these."""
        for key in self.outdate(tags):
            self.remove(key)

    def outdate(self, tags: Iterable[str]) -> set[Hashable]:
        """Where there are answers that depend on one of these: they stay. What was begun before is kept no more."""
        self._clock += 1
        found: set[Hashable] = set()
        for tag in tags:
            if self._making:
                self._dropped[tag] = self._clock
            found.update(self._tagged.get(tag, ()))
        if len(self._dropped) > DROPS_MAX:
            self._dropped.clear()
            self._floor = self._clock
        return found

    def drop_all(self) -> None:
        self._clock += 1
        self._floor = self._clock
        self._slots.clear()
        self._tagged.clear()
        self.size = 0

    def remove(self, key: Hashable) -> None:
        """Forget the answers to this address."""
        slot = self._slots.pop(key, None)
        if slot is None:
            return
        self.size -= slot.size
        for tag in slot.tags:
            keys = self._tagged[tag]
            keys.discard(key)
            if not keys:
                del self._tagged[tag]


@lru_cache(maxsize=4096)
def chosen(asked: str | None, accepted: str, offers: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    """Which language of each offer is the best for `?locale=` and this Accept-Language."""
    return tuple(best_locale(languages(asked, accepted), offered) for offered in offers)
