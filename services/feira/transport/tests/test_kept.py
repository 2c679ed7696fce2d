"""Answers that are kept: found again, dropped in time, never older than they may be."""

import asyncio
import gzip
from collections.abc import Sequence
from typing import Any

import pytest

from feira.kernel.errors import NotFound
from feira.kernel.http import Answer, Query, Request, Route, View
from feira.transport import kept
from feira.transport.dispatch import App
from feira.transport.finished import Finished, codings, is_known
from feira.transport.kept import OVERHEAD_BYTES, Kept
from feira.transport.told import requests_of


class Wish(Query, frozen=True, kw_only=True):
    q: str = ""


class Said(View, frozen=True, kw_only=True):
    text: str
    asked: int


class Stall:
    """Answers what it is told to say, and counts how often it was asked."""

    def __init__(self, **bounds: int) -> None:
        self.store = Kept(**bounds)
        self.asked = 0
        self.says = "mango"
        self.names: tuple[str, ...] = ("en", "pt-BR")
        self.go = asyncio.Event()
        self.go.set()

    async def show(self, request: Request[None, Wish]) -> Said:
        self.asked += 1
        asked, says = self.asked, self.says
        request.tag("all", f"one:{request.path['name']}")
        if self.names:
            says = f"{says} {request.locale_of(self.names)}"
        await self.go.wait()
        if request.path["name"] == "none":
            raise NotFound
        return Said(text=says, asked=asked)

    async def other(self, request: Request[None, None]) -> Answer:
        self.asked += 1
        return Answer(200 if request.path["name"] == "untagged" else 203, b"x")

    def routes(self) -> list[Route]:
        more: dict[str, Any] = {"public_cache": True, "kept": self.store}
        return [
            Route("GET", "/v1/things/{name}", self.show, query=Wish, reply=Said, localised=True, **more),
            Route("GET", "/v1/others/{name}", self.other, **more),
        ]


async def get(shop: Any, path: str, **headers: str) -> tuple[int, Any]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with shop.session.get(path, headers=named) as answer:
        return answer.status, (await answer.json() if answer.status == 200 else None)


async def test_an_answer_is_made_once_and_dropped_by_its_tags(web: Any) -> None:
    stall = Stall()
    shop = await web(stall.routes())
    for _ in range(3):
        assert await get(shop, "/v1/things/a") == (200, {"text": "mango en", "asked": 1})
    assert (await get(shop, "/v1/things/a?q=x"))[1]["asked"] == 2
    assert (await get(shop, "/v1/things/b"))[1]["asked"] == 3
    stall.store.drop(["one:b", "one:unheard"])
    assert (await get(shop, "/v1/things/a"))[1]["asked"] == 1
    assert (await get(shop, "/v1/things/b"))[1]["asked"] == 4
    stall.store.drop(["all"])
    assert (len(stall.store), stall.store.size, stall.store.busy) == (0, 0, False)
    assert (await get(shop, "/v1/things/a"))[1]["asked"] == 5
    assert stall.store.busy
    stall.store.drop_all()
    assert (await get(shop, "/v1/things/a"))[1]["asked"] == 6
    for _ in range(2):
        assert (await get(shop, "/v1/things/none"))[0] == 404
        async with shop.session.get("/v1/others/untagged") as answer:
            assert answer.status == 200
        async with shop.session.get("/v1/others/odd") as answer:
            assert answer.status == 203
    assert stall.asked == 12


async def test_each_language_has_its_answer(web: Any) -> None:
    stall = Stall()
    shop = await web(stall.routes())
    asks = [("", 1), ("pt", 2), ("pt-BR;q=0.9, de", 2), ("en", 1), ("de", 1), ("x" * 600, 1)]
    for accept, number in asks:
        found = await get(shop, "/v1/things/a", accept_language=accept)
        assert found[1]["asked"] == number, accept
    assert (await get(shop, "/v1/things/a?locale=pt-BR", accept_language="en"))[1]["text"] == "mango pt-BR"
    assert (await get(shop, "/v1/things/a?locale=pt-BR"))[1]["asked"] == 3
    stall.names = ("en", "pt-BR", "de")  # It was translated meanwhile.
    stall.store.drop(["one:a"])
    assert (await get(shop, "/v1/things/a", accept_language="de"))[1]["text"] == "mango de"
    assert (await get(shop, "/v1/things/a", accept_language="pt"))[1]["text"] == "mango pt-BR"


async def test_all_heads_are_as_they_are_the_first_time(web: Any) -> None:
    stall = Stall()
    stall.says = "m" * 3_000
    shop = await web(stall.routes())

    async def ask(method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
        named = {"Accept-Encoding": "identity"} | {name.replace("_", "-"): value for name, value in headers.items()}
        async with shop.session.request(method, "/v1/things/a", headers=named, auto_decompress=False) as answer:
            found = {name.lower(): value for name, value in answer.headers.items()}
            assert len(found.pop("x-request-id")) == 32 or "X-Request-Id" in headers
            found.pop("date")
            return answer.status, found, await answer.read()

    first = await ask()
    assert first == await ask()
    status, heads, body = first
    assert (status, heads["vary"], heads["content-language"]) == (200, "Accept-Language, Accept-Encoding", "en")
    assert heads["cache-control"] == "public, max-age=0, must-revalidate"
    assert (heads["x-content-type-options"], heads["referrer-policy"]) == ("nosniff", "no-referrer")
    assert await ask("HEAD") == (200, heads, b"")
    for known in (heads["etag"], f"W/{heads['etag']}", "*"):
        status, known_heads, nothing = await ask(If_None_Match=known)
        assert (status, known_heads["etag"], nothing) == (304, heads["etag"], b"")
        assert known_heads["vary"] == heads["vary"]
    status, zipped, packed = await ask(Accept_Encoding="br, gzip")
    assert (status, zipped["content-encoding"], zipped["etag"]) == (200, "gzip", f"W/{heads['etag']}")
    assert gzip.decompress(packed) == body
    assert zipped["content-length"] == str(len(packed))
    assert await ask(Accept_Encoding="gzip") == (200, zipped, packed)
    assert (await ask(Accept_Encoding="gzip", If_None_Match=zipped["etag"]))[0] == 304
    assert stall.asked == 1
    stall.says = "new"
    stall.store.drop(["one:a"])
    status, heads, body = await ask(If_None_Match=heads["etag"])
    assert (status, b"new" in body) == (200, True)
    assert (await ask(Accept_Encoding="gzip"))[1]["vary"] == "Accept-Language"  # Too small to be worth it.
    async with shop.session.get("/v1/things/a", headers={"X-Request-Id": "mine"}) as answer:
        assert answer.headers["X-Request-Id"] == "mine"


async def test_who_is_somebody_is_checked_first(web: Any) -> None:
    stall = Stall()
    shop = await web(stall.routes())
    assert (await get(shop, "/v1/things/a"))[0] == 200
    assert (await get(shop, "/v1/things/a", authorization="Bearer forged"))[0] == 401
    assert (await get(shop, "/v1/things/a", cookie="feira_access=forged"))[0] == 401
    assert (await get(shop, "/v1/things/a", cookie="other=1"))[1]["asked"] == 1
    assert (await get(shop, "/v1/things/a", **shop.as_user("00000000-0000-4000-8000-00000000000a")))[1]["asked"] == 1
    assert (await get(shop, "/v1/things/a", host="evil.example"))[0] == 421
    assert (await get(shop, "/v1/things/a", host=f"LOCALHOST:{shop.port}"))[1]["asked"] == 1
    async with shop.session.options("/v1/things/a") as answer:
        assert answer.status == 204
    async with shop.session.post("/v1/things/a") as answer:
        assert answer.status == 405


async def test_what_many_ask_at_once_is_made_once(web: Any) -> None:
    stall = Stall()
    shop = await web(stall.routes())
    stall.go.clear()
    asking = [asyncio.create_task(get(shop, "/v1/things/a")) for _ in range(5)]
    failing = [asyncio.create_task(get(shop, "/v1/things/none")) for _ in range(3)]
    while stall.asked < 2:
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.1)
    stall.go.set()
    assert {found[1]["asked"] for found in await asyncio.gather(*asking)} == {1}
    assert {status for status, _ in await asyncio.gather(*failing)} == {404}
    assert stall.asked == 2


async def test_what_was_begun_before_a_drop_is_not_kept_and_not_joined(web: Any) -> None:
    stall = Stall()
    shop = await web(stall.routes())
    stall.go.clear()
    old = asyncio.create_task(get(shop, "/v1/things/a"))
    while stall.asked < 1:
        await asyncio.sleep(0.01)
    stall.says = "papaya"
    stall.store.drop(["one:a"])
    new = asyncio.create_task(get(shop, "/v1/things/a"))
    while stall.asked < 2:
        await asyncio.sleep(0.01)
    stall.go.set()
    assert (await old)[1]["text"] == "mango en"
    assert (await new)[1]["text"] == "papaya en"
    assert (await get(shop, "/v1/things/a"))[1] == {"text": "papaya en", "asked": 2}


class Asked(Request[None, None]):
    pass


def asked(*tags: str, offers: Sequence[tuple[str, ...]] = ()) -> Request[None, None]:
    return Asked(body=None, query=None, tags=set(tags), offers=dict.fromkeys(offers))


async def test_puts_after_drops() -> None:
    store = Kept()
    drops: list[Any] = []

    async def put(began: int) -> bool:
        for drop in drops:
            drop()
        return store.put("k", asked("t"), "v", 10, began)

    assert await store.once("k", put)
    for drop, kept_ in (
        (lambda: store.drop(["other"]), True),
        (lambda: store.drop(["t"]), False),
        (store.drop_all, False),
    ):
        drops[:] = [drop]
        assert await store.once("k", put) is kept_
    drops.clear()
    assert not store.put("k", asked(), "v", 10, 10)  # Nothing would ever drop it.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kept, "DROPS_MAX", 1)
        drops[:] = [lambda: store.drop(["a", "b"])]
        assert not await store.once("k", put)  # What was dropped meanwhile is no longer known.


async def test_a_store_is_bounded() -> None:
    store = Kept(bytes_max=10 * (OVERHEAD_BYTES + 100), entries_max=8)
    for number in range(100):
        assert store.put(number, asked("all", f"t{number}"), number, 100, 0)
        assert store.find(0, "") == 0  # What is asked for again and again stays.
        assert len(store) <= 8
    assert store.find(99, "") == 99
    store.grow(99, 20 * OVERHEAD_BYTES)
    assert store.find(99, "") is None
    assert store.size <= 10 * (OVERHEAD_BYTES + 100)
    store.grow("unheard", 10)
    assert store.put("big", asked("all"), "v", 100 * OVERHEAD_BYTES, 0)
    assert (len(store), store.size) == (0, 0)
    for number in range(kept.VARIANTS_MAX + 1):
        request = asked("all", offers=[("en", f"l{number}")])
        request.offers = dict.fromkeys([("a", "b", "c")])
        request.asked_locale = "abc"[number % 3]
        store.put("k", request, number, 1, 0)
    store.put("k", asked("all"), "again", 1, 0)
    store.put("k", asked("all"), "and again", 1, 0)
    assert (len(store), store.size) == (1, 1 + OVERHEAD_BYTES)


async def test_who_waits_for_another_is_told_what_became_of_it() -> None:
    store = Kept()
    begun, go = asyncio.Event(), asyncio.Event()

    async def waits(_began: int) -> str:
        begun.set()
        await go.wait()
        return "done"

    first = asyncio.create_task(store.once("k", waits))
    await begun.wait()
    second = asyncio.create_task(store.once("k", waits))
    third = asyncio.create_task(store.once("k", waits))
    await asyncio.sleep(0)
    third.cancel()  # Nobody else minds.
    with pytest.raises(asyncio.CancelledError):
        await third
    first.cancel()
    for task in (first, second):
        with pytest.raises(asyncio.CancelledError):
            await task
    go.set()
    assert await store.once("k", waits) == "done"


def test_only_what_is_for_everybody_can_be_kept() -> None:
    stall = Stall()
    with pytest.raises(ValueError, match="not for everybody"):
        App([Route("GET", "/v1/mine", stall.show, kept=stall.store)])


@pytest.mark.parametrize(
    ("accept", "taken"),
    [("gzip", "gzip"), ("GZIP;q=0.5, br", "br gzip"), ("*", "br gzip"), ("x-gzip", "gzip"), ("gzip;q=0", ""),
     ("gzip;q=0.0", ""), ("*;q=0", ""), ("gzip;q=0, *", "br"), ("br", "br"), ("", ""), ("gzipped, brotli", "")],
)  # fmt: skip
def test_what_is_compressed_is_sent_to_who_takes_it(accept: str, taken: str) -> None:
    assert codings(accept) == set(taken.split())


def test_tags_are_compared_weakly() -> None:
    assert is_known('"a"', 'W/"b", W/"a"')
    assert not is_known('"a"', '"b"')
    finished = Finished(Answer(200, b"x", (("etag", '"a"'),)), b"x", requests_of("/"))
    assert finished.form('"a"', "gzip").status == 304
    assert finished.form("", "gzip").headers == (("etag", '"a"'), ("content-type", "application/json"))
