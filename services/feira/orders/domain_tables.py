"""What staff may set: the checks on the shipping and tax tables, and what an empty shop begins with."""

from collections.abc import Sequence

from feira.contracts.money import minor_unit
from feira.contracts.places import COUNTRIES
from feira.kernel.errors import FieldError, Invalid
from feira.orders.domain_totals import Band, Rate, ShippingMethod, Tables, TaxRule

FLAT_PRICE_UNITS = 10
FLAT_DAYS = 5


def empty_shop(currency: str, shop_name: str) -> Tables:
    """One flat shipping method for every country, and no tax."""
    flat = ShippingMethod(
        id="standard",
        name="Standard",
        names={"pt-BR": "Padrão"},
        rates=(Rate(days=FLAT_DAYS, bands=(Band(price_minor=FLAT_PRICE_UNITS * minor_unit(currency)),)),),
    )
    return Tables(version=1, currency=currency, shop_name=shop_name, shipping=(flat,), tax=())


def check_shipping(methods: Sequence[ShippingMethod]) -> None:
    """Refuses a table in which a method, a country or a weight would be found twice, with the fields that are wrong."""
    errors: list[FieldError] = []
    seen: set[str] = set()
    for number, method in enumerate(methods):
        at = f"shipping.{number}"
        if method.id in seen:
            errors.append(FieldError(f"{at}.id", "is there already"))
        seen.add(method.id)
        named: set[str] = set()
        for place, rate in enumerate(method.rates):
            errors.extend(_rate_errors(f"{at}.rates.{place}", rate, named))
            named.update(rate.countries or ("",))
    if errors:
        raise Invalid(errors=errors)


def _rate_errors(at: str, rate: Rate, named: set[str]) -> list[FieldError]:
    errors = []
    if not rate.countries and "" in named:
        errors.append(FieldError(f"{at}.countries", "another rate is for all other countries already"))
    own: set[str] = set()
    for place, country in enumerate(rate.countries):
        if country not in COUNTRIES:
            errors.append(FieldError(f"{at}.countries.{place}", "is no country of ISO 3166-1 alpha-2"))
        elif country in named or country in own:
            errors.append(FieldError(f"{at}.countries.{place}", "has a rate already"))
        own.add(country)
    last = 0
    for place, band in enumerate(rate.bands):
        if band.up_to_g is None:
            if place != len(rate.bands) - 1:
                errors.append(FieldError(f"{at}.bands.{place}.up_to_g", "only the last band is for any weight"))
        elif band.up_to_g <= last:
            errors.append(FieldError(f"{at}.bands.{place}.up_to_g", "the bands must rise"))
        else:
            last = band.up_to_g
    return errors


def check_tax(rules: Sequence[TaxRule]) -> None:
    """Refuses a table in which two rules are for one place, with the fields that are wrong."""
    errors: list[FieldError] = []
    seen: set[tuple[str | None, str | None]] = set()
    for number, rule in enumerate(rules):
        region = rule.region.strip().casefold() if rule.region else None
        place = (rule.country, region)
        if rule.country is not None and rule.country not in COUNTRIES:
            errors.append(FieldError(f"tax.{number}.country", "is no country of ISO 3166-1 alpha-2"))
        if rule.region and rule.country is None:
            errors.append(FieldError(f"tax.{number}.region", "needs its country"))
        if place in seen:
            field = "region" if region else "country"
            errors.append(FieldError(f"tax.{number}.{field}", "there is a rule for this place already"))
        seen.add(place)
    if errors:
        raise Invalid(errors=errors)
