"""The examples of the OpenAPI document: what a reader copies must fit, and the purchase must work in a demo shop."""

from typing import Any

import jsonschema  # type: ignore[import-untyped] # It comes without types.
import msgspec
import pytest

from feira import demo
from feira.app import sketched
from feira.transport.openapi import openapi

JSON = "application/json"


@pytest.fixture
async def document() -> Any:  # Services expect a running loop.
    return msgspec.to_builtins(openapi(sketched().routes(), title="Feira", version="0"))


async def test_examples_fit_their_schemas(document: Any) -> None:
    count = 0
    for operations in document["paths"].values():
        for operation in operations.values():
            for side in (operation.get("requestBody", {}), *operation["responses"].values()):
                content = side.get("content", {}).get(JSON, {})
                if "example" in content and "schema" in content:
                    schema = {**content["schema"], "components": document["components"]}
                    jsonschema.validate(content["example"], schema)
                    count += 1
    assert count > 30


async def test_the_purchase_is_one_of_the_demo_shop(document: Any) -> None:
    operation = document["paths"]["/v1/orders"]["post"]
    asked = operation["requestBody"]["content"][JSON]["example"]
    placed = operation["responses"]["201"]["content"][JSON]["example"]
    goods = [msgspec.json.decode(line) for line in demo.products().read_bytes().splitlines()]
    prices = {variant["sku"]: variant["price"]["amount"] for good in goods for variant in good["variants"]}
    subtotal = sum(prices[line["sku"]] * line["quantity"] for line in asked["lines"])
    assert placed["subtotal"] == {"amount": subtotal, "currency": demo.CURRENCY}
    assert placed["shipping"]["amount"] == 1000  # What an empty shop asks, everywhere.
    assert asked["expected_total"] == placed["total"] == {"amount": subtotal + 1000, "currency": demo.CURRENCY}
