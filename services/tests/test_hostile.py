"""Input that no honest client sends: each gets a clear refusal, and nothing is half-written."""

import json
from typing import Any
from uuid import uuid4

import pytest

from tests.shop import ADDRESS, Shop

JSON = {"content-type": "application/json"}


async def post_raw(shop: Shop, path: str, data: bytes, **headers: str) -> Any:
    return await shop.ask("POST", path, data=data, headers={**JSON, "idempotency-key": uuid4().hex, **headers})


ODD = ["\0", "a\0b", "\ud800", "a\udfff"]


@pytest.mark.parametrize("odd", ODD, ids=["nul", "nul-inside", "high-surrogate", "low-surrogate"])
async def test_characters_that_are_none_in_every_text_of_an_order(shop: Shop, odd: str) -> None:
    sku = await shop.new_sku(stock=5)
    body = await shop.order_body((sku, 1))
    changes: dict[str, dict[str, Any]] = {
        "email": {"email": odd},
        "lines.0.sku": {"lines": [{"sku": odd, "quantity": 1}]},
        "shipping_method": {"shipping_method": odd},
        "payment.token": {"payment": {"method": "test", "token": odd}},
        **{f"shipping_address.{name}": {"shipping_address": {**ADDRESS, name: odd}} for name in ADDRESS},
    }
    for field, change in changes.items():
        reply = await post_raw(shop, "/v1/orders", json.dumps({**body, **change}).encode())
        assert reply.status in {400, 422}, (field, reply.raw)
        if reply.status == 422:
            assert field in [error["field"] for error in reply.json["errors"]]
    assert await shop.stock(sku) == (5, 0)


@pytest.mark.parametrize("odd", ODD, ids=["nul", "nul-inside", "high-surrogate", "low-surrogate"])
async def test_characters_that_are_none_in_the_back_office(shop: Shop, odd: str) -> None:
    sku = f"o-{uuid4().hex}"
    variant: dict[str, Any] = {"sku": sku, "price": {"amount": 1, "currency": "BRL"}}
    product: dict[str, Any] = {"name": "N", "variants": [variant]}
    changes: tuple[dict[str, Any], ...] = (
        {"name": odd},
        {"slug": odd},
        {"description": odd},
        {"categories": [odd]},
        {"attributes": {odd: "x"}},
        {"attributes": {"x": odd}},
        {"translations": {"pt-BR": {"name": odd}}},
        {"variants": [{**variant, "sku": odd}]},
        {"variants": [{**variant, "name": odd}]},
        {"variants": [{**variant, "options": {"size": odd}}]},
    )
    for change in changes:
        data = json.dumps({**product, **change}).encode()
        reply = await shop.ask("POST", "/v1/admin/products", data=data, token=shop.staff_token, headers=JSON)
        assert reply.status in {400, 422}, (change, reply.raw)
    assert (await shop.staff("GET", f"/v1/admin/stock/{sku}")).status == 404


async def test_paths_and_queries_that_are_none(shop: Shop) -> None:
    for path in (
        "/v1/orders/%00",
        "/v1/orders/..%2f..%2fadmin",
        "/v1/products/%2e%2e/admin/orders",
        "/v1/products/%ff%fe",
        "/v1/carts/%27%20or%201=1",
        "/v1/products/" + "x" * 4_000,
        "/media/demo/..%2f..%2fcatalog.ndjson",
    ):
        reply = await shop.get(path)
        assert 400 <= reply.status < 500, (path, reply.status)
    for query in (
        "limit=0",
        "limit=101",
        "limit=x",
        "cursor=%00",
        "cursor=AAAA",
        "q=%00",
        "q=%ff",
        "min_price=-1",
        "sort=random",
        "nonsense=1",
        "limit=1&limit=2",
    ):
        reply = await shop.get(f"/v1/products?{query}")
        assert reply.status in {400, 422}, (query, reply.raw)
        assert reply.code
    long = await shop.get("/v1/products?q=" + "x" * 5_000)
    assert long.status in {200, 414, 422, 431}


async def test_a_host_that_is_not_ours(shop: Shop) -> None:
    assert (await shop.get("/v1/products", headers={"host": "evil.example"})).status == 421


async def test_texts_are_harmless_when_they_come_back(shop: Shop) -> None:
    sku = f"x-{uuid4().hex}"
    product = {
        "name": "<script>alert(1)</script>",
        "description": "# T\n<script>alert(1)</script> <img src=x onerror=alert(1)> [a](javascript:alert(1)) **b**",
        "variants": [{"sku": sku, "price": {"amount": 1, "currency": "BRL"}, "stock": 1}],
    }
    made = await shop.staff("POST", "/v1/admin/products", product)
    assert made.status == 201, made.raw
    shown = (await shop.get(f"/v1/products/{made.json['slug']}")).json
    for danger in ("<script", "onerror=", "javascript:"):
        assert danger not in shown["description"]
    assert "**b**" in shown["description"]
