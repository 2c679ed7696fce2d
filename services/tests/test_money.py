"""Sums agree to the last unit, in every kind of currency, with tax added or included, and down to nothing."""

import asyncio
import random
from typing import Any

import pytest

from tests.conftest import NewShop
from tests.shop import ADDRESS, Shop
from tests.test_after_checkout import balance, bought, refund
from tests.test_checkout import until_paid

SEVENTEEN_PERCENT = 170_000


def sums_up(bill: Any) -> None:
    """The rules of a bill: an order's and a quote's."""
    amounts = {name: bill[name]["amount"] for name in ("subtotal", "discount", "shipping", "tax", "total")}
    assert sum(line["total"]["amount"] for line in bill["lines"]) == amounts["subtotal"]
    assert all(line["total"]["amount"] == line["unit_price"]["amount"] * line["quantity"] for line in bill["lines"])
    added = 0 if bill["tax_included"] else amounts["tax"]
    assert amounts["total"] == amounts["subtotal"] - amounts["discount"] + amounts["shipping"] + added


async def set_tables(shop: Shop, **tables: Any) -> None:
    reply = await shop.staff("PATCH", "/v1/admin/settings", tables)
    assert reply.status == 200, reply.raw


async def captured_in(shop: Shop, **more: Any) -> Any:
    sku, order = await bought(shop, **more)
    await until_paid(shop, order["id"], "captured")
    await shop.settle()
    return sku, order


async def test_many_partial_refunds_are_exactly_what_was_captured(shop: Shop) -> None:
    """Refund rounding: partials sum to the captured amount exactly, never above."""
    sku, order = await captured_in(shop, price=333, quantity=7)
    total = order["total"]["amount"]
    by_line = [await refund(shop, order, lines=[{"sku": sku, "quantity": 1}]) for _ in range(7)]
    assert {reply.status for reply in by_line} == {201}
    back = sum(reply.json["amount"]["amount"] for reply in by_line)
    assert back <= total
    thirds = [{"amount": max(1, (total - back) // 3), "currency": "BRL"}] * 8
    replies = await asyncio.gather(*(refund(shop, order, amount=amount) for amount in thirds))
    assert {reply.status for reply in replies} <= {201, 409}
    back += sum(reply.json["amount"]["amount"] for reply in replies if reply.status == 201)
    if back < total:
        assert (await refund(shop, order, amount={"amount": total - back, "currency": "BRL"})).status == 201
    assert (await refund(shop, order, amount={"amount": 1, "currency": "BRL"})).code == "refund_exceeds_captured"
    await until_paid(shop, order["id"], "refunded")
    await shop.settle()
    assert await balance(shop, order) == (total, total)
    assert await shop.stock(sku) == (10, 0)


async def test_an_order_for_nothing_costs_exactly_nothing(shop: Shop) -> None:
    """100 % discount: exactly 0. What is free is ordered, confirmed and thanked for like anything else."""
    shipping = (await shop.staff("GET", "/v1/admin/settings")).json["shipping"]
    free = {
        "id": "free",
        "name": "Free",
        "rates": [{"days": 1, "bands": [{"price": {"amount": 0, "currency": "BRL"}}]}],
    }
    await set_tables(shop, shipping=[*shipping, free])
    try:
        sku = await shop.new_sku(stock=5, price=0)
        reply = await shop.buy((sku, 2))
    finally:
        await set_tables(shop, shipping=shipping)
    assert reply.status == 201, reply.raw
    order = reply.json
    assert order["total"]["amount"] == 0
    sums_up(order)
    await until_paid(shop, order["id"], "captured")
    await shop.settle()
    assert await shop.stock(sku) == (3, 0)
    assert len(await shop.mails_to(order["email"])) == 1
    cancelled = await shop.post(f"/v1/orders/{order['id']}/cancel", headers={"order-token": order["token"]})
    assert cancelled.status == 200
    await shop.settle()
    assert await shop.stock(sku) == (5, 0)


@pytest.mark.parametrize("included", [True, False], ids=["included", "added"])
async def test_tax_agrees_on_every_line_and_order(shop: Shop, included: bool) -> None:
    """Net and tax make gross on every line and order; what is stored is what is charged and given back."""
    rule = {"included": included, "rates": {"standard": SEVENTEEN_PERCENT, "food": 70_000}, "country": "BR"}
    await set_tables(shop, tax=[rule])
    try:
        chance = random.Random(7)
        skus = [
            await shop.new_sku(stock=99, price=chance.choice([1, 3, 99, 333, 1_999]), tax_class=kind)
            for kind in ("standard", "food", "standard", "none", "food")
        ]
        lines = [(sku, chance.randint(1, 9)) for sku in skus]
        quote = await shop.quote(*lines)
        sums_up(quote)
        assert quote["tax_included"] is included
        assert quote["tax"]["amount"] > 0
        reply = await shop.buy(*lines)
        assert reply.status == 201, reply.raw
        order = reply.json
        for name in ("subtotal", "discount", "shipping", "tax", "tax_included", "total", "lines"):
            assert order[name] == quote[name], name
        told = await shop.order(order["id"])
        assert sum(line["tax"]["amount"] for line in told["lines"]) <= told["tax"]["amount"]
        await until_paid(shop, order["id"], "captured")
        await shop.settle()
        assert await balance(shop, order) == (order["total"]["amount"], 0)
        given = [await refund(shop, order, lines=[{"sku": sku, "quantity": n}]) for sku, n in lines]
        assert {one.status for one in given} == {201}
        left = order["total"]["amount"] - sum(one.json["amount"]["amount"] for one in given)
        assert 0 <= left <= order["shipping"]["amount"] * 2
        if left:
            assert (await refund(shop, order, amount={"amount": left, "currency": "BRL"})).status == 201
        await until_paid(shop, order["id"], "refunded")
        await shop.settle()
        assert await balance(shop, order) == (order["total"]["amount"], order["total"]["amount"])
    finally:
        await set_tables(shop, tax=[])


@pytest.mark.parametrize(
    ("currency", "country", "price", "text"), [("JPY", "JP", 80, "80"), ("KWD", "KW", 80_125, "80.125")]
)
async def test_currencies_without_decimals_or_with_three(
    new_shop: NewShop, currency: str, country: str, price: int, text: str
) -> None:
    """¥80 is 80; 80.125 dinars are 80125: on the wire, in files, in mails and at the gateway."""
    shop = await new_shop("one", "--currency", currency, "--country", country)
    sku = await shop.new_sku(stock=9, price=price, currency=currency)
    where = {"country": country, "shipping_address": {**ADDRESS, "country": country}}
    quote = await shop.quote((sku, 3), country=country)
    assert quote["subtotal"] == {"amount": 3 * price, "currency": currency}
    sums_up(quote)
    body = await shop.order_body((sku, 3)) | {"shipping_address": where["shipping_address"]}
    reply = await shop.post("/v1/orders", body, key="k")
    assert reply.status == 201, reply.raw
    order = reply.json
    await until_paid(shop, order["id"], "captured")
    await shop.settle()
    charged = "select amount_minor || currency from test_gateway_charge"
    assert await shop.sql("payments", charged) == f"{order['total']['amount']}{currency}"
    [mail] = await shop.mails_to(order["email"])
    shown = mail["text"].replace("\u00a0", " ")
    digits = [f"{order['total']['amount']:,}", f"{order['total']['amount'] / 1000:,.3f}"][currency == "KWD"]
    assert digits in shown, shown
    goods = await shop.feira("export", "products", service="catalog")
    assert f",{text},{currency}," in goods.out
    other = goods.out.replace(sku, f"{sku}-2").replace(f"thing-{sku}", f"again-{sku}").encode()
    again = await shop.ask(
        "POST", "/v1/admin/products/import", data=other, token=shop.staff_token, headers={"content-type": "text/csv"}
    )
    assert again.json["created"] == 1, again.raw
    assert (await shop.quote((f"{sku}-2", 1), country=country))["subtotal"]["amount"] == price
    wrong = await shop.post("/v1/orders", {**body, "expected_total": {"amount": 1, "currency": "BRL"}}, key="w")
    assert wrong.status == 422
