"""Events that a handler could not cope with: what every process tells of those of its services, and does with them."""

from datetime import datetime
from typing import Protocol
from uuid import UUID

from feira.kernel.errors import NotFound, Refused
from feira.kernel.message import Message, remote


class ParkedAsk(Message, frozen=True, kw_only=True):
    """The events of this service behind this number, the first first."""

    service: str
    after: int = 0
    limit: int = 100


class ParkedEvent(Message, frozen=True, kw_only=True):
    """`number` names the event among its service's. `behind` counts those of its handler and key that wait behind it, up to
    1,000; `waits_for` is the first of them, if that is another.
    """

    service: str
    number: int
    event_id: UUID
    handler: str
    topic: str
    key: str
    error: str
    at: datetime
    parked_at: datetime
    behind: int
    waits_for: int | None = None


class ParkedPart(Message, frozen=True, kw_only=True):
    events: tuple[ParkedEvent, ...]


class ParkedRef(Message, frozen=True, kw_only=True):
    service: str
    number: int


class ParkedWhole(Message, frozen=True, kw_only=True):
    """`payload` is what the event says, in JSON, with secrets masked."""

    event: ParkedEvent
    payload: str


class ReplayAsk(Message, frozen=True, kw_only=True):
    """`actor` is who wants it done."""

    service: str
    number: int
    actor: UUID


class DropAsk(Message, frozen=True, kw_only=True):
    service: str
    number: int
    actor: UUID
    reason: str


class Settled(Message, frozen=True, kw_only=True):
    """The event waits no more."""


class UnknownEvent(NotFound):
    code = "unknown_event"
    title = "No such event waits"


class WaitsBehind(Refused):
    """`extra["waits_for"]` is the id of the event that must be settled before."""

    code = "waits_behind"
    title = "The event waits behind an earlier one of its key"


class ReplayFailed(Refused):
    """`extra["error"]` says what was wrong; the event waits on."""

    code = "replay_failed"
    title = "The event could not be handled this time either"


class ParkedEvents(Protocol):
    """Refuses with UnknownEvent what does not wait, or waits elsewhere."""

    @remote(idempotent=True)
    async def list(self, ask: ParkedAsk) -> ParkedPart: ...

    @remote(idempotent=True)
    async def read(self, ask: ParkedRef) -> ParkedWhole: ...

    @remote(deadline_s=40)  # Longer than any statement may take.
    async def replay(self, ask: ReplayAsk) -> Settled:
        """Handle the event again. Refuses with WaitsBehind, and with ReplayFailed."""
        ...

    @remote()
    async def drop(self, ask: DropAsk) -> Settled:
        """Never handle the event. What waits behind it can be replayed then."""
        ...
