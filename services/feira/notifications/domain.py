"""What is written to whom: pure rules from events to letters, and how often a mail is tried."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, Literal
from uuid import UUID

import msgspec

from feira.contracts.emails import normal_email
from feira.contracts.goods import Address, PricedLine
from feira.contracts.orders import OrderCancelled, OrderConfirmed, OrderFulfilled, OrderPlaced, OrderRefunded
from feira.contracts.users import RegistrationRepeated, ResetAsked, VerificationAsked
from feira.kernel.message import Heard

LOCALES: Final = ("en", "pt-BR")  # The languages that mails are written in; the first is for all others.
LINES_MAX: Final = 100  # Lines of an order that a mail lists: mail programs cut long mails off.
TEXT_MAX: Final = 200
TRIES_MAX: Final = 30  # With the delays below, a mail is tried for about a day.
DELAY_S: Final = 15
DELAY_MAX_S: Final = 3600

Kind = Literal[
    "order_confirmed",
    "order_cancelled",
    "order_refunded",
    "order_shipped",
    "verification",
    "password_reset",
    "registration_repeated",
]
State = Literal["due", "kept", "sent", "failed", "forgotten"]

OrderEvent = OrderPlaced | OrderConfirmed | OrderCancelled | OrderRefunded | OrderFulfilled
AccountEvent = VerificationAsked | ResetAsked | RegistrationRepeated


class LetterLine(msgspec.Struct, frozen=True, gc=False):
    name: str
    quantity: int
    total_minor: int


class OrderContents(msgspec.Struct, frozen=True, kw_only=True, tag="order", omit_defaults=True, gc=False):
    """What a letter about an order is filled with. `total_minor` is None in letters that show no totals."""

    number: str
    placed_at: datetime
    currency: str
    lines: tuple[LetterLine, ...] = ()
    lines_left_out: int = 0
    address: tuple[str, ...] = ()
    subtotal_minor: int = 0
    discount_minor: int = 0
    shipping_minor: int = 0
    tax_minor: int = 0
    tax_included: bool = False
    total_minor: int | None = None
    refund_minor: int = 0
    tracking: str = ""


class AccountContents(msgspec.Struct, frozen=True, kw_only=True, tag="account"):
    """What a letter about an account is filled with: no name, since whoever registers an address chooses the name."""

    expires_at: datetime | None = None


Contents = OrderContents | AccountContents


class Letter(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A mail to be written. Its id is that of the event that calls for it."""

    id: UUID
    kind: Kind
    recipient: str
    locale: str
    contents: Contents
    created_at: datetime
    secret: str | None = None
    order_id: UUID | None = None
    user_id: UUID | None = None


_BLANKS = re.compile(r"\s+")
_DIRECTIONS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f")


def one_line(text: str, length_max: int = TEXT_MAX) -> str:
    """The text on one line, without control characters and without marks that turn the reading direction."""
    if text.isascii() and text.isprintable() and "  " not in text:  # As nearly all are.
        return _cut(text.strip(), length_max)
    blanked = _BLANKS.sub(" ", text)
    kept = "".join(c for c in blanked if unicodedata.category(c) not in {"Cc", "Cs"} and c not in _DIRECTIONS).strip()
    return _cut(kept, length_max)


def _cut(text: str, length_max: int) -> str:
    return text if len(text) <= length_max else text[: length_max - 1] + "…"


@lru_cache(maxsize=64)
def locale_of(wanted: str) -> str:
    """The language of ours that suits a reader of `wanted` (`pt`, `pt-PT`, `en-GB`, …)."""
    base = wanted.lower().split("-")[0].split("_")[0]
    return next((locale for locale in LOCALES if locale.lower().split("-")[0] == base), LOCALES[0])


def delay_s(tries: int) -> int:
    """How long to wait after so many failed tries."""
    return int(min(DELAY_MAX_S, DELAY_S * 2 ** min(tries - 1, 20)))


def confirmations(heard: Sequence[Heard[OrderPlaced]] | Sequence[Heard[OrderConfirmed]]) -> list[Letter]:
    """Letters to the buyers of orders that stand; a pending one gets its letter when it is confirmed."""
    return _present(
        _order_letter("order_confirmed", item, _whole(item.event, item.event.lines))
        for item in heard
        if item.event.status == "confirmed"
    )


def cancellations(heard: Sequence[Heard[OrderCancelled]]) -> list[Letter]:
    return _present(_order_letter("order_cancelled", item, _whole(item.event, item.event.lines)) for item in heard)


def refunds(heard: Sequence[Heard[OrderRefunded]]) -> list[Letter]:
    return _present(
        _order_letter("order_refunded", item, _head(item.event, (), refund_minor=item.event.refund_minor))
        for item in heard
    )


def shipments(heard: Sequence[Heard[OrderFulfilled]]) -> list[Letter]:
    letters = []
    for item in heard:
        event = item.event
        tracking = one_line(" ".join(part for part in (event.carrier, event.tracking) if part))
        contents = _head(event, event.sent, address=_address(event.shipping_address), tracking=tracking)
        letters.append(_order_letter("order_shipped", item, contents))
    return _present(letters)


def account_letters(kind: Kind, heard: Iterable[Heard[Any]]) -> list[Letter]:
    """Letters with a one-time link, or without one where the event brings no token."""
    return _present(_account_letter(kind, item) for item in heard)


def _present(letters: Iterable[Letter | None]) -> list[Letter]:
    return [letter for letter in letters if letter is not None]


def _order_letter(kind: Kind, heard: Heard[Any], contents: OrderContents) -> Letter | None:
    """None if there is nobody to write to: an erased customer's order has no address left."""
    event: OrderEvent = heard.event
    recipient = normal_email(event.email)
    if recipient is None:
        return None
    return Letter(
        id=heard.id,
        kind=kind,
        recipient=recipient,
        locale=locale_of(event.locale),
        contents=contents,
        created_at=heard.at,
        order_id=event.order_id,
        user_id=event.user_id,
    )


def _account_letter(kind: Kind, heard: Heard[Any]) -> Letter | None:
    event: AccountEvent = heard.event
    recipient = normal_email(event.email)
    if recipient is None:
        return None
    token, expires_at = None, None
    if not isinstance(event, RegistrationRepeated):
        token, expires_at = event.token, event.expires_at
    return Letter(
        id=heard.id,
        kind=kind,
        recipient=recipient,
        locale=locale_of(event.locale),
        contents=AccountContents(expires_at=expires_at),
        created_at=heard.at,
        secret=token,
        user_id=event.user_id,
    )


def _head(event: OrderEvent, lines: Sequence[PricedLine], **more: Any) -> OrderContents:
    shown = tuple(LetterLine(one_line(line.name), line.quantity, line.total_minor) for line in lines[:LINES_MAX])
    return OrderContents(
        number=one_line(event.number),
        placed_at=event.placed_at,
        currency=event.currency,
        lines=shown,
        lines_left_out=max(0, len(lines) - LINES_MAX),
        **more,
    )


def _whole(event: OrderEvent, lines: Sequence[PricedLine]) -> OrderContents:
    return _head(
        event,
        lines,
        address=_address(event.shipping_address),
        subtotal_minor=event.subtotal_minor,
        discount_minor=event.discount_minor,
        shipping_minor=event.shipping_minor,
        tax_minor=event.tax_minor,
        tax_included=event.tax_included,
        total_minor=event.total_minor,
    )


def _address(address: Address) -> tuple[str, ...]:
    town = " ".join(part for part in (address.postal_code, address.city, address.region) if part)
    parts = (address.name, address.line1, address.line2, town, address.country)
    return tuple(line for part in parts if part and (line := one_line(part)))
