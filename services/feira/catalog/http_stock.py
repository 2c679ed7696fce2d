"""Stock in the back office."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta

from feira.catalog import http_examples
from feira.catalog.domain import named
from feira.catalog.domain_goods import StockIsHeld
from feira.catalog.http_skus import sku_of, with_slashes
from feira.catalog.service import CatalogService
from feira.catalog.service_desk import BELOW_MAX, Desk
from feira.catalog.store_desk import StockRow
from feira.contracts.catalog import UnknownSku
from feira.kernel.errors import Invalid
from feira.kernel.http import INT_MAX, Body, Cursor, Limit, Page, Query, Request, Route, View
from feira.transport.cursors import cursor, read_cursor

TAG = "Back office: stock"
DELTA_MAX = 1_000_000_000

Below = Annotated[
    int,
    Meta(ge=1, le=BELOW_MAX, description="Only what is sold and of which fewer are available, the scarcest first."),
]


class StockView(View, frozen=True, kw_only=True):
    """`available` is what lies here and is not set aside."""

    sku: str
    on_hand: int
    held: int
    available: int


class EntryView(View, frozen=True, kw_only=True):
    """One change of a sku's stock, and why."""

    id: str
    at: datetime
    kind: str
    delta_on_hand: int
    delta_held: int
    order_id: str | None
    hold_id: str | None
    refund_id: str | None
    reason: str | None
    actor: str | None


class Adjustment(Body, frozen=True, kw_only=True):
    delta: Annotated[int, Meta(ge=-DELTA_MAX, le=DELTA_MAX, description="Units more, or fewer; not 0.")]
    reason: Annotated[str, Meta(min_length=1, max_length=500)]


class StockItem(StockView, frozen=True, kw_only=True):
    """`name` is what a line of it is called on a bill; `archived` says that it is not sold any more."""

    name: str
    slug: str
    product_id: str
    archived: bool


class StockListQuery(Query, frozen=True, kw_only=True):
    q: Annotated[str, Meta(max_length=200, description="Words of names and skus, or how a slug or a sku begins.")] = ""
    below: Below | None = None
    limit: Limit = 20
    cursor: Cursor = None


class StockQuery(Query, frozen=True, kw_only=True):
    limit: Limit = 20
    cursor: Cursor = None


class StockDesk:
    """What staff may ask of stock."""

    def __init__(self, catalog: CatalogService) -> None:
        self._stock = catalog.stock
        self._desk = catalog.desk

    async def list_stock(self, request: Request[None, StockListQuery]) -> Page[StockItem]:
        query = request.query
        found, more = await stock_rows(self._desk, query.q, query.below, query.cursor, query.limit)
        return Page(items=[_item(row) for row in found], next=more)

    async def read_stock(self, request: Request[None, None]) -> StockView:
        sku = sku_of(request)
        level = await self._stock.level(sku)
        return _view(sku, level.on_hand, level.held)

    async def adjust_stock(self, request: Request[Adjustment, None]) -> StockView:
        sku, body = sku_of(request), request.body
        if not body.delta:
            raise Invalid.field("delta", "must not be 0")
        level = await self._stock.adjust(sku, body.delta, body.reason, request.caller.id)
        return _view(sku, level.on_hand, level.held)

    async def read_journal(self, request: Request[None, StockQuery]) -> Page[EntryView]:
        query = request.query
        (before,) = read_cursor(query.cursor, (int,)) if query.cursor else (INT_MAX,)
        found = await self._stock.journal(sku_of(request), before, query.limit + 1)
        shown = found[: query.limit]
        return Page(
            items=[
                EntryView(
                    id=str(entry.id),
                    at=entry.at,
                    kind=entry.kind,
                    delta_on_hand=entry.delta_on_hand,
                    delta_held=entry.delta_held,
                    order_id=_text(entry.order_id),
                    hold_id=_text(entry.hold_id),
                    refund_id=_text(entry.refund_id),
                    reason=entry.reason,
                    actor=_text(entry.actor),
                )
                for entry in shown
            ],
            next=cursor(shown[-1].id) if len(found) > len(shown) else None,
        )


async def stock_rows(
    desk: Desk, q: str, below: int | None, at: str | None, limit: int
) -> tuple[list[StockRow], str | None]:
    """A part of the stock, from the cursor `at` on, and the cursor of the next part: in sku order, or, where only what is
    low is asked for and nothing else, the scarcest first.
    """
    if below is not None and not q.strip():
        step, sku = read_cursor(at, (int, str)) if at else (-1, "")
        found, place = await desk.low_stock(below, (step, sku), limit)
        return found, cursor(*place) if place else None
    (after,) = read_cursor(at, (str,)) if at else ("",)
    rows = await desk.stock(q, below, after, limit + 1)
    return rows[:limit], cursor(rows[limit - 1].sku) if len(rows) > limit else None


def routes(catalog: CatalogService) -> list[Route]:
    desk = StockDesk(catalog)
    home = "/v1/admin/stock"
    list_all = Route(
        "GET",
        home,
        desk.list_stock,
        summary="List the stock of all skus",
        tag=TAG,
        caller="staff",
        query=StockListQuery,
        reply=Page[StockItem],
        reply_example={"items": [http_examples.STOCK_ITEM], "next": None},
    )
    read = Route(
        "GET",
        home + "/{sku}",
        desk.read_stock,
        summary="Read the stock of a sku",
        tag=TAG,
        caller="staff",
        reply=StockView,
        reply_example=http_examples.LEVEL,
        refusals=(UnknownSku,),
    )
    adjust = Route(
        "POST",
        home + "/{sku}/adjustments",
        desk.adjust_stock,
        summary="Correct the stock of a sku",
        tag=TAG,
        caller="staff",
        body=Adjustment,
        reply=StockView,
        reply_example=http_examples.LEVEL,
        status=201,
        refusals=(UnknownSku, StockIsHeld),
        example={"delta": -2, "reason": "Bruised in transport"},
    )
    journal = Route(
        "GET",
        home + "/{sku}/journal",
        desk.read_journal,
        summary="Read what happened to the stock of a sku, the newest first",
        tag=TAG,
        caller="staff",
        query=StockQuery,
        reply=Page[EntryView],
        refusals=(UnknownSku,),
    )
    return [list_all, *with_slashes(read, adjust, journal)]


def _item(row: StockRow) -> StockItem:
    return StockItem(
        sku=row.sku,
        on_hand=row.on_hand,
        held=row.held,
        available=row.on_hand - row.held,
        name=named(row.product_name, row.product_name, row.variant_name, row.options),
        slug=row.slug,
        product_id=str(row.product_id),
        archived=row.archived,
    )


def _view(sku: str, on_hand: int, held: int) -> StockView:
    return StockView(sku=sku, on_hand=on_hand, held=held, available=on_hand - held)


def _text(value: object) -> str | None:
    return None if value is None else str(value)
