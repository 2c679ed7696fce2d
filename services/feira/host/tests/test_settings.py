"""Which settings a shop starts with, and which it refuses."""

from pathlib import Path
from typing import Any

import pytest

from feira.app import CARDS
from feira.host.datadir import DataDir
from feira.host.errors import HostError
from feira.host.settings import KEEPING_NOTHING, SERVICES, check_parts, check_production, is_embedded, remember, settle
from feira.kernel.config import Settings


@pytest.fixture
def data(tmp_path: Path) -> DataDir:
    return DataDir.open(tmp_path)


def test_the_services_are_those_of_the_program() -> None:
    assert set(SERVICES) == set(CARDS)
    assert set(KEEPING_NOTHING) == {card.name for card in CARDS.values() if not card.keeps}


def test_a_flag_goes_before_the_environment_and_that_before_the_default(
    data: DataDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert settle({}, data, starting=True).port == 8000
    monkeypatch.setenv("FEIRA_PORT", "9000")
    monkeypatch.setenv("FEIRA_INTERNAL_PORT", "9500")
    monkeypatch.setenv("FEIRA_CATALOG_ADDR", "[::1]:9001")
    monkeypatch.setenv("FEIRA_ORDERS_DATABASE_URL", "postgresql://db/orders")
    monkeypatch.setenv("FEIRA_RUN", "orders, users,orders")
    found = settle({}, data, starting=True)
    assert (found.port, found.run, found.addresses) == (9000, ("orders", "users"), {"catalog": "[::1]:9001"})
    assert found.database_of("orders") == "postgresql://db/orders"
    assert settle({"port": 9100}, data, starting=True).port == 9100


def test_what_the_goods_depend_on_is_kept(data: DataDir) -> None:
    first = settle({"currency": "GBP", "country": "GB", "port": 9000, "internal_port": 9001}, data, starting=True)
    remember(first, data, embedded=True)
    again = settle({}, data, starting=True)
    assert (again.currency, again.country, again.port) == ("GBP", "GB", 8000)
    command = settle({}, data, starting=False)
    assert (command.currency, command.port) == ("GBP", 9000)
    assert first.secret not in (data.path / "shop.json").read_text()


def test_links_of_a_shop_on_every_address(data: DataDir) -> None:
    assert settle({"host": "0.0.0.0"}, data, starting=True).url == "http://localhost:8000"
    assert settle({"host": "::1"}, data, starting=True).url == "http://[::1]:8000"
    assert settle({"public_url": "https://shop.example/"}, data, starting=True).url == "https://shop.example"


def test_a_secret_that_is_given(data: DataDir, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEIRA_SECRET", "aB" * 32)
    assert settle({}, data, starting=True).secret == "aB" * 32
    assert not (data.path / "secrets.json").exists()
    monkeypatch.setenv("FEIRA_SECRET", "short")
    with pytest.raises(HostError, match="64 hexadecimal digits"):
        settle({}, data, starting=True)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"workers": 0}, "--workers"),
        ({"db_connections": 0}, "--db-connections"),
        ({"port": 8001}, "must all differ"),
        ({"grpc_port": 8000}, "must all differ"),
        ({"internal_port": 7999, "workers": 2}, "must all differ"),
        ({"internal_port": 65_535, "workers": 2}, "65536 is no port"),
        ({"grpc_port": 0}, "0 is no port"),
        ({"currency": "XXX"}, "XXX is not a currency"),
        ({"country": "brazil"}, "brazil is not a country"),
        ({"shop_name": " "}, "--shop-name"),
        ({"mail_from": "shop"}, "--mail-from"),
        ({"run": "orders,order"}, "there is no service order"),
        ({"trusted_proxies": "10.0.0.0/8,everyone"}, "'everyone' is none"),
        ({"addresses": {"orders": "host"}}, "--orders-addr must be HOST:PORT"),
        ({"addresses": {"orders": "host:70000"}}, "--orders-addr must be HOST:PORT"),
        ({"public_url": "shop.example"}, "--public-url must be like"),
        ({"public_url": "https://shop.example:x"}, "--public-url cannot be read"),
        ({"smtp_url": "mail.example"}, "--smtp-url must be like"),
        ({"bus": "kafka://x"}, "--bus must begin with postgresql://"),
        ({"database_url": "mysql://x"}, "DATABASE_URL must begin with"),
        ({"port": "many"}, "the settings cannot be read"),
    ],
)
def test_what_cannot_be_meant_is_told_in_one_sentence(data: DataDir, given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(HostError, match=sentence):
        settle(given, data, starting=True)


def test_when_a_postgres_of_our_own_is_needed() -> None:
    def needed(**given: Any) -> bool:
        return is_embedded(Settings(secret="", data="", **given))

    url = "postgresql://x"
    assert needed()
    assert not needed(database_url=url)
    assert needed(databases={"orders": url}, bus=url)
    assert needed(databases={"orders": url}, run=("orders",))
    assert not needed(databases={"orders": url}, run=("orders",), bus=url)


def test_parts_must_meet_on_one_bus() -> None:
    check_parts(Settings(secret="", data=""))
    check_parts(Settings(secret="", data="", run=SERVICES))
    check_parts(Settings(secret="", data="", run=("orders",), database_url="postgresql://x"))
    check_parts(Settings(secret="", data="", run=("orders",), bus="postgresql://x"))
    with pytest.raises(HostError, match="need one bus"):
        check_parts(Settings(secret="", data="", run=("orders",)))


def test_production() -> None:
    def warned(*, demo: bool = False, **given: Any) -> list[str]:
        return check_production(Settings(secret="", data="", **given), demo=demo)

    assert len(warned(demo=True)) == 3
    assert warned(public_url="https://shop.example", smtp_url="smtp://x") == []
    with pytest.raises(HostError, match="https://"):
        warned(public_url="http://shop.example")
    with pytest.raises(HostError, match="not the whole internet"):
        warned(trusted_proxies=("0.0.0.0/0",))


def test_a_secret_that_was_given_is_given_to_every_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = DataDir.open(tmp_path)
    monkeypatch.setenv("FEIRA_SECRET", "cd" * 32)
    settings = settle({}, data, starting=True)
    remember(settings, data, embedded=True)
    monkeypatch.delenv("FEIRA_SECRET")
    with pytest.raises(HostError, match="was opened with FEIRA_SECRET"):
        settle({}, data, starting=False)
    assert not (tmp_path / "secrets.json").exists()
