"""Imports: a stream of products of any length, in bounded memory, some hundreds in one transaction."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from typing import Any, Literal
from uuid import UUID

import msgspec

from feira.catalog import domain_csv, store, store_products
from feira.catalog.domain_change import described, stocks
from feira.catalog.domain_goods import Product, ProductBody, Stored
from feira.catalog.domain_records import RECORD_MAX, Records
from feira.catalog.service_products import IMPORTED, Draft, insist, keep, slugs_for
from feira.contracts.audit import StaffActed
from feira.kernel.card import Context
from feira.kernel.db import Tx
from feira.kernel.errors import FieldError, Invalid, Refused
from feira.kernel.events import emit
from feira.kernel.ids import uuid7
from feira.transport.reading import decode, invalid, wrong

Format = Literal["csv", "ndjson"]

CHUNK_PRODUCTS_MAX = 500
CHUNK_VARIANTS_MAX = 2_000
WRITING_MAX = 2  # Chunks that are written at once: the database works on one while the other is made ready.
PREVIEWED_MAX = 100_000  # Skus that a preview remembers; what comes behind them is told as if it were new to the shop.
ERRORS_MAX = 1_000  # Errors that a report names; beyond these they are counted.

_decoder = msgspec.json.Decoder(ProductBody)


class RowError(msgspec.Struct, frozen=True, kw_only=True):
    """`row` counts from 1: lines of NDJSON; of CSV, rows as a spreadsheet shows them, the header being row 1."""

    row: int
    field: str
    message: str


class Report(msgspec.Struct, kw_only=True):
    """What an import did, in products. `errors_left_out` counts the errors beyond those named."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    failed: int = 0
    errors: list[RowError] = msgspec.field(default_factory=list)
    errors_left_out: int = 0

    @property
    def done(self) -> int:
        return self.created + self.updated + self.unchanged + self.failed


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """A product as it came, or what is wrong with it. `rows` are where it stood: one for each variant of a table."""

    rows: tuple[int, ...]
    table: bool = False
    body: ProductBody | None = None
    errors: Sequence[FieldError] = ()

    @property
    def keys(self) -> set[str]:
        """What no two products of one transaction may have in common."""
        if self.body is None:
            return set()
        return {f"sku {variant.sku}" for variant in self.body.variants} | (
            {f"slug {self.body.slug}"} if self.body.slug else set()
        )


class Preview:
    """What an import would have made so far, by slug and sku: what comes later in the stream may mean the same product."""

    def __init__(self) -> None:
        self.products: set[UUID] = set()
        self.by_slug: dict[str, UUID] = {}
        self.by_sku: dict[str, UUID] = {}

    def known(self, bodies: Sequence[ProductBody]) -> tuple[dict[str, UUID], dict[str, UUID]]:
        """Whose the skus and slugs of these would be, as far as that is new."""
        skus = {variant.sku for body in bodies for variant in body.variants} & self.by_sku.keys()
        slugs = {body.slug for body in bodies if body.slug} & self.by_slug.keys()
        return {sku: self.by_sku[sku] for sku in skus}, {slug: self.by_slug[slug] for slug in slugs}

    def make(self, drafts: Sequence[Draft]) -> None:
        for draft in drafts:
            if draft.was is None and len(self.by_sku) < PREVIEWED_MAX:
                self.products.add(draft.id)
                self.by_sku |= dict.fromkeys([variant.sku for variant in draft.product.variants], draft.id)
                if draft.product.slug:
                    self.by_slug[draft.product.slug] = draft.id


class Importer:
    """Each product is kept whole or not at all, and what one of them lacks does not touch the others. To import the same
    again changes nothing but stock that has moved meanwhile.
    """

    def __init__(self, ctx: Context) -> None:
        self._db = ctx.db
        self._currency = ctx.settings.currency

    async def run(
        self,
        stream: AsyncIterator[bytes],
        format: Format,  # noqa: A002 - the word that its callers use.
        on_progress: Callable[[int], None] = lambda _done: None,
        actor: UUID | None = None,
        *,
        preview: bool = False,
    ) -> Report:
        """Import the stream's products; `on_progress` hears how many are done. A `preview` looks at them only.

        Refuses with Invalid what is no such table at all. What was imported before the stream broke off stays.
        """
        report = Report()
        try:
            await self._import(stream, format, on_progress, actor, report, Preview() if preview else None)
        finally:  # What stays of an import that broke off is an act of staff, too.
            if actor is not None and not preview and report.done:
                await self._tell(actor, report)
        return report

    async def _import(
        self,
        stream: AsyncIterator[bytes],
        format: Format,  # noqa: A002 - the word that its callers use.
        on_progress: Callable[[int], None],
        actor: UUID | None,
        report: Report,
        made: Preview | None,
    ) -> None:
        writing: deque[tuple[asyncio.Task[None], set[str]]] = deque()
        items = self._from_csv(stream) if format == "csv" else self._from_ndjson(stream)
        try:
            async for chunk, keys in _chunks(items):
                # The next chunk is read while others are written; what it has in common with one of them comes after it.
                while len(writing) >= (1 if made else WRITING_MAX) or any(
                    not keys.isdisjoint(others) for _, others in writing
                ):
                    await writing.popleft()[0]
                    on_progress(report.done)
                writing.append((asyncio.create_task(self._write(chunk, report, actor, made)), keys))
                await asyncio.sleep(0)
        finally:
            outcomes = await asyncio.gather(*(task for task, _ in writing), return_exceptions=True)
        for outcome in outcomes:
            if outcome is not None:
                raise outcome
        on_progress(report.done)

    async def _tell(self, actor: UUID, report: Report) -> None:
        counts = {name: getattr(report, name) for name in ("created", "updated", "unchanged", "failed")}
        async with self._db.tx() as tx:
            acted = StaffActed(
                actor=actor,
                action="catalog.products.imported",
                target="products",
                detail=store.as_json(counts),
                version=1,
            )
            await emit(tx, acted)

    async def _from_ndjson(self, stream: AsyncIterator[bytes]) -> AsyncIterator[Item]:
        row = 0
        async for line in _records(stream, quoted=False):
            row += 1
            if line is not None and not line.strip():
                continue
            try:
                yield Item(rows=(row,), body=decode(_whole(line), _decoder))
            except Refused as refusal:
                yield Item(rows=(row,), errors=_errors(refusal))

    async def _from_csv(self, stream: AsyncIterator[bytes]) -> AsyncIterator[Item]:
        columns: list[str] | None = None
        separator: domain_csv.Separator = ","
        held: list[tuple[int, domain_csv.Row]] = []
        row = 0
        async for record in _records(stream, quoted=True):
            row += 1
            if record is not None and not record.strip():
                continue
            try:
                text = _text(_whole(record))
                if columns is None:
                    separator = domain_csv.separator_of(text)
                values = domain_csv.cells(text, separator)
                if columns is None:
                    columns = domain_csv.header(values)
                    continue
                cells = domain_csv.row_of(columns, values)
            except Refused as refusal:
                if columns is None:
                    raise
                yield Item(rows=(row,), errors=_errors(refusal))
                continue
            if held and (not domain_csv.same_product(cells, held[-1][1]) or len(held) >= CHUNK_VARIANTS_MAX):
                yield self._product(held, separator)
                held = []
            held.append((row, cells))
        if columns is None:
            raise Invalid.field("header", "is missing")
        if held:
            yield self._product(held, separator)

    def _product(self, held: Sequence[tuple[int, domain_csv.Row]], separator: domain_csv.Separator) -> Item:
        rows = tuple(row for row, _ in held)
        try:
            table = domain_csv.body_of([cells for _, cells in held], self._currency, separator)
            body = msgspec.convert(table, ProductBody)
        except msgspec.ValidationError as error:
            return Item(rows=rows, table=True, errors=_errors(invalid(error)))
        except Invalid as refusal:
            return Item(rows=rows, table=True, errors=_errors(refusal))
        return Item(rows=rows, table=True, body=body)

    async def _write(
        self, chunk: Sequence[Item], report: Report, actor: UUID | None, made: Preview | None = None
    ) -> None:
        """Keep what can be kept of the chunk, and count it. Two that turn out to be one product go one after the other."""
        for item in chunk:
            if item.body is None:
                _fail(report, item, item.errors)
        left = [item for item in chunk if item.body is not None]
        while left:
            attempt, left = await insist(partial(self._attempt, left, actor, made))
            report.created += attempt.created
            report.updated += attempt.updated
            report.unchanged += attempt.unchanged
            report.failed += attempt.failed
            for error in attempt.errors:
                _note(report, error)

    async def _attempt(
        self, items: Sequence[Item], actor: UUID | None, made: Preview | None
    ) -> tuple[Report, list[Item]]:
        report = Report()
        async with self._db.read() if made else self._db.tx() as tx:
            drafts, later = await self._drafts(tx, items, report, made)
            if made:
                made.make(drafts)
            elif drafts:
                await keep(tx, await _named(tx, drafts), IMPORTED, actor)
        return report, later

    async def _drafts(
        self, tx: Tx, items: Sequence[Item], report: Report, made: Preview | None
    ) -> tuple[list[Draft], list[Item]]:
        """What is to be kept of the items, and those whose product another of them is about already."""
        bodies = [item.body for item in items if item.body is not None]
        owners = await store.products_of(tx, [variant.sku for body in bodies for variant in body.variants])
        by_slug = await store_products.ids_by_slug(tx, [body.slug for body in bodies if body.slug])
        if made:
            new_owners, new_by_slug = made.known(bodies)
            owners, by_slug = new_owners | owners, new_by_slug | by_slug
        targets = [_target(body, owners, by_slug) for body in bodies]
        before = await (store_products.find_products if made else store_products.lock_products)(
            tx, {target for target in targets if target}
        )
        drafts: list[Draft] = []
        seen: set[UUID] = set()
        later: list[Item] = []
        for item, body, target in zip(items, bodies, targets, strict=True):
            if target in seen:
                later.append(item)
                continue
            if target:
                seen.add(target)
            was = before.get(target) if target else None
            taken = [
                FieldError(f"variants.{number}.sku", "belongs to another product")
                for number, variant in enumerate(body.variants)
                if owners.get(variant.sku, target) != target
            ]
            try:
                product = described(body, was.product if was else None, self._currency, replace=False)
            except Invalid as refusal:
                _fail(report, item, _errors(refusal))
                continue
            if taken:
                _fail(report, item, taken)
                continue
            product = msgspec.structs.replace(product, archived=False)  # To import a product is to sell it.
            draft = Draft(id=target or uuid7(), product=product, was=was, stock=stocks(body))
            if was is None:
                again = made is not None and target in made.products
                report.updated, report.created = report.updated + again, report.created + (not again)
            elif _is_as_it_was(draft, was):
                report.unchanged += 1
                continue
            else:
                report.updated += 1
            drafts.append(draft)
        return drafts, later


def _target(body: ProductBody, owners: dict[str, UUID], by_slug: dict[str, UUID]) -> UUID | None:
    """Which product is meant: that of the slug, or without one that of the first sku that is known."""
    if body.slug:
        return by_slug.get(body.slug)
    return next((owners[variant.sku] for variant in body.variants if variant.sku in owners), None)


def _is_as_it_was(draft: Draft, was: Stored) -> bool:
    """Stock that is as low as what is set aside allows is as it was, though the figure given is lower."""
    return draft.product == was.product and all(
        was.on_hand.get(sku) == max(units, was.held.get(sku, 0)) for sku, units in draft.stock.items()
    )


async def _named(tx: Tx, drafts: Sequence[Draft]) -> list[Draft]:
    """The drafts, those without a slug given one of their own."""
    candidates = {draft.id: slugs_for(draft.product, draft.id) for draft in drafts if not draft.product.slug}
    taken = {draft.product.slug for draft in drafts}
    taken |= (await store_products.ids_by_slug(tx, [slug for slugs in candidates.values() for slug in slugs])).keys()
    named: list[Draft] = []
    for draft in drafts:
        product: Product = draft.product
        if draft.id in candidates:
            slug = next(slug for slug in candidates[draft.id] if slug not in taken)
            taken.add(slug)
            product = msgspec.structs.replace(product, slug=slug)
        named.append(Draft(id=draft.id, product=product, was=draft.was, stock=draft.stock))
    return named


async def _chunks(items: AsyncIterator[Item]) -> AsyncIterator[tuple[list[Item], set[str]]]:
    """Items in groups for one transaction each, and the keys of each group; what has a key in common is never in one."""
    chunk: list[Item] = []
    keys: set[str] = set()
    variants = 0
    async for item in items:
        more = len(item.rows) if item.body is None else len(item.body.variants)
        full = len(chunk) >= CHUNK_PRODUCTS_MAX or variants + more > CHUNK_VARIANTS_MAX
        own = item.keys
        if chunk and (full or not keys.isdisjoint(own)):
            yield chunk, keys
            chunk, keys, variants = [], set(), 0
        chunk.append(item)
        keys |= own
        variants += more
    if chunk:
        yield chunk, keys


async def _records(stream: AsyncIterator[bytes], *, quoted: bool) -> AsyncIterator[bytes | None]:
    records = Records(quoted=quoted)
    async for piece in stream:
        for record in records.feed(piece):
            yield record
    for record in records.end():
        yield record


def _whole(record: bytes | None) -> bytes:
    if record is None:
        raise Invalid.field("", f"is over {RECORD_MAX} bytes")
    return record


def _text(record: bytes) -> str:
    try:
        text = record.decode()
    except UnicodeDecodeError as error:
        raise Invalid.field("", "is not UTF-8") from error
    if message := wrong(text):
        raise Invalid.field("", message)
    return text.rstrip("\r\n")


def _errors(refusal: Refused) -> list[FieldError]:
    found: Any = refusal.extra.get("errors")
    return [FieldError(**error) for error in found] if found else [FieldError("", refusal.detail)]


def _fail(report: Report, item: Item, errors: Sequence[FieldError]) -> None:
    report.failed += 1
    for error in errors:
        if item.table:
            number, column = domain_csv.place_of(error)
            _note(report, RowError(row=item.rows[min(number, len(item.rows) - 1)], field=column, message=error.message))
        else:
            _note(report, RowError(row=item.rows[0], field=error.field, message=error.message))


def _note(report: Report, error: RowError) -> None:
    if len(report.errors) < ERRORS_MAX:
        report.errors.append(error)
    else:
        report.errors_left_out += 1
