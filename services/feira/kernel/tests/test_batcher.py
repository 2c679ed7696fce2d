import asyncio
from collections.abc import Sequence

import asyncpg
import pytest

from feira.kernel import batcher as module
from feira.kernel.batcher import Batcher
from feira.kernel.errors import NotFound, Overloaded, Refused, Unavailable


class Squares:
    """An operation that remembers its batches; `bad` asks break theirs, and `lost` says how often a run is cut off."""

    def __init__(self, bad: frozenset[int] = frozenset(), lost: int = 0) -> None:
        self.batches: list[list[int]] = []
        self.bad, self.lost = bad, lost

    async def run(self, asks: Sequence[int]) -> Sequence[int | Refused]:
        self.batches.append(list(asks))
        await asyncio.sleep(0.001)
        if self.lost:
            self.lost -= 1
            raise ConnectionResetError
        if self.bad.intersection(asks):
            raise ValueError(f"{self.bad.intersection(asks)}")
        return [NotFound(str(ask)) if ask < 0 else ask * ask for ask in asks]


async def test_calls_that_arrive_while_a_batch_runs_form_the_next() -> None:
    squares = Squares()
    batcher = Batcher(squares.run, name="t")
    first = asyncio.create_task(batcher(0))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    answers = await asyncio.gather(*(batcher(n) for n in range(1, 600)))
    assert await first == 0
    assert answers == [n * n for n in range(1, 600)]
    assert [len(batch) for batch in squares.batches] == [1, 256, 256, 87]


async def test_a_refusal_is_raised_to_its_caller_alone() -> None:
    batcher = Batcher(Squares().run, name="t")
    good, bad = await asyncio.gather(batcher(3), batcher(-1), return_exceptions=True)
    assert good == 9
    assert isinstance(bad, NotFound)
    assert [str(a) if isinstance(a, Refused) else a for a in await batcher.each([2, -5])] == [4, "-5"]


async def test_a_bad_item_never_fails_its_neighbours() -> None:
    squares = Squares(bad=frozenset({7}))
    answers = await asyncio.gather(*(Batcher(squares.run, name="t")(n) for n in [7]), return_exceptions=True)
    assert isinstance(answers[0], ValueError)
    batcher = Batcher(squares.run, name="t")
    answers = await asyncio.gather(*(batcher(n) for n in range(20)), return_exceptions=True)
    assert [n for n, answer in enumerate(answers) if isinstance(answer, ValueError)] == [7]
    assert [a for a in answers if not isinstance(a, ValueError)] == [n * n for n in range(20) if n != 7]


async def test_a_batch_whose_connection_was_lost_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOST_DELAY_S", 0.001)
    squares = Squares(lost=2)
    assert await Batcher(squares.run, name="t")(4) == 16
    assert squares.batches == [[4], [4], [4]]
    with pytest.raises(Unavailable):
        await Batcher(Squares(lost=99).run, name="t")(4)


async def test_a_database_without_a_free_connection_is_told_as_busy() -> None:
    async def late(_asks: Sequence[int]) -> Sequence[int | Refused]:
        raise TimeoutError

    with pytest.raises(Unavailable):
        await Batcher(late, name="t")(1)


async def test_a_batch_that_waited_in_vain_for_a_lock_is_not_halved() -> None:
    sizes: list[int] = []

    async def locked(asks: Sequence[int]) -> Sequence[int | Refused]:
        sizes.append(len(asks))
        await asyncio.sleep(0)
        raise asyncpg.LockNotAvailableError

    answers = await asyncio.gather(*map(Batcher(locked, name="t"), range(8)), return_exceptions=True)
    assert {type(answer) for answer in answers} == {Unavailable}
    assert sizes == [8]


async def test_an_answer_too_few_leaves_nobody_waiting() -> None:
    async def forgets(asks: Sequence[int]) -> Sequence[int | Refused]:
        await asyncio.sleep(0)
        return list(asks)[1:]

    answers = await asyncio.gather(*map(Batcher(forgets, name="t"), range(3)), return_exceptions=True)
    assert [type(answer) for answer in answers] == [ValueError] * 3


async def test_equal_asks_are_run_once() -> None:
    squares = Squares()
    batcher = Batcher(squares.run, name="t", same=lambda ask: ask)
    assert await asyncio.gather(*(batcher(5) for _ in range(10)), batcher(6)) == [25] * 10 + [36]
    assert squares.batches == [[5, 6]]


async def test_rows_bound_a_batch_and_a_big_ask_runs_alone() -> None:
    squares = Squares()
    batcher = Batcher(squares.run, name="t", rows=lambda ask: ask)
    await asyncio.gather(*(batcher(n) for n in (9_000, 3_000, 1_000, 1)))
    assert squares.batches == [[9_000], [3_000, 1_000], [1]]


async def test_a_cancelled_caller_drops_only_its_answer() -> None:
    squares = Squares()
    batcher = Batcher(squares.run, name="t")
    tasks = [asyncio.create_task(batcher(n)) for n in range(3)]
    await asyncio.sleep(0)
    tasks[1].cancel()
    assert await tasks[0] == 0
    assert await tasks[2] == 4
    assert squares.batches == [[0, 1, 2]]


async def test_a_failure_reaches_nobody_who_left() -> None:
    batcher = Batcher(Squares(bad=frozenset({1})).run, name="t")
    task = asyncio.create_task(batcher(1))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await batcher(2) == 4


async def test_beyond_the_queue_is_told_so_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "QUEUE_MAX", 3)
    batcher = Batcher(Squares().run, name="t")
    answers = await batcher.each(range(5))
    assert [isinstance(answer, Overloaded) for answer in answers] == [False, False, False, True, True]


async def test_lanes_run_at_once() -> None:
    both = asyncio.Barrier(2)

    async def run(asks: Sequence[int]) -> Sequence[int | Refused]:
        await both.wait()  # For a batch that runs at the same time.
        return list(asks)

    batcher: Batcher[int, int] = Batcher(run, name="t", lanes=2)
    first = asyncio.gather(*(batcher(n) for n in range(3)))
    while not both.n_waiting:
        await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await asyncio.gather(first, batcher(9))
