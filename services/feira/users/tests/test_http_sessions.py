"""Sessions and tokens at the HTTP edge: a real server, a real client, a real database."""

import asyncio
import base64
import hashlib
import hmac
import json
from typing import Any

import msgspec
import pytest
from joserfc import jwt
from joserfc.jwk import OKPKey

from feira.contracts.users import KeysAsk
from feira.kernel.http import Request
from feira.transport.auth import REGISTRY
from feira.users import http_browser

Shop = Any
Web = Any
ANA = {"email": "ana@example.com", "password": "mangoes and limes"}


async def test_tokens_are_given_renewed_and_revoked(web: Web) -> None:
    await web.customer()
    given = await web("POST", "/v1/sessions", ANA)
    assert given.headers["cache-control"] == "no-store"
    assert set(given.body) == {"access_token", "refresh_token", "token_type", "expires_in"}
    assert (given.body["token_type"], given.body["expires_in"]) == ("Bearer", 600)
    used = {"refresh_token": given.body["refresh_token"]}
    renewed = await web("POST", "/v1/sessions/refresh", used)
    assert renewed.status == 200
    second = await web("POST", "/v1/sessions/refresh", used)
    assert (second.status, second.code) == (401, "session_over")
    third = await web("POST", "/v1/sessions/refresh", {"refresh_token": renewed.body["refresh_token"]})
    assert third.status == 401
    # Access tokens live out their minutes.
    assert (await web("GET", "/v1/users/me", token=renewed.body["access_token"])).status == 200
    other = (await web("POST", "/v1/sessions", ANA)).body
    assert (await web("DELETE", "/v1/sessions/current", token=other["access_token"])).status == 204
    assert (await web("POST", "/v1/sessions/refresh", {"refresh_token": other["refresh_token"]})).status == 401
    assert (await web("DELETE", "/v1/sessions/current")).status == 401


async def test_a_refresh_token_used_twice_at_once_ends_its_family(web: Web) -> None:
    await web.customer()
    given = (await web("POST", "/v1/sessions", ANA)).body["refresh_token"]
    replies = await asyncio.gather(*(web("POST", "/v1/sessions/refresh", {"refresh_token": given}) for _ in range(8)))
    won = [reply for reply in replies if reply.status == 200]
    assert len(won) == 1
    assert {reply.status for reply in replies} == {200, 401}
    assert (await web("POST", "/v1/sessions/refresh", {"refresh_token": won[0].body["refresh_token"]})).status == 401


async def test_guesses_in_parallel_stop_at_ten(web: Web) -> None:
    await web.customer()
    replies = await asyncio.gather(
        *(
            web("POST", "/v1/sessions", {**ANA, "password": f"guess {n} of many"}, address=f"192.0.2.{n}")
            for n in range(40)
        )
    )
    assert sorted(reply.status for reply in replies) == [401] * 10 + [429] * 30
    refused = await web("POST", "/v1/sessions", ANA)
    assert (refused.status, refused.code) == (429, "rate_limited")
    assert 1 <= int(refused.headers["retry-after"]) <= 900


async def test_browsers_get_cookies(web: Web) -> None:
    await web.customer()
    origin = web.url
    signed_in = await web("POST", "/v1/sessions/browser", ANA, origin=origin)
    assert (signed_in.status, signed_in.body) == (204, None)
    cookies = signed_in.cookies()
    assert cookies["feira_access"].endswith("; Path=/; Max-Age=600; HttpOnly; SameSite=Lax")
    assert cookies["feira_refresh"].endswith("; Path=/v1/sessions; Max-Age=2592000; HttpOnly; SameSite=Lax")
    access, refresh = (cookies[name].split(";")[0] for name in ("feira_access", "feira_refresh"))
    assert (await web("GET", "/v1/users/me", cookie=f"feira_access={access}")).status == 200
    change = {"name": "Ana Lima"}
    for foreign in ({}, {"origin": "https://evil.example"}, {"origin": "null"}):
        refused = await web("PATCH", "/v1/users/me", change, cookie=f"feira_access={access}", **foreign)
        assert (refused.status, refused.code) == (403, "csrf")
        refused = await web("POST", "/v1/sessions/browser/refresh", cookie=f"feira_refresh={refresh}", **foreign)
        assert (refused.status, refused.code) == (403, "csrf")
    assert (await web("PATCH", "/v1/users/me", change, cookie=f"feira_access={access}", origin=origin)).status == 200
    both = f"feira_access=one.that.is.bad; feira_refresh={refresh}"
    renewed = await web("POST", "/v1/sessions/browser/refresh", cookie=both, origin=origin)
    assert renewed.status == 204
    assert renewed.cookies()["feira_refresh"] != cookies["feira_refresh"]
    again = await web("POST", "/v1/sessions/browser/refresh", cookie=both, origin=origin)
    assert (again.status, again.code) == (401, "session_over")
    for without in ({}, {"cookie": "feira_refresh=" + "x" * 200}):
        assert (await web("POST", "/v1/sessions/browser/refresh", origin=origin, **without)).status == 401


async def test_another_site_cannot_sign_a_visitor_in(web: Web) -> None:
    await web.customer()
    refused = await web("POST", "/v1/sessions/browser", ANA, origin="https://evil.example")
    assert (refused.status, refused.code) == (403, "csrf")
    assert "set-cookie" not in refused.headers
    assert (await web("POST", "/v1/sessions/browser", ANA)).status == 204


@pytest.mark.parametrize("kept", ["feira_access", "feira_refresh"])
async def test_browsers_sign_out_by_either_cookie(web: Web, kept: str) -> None:
    await web.customer()
    cookies = (await web("POST", "/v1/sessions/browser", ANA, origin=web.url)).cookies()
    cookie = f"{kept}={cookies[kept].split(';')[0]}"
    assert (await web("DELETE", "/v1/sessions/current", cookie=cookie)).status == 403
    gone = await web("DELETE", "/v1/sessions/current", cookie=cookie, origin=web.url)
    assert gone.status == 204
    assert all("; Max-Age=0;" in text for text in gone.cookies().values())
    refresh = f"feira_refresh={cookies['feira_refresh'].split(';')[0]}"
    assert (await web("POST", "/v1/sessions/browser/refresh", cookie=refresh, origin=web.url)).status == 401


async def test_cookies_are_secure_where_the_shop_is(shop: Shop) -> None:
    settings = msgspec.structs.replace(shop.ctx.settings, public_url="https://shop.example")
    await shop.register()
    sign_in = http_browser.routes(shop.users.sessions, settings)[0]
    body = msgspec.convert(ANA, sign_in.body)
    answer = await sign_in.run(Request(body=body, query=None, address="192.0.2.1"))
    assert [value.endswith("; Secure") for _, value in answer.headers] == [True, True]


async def forgeries(web: Web, token: str) -> dict[str, str]:
    """Tokens that a careless verifier takes."""
    (stored,) = await web.shop.fetch("select kid, public from signing_keys")
    claims = jwt.decode(token, web.shop.users.keyring._opened[stored["kid"]], registry=REGISTRY).claims
    key = web.shop.users.keyring._opened[stored["kid"]]

    def part(value: Any) -> str:
        raw = value if isinstance(value, bytes) else json.dumps(value).encode()
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

    def signed(**changes: Any) -> str:
        return jwt.encode({"alg": "EdDSA", "kid": stored["kid"]}, {**claims, **changes}, key, registry=REGISTRY)

    def by_hmac(secret: bytes) -> str:
        text = f"{part({'alg': 'HS256', 'kid': stored['kid']})}.{part({**claims, 'roles': ['admin']})}"
        return f"{text}.{part(hmac.digest(secret, text.encode(), hashlib.sha256))}"

    def unsigned(alg: str) -> str:
        return f"{part({'alg': alg, 'kid': stored['kid']})}.{part(claims)}."

    stranger = OKPKey.generate_key("Ed25519")
    head, body, signature = token.split(".")
    return {
        "none": unsigned("none"),
        "None": unsigned("None"),
        "EdDSA unsigned": unsigned("EdDSA"),
        "HS256 with the public key": by_hmac(stored["public"]),
        "HS256 with the public key as JWK": by_hmac((await web.shop.users.keys(KeysAsk())).jwks),
        "other key, our kid": jwt.encode({"alg": "EdDSA", "kid": stored["kid"]}, claims, stranger, registry=REGISTRY),
        "other key, own kid": jwt.encode({"alg": "EdDSA", "kid": "mine"}, claims, stranger, registry=REGISTRY),
        "expired": signed(exp=claims["iat"] - 1),
        "no expiry": signed(exp=None),
        "not yet": signed(nbf=claims["iat"] + 3600),
        "other audience": signed(aud="else"),
        "other issuer": signed(iss="https://evil.example"),
        "changed roles": f"{head}.{part({**claims, 'roles': ['admin']})}.{signature}",
        "cut": f"{head}.{body}",
        "nothing": "x",
    }


async def test_forged_tokens_are_refused_everywhere(web: Web) -> None:
    token = await web.customer()
    assert (await web("GET", "/v1/users/me", token=token)).status == 200
    for name, forged in (await forgeries(web, token)).items():
        for method, path in (("GET", "/v1/users/me"), ("GET", "/v1/admin/users"), ("GET", "/.well-known/jwks.json")):
            reply = await web(method, path, token=forged)
            assert reply.status == 401, (name, path)
        assert (await web("GET", "/v1/users/me", cookie=f"feira_access={forged}")).status == 401, name


async def test_what_is_published_checks_our_tokens(web: Web) -> None:
    discovery = await web("GET", "/.well-known/openid-configuration")
    assert discovery.body["issuer"] == web.url
    assert discovery.body["jwks_uri"] == f"{web.url}/.well-known/jwks.json"
    keys = await web("GET", "/.well-known/jwks.json")
    assert keys.headers["cache-control"] == "public, max-age=300"
    assert all(set(key) == {"kty", "crv", "x", "kid", "use", "alg"} for key in keys.body["keys"])
    kid = json.loads(base64.urlsafe_b64decode((await web.customer()).split(".")[0] + "=="))["kid"]
    assert kid in {key["kid"] for key in keys.body["keys"]}
    unchanged = await web("GET", "/.well-known/jwks.json", if_none_match=keys.headers["etag"])
    assert unchanged.status == 304
    assert (await web("HEAD", "/.well-known/jwks.json")).status == 200
