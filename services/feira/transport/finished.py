"""Answers that are given again and again: their bytes, heads included, are made once."""

import gzip
import hashlib
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from feira.kernel.http import Answer
from feira.transport.exchange import head_of
from feira.transport.told import Requests

ZIPPED_MIN: Final = 1024  # Bytes; what is smaller fits into one packet anyway.
ZIP_LEVEL: Final = 6
COMMON: Final = (
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("server", "feira"),
)
_TAG = re.compile(r'"[^"]*"')
_CODING = re.compile(r"\s*(gzip|x-gzip|\*)\s*(?:;\s*q\s*=\s*([0-9.]+)\s*)?", re.IGNORECASE)


def tag_of(body: bytes) -> str:
    return f'"{hashlib.blake2b(body, digest_size=16).hexdigest()}"'


def is_known(tag: str, if_none_match: str) -> bool:
    """Whether the client has what this tag names, by an If-None-Match header."""
    return if_none_match.strip() == "*" or tag in _TAG.findall(if_none_match)


@lru_cache(maxsize=1024)
def takes_gzip(accept_encoding: str) -> bool:
    found = {match[1].lower(): match[2] for part in accept_encoding.split(",") if (match := _CODING.fullmatch(part))}
    weight = found.get("gzip", found.get("x-gzip", found.get("*", "0")))
    return weight is None or weight.strip("0.") != ""


class Form(NamedTuple):
    """One way to give the answer: `head` is all of its head that is the same for everybody."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    head: bytes


def _form(status: int, headers: Sequence[tuple[str, str]], body: bytes) -> Form:
    return Form(status, tuple(headers), body, head_of(status, (*headers, *COMMON), len(body) if body else None))


def _size(form: Form) -> int:
    return len(form.body) + 2 * len(form.head)  # Its headers are kept apart as well.


class Finished:
    """A reply of 200 in its forms: as it is, compressed, and that it is still the same."""

    __slots__ = ("_known", "_plain", "_tag", "_zipped", "size", "told")

    def __init__(self, answer: Answer, body: bytes, told: Requests) -> None:
        """`answer` has all its headers, its ETag among them."""
        headers = dict(answer.headers)
        if len(body) >= ZIPPED_MIN:
            headers["vary"] = ", ".join(filter(None, (headers.get("vary"), "Accept-Encoding")))
        self.told = told
        self._tag = headers["etag"]
        self._known = _form(304, (*headers.items(),), b"")
        self._plain = _form(200, (*headers.items(), ("content-type", answer.content_type)), body)
        self._zipped: Form | None = None
        self.size = _size(self._known) + _size(self._plain)  # Of the bytes that have been made so far.

    def form(self, if_none_match: str, accept_encoding: str) -> Form:
        """As a client with these headers is answered."""
        if if_none_match and is_known(self._tag, if_none_match):
            return self._known
        if accept_encoding and len(self._plain.body) >= ZIPPED_MIN and takes_gzip(accept_encoding[:256]):
            return self._zipped or self._zip()
        return self._plain

    def _zip(self) -> Form:
        headers = {**dict(self._plain.headers), "etag": f"W/{self._tag}", "content-encoding": "gzip"}
        body = gzip.compress(self._plain.body, ZIP_LEVEL, mtime=0)
        self._zipped = _form(200, (*headers.items(),), body)
        self.size += _size(self._zipped)
        return self._zipped
