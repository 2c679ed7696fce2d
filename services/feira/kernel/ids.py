"""New names for things: ids that sort by time, and secrets that cannot be guessed."""

import os
import random
import secrets
import time
from uuid import UUID

from asyncpg.pgproto import pgproto

_random = random.Random(os.urandom(32))  # noqa: S311 - ids must be unique; what must not be guessed is a random_token.


def uuid7() -> UUID:
    """A version 7 UUID (RFC 9562): 48 bits of Unix milliseconds, then 74 random bits, so that indexes grow at one end."""
    value = (time.time_ns() // 1_000_000 & (1 << 48) - 1) << 80 | _random.getrandbits(76)
    value = value & ~(0x3 << 62 | 0xF << 76) | 0x2 << 62 | 0x7 << 76
    # The database driver's own kind of UUID, which is made and written in a fraction of the time.
    found: UUID = pgproto.UUID(value.to_bytes(16, "big"))
    return found


def milliseconds_of(name: UUID) -> int:
    """When a version 7 UUID was made, in Unix milliseconds."""
    return name.int >> 80


def random_token(bits: int = 256) -> str:
    """A secret of so many random bits, safe in URLs."""
    return secrets.token_urlsafe(bits // 8)
