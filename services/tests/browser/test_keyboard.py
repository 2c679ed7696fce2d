"""One purchase by keyboard alone."""

import re

from playwright.async_api import Page, expect

from tests.browser.buying import Buyer, new_good, orders_of
from tests.browser.conftest import NewVisitor
from tests.shop import Shop

TABS_MAX = 60
FOCUSED = """() => {
    const one = document.activeElement;
    return (one.labels?.[0]?.innerText || one.ariaLabel || one.innerText || '').trim();
}"""
SEEN = """() => {
    const one = document.activeElement;
    const ring = (element) => { const style = getComputedStyle(element);
        return (style.outlineStyle !== 'none' && style.outlineWidth !== '0px') || style.boxShadow !== 'none'; };
    return ring(one) || (one.parentElement !== null && ring(one.parentElement));
}"""


async def tab_to(page: Page, name: str) -> None:
    """Tab until the focus is on what is called so; the focus can be seen there."""
    passed = []
    for _ in range(TABS_MAX):
        await page.keyboard.press("Tab")
        passed.append(await page.evaluate(FOCUSED))
        if re.match(name, passed[-1], re.IGNORECASE):
            assert await page.evaluate(SEEN), f"the focus on {passed[-1]} cannot be seen"
            return
    raise AssertionError(f"{name} cannot be reached, only {passed}")


async def test_a_purchase_by_keyboard_alone(site: Shop, visit: NewVisitor) -> None:
    good = await new_good(site)
    visitor = await visit()
    buyer, page = Buyer(visitor), visitor.page
    await buyer.open(f"/products/{good.slug}")
    await page.keyboard.press("Tab")
    assert re.match("skip to", await page.evaluate(FOCUSED), re.IGNORECASE)
    await page.keyboard.press("Enter")
    await tab_to(page, buyer.words.add)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await expect(buyer.button(buyer.words.add).first).to_be_focused()
    await page.keyboard.press("Enter")
    await tab_to(page, buyer.words.check_out)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/checkout")
    await visitor.usable()
    for label, text in (
        (buyer.words.email, buyer.email),
        (buyer.words.name, "Ana Lima"),
        (buyer.words.code, "01310100"),
        (buyer.words.street, "Rua da Feira 1"),
        (buyer.words.city, "São Paulo"),
        (buyer.words.state, "ss"),  # The second that begins so.
    ):
        await tab_to(page, label)
        await page.keyboard.type(text)
    await expect(buyer.field(buyer.words.state)).to_have_value("SP")
    await tab_to(page, "the payment works")
    await tab_to(page, buyer.words.place)
    await page.keyboard.press("Enter")
    await buyer.until_ordered()
    assert await orders_of(site, buyer.email) == 1
