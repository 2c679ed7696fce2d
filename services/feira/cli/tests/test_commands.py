"""Each command does what its help says."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import msgspec
import pytest

from feira.app import Shop, migrate_all, opened
from feira.cli.tests.conftest import Feira
from feira.contracts.goods import Address, Line
from feira.demo import products as samples
from feira.host.datadir import DataDir
from feira.host.settings import remember, settle
from feira.kernel.config import Settings
from feira.orders.domain_checkout import Checkout
from feira.orders.service_quotes import QuoteAsk

GOODS = [
    {
        "slug": "formula",
        "name": "=1+1",
        "variants": [
            {"sku": "@A", "price": {"amount": 1999, "currency": "BRL"}, "stock": 20, "weight_g": 100},
            {"sku": "B", "price": {"amount": 2999, "currency": "BRL"}, "stock": 20, "weight_g": 100},
        ],
    },
    {
        "slug": "plain",
        "name": "Plain",
        "description": "\nIts text begins on a line of its own.",
        "variants": [{"sku": "C", "price": {"amount": 5, "currency": "BRL"}, "stock": 1}],
    },
]
NDJSON = b"".join(msgspec.json.encode(product) + b"\n" for product in GOODS)
ADDRESS = Address(name="Ana", line1="+55 Rua", city="São Paulo", postal_code="01000-000", country="BR")


def in_shop(dsn: str, work: Callable[[Shop], object]) -> None:
    """Do something with all services, built and migrated."""
    settings = Settings(secret="ab" * 32, data="", database_url=dsn)

    async def do() -> None:
        await migrate_all(settings)
        async with opened(settings) as shop:
            await work(shop)  # type: ignore[misc]  # All of them are coroutine functions.

    asyncio.run(do())


async def buy(shop: Shop) -> None:
    orders = shop.services["orders"]
    lines = (Line(sku="@A", quantity=2), Line(sku="C", quantity=1))
    quote = await orders.quotes.quote(QuoteAsk(country="BR", locale="en", lines=lines))
    await orders.checkouts.place(
        Checkout(
            key=uuid4(), digest=b"d" * 32, email="ana@buyer.test", lines=lines, cart_id=None, user_id=None,
            shipping_address=ADDRESS, billing_address=None, shipping_method=quote.chosen.id, payment_method="test",
            payment_token="tok_ok", expected_minor=quote.totals.total_minor, locale="en",
        )
    )  # fmt: skip


def test_help_is_given_without_a_shop(bare: Feira) -> None:
    done = bare("--help")
    assert done.status == 0
    for word in ("up", "import", "export", "migrate", "staff", "events", "config", "doctor", "openapi"):
        assert word in done.out
    assert "feira events replay --all" in bare("events", "replay", "--help").out


def test_migrate(feira: Feira) -> None:
    done = feira("migrate")
    assert "migrations were run" in done.out
    assert feira("migrate").out == "The database is up to date.\n"
    assert feira("migrate", "--json").json == {"ran": []}


def test_staff(feira: Feira) -> None:
    done = feira(
        "staff",
        "add",
        "ana@shop.test",
        "--role",
        "admin",
        "--password-stdin",
        "--json",
        stdin=b"correct horse battery\n",
    )
    assert done.json == {"email": "ana@shop.test", "role": "admin", "new": True}
    assert feira("staff", "add", "ana@shop.test").out == "ana@shop.test was here before, and is now staff.\n"
    assert "There is no password yet" in feira("staff", "add", "bia@shop.test").out
    done = feira("staff", "add", "not an address")
    assert done.status == 1
    assert done.err.startswith("feira: ")
    assert done.err.count("\n") == 1
    assert feira("staff", "add", "c@shop.test", "--role", "king").status == 2


def test_goods_go_in_and_out(feira: Feira, tmp_path: Path) -> None:
    done = feira("import", "products", "-", "--json", stdin=NDJSON)
    assert {**done.json, "errors": []} == {
        "created": 2, "updated": 0, "unchanged": 0, "failed": 0, "errors": [], "errors_left_out": 0,
    }  # fmt: skip
    table = tmp_path / "goods.csv"
    assert feira("export", "products", "-o", table).out == ""
    text = table.read_bytes().decode()
    assert "'=1+1" in text
    assert "'@A" in text
    done = feira("import", "products", table)
    assert done.out.startswith("0 created, 0 changed, 2 as they were, 0 failed.")
    assert feira("export", "products").out == text
    bodies = feira("export", "products", "--format", "ndjson").lines
    assert [body["slug"] for body in bodies] == ["formula", "plain"]
    assert feira("export", "products", "--json", "-o", tmp_path / "x").json == {
        "written": 2,
        "file": str(tmp_path / "x"),
    }
    assert feira("import", "products", samples()).out.startswith("161 created")


def test_goods_that_cannot_be_put_in(feira: Feira, tmp_path: Path) -> None:
    bad = b"".join(b'{"name": "x", "variants": [{"sku": "S%d", "price": 1}]}\n' % number for number in range(30))
    done = feira("import", "products", "-", stdin=bad)
    assert done.status == 1
    assert "30 failed" in done.out
    assert "… and 10 more." in done.out
    done = feira("import", "products", tmp_path / "none.csv")
    assert (done.status, done.err) == (1, f"feira: {tmp_path / 'none.csv'} cannot be read: No such file or directory\n")
    assert feira("import", "products", "-", stdin=b"what,ever\n").status == 1
    done = feira("export", "products", "-o", tmp_path / "none" / "x")
    assert done.err.endswith("cannot be written: No such file or directory\n")


def test_orders_and_customers_go_out(feira: Feira, dsn: str) -> None:
    feira("import", "products", "-", stdin=NDJSON)
    in_shop(dsn, buy)
    [order] = feira("export", "orders", "--format", "ndjson").lines
    assert order["email"] == "ana@buyer.test"
    header, first, second = feira("export", "orders").out.splitlines()
    row = dict(zip(header.split(","), first.split(","), strict=True))
    assert (row["number"], row["sku"], row["unit_price"], row["line_total"]) == (
        order["number"],
        "'@A",
        "19.99",
        "39.98",
    )
    assert (row["ship_line1"], row["currency"], row["tax_included"]) == (
        "'+55 Rua",
        "BRL",
        "false" if not order["tax_included"] else "true",
    )
    assert second.split(",")[0] == order["number"]
    feira("staff", "add", "ana@shop.test")
    header, line = feira("export", "customers").out.splitlines()
    assert dict(zip(header.split(","), line.split(","), strict=True))["email"] == "ana@shop.test"


def test_a_reader_who_has_enough(feira: Feira, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise BrokenPipeError

    monkeypatch.setattr("feira.cli.migrate.people.print", full)
    monkeypatch.setattr("os.dup2", lambda *_: None)
    monkeypatch.setattr("sys.stdout.fileno", lambda: 1, raising=False)
    assert feira("migrate").status == 141


def test_a_database_that_is_not_there(feira: Feira, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://x@127.0.0.1:9/none")
    earlier = tmp_path / "orders.csv"
    earlier.write_text("what was exported yesterday")
    done = feira("export", "orders", "-o", earlier)
    assert (done.status, done.err.startswith("feira: the database of orders cannot be reached")) == (1, True)
    assert earlier.read_text() == "what was exported yesterday"
    assert feira("migrate").status == 1
    monkeypatch.setenv("DATABASE_URL", "mysql://x")
    assert feira("migrate").err == "feira: DATABASE_URL must begin with postgresql://\n"


def test_what_is_interrupted_says_nothing(feira: Feira, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("feira.cli.migrate.connected", interrupt)
    assert feira("migrate").status == 130


def test_the_data_of_a_shop_with_its_own_database_is_not_looked_for_here(
    bare: Feira, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = DataDir.open(tmp_path / "data")
    remember(settle({}, data, starting=True), data, embedded=False)
    done = bare("export", "orders", "--data", data.path)
    assert done.err.endswith("say where with DATABASE_URL\n")


def test_openapi(bare: Feira, tmp_path: Path) -> None:
    file = tmp_path / "openapi.json"
    assert bare("openapi", "-o", file).status == 0
    document = msgspec.json.decode(file.read_bytes())
    assert document["openapi"].startswith("3.1")
    assert {"/v1/orders", "/v1/users", "/v1/products"} <= document["paths"].keys()
    assert bare("openapi", "--json").json == document
    assert bare("openapi").out == file.read_text()
    assert bare("openapi", "--check", file).status == 0
    file.write_text("{}")
    assert bare("openapi", "--check", file).err.endswith("is not what the code says: run `make openapi`\n")
    assert bare("openapi", "--check", tmp_path / "none").status == 1
