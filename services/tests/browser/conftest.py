"""One shop with its pages, one browser, and visitors who each have a window of their own."""

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright, expect

from tests.browser.visitor import PATIENCE_MS, Visitor
from tests.conftest import databases
from tests.shop import Shop, make_shop

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
)

FAILED = pytest.StashKey[bool]()

NewVisitor = Callable[..., Awaitable[Visitor]]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Those who clean up after a test learn whether it failed."""
    report = yield
    if report.when == "call" and report.failed:
        item.stash[FAILED] = True
    return report


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def site(server: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shop]:
    """A shop with sample goods and pages, that all tests here share."""
    async with AsyncExitStack() as stack:
        opened = await make_shop("one", databases(server, stack), tmp_path_factory.mktemp("site"), "--demo", "--web")
        yield await stack.enter_async_context(opened)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    expect.set_options(timeout=PATIENCE_MS)
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    assert program, "these tests need a browser: install the package chromium (on Debian: apt install chromium)"
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        yield running
        await running.close()


@pytest_asyncio.fixture(loop_scope="session")
async def visit(request: pytest.FixtureRequest, browser: Browser, site: Shop) -> AsyncIterator[NewVisitor]:
    """Visitors of this test, each told apart by what they come with. What their pages did wrong fails the test at its end."""
    visitors: list[Visitor] = []

    async def enter(*arguments: object, **options: object) -> Visitor:
        visitors.append(await Visitor.enter(browser, site.url, *arguments, **options))  # type: ignore[arg-type]  # As it says.
        return visitors[-1]

    yield enter
    faults = []
    failed = FAILED in request.node.stash
    for number, visitor in enumerate(visitors):
        if failed:
            await visitor.keep_last_sight(f"{request.node.name}-{number}")
        await visitor.context.close()
        faults += visitor.faults
    assert not faults, "\n".join(faults)
