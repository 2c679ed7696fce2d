"""Customers, guests and staff: nobody reads, takes or becomes what is another's."""

import asyncio
from collections import Counter
from uuid import uuid4

import pytest

from tests.shop import ADDRESS, Shop


async def test_an_order_opens_to_its_owner_its_token_and_staff_alone(shop: Shop) -> None:
    sku = await shop.new_sku()
    _, ana = await shop.new_customer()
    _, eve = await shop.new_customer()
    body = await shop.order_body((sku, 1))
    order = (await shop.post("/v1/orders", body, key="o", token=ana)).json
    path = f"/v1/orders/{order['id']}"
    assert (await shop.get(path, token=ana)).status == 200
    assert (await shop.get(path, headers={"order-token": order["token"]})).status == 200
    assert "token" not in (await shop.get(path, token=ana)).json
    missing = await shop.get(f"/v1/orders/{uuid4()}", token=eve)
    for reply in (
        await shop.get(path),
        await shop.get(path, token=eve),
        await shop.get(path, headers={"order-token": "x" * 43}),
        await shop.get(path, token=eve, headers={"order-token": order["token"][:-1]}),
    ):
        assert (reply.status, reply.code) == (missing.status, missing.code) == (404, reply.code)
    assert (await shop.post(f"{path}/cancel", token=eve)).status == 404
    assert order["id"] in [o["id"] for o in (await shop.get("/v1/orders", token=ana)).json["items"]]
    assert (await shop.get("/v1/orders", token=eve)).json["items"] == []


async def test_a_cart_opens_to_who_has_its_id_or_to_its_customer(shop: Shop) -> None:
    sku = await shop.new_sku(stock=5)
    _, ana = await shop.new_customer()
    _, eve = await shop.new_customer()
    guest = (await shop.post("/v1/carts")).json["id"]
    await shop.post(f"/v1/carts/{guest}/lines", {"sku": sku, "quantity": 3})
    claimed = await shop.post(f"/v1/carts/{guest}/claim", token=ana)
    assert claimed.status == 200, claimed.raw
    mine = claimed.json["id"]
    for reply in (
        await shop.get(f"/v1/carts/{mine}"),
        await shop.get(f"/v1/carts/{mine}", token=eve),
        await shop.post(f"/v1/carts/{mine}/claim", token=eve),
        await shop.post(f"/v1/carts/{mine}/lines", {"sku": sku, "quantity": 1}, token=eve),
        await shop.get("/v1/carts/none"),
    ):
        assert reply.status == 404
    assert (await shop.get(f"/v1/carts/{mine}", token=ana)).status == 200


async def test_carts_merge_once_and_within_the_stock(shop: Shop) -> None:
    sku = await shop.new_sku(stock=5)
    _, ana = await shop.new_customer()
    first = (await shop.post("/v1/carts", token=ana)).json["id"]
    await shop.post(f"/v1/carts/{first}/lines", {"sku": sku, "quantity": 3}, token=ana)
    guest = (await shop.post("/v1/carts")).json["id"]
    await shop.post(f"/v1/carts/{guest}/lines", {"sku": sku, "quantity": 4})
    replies = await asyncio.gather(*(shop.post(f"/v1/carts/{guest}/claim", token=ana) for _ in range(4)))
    assert {reply.status for reply in replies} == {200}
    cart = (await shop.get(f"/v1/carts/{replies[0].json['id']}", token=ana)).json
    assert [(line["sku"], line["quantity"]) for line in cart["lines"]] == [(sku, 5)]


@pytest.mark.parametrize("field", ["roles", "role", "id", "email_verified", "email"])
async def test_nobody_promotes_himself(shop: Shop, field: str) -> None:
    _, ana = await shop.new_customer()
    reply = await shop.ask("PATCH", "/v1/users/me", {field: "admin"}, token=ana)
    assert reply.status == 422
    assert reply.json["errors"][0]["field"] == field


async def test_the_back_office_is_for_staff(shop: Shop) -> None:
    _, ana = await shop.new_customer()
    for path in (
        "/v1/admin/products",
        "/v1/admin/orders",
        "/v1/admin/users",
        "/v1/admin/audit",
        "/v1/admin/settings",
        "/v1/admin/stock",
    ):
        assert (await shop.get(path)).status == 401
        assert (await shop.get(path, token=ana)).status == 403
        assert (await shop.get(path, token="forged")).status == 401
        assert (await shop.staff("GET", path)).status == 200


async def test_a_forged_token_is_refused_even_where_none_is_needed(shop: Shop) -> None:
    for path in ("/v1/products", "/v1/categories"):
        assert (await shop.get(path, token="a.b.c")).status == 401


async def test_registering_a_known_address_tells_nothing_and_changes_nothing(shop: Shop) -> None:
    email, _ = await shop.new_customer()
    again = await shop.post("/v1/users", {"email": email.upper(), "password": "quite another word", "name": "Eve"})
    fresh = await shop.post(
        "/v1/users", {"email": f"{uuid4().hex}@buyer.test", "password": "quite another word", "name": "Eve"}
    )
    assert (again.status, again.raw) == (fresh.status, fresh.raw) == (202, again.raw)
    assert (await shop.post("/v1/sessions", {"email": email, "password": "quite another word"})).status == 401
    assert (await shop.post("/v1/sessions", {"email": email, "password": "a long enough word"})).status == 200
    await shop.settle()
    unknown = await shop.post("/v1/sessions", {"email": "none@buyer.test", "password": "quite another word"})
    wrong = await shop.post("/v1/sessions", {"email": email, "password": "quite another word"})
    assert (unknown.status, unknown.code, unknown.json["detail"]) == (wrong.status, wrong.code, wrong.json["detail"])


async def test_a_refresh_token_used_twice_ends_its_family(shop: Shop) -> None:
    email, _ = await shop.new_customer()
    session = (await shop.post("/v1/sessions", {"email": email, "password": "a long enough word"})).json
    replies = await asyncio.gather(
        *(shop.post("/v1/sessions/refresh", {"refresh_token": session["refresh_token"]}) for _ in range(6))
    )
    assert Counter(reply.status for reply in replies) in ({200: 1, 401: 5}, {401: 6})
    for reply in replies:
        if reply.status == 200:
            newer = {"refresh_token": reply.json["refresh_token"]}
            assert (await shop.post("/v1/sessions/refresh", newer)).status == 401


async def test_guessing_is_limited_by_account_in_all_workers(shop: Shop) -> None:
    email, _ = await shop.new_customer()
    tries = [shop.post("/v1/sessions", {"email": email, "password": f"guess number {n}"}) for n in range(30)]
    statuses = Counter(reply.status for reply in await asyncio.gather(*tries))
    assert statuses == {401: 10, 429: 20}
    right = await shop.post("/v1/sessions", {"email": email, "password": "a long enough word"})
    assert right.status == 429
    assert int(right.headers["retry-after"]) > 0


async def test_verifying_an_address_brings_its_guest_orders(shop: Shop) -> None:
    sku = await shop.new_sku()
    email = f"{uuid4().hex[:12]}@buyer.test"
    order = (await shop.buy((sku, 1), email=email)).json
    _, ana = await shop.new_customer(email)
    assert (await shop.get("/v1/orders", token=ana)).json["items"] == []
    await shop.settle()
    token = await _token_mailed(shop, email)
    assert (await shop.post("/v1/users/verify", {"token": token})).status in {200, 204}
    assert (await shop.post("/v1/users/verify", {"token": token})).status in {400, 404, 409, 422}
    await shop.settle()
    assert [o["id"] for o in (await shop.get("/v1/orders", token=ana)).json["items"]] == [order["id"]]


async def _token_mailed(shop: Shop, email: str) -> str:
    for mail in await shop.mails_to(email):
        text = mail.get("text") or ""
        if "token=" in text:
            return str(text.split("token=")[1].split()[0].strip(").>\"'"))
    raise AssertionError(f"no link was mailed to {email}")


async def test_a_reset_ends_all_sessions(shop: Shop) -> None:
    email, _ = await shop.new_customer()
    session = (await shop.post("/v1/sessions", {"email": email, "password": "a long enough word"})).json
    await shop.settle()
    known, unknown = [await shop.post("/v1/password-resets", {"email": e}) for e in (email, "none@buyer.test")]
    assert (known.status, known.raw) == (unknown.status, unknown.raw) == (202, known.raw)
    await shop.settle()
    mails = [
        mail
        for mail in await shop.mails_to(email)
        if "reset" in mail["text"].lower() or "senha" in mail["text"].lower()
    ]
    token = mails[0]["text"].split("token=")[1].split()[0]
    done = await shop.post("/v1/password-resets/confirm", {"token": token, "password": "brand new words"})
    assert done.status in {200, 204}, done.raw
    assert (await shop.post("/v1/sessions/refresh", {"refresh_token": session["refresh_token"]})).status == 401
    assert (await shop.post("/v1/sessions", {"email": email, "password": "a long enough word"})).status == 401
    assert (await shop.post("/v1/sessions", {"email": email, "password": "brand new words"})).status == 200


async def test_staffs_acts_are_in_the_journal(shop: Shop) -> None:
    sku = await shop.new_sku(stock=3)
    reply = await shop.staff("POST", f"/v1/admin/stock/{sku}/adjustments", {"delta": 4, "reason": "counted"})
    assert reply.status == 201, reply.raw
    assert await shop.stock(sku) == (7, 0)
    await shop.settle()
    acts = (await shop.staff("GET", "/v1/admin/audit?limit=100")).json["items"]
    assert any(sku in act["target"] for act in acts)


async def test_an_erased_customer_is_forgotten(shop: Shop) -> None:
    sku = await shop.new_sku()
    email, ana = await shop.new_customer()
    order = (await shop.post("/v1/orders", await shop.order_body((sku, 1), email=email), key="z", token=ana)).json
    await shop.post("/v1/users/me/addresses", ADDRESS, token=ana)
    await shop.settle()
    export = await shop.get("/v1/users/me/export", token=ana)
    assert export.status == 200
    assert order["id"].encode() in export.raw
    assert (await shop.ask("DELETE", "/v1/users/me", token=ana)).status in {200, 202, 204}
    await shop.settle()
    kept = await shop.order(order["id"])
    assert kept["total"] == order["total"]
    assert email.encode() not in (await shop.staff("GET", f"/v1/admin/orders/{order['id']}")).raw
    assert await shop.mails_to(email) == []
    assert (await shop.post("/v1/sessions", {"email": email, "password": "a long enough word"})).status == 401
