"""What becomes of held stock when orders stand, fall or are refunded, in whatever order one hears of it."""

from uuid import uuid4

from feira.catalog.tests.conftest import Shop, cancelled, confirmed, order, refunded, variant
from feira.contracts.catalog import HoldLapsed, SaleFailed
from feira.contracts.goods import PricedLine
from feira.kernel.ids import uuid7


async def test_the_order_confirmed_sells_its_hold_once(shop: Shop) -> None:
    await shop.add("Mango", variant("m", 10), variant("n", 10))
    order_id = uuid4()
    held = await shop.held(order_id, m=3, n=1)
    ids = [uuid7()]
    await shop.hear(order(held, order_id), ids=ids)
    await shop.hear(order(held, order_id), ids=ids)
    await shop.hear(confirmed(held, order_id))
    assert await shop.stock("m") == (7, 0)
    assert await shop.stock("n") == (9, 0)
    assert not await shop.release(held.hold_id)
    assert await shop.held(order_id, m=3, n=1) == held  # Asked once more: it is the same.
    await shop.check_books()


async def test_a_pending_order_keeps_its_hold_until_it_is_known(shop: Shop) -> None:
    await shop.add("Mango", variant("m", 10))
    order_id = uuid4()
    held = await shop.held(order_id, m=3)
    await shop.hear(order(held, order_id, status="pending"))
    assert await shop.stock("m") == (10, 3)
    assert await shop.value("select expires_at > now() + interval '16 minutes' from holds")
    await shop.hear(confirmed(held, order_id))
    assert await shop.stock("m") == (7, 0)
    await shop.check_books()


async def test_a_late_payer_gets_the_stock_again_or_the_sale_fails(shop: Shop) -> None:
    await shop.add("Mango", variant("m", 10))
    lucky, unlucky = uuid4(), uuid4()
    first = await shop.held(lucky, m=6)
    second = await shop.held(unlucky, m=4)
    for order_id in (lucky, unlucky):
        await shop.outdate(order_id)
    await shop.catalog.stock.expire()
    await shop.held(m=2)
    await shop.said()
    await shop.hear(order(first, lucky))
    await shop.hear(order(second, unlucky))
    assert await shop.stock("m") == (4, 2)
    failures = [event for event in await shop.said() if isinstance(event, SaleFailed)]
    assert failures == [SaleFailed(order_id=unlucky, skus=("m",), version=1)]
    await shop.hear(cancelled(second, unlucky))  # What never left cannot come back.
    await shop.hear(refunded(second, unlucky, second.lines))
    await shop.hear(confirmed(second, unlucky))
    assert isinstance(await shop.hold(unlucky, m=4), HoldLapsed)
    assert await shop.stock("m") == (4, 2)
    await shop.check_books()


async def test_a_cancelled_order_frees_its_hold_or_gets_restocked(shop: Shop) -> None:
    await shop.add("Mango", variant("m", 10))
    unsold, sold = uuid4(), uuid4()
    first, second = await shop.held(unsold, m=2), await shop.held(sold, m=5)
    await shop.hear(cancelled(first, unsold))
    assert await shop.stock("m") == (10, 5)
    await shop.hear(order(second, sold))
    part = (PricedLine(sku="m", quantity=1, name="Mango", unit_price_minor=1000),)
    await shop.hear(refunded(second, sold, part))
    assert await shop.stock("m") == (6, 0)
    rest = (PricedLine(sku="m", quantity=4, name="Mango", unit_price_minor=1000),)
    await shop.hear(cancelled(second, sold, rest))
    await shop.hear(cancelled(second, sold, rest))
    assert await shop.stock("m") == (10, 0)
    await shop.check_books()


async def test_an_order_cancelled_before_it_was_heard_of_is_never_sold(shop: Shop) -> None:
    await shop.add("Mango", variant("m", 10))
    order_id = uuid4()
    held = await shop.held(order_id, m=2)
    await shop.hear(cancelled(held, order_id))
    await shop.hear(order(held, order_id))
    assert await shop.stock("m") == (10, 0)
    await shop.hear(refunded(held, order_id, held.lines))
    assert await shop.stock("m") == (10, 0)
    assert isinstance(await shop.hold(order_id, m=2), HoldLapsed)


async def test_a_refund_that_overtakes_the_sale_is_owed_until_then(shop: Shop) -> None:
    await shop.add("Mango", variant("m", 10))
    order_id = uuid4()
    held = await shop.held(order_id, m=3)
    await shop.hear(refunded(held, order_id, held.lines[:1]))
    assert await shop.stock("m") == (10, 3)
    await shop.hear(order(held, order_id))
    assert await shop.stock("m") == (10, 0)
    await shop.hear(refunded(held, order_id, ()))  # Money only.
    assert await shop.stock("m") == (10, 0)
    await shop.check_books()


async def test_an_order_whose_hold_is_forgotten_is_sold_all_the_same(shop: Shop) -> None:
    await shop.add("Mango", variant("m", 10))
    kept, gone = uuid4(), uuid4()
    await shop.held(kept, m=1)
    held = await shop.held(gone, m=3)
    await shop.release(held.hold_id)
    await shop.run("update holds set expires_at = now() - interval '31 days' where order_id = $1", gone)
    assert await shop.catalog.stock.forget() is False
    assert await shop.value("select count(*) from holds") == 1
    await shop.hear(order(held, gone))
    assert await shop.stock("m") == (7, 1)
    await shop.check_books()
