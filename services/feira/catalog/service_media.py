"""Pictures that staff send: looked at in a process of their own, one at a time, and kept in a few sizes for ever."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from typing import Final
from uuid import UUID

import msgspec

from feira.catalog import store
from feira.catalog.store_media import DiskFull, Picture, Shelf, key_of
from feira.contracts.audit import StaffActed
from feira.kernel.card import Context
from feira.kernel.errors import Overloaded, Refused
from feira.kernel.events import emit

WAITING_MAX: Final = 4  # Uploads at once in one process, the one that is worked on included: each is held in memory.
RETRY_S: Final = 5
TIME_MAX_S: Final = 60.0  # Also when the machine has better things to do.
PROGRAM: Final = "feira.catalog.pictures"
TROUBLE_LENGTH_MAX: Final = 2_000

_told = msgspec.json.Decoder(Picture)
_refused = msgspec.json.Decoder(dict[str, str])


class BadPicture(Refused):
    """The detail says what is wrong with it."""

    status = 422
    code = "bad_picture"
    blamed = "body"
    title = "This is no picture that can be shown"


class StorageFull(Refused):
    status = 507
    code = "storage_full"
    title = "There is no room for more pictures"


class Media:
    """Every upload is told to the audit journal. The same bytes are the same picture."""

    def __init__(self, ctx: Context) -> None:
        self._db = ctx.db
        self._log = ctx.log
        self._shelf = Shelf(ctx.settings.data_path / "media")
        self._one = asyncio.Semaphore()
        self._inside = 0

    async def keep(self, stream: AsyncIterator[bytes], actor: UUID) -> tuple[str, Picture]:
        """The picture of these bytes, made if it is new, with the key that its files are named by."""
        if self._inside >= WAITING_MAX:
            raise Overloaded("Other pictures are being made ready; please try again", retry_after_s=RETRY_S)
        self._inside += 1
        try:
            raw = b"".join([piece async for piece in stream])
            key = key_of(raw)
            picture = await asyncio.to_thread(self._shelf.find, key)
            if picture is None:
                async with self._one:
                    picture = await self._make(key, raw)
        finally:
            self._inside -= 1
        detail = store.as_json({"width": picture.width, "height": picture.height, "bytes": len(raw)})
        async with self._db.tx() as tx:
            await emit(
                tx, StaffActed(actor=actor, action="catalog.media.uploaded", target=key, detail=detail, version=1)
            )
        return key, picture

    async def read(self, name: str) -> tuple[bytes, str] | None:
        """The bytes and the type of a file of ours; None if there is none of this name."""
        return await asyncio.to_thread(self._shelf.read, name)

    async def _make(self, key: str, raw: bytes) -> Picture:
        head, _, rest = (await self._run(raw)).partition(b"\n")
        try:
            picture = _told.decode(head)
        except msgspec.ValidationError:
            raise BadPicture(f"The picture {_refused.decode(head)['refused']}") from None
        bodies = []
        for part in picture.parts:
            bodies.append(rest[: part.length])
            rest = rest[part.length :]
        try:
            await asyncio.to_thread(self._shelf.keep, key, picture, bodies)
        except DiskFull as failure:
            self._log.error("media_not_kept", error=repr(failure.__cause__))
            raise StorageFull from failure
        return picture

    async def _run(self, raw: bytes) -> bytes:
        """What the program answers that takes the picture apart. It is told none of our secrets."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-I", "-m", PROGRAM,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            env={name: value for name, value in os.environ.items() if not name.startswith(("FEIRA_", "DATABASE_"))},
        )  # fmt: skip
        try:
            async with asyncio.timeout(TIME_MAX_S):
                told, trouble = await process.communicate(raw)
        except TimeoutError:
            raise BadPicture("The picture takes too long to read") from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode:
            error = trouble.decode(errors="replace")[-TROUBLE_LENGTH_MAX:]
            self._log.warning("picture_not_read", status=process.returncode, error=error)
            raise BadPicture("The picture takes too much to read")
        return told
