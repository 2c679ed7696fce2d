from pathlib import Path

from feira.catalog.events import handlers
from feira.catalog.http import routes
from feira.catalog.jobs import gauges, jobs
from feira.catalog.service import CatalogService
from feira.contracts.catalog import Catalog
from feira.kernel.card import Card

card = Card(
    name="catalog",
    home=Path(__file__).parent,
    build=CatalogService,
    provides=Catalog,
    routes=routes,
    handlers=handlers,
    jobs=jobs,
    gauges=gauges,
)
