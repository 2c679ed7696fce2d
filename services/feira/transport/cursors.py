"""Cursors of lists: where the next page begins, as an opaque text."""

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec

from feira.kernel.errors import Invalid
from feira.transport.reading import wrong


def cursor(*values: Any) -> str:
    """An opaque text that says where the next page begins: the last row's sort keys."""
    return base64.urlsafe_b64encode(msgspec.json.encode(values)).rstrip(b"=").decode()


@lru_cache(maxsize=256)
def _cursor_decoder(types: tuple[Any, ...]) -> msgspec.json.Decoder[tuple[Any, ...]]:
    return msgspec.json.Decoder(tuple[types])  # type: ignore[valid-type] # The types are values here.


def read_cursor(text: str, types: Sequence[Any]) -> tuple[Any, ...]:
    """The values that `cursor` was given, as `types` such as `(datetime, UUID)`. Refuses what it did not write."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        values = _cursor_decoder(tuple(types)).decode(raw)
    except (ValueError, RecursionError, binascii.Error):
        raise Invalid.field("cursor", "is not one of ours") from None
    if not all(_storable(value) for value in values):
        raise Invalid.field("cursor", "is not one of ours")
    return values


def _storable(value: Any) -> bool:
    """Whether a database takes the value: a forged cursor must not become an error of ours."""
    return wrong(value) is None and (not isinstance(value, datetime) or value.tzinfo is not None)
