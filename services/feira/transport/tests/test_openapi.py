"""The document that comes from the routes: whole, honest, and shown without any other host."""

import hashlib
import re
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import jsonschema  # type: ignore[import-untyped] # It comes without types.
from msgspec import Meta

from feira.kernel.errors import RateLimited, Refused
from feira.kernel.http import JSON, NDJSON, Body, Cursor, Limit, Money, Page, Query, Request, Route, Stream, View
from feira.transport.files import Files
from feira.transport.openapi import PAGES, openapi


class Thing(Body, frozen=True, kw_only=True):
    name: Annotated[str, Meta(min_length=1, max_length=40)]
    price: Money | None = None


class Some(Query, frozen=True, kw_only=True):
    limit: Limit = 20
    cursor: Cursor = None
    kind: Annotated[str, Meta(description="Of this kind only.")]


class ThingView(View, frozen=True, kw_only=True):
    """A thing as it is shown."""

    id: UUID
    name: str
    price: Money | None = None


class Gone(Refused):
    status = 410
    code = "was_here"
    title = "It was here once"


async def make(_request: Request[Thing, None]) -> None: ...


async def find(_request: Request[None, Some]) -> None: ...


async def load(_request: Request[Stream, None]) -> None: ...


async def hide(_request: Request[None, None]) -> None: ...


ROUTES = [
    Route("POST", "/v1/things", make, summary="Make a thing", tag="Things", body=Thing, reply=ThingView, status=201,
          keyed=True, caller="staff", refusals=(Gone, RateLimited), example={"name": "açaí"},
          reply_example={"id": "0197a1f0-0000-7000-8000-000000000000", "name": "açaí"}),
    Route("GET", "/v1/things", find, summary="Find things", tag="Things", query=Some, reply=Page[ThingView],
          public_cache=True, localised=True),
    Route("PUT", "/v1/things", find, summary="Find things otherwise", query=Some, reply=list[ThingView]),
    Route("POST", "/v1/things/{kind}/import", load, summary="Load", tag="Bulk", body=Stream, description="By the row.",
          consumes=(NDJSON, "text/csv"), headers=(("Order-Token", "Opens the order."),)),
    Route("DELETE", "/v1/things/{id}", hide, status=204),
    Route("GET", "/hidden", hide, hidden=True),
]  # fmt: skip


def document() -> dict[str, Any]:
    return openapi(ROUTES, title="Feira", version="1.0")


def references(value: Any) -> set[str]:
    if isinstance(value, dict):
        here = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
        return here.union(*(references(item) for item in value.values()))
    return set().union(*(references(item) for item in value)) if isinstance(value, list) else set()


def test_every_route_is_told_with_what_it_takes_and_answers() -> None:
    found = document()
    assert found["openapi"] == "3.1.0"
    assert list(found["paths"]) == ["/v1/things", "/v1/things/{kind}/import", "/v1/things/{id}"]
    made = found["paths"]["/v1/things"]["post"]
    assert made["requestBody"]["required"] is True
    assert made["requestBody"]["content"][JSON]["example"] == {"name": "açaí"}
    assert (made["security"], made["x-role"]) == ([{"bearer": []}, {"cookie": []}], "staff")
    assert [name["name"] for name in made["parameters"]] == ["Idempotency-Key"]
    assert set(made["responses"]) == {
        "201", "400", "401", "403", "408", "410", "413", "415", "421", "422", "429", "503"}  # fmt: skip
    assert set(made["responses"]["403"]["content"]["application/problem+json"]["examples"]) == {"csrf", "forbidden"}
    assert set(made["responses"]["503"]["content"]["application/problem+json"]["examples"]) == {
        "overloaded", "unavailable"}  # fmt: skip
    assert "Retry-After" in made["responses"]["429"]["headers"]
    shown = found["paths"]["/v1/things"]["get"]
    assert "304" in shown["responses"]
    by_name = {one["name"]: one for one in shown["parameters"]}
    assert by_name["limit"]["schema"] == {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}
    assert by_name["cursor"]["schema"] == {"type": "string", "maxLength": 1024}
    assert (by_name["kind"]["required"], by_name["kind"]["description"]) == (True, "Of this kind only.")
    assert "locale" in by_name
    loaded = found["paths"]["/v1/things/{kind}/import"]["post"]
    assert set(loaded["requestBody"]["content"]) == {NDJSON, "text/csv"}
    assert [one["name"] for one in loaded["parameters"]] == ["kind", "Order-Token"]
    assert "404" in loaded["responses"]
    assert "content" not in found["paths"]["/v1/things/{id}"]["delete"]["responses"]["204"]
    assert "Some" not in found["components"]["schemas"]


def test_it_is_whole_and_the_same_each_time() -> None:
    found = document()
    for reference in references(found):
        at: Any = found
        for part in reference.removeprefix("#/").split("/"):
            at = at[part]
    operations = [one for methods in found["paths"].values() for one in methods.values()]
    assert len({one["operationId"] for one in operations}) == len(operations)
    assert found == document()


def test_examples_fit_their_schemas() -> None:
    found = document()
    made = found["paths"]["/v1/things"]["post"]
    for content in (made["requestBody"]["content"][JSON], made["responses"]["201"]["content"][JSON]):
        jsonschema.validate(content["example"], {**content["schema"], "components": found["components"]})
    for example in found["components"]["examples"].values():
        schema = {"$ref": "#/components/schemas/Problem", "components": found["components"]}
        jsonschema.validate(example["value"], schema)


async def test_the_page_needs_no_other_host(web: Any) -> None:
    shop = await web(ROUTES)
    async with shop.session.get("/", allow_redirects=False) as answer:
        assert (answer.status, answer.headers["location"]) == (303, "/docs")
    async with shop.session.get("/docs") as answer:
        page = await answer.text()
        policy = answer.headers["Content-Security-Policy"]
        assert (answer.status, answer.content_type) == (200, "text/html")
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["ETag"]
    for name in re.findall(r'(?:src|href)="([^"#]+)"', page):
        async with shop.session.get(f"/{name}") as answer:
            assert answer.status == 200, name
    for file in PAGES.iterdir():
        if file.suffix != ".svg":  # Its namespace is a URL that nobody opens.
            assert "://" not in file.read_text()
    assert not re.search(r"<script>|<style>|style=|\son\w+=", page)  # The policy would stop them.
    async with shop.session.get("/openapi.json") as answer:
        assert (await answer.json())["paths"].keys() == document()["paths"].keys()


async def test_files_are_served_by_name_and_inert(web: Any, tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    (folder / "açaí.svg").write_bytes(b"<svg/>")
    (folder / "secret.py").write_bytes(b"secret")
    (tmp_path / "outside.png").write_bytes(b"secret")
    shop = await web([Files("/media/demo/", folder).route])
    async with shop.session.get("/media/demo/açaí.svg") as answer:
        assert (await answer.read(), answer.content_type) == (b"<svg/>", "image/svg+xml")
        assert answer.headers["Content-Security-Policy"].endswith("sandbox")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "public, max-age=86400"
        assert answer.headers["ETag"] == f'"{hashlib.sha256(b"<svg/>").hexdigest()[:32]}"'
    async with shop.session.get("/media/demo/açaí.svg", headers={"If-None-Match": answer.headers["ETag"]}) as answer:
        assert answer.status == 304
    for name in ("secret.py", "none.png", "..%2Foutside.png", "../outside.png", "%2e%2e%2foutside.png", ".", "%00"):
        async with shop.session.get(f"/media/demo/{name}") as answer:
            assert answer.status == 404, name
