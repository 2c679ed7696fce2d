"""Which attributes a buyer wants, as an address says it. Pure."""

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from feira.contracts.money import MINOR_MAX
from feira.kernel.errors import Invalid

TRAITS_MAX: Final = 20

Trait = str | bool | int | float
Traits = Mapping[str, tuple[Trait, ...]]

_PAIR = re.compile(r"((?:\\.|[^\\,:])+):((?:\\.|[^\\,])+)(?:,|$)")
_ESCAPED = re.compile(r"\\(.)")


def read_traits(text: str) -> Traits:
    """`origin:Bahia,origin:Pará,organic:true` as the values that each attribute may have. A backslash takes its meaning from
    a comma or a colon. Refuses with Invalid what cannot be read.
    """
    found: dict[str, tuple[Trait, ...]] = {}
    place = 0
    for number in range(TRAITS_MAX + 1):
        if place == len(text):
            return found
        pair = _PAIR.match(text, place)
        if pair is None:
            raise Invalid.field("attributes", "must be such as origin:Bahia,organic:true")
        if number < TRAITS_MAX:
            key, value = (_ESCAPED.sub(r"\1", part) for part in pair.groups())
            found[key] = (*found.get(key, ()), *_meant(value))
        place = pair.end()
    raise Invalid.field("attributes", f"cannot be more than {TRAITS_MAX}")


def _meant(value: str) -> tuple[Trait, ...]:
    """The text, and what else it may be: `true` and `12` are also values that are no texts."""
    try:
        plain: bool | float = msgspec.json.decode(value, type=bool | int | float)
    except msgspec.MsgspecError:
        return (value,)
    return (value, plain) if abs(plain) <= MINOR_MAX else (value,)
