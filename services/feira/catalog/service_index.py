"""Keeping the search index of this machine: made in the background, then brought up to date from the feed.

Whatever goes wrong is logged and tried again later, from the last commit or from nothing; searches do not wait for it. An
index that has not been heard of for a while is left aside by those who read it.
"""

import asyncio
import time
from pathlib import Path
from uuid import UUID

import msgspec

from feira.catalog import store_feed, store_index_goods
from feira.catalog.store_index_write import Home, State, Writer, portion_of, read_state, refresh_beat, save_state
from feira.kernel.card import Context

FOLLOW_S = 0.1  # How often it is asked what changed.
CLAIM_S = 1.0
BRANCHES_S = 10.0  # How late a category's new name may be suggested.
BEAT_S = 5.0
SAVE_S = 60.0  # How old the position may be that a restart goes on from, while nothing changes.
IDLE_S = 10.0  # A writer with nothing to write is closed after that: it takes memory.
RETRY_S = 5.0
RETRY_MAX_S = 300.0
CHUNK = 40  # Products read and written in one go, which keeps the event loop from others for some milliseconds.
GOODS_MAX = 1_000  # Products between two commits while an index follows.
LISTEN_S = 5.0  # How often one that is being made hears of what changed behind it.
SHARE = 0.7  # Of the time that may go by with writing.
BUSY_SHARE = 0.2  # While products keep being changed.
WORN_MIN = 20_000  # An index is made anew once so many, and such a share of what it has, were changed in it.
WORN_SHARE = 0.5

FAILURES = (OSError, ValueError, RuntimeError)  # What Tantivy raises when a disk is full or a file is broken.


class Outdated(Exception):  # noqa: N818 - it is no failure: what is there cannot be brought up to date.
    """The index has to be made anew; the message says why."""


class Keeper:
    """The one who writes the index, if this process is the one of its machine that does."""

    def __init__(self, ctx: Context, home: Home) -> None:
        self._db = ctx.db
        self._log = ctx.log
        self._home = home
        self._due = 0.0
        self._delay_s = RETRY_S
        self._making: asyncio.Task[None] | None = None
        self._writer: Writer | None = None
        self._path: Path | None = None  # Of the index that is followed; its state is in `_state`.
        self._state = State(database="", position="")
        self._share = SHARE
        self._todo: list[UUID] = []
        self._position = ""  # What will have been heard of when there is nothing to do any more.
        self._beat_at = self._branches_at = self._saved_at = self._wrote_at = 0.0

    @property
    def position(self) -> str:
        """What the index has heard of, if it is kept here."""
        return self._state.position

    async def round(self) -> None:
        """Do what there is to do, unless it is too early for that."""
        began = time.monotonic()
        if began < self._due:
            return
        try:
            claimed = await asyncio.to_thread(self._home.claim) if not self._home.claimed else True
            if not claimed:
                self._due = began + CLAIM_S
                return
            wrote = await self._work()
        except FAILURES as failure:
            await self._give_up(failure)
            return
        now = time.monotonic()
        self._due = now + max(0.0 if self._todo else FOLLOW_S, _rest_s(now - began, self._share) if wrote else 0.0)

    async def stop(self) -> None:
        if self._making is not None:
            self._making.cancel()
            await asyncio.gather(self._making, return_exceptions=True)
        await self._close()
        self._home.release()

    async def _give_up(self, failure: Exception) -> None:
        """Begin again from the last commit, later."""
        self._log.warning("search_index_not_written", error=repr(failure), retry_s=self._delay_s)
        self._due = time.monotonic() + self._delay_s
        self._delay_s = min(self._delay_s * 2, RETRY_MAX_S)
        self._path = None
        await self._close()

    async def _close(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            try:
                await asyncio.to_thread(writer.close)
            except FAILURES as failure:
                self._log.warning("search_index_not_closed", error=repr(failure))

    async def _work(self) -> bool:
        """Whether anything was written."""
        if self._making is not None and self._making.done():
            made, self._making = self._making, None
            made.result()
        try:
            if self._path is None and self._making is not None:
                return False
            if self._path is None or self._home.current() != self._path:
                await self._begin()
            wrote = await self._follow()
        except Outdated as why:
            await self._close()
            self._path = None
            self._make_anew(str(why))
            return False
        if await self._is_worn():
            self._make_anew("it is worn")
        return wrote

    def _make_anew(self, why: str) -> None:
        if self._making is None:
            self._log.info("search_index_is_made", why=why)
            self._making = asyncio.create_task(self._make())

    async def _is_worn(self) -> bool:
        """Whether so much was changed that it has become slow. Until another one is made, it is followed."""
        if self._todo or self._writer is None or self._share < SHARE or self._state.written <= WORN_MIN:
            return False
        return self._state.written > await asyncio.to_thread(self._writer.count) * WORN_SHARE

    async def _begin(self) -> None:
        """Go on with the index that is there."""
        await self._close()
        path = self._home.current()
        if path is None:
            raise Outdated("there is none")
        state = await asyncio.to_thread(read_state, path)
        if state is None:
            raise Outdated("it cannot be read")
        async with self._db.read() as tx:
            if state.database != await store_index_goods.database_of(tx):
                raise Outdated("it is of another database")
        self._path, self._state, self._todo = path, state, []
        self._beat_at = self._branches_at = 0.0
        await asyncio.to_thread(self._home.tidy)

    async def _follow(self) -> bool:
        assert self._path is not None  # noqa: S101 - `_begin` has set it.
        now = time.monotonic()
        if not (self._path / "meta.json").exists():
            raise Outdated("it was removed")
        if not self._todo:
            await self._hear()
        branches = now - self._branches_at >= BRANCHES_S and await self._branches_changed()
        if self._todo or branches:
            await self._write(branches=branches)
            self._wrote_at = now
        elif self._writer is not None and now - self._wrote_at > IDLE_S:
            await self._close()
        if not self._todo:
            await self._beat(now)
        return self._wrote_at == now

    async def _hear(self) -> None:
        async with self._db.read() as tx:
            told, position = await store_feed.products_since(tx, self._state.position)
        if told is None:
            raise Outdated("it is too old, or too much has changed")
        self._position = position
        self._todo = sorted(told)
        if not told:
            self._state = msgspec.structs.replace(self._state, position=position)

    async def _branches_changed(self) -> bool:
        self._branches_at = time.monotonic()
        async with self._db.read() as tx:
            return await store_index_goods.mark_of_branches(tx) != self._state.branches

    async def _write(self, *, branches: bool) -> None:
        """The next products that there are to do, and a commit."""
        assert self._path is not None  # noqa: S101 - see `_follow`.
        if self._writer is None:
            try:
                self._writer = await asyncio.to_thread(Writer, self._path, new=False)
            except FAILURES as failure:
                raise Outdated(repr(failure)) from failure
        writer = self._writer
        ids, self._todo = self._todo[:GOODS_MAX], self._todo[GOODS_MAX:]
        for start in range(0, len(ids), CHUNK):
            chunk = ids[start : start + CHUNK]
            async with self._db.read() as tx:
                goods = await store_index_goods.read_goods(tx, chunk)
            await asyncio.to_thread(writer.put, goods, set(chunk) - {one.id for one in goods})
        async with self._db.read() as tx:
            self._share = BUSY_SHARE if await store_index_goods.is_busy(tx) else SHARE
        mark = await self._put_branches(writer) if branches else self._state.branches
        state = msgspec.structs.replace(
            self._state,
            position=self._state.position if self._todo else self._position,
            branches=mark,
            written=self._state.written + len(ids),
        )
        await asyncio.to_thread(writer.commit, state)
        self._state, self._delay_s = state, RETRY_S

    async def _put_branches(self, writer: Writer) -> str:
        async with self._db.read() as tx:
            mark = await store_index_goods.mark_of_branches(tx)
            found = await store_index_goods.read_branches(tx)
        await asyncio.to_thread(writer.put_branches, found)
        return mark

    async def _beat(self, now: float) -> None:
        assert self._path is not None  # noqa: S101 - see `_follow`.
        if self._wrote_at == now or now - self._beat_at >= BEAT_S:
            self._beat_at = now
            refresh_beat(self._path)
        if now - self._saved_at >= SAVE_S:
            self._saved_at = now
            await asyncio.to_thread(save_state, self._path, self._state)

    async def _make(self) -> None:
        """A new index of all there is, put in place of the one that is in use."""
        path = await asyncio.to_thread(self._home.new)
        writer = await asyncio.to_thread(Writer, path, new=True)
        try:
            state = await self._fill(writer)
            await asyncio.to_thread(writer.commit, state)
        finally:
            await asyncio.to_thread(writer.close)
        await asyncio.to_thread(self._home.use, path)
        self._log.info("search_index_made", position=state.position)

    async def _fill(self, writer: Writer) -> State:
        """Product by product in the order of creation. What is changed behind us is heard of meanwhile, so that it does
        not become too much.
        """
        async with self._db.read() as tx:
            database = await store_index_goods.database_of(tx)
            _, position = await store_feed.products_since(tx, None)
            portion = portion_of(await store_index_goods.count_listed(tx))
        written = 0
        listened = time.monotonic()
        last = -1
        while True:
            began = time.monotonic()
            async with self._db.read() as tx:
                goods = await store_index_goods.read_goods_after(tx, last, CHUNK)
            if not goods:
                break
            await asyncio.to_thread(writer.add, goods)
            last = goods[-1].number
            written += len(goods)
            if written >= portion:
                written = 0
                await asyncio.to_thread(writer.flush)
            if began - listened >= LISTEN_S:
                position = await self._listen(writer, position, last)
                listened = time.monotonic()
            await asyncio.sleep(_rest_s(time.monotonic() - began, self._share))
        mark = await self._put_branches(writer)
        return State(database=database, position=position, branches=mark)

    async def _listen(self, writer: Writer, position: str, last: int) -> str:
        """Write again what changed of the products up to the number `last`; answers the new position."""
        async with self._db.read() as tx:
            told, position = await store_feed.products_since(tx, position)
            self._share = BUSY_SHARE if await store_index_goods.is_busy(tx) else SHARE
        if told is None:
            raise RuntimeError("more was changed than can be heard of")
        ids = sorted(told)
        for start in range(0, len(ids), CHUNK):
            chunk = ids[start : start + CHUNK]
            async with self._db.read() as tx:
                goods = await store_index_goods.read_goods(tx, chunk)
            behind = [one for one in goods if one.number <= last]
            await asyncio.to_thread(writer.put, behind, set(chunk) - {one.id for one in goods})
        if len(ids) > GOODS_MAX:
            await asyncio.to_thread(writer.flush)
        return position


def _rest_s(worked_s: float, share: float) -> float:
    return worked_s * (1 / share - 1)
