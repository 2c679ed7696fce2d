"""What `feira up` hands to the supervisor. What becomes of it is tested with real processes, in host."""

from pathlib import Path

import pytest

from feira.cli.tests.conftest import Feira
from feira.host.datadir import DataDir
from feira.host.order import Order


@pytest.fixture
def orders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Order]:
    """The orders given, instead of this process becoming a shop."""
    monkeypatch.setenv("FEIRA_DATA", str(tmp_path / "data"))
    given: list[Order] = []
    monkeypatch.setattr("feira.cli.up.become_supervisor", given.append)
    return given


def test_defaults(bare: Feira, orders: list[Order], tmp_path: Path) -> None:
    assert bare("up").status == 0
    [order] = orders
    assert (order.embedded, order.demo, order.warnings) == (True, False, ())
    assert (order.settings.url, order.settings.internal_port) == ("http://127.0.0.1:8000", 8001)
    assert DataDir(tmp_path / "data").remembered()["embedded"] is True


def test_flags(bare: Feira, orders: list[Order]) -> None:
    done = bare(
        "up", "--run", "orders", "--port", 9000, "--grpc-port", 9002, "--catalog-addr", "catalog:9001",
        "--bus", "postgresql://db/bus", "--production", "--public-url", "https://shop.example", "--currency", "GBP",
        "--demo",
    )  # fmt: skip
    assert done.status == 0, done.err
    [order] = orders
    assert order.settings.addresses == {"catalog": "catalog:9001"}
    assert (order.settings.internal_port, order.settings.run, order.settings.currency) == (9001, ("orders",), "GBP")
    assert len(order.warnings) == 3
    assert order.demo


def test_environment(bare: Feira, orders: list[Order], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEIRA_PORT", "9000")
    monkeypatch.setenv("FEIRA_DEMO", "1")
    monkeypatch.setenv("DATABASE_URL", "postgresql://db/shop")
    assert bare("up").status == 0
    [order] = orders
    assert (order.settings.port, order.settings.internal_port, order.demo, order.embedded) == (9000, 9001, True, False)


def test_what_is_refused(bare: Feira, orders: list[Order], tmp_path: Path) -> None:
    assert bare("up", "--run", "orders").err.startswith("feira: the parts of a shop need one bus")
    assert bare("up", "--port", "70000").status == 2
    lock = DataDir.open(tmp_path / "data").lock_up()
    assert "in use by another `feira up`" in bare("up").err
    lock.release()
    assert orders == []
