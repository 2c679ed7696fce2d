"""Customers and their accounts, in one tab and in several."""

import asyncio
from uuid import uuid4

from playwright.async_api import Response, expect

from tests.browser.buying import Buyer, new_good
from tests.browser.conftest import NewVisitor
from tests.browser.visitor import PHONE
from tests.shop import Shop

PASSWORD = "a long enough word"


async def test_a_customer_opens_an_account_and_buys(site: Shop, visit: NewVisitor) -> None:
    good = await new_good(site)
    visitor = await visit(PHONE, locale="pt-BR")
    buyer = Buyer(visitor)
    await buyer.put_into_cart(good)
    await buyer.open("/register")
    await visitor.page.locator('input[name="name"]').fill("Ana Lima")
    await visitor.page.locator('input[name="email"]').fill(buyer.email)
    await visitor.page.locator('input[name="password"]').fill(PASSWORD)
    await visitor.page.locator('main button[type="submit"]').click()
    await visitor.page.wait_for_url("**/pt-BR/account")
    await visitor.usable()
    # The cart of the guest has become the customer's.
    await buyer.open("/checkout")
    await expect(visitor.page.get_by_text(good.name).first).to_be_attached()
    await expect(buyer.field(buyer.words.email)).to_have_value(buyer.email)
    await buyer.fill_in_address()
    await buyer.choose_payment("tok_ok")
    await buyer.pay.click()
    order = await site.order(await buyer.until_ordered())
    assert order["email"] == buyer.email
    await buyer.open("/account/orders")
    await expect(visitor.page.get_by_text(order["number"]).first).to_be_visible()


async def test_tabs_never_end_each_others_session(site: Shop, visit: NewVisitor) -> None:
    """The access cookie is over: of several tabs one renews it, and a refresh token is never used twice."""
    email, _ = await site.new_customer()
    visitor = await visit()
    await visitor.sign_in(email, PASSWORD, to="/en/account")
    renewals: list[int] = []

    def note(response: Response) -> None:
        if response.url.endswith("/sessions/browser/refresh"):
            renewals.append(response.status)

    visitor.context.on("response", note)
    visitor.tolerate(401, "/v1/(?!sessions)")
    pages = [visitor.page, *[await visitor.another_page() for _ in range(3)]]
    for _round in range(2):
        await visitor.context.clear_cookies(name="feira_access")
        await asyncio.gather(*(visitor.go("/en/account/profile", page=page) for page in pages))
        for page in pages:
            await expect(page.locator('input[name="name"]').first).to_have_value("Ana Lima")
    assert set(renewals) == {204}
    assert 2 <= len(renewals) <= len(pages) * 2
    assert (
        await site.sql("users", "select count(*) from sessions where revoked_at is not null and agent like '%Chrom%'")
        == 0
    )


async def test_who_is_not_signed_in_is_led_there_and_back(site: Shop, visit: NewVisitor) -> None:
    email, _ = await site.new_customer()
    visitor = await visit()
    visitor.tolerate(401, "/v1/sessions/browser$")
    await visitor.page.goto("/en/account/orders")
    await visitor.page.wait_for_url("**/en/sign-in?next=**")
    await visitor.usable()
    await visitor.page.locator('input[name="email"]').fill(email)
    await visitor.page.locator('input[name="password"]').fill(uuid4().hex)
    await visitor.page.locator('main button[type="submit"]').click()
    await expect(visitor.page.get_by_text("do not belong together")).to_be_visible()
    await visitor.page.locator('input[name="password"]').fill(PASSWORD)
    await visitor.page.locator('main button[type="submit"]').click()
    await visitor.page.wait_for_url("**/en/account/orders")
    cookies = {one["name"]: one for one in await visitor.context.cookies()}
    assert all(cookies[name].get("httpOnly") for name in ("feira_access", "feira_refresh"))
    kept = await visitor.page.evaluate("() => JSON.stringify({...localStorage, ...sessionStorage}) + document.cookie")
    assert cookies["feira_access"].get("value") not in kept
