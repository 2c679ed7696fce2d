"""Rows 4 and 5: the page of a product, and lists of products."""

import json
from functools import partial
from typing import Final

from bench import goods
from bench.errors import WrongAnswer
from bench.measuring import Run
from bench.reading import beside_nginx, drawn, fetched, listed, same_again, timed
from bench.shop import Shop, one_shop

LISTINGS: Final = 2_500
LISTED: Final = 20
COLD: Final = 500  # So many lists are timed when nobody has asked for them yet.
LOOKED_AT_AGAIN: Final = 50  # One page in so many is compared after the load.


async def measure(run: Run) -> None:
    async with one_shop(run.postgres, run.home, "pages") as shop:
        await shop.take_in(goods.plain(), goods.SKUS)
        await products(run, shop, "4" if run.wants("4") else None)
        await lists(run, shop, "5" if run.wants("5") else None)
    await run.postgres.drop("pages")


async def products(run: Run, shop: Shop, row: str | None) -> None:
    if row is None:
        return
    pages = listed(run.home, "products", [f"/v1/products/p-{number}" for number in range(goods.SKUS)])
    bodies = await fetched(shop, pages.paths)
    for path, body in bodies.items():
        if json.loads(body)["slug"] != path.rpartition("/")[2]:
            raise WrongAnswer(f"GET {path} tells of another product")
    found = await beside_nginx(run, shop, partial(drawn, shop.url, pages), bodies)
    await same_again(shop, bodies, LOOKED_AT_AGAIN)
    run.add(row, found["ours"], found["nginx"], **found)


async def lists(run: Run, shop: Shop, row: str | None) -> None:
    """Asked for once they are cold; what is measured is warm."""
    if row is None:
        return
    pages = listed(run.home, "lists", goods.listings(LISTINGS))
    cold_ms = await timed(shop, pages.paths[:COLD])
    bodies = await fetched(shop, pages.paths)
    for path, body in bodies.items():
        told = json.loads(body)
        if len(told["items"]) != min(LISTED, told["total"]) or "facets" not in told:
            raise WrongAnswer(f"GET {path}: {len(told['items'])} items of {told['total']}")
    found = await beside_nginx(run, shop, partial(drawn, shop.url, pages), bodies)
    await same_again(shop, bodies, LOOKED_AT_AGAIN)
    run.add(row, found["ours"], found["nginx"], cold_p50_ms=cold_ms, **found)
