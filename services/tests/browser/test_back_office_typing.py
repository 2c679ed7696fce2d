"""Nothing that staff type in the back office is lost, and nothing that others did is overwritten unseen."""

import re

from playwright.async_api import Dialog, expect

from tests.browser.conftest import NewVisitor
from tests.shop import ADMIN, Shop

EDITOR = re.compile(r"/admin/products/[0-9a-f-]{36}$")


async def test_what_was_typed_stays_whatever_happens(site: Shop, visit: NewVisitor) -> None:
    sku = await site.new_sku(stock=0)
    name = f"Thing {sku}"
    keeper = await visit()
    page = keeper.page
    keeper.tolerate(404, "/v1/carts/current$")  # Who has no cart yet is told so.
    await keeper.go("/en/sign-in?next=%2Fadmin%2Fproducts")
    await page.locator('input[name="email"]').fill(ADMIN["email"])
    await page.locator('input[name="password"]').fill(ADMIN["password"])
    await page.locator('main button[type="submit"]').click()
    await page.wait_for_url("**/admin/products")

    # What is sold out is found by that.
    await page.get_by_role("searchbox").fill(sku)
    await page.get_by_label("Stock", exact=True).select_option(label="Sold out")
    await expect(page.locator("tbody tr")).to_have_count(1)
    await page.get_by_role("link", name=name).click()
    await page.wait_for_url(EDITOR)
    address = page.url
    named = page.get_by_label("Name", exact=True).first

    # Back, and away by a link: each asks, and whoever stays still has it all.
    asked: list[str] = []

    async def stay(dialog: Dialog) -> None:
        asked.append(dialog.message)
        await dialog.dismiss()

    # A new row has the focus; a value is whatever it is made of.
    add = page.get_by_role("button", name="Add an attribute")
    await add.click()
    await expect(page.get_by_label("Attribute 1: name")).to_be_focused()
    await page.keyboard.type("origin")
    origin = page.get_by_label("Attribute 1: value")
    await origin.fill("Bahia; sul=1")
    page.on("dialog", stay)
    async with page.expect_event("dialog"):
        await page.evaluate("history.back()")
    await page.wait_for_url(address)
    await page.get_by_role("link", name="Orders").click()
    assert len(asked) == 2
    assert page.url == address
    await expect(origin).to_have_value("Bahia; sul=1")
    page.remove_listener("dialog", stay)

    # A refused form leads to its first wrong field.
    save = page.get_by_role("button", name="Save", exact=True).first
    await named.fill("")
    with keeper.expecting(422, "/v1/admin/products"):
        await save.click()
        await expect(named).to_be_focused()
    await expect(named).to_have_attribute("aria-invalid", "true")

    # What a row lacks is told before anything is sent, and stays beside its row. What is taken out leaves the focus near.
    await named.fill(name)
    for number, (attribute, kind) in enumerate([("origin", "Text"), ("organic", "Yes or no"), ("grade", "Number")], 2):
        await add.click()
        await page.get_by_label(f"Attribute {number}: name").fill(attribute)
        await page.get_by_label(f"Attribute {number}: kind").select_option(label=kind)
    await page.get_by_label("Attribute 3: value").select_option(label="No")
    await page.get_by_label("Attribute 4: value").fill("two")
    await save.click()
    await expect(page.get_by_label("Attribute 2: name")).to_be_focused()
    await page.get_by_role("button", name="Remove origin").nth(1).click()
    await expect(add).to_be_focused()
    grade = page.get_by_label("Attribute 3: value")
    await expect(grade).to_have_attribute("aria-invalid", "true")
    await grade.fill("1,5")

    # Somebody else was first: both changes stand in the end.
    product = f"/v1/admin/products/{site.product_ids[sku]}"
    assert (await site.staff("PATCH", product, {"description": "By another"})).status == 200
    await named.fill(f"{name} x")
    with keeper.expecting(409, "/v1/admin/products"):
        await save.click()
        await expect(page.get_by_text("Somebody else changed this product")).to_be_visible()
    await keeper.accessible()
    await keeper.named("button", "^save mine all the same$").click()
    await expect(page.get_by_text("Saved.")).to_be_visible()
    now = (await site.staff("GET", product)).json
    assert (now["name"], now["description"]) == (f"{name} x", "By another")
    assert now["attributes"] == {"origin": "Bahia; sul=1", "organic": False, "grade": 1.5}

    # The session ends meanwhile: signing in again brings back the page as it was.
    keeper.tolerate(401)
    await named.fill(name)
    await keeper.context.clear_cookies()
    await save.click()
    again = page.get_by_role("dialog")
    await again.get_by_label("Password").fill(ADMIN["password"])
    await again.get_by_role("button", name="Sign in").click()
    await expect(again).to_have_count(0)
    await expect(named).to_have_value(name)
    await save.click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(name)


async def test_the_taxes_of_a_place_are_rows(site: Shop, visit: NewVisitor) -> None:
    before = (await site.staff("GET", "/v1/admin/settings")).json
    keeper = await visit(locale="pt-BR")
    page = keeper.page
    keeper.tolerate(404, "/v1/carts/current$")
    await keeper.sign_in(ADMIN["email"], ADMIN["password"], to="/admin/settings")
    taxes = page.locator("form").filter(has=page.get_by_role("heading", name="Imposto"))
    save = taxes.get_by_role("button", name="Salvar")

    # What is as it was is not sent.
    await save.click()
    await expect(page.get_by_text("Salvo.").first).to_be_visible()
    assert (await site.staff("GET", "/v1/admin/settings")).json["version"] == before["version"]

    # What is added has the focus; what is removed leaves it near.
    method = page.get_by_role("button", name="Adicionar forma de envio")
    await method.click()
    await expect(page.get_by_label("Id", exact=True).last).to_be_focused()
    await page.get_by_role("button", name="Remover esta forma de envio").last.click()
    await expect(method).to_be_focused()

    await taxes.get_by_role("button", name="Adicionar regra").click()
    rule = taxes.get_by_role("group").filter(has=page.get_by_label("País")).last
    await expect(rule.get_by_label("País")).to_be_focused()
    await rule.get_by_label("País").fill("XX")
    await rule.get_by_label("Alíquota 1: por cento").fill("17,5")
    await rule.get_by_role("button", name="Adicionar classe").click()
    await page.keyboard.type("food")
    await rule.get_by_label("Alíquota 2: por cento").fill("sete")
    await save.click()
    await expect(rule.get_by_label("Alíquota 2: por cento")).to_be_focused()
    await expect(rule.get_by_text("não é um número")).to_be_visible()
    await rule.get_by_label("Alíquota 2: por cento").fill("7")
    with keeper.expecting(422, "/v1/admin/settings"):
        await save.click()
        await expect(rule.get_by_label("País")).to_be_focused()
    await keeper.looked_at("admin-settings-taxes")
    await rule.get_by_label("País").fill("pt")
    await save.click()
    await expect(rule.get_by_label("País")).to_have_value("PT")
    added = (await site.staff("GET", "/v1/admin/settings")).json["tax"][-1]
    assert (added["country"], added["rates"]) == ("PT", {"standard": 175_000, "food": 70_000})
    await expect(rule.get_by_label("Alíquota 1: por cento")).to_have_value("17,5")

    await rule.get_by_role("button", name="Remover esta regra").click()
    await expect(taxes.get_by_role("button", name="Adicionar regra")).to_be_focused()
    async with page.expect_response(lambda answer: answer.request.method == "PATCH"):
        await save.click()
    assert (await site.staff("GET", "/v1/admin/settings")).json["tax"] == before["tax"]
