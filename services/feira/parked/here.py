"""The parked events of the services that run in this process."""

from collections.abc import Mapping
from typing import Any

import msgspec

from feira.contracts.audit import StaffActed
from feira.contracts.parked import (
    DropAsk,
    ParkedAsk,
    ParkedEvent,
    ParkedPart,
    ParkedRef,
    ParkedWhole,
    ReplayAsk,
    ReplayFailed,
    Settled,
    UnknownEvent,
    WaitsBehind,
)
from feira.kernel.db import BUSY, LOST, Db, Tx
from feira.kernel.events import emit
from feira.kernel.logs import masked
from feira.kernel.relay import Consumer
from feira.parked import store
from feira.parked.store import Parked

ERROR_MAX = 2_000
_NOT_ITS_FAULT: tuple[type[BaseException], ...] = (*LOST, *BUSY)


class ParkedHere:
    """Keeps the contract `ParkedEvents`. What staff do is told to the journal."""

    def __init__(self, dbs: Mapping[str, Db], consumers: Mapping[str, Consumer]) -> None:
        self._dbs = dbs
        self._consumers = consumers

    async def list(self, ask: ParkedAsk) -> ParkedPart:
        async with self._db(ask.service).read() as tx:
            found = await store.list_parked(tx, ask.after, ask.limit)
        return ParkedPart(events=tuple(_event(ask.service, one) for one in found))

    async def read(self, ask: ParkedRef) -> ParkedWhole:
        async with self._db(ask.service).read() as tx:
            parked = await _read(tx, ask.number)
        payload = msgspec.json.encode(masked(msgspec.json.decode(parked.payload))).decode()
        return ParkedWhole(event=_event(ask.service, parked), payload=payload)

    async def replay(self, ask: ReplayAsk) -> Settled:
        db = self._db(ask.service)
        async with db.tx() as tx:
            parked = await _read(tx, ask.number)
            if parked.waits_for is not None:
                raise WaitsBehind(waits_for=str(parked.waits_for))
            # Written down before, because the handler's own transaction is not ours.
            await emit(tx, _acted(ask, "events.replay_asked", parked, {}))
        try:
            await self._consumers[ask.service].replay(ask.number)
        except _NOT_ITS_FAULT:
            raise
        except Exception as failure:
            raise ReplayFailed(error=f"{type(failure).__name__}: {failure}"[:ERROR_MAX]) from failure
        return Settled()

    async def drop(self, ask: DropAsk) -> Settled:
        async with self._db(ask.service).tx() as tx:
            parked = await _read(tx, ask.number)
            if not await store.drop_parked(tx, ask.number, ask.reason):
                raise UnknownEvent
            await emit(tx, _acted(ask, "events.dropped", parked, {"reason": ask.reason}))
        return Settled()

    def _db(self, service: str) -> Db:
        if service not in self._consumers:
            raise UnknownEvent
        return self._dbs[service]


async def _read(tx: Tx, number: int) -> Parked:
    parked = await store.read_parked(tx, number)
    if parked is None:
        raise UnknownEvent
    return parked


def _event(service: str, parked: Parked) -> ParkedEvent:
    return ParkedEvent(
        service=service,
        number=parked.number,
        event_id=parked.event_id,
        handler=parked.handler,
        topic=parked.topic,
        key=parked.key,
        error=parked.error,
        at=parked.at,
        parked_at=parked.parked_at,
        behind=parked.behind,
        waits_for=parked.waits_for,
    )


def _acted(ask: ReplayAsk | DropAsk, action: str, parked: Parked, more: Mapping[str, Any]) -> StaffActed:
    detail = {"topic": parked.topic, "key": parked.key, "handler": parked.handler, **more}
    return StaffActed(
        version=1,
        actor=ask.actor,
        action=action,
        target=f"{ask.service}:{ask.number}",
        detail=msgspec.json.encode(detail).decode(),
    )
