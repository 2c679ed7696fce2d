"""The invoices of the table bought again, over HTTP: each customer's in order of time, many customers at once."""

import asyncio
import secrets
import time
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from online_retail_data import Good, Plan, Purchase, Return
from online_retail_shop import Client, Login, UnexpectedAnswer

CAPTURE_TIMEOUT_S: Final = 120
TOLD_EVERY: Final = 250
PASSWORD: Final = "invented for the replay"  # noqa: S105 - of accounts that live as long as the shop does.


@dataclass
class Placed:
    """An order that stands, in minor units: what it came to, what was given back, and the units that remain bought."""

    id: str
    total_minor: int
    left: Counter[str]
    refunded_minor: int = 0
    cancelled: bool = False

    @property
    def given_back_minor(self) -> int:
        return self.total_minor if self.cancelled else self.refunded_minor


@dataclass
class Story:
    """What happened, by invoice number, and how often."""

    placed: dict[str, Placed] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0


class Replay:
    """`accounts` customers at most, those with the most invoices, open an account and buy signed in; the others buy as
    guests with an e-mail address of their own. Staff refund; an order that is given back whole is cancelled, by its
    customer if signed in.
    """

    def __init__(
        self, client: Client, staff: Login, goods: dict[str, Good], currency: str, *, accounts: int, concurrency: int
    ) -> None:
        self._client = client
        self._staff = staff
        self._goods = goods
        self._currency = currency
        self._accounts_max = accounts
        self._slots = asyncio.Semaphore(concurrency)
        self._logins: dict[str, Login] = {}
        self._run = secrets.token_hex(4)  # In each key, so that a shop can be used for another run.
        self.story = Story()

    async def run(self, plan: Plan, tell: Callable[[str], None]) -> Story:
        """Buy and give back all of the plan. Raises UnexpectedAnswer at the first answer that should not be."""
        self._choose_accounts(plan.purchases)
        began = time.monotonic()
        last: dict[str, asyncio.Task[None]] = {}
        steps = plan.steps
        async with asyncio.TaskGroup() as group:
            for number, step in enumerate(steps, start=1):
                await self._slots.acquire()
                who = step.customer or step.number
                task = group.create_task(self._step(step, last.get(who)))
                if step.customer is not None:
                    last[who] = task
                if number % TOLD_EVERY == 0 or number == len(steps):
                    pace = number / (time.monotonic() - began)
                    tell(f"{number:,} of {len(steps):,} invoices, {pace:.0f} a second, up to {step.at:%Y-%m-%d}")
        self.story.seconds = time.monotonic() - began
        return self.story

    def _choose_accounts(self, purchases: Sequence[Purchase]) -> None:
        often = Counter(one.customer for one in purchases if one.customer is not None)
        for customer, _ in often.most_common(self._accounts_max):
            self._logins[customer] = Login(self._client, email_of(customer), PASSWORD, address_of(customer))

    async def _step(self, step: Purchase | Return, before: asyncio.Task[None] | None) -> None:
        try:
            if before is not None:
                await asyncio.shield(before)
            if isinstance(step, Purchase):
                await self._buy(step)
            else:
                await self._give_back(step)
        finally:
            self._slots.release()

    async def _bearer(self, customer: str | None) -> str | None:
        login = self._logins.get(customer or "")
        if login is None:
            return None
        if not login.access:
            await login.register(f"Customer {customer}")
            self.story.counts["accounts"] += 1
        return await login.token()

    async def _buy(self, purchase: Purchase) -> None:
        bearer = await self._bearer(purchase.customer)
        lines = [{"sku": sku, "quantity": quantity} for sku, quantity in purchase.lines]
        quote = await self._client.ask(
            "POST", "/v1/quotes", {"lines": lines, "country": purchase.country}, bearer=bearer
        )
        expected = sum(self._goods[sku].price_minor * quantity for sku, quantity in purchase.lines)
        if quote["subtotal"] != {"amount": expected, "currency": self._currency}:
            raise Mismatch(f"invoice {purchase.number} is {expected} by its prices, quoted {quote['subtotal']}")
        who = purchase.customer or f"guest-{purchase.number}"
        order = await self._client.ask(
            "POST",
            "/v1/orders",
            {
                "lines": lines,
                "email": email_of(who),
                "shipping_address": invented_address(who, purchase.country),
                "shipping_method": quote["shipping_method"],
                "payment": {"method": "test", "token": "tok_ok"},
                "expected_total": quote["total"],
            },
            bearer=bearer,
            key=f"{self._run}-{purchase.number}",
            address=address_of(who),
        )
        if (order["status"], order["total"]) != ("confirmed", quote["total"]):
            raise Mismatch(
                f"invoice {purchase.number} was quoted {quote['total']}, came to {order['total']}, {order['status']}"
            )
        self.story.placed[purchase.number] = Placed(order["id"], order["total"]["amount"], purchase.units)
        kind = "signed in" if bearer else "with an e-mail" if purchase.customer else "guests without a number"
        self.story.counts[kind] += 1

    async def _give_back(self, given: Return) -> None:
        for number, units in given.parts:
            placed = self.story.placed[number]
            placed.left -= units
            if placed.left:
                await self._refund(given, number, units)
            else:
                await self._cancel(given, placed)

    async def _cancel(self, given: Return, placed: Placed) -> None:
        bearer = await self._bearer(given.customer)
        if bearer:
            order = await self._client.ask("POST", f"/v1/orders/{placed.id}/cancel", bearer=bearer)
        else:
            path = f"/v1/admin/orders/{placed.id}/cancel"
            order = await self._client.ask("POST", path, {"reason": given.number}, bearer=await self._staff.token())
        if order["status"] != "cancelled":
            raise Mismatch(f"order {placed.id} was cancelled and is {order['status']}")
        placed.cancelled = True
        self.story.counts["cancelled"] += 1

    async def _refund(self, given: Return, number: str, units: Counter[str]) -> None:
        placed = self.story.placed[number]
        lines = [{"sku": sku, "quantity": quantity} for sku, quantity in units.items()]
        body = {"lines": lines, "reason": f"cancellation {given.number}"}
        refund = await self._once_captured(placed, body, f"{self._run}-{given.number}-{number}")
        expected = sum(self._goods[sku].price_minor * quantity for sku, quantity in units.items())
        if refund["amount"]["amount"] != expected:
            raise Mismatch(f"{given.number} gives {expected} of invoice {number} back, refunded {refund['amount']}")
        placed.refunded_minor += expected
        self.story.counts["refunded by line"] += 1

    async def _once_captured(self, placed: Placed, body: dict[str, Any], key: str) -> Any:
        """Refund as soon as the money has been taken, which happens shortly after the order."""
        path = f"/v1/admin/orders/{placed.id}/refunds"
        async with asyncio.timeout(CAPTURE_TIMEOUT_S):
            while True:
                try:
                    return await self._client.ask("POST", path, body, bearer=await self._staff.token(), key=key)
                except UnexpectedAnswer as answer:
                    if answer.code != "not_captured":
                        raise
                await asyncio.sleep(0.2)


class Mismatch(Exception):  # noqa: N818 - what it says.
    """The shop's sums are not those of the invoices."""


def email_of(who: str) -> str:
    return f"{who if who.startswith('guest') else f'customer-{who}'}@retail.example"


def address_of(who: str) -> str:
    """An IP address for each customer."""
    mixed = zlib.crc32(who.encode())
    return f"10.{mixed >> 16 & 255}.{mixed >> 8 & 255}.{mixed & 255}"


def invented_address(who: str, country: str) -> dict[str, str]:
    return {
        "name": f"Customer {who}",
        "line1": f"{zlib.crc32(who.encode()) % 200 + 1} Invented Street",
        "city": "Sampleton",
        "postal_code": "SW1A 1AA" if country == "GB" else "10000",
        "country": country,
    }
