import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import asyncpg
import pytest

from feira.kernel import migrate as module
from feira.kernel.migrate import SQL, MigrationError, migrate

NewDatabase = Callable[[], Awaitable[str]]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "things" / "migrations"
    folder.mkdir(parents=True)
    (folder / "0001_things.sql").write_text("create table thing (id int primary key);")
    return folder


async def value(dsn: str, query: str) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def test_each_file_is_run_once_and_in_order(dsn: str, home: Path) -> None:
    assert await migrate(dsn, "things", [SQL / "service", home]) == ["sql/0001_events.sql", "things/0001_things.sql"]
    assert await migrate(dsn, "things", [SQL / "service", home]) == []
    (home / "0002_more.sql").write_text("alter table thing add name text")
    assert [name.rpartition("/")[2] for name in await migrate(dsn, "things", [SQL / "service", home])] == [
        "0002_more.sql"
    ]
    assert await value(dsn, "select count(*) from things.migration") == 3


async def test_processes_that_start_together_migrate_once(dsn: str, home: Path) -> None:
    ran = await asyncio.gather(*(migrate(dsn, "things", [home]) for _ in range(5)))
    assert sorted(len(names) for names in ran) == [0, 0, 0, 0, 1]


async def test_a_file_that_fails_leaves_nothing_and_is_told(dsn: str, home: Path) -> None:
    (home / "0002_wrong.sql").write_text("create table other (id int); create table wrong (id nonsense)")
    with pytest.raises(MigrationError, match=r"0002_wrong\.sql failed"):
        await migrate(dsn, "things", [home])
    assert await value(dsn, "select to_regclass('things.other')") is None
    assert await value(dsn, "select to_regclass('things.thing')") is not None


async def test_what_would_do_nothing_is_an_error(dsn: str, home: Path, tmp_path: Path) -> None:
    with pytest.raises(MigrationError, match="no migrations"):
        await migrate(dsn, "things", [tmp_path])
    (home / "second.sql").write_text("select 1")
    with pytest.raises(MigrationError, match="not a migration's name"):
        await migrate(dsn, "things", [home])


async def test_a_changed_or_missing_file_is_an_error(dsn: str, home: Path) -> None:
    await migrate(dsn, "things", [home])
    file = home / "0001_things.sql"
    text = file.read_text()
    file.write_text(text + "-- changed")
    with pytest.raises(MigrationError, match="was changed"):
        await migrate(dsn, "things", [home])
    file.rename(home / "0001_renamed.sql")
    with pytest.raises(MigrationError, match="newer than this program"):
        await migrate(dsn, "things", [home])


async def test_a_missing_right_and_a_missing_server_are_sentences(dsn: str, home: Path) -> None:
    await value(dsn, "drop role if exists feira_test_poor")
    await value(dsn, "create role feira_test_poor login password 'poor'")
    scheme, _, rest = dsn.partition("://")
    poor = f"{scheme}://feira_test_poor:poor@{rest.partition('@')[2] or rest}"
    if "host=" in dsn or "@" in dsn:
        with pytest.raises(MigrationError, match="lacks a right"):
            await migrate(poor, "things", [home])
    await value(dsn, "drop role feira_test_poor")
    with pytest.raises(MigrationError, match="cannot be reached"):
        await migrate("postgresql://nobody@127.0.0.1:1/none", "things", [home])


async def test_an_old_server_is_told_so(dsn: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "VERSION_MIN", 99)
    with pytest.raises(MigrationError, match="too old: Feira needs 99"):
        await migrate(dsn, "things", [home])
