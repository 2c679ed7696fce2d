"""Whatever anybody writes or sends stays what it is in a real browser: text, or a picture. And a card is none of our business."""

import json
from contextlib import suppress
from io import BytesIO
from uuid import uuid4

from PIL import Image
from playwright.async_api import Page, expect

from tests.browser.buying import Buyer, Good, new_good
from tests.browser.conftest import NewVisitor
from tests.browser.visitor import Visitor
from tests.shop import ADDRESS, ADMIN, Shop

SOON_MS = 5_000
STRIKE = "window.struck=1"
TRAP = f"\"'></script><script>{STRIKE}</script><img src=x onerror={STRIKE}>{{{{7*7}}}}"
LINKS = f"""[a](javascript:{STRIKE}) [b](JaVaScRiPt&#58;{STRIKE}) <javascript:{STRIKE}> ![c](x"onerror="{STRIKE})
[d](data:text/html,<script>{STRIKE}</script>) [e](//evil.example) [f][g] <svg/onload={STRIKE}> <iframe srcdoc="<script>{STRIKE}</script>">

[g]: javascript:{STRIKE}"""
STRUCK = """() => [window.struck ? 'a script ran' : '', ...[...document.querySelectorAll('*')].flatMap((one) => [
    ...one.getAttributeNames().filter((name) => name.startsWith('on')).map((name) => `${one.tagName} has ${name}`),
    /^(javascript|data|vbscript):/i.test(one.getAttribute('href') ?? '') ? one.outerHTML : '',
    ['IFRAME', 'OBJECT', 'EMBED'].includes(one.tagName) ? one.outerHTML : '',
    one.tagName === 'SCRIPT' && one.textContent.startsWith('window.struck') ? 'a script was made' : '',
])].filter(Boolean)"""


async def inert(visitor: Visitor, path: str, shown: str = "onerror=") -> Page:
    """Nothing of the trap took hold on this page, which shows it as it was written, if not at once: pages are kept."""
    page = await visitor.go(path)
    with suppress(AssertionError):
        await expect(page.locator("body")).to_contain_text(shown, timeout=SOON_MS)
    if shown not in await page.locator("body").inner_text():
        await page.reload()
        await visitor.usable()
    await expect(page.locator("body")).to_contain_text(shown)
    assert await page.evaluate(STRUCK) == [], path
    return page


async def trapped_good(site: Shop) -> Good:
    sku = f"trap-{uuid4().hex[:8]}"
    texts = {"name": f"Trap {TRAP}", "description": f"About {TRAP}\n\n{LINKS}"}
    body = {
        **texts,
        "translations": {"pt-BR": texts},
        "attributes": {TRAP[:60]: TRAP},
        "images": [{"url": "/media/demo/mango.webp", "alt": TRAP}],
        "variants": [
            {"sku": f"{sku}{n}", "name": f"{n} {TRAP}"[:120], "options": {f"o{TRAP}"[:60]: f"{n}{TRAP}"[:60]}, "stock": 5,
             "price": {"amount": 500, "currency": "BRL"}} for n in range(2)
        ],
    }  # fmt: skip
    made = await site.staff("POST", "/v1/admin/products", body)
    assert made.status == 201, made.raw
    site.product_ids[f"{sku}0"] = made.json["id"]
    return Good(f"{sku}0", made.json["slug"], texts["name"])


async def test_stored_scripts_are_texts_wherever_they_are_shown(site: Shop, visit: NewVisitor) -> None:
    """Stored XSS, without the policy that would stop it too: what is escaped needs no second line."""
    good = await trapped_good(site)
    order = await site.buy((good.sku, 1), shipping_address={**ADDRESS, "name": TRAP, "line1": TRAP})
    assert order.status == 201, order.raw
    await site.settle()
    order_id = order.json["id"]
    fulfilment = {"lines": [{"sku": good.sku, "quantity": 1}], "carrier": TRAP[:60], "tracking": TRAP[:60]}
    sent = await site.staff("POST", f"/v1/admin/orders/{order_id}/fulfilments", fulfilment)
    assert sent.status == 201, sent.raw
    await site.settle()
    reader = await visit(bypass_csp=True)
    reader.page.on("dialog", lambda dialog: reader.faults.append(f"it said {dialog.message}"))
    for locale in ("en", "pt-BR"):
        await inert(reader, f"/{locale}/products/{good.slug}")
    for path in (
        "/en/products?sort=newest",
        "/en",
        "/en/search?q=Trap",
        f"/en/orders/{order_id}#token={order.json['token']}",
    ):
        await inert(reader, path)
    await inert(reader, "/en/search?q=%3C%2Fscript%3E%3Cimg+src%3Dx+onerror%3Dwindow.struck%3D1%3E", "struck")
    search = reader.page.get_by_role("combobox").or_(reader.page.get_by_role("searchbox")).first
    await search.fill("Trap")
    await expect(reader.page.get_by_role("option").first).to_contain_text("Trap")
    assert await reader.page.evaluate(STRUCK) == []
    await Buyer(reader).put_into_cart(good)
    for path in ("/en/cart", "/en/checkout"):
        await inert(reader, path)
    [mail] = [one for one in await site.mails_to(order.json["email"]) if one["kind"] == "order_confirmed"]
    await inert(reader, f"/dev/inbox/{mail['id']}?format=html", "<img")
    await reader.sign_in(ADMIN["email"], ADMIN["password"], to="/admin")
    for path in (f"/admin/orders/{order_id}", "/admin/products?q=Trap", "/admin/stock?q=trap-", "/admin"):
        await inert(reader, path)
    editor = await reader.go(f"/admin/products/{site.product_ids[good.sku]}")
    await expect(editor.get_by_role("heading", level=1)).to_contain_text("onerror=")
    assert await editor.evaluate(STRUCK) == []
    # It would be an odd sight in the pictures of other pages.
    assert (await site.staff("DELETE", f"/v1/admin/products/{site.product_ids[good.sku]}")).status == 204


async def test_an_upload_is_a_picture_or_nothing(site: Shop, visit: NewVisitor) -> None:
    """Uploads are served inert: what is no picture is refused, and what is both leaves the rest behind."""
    page = f"<!doctype html><script>{STRIKE}</script>".encode()
    svg = f"<svg xmlns='http://www.w3.org/2000/svg' onload='{STRIKE}'><script>{STRIKE}</script></svg>".encode()
    buffer = BytesIO()
    Image.new("RGB", (40, 30), (200, 30, 30)).save(buffer, "GIF", comment=page)
    both = buffer.getvalue() + page

    async def send(data: bytes, kind: str) -> tuple[int, str]:
        reply = await site.ask(
            "POST", "/v1/admin/media", data=data, token=site.staff_token, headers={"content-type": kind}
        )
        return reply.status, reply.code if reply.status != 201 else reply.json["url"]

    assert await send(svg, "image/png") == (422, "bad_picture")
    assert await send(page, "image/jpeg") == (422, "bad_picture")
    assert (await send(svg, "image/svg+xml"))[0] == 415
    assert (await send(page, "text/html"))[0] == 415
    status, url = await send(both, "image/gif")
    assert status == 201
    served = await site.get(url)
    assert STRIKE.encode() not in served.raw
    assert served.headers["content-type"] == "image/webp"
    assert served.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in served.headers["content-security-policy"]
    reader = await visit(bypass_csp=True)
    await reader.page.goto(url)
    assert await reader.page.evaluate("() => document.contentType") == "image/webp"
    assert not await reader.page.evaluate("() => window.struck")


async def test_pictures_of_elsewhere_are_not_fetched(site: Shop, visit: NewVisitor) -> None:
    """A picture's address may lead anywhere, inside too: neither the shop nor a reader's browser goes there."""
    good = await new_good(site)
    images = [{"url": "https://127.0.0.1:9/inside.png", "alt": "Elsewhere"}]
    reply = await site.staff("PATCH", f"/v1/admin/products/{site.product_ids[good.sku]}", {"images": images})
    assert reply.status == 200, reply.raw
    reader = await visit()
    await reader.go(f"/en/products/{good.slug}")
    await expect(reader.page.get_by_role("heading", level=1)).to_have_text(good.name)
    await Buyer(reader).put_into_cart(good)
    await expect(reader.page.locator("img[src*=inside]")).to_have_count(0)


async def test_a_card_is_typed_nowhere_here(site: Shop, visit: NewVisitor) -> None:
    """Card data never touches us: no page has a field for it, a token is all that is sent, and only we are sent to."""
    good = await new_good(site)
    visitor = await visit()
    buyer = Buyer(visitor)
    await buyer.ready_to_pay(good)
    fields = await visitor.page.locator("input, select, textarea").evaluate_all(
        "(all) => all.map((one) => [one.name, one.autocomplete, one.labels?.[0]?.innerText].join(' ').toLowerCase())"
    )
    assert len(fields) >= 8
    assert not [
        one for one in fields if any(word in one for word in ("card", "cc-", "cvc", "cvv", "expir", "validade"))
    ]
    policy = (await site.get("/en/checkout")).headers["content-security-policy"]
    rules = {rule.split()[0]: rule.split()[1:] for rule in policy.split("; ")}
    assert rules["form-action"] == ["'self'"]
    assert rules["default-src"] == ["'self'"]  # For frames too, as nothing else is said of them.
    assert all(one == "'self'" or one.startswith("'sha256-") for one in rules["script-src"])
    async with visitor.page.expect_request("**/v1/orders") as sent:
        await buyer.pay.click()
    body = json.loads((await sent.value).post_data or "")
    assert body["payment"] == {"method": "test", "token": "tok_ok"}
    await buyer.until_ordered()
