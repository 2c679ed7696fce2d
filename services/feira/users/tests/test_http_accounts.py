"""Accounts at the HTTP edge: a real server, a real client, a real database."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import pytest

from feira.contracts.users import ResetAsked, VerificationAsked
from feira.transport.openapi import openapi
from feira.users.http import routes

Shop = Any
Web = Any
ANA = {"email": "ana@example.com", "password": "mangoes and limes"}
HOME = {"name": "Ana", "line1": "Rua 1", "city": "São Paulo", "postal_code": "01310-100", "country": "BR"}


async def test_from_registration_to_a_proven_address(web: Web) -> None:
    register = {**ANA, "name": "Ana Souza"}
    first = await web("POST", "/v1/users", register, accept_language="pt-BR")
    again = await web("POST", "/v1/users", register, accept_language="pt-BR")
    assert (first.status, first.body) == (again.status, again.body) == (202, {"status": "accepted"})
    link = await web.shop.link(VerificationAsked)
    token = await web.token()
    me = (await web("GET", "/v1/users/me", token=token)).body
    assert me.pop("id")
    assert me.pop("created_at").endswith("Z")
    assert me == {
        "email": "ana@example.com", "email_verified": False, "name": "Ana Souza", "phone": None, "locale": "pt-BR",
        "role": "customer",
    }  # fmt: skip
    assert (await web("POST", "/v1/users/verify", {"token": link})).status == 204
    again = await web("POST", "/v1/users/verify", {"token": link})
    assert (again.status, again.code) == (422, "token_invalid")
    assert (await web("GET", "/v1/users/me", token=token)).body["email_verified"] is True


async def test_the_link_that_proves_an_address_comes_again(web: Web) -> None:
    path = "/v1/users/me/verification"
    assert (await web("POST", path)).status == 401
    token = await web.customer()
    first = await web.shop.link(VerificationAsked)
    reply = await web("POST", path, token=token)
    assert (reply.status, reply.body) == (202, {"status": "accepted"})
    again = await web.shop.link(VerificationAsked)
    assert again != first
    assert (await web("POST", "/v1/users/verify", {"token": again})).status == 204
    assert (await web("POST", path, token=token)).status == 202
    assert [event for event in await web.shop.events() if isinstance(event, VerificationAsked)] == []
    replies = [await web("POST", path, token=token) for _ in range(4)]
    assert (replies[-1].status, replies[-1].code) == (429, "rate_limited")


async def test_one_address_is_the_default(web: Web) -> None:
    token = await web.customer()
    path = "/v1/users/me/addresses"

    async def add(**more: Any) -> Any:
        return (await web("POST", path, {**HOME, **more}, token=token)).body

    async def defaults() -> list[str]:
        return [one["id"] for one in (await web("GET", path, token=token)).body["items"] if one["default"]]

    home, work = await add(), await add()
    assert (home["default"], work["default"]) == (True, False)
    assert (await web("PATCH", f"{path}/{work['id']}", {"default": True}, token=token)).body["default"] is True
    assert await defaults() == [work["id"]]
    assert (await web("PATCH", f"{path}/{work['id']}", {"city": "Recife"}, token=token)).body["default"] is True
    beach = await add(default=True)
    assert await defaults() == [beach["id"]]
    assert (await web("PATCH", f"{path}/{beach['id']}", {"default": False}, token=token)).body["default"] is False
    assert await defaults() == []


async def test_a_known_and_an_unknown_address_get_the_same_answers(web: Web) -> None:
    """Nothing in status, body or headers tells them apart."""
    await web.customer()
    pairs = []
    for email in ("ana@example.com", "nobody@example.com"):
        replies = [
            await web("POST", "/v1/sessions", {"email": email, "password": "wrong password"}),
            await web("POST", "/v1/sessions/browser", {"email": email, "password": "wrong password"}),
            await web("POST", "/v1/password-resets", {"email": email}),
            await web("POST", "/v1/users", {"email": email, "password": "another one", "name": "X"}),
        ]
        varying = {"x-request-id", "date"}
        pairs.append(
            [
                (r.status, r.body, sorted((k, v) for k, v in r.headers.items() if k.lower() not in varying))
                for r in replies
            ]
        )
    assert pairs[0] == pairs[1]
    assert [status for status, _, _ in pairs[0]] == [401, 401, 202, 202]


async def test_forwarded_headers_of_strangers_do_not_dodge_the_limit(web: Web) -> None:
    """What the nearest proxy saw counts, not what the client says before it."""
    replies = [
        await web("POST", "/v1/password-resets", {"email": f"{n}@example.com"}, address=f"198.51.100.{n}, 192.0.2.1")
        for n in range(62)
    ]
    assert [reply.status for reply in replies] == [202] * 60 + [429] * 2


async def test_only_well_formed_requests_are_counted(web: Web) -> None:
    for _ in range(61):
        assert (await web("POST", "/v1/password-resets", {"email": "none"})).status == 422
        assert (await web("POST", "/v1/password-resets", b"{")).status == 400
    assert (await web("POST", "/v1/password-resets", {"email": "ana@example.com"})).status == 202


async def test_a_reset_ends_all_sessions(web: Web) -> None:
    await web.customer()
    refresh = (await web("POST", "/v1/sessions", ANA)).body["refresh_token"]
    assert (await web("POST", "/v1/password-resets", {"email": "ana@example.com"})).body == {"status": "accepted"}
    link = await web.shop.link(ResetAsked)
    bad = await web("POST", "/v1/password-resets/confirm", {"token": link, "password": "short"})
    assert (bad.status, bad.body["errors"][0]["field"]) == (422, "password")
    confirm = {"token": link, "password": "limes and mangoes"}
    replies = await asyncio.gather(*(web("POST", "/v1/password-resets/confirm", confirm) for _ in range(4)))
    assert sorted(reply.status for reply in replies) == [204, 422, 422, 422]
    assert (await web("POST", "/v1/sessions/refresh", {"refresh_token": refresh})).status == 401
    assert (await web("POST", "/v1/sessions", ANA)).status == 401
    await web.token(password="limes and mangoes")


async def test_privileged_and_unknown_fields_are_refused(web: Web) -> None:
    token = await web.customer()
    for field, value in (("role", "admin"), ("roles", ["admin"]), ("email", "b@example.com"), ("email_verified", True),
                         ("id", str(uuid4())), ("disabled", False), ("password_hash", "x")):  # fmt: skip
        reply = await web("PATCH", "/v1/users/me", {"name": "Eve", field: value}, token=token)
        assert (reply.status, reply.body["errors"][0]["field"]) == (422, field)
        if field != "email":
            assert (await web("POST", "/v1/users", {**ANA, "name": "Eve", field: value})).status == 422
        reply = await web("POST", "/v1/users/me/addresses", {**HOME, field: value}, token=token)
        assert reply.status == 422
    me = (await web("GET", "/v1/users/me", token=token)).body
    assert (me["name"], me["role"]) == ("Ana", "customer")


async def test_an_account_is_changed_exported_and_erased(web: Web) -> None:
    token = await web.customer()
    reply = await web(
        "PATCH", "/v1/users/me", {"name": "Ana Lima", "phone": "+55 11 5555", "locale": "pt-BR"}, token=token
    )
    assert (reply.body["name"], reply.body["phone"], reply.body["locale"]) == ("Ana Lima", "+55 11 5555", "pt-BR")
    assert (await web("PATCH", "/v1/users/me", {"phone": None}, token=token)).body["phone"] is None
    assert (await web("PATCH", "/v1/users/me", {"locale": "fr"}, token=token)).status == 422
    await web("POST", "/v1/users/me/addresses", HOME, token=token)
    export = await web("GET", "/v1/users/me/export", token=token)
    assert export.headers["cache-control"] == "no-store"
    assert set(export.body) == {"profile", "addresses", "sessions", "orders"}
    assert export.body["profile"]["email"] == "ana@example.com"
    assert export.body["addresses"][0]["city"] == "São Paulo"
    assert export.body["orders"][0]["number"] == "F-1"
    assert export.body["sessions"][0]["address"] == "192.0.2.1"
    assert (await web("DELETE", "/v1/users/me", token=token)).status == 204
    assert (await web("GET", "/v1/users/me", token=token)).status == 401
    assert (await web("POST", "/v1/sessions", ANA)).status == 401


async def test_addresses_are_kept_page_by_page_and_opened_to_their_owner_alone(web: Web) -> None:
    ana, bia = await web.customer(), await web.customer("bia@example.com")
    kept = []
    for number in range(3):
        reply = await web("POST", "/v1/users/me/addresses", {**HOME, "line1": f"Rua {number}"}, token=ana)
        assert reply.status == 201
        kept.append(reply.body)
    first = (await web("GET", "/v1/users/me/addresses?limit=2", token=ana)).body
    rest = (await web("GET", f"/v1/users/me/addresses?limit=2&cursor={first['next']}", token=ana)).body
    assert first["items"] + rest["items"] == kept
    assert rest["next"] is None
    path = f"/v1/users/me/addresses/{kept[0]['id']}"
    assert (await web("GET", path, token=ana)).body == kept[0]
    strange = [f"/v1/users/me/addresses/{uuid4()}", "/v1/users/me/addresses/x", path.replace("-", "%2D").upper()]
    for token, paths in ((bia, [path, path.replace("-", "%2d"), *strange]), (ana, strange)):
        for one in paths:
            for method, body in (("GET", None), ("PATCH", {"line1": "mine"}), ("DELETE", None)):
                assert (await web(method, one, body, token=token)).status == 404, (method, one)
    assert (await web("GET", path)).status == 401
    changed = await web("PATCH", path, {"line2": "Fundos", "phone": None}, token=ana)
    assert changed.body == {**kept[0], "line2": "Fundos"}
    assert (await web("PATCH", path, {"country": "XX"}, token=ana)).body["errors"][0]["field"] == "country"
    assert (await web("DELETE", path, token=ana)).status == 204
    assert (await web("GET", path, token=ana)).status == 404
    assert (await web("GET", "/v1/users/me/addresses?cursor=x", token=ana)).status == 422


@pytest.mark.parametrize("text", ["a\\u0000b", "a\\ud800b"])
async def test_texts_that_no_database_holds_are_refused_in_every_field(web: Web, text: str) -> None:
    token = await web.customer()
    for method, path, fields in (
        ("POST", "/v1/users", ("email", "password", "name")),
        ("POST", "/v1/sessions", ("email", "password")),
        ("POST", "/v1/sessions/refresh", ("refresh_token",)),
        ("POST", "/v1/users/verify", ("token",)),
        ("POST", "/v1/password-resets/confirm", ("token", "password")),
        ("PATCH", "/v1/users/me", ("name", "phone")),
        ("POST", "/v1/users/me/addresses", tuple(HOME)),
    ):
        for field in fields:
            whole = {**HOME} if "addresses" in path else dict.fromkeys(fields, "long enough")
            raw = json.dumps({**whole, field: "@"}).replace('"@"', f'"{text}"').encode()
            reply = await web(method, path, raw, token=token)
            assert reply.status == 422, (path, field)
            assert reply.body["errors"][0]["field"] == field


async def test_every_route_is_documented(shop: Shop) -> None:
    found = routes(shop.users)
    document = openapi(found, title="Feira", version="0")
    assert len(found) == 25
    assert all(route.summary and route.tag for route in found)
    assert all(route.example for route in found if route.body)
    assert "/v1/users/me/export" in json.dumps(document, default=str)
