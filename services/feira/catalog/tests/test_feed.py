"""What is told of changes: to everybody who has not seen them yet, each once, however late it is committed."""

import json
from collections.abc import Set as AbstractSet
from uuid import UUID, uuid4

import pytest

from feira.catalog import store_feed
from feira.catalog.tests.conftest import STAFF, Shop, order, product, variant


async def since(shop: Shop, position: str | None) -> store_feed.Changes:
    async with shop.ctx.db.read() as tx:
        return await store_feed.changes_since(tx, position)


async def products(shop: Shop, position: str | None) -> tuple[AbstractSet[UUID] | None, str]:
    async with shop.ctx.db.read() as tx:
        return await store_feed.products_since(tx, position)


async def test_each_change_is_told_once(shop: Shop) -> None:
    mango = await shop.add("Mango", variant("m", 2), variant("n", 5))
    first = await since(shop, None)
    assert (first.products, first.skus, first.lists) == (None, None, True)
    none, position = await products(shop, None)
    assert none is None
    assert await since(shop, first.position) == store_feed.Changes(
        first.position, frozenset(), frozenset(), lists=False, best=False
    )

    name = uuid4()
    held = await shop.held(name, m=1)
    now = await since(shop, first.position)
    assert (now.products, now.skus, now.lists) == (frozenset(), {"m"}, False)
    await shop.hear(order(held, name))  # What is sold was not free before.
    now = await since(shop, now.position)
    assert (now.products, now.skus) == (frozenset(), frozenset())
    await shop.held(m=1, n=1)
    now = await since(shop, now.position)
    assert (now.products, now.skus, now.lists) == ({mango}, {"m", "n"}, True)

    assert (await products(shop, position))[0] == {mango}
    assert (await shop.staff("PATCH", f"/products/{mango}", {"name": "Manga"})).status == 200
    now = await since(shop, now.position)
    assert (now.products, now.lists) == ({mango}, True)


async def test_the_tree_of_categories_is_told_of(shop: Shop) -> None:
    await shop.add("Pear", categories=["fruit"])
    mango = await shop.add("Mango", categories=["fruit/tropical"])
    position = (await since(shop, None)).position
    tropical = await shop.value("select id from categories where path = 'fruit/tropical'")

    async def told() -> tuple[AbstractSet[UUID] | None, bool]:
        nonlocal position
        now = await since(shop, position)
        position = now.position
        return now.products, now.lists

    made = await shop.catalog.categories.create("roots", None, "Roots", {}, STAFF)
    assert await told() == (frozenset(), True)
    await shop.catalog.categories.delete(made.id, STAFF)
    assert await told() == (frozenset(), True)
    await shop.catalog.categories.change(tropical, STAFF, slug="warm")
    assert await told() == ({mango}, True)


async def test_what_sells_best_is_told_to_those_alone_who_show_it(shop: Shop) -> None:
    await shop.add("Mango", variant("m"))
    await shop.ask("GET", "/v1/products")
    await shop.catalog.kept.refresh()  # The first time nothing is known: all is dropped.
    for path in ("/v1/products", "/v1/bestsellers"):
        assert (await shop.ask("GET", path)).status == 200
    await shop.catalog.kept.refresh()
    assert len(shop.catalog.kept.store) == 2
    position = (await since(shop, None)).position
    async with shop.ctx.db.tx() as tx:
        await store_feed.note_best(tx)
    now = await since(shop, position)
    assert (now.products, now.lists, now.best) == (frozenset(), False, True)
    await shop.catalog.kept.refresh()
    assert len(shop.catalog.kept.store) == 1


async def test_a_transaction_that_commits_late_is_told_when_it_is_seen(shop: Shop) -> None:
    early, late = uuid4(), uuid4()
    position = (await since(shop, None)).position
    async with shop.ctx.db.tx() as slow:
        await store_feed.note_products(slow, [late])
        async with shop.ctx.db.tx() as quick:
            await store_feed.note_products(quick, [early])
        now = await since(shop, position)
        assert now.products == {early}
        again = await since(shop, now.position)
        assert again.products == frozenset()
    final = await since(shop, again.position)
    assert final.products == {late}
    assert (await since(shop, final.position)).products == frozenset()
    assert (await products(shop, position))[0] == {early, late}


async def test_what_can_no_longer_be_told_is_everything(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    at, _, snapshot = (await since(shop, None)).position.partition(" ")
    old = f"{int(at) - store_feed.STOCK_KEPT_S - 1} {snapshot}"
    assert (await since(shop, old)).products is None
    assert (await products(shop, old))[0] == frozenset()
    assert (await products(shop, f"{int(at) - store_feed.PRODUCTS_KEPT_S - 1} {snapshot}"))[0] is None
    elsewhere = f"{at} 9000000000:9000000000:"  # A position of another database.
    assert (await since(shop, elsewhere)).products is None
    assert (await products(shop, elsewhere))[0] is None
    monkeypatch.setattr(store_feed, "TOLD_MAX", 0)
    async with shop.ctx.db.tx() as tx:
        await store_feed.note_products(tx, [uuid4()])
    assert (await since(shop, f"{at} {snapshot}")).products is None


async def test_old_rows_are_dropped(shop: Shop) -> None:
    await shop.add("Mango", variant("m"))
    await shop.held(m=1)
    await shop.run("update stock_feed set at = at - interval '11 minutes'")
    await shop.run("update product_feed set at = at - interval '11 minutes'")
    await shop.held(m=1)
    await shop.catalog.forget_feed()
    assert await shop.value("select count(*) from stock_feed") == 1
    assert await shop.value("select count(*) from product_feed") == 1
    await shop.run("update product_feed set at = at - interval '8 days'")
    await shop.catalog.forget_feed()
    assert await shop.value("select count(*) from product_feed") == 0


async def test_an_import_is_told_of(shop: Shop) -> None:
    position = (await since(shop, None)).position
    body = [product("Mango"), product("Pear")]
    lines = b"".join(json.dumps(one).encode() + b"\n" for one in body)
    reply = await shop.staff("POST", "/products/import", [lines], headers={"content-type": "application/x-ndjson"})
    assert reply.json["created"] == 2
    now = await since(shop, position)
    assert now.products is not None
    assert len(now.products) == 2
