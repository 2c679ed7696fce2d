"""Live updates: what happens, told to whoever watches it. It keeps nothing."""

from pathlib import Path

from feira.contracts.catalog import Catalog
from feira.contracts.orders import Orders
from feira.contracts.users import Users
from feira.kernel.card import Card
from feira.live.http import routes
from feira.live.service import FOLLOWED, LiveService

card = Card(
    name="live",
    home=Path(__file__).parent,
    build=LiveService,
    needs={"users": Users, "catalog": Catalog, "orders": Orders},
    routes=routes,
    follows=FOLLOWED,
    keeps=False,
)
