"""What staff do with accounts, and the journal, on a real database."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from feira.contracts.audit import StaffActed
from feira.contracts.users import EmailVerified, VerificationAsked
from feira.kernel.errors import Forbidden, Invalid
from feira.kernel.ids import uuid7
from feira.users.card import card, gauges
from feira.users.domain import EmailNotVerified, LastAdmin, SessionOver, UnknownUser, WrongCredentials
from feira.users.jobs import JOBS
from feira.users.store_back_office import ActQuery

Shop = Any
SECRET = "a password of staff"


async def verified(shop: Shop, email: str = "ana@example.com") -> Any:
    await shop.register(email)
    await shop.users.accounts.verify(await shop.link(VerificationAsked))
    return await shop.id_of(email)


async def admin(shop: Shop, email: str = "boss@example.com") -> Any:
    await shop.users.add_staff(email, "admin", SECRET)
    return await shop.id_of(email)


async def acts(shop: Shop, **query: Any) -> list[tuple[Any, ...]]:
    found = await shop.users.back_office.list_acts(ActQuery(**query), None, 100)
    return [(act.actor, act.action, act.target, act.detail) for act in found]


async def test_staff_is_added_twice_as_once(shop: Shop) -> None:
    assert await shop.users.add_staff(" Boss@Example.com", "admin", SECRET)
    tokens = await shop.sign_in("boss@example.com", SECRET)
    assert not await shop.users.add_staff("boss@example.com", "admin", None)
    tokens = await shop.users.sessions.refresh(tokens.refresh)
    assert [type(event) for event in await shop.events()] == [EmailVerified]
    assert not await shop.users.add_staff("boss@example.com", "staff", "another password")
    with pytest.raises(SessionOver):
        await shop.users.sessions.refresh(tokens.refresh)
    await shop.sign_in("boss@example.com", "another password")
    boss = await shop.id_of("boss@example.com")
    assert (await shop.users.back_office.read_user(boss)).role == "staff"
    assert [(actor, detail) for actor, _, _, detail in await acts(shop)] == [
        (None, {"from": "admin", "to": "staff"}),
        (None, {"from": "customer", "to": "admin"}),
    ]
    with pytest.raises(Invalid):
        await shop.users.add_staff("boss@example.com", "admin", "short")


async def test_staff_without_a_password_cannot_sign_in_before_a_reset(shop: Shop) -> None:
    await shop.users.add_staff("boss@example.com", "admin", None)
    with pytest.raises(WrongCredentials):
        await shop.sign_in("boss@example.com", "the password of nobody")


async def test_who_registered_a_staff_address_first_does_not_become_staff(shop: Shop) -> None:
    await shop.register("boss@example.com", "the squatter's own")
    squatter = await shop.sign_in("boss@example.com", "the squatter's own")
    await shop.users.add_staff("boss@example.com", "admin", None)
    with pytest.raises(WrongCredentials):
        await shop.sign_in("boss@example.com", "the squatter's own")
    with pytest.raises(SessionOver):
        await shop.users.sessions.refresh(squatter.refresh)


async def test_a_customer_who_is_known_becomes_staff_with_his_password(shop: Shop) -> None:
    await verified(shop)
    await shop.users.add_staff("ana@example.com", "staff", None)
    await shop.sign_in()


async def test_power_is_given_and_taken(shop: Shop) -> None:
    boss, ana = await admin(shop), await verified(shop)
    tokens = await shop.sign_in()
    change = shop.users.back_office.change_user
    assert (await change(boss, ana, role="staff", disabled=None)).role == "staff"
    with pytest.raises(SessionOver):
        await shop.users.sessions.refresh(tokens.refresh)
    tokens = await shop.sign_in()
    await change(boss, ana, role="staff", disabled=False)  # Nothing changes, and nothing ends.
    tokens = await shop.users.sessions.refresh(tokens.refresh)
    assert (await change(boss, ana, role=None, disabled=True)).disabled_at == shop.clock.time
    with pytest.raises(SessionOver):
        await shop.users.sessions.refresh(tokens.refresh)
    with pytest.raises(WrongCredentials):
        await shop.sign_in()
    await change(boss, ana, role="customer", disabled=False)
    await shop.sign_in()
    target = f"users/{ana}"
    found = await acts(shop, target=target)
    for act in (
        (boss, "users.role_changed", target, {"from": "customer", "to": "staff"}),
        (boss, "users.disabled", target, {}),
        (boss, "users.role_changed", target, {"from": "staff", "to": "customer"}),
        (boss, "users.enabled", target, {}),
    ):
        assert act in found
    assert len(found) == 4


async def test_what_an_admin_may_not_do(shop: Shop) -> None:
    boss, ana = await admin(shop), await verified(shop)
    change = shop.users.back_office.change_user
    with pytest.raises(UnknownUser):
        await change(boss, uuid4(), role="staff", disabled=None)
    with pytest.raises(UnknownUser):
        await shop.users.back_office.read_user(uuid4())
    for role, disabled in (("staff", None), (None, True)):
        with pytest.raises(LastAdmin):
            await change(boss, boss, role=role, disabled=disabled)
    await shop.register("bia@example.com")
    with pytest.raises(EmailNotVerified):
        await change(boss, await shop.id_of("bia@example.com"), role="staff", disabled=None)
    await change(boss, ana, role="admin", disabled=None)
    await change(ana, boss, role="customer", disabled=None)
    with pytest.raises(Forbidden):  # His token still says admin.
        await change(boss, boss, role="admin", disabled=None)


async def test_two_admins_cannot_unmake_each_other(shop: Shop) -> None:
    one, two = await admin(shop), await admin(shop, "vice@example.com")
    change = shop.users.back_office.change_user
    for _ in range(5):
        outcomes = await asyncio.gather(
            change(one, two, role="customer", disabled=None),
            change(two, one, role=None, disabled=True),
            return_exceptions=True,
        )
        assert sum(isinstance(outcome, Forbidden) for outcome in outcomes) == 1
        await admin(shop)
        await admin(shop, "vice@example.com")


async def test_users_are_found_by_how_their_address_begins(shop: Shop) -> None:
    for name in ("ana", "anabel", "an_a", "bia"):
        await shop.register(f"{name}@example.com")
    await shop.users.add_staff("anton@example.com", "staff", SECRET)
    office = shop.users.back_office
    found = await office.users_by_email(" ANA", None, "", 10)
    assert [user.email for user in found] == ["ana@example.com", "anabel@example.com"]
    assert [user.email for user in await office.users_by_email("an_", None, "", 10)] == ["an_a@example.com"]
    assert [user.email for user in await office.users_by_email("a", "staff", "", 10)] == ["anton@example.com"]
    assert [user.email for user in await office.users_by_email("%", None, "", 10)] == []
    page = await office.users_by_email("an", None, "ana@example.com", 2)
    assert [user.email for user in page] == ["anabel@example.com", "anton@example.com"]
    newest = await office.newest_users(None, None, 2)
    assert len(newest) == 2
    assert newest[0].id > newest[1].id
    assert [user.email for user in await office.newest_users("staff", None, 9)] == ["anton@example.com"]
    assert all(user.id < newest[1].id for user in await office.newest_users(None, newest[1].id, 9))


async def test_the_journal_hears_of_all_services_once(shop: Shop, hear: Any) -> None:
    actor = uuid4()
    told = [
        StaffActed(
            version=1, actor=actor, action="catalog.product.changed", target="products/1", detail='{"name":"x"}'
        ),
        StaffActed(version=2, actor=actor, action="orders.refunded", target="orders/2", detail="not JSON"),
    ]
    ids = [uuid7(), uuid7()]
    for _ in range(2):
        await hear(shop.users, shop.ctx.db, card, *told, ids=ids)
    assert len(await acts(shop)) == 2
    assert await acts(shop, actor=actor, action="orders.refunded") == [
        (actor, "orders.refunded", "orders/2", "not JSON")
    ]
    assert [one[3] for one in await acts(shop, target="products/1")] == [{"name": "x"}]
    assert await acts(shop, actor=uuid4()) == []
    await hear(
        shop.users, shop.ctx.db, card, StaffActed(version=1, actor=UUID(int=0), action="x", target="y", detail="{}")
    )
    assert await acts(shop, action="x") == [(None, "x", "y", {})]
    nothing = StaffActed(version=1, actor=UUID(int=0), action="nothing", target="y", detail="null")
    await hear(shop.users, shop.ctx.db, card, nothing)
    assert await acts(shop, action="nothing") == [(None, "nothing", "y", {})]
    first, second = await shop.users.back_office.list_acts(ActQuery(actor=actor), None, 2)
    assert await shop.users.back_office.list_acts(ActQuery(actor=actor), (first.at, first.id), 2) == [second]
    assert await acts(shop, actor=actor, since=second.at, until=first.at) == [
        (actor, second.action, second.target, second.detail)
    ]


@pytest.mark.parametrize("change", ["update journal set action = 'x'", "delete from journal", "truncate journal"])
async def test_the_journal_cannot_be_changed(shop: Shop, change: str) -> None:
    await admin(shop)
    with pytest.raises(asyncpg.RaiseError, match="only ever added to"):
        await shop.fetch(change)
    assert len(await acts(shop)) == 1


async def test_all_customers_are_exported_without_secrets(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feira.users.service_back_office.EXPORT_PAGE", 2)
    names = ["ana", "bia", "caio", "davi"]
    for name in names:
        await shop.register(f"{name}@example.com")
    await shop.users.profiles.erase(await shop.id_of("caio@example.com"))
    found = [customer async for customer in shop.users.export_customers()]
    assert sorted(customer.email for customer in found) == ["ana@example.com", "bia@example.com", "davi@example.com"]
    assert "argon2" not in str(found)


async def test_jobs_and_gauges_do_their_part(shop: Shop) -> None:
    await shop.register()
    assert [gauge.value for gauge in await gauges(shop.users)] == [1]
    for job in JOBS:
        assert not await job.run(shop.users)
    assert [gauge.value for gauge in await gauges(shop.users)] == [0]
