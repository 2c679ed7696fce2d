"""What happens to an order later: payment events, cancelling, fulfilling, refunding; the books always balance."""

import asyncio
import hashlib
import hmac
import json
import time
from typing import Any
from uuid import uuid4

from tests.shop import Shop
from tests.test_checkout import brl, until_paid

WEBHOOK = "/v1/payments/webhooks/test"


def signed(body: dict[str, Any], secret: str, at: int | None = None) -> tuple[bytes, dict[str, str]]:
    raw = json.dumps(body).encode()
    at = int(time.time()) if at is None else at
    digest = hmac.new(secret.encode(), f"{at}.".encode() + raw, hashlib.sha256).hexdigest()
    return raw, {"feira-signature": f"t={at},v1={digest}", "content-type": "application/json"}


async def bought(shop: Shop, stock: int = 10, quantity: int = 2, price: int = 1_000, **more: Any) -> tuple[str, Any]:
    sku = await shop.new_sku(stock=stock, price=price)
    reply = await shop.buy((sku, quantity), **more)
    assert reply.status == 201, reply.raw
    return sku, reply.json


async def captured(shop: Shop, **more: Any) -> tuple[str, Any]:
    sku, order = await bought(shop, **more)
    await until_paid(shop, order["id"], "captured")
    await shop.settle()
    return sku, order


async def refund(shop: Shop, order: Any, **body: Any) -> Any:
    return await shop.staff(
        "POST", f"/v1/admin/orders/{order['id']}/refunds", {"reason": "asked", **body}, key=uuid4().hex
    )


async def balance(shop: Shop, order: Any) -> tuple[int, int]:
    """(captured, refunded) as the payments service has them."""
    sums = "select coalesce(sum({}), 0)::bigint from payments where state = 'captured' and order_id = $1::uuid"
    taken = await shop.sql("payments", sums.format("amount_minor"), order["id"])
    back = await shop.sql("payments", sums.format("refunded_minor"), order["id"])
    return int(taken), int(back)


async def test_an_order_paid_later_is_settled_by_the_gateways_message(shop: Shop) -> None:
    sku, order = await bought(shop, token="tok_async")
    assert (order["status"], order["payment_status"]) == ("pending", "pending")
    assert await shop.stock(sku) == (10, 2)
    paid = await shop.post(f"/dev/payments/{order['id']}", {"outcome": "paid"})
    assert paid.status in {200, 202, 204}, paid.raw
    await until_paid(shop, order["id"], "captured")
    await shop.settle()
    assert await shop.stock(sku) == (8, 0)
    again = await shop.post(f"/dev/payments/{order['id']}", {"outcome": "failed"})
    assert again.status < 500
    await shop.settle()
    assert (await shop.order(order["id"]))["status"] == "confirmed"
    assert len(await shop.mails_to(order["email"])) == 1


async def test_an_order_never_paid_is_cancelled_and_its_stock_free(shop: Shop) -> None:
    sku, order = await bought(shop, token="tok_async")
    await shop.post(f"/dev/payments/{order['id']}", {"outcome": "failed"})
    await until_paid(shop, order["id"], "failed")
    await shop.settle()
    assert (await shop.order(order["id"]))["status"] == "cancelled"
    assert await shop.stock(sku) == (10, 0)


async def test_forged_and_stale_messages_have_no_effect(shop: Shop) -> None:
    _, order = await bought(shop, token="tok_async")
    body = {"id": uuid4().hex, "type": "charge.paid", "order_id": order["id"]}
    for raw, headers in (
        signed(body, "not the secret"),
        (json.dumps(body).encode(), {"content-type": "application/json"}),
        (json.dumps(body).encode(), {"content-type": "application/json", "feira-signature": "t=,v1="}),
        (
            json.dumps(body).encode(),
            {"content-type": "application/json", "feira-signature": f"t={int(time.time())},v1=00"},
        ),
    ):
        reply = await shop.ask("POST", WEBHOOK, data=raw, headers=headers)
        assert 400 <= reply.status < 500
    await shop.settle()
    assert (await shop.order(order["id"]))["payment_status"] == "pending"


async def test_cancelling_gives_stock_and_money_back_once(shop: Shop) -> None:
    sku, order = await captured(shop)
    token = order["token"]
    replies = await asyncio.gather(
        *(shop.post(f"/v1/orders/{order['id']}/cancel", headers={"order-token": token}) for _ in range(5))
    )
    assert {reply.status for reply in replies} == {200}
    assert {reply.json["status"] for reply in replies} == {"cancelled"}
    await until_paid(shop, order["id"], "refunded")
    await shop.settle()
    assert await shop.stock(sku) == (10, 0)
    assert await balance(shop, order) == (order["total"]["amount"], order["total"]["amount"])


async def test_cancelling_against_a_capture_under_way_leaves_nothing_owed(shop: Shop) -> None:
    made = [await bought(shop) for _ in range(8)]
    for _, order in made:  # At once, while payments are being captured.
        reply = await shop.post(f"/v1/orders/{order['id']}/cancel", headers={"order-token": order["token"]})
        assert reply.status == 200, reply.raw
    await shop.settle()
    for sku, order in made:
        async with asyncio.timeout(20):
            while (status := (await shop.order(order["id"]))["payment_status"]) not in {"voided", "refunded"}:
                await asyncio.sleep(0.05)
        taken, back = await balance(shop, order)
        assert taken == back
        assert (await shop.order(order["id"]))["status"] == "cancelled", status
        assert await shop.stock(sku) == (10, 0)


async def test_refunds_add_up_to_what_was_captured_and_no_further(shop: Shop) -> None:
    sku, order = await captured(shop, price=333, quantity=3)
    total = order["total"]["amount"]
    assert (await refund(shop, order, amount=brl(total + 1))).code == "refund_exceeds_captured"
    first = await refund(shop, order, lines=[{"sku": sku, "quantity": 1}])
    assert first.status == 201, first.raw
    await until_paid(shop, order["id"], "partially_refunded")
    await shop.settle()
    assert await shop.stock(sku) == (8, 0)
    kept = await refund(shop, order, lines=[{"sku": sku, "quantity": 1, "restock": False}])
    assert kept.status == 201
    assert (await refund(shop, order, lines=[{"sku": sku, "quantity": 2}])).status in {409, 422}
    rest = total - first.json["amount"]["amount"] - kept.json["amount"]["amount"]
    replies = await asyncio.gather(*(refund(shop, order, amount=brl(rest)) for _ in range(5)))
    assert sorted(reply.status for reply in replies) == [201, 409, 409, 409, 409]
    await until_paid(shop, order["id"], "refunded")
    await shop.settle()
    assert await balance(shop, order) == (total, total)
    assert await shop.stock(sku) == (8, 0)


async def test_a_refund_is_keyed(shop: Shop) -> None:
    _, order = await captured(shop)
    path, body = f"/v1/admin/orders/{order['id']}/refunds", {"amount": brl(100), "reason": "late"}
    first = await shop.staff("POST", path, body, key="r1")
    again = await shop.staff("POST", path, body, key="r1")
    assert (first.status, again.status) == (201, 201)
    assert first.json == again.json
    assert again.headers["idempotency-replayed"] == "true"
    assert (await shop.staff("POST", path, {**body, "amount": brl(200)}, key="r1")).code == "idempotency_key_reused"
    assert (await shop.staff("POST", path, body)).status == 400
    await until_paid(shop, order["id"], "partially_refunded")
    await shop.settle()
    assert await balance(shop, order) == (order["total"]["amount"], 100)


async def test_what_is_not_captured_is_neither_refunded_nor_sent(shop: Shop) -> None:
    sku, order = await bought(shop, token="tok_async")
    assert (await refund(shop, order, amount=brl(1))).code == "not_captured"
    sent = await shop.staff(
        "POST", f"/v1/admin/orders/{order['id']}/fulfilments", {"lines": [{"sku": sku, "quantity": 1}]}
    )
    assert sent.status == 409


async def test_fulfilling_completes_an_order_and_ends_cancelling(shop: Shop) -> None:
    sku, order = await captured(shop)
    path = f"/v1/admin/orders/{order['id']}/fulfilments"
    part = await shop.staff(
        "POST", path, {"lines": [{"sku": sku, "quantity": 1}], "carrier": "Correios", "tracking": "BR1"}
    )
    assert part.status == 201, part.raw
    assert (await shop.order(order["id"]))["fulfilment_status"] == "partial"
    assert (await shop.staff("POST", path, {"lines": [{"sku": sku, "quantity": 2}]})).status in {409, 422}
    cancel = await shop.post(f"/v1/orders/{order['id']}/cancel", headers={"order-token": order["token"]})
    assert cancel.status == 409
    assert (await shop.staff("POST", path, {"lines": [{"sku": sku, "quantity": 1}]})).status == 201
    done = await shop.order(order["id"])
    assert (done["fulfilment_status"], done["status"]) == ("fulfilled", "completed")
    await shop.settle()
    subjects = [mail["subject"] for mail in await shop.mails_to(order["email"])]
    assert len(subjects) == 3, subjects


async def test_a_capture_that_fails_for_good_cancels_the_order(shop: Shop) -> None:
    sku, order = await bought(shop, token="tok_capture_fails")
    await until_paid(shop, order["id"], "failed")
    await shop.settle()
    assert (await shop.order(order["id"]))["status"] == "cancelled"
    assert await shop.stock(sku) == (10, 0)


async def test_a_capture_that_fails_twice_is_tried_again(shop: Shop) -> None:
    _, order = await bought(shop, token="tok_capture_flaky")
    assert (await until_paid(shop, order["id"], "captured", 40))["status"] == "confirmed"
