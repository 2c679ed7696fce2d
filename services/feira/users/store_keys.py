"""Every statement about signing keys."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from feira.kernel.db import Tx


class StoredKey(msgspec.Struct, frozen=True):
    """`public` is the raw public key, `sealed` the private one, encrypted."""

    kid: str
    public: bytes
    sealed: bytes
    signs_from: datetime


async def lock_keys(tx: Tx) -> None:
    """Let one process at a time decide about keys."""
    await tx.execute("lock table signing_keys in share row exclusive mode")


async def all_keys(tx: Tx) -> Sequence[StoredKey]:
    rows = await tx.fetch("select kid, public, sealed, signs_from from signing_keys order by signs_from, kid")
    return [StoredKey(**dict(row)) for row in rows]


async def add_key(tx: Tx, key: StoredKey) -> None:
    await tx.execute(
        "insert into signing_keys (kid, public, sealed, signs_from) values ($1, $2, $3, $4)",
        key.kid, key.public, key.sealed, key.signs_from,
    )  # fmt: skip


async def drop_keys(tx: Tx, kids: Sequence[str]) -> None:
    await tx.execute("delete from signing_keys where kid = any($1::text[])", kids)
