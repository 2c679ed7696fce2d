"""Whole purchases, as people make them, and all that may come between."""

import asyncio
import re
from contextlib import suppress

import pytest
from playwright.async_api import Error, Route, expect

from tests.browser.buying import Buyer, new_good, orders_of, reprice
from tests.browser.conftest import NewVisitor
from tests.browser.visitor import DESKTOP, PHONE, Device
from tests.shop import Shop

SHIPPING = 1_000


def starts(text: str) -> re.Pattern[str]:
    return re.compile(f"^{text}", re.IGNORECASE)


@pytest.mark.parametrize(("device", "locale"), [(DESKTOP, "en"), (PHONE, "pt-BR")], ids=["desktop", "phone"])
async def test_a_guest_buys(site: Shop, visit: NewVisitor, device: Device, locale: str) -> None:
    good = await new_good(site, stock=3)
    visitor = await visit(device, locale=locale)
    buyer = Buyer(visitor)
    await buyer.put_into_cart(good)
    await buyer.go_to_checkout()
    await buyer.fill_in()
    await visitor.looked_at(f"checkout-{locale}")
    await buyer.choose_payment("tok_ok")
    await buyer.pay.click()
    order_id = await buyer.until_ordered()
    order = await site.order(order_id)
    assert [(line["sku"], line["quantity"]) for line in order["lines"]] == [(good.sku, 1)]
    await expect(visitor.page.get_by_text(order["number"]).first).to_be_visible()
    await visitor.looked_at(f"order-{locale}")
    await site.settle()
    [mail] = await site.mails_to(buyer.email)
    # The mailed link opens it for whoever has it, and for nobody else.
    reader = await visit(device, locale=locale)
    await reader.go(mail["link"].removeprefix(site.url))
    await expect(reader.page.get_by_text(order["number"]).first).to_be_visible()
    assert "token" not in reader.page.url
    stranger = await visit(device, locale=locale)
    stranger.tolerate(404, f"/v1/orders/{order_id}")
    await stranger.go(f"/{locale}/orders/{order_id}")
    await expect(stranger.page.get_by_text(order["number"])).to_have_count(0)


async def test_a_declined_payment_loses_nothing(site: Shop, visit: NewVisitor) -> None:
    good = await new_good(site)
    visitor = await visit()
    buyer = Buyer(visitor)
    await buyer.ready_to_pay(good, "tok_error")
    with visitor.expecting(502, "/v1/orders"):
        await buyer.pay.click()
        await expect(visitor.page.get_by_text("The payment service does not answer")).to_be_visible()
    await visitor.accessible()
    await buyer.choose_payment("tok_declined")
    with visitor.expecting(402, "/v1/orders"):
        await buyer.pay.click()
        await expect(visitor.page.get_by_text("The payment was declined")).to_be_visible()
    await visitor.looked_at("checkout-declined")
    assert await orders_of(site, buyer.email) == 0
    await buyer.choose_payment("tok_ok")
    await buyer.pay.click()
    await buyer.until_ordered()
    assert await orders_of(site, buyer.email) == 1


async def test_the_last_one_goes_while_it_is_looked_at(site: Shop, visit: NewVisitor) -> None:
    """Live where it is looked at; where it is paid for, told before money moves, with something else to take instead."""
    good = await new_good(site, stock=1)
    shelf = {"categories": ["fruit/tropical"]}
    assert (await site.staff("PATCH", f"/v1/admin/products/{site.product_ids[good.sku]}", shelf)).status == 200
    looker, slow = await visit(PHONE), await visit()
    await looker.go(f"/en/products/{good.slug}")
    buyer = Buyer(slow)
    await buyer.ready_to_pay(good)
    slow.tolerate(409, "/v1/orders")
    assert (await site.buy((good.sku, 1))).status == 201
    await expect(looker.page.get_by_text(starts("(this one is )?sold out")).first).to_be_visible()
    await buyer.pay.click()
    await expect(slow.page.get_by_role("region", name="Someone was faster than you")).to_be_visible()
    instead = slow.named("button", "^take this one: ").first
    await expect(instead).to_be_visible()
    await slow.looked_at("checkout-sold-out")
    assert await orders_of(site, buyer.email) == 0
    price = (await instead.locator("..").inner_text()).partition("R$")[2].split()[0]
    await instead.click()
    await expect(slow.page.get_by_role("region", name="Someone was faster than you")).to_have_count(0)
    # What a buyer has not seen is not bought.
    await expect(buyer.pay).to_contain_text(f"R${(round(float(price) * 100) + SHIPPING) / 100:.2f}")
    await buyer.pay.click()
    order = await site.order(await buyer.until_ordered())
    assert [line["quantity"] for line in order["lines"]] == [1]
    assert order["lines"][0]["sku"] != good.sku


async def test_a_price_that_rises_is_shown_before_it_is_paid(site: Shop, visit: NewVisitor) -> None:
    good = await new_good(site, price=1_000)
    visitor = await visit()
    buyer = Buyer(visitor)
    await buyer.ready_to_pay(good)
    visitor.tolerate(409, "/v1/orders")
    await reprice(site, good, 1_200)
    await expect(buyer.pay).to_contain_text("R$22.00")  # Live.

    async def rise(route: Route) -> None:
        await reprice(site, good, 1_500)
        await route.continue_()

    await visitor.page.route("**/v1/orders", rise, times=1)
    await buyer.pay.click()
    await expect(visitor.page.get_by_text("The price has changed")).to_be_visible()
    await expect(buyer.pay).to_contain_text("R$25.00")
    await visitor.looked_at("checkout-dearer")
    await buyer.button("^confirm").click()
    order = await site.order(await buyer.until_ordered())
    assert order["subtotal"]["amount"] == 1_500


async def test_a_press_before_the_total_is_there_is_held(site: Shop, visit: NewVisitor) -> None:
    """It is taken, and carried out by itself if the total stays what was shown. If not, the buyer is asked, and keeps her place."""
    good = await new_good(site, price=1_000)
    visitor = await visit()
    buyer = Buyer(visitor)
    await buyer.ready_to_pay(good)
    free, asked = asyncio.Event(), asyncio.Event()

    async def late(route: Route) -> None:
        asked.set()
        await free.wait()
        with suppress(Error):  # Another one may have taken its place.
            await route.continue_()

    async def press(code: str) -> None:
        free.clear()
        asked.clear()
        await buyer.field(buyer.words.code).fill(code)
        await buyer.pay.click()
        await asked.wait()
        await expect(buyer.button("^updating the total")).to_have_attribute("aria-busy", "true")
        await expect(visitor.page.get_by_text("Your order is placed as soon as")).to_be_visible()

    await visitor.page.route("**/v1/quotes", late)
    await press("01310200")
    await reprice(site, good, 1_500)
    free.set()
    await expect(visitor.page.get_by_role("alert").get_by_text("R$25.00 now, no longer R$20.00")).to_be_visible()
    await expect(buyer.button("^confirm · R.25.00")).to_be_focused()
    await visitor.looked_at("checkout-total-changed")
    assert await orders_of(site, buyer.email) == 0
    # Who changes anything meanwhile has to press again.
    await press("01310300")
    await buyer.field(buyer.words.name).fill("Ana de Lima")
    free.set()
    await expect(buyer.pay).to_contain_text("R$25.00")
    assert await orders_of(site, buyer.email) == 0
    await press("01310400")
    free.set()
    order = await site.order(await buyer.until_ordered())
    assert order["shipping_address"]["postal_code"] == "01310-400"
    assert order["subtotal"]["amount"] == 1_500


async def test_paying_twice_pays_once(site: Shop, visit: NewVisitor) -> None:
    """A double click, a reload before the answer, and the way back afterwards: one order."""
    good = await new_good(site)
    visitor = await visit()
    buyer = Buyer(visitor)
    await buyer.ready_to_pay(good)
    asked = asyncio.Event()

    async def lose(route: Route) -> None:
        await route.fetch()
        asked.set()
        await route.abort("aborted")

    await visitor.page.route("**/v1/orders", lose, times=1)
    await buyer.pay.dblclick()
    async with asyncio.timeout(30):
        await asked.wait()
    assert await orders_of(site, buyer.email) == 1
    await visitor.page.reload()
    order_id = await buyer.until_ordered()
    assert await orders_of(site, buyer.email) == 1
    await visitor.usable()
    await visitor.page.go_back()
    await visitor.usable()
    assert await orders_of(site, buyer.email) == 1
    sent = [one for one in visitor.requests if one.method == "POST" and one.url.endswith("/v1/orders")]
    assert len({one.headers["idempotency-key"] for one in sent}) == 1
    assert order_id


async def test_two_tabs_order_a_cart_once(site: Shop, visit: NewVisitor) -> None:
    good = await new_good(site)
    visitor = await visit()
    visitor.tolerate(409, "/v1/orders")
    first = Buyer(visitor)
    await first.ready_to_pay(good)
    second = Buyer(visitor, await visitor.another_page())
    second.email = first.email
    await second.open("/checkout")
    await expect(second.pay).to_contain_text("R$")
    await first.pay.click()
    await first.until_ordered()
    if await second.pay.count():
        await second.pay.click()
    await expect(
        second.page.get_by_text(re.compile("ordered already|just bought what", re.IGNORECASE)).first
    ).to_be_visible()
    assert await orders_of(site, first.email) == 1


async def test_the_way_back_keeps_what_was_typed(site: Shop, visit: NewVisitor) -> None:
    good = await new_good(site)
    visitor = await visit(PHONE)
    buyer = Buyer(visitor)
    await buyer.put_into_cart(good)
    await buyer.go_to_checkout()
    await buyer.fill_in()
    await visitor.page.go_back()
    await visitor.page.wait_for_url(f"**/products/{good.slug}")
    await visitor.page.go_forward()
    await visitor.usable()
    await expect(buyer.field(buyer.words.street)).to_have_value("Rua da Feira 1")
    await visitor.page.reload()
    await visitor.usable()
    await expect(buyer.field(buyer.words.email)).to_have_value(buyer.email)
