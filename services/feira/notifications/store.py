"""Every SQL statement of notifications."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from asyncpg import Record

from feira.kernel.db import Tx
from feira.notifications.domain import Contents, Kind, Letter, State

_CONTENTS: Final[Any] = Contents
_encode: Final = msgspec.json.Encoder().encode
_COLUMNS: Final = (
    "id, kind, recipient, locale, contents, secret, order_id, user_id, state, tries, due_at, created_at, sent_at, error"
)
# An order's mails by its two indexes: that of its one confirmation, and that of all others.
OF_ORDER: Final = "(order_id = ${0} and kind = 'order_confirmed' or order_id = ${0} and kind <> 'order_confirmed')"


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """A letter as it is stored, with what became of it."""

    letter: Letter
    state: State
    tries: int
    due_at: datetime
    sent_at: datetime | None
    error: str | None


class Fault(msgspec.Struct, frozen=True):
    """A try that failed; `state` is due for another one after `delay_s`, or failed."""

    id: UUID
    state: State
    delay_s: int
    error: str


def _mail(row: Record) -> Mail:
    letter = Letter(
        id=row["id"],
        kind=row["kind"],
        recipient=row["recipient"],
        locale=row["locale"],
        contents=msgspec.convert(row["contents"], _CONTENTS),
        created_at=row["created_at"],
        secret=row["secret"],
        order_id=row["order_id"],
        user_id=row["user_id"],
    )
    return Mail(
        letter=letter,
        state=row["state"],
        tries=row["tries"],
        due_at=row["due_at"],
        sent_at=row["sent_at"],
        error=row["error"],
    )


async def add(tx: Tx, letters: Sequence[Letter], state: State) -> None:
    """Write letters down: none twice, and none to who has been erased."""
    await tx.execute(
        """insert into mails (id, kind, recipient, locale, contents, secret, order_id, user_id, created_at, state, due_at)
           select id, kind, recipient, locale, contents::jsonb, secret, order_id, user_id, at, $10, now()
           from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::uuid[], $8::uuid[],
                       $9::timestamptz[]) as e(id, kind, recipient, locale, contents, secret, order_id, user_id, at)
           where not exists (select from erased where erased.user_id = e.user_id)
           on conflict do nothing""",
        [letter.id for letter in letters],
        [letter.kind for letter in letters],
        [letter.recipient for letter in letters],
        [letter.locale for letter in letters],
        [_encode(letter.contents).decode() for letter in letters],
        [letter.secret for letter in letters],
        [letter.order_id for letter in letters],
        [letter.user_id for letter in letters],
        [letter.created_at for letter in letters],
        state,
    )


async def own(tx: Tx, recipients: Sequence[str], user_ids: Sequence[UUID]) -> None:
    """Mails to these addresses are from now on these users', so that they go when the user goes."""
    await tx.execute(
        """update mails set user_id = e.user_id from unnest($1::text[], $2::uuid[]) as e(recipient, user_id)
           where mails.recipient = e.recipient and mails.user_id is null""",
        recipients,
        user_ids,
    )


async def forget(tx: Tx, user_ids: Sequence[UUID]) -> None:
    """Blank the mails of users who left; that there was a mail, and about which order, remains."""
    await tx.execute("insert into erased (user_id) select unnest($1::uuid[]) on conflict do nothing", user_ids)
    await tx.execute(
        """update mails set recipient = '', secret = null, error = null, state = 'forgotten',
                  contents = case when order_id is null then '{"type": "account"}'::jsonb
                             else jsonb_build_object('type', 'order', 'number', contents -> 'number',
                                                     'placed_at', contents -> 'placed_at',
                                                     'currency', contents -> 'currency') end
           where user_id = any($1)""",
        user_ids,
    )


async def claim(tx: Tx, limit: int, lease_s: int) -> list[Mail]:
    """Mails whose time has come, each counted as tried; they are due again after the lease if nothing more is heard."""
    rows = await tx.fetch(
        f"""update mails set tries = tries + 1, due_at = now() + make_interval(secs => $2)
            where id = any(array(select id from mails where state = 'due' and due_at <= now()
                                 order by due_at, id limit $1 for update skip locked))
            returning {_COLUMNS}""",
        limit,
        lease_s,
    )
    return [_mail(row) for row in rows]


async def settle(tx: Tx, sent: Sequence[UUID], faults: Sequence[Fault]) -> None:
    """Write down what became of claimed mails. The token of a link is dropped once it is sent or given up."""
    await tx.execute(
        """update mails set state = 'sent', sent_at = now(), secret = null, error = null
           where id = any($1) and state = 'due'""",
        sent,
    )
    await tx.execute(
        """update mails set state = e.state, error = e.error, due_at = now() + make_interval(secs => e.delay_s),
                  secret = case when e.state = 'failed' then null else secret end
           from unnest($1::uuid[], $2::text[], $3::int[], $4::text[]) as e(id, state, delay_s, error)
           where mails.id = e.id and mails.state = 'due'""",
        [fault.id for fault in faults],
        [fault.state for fault in faults],
        [fault.delay_s for fault in faults],
        [fault.error for fault in faults],
    )


async def listed(
    tx: Tx, *, recipient: str | None, order_id: UUID | None, kind: Kind | None, before: UUID | None, limit: int
) -> list[Mail]:
    """Mails, the newest first, that fit every condition given."""
    values: list[Any] = [limit]
    conditions = ["true"]
    for condition, value in (
        ("recipient = ${}", recipient),
        (OF_ORDER, order_id),
        ("kind = ${}", kind),
        ("id < ${}", before),
    ):
        if value is not None:
            values.append(value)
            conditions.append(condition.format(len(values)))
    if kind is not None and kind != "order_confirmed":
        conditions.append("kind <> 'order_confirmed'")  # It leads to the index of all other kinds.
    rows = await tx.fetch(
        f"select {_COLUMNS} from mails where {' and '.join(conditions)} order by id desc limit $1", *values
    )
    return [_mail(row) for row in rows]


async def read(tx: Tx, mail_id: UUID) -> Mail | None:
    row = await tx.fetchrow(f"select {_COLUMNS} from mails where id = $1", mail_id)
    return _mail(row) if row else None


async def counts(tx: Tx, most: int) -> dict[State, int]:
    """How many mails are due and how many were given up, of each up to `most`."""
    row = await tx.fetchrow(
        """select (select count(*) from (select from mails where state = 'due' limit $1) as first) as due,
                  (select count(*) from (select from mails where state = 'failed' limit $1) as first) as failed""",
        most,
    )
    assert row is not None  # noqa: S101 - aggregates always answer a row.
    return {"due": row["due"], "failed": row["failed"]}


async def drop_before(tx: Tx, at: datetime, limit: int) -> int:
    """Delete at most so many mails whose events were told before `at`; answers how many. Their ids go by that time."""
    row = await tx.fetchrow(
        """with gone as (delete from mails where id = any(array(
                         select id from mails where id < $1 order by id limit $2)) returning 1)
           select count(*) as n from gone""",
        UUID(int=int(at.timestamp() * 1000) << 80),
        limit,
    )
    return int(row["n"]) if row else 0
