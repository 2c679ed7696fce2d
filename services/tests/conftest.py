"""The same tests for every shape of the shop: one process, two workers, and separate services."""

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from conftest import with_database
from tests.shop import Shop, make_shop

HERE = Path(__file__).parent
MODES = ("one", "workers", "many")
NewShop = Callable[..., Awaitable[Shop]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests of shops run on one event loop: that of the shop that they share."""
    for item in items:
        if item.path.is_relative_to(HERE) and item.get_closest_marker("asyncio"):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(scope="session", loop_scope="session", params=MODES)
async def shop(
    request: pytest.FixtureRequest, server: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Shop]:
    """A shop that the tests of its mode share: each makes its own goods and buyers."""
    async with AsyncExitStack() as stack:
        opened = await make_shop(request.param, databases(server, stack), tmp_path_factory.mktemp(request.param))
        yield await stack.enter_async_context(opened)


@pytest_asyncio.fixture(loop_scope="session")
async def new_shop(server: str, tmp_path: Path) -> AsyncIterator[NewShop]:
    """Opens shops of the test's own, to be killed and maltreated."""
    async with AsyncExitStack() as stack:

        async def make(mode: str = "one", *flags: str) -> Shop:
            home = tmp_path / secrets.token_hex(3)
            home.mkdir()
            return await stack.enter_async_context(await make_shop(mode, databases(server, stack), home, *flags))

        yield make


def databases(server: str, stack: AsyncExitStack) -> Callable[[], Awaitable[str]]:
    async def make() -> str:
        name = f"test_{secrets.token_hex(6)}"
        stack.push_async_callback(with_database, server, name, f"drop database if exists {name} with (force)")
        return await with_database(server, name, f"create database {name}")

    return make
