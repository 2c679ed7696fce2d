"""Carts: what a buyer is about to order."""

from pathlib import Path

from feira.carts.events import HANDLERS
from feira.carts.http import routes
from feira.carts.service import CartService
from feira.contracts.carts import Carts
from feira.contracts.catalog import Catalog
from feira.kernel.card import Card, Job

card = Card(
    name="carts",
    home=Path(__file__).parent,
    build=CartService,
    provides=Carts,
    needs={"catalog": Catalog},
    routes=routes,
    handlers=HANDLERS,
    jobs=(Job("delete_untouched", CartService.delete_untouched, every_s=3_600),),
)
