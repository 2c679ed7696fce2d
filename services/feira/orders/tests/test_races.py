"""Transactions that meet on one row, statement by statement."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

from feira.contracts.goods import Line
from feira.contracts.orders import OrderCancelled, OrderPlaced
from feira.contracts.payments import GatewayFailed, PaymentCaptured, PaymentFailed
from feira.orders import store_attempts
from feira.orders.store_attempts import Begin, Begun, Finish
from feira.orders.tests.conftest import Shop
from feira.orders.tests.neighbours import crash_at, hang_at


def begin(cart_id: str) -> Begin:
    return Begin(
        key=uuid4(),
        order_id=uuid4(),
        digest=b"digest",
        lease=uuid4(),
        cart_id=cart_id,
        lines=(Line(sku="mango", quantity=1),),
    )


async def test_a_payment_that_failed_before_the_order_and_then_came_is_not_kept(shop: Shop) -> None:
    """What is taken after payments has let go of it goes back: the order must not be confirmed by it."""
    gate = asyncio.Event()
    shop.payer.hook = hang_at("after authorize", gate)
    placing = asyncio.create_task(shop.place(payment={"method": "test", "token": "tok_async"}))
    await asyncio.sleep(0.3)
    ((order_id, payments),) = shop.payer.payments.items()
    known: dict[str, Any] = {
        "order_id": order_id,
        "payment_id": payments[0].payment_id,
        "amount_minor": 2000,
        "currency": "BRL",
    }
    await shop.hear(PaymentFailed(**known, reason="lost", version=1), PaymentCaptured(**known, version=2))
    gate.set()
    assert (await placing).json["status"] == "pending"
    assert [type(event) for event in await shop.events()] == [OrderPlaced, OrderCancelled]
    assert await shop.value("select payment_status from orders") == "captured"


async def test_an_order_is_of_what_lies_in_the_cart_now(shop: Shop) -> None:
    """The goods of a try that failed could not be given back; the buyer changes the cart and sends the same again."""
    shop.baskets.put("c1", mango=9)
    over: dict[str, Any] = {
        "cart_id": "c1",
        "lines": None,
        "expected_total": {"amount": 90_000, "currency": "BRL"},
    }
    shop.catalogue.hook = crash_at("before release")

    async def gateway_fails(_step: str) -> None:
        raise GatewayFailed

    shop.payer.hook = gateway_fails
    assert (await shop.place("k", **over)).code == "gateway_error"
    shop.catalogue.hook = shop.payer.hook = crash_at("never")
    shop.baskets.put("c1", mango=2)
    assert (await shop.place("k", **over)).code == "unavailable"
    reply = await shop.place("k", **over)
    assert reply.status == 201, reply.raw
    assert [line["quantity"] for line in reply.json["lines"]] == [2]
    assert shop.catalogue.held == 1


async def test_a_late_commit_is_not_taken_for_abandoned(shop: Shop) -> None:
    """A first try has given its turn up while its commit was under way; a second order of the cart waits for its end."""
    first, second = begin("c1"), begin("c1")
    async with shop.ctx.db.tx() as tx:
        await store_attempts.begin(tx, [first])
        await store_attempts.finish(tx, [Finish(order_id=first.order_id, lease=first.lease)])

    async def come_second() -> dict[UUID, Begun]:
        async with shop.ctx.db.tx() as tx:
            return await store_attempts.begin(tx, [second])

    async with shop.ctx.db.tx() as tx:
        assert (await store_attempts.lock(tx, {first.order_id: first.lease}))[first.order_id].mine
        coming = asyncio.create_task(come_second())
        await asyncio.sleep(0.2)
        await store_attempts.placed(tx, [first.order_id])
    begun = (await coming)[second.key]
    assert begun.abandoned == ()
    assert begun.attempt is not None
    assert begun.attempt.mine
    assert await shop.value("select status from attempts where order_id = $1", first.order_id) == 201
