"""The tree of categories, as staff shape it."""

from collections.abc import Iterable, Mapping
from uuid import UUID

import msgspec

from feira.catalog import store, store_categories, store_feed
from feira.catalog.domain_goods import DEPTH_MAX
from feira.catalog.service_moves import tell_of_everything
from feira.catalog.store_categories import Category
from feira.contracts.audit import StaffActed
from feira.kernel.card import Context
from feira.kernel.db import Tx
from feira.kernel.errors import Invalid, NotFound, Refused
from feira.kernel.events import emit

PATH_MAX = 1_000
NAMED_MAX = 5_000  # Categories whose names are kept in memory.


class UnknownCategory(NotFound):
    code = "unknown_category"
    title = "There is no such category"


class CategoryTaken(Refused):
    code = "category_taken"
    title = "There is a category of this slug in the same place"


class CategoryInUse(Refused):
    code = "category_in_use"
    title = "Products or other categories hang on it"


class Categories:
    """Every act is told to the audit journal in the transaction of the act."""

    def __init__(self, ctx: Context) -> None:
        self._db = ctx.db
        self._named: dict[str, Category] = {}

    async def all(self) -> list[Category]:
        """The whole tree, each category behind its parent."""
        async with self._db.read() as tx:
            return await store_categories.read_all(tx)

    async def named(self, paths: Iterable[str]) -> Mapping[str, Category]:
        """The categories of these paths, as they were when `forget` was called last or later."""
        kept = self._named
        wanted = list(paths)
        found = {path: kept[path] for path in wanted if path in kept}
        if len(found) < len(wanted):
            async with self._db.read() as tx:
                found |= await store_categories.read_named(tx, wanted)
            if len(kept) > NAMED_MAX:
                kept.clear()
            kept.update(found)
        return found

    def forget(self) -> None:
        """Names may have changed. Whoever is reading them now does not keep them."""
        self._named = {}

    async def create(self, slug: str, parent: str | None, name: str, names: Mapping[str, str], actor: UUID) -> Category:
        async with self._db.tx() as tx:
            await store_categories.lock_tree(tx)
            await store_categories.refuse_beyond_max(tx, 1)
            above = await _parent(tx, parent)
            path = _path(above, slug)
            made = await store_categories.insert(tx, above.id if above else None, slug, path, name, names)
            if made is None:
                raise CategoryTaken
            await store_feed.note_products(tx, ())
            await _tell(tx, actor, "created", path, {"name": name})
        return made

    async def change(
        self,
        category_id: int,
        actor: UUID,
        *,
        slug: str | None = None,
        parent: str | None = None,
        name: str | None = None,
        names: Mapping[str, str] | None = None,
    ) -> Category:
        """Rename the category, or hang it elsewhere (`parent` "" is the root); what is None stays as it is."""
        async with self._db.tx() as tx:
            await store_categories.lock_tree(tx)
            was = await store_categories.find(tx, category_id)
            if was is None:
                raise UnknownCategory
            old_parent = was.path.rpartition("/")[0]
            above = await _parent(tx, old_parent if parent is None else parent)
            if above and (above.path == was.path or above.path.startswith(f"{was.path}/")):
                raise Invalid.field("parent", "lies below the category itself")
            now = msgspec.structs.replace(
                was,
                parent_id=above.id if above else None,
                slug=slug or was.slug,
                path=_path(above, slug or was.slug),
                name=name or was.name,
                names=was.names if names is None else names,
            )
            if now.path != was.path and await store_categories.find_by_path(tx, now.path):
                raise CategoryTaken
            await store_categories.update(tx, was, now)
            await store_feed.note_branch(tx, category_id)
            await _tell(tx, actor, "changed", was.path, {"path": now.path, "name": now.name})
        return now

    async def delete(self, category_id: int, actor: UUID) -> None:
        """Only what nothing hangs on can go."""
        async with self._db.tx() as tx:
            await store_categories.lock_tree(tx)
            was = await store_categories.find(tx, category_id)
            if was is None:
                raise UnknownCategory
            if await store_categories.is_used(tx, category_id):
                raise CategoryInUse
            await store_categories.delete(tx, category_id)
            await store_feed.note_products(tx, ())
            await _tell(tx, actor, "deleted", was.path, {})


async def _parent(tx: Tx, path: str | None) -> Category | None:
    if not path:
        return None
    above = await store_categories.find_by_path(tx, path)
    if above is None:
        raise Invalid.field("parent", "there is no such category")
    return above


def _path(above: Category | None, slug: str) -> str:
    path = f"{above.path}/{slug}" if above else slug
    if path.count("/") >= DEPTH_MAX or len(path) > PATH_MAX:
        raise Invalid.field("parent", f"the tree is at most {DEPTH_MAX} deep")
    return path


async def _tell(tx: Tx, actor: UUID, action: str, path: str, detail: Mapping[str, str]) -> None:
    """Every page shows the tree, or names out of it."""
    await tell_of_everything(tx)
    await emit(
        tx,
        StaffActed(
            actor=actor, action=f"catalog.category.{action}", target=path, detail=store.as_json(detail), version=1
        ),
    )
