"""What tests of carts ask for."""

from typing import Any

import pytest

from feira.carts.card import card
from feira.carts.service import CartService
from feira.carts.tests.market import Market
from feira.catalog.card import card as catalog_card
from feira.catalog.service import CatalogService


@pytest.fixture
async def market(context: Any, hear: Any, web: Any) -> Market:
    catalog = CatalogService(await context(catalog_card))
    ctx = await context(card)
    market = Market(CartService(ctx, catalog), catalog, ctx, None, hear)
    market.carts = CartService(ctx, catalog, clock=market.now)
    market.web = await web(card.routes(market.carts))
    return market
