"""New names for things: ids that sort by time, and secrets that cannot be guessed."""

import os
import secrets
import time
from uuid import UUID


def uuid7() -> UUID:
    """A version 7 UUID (RFC 9562): 48 bits of Unix milliseconds, then 74 random bits, so that indexes grow at one end."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds & ((1 << 48) - 1)) << 80 | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=value)


def milliseconds_of(name: UUID) -> int:
    """When a version 7 UUID was made, in Unix milliseconds."""
    return name.int >> 80


def random_token(bits: int = 256) -> str:
    """A secret of so many random bits, safe in URLs."""
    return secrets.token_urlsafe(bits // 8)
