"""Every SQL statement of carts."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from asyncpg import Record

from feira.carts.domain import Cart, CartLine
from feira.kernel.db import Tx

CART = "id, user_id, version, order_id, merged_into, recent, lines"
_lines = msgspec.json.Decoder(tuple[CartLine, ...]).decode
_encode = msgspec.json.Encoder().encode


def _cart(row: Record) -> Cart:
    return Cart(
        id=row["id"],
        user_id=row["user_id"],
        version=row["version"],
        order_id=row["order_id"],
        merged_into=row["merged_into"],
        recent=tuple(row["recent"]),
        lines=_lines(row["lines"]),
    )


async def read_carts(tx: Tx, ids: Iterable[str]) -> dict[str, Cart]:
    """These carts; those that do not exist are left out."""
    rows = await tx.fetch(f"select {CART} from carts where id = any($1::text[])", list(ids))
    return {row["id"]: _cart(row) for row in rows}


async def lock_carts(tx: Tx, ids: Iterable[str]) -> dict[str, Cart]:
    """These carts and those that they were merged into, locked."""
    rows = await tx.fetch(
        f"""select {CART} from carts
            where id = any($1::text[] || array(select merged_into from carts
                                               where id = any($1::text[]) and merged_into is not null))
            order by id for update""",
        list(ids),
    )
    return {row["id"]: _cart(row) for row in rows}


async def insert_carts(tx: Tx, carts: Sequence[Cart], now: datetime) -> None:
    await tx.execute(
        """insert into carts (id, user_id, created_at, touched_on)
           select i, u, $3, $4 from unnest($1::text[], $2::uuid[]) as e(i, u) on conflict do nothing""",
        [cart.id for cart in carts],
        [cart.user_id for cart in carts],
        now,
        now.date(),
    )


async def save_carts(tx: Tx, before: Mapping[str, Cart], carts: Iterable[Cart], now: datetime) -> set[str]:
    """Write what has changed; answers which carts are as they are given now. The others were changed by somebody else since
    they were read, which cannot happen to those that are locked.
    """
    unchanged, changed = set[str](), list[Cart]()
    for cart in carts:
        if cart == before[cart.id]:
            unchanged.add(cart.id)
        else:
            changed.append(cart)
    if not changed:
        return unchanged
    changed.sort(key=lambda cart: cart.id)
    rows = await tx.fetch(
        """update carts c set user_id = e.user_id, version = e.version, order_id = e.order_id,
                              merged_into = e.merged_into, touched_on = $9, recent = e.recent::uuid[],
                              lines = e.lines::json
           from unnest($1::text[], $2::uuid[], $3::integer[], $4::uuid[], $5::text[], $6::text[], $7::text[],
                       $8::integer[]) as e(id, user_id, version, order_id, merged_into, recent, lines, was)
           where c.id = e.id and c.version = e.was returning c.id""",
        [cart.id for cart in changed],
        [cart.user_id for cart in changed],
        [cart.version for cart in changed],
        [cart.order_id for cart in changed],
        [cart.merged_into for cart in changed],
        ["{" + ",".join(map(str, cart.recent)) + "}" for cart in changed],
        [_encode(cart.lines).decode() for cart in changed],
        [before[cart.id].version for cart in changed],
        now.date(),
    )
    return unchanged | {row["id"] for row in rows}


async def lock_customer(tx: Tx, user_id: UUID) -> None:
    """One claim of a customer at a time."""
    await tx.execute("select pg_advisory_xact_lock(hashtextextended($1, 0))", f"carts of {user_id}")


async def newest_open(tx: Tx, user_id: UUID, but: str = "") -> str | None:
    """The cart that a customer has in hand, another one left aside."""
    found: str | None = await tx.fetchval(
        """select id from carts where user_id = $1 and order_id is null and merged_into is null and id <> $2
           order by created_at desc, id limit 1""",
        user_id,
        but,
    )
    return found


async def reopen(tx: Tx, cart_ids: Sequence[str], order_ids: Sequence[UUID]) -> None:
    """These orders of these carts fell: the carts may be filled and ordered again."""
    await tx.execute(
        """update carts set order_id = null, version = version + 1 where id in
           (select id from carts where id = any($1::text[]) and order_id = any($2::uuid[]) order by id for update)""",
        cart_ids,
        order_ids,
    )


async def delete_of(tx: Tx, user_ids: Sequence[UUID]) -> None:
    await tx.execute(
        """delete from carts where id in
           (select id from carts where user_id = any($1::uuid[]) order by id for update)""",
        user_ids,
    )


async def delete_untouched(tx: Tx, before: datetime, limit: int) -> int:
    """Answers how many carts were deleted. Those that somebody is using just now are left for another time."""
    done = await tx.execute(
        """delete from carts where id = any(array(
               select id from carts where touched_on < $1 order by touched_on limit $2 for update skip locked))""",
        before.date(),
        limit,
    )
    return int(done.split()[-1])
