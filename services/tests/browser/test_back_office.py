"""The back office, as its staff use it."""

import re
from uuid import uuid4

from playwright.async_api import expect

from feira import demo
from feira.contracts.users import UserErased
from tests.browser.buying import Buyer, Good, new_good
from tests.browser.conftest import NewVisitor
from tests.browser.visitor import PHONE, Visitor
from tests.shop import ADMIN, Shop
from tests.test_desk import PARKED

PICTURE = sorted(demo.products().parent.joinpath("pictures").glob("*.webp"))
PLACES = {
    "dashboard": "",
    "orders": "orders",
    "products": "products",
    "product-new": "products/new",
    "categories": "categories",
    "stock": "stock",
    "import": "import",
    "settings": "settings",
    "people": "people",
    "audit": "audit",
}


async def at_the_desk(visit: NewVisitor) -> Visitor:
    keeper = await visit()
    await keeper.sign_in(ADMIN["email"], ADMIN["password"], to="/admin")
    await expect(keeper.page.get_by_role("heading", level=1)).to_be_visible()
    return keeper


async def shown(keeper: Visitor, path: str) -> None:
    """The page is there, with what it has to show."""
    await keeper.go(path)
    await expect(keeper.page.get_by_role("heading", level=1)).to_be_visible()
    await expect(keeper.page.locator("[aria-busy=true]")).to_have_count(0)


async def test_every_page_of_the_back_office(site: Shop, visit: NewVisitor) -> None:
    good = await new_good(site, stock=3)
    order = (await site.buy((good.sku, 2))).json
    await site.settle()
    keeper = await at_the_desk(visit)
    for name, path in PLACES.items():
        await shown(keeper, f"/admin/{path}")
        await keeper.looked_at(f"admin-{name}")
    await shown(keeper, f"/admin/orders/{order['id']}")
    await keeper.looked_at("admin-order")
    await shown(keeper, f"/admin/products/{site.product_ids[good.sku]}")
    await keeper.looked_at("admin-product")
    await shown(keeper, f"/admin/stock?q={good.sku}")
    await keeper.named("button", f"^journal: {good.sku}").click()
    await expect(keeper.page.get_by_role("dialog").get_by_text("Held for an order")).to_be_visible()
    await keeper.looked_at("admin-stock-journal")


async def test_what_could_not_be_handled_is_given_up_with_a_reason(site: Shop, visit: NewVisitor) -> None:
    key = uuid4()
    parked = await site.sql("carts", PARKED, uuid4(), UserErased.topic, str(key), f'{{"user_id":"{key}"}}')
    keeper = await at_the_desk(visit)
    await shown(keeper, "/admin/events")
    await expect(keeper.page.get_by_role("table")).to_contain_text("KeyError: a test")
    await keeper.looked_at("admin-events")
    await keeper.named("button", UserErased.topic).first.click()
    await expect(keeper.page.get_by_role("dialog").locator("pre")).to_contain_text(str(key))
    await keeper.looked_at("admin-event")
    await keeper.page.get_by_label("Why it need not be handled").fill("A test")
    await keeper.named("button", "^never handle it").click()
    await expect(keeper.page.get_by_text("It is given up")).to_be_visible()
    await expect(keeper.page.get_by_role("dialog")).to_have_count(0)
    assert await site.sql("carts", "select dropped_at is not null from parked where id = $1", parked)


async def test_a_new_product_is_sold_sent_and_given_back(site: Shop, visit: NewVisitor) -> None:
    keeper = await at_the_desk(visit)
    page = keeper.page
    await keeper.go("/admin/products/new")
    name = f"Jaca {site.url[-5:]}"
    await page.get_by_label("Name", exact=True).first.fill(name)
    await page.get_by_label("Description", exact=True).fill("A **large** fruit.")
    await page.locator('input[type="file"]').set_input_files(PICTURE[0])
    await page.get_by_label("What is seen on it").fill("A jackfruit")
    variant = page.get_by_role("group")
    await variant.get_by_label("Sku").fill("jaca-1")
    await variant.get_by_label(re.compile("^Amount")).fill("45.90")
    await variant.get_by_label("Stock").fill("2")
    await keeper.named("button", "^add an option$").click()
    await page.get_by_label("Option 1: name").fill("size")
    await page.get_by_label("Option 1: value").fill("L; a=b")
    await keeper.named("button", "^save$").first.click()
    await page.wait_for_url(re.compile(r"/admin/products/[0-9a-f-]{36}$"))
    site.product_ids["jaca-1"] = page.url.rpartition("/")[2]
    made = (await site.staff("GET", f"/v1/admin/products/{site.product_ids['jaca-1']}")).json
    assert made["variants"][0]["options"] == {"size": "L; a=b"}
    slug = made["slug"]

    buyer = Buyer(await visit(PHONE))
    await buyer.open(f"/products/{slug}")
    picture = buyer.page.locator("main img").first
    await expect(picture).to_have_attribute("alt", "A jackfruit")
    assert await picture.evaluate("(one) => one.decode().then(() => one.naturalWidth)") > 0
    await buyer.ready_to_pay(Good("jaca-1", slug, name))
    await buyer.pay.click()
    order_id = await buyer.until_ordered()
    await site.settle()

    await keeper.go(f"/admin/orders/{order_id}")
    await keeper.named("button", "^send goods$").click()
    await page.get_by_label("Carrier").fill("Correios")
    await keeper.named("button", "^they have left$").click()
    await expect(page.get_by_text("the goods are on their way")).to_be_visible()
    await expect(buyer.page.get_by_text(re.compile("(is )?on its way", re.IGNORECASE)).first).to_be_visible()  # Live.
    await keeper.named("button", "^refund$").click()
    await page.get_by_label(name).fill("1")
    await page.get_by_label("Reason").fill("It was ripe")
    await keeper.named("button", "^give the money back$").click()
    await expect(page.get_by_text("goes back")).to_be_visible()
    await site.settle()
    assert await site.stock("jaca-1") == (2, 0)
    assert (await site.order(order_id))["payment_status"] in {"partially_refunded", "refunded"}


async def test_an_import_with_errors_is_seen_before_it_is_done(site: Shop, visit: NewVisitor) -> None:
    keeper = await at_the_desk(visit)
    await keeper.go("/admin/import")
    rows = [
        "slug,name,description,categories,image,sku,options,price,currency,compare_at_price,weight_g,stock",
        "caju-doce,Caju doce,,fruit/tropical,,caju-doce-1,,3.50,BRL,,100,7",
        "caju-azul,Caju azul,,fruit/tropical,,caju-azul-1,,minus,BRL,,100,7",
    ]
    file = {"name": "goods.csv", "mimeType": "text/csv", "buffer": "\n".join(rows).encode()}
    await keeper.page.locator('input[type="file"]').set_input_files(file)  # type: ignore[arg-type]  # As documented.
    await expect(keeper.page.get_by_text("This is what the import would do.")).to_be_visible()
    await expect(keeper.page.get_by_role("table")).to_contain_text("price")
    await keeper.looked_at("admin-import-errors")
    assert (await site.get("/v1/products/caju-doce")).status == 404
    await keeper.named("button", "^take in 1 product").click()
    await expect(keeper.page.get_by_text("The import is done.")).to_be_visible()
    assert (await site.get("/v1/products/caju-doce")).status == 200
    assert (await site.get("/v1/products/caju-azul")).status == 404


async def test_one_key_leads_anywhere(site: Shop, visit: NewVisitor) -> None:
    keeper = await at_the_desk(visit)
    await expect(keeper.page.get_by_text("Yesterday: ").first).to_be_visible()  # The page has come to life.
    await keeper.page.keyboard.press("Control+k")
    await expect(keeper.page.get_by_role("dialog")).to_be_visible()
    await expect(keeper.page.get_by_role("combobox")).to_be_focused()
    await keeper.looked_at("admin-palette")
    await keeper.page.keyboard.type("stock")
    await keeper.page.keyboard.press("Enter")
    await keeper.page.wait_for_url("**/admin/stock")
    await expect(keeper.page.get_by_role("dialog")).to_have_count(0)
    await keeper.page.keyboard.press("?")
    await expect(keeper.page.get_by_role("dialog")).to_be_visible()
    await keeper.looked_at("admin-keys")


async def test_customers_see_no_back_office(site: Shop, visit: NewVisitor) -> None:
    email, _ = await site.new_customer()
    visitor = await visit()
    visitor.tolerate(403, "/v1/admin")
    await visitor.sign_in(email, "a long enough word", to="/admin")
    await expect(visitor.page.get_by_text("This is for the shop's staff.")).to_be_visible()
