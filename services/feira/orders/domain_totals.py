"""What an order costs. One function reckons for quotes and for orders, so that both say the same to the minor unit."""

from collections.abc import Sequence

import msgspec

from feira.contracts.goods import PricedLine
from feira.contracts.money import MINOR_MAX
from feira.contracts.places import COUNTRIES
from feira.kernel.errors import FieldError, Invalid

PPM = 1_000_000
STANDARD = "standard"


class Band(msgspec.Struct, frozen=True, kw_only=True):
    """Up to this weight, and including it, sending costs so much; `up_to_g` None is for any weight."""

    price_minor: int
    up_to_g: int | None = None


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """A method's price list for some countries; with none named, for all that no other rate of the method names."""

    days: int
    bands: tuple[Band, ...]
    countries: tuple[str, ...] = ()


class ShippingMethod(msgspec.Struct, frozen=True, kw_only=True):
    """A way of sending; `names` has its name in other languages than the shop's own."""

    id: str
    name: str
    rates: tuple[Rate, ...]
    names: dict[str, str] = {}


class TaxRule(msgspec.Struct, frozen=True, kw_only=True):
    """The taxes of a destination, in parts per million by tax class; a class that has no rate pays the standard one.

    A rule of a region stands before its country's, and that before the one without a country, which is for all others.
    `shipping_class` is the tax class that sending falls under; None leaves it untaxed.
    """

    included: bool
    rates: dict[str, int]
    country: str | None = None
    region: str | None = None
    shipping_class: str | None = None

    def ppm(self, tax_class: str) -> int:
        return self.rates.get(tax_class, self.rates.get(STANDARD, 0))


class Tables(msgspec.Struct, frozen=True, kw_only=True):
    """What staff have set, whole; `version` rises with each change."""

    version: int
    currency: str
    shop_name: str
    shipping: tuple[ShippingMethod, ...]
    tax: tuple[TaxRule, ...]


class Option(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A way of sending these goods to this place."""

    id: str
    name: str
    price_minor: int
    days: int


class TotalLine(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    line: PricedLine
    total_minor: int
    discount_minor: int
    tax_minor: int


class Totals(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Σ line totals = subtotal; total = subtotal - discount + shipping, and + tax unless it is included."""

    lines: tuple[TotalLine, ...]
    subtotal_minor: int
    discount_minor: int
    shipping_minor: int
    shipping_tax_minor: int
    tax_minor: int
    tax_included: bool
    total_minor: int


UNTAXED = TaxRule(included=False, rates={})


def options(tables: Tables, country: str, lines: Sequence[PricedLine], locale: str) -> tuple[Option, ...]:
    """The ways of sending these goods to this country, the cheapest first."""
    weight_g = sum([line.quantity * line.weight_g for line in lines])
    found = []
    for method in tables.shipping:
        rate = _rate_for(method.rates, country)
        band = _band_for(rate.bands, weight_g) if rate else None
        if rate and band:
            name = method.names.get(locale, method.name)
            found.append(Option(id=method.id, name=name, price_minor=band.price_minor, days=rate.days))
    return tuple(sorted(found, key=lambda option: (option.price_minor, option.days, option.id)))


def ships_to(tables: Tables) -> frozenset[str]:
    """The countries that something can be sent to."""
    rates = [rate for method in tables.shipping for rate in method.rates]
    if any(not rate.countries for rate in rates):
        return COUNTRIES
    return frozenset(country for rate in rates for country in rate.countries)


def _rate_for(rates: Sequence[Rate], country: str) -> Rate | None:
    for rate in rates:
        if country in rate.countries:
            return rate
    return next((rate for rate in rates if not rate.countries), None)


def _band_for(bands: Sequence[Band], weight_g: int) -> Band | None:
    return next((band for band in bands if band.up_to_g is None or weight_g <= band.up_to_g), None)


def chosen(offered: Sequence[Option], wanted: str | None, *, country_field: str) -> Option:
    """The option of this id, or the cheapest if none is wanted. Refuses what is not offered for the destination."""
    if not offered:
        raise Invalid.field(country_field, "these goods are not sent there")
    if wanted is None:
        return offered[0]
    for option in offered:
        if option.id == wanted:
            return option
    names = ", ".join(option.id for option in offered)
    raise Invalid.field("shipping_method", f"is not offered for this destination; there is {names}")


def tax_rule(tables: Tables, country: str, region: str | None) -> TaxRule:
    """The rule that fits the destination best."""
    wanted_region = (region or "").strip().casefold()
    best, best_rank = UNTAXED, 0
    for rule in tables.tax:
        rank = 1
        if rule.country is not None:
            if rule.country != country:
                continue
            rank = 2
            if rule.region is not None:
                if rule.region.strip().casefold() != wanted_region:
                    continue
                rank = 3
        if rank > best_rank:
            best, best_rank = rule, rank
    return best


def total(lines: Sequence[PricedLine], shipping_minor: int, rule: TaxRule, discount_minor: int = 0) -> Totals:
    """What these lines cost with this shipping, tax and discount (at most the subtotal), rounded half up on each line.

    Refuses lines that would cost more than an amount can say.
    """
    sums = [line.total_minor for line in lines]
    subtotal = sum(sums)
    _check_size(lines, sums)
    discount_minor = min(discount_minor, subtotal)
    shares = allocate(discount_minor, sums)
    taxes = [
        tax_of(amount - share, rule.ppm(line.tax_class), included=rule.included)
        for line, amount, share in zip(lines, sums, shares, strict=True)
    ]
    shipping_ppm = rule.ppm(rule.shipping_class) if rule.shipping_class else 0
    shipping_tax = tax_of(shipping_minor, shipping_ppm, included=rule.included)
    tax = sum(taxes) + shipping_tax
    whole = subtotal - discount_minor + shipping_minor + (0 if rule.included else tax)
    if whole > MINOR_MAX:
        raise Invalid.field("lines", "cost more together than an order can")
    return Totals(
        lines=tuple(
            [
                TotalLine(line=line, total_minor=amount, discount_minor=share, tax_minor=line_tax)
                for line, amount, share, line_tax in zip(lines, sums, shares, taxes, strict=True)
            ]
        ),
        subtotal_minor=subtotal,
        discount_minor=discount_minor,
        shipping_minor=shipping_minor,
        shipping_tax_minor=shipping_tax,
        tax_minor=tax,
        tax_included=rule.included,
        total_minor=whole,
    )


def _check_size(lines: Sequence[PricedLine], sums: Sequence[int]) -> None:
    if max(sums) <= MINOR_MAX:
        return
    too_much = [
        FieldError(f"lines.{number}.quantity", f"so many of {line.sku} cost more than an order can")
        for number, (line, amount) in enumerate(zip(lines, sums, strict=True))
        if amount > MINOR_MAX
    ]
    raise Invalid(errors=too_much)


def tax_of(amount_minor: int, ppm: int, *, included: bool) -> int:
    """The tax on, or within, an amount that is not negative, rounded half up.

    Within, the net is rounded and the tax is the rest, so that net + tax = gross.
    """
    if ppm == 0:
        return 0
    if included:
        return amount_minor - _half_up(amount_minor * PPM, PPM + ppm)
    return _half_up(amount_minor * ppm, PPM)


def _half_up(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator)


def allocate(amount: int, weights: Sequence[int]) -> list[int]:
    """An amount cut into parts in proportion to the weights; the parts sum to it, and none passes its weight's ceiling.

    What is left over by rounding down goes to the largest remainders, the first of equals first.
    """
    whole = sum(weights)
    if amount == 0 or whole == 0:
        return [0] * len(weights)
    shares = [amount * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda place: (-(amount * weights[place] % whole), place))
    for place in by_remainder[: amount - sum(shares)]:
        shares[place] += 1
    return shares
