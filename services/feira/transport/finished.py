"""Answers that are given again and again: their bytes, heads included, are made once."""

import gzip
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
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
Pack = Callable[[bytes], bytes]
_TAG = re.compile(r'"[^"]*"')
_CODING = re.compile(r"\s*(br|gzip|x-gzip|\*)\s*(?:;\s*q\s*=\s*([0-9.]+)\s*)?", re.IGNORECASE)


def tag_of(body: bytes) -> str:
    return f'"{hashlib.blake2b(body, digest_size=16).hexdigest()}"'


def is_known(tag: str, if_none_match: str) -> bool:
    """Whether the client has what this tag names, by an If-None-Match header."""
    return if_none_match.strip() == "*" or tag in _TAG.findall(if_none_match)


def _zip(body: bytes) -> bytes:
    return gzip.compress(body, ZIP_LEVEL, mtime=0)


PACKS: Final[Mapping[str, Pack]] = {"gzip": _zip}  # By content coding, the best first.


@lru_cache(maxsize=1024)
def codings(accept_encoding: str) -> frozenset[str]:
    """Which of br and gzip the client takes."""
    found = {match[1].lower(): match[2] for part in accept_encoding.split(",") if (match := _CODING.fullmatch(part))}
    rest = found.get("*", "0")
    weights = {"br": found.get("br", rest), "gzip": found.get("gzip", found.get("x-gzip", rest))}
    return frozenset(coding for coding, weight in weights.items() if weight is None or weight.strip("0.") != "")


class Form(NamedTuple):
    """One way to give the answer: `head` is all of its head that is the same for everybody."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    head: bytes


def form(status: int, headers: Sequence[tuple[str, str]], body: bytes) -> Form:
    return Form(status, tuple(headers), body, head_of(status, (*headers, *COMMON), len(body) if body else None))


def _size(form: Form) -> int:
    return len(form.body) + 2 * len(form.head)  # Its headers are kept apart as well.


class Finished:
    """A reply in its forms: as it is, compressed, and, if it has an ETag, that it is still the same."""

    __slots__ = ("_known", "_packed", "_packs", "_plain", "_tag", "size", "told")

    def __init__(self, answer: Answer, body: bytes, told: Requests, packs: Mapping[str, Pack] = PACKS) -> None:
        """`answer` has all its headers, its ETag among them. Of the `packs` the first that the client takes is used."""
        headers = dict(answer.headers)
        self._packs = packs if len(body) >= ZIPPED_MIN else {}
        if self._packs:
            headers["vary"] = ", ".join(filter(None, (headers.get("vary"), "Accept-Encoding")))
        self.told = told
        self._tag = headers.get("etag", "")
        self._known = form(304, (*headers.items(),), b"") if self._tag else None
        self._plain = form(answer.status, (*headers.items(), ("content-type", answer.content_type)), body)
        self._packed: dict[str, Form] = {}
        self.size = _size(self._plain) + (_size(self._known) if self._known else 0)  # What has been made so far.

    def form(self, if_none_match: str, accept_encoding: str) -> Form:
        """As a client with these headers is answered."""
        if if_none_match and self._known is not None and is_known(self._tag, if_none_match):
            return self._known
        if accept_encoding and self._packs:
            taken = codings(accept_encoding[:256])
            for coding in self._packs:
                if coding in taken:
                    return self._packed.get(coding) or self._pack(coding)
        return self._plain

    def _pack(self, coding: str) -> Form:
        headers = {**dict(self._plain.headers), "content-encoding": coding}
        if self._tag:
            headers["etag"] = f"W/{self._tag}"
        made = self._packed[coding] = form(
            self._plain.status, (*headers.items(),), self._packs[coding](self._plain.body)
        )
        self.size += _size(made)
        return made
