"""How staff's acts reach the journal: each service tells of them in the transaction of the act."""

from typing import ClassVar
from uuid import UUID

from feira.kernel.message import Event


class StaffActed(Event, frozen=True, kw_only=True):
    """`actor` (a user id) did `action` (`catalog.product.changed`) to `target`; `detail` is JSON without secrets."""

    topic: ClassVar[str] = "audit.staff_acted.v1"
    actor: UUID
    action: str
    target: str
    detail: str

    @property
    def key(self) -> str:
        return str(self.actor)
