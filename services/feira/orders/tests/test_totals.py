"""Sums, taxes and shares agree to the minor unit, in every currency."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feira.contracts.goods import PricedLine
from feira.contracts.money import DECIMALS, MINOR_MAX, decimal_text, minor_unit
from feira.kernel.errors import Invalid
from feira.orders import domain_tables
from feira.orders.domain_checkout import summed
from feira.orders.domain_totals import (
    PPM,
    UNTAXED,
    Band,
    Rate,
    ShippingMethod,
    Tables,
    TaxRule,
    allocate,
    chosen,
    options,
    tax_of,
    tax_rule,
    total,
)

amounts = st.integers(0, 10**9)
lines = st.lists(
    st.builds(
        PricedLine,
        sku=st.uuids().map(str),
        quantity=st.integers(1, 10_000),
        name=st.just("x"),
        unit_price_minor=st.integers(0, 10**6),
        tax_class=st.sampled_from(["standard", "food", "books"]),
    ),
    min_size=1,
    max_size=20,
)
rules = st.builds(
    TaxRule,
    included=st.booleans(),
    rates=st.dictionaries(st.sampled_from(["standard", "food"]), st.integers(0, PPM)),
    shipping_class=st.sampled_from([None, "standard", "food"]),
)


@given(lines, amounts, rules, amounts)
def test_an_order_adds_up(goods: list[PricedLine], shipping: int, rule: TaxRule, discount: int) -> None:
    found = total(goods, shipping, rule, discount)
    assert sum(line.total_minor for line in found.lines) == found.subtotal_minor
    assert (
        sum(line.discount_minor for line in found.lines) == found.discount_minor == min(discount, found.subtotal_minor)
    )
    assert sum(line.tax_minor for line in found.lines) + found.shipping_tax_minor == found.tax_minor
    plus_tax = 0 if rule.included else found.tax_minor
    assert found.total_minor == found.subtotal_minor - found.discount_minor + found.shipping_minor + plus_tax
    for line in found.lines:
        assert 0 <= line.discount_minor <= line.total_minor
        assert line.tax_minor >= 0
    if discount >= found.subtotal_minor and not shipping:
        assert found.total_minor == 0


@given(amounts, st.integers(0, PPM), st.booleans())
def test_tax_is_the_nearest_minor_unit(amount: int, ppm: int, included: bool) -> None:
    tax = tax_of(amount, ppm, included=included)
    exact = Fraction(amount * ppm, PPM + ppm) if included else Fraction(amount * ppm, PPM)
    assert abs(tax - exact) <= Fraction(1, 2)
    if included:
        net = amount - tax
        assert net + tax == amount
        assert abs(net + net * Fraction(ppm, PPM) - amount) <= 1


@given(st.integers(0, 10**6), st.lists(st.integers(0, 10**6), max_size=30))
def test_shares_sum_to_the_whole(amount: int, weights: list[int]) -> None:
    amount = min(amount, sum(weights))
    shares = allocate(amount, weights)
    assert sum(shares) == amount
    assert all(0 <= share <= weight for share, weight in zip(shares, weights, strict=True))


@pytest.mark.parametrize("currency", sorted(DECIMALS))
def test_an_empty_shop_sends_everywhere_for_ten_units(currency: str) -> None:
    tables = domain_tables.empty_shop(currency, "Feira")
    domain_tables.check_shipping(tables.shipping)
    (option,) = options(tables, "TV", [], "pt-BR")
    assert (option.id, option.name) == ("standard", "Padrão")
    assert option.price_minor == 10 * minor_unit(currency)
    assert decimal_text(option.price_minor, currency) == ("10." + "0" * DECIMALS[currency]).rstrip(".")
    assert tax_rule(tables, "TV", None) is UNTAXED


def test_money_is_written_with_its_decimals() -> None:
    assert decimal_text(80, "JPY") == "80"
    assert decimal_text(-5, "BRL") == "-0.05"
    assert decimal_text(1234, "KWD") == "1.234"


def heavy(weight_g: int) -> list[PricedLine]:
    return [PricedLine(sku="a", quantity=2, name="A", unit_price_minor=1, weight_g=weight_g)]


TABLES = Tables(
    version=1,
    currency="BRL",
    shop_name="Feira",
    shipping=(
        ShippingMethod(
            id="post",
            name="Post",
            rates=(
                Rate(days=3, countries=("BR",), bands=(Band(price_minor=100, up_to_g=1000), Band(price_minor=500))),
                Rate(days=20, bands=(Band(price_minor=900, up_to_g=2000),)),
            ),
        ),
        ShippingMethod(
            id="boat", name="Boat", rates=(Rate(days=60, countries=("PT",), bands=(Band(price_minor=50),)),)
        ),
    ),
    tax=(
        TaxRule(included=False, rates={"standard": 10_000}),
        TaxRule(included=True, rates={"standard": 170_000, "food": 0}, country="BR"),
        TaxRule(included=True, rates={"standard": 180_000}, country="BR", region="SP"),
    ),
)


def test_shipping_goes_by_country_and_weight() -> None:
    assert [(o.id, o.price_minor) for o in options(TABLES, "BR", heavy(500), "en")] == [("post", 100)]
    assert [(o.id, o.price_minor) for o in options(TABLES, "BR", heavy(501), "en")] == [("post", 500)]
    assert [(o.id, o.price_minor) for o in options(TABLES, "PT", heavy(1), "en")] == [("boat", 50), ("post", 900)]
    assert options(TABLES, "AR", heavy(1001), "en") == ()


def test_the_cheapest_way_is_taken_if_none_is_wanted() -> None:
    offered = options(TABLES, "PT", heavy(1), "en")
    assert chosen(offered, None, country_field="country").id == "boat"
    assert chosen(offered, "post", country_field="country").id == "post"
    with pytest.raises(Invalid, match="shipping_method"):
        chosen(offered, "rocket", country_field="country")
    with pytest.raises(Invalid, match="country"):
        chosen((), None, country_field="country")


def test_the_narrowest_tax_rule_counts() -> None:
    assert tax_rule(TABLES, "BR", " sp ").ppm("standard") == 180_000
    assert tax_rule(TABLES, "BR", "RJ").ppm("standard") == 170_000
    assert tax_rule(TABLES, "BR", None).ppm("food") == 0
    assert tax_rule(TABLES, "BR", None).ppm("never heard of") == 170_000
    assert tax_rule(TABLES, "AR", "SP").ppm("standard") == 10_000


def test_what_no_amount_can_say_is_refused() -> None:
    def line(quantity: int) -> PricedLine:
        return PricedLine(sku="a", quantity=quantity, name="A", unit_price_minor=MINOR_MAX)

    assert total([line(1)], 0, UNTAXED).total_minor == MINOR_MAX
    with pytest.raises(Invalid) as over:
        total([line(1), line(2)], 0, UNTAXED)
    assert over.value.extra["errors"][0]["field"] == "lines.1.quantity"
    with pytest.raises(Invalid, match="lines"):
        total([line(1)], 1, UNTAXED)


def test_repeated_skus_are_summed_in_their_order() -> None:
    def line(sku: str, quantity: int) -> PricedLine:
        return PricedLine(sku=sku, quantity=quantity, name=sku, unit_price_minor=1)

    found = summed([line("b", 1), line("a", 2), line("b", 3), line("B", 1)])
    assert [(one.sku, one.quantity) for one in found] == [("b", 4), ("a", 2), ("B", 1)]


def shipping(*rates: Rate) -> tuple[ShippingMethod, ...]:
    return (ShippingMethod(id="post", name="Post", rates=rates),)


BAND = (Band(price_minor=1),)


@pytest.mark.parametrize(
    ("table", "field"),
    [
        (shipping(Rate(days=1, bands=BAND)) * 2, "shipping.1.id"),
        (shipping(Rate(days=1, bands=BAND), Rate(days=2, bands=BAND)), "shipping.0.rates.1.countries"),
        (shipping(Rate(days=1, bands=BAND, countries=("XX",))), "shipping.0.rates.0.countries.0"),
        (shipping(Rate(days=1, bands=BAND, countries=("BR", "BR"))), "shipping.0.rates.0.countries.1"),
        (
            shipping(Rate(days=1, bands=BAND, countries=("BR",)), Rate(days=1, bands=BAND, countries=("BR",))),
            "shipping.0.rates.1.countries.0",
        ),
        (shipping(Rate(days=1, bands=BAND * 2)), "shipping.0.rates.0.bands.0.up_to_g"),
        (
            shipping(Rate(days=1, bands=(Band(price_minor=1, up_to_g=5), Band(price_minor=1, up_to_g=5)))),
            "shipping.0.rates.0.bands.1.up_to_g",
        ),
    ],
)
def test_a_shipping_table_that_contradicts_itself(table: tuple[ShippingMethod, ...], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        domain_tables.check_shipping(table)
    assert refused.value.extra["errors"][0]["field"] == field


@pytest.mark.parametrize(
    ("places", "field"),
    [
        ([("XX", None)], "tax.0.country"),
        ([(None, "SP")], "tax.0.region"),
        ([("BR", "SP"), ("BR", "sp ")], "tax.1.region"),
        ([(None, None), (None, None)], "tax.1.country"),
    ],
)
def test_a_tax_table_that_contradicts_itself(places: list[tuple[str | None, str | None]], field: str) -> None:
    table = [TaxRule(included=True, rates={}, country=country, region=region) for country, region in places]
    with pytest.raises(Invalid) as refused:
        domain_tables.check_tax(table)
    assert refused.value.extra["errors"][0]["field"] == field
