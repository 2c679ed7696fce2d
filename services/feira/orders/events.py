"""What orders does when others tell something. Each handler's name is its identity in the inbox."""

from collections.abc import Sequence

from feira.contracts.catalog import SaleFailed
from feira.contracts.payments import (
    PaymentAuthorized,
    PaymentCaptured,
    PaymentFailed,
    PaymentRefunded,
    PaymentVoided,
)
from feira.contracts.users import EmailVerified, UserErased
from feira.kernel.db import Tx
from feira.kernel.events import On
from feira.kernel.message import Heard
from feira.orders.service import OrderService


async def confirm_paid_orders(orders: OrderService, tx: Tx, heard: Sequence[Heard[PaymentAuthorized]]) -> None:
    await orders.money.hear(tx, [one.event for one in heard])


async def record_captures(orders: OrderService, tx: Tx, heard: Sequence[Heard[PaymentCaptured]]) -> None:
    await orders.money.hear_captured(tx, [one.event for one in heard])


async def cancel_unpaid_orders(orders: OrderService, tx: Tx, heard: Sequence[Heard[PaymentFailed]]) -> None:
    await orders.money.hear(tx, [one.event for one in heard])


async def record_voids(orders: OrderService, tx: Tx, heard: Sequence[Heard[PaymentVoided]]) -> None:
    await orders.money.hear(tx, [one.event for one in heard])


async def record_refunds(orders: OrderService, tx: Tx, heard: Sequence[Heard[PaymentRefunded]]) -> None:
    await orders.money.hear(tx, [one.event for one in heard])


async def cancel_orders_without_goods(orders: OrderService, tx: Tx, heard: Sequence[Heard[SaleFailed]]) -> None:
    await orders.money.hear_sale_failed(tx, [one.event for one in heard])


async def attach_guest_orders(orders: OrderService, tx: Tx, heard: Sequence[Heard[EmailVerified]]) -> None:
    await orders.attach(tx, {one.event.email: one.event.user_id for one in heard})


async def take_names_off_orders(orders: OrderService, tx: Tx, heard: Sequence[Heard[UserErased]]) -> None:
    await orders.unname(tx, [one.event.user_id for one in heard])


HANDLERS = (
    On(PaymentAuthorized, confirm_paid_orders),
    On(PaymentCaptured, record_captures),
    On(PaymentFailed, cancel_unpaid_orders),
    On(PaymentVoided, record_voids),
    On(PaymentRefunded, record_refunds),
    On(SaleFailed, cancel_orders_without_goods),
    On(EmailVerified, attach_guest_orders),
    On(UserErased, take_names_off_orders),
)
