"""What is believed of a request's head: its host, its origin, its address, its cookies."""

import ipaddress
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final, Protocol
from urllib.parse import urlsplit

from feira.kernel.config import Settings
from feira.kernel.http import Headers

ACCESS_COOKIE: Final = "feira_access"
REFRESH_COOKIE: Final = "feira_refresh"
FORWARDED_MAX: Final = 20
COOKIES_MAX: Final = 64

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


class RsgiHeaders(Headers, Protocol):
    """Headers as RSGI gives them. One whose value is not ASCII is there, but cannot be read."""

    def __contains__(self, name: str, /) -> bool: ...

    def get_all(self, name: str, /) -> list[str]: ...


class Hosts:
    """The hosts that are ours, and the origins that our own pages have."""

    def __init__(self, settings: Settings) -> None:
        public = urlsplit(settings.url)
        local = {f"{host}:{settings.port}" for host in ("127.0.0.1", "localhost", "[::1]", _bracketed(settings.host))}
        named = {host for name in (public.netloc, *settings.hosts) for host in _spellings(name, public.scheme)}
        self.names = frozenset(host.lower() for host in local | named)
        self.origins = frozenset(
            {f"{public.scheme}://{host.lower()}" for host in named} | {f"http://{host.lower()}" for host in local}
        )


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def _spellings(host: str, scheme: str) -> set[str]:
    """`shop.example` is also `shop.example:443` where that is the scheme's own port, and the reverse."""
    port = f":{_DEFAULT_PORTS.get(scheme, 80)}"
    bare = host.removesuffix(port)
    has_port = bare.rpartition(":")[2].isdecimal() and not bare.endswith("]")
    return {host} if has_port else {bare, bare + port}


class Addresses:
    """Finds the client's address: the peer's, or what a trusted proxy says of it."""

    def __init__(self, trusted_proxies: Iterable[str]) -> None:
        self._trusted: tuple[Network, ...] = tuple(ipaddress.ip_network(name, strict=False) for name in trusted_proxies)

    def of(self, peer: str, headers: RsgiHeaders) -> str:
        """`peer` is `address:port`. X-Forwarded-For is read only if the peer is a proxy that we trust."""
        address = _plain(peer.rpartition(":")[0].strip("[]"))
        if not self._trusts(address):
            return address
        # Each proxy adds at the right the peer that it saw: the first from there that we do not trust is the client.
        for hop in reversed(",".join(headers.get_all("x-forwarded-for")).split(",")[-FORWARDED_MAX:]):
            try:
                address = _plain(hop.strip())
            except ValueError:
                return address
            if not self._trusts(address):
                return address
        return address

    def _trusts(self, address: str) -> bool:
        return bool(self._trusted) and any(ipaddress.ip_address(address) in network for network in self._trusted)


@lru_cache(maxsize=4096)
def _plain(text: str) -> str:
    """The address in its one spelling: IPv4 that came through an IPv6 socket is IPv4."""
    address = ipaddress.ip_address(text)
    return str(getattr(address, "ipv4_mapped", None) or address)


def read_cookies(header: str | None) -> Mapping[str, str]:
    """The cookies by their names; of two with one name the first, which is the more specific one."""
    found: dict[str, str] = {}
    for part in (header or "").split(";", COOKIES_MAX)[:COOKIES_MAX]:
        name, equals, value = part.strip().partition("=")
        if equals:
            found.setdefault(name, value)
    return found


def set_cookie(name: str, value: str, *, path: str, max_age_s: int, secure: bool) -> tuple[str, str]:
    """The header that sets a cookie which no script reads; `max_age_s` 0 deletes it."""
    tail = "; Secure" if secure else ""
    return "set-cookie", f"{name}={value}; Path={path}; Max-Age={max_age_s}; HttpOnly; SameSite=Lax{tail}"
