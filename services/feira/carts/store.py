"""Every SQL statement of carts."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from feira.carts.domain import Cart, CartLine
from feira.kernel.db import Tx

CART = "id, user_id, version, order_id, merged_into, recent"


async def read_carts(tx: Tx, ids: Iterable[str]) -> dict[str, Cart]:
    """These carts with their lines, in one statement; those that do not exist are left out."""
    rows = await tx.fetch(
        f"""select {CART}, l.line_id, l.sku, l.quantity
            from carts left join (select id as line_id, cart_id, sku, quantity from cart_lines) l on l.cart_id = carts.id
            where carts.id = any($1::text[]) order by l.line_id""",
        list(ids),
    )
    lines: dict[str, list[CartLine]] = defaultdict(list)
    for row in rows:
        if row["line_id"] is not None:
            lines[row["id"]].append(CartLine(id=row["line_id"], sku=row["sku"], quantity=row["quantity"]))
    return {
        row["id"]: Cart(
            id=row["id"],
            user_id=row["user_id"],
            version=row["version"],
            order_id=row["order_id"],
            merged_into=row["merged_into"],
            recent=tuple(row["recent"]),
            lines=tuple(lines[row["id"]]),
        )
        for row in rows
    }


async def lock_carts(tx: Tx, ids: Iterable[str]) -> dict[str, Cart]:
    """These carts with their lines, locked. The lines are read once the locks are had, so that they are the latest."""
    names = sorted(set(ids))
    await tx.fetch("select id from carts where id = any($1::text[]) order by id for update", names)
    return await read_carts(tx, names)


async def targets_of(tx: Tx, ids: Iterable[str]) -> list[str]:
    """The carts that these were merged into."""
    rows = await tx.fetch(
        "select merged_into from carts where id = any($1::text[]) and merged_into is not null", list(ids)
    )
    return [row["merged_into"] for row in rows]


async def insert_carts(tx: Tx, carts: Sequence[Cart], now: datetime) -> None:
    await tx.execute(
        """insert into carts (id, user_id, created_at, touched_at)
           select i, u, $3, $3 from unnest($1::text[], $2::uuid[]) as e(i, u) on conflict do nothing""",
        [cart.id for cart in carts],
        [cart.user_id for cart in carts],
        now,
    )


async def save_carts(tx: Tx, before: Mapping[str, Cart], carts: Iterable[Cart], now: datetime) -> None:
    """Write what has changed of carts that are locked."""
    changed = [cart for cart in carts if cart != before[cart.id]]
    if not changed:
        return
    await tx.execute(
        """update carts c set user_id = e.user_id, version = e.version, order_id = e.order_id,
                              merged_into = e.merged_into, touched_at = $7,
                              recent = e.recent::uuid[]
           from unnest($1::text[], $2::uuid[], $3::integer[], $4::uuid[], $5::text[], $6::text[])
                as e(id, user_id, version, order_id, merged_into, recent)
           where c.id = e.id""",
        [cart.id for cart in changed],
        [cart.user_id for cart in changed],
        [cart.version for cart in changed],
        [cart.order_id for cart in changed],
        [cart.merged_into for cart in changed],
        ["{" + ",".join(map(str, cart.recent)) + "}" for cart in changed],
        now,
    )
    old = {line.id: (cart.id, line) for cart in changed for line in before[cart.id].lines}
    new = {line.id: (cart.id, line) for cart in changed for line in cart.lines}
    if gone := old.keys() - new.keys():
        await tx.execute("delete from cart_lines where id = any($1::uuid[])", list(gone))
    written = [new[name] for name in new if old.get(name) != new[name]]
    if written:
        await tx.execute(
            """insert into cart_lines (id, cart_id, sku, quantity)
               select * from unnest($1::uuid[], $2::text[], $3::text[], $4::integer[])
               on conflict (id) do update set quantity = excluded.quantity""",
            [line.id for _, line in written],
            [cart_id for cart_id, _ in written],
            [line.sku for _, line in written],
            [line.quantity for _, line in written],
        )


async def lock_customer(tx: Tx, user_id: UUID) -> None:
    """One claim of a customer at a time."""
    await tx.execute("select pg_advisory_xact_lock(hashtextextended($1, 0))", f"carts of {user_id}")


async def newest_open(tx: Tx, user_id: UUID, but: str) -> str | None:
    """The cart that a customer has in hand, another one left aside."""
    found: str | None = await tx.fetchval(
        """select id from carts where user_id = $1 and order_id is null and merged_into is null and id <> $2
           order by created_at desc, id limit 1""",
        user_id,
        but,
    )
    return found


async def reopen(tx: Tx, order_ids: Sequence[UUID]) -> None:
    """The orders fell: their carts may be filled and ordered again."""
    await tx.execute(
        """update carts set order_id = null, version = version + 1 where id in
           (select id from carts where order_id = any($1::uuid[]) order by id for update)""",
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
               select id from carts where touched_at < $1 order by touched_at limit $2 for update skip locked))""",
        before,
        limit,
    )
    return int(done.split()[-1])
