"""What tests of payments ask for."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from feira.payments import gateway
from feira.payments.card import card
from feira.payments.gateway import Gateway
from feira.payments.service import PaymentService
from feira.payments.tests.desk import Desk, MakeDesk, far_away


@pytest.fixture
async def make_desk(context: Any, hear: Any, said: Any) -> MakeDesk:
    """Payments with the test gateway, or with what `wrap` makes of it."""

    async def make(wrap: Callable[[Mapping[str, Gateway]], Mapping[str, Gateway]] | None = None) -> Desk:
        ctx = await context(card)
        desk = Desk(PaymentService(ctx), ctx, hear, said)
        desk.service = PaymentService(ctx, wrap(desk.service.gateways) if wrap else None, clock=desk.now)
        return desk

    return make


@pytest.fixture
async def desk(make_desk: MakeDesk, where: str) -> Desk:
    return await make_desk(far_away if where == "far" else None)


@pytest.fixture
def where() -> str:
    """Whether the gateway is `near`, within our transactions, or `far` like any other."""
    return "near"


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Buyers wait for a gateway less long than in the shop."""
    monkeypatch.setattr(gateway, "AUTHORIZE_TIMEOUT_S", 0.2)
