"""What belongs to one person is for that person alone, in every path to it; and what staff take out is inert."""

import csv
import io
from typing import Any
from uuid import uuid4

from tests.shop import ADDRESS, Shop
from tests.test_after_checkout import bought

FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "=HYPERLINK(1)")
DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")
SCRIPT = "<script>alert(1)</script>"


async def test_others_things_are_not_there(shop: Shop) -> None:
    """Reading others' orders, addresses, carts: 404, guests too, nested ids and encoded paths too."""
    sku, order = await bought(shop)
    _, ana = await shop.new_customer()
    _, eve = await shop.new_customer()
    address = (await shop.post("/v1/users/me/addresses", ADDRESS, token=ana)).json["id"]
    cart = (await shop.post("/v1/carts", token=ana)).json["id"]
    line = (await shop.post(f"/v1/carts/{cart}/lines", {"sku": sku, "quantity": 1}, token=ana)).json["lines"][0]["id"]
    hers = (await shop.post("/v1/carts", token=eve)).json["id"]
    there: list[tuple[str, str, Any]] = [
        ("GET", f"/v1/orders/{order['id']}", None),
        ("GET", f"/v1/orders/{order['id'].upper()}", None),
        ("GET", f"/v1/orders/%{ord(order['id'][0]):x}{order['id'][1:]}", None),
        ("POST", f"/v1/orders/{order['id']}/cancel", None),
        ("GET", f"/v1/users/me/addresses/{address}", None),
        ("PATCH", f"/v1/users/me/addresses/{address}", {"city": "Recife"}),
        ("DELETE", f"/v1/users/me/addresses/{address}", None),
        ("GET", f"/v1/carts/{cart}", None),
        ("POST", f"/v1/carts/{cart}/claim", None),
        ("POST", f"/v1/carts/{cart}/lines", {"sku": sku, "quantity": 1}),
        ("PATCH", f"/v1/carts/{cart}/lines/{line}", {"quantity": 9}),
        ("DELETE", f"/v1/carts/{cart}/lines/{line}", None),
        ("DELETE", f"/v1/carts/{hers}/lines/{line}", None),  # Another's line, through a cart of one's own.
        ("PATCH", f"/v1/carts/{hers}/lines/{line}", {"quantity": 9}),
    ]
    for method, path, body in there:
        reply = await shop.ask(method, path, body, token=eve)
        assert reply.status == 404, (method, path, reply.raw)
        if "addresses" not in path:
            assert (await shop.ask(method, path, body)).status in {401, 404}, (method, path)
    for path in (
        f"/v1/orders/..%2fadmin%2forders%2f{order['id']}",
        f"/v1/carts/{hers}%2f..%2f{cart}",
        "//v1/admin/orders",
    ):
        assert (await shop.get(path, token=eve)).status in {400, 404}, path
    mine = (await shop.get(f"/v1/carts/{cart}", token=ana)).json
    assert [(one["id"], one["quantity"]) for one in mine["lines"]] == [(line, 1)]
    assert (await shop.get(f"/v1/users/me/addresses/{address}", token=ana)).json["city"] == ADDRESS["city"]
    there_is_none = await shop.get(f"/v1/orders/{uuid4()}", token=eve)
    reply = await shop.get(f"/v1/orders/{order['id']}", token=eve)
    assert (reply.code, reply.json["detail"]) == (there_is_none.code, there_is_none.json["detail"])
    # Nor can it be ordered, quoted or seen in a list.
    body = await shop.order_body((sku, 1))
    del body["lines"]
    assert (await shop.post("/v1/orders", {**body, "cart_id": cart}, key="hers", token=eve)).status == 404
    assert (await shop.post("/v1/quotes", {"cart_id": cart, "country": "BR"}, token=eve)).status == 404
    assert (await shop.get("/v1/users/me/addresses", token=eve)).json["items"] == []
    for path in (f"/v1/orders/{order['id']}", f"/v1/carts/{cart}", "/v1/users/me"):
        assert "no-store" in (await shop.get(path, token=ana)).headers["cache-control"]


async def test_a_merged_cart_is_priced_again(shop: Shop) -> None:
    """Cart merge at sign-in: quantities add up, priced again, capped by stock; twice is once."""
    sku = await shop.new_sku(stock=5, price=1_000)
    _, ana = await shop.new_customer()
    own = (await shop.post("/v1/carts", token=ana)).json["id"]
    await shop.post(f"/v1/carts/{own}/lines", {"sku": sku, "quantity": 1}, token=ana)
    guest = (await shop.post("/v1/carts")).json["id"]
    await shop.post(f"/v1/carts/{guest}/lines", {"sku": sku, "quantity": 2})
    path = f"/v1/admin/products/{shop.product_ids[sku]}"
    await shop.staff("PATCH", path, {"variants": [{"sku": sku, "price": {"amount": 700, "currency": "BRL"}}]})
    for _ in range(2):
        merged = await shop.post(f"/v1/carts/{guest}/claim", token=ana)
        assert merged.status == 200, merged.raw
        assert [(one["quantity"], one["unit_price"]["amount"]) for one in merged.json["lines"]] == [(3, 700)]
    assert merged.json["total"]["amount"] == 2_100
    # Whoever has the guest's id has nothing more, and an owned cart cannot be claimed.
    _, eve = await shop.new_customer()
    for cart in (guest, merged.json["id"]):
        assert (await shop.post(f"/v1/carts/{cart}/claim", token=eve)).status == 404
    assert (await shop.get(f"/v1/carts/{merged.json['id']}", token=ana)).json["lines"][0]["quantity"] == 3


async def test_a_spreadsheet_gets_no_formula(shop: Shop) -> None:
    """CSV formula injection: cells that begin with = + - @ tab CR are neutralised, in every export."""
    for formula in FORMULAS[:3]:
        email = f"{uuid4().hex[:12]}@buyer.test"
        await shop.post("/v1/users", {"email": email, "password": "a long enough word", "name": formula})
    sku = f"e-{uuid4().hex}"
    product = {
        "name": "=cmd|' /C calc'!A0",
        "description": "@SUM(1)\n=2",
        "attributes": {"origin": "+55"},
        "variants": [{"sku": sku, "name": "-1", "price": {"amount": 5, "currency": "BRL"}, "stock": 9}],
    }
    made = await shop.staff("POST", "/v1/admin/products", product)
    assert made.status == 201, made.raw
    address = {**ADDRESS, "name": FORMULAS[0], "line1": FORMULAS[3], "line2": FORMULAS[1], "city": FORMULAS[6]}
    reply = await shop.buy((sku, 1), shipping_address=address)
    assert reply.status == 201, reply.raw
    for what, service, needle in (
        ("orders", "orders", reply.json["id"]),
        ("products", "catalog", sku),
        ("customers", "users", "=1+1"),
    ):
        done = await shop.feira("export", what, service=service)
        assert done.status == 0, done.err
        assert needle in done.out
        rows = list(csv.reader(io.StringIO(done.out)))
        assert len({len(row) for row in rows}) == 1
        bad = [cell for row in rows for cell in row if cell.startswith(DANGEROUS)]
        assert bad == [], what
    # What was neutralised for spreadsheets comes back as it was.
    goods = await shop.feira("export", "products", service="catalog")
    back = await shop.ask(
        "POST", "/v1/admin/products/import", data=goods.out.encode(), token=shop.staff_token,
        headers={"content-type": "text/csv"},
    )  # fmt: skip
    assert back.status == 200
    assert back.json["errors"] == [], back.raw[:1_000]
    assert (await shop.staff("GET", f"/v1/admin/products/{made.json['id']}")).json["name"] == product["name"]


async def test_what_anybody_writes_is_inert_wherever_it_is_shown(shop: Shop) -> None:
    """Stored XSS: sanitised on the server, escaped in mails, and never served as a page."""
    sku = f"x-{uuid4().hex}"
    product = {
        "name": f"N {SCRIPT}",
        "description": f"**b** {SCRIPT} <img src=x onerror=alert(1)> [a](javascript:alert(1)) <svg/onload=alert(1)>",
        "translations": {
            "pt-BR": {"name": f"P {SCRIPT}", "description": f"<iframe src='//e'></iframe> {SCRIPT} **c**"}
        },
        "variants": [{"sku": sku, "name": SCRIPT, "price": {"amount": 1, "currency": "BRL"}, "stock": 5}],
    }
    made = await shop.staff("POST", "/v1/admin/products", product)
    assert made.status == 201, made.raw
    for locale in ("en", "pt-BR"):
        shown = await shop.get(f"/v1/products/{made.json['slug']}?locale={locale}")
        assert shown.headers["content-type"] == "application/json"
        assert shown.headers["x-content-type-options"] == "nosniff"
        for danger in ("<script", "onerror", "javascript:", "onload", "<iframe"):
            assert danger not in shown.json["description"].lower(), (locale, danger)
    for images in ([{"url": "javascript:alert(1)"}], [{"url": "data:text/html,x"}], [{"url": "//evil.example/x"}]):
        refused = await shop.staff("PATCH", f"/v1/admin/products/{made.json['id']}", {"images": images})
        assert refused.status == 422, (images, refused.raw)
    order = await shop.buy((sku, 1), shipping_address={**ADDRESS, "name": SCRIPT})
    assert order.status == 201
    await shop.settle()
    [mail] = await shop.mails_to(order.json["email"])
    html = (await shop.get(f"/dev/inbox/{mail['id']}?format=html")).raw.decode()
    assert "<script>alert" not in html
    assert "&lt;script&gt;" in html
    page = await shop.get(f"/dev/inbox?format=html&to={order.json['email']}")
    assert page.headers["content-type"].startswith("text/html")
    assert b"<script>alert" not in page.raw
    problem = await shop.get(f"/v1/products?sort={SCRIPT}")
    assert problem.headers["content-type"] == "application/problem+json"
