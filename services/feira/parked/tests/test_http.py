"""Parked events over real HTTP: two services on real databases, and one that does not answer."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from feira.carts.card import card as carts
from feira.carts.events import delete_carts_of_erased_users
from feira.contracts.audit import StaffActed
from feira.contracts.parked import ParkedEvents
from feira.contracts.users import ResetAsked, UserErased
from feira.kernel.card import Card
from feira.kernel.errors import Unavailable
from feira.kernel.relay import Consumer
from feira.notifications.card import card as notifications
from feira.parked.here import ParkedHere
from feira.parked.http import routes

STAFF = UUID("00000000-0000-4000-8000-00000000000a")
ALL = "/v1/admin/events"


class Shop:
    """Carts and notifications run here, payments elsewhere."""

    def __init__(self, dbs: dict[str, Any], consumers: dict[str, Consumer]) -> None:
        self.dbs = dbs
        self.here = ParkedHere(dbs, consumers)
        self.web: Any = None

    def find(self, name: str) -> ParkedEvents:
        if name == "payments":
            raise Unavailable
        return self.here

    async def ask(self, method: str, path: str, body: Any = None, *roles: str) -> tuple[int, Any]:
        headers = self.web.as_user(STAFF, *(roles or ("staff",)))
        async with self.web.session.request(method, path, json=body, headers=headers) as answer:
            return answer.status, await answer.json()

    async def park(self, service: str, handler: str, topic: str, keys: Sequence[str], payloads: Sequence[Any]) -> None:
        async with self.dbs[service].tx() as tx:
            for key, payload in zip(keys, payloads, strict=True):
                await tx.execute(
                    """insert into parked (handler, event_id, topic, key, at, headers, payload, error)
                       values ($1, $2, $3, $4, now(), '{}', $5, 'ValueError: no')""",
                    handler, uuid4(), topic, key, msgspec.json.encode(payload).decode(),
                )  # fmt: skip


@pytest.fixture
async def shop(context: Any, web: Any) -> Shop:
    dbs, consumers = {}, {}
    cards: tuple[Card, ...] = (carts, notifications)
    for card in cards:
        ctx = await context(card)
        service = card.build(ctx, **dict.fromkeys(card.needs))
        dbs[card.name] = ctx.db
        consumers[card.name] = Consumer(card.name, service, ctx.db, None, card.handlers)  # type: ignore[arg-type]
    shop = Shop(dbs, consumers)
    shop.web = await web(routes(("carts", "payments", "notifications"), shop.find))
    ana, bia = str(uuid4()), str(uuid4())
    good = {
        "user_id": ana, "email": "ana@buyer.test", "name": "Ana", "locale": "en", "version": 1,
        "token": "sesame", "expires_at": datetime.now(UTC) + timedelta(hours=1),
    }  # fmt: skip
    await shop.park(
        "notifications", "send_reset_link", ResetAsked.topic, (ana, ana, bia),
        ({**good, "user_id": "nobody"}, good, {**good, "user_id": bia}),
    )  # fmt: skip
    erased = {"user_id": bia, "email": "b@buyer.test", "name": "Bia", "locale": "en", "version": 2}
    await shop.park("carts", delete_carts_of_erased_users.__name__, UserErased.topic, (bia,), (erased,))
    return shop


async def test_one_list_for_all_services(shop: Shop) -> None:
    status, listed = await shop.ask("GET", ALL)
    assert (status, listed["next"], listed["unreachable"]) == (200, None, ["payments"])
    assert [(one["service"], one["id"], one["behind"], one["waits_for"]) for one in listed["items"]] == [
        ("carts", "1", 0, None),
        ("notifications", "1", 1, None),
        ("notifications", "2", 0, "1"),
        ("notifications", "3", 0, None),
    ]
    walked: list[Any] = []
    path = f"{ALL}?limit=1"
    for _ in range(4):
        _, part = await shop.ask("GET", path)
        walked += part["items"]
        path = f"{ALL}?limit=1&cursor={part['next']}"
    assert (walked, part["next"]) == (listed["items"], None)
    assert len((await shop.ask("GET", f"{ALL}?service=notifications"))[1]["items"]) == 3
    _, problem = await shop.ask("GET", f"{ALL}?service=nobody")
    assert problem["errors"][0]["field"] == "service"
    _, part = await shop.ask("GET", f"{ALL}?limit=1&service=notifications")
    assert (await shop.ask("GET", f"{ALL}?service=carts&cursor={part['next']}"))[0] == 422
    assert (await shop.ask("GET", ALL, None, "customer"))[0] == 403


async def test_an_event_is_shown_without_its_secrets(shop: Shop) -> None:
    status, whole = await shop.ask("GET", f"{ALL}/notifications/2")
    assert status == 200
    assert whole["payload"]["email"] == "ana@buyer.test"
    assert whole["payload"]["token"] == "[masked]"
    assert (whole["topic"], whole["handler"], whole["error"]) == (ResetAsked.topic, "send_reset_link", "ValueError: no")
    for name in ("notifications/9", "carts/2", "nobody/1", "carts/01", "carts/x", f"carts/{2**63}", "carts/%C2%B2"):
        status, problem = await shop.ask("GET", f"{ALL}/{name}")
        assert (status, problem["code"]) == (404, "unknown_event"), name
    assert (await shop.ask("GET", f"{ALL}/payments/1"))[0] == 503


async def test_a_key_goes_on_when_its_first_is_dropped(shop: Shop, said: Any) -> None:
    one = f"{ALL}/notifications"
    status, problem = await shop.ask("POST", f"{one}/2/replay")
    assert (status, problem["code"], problem["waits_for"]) == (409, "waits_behind", "1")
    status, problem = await shop.ask("POST", f"{one}/1/replay")
    assert (status, problem["code"]) == (409, "replay_failed")
    assert problem["error"].startswith("ValidationError: ")
    assert (await shop.ask("POST", f"{one}/1/drop", {"reason": "cannot be read"}))[0] == 403
    assert (await shop.ask("POST", f"{one}/1/drop", {"reason": " "}, "admin"))[0] == 422
    done = await shop.ask("POST", f"{one}/1/drop", {"reason": " cannot be read "}, "admin")
    assert done == (200, {"id": "1", "service": "notifications", "status": "dropped"})
    assert (await shop.ask("POST", f"{one}/1/drop", {"reason": "again"}, "admin"))[1]["code"] == "unknown_event"
    done = await shop.ask("POST", f"{one}/2/replay")
    assert done == (200, {"id": "2", "service": "notifications", "status": "handled"})
    assert (await shop.ask("POST", f"{one}/2/replay"))[0] == 404
    acts = [event for event in await said(shop.dbs["notifications"]) if isinstance(event, StaffActed)]
    assert [(act.action, act.target, act.actor) for act in acts] == [
        ("events.replay_asked", "notifications:1", STAFF),
        ("events.dropped", "notifications:1", STAFF),
        ("events.replay_asked", "notifications:2", STAFF),
    ]
    assert msgspec.json.decode(acts[1].detail)["reason"] == "cannot be read"
    async with shop.dbs["notifications"].read() as tx:
        assert await tx.fetchval("select count(*) from mails") == 1


async def test_a_database_that_goes_away_is_no_fault_of_the_event(shop: Shop, monkeypatch: Any) -> None:
    async def lost(_consumer: Consumer, _number: int) -> str:
        raise ConnectionResetError

    monkeypatch.setattr(Consumer, "replay", lost)
    assert (await shop.ask("POST", f"{ALL}/carts/1/replay"))[1]["code"] == "unavailable"
