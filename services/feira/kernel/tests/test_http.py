"""Routes over real sockets: what is answered, and what is refused how."""

from collections.abc import AsyncIterator
from typing import Annotated, Any
from uuid import UUID

import pytest
from msgspec import Meta

from feira.kernel.http import Body, Request, Route, View


class Line(Body, frozen=True, kw_only=True):
    sku: Annotated[str, Meta(min_length=1, max_length=64)]
    quantity: Annotated[int, Meta(ge=1, le=1_000_000)]


class Order(Body, frozen=True, kw_only=True):
    lines: Annotated[list[Line], Meta(max_length=10)]
    note: str | None = None


class Said(View, frozen=True, kw_only=True):
    lines: int


async def place(request: Request[Order, None]) -> Said:
    return Said(lines=len(request.body.lines))


async def test_first(web: Any) -> None:
    shop = await web([Route("POST", "/v1/orders", place, body=Order, reply=Said, status=201)])
    async with shop.session.post("/v1/orders", json={"lines": [{"sku": "a", "quantity": 1}]}) as answer:
        assert answer.status == 201, await answer.text()
        assert await answer.json() == {"lines": 1}
    async with shop.session.get("/docs") as answer:
        assert answer.status == 200
    async with shop.session.get("/docs/docs.js") as answer:
        assert answer.status == 200
    async with shop.session.get("/openapi.json") as answer:
        assert answer.status == 200
        import json; print(json.dumps(await answer.json())[:3000])
    async with shop.session.get("/readyz") as answer:
        assert answer.status == 200
