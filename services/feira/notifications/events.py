"""Which events call for a mail."""

from collections.abc import Sequence

from feira.contracts.emails import normal_email
from feira.contracts.orders import OrderCancelled, OrderConfirmed, OrderFulfilled, OrderPlaced, OrderRefunded
from feira.contracts.users import EmailVerified, RegistrationRepeated, ResetAsked, UserErased, VerificationAsked
from feira.kernel.db import Tx
from feira.kernel.events import On
from feira.kernel.message import Heard
from feira.notifications import domain, store
from feira.notifications.service import Notifications


async def confirm_placed_order(service: Notifications, tx: Tx, heard: Sequence[Heard[OrderPlaced]]) -> None:
    await service.write(tx, domain.confirmations(heard))


async def confirm_order(service: Notifications, tx: Tx, heard: Sequence[Heard[OrderConfirmed]]) -> None:
    await service.write(tx, domain.confirmations(heard))


async def tell_of_cancellation(service: Notifications, tx: Tx, heard: Sequence[Heard[OrderCancelled]]) -> None:
    await service.write(tx, domain.cancellations(heard))


async def tell_of_refund(service: Notifications, tx: Tx, heard: Sequence[Heard[OrderRefunded]]) -> None:
    await service.write(tx, domain.refunds(heard))


async def tell_of_shipment(service: Notifications, tx: Tx, heard: Sequence[Heard[OrderFulfilled]]) -> None:
    await service.write(tx, domain.shipments(heard))


async def send_verification_link(service: Notifications, tx: Tx, heard: Sequence[Heard[VerificationAsked]]) -> None:
    await service.write(tx, domain.account_letters("verification", heard))


async def send_reset_link(service: Notifications, tx: Tx, heard: Sequence[Heard[ResetAsked]]) -> None:
    await service.write(tx, domain.account_letters("password_reset", heard))


async def tell_of_registration(service: Notifications, tx: Tx, heard: Sequence[Heard[RegistrationRepeated]]) -> None:
    await service.write(tx, domain.account_letters("registration_repeated", heard))


async def attach_earlier_mails(_service: Notifications, tx: Tx, heard: Sequence[Heard[EmailVerified]]) -> None:
    """Mails to a guest who turns out to be a customer are the customer's, and go with the customer."""
    owners = {email: item.event.user_id for item in heard if (email := normal_email(item.event.email))}
    await store.own(tx, list(owners.keys()), list(owners.values()))


async def forget_erased_users(_service: Notifications, tx: Tx, heard: Sequence[Heard[UserErased]]) -> None:
    await store.forget(tx, [item.event.user_id for item in heard])


HANDLERS = (
    On(OrderPlaced, confirm_placed_order),
    On(OrderConfirmed, confirm_order),
    On(OrderCancelled, tell_of_cancellation),
    On(OrderRefunded, tell_of_refund),
    On(OrderFulfilled, tell_of_shipment),
    On(VerificationAsked, send_verification_link),
    On(ResetAsked, send_reset_link),
    On(RegistrationRepeated, tell_of_registration),
    On(EmailVerified, attach_earlier_mails),
    On(UserErased, forget_erased_users),
)
