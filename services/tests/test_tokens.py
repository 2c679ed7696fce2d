"""Forged tokens and forged addresses: nobody is believed because of what he says of himself."""

import asyncio
import base64
import hashlib
import hmac
import json
from typing import Any
from uuid import uuid4

import pytest

from tests.conftest import NewShop
from tests.shop import Reply, Shop

PASSWORD = "a long enough word"


def b64(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unpacked(token: str) -> tuple[Any, Any, str]:
    head, claims, signature = token.split(".")
    return *(json.loads(base64.urlsafe_b64decode(part + "==")) for part in (head, claims)), signature


async def forgeries(shop: Shop, token: str) -> dict[str, str]:
    """A customer's own token, turned into what would make an admin of him."""
    head, claims, signature = unpacked(token)
    jwks = await shop.get("/.well-known/jwks.json")
    key = next(key for key in jwks.json["keys"] if key["kid"] == head["kid"])
    public = base64.urlsafe_b64decode(key["x"] + "==")
    admin = {**claims, "roles": ["customer", "staff", "admin"]}

    def signed_by(secret: bytes, **more: Any) -> str:
        text = f"{b64({**head, 'alg': 'HS256', **more})}.{b64(admin)}"
        return f"{text}.{b64(hmac.digest(secret, text.encode(), hashlib.sha256))}"

    return {
        "none": f"{b64({**head, 'alg': 'none'})}.{b64(admin)}.",
        "None": f"{b64({**head, 'alg': 'None'})}.{b64(admin)}.{signature}",
        "no algorithm": f"{b64({'kid': head['kid']})}.{b64(admin)}.{signature}",
        "public key as secret": signed_by(public),
        "public jwk as secret": signed_by(json.dumps(key).encode()),
        "jwk in the header": signed_by(b"mine", jwk={"kty": "oct", "k": b64(b"mine")}),
        "key by url": signed_by(b"mine", jku="https://evil.example/keys"),
        "unknown key": signed_by(b"", kid="none"),
        "empty secret": signed_by(b""),
        "claims exchanged": f"{b64(head)}.{b64(admin)}.{signature}",
        "signature cut off": f"{b64(head)}.{b64(claims)}.",
        "no expiry": f"{b64(head)}.{b64({k: v for k, v in claims.items() if k != 'exp'})}.{signature}",
        "critical": f"{b64({**head, 'crit': ['x'], 'x': 1})}.{b64(claims)}.{signature}",
        "nested": b64({"a": "." * 10}) * 3,
        "huge": "a" * 7_000,
        "empty parts": "..",
    }


async def test_a_forged_token_opens_nothing(shop: Shop) -> None:
    """JWT alg confusion, none: the algorithm is pinned, and a forged token is never treated as a guest's."""
    _, token = await shop.new_customer()
    assert (await shop.get("/v1/users/me", token=token)).status == 200
    head, claims, _ = unpacked(token)
    assert head["alg"] == "EdDSA"
    assert {"iss", "aud", "exp", "sub"} <= claims.keys()
    for name, forged in (await forgeries(shop, token)).items():
        for path in ("/v1/admin/orders", "/v1/users/me", "/v1/products?limit=1", "/v1/orders"):
            assert (await shop.get(path, token=forged)).status == 401, (name, path)
    for scheme in ("bearer", "BEARER"):
        assert (await shop.get("/v1/users/me", headers={"authorization": f"{scheme} {token}"})).status == 200
    for header in (f"Bearer  {token} x", "Bearer", "Basic YTpi", f"Token {token}"):
        assert (await shop.get("/v1/users/me", headers={"authorization": header})).status == 401, header


async def test_another_shops_token_opens_nothing(new_shop: NewShop, shop: Shop) -> None:
    """Issuer and audience are checked, also where two shops share their master secret."""
    if shop.mode != "one":
        return
    _, token = await (await new_shop("one")).new_customer()
    assert (await shop.get("/v1/users/me", token=token)).status == 401


@pytest.mark.parametrize("header", ["x-forwarded-for", "forwarded", "x-real-ip", "cf-connecting-ip"])
async def test_an_address_that_is_only_said_lifts_no_limit(shop: Shop, header: str) -> None:
    """Rate limit bypassed: forwarded headers are untrusted; the limit is per account whatever the address."""
    email, _ = await shop.new_customer()

    async def guess(n: int) -> int:
        said = f"for=203.0.113.{n}" if header == "forwarded" else f"203.0.113.{n}"
        reply = await shop.post(
            "/v1/sessions", {"email": email, "password": f"guess {n} words"}, headers={header: said}
        )
        return reply.status

    statuses = await asyncio.gather(*(guess(n) for n in range(14)))
    assert sorted(statuses) == [401] * 10 + [429] * 4


async def test_registrations_are_limited_by_the_real_address(new_shop: NewShop) -> None:
    """60 registrations of an address in a minute, in all workers together, whatever is said of the address."""
    shop = await new_shop("workers")

    async def register(n: int) -> Any:
        body = {"email": f"{uuid4().hex}@buyer.test", "password": PASSWORD, "name": "Ana"}
        return await shop.post("/v1/users", body, headers={"x-forwarded-for": f"203.0.113.{n}, 198.51.100.{n}"})

    replies = await asyncio.gather(*(register(n) for n in range(66)))
    assert sorted(reply.status for reply in replies) == [202] * 60 + [429] * 6
    assert all(int(reply.headers["retry-after"]) > 0 for reply in replies if reply.status == 429)


async def test_an_unknown_account_is_answered_as_a_known_one(shop: Shop) -> None:
    """Account enumeration: the same answer, for signing in, registering and asking for a new password.

    That both take the same work is shown where the work can be counted, in the tests of users.
    """
    known, _ = await shop.new_customer()
    bodies: dict[str, dict[str, str]] = {
        "/v1/sessions": {"password": "not the right word"},
        "/v1/users": {"password": PASSWORD, "name": "Eve"},
        "/v1/password-resets": {},
    }
    for path, body in bodies.items():
        answers = [
            await shop.post(path, {**body, "email": email}) for email in (known, f"{uuid4().hex}@buyer.test", known)
        ]
        told = {(reply.status, frozenset(reply.headers) - {"content-length"}, _without_id(reply)) for reply in answers}
        assert len(told) == 1, (path, told)


def _without_id(reply: Reply) -> str:
    """What the answer says, but for what differs in any two answers."""
    said = reply.json if reply.raw else {}
    return json.dumps({name: value for name, value in said.items() if name != "request_id"}, sort_keys=True)
