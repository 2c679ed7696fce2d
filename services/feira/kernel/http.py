"""What a service says about its HTTP face: one table of routes, from which come dispatch, validation and OpenAPI.

A service's `http.py` declares request bodies (`Body`), query strings (`Query`) and replies (`View`), and answers a list
of routes:

    class AddLine(Body, frozen=True, kw_only=True):
        sku: Annotated[str, Meta(min_length=1, max_length=64)]
        quantity: Annotated[int, Meta(ge=1, le=1_000_000)]

    def routes(carts: CartService) -> list[Route]:
        async def add_line(request: Request[AddLine, None]) -> CartView:
            return view(await carts.add(request.path["cart_id"], request.caller, request.body))

        return [Route("POST", "/v1/carts/{cart_id}/lines", add_line, summary="Add a line", tag="Carts", body=AddLine,
                      reply=CartView, refusals=(UnknownCart, UnknownSku), example={"sku": "ACAI-PULP-400G", "quantity": 2})]

Before the handler runs, the kernel has checked the caller's role, the sizes, the encoding, every type and constraint,
and that no text holds NUL or a lone surrogate and no integer passes 64 bits. A handler answers a `View`, or an `Answer`
when it needs another status, headers, cookies or bytes; it raises a `Refused` to say no. Mind that Python's `$` matches
before a last newline: give a `Meta(pattern=…)` a `max_length` too. Identifiers in paths: `request.id("order_id")` is a
UUID or 404. Lists: take `limit: Limit = 20` and `cursor: Cursor = None`; answer a `Page`.
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Annotated, Any, Final, Generic, Literal, Protocol, TypeVar
from uuid import UUID

import msgspec
from msgspec import Meta

from feira.kernel.errors import NotFound, Refused, Unauthenticated

MIB: Final = 1 << 20
JSON: Final = "application/json"
NDJSON: Final = "application/x-ndjson"
LOCALES: Final = ("en", "pt-BR")  # The languages that the shop itself speaks; the first is the default.
AMOUNT_MAX: Final = 2**53 - 1  # What every JSON reader holds exactly.
INT_MAX: Final = 2**63 - 1
CURSOR_MAX: Final = 1024
LANGUAGES_MAX: Final = 10
ACCEPT_MAX: Final = 512

T = TypeVar("T")
B = TypeVar("B")
Q = TypeVar("Q")


class Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """The base of request bodies, and of the objects inside them. An unknown field is refused."""


class Query(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """The base of query strings: flat, each parameter once. Texts are converted to the fields' types."""


class View(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The base of replies. What is None is said as null, unless the class says `omit_defaults=True`."""


class Money(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So many of the currency's minor unit, for example `{"amount": 1999, "currency": "BRL"}`."""

    amount: Annotated[int, Meta(ge=-AMOUNT_MAX, le=AMOUNT_MAX)]
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$", max_length=3)]


class Page(View, Generic[T], frozen=True, kw_only=True):
    """A part of a list; `next` is the cursor of the following part, or None at the end."""

    items: list[T]
    next: str | None = None


Limit = Annotated[int, Meta(ge=1, le=100, description="How many items at most.")]
Cursor = Annotated[str, Meta(max_length=CURSOR_MAX, description="The `next` of the page before.")] | None


class Stream:
    """Stands as a route's `body` when the handler reads the bytes itself, with `request.stream()`."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: a verified token's claims, or nobody. `family` names the session; `by_cookie` tells how it came."""

    user_id: UUID | None = None
    roles: frozenset[str] = frozenset()
    email: str | None = None
    email_verified: bool = False
    family: UUID | None = None
    by_cookie: bool = False

    def has(self, role: str) -> bool:
        """Whether the caller may act as `role`: a customer is anybody signed in, and an admin is staff too."""
        if role == "customer":
            return self.user_id is not None
        return role in self.roles or (role == "staff" and "admin" in self.roles)

    @property
    def id(self) -> UUID:
        """The signed-in user's id. Refuses with Unauthenticated for a guest."""
        if self.user_id is None:
            raise Unauthenticated
        return self.user_id


GUEST: Final = Caller()


class Headers(Protocol):
    def get(self, name: str, /) -> str | None:
        """The value of the header of this lower-case name."""
        ...


async def _nothing() -> AsyncIterator[bytes]:
    return
    yield b""  # pragma: no cover - what makes this a generator.


@dataclass(kw_only=True)
class Request(Generic[B, Q]):
    """A request that has passed the kernel's checks. `address` is the client's, from a header only by a trusted proxy.

    `key` is the Idempotency-Key of keyed routes, `raw` the body's bytes as they came (to check a signature).
    """

    body: B
    query: Q
    method: str = "GET"
    path: Mapping[str, str] = field(default_factory=dict)
    headers: Headers = field(default_factory=dict[str, str])
    cookies: Mapping[str, str] = field(default_factory=dict)
    caller: Caller = GUEST
    address: str = ""
    key: str = ""
    raw: bytes = b""
    asked_locale: str | None = None
    locales: tuple[str, ...] = LOCALES
    chunks: Callable[[], AsyncIterator[bytes]] = _nothing
    tags: set[str] = field(default_factory=set)
    offers: dict[tuple[str, ...], None] = field(default_factory=dict)  # What languages were chosen from.

    def tag(self, *names: str) -> None:
        """Say what the answer depends on: until one of these is dropped, a route with a store keeps it."""
        self.tags.update(names)

    def id(self, name: str) -> UUID:
        """The path's parameter as an id. What is none cannot exist: NotFound."""
        try:
            found = UUID(self.path[name])
        except ValueError:
            raise NotFound from None
        if str(found) != self.path[name]:  # One thing has one address.
            raise NotFound
        return found

    def stream(self) -> AsyncIterator[bytes]:
        """The body as it arrives, once, on a route whose body is `Stream`. Refuses with TooLarge beyond its limit."""
        return self.chunks()

    @property
    def accepted(self) -> str:
        """The Accept-Language header, as far as it is read."""
        return (self.headers.get("accept-language") or "")[:ACCEPT_MAX]

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that the client reads, the best first: `?locale=`, then Accept-Language."""
        return languages(self.asked_locale, self.accepted)

    def locale_of(self, offered: Sequence[str]) -> str:
        """The best of the languages that a thing is offered in, of which the first is the default."""
        offered = tuple(offered)
        self.offers[offered] = None
        return best_locale(self.languages, offered)

    @property
    def locale(self) -> str:
        """The best of the route's `locales`."""
        return self.locale_of(self.locales)


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply that is more than a View with the route's status. Cookies are headers: see `transport.heads.set_cookie`.

    A body of bytes or of an iterator of bytes is sent as `content_type`; a View as JSON.
    """

    status: int = 200
    body: msgspec.Struct | bytes | AsyncIterator[bytes] | None = None
    headers: tuple[tuple[str, str], ...] = ()
    content_type: str = JSON


Role = Literal["anyone", "customer", "staff", "admin"]


@dataclass(frozen=True)
class Route:
    """One method of one path.

    `caller` "anyone" still refuses a bad token; "customer" is anybody signed in. `refusals` are what the handler may
    raise beyond what the kernel refuses by itself, for OpenAPI. `keyed` asks for an Idempotency-Key. A `body_optional`
    body that is empty is read as `{}`. `public_cache` replies carry an ETag and may be kept by anybody; all others are
    `no-store`. Those of a route with a store (`kept`, a `transport.kept.Kept`) that tell what they depend on are kept by
    us too; they may depend on the address and on languages, and on nothing else. `localised` takes `?locale=` and says
    which language was answered (a handler that knows better gives its own Content-Language). `consumes` and `produces`
    name other media types than JSON; `headers` are those that it reads beyond the usual ones, with what they mean. A
    route that `signs_in` takes no notice of an old access cookie. `dev_only` routes do not exist in production; `hidden`
    ones are not in OpenAPI.
    """

    method: str
    path: str
    run: Callable[[Request[Any, Any]], Awaitable[Any]]
    summary: str = ""
    tag: str = ""
    body: Any = None
    query: type[Query] | None = None
    reply: Any = None
    status: int = 200
    caller: Role = "anyone"
    refusals: tuple[type[Refused], ...] = ()
    keyed: bool = False
    body_max: int = MIB
    body_optional: bool = False
    public_cache: bool = False
    kept: Any = None
    localised: bool = False
    locales: tuple[str, ...] = LOCALES
    example: Any = None
    reply_example: Any = None
    consumes: tuple[str, ...] = (JSON,)
    produces: str = JSON
    description: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    signs_in: bool = False
    dev_only: bool = False
    hidden: bool = False


_LANGUAGE = re.compile(r"\s*([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8}){0,4})\s*(?:;\s*q=([01](?:\.\d{0,3})?)\s*)?")


@lru_cache(maxsize=1024)
def accepted_languages(header: str) -> tuple[str, ...]:
    """The languages of an Accept-Language header, the most wanted first; what cannot be read is left out."""
    found: list[tuple[float, int, str]] = []
    for part in header[:ACCEPT_MAX].split(",")[:LANGUAGES_MAX]:
        match = _LANGUAGE.fullmatch(part)
        weight = float(match[2] or 1) if match else 0.0
        if match and weight > 0:
            found.append((-weight, len(found), match[1]))
    return tuple(language for _, _, language in sorted(found))


def languages(asked: str | None, accepted: str) -> tuple[str, ...]:
    return (asked, *accepted_languages(accepted)) if asked else accepted_languages(accepted)


@lru_cache(maxsize=4096)
def best_locale(wanted: tuple[str, ...], offered: tuple[str, ...]) -> str:
    """The first wanted language that is offered, exactly or as its base (`pt` for `pt-BR` and the reverse)."""
    exact = {locale.lower(): locale for locale in offered}
    for language in wanted:
        found = exact.get(language.lower())
        if found is not None:
            return found
        base = language.lower().split("-")[0]
        for locale in offered:
            if locale.lower().split("-")[0] == base:
                return locale
    return offered[0] if offered else LOCALES[0]
