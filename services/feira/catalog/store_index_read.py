"""Searching in the index: a buyer's wish as queries, a page of products in their order, and what all of them share."""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from operator import itemgetter
from pathlib import Path
from typing import Any

import msgspec
from tantivy import DocAddress, FieldType, Occur, Query, Searcher

from feira.catalog.domain_search import (
    BEGUN_MIN,
    PASSES,
    SUGGESTED,
    TYPO_MIN,
    Clause,
    Level,
    asked,
    clauses,
    pass_of,
    typos_of,
)
from feira.catalog.store_index import (
    ANY_PATH,
    IN_STOCK,
    KEYS_SPLIT,
    Branch,
    Item,
    column,
    open_index,
    read_branch,
    read_item,
    safely,
    stems,
    trait,
)
from feira.catalog.store_search import RANKED_MAX, VALUES_MAX, Facets, Found, Wish

KEYS_MAX = 50  # Attributes that facets tell of.
BASE = 100.0  # A place's key is this less its level: above all that PostgreSQL gives, so that each knows its own.
BROAD = 1 << 62  # More documents than there are.


class Hit(msgspec.Struct, frozen=True):
    level: Level
    rank: int
    address: DocAddress

    @property
    def number(self) -> int:
        return self.rank % IN_STOCK


class Spelt(msgspec.Struct, frozen=True):
    """What is asked for (see `domain_search.Asked`), the words that nothing has, and how many letters may be wrong."""

    words: Sequence[str]
    begun: bool
    title: str
    unknown: AbstractSet[str]
    typos: Mapping[str, int]

    @property
    def can_be_misspelt(self) -> bool:
        return any(self.typos.values())


class Aim(msgspec.Struct, frozen=True):
    """What is looked for: at these levels, each of which has all that the one before it has, the last one being `widest`; and
    what must hold beside.
    """

    levels: Sequence[Level]
    words: Spelt
    widest: Query
    filters: Sequence[Query]
    grows: bool = False  # The last word may be unfinished and misspelt at once.

    @property
    def whole(self) -> Query:
        return _all([self.widest, *self.filters])


_NOTHING = Facets(total=0, categories=(), attributes={}, min_price_minor=None, max_price_minor=None)


def is_ours(place: Sequence[Any]) -> bool:
    """Whether a place by relevance was given by an index."""
    return float(place[1]) > 1.0


class Reader:
    """An index as it was when it was `reload`ed last. It may be asked in any thread."""

    @safely
    def __init__(self, path: Path) -> None:
        """Raises OSError, ValueError or RuntimeError if there is no index that can be read."""
        self.path = path
        self.index = open_index(path)
        self._schema = self.index.schema
        self.reload()

    @safely
    def reload(self) -> None:
        self.index.reload()
        self._columns = _columns(self.index.searcher().terms_with_prefix("key", "", limit=KEYS_MAX + 1))

    @property
    def documents(self) -> int:
        """How many there are, of products and categories."""
        return int(self.index.searcher().num_docs)

    @safely
    def relevant(
        self, wish: Wish, category: str | None, after: Sequence[Any] | None, limit: int, *, facets: bool
    ) -> tuple[list[Found], Facets | None]:
        """A page of the products that have the wish's words, the best first, from behind the place `after`."""
        searcher = self.index.searcher()
        for aim in self._aims(searcher, wish, category, after):
            counted = self._facets(searcher, wish, category, aim.widest) if facets else None
            hits = self._page(searcher, aim, after, min(limit, counted.total) if counted else limit)
            if hits or (counted and counted.total):
                return [_found(hit, _item(searcher, hit.address)) for hit in hits], counted
        return [], _NOTHING if facets else None

    @safely
    def matching(self, wish: Wish, category: str | None, *, facets: bool) -> tuple[list[int], Facets | None]:
        """The numbers of the products that the wish names, at most RANKED_MAX, in no order."""
        searcher = self.index.searcher()
        aims = self._aims(searcher, wish, category, None)
        wanted: Iterator[tuple[Query, Query | None]] = ((aim.whole, aim.widest) for aim in aims)
        if wish.words is None:
            wanted = iter([(_all(self._filters(searcher, wish, category)), None)])
        for whole, widest in wanted:
            hits = searcher.search(whole, RANKED_MAX, count=False, order_by_field="rank").hits
            if hits or widest is None:
                counted = self._facets(searcher, wish, category, widest) if facets else None
                return [rank % IN_STOCK for rank, _ in hits], counted
        return [], _NOTHING if facets else None

    @safely
    def facets(self, wish: Wish, category: str | None) -> Facets:
        """What all products share that the wish names; it has no words."""
        return self._facets(self.index.searcher(), wish, category)

    @safely
    def suggest(self, words: Sequence[str], products_max: int, branches_max: int) -> tuple[list[Branch], list[Item]]:
        """Categories and products whose names these words begin, the last of them unfinished."""
        searcher = self.index.searcher()
        want = self._known(searcher, words)
        if not words:
            return [], []
        called = _all([self._called(word, begun=word is words[-1]) for word in words])
        branches = [
            _stored(searcher, address) for _, address in searcher.search(called, branches_max, count=False).hits
        ]
        hits: list[Hit] = []
        for levels in SUGGESTED:
            aim = Aim(levels, want, self._level(want, levels[-1], grows=True), (), grows=True)
            hits = self._page(searcher, aim, None, products_max)
            if hits:
                break
        return [read_branch(found) for found in branches], [_item(searcher, hit.address) for hit in hits]

    @safely
    def breadth(self, wish: Wish, category: str | None) -> int:
        """About how many documents have to be looked at for this wish."""
        searcher = self.index.searcher()
        least: int = searcher.num_docs
        if category is not None:
            least = min(least, int(searcher.doc_freq("branch", self._branch(searcher, category))))
        for key, values in wish.traits.items():
            least = min(least, sum(int(searcher.doc_freq("is", trait(key, value))) for value in values))
        words = asked(wish.words or ())
        for word in words.words:
            if words.begun and word == words.words[-1] and len(word) <= BEGUN_MIN:
                return BROAD  # Whatever begins so has to be gathered first.
            places = [("name", word), ("trait", word), *((f, stem) for f in ("stem", "text") for stem in stems(word))]
            least = min(least, sum(int(searcher.doc_freq(place, term)) for place, term in places))
        return least

    def _aims(self, searcher: Searcher, wish: Wish, category: str | None, after: Sequence[Any] | None) -> Iterator[Aim]:
        """What to look for, pass by pass until anything is found; behind a place, the pass of that place alone."""
        words = self._known(searcher, wish.words or ())
        filters = self._filters(searcher, wish, category)
        for number, levels in enumerate(PASSES if words.words else ()):
            if after is not None:
                if number != pass_of(_level_of(after)):
                    continue
            elif (
                (number == 0 and words.unknown)
                or (number and not words.can_be_misspelt)
                or (number == 1 and not words.unknown)
            ):
                continue
            yield Aim(levels, words, self._level(words, levels[-1]), filters)

    def _known(self, searcher: Searcher, words: Sequence[str]) -> Spelt:
        """Which of the words no product has, and how many letters of each may be wrong: as few as anything is found with."""
        want = asked(words)
        unknown, typos = set[str](), dict[str, int]()
        for number, word in enumerate(want.words):
            typos[word] = typos_of(word)
            begun = want.begun and number == len(want.words) - 1
            if not self._is_known(searcher, word, begun=begun):
                unknown.add(word)
            if typos[word] > 1:
                near = Query.fuzzy_term_query(self._schema, "spell", word, 1)
                if word in unknown and searcher.search(near, 1, count=False).hits:
                    typos[word] = 1
        return Spelt(want.words, want.begun, want.title, unknown, typos)

    def _page(self, searcher: Searcher, aim: Aim, after: Sequence[Any] | None, limit: int) -> list[Hit]:
        """Level by level, each in the order of ranks, until there are so many."""
        hits: list[Hit] = []
        before: Query | None = None  # What the levels before have, if they have anything.
        reached = Level.TITLE if after is None else _level_of(after)
        for number, level in enumerate(aim.levels):
            if number + 1 < len(aim.levels) and aim.levels[number + 1] < reached:
                continue
            query = aim.widest if level is aim.levels[-1] else self._level(aim.words, level, grows=aim.grows)
            if level < reached:
                before = query
                continue
            parts = [(Occur.Must, query), *((Occur.Must, part) for part in aim.filters)]
            if after is not None and level is reached:
                parts.append((Occur.Must, self._range("rank", None, int(after[2]) - 1)))
            if before is not None:
                parts.append((Occur.MustNot, before))
            looked = Query.boolean_query(parts) if len(parts) > 1 else query
            found = searcher.search(looked, limit - len(hits), count=False, order_by_field="rank").hits if limit else []
            hits += [Hit(level, rank, address) for rank, address in found]
            if len(hits) >= limit:
                break
            if hits or after is not None:
                before = query
        return hits

    def _level(self, words: Spelt, level: Level, *, grows: bool = False) -> Query:
        """Whatever fits at this level or better. `grows`: the last word may be unfinished and misspelt at once."""
        if level is Level.TITLE:
            return self._term("title", words.title)
        parts = []
        for number, word in enumerate(words.words):
            begun = words.begun and number == len(words.words) - 1
            misspelt = level >= Level.SIMILAR_NAME or (level >= Level.UNKNOWN_NAME and word in words.unknown)
            found = clauses(word, level, begun=begun, typos=words.typos[word] if misspelt else 0)
            parts.append(_any([query for clause in found for query in self._clause(clause, grows=grows and begun)]))
        return _all(parts)

    def _is_known(self, searcher: Searcher, word: str, *, begun: bool) -> bool:
        places = [
            ("spell", word),
            ("name", word),
            *((place, stem) for place in ("stem", "text") for stem in stems(word)),
        ]
        if any(searcher.doc_freq(place, term) for place, term in places):
            return True
        return begun and (
            len(word) < TYPO_MIN or any(searcher.terms_with_prefix(place, word, limit=1) for place in ("name", "trait"))
        )

    def _clause(self, clause: Clause, *, grows: bool) -> Iterator[Query]:
        word, place = clause.word, clause.place
        if clause.how == "word":
            yield self._term(place, word)
        elif clause.how == "stem":
            yield from (self._term(place, stem) for stem in stems(word))
        elif clause.how == "begun":
            yield Query.fuzzy_term_query(self._schema, place, word, 0, prefix=True)
        else:
            yield Query.fuzzy_term_query(self._schema, place, word, clause.typos, prefix=grows)

    def _called(self, word: str, *, begun: bool) -> Query:
        return (
            Query.fuzzy_term_query(self._schema, "called", word, 0, prefix=True)
            if begun
            else self._term("called", word)
        )

    def _filters(self, searcher: Searcher, wish: Wish, category: str | None, but: str | None = None) -> list[Query]:
        """What must hold beside the words, `but` for one of the attributes."""
        found = [
            _any([self._term("is", trait(key, value)) for value in values])
            for key, values in wish.traits.items()
            if key != but
        ]
        if category is not None:
            found.append(self._term("branch", self._branch(searcher, category)))
        if wish.in_stock is not None:
            found.append(self._term("in_stock", wish.in_stock))
        if wish.min_price_minor is not None or wish.max_price_minor is not None:
            found.append(self._range("price", wish.min_price_minor, wish.max_price_minor))
        return found

    def _branch(self, searcher: Searcher, category: str) -> str:
        """The category of this path if there is one, else any of this slug."""
        is_path = searcher.doc_freq("path", category) or searcher.doc_freq("branch", category)
        return category if is_path else ANY_PATH + category

    def _term(self, place: str, value: str | bool) -> Query:
        return Query.term_query(self._schema, place, value, "basic")

    def _range(self, place: str, least: int | None, most: int | None) -> Query:
        return Query.range_query(self._schema, place, FieldType.Unsigned, least, most)

    def _facets(self, searcher: Searcher, wish: Wish, category: str | None, widest: Query | None = None) -> Facets:
        """What is found has in common; of an attribute that is asked for, what there would be if it were not."""
        words = [widest] if widest else []
        found = self._shared(searcher, _all([*words, *self._filters(searcher, wish, category)]))
        attributes = dict(found.attributes)
        for key in wish.traits:
            others = _all([*words, *self._filters(searcher, wish, category, but=key)])
            if told := self._shared(searcher, others, (key,)).attributes:
                attributes |= told
        return msgspec.structs.replace(found, attributes=dict(sorted(attributes.items())))

    def _shared(self, searcher: Searcher, whole: Query, keys: Sequence[str] = ()) -> Facets:
        columns = self._columns
        if keys:
            columns = {column(key): key for key in keys}
        elif len(columns) > KEYS_MAX:
            columns = _columns(searcher.terms_with_prefix("key", "", whole, KEYS_MAX))
        asked_for: dict[str, Any] = {at: {"terms": {"field": f"attributes.{at}", "size": VALUES_MAX}} for at in columns}
        asked_for["price"] = {"stats": {"field": "price"}}
        asked_for["category"] = {"terms": {"field": "category", "size": VALUES_MAX}}
        told = searcher.aggregate(whole, asked_for)
        values = {columns[at]: _counts(told[at]) for at in columns}
        price = told["price"]
        return Facets(
            total=price["count"],
            categories=_in_order([(bucket["key"], bucket["doc_count"]) for bucket in told["category"]["buckets"]]),
            attributes={key: counts for key, counts in sorted(values.items()) if counts},
            min_price_minor=None if price["min"] is None else int(price["min"]),
            max_price_minor=None if price["max"] is None else int(price["max"]),
        )


def _level_of(place: Sequence[Any]) -> Level:
    return Level(min(max(int(BASE - place[1]), min(Level)), max(Level)))


def _all(parts: Sequence[Query]) -> Query:
    if not parts:
        return Query.all_query()
    return parts[0] if len(parts) == 1 else Query.boolean_query([(Occur.Must, part) for part in parts])


def _any(parts: Sequence[Query]) -> Query:
    return parts[0] if len(parts) == 1 else Query.boolean_query([(Occur.Should, part) for part in parts])


def _stored(searcher: Searcher, address: DocAddress) -> bytes:
    return bytes(searcher.doc(address).get_first("item"))  # type: ignore[arg-type] # Each document has one.


def _item(searcher: Searcher, address: DocAddress) -> Item:
    return read_item(_stored(searcher, address))


def _found(hit: Hit, item: Item) -> Found:
    return Found(
        id=item.id,
        slug=item.slug,
        name=item.name,
        names=item.names,
        images=item.images,
        price_minor=item.price_minor,
        compare_at_price_minor=item.compare_at_price_minor,
        in_stock=item.in_stock,
        categories=item.categories,
        place=("relevance", BASE - hit.level, hit.rank),
    )


def _columns(keys: Sequence[tuple[str, int]]) -> dict[str, str]:
    """The attributes by where their values stand."""
    return dict(key.split(KEYS_SPLIT, 1) for key, _ in keys)


def _counts(told: dict[str, Any]) -> list[tuple[Any, int]]:
    buckets = told["buckets"]
    values = msgspec.json.decode("[" + ",".join([bucket["key"] for bucket in buckets]) + "]")
    return _in_order(list(zip(values, [bucket["doc_count"] for bucket in buckets], strict=True)))


def _in_order(counts: list[tuple[Any, int]]) -> list[tuple[Any, int]]:
    """The commonest first, and equals as jsonb sorts them: texts, numbers, booleans."""
    if {type(value) for value, _ in counts} == {str}:
        counts.sort()
    else:
        counts.sort(key=lambda one: (isinstance(one[0], bool), isinstance(one[0], int | float), one[0]))
    counts.sort(key=itemgetter(1), reverse=True)
    return counts
