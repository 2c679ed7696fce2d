"""What an address of a page tells before anybody renders it: whose it is, what it is kept under, what it depends on."""

import re
from collections.abc import Hashable, Mapping
from enum import Enum
from hashlib import blake2b
from typing import Final, NamedTuple
from urllib.parse import unquote_to_bytes, urlsplit

from feira.kernel.http import LOCALES, accepted_languages, best_locale
from feira.transport.exchange import Exchange
from feira.transport.heads import read_cookies

LOCALE_COOKIE: Final = "feira_locale"
TARGET_MAX: Final = 2_048  # Bytes; what is longer is answered, but not kept …
ROUTER_MAX: Final = 8_192  # … and so is what the router says more to.
SLUGS_MAX: Final = 1_000  # Of one page; one that names more depends on all products.
STATIC: Final = b"/_next/static/"

# What the API answers, or says that it is not there.
_API: Final = ("/v1", "/.well-known", "/docs", "/media", "/dev", "/openapi.json", "/livez", "/readyz", "/metrics")
# Parameters that a page for everybody may be rendered by, and such as only tell where a visitor comes from.
_PARAMETERS: Final = frozenset(
    {b"q", b"min_price", b"max_price", b"from", b"to", b"in_stock", b"sort", b"cursor", b"attributes", b"sku", b"_rsc"}
)
_TRACES: Final = frozenset(b"gclid gbraid wbraid dclid fbclid msclkid ttclid twclid yclid igshid srsltid".split())
_PRIVATE: Final = frozenset(
    {"cart", "checkout", "account", "orders", "sign-in", "register", "forgot", "reset", "verify"}
)
_ROUTER: Final = (
    b"rsc", b"next-router-state-tree", b"next-router-prefetch", b"next-router-segment-prefetch", b"next-url",
)  # fmt: skip
_SLUG: Final = re.compile(rb"/products/([a-z0-9]+(?:-[a-z0-9]+)*)")
_PICTURES: Final = (".ico", ".png", ".svg", ".jpg", ".webp", ".webmanifest")


class Kind(Enum):
    PRODUCT = "product"
    LIST = "list"  # Whatever else shows goods.
    PRIVATE = "private"  # What belongs to one person is filled in there by the browser; the frame is the same for all.
    FILE = "file"
    PICTURE = "picture"


class Ask(NamedTuple):
    """`key` is where the answer is kept, None if it is not; `target` and `headers` are what Next.js is asked."""

    key: Hashable | None
    target: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    kind: Kind
    locale: str

    @property
    def by_router(self) -> bool:
        """Whether Next's own code in the browser asks, which wants data instead of HTML."""
        return bool(self.headers)

    @property
    def size(self) -> int:
        """Bytes of what was asked."""
        return len(self.target) + sum(len(value) for _, value in self.headers)

    @property
    def plain(self) -> bool:
        """Whether it is a page by its bare address, of which there are only so many."""
        return not self.headers and b"?" not in self.target


def owned(path: str) -> bool:
    """Whether the address belongs to the front end."""
    return not path.startswith(_API) or not any(path == name or path.startswith(f"{name}/") for name in _API)


def key_of(asked: Exchange) -> Hashable:
    """Where the answer is kept if it was asked for as it should be."""
    heads = asked.headers.first
    if b"rsc" not in heads:
        return asked.target
    # Next hashes these headers into the address, but where a page has no secure context by 32 bits that anybody can meet.
    digest = blake2b(digest_size=16)
    for name in _ROUTER:
        # To say "-" is not to say nothing.
        digest.update(b"=%b\n" % heads[name] if name in heads else b"-\n")
    return asked.target, digest.digest()


def read(asked: Exchange) -> Ask:
    path, heads = asked.path, asked.headers.first
    kind = kind_of(path)
    by_router = b"rsc" in heads
    headers = tuple((name, heads[name]) for name in _ROUTER if name in heads) if by_router else ()
    target = asked.target.partition(b"#")[0]
    if not target.startswith(b"/"):  # A request line may name a host too.
        split = urlsplit(target)
        target = b"?".join(filter(None, (split.path or b"/", split.query)))
    is_known = True
    if kind is not Kind.PRIVATE:
        target, is_known = known_of(target, by_router=by_router)
    # What lies under an address is given to whoever asks for it: never what was asked for by another one.
    is_its_own = unquote_to_bytes(target.partition(b"?")[0]).decode(errors="replace") == path
    ask = Ask(None, target, headers, kind, locale_of(path, asked))
    if is_known and is_its_own and len(target) <= TARGET_MAX and ask.size <= TARGET_MAX + ROUTER_MAX:
        found = key_of(asked)
        ask = ask._replace(key=(target, found[1]) if isinstance(found, tuple) else target)
    return ask


def kind_of(path: str) -> Kind:
    first, _, rest = path.removeprefix("/").partition("/")
    if first == "admin":
        return Kind.PRIVATE
    if first in LOCALES:
        second, _, third = rest.partition("/")
        if second in _PRIVATE:
            return Kind.PRIVATE
        return Kind.PRODUCT if second == "products" and third else Kind.LIST
    if "." in path.rpartition("/")[2]:
        return Kind.PICTURE if path.endswith(_PICTURES) else Kind.FILE
    return Kind.LIST


def known_of(target: bytes, *, by_router: bool) -> tuple[bytes, bool]:
    """The target without what tells of nothing but the visitor, and whether a page is rendered by nothing else that it has."""
    path, _, query = target.partition(b"?")
    parts = [part for part in query.split(b"&") if part]
    names = [part.partition(b"=")[0] for part in parts]
    left = [
        part
        for part, name in zip(parts, names, strict=True)
        if not (name.startswith(b"utm_") or name in _TRACES or (name == b"_rsc" and not by_router))
    ]
    known = all(part.partition(b"=")[0] in _PARAMETERS for part in left)
    return b"?".join(filter(None, (path, b"&".join(left)))), known


def locale_of(path: str, asked: Exchange) -> str:
    """The language of an address, or else the one that its visitor chose, or else the best that the browser reads."""
    first = path.removeprefix("/").partition("/")[0]
    if first in LOCALES:
        return first
    cookies: Mapping[str, str] = read_cookies(asked.headers.get("cookie"))
    if (chosen := cookies.get(LOCALE_COOKIE, "")) in LOCALES:
        return chosen
    return best_locale(accepted_languages(asked.headers.get("accept-language") or ""), LOCALES)


ALL: Final = "all"
LISTS: Final = "lists"
PRODUCTS: Final = "products"
STOCK: Final = "stock"


def product(slug: str) -> str:
    return f"product:{slug}"


def tags_of(ask: Ask, body: bytes) -> set[str]:
    """What the page depends on: the products that its address names or that it links to, and whether it is a list."""
    tags = {ALL}
    if ask.kind in {Kind.PRIVATE, Kind.PICTURE}:
        return tags
    if ask.kind is not Kind.PRODUCT:
        tags.add(LISTS)
    if ask.kind is Kind.FILE:  # A sitemap names thousands.
        return tags
    if b"in_stock=" in ask.target:
        tags.add(STOCK)
    slugs = {*_SLUG.findall(ask.target), *_SLUG.findall(body)}
    tags.update([PRODUCTS] if len(slugs) > SLUGS_MAX else [product(slug.decode()) for slug in slugs])
    return tags
