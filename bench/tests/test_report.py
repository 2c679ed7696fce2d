"""The table and the picture."""

import xml.etree.ElementTree as ET

import pytest

from bench.picture import RATIO_MAX, draw
from bench.report import table
from bench.targets import TARGETS, Result, number

RESULTS = [
    Result(TARGETS["1"], 3_000.0, 2_500.0),
    Result(TARGETS["1 p99"], 300.0, 150.0),
    Result(TARGETS["9"], 0.5, 2.0),
]


def test_ratio_says_how_far_a_target_is_reached_whichever_way_it_goes() -> None:
    assert [result.ratio for result in RESULTS] == [1.2, 0.5, 4.0]
    assert [result.met for result in RESULTS] == [True, False, True]


def test_targets_in_words() -> None:
    assert TARGETS["14"].words == "≥ 1.2 × row 1"
    assert TARGETS["1 p99"].words == "≤ 150 ms"


def test_every_row_of_the_table_has_a_target() -> None:
    assert {row.split()[0] for row in TARGETS} == {*map(str, range(1, 15)), "live", "paint"}


def test_table() -> None:
    lines = table(RESULTS).splitlines()
    assert len(lines) == 4
    assert lines[1].split()[0] == "1"
    assert lines[1].endswith("1.20  met")
    assert lines[2].endswith("0.50  missed")


@pytest.mark.parametrize(("value", "text"), [(12_345.6, "12,346"), (12.34, "12.3"), (1.234, "1.23"), (0.0123, "0.012")])
def test_numbers_have_three_digits(value: float, text: str) -> None:
    assert number(value) == text


def test_picture_is_an_image_with_a_bar_for_each_row() -> None:
    root = ET.fromstring(draw(RESULTS, "Feira & friends"))
    bars = [rect for rect in root.iter("{http://www.w3.org/2000/svg}rect") if rect.get("class") in {"met", "missed"}]
    assert [bar.get("class") for bar in bars] == ["met", "missed", "met"]
    lengths = [float(bar.get("width", "0")) for bar in bars]
    assert lengths[2] == pytest.approx(lengths[0] / 1.2 * RATIO_MAX, abs=0.2)  # Cut.
    assert "prefers-color-scheme: dark" in draw(RESULTS, "")
