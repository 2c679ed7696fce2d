"""The pages that the API serves itself."""

import pytest

from tests.browser.conftest import NewVisitor
from tests.browser.visitor import DESKTOP, PHONE, Device


async def test_the_document_of_the_api(visit: NewVisitor) -> None:
    visitor = await visit(PHONE)
    await visitor.go("/docs")
    await visitor.fits(320, PHONE.width)
    await visitor.accessible()


@pytest.mark.parametrize("device", [DESKTOP, PHONE], ids=lambda device: device.name)
async def test_the_inbox(visit: NewVisitor, device: Device) -> None:
    # It forbids every script, also those that look for faults.
    visitor = await visit(device, bypass_csp=True)
    await visitor.go("/dev/inbox")
    await visitor.shoot("inbox")
    await visitor.fits(320, device.width)
    await visitor.accessible()
