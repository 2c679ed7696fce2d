"""Searching in the index: a page of what a wish finds, in its order, and what all of it shares."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
from tantivy import DocAddress, FieldType, Occur, Query, Searcher

from feira.catalog.domain_search import AS_WRITTEN, PASSES, SUGGESTED, UNKNOWN_MISSPELT, Level, pass_of
from feira.catalog.store_index import IN_STOCK, Branch, Item, open_index, read_branch, read_item, safely, trait
from feira.catalog.store_index_facets import NOTHING, Counter
from feira.catalog.store_index_look import Look, Ways, all_of, any_of
from feira.catalog.store_search import RANKED_MAX, Facets, Found, Wish

BASE = 100.0  # A place's key is this less its level: above all that PostgreSQL gives, so that each knows its own.


class Hit(msgspec.Struct, frozen=True):
    level: Level
    rank: int
    address: DocAddress


class Aim(msgspec.Struct, frozen=True):
    """What is looked for: at these levels, each of which may have more than the one before it, the last one being `widest`;
    and what must hold beside.
    """

    levels: Sequence[tuple[Level, Ways]]
    widest: Query
    filters: Sequence[Query]

    @property
    def whole(self) -> Query:
        return all_of([self.widest, *self.filters])


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
        self._counter = Counter(self.index.searcher())

    @property
    def documents(self) -> int:
        """How many there are, of products and categories."""
        return int(self.index.searcher().num_docs)

    @safely
    def look(self, wish: Wish, category: str | None) -> Look:
        """The wish as it stands to the index now."""
        return Look(self.index.searcher(), self._schema, wish, category)

    @safely
    def relevant(
        self, look: Look, after: Sequence[Any] | None, limit: int, *, facets: bool
    ) -> tuple[list[Found], Facets | None]:
        """A page of the products that have the wish's words, the best first, from behind the place `after`."""
        searcher = look.searcher
        for aim in self._aims(look, after):
            if facets:
                # To be counted, all is looked up at once. If it fits on the page, no more is to be known but its order.
                whole = searcher.search(aim.whole, limit, count=False, order_by_field="rank").hits
                if not whole:
                    continue
                if after is None and (len(whole) == 1 < limit or len(aim.levels) == 1):
                    hits = [Hit(aim.levels[-1][0], rank, address) for rank, address in whole]
                else:
                    hits = self._page(look, aim, after, len(whole))
            else:
                hits = self._page(look, aim, after, limit)
                if not hits:
                    continue
            items = [_item(searcher, hit.address) for hit in hits]
            counted = None
            if facets:
                seen = items if len(whole) < limit and after is None and not look.wish.traits else ()
                counted = self._counter.counted(seen) or self._counted(look, aim.widest)
            return [_found(hit, item) for hit, item in zip(hits, items, strict=True)], counted
        return [], NOTHING if facets else None

    @safely
    def matching(self, look: Look, *, facets: bool) -> tuple[list[int], Facets | None]:
        """The numbers of the products that the wish names, at most RANKED_MAX, in no order."""
        wanted: Iterator[tuple[Query, Query | None]] = ((aim.whole, aim.widest) for aim in self._aims(look, None))
        if look.wish.words is None:
            wanted = iter([(all_of(self._filters(look)), None)])
        for whole, widest in wanted:
            hits = look.searcher.search(whole, RANKED_MAX, count=False, order_by_field="rank").hits
            if hits or widest is None:
                return [rank % IN_STOCK for rank, _ in hits], self._counted(look, widest) if facets else None
        return [], NOTHING if facets else None

    @safely
    def facets(self, look: Look) -> Facets:
        """What all products share that the wish names; it has no words."""
        return self._counted(look)

    @safely
    def suggest(self, words: Sequence[str], products_max: int, branches_max: int) -> tuple[list[Branch], list[Item]]:
        """Categories and products whose names these words begin, the last of them unfinished."""
        if not words:
            return [], []
        look = self.look(Wish(words=words), None)
        called = all_of([self._called(word, begun=word is words[-1]) for word in words])
        branches = [
            _stored(look.searcher, address)
            for _, address in look.searcher.search(called, branches_max, count=False).hits
        ]
        hits: list[Hit] = []
        for levels in SUGGESTED:
            aim = _aim(look, levels, [], grows=True)
            hits = self._page(look, aim, None, products_max) if aim else []
            if hits:
                break
        return [read_branch(found) for found in branches], [_item(look.searcher, hit.address) for hit in hits]

    def _aims(self, look: Look, after: Sequence[Any] | None) -> Iterator[Aim]:
        """What to look for, pass by pass until anything is found; behind a place, the pass of that place alone."""
        filters = self._filters(look)
        for number, levels in enumerate(PASSES if look.asked.words else ()):
            if after is not None:
                if number != pass_of(_level_of(after)):
                    continue
            elif (
                (levels is AS_WRITTEN and look.unknown)
                or (levels is not AS_WRITTEN and not look.can_be_misspelt)
                or (levels is UNKNOWN_MISSPELT and not look.unknown)
            ):
                continue
            if (aim := _aim(look, levels, filters)) is not None:
                yield aim

    def _page(self, look: Look, aim: Aim, after: Sequence[Any] | None, limit: int) -> list[Hit]:
        """Level by level, each in the order of ranks, until there are so many."""
        hits: list[Hit] = []
        before: Query | None = None  # What the levels before have, if they have anything.
        reached = Level.TITLE if after is None else _level_of(after)
        for number, (level, ways) in enumerate(aim.levels):
            if number + 1 < len(aim.levels) and aim.levels[number + 1][0] < reached:
                continue
            query = aim.widest if level is aim.levels[-1][0] else look.query(ways)
            if level < reached:
                before = query
                continue
            parts = [(Occur.Must, query), *((Occur.Must, part) for part in aim.filters)]
            if after is not None and level is reached:
                parts.append((Occur.Must, self._range("rank", None, int(after[2]) - 1)))
            if before is not None:
                parts.append((Occur.MustNot, before))
            looked = Query.boolean_query(parts) if len(parts) > 1 else query
            room = limit - len(hits)
            found = look.searcher.search(looked, room, count=False, order_by_field="rank").hits if room else []
            hits += [Hit(level, rank, address) for rank, address in found]
            if len(hits) >= limit:
                break
            if hits or after is not None:
                before = query
        return hits

    def _called(self, word: str, *, begun: bool) -> Query:
        return (
            Query.fuzzy_term_query(self._schema, "called", word, 0, prefix=True)
            if begun
            else self._term("called", word)
        )

    def _counted(self, look: Look, widest: Query | None = None) -> Facets:
        """What is found has in common; of an attribute that is asked for, what there would be if it were not."""
        words = [] if widest is None else [widest]
        found = self._counter.count(look.searcher, all_of([*words, *self._filters(look)]))
        attributes = dict(found.attributes)
        for key in look.wish.traits:
            others = all_of([*words, *self._filters(look, but=key)])
            attributes |= self._counter.count(look.searcher, others, (key,)).attributes
        return msgspec.structs.replace(found, attributes=dict(sorted(attributes.items())))

    def _filters(self, look: Look, but: str | None = None) -> list[Query]:
        """What must hold beside the words, `but` for one of the attributes."""
        wish = look.wish
        found = [
            any_of([self._term("is", trait(key, value)) for value in values])
            for key, values in wish.traits.items()
            if key != but
        ]
        if look.category is not None:
            found.append(self._term("branch", look.category))
        if wish.in_stock is not None:
            found.append(self._term("in_stock", wish.in_stock))
        if wish.min_price_minor is not None or wish.max_price_minor is not None:
            found.append(self._range("price", wish.min_price_minor, wish.max_price_minor))
        return found

    def _term(self, place: str, value: str | bool) -> Query:
        return Query.term_query(self._schema, place, value, "basic")

    def _range(self, place: str, least: int | None, most: int | None) -> Query:
        return Query.range_query(self._schema, place, FieldType.Unsigned, least, most)


def _aim(look: Look, levels: Sequence[Level], filters: Sequence[Query], *, grows: bool = False) -> Aim | None:
    """What to look for at these levels, but those that add nothing; None if nothing can fit even at the last of them."""
    found: list[tuple[Level, Ways]] = []
    for level in levels:
        ways = look.ways(level, grows=grows)
        if ways is not None and (not found or ways != found[-1][1]):
            found.append((level, ways))
    return Aim(found, look.query(found[-1][1]), filters) if found else None


def _level_of(place: Sequence[Any]) -> Level:
    return Level(min(max(int(BASE - place[1]), min(Level)), max(Level)))


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
