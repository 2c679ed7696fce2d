"""The life of a signing key: published, signing, still known while its last tokens live, gone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from feira.users.domain_sessions import ACCESS_TTL_S

ROTATION = timedelta(days=30)
PUBLISHED_AHEAD = timedelta(days=1)  # Much more than any verifier keeps a key set without asking again.
LEEWAY = timedelta(minutes=5)  # For clocks that differ.
KNOWN_AFTER = timedelta(seconds=ACCESS_TTL_S) + LEEWAY


@dataclass(frozen=True)
class KeyDates:
    """`usable`: we can open its private half (the shop's secret is the one that it was sealed with)."""

    kid: str
    signs_from: datetime
    usable: bool = True


@dataclass(frozen=True)
class Rotation:
    """What is to be done to the keys: one is made that signs from then on, and these are dropped."""

    next_signs_from: datetime | None
    drop: tuple[str, ...]


def signer(keys: Sequence[KeyDates], now: datetime) -> KeyDates | None:
    """The key that signs now: the youngest whose time has come. An overdue one goes on until it has a successor."""
    begun = [key for key in keys if key.usable and key.signs_from <= now]
    return max(begun, key=lambda key: (key.signs_from, key.kid), default=None)


def rotation(keys: Sequence[KeyDates], now: datetime) -> Rotation:
    """What time demands of the keys. Safe to ask again and again: the answer to a finished rotation is to do nothing."""
    current = signer(keys, now)
    if current is None:
        # The first start, or another secret than before: the tokens of the old keys stay valid, new ones need a key.
        return Rotation(now, ())
    successors = [key for key in keys if key.usable and key.signs_from > now]
    due = current.signs_from + ROTATION
    next_signs_from = max(due, now + PUBLISHED_AHEAD) if not successors and now >= due - PUBLISHED_AHEAD else None
    # A key's last token was signed when the next one took over.
    over = now - KNOWN_AFTER
    drop = tuple(key.kid for key in keys if key.signs_from < current.signs_from and current.signs_from <= over)
    return Rotation(next_signs_from, drop)
