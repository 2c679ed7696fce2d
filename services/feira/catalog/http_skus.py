"""Skus in addresses: those with slashes in them arrive as several segments."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from feira.catalog.domain_change import SLASHES_MAX
from feira.kernel.http import Request, Route


def with_slashes(*routes: Route) -> Iterator[Route]:
    """These routes, and the same for skus that have slashes in them."""
    yield from routes
    for slashes in range(1, SLASHES_MAX + 1):
        further = "".join(f"/{{sku_{number}}}" for number in range(1, slashes + 1))
        for route in routes:
            yield replace(route, path=route.path.replace("/{sku}", "/{sku}" + further), hidden=True)


def sku_of(request: Request[Any, Any]) -> str:
    """The sku that the address names."""
    return "/".join(value for name, value in request.path.items() if name.startswith("sku"))
