"""The shop's settings, and the quotes and orders that follow them at once."""

from typing import Any

import pytest
from msgspec.structs import replace

from feira.contracts.audit import StaffActed
from feira.contracts.orders import ShopRenamed
from feira.kernel.card import Context
from feira.orders.service_settings import OtherCurrency
from feira.orders.service_settings import Shop as ShopSettings
from feira.orders.tests.conftest import Shop


def money(amount: int, currency: str = "BRL") -> dict[str, Any]:
    return {"amount": amount, "currency": currency}


def method(name: str = "post", **over: Any) -> dict[str, Any]:
    return {"id": name, "name": "Post", "rates": [{"days": 3, "bands": [{"price": money(700)}]}]} | over


async def quote(shop: Shop, language: str = "en", **over: Any) -> Any:
    body = {"lines": [{"sku": "mango", "quantity": 3}], "country": "BR"} | over
    return await shop.ask("POST", "/v1/quotes", body, accept_language=language)


async def test_an_empty_shop(shop: Shop) -> None:
    settings = (await shop.staff("GET", "/settings")).json
    assert (settings["currency"], settings["shop_name"], settings["tax"], settings["version"]) == (
        "BRL",
        "Feira",
        [],
        1,
    )
    assert settings["shipping"][0]["rates"][0]["bands"] == [{"price": money(1000), "up_to_g": None}]
    lines = [{"sku": "mango", "quantity": 2}, {"sku": "acai", "quantity": 1}, {"sku": "mango", "quantity": 1}]
    found = (await quote(shop, "pt-BR", lines=lines, postal_code="01000-000")).json
    assert [(line["sku"], line["quantity"], line["total"]) for line in found["lines"]] == [
        ("mango", 3, money(1500)),
        ("acai", 1, money(1999)),
    ]
    assert found["shipping_methods"] == [{"id": "standard", "name": "Padrão", "price": money(1000), "days": 5}]
    assert (found["shipping_method"], found["shipping"], found["total"]) == ("standard", money(1000), money(4499))
    assert shop.catalogue.locales == ["pt-BR"]


async def test_a_change_counts_everywhere_at_once(shop: Shop) -> None:
    assert (await quote(shop)).json["shipping"] == money(1000)
    await shop.place(by=shop.twin)
    reply = await shop.staff("PATCH", "/settings", {"shipping": [method(), method("fast")]})
    assert (reply.status, reply.json["version"]) == (200, 2)
    assert (await quote(shop)).json["shipping"] == money(700)
    placed = await shop.place(by=shop.twin, shipping_method="fast", expected_total=money(1700))
    assert (placed.status, placed.json["total"]) == (201, money(1700))
    gone = await shop.place(by=shop.twin)
    assert (gone.status, gone.fields) == (422, ["shipping_method"])


@pytest.mark.parametrize(("included", "tax", "total"), [(True, 400, 2499), (False, 500, 2999)])
async def test_a_quote_is_what_an_order_costs(shop: Shop, included: bool, tax: int, total: int) -> None:
    rule = {"country": "BR", "region": "SP", "included": included, "rates": {"standard": 250_000, "food": 0}}
    free = method(rates=[{"days": 0, "bands": [{"price": money(0)}]}])
    await shop.staff("PATCH", "/settings", {"tax": [rule], "shipping": [free]})
    lines = [{"sku": "acai", "quantity": 1}, {"sku": "mango", "quantity": 1}]
    shop.catalogue.goods["acai"] = replace(shop.catalogue.goods["acai"], tax_class="standard")
    shop.catalogue.goods["mango"] = replace(shop.catalogue.goods["mango"], tax_class="food")
    found = (await quote(shop, lines=lines, region="SP")).json
    assert (found["tax_included"], found["tax"]["amount"], found["total"]["amount"]) == (included, tax, total)
    address = shop.body()["shipping_address"] | {"region": "SP"}
    placed = await shop.place(
        lines=lines, shipping_address=address, shipping_method="post", expected_total=found["total"]
    )
    assert placed.status == 201, placed.raw
    for name in ("subtotal", "discount", "shipping", "tax", "tax_included", "total", "lines"):
        assert placed.json[name] == found[name]


async def test_what_cannot_be_quoted(shop: Shop) -> None:
    only_portugal = method(rates=[{"days": 1, "countries": ["PT"], "bands": [{"price": money(1)}]}])
    await shop.staff("PATCH", "/settings", {"shipping": [only_portugal]})
    for over, field in (
        ({}, "country"),
        ({"country": "XX"}, "country"),
        ({"country": "PT", "shipping_method": "none"}, "shipping_method"),
        ({"codes": ["x"]}, "codes.0"),
        ({"cart_id": "c"}, "lines"),
        ({"lines": [{"sku": "mango", "quantity": 1}], "price": 1}, "price"),
    ):
        reply = await quote(shop, **over)
        assert (reply.status, reply.fields) == (422, [field])
    reply = await quote(shop, lines=[{"sku": "nothing", "quantity": 1}])
    assert (reply.status, reply.code) == (404, "unknown_sku")
    assert (await shop.place()).fields == ["shipping_address.country"]
    shop.baskets.put("c", mango=1)
    assert (await quote(shop, lines=None, cart_id="c", country="PT")).status == 200


async def test_a_rename_is_told(shop: Shop) -> None:
    body = {"shop_name": "Mercado", "currency": "BRL", "version": 1}
    assert (await shop.staff("PATCH", "/settings", body)).json["shop_name"] == "Mercado"
    acted, renamed = await shop.events()
    assert isinstance(acted, StaffActed)
    assert (acted.action, acted.detail) == ("orders.settings.changed", '{"changed":["shop_name"]}')
    assert isinstance(renamed, ShopRenamed)
    assert (renamed.shop_name, renamed.key) == ("Mercado", "shop")
    again = await shop.staff("PATCH", "/settings", {"shop_name": "Mercado"})
    assert again.json["version"] == 2
    assert await shop.events() == []
    late = await shop.staff("PATCH", "/settings", body)
    assert (late.status, late.code, late.json["version"]) == (409, "settings_changed", 2)


async def test_the_currency_is_fixed(shop: Shop) -> None:
    reply = await shop.staff("PATCH", "/settings", {"currency": "USD"})
    assert (reply.status, reply.code, reply.fields) == (409, "currency_fixed", ["currency"])
    assert (await shop.staff("GET", "/settings")).json["currency_locked"] is True
    ctx = shop.ctx
    other = Context(db=ctx.db, settings=replace(ctx.settings, currency="GBP"), wake=ctx.wake, log=ctx.log)
    with pytest.raises(OtherCurrency, match="BRL: it cannot be started with GBP"):
        await ShopSettings(other).found()


async def test_neighbours_of_another_currency_are_a_fault(shop: Shop) -> None:
    shop.catalogue.currency = "USD"
    assert (await quote(shop)).status == 500
    assert (await shop.place()).status == 500


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"version": "1"}, "version"),
        ({"shipping": []}, "shipping"),
        ({"shipping": [method(rates=[])]}, "shipping.0.rates"),
        ({"shipping": [method("Ü")]}, "shipping.0.id"),
        ({"shipping": [method(), method()]}, "shipping.1.id"),
        ({"shipping": [method(rates=[{"days": -1, "bands": [{"price": money(1)}]}])]}, "shipping.0.rates.0.days"),
        (
            {"shipping": [method(rates=[{"days": 1, "bands": [{"price": money(1, "USD")}]}])]},
            "shipping.0.rates.0.bands.0.price.currency",
        ),
        (
            {"shipping": [method(rates=[{"days": 1, "bands": [{"price": money(-1)}]}])]},
            "shipping.0.rates.0.bands.0.price.amount",
        ),
        ({"tax": [{"included": True, "rates": {}}]}, "tax.0.rates"),
        ({"tax": [{"included": True, "rates": {"standard": 1_000_001}}]}, "tax.0.rates"),
        ({"tax": [{"included": True, "rates": {"standard": 1}, "country": "XX"}]}, "tax.0.country"),
        ({"shop_name": " "}, "shop_name"),
        ({"colour": "red"}, "colour"),
    ],
)
async def test_settings_that_cannot_be(shop: Shop, body: dict[str, Any], field: str) -> None:
    reply = await shop.staff("PATCH", "/settings", body)
    assert reply.status == 422, reply.raw
    assert reply.fields == [field]
    assert (await shop.staff("GET", "/settings")).json["version"] == 1
