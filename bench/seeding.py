"""Makes a shop that has lived out of one that was opened a moment ago: its rows are multiplied inside the database.

What a product or an order leaves behind is not written down here, since it changes with the shop: the rows that some real
products and orders have brought are found by comparing before and after, and copied with other ids, names, skus and times.
Ids stay what they were made as: those that sort by time are given the time of their copy, the others are drawn anew.
"""

import asyncio
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import asyncpg

from bench.goods import SKUS
from bench.shop import SERVICES

# Nothing of this is measured, and all of it is on the disk before anything is.
SETTINGS: Final = (
    "fsync=off",
    "full_page_writes=off",
    "synchronous_commit=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    "max_wal_size=16GB",
    "autovacuum=off",
    "maintenance_work_mem=768MB",
)
LIVED_DAYS: Final = 730
# What the shop itself forgets is only there for so long.
KEPT_DAYS: Final = {"inbox": 5, "carts": 85, "cart_lines": 85}
# Most orders of a shop that has lived are done with. (table, column) -> what stands there instead.
LIVED: Final = {
    ("orders.orders", "status"): "'completed'",
    ("orders.orders", "fulfilment_status"): "'fulfilled'",
    ("orders.order_lines", "sent"): "t.quantity",
}
# On their way, or told and forgotten soon: none of a finished order's.
PASSING: Final = ("outbox", "parked", "offsets", "product_feed", "stock_feed", "migration")
GOODS: Final = "goods"
ORDERS: Final = "orders"
AT_ONCE: Final = 2
FUNCTIONS: Final = """
    create schema if not exists seed;
    create or replace function seed.uuid(id uuid, copy bigint, earlier_ms bigint) returns uuid immutable parallel safe
    language sql as $$
        select case when substr(id::text, 15, 1) = '7' then
            (lpad(to_hex(('x0000' || left(id::text, 8) || substr(id::text, 10, 4))::bit(64)::bigint - earlier_ms), 12, '0')
             || substr(id::text, 15))::uuid
        else md5(id::text || copy)::uuid end
    $$;
"""


@dataclass(frozen=True)
class Column:
    name: str
    type: str
    default: str
    identity: bool
    unique: bool


@dataclass(frozen=True)
class Kind:
    """What is multiplied, by its name. `skus`: how many plain goods there are for orders to be of."""

    name: str
    block: int = 0  # How many numbers the products to be copied have.
    believable: int = 0  # How many of their skus begin with G.
    skus: int = SKUS

    @property
    def goods(self) -> bool:
        return self.name == GOODS


async def tables(connection: asyncpg.Connection) -> list[str]:
    """All tables of the services, partitions not counted by themselves."""
    rows = await connection.fetch(
        """select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = relnamespace
           where n.nspname = any($1::text[]) and relkind in ('r', 'p') and not relispartition
                 and not relname = any($2::text[]) order by 1""",
        SERVICES,
        PASSING,
    )
    return [row["name"] for row in rows]


async def remember(connection: asyncpg.Connection, name: str) -> None:
    """Note what is there, so that what comes can be told from it, under this name."""
    await connection.execute(FUNCTIONS)
    for table in await tables(connection):
        await connection.execute(
            f"create table {_of(f'{name}_before', table)} as select md5(t::text) as row from {table} t"
        )


async def brought(connection: asyncpg.Connection, name: str) -> dict[str, int]:
    """Copy the rows that have come since into tables of their own; table -> how many."""
    found = {}
    for table in await tables(connection):
        new = _of(name, table)
        await connection.execute(
            f"create table {new} as select t.* from {table} t "
            f"where not exists (select from {_of(f'{name}_before', table)} b where b.row = md5(t::text))"
        )
        number = await connection.fetchval(f"select count(*) from {new}")
        grown = await connection.fetchval(
            f"select (select count(*) from {table}) > (select count(*) from {_of(f'{name}_before', table)})"
        )
        if grown:  # Where rows have only changed, such as the stock, there is nothing to copy.
            found[table] = number
        await connection.execute(f"analyze {new}")
    return found


def _of(prefix: str, table: str) -> str:
    return f"seed.{prefix}_{table.replace('.', '_')}"


async def _columns(connection: asyncpg.Connection, table: str) -> list[Column]:
    rows = await connection.fetch(
        """select attname, format_type(atttypid, null) as type, attidentity <> '' as identity,
                  coalesce(pg_get_expr(adbin, adrelid), '') as default,
                  exists (select from pg_index where indrelid = attrelid and indisunique
                                                     and attnum = any(indkey)) as unique
           from pg_attribute left join pg_attrdef on adrelid = attrelid and adnum = attnum
           where attrelid = $1::text::regclass and attnum > 0 and not attisdropped and attgenerated = ''
           order by attnum""",
        table,
    )
    return [Column(row["attname"], row["type"], row["default"], row["identity"], row["unique"]) for row in rows]


def expression(table: str, column: Column, kind: Kind, *, mails: bool) -> str | None:  # noqa: C901 - a table of cases.
    """What a copy has in this column, as SQL of the row `t`, the number `copy`, and `earlier`, an interval (`earlier_ms`); None
    for what the database numbers itself. `mails`: there are addresses of people in it.
    """
    name, value = column.name, f"t.{column.name}"
    made: str | None = value
    if (table, name) in LIVED and not kind.goods:
        made = LIVED[table, name]
    elif name == "number" and column.type in {"bigint", "integer"}:
        made = f"{value} + copy * {kind.block}" if kind.goods else None
    elif column.identity:
        made = None
    elif column.default.startswith("nextval"):
        made = column.default
    elif column.type == "uuid":
        made = f"seed.uuid({value}, copy, earlier_ms)"
    elif column.type == "uuid[]":
        made = f"array(select seed.uuid(each, copy, earlier_ms) from unnest({value}) each)"
    elif column.type.startswith("timestamp"):
        made = f"{value} - earlier"
    elif column.type == "date":
        made = f"({value}::timestamp - earlier)::date"
    elif name == "sku":
        made = _sku(value, kind)
    elif name == "slug" and kind.goods:
        made = f"left({value}, 2) || substr({value}, 3)::bigint + copy * {_many(value, 'p', kind)}"
    elif column.type == "text" and mails:
        made = f"copy || '.' || {value}"
    elif column.type == "text" and (column.unique or name.endswith("_id")) and name not in {"handler", "locale"}:
        made = f"{value} || '.' || copy"
    return made


def _many(value: str, plain: str, kind: Kind) -> str:
    """How many goods of its sort the shop had."""
    return f"case when left({value}, 1) = '{plain}' then {SKUS} else {kind.believable} end"


def _sku(value: str, kind: Kind) -> str:
    """A copied product has a sku of its own; copied orders are of all the plain goods."""
    if kind.goods:
        return f"left({value}, 1) || substr({value}, 2)::bigint + copy * {_many(value, 'S', kind)}"
    return f"left({value}, 1) || (substr({value}, 2)::bigint + copy * 7919) % {kind.skus}"


async def _copying(connection: asyncpg.Connection, table: str, kind: Kind, copies: int) -> str:
    """The statement that makes the copies."""
    names, values, new = [], [], _of(kind.name, table)
    for column in await _columns(connection, table):
        mails = column.type == "text" and bool(
            await connection.fetchval(f"select bool_or({column.name} like '%@%') from {new}")
        )
        made = expression(table, column, kind, mails=mails)
        if made is not None:
            names.append(column.name)
            values.append(made)
    days = KEPT_DAYS.get(table.partition(".")[2], LIVED_DAYS)
    first = copies - math.ceil(copies * days / LIVED_DAYS) + 1
    # The oldest first, as they would have come.
    return f"""insert into {table} ({", ".join(names)}) overriding system value
            select {", ".join(values)}
            from generate_series({first}, {copies}) copy,
                 lateral (select ({copies} + 1 - copy) * interval '{LIVED_DAYS} days' / ({copies} + 1) as earlier) e,
                 lateral (select (extract(epoch from earlier) * 1000)::bigint as earlier_ms) m,
                 lateral (select * from {new} offset 0) t"""


async def multiply(url: str, found: Mapping[str, int], kind: Kind, copies: int) -> None:
    """So many copies of the rows that were brought."""
    connection = await asyncpg.connect(url)
    try:
        wanted = [table for table in found if not kind.goods or await _is_of_goods(connection, table)]
        wanted.sort(key=lambda table: -found[table])
        copying = [await _copying(connection, table, kind, copies) for table in wanted]  # Knows what was unique.
        for statements in (copying, *await _strip(connection, wanted)):
            await _each(url, statements)
        if kind.goods:
            await connection.execute(
                """select setval(pg_get_serial_sequence('catalog.products', 'number'),
                                 (select max(number) from catalog.products))"""
            )
    finally:
        await connection.close()


async def _is_of_goods(connection: asyncpg.Connection, table: str) -> bool:
    columns = {column.name for column in await _columns(connection, table)}
    return table == "catalog.products" or not columns.isdisjoint({"product_id", "sku"})


async def _each(url: str, statements: Sequence[str]) -> None:
    """Run all of them over AT_ONCE sessions that neither fire triggers nor check foreign keys."""
    left = iter(statements)

    async def session() -> None:
        connection = await asyncpg.connect(url, server_settings={"session_replication_role": "replica"})
        try:
            for statement in left:
                await connection.execute(statement)
        finally:
            await connection.close()

    await asyncio.gather(*(session() for _ in range(AT_ONCE)))


async def _strip(connection: asyncpg.Connection, wanted: Sequence[str]) -> list[list[str]]:
    """Drop what would be kept up with every single row; answers what puts it back, in its order. Partitioned tables keep all."""
    plain = await connection.fetch(
        "select oid from pg_class where oid = any($1::text[]::regclass[]) and relkind = 'r'", list(wanted)
    )
    oids = [row["oid"] for row in plain]
    constraints = await connection.fetch(
        """select conrelid::regclass::text as table, quote_ident(conname) as name, contype::text as type,
                  pg_get_constraintdef(oid) as definition
           from pg_constraint where contype in ('p', 'u', 'f') and conparentid = 0
                 and (conrelid = any($1::oid[]) or (confrelid = any($1::oid[]) and contype = 'f'))
           order by contype = 'p', contype""",
        oids,
    )
    indexes = await connection.fetch(
        """select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as definition from pg_index
           where indrelid = any($1::oid[]) and not exists (select from pg_constraint where conindid = indexrelid)""",
        oids,
    )
    keys, references = list[str](), list[str]()
    for row in sorted(
        constraints, key=lambda row: str(row["type"]) != "f"
    ):  # What refers to a key goes before the key.
        await connection.execute(f"alter table {row['table']} drop constraint {row['name']}")
        valid = " not valid" if row["type"] == "f" and "NOT VALID" not in row["definition"] else ""
        statement = f"alter table {row['table']} add constraint {row['name']} {row['definition']}{valid}"
        (references if row["type"] == "f" else keys).append(statement)
    for row in indexes:
        await connection.execute(f"drop index {row['name']}")
    return [keys + [row["definition"] for row in indexes], references]
