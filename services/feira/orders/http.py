"""Orders over HTTP: every route that the service answers."""

from collections.abc import Sequence

from feira.kernel.http import Route
from feira.orders import http_bot, http_buying, http_dashboard, http_desk, http_settings, http_window
from feira.orders.service import OrderService


def routes(orders: OrderService) -> Sequence[Route]:
    return [
        *http_buying.routes(orders),
        *http_window.routes(orders),
        *http_dashboard.routes(orders),
        *http_desk.routes(orders),
        *http_settings.routes(orders),
        *http_bot.routes(orders),
    ]
