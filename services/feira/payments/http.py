"""The HTTP face of payments: what gateways send us and, outside production, how the test gateway is made to send it."""

from typing import Any, Literal

from feira.kernel.errors import Malformed, NotFound, TooLarge
from feira.kernel.http import Body, Request, Route, Stream, View
from feira.payments.gateway import BadSignature
from feira.payments.service import PaymentService
from feira.payments.service_webhooks import RAW_MAX, receive, send_outcome


class Received(View, frozen=True, kw_only=True):
    received: Literal[True] = True


class Outcome(Body, frozen=True, kw_only=True):
    outcome: Literal["paid", "failed"]


class Sent(View, frozen=True, kw_only=True):
    order_id: str
    outcome: Literal["paid", "failed"]
    event_id: str


WEBHOOK_DOC = """The body is what the gateway sends. The test gateway sends
`{"id": "evt_…", "type": "charge.paid" | "charge.failed", "charge_id": "ch_…"}` with the header
`Feira-Signature: t=<unix seconds>,v1=<hex of HMAC-SHA256(secret, "t.body")>`; several `v1` may be given. A signature
that is wrong or older than five minutes is refused with 400. An event is heard once, however often it is sent; one about
a charge that we do not know has no effect.

To settle an order by hand, sign and send `{"order_id": "…", "outcome": "paid" | "failed"}`. The secret is what
`feira config --show-webhook-secret` prints, taken as it is (do not decode it); the signed text is the time, a dot and the
body's bytes as they are sent."""


def routes(payments: PaymentService) -> list[Route]:
    async def hear_webhook(request: Request[Any, None]) -> Received:
        raw = b"".join([chunk async for chunk in request.stream()])
        await receive(payments, request.path["gateway"], raw, request.headers.get("feira-signature"))
        return Received()

    async def send_webhook(request: Request[Outcome, None]) -> Sent:
        order_id = request.id("order_id")
        event_id = await send_outcome(payments, order_id, request.body.outcome)
        return Sent(order_id=str(order_id), outcome=request.body.outcome, event_id=event_id)

    return [
        Route(
            "POST",
            "/v1/payments/webhooks/{gateway}",
            hear_webhook,
            summary="A payment gateway's webhook",
            tag="Payments",
            body=Stream,
            body_max=RAW_MAX,
            reply=Received,
            refusals=(BadSignature, Malformed, NotFound, TooLarge),
            description=WEBHOOK_DOC,
            example={"order_id": "0191c3f2-6b1e-5d0a-9c57-2f4f3f5a7b10", "outcome": "paid"},
            reply_example={"received": True},
        ),
        Route(
            "POST",
            "/dev/payments/{order_id}",
            send_webhook,
            summary="Have the test gateway settle an order's payment",
            tag="Development",
            body=Outcome,
            reply=Sent,
            refusals=(NotFound,),
            dev_only=True,
            example={"outcome": "paid"},
        ),
    ]
