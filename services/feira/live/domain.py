"""Who watches what: topics, what they ask of those who want them, and who is told. Pure, and it knows no clock."""

import re
from collections.abc import Iterable
from typing import Final, Generic, Literal, TypeVar
from uuid import UUID

import msgspec

TOPICS_MAX: Final = 50  # That one client watches at a time.
TOPIC_LENGTH_MAX: Final = 300
TOKEN_LENGTH_MAX: Final = 4_096
CURSOR_LENGTH_MAX: Final = 32

Kind = Literal["products", "orders", "me", "admin/orders", "admin/metrics"]
Need = Literal["nothing", "order", "customer", "staff"]
NEEDS: Final[dict[Kind, Need]] = {
    "products": "nothing",
    "orders": "order",
    "me": "customer",
    "admin/orders": "staff",
    "admin/metrics": "staff",
}
_SLUG = re.compile(r"[^\s/\x00-\x1f\x7f]{1,200}")
C = TypeVar("C")


class Topic(msgspec.Struct, frozen=True):
    """What a client asks for: `text` is how it says so, `name` the slug or the order's id."""

    text: str
    kind: Kind
    name: str = ""

    @property
    def need(self) -> Need:
        return NEEDS[self.kind]

    def channel(self, user_id: UUID | None) -> str:
        """Under which name it is told: everybody's `me` is another."""
        return f"me/{user_id}" if self.kind == "me" else self.text


def read_topic(text: str) -> Topic | None:
    """The topic of this text; None if there is none."""
    if text in {"me", "admin/orders", "admin/metrics"}:
        return Topic(text, text)  # type: ignore[arg-type]  # Just compared.
    kind, _, name = text.partition("/")
    if kind == "products" and _SLUG.fullmatch(name):
        return Topic(text, "products", name)
    if kind == "orders":
        try:
            return Topic(text, "orders", name) if str(UUID(name)) == name else None
        except ValueError:
            return None
    return None


class Identity(msgspec.Struct, frozen=True):
    """Who a client has shown to be, for as long as its access token is good (Unix seconds)."""

    user_id: UUID
    session_id: UUID | None
    staff: bool
    expires_at: float


class Ask(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A client's message. `token` is an access token, or one that opens the orders that are asked for."""

    subscribe: list[str] = []
    unsubscribe: list[str] = []
    token: str = ""
    since: str = ""

    @property
    def wrong(self) -> str:
        """What is beyond its limit; empty if nothing is."""
        texts = (*self.subscribe, *self.unsubscribe)
        if len(self.subscribe) > TOPICS_MAX or len(self.unsubscribe) > TOPICS_MAX:
            return f"at most {TOPICS_MAX} topics are named at once"
        if any(len(text) > TOPIC_LENGTH_MAX for text in texts):
            return f"a topic has at most {TOPIC_LENGTH_MAX} characters"
        if len(self.token) > TOKEN_LENGTH_MAX or len(self.since) > CURSOR_LENGTH_MAX:
            return "token or since is none of ours"
        return ""

    @property
    def is_access_token(self) -> bool:
        """An access token is a JWT, of three parts; an order's token has one."""
        return self.token.count(".") == 2

    @property
    def cursor(self) -> int | None:
        """The number that `since` names; None if it names none."""
        return int(self.since) if self.since.isdecimal() and self.since.isascii() else None


class Watched(msgspec.Struct, frozen=True):
    """A topic that a client watches; `by_identity` ends with the client's access token."""

    topic: Topic
    channel: str
    by_identity: bool


class Board(Generic[C]):
    """Which clients watch which channels. Every question is answered without looking at all of them."""

    def __init__(self) -> None:
        self._watchers: dict[str, dict[C, None]] = {}
        self._watched: dict[C, dict[str, Watched]] = {}

    def __contains__(self, channel: str) -> bool:
        return channel in self._watchers

    def watchers(self, channel: str) -> Iterable[C]:
        return self._watchers.get(channel, ())

    def of(self, client: C) -> Iterable[Watched]:
        return self._watched.get(client, {}).values()

    def channels(self) -> Iterable[str]:
        return self._watchers.keys()

    def clients(self) -> Iterable[C]:
        """All who watch anything."""
        return self._watched.keys()

    def has_room(self, client: C, text: str) -> bool:
        mine = self._watched.get(client, {})
        return text in mine or len(mine) < TOPICS_MAX

    def watch(self, client: C, one: Watched) -> None:
        """From now on; a topic that the client watches already is watched by its newest right."""
        self.leave(client, one.topic.text)
        self._watched.setdefault(client, {})[one.topic.text] = one
        self._watchers.setdefault(one.channel, {})[client] = None

    def leave(self, client: C, text: str) -> Watched | None:
        """Stop watching; answers what was watched."""
        mine = self._watched.get(client, {})
        one = mine.pop(text, None)
        if one is None:
            return None
        if not mine:
            del self._watched[client]
        others = self._watchers[one.channel]
        del others[client]
        if not others:
            del self._watchers[one.channel]
        return one

    def drop(self, client: C) -> list[Watched]:
        """The client has gone; answers what it watched."""
        gone = list(self.of(client))
        for one in gone:
            self.leave(client, one.topic.text)
        return gone
