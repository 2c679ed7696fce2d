"""What sells best is counted beside the orders' way, and told to those who keep lists."""

import re
from typing import Any
from uuid import uuid4

import pytest

from feira.catalog import service_sales, store_sales
from feira.catalog.tests.conftest import STAFF, Shop, cancelled, order, variant


async def sell(shop: Shop, **quantities: int) -> None:
    order_id = uuid4()
    held = await shop.held(order_id, **quantities)
    await shop.hear(order(held, order_id))


async def count(shop: Shop) -> None:
    """Until everything is read that was there when it began."""
    await shop.catalog.sales.count()
    while await shop.catalog.sales.count():
        pass


async def best(shop: Shop, limit: int = 20, **more: Any) -> list[str]:
    await shop.catalog.kept.refresh()  # As every process does all the time.
    reply = await shop.ask("GET", "/v1/bestsellers", limit=limit, **more)
    assert reply.status == 200
    return [item["name"] for item in reply.json["items"]]


async def test_what_sold_most_comes_first_and_then_the_newest(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_sales, "TELL_EVERY_S", 0.0)
    monkeypatch.setattr(store_sales, "ENTRIES_MAX", 2)
    lime = await shop.add("Lime", variant("l", 50), translations={"pt-BR": {"name": "Limão"}})
    await shop.add("Mango", variant("m", 20), variant("n", 20))
    await shop.add("Pear", variant("p", 50))
    await shop.add("Fig", variant("f", 1))
    await count(shop)
    assert await best(shop) == ["Fig", "Pear", "Mango", "Lime"]
    assert await best(shop, 2) == ["Fig", "Pear"]

    await sell(shop, l=4, f=1)
    await sell(shop, m=3, n=2)
    order_id = uuid4()
    fallen = await shop.held(order_id, p=40)
    await shop.hear(order(fallen, order_id))
    await shop.hear(cancelled(fallen, order_id))
    await count(shop)
    assert await best(shop) == ["Mango", "Lime", "Pear"]  # Figs are sold out, and what came back was not sold.
    assert await best(shop, 2, locale="pt-BR") == ["Mango", "Limão"]

    monkeypatch.setattr(service_sales, "TELL_EVERY_S", 300.0)
    await sell(shop, l=4)
    await count(shop)
    assert await best(shop, 1) == ["Mango"]  # Not again so soon.
    monkeypatch.setattr(service_sales, "TELL_EVERY_S", 0.0)
    await count(shop)
    assert await best(shop, 1) == ["Lime"]
    await shop.catalog.products.archive(lime, STAFF)
    assert await best(shop, 1) == ["Mango"]


async def test_a_week_later_it_is_forgotten(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_sales, "TELL_EVERY_S", 0.0)
    await shop.add("Mango", variant("m", 20))
    await shop.add("Pear", variant("p", 20))
    await sell(shop, m=3)
    await count(shop)
    assert await best(shop) == ["Mango", "Pear"]
    await shop.run("update sold_days set day = day - 7")
    await sell(shop, p=1)
    await shop.run("update journal set at = at - interval '8 days' where sku = 'p'")
    await count(shop)
    assert await best(shop) == ["Pear", "Mango"]
    assert await shop.value("select (select count(*) from sold_days) + (select count(*) from sold_week)") == 0


async def test_the_journal_is_never_read_whole(shop: Shop) -> None:
    await shop.run(
        """insert into journal (sku, location_id, kind, delta_on_hand, delta_held)
           select 'm', 1, 'held', 0, 1 from generate_series(1, 50000)"""
    )
    await shop.run("select brin_summarize_new_values('journal_in_order')")
    async with shop.ctx.db.tx() as tx:
        await tx.execute("set local enable_seqscan = off")
        plan = await tx.fetch("explain analyze select from journal where id > 49990 and id <= 50000")
        text = "\n".join(row[0] for row in plan)
    assert "journal_in_order" in text
    blocks = re.search(r"Heap Blocks: lossy=(\d+)", text)
    assert blocks
    assert int(blocks[1]) <= 128  # Of some 500.
