"""Pages that are kept in the form they are sent in, and rendered again when what they show has changed.

A page is dropped by nobody: a change makes it stale. Whoever asks for a stale page has it rendered again, and gets the old
one meanwhile, for a moment at most; who comes later waits for the new one. So nobody waits where many ask, nothing is
older than a moment where few do, and an import, which changes everything, renders nothing.
"""

import asyncio
import time
from collections.abc import Hashable, Iterable, Sequence
from contextlib import nullcontext
from typing import Any, Final

from feira.kernel import logs, metrics
from feira.kernel.http import Request
from feira.transport.finished import Finished
from feira.transport.kept import Kept
from feira.web.policy import Policy
from feira.web.upstream import Reply, Unreached, Upstream
from feira.web.urls import ALL, LISTS, PRODUCTS, STOCK, Ask, product, tags_of

PAGES_BYTES_MAX: Final = 32 << 20  # Pages by their bare addresses, of which a shop has only so many.
ASKED_BYTES_MAX: Final = 12 << 20  # What has a query string, and what Next's router fetches.
ODD_MAX: Final = 512
ODD_BYTES_MAX: Final = 4 << 20  # Addresses where nothing is, or that lead elsewhere.

FRESH_S: Final = 300.0  # What no event tells of, such as what sells best, is this old at most where people ask.
ODD_FRESH_S: Final = 10.0
GRACE_S: Final = 0.5  # How long after a change the old page is given to who asks for it.
# When after the news of a change pages become stale, and again if they were rendered since: what the API keeps in memory
# is brought up to date by itself, mostly in the first of these times, and so is the search index.
SETTLE_S: Final = (0.3, 1.2, 5.0)
SETTLING_MAX: Final = 300  # Changes of which that is not over.
STALE_WAIT_S: Final = 0.5  # How long anybody waits for the new one rather than having the old one.
WANTED_MAX: Final = 256  # Stale pages that wait to be rendered; what was asked for last comes first.
CROWD_MAX: Final = 8  # Where so many wait, the old page is given at once.
RENDERED_AT_ONCE_MAX: Final = 4  # Of pages that nobody has seen yet, by one process.
FLIGHTS_MAX: Final = 256
REST_MAX_S: Final = 0.25  # The renderer rests as long as it has worked, so that it leaves half a core to others.
FAILED_REST_S: Final = 0.5

PAGES: Final = metrics.counter("feira_pages", "Pages answered, by how they were come by.", ["by"])
RENDERED: Final = metrics.counter(
    "feira_pages_rendered", "Pages that Next.js rendered, by what became of it.", ["result"]
)
OUTDATED: Final = metrics.counter("feira_pages_outdated", "Kept pages that a change made stale.")
HIT, STALE, WAITED, MISSED, FAILED = (PAGES.labels(by) for by in ("hit", "stale", "waited", "miss", "failed"))

KEPT: Final = frozenset({200, 301, 302, 303, 307, 308, 404, 410})
_log = logs.logger("pages")
_ERROR_MARKS: Final = (b'data-dgst="', b"$RX(")  # Where a part of a page failed after the page had begun.

# Next.js draws its own 404 only in the browser; the storefront draws one here, and says so in its head.
_MISSING: Final = b'<meta name="feira:status" content="404"/>'


class Page:
    """What is kept. It is fresh until `stale_at` and may be given until `late_at`, both by the monotonic clock."""

    __slots__ = ("ask", "began", "finished", "late_at", "stale_at")

    def __init__(self, ask: Ask, finished: Finished, began: float, fresh_s: float) -> None:
        self.ask = ask
        self.finished = finished
        self.began = began
        self.stale_at = began + fresh_s
        self.late_at = self.stale_at + fresh_s

    def outdate(self, now: float) -> None:
        self.stale_at = min(self.stale_at, now)
        self.late_at = min(self.late_at, now + GRACE_S)


class _Flight:
    """One rendering on its way, and what has changed since it began."""

    task: asyncio.Task[Finished]

    def __init__(self) -> None:
        self.changed: set[str] = set()
        self.began = 0.0

    def begin(self) -> None:
        self.began = time.monotonic()
        self.changed.clear()  # What has changed while it waited, it will show.


class Pages:
    """`start` in a running loop, `stop` at its end."""

    def __init__(self, upstream: Upstream, policy: Policy, settle_s: Sequence[float] = SETTLE_S) -> None:
        self._settle_s = settle_s
        self._settling = 0
        self._upstream = upstream
        self._policy = policy
        self._plain = Kept(bytes_max=PAGES_BYTES_MAX)
        self._asked = Kept(bytes_max=ASKED_BYTES_MAX)
        self._odd = Kept(bytes_max=ODD_BYTES_MAX, entries_max=ODD_MAX)
        self._stores = (self._plain, self._asked, self._odd)
        self._flights: dict[Hashable, _Flight] = {}
        self._gate = asyncio.Semaphore(RENDERED_AT_ONCE_MAX)
        self._wanted: dict[Hashable, Page] = {}
        self._work = asyncio.Event()
        self._renderer: asyncio.Task[None] | None = None
        self._failed_at = float("-inf")

    async def start(self) -> None:
        self._renderer = asyncio.create_task(self._render_for_ever())

    async def stop(self) -> None:
        tasks: list[asyncio.Task[Any]] = [flight.task for flight in self._flights.values()]
        if self._renderer is not None:
            tasks.append(self._renderer)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def __len__(self) -> int:
        return sum(len(store) for store in self._stores)

    # What is asked for.

    def at_once(self, key: Hashable, *, reload: bool) -> Page | None:
        """The page if it may be given now; who wants to `reload` it is not given a stale one."""
        page = self._find(key)
        if page is None:
            return None
        now = time.monotonic()
        if now < page.stale_at:
            HIT.inc()
            return page
        if reload or now >= page.late_at:
            return None
        self._want(page)
        STALE.inc()
        return page

    async def get(self, ask: Ask) -> Finished:
        """The page as new as can be had in time; raises Unreached if there is none at all."""
        page = self._find(ask.key) if ask.key is not None else None
        if page is None:
            try:
                finished = await self._fly(ask)
            except Unreached:
                FAILED.inc()
                raise
            MISSED.inc()
            return finished
        if time.monotonic() < page.stale_at:
            HIT.inc()
            return page.finished
        return await self._renewed(page)

    async def _renewed(self, page: Page) -> Finished:
        self._want(page)
        if len(self._wanted) <= CROWD_MAX and time.monotonic() - self._failed_at > FAILED_REST_S:
            try:
                async with asyncio.timeout(STALE_WAIT_S):
                    finished = await self._fly(page.ask)
            except (TimeoutError, Unreached):
                pass
            else:
                WAITED.inc()
                return finished
        STALE.inc()
        return page.finished

    def grow(self, key: Hashable, size: int) -> None:
        for store in self._stores:
            store.grow(key, size)

    def _find(self, key: Hashable) -> Page | None:
        for store in self._stores:
            if key in store:
                found: Page | None = store.find(key, "")
                return found
        return None

    # What changes.

    def outdate(
        self, slugs: Iterable[str] = (), *, lists: bool = False, stock: bool = False, everything: bool = False
    ) -> None:
        """These products look different from now on, or lists of products do, or lists by stock, or everything."""
        tags = {product(slug) for slug in slugs}
        tags |= {PRODUCTS} if tags else set()
        tags |= {tag for tag, is_meant in ((LISTS, lists), (STOCK, stock), (ALL, everything)) if is_meant}
        if self._settling >= SETTLING_MAX:
            tags = {ALL}
        for delay_s in self._settle_s:
            self._settling += 1
            asyncio.get_running_loop().call_later(delay_s, self._settle, tags)

    def _settle(self, tags: set[str]) -> None:
        self._settling -= 1
        now = time.monotonic()
        for flight in self._flights.values():
            flight.changed |= tags
        for store in self._stores:
            for key in store.outdate(tags):
                page: Page | None = store.find(key, "")
                if page is not None:
                    OUTDATED.inc(page.stale_at > now)
                    page.outdate(now)

    # Rendering.

    async def _fly(self, ask: Ask, *, at_gate: bool = True) -> Finished:
        """Render it, once for all who want it at the same time. Who asked may go: it is rendered to its end."""
        flight = self._flights.get(ask.key) if ask.key is not None else None
        if flight is None:
            if len(self._flights) >= FLIGHTS_MAX:
                raise Unreached("too many pages are waited for")
            flight = _Flight()
            place: Hashable = ask.key if ask.key is not None else flight
            flight.task = asyncio.create_task(self._rendered(flight, ask, at_gate=at_gate))
            flight.task.add_done_callback(lambda task: self._landed(place, task))
            self._flights[place] = flight
        return await asyncio.shield(flight.task)

    def _landed(self, place: Hashable, task: "asyncio.Task[Finished]") -> None:
        del self._flights[place]
        if not task.cancelled() and (error := task.exception()) is not None:
            self._failed_at = time.monotonic()
            RENDERED.labels("failed").inc()
            _log.warning("page_not_rendered", error=str(error) or repr(error))

    async def _rendered(self, flight: _Flight, ask: Ask, *, at_gate: bool) -> Finished:
        async with self._gate if at_gate else nullcontext():
            flight.begin()
            reply = await self._upstream.get(ask.target, ask.headers)
        if reply.status >= 500:
            raise Unreached(f"{ask.target.decode('latin-1')} is answered with {reply.status}")
        if reply.status == 200 and _MISSING in reply.body:
            reply = reply._replace(status=404)
        finished = self._policy.finished(ask, reply)
        RENDERED.labels("kept" if self._keep(flight, ask, reply, finished) else "passed").inc()
        return finished

    def _keep(self, flight: _Flight, ask: Ask, reply: Reply, finished: Finished) -> bool:
        if ask.key is None or reply.status not in KEPT:
            return False
        whole = reply.status == 200 and not any(mark in reply.body for mark in _ERROR_MARKS)
        home = self._odd if not whole else self._plain if ask.plain else self._asked
        tags = tags_of(ask, reply.body)
        page = Page(ask, finished, flight.began, FRESH_S if whole else ODD_FRESH_S)
        if tags & flight.changed:
            page.outdate(time.monotonic())  # It may tell what was.
        for store in self._stores:
            if store is not home:
                store.remove(ask.key)
        return home.put(ask.key, Request(body=None, query=None, tags=tags), page, finished.size + ask.size, home.clock)

    def _want(self, page: Page) -> None:
        key = page.ask.key
        self._wanted.pop(key, None)
        self._wanted[key] = page
        if len(self._wanted) > WANTED_MAX:
            del self._wanted[next(iter(self._wanted))]
        self._work.set()

    async def _render_for_ever(self) -> None:
        while True:
            await self._work.wait()
            while self._wanted:
                key, page = self._wanted.popitem()
                began = time.monotonic()
                if self._find(key) is page:  # It was neither renewed nor pushed out meanwhile.
                    try:
                        await self._fly(page.ask, at_gate=False)
                    except Exception:  # noqa: BLE001 - told in the log already; the next page shall be tried.
                        await asyncio.sleep(FAILED_REST_S)
                await asyncio.sleep(min(time.monotonic() - began, REST_MAX_S))
            self._work.clear()
