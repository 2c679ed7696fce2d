"""Goods: as staff and imports describe them, and as they are kept. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from feira.contracts.money import MINOR_MAX
from feira.kernel.errors import NotFound, Refused

VARIANTS_MAX = 500
DESCRIPTION_MAX = 50_000
DEPTH_MAX = 8
DEFAULT_LOCALE = "en"
TAX_CLASS = "standard"

# Python's `$` matches before a last newline too.
SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*$(?!\n)"
Slug = Annotated[str, Meta(pattern=SLUG, max_length=160)]
Name = Annotated[str, Meta(min_length=1, max_length=300)]
ShortName = Annotated[str, Meta(max_length=200)]
Markdown = Annotated[str, Meta(max_length=DESCRIPTION_MAX)]
Locale = Annotated[str, Meta(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$(?!\n)", max_length=32)]
# Printable, and without blanks at its ends, which nobody sees.
Sku = Annotated[str, Meta(pattern=r"^[^\s\x00-\x1f\x7f]([^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f])?$(?!\n)", max_length=100)]
Url = Annotated[str, Meta(min_length=1, max_length=2000)]
Key = Annotated[str, Meta(min_length=1, max_length=100)]
AttributeText = Annotated[str, Meta(max_length=500)]
AttributeInt = Annotated[int, Meta(ge=-MINOR_MAX, le=MINOR_MAX)]
AttributeValue = AttributeText | bool | AttributeInt | float
TaxClass = Annotated[str, Meta(pattern=r"^[a-z0-9_]+$(?!\n)", max_length=32)]
Grams = Annotated[int, Meta(ge=0, le=1_000_000_000)]
Pixels = Annotated[int, Meta(ge=1, le=100_000)]
Units = Annotated[int, Meta(ge=0, le=10**12)]


class SlugTaken(Refused):
    code = "slug_taken"
    title = "Another one has this slug"


class SkuTaken(Refused):
    """`extra["skus"]` lists the skus that other products have."""

    code = "sku_taken"
    title = "Another product has this sku"


class ProductChanged(Refused):
    code = "product_changed"
    title = "Somebody else has changed the product"


class StockIsHeld(Refused):
    """`extra["available"]` is how much may go."""

    code = "stock_is_held"
    title = "What is set aside cannot be taken away"


class UnknownProduct(NotFound):
    code = "unknown_product"
    title = "There is no such product"


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of what staff and imports send: unknown fields are refused."""


class Price(_Part, frozen=True, kw_only=True):
    """So many of the currency's minor unit."""

    amount: Annotated[int, Meta(ge=0, le=MINOR_MAX)]
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$", max_length=3)]


class Source(_Part, frozen=True, kw_only=True):
    url: Url
    type: Annotated[str, Meta(max_length=100)]
    width: Pixels | None = None


class Image(_Part, frozen=True, kw_only=True):
    """A picture by its address: https, or a path of this shop's own media. Nobody here ever looks what is there."""

    url: Url
    alt: Annotated[str, Meta(max_length=500)] = ""
    width: Pixels | None = None
    height: Pixels | None = None
    sources: Annotated[tuple[Source, ...], Meta(max_length=10)] = ()


class Translation(_Part, frozen=True, kw_only=True):
    name: Name
    description: Markdown = ""


class VariantBody(_Part, frozen=True, kw_only=True):
    """`stock` is how many lie here; without it the stock stays as it is, which is none for a new sku."""

    sku: Sku
    price: Price
    name: ShortName | UnsetType = UNSET
    options: Annotated[dict[Key, Key], Meta(max_length=10)] | UnsetType = UNSET
    compare_at_price: Price | None = None
    weight_g: Grams | UnsetType = UNSET
    tax_class: TaxClass | UnsetType = UNSET
    stock: Units | UnsetType = UNSET


class ProductChange(_Part, frozen=True, kw_only=True):
    """What shall be different; what is left out stays. `variants` is the whole list: others are archived."""

    slug: Slug | UnsetType = UNSET
    name: Name | UnsetType = UNSET
    description: Markdown | UnsetType = UNSET
    translations: Annotated[dict[Locale, Translation], Meta(max_length=30)] | UnsetType = UNSET
    categories: Annotated[tuple[Name, ...], Meta(max_length=20)] | UnsetType = UNSET
    images: Annotated[tuple[Image, ...], Meta(max_length=30)] | UnsetType = UNSET
    attributes: Annotated[dict[Key, AttributeValue], Meta(max_length=50)] | UnsetType = UNSET
    variants: Annotated[tuple[VariantBody, ...], Meta(min_length=1, max_length=VARIANTS_MAX)] | UnsetType = UNSET
    archived: bool | UnsetType = UNSET


class ProductBody(ProductChange, frozen=True, kw_only=True):
    """A product as it shall be: the body of a creation, and a line of an import."""

    name: Name
    variants: Annotated[tuple[VariantBody, ...], Meta(min_length=1, max_length=VARIANTS_MAX)]


class VariantChange(_Part, frozen=True, kw_only=True):
    """What shall be different of one variant; all else stays, whoever changes it meanwhile."""

    name: ShortName | UnsetType = UNSET
    options: Annotated[dict[Key, Key], Meta(max_length=10)] | UnsetType = UNSET
    price: Price | UnsetType = UNSET
    compare_at_price: Price | UnsetType | None = UNSET
    weight_g: Grams | UnsetType = UNSET
    tax_class: TaxClass | UnsetType = UNSET


class Variant(msgspec.Struct, frozen=True, kw_only=True):
    sku: str
    name: str
    options: tuple[tuple[str, str], ...]
    price_minor: int
    compare_at_price_minor: int | None
    weight_g: int
    tax_class: str
    archived: bool = False


class Product(msgspec.Struct, frozen=True, kw_only=True):
    """A product whole. `categories` are paths such as `fruit/tropical`; `variants` include the archived ones."""

    slug: str
    name: str
    description: str = ""
    translations: Mapping[str, Translation] = {}
    categories: tuple[str, ...] = ()
    images: tuple[Image, ...] = ()
    attributes: Mapping[str, str | bool | int | float] = {}
    variants: tuple[Variant, ...] = ()
    archived: bool = False

    @property
    def sold(self) -> list[Variant]:
        """The variants that can be bought."""
        return [variant for variant in self.variants if not variant.archived]

    @property
    def names(self) -> dict[str, str]:
        return {locale: text.name for locale, text in self.translations.items()}


class Named(msgspec.Struct, frozen=True):
    """A category's path and its names; `names` are those beside the default language."""

    path: str
    name: str
    names: Mapping[str, str]


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """A product as it is kept: with its id and number, its times, and the stock of its skus. `branch` leads from the root to
    its first category, if it was asked for.
    """

    id: UUID
    number: int
    created_at: datetime
    changed_at: datetime
    product: Product
    on_hand: Mapping[str, int]
    held: Mapping[str, int]
    branch: Sequence[Named] = ()
