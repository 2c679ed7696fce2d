"""Browsers that keep nothing, networks that fail, and shops that change under one's feet: nothing is lost, and all of it is said."""

import re

from playwright.async_api import Route, expect

from tests.browser.buying import Buyer, new_good, orders_of
from tests.browser.conftest import NewVisitor
from tests.shop import Shop

# Storage as browsers forbid it: to touch it is an error.
FORBIDDEN = """for (const name of ['localStorage', 'sessionStorage']) Object.defineProperty(window, name, {
    get() { throw new DOMException('The operation is insecure.', 'SecurityError'); } });"""
# What is full takes nothing, and gives what it had.
FULL = """Storage.prototype.setItem = () => { throw new DOMException('It is full.', 'QuotaExceededError'); };"""


async def test_a_browser_that_keeps_nothing_buys(site: Shop, visit: NewVisitor) -> None:
    """Its try is sent again with the same key, and the order that it makes can be seen, all without any storage."""
    for script in (FORBIDDEN, FULL):
        good = await new_good(site)
        visitor = await visit()
        await visitor.context.add_init_script(script)
        buyer = Buyer(visitor)
        await buyer.ready_to_pay(good)

        async def lose(route: Route) -> None:
            await route.fetch()
            await route.fulfill(status=503, headers={"retry-after": "60"})

        await visitor.page.route("**/v1/orders", lose, times=1)
        with visitor.expecting(503, "/v1/orders"):
            await buyer.pay.click()
            await buyer.button("^try now").click()
        order = await site.order(await buyer.until_ordered())
        await expect(visitor.page.get_by_text(order["number"]).first).to_be_visible()
        assert await orders_of(site, buyer.email) == 1
        sent = [one for one in visitor.requests if one.method == "POST" and one.url.endswith("/v1/orders")]
        assert len({one.headers["idempotency-key"] for one in sent}) == 1
        assert len(sent) == 2


async def test_each_call_of_a_purchase_may_fail(site: Shop, visit: NewVisitor) -> None:
    good = await new_good(site)
    visitor = await visit()
    page, buyer = visitor.page, Buyer(visitor)
    visitor.tolerate(429)
    visitor.tolerate(503)

    async def crowded(route: Route) -> None:
        await route.fulfill(status=429, headers={"retry-after": "7"})

    async def busy(route: Route) -> None:
        await route.fulfill(status=503)

    for answer, words in ((crowded, "in 7 seconds"), (busy, "market is crowded")):
        await buyer.open(f"/products/{good.slug}")
        await page.route("**/v1/carts**", answer)
        await buyer.button(buyer.words.add).first.click()
        await expect(page.get_by_role("alert").get_by_text(re.compile(words))).to_be_visible()
        await page.unroute("**/v1/carts**")
    await buyer.put_into_cart(good)
    await page.route("**/v1/carts/**", crowded)
    await buyer.open("/checkout")
    await expect(page.get_by_text(re.compile("in 7 seconds"))).to_be_visible()
    await page.unroute("**/v1/carts/**")
    await buyer.button("^try again").click()
    await page.route("**/v1/quotes", crowded)
    await expect(page.get_by_text("The total could not be worked out")).to_be_visible()
    await page.unroute("**/v1/quotes")
    await buyer.fill_in()
    # The total fails as it is waited for: that is said, and nothing is bought.
    await page.route("**/v1/quotes", busy)
    await buyer.field(buyer.words.code).fill("01310200")
    await buyer.pay.click()
    await expect(page.get_by_text("so nothing has been ordered")).to_be_visible()
    await page.unroute("**/v1/quotes")
    assert await orders_of(site, buyer.email) == 0
    await page.route("**/v1/orders", busy, times=1)
    await buyer.pay.click()
    await expect(page.get_by_text("Your order is kept")).to_be_visible()
    await buyer.button("^try now").click()
    await buyer.until_ordered()
    assert await orders_of(site, buyer.email) == 1


async def test_without_a_connection_the_page_stands(site: Shop, visit: NewVisitor) -> None:
    """What a page fetches only when it is used cannot be had: it is there all the same, and works again afterwards."""
    good = await new_good(site)
    visitor = await visit()
    page, buyer = visitor.page, Buyer(visitor)
    await buyer.open(f"/products/{good.slug}")
    await page.wait_for_load_state("networkidle")
    await visitor.context.set_offline(True)
    await expect(page.get_by_text("You are offline")).to_be_visible()
    await visitor.named("combobox", "search").click()
    await page.keyboard.type("mango")
    await page.keyboard.press("Escape")
    await visitor.named("link", "^cart").first.click()
    await buyer.button(buyer.words.add).first.click()
    await expect(page.get_by_role("alert").get_by_text("No connection")).to_be_visible()
    await expect(visitor.named("heading", good.name).first).to_be_visible()
    assert all("ERR_INTERNET_DISCONNECTED" in fault for fault in visitor.faults), visitor.faults
    visitor.faults.clear()
    await visitor.context.set_offline(False)
    await buyer.button(buyer.words.add).first.click()
    await expect(page.get_by_text(good.name).and_(page.locator("dialog *, main li *")).first).to_be_visible()


async def test_a_page_that_arrives_by_half_says_so(site: Shop, visit: NewVisitor) -> None:
    visitor = await visit()
    page = visitor.page
    asked = 0

    async def lose(route: Route) -> None:
        nonlocal asked
        asked += 1
        await (route.abort() if asked == 3 else route.continue_())

    await page.route("**/_next/static/chunks/*.js", lose)
    await page.goto("/pt-BR/cart")
    said = page.get_by_role("alert").get_by_text("não chegou")
    await expect(said).to_be_visible()
    await visitor.fits(320)
    assert all("ERR_FAILED" in fault for fault in visitor.faults), visitor.faults
    visitor.faults.clear()
    await page.unroute("**/_next/static/chunks/*.js")
    await visitor.named("link", "^carregar de novo").click()
    await expect(page.get_by_text("Seu carrinho está vazio")).to_be_visible()
    await expect(said).to_be_hidden()


async def test_goods_that_leave_the_shop_are_said_to(site: Shop, visit: NewVisitor) -> None:
    good = await new_good(site)
    visitor = await visit()
    visitor.tolerate(404, f"/v1/products/{good.slug}")
    await visitor.go(f"/en/products/{good.slug}")
    await expect(visitor.page.get_by_text("10 in stock")).to_be_visible()
    reply = await site.staff("DELETE", f"/v1/admin/products/{site.product_ids[good.sku]}")
    assert reply.status in {200, 204}, reply.raw
    await expect(visitor.page.get_by_text("This is not sold any more")).to_be_visible()
    await expect(visitor.named("button", "^sold out")).to_be_disabled()
    await visitor.looked_at("product-archived")


async def test_a_link_that_opens_nothing_takes_nothing_away(site: Shop, visit: NewVisitor) -> None:
    good = await new_good(site)
    visitor = await visit()
    buyer = Buyer(visitor)
    await buyer.ready_to_pay(good)
    await buyer.pay.click()
    order_id = await buyer.until_ordered()
    order = await site.order(order_id)
    visitor.tolerate(404, f"/v1/orders/{order_id}")
    await visitor.go("/en")
    for _ in range(2):
        await visitor.go(f"/en/orders/{order_id}#token=nonsense")
        await expect(visitor.page.get_by_text(order["number"]).first).to_be_visible()
        assert "token" not in visitor.page.url
        await visitor.go("/en")
