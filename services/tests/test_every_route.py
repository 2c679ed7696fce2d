"""What no honest client sends, to every route there is: the routes are taken from the shop's own OpenAPI document."""

import asyncio
import json
from collections.abc import Awaitable, Sequence
from typing import Any, TypeVar
from uuid import uuid4

from tests.document import Operation, changed, name_of, operations, texts
from tests.shop import Reply, Shop

JSON = {"content-type": "application/json"}
AT_ONCE_MAX = 32
BODY_MAX = 1 << 20
LIMIT_MAX = 100
ODD = ("\0", "a\0b", "\ud800", "a\udfff")
PRIVILEGED = ("id", "role", "roles", "status", "payment_status", "user_id", "total", "unit_price", "email_verified")

T = TypeVar("T")


async def together(asks: Sequence[Awaitable[T]]) -> list[T]:
    """All of them, not too many at once: what is tested is not the load."""
    gate = asyncio.Semaphore(AT_ONCE_MAX)

    async def one(ask: Awaitable[T]) -> T:
        async with gate:
            return await ask

    return await asyncio.gather(*(one(ask) for ask in asks))


def send(shop: Shop, operation: Operation, data: bytes, **headers: str) -> Awaitable[Reply]:
    return shop.ask(
        operation.method, operation.path, data=data, token=shop.staff_token, key=uuid4().hex,
        headers={**JSON, **headers},
    )  # fmt: skip


def is_problem(reply: Reply) -> bool:
    return (
        reply.headers["content-type"] == "application/problem+json"
        and {"type", "title", "status", "detail", "code"} <= reply.json.keys()
    )


def fields(reply: Reply) -> list[str]:
    return [error["field"] for error in reply.json.get("errors", [])]


async def test_no_text_takes_a_character_that_is_none(shop: Shop) -> None:
    """NUL bytes and lone surrogates in every text field of every body are refused, and the field is named."""
    tries: list[tuple[str, str, Awaitable[Reply]]] = []
    for operation in await operations(shop):
        if operation.body is None:
            continue
        whole = operation.whole()
        for at in texts(whole):
            for odd in ODD:
                data = json.dumps(changed(whole, at, odd)).encode()
                tries.append((str(operation), name_of(at), send(shop, operation, data)))
    assert len(tries) > 100 * len(ODD)
    replies = await together([ask for _, _, ask in tries])
    for (route, field, _), reply in zip(tries, replies, strict=True):
        assert reply.status == 422, (route, field, reply.raw)
        assert field in fields(reply), (route, field, reply.raw)


async def test_no_parameter_takes_a_character_that_is_none(shop: Shop) -> None:
    tries: list[tuple[str, Awaitable[Reply]]] = []
    for operation in await operations(shop):
        paths = [f"{operation.path}?{name}=%00" for name in operation.query]
        paths += [f"{operation.path}?{name}=a%FF" for name in operation.query]
        if "{" in operation.template:
            head, _, rest = operation.template.partition("{")
            tail = rest.partition("}")[2].replace("{line_id}", str(uuid4()))
            paths += [f"{head}{odd}{tail}" for odd in ("%00", "a%00b", "%FF", "%ED%A0%80", "x" * 3_000)]
        data = b"{}" if operation.body else None
        for path in paths:
            ask = shop.ask(
                operation.method, path, data=data, token=shop.staff_token, key="odd", headers=JSON if data else {}
            )
            tries.append((f"{operation.method} {path}", ask))
    replies = await together([ask for _, ask in tries])
    for (route, _), reply in zip(tries, replies, strict=True):
        assert 400 <= reply.status < 500, (route, reply.raw)


async def test_no_body_takes_a_field_that_is_not_its_own(shop: Shop) -> None:
    """Unknown or privileged fields are refused, at every depth."""
    tries: list[tuple[str, str, Awaitable[Reply]]] = []
    for operation in await operations(shop):
        for at, told, known in operation.closed_objects():
            for name in {*PRIVILEGED, uuid4().hex} - known:
                data = json.dumps(changed(operation.example, (*at, name), "admin")).encode()
                tries.append((str(operation), f"{told}{name}", send(shop, operation, data)))
    assert len(tries) > 100
    replies = await together([ask for _, _, ask in tries])
    for (route, field, _), reply in zip(tries, replies, strict=True):
        assert reply.status == 422, (route, field, reply.raw)
        assert field in fields(reply), (route, field, reply.raw)


async def test_bodies_that_are_no_bodies(shop: Shop) -> None:
    """Bodies that are empty, huge, nested 10,000 deep, in the wrong encoding."""
    nested = [b"[" * 10_000 + b"]" * 10_000, b'{"x":' * 10_000 + b"1" + b"}" * 10_000]
    bodies: list[tuple[bytes, set[int]]] = [
        (b"", {400}),
        (b"{", {400}),
        (b"null", {400, 422}),
        (b"[]", {400, 422}),
        (b'"x"', {400, 422}),
        (b"\xff\xfe{}", {400}),
        ('{"é": "é"}'.encode("latin-1"), {400}),
        ('{"x": "x"}'.encode("utf-16"), {400}),
        *((one, {400, 422}) for one in nested),
        (b'{"x":"' + b"x" * BODY_MAX + b'"}', {413}),
    ]
    tries: list[tuple[str, bytes, set[int], Awaitable[Reply]]] = []
    for operation in await operations(shop):
        if operation.body is None:
            continue
        for data, statuses in bodies:
            absent = data == b"" and not operation.body_required
            allowed = {200, 201, 404} if absent else statuses
            tries.append((str(operation), data[:20], allowed, send(shop, operation, data)))
        text = send(shop, operation, b"{}", **{"content-type": "text/plain"})
        tries.append((str(operation), b"text/plain", {415}, text))
    replies = await together([ask for *_, ask in tries])
    for (route, start, statuses, _), reply in zip(tries, replies, strict=True):
        assert reply.status in statuses, (route, start, reply.status, reply.raw)
        assert reply.status < 400 or is_problem(reply), (route, start, reply.raw)


async def test_every_list_keeps_to_its_limit(shop: Shop) -> None:
    """1 to 100, 20 by default; a cursor leads through the whole list, each item once."""
    _, customer = await shop.new_customer()
    lists = [one for one in await operations(shop) if one.method == "GET" and {"limit", "cursor"} <= set(one.query)]
    assert len(lists) >= 9
    sku = await shop.new_sku()
    for number in range(3):  # So that there is something to page through.
        await shop.staff("POST", f"/v1/admin/stock/{sku}/adjustments", {"delta": 1, "reason": f"count {number}"})
        await shop.buy((sku, 1))
    await shop.settle()  # Lists of what happens by itself stand still from here on.
    for operation in lists:
        path = operation.template.replace("{sku}", sku)
        token = customer if "/me/" in path else shop.staff_token
        asked = "format=json&" if path == "/dev/inbox" else ""

        async def page(query: str, path: str = path, token: str = token, asked: str = asked) -> Reply:
            return await shop.get(f"{path}?{asked}{query}", token=token)

        for limit in (0, LIMIT_MAX + 1, -1, 2**63, "x", "1.5", ""):
            reply = await page(f"limit={limit}")
            assert (reply.status, fields(reply)) == (422, ["limit"]), (path, limit, reply.raw)
        for cursor in ("x", "AAAA", "!", "x" * 2_000):
            reply = await page(f"cursor={cursor}")
            assert (reply.status, fields(reply)) == (422, ["cursor"]), (path, cursor, reply.raw)
        full = await page(f"limit={LIMIT_MAX}")
        assert full.status == 200, (path, full.raw)
        assert len(full.json["items"]) <= LIMIT_MAX
        assert len((await page("")).json["items"]) <= 20
        await _walk(page, full.json["items"])


async def _walk(page: Any, first: list[Any]) -> None:
    """By two, the list begins as it does by a hundred, and nothing comes twice."""
    seen: list[Any] = []
    cursor = ""
    for _ in range(4):
        reply = await page(f"limit=2{cursor}")
        assert len(reply.json["items"]) <= 2
        seen += reply.json["items"]
        if reply.json["next"] is None:
            break
        cursor = f"&cursor={reply.json['next']}"
    names = [_name(item) for item in seen]
    assert len(set(names)) == len(names)
    assert names == [_name(item) for item in first[: len(names)]]


def _name(item: Any) -> str:
    if "service" in item:
        return f"{item['service']} {item['id']}"
    return str(item.get("id") or item.get("sku") or json.dumps(item, sort_keys=True))
