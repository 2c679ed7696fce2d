"""Every page, on a desk and on a phone, in both looks: pictures of it, nothing beside the screen, nothing that axe minds."""

import pytest

from tests.browser.conftest import NewVisitor
from tests.browser.visitor import DESKTOP, PHONE, Device

NARROW = (320, 640)  # The narrowest phone, and a small laptop's screen at 200 %.
ANYBODY = {
    "home": "/en",
    "home-pt": "/pt-BR",
    "all-goods": "/en/products",
    "category": "/en/categories/fruit",
    "product": "/en/products/palmer-mango",
    "search": "/en/search?q=mango",
    "search-nothing": "/en/search?q=zzzzzzzz",
    "cart-empty": "/en/cart",
    "sign-in": "/en/sign-in",
    "register": "/en/register",
    "forgot": "/en/forgot",
    "reset": "/en/reset",
    "not-found": "/en/nowhere",
}


@pytest.mark.parametrize("device", [DESKTOP, PHONE], ids=lambda device: device.name)
@pytest.mark.parametrize("name", ANYBODY)
async def test_a_page_for_anybody(visit: NewVisitor, device: Device, name: str) -> None:
    visitor = await visit(device)
    if name == "not-found":
        visitor.tolerate(404, "/nowhere")
    await visitor.go(ANYBODY[name])
    await visitor.looked_at(name, *NARROW)
