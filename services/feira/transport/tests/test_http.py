"""Routes over real sockets: what is read, what is answered, and what is refused how."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import uuid4

import asyncpg
import pytest
from msgspec import Meta, field

from feira.kernel.errors import NotFound, Overloaded, RateLimited, Refused
from feira.kernel.http import Answer, Body, Cursor, Limit, Money, Query, Request, Route, Stream, View
from feira.transport.dispatch import App
from feira.transport.heads import Hosts, set_cookie
from feira.transport.serve import HttpServer, claim, internal_app


class Line(Body, frozen=True, kw_only=True):
    sku: Annotated[str, Meta(min_length=1, max_length=64)]
    quantity: Annotated[int, Meta(ge=1, le=1_000_000)]


class Order(Body, frozen=True, kw_only=True):
    lines: Annotated[list[Line], Meta(max_length=10)]
    note: str | None = None
    total: Money | None = None
    labels: dict[str, Line] = field(default_factory=dict)
    whatever: Any = None


class Filter(Query, frozen=True, kw_only=True):
    limit: Limit = 20
    cursor: Cursor = None
    q: Annotated[str, Meta(max_length=20)] | None = None
    in_stock: bool = False
    sort: Literal["price", "-price"] = "price"
    number: int = 0
    since: datetime | None = field(default=None, name="from")


class Said(View, frozen=True, kw_only=True):
    text: str
    count: int = 0


class SoldOut(Refused):
    code = "sold_out"
    title = "Nothing is left"


async def place(request: Request[Order, None]) -> Said:
    return Said(text=request.body.note or "", count=len(request.body.lines))


async def lists(request: Request[None, Filter]) -> Said:
    return Said(text=request.query.q or "", count=request.query.limit)


async def shows(request: Request[None, None]) -> Said:
    return Said(text=request.path["order_id"])


async def by_id(request: Request[None, None]) -> Said:
    return Said(text=str(request.id("order_id")))


async def upload(request: Request[Stream, None]) -> Said:
    return Said(text="", count=sum([len(chunk) async for chunk in request.stream()]))


async def greets(request: Request[None, None]) -> Said:
    return Said(text=request.locale)


ROUTES = [
    Route("POST", "/v1/orders", place, body=Order, reply=Said, status=201),
    Route("GET", "/v1/orders", lists, query=Filter, reply=Said),
    Route("GET", "/v1/orders/latest", greets, localised=True, public_cache=True),
    Route("GET", "/v1/orders/{order_id}", shows, public_cache=True),
    Route("GET", "/v1/ids/{order_id}", by_id),
    Route("POST", "/v1/optional", place, body=Order, body_optional=True, body_max=100),
    Route("POST", "/v1/uploads", upload, body=Stream, body_max=200_000, consumes=("text/csv", "application/json")),
]
LINE = {"sku": "a", "quantity": 1}


async def raw(shop: Any, data: bytes, *, wait_s: float = 0.5) -> bytes:
    """What is answered to these bytes until the server closes or falls silent."""
    reader, writer = await asyncio.open_connection("127.0.0.1", shop.port)
    writer.write(data.replace(b"Host: HOST", b"Host: 127.0.0.1:%d" % shop.port))
    await writer.drain()
    found = b""
    try:
        async with asyncio.timeout(wait_s):
            while chunk := await reader.read(65536):
                found += chunk
            found += b"<closed>"
    except TimeoutError:
        pass
    writer.close()
    return found


def posted(body: bytes, path: str = "/v1/orders", content_type: str = "application/json") -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: HOST\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def problem(shop: Any, method: str, path: str, **given: Any) -> tuple[int, str, list[tuple[str, str]]]:
    """The status, the code and the fields of a refusal."""
    async with shop.session.request(method, path, **given) as answer:
        assert answer.content_type == "application/problem+json", await answer.text()
        assert answer.headers["Cache-Control"] == "no-store"
        found = await answer.json()
        assert found["status"] == answer.status
        assert {"type", "title", "detail", "code"} <= found.keys()
        return answer.status, found["code"], [(error["field"], error["message"]) for error in found.get("errors", ())]


async def test_a_body_becomes_a_value_and_a_view_becomes_json(web: Any) -> None:
    shop = await web(ROUTES)
    async with shop.session.post("/v1/orders", json={"lines": [LINE, LINE], "note": "olá"}) as answer:
        assert (answer.status, await answer.json()) == (201, {"text": "olá", "count": 2})
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
    for content_type in ("application/merge-patch+json", 'application/json; charset="UTF-8"', "Application/JSON"):
        headers = {"Content-Type": content_type}
        async with shop.session.post("/v1/orders", data=b'{"lines":[]}', headers=headers) as answer:
            assert answer.status == 201
    async with shop.session.post("/v1/optional") as answer:
        assert answer.status == 422  # `{}` lacks its lines: an optional body was read.


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"lines": [{**LINE, "quantity": 1.0}]}, "lines.0.quantity"),
        ({"lines": [LINE, {**LINE, "quantity": True}]}, "lines.1.quantity"),
        ({"lines": [{**LINE, "quantity": "1"}]}, "lines.0.quantity"),
        ({"lines": [{**LINE, "quantity": 0}]}, "lines.0.quantity"),
        ({"lines": [{**LINE, "quantity": 2**70}]}, "lines.0.quantity"),
        ({"lines": [{"sku": "a"}]}, "lines.0.quantity"),
        ({"lines": [{**LINE, "price": 1}]}, "lines.0.price"),
        ({"lines": [LINE] * 11}, "lines"),
        ({"lines": [], "role": "admin"}, "role"),
        ({"lines": [], "labels": {"x": {"sku": "a"}}}, "labels.quantity"),
        ({"lines": [], "total": {"amount": 2**53, "currency": "BRL"}}, "total.amount"),
        ({"lines": [], "total": {"amount": 1, "currency": "BRL\n"}}, "total.currency"),
        ({"lines": [], "total": {"amount": 1, "currency": "BRL", "x": 1}}, "total.x"),
        ({"lines": [], "note": "a\0b"}, "note"),
        ({"lines": [{**LINE, "sku": "\ud800"}]}, "lines.0.sku"),
        ({"lines": [], "labels": {"\0": LINE}}, "labels.\\u0000"),
        ({"lines": [], "labels": {"\udfff": LINE}}, "labels.\\udfff"),
        ({"lines": [], "whatever": [{"deep": 2**63}]}, "whatever.0.deep"),
        ({}, "lines"),
        ({"lines": None}, "lines"),
    ],
)
async def test_a_broken_rule_names_its_field(web: Any, body: Any, field: str) -> None:
    shop = await web(ROUTES)
    status, code, errors = await problem(shop, "POST", "/v1/orders", json=body)
    assert (status, code) == (422, "invalid")
    assert [name for name, _ in errors] == [field]


async def test_a_body_of_another_shape_is_wrong_as_a_whole(web: Any) -> None:
    shop = await web(ROUTES)
    assert await problem(shop, "POST", "/v1/orders", json=[]) == (
        422,
        "invalid",
        [("", "Expected `object`, got `array`")],
    )


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"lines": [], "note": 1',
        b'{"lines":' + b"[" * 10_000,
        b'{"lines": 1, "whatever":' + b"[" * 10_000 + b"]" * 10_000 + b"}",
        b'{"lines": [], "whatever":' + b'{"a":' * 10_000 + b"1" + b"}" * 10_000 + b"}",
        b'{"lines": [], "note": "\\u0000", "whatever":' + b"[" * 10_000,
        b'{"lines": [], "note": "\xff"}',
        b'{"lines": [], "note": "\x00"}',
        b'{"lines": [], "note": "\\ud800"',
        b'\xef\xbb\xbf{"lines": []}',
        '{"lines": []}'.encode("utf-16"),
        b"lines=1",
        b'{"lines": [NaN]}',
    ],
)
async def test_what_is_no_json_is_malformed(web: Any, body: bytes) -> None:
    shop = await web(ROUTES)
    given = {"data": body, "headers": {"Content-Type": "application/json"}}
    assert await problem(shop, "POST", "/v1/orders", **given) == (400, "malformed", [])


async def test_digits_beyond_all_bounds_are_refused_where_they_are_harmless_too(web: Any) -> None:
    shop = await web(ROUTES)
    body = b'{"lines": [], "whatever": ' + b"1" * 5_000 + b"}"
    given = {"data": body, "headers": {"Content-Type": "application/json"}}
    assert (await problem(shop, "POST", "/v1/orders", **given))[0] == 422


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/json; charset=latin-1"}, 400),
        ({"Content-Type": "application/json", "Content-Encoding": "gzip"}, 415),
    ],
)
async def test_the_type_of_a_body_is_checked(web: Any, headers: dict[str, str], status: int) -> None:
    shop = await web(ROUTES)
    assert (await problem(shop, "POST", "/v1/orders", data=b'{"lines":[]}', headers=headers))[0] == status


async def test_a_body_without_a_type_is_json(web: Any) -> None:
    shop = await web(ROUTES)
    found = await raw(shop, b"POST /v1/orders HTTP/1.1\r\nHost: HOST\r\nContent-Length: 1\r\n\r\n{")
    assert found.startswith(b"HTTP/1.1 400")
    found = await raw(shop, b"POST /v1/orders HTTP/1.1\r\nHost: HOST\r\nContent-Length: 2\r\n\r\n[]")
    assert found.startswith(b"HTTP/1.1 422")
    assert b'"errors":[{"field":"","message":' in found


async def test_a_body_over_its_limit_is_refused_and_thrown_away(web: Any) -> None:
    shop = await web(ROUTES)
    head = b"POST /v1/orders HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/json\r\n"
    found = await raw(shop, head + b"Content-Length: 1048577\r\n\r\n{", wait_s=5)
    assert found.startswith(b"HTTP/1.1 413")
    assert b"connection: close" in found
    chunks = b"".join([b"10000\r\n" + b" " * 65536 + b"\r\n" for _ in range(20)])
    found = await raw(shop, head + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n", wait_s=5)
    assert found.startswith(b"HTTP/1.1 413")
    assert found.endswith(b"<closed>")
    found = await raw(shop, posted(b" " * 101, "/v1/optional"))
    assert found.startswith(b"HTTP/1.1 413")


async def test_a_chunked_body_is_read(web: Any) -> None:
    shop = await web(ROUTES)
    head = b"POST /v1/orders HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    found = await raw(shop, head + b'6\r\n{"line\r\n7\r\ns": []}\r\n0\r\n\r\n')
    assert found.startswith(b"HTTP/1.1 201")


async def test_a_stream_is_read_to_its_end_or_not_at_all(web: Any) -> None:
    shop = await web(ROUTES)

    async def chunks(count: int) -> AsyncIterator[bytes]:
        for _ in range(count):
            yield b"x" * 10_000

    headers = {"Content-Type": "text/csv"}
    async with shop.session.post("/v1/uploads", data=chunks(20), headers=headers) as answer:
        assert (await answer.json())["count"] == 200_000
    async with shop.session.post("/v1/uploads", data=b"abc", headers=headers) as answer:
        assert (await answer.json())["count"] == 3
    async with shop.session.post("/v1/uploads", data=b"", headers=headers) as answer:
        assert (await answer.json())["count"] == 0
    async with shop.session.post("/v1/uploads", data=b"x", headers={"Content-Type": "text/plain"}) as answer:
        assert answer.status == 415
    head = b"POST /v1/uploads HTTP/1.1\r\nHost: HOST\r\nContent-Type: text/csv\r\n"
    found = await raw(shop, head + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n\r\n")
    assert found.startswith(b"HTTP/1.1 400")
    found = await raw(shop, head + b"Content-Length: 200001\r\n\r\n", wait_s=4)
    assert found.startswith(b"HTTP/1.1 413")


async def test_an_upload_that_breaks_off_does_not_look_complete(web: Any) -> None:
    ended: asyncio.Queue[object] = asyncio.Queue()

    async def reads(request: Request[Any, None]) -> Said:
        try:
            ended.put_nowait(sum([len(chunk) async for chunk in request.stream()]))
        except Refused as refusal:
            ended.put_nowait(refusal.code)
            raise
        return Said(text="")

    async def decoded(request: Request[Order, None]) -> Said:  # pragma: no cover - it must not come to this.
        ended.put_nowait("decoded")
        return Said(text="")

    shop = await web(
        [Route("POST", "/stream", reads, body=Stream), Route("POST", "/body", decoded, body=Order)],
    )
    head = b" HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/json\r\n"
    for length in (b"Content-Length: 50\r\n\r\nhello", b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"):
        await raw(shop, b"POST /stream" + head + length, wait_s=0.1)
        assert await asyncio.wait_for(ended.get(), 5) == "malformed"
    await raw(shop, b"POST /body" + head + b'Content-Length: 50\r\n\r\n{"lines":[]}', wait_s=0.1)
    await asyncio.sleep(0.1)
    assert ended.empty()


async def test_a_sender_that_dawdles_is_cut_off() -> None:
    app = App(ROUTES, body_timeout_s=0.2)
    async with serving(app) as shop:
        head = b"POST /v1/orders HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/json\r\n"
        for rest in (b"Content-Length: 50\r\n\r\n{", b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"):
            found = await raw(shop, head + rest, wait_s=2)
            assert found.startswith(b"HTTP/1.1 408")
            assert found.endswith(b"<closed>")
        reader, writer = await asyncio.open_connection("127.0.0.1", shop.port)
        writer.write(head + b"Transfer-Encoding: chunked\r\n\r\n")

        async def dawdle() -> None:
            while True:  # Each chunk is in time, but not the whole.
                writer.write(b"1\r\n \r\n")
                await asyncio.sleep(0.02)

        dawdling = asyncio.create_task(dawdle())
        async with asyncio.timeout(10):
            assert (await reader.readline()).startswith(b"HTTP/1.1 408")
        dawdling.cancel()
        writer.close()


@pytest.mark.parametrize(
    ("query", "status", "field"),
    [
        ("limit=0", 422, "limit"),
        ("limit=101", 422, "limit"),
        ("limit=abc", 422, "limit"),
        ("limit=", 422, "limit"),
        ("limit=1&limit=2", 422, "limit"),
        ("unknown=1", 422, "unknown"),
        ("in_stock=perhaps", 422, "in_stock"),
        ("sort=random", 422, "sort"),
        ("q=%00", 422, "q"),
        ("%00=1", 422, "\\u0000"),
        ("number=9223372036854775808", 422, "number"),
        ("from=0001-01-01T00:00:00%2B14:00", 422, "from"),
        ("from=9999-12-31T23:59:59-14:00", 422, "from"),
        ("q=%zz", 400, None),
        ("q=%ff", 400, None),
        ("q=%ed%a0%80", 400, None),
        ("&".join(f"p{number}=1" for number in range(80)), 400, None),
    ],
)
async def test_a_query_is_checked(web: Any, query: str, status: int, field: str | None) -> None:
    shop = await web(ROUTES)
    found = await raw(shop, f"GET /v1/orders?{query} HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n".encode())
    assert found.startswith(b"HTTP/1.1 %d" % status)
    assert field is None or f'"errors":[{{"field":"{field.replace(chr(92), chr(92) * 2)}"'.encode() in found


async def test_a_query_is_read(web: Any) -> None:
    shop = await web(ROUTES)
    async with shop.session.get("/v1/orders?limit=5&&q=a%2Bb+c&in_stock=true") as answer:
        assert await answer.json() == {"text": "a+b c", "count": 5}
    assert await problem(shop, "GET", "/v1/orders/7?x=1") == (422, "invalid", [("x", "is not known here")])


async def test_paths(web: Any) -> None:
    shop = await web(ROUTES)

    async def asked(path: str, method: str = "GET") -> tuple[bytes, bytes]:
        found = await raw(shop, f"{method} {path} HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n".encode())
        return found[9:12], found

    assert b'"text":"en"' in (await asked("/v1/orders/latest"))[1]  # A literal goes before a parameter.
    assert '"text":"açaí"'.encode() in (await asked("/v1/orders/a%C3%A7a%C3%AD"))[1]
    assert b'"text":"%2F"' in (await asked("/v1/orders/%252F"))[1]  # Decoded once.
    too_long = "x" * 256
    for path in ("/v1", "/v1/orders/", "/v1//orders", "/v1/orders/a/b", "/v1/orders/a%2Fb", "/v1/orders/%00",
                 "/v1/orders/%0a", "/v1/orders/%ff", f"/v1/orders/{too_long}", "/" + "a/" * 100, "/../v1/orders/1",
                 "//v1/orders/1", "/V1/orders/1"):  # fmt: skip
        status, found = await asked(path)
        assert (status, b'"code":"not_found"' in found) == (b"404", True), path
    name = str(uuid4())
    assert (await asked(f"/v1/ids/{name}"))[0] == b"200"
    for path in (f"/v1/ids/{name.upper()}", f"/v1/ids/{{{name}}}", "/v1/ids/7"):
        assert (await asked(path))[0] == b"404"
    assert (await asked("/" + "a" * 100_000))[0] == b"414"


async def test_methods(web: Any) -> None:
    shop = await web(ROUTES)
    async with shop.session.put("/v1/orders") as answer:
        assert (answer.status, (await answer.json())["code"]) == (405, "method_not_allowed")
        assert answer.headers["Allow"] == "GET, HEAD, OPTIONS, POST"
    async with shop.session.options("/v1/orders/7") as answer:
        assert (answer.status, answer.headers["Allow"], await answer.read()) == (204, "GET, HEAD, OPTIONS", b"")
    async with shop.session.head("/v1/orders/7") as answer:
        assert (answer.status, answer.headers["Content-Length"], await answer.read()) == (200, "22", b"")
    assert (await raw(shop, b"PROPFIND /v1/orders HTTP/1.1\r\nHost: HOST\r\n\r\n")).startswith(b"HTTP/1.1 405")
    assert (await raw(shop, b"BREW /v1/orders HTTP/1.1\r\nHost: HOST\r\n\r\n")).startswith(b"HTTP/1.1 400")


async def test_hosts(web: Any) -> None:
    shop = await web(ROUTES, public_url="https://shop.example", hosts=("www.shop.example",))
    port = shop.port
    ours = (f"127.0.0.1:{port}", f"LOCALHOST:{port}", f"[::1]:{port}", "shop.example", "shop.example:443",
            "Shop.Example", "www.shop.example")  # fmt: skip
    theirs = ("evil.example", "shop.example:80", "127.0.0.1", "shop.example.evil.example", "", "a, b")
    for names, status in ((ours, b"200"), (theirs, b"421")):
        for name in names:
            found = await raw(shop, f"GET /v1/orders HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n".encode())
            assert found[9:12] == status, name
    assert (await raw(shop, b"GET /v1/orders HTTP/1.0\r\n\r\n")).startswith(b"HTTP/1.1 400")
    found = await raw(shop, b"GET http://evil.example/v1/orders HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n")
    assert found.startswith(b"HTTP/1.1 421")


async def test_odd_bytes_in_headers_do_no_harm(web: Any) -> None:
    shop = await web(ROUTES)
    for header in (b"X-Request-Id: \xff", b"Accept-Language: \xff, ;q=x", b"Cookie: \xff=\xff; =; a", b"traceparent: \xe9",
                   b"X-Request-Id: a b", b"If-None-Match: \xff"):  # fmt: skip
        data = b"GET /v1/orders/7 HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n" + header + b"\r\n\r\n"
        assert (await raw(shop, data)).startswith(b"HTTP/1.1 200"), header
    huge = b"GET / HTTP/1.1\r\nHost: HOST\r\nX: " + b"a" * 1_000_000 + b"\r\n\r\n"
    assert (await raw(shop, huge)).startswith(b"HTTP/1.1 431")
    assert (await raw(shop, b"POST /v1/orders HTTP/1.1\r\nContent-Length: -1\r\n\r\n")).startswith(b"HTTP/1.1 400")


async def test_public_answers_are_kept_until_they_change(web: Any) -> None:
    shop = await web(ROUTES)
    async with shop.session.get("/v1/orders/7") as answer:
        tag = answer.headers["ETag"]
        assert re.fullmatch(r'"[0-9a-f]{32}"', tag)
        assert answer.headers["Cache-Control"] == "public, max-age=0, must-revalidate"
    for known in (tag, f"W/{tag}", f'"x", {tag}', "*"):
        for ask in (shop.session.get, shop.session.head):
            async with ask("/v1/orders/7", headers={"If-None-Match": known}) as answer:
                assert (answer.status, answer.headers["ETag"], await answer.read()) == (304, tag, b"")
    async with shop.session.get("/v1/orders/8", headers={"If-None-Match": tag}) as answer:
        assert answer.status == 200


async def test_languages(web: Any) -> None:
    shop = await web(ROUTES)

    async def language(query: str = "", accept: str = "") -> str:
        async with shop.session.get("/v1/orders/latest" + query, headers={"Accept-Language": accept}) as answer:
            assert answer.headers["Vary"] == "Accept-Language"
            found = await answer.json()
            assert answer.headers["Content-Language"] == found["text"]
            return str(found["text"])

    assert await language() == "en"
    assert await language(accept="pt") == "pt-BR"
    assert await language(accept="pt-PT, en;q=0.9") == "pt-BR"
    assert await language(accept="de, en;q=0.1, pt-br;q=0.5") == "pt-BR"
    assert await language(accept="pt;q=0, de") == "en"
    assert await language("?locale=pt-BR", "en") == "pt-BR"
    assert await language("?locale=xx", "pt-BR") == "pt-BR"
    assert await problem(shop, "GET", "/v1/orders/latest?locale=%3Cx%3E") == (
        422, "invalid", [("locale", "is not a language such as pt-BR")])  # fmt: skip


async def test_idempotency_keys(web: Any) -> None:
    async def keyed(request: Request[None, None]) -> Said:
        return Said(text=request.key)

    shop = await web([Route("POST", "/v1/keyed", keyed, keyed=True)])
    for key in ("k", "a key with ~ and !", "x" * 255):
        async with shop.session.post("/v1/keyed", headers={"Idempotency-Key": key}) as answer:
            assert await answer.json() == {"text": key, "count": 0}
    assert (await problem(shop, "POST", "/v1/keyed"))[:2] == (400, "malformed")
    for bad in ("", "x" * 256, "é", "a\tb"):
        assert (await problem(shop, "POST", "/v1/keyed", headers={"Idempotency-Key": bad}))[0] == 400


async def test_answers_in_other_shapes(web: Any) -> None:
    async def text() -> AsyncIterator[bytes]:
        yield b"a,b\r\n"
        yield b"1,2\r\n"

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * (1 << 20)

    async def csv(_request: Request[None, None]) -> Answer:
        return Answer(200, text(), (("content-disposition", "attachment"),), "text/csv")

    async def much(_request: Request[None, None]) -> Answer:
        return Answer(200, endless(), content_type="text/csv")

    async def signs_in(_request: Request[None, None]) -> Answer:
        cookies = [set_cookie(name, "v", path="/", max_age_s=60, secure=name == "b") for name in "ab"]
        return Answer(204, None, tuple(cookies))

    async def nothing(_request: Request[None, None]) -> None:
        return None

    shop = await web(
        [
            Route("GET", "/csv", csv),
            Route("GET", "/much", much),
            Route("POST", "/in", signs_in),
            Route("DELETE", "/in", nothing, status=204),
        ]
    )
    async with shop.session.get("/csv") as answer:
        assert (answer.content_type, answer.headers["Content-Disposition"]) == ("text/csv", "attachment")
        assert await answer.read() == b"a,b\r\n1,2\r\n"
    async with shop.session.get("/much") as answer:
        assert answer.status == 500
    async with shop.session.post("/in") as answer:
        assert answer.headers.getall("Set-Cookie") == [
            "a=v; Path=/; Max-Age=60; HttpOnly; SameSite=Lax",
            "b=v; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure",
        ]
    shop.session.cookie_jar.clear()
    async with shop.session.delete("/in") as answer:
        assert (answer.status, "Content-Type" in answer.headers) == (204, False)


@pytest.mark.parametrize(
    ("error", "status", "code", "retry_after"),
    [
        (SoldOut("No more", skus=["a"]), 409, "sold_out", None),
        (SoldOut("Later", retry_after_s=7), 409, "sold_out", "7"),
        (NotFound(), 404, "not_found", None),
        (RateLimited(retry_after_s=30), 429, "rate_limited", "30"),
        (Overloaded(), 503, "overloaded", "1"),
        (asyncpg.InterfaceError("pool is closing"), 503, "unavailable", "1"),
        (asyncpg.LockNotAvailableError("canceling statement due to lock timeout"), 503, "unavailable", "1"),
        (asyncpg.CannotConnectNowError("starting"), 503, "unavailable", "1"),
        (asyncpg.TooManyConnectionsError("full"), 503, "unavailable", "1"),
        (ConnectionRefusedError(), 503, "unavailable", "1"),
        (TimeoutError(), 503, "unavailable", "1"),
        (asyncio.CancelledError(), 503, "unavailable", "1"),
        (ValueError("a secret"), 500, "internal", None),
        (asyncpg.UniqueViolationError("a secret"), 500, "internal", None),
    ],
)
async def test_what_a_handler_raises_is_told(
    web: Any, error: BaseException, status: int, code: str, retry_after: str | None, caplog: Any
) -> None:
    async def fails(_request: Request[None, None]) -> Said:
        raise error

    shop = await web([Route("GET", "/v1/fails", fails)])
    async with shop.session.get("/v1/fails", headers={"X-Request-Id": "mine-1"}) as answer:
        found = await answer.json()
        assert (answer.status, found["code"]) == (status, code)
        assert answer.headers.get("Retry-After") == retry_after
        assert answer.headers["X-Request-Id"] == "mine-1"
        assert "secret" not in await answer.text()
        assert "retry_after_s" not in found
        assert found.get("request_id") == ("mine-1" if status == 500 else None)
        if code == "sold_out" and retry_after is None:
            assert (found["detail"], found["skus"]) == ("No more", ["a"])


async def test_requests_have_ids(web: Any) -> None:
    shop = await web(ROUTES)
    async with shop.session.get("/v1/orders") as one, shop.session.get("/v1/orders") as other:
        assert one.headers["X-Request-Id"] != other.headers["X-Request-Id"]
    async with shop.session.get("/v1/orders", headers={"X-Request-Id": "x" * 65}) as answer:
        assert len(answer.headers["X-Request-Id"]) == 32


async def test_a_client_that_hangs_up_stops_nothing(web: Any) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def slow(_request: Request[None, None]) -> Said:
        begun.set()
        await asyncio.sleep(0.3)
        ended.set()
        return Said(text="")

    shop = await web([Route("POST", "/v1/slow", slow)])
    _, writer = await asyncio.open_connection("127.0.0.1", shop.port)
    writer.write(b"POST /v1/slow HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Length: 0\r\n\r\n" % shop.port)
    await asyncio.wait_for(begun.wait(), 5)
    writer.transport.abort()
    await asyncio.wait_for(ended.wait(), 5)
    async with shop.session.get("/livez") as answer:
        assert answer.status == 200


class serving:  # noqa: N801 - reads as what it does: `async with serving(app)`.
    def __init__(self, app: App) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.server = HttpServer(app, "127.0.0.1", self.port)

    async def __aenter__(self) -> Self:
        await self.server.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.server.stop()


async def test_beyond_the_limit_of_requests_is_overload() -> None:
    begun, go = asyncio.Event(), asyncio.Event()

    async def waits(_request: Request[None, None]) -> Said:
        begun.set()
        await go.wait()
        return Said(text="")

    async with serving(App([Route("GET", "/waits", waits)], requests_max=1)) as shop:
        ask = b"GET /waits HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n"
        first = asyncio.create_task(raw(shop, ask, wait_s=5))
        await begun.wait()
        second = await raw(shop, ask)
        assert second.startswith(b"HTTP/1.1 503")
        assert b"retry-after: 1" in second
        go.set()
        assert (await first).startswith(b"HTTP/1.1 200")


async def test_a_server_that_stops_finishes_what_it_began() -> None:
    begun = asyncio.Event()

    async def slow(request: Request[None, None]) -> Said:
        begun.set()
        await asyncio.sleep(0.5 if request.path["how"] == "slow" else 3)
        return Said(text="done")

    async with serving(App([Route("GET", "/{how}", slow)])) as shop:
        first = asyncio.create_task(raw(shop, b"GET /slow HTTP/1.1\r\nHost: HOST\r\n\r\n", wait_s=5))
        await begun.wait()
        await shop.server.stop()
        assert b'"done"' in await first
        with pytest.raises(OSError, match="onnect"):
            await asyncio.open_connection("127.0.0.1", shop.port)
    async with serving(App([Route("GET", "/{how}", slow)])) as shop:
        begun.clear()
        stuck = asyncio.create_task(raw(shop, b"GET /stuck HTTP/1.1\r\nHost: HOST\r\n\r\n", wait_s=1))
        await begun.wait()
        await asyncio.wait_for(shop.server.stop(grace_s=0.1), 2)
        await stuck
        await asyncio.sleep(3)


async def test_a_port_that_is_taken_is_found_out() -> None:
    async with serving(App([])) as shop:
        with pytest.raises(OSError, match="in use"):
            claim("127.0.0.1", shop.port)
        other = HttpServer(App([]), "127.0.0.1", shop.port)
        await other.start()  # Workers share a port.
        await other.stop()
    claim("127.0.0.1", shop.port)
    with pytest.raises((OSError, RuntimeError)):
        await HttpServer(App([]), "203.0.113.1", shop.port).start()


async def test_the_internal_port() -> None:
    why = ""

    async def unready() -> str:
        return why

    async with serving(internal_app(unready)) as shop:
        ask = b"GET %s HTTP/1.1\r\nHost: 10.0.0.7\r\nConnection: close\r\n\r\n"
        found = await raw(shop, ask % b"/metrics")
        assert b"feira_http_seconds" in found
        assert b"content-type: text/plain; version=0.0.4" in found
        assert (await raw(shop, ask % b"/readyz")).startswith(b"HTTP/1.1 200")
        why = "the database of orders does not answer"
        found = await raw(shop, ask % b"/readyz")
        assert found.startswith(b"HTTP/1.1 503")
        assert why.encode() in found
        assert (await raw(shop, ask % b"/livez")).startswith(b"HTTP/1.1 200")
        assert (await raw(shop, ask % b"/v1/orders")).startswith(b"HTTP/1.1 404")


async def test_two_routes_of_one_address_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="Two routes answer GET"):
        App([Route("GET", "/a/{b}", shows), Route("GET", "/a/{c}", shows)])


def test_our_hosts_are_spelled_in_both_ways(settings: Any) -> None:
    assert "127.0.0.1:8000" in Hosts(settings).names
    assert "http://localhost:8000" in Hosts(settings).origins
