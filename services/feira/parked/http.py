"""Parked events over HTTP: those of all services in one list, wherever each of them runs."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from feira.contracts.parked import (
    DropAsk,
    ParkedAsk,
    ParkedEvent,
    ParkedEvents,
    ParkedPart,
    ParkedRef,
    ReplayAsk,
    ReplayFailed,
    UnknownEvent,
    WaitsBehind,
)
from feira.kernel.errors import Invalid, Overloaded
from feira.kernel.http import INT_MAX, Body, Cursor, Limit, Query, Request, Route, View
from feira.transport.cursors import cursor, read_cursor

TAG = "Back office: events"


class EventsQuery(Query, frozen=True, kw_only=True):
    limit: Limit = 20
    cursor: Cursor = None
    service: Annotated[str, Meta(min_length=1, max_length=32)] | None = None


class DropEvent(Body, frozen=True, kw_only=True):
    reason: Annotated[str, Meta(min_length=1, max_length=500, pattern=r"\S")]


class ParkedView(View, frozen=True, kw_only=True):
    """An event that `handler` of `service` could not cope with; `service` and `id` together name it. `behind` counts the
    later events of its key that wait for it, up to 1,000; `waits_for` is the id of the event that it waits for itself.
    """

    id: str
    service: str
    topic: str
    key: str
    handler: str
    event_id: UUID
    error: str
    at: datetime
    parked_at: datetime
    behind: int
    waits_for: str | None


class ParkedWholeView(ParkedView, frozen=True, kw_only=True):
    """`payload` is what the event says, with secrets masked."""

    payload: msgspec.Raw


class ParkedList(View, frozen=True, kw_only=True):
    """By service, the first first. `unreachable` are services that could not be asked now."""

    items: list[ParkedView]
    next: str | None
    unreachable: list[str]


class SettledView(View, frozen=True, kw_only=True):
    id: str
    service: str
    status: Literal["handled", "dropped"]


class Desk:
    """The handlers; `find` answers who knows of a service's events."""

    def __init__(self, services: Sequence[str], find: Callable[[str], ParkedEvents]) -> None:
        self._services = tuple(services)
        self._find = find

    async def list(self, request: Request[None, EventsQuery]) -> ParkedList:
        query = request.query
        if query.service is not None and query.service not in self._services:
            raise Invalid.field("service", f"there are {', '.join(self._services)}")
        services = self._services if query.service is None else (query.service,)
        begin, after = read_cursor(query.cursor, (str, int)) if query.cursor else (services[0], 0)
        if begin not in services:
            raise Invalid.field("cursor", "is not one of ours")
        asked = services[services.index(begin) :]
        limit = query.limit + 1
        parts = await asyncio.gather(
            *[self._part(ParkedAsk(service=name, after=after if name == begin else 0, limit=limit)) for name in asked]
        )
        found = [event for part in parts if part is not None for event in part.events]
        page = found[: query.limit]
        return ParkedList(
            items=[_view(event) for event in page],
            next=cursor(page[-1].service, page[-1].number) if len(found) > query.limit else None,
            unreachable=[name for name, part in zip(asked, parts, strict=True) if part is None],
        )

    async def _part(self, ask: ParkedAsk) -> ParkedPart | None:
        try:
            return await self._find(ask.service).list(ask)
        except Overloaded:
            return None

    async def read(self, request: Request[None, None]) -> ParkedWholeView:
        events, service, number = self._named(request)
        whole = await events.read(ParkedRef(service=service, number=number))
        view = _view(whole.event)
        return ParkedWholeView(**msgspec.structs.asdict(view), payload=msgspec.Raw(whole.payload.encode()))

    async def replay(self, request: Request[None, None]) -> SettledView:
        events, service, number = self._named(request)
        await events.replay(ReplayAsk(service=service, number=number, actor=request.caller.id))
        return SettledView(id=str(number), service=service, status="handled")

    async def drop(self, request: Request[DropEvent, None]) -> SettledView:
        events, service, number = self._named(request)
        reason = request.body.reason.strip()
        await events.drop(DropAsk(service=service, number=number, actor=request.caller.id, reason=reason))
        return SettledView(id=str(number), service=service, status="dropped")

    def _named(self, request: Request[DropEvent, None] | Request[None, None]) -> tuple[ParkedEvents, str, int]:
        service, text = request.path["service"], request.path["event_id"]
        number = int(text) if text.isascii() and text.isdecimal() and len(text) <= len(str(INT_MAX)) else 0
        if service not in self._services or str(number) != text or number > INT_MAX:
            raise UnknownEvent
        return self._find(service), service, number


def routes(services: Sequence[str], find: Callable[[str], ParkedEvents]) -> list[Route]:
    desk = Desk(services, find)
    one = "/v1/admin/events/{service}/{event_id}"
    return [
        Route("GET", "/v1/admin/events", desk.list, summary="Events that could not be handled", tag=TAG,
              query=EventsQuery, reply=ParkedList, caller="staff", refusals=(Invalid,)),
        Route("GET", one, desk.read, summary="A parked event, whole", tag=TAG, reply=ParkedWholeView, caller="staff",
              refusals=(UnknownEvent, Overloaded)),
        Route("POST", f"{one}/replay", desk.replay, summary="Handle a parked event again", tag=TAG, reply=SettledView,
              caller="staff", refusals=(UnknownEvent, WaitsBehind, ReplayFailed, Overloaded)),
        Route("POST", f"{one}/drop", desk.drop, summary="Never handle a parked event", tag=TAG, body=DropEvent,
              reply=SettledView, caller="admin", refusals=(UnknownEvent, Overloaded),
              description="It is kept with the reason, and what waits behind it can be replayed.",
              example={"reason": "the order was a test"}),
    ]  # fmt: skip


def _view(event: ParkedEvent) -> ParkedView:
    return ParkedView(
        id=str(event.number),
        service=event.service,
        topic=event.topic,
        key=event.key,
        handler=event.handler,
        event_id=event.event_id,
        error=event.error,
        at=event.at,
        parked_at=event.parked_at,
        behind=event.behind,
        waits_for=None if event.waits_for is None else str(event.waits_for),
    )
