"""Packaged files as they are."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from feira.kernel.errors import NotFound
from feira.kernel.http import Answer, Request, Route


class Files:
    """A folder of packaged files that never change, served at `prefix` by their names alone, inert in a browser."""

    TYPES: ClassVar[Mapping[str, str]] = {
        ".avif": "image/avif",
        ".css": "text/css; charset=utf-8",
        ".jpg": "image/jpeg",
        ".js": "text/javascript; charset=utf-8",
        ".png": "image/png",
        ".svg": "image/svg+xml",
        ".txt": "text/plain; charset=utf-8",
        ".webp": "image/webp",
    }

    def __init__(self, prefix: str, folder: Path, *, max_age_s: int = 86400, hidden: bool = False) -> None:
        self.route = Route("GET", prefix.rstrip("/") + "/{name}", self._send, summary="A picture", tag="Media",
                           public_cache=True, produces="image/*", hidden=hidden)  # fmt: skip
        # Only names that were there at the start are ever opened, so no name can lead out of the folder.
        self._files = {file.name: file for file in folder.iterdir() if file.suffix in self.TYPES}
        self._tags: dict[str, str] = {}
        self._cache = f"public, max-age={max_age_s}"

    async def _send(self, request: Request[None, None]) -> Answer:
        file = self._files.get(request.path["name"])
        if file is None:
            raise NotFound
        body = file.read_bytes()
        tag = self._tags.setdefault(file.name, f'"{hashlib.sha256(body).hexdigest()[:32]}"')
        policy = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
        headers = (("etag", tag), ("cache-control", self._cache), ("content-security-policy", policy))
        return Answer(200, body, headers, self.TYPES[file.suffix])
