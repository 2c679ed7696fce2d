"""A large catalogue to search in, and the questions of people who type in a hurry; the same in every run."""

import random
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlencode

from bench.goods import ndjson, variant
from bench.words import ADJECTIVES, BEGINNINGS, DEPARTMENTS, ENDINGS, MATERIALS, MIDDLES, NOUNS

TYPO_MIN: Final = 5  # Letters of a word in which somebody may mistype one.
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"


def product(number: int) -> dict[str, Any]:
    """The number alone decides what it is."""
    chance = random.Random(number)  # noqa: S311 - the same goods in every run.
    noun, adjective, material = chance.choice(NOUNS), chance.choice(ADJECTIVES), chance.choice(MATERIALS)
    maker = maker_of(chance)
    english = f"{adjective[0].capitalize()} {material[0]} {noun[0]} {maker}"
    portuguese = f"{noun[1].capitalize()} {adjective[1]} de {material[1]} {maker}"
    department = DEPARTMENTS[NOUNS.index(noun) % len(DEPARTMENTS)]
    return {
        "slug": f"g-{number}",
        "name": english,
        "description": f"A {adjective[0]} {noun[0]} of {material[0]}, made by {maker} for years of use. " * 2,
        "translations": {
            "pt-BR": {
                "name": portuguese,
                "description": f"{noun[1].capitalize()} {adjective[1]} de {material[1]}, feito por {maker} para durar. "
                * 2,
            }
        },
        "categories": [f"{department}/{noun[0]}"],
        "attributes": {"material": material[0], "maker": maker, "size": number % 7},
        "variants": [variant(f"G{number}", 500 + chance.randrange(50_000))],
    }


def maker_of(chance: random.Random) -> str:
    return (chance.choice(BEGINNINGS) + chance.choice(MIDDLES) + chance.choice(ENDINGS)).capitalize()


def products(start: int, end: int) -> bytes:
    return ndjson(_between(start, end))


def _between(start: int, end: int) -> Iterator[dict[str, Any]]:
    for number in range(start, end):
        yield product(number)


def searches(number: int, goods: int) -> list[str]:
    """So many different questions: two words of a product's name in one of its languages, one of them mistyped, for the
    first 20 with facets. The product is one of the first `goods`.
    """
    chance = random.Random(23)  # noqa: S311 - the same questions in every run.
    found: dict[str, None] = {}
    while len(found) < number:
        wanted = product(chance.randrange(goods))
        english = chance.random() < 0.5
        name = wanted["name"] if english else wanted["translations"]["pt-BR"]["name"]
        words = [word for word in name.lower().replace("-", " ").split() if len(word) >= TYPO_MIN]
        if len(words) < 2:
            continue
        one, other = chance.sample(words, 2)
        asked = {"q": f"{mistyped(one, chance)} {other}", "limit": 20, "facets": "true"}
        found["/v1/products?" + urlencode(asked | ({} if english else {"locale": "pt-BR"}))] = None
    return list(found)


def mistyped(word: str, chance: random.Random) -> str:
    """One letter after the first is another one, is left out, or has changed places with the next."""
    at = chance.randrange(1, len(word) - 1)
    how = chance.randrange(3)
    if how == 0:
        return word[:at] + chance.choice(_LETTERS.replace(word[at], "")) + word[at + 1 :]
    if how == 1:
        return word[:at] + word[at + 1 :]
    if word[at] == word[at + 1]:
        return word[:at] + word[at + 1 :]
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
