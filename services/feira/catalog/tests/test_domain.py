"""The rules of stock and of texts, whatever they are given."""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feira.catalog import domain, domain_change, domain_csv, domain_sale
from feira.catalog.domain import Level, Prior
from feira.catalog.domain_goods import ProductBody
from feira.catalog.domain_records import RECORD_MAX, Records
from feira.catalog.domain_search import is_near
from feira.catalog.domain_text import fold, harmless, slugify, words
from feira.contracts.goods import Line, PricedLine
from feira.kernel.errors import FieldError, Invalid

SKUS = st.sampled_from("abc")
DEMANDS = st.lists(st.dictionaries(SKUS, st.integers(1, 9), min_size=1), max_size=12)
FREE = st.dictionaries(SKUS, st.integers(0, 30))
LINES = st.lists(st.builds(Line, sku=SKUS, quantity=st.integers(1, 9)), max_size=8)


@given(FREE, DEMANDS)
def test_allocation_never_oversells_and_serves_whom_it_can(free: dict[str, int], demands: list[dict[str, int]]) -> None:
    answers = domain.allocate(free, demands)
    left = dict(free)
    for demand, short in zip(demands, answers, strict=True):
        # First come, first served: whoever could be served with what those before had left was served.
        lacking = {sku: left.get(sku, 0) for sku, units in demand.items() if left.get(sku, 0) < units}
        assert short == lacking
        if not short:
            for sku, units in demand.items():
                left[sku] -= units
    assert all(units >= 0 for units in left.values())


@given(LINES)
def test_repeated_skus_are_summed_in_the_order_first_named(lines: list[Line]) -> None:
    found = domain.summed(lines)
    assert list(found) == list(dict.fromkeys(line.sku for line in lines))
    assert all(units == sum(line.quantity for line in lines if line.sku == sku) for sku, units in found.items())


def prior(lines: Sequence[PricedLine]) -> Prior:
    return Prior(
        order_id=UUID(int=1),
        hold_id=UUID(int=2),
        digest="d",
        state="held",
        lines=tuple(lines),
        expires_at=datetime(2026, 1, 1, tzinfo=UTC),
        left_s=900.0,
        failed=False,
        cancelled=False,
        owed=(),
    )


PRICED = st.lists(
    st.builds(PricedLine, sku=SKUS, quantity=st.integers(1, 9), name=st.just("x"), unit_price_minor=st.just(1)),
    min_size=1,
)


@given(PRICED, st.permutations(["sell", "cancel", "refund"]), st.booleans())
def test_in_whatever_order_one_hears_of_it_nothing_is_lost(
    lines: list[PricedLine], events: list[str], expires: bool
) -> None:
    """An order that is sold, refunded for one unit and then cancelled for the rest leaves stock as it was, however late
    and in whatever order the news come.
    """
    units = domain.summed(lines)
    levels = {sku: Level(100, count) for sku, count in units.items()}
    record = prior(lines)
    first = lines[0].sku
    back = [Line(sku=first, quantity=1)]
    rest = [
        Line(sku=sku, quantity=count - (sku == first)) for sku, count in units.items() if count - (sku == first) > 0
    ]

    def settle(outcome: domain_sale.Outcome | None) -> None:
        nonlocal record
        if outcome is None:
            return
        for sku, (on_hand, held) in domain.net(outcome.moves).items():
            levels[sku] = Level(levels[sku].on_hand + on_hand, levels[sku].held + held)
            assert levels[sku].held >= 0
            assert levels[sku].available >= 0
        record = domain_sale.after(record, outcome)

    if expires:
        settle(domain_sale.lapse(record, "expired"))
    for event in (*events, *events[:1] * (events[0] != "refund")):
        if event == "sell":
            settle(domain_sale.sell(record, {sku: level.available for sku, level in levels.items()}))
        elif event == "cancel":
            settle(domain_sale.cancel(record, rest))
        else:
            settle(domain_sale.refund(record, back, UUID(int=3)))
    assert all(level == Level(100, 0) for level in levels.values())


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("**bold** > a < b & c <3", "**bold** > a < b & c <3"),
        ("> quoted\r\n\r\n- one\r- two", "> quoted\n\n- one\n- two"),
        ("a <script>alert(1)</script> b", "a  b"),
        ("<img src=x onerror=alert(1)>x", "x"),
        ("<IMG SRC=x", ""),
        ("<scr<script>ipt>alert(1)</script>", "ipt>alert(1)"),
        ("&lt;script&gt;alert(1)", "&lt;script&gt;alert(1)"),
        ("[x](javascript:alert(1)) ![y](data:text/html,z)", "[x](#) ![y](#)"),
        ("[x](java&#115;cript:alert(1))", "[x](#)"),
        ("[x](JaVaScRiPt\\:alert(1))", "[x](#)"),
        ("[x]( \x01javascript:alert(1))", "[x]( \x01#))"),
        ("[a]: vbscript:x\n\n[a]", "[a]: #\n\n[a]"),
        ("[a](file:///etc/passwd)", "[a](#)"),
        ("<javascript:alert(1)>", ""),
        ("<https://a.example/?b=1>", "[https://a.example/?b=1](https://a.example/?b=1)"),
        ("[a](https://a.example) [b](/products/c) [d](mailto:e@f.example)", None),
        ("JavaScript: the good parts", None),
        ("[a][b] and [c] stay", None),
    ],
)
def test_markdown_is_made_harmless(written: str, kept: str | None) -> None:
    assert harmless(written) == (written if kept is None else kept)


@given(st.text(alphabet="<>[]()!&;:/#javscriptdt \n`'\"=\\x3Alert", max_size=60))
def test_what_was_made_harmless_stays_as_it_is(text: str) -> None:
    once = harmless(text)
    assert harmless(once) == once
    assert "<script" not in once.lower()
    assert "](javascript:" not in once.lower()


def test_markup_that_grows_back_for_ever_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feira.catalog.domain_text.ROUNDS_MAX", 1)
    with pytest.raises(Invalid):
        harmless("<b>x</b>")


def test_texts_are_folded_to_plain_letters() -> None:
    assert fold("Limão-taiti É BOM, Straße") == "limao-taiti e bom, strasse"
    assert slugify("  Açaí 500 g (congelado)! ") == "acai-500-g-congelado"
    assert slugify("苹果") == ""
    assert words("Maçã, verde!  " + "x " * 30) == ["maca", "verde", *["x"] * 14]
    assert domain_change.path_of("Fruit / Tropical Fruit") == "fruit/tropical-fruit"
    assert domain_change.path_of("a//b") == ""
    assert domain_change.branch_of("a/b/c") == ["a", "a/b", "a/b/c"]
    assert domain_change.title_of("a/tropical-fruit") == "Tropical fruit"


def test_texts_are_chosen_by_language() -> None:
    others = {"pt-BR": "Manga", "fr": "Mangue"}
    for locale, text in [("pt-BR", "Manga"), ("pt-PT", "Manga"), ("pt", "Manga"), ("fr-CA", "Mangue"), ("de", "Mango")]:
        assert domain.localised(locale, "Mango", others) == text
    assert domain.localised("", "Mango", others) == "Mango"
    assert domain.localised("en-GB", "Mango", {"en-US": "x"}) == "Mango"


@given(st.text(alphabet='ab",\n\r é', max_size=80), st.lists(st.integers(0, 200), max_size=10), st.booleans())
def test_lines_are_the_same_whatever_the_pieces(text: str, cuts: list[int], quoted: bool) -> None:
    def read(pieces: list[bytes]) -> list[bytes | None]:
        records = Records(quoted=quoted)
        return [record for piece in pieces for record in records.feed(piece)] + list(records.end())

    raw = text.encode()
    bounds = sorted({0, len(raw), *(min(cut, len(raw)) for cut in cuts)})
    whole = read([raw])
    assert read([raw[a:b] for a, b in pairwise(bounds)]) == whole
    assert b"".join(record or b"" for record in whole) == raw


def test_a_record_that_is_too_long_is_dropped_alone() -> None:
    records = Records(quoted=True)
    found = [
        r
        for piece in (b"\xef\xbb\xbfa\n", b'"' + b"x" * RECORD_MAX, b"x\n", b"b\n", b'"c')
        for r in records.feed(piece)
    ]
    assert found == [b"a\n", None, b"b\n"]
    assert list(records.end()) == [b'"c']


@pytest.mark.parametrize(
    ("text", "currency", "separator", "amount"),
    [("19.99", "BRL", ",", 1999), ("19.9", "BRL", ",", 1990), ("19", "BRL", ",", 1900), ("19.990", "BRL", ",", 1999),
     ("80", "JPY", ",", 80), ("80.0", "JPY", ",", 80), ("1.234", "KWD", ",", 1234), ("0", "BRL", ",", 0),
     ("19,99", "BRL", ";", 1999), ("19,9", "BRL", ";", 1990), ("19.90", "BRL", ";", 1990), ("19", "BRL", ";", 1900),
     ("80", "JPY", ";", 80), ("80,0", "JPY", ";", 80), ("1,234", "KWD", ";", 1234)],
)  # fmt: skip
def test_decimals_are_read_in_their_currency(
    text: str, currency: str, separator: domain_csv.Separator, amount: int
) -> None:
    row = {"name": "x", "sku": "s", "price": text, "currency": currency}
    body = msgspec.convert(domain_csv.body_of([row], "BRL", separator), ProductBody)
    assert body.variants[0].price.amount == amount


@pytest.mark.parametrize("text", ["", "1,99", "-1", "1.999", "x", "1e3", "٣", "9" * 16])
def test_what_is_no_amount_is_refused(text: str) -> None:
    row = {"name": "x", "sku": "s", "price": text}
    with pytest.raises(Invalid, match=r"variants\.0\.price: must be an amount of BRL such as 19\.90"):
        domain_csv.body_of([row], "BRL", ",")


@pytest.mark.parametrize(
    ("text", "currency", "example"),
    [("1.200", "BRL", "19,90"), ("1.200,00", "BRL", "19,90"), ("1.234", "KWD", "1,990"), ("1.200", "JPY", "1990")],
)
def test_a_point_that_may_part_thousands_is_refused(text: str, currency: str, example: str) -> None:
    row = {"name": "x", "sku": "s", "price": text, "currency": currency}
    with pytest.raises(Invalid, match=f"must be an amount of {currency} such as {example}$"):
        domain_csv.body_of([row], "BRL", ";")


def test_pictures_of_ours_get_whole_addresses() -> None:
    image = {"url": "/media/a.webp", "alt": "A", "sources": [{"url": "/media/b.webp", "type": "image/webp"}]}
    assert domain.placed(image, "https://shop.example") == {
        "url": "https://shop.example/media/a.webp",
        "alt": "A",
        "sources": [{"url": "https://shop.example/media/b.webp", "type": "image/webp"}],
    }
    assert domain.placed({"url": "https://a.example/b"}, "https://shop.example") == {"url": "https://a.example/b"}


def test_errors_of_a_table_are_found_in_their_rows_and_columns() -> None:
    assert domain_csv.place_of(FieldError("variants.2.price.currency", "")) == (2, "currency")
    assert domain_csv.place_of(FieldError("variants.1.price.amount", "")) == (1, "price")
    assert domain_csv.place_of(FieldError("variants.0.sku", "")) == (0, "sku")
    assert domain_csv.place_of(FieldError("images.0.url", "")) == (0, "image")
    assert domain_csv.place_of(FieldError("name", "")) == (0, "name")


@pytest.mark.parametrize("names", ["slug,name,sku", "name,sku,price,price", "name,sku,price,colour", ""])
def test_a_table_without_its_columns_is_refused(names: str) -> None:
    with pytest.raises(Invalid):
        domain_csv.header(domain_csv.cells(names, ","))


WORDS = st.text("abc", max_size=6)


def one_letter_wrong(word: str) -> set[str]:
    places = range(len(word))
    return {
        word,
        *(word[:n] + word[n + 1 :] for n in places),
        *(word[:n] + letter + word[n + 1 :] for n in places for letter in "abc"),
        *(word[:n] + letter + word[n:] for n in range(len(word) + 1) for letter in "abc"),
        *(word[:n] + word[n + 1] + word[n] + word[n + 2 :] for n in places[:-1]),
    }


@given(WORDS, WORDS)
def test_words_are_near_if_one_letter_is_wrong(word: str, other: str) -> None:
    assert is_near(word, other) == (other in one_letter_wrong(word))
    assert all(is_near(word, mistyped) for mistyped in one_letter_wrong(word))
