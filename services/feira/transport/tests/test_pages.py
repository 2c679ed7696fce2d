"""Cursors and languages."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from feira.kernel.errors import Invalid
from feira.kernel.http import accepted_languages, best_locale
from feira.transport.cursors import cursor, read_cursor


def test_a_cursor_is_read_as_it_was_written() -> None:
    values = (datetime.now(UTC), uuid4(), 7, "ção")
    assert read_cursor(cursor(*values), (datetime, UUID, int, str)) == values
    assert read_cursor(cursor(), ()) == ()


@pytest.mark.parametrize(
    ("text", "types"),
    [
        ("", (int,)),
        ("é", (int,)),
        ("!!!!", (int,)),
        ("a", (int,)),
        ("e30", (int,)),
        (cursor("x"), (int,)),
        (cursor(1, 2), (int,)),
        (cursor("a\0"), (str,)),
        (cursor(2**63), (int,)),
        (cursor("2026-01-01T00:00:00"), (datetime,)),
        (cursor("0001-01-01T00:00:00+14:00"), (datetime,)),
        (cursor("9999-12-31T23:59:59-14:00"), (datetime,)),
        (cursor(*[[[]]] * 9), (int,)),
    ],
)
def test_a_forged_cursor_is_refused(text: str, types: tuple[Any, ...]) -> None:
    with pytest.raises(Invalid) as caught:
        read_cursor(text, types)
    assert caught.value.extra["errors"][0]["field"] == "cursor"


def test_languages_are_taken_in_order_of_their_weight() -> None:
    assert accepted_languages("pt;q=0.5, en-GB, *;q=0.1, fr;q=0, é, de; q=0.7") == ("en-GB", "de", "pt")
    assert accepted_languages(",".join(["en"] * 100)) == ("en",) * 10
    assert best_locale(("fr", "pt-PT"), ("en", "pt-BR")) == "pt-BR"
    assert best_locale(("pt-br",), ("pt", "pt-BR")) == "pt-BR"
    assert best_locale((), ("pt-BR",)) == "pt-BR"
    assert best_locale(("fr",), ()) == "en"
