"""The gateway of method `test`: it moves no money, and does all that makes real gateways hard.

It keeps books of its own and can be asked later, like a remote one. Its tokens:

    tok_ok                   authorised at once
    tok_declined             declined: 402
    tok_insufficient_funds   declined for that reason: 402
    tok_error                the gateway fails and holds nothing: 502
    tok_timeout              the money is set aside, but the answer is lost: pending, and found out about later
    tok_async                pending until a webhook, or 15 minutes, settles it
    tok_hang                 the gateway never answers and sets nothing aside: pending, and failed later
    tok_capture_fails        authorised, but its capture is refused for good
    tok_capture_flaky        authorised, but its capture fails twice before it works
"""

import asyncio
import hashlib
import hmac
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

from feira.contracts.payments import Method, PracticeOutcome, PracticeToken
from feira.kernel.db import Db, Tx
from feira.kernel.errors import Malformed
from feira.payments.domain import Told
from feira.payments.gateway import Ask, BadSignature, Booked, Booking, Charge, Notice

CAPTURE_FAILURES = 2  # Of tok_capture_flaky.
SLOW = frozenset({"tok_error", "tok_timeout", "tok_hang"})
FIRST = {
    "tok_ok": Told("authorized"),
    "tok_timeout": Told("authorized"),
    "tok_capture_fails": Told("authorized"),
    "tok_capture_flaky": Told("authorized"),
    "tok_async": Told("pending"),
    "tok_declined": Told("failed", reason="declined"),
    "tok_insufficient_funds": Told("failed", reason="insufficient_funds"),
}
_OUTCOMES: Mapping[str, PracticeOutcome] = {  # Of the tokens that are told to everybody.
    "tok_ok": "paid",
    "tok_declined": "declined",
    "tok_insufficient_funds": "insufficient_funds",
    "tok_error": "gateway_error",
    "tok_timeout": "unanswered",
    "tok_async": "pending",
}
PRACTICE = Method(
    id="test",
    kind="test",
    names={"en": "Test card", "pt-BR": "Cartão de teste"},
    tokens=tuple(PracticeToken(token=token, outcome=outcome) for token, outcome in _OUTCOMES.items()),
)
CAPTURED_LATER = ("tok_capture_fails", "tok_capture_flaky")  # If ever.
TOKENS = FIRST.keys() | SLOW
HANG_S = 600.0  # Longer than anybody waits.

TOLERANCE_S = 300
SIGNATURE_LENGTH_MAX = 1_024
SIGNATURES_MAX = 8
_SIGNATURE_PART = re.compile(r"(t=[0-9]{1,12}|v1=[0-9a-f]{64})", re.ASCII)
_CHARGE_ID = re.compile(r"ch_([0-9a-f]{32})", re.ASCII)

Name = Annotated[str, Meta(pattern=r"^[!-~]+\Z", max_length=255)]
State = Literal["pending", "authorized", "captured", "voided", "failed"]


class Entry(Struct, frozen=True, kw_only=True, gc=False):
    """A line of the gateway's books; `refunds` are minor units by refund id."""

    reference: UUID
    token: str
    amount_minor: int
    currency: str
    state: State
    reason: str | None = None
    refunds: dict[str, int] = {}
    capture_tries: int = 0

    @property
    def told(self) -> Told:
        return Told(self.state, reason=self.reason)


class WebhookBody(Struct, frozen=True, kw_only=True):
    """What the gateway sends when a buyer has paid, or will not. Fields that it adds later are not read."""

    id: Name
    type: Literal["charge.paid", "charge.failed"]
    charge_id: Name
    reference: UUID | None = None


class HandWritten(Struct, frozen=True, kw_only=True):
    """What a person may send in its place, who knows the order and not the charge."""

    order_id: UUID
    outcome: Literal["paid", "failed"]
    id: Name | None = None


class PracticeGateway:
    def __init__(self, db: Db, secret: str) -> None:
        self._db = db
        self._secret = secret.encode()

    def fault_of(self, token: str) -> str | None:
        return None if token in TOKENS else "is not a token of the test gateway"

    async def authorize(self, charge: Charge, token: str) -> Told:
        if token == "tok_error":  # noqa: S105 - it is no secret.
            return Told("down", reason="gateway_error")
        if token == "tok_hang":  # noqa: S105 - it is no secret.
            await asyncio.sleep(HANG_S)
        told = await self._one(Ask(verb="authorize", charge=charge, token=token))
        if token == "tok_timeout":  # noqa: S105 - it is no secret.
            await asyncio.sleep(HANG_S)
        return told

    async def capture(self, charge: Charge) -> Told:
        return await self._one(Ask(verb="capture", charge=charge))

    async def void(self, charge: Charge) -> Told:
        return await self._one(Ask(verb="void", charge=charge))

    async def refund(self, charge: Charge, refund_id: UUID, amount_minor: int) -> Told:
        return await self._one(Ask(verb="refund", charge=charge, refund_id=refund_id, amount_minor=amount_minor))

    async def find(self, charge: Charge) -> Told:
        return await self._one(Ask(verb="find", charge=charge))

    async def _one(self, ask: Ask) -> Told:
        async with self._db.tx() as tx:
            return (await self._apply(tx, [ask]))[0]

    def first(self, asks: Sequence[Ask]) -> Booking | None:
        if any(ask.token in SLOW for ask in asks):
            return None
        return Booking([FIRST[ask.token] for ask in asks], _INSERT, _columns([first_entry(ask) for ask in asks]))

    async def within(self, tx: Tx, asks: Sequence[Ask]) -> Sequence[Told | None]:
        """What the books answer at once; the slow tokens' authorisations are left to `authorize`."""
        quick = [ask for ask in asks if ask.verb != "authorize" or ask.token not in SLOW]
        told = iter(await self._apply(tx, quick))
        return [None if ask.verb == "authorize" and ask.token in SLOW else next(told) for ask in asks]

    async def _apply(self, tx: Tx, asks: Sequence[Ask]) -> list[Told]:
        if not asks:
            return []
        first = [ask for ask in asks if ask.verb == "authorize"]
        if first and await _insert(tx, [first_entry(ask) for ask in first]) == len(asks):
            return [FIRST[ask.token] for ask in asks]  # All are new, as they are most often.
        books = await _lock(tx, {ask.charge.reference for ask in asks})
        # A charge that is given up before it arrives is written down as given up, so that it cannot arrive any more.
        unknown = [first_entry(ask) for ask in asks if ask.verb == "void" and ask.charge.reference not in books]
        if unknown:
            await _insert(tx, unknown)
            books |= await _lock(tx, [entry.reference for entry in unknown])
        before = dict(books)
        told = []
        for ask in asks:
            reference = ask.charge.reference
            entry, answer = act(books.get(reference), ask)
            if entry is not None:
                books[reference] = entry
            told.append(answer)
        await _update(tx, [entry for reference, entry in books.items() if entry is not before[reference]])
        return told

    async def take(self, tx: Tx, references: Sequence[UUID]) -> Collection[UUID]:
        rows = await tx.fetch(
            """update test_gateway_charge set state = 'captured'
               where reference = any($1::uuid[]) and state = 'authorized' and token <> all($2::text[])
               returning reference""",
            references,
            CAPTURED_LATER,
        )
        return {row["reference"] for row in rows}

    async def learn(self, tx: Tx, notice: Notice) -> None:
        """The buyer's act reaches the books: only a charge that waits for it is moved."""
        await tx.execute(
            "update test_gateway_charge set state = $2, reason = $3 where reference = $1 and state = 'pending'",
            notice.reference,
            "authorized" if notice.outcome == "paid" else "failed",
            None if notice.outcome == "paid" else "declined",
        )

    async def listed(self, after: UUID, limit: int) -> Sequence[Booked]:
        async with self._db.read() as tx:
            rows = await tx.fetch(
                "select * from test_gateway_charge where reference > $1 order by reference limit $2", after, limit
            )
        return [
            Booked(
                reference=row["reference"],
                amount_minor=row["amount_minor"],
                currency=row["currency"],
                state=row["state"],
                refunded_minor=sum(row["refunds"].values()),
            )
            for row in rows
        ]

    async def charge_id_of(self, reference: UUID) -> str | None:
        async with self._db.read() as tx:
            known = await tx.fetchval("select true from test_gateway_charge where reference = $1", reference)
        return name_of(reference) if known else None

    def compose_webhook(
        self, event_id: str, charge_id: str, outcome: Literal["paid", "failed"], now: datetime, reference: UUID
    ) -> tuple[bytes, str]:
        """A webhook's body and its signature, as the gateway would send them."""
        kind: Literal["charge.paid", "charge.failed"] = "charge.paid" if outcome == "paid" else "charge.failed"
        raw = msgspec.json.encode(WebhookBody(id=event_id, type=kind, charge_id=charge_id, reference=reference))
        at = str(int(now.timestamp()))
        return raw, f"t={at},v1={self._sign(at, raw)}"

    def _sign(self, at: str, raw: bytes) -> str:
        return hmac.new(self._secret, at.encode() + b"." + raw, hashlib.sha256).hexdigest()

    def read_webhook(self, raw: bytes, signature: str, now: datetime) -> Notice:
        at, given = read_signature(signature)
        expected = self._sign(at, raw)
        if not any([hmac.compare_digest(expected, one) for one in given]):  # noqa: C419 - all are compared, always.
            raise BadSignature
        if abs(now.timestamp() - int(at)) > TOLERANCE_S:
            raise BadSignature("the webhook is too old, or from the future")
        try:
            fields = msgspec.json.decode(raw, type=dict[str, Any])
            if "charge_id" not in fields:
                mine = msgspec.convert(fields, HandWritten)
                # The same text is the same event.
                event_id = mine.id or f"evt_{hashlib.sha256(raw).hexdigest()}"
                return Notice(event_id=event_id, charge_id="", order_id=mine.order_id, outcome=mine.outcome)
            body = msgspec.convert(fields, WebhookBody)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as failure:
            raise Malformed(f"the webhook's body could not be read: {failure}") from failure
        outcome: Literal["paid", "failed"] = "paid" if body.type == "charge.paid" else "failed"
        reference = reference_of(body.charge_id) or body.reference
        return Notice(event_id=body.id, charge_id=body.charge_id, reference=reference, outcome=outcome)


def name_of(reference: UUID) -> str:
    """What the gateway calls its charge with this reference of ours."""
    return f"ch_{reference.hex}"


def reference_of(charge_id: str) -> UUID | None:
    named = _CHARGE_ID.fullmatch(charge_id)
    return UUID(named[1]) if named else None


def read_signature(header: str) -> tuple[str, list[str]]:
    """The time and the signatures of `t=…,v1=…`; several v1 are allowed, so that secrets can be changed."""
    parts = [part.strip() for part in header[:SIGNATURE_LENGTH_MAX].split(",")]
    if len(header) > SIGNATURE_LENGTH_MAX or not all(_SIGNATURE_PART.fullmatch(part) for part in parts):
        raise BadSignature
    times = [part[2:] for part in parts if part.startswith("t=")]
    given = [part[3:] for part in parts if part.startswith("v1=")]
    if len(times) != 1 or not 1 <= len(given) <= SIGNATURES_MAX:
        raise BadSignature
    return times[0], given


def first_entry(ask: Ask) -> Entry:
    first = FIRST[ask.token] if ask.verb == "authorize" else Told("voided")
    return Entry(
        reference=ask.charge.reference,
        token=ask.token,
        amount_minor=ask.charge.amount_minor,
        currency=ask.charge.currency,
        state=first.state,  # type: ignore[arg-type] # FIRST and `voided` hold states of an entry only.
        reason=first.reason,
    )


def act(entry: Entry | None, ask: Ask) -> tuple[Entry | None, Told]:
    """What a call does to a line of the books, and its answer."""
    if entry is None:
        return None, Told("absent") if ask.verb == "find" else Told("refused", reason="unknown_charge")
    match ask.verb:
        case "authorize" if (entry.amount_minor, entry.currency) != (ask.charge.amount_minor, ask.charge.currency):
            return entry, Told("refused", reason="reference_reused")
        case "capture" if entry.state == "authorized":
            return _capture(entry)
        case "void" if entry.state in {"pending", "authorized"}:
            entry = replace(entry, state="voided")
        case "refund":
            return _refund(entry, str(ask.refund_id), ask.amount_minor)
        case _:
            pass
    return entry, entry.told


def _capture(entry: Entry) -> tuple[Entry, Told]:
    if entry.token == "tok_capture_fails":  # noqa: S105 - it is no secret.
        return entry, Told("refused", reason="capture_refused")
    if entry.token == "tok_capture_flaky" and entry.capture_tries < CAPTURE_FAILURES:  # noqa: S105 - it is no secret.
        return replace(entry, capture_tries=entry.capture_tries + 1), Told("down")
    entry = replace(entry, state="captured")
    return entry, entry.told


def _refund(entry: Entry, refund_id: str, amount_minor: int) -> tuple[Entry, Told]:
    if entry.state != "captured":
        return entry, Told("refused", reason="not_captured")
    if refund_id in entry.refunds:
        same = entry.refunds[refund_id] == amount_minor
        return entry, Told("refunded" if same else "refused")
    if sum(entry.refunds.values()) + amount_minor > entry.amount_minor:
        return entry, Told("refused", reason="refund_exceeds_captured")
    entry = replace(entry, refunds=entry.refunds | {refund_id: amount_minor})
    return entry, Told("refunded")


_INSERT = """insert into test_gateway_charge (reference, token, amount_minor, currency, state, reason, refunds, capture_tries)
    select r, t, a, u, s, w, '{}', 0
    from unnest($1::uuid[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[]) as e(r, t, a, u, s, w) order by r"""


async def _insert(tx: Tx, entries: Sequence[Entry]) -> int:
    """Answers how many were new. They go in by the order of their references, so that no two inserts wait for each other."""
    done = await tx.execute(f"{_INSERT} on conflict (reference) do nothing", *_columns(entries))
    return int(done.split()[-1])


def _columns(entries: Sequence[Entry]) -> tuple[list[object], ...]:
    return (
        [entry.reference for entry in entries],
        [entry.token for entry in entries],
        [entry.amount_minor for entry in entries],
        [entry.currency for entry in entries],
        [entry.state for entry in entries],
        [entry.reason for entry in entries],
    )


async def _lock(tx: Tx, references: Iterable[UUID]) -> dict[UUID, Entry]:
    rows = await tx.fetch(
        """select reference, token, amount_minor, currency, state, reason, refunds, capture_tries
           from test_gateway_charge where reference = any($1::uuid[]) order by reference for update""",
        list(references),
    )
    return {row["reference"]: Entry(**dict(row)) for row in rows}


async def _update(tx: Tx, entries: Sequence[Entry]) -> None:
    if not entries:
        return
    await tx.execute(
        """update test_gateway_charge c
           set state = e.s, reason = e.w, refunds = e.f, capture_tries = e.n
           from unnest($1::uuid[], $2::text[], $3::text[], $4::jsonb[], $5::smallint[]) as e(r, s, w, f, n)
           where c.reference = e.r""",
        [entry.reference for entry in entries],
        [entry.state for entry in entries],
        [entry.reason for entry in entries],
        [entry.refunds for entry in entries],
        [entry.capture_tries for entry in entries],
    )
