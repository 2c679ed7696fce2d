"""What is set aside for a buyer: for him alone, for a while, and given back by itself."""

import asyncio
from typing import Any

from tests.shop import Shop
from tests.test_after_checkout import balance, bought
from tests.test_checkout import until_paid
from tests.test_crash import insist, no_order_of

ENDED_S = 20


async def age_hold(shop: Shop, sku: str, seconds: int) -> None:
    """Let the holds of this good have been made long ago, so that they end in so many seconds."""
    query = """with aged as (update holds set expires_at = now() + $2 * interval '1 second'
                             where state = 'held' and lines @> jsonb_build_array(jsonb_build_object('sku', $1::text))
                             returning 1)
               select count(*) from aged"""
    assert await shop.sql("catalog", query, sku, seconds) == 1


async def until_stock(shop: Shop, sku: str, on_hand: int, held: int) -> None:
    async with asyncio.timeout(ENDED_S):
        while await shop.stock(sku) != (on_hand, held):
            await asyncio.sleep(0.1)


async def unfinished(shop: Shop, sku: str, quantity: int, **more: Any) -> dict[str, Any]:
    """A checkout that has set goods and money aside, and then failed."""
    body = await shop.order_body((sku, quantity), **more)
    async with no_order_of(shop, body["email"]):
        assert (await shop.post("/v1/orders", body, key="half")).status >= 500
    return body


async def test_goods_come_back_without_anybody_asking(shop: Shop) -> None:
    """Hold expiry: released on time without traffic; the last unit can be bought by the next one."""
    sku = await shop.new_sku(stock=2)
    await unfinished(shop, sku, 2)
    assert await shop.stock(sku) == (2, 2)
    assert (await shop.buy((sku, 1))).code == "out_of_stock"
    await age_hold(shop, sku, -1)
    async with asyncio.timeout(ENDED_S):  # Looked at from the inside: no request is made meanwhile.
        while await shop.sql("catalog", "select held from stock where sku = $1", sku):
            await asyncio.sleep(0.1)
    assert (await shop.buy((sku, 2))).status == 201


async def test_a_late_retry_gets_its_goods_again_or_is_refused(shop: Shop) -> None:
    """A late payer gets his stock again, or is told that it is gone, and is then not charged."""
    sku = await shop.new_sku(stock=2)
    body = await unfinished(shop, sku, 2)
    await age_hold(shop, sku, -1)
    await until_stock(shop, sku, 2, 0)
    assert (await insist(lambda: shop.post("/v1/orders", body, key="half"))).status == 201
    await shop.settle()
    assert await shop.stock(sku) == (0, 0)

    scarce = await shop.new_sku(stock=2)
    late = await unfinished(shop, scarce, 2)
    await age_hold(shop, scarce, -1)
    await until_stock(shop, scarce, 2, 0)
    assert (await shop.buy((scarce, 1))).status == 201
    reply = await insist(lambda: shop.post("/v1/orders", late, key="half"), 409)
    while reply.code == "in_progress":
        await asyncio.sleep(0.2)
        reply = await shop.post("/v1/orders", late, key="half")
    assert (reply.status, reply.code) == (409, "out_of_stock")
    await shop.settle()
    assert await shop.sql("orders", "select count(*) from orders where email = $1", late["email"]) == 0


async def test_who_pays_after_his_goods_were_sold_gets_his_money_back(shop: Shop) -> None:
    """A late payer is refunded or gets his stock again: cancelled, refunded, and nothing sold twice."""
    sku, order = await bought(shop, stock=2, token="tok_async")
    await shop.settle()  # The catalogue has heard that it shall wait longer for this one.
    await age_hold(shop, sku, -1)
    await until_stock(shop, sku, 2, 0)
    other = await shop.buy((sku, 1))
    assert other.status == 201
    await shop.post(f"/dev/payments/{order['id']}", {"outcome": "paid"})
    async with asyncio.timeout(ENDED_S):
        while (await shop.order(order["id"]))["status"] != "cancelled":
            await asyncio.sleep(0.1)
    await shop.settle()
    async with asyncio.timeout(ENDED_S):
        while (await shop.order(order["id"]))["payment_status"] not in {"voided", "refunded"}:
            await asyncio.sleep(0.1)
    await shop.settle()
    taken, back = await balance(shop, order)
    assert taken == back
    assert await shop.stock(sku) == (1, 0)


async def test_who_pays_late_for_goods_that_are_still_there_gets_them(shop: Shop) -> None:
    sku, order = await bought(shop, stock=2, token="tok_async")
    await shop.settle()  # The catalogue has heard that it shall wait longer for this one.
    await age_hold(shop, sku, -1)
    await until_stock(shop, sku, 2, 0)
    await shop.post(f"/dev/payments/{order['id']}", {"outcome": "paid"})
    await until_paid(shop, order["id"], "captured")
    await shop.settle()
    assert (await shop.order(order["id"]))["status"] == "confirmed"
    assert await shop.stock(sku) == (0, 0)


async def test_a_buyers_own_hold_never_blocks_him(shop: Shop) -> None:
    """Own hold blocks its buyer: his own hold is left out of what is available to him."""
    sku = await shop.new_sku(stock=1)
    body = await unfinished(shop, sku, 1)
    assert await shop.stock(sku) == (1, 1)
    assert (await insist(lambda: shop.post("/v1/orders", body, key="half"))).status == 201
    # Nor a hold of his cart, under a new key: the first try is forgotten by its buyer.
    only = await shop.new_sku(stock=1)
    cart = (await shop.post("/v1/carts")).json["id"]
    await shop.post(f"/v1/carts/{cart}/lines", {"sku": only, "quantity": 1})
    body = await shop.order_body((only, 1))
    del body["lines"]
    body["cart_id"] = cart
    async with no_order_of(shop, body["email"]):
        assert (await shop.post("/v1/orders", body, key="c1")).status >= 500
    assert await shop.stock(only) == (1, 1)
    assert (await insist(lambda: shop.post("/v1/orders", body, key="c2"))).status == 201
    await shop.settle()
    assert await shop.stock(only) == (0, 0)


async def test_a_step_that_fails_later_gives_all_back(shop: Shop) -> None:
    """A later step fails: the charge is voided, the stock released; neighbours in the same batch do not notice."""
    sku = await shop.new_sku(stock=50)
    body = await shop.order_body((sku, 1))
    others = [{**body, "email": f"n{n}-{sku}@buyer.test"} for n in range(20)]
    async with no_order_of(shop, body["email"]):
        failed, *fine = await asyncio.gather(*(shop.post("/v1/orders", one, key="batch") for one in (body, *others)))
    assert failed.status >= 500
    assert {reply.status for reply in fine} == {201}
    await shop.settle()
    assert await shop.stock(sku) == (30, 1)
    # He buys in another way instead: what was set aside for the first try is let go of by itself.
    await age_hold(shop, sku, -1)
    await until_stock(shop, sku, 30, 0)
    query = """select count(*) from payments where state = 'captured' and amount_minor = $1
               and created_at > now() - interval '1 minute' and not claimed"""
    assert await shop.sql("payments", query, body["expected_total"]["amount"]) == 0
