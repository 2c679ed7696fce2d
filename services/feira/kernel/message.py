"""What contracts are made of. It imports nothing of ours, so that contracts and domains stay pure.

Messages, and the other values that an order is made of, are `gc=False`: being frozen they form no cycles, and the garbage
collector need not walk through the thousands that are under way.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar, Generic, TypeVar
from uuid import UUID

import msgspec


class Number(msgspec.Struct, frozen=True):
    """The number of a field on the wire, where it is not the field's place among the others."""

    value: int


class Remote(msgspec.Struct, frozen=True):
    """How a contract's method is called from afar: whether again when its answer is lost, and how long it may take."""

    idempotent: bool = False
    deadline_s: float = 5.0


M = TypeVar("M", bound=Callable[..., Any])


def remote(*, idempotent: bool = False, deadline_s: float = 5.0) -> Callable[[M], M]:
    """Says how a contract's method is called from afar. `idempotent`: twice the same ask is the same as once."""

    def mark(method: M) -> M:
        method.__dict__["remote"] = Remote(idempotent, deadline_s)
        return method

    return mark


class Message(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A value that one service hands another.

    Fields are numbered in their order of declaration when they go over gRPC: add new ones at the end, with a default,
    and never remove one. A field added to a message that others inherit from would push theirs along: give it a number
    that none of them has, `Annotated[str, Number(31)] = ""`. Types: str, bytes, bool, int (64 bits), float, UUID,
    datetime, Literal of strings, `X | None`, `tuple[X, ...]`, `dict[str, str]` and other messages.
    """


class Event(Message, frozen=True, kw_only=True):
    """Something that happened, told with all that its hearers need.

    `topic` names it and its version; `key` is what it happened to: events of one key are heard in order. `version` counts
    the changes of that key, so that a hearer can tell an old event from a new one.
    """

    topic: ClassVar[str]

    version: int

    @property
    def key(self) -> str:
        raise NotImplementedError


E_co = TypeVar("E_co", bound=Event, covariant=True)


class Heard(msgspec.Struct, Generic[E_co], frozen=True, kw_only=True, gc=False):
    """An event as its hearer gets it: `id` is unique to the event and the only key to tell a repetition by."""

    id: UUID
    at: datetime
    event: E_co
