"""The local inbox, outside production only: every mail as its reader would see it."""

from datetime import datetime
from typing import Annotated, Final, Literal
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from msgspec import Meta

from feira.contracts.emails import EMAIL_MAX, normal_email
from feira.kernel.errors import NotFound
from feira.kernel.http import Answer, Cursor, Limit, Page, Query, Request, Route, View
from feira.notifications.domain import Kind, State
from feira.notifications.service import Notifications
from feira.notifications.store import Mail
from feira.transport.cursors import cursor, read_cursor

HTML: Final = "text/html; charset=utf-8"
TEXT: Final = "text/plain; charset=utf-8"
ANY: Final = "*/*"  # What comes depends on the format asked for.
# Mails show what strangers wrote: nothing in them runs or loads, but their links open, in windows of their own.
POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation"
)
INBOX_DOC: Final = (
    "A page for browsers, else a list as all others; `format` decides. `link` holds the token of a mail that has one."
)
MAIL_DOC: Final = "As HTML for browsers, else as JSON; `format` decides."
_HEADERS: Final = (("content-security-policy", POLICY),)


class InboxQuery(Query, frozen=True, kw_only=True):
    format: Literal["html", "json"] | None = None
    to: Annotated[str, Meta(max_length=EMAIL_MAX)] | None = None
    order_id: UUID | None = None
    kind: Kind | None = None
    limit: Limit = 20
    cursor: Cursor = None


class MailQuery(Query, frozen=True, kw_only=True):
    format: Literal["html", "text", "json"] | None = None


class MailView(View, frozen=True, kw_only=True):
    """A mail. `link` is where its button leads; `text` is the mail in plain text."""

    id: str
    kind: Kind
    to: str
    locale: str
    subject: str
    text: str
    link: str
    order_id: str | None
    state: State
    tries: int
    error: str | None
    created_at: datetime
    sent_at: datetime | None


def _view(service: Notifications, mail: Mail) -> MailView:
    letter, rendered = mail.letter, service.render(mail.letter)
    return MailView(
        id=str(letter.id),
        kind=letter.kind,
        to=letter.recipient,
        locale=letter.locale,
        subject=rendered.subject,
        text=rendered.text,
        link=service.link(letter),
        order_id=str(letter.order_id) if letter.order_id else None,
        state=mail.state,
        tries=mail.tries,
        error=mail.error,
        created_at=letter.created_at,
        sent_at=mail.sent_at,
    )


def _format(request: Request[None, InboxQuery] | Request[None, MailQuery]) -> str:
    """Browsers name HTML among what they accept, and programs do not."""
    if request.query.format is not None:
        return request.query.format
    return "html" if "text/html" in (request.headers.get("accept") or "").lower() else "json"


def routes(service: Notifications) -> list[Route]:
    """`/dev/inbox`, as a page and as JSON."""

    async def show_inbox(request: Request[None, InboxQuery]) -> Answer:
        query = request.query
        before: UUID | None = None
        if query.cursor is not None:
            (before,) = read_cursor(query.cursor, (UUID,))
        to = (normal_email(query.to) or query.to) if query.to is not None else None
        mails = await service.newest(
            to=to, order_id=query.order_id, kind=query.kind, before=before, limit=query.limit + 1
        )
        following = cursor(mails[query.limit - 1].letter.id) if len(mails) > query.limit else None
        views = [_view(service, mail) for mail in mails[: query.limit]]
        if _format(request) == "json":
            return Answer(200, Page[MailView](items=views, next=following))
        again = None
        if following is not None:
            given = msgspec.to_builtins(query)
            again = urlencode({name: value for name, value in (given | {"cursor": following}).items() if value})
        return Answer(200, service.letters.inbox(views, again), _HEADERS, HTML)

    async def show_mail(request: Request[None, MailQuery]) -> Answer:
        mail = await service.read(request.id("mail_id"))
        form = _format(request)
        if form == "json":
            return Answer(200, _view(service, mail))
        rendered = service.render(mail.letter)
        if form == "text":
            return Answer(200, rendered.text.encode(), _HEADERS, TEXT)
        return Answer(200, rendered.html.encode(), _HEADERS, HTML)

    return [
        Route("GET", "/dev/inbox", show_inbox, summary="The mails of the shop", tag="Development", query=InboxQuery,
              produces=ANY, dev_only=True, description=INBOX_DOC),
        Route("GET", "/dev/inbox/{mail_id}", show_mail, summary="A mail", tag="Development", query=MailQuery,
              produces=ANY, refusals=(NotFound,), dev_only=True, description=MAIL_DOC),
    ]  # fmt: skip
