"""Pictures on disk: files that are never changed, named by what they were made of."""

import errno
import hashlib
import os
import re
import secrets
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

RECIPE: Final = b"feira-media-1"  # Another word, once pictures are made otherwise: then their names are others, too.
LEFT_S: Final = 3600.0  # An unfinished file of this age belongs to nobody any more.
FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
MISSING: Final = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP})  # The last: it leads elsewhere.
TYPES: Final = {"avif": "image/avif", "webp": "image/webp"}

_NAME = re.compile(r"[0-9a-f]{32}-[0-9]{1,4}\.(avif|webp)")


class DiskFull(Exception):  # noqa: N818 - what is done about it is decided above.
    """There is no room; nothing was kept."""


class Part(msgspec.Struct, frozen=True):
    """The picture in one type and width, of so many bytes."""

    type: str
    width: int
    length: int

    @property
    def suffix(self) -> str:
        return self.type.removeprefix("image/")


class Picture(msgspec.Struct, frozen=True):
    """A picture as it is kept; `width` and `height` are those of its largest parts."""

    width: int
    height: int
    parts: tuple[Part, ...]


_told = msgspec.json.Decoder(Picture)


def key_of(raw: bytes) -> str:
    """What the pictures made of these bytes are called."""
    return hashlib.blake2b(raw, digest_size=16, person=RECIPE).hexdigest()


def name_of(key: str, part: Part) -> str:
    return f"{key}-{part.width}.{part.suffix}"


class Shelf:
    """A folder of pictures, which several processes and machines may share: each file is put there whole, or not at all.

    `{key}.json` tells of a picture, and comes after all its parts. Everything here may block.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, key: str) -> Picture | None:
        """The picture of this key, if it is kept whole."""
        try:
            picture = _told.decode((self._folder / f"{key}.json").read_bytes())
        except (FileNotFoundError, NotADirectoryError, msgspec.DecodeError):
            return None
        whole = all((self._folder / name_of(key, part)).is_file() for part in picture.parts)
        return picture if whole else None

    def keep(self, key: str, picture: Picture, bodies: Sequence[bytes]) -> None:
        """Put the picture there, its parts in the order of `picture.parts`. Raises DiskFull."""
        files = {name_of(key, part): body for part, body in zip(picture.parts, bodies, strict=True)}
        files[f"{key}.json"] = msgspec.json.encode(picture)
        unfinished: list[tuple[Path, Path]] = []
        try:
            self._folder.mkdir(mode=0o755, parents=True, exist_ok=True)
            self._tidy()
            for name, body in files.items():
                path = self._folder / f".{secrets.token_hex(8)}.tmp"
                unfinished.append((path, self._folder / name))
                _write(path, body)
            for path, final in unfinished:
                path.replace(final)
            _sync(self._folder)
        except OSError as failure:
            for path, _ in unfinished:
                with suppress(OSError):
                    path.unlink(missing_ok=True)
            if failure.errno in FULL:
                raise DiskFull from failure
            raise

    def read(self, name: str) -> tuple[bytes, str] | None:
        """The bytes and the type of the file of this name; None if there is none. No other file is ever opened."""
        match = _NAME.fullmatch(name)
        if match is None:
            return None
        try:
            handle = os.open(self._folder / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError as failure:
            if failure.errno in MISSING:
                return None
            raise
        with os.fdopen(handle, "rb") as file:
            return file.read(), TYPES[match[1]]

    def _tidy(self) -> None:
        """Remove what a process left behind that was killed in the midst."""
        before = time.time() - LEFT_S
        for path in self._folder.glob(".*.tmp"):
            with suppress(OSError):
                if path.stat().st_mtime < before:
                    path.unlink()


def _write(path: Path, body: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644), "wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
