"""The goods of the bench: lines of NDJSON as the shop imports them, the same in every run."""

import json
import random
from collections.abc import Iterator
from typing import Any, Final

STOCK: Final = 1_000_000_000
SKUS: Final = 4_000
_COLOURS: Final = ("red", "green", "blue", "black")
_MATERIALS: Final = ("cotton", "linen", "wood", "steel", "clay")


def plain(number: int = SKUS) -> bytes:
    """Goods S0, S1, … whose page is of about 2 KB, in 20 categories of five branches each."""
    return ndjson(_plain(position) for position in range(number))


def _plain(position: int) -> dict[str, Any]:
    return {
        "slug": f"p-{position}",
        "name": f"Good number {position}",
        "description": "A fine thing, made by hand and sold by weight. " * 33,
        "categories": [f"c{position % 20}/s{position % 100}"],
        "attributes": {
            "colour": _COLOURS[position % 4],
            "size": position % 7,
            "material": _MATERIALS[position % 5],
        },
        "variants": [variant(f"S{position}", 500 + position % 1_000)],
    }


def variant(sku: str, price: int) -> dict[str, Any]:
    return {"sku": sku, "price": {"amount": price, "currency": "BRL"}, "weight_g": 100, "stock": STOCK}


def ndjson(records: Iterator[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(record, ensure_ascii=False).encode() + b"\n" for record in records)


def listings(number: int) -> list[str]:
    """Different questions for a list of 20: a filter or several, an order, and facets."""
    chance = random.Random(7)  # noqa: S311 - the same questions in every run, not secrets.
    found: dict[str, None] = {}
    while len(found) < number:
        words = ["limit=20", "facets=true"]
        category = chance.randrange(20)
        if (of := chance.random()) < 0.8:
            path = f"c{category}" if of < 0.5 else f"c{category}/s{category + 20 * chance.randrange(5)}"
            words.append(f"category={path}")
        low = chance.randrange(500, 1_200, 20)
        if chance.random() < 0.6:
            words.append(f"min_price={low}")
        if chance.random() < 0.6:
            words.append(f"max_price={low + chance.randrange(100, 500, 20)}")
        if chance.random() < 0.5:
            words.append("in_stock=true")
        words.append(f"sort={chance.choice(('newest', 'price', '-price', 'name'))}")
        found["/v1/products?" + "&".join(words)] = None
    return list(found)
