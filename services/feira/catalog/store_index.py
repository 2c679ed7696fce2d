"""The search index: what is kept of a product, and how. Tantivy's files, one directory an index.

Words are compared folded to plain letters, as PostgreSQL's search has them too. Scores are not used: the order of what is
found comes from the levels of `domain_search` and from `rank`, so it does not change with what others are added.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache, wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

import msgspec
import tantivy
from tantivy import Document, Filter, TextAnalyzer, TextAnalyzerBuilder, Tokenizer

from feira.catalog.domain_change import branch_of
from feira.catalog.domain_search import BEGUN_MIN
from feira.catalog.domain_stopwords import ENGLISH, PORTUGUESE
from feira.catalog.domain_text import searchable

VERSION = 3  # To be raised with each change of what is written: then the index is made anew.
IN_STOCK = 1 << 53  # In a rank, above the number of any product.
ANY_PATH = "~"  # In front of a category's slug, to find it wherever it hangs.
KEYS_SPLIT = "\x1f"
BRANCH = "branch"  # In place of an id, with all categories.


P = ParamSpec("P")
T = TypeVar("T")


def safely(act: Callable[P, T]) -> Callable[P, T]:
    """Tantivy panics when a file is not what it must be, which Python would take for the end of the program: here it is a
    RuntimeError.
    """

    @wraps(act)
    def run(*args: P.args, **more: P.kwargs) -> T:
        try:
            return act(*args, **more)
        except BaseException as failure:
            if type(failure).__name__ != "PanicException":
                raise
            raise RuntimeError(f"Tantivy panicked: {failure}") from failure

    return run


class Item(msgspec.Struct, frozen=True, array_like=True):
    """What a list shows of a product. It is kept beside its words, so that a search asks nobody else."""

    id: str
    slug: str
    name: str
    names: Mapping[str, str]
    images: Sequence[Mapping[str, Any]]
    price_minor: int
    compare_at_price_minor: int | None
    in_stock: bool
    categories: Sequence[str]
    attributes: Mapping[str, str | bool | int | float] = {}


class Branch(msgspec.Struct, frozen=True, array_like=True):
    """A category, to be suggested."""

    path: str
    name: str
    names: Mapping[str, str]


class Goods(msgspec.Struct, frozen=True, kw_only=True):
    """A product as the index is told of it. `texts` are descriptions by locale, the default language's at ''."""

    id: UUID
    number: int
    slug: str
    name: str
    names: Mapping[str, str]
    texts: Mapping[str, str]
    attributes: Mapping[str, str | bool | int | float]
    images: Sequence[Mapping[str, Any]]
    skus: Sequence[str]
    price_minor: int
    compare_at_price_minor: int | None
    in_stock: bool
    categories: Sequence[str]


def _analyzer(language: str, stops: frozenset[str]) -> TextAnalyzer:
    return (
        TextAnalyzerBuilder(Tokenizer.whitespace())
        .filter(Filter.custom_stopword(sorted(stops)))
        .filter(Filter.stemmer(language))
        .build()
    )


_english = _analyzer("english", ENGLISH)
_portuguese = _analyzer("portuguese", PORTUGUESE)
_words = TextAnalyzerBuilder(Tokenizer.whitespace()).filter(Filter.remove_long(256)).build()
_encode = msgspec.msgpack.Encoder().encode
to_json = msgspec.json.Encoder().encode
read_item = msgspec.msgpack.Decoder(Item).decode
read_branch = msgspec.msgpack.Decoder(Branch).decode


def schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    for name in ("id", "title", "branch", "path", "key", "is"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    for name in ("name", "stem", "trait", "text", "spell", "back", "called"):
        builder.add_text_field(name, tokenizer_name="words", index_option="basic")
    builder.add_text_field("category", fast=True, tokenizer_name="raw", index_option="basic")
    builder.add_json_field("attributes", fast=True, tokenizer_name="raw", index_option="basic")
    for name in ("rank", "price"):
        builder.add_unsigned_field(name, fast=True)
    builder.add_boolean_field("in_stock", indexed=True)
    builder.add_bytes_field("item", stored=True)
    return builder.build()


def create(path: Path) -> tantivy.Index:
    """A new, empty index in this directory. Raises OSError or ValueError if there is no room, or one is there."""
    return _prepared(tantivy.Index(schema(), str(path), reuse=False))


def open_index(path: Path) -> tantivy.Index:
    """The index in this directory; `reload` brings it up to what was committed. Raises OSError or ValueError."""
    return _prepared(tantivy.Index.open(str(path)))


def _prepared(index: tantivy.Index) -> tantivy.Index:
    index.register_tokenizer("words", _words)
    index.config_reader("manual")  # Else a thread would look for commits, too seldom for us.
    return index


@lru_cache(maxsize=4096)
def stems(word: str) -> tuple[str, ...]:
    """The word's stems in the languages that are searched."""
    return tuple(dict.fromkeys([*_english.analyze(word), *_portuguese.analyze(word)]))


@lru_cache(maxsize=4096)
def column(key: str) -> str:
    """Where an attribute's values stand: a name of plain letters, since a key may be anything."""
    return hashlib.blake2s(key.encode(), digest_size=8).hexdigest()


def trait(key: str, value: object) -> str:
    """What a product has that has this value of this attribute."""
    return column(key) + KEYS_SPLIT + to_json(value).decode()


def document(goods: Goods) -> Document:
    """What the index keeps of a product that is listed."""
    found = Document()
    found.add_text("id", goods.id.hex)
    item = Item(
        str(goods.id),
        goods.slug,
        goods.name,
        goods.names,
        goods.images[:1],
        goods.price_minor,
        goods.compare_at_price_minor,
        goods.in_stock,
        goods.categories,
        goods.attributes,
    )
    found.add_bytes("item", _encode(item))
    found.add_unsigned("rank", goods.number + IN_STOCK * goods.in_stock)
    found.add_unsigned("price", goods.price_minor)
    found.add_boolean("in_stock", goods.in_stock)
    _add_words(found, goods)
    for category in goods.categories:
        found.add_text("category", category)
    paths = {path for category in goods.categories for path in branch_of(category)}
    for branch in paths | {ANY_PATH + path.rpartition("/")[2] for path in paths}:
        found.add_text("branch", branch)
    if goods.attributes:
        found.add_json("attributes", {column(key): to_json(value).decode() for key, value in goods.attributes.items()})
    for key, value in goods.attributes.items():
        found.add_text("key", column(key) + KEYS_SPLIT + key)
        found.add_text("is", trait(key, value))
    return found


def _add_words(found: Document, goods: Goods) -> None:
    """Names and skus as they are written; names, attributes and descriptions by their stems."""
    titles = {searchable(name).strip() for name in (goods.name, *goods.names.values())}
    for title in titles | {searchable(sku).strip() for sku in goods.skus}:
        found.add_text("title", " ".join(title.split()))
    names = {word for title in titles for word in title.split()}
    names.update(word for sku in goods.skus for word in searchable(sku).split())
    traits = {
        word for value in goods.attributes.values() if isinstance(value, str) for word in searchable(value).split()
    }
    of_names = set(_english.analyze(searchable(goods.name)))
    text = set(_english.analyze(searchable(goods.texts.get("", ""))))
    for locale, name in goods.names.items():
        if locale.startswith("pt"):
            of_names.update(_portuguese.analyze(searchable(name)))
    for locale, markdown in goods.texts.items():
        if locale.startswith("pt"):
            text.update(_portuguese.analyze(searchable(markdown)))
        elif locale:
            text.update(searchable(markdown).split())
    found.add_text("name", " ".join(names))
    found.add_text("stem", " ".join(of_names))
    found.add_text("trait", " ".join(traits))
    found.add_text("text", " ".join(text))
    spelt = [word for word in names | traits if len(word) >= BEGUN_MIN and not word.isdigit()]
    found.add_text("spell", " ".join(spelt))
    found.add_text("back", " ".join(word[::-1] for word in spelt))


def branch_document(branch: Branch) -> Document:
    """What the index keeps of a category: it is suggested, and never counted among products."""
    found = Document()
    found.add_text("id", BRANCH)
    found.add_text("path", branch.path)
    names: Iterable[str] = (branch.name, *branch.names.values())
    found.add_text("called", " ".join({word for name in names for word in searchable(name).split()}))
    found.add_bytes("item", _encode(branch))
    return found
