"""Writing mails down, sending them, and showing them where there is nowhere to send them to."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Final
from urllib.parse import quote
from uuid import UUID

from feira.contracts.order_tokens import PURPOSE, order_token
from feira.kernel import metrics
from feira.kernel.card import Context
from feira.kernel.config import Settings
from feira.kernel.db import Tx
from feira.kernel.errors import NotFound
from feira.kernel.metrics import COUNTED_MAX, Gauge
from feira.notifications import store
from feira.notifications.domain import TRIES_MAX, Kind, Letter, delay_s
from feira.notifications.store import Fault, Mail

if TYPE_CHECKING:
    from feira.notifications.letters import Letters, Rendered
    from feira.notifications.mailer import Mailer, Outcome

BATCH_MAX: Final = 64
LEASE_S: Final = 600  # Longer than any batch can take: a claimed mail is sent by nobody else meanwhile.
RETENTION: Final = timedelta(days=90)
DROPPED_MAX: Final = 1_000
MAILS_SENT: Final = metrics.counter("feira_mails_sent", "Mails that the SMTP server took.")
_PAGES: Final[dict[Kind, str]] = {
    "verification": "/verify",
    "password_reset": "/reset",
    "registration_repeated": "/sign-in",
}


class Notifications:
    """Without an SMTP server mails are kept, to be read in the local inbox; in production they wait for a server."""

    def __init__(self, ctx: Context) -> None:
        settings = ctx.settings
        self._db = ctx.db
        self._log = ctx.log
        self._url = settings.url
        self._token_key = settings.derive(PURPOSE)
        self._shop_name = settings.shop_name
        self._mailer = _mailer(settings)
        self._production = settings.production

    async def start(self) -> None:
        if self._mailer is None and self._production:
            self._log.warning("mails_are_not_sent", reason="no SMTP server is configured")

    @cached_property
    def letters(self) -> "Letters":
        """What mails look like. It takes a quarter of a second, so it is made when the first one is wanted."""
        from feira.notifications.letters import Letters  # noqa: PLC0415 - half of that time is the import.

        return Letters(self._shop_name)

    async def write(self, tx: Tx, letters: Sequence[Letter]) -> None:
        """Write letters down in the transaction of the events that call for them."""
        if letters:
            await store.add(tx, letters, "due" if self._mailer or self._production else "kept")

    async def send_due(self) -> bool:
        """Send the mails whose time has come; answers whether there may be more."""
        if self._mailer is None:
            return False
        async with self._db.tx() as tx:
            mails = await store.claim(tx, BATCH_MAX, LEASE_S)
        if not mails:
            return False
        await asyncio.to_thread(getattr, self, "letters")  # The first time; requests are answered meanwhile.
        outcomes = await self._mailer.send([mail.letter for mail in mails], self.render)
        tries = {mail.letter.id: mail.tries for mail in mails}
        faults = [_fault(outcome, tries[outcome.id]) for outcome in outcomes if outcome.error]
        async with self._db.tx() as tx:
            await store.settle(tx, [outcome.id for outcome in outcomes if not outcome.error], faults)
        MAILS_SENT.inc(len(outcomes) - len(faults))
        for fault in faults:
            # The server's words stay in the table: they may quote the address.
            self._log.warning("mail_not_sent", mail_id=str(fault.id), tries=tries[fault.id], state=fault.state)
        return len(mails) == BATCH_MAX

    async def drop_old(self) -> bool:
        """Delete mails past their retention; answers whether there may be more."""
        async with self._db.tx() as tx:
            return await store.drop_before(tx, datetime.now(UTC) - RETENTION, DROPPED_MAX) == DROPPED_MAX

    async def newest(
        self, *, to: str | None, order_id: UUID | None, kind: Kind | None, before: UUID | None, limit: int
    ) -> list[Mail]:
        """Mails, the newest first."""
        async with self._db.read() as tx:
            return await store.listed(tx, recipient=to, order_id=order_id, kind=kind, before=before, limit=limit)

    async def read(self, mail_id: UUID) -> Mail:
        async with self._db.read() as tx:
            mail = await store.read(tx, mail_id)
        if mail is None:
            raise NotFound
        return mail

    def render(self, letter: Letter) -> "Rendered":
        return self.letters.render(letter.kind, letter.locale, letter.contents, self.link(letter))

    def link(self, letter: Letter) -> str:
        """Where the mail's button leads: to a page in its language. Tokens are in the fragment, which browsers send to nobody."""
        home = f"{self._url}/{letter.locale}"
        if letter.order_id is not None:
            token = order_token(self._token_key, letter.order_id)
            return f"{home}/orders/{letter.order_id}#token={token}"
        page = home + _PAGES[letter.kind]
        return f"{page}#token={quote(letter.secret, safe='')}" if letter.secret else page

    async def gauges(self) -> list[Gauge]:
        async with self._db.read() as tx:
            counts = await store.counts(tx, COUNTED_MAX)
        return [
            Gauge("feira_mails", "Mails to be sent, and mails given up.", {"state": state}, count)
            for state, count in counts.items()
        ]


def _mailer(settings: Settings) -> "Mailer | None":
    if not settings.smtp_url:
        return None
    from feira.notifications.mailer import Mailer  # noqa: PLC0415 - only who sends waits for the import at the start.

    return Mailer(settings.smtp_url, settings.mail_from, settings.shop_name)


def _fault(outcome: "Outcome", tries: int) -> Fault:
    given_up = outcome.permanent or tries >= TRIES_MAX
    return Fault(outcome.id, "failed" if given_up else "due", delay_s(tries), outcome.error)
