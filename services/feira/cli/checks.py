"""What a check of `feira doctor` found."""

from typing import Literal

import msgspec


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """`text` says what is so; for what is not `good` also what to do."""

    name: str
    state: Literal["good", "mind", "bad"]
    text: str


def good(name: str, text: str) -> Check:
    return Check(name=name, state="good", text=text)


def mind(name: str, text: str) -> Check:
    return Check(name=name, state="mind", text=text)


def bad(name: str, text: str) -> Check:
    return Check(name=name, state="bad", text=text)
