"""Every statement about accounts, and about what belongs to one of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg
import msgspec

from feira.contracts.goods import Address
from feira.kernel.db import Tx
from feira.users.domain import Role

COLUMNS: Final = "id, email, name, phone, locale, role, password_hash, email_verified_at, disabled_at, erased_at, created_at, version"
ADDRESS_COLUMNS: Final = "id, name, line1, line2, city, region, postal_code, country, phone, is_default"


class User(msgspec.Struct, frozen=True, kw_only=True):
    """An account as it is stored. `email` is empty once it is erased."""

    id: UUID
    email: str
    name: str
    phone: str | None
    locale: str
    role: Role
    password_hash: str | None
    email_verified_at: datetime | None
    disabled_at: datetime | None
    erased_at: datetime | None
    created_at: datetime
    version: int

    @property
    def verified(self) -> bool:
        return self.email_verified_at is not None

    @property
    def open(self) -> bool:
        """Whether the account may be used."""
        return self.disabled_at is None and self.erased_at is None


class KeptAddress(msgspec.Struct, frozen=True):
    """`default` is the one that a checkout begins with."""

    id: UUID
    address: Address
    default: bool = False


def read_user(row: asyncpg.Record) -> User:
    fields = dict(row)
    return User(**{**fields, "email": fields["email"] or ""})


async def add_user(
    tx: Tx, user_id: UUID, email: str, name: str, locale: str, password_hash: str | None, now: datetime
) -> bool:
    """Whether the account is new; an address that has one is left as it is."""
    return await tx.fetchval(
        """insert into users (id, email, name, locale, password_hash, created_at) values ($1, $2, $3, $4, $5, $6)
           on conflict (email) do nothing returning true""",
        user_id, email, name, locale, password_hash, now,
    ) or False  # fmt: skip


async def user_by_email(tx: Tx, email: str) -> User | None:
    row = await tx.fetchrow(f"select {COLUMNS} from users where email = $1", email)
    return read_user(row) if row else None


async def user_by_id(tx: Tx, user_id: UUID) -> User | None:
    row = await tx.fetchrow(f"select {COLUMNS} from users where id = $1 and erased_at is null", user_id)
    return read_user(row) if row else None


async def lock_user(tx: Tx, user_id: UUID) -> User | None:
    """The account, for a change: sign-ins wait until the change is made, and see it."""
    row = await tx.fetchrow(
        f"select {COLUMNS} from users where id = $1 and erased_at is null for no key update", user_id
    )
    return read_user(row) if row else None


async def lock_user_by_email(tx: Tx, email: str) -> User | None:
    row = await tx.fetchrow(f"select {COLUMNS} from users where email = $1 for no key update", email)
    return read_user(row) if row else None


async def share_user(tx: Tx, user_id: UUID) -> User | None:
    """The account as it is and stays until the end of the transaction; many may share it."""
    row = await tx.fetchrow(f"select {COLUMNS} from users where id = $1 for share", user_id)
    return read_user(row) if row else None


async def lock_user_and_admins(tx: Tx, user_id: UUID) -> tuple[User | None, frozenset[UUID]]:
    """The account, for a change, and the ids of all admins that can act: none of them changes meanwhile."""
    rows = await tx.fetch(
        f"""select {COLUMNS} from users
            where id = $1 and erased_at is null or role = 'admin' and disabled_at is null and erased_at is null
            order by id for no key update""",
        user_id,
    )
    users = [read_user(row) for row in rows]
    found = next((user for user in users if user.id == user_id), None)
    return found, frozenset(user.id for user in users if user.role == "admin" and user.open)


async def next_version(tx: Tx, user_id: UUID) -> int:
    """The number of the next event about this account, whose row the caller has locked."""
    version: int = await tx.fetchval("update users set version = version + 1 where id = $1 returning version", user_id)
    return version


async def set_profile(tx: Tx, user_id: UUID, name: str, phone: str | None, locale: str) -> None:
    await tx.execute("update users set name = $2, phone = $3, locale = $4 where id = $1", user_id, name, phone, locale)


async def set_password(tx: Tx, user_id: UUID, password_hash: str | None) -> None:
    await tx.execute("update users set password_hash = $2 where id = $1", user_id, password_hash)


async def rehash_password(tx: Tx, user_id: UUID, old: str, new: str) -> None:
    """Store the same password's hash with newer parameters, unless it was changed meanwhile."""
    await tx.execute("update users set password_hash = $3 where id = $1 and password_hash = $2", user_id, old, new)


async def mark_verified(tx: Tx, user_id: UUID, now: datetime) -> None:
    await tx.execute(
        "update users set email_verified_at = $2 where id = $1 and email_verified_at is null", user_id, now
    )


async def set_standing(tx: Tx, user_id: UUID, role: Role, disabled_at: datetime | None) -> None:
    await tx.execute("update users set role = $2, disabled_at = $3 where id = $1", user_id, role, disabled_at)


async def erase_user(tx: Tx, user: User, now: datetime) -> None:
    """Overwrite all that is personal, and drop all that hangs on it but the journal, which names nobody."""
    await tx.execute(
        """update users set email = null, name = '', phone = null, password_hash = null, role = 'customer',
                            email_verified_at = null, erased_at = $2 where id = $1""",
        user.id, now,
    )  # fmt: skip
    await tx.execute("delete from sessions where user_id = $1", user.id)
    await tx.execute("delete from links where user_id = $1", user.id)
    # One that is being written waits for this very account, and will not find it.
    await tx.execute(
        "delete from letters where id in (select id from letters where email = $1 for update skip locked)", user.email
    )
    await drop_addresses(tx, user.id)


async def list_addresses(tx: Tx, user_id: UUID, after: UUID | None, limit: int) -> Sequence[KeptAddress]:
    rows = await tx.fetch(
        f"""select {ADDRESS_COLUMNS} from addresses
            where user_id = $1 and ($2::uuid is null or id > $2) order by id limit $3""",
        user_id, after, limit,
    )  # fmt: skip
    return [_address(row) for row in rows]


def _address(row: asyncpg.Record) -> KeptAddress:
    fields = dict(row)
    return KeptAddress(fields.pop("id"), default=fields.pop("is_default"), address=Address(**fields))


async def count_addresses(tx: Tx, user_id: UUID) -> int:
    count: int = await tx.fetchval("select count(*) from addresses where user_id = $1", user_id)
    return count


async def read_address(tx: Tx, user_id: UUID, address_id: UUID) -> KeptAddress | None:
    """The address if it is this user's own."""
    row = await tx.fetchrow(
        f"select {ADDRESS_COLUMNS} from addresses where id = $1 and user_id = $2", address_id, user_id
    )
    return _address(row) if row else None


async def put_address(tx: Tx, user_id: UUID, kept: KeptAddress) -> None:
    """Add an address, or overwrite the one of this id. The caller has locked the user; the default one is so alone."""
    address = kept.address
    if kept.default:
        await tx.execute(
            "update addresses set is_default = false where user_id = $1 and is_default and id <> $2", user_id, kept.id
        )
    await tx.execute(
        """insert into addresses (id, user_id, name, line1, line2, city, region, postal_code, country, phone, is_default)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
           on conflict (id) do update set name = excluded.name, line1 = excluded.line1, line2 = excluded.line2,
               city = excluded.city, region = excluded.region, postal_code = excluded.postal_code,
               country = excluded.country, phone = excluded.phone,
               is_default = excluded.is_default""",
        kept.id, user_id, address.name, address.line1, address.line2, address.city, address.region,
        address.postal_code, address.country, address.phone, kept.default,
    )  # fmt: skip


async def drop_address(tx: Tx, user_id: UUID, address_id: UUID) -> bool:
    return await tx.fetchval(
        "delete from addresses where id = $1 and user_id = $2 returning true", address_id, user_id
    ) or False  # fmt: skip


async def drop_addresses(tx: Tx, user_id: UUID) -> None:
    await tx.execute("delete from addresses where user_id = $1", user_id)
