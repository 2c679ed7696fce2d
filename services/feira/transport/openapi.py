"""The table of routes told as OpenAPI 3.1, and a page that shows it without any other host."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import msgspec

from feira.kernel.errors import (
    Forbidden,
    Invalid,
    Malformed,
    NotFound,
    Overloaded,
    Refused,
    TooLarge,
    Unauthenticated,
    Unavailable,
)
from feira.kernel.http import JSON, Answer, Request, Route, Stream
from feira.transport.files import Files
from feira.transport.heads import ACCESS_COOKIE
from feira.transport.problems import (
    PROBLEM,
    CrossSite,
    RequestTimeout,
    UnsupportedMediaType,
    WrongHost,
    document_of,
)

PAGES: Final = Path(__file__).parent / "pages"
PAGE_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
DESCRIPTION: Final = """A shop over HTTP. Find goods under Catalogue, ask for a quote, and place an order with its total;
each operation has an example, which works as it is in a shop that was begun with `feira up --demo`.

- Money is an integer in the currency's minor unit: `{"amount": 1999, "currency": "BRL"}` is R$ 19.99. Times are UTC.
- Lists are `{"items": […], "next": "<cursor>" | null}`; send `next` as `?cursor=`, and up to 100 as `?limit=`.
- Errors are problem documents (RFC 9457) with a stable `code`; a 422 names the fields in `errors`.
- Signed in: `Authorization: Bearer <access_token>` from `POST /v1/sessions`. A guest's order opens with the `token` of its
  201, sent as `Order-Token`.
- `Idempotency-Key` makes orders and refunds safe to send again.
- Outside production the payment method `test` takes `tok_ok`, `tok_declined`, `tok_insufficient_funds`, `tok_error`,
  `tok_timeout` and `tok_async` (settled by `POST /dev/payments/{order_id}`), and mails lie in `GET /dev/inbox`.
"""
_SCHEMAS: Final = "#/components/schemas/"
_SLUG: Final = re.compile(r"\W+")


class FieldProblem(msgspec.Struct):
    field: str
    message: str


class Problem(msgspec.Struct):
    """Why the request was refused (RFC 9457). `code` is stable; some codes add members of their own."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[FieldProblem] | msgspec.UnsetType = msgspec.UNSET


def openapi(routes: Iterable[Route], *, title: str, version: str, description: str = DESCRIPTION) -> dict[str, Any]:
    """The document of these routes. The same routes give the same document."""
    # What everybody uses comes before what staff and developers do.
    shown = sorted(
        (route for route in routes if not route.hidden),
        key=lambda route: (route.dev_only, route.caller in {"staff", "admin"}),
    )
    kinds = [kind for route in shown for kind in (route.body, route.query, route.reply) if _has_schema(kind)]
    found, schemas = msgspec.json.schema_components([*kinds, Problem], ref_template=_SCHEMAS + "{name}")
    of = dict(zip((id(kind) for kind in kinds), found, strict=False))
    paths: dict[str, dict[str, Any]] = {}
    refusals: dict[str, type[Refused]] = {}
    names = [_name(route) for route in shown]
    for route, name in zip(shown, names, strict=True):
        operation = _operation(route, of, schemas, refusals)
        operation["operationId"] = name if names.count(name) == 1 else _SLUG.sub("_", route.method.lower() + route.path)
        paths.setdefault(route.path, {})[route.method.lower()] = operation
    for kind in {_ref(of[id(route.query)]) for route in shown if route.query}:
        schemas.pop(kind, None)
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version, "description": description},
        "servers": [{"url": "/"}],
        "tags": [{"name": tag} for tag in dict.fromkeys(route.tag for route in shown if route.tag)],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "examples": {code: {"value": document_of(kind())} for code, kind in sorted(refusals.items())},
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                "cookie": {"type": "apiKey", "in": "cookie", "name": ACCESS_COOKIE},
            },
        },
    }


def _has_schema(kind: Any) -> bool:
    return kind is not None and kind is not Stream and kind is not bytes


def _ref(schema: dict[str, Any]) -> str:
    return str(schema.get("$ref", "")).removeprefix(_SCHEMAS)


def _name(route: Route) -> str:
    return str(getattr(route.run, "__name__", "run")).strip("_")


def _operation(
    route: Route, of: dict[int, Any], schemas: dict[str, Any], refusals: dict[str, type[Refused]]
) -> dict[str, Any]:
    operation: dict[str, Any] = {"summary": route.summary or route.path}
    if route.tag:
        operation["tags"] = [route.tag]
    if route.description:
        operation["description"] = route.description
    signed_in: list[dict[str, list[str]]] = [{"bearer": []}, {"cookie": []}]
    operation["security"] = [{}, *signed_in] if route.caller == "anyone" else signed_in
    if route.caller in {"staff", "admin"}:
        operation["x-role"] = route.caller
    operation["parameters"] = _parameters(route, of, schemas)
    if route.body is not None:
        operation["requestBody"] = _request_body(route, of)
    operation["responses"] = _responses(route, of, refusals)
    return operation


def _parameters(route: Route, of: dict[int, Any], schemas: dict[str, Any]) -> list[dict[str, Any]]:
    text = {"type": "string", "minLength": 1, "maxLength": 255}
    names = [part[1:-1] for part in route.path.split("/") if part.startswith("{")]
    found: list[dict[str, Any]] = [{"name": name, "in": "path", "required": True, "schema": text} for name in names]
    if route.query is not None:
        whole = schemas[_ref(of[id(route.query)])]
        for name, schema in whole["properties"].items():
            plain = _not_null(schema)
            parameter = {"name": name, "in": "query", "required": name in whole["required"], "schema": plain}
            found.append(parameter | {key: plain.pop(key) for key in ("description",) if key in plain})
    headers = [(name, about, False) for name, about in route.headers]
    if route.keyed:
        headers.append(("Idempotency-Key", "Names this request, so that sending it again does nothing twice.", True))
    for name, about, required in headers:
        header = {"name": name, "in": "header", "required": required, "schema": {**text, "pattern": "^[ -~]+$"}}
        found.append({**header, "description": about})
    if route.localised:
        language = {"type": "string", "pattern": "^[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8}){0,4}$"}
        about = "The language of texts, such as pt-BR; before Accept-Language."
        found.append({"name": "locale", "in": "query", "schema": language, "description": about})
    return found


def _not_null(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a parameter that is simply left out where a body would say null."""
    kinds = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
    plain = {**kinds[0]} if len(kinds) == 1 else {**schema}
    if schema.get("default") is not None:
        plain["default"] = schema["default"]
    return plain


def _request_body(route: Route, of: dict[int, Any]) -> dict[str, Any]:
    content: dict[str, Any] = {"schema": of[id(route.body)]} if _has_schema(route.body) else {}
    if route.example is not None:
        content["example"] = route.example
    return {"required": not route.body_optional, "content": dict.fromkeys(route.consumes, content)}


def _responses(route: Route, of: dict[int, Any], refusals: dict[str, type[Refused]]) -> dict[str, Any]:
    good: dict[str, Any] = {"description": HTTPStatus(route.status).phrase}
    if route.status != 204 and (route.reply is not None or route.produces != JSON):
        content: dict[str, Any] = {"schema": of[id(route.reply)]} if _has_schema(route.reply) else {}
        if route.reply_example is not None:
            content["example"] = route.reply_example
        good["content"] = {route.produces: content}
    responses = {str(route.status): good}
    if route.public_cache:
        good["headers"] = {"ETag": {"schema": {"type": "string"}}}
        responses["304"] = {"description": HTTPStatus(304).phrase}
    by_status: dict[int, dict[str, type[Refused]]] = {}
    for kind in (*_kernel_refusals(route), *route.refusals):
        by_status.setdefault(kind.status, {})[kind.code] = kind
        refusals[kind.code] = kind
    for status, kinds in sorted(by_status.items()):
        examples = {code: {"$ref": f"#/components/examples/{code}"} for code in sorted(kinds)}
        responses[str(status)] = {
            "description": "; ".join(f"`{code}`: {kind.title}" for code, kind in sorted(kinds.items())),
            "content": {PROBLEM: {"schema": {"$ref": _SCHEMAS + "Problem"}, "examples": examples}},
        }
        if status in {429, 503}:
            responses[str(status)]["headers"] = {"Retry-After": {"schema": {"type": "integer"}}}
    return responses


def _kernel_refusals(route: Route) -> Sequence[type[Refused]]:
    """What the kernel itself may answer for a route, whatever the handler does."""
    found: list[type[Refused]] = [Malformed, Unauthenticated, WrongHost, Invalid, Overloaded, Unavailable]
    if route.caller in {"staff", "admin"}:
        found.append(Forbidden)
    if route.method not in {"GET", "HEAD"}:
        found.append(CrossSite)
    if route.body is not None:
        found += [TooLarge, UnsupportedMediaType, RequestTimeout]
    if "{" in route.path:
        found.append(NotFound)
    return found


def docs_routes(document: dict[str, Any], *, home: bool = True) -> list[Route]:
    """`/openapi.json`, `/docs` that shows it, and, as its `home`, `/` that leads there whoever opens the shop's address in a
    browser.
    """
    encoded = msgspec.json.format(msgspec.json.encode(document), indent=1)
    page = (PAGES / "docs.html").read_bytes()
    tag = f'"{hashlib.sha256(page).hexdigest()[:32]}"'

    async def openapi_json(_request: Request[None, None]) -> Answer:
        return Answer(200, encoded)

    async def docs(_request: Request[None, None]) -> Answer:
        headers = (("etag", tag), ("content-security-policy", PAGE_POLICY), ("x-frame-options", "DENY"))
        return Answer(200, page, headers, "text/html; charset=utf-8")

    async def lead(_request: Request[None, None]) -> Answer:
        return Answer(303, None, (("location", "/docs"),))

    return [
        *([Route("GET", "/", lead, hidden=True)] if home else []),
        Route("GET", "/openapi.json", openapi_json, public_cache=True, hidden=True),
        Route("GET", "/docs", docs, public_cache=True, hidden=True),
        Files("/docs", PAGES, max_age_s=0, hidden=True).route,
    ]
