"""What belongs to one customer, on a real database."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from feira.contracts.goods import Address
from feira.contracts.users import UserErased
from feira.kernel.errors import Invalid, Unauthenticated
from feira.users.domain import ADDRESSES_MAX, LastAdmin, SessionOver, TooManyAddresses, UnknownAddress, WrongCredentials

Shop = Any
HOME = Address(name="Ana", line1="Rua 1", city="São Paulo", postal_code="01310-100", country="BR")


async def test_a_profile_changes_by_what_is_given(shop: Shop) -> None:
    await shop.register()
    user_id = await shop.id_of("ana@example.com")
    change = shop.users.profiles.change
    unset = msgspec.UNSET
    user = await change(user_id, name=" Ana Lima ", phone="+55 11 5555", locale=unset)
    assert (user.name, user.phone, user.locale) == ("Ana Lima", "+55 11 5555", "pt-BR")
    user = await change(user_id, name=unset, phone=unset, locale="en")
    assert (user.name, user.phone, user.locale) == ("Ana Lima", "+55 11 5555", "en")
    user = await change(user_id, name=unset, phone=None, locale=unset)
    assert await shop.users.profiles.read(user_id) == user
    assert user.phone is None
    with pytest.raises(Invalid):
        await change(user_id, name=unset, phone="none", locale=unset)


async def test_addresses_are_their_owners(shop: Shop) -> None:
    await shop.register()
    await shop.register("bia@example.com")
    ana, bia = await shop.id_of("ana@example.com"), await shop.id_of("bia@example.com")
    profiles = shop.users.profiles
    kept = await profiles.add_address(ana, HOME)
    assert await profiles.read_address(ana, kept.id) == kept
    changed = await profiles.change_address(ana, kept.id, {"line1": "Rua 2", "region": "SP"})
    assert changed.address == msgspec.structs.replace(HOME, line1="Rua 2", region="SP")
    for user_id, address_id in ((bia, kept.id), (ana, uuid4())):
        for act in (
            profiles.read_address(user_id, address_id),
            profiles.change_address(user_id, address_id, {"line1": "x"}),
            profiles.drop_address(user_id, address_id),
        ):
            with pytest.raises(UnknownAddress):
                await act
    with pytest.raises(Invalid):
        await profiles.change_address(ana, kept.id, {"country": "XX"})
    assert await profiles.read_address(ana, kept.id) == changed
    await profiles.drop_address(ana, kept.id)
    assert await profiles.list_addresses(ana, None, 10) == []


async def test_parallel_additions_stop_at_the_limit(shop: Shop) -> None:
    await shop.register()
    ana = await shop.id_of("ana@example.com")
    outcomes = await asyncio.gather(
        *(shop.users.profiles.add_address(ana, HOME) for _ in range(ADDRESSES_MAX + 5)), return_exceptions=True
    )
    assert sum(isinstance(outcome, TooManyAddresses) for outcome in outcomes) == 5
    assert len(await shop.users.profiles.list_addresses(ana, None, 100)) == ADDRESSES_MAX


async def test_the_export_tells_all_but_secrets(shop: Shop) -> None:
    await shop.register()
    tokens = await shop.sign_in()
    ana = await shop.id_of("ana@example.com")
    await shop.users.profiles.add_address(ana, HOME)
    kept = await shop.users.profiles.export(ana)
    assert kept.user.email == "ana@example.com"
    assert [one.address for one in kept.addresses] == [HOME]
    assert [(one.address, one.agent) for one in kept.sessions] == [("192.0.2.1", "a test")]
    assert json.loads(kept.orders) == [{"number": "F-1", "of": str(ana)}]
    text = msgspec.json.encode(kept.sessions).decode()
    assert not any(part in text for part in tokens.refresh.split("."))


async def test_an_erased_account_leaves_nothing_personal(shop: Shop) -> None:
    await shop.register()
    tokens = await shop.sign_in()
    ana = await shop.id_of("ana@example.com")
    await shop.users.profiles.add_address(ana, HOME)
    await shop.users.profiles.change(ana, name="Ana", phone="+55 11 5555", locale="en")
    await shop.events()
    await shop.users.accounts.ask_reset("ana@example.com", "192.0.2.1")
    await shop.users.profiles.erase(ana)
    (erased,) = await shop.events()
    assert isinstance(erased, UserErased)
    assert (erased.user_id, erased.email) == (ana, "ana@example.com")
    for table in ("users", "sessions", "links", "letters", "addresses"):
        rows = str(await shop.fetch(f"select * from {table}"))
        assert not any(word in rows for word in ("example.com", "Ana", "5555", "Rua", "192.0.2.1", "argon2"))
    with pytest.raises(SessionOver):
        await shop.users.sessions.refresh(tokens.refresh)
    with pytest.raises(WrongCredentials):
        await shop.sign_in()
    unset = msgspec.UNSET
    for act in (
        shop.users.profiles.read(ana),
        shop.users.profiles.change(ana, name="A", phone=unset, locale=unset),
        shop.users.profiles.erase(ana),
        shop.users.profiles.export(ana),
        shop.users.profiles.add_address(ana, HOME),
    ):
        with pytest.raises(Unauthenticated):
            await act
    await shop.register()  # The address is free, and its new account is another one.
    assert await shop.id_of("ana@example.com") != ana


async def test_the_last_admin_stays(shop: Shop) -> None:
    await shop.users.add_staff("boss@example.com", "admin", "a password of staff")
    boss = await shop.id_of("boss@example.com")
    with pytest.raises(LastAdmin):
        await shop.users.profiles.erase(boss)
    await shop.users.add_staff("vice@example.com", "admin", "a password of staff")
    vice = await shop.id_of("vice@example.com")
    outcomes = await asyncio.gather(
        shop.users.profiles.erase(boss), shop.users.profiles.erase(vice), return_exceptions=True
    )
    assert [type(outcome) for outcome in outcomes if outcome is not None] == [LastAdmin]


async def test_an_account_is_erased_while_a_letter_to_it_is_written(shop: Shop) -> None:
    await shop.register()
    ana = await shop.id_of("ana@example.com")
    async with shop.ctx.db.tx() as tx:
        await tx.execute("select from letters for update")
        await asyncio.wait_for(shop.users.profiles.erase(ana), timeout=5)
    assert [type(event) for event in await shop.events()] == [UserErased]
    assert await shop.value("select count(*) from letters") == 0
