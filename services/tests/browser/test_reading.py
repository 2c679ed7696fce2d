"""The shop as it is read: without JavaScript, in two languages, by search engines, and by who minds movement."""

import re

from playwright.async_api import expect

from tests.browser.conftest import NewVisitor
from tests.browser.visitor import PHONE
from tests.shop import Shop

RUNNING = """() => document.getAnimations().filter((one) => one.playState === 'running'
    && one.effect.getComputedTiming().activeDuration > 50).length"""


async def test_without_javascript_all_can_be_read_and_searched(visit: NewVisitor) -> None:
    reader = await visit(PHONE, java_script_enabled=False)
    await reader.page.goto("/")
    assert reader.page.url.endswith("/en")
    await reader.page.goto("/en/products")
    await reader.page.locator('main a[href*="/products/"]').first.click()
    await reader.page.wait_for_url("**/en/products/*")
    await expect(reader.page.get_by_role("heading", level=1)).to_be_visible()
    await expect(reader.page.locator("main")).to_contain_text("R$")
    await reader.page.goto("/en")
    search = reader.page.get_by_role("searchbox").or_(reader.page.get_by_role("combobox")).first
    if not await search.is_visible():
        await reader.page.locator('a[href$="/search"], summary').first.click()
        search = reader.page.locator('input[name="q"]').last
    await search.fill("mangoo")
    await search.press("Enter")
    await reader.page.wait_for_url("**/search?q=mangoo**")
    await expect(reader.page.locator('main a[href$="/palmer-mango"]').first).to_be_visible()


async def test_the_language_is_the_readers_and_can_be_changed(visit: NewVisitor) -> None:
    reader = await visit(locale="pt-BR")
    await reader.go("/")
    assert reader.page.url.endswith("/pt-BR")
    await reader.go("/pt-BR/products/palmer-mango")
    await expect(reader.page.get_by_role("heading", level=1)).to_have_text("Manga palmer")
    await expect(reader.page.locator("main")).to_contain_text(re.compile(r"R\$\s4,90"))
    await reader.named("link", "English").first.click()
    await reader.page.wait_for_url("**/en/products/palmer-mango")
    await expect(reader.page.get_by_role("heading", level=1)).to_have_text("Palmer mango")
    assert await reader.page.locator("html").get_attribute("lang") == "en"
    await reader.go("/")
    assert reader.page.url.endswith("/en")  # What was chosen is remembered.


async def test_search_engines_are_told_what_is_what(visit: NewVisitor, site: Shop) -> None:
    reader = await visit()
    await reader.go("/en/products/palmer-mango")
    head = reader.page.locator("head")
    assert await head.locator('link[rel="canonical"]').get_attribute("href") == f"{site.url}/en/products/palmer-mango"
    others = [await one.get_attribute("hreflang") for one in await head.locator("link[hreflang]").all()]
    assert {"en", "pt-BR"} <= set(others)
    data = "".join(await reader.page.locator('script[type="application/ld+json"]').all_text_contents())
    assert '"Product"' in data
    assert '"BreadcrumbList"' in data
    assert await head.locator('meta[property="og:image"]').count() >= 1
    robots = await site.get("/robots.txt")
    assert robots.status == 200
    assert b"sitemap.xml" in robots.raw
    sitemap = await site.get("/sitemap.xml")
    assert sitemap.status == 200
    assert b"<sitemapindex" in sitemap.raw or b"/en/products/palmer-mango" in sitemap.raw


async def test_nothing_moves_for_who_wants_it_still(visit: NewVisitor) -> None:
    reader = await visit(reduced_motion="reduce")
    await reader.go("/en")
    await reader.page.locator('main a[href*="/products/"]').first.click()
    await reader.page.wait_for_url("**/en/products/*")
    assert await reader.page.evaluate(RUNNING) == 0


async def test_pictures_are_seen_by_whichever_name_the_shop_is_reached(site: Shop, visit: NewVisitor) -> None:
    reader = await visit()
    await reader.go(f"{site.url.replace('127.0.0.1', 'localhost')}/en/products/palmer-mango")
    picture = reader.page.locator("main img").first
    assert await picture.evaluate("(one) => one.decode().then(() => one.naturalWidth)") > 0
    others = [fault for fault in reader.faults if not fault.startswith("another host was asked")]
    assert others == []
    reader.faults.clear()
