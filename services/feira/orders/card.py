from pathlib import Path

from feira.contracts.carts import Carts
from feira.contracts.catalog import Catalog
from feira.contracts.orders import Orders
from feira.contracts.payments import Payments
from feira.kernel.card import Card
from feira.orders.events import HANDLERS
from feira.orders.http import routes
from feira.orders.jobs import JOBS
from feira.orders.service import OrderService

card = Card(
    name="orders",
    home=Path(__file__).parent,
    build=OrderService,
    provides=Orders,
    needs={"catalog": Catalog, "payments": Payments, "carts": Carts},
    routes=routes,
    handlers=HANDLERS,
    jobs=JOBS,
    gauges=OrderService.gauges,
)
