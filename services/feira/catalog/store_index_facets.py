"""What all that is found has in common: counted in the index, or on the page if there is no more than that."""

from collections import Counter as Tally
from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import Any

import msgspec
from tantivy import Query, Searcher

from feira.catalog.store_index import KEYS_SPLIT, Item, column, to_json
from feira.catalog.store_search import VALUES_MAX, Facets

KEYS_MAX = 50  # Attributes that facets tell of.
PAGE_MAX = VALUES_MAX  # Products that are counted on their page: with more, values might have to be left out.

NOTHING = Facets(total=0, categories=(), attributes={}, min_price_minor=None, max_price_minor=None)


class Counter:
    """Knows which attributes the products of an index have. Columns are their names there."""

    def __init__(self, searcher: Searcher) -> None:
        self._columns = _columns(searcher.terms_with_prefix("key", "", limit=KEYS_MAX + 1))
        self._wanted = _wanted(self._columns)

    def counted(self, items: Sequence[Item]) -> Facets | None:
        """The same of these, if they are all that was found; None if that would tell of more than `count` does."""
        if not items or len(items) > PAGE_MAX or len(self._columns) > KEYS_MAX:
            return None
        values: dict[str, Tally[str]] = {}
        for item in items:
            for key, value in item.attributes.items():
                values.setdefault(key, Tally())[to_json(value).decode()] += 1
        prices = [item.price_minor for item in items]
        return Facets(
            total=len(items),
            categories=_in_order([*Tally(path for item in items for path in item.categories).items()]),
            attributes={key: _values(values[key].items()) for key in sorted(values)},
            min_price_minor=min(prices),
            max_price_minor=max(prices),
        )

    def count(self, searcher: Searcher, whole: Query, keys: Sequence[str] = ()) -> Facets:
        """What all have in common that this finds, of these attributes if there are any."""
        columns, wanted = self._columns, self._wanted
        if keys:
            columns = {column(key): key for key in keys}
            wanted = _wanted(columns)
        elif len(columns) > KEYS_MAX:
            columns = _columns(searcher.terms_with_prefix("key", "", whole, KEYS_MAX))
            wanted = _wanted(columns)
        told = searcher.aggregate(whole, wanted)
        counts = {key: _values(_buckets(told[at])) for at, key in columns.items()}
        price = told["price"]
        return Facets(
            total=price["count"],
            categories=_in_order(_buckets(told["category"])),
            attributes={key: found for key, found in sorted(counts.items()) if found},
            min_price_minor=None if price["min"] is None else int(price["min"]),
            max_price_minor=None if price["max"] is None else int(price["max"]),
        )


def _columns(keys: Sequence[tuple[str, int]]) -> dict[str, str]:
    """The attributes by where their values stand."""
    return dict(key.split(KEYS_SPLIT, 1) for key, _ in keys)


def _wanted(columns: Iterable[str]) -> dict[str, Any]:
    wanted: dict[str, Any] = {at: {"terms": {"field": f"attributes.{at}", "size": VALUES_MAX}} for at in columns}
    wanted["price"] = {"stats": {"field": "price"}}
    wanted["category"] = {"terms": {"field": "category", "size": VALUES_MAX}}
    return wanted


def _buckets(told: dict[str, Any]) -> list[tuple[Any, int]]:
    return [(bucket["key"], bucket["doc_count"]) for bucket in told["buckets"]]


def _values(counts: Iterable[tuple[str, int]]) -> list[tuple[Any, int]]:
    """Values that are given as JSON, in order."""
    found = list(counts)
    values = msgspec.json.decode("[" + ",".join([value for value, _ in found]) + "]")
    return _in_order(list(zip(values, [number for _, number in found], strict=True)))


def _in_order(counts: list[tuple[Any, int]]) -> list[tuple[Any, int]]:
    """The commonest first, and equals as jsonb sorts them: texts, numbers, booleans."""
    if {type(value) for value, _ in counts} == {str}:
        counts.sort()
    else:
        counts.sort(key=lambda one: (isinstance(one[0], bool), isinstance(one[0], int | float), one[0]))
    counts.sort(key=itemgetter(1), reverse=True)
    return counts
