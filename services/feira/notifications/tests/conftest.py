"""The service on a real database, with or without a real SMTP server, and the events that it hears."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from feira.contracts.goods import Address, PricedLine
from feira.kernel.card import Context
from feira.kernel.config import Settings
from feira.notifications.card import card
from feira.notifications.service import Notifications

PLACED_AT = datetime(2026, 3, 9, 14, 30, tzinfo=UTC)


def order(**changes: Any) -> dict[str, Any]:
    """The fields of an event about an order, of two lines, with some of them changed."""
    lines = (
        PricedLine(sku="MANGO-1KG", quantity=2, name="Palmer mango", unit_price_minor=890),
        PricedLine(sku="REDE", quantity=1, name="Rede <b>grande</b>", unit_price_minor=121_676),
    )
    return {
        "version": 1,
        "order_id": uuid4(),
        "number": "7K3M9QX2A",
        "status": "confirmed",
        "hold_id": uuid4(),
        "payment_id": uuid4(),
        "email": "ana@example.com",
        "lines": lines,
        "shipping_address": Address(
            name="Ana & Zé",
            line1="Rua da Feira, 1",
            city="São Paulo",
            postal_code="01000-000",
            country="BR",
            region="SP",
        ),
        "shipping_method": "flat",
        "currency": "BRL",
        "subtotal_minor": 123_456,
        "discount_minor": 0,
        "shipping_minor": 1500,
        "tax_minor": 0,
        "tax_included": False,
        "total_minor": 124_956,
        "placed_at": PLACED_AT,
        "locale": "pt-BR",
        **changes,
    }


def account(**changes: Any) -> dict[str, Any]:
    fields = {"version": 1, "user_id": uuid4(), "email": "ana@example.com", "name": "Ana", "locale": "en"}
    return {**fields, **changes}


class Inbox:
    """A real SMTP server's memory. `refusals` are answered, one a mail, before any is taken; "" takes it."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []
        self.refusals: list[str] = []
        self.greetings = 0

    async def handle_EHLO(  # noqa: N802 - the name that aiosmtpd calls.
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.greetings += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(  # noqa: N802 - see handle_EHLO.
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address.startswith("nobody@"):
            return "550 5.1.1 There is nobody of this name"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - see handle_EHLO.
        refusal = self.refusals.pop(0) if self.refusals else ""
        if not refusal:
            self.envelopes.append(envelope)
        return refusal or "250 OK"


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


Listen = Callable[[], Awaitable[Inbox]]


@pytest.fixture
async def listen(port: int) -> AsyncIterator[Listen]:
    """Starts a mail server on `port`."""
    servers: list[asyncio.Server] = []

    async def start() -> Inbox:
        inbox = Inbox()
        loop = asyncio.get_running_loop()
        servers.append(await loop.create_server(lambda: SMTP(inbox, enable_SMTPUTF8=True), "127.0.0.1", port))
        return inbox

    yield start
    for server in servers:
        server.close()


@pytest.fixture
async def ctx(context: Callable[..., Awaitable[Context]], settings: Settings) -> Context:
    made = await context(card)
    return with_settings(made, settings)


def with_settings(ctx: Context, settings: Settings, **changes: Any) -> Context:
    """The same surroundings with other settings."""
    changed = msgspec.structs.replace(
        settings, public_url="https://feira.example", shop_name="Feira da Vila", **changes
    )
    return Context(db=ctx.db, settings=changed, wake=ctx.wake, log=ctx.log)


@pytest.fixture
def kept(ctx: Context) -> Notifications:
    """The service without a mail server."""
    return Notifications(ctx)


@pytest.fixture
def sending(ctx: Context, settings: Settings, port: int) -> Notifications:
    """The service with a mail server that may or may not run."""
    return Notifications(
        with_settings(ctx, settings, smtp_url=f"smtp://127.0.0.1:{port}", mail_from="shop@feira.example")
    )
