"""The kernel's small things: ids, settings, refusals, transactions."""

import asyncio
import time
from pathlib import Path

import asyncpg
import pytest

from feira.kernel import errors
from feira.kernel.config import Settings
from feira.kernel.db import Db
from feira.kernel.ids import milliseconds_of, random_token, uuid7
from feira.kernel.migrate import SQL, migrate
from feira.transport.problems import rebuild


def test_ids_sort_by_time_and_never_repeat() -> None:
    made = [uuid7() for _ in range(1_000)]
    assert len(set(made)) == 1_000
    assert all(one.version == 7 and one.variant == "specified in RFC 4122" for one in made)
    assert abs(milliseconds_of(made[0]) - time.time() * 1000) < 5_000
    early = uuid7()
    time.sleep(0.002)
    assert early < uuid7()


def test_a_random_token_has_its_bits() -> None:
    assert len(random_token()) == 43
    assert len({random_token(128) for _ in range(100)}) == 100


def test_settings_fall_back_on_each_other() -> None:
    plain = Settings(secret="00" * 32, data="/x", database_url="postgresql://a/b")
    assert plain.url == "http://127.0.0.1:8000"
    assert plain.bus_url == plain.database_of("orders") == "postgresql://a/b"
    assert plain.data_path == Path("/x")
    assert plain.derive("a") != plain.derive("b")
    given = Settings(
        secret="00" * 32, data="/x", databases={"orders": "postgresql://o"}, bus="postgres://bus", public_url="https://shop/",
        webhook_secret_given="w",
    )  # fmt: skip
    assert (given.url, given.bus_url, given.database_of("orders")) == (
        "https://shop",
        "postgres://bus",
        "postgresql://o",
    )
    assert given.webhook_secret == "w"
    assert len(plain.webhook_secret) == 64


def test_refusals_keep_their_class_and_say_what_is_wrong() -> None:
    class Gone(errors.Refused):
        status, code, title = 410, "gone", "It is gone"

    back = rebuild("gone", "sold", {"sku": "a"})
    assert isinstance(back, Gone)
    assert (back.detail, back.extra, str(back)) == ("sold", {"sku": "a"}, "sold")
    assert type(rebuild("never heard of", "x", {})) is errors.Refused
    assert errors.Refused().detail == "The request was refused"
    wrong = errors.Invalid.field("lines.0.sku", "is empty")
    assert wrong.extra["errors"] == [{"field": "lines.0.sku", "message": "is empty"}]
    assert errors.Invalid("so").extra == {}
    assert errors.RateLimited(retry_after_s=7).extra == {"retry_after_s": 7}
    assert isinstance(rebuild("unavailable", "", {"retry_after_s": 2}), errors.Overloaded)


async def test_a_transaction_is_whole_or_not_at_all(dsn: str) -> None:
    await migrate(dsn, "things", [SQL / "service"])
    db = await Db.open(dsn, "things", 2)
    try:
        async with db.read() as tx:
            await tx.execute("create table thing (id int primary key, what jsonb)")

        async def fail() -> None:
            async with db.tx() as tx:
                await tx.execute("insert into thing values (1, '{}')")
                await tx.execute("insert into thing values (1, '{}')")

        with pytest.raises(asyncpg.UniqueViolationError):
            await fail()
        async with db.tx() as tx:
            assert await tx.fetchval("select count(*) from thing") == 0
            await tx.execute("insert into thing values (1, $1)", {"a": [1, "é"]})
            assert await tx.fetchval("select what from thing") == {"a": [1, "é"]}
            assert await tx.fetchval("show statement_timeout") == "30s"
            assert await tx.fetchval("show timezone") == "UTC"
    finally:
        await db.close()


async def test_closing_waits_for_nobody_who_never_comes_back(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from feira.kernel import db as module  # noqa: PLC0415

    await migrate(dsn, "things", [SQL / "service"])
    db = await Db.open(dsn, "things", 2)
    monkeypatch.setattr(module, "ACQUIRE_TIMEOUT_S", 0.05)
    held = asyncio.Event()

    async def hold() -> None:
        async with db.tx() as tx:
            held.set()
            await tx.execute("select pg_sleep(5)")

    task = asyncio.create_task(hold())
    await held.wait()
    await db.close()
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
        await task
