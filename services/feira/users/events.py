"""What users does when others speak."""

from collections.abc import Sequence

from feira.contracts.audit import StaffActed
from feira.kernel.db import Tx
from feira.kernel.events import On
from feira.kernel.message import Heard
from feira.users.service import UserService


async def record_staff_acts(users: UserService, tx: Tx, heard: Sequence[Heard[StaffActed]]) -> None:
    await users.back_office.record_acts(tx, heard)


HANDLERS = (On(StaffActed, record_staff_acts),)
