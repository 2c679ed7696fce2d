"""From events to mails: one for each, sent at least once, and forgotten with their readers."""

import asyncio
import email
import email.policy
from datetime import UTC, datetime, timedelta
from typing import Any, get_args
from uuid import UUID, uuid4

import pytest

from feira.contracts.order_tokens import order_token
from feira.contracts.orders import OrderCancelled, OrderConfirmed, OrderFulfilled, OrderPlaced, OrderRefunded
from feira.contracts.users import EmailVerified, RegistrationRepeated, ResetAsked, UserErased, VerificationAsked
from feira.kernel.card import Context
from feira.kernel.config import Settings
from feira.kernel.errors import NotFound
from feira.kernel.ids import uuid7
from feira.notifications import domain, mailer, store
from feira.notifications import service as module
from feira.notifications.card import card
from feira.notifications.mailer import Mailer
from feira.notifications.service import Notifications
from feira.notifications.store import Mail

from .conftest import PLACED_AT, Listen, account, order, with_settings


async def mails(service: Notifications, **asked: Any) -> list[Mail]:
    conditions: dict[str, Any] = {"to": None, "order_id": None, "kind": None, "before": None, "limit": 100}
    return await service.newest(**(conditions | asked))


async def run_all_at_once(ctx: Context) -> None:
    """Let the time pass that a failed mail waits."""
    async with ctx.db.tx() as tx:
        await tx.execute("update mails set due_at = now()")


async def test_each_event_brings_its_mail(kept: Notifications, ctx: Context, hear: Any) -> None:
    fields = order()
    link: dict[str, Any] = {"token": "abc", "expires_at": PLACED_AT}
    refund: dict[str, Any] = {"reason": "", "refund_id": uuid4(), "refund_minor": 5, "restock": ()}
    events = [
        OrderPlaced(**fields),
        OrderRefunded(**fields, **refund),
        OrderFulfilled(**fields, fulfilment_id=uuid4(), sent=fields["lines"]),
        OrderCancelled(**fields, **refund),
        VerificationAsked(**account(), **link),
        ResetAsked(**account(), **link),
        RegistrationRepeated(**account()),
    ]
    ids = [uuid7() for _ in events]
    await hear(kept, ctx.db, card, *events, ids=ids)
    found = await mails(kept)
    assert {mail.letter.id for mail in found} == set(ids)
    assert {mail.letter.kind for mail in found} == set(get_args(domain.Kind))
    assert {mail.state for mail in found} == {"kept"}
    gauges = {gauge.labels["state"]: gauge.value for gauge in await kept.gauges()}
    assert gauges == {"due": 0, "failed": 0}  # They are kept, since there is no server for them.
    assert await kept.send_due() is False


async def test_a_pending_order_is_confirmed_later_and_once(kept: Notifications, ctx: Context, hear: Any) -> None:
    fields = order(status="pending")
    await hear(kept, ctx.db, card, OrderPlaced(**fields))
    assert await mails(kept) == []
    confirmed = OrderConfirmed(**(fields | {"status": "confirmed"}))
    twice = uuid7()
    await hear(kept, ctx.db, card, confirmed, ids=[twice])
    await hear(kept, ctx.db, card, confirmed, ids=[twice])
    await hear(kept, ctx.db, card, confirmed)  # Under another id: still one order, one confirmation.
    assert [mail.letter.id for mail in await mails(kept, order_id=fields["order_id"])] == [twice]


async def test_links_carry_their_tokens(kept: Notifications, ctx: Context, hear: Any) -> None:
    fields = order()
    await hear(
        kept,
        ctx.db,
        card,
        OrderPlaced(**fields),
        VerificationAsked(**account(email="bo@example.com"), token="a/b", expires_at=PLACED_AT),
        RegistrationRepeated(**account(email="cy@example.com")),
    )
    token = order_token(ctx.settings.derive("order-token"), fields["order_id"])
    (about_order,) = await mails(kept, to="ana@example.com")
    (verification,) = await mails(kept, to="bo@example.com")
    (repeated,) = await mails(kept, kind="registration_repeated")
    assert kept.link(about_order.letter) == f"https://feira.example/pt-BR/orders/{fields['order_id']}#token={token}"
    assert kept.link(verification.letter) == "https://feira.example/en/verify#token=a%2Fb"
    assert kept.link(repeated.letter) == "https://feira.example/en/sign-in"
    assert kept.link(verification.letter) in kept.render(verification.letter).text


async def test_mails_are_sent_whole(sending: Notifications, ctx: Context, hear: Any, listen: Listen) -> None:
    inbox = await listen()
    event_id = uuid7()
    await hear(sending, ctx.db, card, OrderPlaced(**order()), ids=[event_id])
    assert await sending.send_due() is False
    (envelope,) = inbox.envelopes
    assert (envelope.mail_from, envelope.rcpt_tos) == ("shop@feira.example", ["ana@example.com"])
    message = email.message_from_bytes(envelope.content or b"", policy=email.policy.default)  # type: ignore[arg-type] # Bytes, since decode_data is off.
    assert message["Message-ID"] == f"<{event_id}@feira.example>"
    assert message["From"] == "Feira da Vila <shop@feira.example>"
    assert message["To"] == "ana@example.com"
    assert message["Subject"] == "Seu pedido 7K3M9QX2A foi confirmado"
    assert message["Auto-Submitted"] == "auto-generated"
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert html is not None
    assert "Palmer mango" in text.get_content()
    assert "Rede &lt;b&gt;grande" in html.get_content()
    (mail,) = await mails(sending)
    assert (mail.state, mail.tries, mail.error) == ("sent", 1, None)
    assert mail.sent_at is not None
    assert await sending.send_due() is False
    assert len(inbox.envelopes) == 1


async def test_many_mails_share_few_connections(
    sending: Notifications, ctx: Context, hear: Any, listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BATCH_MAX", 10)
    inbox = await listen()
    await hear(sending, ctx.db, card, *(OrderPlaced(**order()) for _ in range(15)))
    assert await sending.send_due() is True
    assert await sending.send_due() is False
    assert len(inbox.envelopes) == 15
    assert inbox.greetings <= 8


async def test_the_token_of_a_link_is_dropped_once_sent(
    sending: Notifications, ctx: Context, hear: Any, listen: Listen
) -> None:
    inbox = await listen()
    await hear(sending, ctx.db, card, VerificationAsked(**account(), token="s3cret", expires_at=PLACED_AT))
    (before,) = await mails(sending)
    assert before.letter.secret == "s3cret"
    await sending.send_due()
    (after,) = await mails(sending)
    assert after.letter.secret is None
    assert "s3cret" in str(inbox.envelopes[0].content)


async def test_a_mail_waits_for_its_server(sending: Notifications, ctx: Context, hear: Any, listen: Listen) -> None:
    await hear(sending, ctx.db, card, *(OrderPlaced(**order()) for _ in range(6)))
    assert await sending.send_due() is False
    found = await mails(sending)
    assert {(mail.state, mail.tries) for mail in found} == {("due", 1)}
    assert all(mail.error and mail.due_at > datetime.now(UTC) + timedelta(seconds=5) for mail in found)
    inbox = await listen()
    assert await sending.send_due() is False
    assert inbox.envelopes == []
    await run_all_at_once(ctx)
    await sending.send_due()
    assert len(inbox.envelopes) == 6


async def test_a_passing_fault_is_tried_again_and_a_final_one_is_not(
    sending: Notifications, ctx: Context, hear: Any, listen: Listen
) -> None:
    inbox = await listen()
    inbox.refusals = ["451 4.3.0 Later, please"]
    await hear(sending, ctx.db, card, OrderPlaced(**order()))
    await sending.send_due()
    (mail,) = await mails(sending)
    assert (mail.state, mail.error) == ("due", "SMTPDataError: (451, '4.3.0 Later, please')")
    await run_all_at_once(ctx)
    inbox.refusals = ["554 5.7.1 Never"]
    await sending.send_due()
    (mail,) = await mails(sending)
    assert (mail.state, mail.tries) == ("failed", 2)
    assert inbox.envelopes == []


async def test_a_refused_recipient_harms_no_other(
    sending: Notifications, ctx: Context, hear: Any, listen: Listen
) -> None:
    inbox = await listen()
    lost = order(email="nobody@example.com")
    await hear(sending, ctx.db, card, OrderPlaced(**lost), *(OrderPlaced(**order()) for _ in range(5)))
    await sending.send_due()
    assert len(inbox.envelopes) == 5
    (mail,) = await mails(sending, order_id=lost["order_id"])
    assert mail.state == "failed"
    assert mail.error is not None
    assert "550" in mail.error


async def test_a_mail_is_given_up_in_the_end(sending: Notifications, ctx: Context, hear: Any) -> None:
    await hear(sending, ctx.db, card, VerificationAsked(**account(), token="s3cret", expires_at=PLACED_AT))
    async with ctx.db.tx() as tx:
        await tx.execute("update mails set tries = $1", domain.TRIES_MAX - 1)
    await sending.send_due()
    (mail,) = await mails(sending)
    assert (mail.state, mail.tries, mail.letter.secret) == ("failed", domain.TRIES_MAX, None)


async def test_a_crash_after_sending_sends_again_under_the_same_id(
    sending: Notifications, ctx: Context, hear: Any, listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox = await listen()
    await hear(sending, ctx.db, card, OrderPlaced(**order()))

    async def crash(*_: Any) -> None:
        raise ConnectionResetError

    with monkeypatch.context() as patch:
        patch.setattr(store, "settle", crash)
        with pytest.raises(ConnectionResetError):
            await sending.send_due()
    assert await sending.send_due() is False  # Claimed for a while yet.
    await run_all_at_once(ctx)
    await sending.send_due()
    first, second = (email.message_from_bytes(sent.content or b"") for sent in inbox.envelopes)  # type: ignore[arg-type] # See above.
    assert first["Message-ID"] == second["Message-ID"]


async def test_erased_users_are_forgotten(sending: Notifications, ctx: Context, hear: Any, listen: Listen) -> None:
    inbox = await listen()
    user = account()
    mine = order(user_id=user["user_id"])
    guest, other = order(), order(email="bo@example.com")
    await hear(sending, ctx.db, card, *(OrderPlaced(**fields) for fields in (mine, guest, other)))
    await hear(sending, ctx.db, card, ResetAsked(**user, token="s3cret", expires_at=PLACED_AT))
    await hear(sending, ctx.db, card, EmailVerified(**user))
    await hear(sending, ctx.db, card, EmailVerified(**(account() | {"email": ""})))
    await hear(sending, ctx.db, card, UserErased(**(user | {"email": "", "name": ""})))
    await hear(sending, ctx.db, card, OrderPlaced(**order(user_id=user["user_id"])))  # It was on its way.
    found = await mails(sending)
    assert len(found) == 4
    assert [mail.letter.recipient for mail in found if mail.state == "due"] == ["bo@example.com"]
    forgotten = [mail for mail in found if mail.state == "forgotten"]
    assert {mail.letter.order_id for mail in forgotten} == {mine["order_id"], guest["order_id"], None}
    told = "".join(sending.render(mail.letter).text for mail in forgotten)
    assert not any(word in told for word in ("Ana", "mango", "Rua", "s3cret"))
    await sending.send_due()
    assert [envelope.rcpt_tos for envelope in inbox.envelopes] == [["bo@example.com"]]


async def test_old_mails_are_dropped(
    kept: Notifications, ctx: Context, hear: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await hear(kept, ctx.db, card, *(OrderPlaced(**order()) for _ in range(3)))
    assert await kept.drop_old() is False
    assert len(await mails(kept)) == 3
    async with ctx.db.tx() as tx:
        for mail in await mails(kept):
            aged = UUID(int=mail.letter.id.int - (91 * 86_400_000 << 80))
            await tx.execute("update mails set id = $2 where id = $1", mail.letter.id, aged)
    monkeypatch.setattr(module, "DROPPED_MAX", 2)
    assert await kept.drop_old() is True
    assert await kept.drop_old() is False
    assert await mails(kept) == []


async def test_an_unknown_mail_is_not_found(kept: Notifications) -> None:
    with pytest.raises(NotFound):
        await kept.read(uuid4())


async def test_production_without_a_mail_server_says_so_and_waits_for_one(
    ctx: Context, settings: Settings, hear: Any
) -> None:
    told: list[str] = []

    class Log:
        def warning(self, event: str, **_: Any) -> None:
            told.append(event)

    alone = with_settings(ctx, settings, production=True)
    service = Notifications(Context(db=ctx.db, settings=alone.settings, wake=ctx.wake, log=Log()))  # type: ignore[arg-type] # Only warnings are told.
    await service.start()
    assert told == ["mails_are_not_sent"]
    await hear(service, ctx.db, card, OrderPlaced(**order()))
    assert await service.send_due() is False
    assert [mail.state for mail in await mails(service)] == ["due"]
    await Notifications(ctx).start()
    assert len(told) == 1


@pytest.mark.parametrize("url", ["http://localhost", "localhost:25", "smtp://"])
def test_a_wrong_address_of_the_server_is_told(url: str) -> None:
    with pytest.raises(ValueError, match="SMTP server must be given as"):
        Mailer(url, "shop@feira.example", "Feira")


async def test_a_password_never_leaves_in_the_clear(
    sending: Notifications, listen: Listen, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Against a server that offers no TLS, and counts as one of another machine."""
    monkeypatch.setattr(mailer, "_LOOPBACK", frozenset())
    inbox = await listen()
    distant = Mailer(f"smtp://user:p%40ss@127.0.0.1:{port}", "shop@feira.example", "Feira")
    letter = domain.Letter(
        id=uuid7(),
        kind="registration_repeated",
        recipient="ana@example.com",
        locale="en",
        contents=domain.AccountContents(),
        created_at=PLACED_AT,
    )
    (outcome,) = await asyncio.wait_for(distant.send([letter], sending.render), 30)
    assert "TLS" in outcome.error
    assert not outcome.permanent
    assert inbox.envelopes == []


async def test_a_letter_that_cannot_be_written_stops_no_other(
    sending: Notifications, ctx: Context, hear: Any, listen: Listen
) -> None:
    inbox = await listen()
    odd = order()
    await hear(sending, ctx.db, card, OrderPlaced(**odd), *(OrderPlaced(**order()) for _ in range(3)))
    async with ctx.db.tx() as tx:
        await tx.execute(
            'update mails set contents = contents || \'{"currency": "???"}\' where order_id = $1', odd["order_id"]
        )
    await sending.send_due()
    assert len(inbox.envelopes) == 3
    (mail,) = await mails(sending, order_id=odd["order_id"])
    assert (mail.state, mail.error) == ("due", "KeyError: '???'")
