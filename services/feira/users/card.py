"""Users: accounts, sessions, the keys that say who is asking, and the journal of what staff did."""

from collections.abc import Sequence
from pathlib import Path

from feira.contracts.orders import Orders
from feira.contracts.users import Users
from feira.kernel.card import Card, Gauge
from feira.users.events import HANDLERS
from feira.users.http import routes
from feira.users.jobs import JOBS
from feira.users.service import UserService


async def gauges(users: UserService) -> Sequence[Gauge]:
    waiting = await users.letters_waiting()
    return (Gauge("feira_users_letters", "Registrations and resets nobody was written about yet.", {}, waiting),)


card = Card(
    name="users",
    home=Path(__file__).parent,
    build=UserService,
    provides=Users,
    needs={"orders": Orders},
    routes=routes,
    handlers=HANDLERS,
    jobs=JOBS,
    gauges=gauges,
)
