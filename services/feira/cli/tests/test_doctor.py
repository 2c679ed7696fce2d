"""What the doctor sees, and what the settings look like."""

import asyncio
import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import asyncpg
import msgspec
import pytest

from feira.cli import checks_database, checks_machine
from feira.cli.checks import Check
from feira.cli.tests.conftest import Feira
from feira.host.datadir import DataDir
from feira.kernel.config import Settings

Listening = Callable[[bytes], int]


def states(checks: list[Check]) -> dict[str, str]:
    return {check.name: check.state for check in checks}


@pytest.fixture
def settings_() -> Settings:
    return Settings(secret="ab" * 32, data="/x", production=True, smtp_url="smtp://127.0.0.1:9")


def test_a_new_shop_is_well(feira: Feira, monkeypatch: pytest.MonkeyPatch) -> None:
    found = {one["name"]: one["state"] for one in feira("doctor", "--json").lines}
    assert found["Migrations"] == "mind"
    feira("migrate")
    monkeypatch.setenv("FEIRA_PORT", str(_free_port()))
    done = feira("doctor")
    assert "Migrations       all were run" in done.out
    # The tests' own server forgoes what makes it slow, and the doctor minds that.
    bad = [line for line in done.out.splitlines() if line.startswith("✗")]
    assert bad in ([], ["✗ PostgreSQL       fsync is off: what is paid for may be lost in a power cut"])
    assert done.status == len(bad)


def test_no_shop_at_all(bare: Feira, tmp_path: Path) -> None:
    done = bare("doctor", "--data", tmp_path / "none")
    assert done.status == 0
    assert "`feira up` makes one" in done.out
    assert not (tmp_path / "none").exists()


def test_a_database_that_is_not_there(feira: Feira, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://x@127.0.0.1:9/none")
    done = feira("doctor", "--json")
    assert done.status == 1
    [check] = [one for one in done.lines if one["name"] == "PostgreSQL"]
    assert "cannot be reached" in check["text"]


def test_a_shop_whose_database_is_elsewhere(bare: Feira, tmp_path: Path) -> None:
    DataDir.open(tmp_path).remember({"embedded": False})
    done = bare("doctor", "--data", tmp_path, "--json")
    assert "DATABASE_URL" in done.lines[-1]["text"]


def test_what_is_wrong_with_a_database(feira: Feira, dsn: str) -> None:
    feira("migrate")

    async def spoil() -> None:
        connection = await asyncpg.connect(dsn)
        name = await connection.fetchval("select current_database()")
        await connection.execute(f"alter database {name} set synchronous_commit = off")
        await connection.execute("insert into orders.migration (name, digest) values ('orders/9999_later.sql', '')")
        await connection.execute(
            "insert into users.parked (handler, event_id, topic, key, at, headers, payload, error)"
            " values ('x', gen_random_uuid(), 't', 'k', now(), '{}', '{}', '')"
        )
        await connection.execute(
            "insert into users.outbox (partition, event_id, topic, key, at, headers, payload)"
            " values (0, gen_random_uuid(), 't', 'k', now() - interval '1 hour', '{}', '{}')"
        )
        await connection.close()

    asyncio.run(spoil())
    found = {one["name"]: one for one in feira("doctor", "--json").lines}
    assert "synchronous_commit is off" in found["PostgreSQL"]["text"]
    assert "newer than this program" in found["Migrations"]["text"]
    assert found["Parked events"]["text"] == "1 in users: see `feira events list`"
    assert found["Events"]["state"] == "mind"


def test_an_old_server_and_a_wrong_clock(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks_database, "VERSION_MIN", 99)
    monkeypatch.setattr(checks_database, "CLOCK_FAIR_S", -1.0)
    settings = Settings(secret="", data="", database_url=dsn, run=("users",))
    homes = {"users": Path(checks_database.__file__).parent.parent / "users"}
    found = states(asyncio.run(checks_database.check_databases(settings, homes)))
    assert found["PostgreSQL"] == found["Clock"] == "bad"


def test_the_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = DataDir.open(tmp_path / "data")
    assert checks_machine.check_data(data).state == "good"
    data.path.chmod(0o755)
    assert "chmod" in checks_machine.check_data(data).text
    for free, state in ((1 << 20, "bad"), (1 << 30, "mind"), (1 << 40, "good")):
        monkeypatch.setattr(shutil, "disk_usage", lambda _path, free=free: SimpleNamespace(free=free))
        assert checks_machine.check_disk(data).state == state
    for limit, state in ((1024, "mind"), (1 << 20, "good"), (-1, "good")):
        monkeypatch.setattr("resource.getrlimit", lambda _what, limit=limit: (0, limit))
        assert checks_machine.check_files().state == state
    lock = data.lock_up()
    assert checks_machine.check_running(data).state == "good"
    lock.release()
    assert checks_machine.check_running(data).state == "mind"
    monkeypatch.setattr("os.geteuid", lambda: 12345)
    data.path.chmod(0o700)
    assert "another account" in checks_machine.check_data(data).text


def test_settings_for_production(settings_: Settings) -> None:
    replace = msgspec.structs.replace
    assert checks_machine.check_settings(replace(settings_, production=False)).state == "mind"
    assert checks_machine.check_settings(settings_).state == "mind"
    assert checks_machine.check_settings(replace(settings_, public_url="http://shop.example")).state == "bad"
    assert checks_machine.check_settings(replace(settings_, public_url="https://shop.example")).state == "good"
    assert "one machine" in checks_machine.check_database_place(settings_).text
    assert "of its own" in checks_machine.check_database_place(replace(settings_, database_url="postgresql://x")).text


@pytest.fixture
async def listening() -> Listening:  # type: ignore[misc]  # An async generator is what such a fixture is.
    """Somebody who says this to everybody who comes."""
    servers: list[asyncio.Server] = []

    async def listen(words: bytes) -> int:
        async def greet(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(words)
            await writer.drain()
            writer.close()

        servers.append(await asyncio.start_server(greet, "127.0.0.1", 0))
        port: int = servers[-1].sockets[0].getsockname()[1]
        return port

    yield listen
    for server in servers:
        server.close()


async def test_mail(listening: Callable[..., object], settings_: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks_machine, "SMTP_TIMEOUT_S", 0.5)
    replace = msgspec.structs.replace
    assert (await checks_machine.check_mail(settings_)).state == "bad"
    assert (await checks_machine.check_mail(replace(settings_, smtp_url=""))).state == "bad"
    assert (await checks_machine.check_mail(replace(settings_, smtp_url="", production=False))).state == "good"
    for words, state in ((b"220 mail\r\n", "good"), (b"554 no\r\n", "bad"), (b"", "bad")):
        port = await listening(words)  # type: ignore[misc]
        assert (await checks_machine.check_mail(replace(settings_, smtp_url=f"smtp://127.0.0.1:{port}"))).state == state


async def test_answers(listening: Callable[..., object], settings_: Settings) -> None:
    replace = msgspec.structs.replace
    for words, state in ((b"HTTP/1.1 200 OK\r\n", "good"), (b"HTTP/1.1 503 No\r\n", "bad"), (b"\r\n", "bad")):
        port = await listening(words)  # type: ignore[misc]
        assert (await checks_machine.check_answers(replace(settings_, port=port, host="0.0.0.0"))).state == state
        assert checks_machine.check_own_ports(replace(settings_, port=port)).state == "bad"
    assert (await checks_machine.check_answers(replace(settings_, port=9))).state == "bad"


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def test_config(bare: Feira, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEIRA_DATA", str(tmp_path / "data"))
    assert bare("config", "--json").json == {"secret": "[masked]", "data": str(tmp_path / "data")}
    assert not (tmp_path / "data").exists()
    secret = bare("config", "--show-webhook-secret").out.strip()
    assert len(secret) == 64
    assert bare("config", "--show-webhook-secret", "--json").json == {"webhook_secret": secret}
    monkeypatch.setenv("FEIRA_SMTP_URL", "smtp://me:sesame@mail.example:587")
    monkeypatch.setenv("FEIRA_ORDERS_DATABASE_URL", "postgresql://me:sesame@db/orders")
    monkeypatch.setenv("FEIRA_WEBHOOK_SECRET", "sesame")
    monkeypatch.setenv("FEIRA_TRUSTED_PROXIES", "10.0.0.0/8, 192.0.2.1")
    monkeypatch.setenv("FEIRA_PRODUCTION", "1")
    shown = bare("config", "--json").json
    assert shown["smtp_url"] == "smtp://me:[masked]@mail.example:587"
    assert shown["databases"] == {"orders": "postgresql://me:[masked]@db/orders"}
    assert shown["webhook_secret_given"] == "[masked]"
    assert shown["trusted_proxies"] == ["10.0.0.0/8", "192.0.2.1"]
    table = bare("config", "--all").out
    assert "sesame" not in table
    assert "10.0.0.0/8, 192.0.2.1" in table
    assert "orders=postgresql://me:[masked]@db/orders" in table
    assert bare("config", "--show-webhook-secret").out == "sesame\n"
