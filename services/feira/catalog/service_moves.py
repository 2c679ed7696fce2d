"""Stock that moves, goods that change, and what the others are told of both."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from feira.catalog import domain, store
from feira.catalog.domain import Level, Move
from feira.catalog.domain_change import listed, shown
from feira.catalog.domain_goods import Product
from feira.contracts.catalog import ProductsChanged, StockChanged, StockMoved
from feira.kernel.db import Tx
from feira.kernel.events import emit

TOLD_MAX = 500  # Skus in one event.


async def announce(
    tx: Tx, turned: Mapping[str, bool], product_of: Mapping[str, UUID], *, also: Sequence[UUID] = ()
) -> None:
    """Tell which skus went in or out of stock, and show it in the lists; `also` are products to be shown anew anyway."""
    by_product: dict[UUID, list[str]] = {product_id: [] for product_id in also}
    for sku in sorted(turned):
        by_product.setdefault(product_of[sku], []).append(sku)
    if not by_product:
        return
    shown = await store.show_stock(tx, {product_id: len(skus) for product_id, skus in by_product.items()})
    await emit(
        tx,
        *(
            StockChanged(
                product_id=product_id,
                slug=shown[product_id].slug,
                sku=sku,
                available=turned[sku],
                version=shown[product_id].version - len(skus) + 1 + number,
            )
            for product_id, skus in by_product.items()
            for number, sku in enumerate(skus)
        ),
    )


async def move(tx: Tx, moves: Sequence[Move], levels: Mapping[str, Level], *, bought: bool = False) -> None:
    """Move stock whose rows are locked at these levels, and tell what this changes for buyers; what is being `bought` its
    order tells.
    """
    if not moves:
        return
    if not bought:
        await tell_of_moves(tx, moves)
    turned = domain.turned(levels, domain.net(moves))
    await store.move(tx, moves)
    if turned:
        await announce(tx, turned, await store.products_of(tx, list(turned)))


async def tell_of_products(tx: Tx, changes: Sequence[tuple[Product | None, Product]], *, many: bool) -> None:
    """Tell those who keep pages that products became what they are now, if a shopper can see it: (before, after).

    `many`: these are a part of a change that it would take too long to tell of one by one.
    """
    if many:
        if any(shown(was) != shown(now) for was, now in changes):
            await tell_of_everything(tx)
        return
    seen = [(was, now) for was, now in changes if shown(was) != shown(now)]
    if seen:
        slugs = {product.slug for change in seen for product in change if product}
        lists = any(listed(was) != listed(now) for was, now in seen)
        await emit(tx, ProductsChanged(slugs=tuple(sorted(slugs)), lists=lists, version=1))


async def tell_of_everything(tx: Tx) -> None:
    """Tell those who keep pages that any of them may look different."""
    await emit(tx, ProductsChanged(everything=True, version=1))


async def tell_of_moves(tx: Tx, moves: Sequence[Move]) -> None:
    """Tell those who show quantities of which skus there are more or fewer to be had."""
    skus = [sku for sku, (on_hand, held) in sorted(domain.net(moves).items()) if on_hand != held]
    parts = [skus[start : start + TOLD_MAX] for start in range(0, len(skus), TOLD_MAX)]
    await emit(tx, *(StockMoved(skus=tuple(part), version=1) for part in parts))
