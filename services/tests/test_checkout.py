"""Checkout from the outside: one order, one charge, the stock exact, whatever the buyer does."""

import asyncio
from collections import Counter
from typing import Any
from uuid import uuid4

import pytest

from tests.shop import ADDRESS, Shop


async def test_a_placed_order_is_paid_sold_and_thanked_for_once(shop: Shop) -> None:
    sku = await shop.new_sku(stock=10, price=900)
    body = await shop.order_body((sku, 2))
    reply = await shop.post("/v1/orders", body, key="first")
    assert reply.status == 201, reply.raw
    order = reply.json
    assert order["status"] == "confirmed"
    assert order["payment_status"] in {"authorized", "captured"}
    assert order["fulfilment_status"] == "unfulfilled"
    assert order["lines"] == [
        {"sku": sku, "name": f"Thing {sku}", "quantity": 2, "unit_price": brl(900), "total": brl(1_800)}
    ]
    assert order["total"]["amount"] == order["subtotal"]["amount"] + order["shipping"]["amount"]
    await shop.settle()
    await until_paid(shop, order["id"], "captured")
    assert await shop.stock(sku) == (8, 0)
    mails = await shop.mails_to(body["email"])
    assert len(mails) == 1
    assert order["number"] in mails[0]["subject"]


def brl(amount: int) -> dict[str, object]:
    return {"amount": amount, "currency": "BRL"}


async def until_paid(shop: Shop, order_id: str, status: str, timeout_s: float = 20) -> dict[str, object]:
    async with asyncio.timeout(timeout_s):
        while (order := await shop.order(order_id))["payment_status"] != status:
            await asyncio.sleep(0.05)
    return dict(order)


async def test_the_same_request_again_gets_the_same_answer(shop: Shop) -> None:
    sku = await shop.new_sku(stock=10)
    body = await shop.order_body((sku, 1))
    first = await shop.post("/v1/orders", body, key="again")
    again = await shop.post("/v1/orders", body, key="again")
    assert (first.status, again.status) == (201, 201)
    assert first.json == again.json
    assert first.headers.get("idempotency-replayed") is None
    assert again.headers["idempotency-replayed"] == "true"
    await shop.settle()
    assert await shop.stock(sku) == (9, 0)
    # Another buyer may use the same word.
    other = await shop.post("/v1/orders", {**body, "email": "somebody.else@buyer.test"}, key="again")
    assert other.status == 201
    assert other.json["id"] != first.json["id"]


async def test_a_double_click_is_one_order(shop: Shop) -> None:
    sku = await shop.new_sku(stock=50)
    body = await shop.order_body((sku, 1))
    replies = await asyncio.gather(*(shop.post("/v1/orders", body, key="double") for _ in range(20)))
    assert {reply.status for reply in replies} <= {201, 409}
    assert {reply.code for reply in replies if reply.status == 409} <= {"in_progress"}
    assert len({reply.json["id"] for reply in replies if reply.status == 201}) == 1
    await shop.settle()
    assert await shop.stock(sku) == (49, 0)
    assert (
        await shop.sql("payments", "select count(*) from payments where order_id = $1::uuid", replies[0].json["id"])
        == 1
    )


async def test_a_key_is_not_for_another_body(shop: Shop) -> None:
    sku = await shop.new_sku(stock=10)
    body = await shop.order_body((sku, 1))
    assert (await shop.post("/v1/orders", body, key="k")).status == 201
    changed = {**body, "lines": [{"sku": sku, "quantity": 3}]}
    reply = await shop.post("/v1/orders", changed, key="k")
    assert (reply.status, reply.code) == (422, "idempotency_key_reused")
    await shop.settle()
    assert await shop.stock(sku) == (9, 0)


async def test_a_key_is_needed(shop: Shop) -> None:
    body = await shop.order_body((await shop.new_sku(), 1))
    for headers in ({}, {"idempotency-key": ""}, {"idempotency-key": "x" * 256}):
        assert (await shop.post("/v1/orders", body, headers=headers)).status == 400


@pytest.mark.parametrize("token", ["tok_declined", "tok_insufficient_funds"])
async def test_a_declined_card_gives_the_stock_back(shop: Shop, token: str) -> None:
    sku = await shop.new_sku(stock=10)
    body = await shop.order_body((sku, 2), token=token)
    reply = await shop.post("/v1/orders", body, key="d")
    assert (reply.status, reply.code) == (402, "payment_declined")
    assert await shop.stock(sku) == (10, 0)
    again = await shop.post("/v1/orders", body, key="d")
    assert again.status == 402
    assert again.headers["idempotency-replayed"] == "true"
    better = await shop.post("/v1/orders", {**body, "payment": {"method": "test", "token": "tok_ok"}}, key="d2")
    assert better.status == 201
    await shop.settle()
    assert await shop.stock(sku) == (8, 0)


async def test_a_gateway_that_fails_holds_nothing(shop: Shop) -> None:
    sku = await shop.new_sku(stock=10)
    body = await shop.order_body((sku, 2), token="tok_error")
    reply = await shop.post("/v1/orders", body, key="e")
    assert (reply.status, reply.code) == (502, "gateway_error")
    assert await shop.stock(sku) == (10, 0)
    retry = await shop.post("/v1/orders", body, key="e")
    assert retry.status == 502
    assert retry.headers.get("idempotency-replayed") is None


async def test_a_lost_answer_of_the_gateway_ends_well_by_itself(shop: Shop) -> None:
    sku = await shop.new_sku(stock=10)
    body = await shop.order_body((sku, 2), token="tok_timeout")
    async with asyncio.timeout(5):
        reply = await shop.post("/v1/orders", body, key="t")
    assert reply.status == 201, reply.raw
    assert (reply.json["status"], reply.json["payment_status"]) == ("pending", "pending")
    assert await shop.stock(sku) == (10, 2)
    order = await until_paid(shop, reply.json["id"], "captured", 60)
    assert order["status"] == "confirmed"
    await shop.settle()
    assert await shop.stock(sku) == (8, 0)
    assert len(await shop.mails_to(body["email"])) == 1


async def test_a_price_that_rose_is_told_and_one_that_fell_is_passed_on(shop: Shop) -> None:
    sku = await shop.new_sku(stock=10, price=1_000)
    body = await shop.order_body((sku, 1))
    path = f"/v1/admin/products/{shop.product_ids[sku]}"
    variant = {"sku": sku, "price": brl(1_100)}
    changed = await shop.staff("PATCH", path, {"variants": [variant]})
    assert changed.status == 200, changed.raw
    reply = await shop.post("/v1/orders", body, key="p")
    assert (reply.status, reply.code) == (409, "price_changed")
    assert reply.json["total"] == brl(body["expected_total"]["amount"] + 100)
    assert await shop.stock(sku) == (10, 0)
    variant["price"] = brl(700)
    await shop.staff("PATCH", path, {"variants": [variant]})
    lower = await shop.post("/v1/orders", body, key="p")
    assert lower.status == 201, lower.raw
    assert lower.json["total"] == brl(body["expected_total"]["amount"] - 300)


async def test_too_little_stock_is_told_by_sku(shop: Shop) -> None:
    few, many = await shop.new_sku(stock=2), await shop.new_sku(stock=99)
    reply = await shop.buy((few, 3), (many, 1))
    assert (reply.status, reply.code) == (409, "out_of_stock")
    assert reply.json["skus"] == [{"sku": few, "available": 2}]
    assert await shop.stock(many) == (99, 0)
    repeated = await shop.buy((few, 1), (few, 2))
    assert (repeated.status, repeated.code) == (409, "out_of_stock")
    assert (await shop.buy((few, 1), (few, 1))).status == 201


async def test_the_last_units_go_to_as_many_buyers(shop: Shop) -> None:
    sku = await shop.new_sku(stock=20)
    body = await shop.order_body((sku, 1))
    bodies = [{**body, "email": f"b{n}-{sku}@buyer.test"} for n in range(60)]
    replies = await asyncio.gather(*(shop.post("/v1/orders", one, key="race") for one in bodies))
    assert Counter(reply.status for reply in replies) == {201: 20, 409: 40}
    assert {reply.code for reply in replies if reply.status == 409} == {"out_of_stock"}
    await shop.settle()
    assert await shop.stock(sku) == (0, 0)
    emails = [one["email"] for one in bodies]
    sold = await shop.sql("orders", "select count(*) from orders where email = any($1)", emails)
    assert sold == 20


async def test_crossing_baskets_never_block_each_other(shop: Shop) -> None:
    skus = [await shop.new_sku(stock=1_000) for _ in range(4)]
    bodies = [await shop.order_body(*((sku, 1) for sku in order)) for order in (skus, skus[::-1])]
    wanted = [{**bodies[n % 2], "email": f"x{n}-{skus[0]}@buyer.test"} for n in range(80)]
    replies = await asyncio.gather(*(shop.post("/v1/orders", body, key="x") for body in wanted))
    assert {reply.status for reply in replies} == {201}
    await shop.settle()
    assert [await shop.stock(sku) for sku in skus] == [(920, 0)] * 4


async def test_a_cart_is_ordered_once(shop: Shop) -> None:
    sku = await shop.new_sku(stock=10, price=500)
    cart = (await shop.post("/v1/carts")).json
    cart = (await shop.post(f"/v1/carts/{cart['id']}/lines", {"sku": sku, "quantity": 3})).json
    assert cart["subtotal"] == brl(1_500)
    quote = (await shop.post("/v1/quotes", {"cart_id": cart["id"], "country": "BR"})).json
    body = await shop.order_body((sku, 3))
    del body["lines"]
    body |= {"cart_id": cart["id"], "expected_total": quote["total"]}
    replies = await asyncio.gather(*(shop.post("/v1/orders", body, key=f"cart{n}") for n in range(4)))
    assert sorted(reply.status for reply in replies) == [201, 409, 409, 409]
    assert {reply.code for reply in replies if reply.status == 409} == {"cart_already_ordered"}
    await shop.settle()
    assert await shop.stock(sku) == (7, 0)
    late = await shop.post("/v1/orders", body, key="cart9")
    assert (late.status, late.code) in {(409, "cart_already_ordered"), (422, "invalid")}


async def test_what_cannot_be_ordered_is_told_by_its_field(shop: Shop) -> None:
    sku = await shop.new_sku(stock=10)
    body = await shop.order_body((sku, 1))
    wrong: dict[str, dict[str, Any]] = {
        "email": {"email": "nobody"},
        "lines.0.quantity": {"lines": [{"sku": sku, "quantity": 0}]},
        "lines.0.sku": {"lines": [{"sku": "", "quantity": 1}]},
        "shipping_address.country": {"shipping_address": {**ADDRESS, "country": "XX"}},
        "shipping_method": {"shipping_method": "by-balloon"},
        "payment.method": {"payment": {"method": "shells", "token": "tok_ok"}},
        "expected_total.currency": {"expected_total": {"amount": 1, "currency": "EUR"}},
        "status": {"status": "completed"},
        "codes.0": {"codes": ["NONSUCH"]},
    }
    for field, change in wrong.items():
        reply = await shop.post("/v1/orders", {**body, **change}, key=uuid4().hex)
        assert reply.status == 422, (field, reply.raw)
        assert field in [error["field"] for error in reply.json["errors"]], (field, reply.raw)
    unknown = await shop.post("/v1/orders", {**body, "lines": [{"sku": "none", "quantity": 1}]}, key="u")
    assert unknown.status == 404
    nobody = await shop.post(
        "/v1/orders", {**{k: v for k, v in body.items() if k != "lines"}, "cart_id": "none"}, key="u"
    )
    assert nobody.status == 404
    assert await shop.stock(sku) == (10, 0)


async def test_a_large_order_is_taken_whole(shop: Shop) -> None:
    rows = [
        f'{{"name":"L{n}","variants":[{{"sku":"L-{uuid4().hex}","price":{{"amount":5,"currency":"BRL"}},"stock":1000000}}]}}'
        for n in range(2_000)
    ]
    skus = [row.split('"sku":"')[1].split('"')[0] for row in rows]
    done = await shop.ask(
        "POST", "/v1/admin/products/import", data="\n".join(rows).encode(), token=shop.staff_token,
        headers={"content-type": "application/x-ndjson"},
    )  # fmt: skip
    assert done.status == 200, done.raw
    assert done.json["created"] == 2_000
    bought = await shop.buy(*((sku, 1_000_000) for sku in skus))
    assert bought.status == 201, bought.raw[:500]
    assert bought.json["subtotal"] == brl(2_000 * 1_000_000 * 5)
    over = await shop.order_body((skus[0], 1))
    over["lines"] = [{"sku": sku, "quantity": 1} for sku in skus] + [{"sku": skus[0], "quantity": 1}]
    assert (await shop.post("/v1/orders", over, key="over")).status == 422
