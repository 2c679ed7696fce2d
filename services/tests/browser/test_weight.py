"""What pages cost those who come for the first time, within their budgets."""

import asyncio

import pytest
from playwright.async_api import Route, expect

from tests.browser.conftest import NewVisitor
from tests.browser.visitor import DESKTOP, PHONE, Device, Visitor
from tests.browser.weight import weigh

SCRIPTS_MAX = 165 * 1024  # Of a product page, as sent with brotli.
OURS_MAX = 40 * 1024  # Of these, what is more than a page of the same build with nothing on it.
REQUESTS_MAX = 60
SHIFT_MAX = 0.02
FONT_LATE_S = 0.5


async def test_a_product_page_is_light(visit: NewVisitor) -> None:
    empty = await weigh(await visit(PHONE), "/empty")
    product = await weigh(await visit(PHONE), "/en/products/palmer-mango")
    assert product.script_bytes <= SCRIPTS_MAX, product.scripts
    assert product.script_bytes - empty.script_bytes <= OURS_MAX, (product.scripts, empty.scripts)
    assert len(product.requests) <= REQUESTS_MAX, product.requests


@pytest.mark.parametrize("device", [DESKTOP, PHONE], ids=lambda device: device.name)
async def test_pages_do_not_jump(visit: NewVisitor, device: Device) -> None:
    """Neither when fonts come late, nor when it turns out what is in the cart."""
    for path in ("/en", "/en/products", "/en/products/palmer-mango", "/en/cart"):
        await stays(await visit(device), path)
    visitor = await visit(device)
    await visitor.go("/en/products/palmer-mango")
    await visitor.named("button", "^add to cart").first.click()
    await expect(visitor.page.get_by_role("dialog").get_by_role("status")).to_contain_text("In your cart")
    for path in ("/en/cart", "/en/checkout"):
        await stays(visitor, path)


async def stays(visitor: Visitor, path: str) -> None:
    await visitor.page.route("**/*.woff2", late)
    page = await weigh(visitor, path)
    assert page.shift <= SHIFT_MAX, (path, page.shift, page.shifted)
    assert page.largest_paint_ms > 0


async def late(route: Route) -> None:
    await asyncio.sleep(FONT_LATE_S)
    await route.continue_()
