"""What a buyer's words are looked for: where, how, and which of the products found come first. Pure.

A word is found by itself, by its stem, as a beginning if it is the last one, and with a typo when nothing is found
without. A product stands as high as the word of the search that fits it worst: so whole names come before names with all
the words, names before attributes, these before descriptions, and what is misspelt comes last.
"""

from collections.abc import Sequence
from enum import IntEnum
from typing import Literal

import msgspec

from feira.catalog.domain_stopwords import ENGLISH, PORTUGUESE

BEGUN_MIN = 2  # Letters of an unfinished word that is completed.
TYPO_MIN = 4  # Letters of a word that may be wrong in one place.
TYPOS_MIN = 8  # Letters of a word that may be wrong in two.

Place = Literal["title", "name", "stem", "trait", "text", "spell"]
How = Literal["word", "stem", "begun", "typo"]


class Level(IntEnum):
    """How well a product fits, the best first. The last four are tried only when nothing fits better than they do."""

    TITLE = 0  # Its whole name is what was asked for.
    NAME = 1  # Each word stands in its name.
    STEM = 2
    BEGUN = 3  # The last word is the beginning of one in its name.
    TRAIT = 4  # Some word stands in its attributes only.
    TEXT = 5  # Some word stands in its description only.
    UNKNOWN_NAME = 6  # A word that no product has is taken for a similar one; the others stand in the name.
    UNKNOWN_TEXT = 7
    SIMILAR_NAME = 8  # Any word may be misspelt.
    SIMILAR_TEXT = 9


AS_WRITTEN = (Level.TITLE, Level.NAME, Level.STEM, Level.BEGUN, Level.TRAIT, Level.TEXT)
UNKNOWN_MISSPELT = (Level.UNKNOWN_NAME, Level.UNKNOWN_TEXT)
ANY_MISSPELT = (Level.SIMILAR_NAME, Level.SIMILAR_TEXT)
PASSES = (AS_WRITTEN, UNKNOWN_MISSPELT, ANY_MISSPELT)
SUGGESTED = ((Level.TITLE, Level.BEGUN), (Level.UNKNOWN_NAME,), (Level.SIMILAR_NAME,))


class Clause(msgspec.Struct, frozen=True):
    """A word, where it may stand and how it is compared. `typos` is how many letters may be wrong."""

    place: Place
    how: How
    word: str
    typos: int = 0


class Asked(msgspec.Struct, frozen=True):
    """The words of a search that tell something. `begun`: the last of them may go on."""

    words: Sequence[str]
    begun: bool
    title: str


def asked(words: Sequence[str]) -> Asked:
    """What these words ask for: those that say nothing are left out, unless there are no others."""
    told = [word for word in words if word not in ENGLISH and word not in PORTUGUESE]
    begun = not told or told[-1] == words[-1]
    return Asked(told or list(words), begun, " ".join(words))


def typos_of(word: str) -> int:
    """How many letters of the word may be wrong. Numbers are meant as they are written."""
    if len(word) < TYPO_MIN or word.isdigit():
        return 0
    return 1 if len(word) < TYPOS_MIN else 2


def is_near(word: str, other: str) -> bool:
    """Whether at most one letter is wrong: another one, left out, too much, or in its neighbour's place."""
    if not -1 <= len(word) - len(other) <= 1:
        return False
    same = 0
    for one, its in zip(word, other, strict=False):
        if one != its:
            break
        same += 1
    rest, others = word[same:], other[same:]
    return rest[1:] in (others, others[1:]) or rest == others[1:] or rest == others[1::-1] + others[2:]


def clauses(word: str, level: Level, *, begun: bool, typos: int) -> list[Clause]:
    """What makes a product fit this word at the level or better, any of them. `begun`: the word may go on; `typos`: so many
    of its letters may be wrong.
    """
    if level is Level.NAME:
        return [Clause("name", "word", word)]
    found = [Clause("name", "word", word), Clause("stem", "stem", word)]
    begun = begun and len(word) >= BEGUN_MIN
    if level >= Level.BEGUN and begun:
        found.append(Clause("name", "begun", word))
    if level in {Level.TRAIT, Level.TEXT, Level.UNKNOWN_TEXT, Level.SIMILAR_TEXT}:
        found += [Clause("trait", "word", word), Clause("trait", "stem", word)]
        if begun:
            found.append(Clause("trait", "begun", word))
    if level in {Level.TEXT, Level.UNKNOWN_TEXT, Level.SIMILAR_TEXT}:
        found += [Clause("text", "word", word), Clause("text", "stem", word)]
    if typos:
        found.append(Clause("spell", "typo", word, typos))
    return found


def pass_of(level: Level) -> int:
    """Which of the passes the level belongs to."""
    return next(number for number, levels in enumerate(PASSES) if level in levels)
