"""What the catalogue answers: to buyers in their language, to staff whole."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from feira.catalog.domain import localised, placed
from feira.catalog.domain_change import least, title_of
from feira.catalog.domain_goods import DEFAULT_LOCALE, Stored, Translation, Variant
from feira.catalog.store_search import COUNTED_MAX, Facets, Found
from feira.kernel.http import Money, View
from feira.transport.pictures import ImageView

LocaleOf = Callable[[Sequence[str]], str]  # Which of these languages the client reads best.


class ProductItem(View, frozen=True, kw_only=True):
    """A product as lists show it; `price` is that of its cheapest variant."""

    id: str
    slug: str
    name: str
    image: ImageView | None
    price: Money
    compare_at_price: Money | None
    available: bool
    categories: list[str]


class VariantView(View, frozen=True, kw_only=True):
    sku: str
    name: str
    options: dict[str, str]
    price: Money
    compare_at_price: Money | None
    available: bool
    quantity: int


class Crumb(View, frozen=True, kw_only=True):
    """A category by its path, as `category=` of the list of products takes it."""

    path: str
    name: str


class ProductView(ProductItem, frozen=True, kw_only=True):
    """`breadcrumbs` lead from the root to the first of its categories."""

    description: str
    images: list[ImageView]
    attributes: dict[str, str | bool | int | float]
    variants: list[VariantView]
    breadcrumbs: list[Crumb]
    updated_at: datetime


class Count(View, frozen=True, kw_only=True):
    value: str | bool | int | float
    count: int


class CategoryCount(View, frozen=True, kw_only=True):
    """`value` is the category's path."""

    value: str
    name: str
    count: int


class PriceRange(View, frozen=True, kw_only=True):
    min: Money | None
    max: Money | None


class FacetsView(View, frozen=True, kw_only=True):
    """What the products found have in common, by number of products; of an attribute that was asked for, also its other values
    and how many more they would find.
    """

    categories: list[CategoryCount]
    attributes: dict[str, list[Count]]
    price: PriceRange


class ProductList(View, frozen=True, kw_only=True):
    """A part of a list. With `facets=true` it tells what all that was found has in common, and how many that is."""

    items: list[ProductItem]
    next: str | None
    facets: FacetsView | UnsetType = UNSET
    total: int | UnsetType = UNSET
    total_capped: bool | UnsetType = UNSET


class CategoryView(View, frozen=True, kw_only=True):
    """A branch of the tree; its path is the slugs from the root, joined by `/`."""

    slug: str
    name: str
    children: list["CategoryView"]


class AdminVariant(View, frozen=True, kw_only=True):
    sku: str
    name: str
    options: dict[str, str]
    price: Money
    compare_at_price: Money | None
    weight_g: int
    tax_class: str
    archived: bool
    on_hand: int
    held: int
    available: int


class AdminProduct(View, frozen=True, kw_only=True):
    """A product whole, with all its languages, archived variants and stock."""

    id: str
    slug: str
    name: str
    description: str
    translations: dict[str, Translation]
    categories: list[str]
    images: list[ImageView]
    attributes: dict[str, str | bool | int | float]
    variants: list[AdminVariant]
    archived: bool
    created_at: datetime
    changed_at: datetime


def money(amount: int, currency: str) -> Money:
    return Money(amount=amount, currency=currency)


def money_or_none(amount: int | None, currency: str) -> Money | None:
    return None if amount is None else money(amount, currency)


def image_view(image: Mapping[str, Any]) -> ImageView:
    return msgspec.convert(image, ImageView)


def product_item(found: Found, locale_of: LocaleOf, currency: str, url: str) -> ProductItem:
    """The product as lists show it; `url` is the shop's address."""
    locale = locale_of((DEFAULT_LOCALE, *found.names)) if found.names else DEFAULT_LOCALE
    return ProductItem(
        id=found.id,
        slug=found.slug,
        name=found.names.get(locale, found.name),
        image=image_view(placed(found.images[0], url)) if found.images else None,
        price=money(found.price_minor, currency),
        compare_at_price=money_or_none(found.compare_at_price_minor, currency),
        available=found.in_stock,
        categories=list(found.categories),
    )


def product_view(stored: Stored, locale: str, currency: str, url: str) -> ProductView:
    """The product in this language, as far as it is translated; `url` is the shop's address."""
    product = stored.product
    text = product.translations.get(locale) or Translation(name=product.name, description=product.description)
    images = [image_view(placed(msgspec.to_builtins(image), url)) for image in product.images]
    price, compare_at_price = least(product.sold)
    variants = [_variant_view(variant, stored, text.name, currency) for variant in product.sold]
    return ProductView(
        id=str(stored.id),
        slug=product.slug,
        name=text.name,
        image=images[0] if images else None,
        price=money(price, currency),
        compare_at_price=money_or_none(compare_at_price, currency),
        available=any(variant.available for variant in variants),
        categories=list(product.categories),
        description=text.description or product.description,
        images=images,
        attributes=dict(product.attributes),
        variants=variants,
        breadcrumbs=[Crumb(path=one.path, name=localised(locale, one.name, one.names)) for one in stored.branch],
        updated_at=stored.changed_at,
    )


def _variant_view(variant: Variant, stored: Stored, product_name: str, currency: str) -> VariantView:
    quantity = stored.on_hand[variant.sku] - stored.held[variant.sku]
    return VariantView(
        sku=variant.sku,
        name=variant.name or ", ".join(value for _, value in variant.options) or product_name,
        options=dict(variant.options),
        price=money(variant.price_minor, currency),
        compare_at_price=money_or_none(variant.compare_at_price_minor, currency),
        available=quantity > 0,
        quantity=quantity,
    )


def facets_view(facets: Facets, named: Mapping[str, str], currency: str) -> FacetsView:
    """`named` are the categories' names by path."""
    return FacetsView(
        categories=[
            CategoryCount(value=path, name=named.get(path) or title_of(path), count=number)
            for path, number in facets.categories
        ],
        attributes={
            key: [Count(value=value, count=number) for value, number in values]
            for key, values in sorted(facets.attributes.items())
        },
        price=PriceRange(
            min=money_or_none(facets.min_price_minor, currency), max=money_or_none(facets.max_price_minor, currency)
        ),
    )


def product_list(
    items: list[ProductItem], following: str | None, facets: Facets | None, named: Mapping[str, str], currency: str
) -> ProductList:
    if facets is None:
        return ProductList(items=items, next=following)
    return ProductList(
        items=items,
        next=following,
        facets=facets_view(facets, named, currency),
        total=min(facets.total, COUNTED_MAX),
        total_capped=facets.total > COUNTED_MAX,
    )


def admin_product(stored: Stored, currency: str) -> AdminProduct:
    product = stored.product
    return AdminProduct(
        id=str(stored.id),
        slug=product.slug,
        name=product.name,
        description=product.description,
        translations=dict(product.translations),
        categories=list(product.categories),
        images=[image_view(msgspec.to_builtins(image)) for image in product.images],
        attributes=dict(product.attributes),
        variants=[
            AdminVariant(
                sku=variant.sku,
                name=variant.name,
                options=dict(variant.options),
                price=money(variant.price_minor, currency),
                compare_at_price=money_or_none(variant.compare_at_price_minor, currency),
                weight_g=variant.weight_g,
                tax_class=variant.tax_class,
                archived=variant.archived,
                on_hand=stored.on_hand[variant.sku],
                held=stored.held[variant.sku],
                available=stored.on_hand[variant.sku] - stored.held[variant.sku],
            )
            for variant in product.variants
        ],
        archived=product.archived,
        created_at=stored.created_at,
        changed_at=stored.changed_at,
    )
