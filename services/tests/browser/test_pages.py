"""Every page of the shop: pictures of it in both looks, nothing beside the screen, nothing that axe minds."""

from uuid import uuid4

import pytest
from playwright.async_api import Route, expect

from tests.browser.buying import Buyer, new_good
from tests.browser.conftest import NewVisitor
from tests.shop import ADDRESS, Shop

NOBODYS = "0190a2b4-0000-7000-8000-000000000000"
MONTHS = [f"Month {number}" for number in range(1, 13)]
PASSWORD = "a long enough word"
ANYBODY = {
    "home": "/en",
    "home-pt": "/pt-BR",
    "all-goods": "/en/products",
    "filtered": "/en/products?in_stock=true&sort=price&max_price=2000",
    "category": "/en/categories/fruit",
    "product": "/en/products/palmer-mango",
    "product-of-many-kinds": "/en/products/rubber-sandals",
    "search": "/en/search?q=mango",
    "search-nothing": "/en/search?q=zzzzzzzz",
    "cart-empty": "/en/cart",
    "checkout-empty": "/en/checkout",
    "sign-in": "/en/sign-in",
    "register": "/en/register",
    "forgot": "/en/forgot",
    "reset-stale": "/en/reset",
    "reset": "/en/reset#token=a-token-that-is-looked-at-when-it-is-sent",
    "not-found": "/en/nowhere",
    "not-found-anywhere": "/nowhere/at/all",
}


@pytest.mark.parametrize("name", ANYBODY)
async def test_a_page_for_anybody(visit: NewVisitor, name: str) -> None:
    visitor = await visit()
    if name.startswith("not-found"):
        visitor.tolerate(404, "/nowhere")
    await visitor.go(ANYBODY[name])
    await expect(visitor.page.get_by_role("heading", level=1)).to_be_visible()
    await visitor.looked_at(name)


async def test_a_page_of_what_is_sold_out(site: Shop, visit: NewVisitor) -> None:
    sku = f"gone-{uuid4().hex[:8]}"
    kinds = [{"sku": f"{sku}-{n}", "options": {"size": f"{n}"}, "stock": 0, "price": {"amount": 500, "currency": "BRL"}}
             for n in range(3)]  # fmt: skip
    body = {
        "name": "Early figs",
        "description": f"Only on **Tuesdays**.\n\n| Size | Weight | {' | '.join(MONTHS)} |\n|--|--:|{'--|' * 12}\n| Small | 5 g |",
        "categories": ["fruit/tropical"],
        "variants": kinds,
    }
    made = await site.staff("POST", "/v1/admin/products", body)
    assert made.status == 201, made.raw
    visitor = await visit()
    await visitor.go(f"/en/products/{made.json['slug']}")
    await expect(
        visitor.page.get_by_role("heading", name="Sold out").or_(visitor.page.get_by_text("Sold out")).first
    ).to_be_visible()
    table = visitor.page.get_by_role("table")
    await expect(table.get_by_role("columnheader")).to_have_text(["Size", "Weight", *MONTHS])
    await expect(table.get_by_role("cell").nth(1)).to_have_css("text-align", "right")
    await visitor.looked_at("product-sold-out")


async def test_the_pages_of_a_cart(site: Shop, visit: NewVisitor) -> None:
    visitor = await visit()
    buyer = Buyer(visitor)
    for slug in ("palmer-mango", "rubber-sandals"):
        await buyer.open(f"/products/{slug}")
        await buyer.button(buyer.words.add).first.click()
        await expect(visitor.page.get_by_role("dialog").get_by_role("status")).to_contain_text("In your cart")
    await visitor.looked_at("cart-drawer")
    await buyer.open("/cart")
    await expect(visitor.page.get_by_role("link", name="Check out")).to_be_visible()
    await visitor.looked_at("cart")
    await buyer.open("/checkout")
    await expect(buyer.pay).to_contain_text("R$")
    await buyer.pay.click()
    await expect(visitor.page.get_by_text("fields need another look")).to_be_visible()
    await visitor.looked_at("checkout-faults")


async def test_the_pages_of_a_customer(site: Shop, visit: NewVisitor) -> None:
    good = await new_good(site)
    email, token = await site.new_customer()
    await site.post("/v1/users/me/addresses", ADDRESS, token=token)
    body = await site.order_body((good.sku, 1), email=email)
    order = await site.post("/v1/orders", body, key=uuid4().hex, token=token)
    assert order.status == 201, order.raw
    visitor = await visit()
    await visitor.sign_in(email, PASSWORD, to="/en/account")
    for name, path in {
        "account": "",
        "account-orders": "/orders",
        "account-addresses": "/addresses",
        "account-profile": "/profile",
    }.items():
        await visitor.go(f"/en/account{path}")
        await expect(visitor.page.get_by_role("heading", level=1)).to_be_visible()
        await expect(visitor.page.locator("main [aria-busy=true], main .animate-pulse")).to_have_count(0)
        await visitor.looked_at(name)
    await site.settle()
    [mail] = [one for one in await site.mails_to(email) if one["kind"] == "verification"]
    await visitor.go(mail["link"].removeprefix(site.url))
    await expect(visitor.page.get_by_text("the address is yours")).to_be_visible()
    await visitor.looked_at("verified")
    visitor.tolerate(422, "/v1/users/verify")
    visitor.tolerate(400, "/v1/users/verify")
    await visitor.go("/en/verify#token=nonsense")
    await visitor.page.reload()
    await expect(visitor.page.get_by_text("does not work any more")).to_be_visible()
    await visitor.looked_at("verify-stale")


async def test_an_address_that_is_asked_for_a_new_password(site: Shop, visit: NewVisitor) -> None:
    email, _ = await site.new_customer()
    visitor = await visit()
    await visitor.go("/en/forgot")
    await visitor.page.locator('main input[name="email"]').fill(email)
    await visitor.page.locator('main button[type="submit"]').click()
    await expect(visitor.page.get_by_text("a link is on its way")).to_be_visible()
    await visitor.looked_at("forgot-sent")
    await site.settle()
    [mail] = [one for one in await site.mails_to(email) if one["kind"] == "password_reset"]
    await visitor.go(mail["link"].removeprefix(site.url))
    await visitor.page.locator('main input[name="password"]').fill("another long word")
    await visitor.page.locator('main button[type="submit"]').click()
    await expect(visitor.page.get_by_text("Your password is new")).to_be_visible()
    await visitor.looked_at("reset-done")
    await visitor.sign_in(email, "another long word", to="/en/account")


async def test_a_page_that_breaks_says_so(visit: NewVisitor) -> None:
    """What no test of ours makes happen by itself: a part of a page throws."""

    async def nonsense(route: Route) -> None:
        await route.fulfill(json={"id": NOBODYS})

    visitor = await visit()
    await visitor.page.route(f"**/v1/orders/{NOBODYS}", nonsense)
    await visitor.go(f"/en/orders/{NOBODYS}")
    await expect(visitor.named("button", "^try again")).to_be_visible()
    await visitor.looked_at("error")
    assert visitor.faults
    visitor.faults.clear()
    await visitor.page.unroute(f"**/v1/orders/{NOBODYS}")
    visitor.tolerate(404, f"/v1/orders/{NOBODYS}")
    await visitor.named("button", "^try again").click()
    await expect(visitor.named("heading", "cannot show this order")).to_be_visible()
    await visitor.looked_at("order-not-yours")
