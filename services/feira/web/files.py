"""Next's own files under /_next/static: they never change, and were compressed when they were built."""

from pathlib import Path
from typing import Final

from feira.kernel.http import Answer, Request
from feira.transport.finished import Finished, Form, Pack, tag_of
from feira.transport.kept import Kept
from feira.transport.told import requests_of
from feira.web.urls import STATIC

BYTES_MAX: Final = 16 << 20  # In memory, all forms included; the others are read again.
FILE_BYTES_MAX: Final = 8 << 20
FILES_MAX: Final = 10_000
IMMUTABLE: Final = "public, max-age=31536000, immutable"
PACKED: Final = {"br": ".br", "gzip": ".gz"}
TYPES: Final = {
    ".avif": "image/avif",
    ".css": "text/css; charset=utf-8",
    ".gif": "image/gif",
    ".ico": "image/x-icon",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}


class Files:
    """The files of one build, by the targets that ask for them. Only names that were there at the start are ever opened."""

    def __init__(self, home: Path) -> None:
        folder = home / ".next" / "static"
        self._paths: dict[bytes, Path] = {}
        for path in sorted(folder.rglob("*")):
            if path.suffix in TYPES and path.is_file() and path.stat().st_size <= FILE_BYTES_MAX:
                self._paths[STATIC + path.relative_to(folder).as_posix().encode()] = path
            if len(self._paths) == FILES_MAX:
                break
        self._kept = Kept(bytes_max=BYTES_MAX)
        self._told = requests_of("(page)")

    def __len__(self) -> int:
        return len(self._paths)

    def form(self, target: bytes, if_none_match: str, accept_encoding: str) -> Form | None:
        """The file in the form that the client takes best, or None if there is none."""
        found: Finished | None = self._kept.find(target, "")
        if found is None:
            if (path := self._paths.get(target)) is None:
                return None
            found = self._finished(path)
            self._kept.put(target, _REQUEST, found, found.size, self._kept.clock)
        size = found.size
        form = found.form(if_none_match, accept_encoding)
        if found.size != size:
            self._kept.grow(target, found.size - size)
        return form

    def _finished(self, path: Path) -> Finished:
        body = path.read_bytes()
        headers = (("cache-control", IMMUTABLE), ("etag", tag_of(body)))
        packed = {coding: path.with_name(path.name + suffix) for coding, suffix in PACKED.items()}
        packs = {coding: _reader(file) for coding, file in packed.items() if file.is_file()}
        return Finished(Answer(200, None, headers, TYPES[path.suffix]), body, self._told, packs)


def _reader(path: Path) -> Pack:
    return lambda _body: path.read_bytes()


_REQUEST: Request[None, None] = Request(body=None, query=None, tags={"file"})
