"""The statements on the tree of categories. The whole tree is bounded, and read whole."""

from collections.abc import Iterable, Mapping

import asyncpg
import msgspec

from feira.catalog.domain_change import branch_of, title_of
from feira.kernel.db import Tx
from feira.kernel.errors import Invalid

CATEGORIES_MAX = 10_000


class Category(msgspec.Struct, frozen=True, kw_only=True):
    """A branch of the tree; `names` are those beside the default language."""

    id: int
    parent_id: int | None
    slug: str
    path: str
    name: str
    names: Mapping[str, str]


def _category(row: asyncpg.Record) -> Category:
    return Category(**dict(row))


async def read_all(tx: Tx) -> list[Category]:
    """The tree, each category behind its parent."""
    rows = await tx.fetch(
        "select id, parent_id, slug, path, name, names from categories order by path limit $1", CATEGORIES_MAX
    )
    return [_category(row) for row in rows]


async def read_named(tx: Tx, paths: Iterable[str]) -> dict[str, Category]:
    """The categories of these paths."""
    rows = await tx.fetch(
        "select id, parent_id, slug, path, name, names from categories where path = any($1::text[])", list(paths)
    )
    return {row["path"]: _category(row) for row in rows}


async def ids_within(tx: Tx, wanted: str) -> list[int]:
    """The category of this path, else those of this slug wherever they are, with all that lies below them."""
    rows = await tx.fetch(
        """with named as materialized (
               select path from categories where path = $1
               union all
               (select path from categories
                where slug = $1 and not exists (select from categories where path = $1) limit 100))
           select distinct c.id from named n
           join categories c on c.path = n.path or (c.path > n.path || '/' and c.path < n.path || '0')""",
        wanted,
    )
    return [row["id"] for row in rows]


async def ensure(tx: Tx, paths: Iterable[str]) -> tuple[dict[str, int], bool]:
    """The ids of these paths and of those above them, and whether some were missing and have been made."""
    wanted = sorted({above for path in paths for above in branch_of(path)})
    if not wanted:
        return {}, False
    found = await _ids(tx, wanted)
    missing = [path for path in wanted if path not in found]
    if missing:
        await refuse_beyond_max(tx, len(missing))
        # Nobody may move a branch while something is hung on it.
        await tx.execute("select pg_advisory_xact_lock_shared(hashtextextended('catalog.categories', 0))")
        found = await _ids(tx, wanted)
        missing = [path for path in wanted if path not in found]
    for depth in sorted({path.count("/") for path in missing}):
        level = [path for path in missing if path.count("/") == depth]
        await tx.execute(
            """insert into categories (parent_id, slug, path, name)
               select parent_id, slug, path, name
               from unnest($1::integer[], $2::text[], $3::text[], $4::text[]) as n(parent_id, slug, path, name)
               order by path on conflict (path) do nothing""",
            [found.get(path.rpartition("/")[0]) for path in level],
            [path.rpartition("/")[2] for path in level],
            level,
            [title_of(path) for path in level],
        )
        found |= await _ids(tx, level)
    return found, bool(missing)


async def refuse_beyond_max(tx: Tx, more: int) -> None:
    """The tree is read whole, so it cannot grow for ever."""
    if await tx.fetchval("select count(*) from categories") + more > CATEGORIES_MAX:
        raise Invalid.field("categories", f"cannot be more than {CATEGORIES_MAX} in all")


async def _ids(tx: Tx, paths: list[str]) -> dict[str, int]:
    rows = await tx.fetch("select path, id from categories where path = any($1::text[])", paths)
    return {row["path"]: row["id"] for row in rows}


async def lock_tree(tx: Tx) -> None:
    """One at a time changes the shape of the tree; a new branch or product may still be added meanwhile."""
    await tx.execute("select pg_advisory_xact_lock(hashtextextended('catalog.categories', 0))")


async def find(tx: Tx, category_id: int) -> Category | None:
    row = await tx.fetchrow("select id, parent_id, slug, path, name, names from categories where id = $1", category_id)
    return _category(row) if row else None


async def find_by_path(tx: Tx, path: str) -> Category | None:
    row = await tx.fetchrow("select id, parent_id, slug, path, name, names from categories where path = $1", path)
    return _category(row) if row else None


async def insert(
    tx: Tx, parent_id: int | None, slug: str, path: str, name: str, names: Mapping[str, str]
) -> Category | None:
    """A new category; None if there is one of this path."""
    row = await tx.fetchrow(
        """insert into categories (parent_id, slug, path, name, names) values ($1, $2, $3, $4, $5)
           on conflict (path) do nothing returning id, parent_id, slug, path, name, names""",
        parent_id,
        slug,
        path,
        name,
        dict(names),
    )
    return _category(row) if row else None


async def update(tx: Tx, was: Category, now: Category) -> None:
    """Rename or move a category; what lies below it moves along."""
    await tx.execute(
        "update categories set parent_id = $2, slug = $3, path = $4, name = $5, names = $6 where id = $1",
        was.id,
        now.parent_id,
        now.slug,
        now.path,
        now.name,
        dict(now.names),
    )
    if was.path != now.path:
        await tx.execute(
            """update categories set path = $2 || substr(path, length($1) + 1)
               where path > $1 || '/' and path < $1 || '0'""",
            was.path,
            now.path,
        )


async def is_used(tx: Tx, category_id: int) -> bool:
    """Whether products or other categories hang on it."""
    used: bool = await tx.fetchval(
        """select exists (select from listings where category_ids @> array[$1::integer])
                  or exists (select from categories where parent_id = $1)""",
        category_id,
    )
    return used


async def delete(tx: Tx, category_id: int) -> None:
    await tx.execute("delete from categories where id = $1", category_id)
