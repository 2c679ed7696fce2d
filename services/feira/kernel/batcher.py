"""Calls that arrive while a batch is running form the next one: no timer, and no added latency when idle."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Sequence
from contextvars import Context
from typing import Generic, TypeVar

import asyncpg

from feira.kernel import metrics, trace
from feira.kernel.db import BUSY, LOST
from feira.kernel.errors import Overloaded, Refused, Unavailable

CALLS_MAX = 256
ROWS_MAX = 4_000
QUEUE_MAX = 4_096
LOST_TRIES_MAX = 4
LOST_DELAY_S = 0.25

# Neither says anything against the batch itself.
AGAIN: tuple[type[BaseException], ...] = (*LOST, asyncpg.DeadlockDetectedError)

Ask = TypeVar("Ask")
Answer = TypeVar("Answer")


def _one_row(_ask: object) -> int:
    return 1


class Batcher(Generic[Ask, Answer]):
    """Coalesces concurrent calls of one operation into one run, usually one transaction.

    `run` gets up to CALLS_MAX asks of together up to ROWS_MAX rows (one bigger ask runs alone) and answers each, in
    order, with its answer or its refusal. It must be idempotent by its asks' keys, since a run whose connection was lost is
    run again. Asks with an equal `same` key in one batch are run once, and all their callers get the one answer.
    """

    def __init__(
        self,
        run: Callable[[Sequence[Ask]], Awaitable[Sequence[Answer | Refused]]],
        *,
        name: str,
        rows: Callable[[Ask], int] = _one_row,
        same: Callable[[Ask], Hashable] | None = None,
        lanes: int = 1,
    ) -> None:
        self._run = run
        self._rows = rows
        self._same = same
        self._lanes = lanes  # How many batches may run at once.
        self._running = 0
        self._waiting: deque[tuple[Ask, asyncio.Future[Answer | Refused], trace.Trace | None]] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._sizes = metrics.BATCH_SIZE.labels(name)
        self._depths = metrics.BATCH_QUEUE.labels(name)

    async def __call__(self, ask: Ask) -> Answer:
        """The answer for this ask, or its refusal raised. A caller that is cancelled drops only its answer."""
        answer = await self._enqueue(ask)
        if isinstance(answer, Refused):
            raise answer
        return answer

    async def each(self, asks: Sequence[Ask]) -> Sequence[Answer | Refused]:
        """The answers for these asks, in order, refusals as values."""
        return await asyncio.gather(*[self._enqueue(ask) for ask in asks])

    def _enqueue(self, ask: Ask) -> "asyncio.Future[Answer | Refused]":
        future: asyncio.Future[Answer | Refused] = asyncio.get_running_loop().create_future()
        if len(self._waiting) >= QUEUE_MAX:
            future.set_result(Overloaded("too many wait for the same; nothing was begun"))
            return future
        self._waiting.append((ask, future, trace.current()))
        if self._running < self._lanes:
            self._running += 1
            # Not the first caller's context: his request, and his deadline, end long before the lane does.
            task = asyncio.get_running_loop().create_task(self._drain(), context=Context())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return future

    async def _drain(self) -> None:
        try:
            while self._waiting:
                trace.resume(self._waiting[0][2])  # A batch of one is traced truly, one of many by its first.
                await self._settle(self._take())
        finally:
            self._running -= 1

    def _take(self) -> "list[tuple[Ask, list[asyncio.Future[Answer | Refused]]]]":
        batch: list[tuple[Ask, list[asyncio.Future[Answer | Refused]]]] = []
        seen: dict[Hashable, int] = {}
        rows = 0
        self._depths.observe(len(self._waiting))
        while self._waiting and len(batch) < CALLS_MAX:
            ask, future, _ = self._waiting[0]
            key = self._same(ask) if self._same else None
            if key is not None and key in seen:
                batch[seen[key]][1].append(future)
            else:
                weight = self._rows(ask)
                if batch and rows + weight > ROWS_MAX:
                    break
                rows += weight
                if key is not None:
                    seen[key] = len(batch)
                batch.append((ask, [future]))
            self._waiting.popleft()
        self._sizes.observe(len(batch))
        return batch

    async def _settle(self, batch: "list[tuple[Ask, list[asyncio.Future[Answer | Refused]]]]") -> None:
        """Run the batch; when it fails, halve it, so that a bad item never fails its neighbours."""
        try:
            answered = list(zip(batch, await self._insist([ask for ask, _ in batch]), strict=True))
        except Exception as failure:  # noqa: BLE001 - whatever it is belongs to the caller whose item caused it.
            if len(batch) == 1 or isinstance(failure, Refused):
                for _, futures in batch:
                    _fail(futures, failure)
                return
            middle = len(batch) // 2
            await self._settle(batch[:middle])
            await self._settle(batch[middle:])
            return
        for (_, futures), answer in answered:
            for future in futures:
                if not future.done():
                    future.set_result(answer)

    async def _insist(self, asks: Sequence[Ask]) -> Sequence[Answer | Refused]:
        """Run again what was cut off: each item is looked up by its key, so that none is done twice."""
        for tries in range(LOST_TRIES_MAX):
            try:
                return await self._run(asks)
            except TimeoutError as late:
                raise Unavailable("the database is busy") from late
            except AGAIN as lost:
                if tries == LOST_TRIES_MAX - 1:
                    raise Unavailable("the database does not answer") from lost
                await asyncio.sleep(LOST_DELAY_S * 2**tries)
            except BUSY as busy:  # It has waited long enough for a lock: each half would wait as long again.
                raise Unavailable("the database is busy") from busy
        raise AssertionError


def _fail(futures: "list[asyncio.Future[Answer | Refused]]", failure: Exception) -> None:
    for future in futures:
        if not future.done():
            future.set_exception(failure)
