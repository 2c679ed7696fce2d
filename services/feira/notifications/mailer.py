"""Sending by SMTP: few connections, each used for many mails, and no waiting without an end."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr, parseaddr
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit
from uuid import UUID

import aiosmtplib
import msgspec

from feira.notifications.domain import Letter, one_line
from feira.notifications.letters import Rendered

CONNECTIONS_MAX: Final = 4
TIMEOUT_S: Final = 20
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_PORTS: Final = {"smtp": 25, "smtps": 465}


class Outcome(msgspec.Struct, frozen=True):
    """What became of a letter: sent if `error` is empty; a `permanent` fault is not worth another try."""

    id: UUID
    error: str = ""
    permanent: bool = False


class Mailer:
    """Hands mails to the SMTP server of `smtp://[user:password@]host[:port]`, or `smtps://…` for TLS from the start.

    On `smtp://` TLS is used where the server offers it, and insisted upon before a password leaves this machine.
    """

    def __init__(self, url: str, sender: str, shop: str) -> None:
        self._server: SplitResult = urlsplit(url)
        if self._server.scheme not in _PORTS or not self._server.hostname:
            raise ValueError("the SMTP server must be given as smtp://host:port or smtps://host:port")
        self._address = parseaddr(one_line(sender))[1]
        self._from = formataddr((one_line(shop), self._address))
        self._domain = self._address.rpartition("@")[2] or "localhost"

    def compose(self, letter: Letter, rendered: Rendered) -> EmailMessage:
        """The letter as a MIME message. Sent twice, it has one Message-ID: mail programs show it once."""
        message = EmailMessage(policy=SMTP)
        message["From"] = self._from
        message["To"] = letter.recipient
        message["Subject"] = rendered.subject
        message["Date"] = format_datetime(letter.created_at)
        message["Message-ID"] = f"<{letter.id}@{self._domain}>"
        message["Content-Language"] = letter.locale
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(rendered.text, cte="quoted-printable")
        message.add_alternative(rendered.html, subtype="html", cte="quoted-printable")
        return message

    async def send(self, letters: Sequence[Letter], render: Callable[[Letter], Rendered]) -> list[Outcome]:
        """Send them all; answers what became of each. When the server cannot be reached, the rest is not tried."""
        queue = deque(letters)
        outcomes: list[Outcome] = []
        async with asyncio.TaskGroup() as group:
            for _ in range(min(CONNECTIONS_MAX, len(letters))):
                group.create_task(self._work(queue, render, outcomes))
        known = {outcome.id for outcome in outcomes}
        unreached = [
            Outcome(letter.id, "the SMTP server was not reached") for letter in letters if letter.id not in known
        ]
        return outcomes + unreached

    async def _work(
        self, queue: "deque[Letter]", render: Callable[[Letter], Rendered], outcomes: list[Outcome]
    ) -> None:
        client: aiosmtplib.SMTP | None = None
        try:
            while queue:
                letter = queue.popleft()
                try:
                    client = client or await self._connected()
                except (aiosmtplib.SMTPException, OSError) as failure:
                    outcomes.append(Outcome(letter.id, _told(failure)))
                    queue.clear()
                    return
                try:
                    # Composed one by one, since it takes milliseconds in which the process does nothing else.
                    message = self.compose(letter, render(letter))
                    await client.send_message(message, sender=self._address, recipients=[letter.recipient])
                    outcomes.append(Outcome(letter.id))
                except Exception as failure:  # noqa: BLE001 - a letter that cannot be written must not stop the others.
                    outcomes.append(Outcome(letter.id, _told(failure), _is_permanent(failure)))
                    client.close()
                    client = None
        finally:
            if client is not None:
                with suppress(aiosmtplib.SMTPException, OSError):
                    await client.quit()
                client.close()

    async def _connected(self) -> aiosmtplib.SMTP:
        server = self._server
        password = unquote(server.password) if server.password else None
        must_encrypt = password is not None and server.hostname not in _LOOPBACK
        client = aiosmtplib.SMTP(
            hostname=server.hostname,
            port=server.port or _PORTS[server.scheme],
            username=unquote(server.username) if server.username else None,
            password=password,
            use_tls=server.scheme == "smtps",
            start_tls=True if must_encrypt and server.scheme == "smtp" else None,
            timeout=TIMEOUT_S,
        )
        try:
            await client.connect()
        except BaseException:
            client.close()
            raise
        return client


def _is_permanent(failure: Exception) -> bool:
    """Whether the server said that this mail will never be taken (5xx), and not that something else is amiss."""
    if isinstance(failure, aiosmtplib.SMTPRecipientsRefused):
        return all(refused.code >= 500 for refused in failure.recipients)
    return isinstance(failure, aiosmtplib.SMTPDataError) and failure.code >= 500


def _told(failure: Exception) -> str:
    return one_line(f"{type(failure).__name__}: {failure}")
