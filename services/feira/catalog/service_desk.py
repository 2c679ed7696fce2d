"""What staff look for, and the small changes that they make in passing."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import msgspec

from feira.catalog import domain, store, store_desk, store_products
from feira.catalog.domain_change import varied
from feira.catalog.domain_goods import Stored, UnknownProduct, VariantChange
from feira.catalog.service_products import Draft, keep, tell_acted
from feira.catalog.store_desk import Status, StockRow
from feira.kernel.card import Context

ROUNDS_MAX: Final = 5  # Looks for low stock in one answer.
BELOW_MAX: Final = domain.SCARCE_BELOW[-1]


class Desk:
    def __init__(self, ctx: Context) -> None:
        self._db = ctx.db
        self._currency = ctx.settings.currency

    async def products(self, q: str, before: int, limit: int, status: Status) -> list[Stored]:
        """Products whose names, skus or slug have what is asked for, the newest first."""
        async with self._db.read() as tx:
            ids = await store_desk.list_ids(tx, q, before, limit, status)
            return await store_products.read_products(tx, ids)

    async def read(self, ids: Sequence[UUID]) -> list[Stored]:
        """These products, in this order."""
        async with self._db.read() as tx:
            return await store_products.read_products(tx, ids)

    async def stock(self, q: str, below: int | None, after: str, limit: int) -> list[StockRow]:
        """Stock in sku order: all there is, or that of the products that are asked for."""
        async with self._db.read() as tx:
            return await store_desk.list_stock(tx, q, below, after, limit)

    async def low_stock(
        self, below: int, after: tuple[int, str], limit: int
    ) -> tuple[list[StockRow], tuple[int, str] | None]:
        """What is sold and scarce, the scarcest first, and from where there may be more: after much that is not sold any more
        there may be fewer than `limit` and yet more to come.
        """
        scarcity_max = store_desk.scarcity_below(below)
        found: list[StockRow] = []
        place: tuple[int, str] | None = after
        async with self._db.read() as tx:
            for _ in range(ROUNDS_MAX):
                if place is None or len(found) > limit:
                    break
                more, place = await store_desk.look_for_low(tx, below, scarcity_max, place)
                found += more
        if len(found) > limit:
            found = found[:limit]
            place = (found[-1].scarcity or 0, found[-1].sku)
        return found, place

    async def restore(self, product_id: UUID, actor: UUID) -> Stored:
        """Sell an archived product again; twice is once."""
        async with self._db.tx() as tx:
            was = (await store_products.lock_products(tx, [product_id])).get(product_id)
            if was is None:
                raise UnknownProduct
            if was.product.archived:
                product = msgspec.structs.replace(was.product, archived=False)
                await keep(tx, [Draft(id=product_id, product=product, was=was, stock={})], "restored", actor)
                await tell_acted(tx, actor, "catalog.product.restored", product_id, None)
        return await self._read(product_id)

    async def change_variant(self, sku: str, change: VariantChange, actor: UUID) -> Stored:
        """The product, in which nothing but what the change names of this variant is different."""
        async with self._db.tx() as tx:
            product_id = (await store.products_of(tx, [sku])).get(sku)
            if product_id is None:
                raise domain.unknown_sku([sku])
            was = (await store_products.lock_products(tx, [product_id]))[product_id]
            if all(variant.sku != sku for variant in was.product.sold):
                raise domain.unknown_sku([sku])
            product = varied(was.product, sku, change, self._currency)
            if product != was.product:
                await keep(tx, [Draft(id=product_id, product=product, was=was, stock={})], "changed", actor)
                await tell_acted(tx, actor, "catalog.variant.changed", sku, change)
        return await self._read(product_id)

    async def _read(self, product_id: UUID) -> Stored:
        async with self._db.read() as tx:
            (found,) = await store_products.read_products(tx, [product_id])
        return found
