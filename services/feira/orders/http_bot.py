"""The button of a demo that has a bot buy something."""

from uuid import UUID

from feira.kernel.errors import Overloaded, RateLimited
from feira.kernel.http import Request, Route, View
from feira.orders.service import OrderService
from feira.orders.service_bot import NothingToBuy


class BoughtView(View, frozen=True, kw_only=True):
    """`token` opens the order, as a guest's own does."""

    id: UUID
    number: str
    token: str


class BotView(View, frozen=True, kw_only=True):
    order: BoughtView


def routes(orders: OrderService) -> list[Route]:
    async def have_bot_buy(_request: Request[None, None]) -> BotView:
        order = await orders.bot.buy()
        return BotView(order=BoughtView(id=order.id, number=order.number, token=orders.token(order.id)))

    return [
        Route("POST", "/dev/bot", have_bot_buy, summary="Have a bot buy something", tag="Development", reply=BotView,
              status=201, dev_only=True, refusals=(NothingToBuy, RateLimited, Overloaded),
              description="One to three goods that are in stock, by chance, through the same checkout as everybody's."),
    ]  # fmt: skip
