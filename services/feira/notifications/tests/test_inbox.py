"""The local inbox at its routes."""

from typing import Any
from uuid import uuid4

import msgspec
import pytest

from feira.contracts.orders import OrderPlaced
from feira.contracts.users import VerificationAsked
from feira.kernel.card import Context
from feira.kernel.errors import Invalid, NotFound
from feira.kernel.http import Answer, Request
from feira.notifications.card import card
from feira.notifications.http import InboxQuery, MailQuery, routes
from feira.notifications.service import Notifications

from .conftest import PLACED_AT, account, order

BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


async def get(service: Notifications, path: str, headers: Any = BROWSER, **asked: Any) -> Answer:
    inbox, one = routes(service)
    if path == "/dev/inbox":
        query = msgspec.convert(asked, InboxQuery, strict=False)
        answer = await inbox.run(Request(body=None, query=query, headers=headers))
    else:
        request = Request(
            body=None,
            query=msgspec.convert(asked, MailQuery),
            path={"mail_id": path.rpartition("/")[2]},
            headers=headers,
        )
        answer = await one.run(request)
    assert isinstance(answer, Answer)
    return answer


async def listing(service: Notifications, **asked: Any) -> dict[str, Any]:
    answer = await get(service, "/dev/inbox", format="json", **asked)
    found: dict[str, Any] = msgspec.to_builtins(answer.body)
    return found


def test_it_is_not_there_in_production(kept: Notifications) -> None:
    assert all(route.dev_only for route in routes(kept))


async def test_json_pages_and_filters(kept: Notifications, ctx: Context, hear: Any) -> None:
    orders = [order() for _ in range(5)]
    await hear(kept, ctx.db, card, *(OrderPlaced(**fields) for fields in orders))
    await hear(
        kept, ctx.db, card, VerificationAsked(**account(email="bo@example.com"), token="abc", expires_at=PLACED_AT)
    )
    (mail,) = (await listing(kept, to=" Bo@Example.com"))["items"]
    assert mail["link"] == "https://feira.example/en/verify#token=abc"
    assert mail["link"] in mail["text"]
    assert mail["order_id"] is None
    (mail,) = (await listing(kept, order_id=str(orders[2]["order_id"]), kind="order_confirmed"))["items"]
    assert mail["order_id"] == str(orders[2]["order_id"])
    assert (await listing(kept, to="x"))["items"] == []
    seen: list[str] = []
    page = await listing(kept, limit=2)
    while page["next"]:
        seen += [mail["id"] for mail in page["items"]]
        page = await listing(kept, limit=2, cursor=page["next"])
    seen += [mail["id"] for mail in page["items"]]
    assert len(seen) == len(set(seen)) == 6
    assert seen == sorted(seen, reverse=True)


async def test_a_foreign_cursor_is_refused(kept: Notifications) -> None:
    with pytest.raises(Invalid):
        await get(kept, "/dev/inbox", cursor="rubbish")


async def test_the_page_lists_mails_and_leads_on(kept: Notifications, ctx: Context, hear: Any) -> None:
    empty = await get(kept, "/dev/inbox")
    assert isinstance(empty.body, bytes)
    assert b"No mail yet" in empty.body
    await hear(kept, ctx.db, card, *(OrderPlaced(**order()) for _ in range(3)))
    answer = await get(kept, "/dev/inbox", limit=2, to="ana@example.com")
    assert isinstance(answer.body, bytes)
    page = answer.body.decode()
    assert answer.content_type.startswith("text/html")
    assert page.count(">Seu pedido 7K3M9QX2A foi confirmado<") == 2
    assert "to=ana%40example.com" in page
    assert "limit=2" in page
    assert "cursor=" in page


async def test_programs_get_json_without_asking(kept: Notifications, ctx: Context, hear: Any) -> None:
    await hear(kept, ctx.db, card, OrderPlaced(**order()))
    for headers in ({}, {"accept": "*/*"}, {"accept": "application/json"}):
        found = msgspec.to_builtins((await get(kept, "/dev/inbox", headers)).body)
        path = f"/dev/inbox/{found['items'][0]['id']}"
        assert msgspec.to_builtins((await get(kept, path, headers)).body) == found["items"][0]


async def test_a_mail_is_shown_and_can_do_nothing(kept: Notifications, ctx: Context, hear: Any) -> None:
    await hear(kept, ctx.db, card, OrderPlaced(**order()))
    mail_id = (await listing(kept))["items"][0]["id"]
    html = await get(kept, f"/dev/inbox/{mail_id}")
    text = await get(kept, f"/dev/inbox/{mail_id}", format="text")
    parts = await get(kept, f"/dev/inbox/{mail_id}", format="json")
    assert isinstance(html.body, bytes)
    assert isinstance(text.body, bytes)
    assert b"Rede &lt;b&gt;grande" in html.body
    assert "Rede <b>grande</b>" in text.body.decode()
    assert text.content_type.startswith("text/plain")
    assert msgspec.to_builtins(parts.body)["subject"] == "Seu pedido 7K3M9QX2A foi confirmado"
    for answer in (html, text):
        policy = dict(answer.headers)["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "sandbox" in policy
        assert "allow-scripts" not in policy
    with pytest.raises(NotFound):
        await get(kept, f"/dev/inbox/{uuid4()}")
    with pytest.raises(NotFound):
        await get(kept, "/dev/inbox/none")
