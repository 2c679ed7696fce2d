"""Dead letters: seen, replayed in order, dropped with a reason."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import asyncpg
import msgspec
import pytest

from feira.cli.tests.conftest import Feira
from feira.contracts.users import ResetAsked


@pytest.fixture
def parked(feira: Feira, dsn: str) -> list[str]:
    """Three events for notifications: two of one customer, of which the first cannot be read, and one of another."""
    feira("migrate")
    ana, bia = str(uuid4()), str(uuid4())
    good = {
        "user_id": ana, "email": "ana@buyer.test", "name": "Ana", "locale": "en", "version": 1,
        "token": "sesame", "expires_at": datetime.now(UTC) + timedelta(hours=1),
    }  # fmt: skip
    payloads = [(ana, {**good, "user_id": "nobody"}), (ana, good), (bia, {**good, "user_id": bia})]

    async def park() -> None:
        connection = await asyncpg.connect(dsn)
        for key, payload in payloads:
            await connection.execute(
                """insert into notifications.parked (handler, event_id, topic, key, at, headers, payload, error)
                   values ('send_reset_link', $1, $2, $3, now(), '{}', $4, 'ValueError: [red]no[/red]')""",
                uuid4(), ResetAsked.topic, key, msgspec.json.encode(payload).decode(),
            )  # fmt: skip
        await connection.close()

    asyncio.run(park())
    return [f"notifications:{number}" for number in (1, 2, 3)]


def test_where_no_shop_is_nothing_is_said_to_be_well(bare: Feira, tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    for arguments in (("events", "list"), ("events", "replay", "--all"), ("export", "orders")):
        done = bare(*arguments, "--data", nowhere)
        assert (done.status, done.err) == (
            1, f"feira: there is no shop in {nowhere}: `feira up` makes one, --data says where another is\n"
        )  # fmt: skip
        assert not nowhere.exists()
    nowhere.mkdir()
    assert "there is no shop in" in bare("events", "list", "--data", nowhere).err


def test_nothing_waits(feira: Feira) -> None:
    assert feira("events", "list").out == "No event waits.\n"
    assert feira("events", "list", "--json").out == ""
    assert feira("events", "replay", "--all").out == "No event waits.\n"
    for arguments in (("show", "orders:1"), ("drop", "orders:1", "--reason", "x")):
        assert feira("events", *arguments).err == "feira: no event orders:1 waits\n"


def test_they_are_listed_and_shown_without_secrets(feira: Feira, parked: list[str]) -> None:
    listed = feira("events", "list", "--json").lines
    assert [one["event"] for one in listed] == parked
    table = feira("events", "list").out
    assert "users.reset_asked.v1" in table
    assert "[red]no[/red]" in table
    shown = feira("events", "show", parked[1], "--json").json
    assert shown["payload"]["email"] == "ana@buyer.test"
    assert shown["payload"]["token"] == "[masked]"
    text = feira("events", "show", parked[1]).out
    assert "sesame" not in text
    assert "ValueError" in text


def test_a_key_goes_on_when_its_first_is_dropped(feira: Feira, parked: list[str]) -> None:
    done = feira("events", "replay", "--all", "--json")
    assert done.status == 1
    assert [(one["event"], bool(one["error"])) for one in done.lines] == [(parked[0], True), (parked[2], False)]
    done = feira("events", "replay", parked[1])
    assert done.status == 1
    assert "waits behind event 1" in done.out
    assert feira("events", "drop", parked[0], "--reason", "cannot be read").out == f"{parked[0]} is dropped.\n"
    assert feira("events", "replay", parked[1]).out.split() == [parked[1], "done"]
    assert feira("events", "list").out == "No event waits.\n"


def test_they_are_replayed_in_order_however_named(feira: Feira, parked: list[str]) -> None:
    assert feira("events", "drop", parked[0], "--reason", "test", "--json").json == {
        "event": parked[0],
        "dropped": True,
    }
    done = feira("events", "replay", parked[2], parked[1], "--json")
    assert [one["event"] for one in done.lines] == parked[1:]


@pytest.mark.parametrize(
    "arguments",
    [
        ("replay",),
        ("replay", "--all", "orders:1"),
        ("replay", "orders"),
        ("show", "nobody:1"),
        ("show", f"orders:{2**63}"),
        ("drop", "orders:1", "--reason", " "),
    ],
)
def test_what_cannot_be_meant(feira: Feira, arguments: tuple[str, ...]) -> None:
    assert feira("events", *arguments).status == 2
