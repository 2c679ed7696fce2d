"""Registration, verification and password resets, on a real database."""

import asyncio
from typing import Any

import pytest

from feira.contracts.users import EmailVerified, RegistrationRepeated, ResetAsked, SessionsEnded, VerificationAsked
from feira.kernel.errors import Invalid, Overloaded, RateLimited
from feira.users.domain import DeadLink, SessionOver, WrongCredentials
from feira.users.service_accounts import LETTER_TRIES_MAX, WRITE_LETTERS
from feira.users.service_hasher import Hasher

Shop = Any
WRONG = "lemons and limes"


async def test_an_account_may_sign_in_at_once_and_is_asked_to_verify(shop: Shop) -> None:
    await shop.register(" Ana@Example.com ")
    assert shop.woken == [WRITE_LETTERS]
    await shop.sign_in()
    (asked,) = await shop.events()
    assert isinstance(asked, VerificationAsked)
    assert (asked.email, asked.name, asked.locale, asked.version) == ("ana@example.com", "Ana", "pt-BR", 1)
    stored = await shop.fetch("select hash from links")
    assert asked.token.encode() not in stored[0]["hash"]


async def test_verifying_works_once_and_tells_the_others(shop: Shop) -> None:
    await shop.register()
    token = await shop.link(VerificationAsked)
    await shop.users.accounts.verify(token)
    (verified,) = await shop.events()
    assert isinstance(verified, EmailVerified)
    assert verified.version == 2
    for dead in (token, "nothing"):
        with pytest.raises(DeadLink):
            await shop.users.accounts.verify(dead)


async def test_of_many_that_use_a_link_at_once_one_wins(shop: Shop) -> None:
    await shop.register()
    token = await shop.link(VerificationAsked)
    outcomes = await asyncio.gather(*(shop.users.accounts.verify(token) for _ in range(8)), return_exceptions=True)
    assert outcomes.count(None) == 1
    assert sum(isinstance(outcome, DeadLink) for outcome in outcomes) == 7
    assert len(await shop.events()) == 1


async def test_a_link_is_too_old_after_a_day_and_is_no_reset(shop: Shop) -> None:
    await shop.register()
    token = await shop.link(VerificationAsked)
    with pytest.raises(DeadLink):
        await shop.users.accounts.confirm_reset(token, "limes and mangoes")
    shop.clock.pass_time(hours=24)
    with pytest.raises(DeadLink):
        await shop.users.accounts.verify(token)


async def test_registering_a_known_address_changes_nothing_and_tells_its_owner(shop: Shop) -> None:
    await shop.register()
    await shop.events()
    before = await shop.fetch("select * from users")
    calls = shop.users.hasher.calls
    await shop.users.accounts.register("ANA@example.com", "the thief's own", "Thief", "en", "192.0.2.9")
    assert shop.users.hasher.calls == calls + 1
    (told,) = await shop.events()
    assert isinstance(told, RegistrationRepeated)
    assert (told.name, told.locale) == ("Ana", "pt-BR")
    assert [{**row, "version": 1} for row in await shop.fetch("select * from users")] == [dict(row) for row in before]
    await shop.sign_in()
    with pytest.raises(WrongCredentials):
        await shop.sign_in(password="the thief's own")


async def test_registering_does_the_same_work_whether_the_address_is_known(shop: Shop) -> None:
    """No clock is asked here: the same hashes are computed, and the same tables written."""
    work = []
    for _ in range(2):
        calls = shop.users.hasher.calls
        letters = await shop.value("select count(*) from letters")
        await shop.register()
        work.append((shop.users.hasher.calls - calls, await shop.value("select count(*) from letters") - letters))
    assert work == [(1, 1), (1, 1)]


async def test_of_many_that_register_one_address_at_once_one_gets_it(shop: Shop) -> None:
    passwords = [f"password number {number}" for number in range(8)]
    await asyncio.gather(*(shop.register(password=password) for password in passwords))
    outcomes = await asyncio.gather(*(shop.sign_in(password=one) for one in passwords), return_exceptions=True)
    assert sum(isinstance(outcome, WrongCredentials) for outcome in outcomes) == 7
    kinds = [type(event) for event in await shop.events()]
    assert sorted(kind.__name__ for kind in kinds) == ["RegistrationRepeated"] * 7 + ["VerificationAsked"]


@pytest.mark.parametrize(
    ("email", "password", "name"),
    [("no", "long enough", "A"), ("a@b.co", "short", "A"), ("a@b.co", "long enough", " ")],
)
async def test_a_bad_registration_is_refused_and_counts_for_nothing(
    shop: Shop, email: str, password: str, name: str
) -> None:
    with pytest.raises(Invalid):
        await shop.users.accounts.register(email, password, name, "en", "192.0.2.1")
    assert await shop.value("select count(*) from attempts") == 0
    assert await shop.value("select count(*) from letters") == 0


async def test_a_reset_sets_the_password_ends_all_sessions_and_proves_the_address(shop: Shop) -> None:
    await shop.register()
    tokens = await shop.sign_in()
    await shop.users.accounts.ask_reset("Ana@example.com", "192.0.2.1")
    await shop.users.accounts.ask_reset("ana@example.com", "192.0.2.1")
    asked = [event for event in await shop.events() if isinstance(event, ResetAsked)]
    assert len(asked) == 2
    for bad in ("short", "ana@example.com"):
        with pytest.raises(Invalid):
            await shop.users.accounts.confirm_reset(asked[0].token, bad)
    await shop.users.accounts.confirm_reset(asked[0].token, "limes and mangoes")
    assert [type(event) for event in await shop.events()] == [SessionsEnded, EmailVerified]
    with pytest.raises(SessionOver):
        await shop.users.sessions.refresh(tokens.refresh)
    with pytest.raises(WrongCredentials):
        await shop.sign_in()
    await shop.sign_in(password="limes and mangoes")
    for used in asked:  # The other link is void as well.
        with pytest.raises(DeadLink):
            await shop.users.accounts.confirm_reset(used.token, "a third password")


async def test_a_reset_of_a_proven_account_keeps_what_is_in_it(shop: Shop) -> None:
    await shop.register()
    await shop.users.accounts.verify(await shop.link(VerificationAsked))
    await shop.events()
    user_id = await shop.id_of("ana@example.com")
    await shop.users.profiles.change(user_id, name="Ana", phone="+55 11 5555", locale="en")
    await shop.users.accounts.ask_reset("ana@example.com", "192.0.2.1")
    await shop.users.accounts.confirm_reset(await shop.link(ResetAsked), "limes and mangoes")
    assert await shop.events() == []
    assert (await shop.users.profiles.read(user_id)).phone == "+55 11 5555"


async def test_who_took_an_address_first_loses_it_to_its_owner(shop: Shop) -> None:
    """The squatter's password, sessions, links and planted data are worth nothing after the owner's reset."""
    await shop.register(password="the squatter's own")
    squatter = await shop.sign_in(password="the squatter's own")
    verification = await shop.link(VerificationAsked)
    user_id = await shop.id_of("ana@example.com")
    await shop.users.profiles.change(user_id, name="Ana", phone="+1 555 0100", locale="en")
    await shop.register(password="the owner's wish")
    await shop.users.accounts.ask_reset("ana@example.com", "192.0.2.7")
    await shop.users.accounts.confirm_reset(await shop.link(ResetAsked), "the owner's own")
    with pytest.raises(SessionOver):
        await shop.users.sessions.refresh(squatter.refresh)
    for password in ("the squatter's own", "the owner's wish"):
        with pytest.raises(WrongCredentials):
            await shop.sign_in(password=password)
    with pytest.raises(DeadLink):
        await shop.users.accounts.verify(verification)
    user = await shop.users.profiles.read(user_id)
    assert user.verified
    assert user.phone is None


async def test_of_many_that_reset_with_one_link_at_once_one_wins(shop: Shop) -> None:
    await shop.register()
    await shop.users.accounts.ask_reset("ana@example.com", "192.0.2.1")
    token = await shop.link(ResetAsked)
    passwords = [f"password number {number}" for number in range(6)]
    outcomes = await asyncio.gather(
        *(shop.users.accounts.confirm_reset(token, password) for password in passwords), return_exceptions=True
    )
    assert outcomes.count(None) == 1
    await shop.sign_in(password=passwords[outcomes.index(None)])


async def test_a_sign_in_with_the_old_password_does_not_outlive_the_reset(shop: Shop) -> None:
    await shop.register()
    await shop.users.accounts.ask_reset("ana@example.com", "192.0.2.1")
    token = await shop.link(ResetAsked)
    outcomes = await asyncio.gather(
        *(shop.sign_in() for _ in range(6)),
        shop.users.accounts.confirm_reset(token, "limes and mangoes"),
        return_exceptions=True,
    )
    assert outcomes.pop() is None
    for outcome in outcomes:
        if not isinstance(outcome, BaseException):
            with pytest.raises(SessionOver):
                await shop.users.sessions.refresh(outcome.refresh)


async def test_asking_to_reset_an_unknown_address_does_the_same_and_tells_nobody(shop: Shop) -> None:
    await shop.users.accounts.ask_reset("nobody@example.com", "192.0.2.1")
    assert await shop.value("select count(*) from letters") == 1
    assert shop.woken == [WRITE_LETTERS]
    assert await shop.events() == []
    assert await shop.value("select count(*) from letters") == 0


async def test_nobodys_inbox_is_flooded(shop: Shop) -> None:
    await shop.register()
    for _ in range(30):
        await shop.users.accounts.ask_reset("ana@example.com", "192.0.2.1")
    assert len(await shop.events()) == 20
    shop.clock.pass_time(hours=1)
    await shop.users.accounts.ask_reset("ana@example.com", "192.0.2.1")
    assert len(await shop.events()) == 1


async def test_a_letter_that_fails_lets_the_others_pass_and_is_tried_again(shop: Shop) -> None:
    await shop.register()
    await shop.register("bia@example.com")
    await shop.fetch("alter table users add constraint poison check (email <> 'ana@example.com' or version < 1)")
    assert [event.email for event in await shop.events()] == ["bia@example.com"]
    await shop.fetch("alter table users drop constraint poison")
    assert await shop.events() == []
    shop.clock.pass_time(seconds=5)
    assert [event.email for event in await shop.events()] == ["ana@example.com"]


async def test_a_letter_that_always_fails_is_given_up_and_swept(shop: Shop) -> None:
    await shop.register()
    await shop.fetch("alter table users add constraint poison check (version < 1)")
    for _ in range(LETTER_TRIES_MAX + 1):
        await shop.events()
        shop.clock.pass_time(hours=2)
    assert await shop.value("select tries from letters") == LETTER_TRIES_MAX
    shop.clock.pass_time(days=2)
    assert not await shop.users.sweep()
    assert await shop.value("select count(*) from letters") == 0


async def test_registrations_and_resets_are_limited_by_address(shop: Shop) -> None:
    for ask in (
        shop.users.accounts.ask_reset,
        lambda email, address: shop.users.accounts.register(email, "long enough", "A", "en", address),
    ):
        outcomes = await asyncio.gather(
            *(ask(f"{n}@example.com", "192.0.2.1") for n in range(70)), return_exceptions=True
        )
        assert sum(isinstance(outcome, RateLimited) for outcome in outcomes) == 10
        await ask("x@example.com", "192.0.2.2")
    with pytest.raises(RateLimited) as refused:
        await shop.users.accounts.ask_reset("a@example.com", "192.0.2.1")
    assert refused.value.extra["retry_after_s"] == 60
    shop.clock.pass_time(seconds=60)
    await shop.users.accounts.ask_reset("a@example.com", "192.0.2.1")


async def test_the_hashers_queue_is_bounded() -> None:
    hasher = Hasher(memory_kib=64, passes=1, threads=1, queue_max=2)
    outcomes = await asyncio.gather(*(hasher.hash("password") for _ in range(5)), return_exceptions=True)
    assert sum(isinstance(outcome, Overloaded) for outcome in outcomes) == 3
    stored = next(outcome for outcome in outcomes if isinstance(outcome, str))
    assert stored.startswith("$argon2id$v=19$m=64,t=1,p=1$")
    assert await hasher.verify(stored, "password")
    assert not await hasher.verify(stored, "other")
    assert not await hasher.verify(None, "the password of nobody")
    assert not await hasher.verify("no hash", "password")
    assert not hasher.outdated(stored)
    assert Hasher(memory_kib=128, passes=1).outdated(stored)
    hasher.close()


async def test_the_work_asked_for_is_owasps() -> None:
    hasher = Hasher()
    assert (await hasher.hash("password")).startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    hasher.close()
