"""The sample goods, in any currency, and the sample login."""

from types import SimpleNamespace

import msgspec
import pytest

from feira.app import migrate_all, opened
from feira.host.errors import HostError
from feira.host.order import Report
from feira.host.samples import fill
from feira.kernel.config import Settings


async def filled(settings: Settings) -> list[Report]:
    told: list[Report] = []
    await migrate_all(settings)
    async with opened(settings) as shop:
        await fill(shop, told.append)
    return told


@pytest.mark.parametrize(("currency", "amount"), [("BRL", 490), ("JPY", 5), ("KWD", 4900)])
async def test_they_are_put_in_once(settings: Settings, currency: str, amount: int) -> None:
    settings = msgspec.structs.replace(settings, currency=currency)
    first = await filled(settings)
    assert [report.kind for report in first] == ["said", "staff"]
    assert await filled(settings) == first[1:]
    async with opened(settings) as shop:
        catalog = shop.services["catalog"]
        bodies = [body async for body in catalog.export_products()]
        assert len(bodies) >= 120
        [mango] = [body for body in bodies if body.slug == "palmer-mango"]
        price = mango.variants[0].price
        assert (price.amount, price.currency) == (amount, currency)
        assert min(variant.stock for body in bodies for variant in body.variants) >= 20


async def test_only_what_runs_here_is_filled(settings: Settings) -> None:
    settings = msgspec.structs.replace(settings, run=("notifications",))
    assert await filled(settings) == []


async def test_goods_that_do_not_fit_are_told(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sample that the importer refuses is a fault of the package, and no shop opens without its goods unsaid."""
    monkeypatch.setattr("feira.demo.CURRENCY", settings.currency)
    monkeypatch.setattr("feira.demo.products", lambda: SimpleNamespace(read_bytes=lambda: b'{"name": ""}\n'))
    with pytest.raises(HostError, match="the sample goods could not be put in"):
        await filled(settings)
