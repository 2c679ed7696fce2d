"""Sessions, their limits and their keys, on a real database."""

import asyncio
import base64
import json
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from feira.contracts.users import KeysAsk, ResetAsked
from feira.kernel.card import Context
from feira.kernel.errors import Invalid, RateLimited
from feira.transport.auth import REGISTRY
from feira.users.domain import SESSIONS_MAX, SessionOver, WrongCredentials
from feira.users.domain_keys import KNOWN_AFTER, PUBLISHED_AHEAD, ROTATION
from feira.users.domain_limits import SIGN_INS
from feira.users.domain_sessions import REFRESH_TTL
from feira.users.service import UserService
from feira.users.service_hasher import Hasher

Shop = Any
WRONG = "lemons and limes"


def claims_of(token: str) -> dict[str, Any]:
    body = token.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return found


def kid_of(token: str) -> str:
    head = token.split(".", maxsplit=1)[0]
    return str(json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))["kid"])


async def known_kids(shop: Shop) -> set[str]:
    return {key["kid"] for key in json.loads((await shop.users.keys(KeysAsk())).jwks)["keys"]}


async def test_what_an_access_token_says(shop: Shop) -> None:
    await shop.register()
    tokens = await shop.sign_in()
    claims = claims_of(tokens.access)
    user_id = await shop.id_of("ana@example.com")
    family = await shop.value("select id from sessions")
    begun = int(shop.clock.time.timestamp())
    assert claims.pop("jti")
    assert claims == {
        "iss": shop.ctx.settings.url, "aud": "feira", "sub": str(user_id), "roles": ["customer"],
        "email": "ana@example.com", "email_verified": False, "fam": str(family), "iat": begun, "nbf": begun,
        "exp": begun + 600,
    }  # fmt: skip
    assert tokens.expires_in_s == 600


async def test_no_secret_is_stored_as_it_is(shop: Shop) -> None:
    await shop.register()
    tokens = await shop.sign_in()
    (row,) = await shop.fetch("select handle_hash, secret_hash from sessions")
    handle, secret = tokens.refresh.split(".")
    assert len(secret) == 43  # 256 bits.
    assert handle.encode() not in row["handle_hash"]
    assert secret.encode() not in row["secret_hash"]
    (key,) = await shop.fetch("select public, sealed from signing_keys")
    assert key["public"] not in key["sealed"]


async def test_an_unknown_address_is_refused_by_the_same_work_as_a_wrong_password(shop: Shop) -> None:
    """No clock is asked: the same hashes are computed, and the same counters written."""
    await shop.register()
    refusals = []
    for email in ("ana@example.com", "nobody@example.com"):
        calls, counters = (
            shop.users.hasher.calls,
            await shop.value("select count(*) from attempts where key is not null"),
        )
        with pytest.raises(WrongCredentials) as refused:
            await shop.sign_in(email, WRONG, "192.0.2.77")
        refusals.append((str(refused.value), refused.value.code, shop.users.hasher.calls - calls))
        assert await shop.value("select count(*) from attempts") > counters
    assert refusals[0] == refusals[1]
    assert refusals[0][2] == 1


async def test_ten_failures_close_an_account_that_exists_or_not_for_a_quarter_of_an_hour(shop: Shop) -> None:
    await shop.register()
    for email in ("ana@example.com", "nobody@example.com"):
        for _ in range(10):
            with pytest.raises(WrongCredentials):
                await shop.sign_in(email, WRONG)
            shop.clock.pass_time(seconds=10)
        calls = shop.users.hasher.calls
        with pytest.raises(RateLimited) as refused:
            await shop.sign_in(email)
        assert refused.value.extra["retry_after_s"] == 800
        assert shop.users.hasher.calls == calls
        shop.clock.pass_time(seconds=799)
        with pytest.raises(RateLimited):
            await shop.sign_in(email)
        shop.clock.pass_time(seconds=1)
        with pytest.raises(WrongCredentials):
            await shop.sign_in(email, WRONG)
        with pytest.raises(RateLimited):  # The limit holds over every quarter of an hour, not over fixed ones.
            await shop.sign_in(email)
        shop.clock.pass_time(seconds=900)
    await shop.sign_in()


async def test_parallel_guesses_cannot_pass_the_limit(shop: Shop) -> None:
    """Of many guesses at once no more than ten are told that they are wrong, and the rest nothing."""
    await shop.register()
    outcomes = await asyncio.gather(
        *(shop.sign_in(password=f"guess number {number}") for number in range(60)), return_exceptions=True
    )
    assert sum(isinstance(outcome, WrongCredentials) for outcome in outcomes) == 10
    assert sum(isinstance(outcome, RateLimited) for outcome in outcomes) == 50


async def test_right_passwords_in_parallel_are_no_failures(shop: Shop) -> None:
    await shop.register()
    await asyncio.gather(*(shop.sign_in() for _ in range(30)))


async def test_a_reset_opens_an_account_that_others_guesses_closed(shop: Shop) -> None:
    await shop.register()
    await asyncio.gather(*(shop.sign_in(password=WRONG) for _ in range(12)), return_exceptions=True)
    await shop.users.accounts.ask_reset("ana@example.com", "192.0.2.1")
    await shop.users.accounts.confirm_reset(await shop.link(ResetAsked), "limes and mangoes")
    await shop.sign_in(password="limes and mangoes")


async def test_sign_ins_are_limited_by_address_over_all_workers(shop: Shop) -> None:
    await shop.register()
    other = UserService(shop.ctx, shop.users.profiles._orders, clock=shop.clock, hasher=Hasher(memory_kib=64, passes=1))
    sessions = [shop.users.sessions, other.sessions]
    limiters = [one._limiter for one in sessions]
    outcomes = await asyncio.gather(
        *(limiters[number % 2].count_address(SIGN_INS, f"2001:db8::{number:x}") for number in range(310)),
        return_exceptions=True,
    )
    assert sum(isinstance(outcome, RateLimited) for outcome in outcomes) == 10
    with pytest.raises(RateLimited) as refused:
        await shop.sign_in(address="2001:db8::ffff")
    assert refused.value.extra["retry_after_s"] == 60
    await shop.sign_in(address="2001:db9::1")
    await other.stop()


async def test_what_is_no_address_is_refused_and_not_counted(shop: Shop) -> None:
    with pytest.raises(Invalid):
        await shop.sign_in("no address", WRONG)
    assert await shop.value("select count(*) from attempts") == 0


async def test_a_password_is_hashed_anew_when_the_parameters_change(shop: Shop) -> None:
    await shop.register()
    stronger = UserService(
        shop.ctx, shop.users.profiles._orders, clock=shop.clock, hasher=Hasher(memory_kib=128, passes=1)
    )
    shop.users, weaker = stronger, shop.users
    await asyncio.gather(*(shop.sign_in() for _ in range(6)))
    assert "m=128" in await shop.value("select password_hash from users")
    await shop.sign_in()
    await weaker.stop()
    shop.users = stronger


async def test_each_refresh_token_works_once(shop: Shop) -> None:
    await shop.register()
    first = await shop.sign_in()
    second = await shop.users.sessions.refresh(first.refresh)
    third = await shop.users.sessions.refresh(second.refresh)
    assert claims_of(third.access)["fam"] == claims_of(first.access)["fam"]
    assert len({first.refresh, second.refresh, third.refresh}) == 3
    with pytest.raises(SessionOver):
        await shop.users.sessions.refresh(first.refresh)
    with pytest.raises(SessionOver):  # The whole family is revoked.
        await shop.users.sessions.refresh(third.refresh)
    await shop.sign_in()


async def test_a_double_use_at_once_ends_the_family(shop: Shop) -> None:
    await shop.register()
    for _ in range(5):
        tokens = await shop.sign_in()
        outcomes = await asyncio.gather(
            *(shop.users.sessions.refresh(tokens.refresh) for _ in range(6)), return_exceptions=True
        )
        won = [outcome for outcome in outcomes if not isinstance(outcome, BaseException)]
        assert len(won) == 1
        assert sum(isinstance(outcome, SessionOver) for outcome in outcomes) == 5
        with pytest.raises(SessionOver):
            await shop.users.sessions.refresh(won[0].refresh)


@pytest.mark.parametrize("text", ["", "x", "a.b", "é.é", ".." * 20])
async def test_what_was_never_a_token_is_refused(shop: Shop, text: str) -> None:
    with pytest.raises(SessionOver):
        await shop.users.sessions.refresh(text)
    with pytest.raises(SessionOver):
        await shop.users.sessions.sign_out_by_token(text)


async def test_sessions_end(shop: Shop) -> None:
    await shop.register()
    tokens = [await shop.sign_in() for _ in range(4)]
    from_token = claims_of(tokens[0].access)["fam"]
    await shop.users.sessions.sign_out(from_token)
    await shop.users.sessions.sign_out(from_token)
    await shop.users.sessions.sign_out_by_token(tokens[1].refresh)
    shop.clock.pass_time(days=29)
    renewed = await shop.users.sessions.refresh(tokens[2].refresh)
    shop.clock.pass_time(days=1)
    for over in (tokens[0], tokens[1], tokens[3]):
        with pytest.raises(SessionOver):
            await shop.users.sessions.refresh(over.refresh)
    for _ in range(13):  # However often it is used, a year is the end of it.
        renewed = await shop.users.sessions.refresh(renewed.refresh)
        shop.clock.pass_time(days=27)
    with pytest.raises(SessionOver):
        await shop.users.sessions.refresh(renewed.refresh)


async def test_the_oldest_of_too_many_sessions_gives_way(shop: Shop) -> None:
    await shop.register()
    first = await shop.sign_in()
    user_id = await shop.id_of("ana@example.com")
    await shop.fetch(
        """insert into sessions (id, user_id, handle_hash, secret_hash, created_at, used_at, expires_at, address, agent)
           select gen_random_uuid(), $1, convert_to(n::text, 'UTF8'), '', $2::timestamptz, $2, $2::timestamptz + interval '30 days', '', ''
           from generate_series(1, $3) as n""",
        user_id, shop.clock.time + timedelta(seconds=1), SESSIONS_MAX - 1,
    )  # fmt: skip
    shop.clock.pass_time(seconds=2)
    await shop.sign_in()
    assert await shop.value("select count(*) from sessions") == SESSIONS_MAX
    with pytest.raises(SessionOver):
        await shop.users.sessions.refresh(first.refresh)


async def test_keys_rotate_while_tokens_live(shop: Shop) -> None:
    await shop.register()
    (first,) = await known_kids(shop)
    shop.clock.pass_time(seconds=(ROTATION - PUBLISHED_AHEAD).total_seconds())
    await shop.users.keyring.rotate()
    assert len(await known_kids(shop)) == 2
    shop.clock.pass_time(seconds=PUBLISHED_AHEAD.total_seconds() - 1)
    old = (await shop.sign_in()).access
    assert kid_of(old) == first
    shop.clock.pass_time(seconds=61)
    new = (await shop.sign_in()).access
    assert kid_of(new) != first
    await shop.users.keyring.rotate()
    keys = KeySet.import_key_set(json.loads((await shop.users.keys(KeysAsk())).jwks))
    for token in (old, new):
        assert jwt.decode(token, keys, registry=REGISTRY).claims["aud"] == "feira"
    shop.clock.pass_time(seconds=KNOWN_AFTER.total_seconds())
    await shop.users.keyring.rotate()
    assert await known_kids(shop) == {kid_of(new)}


async def test_workers_that_start_at_once_make_one_key(shop: Shop) -> None:
    await shop.fetch("delete from signing_keys")
    others = [
        UserService(shop.ctx, shop.users.profiles._orders, clock=shop.clock, hasher=shop.users.hasher) for _ in range(6)
    ]
    await asyncio.gather(*(other.start() for other in others))
    assert await shop.value("select count(*) from signing_keys") == 1


async def test_with_another_secret_new_tokens_get_a_new_key_and_old_ones_live(shop: Shop) -> None:
    settings = msgspec.structs.replace(shop.ctx.settings, secret="cd" * 32)
    ctx = Context(db=shop.ctx.db, settings=settings, wake=shop.ctx.wake, log=shop.ctx.log)
    await shop.register()
    old = (await shop.sign_in()).access
    shop.users = UserService(ctx, shop.users.profiles._orders, clock=shop.clock, hasher=shop.users.hasher)
    shop.clock.pass_time(seconds=1)
    new = (await shop.sign_in()).access  # Also without a start: a key is made when one is needed.
    assert kid_of(new) != kid_of(old)
    assert await known_kids(shop) == {kid_of(new), kid_of(old)}


async def test_what_expired_is_swept(shop: Shop) -> None:
    await shop.register()
    await shop.users.accounts.ask_reset("ana@example.com", "192.0.2.1")
    await shop.events()
    await shop.sign_in()
    assert not await shop.users.sweep()
    tables = ("sessions", "links", "attempts")
    assert [await shop.value(f"select count(*) > 0 from {table}") for table in tables] == [True] * 3
    shop.clock.pass_time(seconds=REFRESH_TTL.total_seconds() + 1)
    assert not await shop.users.sweep()
    assert [await shop.value(f"select count(*) from {table}") for table in tables] == [0] * 3
    await shop.fetch(
        """insert into attempts select convert_to(n::text, 'UTF8'), '{}', 'epoch' from generate_series(1, 1500) as n"""
    )
    assert await shop.users.sweep()
    assert not await shop.users.sweep()
