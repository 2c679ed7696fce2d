"""Stock in the back office."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta

from feira.catalog import http_examples
from feira.catalog.domain_change import SLASHES_MAX
from feira.catalog.domain_goods import StockIsHeld
from feira.catalog.service import CatalogService
from feira.contracts.catalog import UnknownSku
from feira.kernel.errors import Invalid
from feira.kernel.http import INT_MAX, Body, Cursor, Limit, Page, Query, Request, Route, View
from feira.transport.cursors import cursor, read_cursor

TAG = "Back office: stock"
DELTA_MAX = 1_000_000_000


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


class StockQuery(Query, frozen=True, kw_only=True):
    limit: Limit = 20
    cursor: Cursor = None


class StockDesk:
    """What staff may ask of stock."""

    def __init__(self, catalog: CatalogService) -> None:
        self._stock = catalog.stock

    async def list_stock(self, request: Request[None, StockQuery]) -> Page[StockView]:
        query = request.query
        (after,) = read_cursor(query.cursor, (str,)) if query.cursor else ("",)
        found = await self._stock.page(after, query.limit + 1)
        shown = found[: query.limit]
        return Page(
            items=[_view(row.sku, row.on_hand, row.held) for row in shown],
            next=cursor(shown[-1].sku) if len(found) > len(shown) else None,
        )

    async def read_stock(self, request: Request[None, None]) -> StockView:
        sku = _sku(request)
        level = await self._stock.level(sku)
        return _view(sku, level.on_hand, level.held)

    async def adjust_stock(self, request: Request[Adjustment, None]) -> StockView:
        sku, body = _sku(request), request.body
        if not body.delta:
            raise Invalid.field("delta", "must not be 0")
        level = await self._stock.adjust(sku, body.delta, body.reason, request.caller.id)
        return _view(sku, level.on_hand, level.held)

    async def read_journal(self, request: Request[None, StockQuery]) -> Page[EntryView]:
        query = request.query
        (before,) = read_cursor(query.cursor, (int,)) if query.cursor else (INT_MAX,)
        found = await self._stock.journal(_sku(request), before, query.limit + 1)
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
        query=StockQuery,
        reply=Page[StockView],
        reply_example={"items": [http_examples.LEVEL], "next": None},
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
    return [list_all, read, adjust, journal, *_with_slashes(read, adjust, journal)]


def _with_slashes(*routes: Route) -> Iterator[Route]:
    """The same routes for skus that have slashes in them, which arrive as further segments."""
    for slashes in range(1, SLASHES_MAX + 1):
        further = "".join(f"/{{sku_{number}}}" for number in range(1, slashes + 1))
        for route in routes:
            yield replace(route, path=route.path.replace("/{sku}", "/{sku}" + further), hidden=True)


def _sku(request: Request[Any, Any]) -> str:
    return "/".join(value for name, value in request.path.items() if name.startswith("sku"))


def _view(sku: str, on_hand: int, held: int) -> StockView:
    return StockView(sku=sku, on_hand=on_hand, held=held, available=on_hand - held)


def _text(value: object) -> str | None:
    return None if value is None else str(value)
