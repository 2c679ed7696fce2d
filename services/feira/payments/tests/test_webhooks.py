"""Webhooks over HTTP, as gateways send them and as others would like to."""

import asyncio
import hashlib
import hmac
import json
import time
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from feira.contracts.payments import PaymentAuthorized, PaymentFailed, PaymentVoided
from feira.kernel.card import Context
from feira.kernel.errors import Malformed, NotFound
from feira.payments.gateway import BadSignature
from feira.payments.gateways.test import name_of, read_signature
from feira.payments.http import routes
from feira.payments.service import PaymentService
from feira.payments.service_due import release_unclaimed
from feira.payments.service_webhooks import RAW_MAX, receive, send_outcome
from feira.payments.tests.desk import Desk, MakeDesk, far_away

PATH = "/v1/payments/webhooks/test"


def sign(secret: str, raw: bytes, at: float | None = None) -> str:
    seconds = str(int(time.time() if at is None else at))
    digest = hmac.new(secret.encode(), seconds.encode() + b"." + raw, hashlib.sha256).hexdigest()
    return f"t={seconds},v1={digest}"


class Buyer:
    """An order whose buyer pays later, and the gateway's hand that writes webhooks about it."""

    def __init__(self, desk: Desk, shop: Any) -> None:
        self.desk, self.shop = desk, shop
        self.secret = desk.ctx.settings.webhook_secret
        self.order_id = uuid4()

    async def begin(self) -> "Buyer":
        self.payment = await self.desk.authorized(self.order_id, "tok_async")
        await self.desk.placed(self.payment, self.order_id, "pending")
        return self

    async def body(self, kind: str = "charge.paid", event_id: str = "", **changes: Any) -> bytes:
        [*_, payment] = await self.desk.of_order(self.order_id)
        told = {"id": event_id or f"evt_{uuid4().hex}", "type": kind, "charge_id": name_of(payment.id)}
        return json.dumps(told | changes).encode()

    async def send(self, raw: bytes, signature: str | None = "", path: str = PATH) -> int:
        headers = {"Content-Type": "application/json"}
        if signature is not None:
            headers["Feira-Signature"] = signature or sign(self.secret, raw)
        async with self.shop.session.post(path, data=raw, headers=headers) as answer:
            if answer.status == 400:
                assert (await answer.json())["code"] in {"bad_signature", "malformed"}
            return int(answer.status)

    async def state(self) -> str:
        [*_, payment] = await self.desk.of_order(self.order_id)
        return str(payment.state)


@pytest.fixture
async def buyer(desk: Desk, web: Any) -> Buyer:
    return await Buyer(desk, await web(routes(desk.service))).begin()


async def test_a_signed_webhook_settles_the_payment(buyer: Buyer) -> None:
    assert await buyer.send(await buyer.body()) == 200
    assert await buyer.state() == "authorized"
    assert [type(event) for event in await buyer.desk.said()] == [PaymentAuthorized]


@pytest.mark.parametrize(("outcome", "state"), [("paid", "authorized"), ("failed", "failed")])
async def test_an_order_is_settled_by_hand(buyer: Buyer, outcome: str, state: str) -> None:
    unknown = json.dumps({"order_id": str(uuid4()), "outcome": outcome}).encode()
    assert await buyer.send(unknown) == 200
    assert await buyer.state() == "pending"
    raw = json.dumps({"order_id": str(buyer.order_id), "outcome": outcome}).encode()
    assert [await buyer.send(raw) for _ in range(2)] == [200, 200]
    assert await buyer.state() == state
    assert await buyer.send(b'{"order_id": 1}') == 400
    async with buyer.desk.ctx.db.read() as tx:
        assert await tx.fetchval("select count(*) from webhook_events") == 1


async def test_one_signature_of_several_is_enough(buyer: Buyer) -> None:
    raw = await buyer.body()
    at, right = sign(buyer.secret, raw).split(",")
    assert await buyer.send(raw, f"{at}, v1={'0' * 64}, {right}") == 200
    assert await buyer.state() == "authorized"


async def test_forged_webhooks_have_no_effect(buyer: Buyer) -> None:
    raw = await buyer.body()
    good = sign(buyer.secret, raw)
    at, digest = good.split(",")
    other = await buyer.body()
    forged = [
        (raw, None),
        (raw, " "),
        (raw, "nonsense"),
        (raw, at),
        (raw, digest),
        (raw, f"t=,{digest}"),
        (raw, f"t=-1,{digest}"),
        (raw, f"{at},{at},{digest}"),
        (raw, f"t=9{at[2:]},{digest}"),
        (raw, f"{at},v1={'0' * 64}"),
        (raw, f"{at},v1={digest[3:].upper()}"),
        (raw, f"{at},v0={digest[3:]}"),
        (raw, ",".join([at] + [f"v1={'0' * 64}"] * 8 + [digest])),
        (raw, good + "," * 2_000),
        (raw, sign("another secret", raw)),
        (raw, sign("", raw)),
        (raw + b" ", good),
        (other, good),
        (b"", good),
    ]
    for body, signature in forged:
        assert await buyer.send(body, signature) == 400, signature
    assert await buyer.state() == "pending"
    async with buyer.desk.ctx.db.read() as tx:
        assert await tx.fetchval("select count(*) from webhook_events") == 0
    assert await buyer.send(raw, good) == 200


@pytest.mark.parametrize("off_s", [-3_600, -330, 330, 3_600])
async def test_webhooks_of_another_time_have_no_effect(buyer: Buyer, off_s: int) -> None:
    raw = await buyer.body()
    assert await buyer.send(raw, sign(buyer.secret, raw, time.time() + off_s)) == 400
    assert await buyer.state() == "pending"
    assert await buyer.send(raw, sign(buyer.secret, raw, time.time() + off_s * 0.5 % 200)) == 200


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"null",
        b"{",
        b"[]",
        b'{"id": "evt_1"}',
        b'{"id": "", "type": "charge.paid", "charge_id": "ch_1"}',
        b'{"id": "evt_1", "type": "charge.eaten", "charge_id": "ch_1"}',
        b'{"id": 1, "type": "charge.paid", "charge_id": "ch_1"}',
        b'{"id": "evt_1\xff", "type": "charge.paid", "charge_id": "ch_1"}',
        b"[" * 20_000,
        b'{"id": "evt_\\u0000", "type": "charge.paid", "charge_id": "ch_1"}',
        b'{"id": "evt_1", "type": "charge.paid", "charge_id": "ch\\u0000"}',
    ],
)
async def test_a_signed_webhook_that_makes_no_sense(buyer: Buyer, raw: bytes) -> None:
    assert await buyer.send(raw) == 400


async def test_a_webhook_that_is_too_large(buyer: Buyer) -> None:
    raw = (await buyer.body()) + b" " * RAW_MAX
    assert await buyer.send(raw) == 413


async def test_webhooks_of_gateways_that_are_not_ours(buyer: Buyer) -> None:
    assert await buyer.send(await buyer.body(), path="/v1/payments/webhooks/stripe") == 404


async def test_a_webhook_about_an_unknown_charge_has_no_effect(buyer: Buyer) -> None:
    assert await buyer.send(await buyer.body(charge_id="ch_unknown")) == 200
    assert await buyer.send(await buyer.body(charge_id=str(buyer.order_id))) == 200
    assert await buyer.state() == "pending"


async def test_a_replayed_webhook_has_one_effect(buyer: Buyer) -> None:
    raw = await buyer.body()
    statuses = await asyncio.gather(*[buyer.send(raw) for _ in range(20)])
    assert set(statuses) == {200}
    assert [type(event) for event in await buyer.desk.said()] == [PaymentAuthorized]


async def test_webhooks_out_of_order_never_move_a_payment_back(buyer: Buyer) -> None:
    assert await buyer.send(await buyer.body("charge.paid")) == 200
    assert await buyer.send(await buyer.body("charge.failed")) == 200
    assert await buyer.state() == "authorized"
    await buyer.desk.confirmed(buyer.payment, buyer.order_id)
    await buyer.desk.perform()
    assert await buyer.state() == "captured"
    for kind in ("charge.failed", "charge.paid"):
        assert await buyer.send(await buyer.body(kind)) == 200
    assert await buyer.state() == "captured"
    assert await buyer.desk.at_gateway(buyer.payment) == ("captured", 0)


async def test_a_failure_is_final(buyer: Buyer) -> None:
    assert await buyer.send(await buyer.body("charge.failed")) == 200
    assert await buyer.send(await buyer.body("charge.paid")) == 200
    assert await buyer.state() == "failed"
    [event] = await buyer.desk.said()
    assert isinstance(event, PaymentFailed)
    assert event.reason == "declined"


async def test_who_pays_for_a_cancelled_order_keeps_his_money(buyer: Buyer) -> None:
    raw = await buyer.body()
    await buyer.desk.cancelled(buyer.payment, buyer.order_id)
    assert await buyer.send(raw) == 200
    await buyer.desk.perform()
    assert await buyer.state() == "voided"
    assert await buyer.desk.at_gateway(buyer.payment) == ("voided", 0)
    assert await buyer.send(await buyer.body()) == 200
    await buyer.desk.perform()
    assert [type(event) for event in await buyer.desk.said()] == [PaymentVoided]


async def test_a_webhook_about_a_former_charge_leaves_the_new_one_alone(desk: Desk, web: Any) -> None:
    buyer = Buyer(desk, await web(routes(desk.service)))
    await desk.authorized(buyer.order_id, "tok_async", amount=500)
    stale = await buyer.body("charge.paid")
    buyer.payment = await desk.authorized(buyer.order_id, "tok_async", amount=700)
    assert await buyer.send(stale) == 200
    await desk.perform()
    assert [p.state for p in await desk.of_order(buyer.order_id)] == ["voided", "pending"]
    assert await buyer.send(await buyer.body("charge.paid")) == 200
    assert await buyer.send(stale) == 200
    await desk.perform()
    assert [p.state for p in await desk.of_order(buyer.order_id)] == ["voided", "authorized"]


async def test_a_webhook_may_come_before_the_order(desk: Desk, web: Any) -> None:
    buyer = Buyer(desk, await web(routes(desk.service)))
    buyer.payment = await desk.authorized(buyer.order_id, "tok_async")
    assert await buyer.send(await buyer.body()) == 200
    [first] = await desk.said()
    await desk.placed(buyer.payment, buyer.order_id, "pending")
    [second] = await desk.said()  # Told again, now that there is somebody to hear.
    assert isinstance(first, PaymentAuthorized)
    assert isinstance(second, PaymentAuthorized)
    assert second.version > first.version


async def test_the_test_gateway_sends_its_webhook_when_it_is_told_to(buyer: Buyer) -> None:
    path = f"/dev/payments/{buyer.order_id}"
    async with buyer.shop.session.post(path, json={"outcome": "paid"}) as answer:
        assert answer.status == 200
        assert (await answer.json())["outcome"] == "paid"
    assert await buyer.state() == "authorized"
    for where, body, status in (
        (f"/dev/payments/{uuid4()}", {"outcome": "paid"}, 404),
        ("/dev/payments/none", {"outcome": "paid"}, 404),
        (path, {"outcome": "eaten"}, 422),
        (path, {"outcome": "paid", "amount": 1}, 422),
    ):
        async with buyer.shop.session.post(where, json=body) as answer:
            assert answer.status == status


async def test_a_lost_payment_can_be_settled_by_a_webhook_before_it_is_found(
    desk: Desk, web: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("feira.payments.gateway.AUTHORIZE_TIMEOUT_S", 0.2)
    buyer = Buyer(desk, await web(routes(desk.service)))
    await desk.authorized(buyer.order_id, "tok_timeout")
    [payment] = await desk.of_order(buyer.order_id)
    assert payment.charge_id is None
    await send_outcome(desk.service, buyer.order_id, "paid")
    assert await buyer.state() == "authorized"


async def test_in_production_there_is_no_test_gateway(desk: Desk) -> None:
    settings = msgspec.structs.replace(desk.ctx.settings, production=True)
    ctx = Context(db=desk.ctx.db, settings=settings, wake=lambda _job: None, log=desk.ctx.log)
    service = PaymentService(ctx)
    assert service.gateways == {}
    with pytest.raises(NotFound):
        await receive(service, "test", b"{}", "t=1,v1=" + "0" * 64)
    with pytest.raises(NotFound):
        await send_outcome(service, uuid4(), "paid")
    assert [route.dev_only for route in routes(service)] == [False, True]


async def test_a_webhook_of_a_far_gateway_has_it_asked(make_desk: MakeDesk, web: Any) -> None:
    desk = await make_desk(far_away)
    buyer = await Buyer(desk, await web(routes(desk.service))).begin()
    async with desk.ctx.db.tx() as tx:
        await tx.execute("update test_gateway_charge set state = 'failed', reason = 'declined'")
    assert await buyer.send(await buyer.body("charge.paid")) == 200  # Whatever it says, the gateway says no.
    await desk.perform()
    assert await buyer.state() == "failed"
    assert await buyer.send(await buyer.body("charge.paid")) == 200
    await desk.perform()
    assert await buyer.state() == "failed"


async def test_old_webhooks_are_forgotten(buyer: Buyer) -> None:
    assert await buyer.send(await buyer.body()) == 200
    buyer.desk.wait(8 * 24 * 3_600)
    await release_unclaimed(buyer.desk.service)
    async with buyer.desk.ctx.db.read() as tx:
        assert await tx.fetchval("select count(*) from webhook_events") == 0


def test_signatures_are_read_strictly() -> None:
    assert read_signature(f"t=12,v1={'a' * 64}") == ("12", ["a" * 64])
    for bad in ("", "t=1", "t=\u0663,v1=" + "a" * 64, f"t=1 2,v1={'a' * 64}"):
        with pytest.raises(BadSignature):
            read_signature(bad)
    assert issubclass(BadSignature, Malformed)
