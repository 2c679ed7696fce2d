"""What becomes of a product that is described anew. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from feira.catalog.domain_goods import (
    DEFAULT_LOCALE,
    DEPTH_MAX,
    TAX_CLASS,
    Price,
    Product,
    ProductChange,
    Translation,
    Variant,
    VariantBody,
    VariantChange,
)
from feira.catalog.domain_text import fold, harmless, slugify
from feira.kernel.errors import FieldError, Invalid

ERRORS_MAX = 100
NAME_KEY_MAX = 200  # Letters of a name that decide its place in a list.

SLASHES_MAX = 3  # In a sku: the server hands an address on decoded, so that each slash is a further segment of it.

T = TypeVar("T")

_WEB = re.compile(r"https://[^\s/?#\\]+[^\s\\]*", re.IGNORECASE)
_OURS = re.compile(r"/media/[A-Za-z0-9._~/%-]+")


def described(change: ProductChange, was: Product | None, currency: str, *, replace: bool) -> Product:
    """The product once the change is made; `replace` archives the variants that the change does not name.

    A slug that is neither given nor kept is left empty. Refuses with Invalid, naming every field that is wrong.
    """
    if errors := [*_wrong_variants(change, currency), *_wrong_texts(change)]:
        detail = f"{errors[0].field}: {errors[0].message}" if len(errors) == 1 else "some fields break a rule"
        raise Invalid(detail, errors=errors[:ERRORS_MAX])
    now = was or Product(slug="", name="")
    return Product(
        slug=_given(change.slug, now.slug),
        name=_given(change.name, now.name),
        description=now.description if change.description is UNSET else harmless(change.description),
        translations=now.translations if change.translations is UNSET else _translated(change.translations),
        categories=now.categories if change.categories is UNSET else _paths(change.categories),
        images=_given(change.images, now.images),
        attributes=_given(change.attributes, now.attributes),
        variants=now.variants
        if change.variants is UNSET
        else _variants(change.variants, now.variants, replace=replace),
        archived=_given(change.archived, now.archived),
    )


def varied(product: Product, sku: str, change: VariantChange, currency: str) -> Product:
    """The product with one of its variants changed. Refuses with Invalid another currency than the shop's."""
    given: dict[str, object] = {
        name: value for name in change.__struct_fields__ if (value := getattr(change, name)) is not UNSET
    }
    for name in ("price", "compare_at_price"):
        if name in given:
            price = given.pop(name)
            if isinstance(price, Price) and price.currency != currency:
                raise Invalid.field(f"{name}.currency", f"this shop sells in {currency}")
            given[f"{name}_minor"] = price.amount if isinstance(price, Price) else None
    if change.options is not UNSET:
        given["options"] = tuple(change.options.items())
    variants = [
        msgspec.structs.replace(variant, **given) if variant.sku == sku else variant for variant in product.variants
    ]
    return msgspec.structs.replace(product, variants=tuple(variants))


def stocks(change: ProductChange) -> dict[str, int]:
    """The figures of stock that the change names, by sku."""
    if change.variants is UNSET:
        return {}
    return {variant.sku: variant.stock for variant in change.variants if variant.stock is not UNSET}


@lru_cache(maxsize=4096)
def path_of(category: str) -> str:
    """`Fruit / Tropical fruit` as the path `fruit/tropical-fruit`; empty if some part cannot be written as a slug."""
    parts = [slugify(part) for part in category.split("/")]
    return "/".join(parts) if all(parts) and len(parts) <= DEPTH_MAX else ""


def branch_of(path: str) -> list[str]:
    """The path and those above it, from the root: `a/b` is in `a` and `a/b`."""
    parts = path.split("/")
    return ["/".join(parts[: number + 1]) for number in range(len(parts))]


def has_address(sku: str) -> bool:
    """Whether the sku can stand in an address of its own."""
    parts = sku.split("/")
    return (
        len(parts) <= SLASHES_MAX + 1
        and all(part.strip(".") for part in parts)
        and (len(parts) == 1 or parts[-1] not in {"journal", "adjustments"})
    )


def title_of(path: str) -> str:
    """What a category is called that only its path names: `tropical-fruit` is `Tropical fruit`."""
    return path.rpartition("/")[2].replace("-", " ").capitalize()


def name_key(name: str) -> str:
    """What a name is sorted by."""
    return fold(name).strip()[:NAME_KEY_MAX]


def least(variants: Sequence[Variant]) -> tuple[int, int | None]:
    """The price that a list shows, and what it is compared with: those of the cheapest variant."""
    cheapest = min(variants, key=lambda variant: variant.price_minor, default=None)
    return (cheapest.price_minor, cheapest.compare_at_price_minor) if cheapest else (0, None)


def shown(product: Product | None) -> Product | None:
    """What a shopper can see of the product; None if it is not in the shop."""
    if product is None or product.archived:
        return None
    return msgspec.structs.replace(product, variants=tuple(product.sold))


def listed(product: Product | None) -> tuple[object, ...]:
    """What lists and their facets show of the product, or are sorted by."""
    if product is None or product.archived:
        return ()
    return (
        product.slug,
        product.name,
        product.names,
        product.categories,
        product.images[:1],
        product.attributes,
        least(product.sold),
    )


def _given(value: T | UnsetType, kept: T) -> T:
    return kept if isinstance(value, UnsetType) else value


def _translated(translations: Mapping[str, Translation]) -> dict[str, Translation]:
    return {
        locale: Translation(name=text.name, description=harmless(text.description))
        for locale, text in translations.items()
    }


def _paths(categories: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(path_of(category) for category in categories))


def _variants(given: Sequence[VariantBody], kept: Sequence[Variant], *, replace: bool) -> tuple[Variant, ...]:
    """Those given, in their order when they are the whole list; else those kept in their order, then the new ones."""
    before = {variant.sku: variant for variant in kept}
    new = {body.sku: _variant(body, before.get(body.sku)) for body in given}
    if replace:
        gone = [variant for variant in kept if variant.sku not in new]
        return (*new.values(), *(_archived(variant) for variant in gone))
    return (
        *(new.get(variant.sku, variant) for variant in kept),
        *(variant for variant in new.values() if variant.sku not in before),
    )


def _variant(body: VariantBody, was: Variant | None) -> Variant:
    return Variant(
        sku=body.sku,
        name=_given(body.name, was.name if was else ""),
        options=(was.options if was else ()) if body.options is UNSET else tuple(body.options.items()),
        price_minor=body.price.amount,
        compare_at_price_minor=body.compare_at_price.amount if body.compare_at_price else None,
        weight_g=_given(body.weight_g, was.weight_g if was else 0),
        tax_class=_given(body.tax_class, was.tax_class if was else TAX_CLASS),
    )


def _archived(variant: Variant) -> Variant:
    return Variant(
        sku=variant.sku,
        name=variant.name,
        options=variant.options,
        price_minor=variant.price_minor,
        compare_at_price_minor=variant.compare_at_price_minor,
        weight_g=variant.weight_g,
        tax_class=variant.tax_class,
        archived=True,
    )


def _wrong_variants(change: ProductChange, currency: str) -> Iterator[FieldError]:
    if change.variants is UNSET:
        return
    seen: set[str] = set()
    for number, variant in enumerate(change.variants):
        field = f"variants.{number}"
        if variant.sku in seen:
            yield FieldError(f"{field}.sku", "is there twice")
        if not has_address(variant.sku):
            yield FieldError(f"{field}.sku", f"must have at most {SLASHES_MAX} slashes, and something around each")
        seen.add(variant.sku)
        if variant.price.currency != currency:
            yield FieldError(f"{field}.price.currency", f"this shop sells in {currency}")
        if variant.compare_at_price and variant.compare_at_price.currency != currency:
            yield FieldError(f"{field}.compare_at_price.currency", f"this shop sells in {currency}")


def _wrong_texts(change: ProductChange) -> Iterator[FieldError]:
    if change.name is not UNSET and not change.name.strip():
        yield FieldError("name", "must not be blank")
    if change.translations is not UNSET and DEFAULT_LOCALE in change.translations:
        yield FieldError(f"translations.{DEFAULT_LOCALE}", "is the default language: its texts stand beside")
    if change.categories is not UNSET:
        for number, category in enumerate(change.categories):
            if not path_of(category):
                yield FieldError(
                    f"categories.{number}", f"must be a path of letters and digits, at most {DEPTH_MAX} deep"
                )
    if change.images is not UNSET:
        for number, image in enumerate(change.images):
            for place, url in [("url", image.url), *((f"sources.{n}.url", s.url) for n, s in enumerate(image.sources))]:
                if not (_WEB.fullmatch(url) or (_OURS.fullmatch(url) and ".." not in url)):
                    yield FieldError(f"images.{number}.{place}", "must be https://… or /media/…")
