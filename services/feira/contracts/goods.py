"""The words that several contracts share: lines of goods, and postal addresses."""

from feira.kernel.message import Message


class Line(Message, frozen=True, kw_only=True):
    """So many of one sku."""

    sku: str
    quantity: int


class PricedLine(Message, frozen=True, kw_only=True):
    """A line with what it cost when it was held or quoted; prices are in the currency's minor unit, weights in grams."""

    sku: str
    quantity: int
    name: str
    unit_price_minor: int
    weight_g: int = 0
    tax_class: str = "standard"

    @property
    def total_minor(self) -> int:
        return self.quantity * self.unit_price_minor


class Address(Message, frozen=True, kw_only=True):
    """A postal address; `country` is ISO 3166-1 alpha-2, upper case."""

    name: str
    line1: str
    city: str
    postal_code: str
    country: str
    line2: str | None = None
    region: str | None = None
    phone: str | None = None
