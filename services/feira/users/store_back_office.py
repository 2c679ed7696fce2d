"""Every statement of the back office: lists of users, and the journal of what staff did."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from feira.kernel.db import Tx
from feira.users.domain import Role
from feira.users.store import COLUMNS, User, read_user

# Where a list without a cursor begins: with bounds that are always there an index serves every page alike.
FIRST_ID: Final = UUID(int=0)
LAST_ID: Final = UUID(int=2**128 - 1)


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the journal. `actor` is None for what was done on the machine itself."""

    id: UUID
    at: datetime
    actor: UUID | None
    action: str
    target: str
    detail: Any


class ActQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which acts; None means any. Times are from `since` on and before `until`."""

    actor: UUID | None = None
    action: str | None = None
    target: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def _of(role: Role | None, place: int) -> str:
    """The condition on roles; those who work here are few, and its second half leads to their index."""
    if role is None:
        return f"${place}::text is null"
    return f"role = ${place}" if role == "customer" else f"role = ${place} and role <> 'customer'"


async def newest_users(tx: Tx, role: Role | None, before: UUID | None, limit: int) -> Sequence[User]:
    """Ids are made in the order of time."""
    rows = await tx.fetch(
        f"""select {COLUMNS} from users where {_of(role, 1)} and erased_at is null and id < $2
            order by id desc limit $3""",
        role, before or LAST_ID, limit,
    )  # fmt: skip
    return [read_user(row) for row in rows]


async def users_by_email(tx: Tx, prefix: str, role: Role | None, after: str, limit: int) -> Sequence[User]:
    """Those whose address begins so, in order of address."""
    rows = await tx.fetch(
        f"""select {COLUMNS} from users
            where email >= $1 and email < $1 || chr(1114111) and email > $2 and {_of(role, 3)}
            order by email limit $4""",
        prefix, after, role, limit,
    )  # fmt: skip
    return [read_user(row) for row in rows]


async def users_after(tx: Tx, after: UUID | None, limit: int) -> Sequence[User]:
    """All accounts that are not erased, in order of id."""
    rows = await tx.fetch(
        f"""select {COLUMNS} from users where erased_at is null and id > $1
            order by id limit $2""",
        after or FIRST_ID, limit,
    )  # fmt: skip
    return [read_user(row) for row in rows]


async def record_acts(tx: Tx, acts: Sequence[Act]) -> None:
    """Write acts down; one that is there already stays as it is."""
    await tx.executemany(
        """insert into journal (id, at, actor, action, target, detail) values ($1, $2, $3, $4, $5, $6)
           on conflict (id) do nothing""",
        [(act.id, act.at, act.actor, act.action, act.target, act.detail) for act in acts],
    )


async def list_acts(tx: Tx, query: ActQuery, before: tuple[datetime, UUID] | None, limit: int) -> Sequence[Act]:
    """The newest first."""
    values: list[Any] = [limit]
    where = ["true"]
    for condition, value in (
        ("actor = ${}", query.actor),
        ("action = ${}", query.action),
        ("target = ${}", query.target),
        ("at >= ${}", query.since),
        ("at < ${}", query.until),
    ):
        if value is not None:
            values.append(value)
            where.append(condition.format(len(values)))
    if before is not None:
        values += before
        where.append(f"(at, id) < (${len(values) - 1}, ${len(values)})")
    rows = await tx.fetch(
        f"""select id, at, actor, action, target, detail from journal where {" and ".join(where)}
            order by at desc, id desc limit $1""",
        *values,
    )
    return [Act(**dict(row)) for row in rows]
