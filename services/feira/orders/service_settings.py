"""The shop's own settings: read at every quote and order, so that a change counts in every worker at once."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
from msgspec.structs import replace

from feira.contracts.audit import StaffActed
from feira.contracts.orders import ShopRenamed
from feira.kernel.batcher import Batcher
from feira.kernel.card import Context
from feira.kernel.errors import Refused
from feira.kernel.events import emit
from feira.orders import domain_tables, store_desk
from feira.orders.domain_totals import ShippingMethod, Tables, TaxRule


class CurrencyFixed(Refused):
    """Prices, stock and orders are kept in the currency that the shop was founded in."""

    code = "currency_fixed"
    title = "The shop's currency cannot be changed"


class SettingsChanged(Refused):
    """`extra["version"]` is the version that stands now."""

    code = "settings_changed"
    title = "Somebody else has changed the settings"


class OtherCurrency(Exception):  # noqa: N818 - a sentence for whoever starts the program.
    """The shop was founded in another currency than it was started with."""


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """What staff want changed; None is left as it is. `version`, if given, is the one that they saw."""

    version: int | None = None
    currency: str | None = None
    shop_name: str | None = None
    shipping: tuple[ShippingMethod, ...] | None = None
    tax: tuple[TaxRule, ...] | None = None


class Shop:
    """The settings as they stand. Concurrent readers share one look at their version; tables are read when it is new."""

    def __init__(self, ctx: Context) -> None:
        self._db = ctx.db
        self._settings = ctx.settings
        self._cached: Tables | None = None
        self._look = Batcher(self._look_once, name="orders.settings", same=lambda _: "settings")

    async def found(self) -> None:
        """Give an empty shop its first settings. Raises OtherCurrency if there are some in another currency."""
        currency = self._settings.currency
        async with self._db.tx() as tx:
            founded = await store_desk.found_shop(tx, domain_tables.empty_shop(currency, self._settings.shop_name))
        if founded != currency:
            raise OtherCurrency(f"This shop counts its money in {founded}: it cannot be started with {currency}.")

    async def tables(self, version: int | None = None) -> Tables:
        """The settings as they stand. Who has just seen which `version` stands need not look again for it."""
        if version is not None and self._cached is not None and self._cached.version == version:
            return self._cached
        return await self._look(None)

    async def _look_once(self, asks: Sequence[None]) -> Sequence[Tables]:
        async with self._db.read() as tx:
            if self._cached is None or await store_desk.settings_version(tx) != self._cached.version:
                self._cached = await store_desk.read_settings(tx)
        return [self._cached] * len(asks)

    async def change(self, actor: UUID, changes: Changes) -> Tables:
        """The settings after the change. Refuses another currency, and tables that contradict themselves."""
        if changes.shipping is not None:
            domain_tables.check_shipping(changes.shipping)
        if changes.tax is not None:
            domain_tables.check_tax(changes.tax)
        async with self._db.tx() as tx:
            before = await store_desk.read_settings(tx, lock=True)
            if changes.currency not in {None, before.currency}:
                raise CurrencyFixed(errors=[{"field": "currency", "message": f"is {before.currency} for good"}])
            if changes.version not in {None, before.version}:
                raise SettingsChanged(version=before.version)
            after = replace(
                before,
                version=before.version + 1,
                shop_name=before.shop_name if changes.shop_name is None else changes.shop_name,
                shipping=before.shipping if changes.shipping is None else changes.shipping,
                tax=before.tax if changes.tax is None else changes.tax,
            )
            if replace(after, version=before.version) == before:
                return before
            await store_desk.save_settings(tx, after)
            changed = [
                name for name in ("shop_name", "shipping", "tax") if getattr(before, name) != getattr(after, name)
            ]
            await emit(
                tx,
                StaffActed(
                    version=after.version,
                    actor=actor,
                    action="orders.settings.changed",
                    target="settings",
                    detail=msgspec.json.encode({"changed": changed}).decode(),
                ),
            )
            if before.shop_name != after.shop_name:
                await emit(tx, ShopRenamed(version=after.version, shop_name=after.shop_name))
        return after
