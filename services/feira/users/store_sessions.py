"""Every statement about sessions, links in mails, and the letters that are still to be written."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from feira.contracts.users import SessionsEnded
from feira.kernel.db import Tx
from feira.kernel.events import emit
from feira.users.domain import SESSIONS_MAX
from feira.users.domain_sessions import Family

Purpose = Literal["verify", "reset"]


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A session as its owner may see it."""

    id: UUID
    created_at: datetime
    used_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    address: str
    agent: str


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody's request to be written to. `user_id` is the account that it made, if it made one."""

    id: UUID
    email: str
    kind: Literal["registered", "reset"]
    user_id: UUID | None
    tries: int


async def add_session(
    tx: Tx,
    session_id: UUID,
    user_id: UUID,
    hashes: tuple[bytes, bytes],
    now: datetime,
    expires_at: datetime,
    seen: tuple[str, str],
) -> None:
    """Begin a session; `hashes` are of the token's handle and secret, `seen` the client's address and agent.

    Beyond SESSIONS_MAX the oldest are forgotten.
    """
    await tx.execute(
        """insert into sessions (id, user_id, handle_hash, secret_hash, created_at, used_at, expires_at, address, agent)
           values ($1, $2, $3, $4, $5, $5, $6, $7, $8)""",
        session_id, user_id, *hashes, now, expires_at, *seen,
    )  # fmt: skip
    await tx.execute(
        """delete from sessions where id in (
               select id from sessions where user_id = $1 order by created_at desc, id desc offset $2
               for update skip locked)""",
        user_id, SESSIONS_MAX,
    )  # fmt: skip


async def lock_family(tx: Tx, handle_hash: bytes) -> tuple[UUID, UUID, Family] | None:
    """The session of this handle with its id and its user's id; whoever shows a token of it meanwhile waits."""
    row = await tx.fetchrow(
        """select s.id, s.user_id, s.secret_hash, s.created_at, s.expires_at, s.revoked_at is not null as revoked,
                  u.disabled_at is null and u.erased_at is null as user_open
           from sessions s join users u on u.id = s.user_id where s.handle_hash = $1 for update of s""",
        handle_hash,
    )
    if row is None:
        return None
    family = Family(row["secret_hash"], row["created_at"], row["expires_at"], row["revoked"], row["user_open"])
    return row["id"], row["user_id"], family


async def renew_session(tx: Tx, session_id: UUID, secret_hash: bytes, now: datetime, expires_at: datetime) -> None:
    await tx.execute(
        "update sessions set secret_hash = $2, used_at = $3, expires_at = $4 where id = $1",
        session_id, secret_hash, now, expires_at,
    )  # fmt: skip


async def revoke_session(tx: Tx, session_id: UUID, now: datetime) -> None:
    """End a session, in a transaction, and tell of it."""
    owner = await tx.fetchval(
        "update sessions set revoked_at = $2 where id = $1 and revoked_at is null returning user_id", session_id, now
    )
    if owner is not None:
        await emit(tx, SessionsEnded(user_id=owner, session_id=session_id, version=1))


async def revoke_sessions(tx: Tx, user_id: UUID, now: datetime) -> None:
    """End all sessions of an account whose row the caller has locked: no sign-in slips in between."""
    ended = await tx.fetch(
        "update sessions set revoked_at = $2 where user_id = $1 and revoked_at is null returning id", user_id, now
    )
    if ended:
        await emit(tx, SessionsEnded(user_id=user_id, version=1))


async def list_sessions(tx: Tx, user_id: UUID) -> Sequence[Session]:
    rows = await tx.fetch(
        """select id, created_at, used_at, expires_at, revoked_at, address, agent from sessions
           where user_id = $1 order by created_at, id limit $2""",
        user_id, 2 * SESSIONS_MAX,
    )  # fmt: skip
    return [Session(**dict(row)) for row in rows]


async def add_link(tx: Tx, token_hash: bytes, user_id: UUID, purpose: Purpose, expires_at: datetime) -> None:
    await tx.execute(
        "insert into links (hash, user_id, purpose, expires_at) values ($1, $2, $3, $4)",
        token_hash, user_id, purpose, expires_at,
    )  # fmt: skip


async def link_owner(tx: Tx, token_hash: bytes, purpose: Purpose, now: datetime) -> UUID | None:
    """Whose link this is, if it can still be used."""
    owner: UUID | None = await tx.fetchval(
        "select user_id from links where hash = $1 and purpose = $2 and expires_at > $3", token_hash, purpose, now
    )
    return owner


async def use_link(tx: Tx, token_hash: bytes) -> bool:
    """Whether the link was still there; of two that use it at once, one is told so."""
    return await tx.fetchval("delete from links where hash = $1 returning true", token_hash) or False


async def drop_links(tx: Tx, user_id: UUID, purpose: Purpose) -> None:
    await tx.execute("delete from links where user_id = $1 and purpose = $2", user_id, purpose)


async def add_letter(
    tx: Tx, letter_id: UUID, email: str, kind: Literal["registered", "reset"], user_id: UUID | None, now: datetime
) -> None:
    await tx.execute(
        "insert into letters (id, email, kind, user_id, at, due_at) values ($1, $2, $3, $4, $5, $5)",
        letter_id, email, kind, user_id, now,
    )  # fmt: skip


async def take_letter(tx: Tx, now: datetime, tries_max: int) -> Letter | None:
    """The next letter that is due, gone if the transaction commits."""
    row = await tx.fetchrow(
        """delete from letters where id = (
               select id from letters where due_at <= $1 and tries < $2 order by due_at, id limit 1
               for update skip locked)
           returning id, email, kind, user_id, tries""",
        now, tries_max,
    )  # fmt: skip
    return Letter(**dict(row)) if row else None


async def postpone_letter(tx: Tx, letter_id: UUID, due_at: datetime) -> None:
    await tx.execute("update letters set tries = tries + 1, due_at = $2 where id = $1", letter_id, due_at)


async def count_letters(tx: Tx, most: int) -> int:
    """How many letters wait to be written, counted up to `most`."""
    count: int = await tx.fetchval("select count(*) from (select from letters limit $1) as first", most)
    return count


async def sweep(tx: Tx, now: datetime, letters_before: datetime, limit: int) -> int:
    """Forget what has expired, at most so many of each; answers how many of one kind at most."""
    counts: list[int] = [
        await tx.fetchval(
            f"""with gone as (delete from {table} where {key} = any(array(
                    select {key} from {table} where {column} < $1 limit $2 for update skip locked)) returning 1)
                select count(*) from gone""",
            before,
            limit,
        )
        for table, key, column, before in (
            ("sessions", "id", "expires_at", now),
            ("links", "hash", "expires_at", now),
            ("attempts", "key", "expires_at", now),
            ("letters", "id", "due_at", letters_before),
        )
    ]
    return max(counts)
