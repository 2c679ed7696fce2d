"""Products as staff describe them and as buyers find them."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
import msgspec
from msgspec import UNSET

from feira.catalog import domain, store, store_categories, store_products, store_search
from feira.catalog.domain import Move
from feira.catalog.domain_change import branch_of, described, stocks
from feira.catalog.domain_goods import (
    Named,
    Price,
    Product,
    ProductBody,
    ProductChange,
    ProductChanged,
    SkuTaken,
    SlugTaken,
    Stored,
    UnknownProduct,
    VariantBody,
)
from feira.catalog.domain_text import slugify
from feira.catalog.service_moves import announce, tell_of_everything, tell_of_moves, tell_of_products
from feira.contracts.audit import StaffActed
from feira.kernel.batcher import Batcher
from feira.kernel.card import Context
from feira.kernel.db import Tx
from feira.kernel.errors import Invalid
from feira.kernel.events import emit
from feira.kernel.ids import uuid7

TRIES_MAX = 4
EXPORT_PAGE = 200
IMPORTED = "imported"  # Why stock is what it is, where an import says so.

T = TypeVar("T")


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A product that shall be kept: `was` is what it was before, `stock` the figures that were given."""

    id: UUID
    product: Product
    was: Stored | None
    stock: Mapping[str, int]


async def insist(act: Callable[[], Awaitable[T]]) -> T:
    """Do it again when somebody else was first with a slug, a sku or a lock: then the second look knows."""
    for _ in range(TRIES_MAX - 1):
        try:
            return await act()
        except (asyncpg.UniqueViolationError, asyncpg.DeadlockDetectedError):
            continue
    return await act()


def slugs_for(product: Product, product_id: UUID) -> list[str]:
    """What a product without a given slug may be called, the best first; the last is surely free."""
    base = slugify(product.name) or "product"
    first = slugify(product.variants[0].sku)
    return [base, *([f"{base}-{first}"] if first else []), f"{base}-{product_id.hex[-12:]}"]


async def keep(tx: Tx, drafts: Sequence[Draft], kind: str, actor: UUID | None = None) -> None:
    """Write the drafts down, with their stock; the products that were there must be locked.

    A figure of stock below what is set aside is raised to that: buyers keep what they hold.
    """
    old = [draft for draft in drafts if draft.was]
    known = {sku: units for draft in old if draft.was for sku, units in draft.was.on_hand.items()}
    recounted = {sku: units for draft in old for sku, units in draft.stock.items() if known.get(sku, units) != units}
    levels = await store.lock_levels(tx, sorted(known)) if known else {}  # Stock is locked before listings.
    paths = {path for draft in drafts for path in draft.product.categories}
    categories, grown = await store_categories.ensure(tx, paths)
    new = {draft.id: _starts_in_stock(draft) for draft in drafts if draft.was is None}
    await store_products.write(tx, {draft.id: draft.product for draft in drafts}, categories, new)
    if known:
        await store.revise(tx, list(known))
    opened = {
        variant.sku: draft.stock.get(variant.sku, 0)
        for draft in drafts
        for variant in draft.product.variants
        if variant.sku not in known
    }
    if opened:
        await store.open_stock(tx, opened, kind, actor)
    moves = [
        Move(sku=sku, kind=kind, on_hand=delta, actor=actor)
        for sku in recounted
        if (delta := max(recounted[sku], levels[sku].held) - levels[sku].on_hand)
    ]
    if moves:
        await store.move(tx, moves)
        await tell_of_moves(tx, moves)
    turned = domain.turned(levels, domain.net(moves))
    product_of = {variant.sku: draft.id for draft in old for variant in draft.product.variants}
    turned |= {sku: True for sku, units in opened.items() if units and sku in product_of}
    await announce(tx, turned, product_of, also=[draft.id for draft in old])
    if grown:
        await tell_of_everything(tx)
    else:
        changes = [(draft.was.product if draft.was else None, draft.product) for draft in drafts]
        await tell_of_products(tx, changes, many=kind == IMPORTED)


def _starts_in_stock(draft: Draft) -> bool:
    return any(draft.stock.get(variant.sku, 0) > 0 for variant in draft.product.sold)


class Products:
    """The range of goods. Staff's acts are told to the audit journal in the transaction of the act."""

    def __init__(self, ctx: Context) -> None:
        self._db = ctx.db
        self._currency = ctx.settings.currency
        self._find: Batcher[str, Stored] = Batcher(
            self._find_batch, name="catalog.find", same=lambda wanted: wanted, lanes=2
        )

    async def create(self, body: ProductBody, actor: UUID) -> Stored:
        product = described(body, None, self._currency, replace=True)

        async def act() -> UUID:
            async with self._db.tx() as tx:
                product_id = uuid7()
                await self._refuse_taken_skus(tx, [variant.sku for variant in product.variants], None)
                slug = await _free_slug(tx, product, product_id)
                draft = Draft(
                    id=product_id,
                    product=msgspec.structs.replace(product, slug=slug),
                    was=None,
                    stock=stocks(body),
                )
                await keep(tx, [draft], "created", actor)
                await tell_acted(tx, actor, "catalog.product.created", product_id, body)
            return product_id

        return await self.read(await insist(act))

    async def change(
        self, product_id: UUID, change: ProductChange, actor: UUID, seen: datetime | None = None
    ) -> Stored:
        """What the change names is different afterwards; variants that it does not list are archived.

        Refuses with ProductChanged if the product was changed at another time than the one that was `seen`.
        """

        async def act() -> None:
            async with self._db.tx() as tx:
                was = (await store_products.lock_products(tx, [product_id])).get(product_id)
                if was is None:
                    raise UnknownProduct
                if seen not in {None, was.changed_at}:
                    raise ProductChanged
                product = described(change, was.product, self._currency, replace=True)
                new = {variant.sku for variant in product.variants} - was.on_hand.keys()
                _refuse_recounts(change, was)
                await self._refuse_taken_skus(tx, sorted(new), product_id)
                if (await store_products.ids_by_slug(tx, [product.slug])).get(product.slug, product_id) != product_id:
                    raise SlugTaken
                stock = {sku: units for sku, units in stocks(change).items() if sku in new}
                await keep(tx, [Draft(id=product_id, product=product, was=was, stock=stock)], "created", actor)
                await tell_acted(tx, actor, "catalog.product.changed", product_id, change)

        await insist(act)
        return await self.read(product_id)

    async def archive(self, product_id: UUID, actor: UUID) -> None:
        """Take the product out of the shop. What was sold of it, and its stock, stay known; twice is once."""
        async with self._db.tx() as tx:
            was = (await store_products.lock_products(tx, [product_id])).get(product_id)
            if was is None:
                raise UnknownProduct
            if was.product.archived:
                return
            product = msgspec.structs.replace(was.product, archived=True)
            await keep(tx, [Draft(id=product_id, product=product, was=was, stock={})], "archived", actor)
            await tell_acted(tx, actor, "catalog.product.archived", product_id, None)

    async def _refuse_taken_skus(self, tx: Tx, skus: Sequence[str], product_id: UUID | None) -> None:
        owners = await store.products_of(tx, skus)
        if taken := sorted(sku for sku, owner in owners.items() if owner != product_id):
            raise SkuTaken(f"another product has {', '.join(taken[:3])}", skus=taken[: domain.LAPSED_MAX])

    async def read(self, product_id: UUID) -> Stored:
        async with self._db.read() as tx:
            found = await store_products.read_products(tx, [product_id])
        if not found:
            raise UnknownProduct
        return found[0]

    async def find(self, id_or_slug: str) -> Stored:
        """The product for buyers. Refuses with UnknownProduct if it is archived, too."""
        return await self._find(id_or_slug)

    async def _find_batch(self, wanted: Sequence[str]) -> Sequence[Stored | UnknownProduct]:
        async with self._db.read() as tx:
            ids = await store_search.find_listed(tx, wanted)
            read = await store_products.read_products(tx, list(set(ids.values())))
            paths = {path for stored in read for path in _branch(stored)}
            named = await store_categories.read_named(tx, paths) if paths else {}
        found = {
            stored.id: msgspec.structs.replace(
                stored,
                branch=[Named(path, named[path].name, named[path].names) for path in _branch(stored) if path in named],
            )
            for stored in read
        }
        return [found.get(ids[text]) or UnknownProduct() if text in ids else UnknownProduct() for text in wanted]

    async def addresses(
        self, after: int, upto: int | None, limit: int
    ) -> tuple[list[store_products.Address], int | None]:
        """Where what is sold is found, in the order of creation, and the number of the newest."""
        async with self._db.read() as tx:
            found = await store_products.list_addresses(tx, after, upto, limit)
            return found, await store_products.last_number(tx)

    async def is_empty(self) -> bool:
        async with self._db.read() as tx:
            return await store_products.is_empty(tx)

    async def export(self) -> AsyncIterator[ProductBody]:
        """Every product in the order of creation, as an import takes it; archived ones are left out."""
        after = -1
        while True:
            async with self._db.read() as tx:
                ids = await store_products.list_after(tx, after, EXPORT_PAGE)
                stored = await store_products.read_products(tx, ids)
            for one in stored:
                if not one.product.archived:
                    yield self._as_body(one)
            if len(ids) < EXPORT_PAGE:
                return
            after = stored[-1].number

    def _as_body(self, stored: Stored) -> ProductBody:
        product = stored.product
        return ProductBody(
            slug=product.slug,
            name=product.name,
            description=product.description,
            translations=dict(product.translations),
            categories=product.categories,
            images=product.images,
            attributes=dict(product.attributes),
            variants=tuple(
                VariantBody(
                    sku=variant.sku,
                    name=variant.name,
                    options=dict(variant.options),
                    price=Price(amount=variant.price_minor, currency=self._currency),
                    compare_at_price=None
                    if variant.compare_at_price_minor is None
                    else Price(amount=variant.compare_at_price_minor, currency=self._currency),
                    weight_g=variant.weight_g,
                    tax_class=variant.tax_class,
                    stock=stored.on_hand[variant.sku],
                )
                for variant in product.sold
            ),
        )


def _branch(stored: Stored) -> list[str]:
    """The path of the first of its categories, and those above it from the root."""
    return branch_of(stored.product.categories[0]) if stored.product.categories else []


def _refuse_recounts(change: ProductChange, was: Stored) -> None:
    """Stock that sells meanwhile is not overwritten by a figure that staff saw some time ago."""
    if change.variants is UNSET:
        return
    for number, variant in enumerate(change.variants):
        if variant.stock is not UNSET and variant.stock != was.on_hand.get(variant.sku, variant.stock):
            raise Invalid.field(f"variants.{number}.stock", "is changed by an adjustment, not here")


async def _free_slug(tx: Tx, product: Product, product_id: UUID) -> str:
    if product.slug:
        if await store_products.ids_by_slug(tx, [product.slug]):
            raise SlugTaken
        return product.slug
    candidates = slugs_for(product, product_id)
    taken = await store_products.ids_by_slug(tx, candidates)
    return next(slug for slug in candidates if slug not in taken)


async def tell_acted(tx: Tx, actor: UUID, action: str, target: UUID | str, detail: msgspec.Struct | None) -> None:
    """Tell the audit journal what one of the staff did, in the transaction of the act."""
    text = store.as_json(_brief(detail) if detail else {})
    await emit(tx, StaffActed(actor=actor, action=action, target=str(target), detail=text, version=1))


def _brief(change: msgspec.Struct) -> dict[str, Any]:
    """What was changed, without long texts: the journal says that a description changed, not to what."""
    found: dict[str, Any] = msgspec.to_builtins(change)
    return {name: ("…" if name in {"description", "translations"} else value) for name, value in found.items()}
