"""Money that was set aside for an order that never came: it goes back by itself."""

import asyncio
import secrets

from tests.shop import Shop
from tests.test_holds import age_hold, unfinished, until_stock

RELEASED_S = 200  # A payments service that has just started listens for two minutes before it calls money unclaimed.


async def test_money_goes_back_though_nobody_asks_again(shop: Shop) -> None:
    """Paid, no order: the money goes back within a bound; the gateway's own book shows it."""
    sku = await shop.new_sku(stock=3, price=1_000_000 + secrets.randbelow(1_000_000))
    body = await unfinished(shop, sku, 2)
    amount = body["expected_total"]["amount"]
    assert await shop.sql("payments", "select count(*) from payments where amount_minor = $1", amount) == 1
    # Twenty minutes pass, for all who paid: payments are looked at in the order in which they were made.
    await shop.sql("payments", "update payments set created_at = created_at - interval '21 minutes'")
    await age_hold(shop, sku, 0)
    await until_stock(shop, sku, 3, 0)
    async with asyncio.timeout(RELEASED_S):
        while await shop.sql("payments", "select state from payments where amount_minor = $1", amount) != "voided":
            await asyncio.sleep(0.2)
    charge = "select count(*) from test_gateway_charge where amount_minor = $1 and state = 'voided'"
    assert await shop.sql("payments", charge, amount) == 1
    assert await shop.sql("orders", "select count(*) from orders where email = $1", body["email"]) == 0
