"""Stock that is set aside, sold and given back, on a real database."""

import asyncio
import random
from typing import Any
from uuid import UUID, uuid4

import pytest

from feira.catalog import service_stock, store
from feira.catalog.card import card
from feira.catalog.domain import Move
from feira.catalog.tests.conftest import STAFF, MakeContext, Shop, cancelled, lines, order, variant
from feira.contracts.catalog import (
    Held,
    Hold,
    HoldLapsed,
    OutOfStock,
    Picture,
    PriceAsk,
    Priced,
    RequestChanged,
    Sample,
    SampleAsk,
    StockAsk,
    StockChanged,
    StockMoved,
    StockOf,
    UnknownSku,
)
from feira.contracts.goods import Line, PricedLine
from feira.kernel.errors import Invalid


async def test_lines_are_priced_summed_and_set_aside(shop: Shop) -> None:
    await shop.add(
        "Mango",
        variant("m1", 10, 450, name="1 kg", weight_g=1000, tax_class="food"),
        variant("m2", 5, 900, options={"size": "2 kg"}),
        translations={"pt-BR": {"name": "Manga"}},
    )
    ask = Hold(
        order_id=uuid4(),
        digest="d",
        lines=(Line(sku="m2", quantity=1), Line(sku="m1", quantity=2), Line(sku="m1", quantity=3)),
        locale="pt-BR",
    )
    (held,) = await shop.catalog.hold([ask])
    assert isinstance(held, Held)
    assert held.currency == "BRL"
    assert held.lines == (
        PricedLine(sku="m2", quantity=1, name="Manga (2 kg)", unit_price_minor=900),
        PricedLine(sku="m1", quantity=5, name="Manga (1 kg)", unit_price_minor=450, weight_g=1000, tax_class="food"),
    )
    assert await shop.stock("m1") == (10, 5)
    assert await shop.stock("m2") == (5, 1)
    assert list(await shop.catalog.hold([ask])) == [held]  # The same ask again: the same answer.
    assert await shop.stock("m1") == (10, 5)
    await shop.check_books()


async def test_a_sample_is_of_what_can_be_bought(shop: Shop) -> None:
    assert await shop.catalog.sample(SampleAsk(limit=3)) == Sample(skus=())
    await shop.add("Mango", variant("m1"), variant("m2", 0), variant("m3"))
    await shop.add("Lime", variant("l", 2))
    await shop.held(l=2)
    await shop.catalog.products.archive(await shop.add("Fig", variant("f")), STAFF)
    for _ in range(5):
        sample = await shop.catalog.sample(SampleAsk(limit=10))
        assert sorted(sample.skus) == ["m1", "m3"]
        assert len((await shop.catalog.sample(SampleAsk(limit=1))).skus) == 1


async def test_two_lines_of_one_sku_cannot_pass_its_stock(shop: Shop) -> None:
    await shop.add("Mango", variant("m", 10))
    ask = Hold(order_id=uuid4(), digest="d", lines=(Line(sku="m", quantity=6), Line(sku="m", quantity=6)))
    (answer,) = await shop.catalog.hold([ask])
    assert isinstance(answer, OutOfStock)
    assert answer.extra["skus"] == [{"sku": "m", "available": 10}]
    assert await shop.stock("m") == (10, 0)


async def test_all_lines_or_none(shop: Shop) -> None:
    await shop.add("Mango", variant("m", 10), variant("n", 0))
    assert isinstance(await shop.hold(m=1, n=1), OutOfStock)
    assert isinstance(await shop.hold(m=1, x=1), UnknownSku)
    assert isinstance(await shop.hold(M=1), UnknownSku)  # Skus are case-sensitive.
    assert await shop.stock("m") == (10, 0)


@pytest.mark.parametrize("quantities", [{}, {"m": 0}, {"m": -1}, {"m": 1_000_001}, {f"s{n}": 1 for n in range(2001)}])
async def test_lines_out_of_bounds_are_refused_alone(shop: Shop, quantities: dict[str, int]) -> None:
    await shop.add("Mango", variant("m"))
    good = Hold(order_id=uuid4(), digest="d", lines=lines(m=1))
    bad = Hold(order_id=uuid4(), digest="d", lines=lines(**quantities))
    answers = await shop.catalog.hold([bad, good])
    assert isinstance(answers[0], Invalid)
    assert isinstance(answers[1], Held)


async def test_an_ask_of_every_bound_at_once(shop: Shop) -> None:
    skus = [f"s{number}" for number in range(2000)]
    for start in range(0, 2000, 500):
        await shop.add(f"P{start}", *[variant(sku, 1_000_000) for sku in skus[start : start + 500]])
    held = await shop.held(None, **dict.fromkeys(skus, 1_000_000))
    assert len(held.lines) == 2000
    assert await shop.stock("s1999") == (1_000_000, 1_000_000)
    await shop.check_books()


async def test_another_request_under_the_same_order_is_refused(shop: Shop) -> None:
    await shop.add("Mango", variant("m", 10))
    order_id = uuid4()
    asks = [Hold(order_id=order_id, digest=digest, lines=lines(m=1)) for digest in ("a", "b", "a")]
    first, second, third = await shop.catalog.hold(asks)
    assert isinstance(first, Held)
    assert isinstance(second, RequestChanged)
    assert third == first
    assert await shop.stock("m") == (10, 1)


async def test_three_hundred_buyers_for_a_hundred_units(shop: Shop, context: MakeContext) -> None:
    """Two processes, as it were: two pools and two batchers."""
    await shop.add("Mango", variant("m", 100), variant("n", 1000))
    other = card.build(await context(card))

    async def buy(number: int) -> Any:
        catalog = other if number % 2 else shop.catalog
        names = random.sample(["m", "n"], 2)  # Baskets are mixed in any order.
        (answer,) = await catalog.hold([Hold(order_id=uuid4(), digest="d", lines=lines(**dict.fromkeys(names, 1)))])
        return answer

    answers = await asyncio.gather(*[buy(number) for number in range(300)])
    assert sum(isinstance(answer, Held) for answer in answers) == 100
    assert sum(isinstance(answer, OutOfStock) for answer in answers) == 200
    assert await shop.stock("m") == (100, 100)
    assert await shop.stock("n") == (1000, 100)
    await shop.check_books()


async def test_mixed_baskets_never_wait_for_each_other_in_a_ring(shop: Shop, context: MakeContext) -> None:
    skus = [f"s{number}" for number in range(12)]
    for sku in skus:
        await shop.add(sku, variant(sku, 40))
    other = card.build(await context(card))
    random.seed(7)

    async def live(number: int) -> None:
        catalog = (shop.catalog, other)[number % 2]
        order_id = uuid4()
        basket = dict.fromkeys(random.sample(skus, 5), random.randint(1, 12))
        (held,) = await catalog.hold([Hold(order_id=order_id, digest="d", lines=lines(**basket))])
        if not isinstance(held, Held):
            return
        if number % 3 == 0:
            await shop.release(held.hold_id)
        elif number % 3 == 1:
            await shop.hear(order(held, order_id))
            await shop.hear(cancelled(held, order_id))
        else:
            await shop.outdate(order_id)
            await catalog.stock.expire()

    await asyncio.gather(*[live(number) for number in range(60)])
    while await shop.catalog.stock.expire():
        pass
    for sku in skus:
        assert await shop.stock(sku) == (40, 0)
    await shop.check_books()


async def test_one_order_asked_for_by_two_processes_is_held_once(shop: Shop, context: MakeContext) -> None:
    await shop.add("Mango", variant("m", 100))
    other = card.build(await context(card))
    orders = [uuid4() for _ in range(20)]
    asks = [Hold(order_id=order_id, digest="d", lines=lines(m=1)) for order_id in orders]
    ours, theirs = await asyncio.gather(shop.catalog.hold(asks), other.hold(list(reversed(asks))))
    assert ours == list(reversed(theirs))
    assert await shop.stock("m") == (100, 20)
    await shop.check_books()


async def test_who_is_overtaken_looks_again(shop: Shop) -> None:
    await shop.add("Mango", variant("m", 100))
    order_id = uuid4()
    async with shop.ctx.db.tx() as tx:
        await tx.execute(
            """insert into holds (order_id, id, digest, state, units, lines, expires_at)
               values ($1, $2, 'd', 'held', 0, '[]', now() + interval '5 minutes')""",
            order_id,
            uuid4(),
        )
        asked = asyncio.create_task(shop.held(order_id, m=1))
        await asyncio.sleep(0.2)  # It has found no hold of this order, and waits for the row that we have written.
        assert not asked.done()
    assert (await asked).lines == ()
    assert await shop.stock("m") == (100, 0)


async def test_giving_up_in_the_race_is_told_as_a_failure(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    await shop.add("Mango", variant("m", 100))
    monkeypatch.setattr(service_stock, "TRIES_MAX", 0)
    shop.catalog.stock._crowded = 1
    with pytest.raises(service_stock._Overtaken):
        await shop.hold(m=1)


async def test_release_names_the_hold_and_works_once(shop: Shop) -> None:
    await shop.add("Mango", variant("m", 10))
    order_id = uuid4()
    first = await shop.held(order_id, m=4)
    assert await shop.release(first.hold_id)
    assert not await shop.release(first.hold_id)
    assert not await shop.release(uuid4())
    assert await shop.stock("m") == (10, 0)
    second = await shop.held(order_id, m=4)
    assert second.hold_id != first.hold_id
    assert not await shop.release(first.hold_id)  # A late release of the older hold leaves the newer alone.
    assert await shop.stock("m") == (10, 4)
    await shop.check_books()


async def test_holds_expire_without_traffic_and_on_time(shop: Shop) -> None:
    await shop.add("Mango", variant("m", 10))
    late, live = uuid4(), uuid4()
    await shop.held(late, m=3)
    await shop.held(live, m=2)
    await shop.outdate(late)
    assert await shop.catalog.stock.expire() is False
    assert await shop.stock("m") == (10, 2)
    assert await shop.value("select state from holds where order_id = $1", late) == "expired"
    await shop.check_books()


async def test_a_lapsed_hold_is_revived_at_its_first_prices(shop: Shop) -> None:
    product_id = await shop.add("Mango", variant("m", 10, 1000))
    order_id = uuid4()
    first = await shop.held(order_id, m=10)
    await shop.outdate(order_id)
    again = await shop.held(order_id, m=10)  # Overdue but not yet expired: its own hold does not block its buyer.
    assert again.hold_id == first.hold_id
    assert again.expires_at > first.expires_at.replace(year=first.expires_at.year - 1)
    await shop.outdate(order_id)
    await shop.catalog.stock.expire()
    await shop.staff("PATCH", f"/products/{product_id}", {"variants": [variant("m", None, 2000)]})
    revived = await shop.held(order_id, m=10)
    assert revived.hold_id != first.hold_id
    assert revived.lines[0].unit_price_minor == 1000
    assert await shop.stock("m") == (10, 10)
    await shop.check_books()


async def test_what_was_given_back_is_forgotten(shop: Shop) -> None:
    """A buyer who was refused may ask again: at today's prices, and for other goods."""
    product_id = await shop.add("Mango", variant("m", 10, 1000))
    order_id = uuid4()
    await shop.release((await shop.held(order_id, m=10)).hold_id)
    await shop.staff("PATCH", f"/products/{product_id}", {"variants": [variant("m", None, 2000)]})
    second = await shop.held(order_id, m=10)
    assert second.lines[0].unit_price_minor == 2000
    await shop.release(second.hold_id)
    ask = Hold(order_id=order_id, digest="another", lines=(Line(sku="m", quantity=3),))
    [third] = await shop.catalog.hold([ask])
    assert isinstance(third, Held)
    assert third.lines[0].quantity == 3
    assert await shop.stock("m") == (10, 3)
    await shop.check_books()


async def test_a_lapsed_hold_is_not_revived_when_its_stock_is_gone(shop: Shop) -> None:
    product_id = await shop.add("Mango", variant("m", 10))
    order_id = uuid4()
    await shop.held(order_id, m=10)
    await shop.outdate(order_id)
    await shop.catalog.stock.expire()
    other = await shop.held(m=1)
    assert isinstance(await shop.hold(order_id, m=10), OutOfStock)
    await shop.release(other.hold_id)
    await shop.catalog.products.archive(product_id, uuid4())
    assert isinstance(await shop.hold(order_id, m=10), HoldLapsed)
    assert isinstance(await shop.hold(m=1), UnknownSku)


async def test_stock_that_nobody_counts_is_not_lost_in_silence(shop: Shop) -> None:
    async with shop.ctx.db.tx() as tx:
        with pytest.raises(LookupError):
            await store.move(tx, [Move(sku="x", kind="adjusted", on_hand=1)])


async def test_going_in_and_out_of_stock_is_told_once_and_shown(shop: Shop) -> None:
    product_id = await shop.add("Mango", variant("m", 2), variant("n", 1), slug="mango")
    await shop.said()

    async def turns() -> list[tuple[str, bool, int]]:
        return [(e.sku, e.available, e.version) for e in await shop.said() if isinstance(e, StockChanged)]

    async def shown() -> bool:
        return bool(await shop.value("select in_stock from listings where product_id = $1", product_id))

    await shop.held(m=1)
    assert await turns() == []
    last = await shop.held(m=1, n=1)
    assert await turns() == [("m", False, 1), ("n", False, 2)]
    assert not await shown()
    await shop.release(last.hold_id)
    assert await turns() == [("m", True, 3), ("n", True, 4)]
    assert await shown()
    await shop.catalog.stock.adjust("m", -1, "eaten", uuid4())
    assert await turns() == [("m", False, 5)]
    assert await shown()  # The other variant is there.


async def test_quantities_are_told_to_who_shows_them(shop: Shop) -> None:
    await shop.add("Mango", variant("n", 3), variant("m", 2), slug="mango")
    await shop.said()

    async def moved() -> list[tuple[str, ...]]:
        return [event.skus for event in await shop.said() if isinstance(event, StockMoved)]

    async def there() -> list[dict[str, int]]:
        answers = await shop.catalog.stock_of([StockAsk(slug=slug) for slug in ("mango", "papaya")])
        return [{one.sku: one.quantity for one in answer.variants} for answer in answers if isinstance(answer, StockOf)]

    assert await there() == [{"n": 3, "m": 2}, {}]
    first = await shop.held(m=1)
    await shop.held(m=1, n=1)  # The last of something is taken in another way; neither is told: their orders will.
    assert await moved() == []
    assert await there() == [{"n": 2, "m": 0}, {}]
    await shop.release(first.hold_id)
    await shop.catalog.stock.adjust("n", 5, "found", uuid4())
    assert await moved() == [("m",), ("n",)]
    assert await there() == [{"n": 7, "m": 1}, {}]


async def test_prices_are_told_without_touching_stock(shop: Shop) -> None:
    await shop.add(
        "Mango",
        variant("m", 10, 450, name="1 kg"),
        slug="mango",
        images=[{"url": "/media/demo/mango.webp", "alt": "A mango"}],
        translations={"pt-BR": {"name": "Manga"}},
    )
    await shop.add("Plain", variant("p", 1))
    ask = PriceAsk(
        lines=(Line(sku="m", quantity=2), Line(sku="m", quantity=1), Line(sku="p", quantity=1)), locale="pt-BR"
    )
    found, unknown, empty = await shop.catalog.price([ask, PriceAsk(lines=lines(x=1)), PriceAsk(lines=())])
    assert isinstance(found, Priced)
    assert [offer.line.quantity for offer in found.offers] == [2, 1, 1]
    first = found.offers[0]
    assert (first.line.name, first.line.unit_price_minor, first.available) == ("Manga (1 kg)", 450, 10)
    url = shop.ctx.settings.url + "/media/demo/mango.webp"
    assert (first.product_slug, first.image) == ("mango", Picture(url=url, alt="A mango"))
    assert found.offers[2].image is None
    assert isinstance(unknown, UnknownSku)
    assert isinstance(empty, Invalid)
    assert await shop.stock("m") == (10, 0)


async def test_the_card_tells_what_is_held(shop: Shop) -> None:
    assert card.gauges
    await shop.add("Mango", variant("m", 10))
    await shop.held(m=3)
    order_id: UUID = uuid4()
    await shop.hear(order(await shop.held(order_id, m=1), order_id))
    found = {gauge.name: gauge.value for gauge in await card.gauges(shop.catalog)}
    assert (found["feira_holds"], found["feira_units_held"]) == (1, 3)  # What was sold is in orders, and ever more.
    for job in card.jobs:
        assert not await job.run(shop.catalog)
