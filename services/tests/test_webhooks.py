"""What the gateway tells us by itself: forged, repeated, out of order, too late, or before its buyer is answered."""

import asyncio
import hashlib
import hmac
import json
import time
from typing import Any
from uuid import uuid4

import pytest

from tests.shop import Reply, Shop
from tests.test_after_checkout import balance, bought, captured
from tests.test_checkout import brl, until_paid
from tests.test_crash import insist, locked, no_order_of, reaches

WEBHOOK = "/v1/payments/webhooks/test"
STALE_S = 301
CHARGE = "'ch_' || replace(id::text, '-', '')"  # What the test gateway calls the charge of a payment.


class Gateway:
    """Sends what the test gateway would send, with the secret that `feira config` tells."""

    def __init__(self, shop: Shop, secret: str) -> None:
        self.shop, self.secret = shop, secret

    async def charge_of(self, order_id: str) -> str:
        query = f"select {CHARGE} from payments where order_id = $1::uuid order by attempt desc limit 1"
        return str(await self.shop.sql("payments", query, order_id))

    async def send(
        self, charge_id: str, kind: str, *, event_id: str = "", late_s: int = 0, secret: str = "", raw: bytes = b""
    ) -> Reply:
        body = {"id": event_id or f"evt_{uuid4().hex}", "type": f"charge.{kind}", "charge_id": charge_id}
        raw = raw or json.dumps(body).encode()
        at = int(time.time()) - late_s
        digest = hmac.new((secret or self.secret).encode(), f"{at}.".encode() + raw, hashlib.sha256).hexdigest()
        headers = {"feira-signature": f"t={at},v1={digest}", "content-type": "application/json"}
        return await self.shop.ask("POST", WEBHOOK, data=raw, headers=headers)


@pytest.fixture
async def gateway(shop: Shop) -> Gateway:
    if not shop.webhook_secret:
        done = await shop.feira("config", "--show-webhook-secret", service="payments")
        assert done.status == 0, done.err
        shop.webhook_secret = done.out.strip()
    return Gateway(shop, shop.webhook_secret)


async def journal(shop: Shop, order: Any) -> int:
    """How often anything was decided about an order's payments."""
    query = """select count(*) from payment_journal j join payments p on p.id = j.payment_id
               where p.order_id = $1::uuid"""
    return int(await shop.sql("payments", query, order["id"]))


async def test_a_repeated_message_is_heard_once(shop: Shop, gateway: Gateway) -> None:
    """Webhook replayed: the event's id is deduplicated in the effect's transaction."""
    sku, order = await bought(shop, token="tok_async")
    charge_id, event_id = await gateway.charge_of(order["id"]), f"evt_{uuid4().hex}"
    replies = await asyncio.gather(*(gateway.send(charge_id, "paid", event_id=event_id) for _ in range(8)))
    assert {reply.status for reply in replies} == {200}
    await until_paid(shop, order["id"], "captured")
    await shop.settle()
    before = await journal(shop, order)
    assert (await gateway.send(charge_id, "paid", event_id=event_id)).status == 200
    await shop.settle()
    assert await journal(shop, order) == before
    assert await balance(shop, order) == (order["total"]["amount"], 0)
    assert await shop.stock(sku) == (8, 0)
    assert len(await shop.mails_to(order["email"])) == 1


async def test_messages_out_of_order_never_turn_an_order_back(shop: Shop, gateway: Gateway) -> None:
    """Webhooks out of order: the state never goes back."""
    sku, order = await bought(shop, token="tok_async")
    charge_id = await gateway.charge_of(order["id"])
    assert (await gateway.send(charge_id, "paid")).status == 200
    assert (await gateway.send(charge_id, "failed")).status == 200
    await until_paid(shop, order["id"], "captured")
    assert (await gateway.send(charge_id, "failed")).status == 200
    await shop.settle()
    told = await shop.order(order["id"])
    assert (told["status"], told["payment_status"]) == ("confirmed", "captured")
    assert await shop.stock(sku) == (8, 0)


async def test_what_a_message_says_is_asked_of_the_gateway(shop: Shop, gateway: Gateway) -> None:
    """A message that a declined charge was paid, or a captured one failed, changes nothing: the gateway's books decide."""
    _, order = await captured(shop)
    for kind in ("failed", "paid", "failed"):
        assert (await gateway.send(await gateway.charge_of(order["id"]), kind)).status == 200
    await shop.settle()
    assert (await shop.order(order["id"]))["payment_status"] == "captured"
    fallen_sku, fallen = await bought(shop, token="tok_async")
    charge_id = await gateway.charge_of(fallen["id"])
    await gateway.send(charge_id, "failed")
    await until_paid(shop, fallen["id"], "failed")
    assert (await gateway.send(charge_id, "paid")).status == 200
    await shop.settle()
    told = await shop.order(fallen["id"])
    assert (told["status"], told["payment_status"]) == ("cancelled", "failed")
    assert await balance(shop, fallen) == (0, 0)
    assert await shop.stock(fallen_sku) == (10, 0)


@pytest.mark.parametrize(("kind", "end"), [("paid", "captured"), ("failed", "failed")])
async def test_a_message_that_comes_before_the_buyers_answer(shop: Shop, gateway: Gateway, kind: str, end: str) -> None:
    """Webhook against client: whichever comes first, one order."""
    sku = await shop.new_sku(stock=10)
    body = await shop.order_body((sku, 2), token="tok_async")
    count = "select count(*) from payments where state = 'pending'"
    before = await shop.sql("payments", count)
    async with locked(shop, "orders", "orders"):  # The order cannot be committed yet.
        buying = asyncio.create_task(shop.post("/v1/orders", body, key="early"))
        await reaches(shop, "payments", count, before + 1)
        charge_id = await shop.sql("payments", f"select {CHARGE} from payments order by created_at desc limit 1")
        replies = await asyncio.gather(*(gateway.send(charge_id, kind) for _ in range(3)))
        assert {reply.status for reply in replies} == {200}
    reply = await buying
    assert reply.status == 201, reply.raw
    await until_paid(shop, reply.json["id"], end)
    await shop.settle()
    assert (await shop.order(reply.json["id"]))["status"] == ("confirmed" if kind == "paid" else "cancelled")
    assert await shop.stock(sku) == ((8, 0) if kind == "paid" else (10, 0))
    assert await shop.sql("orders", "select count(*) from orders where email = $1", body["email"]) == 1


async def test_a_forged_or_stale_message_is_refused(shop: Shop, gateway: Gateway) -> None:
    """A bad signature or time: 4xx, no effect."""
    _, order = await bought(shop, token="tok_async")
    charge_id = await gateway.charge_of(order["id"])
    replies = [
        await gateway.send(charge_id, "paid", secret="not the secret"),
        await gateway.send(charge_id, "paid", late_s=STALE_S),
        await gateway.send(charge_id, "paid", late_s=-STALE_S - 5),
        await gateway.send(charge_id, "paid", raw=b"\xff"),
        await gateway.send(charge_id, "paid", raw=b"[" * 10_000),
        await gateway.send(charge_id, "paid", raw=b'{"id": "' + b"x" * 70_000 + b'"}'),
        await gateway.send("ch\0", "paid"),
        await shop.ask("POST", WEBHOOK, data=b"{}", headers={"content-type": "application/json"}),
        await shop.ask("POST", "/v1/payments/webhooks/nobody", data=b"{}"),
    ]
    assert all(400 <= reply.status < 500 for reply in replies), replies
    await shop.settle()
    assert (await shop.order(order["id"]))["payment_status"] == "pending"


async def test_a_message_about_a_former_charge_leaves_the_order_alone(shop: Shop, gateway: Gateway) -> None:
    """Stale void event: a message is matched by the gateway's object id, not the order's."""
    sku = await shop.new_sku(stock=10, price=1_000)
    body = await shop.order_body((sku, 1))
    async with no_order_of(shop, body["email"]):
        assert (await shop.post("/v1/orders", body, key="twice")).status >= 500
        former = await shop.sql("payments", f"select {CHARGE} from payments order by created_at desc limit 1")
    shipping = (await shop.staff("GET", "/v1/admin/settings")).json["shipping"]
    cheaper = [{"id": shipping[0]["id"], "name": "Cheaper", "rates": [{"days": 1, "bands": [{"price": brl(1)}]}]}]
    assert (await shop.staff("PATCH", "/v1/admin/settings", {"shipping": cheaper})).status == 200
    try:  # Another amount, so the former charge is let go of for a new one.
        order = (await insist(lambda: shop.post("/v1/orders", body, key="twice"))).json
    finally:
        assert (await shop.staff("PATCH", "/v1/admin/settings", {"shipping": shipping})).status == 200
    assert order["total"] == brl(1_001)
    await until_paid(shop, order["id"], "captured")
    assert await gateway.charge_of(order["id"]) != former
    for kind in ("failed", "paid"):
        assert (await gateway.send(former, kind)).status == 200
    # A message that names the order in place of a charge is about nothing.
    assert (await gateway.send(order["id"], "failed")).status == 200
    await shop.settle()
    told = await shop.order(order["id"])
    assert (told["status"], told["payment_status"]) == ("confirmed", "captured")
    assert await balance(shop, order) == (order["total"]["amount"], 0)
    assert await shop.stock(sku) == (9, 0)
