"""Rows 13 and 14: the same orders at a shop of several workers, and at separate services."""

from typing import Final

from bench import goods
from bench.checks import books_of
from bench.measuring import Run, median
from bench.ordering import WARM_S, Ordered, Stall, stall
from bench.shop import many_shops

WORKERS: Final = 2


async def measure(run: Run) -> None:
    if run.wants("14"):
        await _workers(run)
    if run.wants("13"):
        await _services(run)


async def _workers(run: Run) -> None:
    """Two workers and one in turn, each a shop of its own; only one of them has work at a time."""
    async with stall(run, "one") as one, stall(run, "two", workers=WORKERS) as two:
        spread: dict[str, list[Ordered]] = {"one": [], "two": []}
        hot: dict[str, list[Ordered]] = {"one": [], "two": []}
        for at in (one, two):
            await at.order(WARM_S)
        for _ in range(run.rounds):
            for name, at in (("one", one), ("two", two)):
                spread[name].append(await at.order(run.seconds))
                hot[name].append(await at.order(run.seconds / 2, skus=1))
    for row, found in (("14", spread), ("14 hot", hot)):
        rates = {name: median([each.rate for each in of]) for name, of in found.items()}
        run.add(
            row, rates["two"], rates["one"], rounds={name: [each.told() for each in of] for name, of in found.items()}
        )


async def _services(run: Run) -> None:
    """What a merchant would have: all through the one port of Envoy. Beside it, orders asked directly."""
    async with stall(run, "whole") as whole, many_shops(run.postgres, run.home, "many") as apart:
        await apart.take_in(goods.plain(), goods.SKUS)
        async with books_of(apart) as books:
            many = Stall(apart, books, run)
            for at in (whole, many):
                await at.order(WARM_S)
            through, beside = [], []
            for _ in range(run.rounds):
                beside.append(await whole.order(run.seconds))
                through.append(await many.order(run.seconds))
            direct = await many.order(run.seconds, url=apart.direct["orders"])
    base = median([each.rate for each in beside])
    told = [each.told() for each in through]
    run.add("13", median([each.rate for each in through]), base, rounds=told, without_envoy=direct.told())
