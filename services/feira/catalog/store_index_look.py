"""One question to the index: what its words are to the products there, looked up once, and each level of it as a query."""

from collections.abc import Sequence

from tantivy import Occur, Query, Schema, Searcher

from feira.catalog.domain_search import (
    BEGUN_MIN,
    TYPO_MIN,
    Asked,
    Clause,
    Level,
    asked,
    clauses,
    is_near,
    typos_of,
)
from feira.catalog.store_index import ANY_PATH, safely, stems, trait
from feira.catalog.store_search import Wish

BROAD = 1 << 62  # More documents than there are.
BEGUN_TERMS_MAX = 8  # Words that go on as one begins; more of them are left to the index.
ALIKE_TERMS_MAX = 400  # Words that begin or end as a misspelt one does and are compared with it.

# A way to fit a word: the place, the word there, and how it is compared: None for that very word, else how many letters may
# be wrong, and whether the word may go on.
Way = tuple[str, str, tuple[int, bool] | None]
Ways = Sequence[Sequence[Way]]  # For each word any of them.


def all_of(parts: Sequence[Query]) -> Query:
    if not parts:
        return Query.all_query()
    return parts[0] if len(parts) == 1 else Query.boolean_query([(Occur.Must, part) for part in parts])


def any_of(parts: Sequence[Query]) -> Query:
    return parts[0] if len(parts) == 1 else Query.boolean_query([(Occur.Should, part) for part in parts])


class Look:
    """A wish as it stands to the index at this moment. `unknown` are the words that no product has, `typos` how many letters
    of each may be wrong: as few as anything is found with.
    """

    def __init__(self, searcher: Searcher, schema: Schema, wish: Wish, category: str | None = None) -> None:
        self.searcher = searcher
        self.wish = wish
        self.asked: Asked = asked(wish.words or ())
        self._schema = schema
        self._counts: dict[tuple[str, str], int] = {}
        self._near: dict[str, Sequence[str] | None] = {}
        self.category = None if category is None else self._branch(category)
        self.unknown = {word for word in self.asked.words if not self._is_known(word)}
        self.typos = {word: self._typos(word) for word in self.asked.words}

    @property
    def can_be_misspelt(self) -> bool:
        return any(self.typos.values())

    @safely
    def breadth(self) -> int:
        """About how many documents have to be looked at for this wish."""
        least: int = self.searcher.num_docs
        if self.category is not None:
            least = min(least, self.count("branch", self.category))
        for key, values in self.wish.traits.items():
            least = min(least, sum(self.count("is", trait(key, value)) for value in values))
        for word in self.asked.words:
            if self._is_begun(word) and len(word) <= BEGUN_MIN:
                return BROAD  # Whatever begins so has to be gathered first.
            places = [("name", word), ("trait", word), *((f, stem) for f in ("stem", "text") for stem in stems(word))]
            least = min(least, sum(self.count(*place) for place in places))
        return least

    def count(self, place: str, word: str) -> int:
        """How many documents have the word there, some of them perhaps gone."""
        found = self._counts.get((place, word))
        if found is None:
            found = self._counts[place, word] = int(self.searcher.doc_freq(place, word))
        return found

    def query(self, ways: Ways) -> Query:
        """What fits each word in any of its ways."""
        return all_of([any_of([self._compared(*way) for way in of_word]) for of_word in ways])

    def ways(self, level: Level, *, grows: bool = False) -> Ways | None:
        """How a product can fit at this level or better; None if none can. `grows`: the last word may be unfinished and
        misspelt at once.
        """
        if level is Level.TITLE:
            title = self.asked.title
            return [[("title", title, None)]] if self.count("title", title) else None
        found: list[Sequence[Way]] = []
        for word in self.asked.words:
            begun = self._is_begun(word)
            misspelt = level >= Level.SIMILAR_NAME or (level >= Level.UNKNOWN_NAME and word in self.unknown)
            wanted = clauses(word, level, begun=begun, typos=self.typos[word] if misspelt else 0)
            ways = dict.fromkeys(way for clause in wanted for way in self._ways(clause, grows=grows and begun))
            if not ways:
                return None
            found.append(tuple(ways))
        return found

    def _ways(self, clause: Clause, *, grows: bool) -> Sequence[Way]:
        word, place = clause.word, clause.place
        if clause.how == "word":
            words: Sequence[str] = [word]
        elif clause.how == "stem":
            words = stems(word)
        elif clause.how == "begun":
            terms = self.searcher.terms_with_prefix(place, word, limit=BEGUN_TERMS_MAX + 1)
            if len(terms) > BEGUN_TERMS_MAX:
                return [(place, word, (0, True))]
            words = [term for term, _ in terms]
        elif grows or clause.typos > 1 or (near := self._similar(word)) is None:
            return [(place, word, (clause.typos, grows))]
        else:
            words = near
        return [(place, one, None) for one in words if self.count(place, one)]

    def _compared(self, place: str, word: str, how: tuple[int, bool] | None) -> Query:
        if how is None:
            return Query.term_query(self._schema, place, word, "basic")
        return Query.fuzzy_term_query(self._schema, place, word, how[0], prefix=how[1])

    def _is_begun(self, word: str) -> bool:
        return self.asked.begun and word == self.asked.words[-1]

    def _is_known(self, word: str) -> bool:
        if self.count("spell", word) or self.count("name", word):
            return True
        if any(self.count(place, stem) for place in ("stem", "text") for stem in stems(word)):
            return True
        return self._is_begun(word) and (
            len(word) < TYPO_MIN
            or any(self.searcher.terms_with_prefix(place, word, limit=1) for place in ("name", "trait"))
        )

    def _typos(self, word: str) -> int:
        typos = typos_of(word)
        if typos > 1 and word in self.unknown:
            near = self._similar(word)
            if near or (near is None and self._is_near_any(word)):
                return 1
        return typos

    def _is_near_any(self, word: str) -> bool:
        near = Query.fuzzy_term_query(self._schema, "spell", word, 1)
        return bool(self.searcher.search(near, 1, count=False).hits)

    def _similar(self, word: str) -> Sequence[str] | None:
        """The words in names and attributes that this one is with a letter wrong; None if there are too many to look at.

        One letter is wrong in one half, so that such words begin or end as this one does; only two that have changed places
        may be of both.
        """
        if word in self._near:
            return self._near[word]
        half = len(word) // 2
        found: Sequence[str] | None = None
        begin = self.searcher.terms_with_prefix("spell", word[:half], limit=ALIKE_TERMS_MAX)
        end = self.searcher.terms_with_prefix("back", word[: half - 1 : -1], limit=ALIKE_TERMS_MAX)
        if len(begin) < ALIKE_TERMS_MAX and len(end) < ALIKE_TERMS_MAX:
            alike = {term for term, _ in begin} | {term[::-1] for term, _ in end}
            alike.add(word[: half - 1] + word[half] + word[half - 1] + word[half + 1 :])
            found = sorted(term for term in alike if is_near(word, term) and self.count("spell", term))
        self._near[word] = found
        return found

    def _branch(self, category: str) -> str:
        """The category of this path if there is one, else any of this slug."""
        return category if self.count("path", category) or self.count("branch", category) else ANY_PATH + category
