"""Who may call what: bearers, cookies, roles, origins; and whose address is believed."""

import asyncio
import base64
import json
import time
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from joserfc import jwt
from joserfc.jwk import Key, KeySet, OctKey, OKPKey, RSAKey

from feira.kernel.errors import Unauthenticated, Unavailable
from feira.kernel.http import GUEST, Caller, Request, Route, View
from feira.transport import auth
from feira.transport.auth import Verifier
from feira.transport.heads import Addresses, read_cookies

ISSUER = "https://shop.example"


class Me(View, frozen=True, kw_only=True):
    caller: str
    roles: list[str]
    by_cookie: bool
    address: str


async def me(request: Request[None, None]) -> Me:
    caller = request.caller
    return Me(
        caller=str(caller.user_id), roles=sorted(caller.roles), by_cookie=caller.by_cookie, address=request.address
    )


ROUTES = [
    Route("GET", "/public", me),
    Route("POST", "/public", me),
    Route("GET", "/customer", me, caller="customer"),
    Route("GET", "/staff", me, caller="staff"),
    Route("GET", "/admin", me, caller="admin"),
    Route("POST", "/sign-in", me, signs_in=True),
]


async def status(shop: Any, path: str, headers: dict[str, str], method: str = "GET") -> int:
    async with shop.session.request(method, path, headers=headers) as answer:
        if answer.status == 401:
            assert answer.headers["WWW-Authenticate"] == "Bearer"
        return int(answer.status)


async def test_roles(web: Any) -> None:
    shop = await web(ROUTES)
    user = uuid4()
    callers = {"guest": {}, "customer": shop.as_user(user), "staff": shop.as_user(user, "staff"),
               "admin": shop.as_user(user, "admin")}  # fmt: skip
    expected = {
        "/public": (200, 200, 200, 200),
        "/customer": (401, 200, 200, 200),
        "/staff": (401, 403, 200, 200),
        "/admin": (401, 403, 403, 200),
    }
    for path, statuses in expected.items():
        assert tuple([await status(shop, path, headers) for headers in callers.values()]) == statuses
    async with shop.session.get("/customer", headers=callers["staff"]) as answer:
        found = await answer.json()
        assert (found["caller"], found["roles"], found["by_cookie"]) == (str(user), ["customer", "staff"], False)


def forged(shop: Any) -> dict[str, str]:
    """Tokens that are no good, by what is wrong with them."""
    user, now = str(uuid4()), int(time.time())
    good = shop.token(user)
    head, claims, signature = good.split(".")
    rest = json.loads(base64.urlsafe_b64decode(claims + "=="))
    public = json.dumps(shop.key.as_dict(private=False)).encode()
    stranger = OKPKey.generate_key("Ed25519", {"kid": "test"}, private=True)
    rsa = RSAKey.generate_key(2048, {"kid": "test"}, private=True)

    def encoded(value: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    def signed(header: dict[str, Any], key: Any, **given: Any) -> str:
        return jwt.encode({"kid": "test", **header}, rest, key, **given)

    return {
        "nothing": "",
        "noise": "noise",
        "dots": "..",
        "not base64": "é.é.é",
        "too long": "x" * 10_000,
        "deep": encoded({"alg": "EdDSA", "kid": "test"}) + "." + "W" * 3000 + ".",
        "head is a list": encoded([]) + f".{claims}.{signature}",
        "no kid": encoded({"alg": "EdDSA"}) + f".{claims}.{signature}",
        "alg none": encoded({"alg": "none", "kid": "test"}) + f".{claims}.",
        "alg None, signed": encoded({"alg": "None", "kid": "test"}) + f".{claims}.{signature}",
        "public key as secret": signed({"alg": "HS256"}, OctKey.import_key(public), algorithms=["HS256"]),
        "another algorithm": signed({"alg": "RS256"}, rsa, algorithms=["RS256"]),
        "RFC 9864's name": signed({"alg": "Ed25519"}, shop.key, algorithms=["Ed25519"]),
        "a stranger's key": signed({"alg": "EdDSA"}, stranger, registry=auth.REGISTRY),
        "an unknown key": signed({"alg": "EdDSA", "kid": "other"}, stranger, registry=auth.REGISTRY),
        "its own key": signed(
            {"alg": "EdDSA", "jwk": stranger.as_dict(private=False)}, stranger, registry=auth.REGISTRY
        ),
        "other claims": f"{head}.{encoded({**rest, 'roles': ['admin']})}.{signature}",
        "no signature": f"{head}.{claims}.",
        "expired": shop.token(user, exp=now - 1),
        "endless": shop.token(user, exp=None),
        "not yet": shop.token(user, nbf=now + 60),
        "another issuer": shop.token(user, iss="https://evil.example"),
        "another audience": shop.token(user, aud="other"),
        "no audience": shop.token(user, aud=None),
        "no user": shop.token(user, sub=None),
        "a user that is none": shop.token("7"),
        "roles that are none": shop.token(user, roles="admin"),
        "expiry in words": shop.token(user, exp="tomorrow"),
    }


async def test_a_bad_bearer_is_never_taken_for_a_guest(web: Any) -> None:
    shop = await web(ROUTES)
    for what, token in forged(shop).items():
        headers = {"Authorization": f"Bearer {token}"}
        assert await status(shop, "/public", headers) == 401, what
        assert await status(shop, "/sign-in", headers, "POST") == 401, what
    for header in ("Basic YTpi", "Bearer", "bearer", "", shop.token(uuid4()), "Bearer é"):
        assert await status(shop, "/public", {"Authorization": header}) == 401, header
    assert await status(shop, "/public", {"Authorization": f"bearer  {shop.token(uuid4())}"}) == 200
    assert await status(shop, "/public", shop.as_user(uuid4(), nbf=int(time.time()) + 2)) == 200  # Clocks differ.


async def test_a_token_is_believed_until_it_expires(web: Any) -> None:
    shop = await web(ROUTES)
    headers = shop.as_user(uuid4(), exp=int(time.time()) + 2)
    assert await status(shop, "/customer", headers) == 200
    assert await status(shop, "/customer", headers) == 200
    time.sleep(2.1)  # noqa: ASYNC251 - nothing else runs here.
    assert await status(shop, "/customer", headers) == 401


async def test_cookies(web: Any) -> None:
    shop = await web(ROUTES)
    ours = f"http://127.0.0.1:{shop.port}"
    good = {"Cookie": f"other=1; feira_access={shop.token(uuid4())}"}
    async with shop.session.get("/customer", headers=good) as answer:
        assert (await answer.json())["by_cookie"] is True
    assert await status(shop, "/public", {"Cookie": "feira_access=forged"}) == 401
    assert await status(shop, "/public", {"Cookie": "other=1"}, "POST") == 200
    assert await status(shop, "/sign-in", {"Cookie": "feira_access=old", "Origin": ours}, "POST") == 200
    for cookie in (good, {"Cookie": "feira_refresh=x"}):
        assert await status(shop, "/public", {**cookie, "Origin": ours}, "POST") == 200
        assert await status(shop, "/public", {**cookie, "Origin": f"http://localhost:{shop.port}"}, "POST") == 200
        for origin in ("http://evil.example", "null", "", f"https://127.0.0.1:{shop.port}", f"{ours}.evil.example"):
            async with shop.session.post("/public", headers={**cookie, "Origin": origin}) as answer:
                assert (answer.status, (await answer.json())["code"]) == (403, "csrf"), origin
        assert await status(shop, "/public", cookie, "POST") == 403
        assert await status(shop, "/sign-in", cookie, "POST") == 403
        assert await status(shop, "/public", {**cookie, **shop.as_user(uuid4())}, "POST") == 200


def test_cookies_are_read_leniently() -> None:
    assert read_cookies('a=1; b="2"; a=3;;=; c; d=x=y') == {"a": "1", "b": '"2"', "": "", "d": "x=y"}
    assert len(read_cookies("; ".join(f"c{number}=1" for number in range(1000)))) == 64
    assert read_cookies(None) == {}


class Lines(dict[str, list[str]]):
    def get_all(self, name: str, /) -> list[str]:
        return self.get(name, [])


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("198.51.100.1:4000", ["203.0.113.7"], "198.51.100.1"),
        ("10.0.0.1:4000", ["203.0.113.7"], "203.0.113.7"),
        ("10.0.0.1:4000", ["203.0.113.66, 203.0.113.7, 10.0.0.9"], "203.0.113.7"),
        ("10.0.0.1:4000", ["203.0.113.66", "203.0.113.7"], "203.0.113.7"),
        ("10.0.0.1:4000", [], "10.0.0.1"),
        ("10.0.0.1:4000", ["unknown, 10.0.0.9"], "10.0.0.9"),
        ("10.0.0.1:4000", ["10.0.0.2, 10.0.0.3"], "10.0.0.2"),
        ("10.0.0.1:4000", ["2001:db8::7"], "2001:db8::7"),
        ("[::ffff:10.0.0.1]:4000", ["::ffff:203.0.113.7"], "203.0.113.7"),
        ("[2001:db8::1]:4000", ["203.0.113.7"], "2001:db8::1"),
    ],
)
def test_only_a_trusted_proxy_says_who_the_client_is(peer: str, forwarded: list[str], address: str) -> None:
    headers: Any = Lines({"x-forwarded-for": forwarded})
    assert Addresses(["10.0.0.0/8"]).of(peer, headers) == address


async def test_forwarded_headers_of_strangers_are_ignored(web: Any) -> None:
    forwarded = {"X-Forwarded-For": "203.0.113.7"}
    for trusted, address in (((), "127.0.0.1"), (("127.0.0.1",), "203.0.113.7")):
        shop = await web(ROUTES, trusted_proxies=trusted)
        async with shop.session.get("/public", headers=forwarded) as answer:
            assert (await answer.json())["address"] == address


class Keys:
    """A users service whose keys rotate and which may fail."""

    def __init__(self) -> None:
        self.asked = 0
        self.down = False
        self.keys: list[Key] = [OKPKey.generate_key("Ed25519", {"kid": "first"}, private=True)]

    async def __call__(self) -> bytes:
        self.asked += 1
        if self.down:
            raise ConnectionError
        return msgspec.json.encode(KeySet(self.keys).as_dict(private=False))

    def token(self) -> str:
        key = self.keys[-1]
        claims = {"iss": ISSUER, "aud": [auth.AUDIENCE], "sub": str(uuid4()), "exp": time.time() + 60, "roles": []}
        return jwt.encode({"alg": auth.ALGORITHM, "kid": key.kid}, claims, key, registry=auth.REGISTRY)


async def test_keys_are_asked_for_when_they_are_unknown_and_not_too_often(monkeypatch: pytest.MonkeyPatch) -> None:
    keys, now = Keys(), 1000.0
    verifier = Verifier(ISSUER, keys)
    monkeypatch.setattr("feira.transport.auth.time.monotonic", lambda: now)
    first = keys.token()
    assert (await verifier.caller(first)).user_id
    assert (await verifier.caller(keys.token())).user_id
    assert keys.asked == 1
    keys.keys.append(OKPKey.generate_key("Ed25519", {"kid": "second"}, private=True))
    second = keys.token()
    with pytest.raises(Unauthenticated):
        await verifier.caller(second)  # A forger must not make us ask all the time.
    now += 5
    assert (await verifier.caller(second)).user_id
    assert keys.asked == 2
    keys.keys.pop(0)  # Withdrawn: its tokens are forgotten with it, when the keys are read again.
    now += 601
    with pytest.raises(Unauthenticated):
        await verifier.caller(first)
    assert keys.asked == 3


async def test_users_being_away_is_not_the_callers_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    keys, now = Keys(), 1000.0
    keys.down = True
    verifier = Verifier(ISSUER, keys)
    monkeypatch.setattr("feira.transport.auth.time.monotonic", lambda: now)
    with pytest.raises(Unavailable):
        await verifier.caller(keys.token())
    keys.down, now = False, now + 5
    token = keys.token()
    assert (await verifier.caller(token)).user_id
    keys.down, now = True, now + 601
    assert (await verifier.caller(token)).user_id  # The keys at hand go on being good.


async def test_many_callers_ask_for_the_keys_once() -> None:
    keys = Keys()
    verifier = Verifier(ISSUER, keys)
    tokens = [keys.token() for _ in range(20)]
    await asyncio.gather(*[verifier.caller(token) for token in tokens])
    assert keys.asked == 1


async def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auth, "REMEMBERED_MAX", 3)
    keys = Keys()
    verifier = Verifier(ISSUER, keys)
    for _ in range(10):
        await verifier.caller(keys.token())
    assert len(verifier._remembered) <= 3


def test_callers() -> None:
    admin = Caller(uuid4(), frozenset({"admin"}))
    assert (admin.has("staff"), admin.has("customer"), admin.has("admin")) == (True, True, True)
    assert admin.id == admin.user_id
    assert not GUEST.has("customer")
    with pytest.raises(Unauthenticated):
        _ = GUEST.id
