"""What buyers are shown is kept, and what changed is seen: by this process at once, by the others a moment later."""

import asyncio
from typing import Any

import pytest

from feira.catalog.card import card
from feira.catalog.jobs import REFRESH_EVERY_S
from feira.catalog.service import CatalogService
from feira.catalog.tests.conftest import Shop, order, variant
from feira.kernel.card import Context
from feira.kernel.db import Db

PAGE = "/v1/products/mango"


class Worker:
    """A process of the shop: a service on the same database, behind a server of its own."""

    def __init__(self, catalog: CatalogService, web: Any) -> None:
        self.catalog, self.web = catalog, web

    async def read(self, path: str, **more: Any) -> tuple[int, Any]:
        async with self.web.session.get(path, **more) as answer:
            return answer.status, await answer.json()

    async def page(self) -> Any:
        status, found = await self.read(PAGE)
        assert status == 200, found
        return found

    @property
    def keeps(self) -> int:
        return len(self.catalog.kept.store)


@pytest.fixture
async def workers(shop: Shop, web: Any) -> list[Worker]:
    services = (shop.catalog, CatalogService(shop.ctx))
    found = [Worker(catalog, await web(card.routes(catalog))) for catalog in services]
    await shop.add("Mango", variant("m", 10), variant("n", 5), slug="mango", categories=["fruit"])
    await shop.add("Pear", slug="pear", categories=["fruit"])
    for worker in found:
        for path in (PAGE, "/v1/products/pear", "/v1/categories", "/v1/products?limit=1"):
            assert (await worker.read(path))[0] == 200
        await worker.catalog.kept.refresh()  # The first time nothing is known: all is dropped.
        for path in (PAGE, "/v1/products/pear", "/v1/categories", "/v1/products?limit=1"):
            assert (await worker.read(path))[0] == 200
        assert worker.keeps == 4
    return found


async def test_nothing_is_asked_for_twice(workers: list[Worker], monkeypatch: pytest.MonkeyPatch) -> None:
    def unasked(_db: Db) -> Any:
        raise AssertionError

    monkeypatch.setattr(Db, "read", unasked)
    for worker in workers:
        assert (await worker.page())["slug"] == "mango"
        assert (await worker.read("/v1/products?limit=1"))[0] == 200
        assert (await worker.read("/v1/categories"))[1]["items"][0]["slug"] == "fruit"


async def test_goods_that_are_set_aside_are_seen_everywhere(shop: Shop, workers: list[Worker]) -> None:
    held = await shop.held(m=3)
    for worker in workers:
        assert [found["quantity"] for found in (await worker.page())["variants"]] == [10, 5]
        await worker.catalog.kept.refresh()
        assert worker.keeps == 3  # Neither the lists nor other pages.
        assert [found["quantity"] for found in (await worker.page())["variants"]] == [7, 5]
    await shop.release(held.hold_id)
    await shop.held(m=10, n=5)  # Nothing is left: that is shown in lists.
    for worker in workers:
        await worker.catalog.kept.refresh()
        assert worker.keeps == 1
        assert not (await worker.page())["available"]


async def test_what_is_sold_changes_no_page(shop: Shop, workers: list[Worker]) -> None:
    held = await shop.held(m=1)
    for worker in workers:
        await worker.catalog.kept.refresh()
        await worker.page()
        assert worker.keeps == 4
    await shop.hear(order(held, (await shop.value("select order_id from holds"))))
    for worker in workers:
        await worker.catalog.kept.refresh()
        assert worker.keeps == 4


async def test_what_staff_change_is_seen_by_them_at_once_and_elsewhere_when_heard(
    shop: Shop, workers: list[Worker]
) -> None:
    here, there = workers
    mango = (await here.page())["id"]
    changed = await shop.staff("PATCH", f"/products/{mango}", {"name": "Manga"})
    assert changed.status == 200
    assert (await here.page())["name"] == "Manga"
    assert (await there.page())["name"] == "Mango"
    await there.catalog.kept.refresh()
    assert (await there.page())["name"] == "Manga"
    assert (await shop.staff("POST", "/stock/m/adjustments", {"delta": -9, "reason": "rotten"})).status == 201
    assert (await here.page())["variants"][0]["quantity"] == 1
    fruit = (await shop.staff("GET", "/categories")).json["items"][0]["id"]
    assert (await shop.staff("PATCH", f"/categories/{fruit}", {"slug": "fruits"})).status == 200
    assert (await here.page())["categories"] == ["fruits"]
    assert (await here.read("/v1/categories"))[1]["items"][0]["slug"] == "fruits"
    assert (await shop.staff("DELETE", f"/products/{mango}")).status == 204
    assert (await here.read(PAGE))[0] == 404
    assert (await there.read(PAGE))[0] == 200
    await there.catalog.kept.refresh()
    assert (await there.read(PAGE))[0] == 404


async def test_a_change_that_is_committed_late_is_heard_of(shop: Shop, workers: list[Worker]) -> None:
    here = workers[0]
    async with shop.ctx.db.tx() as slow:
        await slow.execute("update products set name = 'Late' where slug = 'mango'")
        await slow.execute(
            "insert into product_feed (products) select array_agg(id) from products where slug = 'mango'"
        )
        await shop.held(n=1)  # Somebody else begins later and is done sooner.
        await here.catalog.kept.refresh()
        assert (await here.page())["name"] == "Mango"
        await here.catalog.kept.refresh()
        assert (await here.page())["name"] == "Mango"
    await here.catalog.kept.refresh()
    assert (await here.page())["name"] == "Late"


async def test_a_worker_that_heard_nothing_for_long_drops_all(workers: list[Worker]) -> None:
    kept = workers[0].catalog.kept
    at, _, snapshot = (kept._position or "").partition(" ")
    kept._position = f"{int(at) - 301} {snapshot}"
    await kept.refresh()
    assert workers[0].keeps == 0
    await kept.refresh()
    assert kept._position is None


async def test_the_work_of_staff_is_done_though_nobody_can_be_asked_what_changed(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lost() -> None:
        raise ConnectionError

    monkeypatch.setattr(shop.catalog.kept, "refresh", lost)
    assert (await shop.staff("POST", "/categories", {"slug": "roots", "name": "Roots"})).status == 201


async def test_many_pages_are_read_at_once(shop: Shop) -> None:
    ids = [await shop.add(f"P{number}", variant(f"p{number}", number), slug=f"p{number}") for number in range(20)]
    wanted = [*(f"p{number}" for number in range(20)), *map(str, ids), "none", str(ids[0]).upper()]
    found = await asyncio.gather(*[shop.ask("GET", f"/v1/products/{name}") for name in wanted])
    assert [reply.status for reply in found] == [200] * 40 + [404] * 2
    assert [reply.json["id"] for reply in found[:40]] == [str(found) for found in ids * 2]


async def test_every_process_listens(context: Any) -> None:
    (job,) = [job for job in card.jobs if job.name == "refresh_kept_answers"]
    assert (job.everywhere, job.every_s) == (True, REFRESH_EVERY_S)
    ctx: Context = await context(card)
    await job.run(CatalogService(ctx))
