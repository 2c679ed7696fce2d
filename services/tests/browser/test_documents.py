"""The pages that the API serves itself."""

import pytest

from tests.browser.conftest import NewVisitor
from tests.browser.visitor import DESKTOP, PHONE, Device


@pytest.mark.parametrize("device", [DESKTOP, PHONE], ids=lambda device: device.name)
@pytest.mark.parametrize("path", ["/docs", "/dev/inbox"])
async def test_a_page_of_the_api(visit: NewVisitor, device: Device, path: str) -> None:
    # The inbox forbids every script, also those that look for faults.
    visitor = await visit(device, bypass_csp=path == "/dev/inbox")
    await visitor.go(path)
    for theme in ("light", "dark"):
        await visitor.shoot(path.strip("/").replace("/", "-"), theme)
    await visitor.fits(320, device.width)
    await visitor.accessible()
