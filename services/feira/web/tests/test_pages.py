"""Pages as the shop serves them: rendered once, kept, made stale in time, and never lost with the one who renders them."""

import asyncio
import base64
import gzip
import hashlib
import re
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import brotli
import pytest

from feira.contracts.catalog import ProductsChanged, StockChanged
from feira.kernel.message import Heard
from feira.web import pages
from feira.web.pages import PAGES, Page

from .conftest import PAGE, MakeFront, answer


def news(*events: Any) -> list[tuple[int, Heard[Any]]]:
    return [(n, Heard(id=uuid4(), at=datetime.now(UTC), event=event)) for n, event in enumerate(events)]


def count(by: str) -> float:
    return float(PAGES.labels(by)._value.get())


async def settle(front: Any) -> None:
    """Until what was heard has been acted upon."""
    while front.pages._settling:
        await asyncio.sleep(0.001)


def age(front: Any, by_s: float = 60.0) -> None:
    """As if it were later: what is stale is late."""
    for store in front.pages._stores:
        for slot in store._slots.values():
            page: Page = slot.values[()]
            page.stale_at -= by_s
            page.late_at -= by_s


async def test_a_page_is_rendered_once_and_sent_in_each_form(front: MakeFront, neighbour: Any) -> None:
    shop = await front({"address": neighbour.address})
    neighbour.says["/en"] = "ação " * 1_000
    first = await shop.get("/en")
    status, heads, body = first
    assert (status, body.decode()) == (200, PAGE.format(body=neighbour.says["/en"]))
    assert heads["cache-control"] == "public, max-age=0, must-revalidate"
    assert heads["content-type"] == "text/html; charset=utf-8"
    assert heads["vary"].startswith("RSC, ")
    assert heads["vary"].endswith("Accept-Encoding")
    assert heads["referrer-policy"] == "no-referrer"
    for name in ("x-request-id", "date"):
        heads.pop(name)
    _, again, same = await shop.get("/en", Cookie="feira_access=forged", Authorization="Bearer forged")
    assert (again | heads, same) == (again, body)  # Nobody asks who is asking: a page is the same for everybody.
    for coding, unpack in (("br", brotli.decompress), ("gzip", gzip.decompress)):
        _, packed, data = await shop.get("/en", Accept_Encoding=f"deflate, {coding}")
        assert (packed["content-encoding"], unpack(data)) == (coding, body)
        assert packed["etag"] == f"W/{heads['etag']}"
    status, known, nothing = await shop.get("/en", If_None_Match=heads["etag"], Accept_Encoding="br")
    assert (status, nothing, known["content-security-policy"]) == (304, b"", heads["content-security-policy"])
    status, headed, nothing = await shop.get("/en", "HEAD")
    assert (status, headed["content-length"], nothing) == (200, str(len(body)), b"")
    assert neighbour.asked == ["/en"]
    # What a page is not rendered by is not asked for, and what it is rendered by makes another page.
    assert (await shop.get("/en?utm_source=x&gclid=y"))[2] == body
    assert neighbour.asked == ["/en"]
    await shop.get("/en/search?sort=price&fbclid=1&attributes=a:b&attributes=c:d")
    await shop.get("/en/search?sort=price&attributes=a:b&attributes=c:d")
    assert neighbour.asked[1:] == ["/en/search?sort=price&attributes=a:b&attributes=c:d"]
    for _ in range(2):
        await shop.get("/en/search?q=a&unheard=1")
    assert neighbour.asked[2:] == ["/en/search?q=a&unheard=1"] * 2  # Nobody knows how many of these there are.
    assert neighbour.heads[0] == {"host": neighbour.address}  # No cookie goes there, and no language.
    assert (await shop.get("/en", "POST"))[:2][0] == 405
    assert (await shop.get("/en", "OPTIONS"))[1]["allow"] == "GET, HEAD, OPTIONS"
    assert (await shop.get("/en", Host="evil.example"))[0] == 421
    status, heads, _ = await shop.get("/v1/unheard")
    assert (status, heads["content-type"]) == (404, "application/problem+json")


async def test_private_pages_are_kept_by_nobody_but_us(front: MakeFront, neighbour: Any) -> None:
    shop = await front({"address": neighbour.address})
    for path in (
        "/en/cart",
        "/pt-BR/checkout",
        "/en/orders/1",
        "/en/account/orders",
        "/admin",
        "/admin/orders?q=x",
        "/en/reset",
    ):
        for _ in range(2):
            status, heads, _ = await shop.get(path)
            assert (status, heads["cache-control"], "etag" in heads) == (200, "no-store", False), path
            assert heads["referrer-policy"] == "no-referrer"
            assert "content-security-policy" in heads
    assert neighbour.asked.count("/admin/orders?q=x") == 1
    assert len(neighbour.asked) == 7


async def test_what_the_router_asks_for_is_kept_by_all_that_it_says(front: MakeFront, neighbour: Any) -> None:
    shop = await front({"address": neighbour.address})
    neighbour.answers["/en"] = answer(200, "1:data", "text/x-component", "x-nextjs-stale-time: 30", "set-cookie: a=b")
    asks: list[dict[str, str]] = [
        {"RSC": "1", "Next_Router_State_Tree": "a"},
        {"RSC": "1", "Next_Router_State_Tree": "b"},  # With the same hash, as somebody could contrive.
        {"RSC": "1", "Next_Router_Prefetch": "1"},
    ]
    for number, heads in enumerate(asks, 1):
        for _ in range(2):
            status, got, body = await shop.get("/en?_rsc=abc&utm_source=1", **heads)
            assert (status, body, got["content-type"]) == (200, b"1:data", "text/x-component")
            assert got["x-nextjs-stale-time"] == "30"
            assert "set-cookie" not in got
            assert "Next-Router-State-Tree" in got["vary"]
        assert len(neighbour.asked) == number
    assert neighbour.asked[0] == "/en?_rsc=abc"
    assert neighbour.heads[1]["next-router-state-tree"] == "b"
    await shop.get("/en?_rsc=abc")
    assert neighbour.asked[-1] == "/en"  # Without the header it is an ordinary page.


async def test_a_crowd_renders_once(front: MakeFront, neighbour: Any) -> None:
    shop = await front({"address": neighbour.address})
    neighbour.go.clear()
    crowd = [asyncio.create_task(shop.get("/en")) for _ in range(20)]
    while not neighbour.asked:
        await asyncio.sleep(0.001)
    crowd[0].cancel()  # The one who began it goes away.
    await asyncio.sleep(0.02)
    neighbour.go.set()
    assert {(await one)[0] for one in crowd[1:]} == {200}
    assert neighbour.asked == ["/en"]


async def test_changes_make_stale_what_depends_on_them(front: MakeFront, neighbour: Any) -> None:
    shop = await front({"address": neighbour.address})
    neighbour.says["/en"] = '<a href="/en/products/mango">'
    paths = ["/en", "/en/products/mango", "/en/products/lime", "/en/cart", "/en/search?in_stock=true", "/en/about"]
    for path in paths:
        await shop.get(path)
    rendered: list[str] = []

    async def renewed(*events: Any) -> list[str]:
        """The pages that are rendered again after this, each asked for once it is late."""
        del neighbour.asked[:]
        shop.site.heard(news(*events) if events else None)
        await settle(shop)
        now = time.monotonic()
        for store in shop.pages._stores:
            for slot in store._slots.values():
                page: Page = slot.values[()]
                page.late_at = now if page.stale_at <= now else page.late_at
        for path in paths:
            assert (await shop.get(path))[0] == 200
        rendered[:] = sorted(neighbour.asked)
        return [path for path in paths if path in rendered]

    changed = ProductsChanged(version=1, slugs=("mango",), lists=False)
    assert await renewed(changed) == ["/en", "/en/products/mango"]
    assert await renewed(ProductsChanged(version=1, slugs=("new",), lists=True)) == [
        "/en", "/en/search?in_stock=true", "/en/about",
    ]  # fmt: skip
    stock = StockChanged(version=1, product_id=uuid4(), slug="lime", sku="L", available=False)
    assert await renewed(stock) == ["/en/products/lime", "/en/search?in_stock=true"]
    assert await renewed(ProductsChanged(version=1, everything=True)) == paths
    assert await renewed() == paths
    assert await renewed(ProductsChanged(version=1, slugs=("unheard",), lists=False)) == []


async def test_stale_pages_are_given_while_they_are_rendered(
    front: MakeFront, neighbour: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "GRACE_S", 3600.0)
    monkeypatch.setattr(pages, "STALE_WAIT_S", 3600.0)
    shop = await front({"address": neighbour.address})
    neighbour.says["/en/products/mango"] = "old"
    await shop.get("/en/products/mango")
    shop.site.heard(news(ProductsChanged(version=1, slugs=("mango",))))
    await settle(shop)
    assert len(neighbour.asked) == 1  # A change renders nothing.
    neighbour.says["/en/products/mango"] = "new"
    neighbour.go.clear()
    stale = count("stale")
    for _ in range(3):
        assert b"old" in (await shop.get("/en/products/mango"))[2]
    assert count("stale") == stale + 3
    # Who says that a kept answer will not do waits for the new one, and so does who comes late.
    waiting = [asyncio.create_task(shop.get("/en/products/mango", Cache_Control="no-cache"))]
    while len(neighbour.asked) < 2:
        await asyncio.sleep(0.001)
    age(shop, 4000)
    waiting.append(asyncio.create_task(shop.get("/en/products/mango")))
    neighbour.go.set()
    for one in waiting:
        assert b"new" in (await one)[2]
    hits = count("hit")
    assert b"new" in (await shop.get("/en/products/mango"))[2]
    assert (len(neighbour.asked), count("hit")) == (2, hits + 1)


async def test_what_was_begun_before_a_change_is_not_taken_for_new(front: MakeFront, neighbour: Any) -> None:
    shop = await front({"address": neighbour.address})
    neighbour.says["/en/products/mango"] = "old"
    neighbour.go.clear()
    first = asyncio.create_task(shop.get("/en/products/mango"))
    while not neighbour.asked:
        await asyncio.sleep(0.001)
    neighbour.says["/en/products/mango"] = "new"
    shop.site.heard(news(ProductsChanged(version=1, slugs=("mango",))))
    await settle(shop)
    neighbour.go.set()
    assert b"old" in (await first)[2]
    age(shop)
    assert b"new" in (await shop.get("/en/products/mango"))[2]
    assert len(neighbour.asked) == 2


async def test_nothing_is_lost_with_the_one_who_renders(front: MakeFront, neighbour: Any) -> None:
    shop = await front({"address": neighbour.address}, answer_timeout_s=0.2)
    await shop.get("/en")
    ways = {
        "/en/garbage": b"SMTP\r\n\r\n",
        "/en/half": answer(200, "x" * 100)[:-40],
        "/en/head": b"HTTP/1.1 200 OK\r\n" + b"a: " + b"b" * 40_000 + b"\r\n\r\n",
        "/en/huge": answer(200, "x" * (5 << 20)),
        "/en/broken": answer(500, "trace"),
    }
    neighbour.answers = ways
    neighbour.hang_up_after = 1
    for path in ways:
        status, heads, body = await shop.get(path)
        assert (status, heads["retry-after"], heads["cache-control"]) == (503, "2", "no-store"), path
        assert b"opens in a moment" in body
        assert b"trace" not in body
    status, heads, body = await shop.get("/pt-BR/broken")
    assert status == 200
    neighbour.answers["/pt-BR/broken"] = ways["/en/broken"]
    age(shop, 4000)
    assert (await shop.get("/pt-BR/broken"))[2] == body  # Rather an old page than none.
    neighbour.hang_up_after = 10**9
    neighbour.go.clear()
    assert (await shop.get("/pt-BR/slow"))[0] == 503
    assert (await shop.get("/en/slow?_rsc=1", RSC="1"))[1]["content-type"] == "text/plain"
    neighbour.go.set()
    neighbour.answers = {}
    assert (await shop.get("/pt-BR/slow"))[0] == 200
    await neighbour.stop()
    shop.site._upstream.close()
    assert (await shop.get("/en/other"))[0] == 503
    assert (await shop.get("/en"))[0] == 200
    age(shop, 4000)
    assert (await shop.get("/en"))[0] == 200


async def test_connections_are_used_again_and_closed_ones_are_not_minded(front: MakeFront, neighbour: Any) -> None:
    shop = await front({"address": neighbour.address})
    for number in range(5):
        await shop.get(f"/en/{number}")
    assert neighbour.connections == 1
    neighbour.hang_up_after = 1
    for number in range(5, 8):
        assert (await shop.get(f"/en/{number}"))[0] == 200
    assert len(neighbour.asked) == 8


async def test_a_page_that_says_that_it_is_missing_is_none(front: MakeFront, neighbour: Any) -> None:
    shop = await front({"address": neighbour.address})
    neighbour.says["/en/products/none"] = '<meta name="feira:status" content="404"/>Nothing here'
    neighbour.says["/en/products/sly"] = '&lt;meta name="feira:status" content="404"/>'
    status, heads, body = await shop.get("/en/products/none")
    assert (status, heads["cache-control"]) == (404, "no-store")
    assert b"Nothing here" in body
    assert (await shop.get("/en/products/sly"))[0] == 200


async def test_what_is_not_there_is_kept_apart_and_briefly(
    front: MakeFront, neighbour: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = await front({"address": neighbour.address})
    await shop.get("/en")
    neighbour.status = 404
    status, heads, body = await shop.get("/en/products/none")
    assert (status, heads["cache-control"]) == (404, "no-store")
    assert "content-security-policy" in heads
    assert (await shop.get("/en/products/none"))[::2] == (404, body)
    assert len(neighbour.asked) == 2
    for number in range(600):
        shop.pages._odd._entries_max = 100
        if number % 150 == 0:
            await shop.get(f"/en/random-{number}")
    assert (await shop.get("/en"))[0] == 200
    neighbour.status = 200
    shop.site.heard(news(ProductsChanged(version=1, slugs=("none",), lists=True)))
    await settle(shop)
    age(shop, 4000)
    assert (await shop.get("/en/products/none"))[0] == 200
    assert b"/en/products/none" in shop.pages._plain
    assert b"/en/products/none" not in shop.pages._odd
    neighbour.answers["/en/old"] = answer(308, "", "text/html", "location: /en/new?a=1")
    neighbour.answers["/en/out"] = answer(307, "", "text/html", "location: https://evil.example/x")
    neighbour.answers["/en/odd"] = answer(307, "", "text/html", "location: //evil.example/x")
    neighbour.answers["/en/own"] = answer(307, "", "text/html", f"location: http://{neighbour.address}/en?b=2")
    led = [(await shop.get(f"/en/{name}"))[1]["location"] for name in ("old", "out", "odd", "own")]
    assert led == ["/en/new?a=1", "/", "/", "/en?b=2"]
    neighbour.answers["/en/refused"] = answer(400, "no")
    for _ in range(2):
        assert (await shop.get("/en/refused"))[0] == 400
    assert neighbour.asked.count("/en/refused") == 2
    # A page of which a part has failed is as good as none to keep for long.
    neighbour.says["/en/part"] = '<template data-dgst="1"></template>'
    await shop.get("/en/part")
    assert b"/en/part" in shop.pages._odd
    long = "/en/search?q=" + "x" * 3_000
    for _ in range(2):
        assert (await shop.get(long))[0] == 200
    assert neighbour.asked.count(long) == 2


async def test_each_script_is_named_by_its_hash(front: MakeFront, neighbour: Any) -> None:
    shop = await front(
        {"address": neighbour.address}, public_url="https://shop.example", hosts=("www.shop.example",), host="127.0.0.1"
    )
    pushes = "".join(f'<script>self.__next_f.push([1,"{n}"])</script>' for n in range(200))
    neighbour.says["/en"] = (
        "<script>(self.__next_f=self.__next_f||[]).push([0])</script>" + pushes + "<script>twice()</script>" * 2
        + '<script type="application/ld+json">{"a": 1}</script><script src="/_next/static/a.js" async=""></script>'
        + '<script type="module">m()</script><script id="_R_">r()</script>'
    )  # fmt: skip
    _, heads, body = await shop.get("/en")
    rules = dict(rule.split(" ", 1) for rule in heads["content-security-policy"].split("; "))
    allowed = rules["script-src"].split()
    assert allowed[0] == "'self'"
    wanted = {
        text
        for attributes, text in re.findall(rb"<script([^>]*)>(.*?)</script>", body)
        if b"src=" not in attributes and b"ld+json" not in attributes
    }
    assert {text for text in wanted if b"next_f" not in text} == {b"theme()", b"twice()", b"m()", b"r()"}
    hashes = {f"'sha256-{base64.b64encode(hashlib.sha256(text).digest()).decode()}'" for text in wanted}
    assert set(allowed[1:]) == hashes
    assert len(hashes) == 5  # All pushes are one script, in their order.
    merged = next(text for text in wanted if b"next_f" in text)
    assert re.findall(rb'"(\d+)"', merged) == [str(n).encode() for n in range(200)]
    assert rules["frame-ancestors"] == rules["base-uri"] == rules["object-src"] == "'none'"
    assert rules["img-src"].split()[:2] == ["'self'", "https://shop.example"]  # Where they lie, whichever name is used.
    assert rules["connect-src"].split()[:2] == ["'self'", "wss://shop.example"]
    assert "[" not in rules["connect-src"]  # A browser says that it is no source.
    assert "unsafe-inline" not in rules["script-src"]
    assert heads["strict-transport-security"] == "max-age=31536000"
    assert sum(len(name) + len(value) + 4 for name, value in heads.items()) < 8192
    neighbour.says["/en/many"] = "".join(f"<script>s({n})</script>" for n in range(300))
    _, heads, _ = await shop.get("/en/many")
    assert sum(len(name) + len(value) + 4 for name, value in heads.items()) < 8192
    neighbour.answers["/robots.txt"] = answer(200, "User-agent: *", "text/plain")
    _, heads, _ = await shop.get("/robots.txt")
    assert "content-security-policy" not in heads
    neighbour.answers["/icon.png"] = answer(200, "x" * 2_000, "image/png")
    _, heads, _ = await shop.get("/icon.png?icon.123.png", Accept_Encoding="br, gzip")
    assert (heads["cache-control"], "content-encoding" in heads) == ("public, max-age=3600", False)


async def test_files_of_the_build_come_from_its_folder(front: MakeFront, neighbour: Any, tmp_path: Path) -> None:
    folder = tmp_path / "build" / ".next" / "static" / "chunks"
    folder.mkdir(parents=True)
    (folder / "a.js").write_bytes(b"a" * 3_000)
    (folder / "a.js.br").write_bytes(brotli.compress(b"a" * 3_000))
    (folder / "a.js.gz").write_bytes(gzip.compress(b"a" * 3_000))
    (folder / "b.woff2").write_bytes(b"b" * 3_000)
    (tmp_path / "build" / "secret.js").write_text("secret")
    shop = await front({"address": neighbour.address, "home": str(tmp_path / "build")})
    for _ in range(2):
        status, heads, body = await shop.get("/_next/static/chunks/a.js")
        assert (status, body, heads["content-type"]) == (200, b"a" * 3_000, "text/javascript; charset=utf-8")
        assert heads["cache-control"] == "public, max-age=31536000, immutable"
    for coding, unpack in (("br", brotli.decompress), ("gzip", gzip.decompress)):
        _, packed, data = await shop.get("/_next/static/chunks/a.js", Accept_Encoding=coding)
        assert (packed["content-encoding"], unpack(data)) == (coding, b"a" * 3_000)
    assert (await shop.get("/_next/static/chunks/a.js", If_None_Match=heads["etag"]))[0] == 304
    _, heads, _ = await shop.get("/_next/static/chunks/b.woff2", Accept_Encoding="br")
    assert (heads["content-type"], "content-encoding" in heads) == ("font/woff2", False)
    for path in (
        "chunks/none.js",
        "chunks/a.js.br",
        "../secret.js",
        "%2e%2e/secret.js",
        "",
    ):
        assert (await shop.get(f"/_next/static/{path}"))[0] == 404, path
    assert shop.site._files is not None
    assert shop.site._files.form(b"/_next/static/../../secret.js", "", "") is None
    assert (await shop.get("/_next/image?url=/x"))[0] == 404
    assert neighbour.asked == []


async def test_the_shop_s_own_address_leads_to_a_language(front: MakeFront, neighbour: Any) -> None:
    shop = await front({"address": neighbour.address})
    for heads, locale in (
        ({}, "en"),
        ({"Accept_Language": "pt"}, "pt-BR"),
        ({"Accept_Language": "pt", "Cookie": "feira_locale=en"}, "en"),
        ({"Cookie": "feira_locale=../evil"}, "en"),
    ):
        status, got, _ = await shop.get("/", **heads)
        assert (status, got["location"], got["vary"]) == (302, f"/{locale}", "Cookie, Accept-Language")
    assert (await shop.get("/?q=a&utm_id=1"))[1]["location"] == "/en?q=a"
    assert neighbour.asked == ["/en"]  # Whether pages answer was asked once.


async def test_before_there_are_pages_the_visitor_is_told(front: MakeFront, neighbour: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("feira.web.site.READY_S", 0.0)
    monkeypatch.setattr("feira.web.site.UNREADY_S", 0.0)
    shop = await front({"address": neighbour.address}, shop_name="Tom & Ana")
    neighbour.status = 503
    for path in ("/", "/en", "/en/cart"):
        status, heads, body = await shop.get(path, Accept_Language="pt-BR")
        assert (status, heads["retry-after"]) == (503, "2"), path
        assert b'http-equiv="refresh"' in body
        assert b"Tom &amp; Ana" in body
    assert "Estamos montando a barraca" in (await shop.get("/", Accept_Language="pt-BR"))[2].decode()
    monkeypatch.setattr("feira.web.site.LATE_S", 0.0)
    for path in ("/", "/en/other"):
        assert b"It takes longer than it should" in (await shop.get(path))[2]
    status, _, body = await shop.get("/readyz")
    assert (status, b"pages are not rendered yet" in body) == (503, True)
    neighbour.status = 200
    assert (await shop.get("/readyz"))[0] == 200
    assert (await shop.get("/"))[0] == 302
    rendered = neighbour.asked.count("/en")
    assert (await shop.get("/readyz"))[0] == 200
    assert neighbour.asked.count("/en") == rendered


async def test_a_shop_without_pages_says_why(front: MakeFront) -> None:
    shop = await front({"fault": "there is no Node.js <20>: `add it`", "fault_pt-BR": "não há Node.js <20>: `ponha`"})
    for path in ("/", "/en/products/mango"):
        status, _, body = await shop.get(path)
        assert status == 503
        assert b"there is no Node.js &lt;20&gt;: <code>add it</code>" in body
        assert b"http-equiv" not in body
    for path, taken in (("/", "pt-BR,en;q=0.5"), ("/pt-BR", "en")):
        status, heads, body = await shop.get(path, Accept_Language=taken)
        assert (status, heads["content-language"]) == (503, "pt-BR")
        assert "a vitrine não: não há Node.js &lt;20&gt;: <code>ponha</code>." in body.decode()
        assert b"there is" not in body
    assert (await shop.get("/readyz"))[0] == 503
    assert (await shop.get("/docs"))[0] == 200
    assert (await shop.get("/_next/static/a.js"))[0] == 404


async def test_the_renderer_is_bounded(front: MakeFront, neighbour: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "GRACE_S", 3600.0)
    monkeypatch.setattr(pages, "WANTED_MAX", 3)
    monkeypatch.setattr(pages, "FLIGHTS_MAX", 2)
    monkeypatch.setattr(pages, "SETTLING_MAX", 0)
    shop = await front({"address": neighbour.address})
    for number in range(8):
        await shop.get(f"/en/{number}")
    shop.site.heard(news(ProductsChanged(version=1, slugs=("any",))))  # Too much has changed to tell what.
    await settle(shop)
    del neighbour.asked[:]
    neighbour.go.clear()
    for number in range(8):
        assert (await shop.get(f"/en/{number}"))[0] == 200
    busy = asyncio.create_task(shop.get("/en/new"))
    while len(neighbour.asked) < 2:
        await asyncio.sleep(0.001)
    assert (await shop.get("/en/another"))[0] == 503
    assert len(shop.pages._wanted) <= 3
    neighbour.go.set()
    assert (await busy)[0] == 200
    while shop.pages._wanted or shop.pages._flights:
        await asyncio.sleep(0.01)
    assert len(neighbour.asked) <= 6
    assert "/en/7" in neighbour.asked  # What was asked for last.
