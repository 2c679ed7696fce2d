"""What carts does when others tell of something."""

from collections.abc import Sequence

from feira.carts.service import CartService
from feira.carts.service_orders import forget, reopen, tidy
from feira.contracts.orders import OrderCancelled, OrderConfirmed, OrderPlaced
from feira.contracts.users import UserErased
from feira.kernel.db import Tx
from feira.kernel.events import On
from feira.kernel.message import Heard


async def tidy_ordered_carts(_carts: CartService, tx: Tx, heard: Sequence[Heard[OrderPlaced]]) -> None:
    await tidy(tx, [one.event for one in heard])


async def tidy_confirmed_carts(_carts: CartService, tx: Tx, heard: Sequence[Heard[OrderConfirmed]]) -> None:
    await tidy(tx, [one.event for one in heard])


async def reopen_carts_of_cancelled_orders(_carts: CartService, tx: Tx, heard: Sequence[Heard[OrderCancelled]]) -> None:
    await reopen(tx, [one.event for one in heard])


async def delete_carts_of_erased_users(_carts: CartService, tx: Tx, heard: Sequence[Heard[UserErased]]) -> None:
    await forget(tx, [one.event.user_id for one in heard])


HANDLERS = (
    On(OrderPlaced, tidy_ordered_carts),
    On(OrderConfirmed, tidy_confirmed_carts),
    On(OrderCancelled, reopen_carts_of_cancelled_orders),
    On(UserErased, delete_carts_of_erased_users),
)
