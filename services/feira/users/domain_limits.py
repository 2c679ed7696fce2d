"""How often somebody may try. Each limit is exact over every stretch of time as long as its window."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from ipaddress import AddressValueError, IPv4Address, IPv6Address, IPv6Network
from math import ceil


@dataclass(frozen=True)
class Limit:
    """At most `most` events of this name and of one key in any `window_s` seconds."""

    name: str
    most: int
    window_s: int

    @property
    def window(self) -> timedelta:
        return timedelta(seconds=self.window_s)

    def key(self, of: str) -> bytes:
        """What the counter is kept under: a digest, so that the table names nobody."""
        return sha256(f"{self.name}\n{of}".encode()).digest()


SIGN_IN_FAILURES = Limit("sign-in failures of an account", 10, 15 * 60)
SIGN_INS = Limit("sign-ins from an address", 300, 60)
REGISTRATIONS = Limit("registrations from an address", 60, 60)
RESETS = Limit("password resets from an address", 60, 60)
VERIFICATIONS = Limit("verification links of an account", 5, 15 * 60)
# Not told to the asker, who may be anybody: nobody's inbox is flooded through us.
LETTERS = Limit("letters to an account", 20, 60 * 60)


def network_of(address: str) -> str:
    """Whom a client's IP address stands for: a whole /64 of IPv6 is one line's, and costs nothing to walk through."""
    try:
        return str(IPv4Address(address))
    except AddressValueError:
        pass
    try:
        wide = IPv6Address(address.partition("%")[0])
    except AddressValueError:
        return address
    if wide.ipv4_mapped is not None:
        return str(wide.ipv4_mapped)
    return str(IPv6Network((wide, 64), strict=False))


def retry_after_s(limit: Limit, times: Sequence[datetime], now: datetime) -> int:
    """In how many whole seconds one more may be tried, given when the counted ones were."""
    counted = sorted(time for time in times if time > now - limit.window)
    if len(counted) < limit.most:
        return 1
    free_at = counted[len(counted) - limit.most] + limit.window
    return max(1, ceil((free_at - now).total_seconds()))
