"""The pages that the API serves itself."""

from tests.browser.conftest import NewVisitor
from tests.browser.visitor import PHONE


async def test_the_document_of_the_api(visit: NewVisitor) -> None:
    visitor = await visit(PHONE)  # There is much of it: to look at it once takes long enough.
    await visitor.go("/docs")
    await visitor.fits(320, PHONE.width)
    await visitor.accessible()


async def test_the_inbox(visit: NewVisitor) -> None:
    # It forbids every script, also those that look for faults.
    visitor = await visit(bypass_csp=True)
    await visitor.go("/dev/inbox")
    await visitor.looked_at("inbox")
