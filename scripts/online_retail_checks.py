"""Whether the shop's orders, money, stock, mails and events add up after the replay, to the penny."""

import asyncio
import re
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from online_retail_data import Good
from online_retail_replay import Story
from online_retail_shop import Client, Login, UnexpectedAnswer, samples

SETTLE_TIMEOUT_S: Final = 300
POLL_S: Final = 2.0
QUEUES: Final = ("feira_outbox_rows", "feira_bus_rows", "feira_parked_events")


@dataclass
class Books:
    """What the shop had before the replay: units on hand by sku, and its payments' captured and refunded money."""

    on_hand: dict[str, int]
    money: dict[str, int]


@dataclass
class Findings:
    """The checks' sentences, each true or not."""

    told: list[tuple[bool, str]] = field(default_factory=list)

    def check(self, good: bool, sentence: str) -> None:
        self.told.append((good, sentence))

    @property
    def good(self) -> bool:
        return all(good for good, _ in self.told)


class Auditor:
    """Reads the shop's books over HTTP, as staff and, for what is nobody's business, from the metrics.

    `money` tells what payments has captured and refunded; without it the metrics do, which are a minute old.
    """

    def __init__(
        self,
        client: Client,
        staff: Login,
        metrics: tuple[str, ...],
        currency: str,
        money: Callable[[], Awaitable[dict[str, int]]] | None = None,
    ) -> None:
        self._client = client
        self._staff = staff
        self._metrics = metrics
        self._currency = currency
        self._money = money or self._money_in_metrics

    async def books(self) -> Books:
        stock = {item["sku"]: item async for item in self._client.pages("/v1/admin/stock", staff=self._staff)}
        return Books({sku: item["on_hand"] for sku, item in stock.items()}, await self._money())

    async def audit(self, story: Story, goods: dict[str, Good], before: Books, since: datetime) -> Findings:
        """Wait until nothing is under way any more, then compare."""
        findings = Findings()
        orders = await self._settled(story, since)
        self._check_orders(findings, story, orders)
        self._check_money(findings, story, orders)
        await self._check_stock(findings, story, goods, before)
        await self._check_mails(findings, story)
        await self._check_events(findings)
        await self._check_payments(findings, story, before)
        return findings

    async def _settled(self, story: Story, since: datetime) -> list[Any]:
        """The replay's orders, once no payment of theirs and no refund is under way, or when patience ends."""
        ours = {placed.id for placed in story.placed.values()}
        asked = since.strftime("%Y-%m-%dT%H:%M:%SZ")
        deadline = time.monotonic() + SETTLE_TIMEOUT_S
        while True:
            pages = self._client.pages("/v1/admin/orders", staff=self._staff, **{"from": asked})
            orders = [order async for order in pages if order["id"] in ours]
            if not any(_under_way(order) for order in orders) or time.monotonic() > deadline:
                return orders
            await asyncio.sleep(POLL_S)

    def _check_orders(self, findings: Findings, story: Story, orders: list[Any]) -> None:
        by_id = {order["id"]: order for order in orders}
        findings.check(
            len(by_id) == len(orders) == len(story.placed),
            f"orders kept = orders placed: {len(by_id):,} = {len(story.placed):,}",
        )
        wrong = [
            number
            for number, placed in story.placed.items()
            if (order := by_id.get(placed.id)) is None
            or order["total"]["amount"] != placed.total_minor
            or (order["status"] == "cancelled") != placed.cancelled
            or (not placed.cancelled and _units_left(order) != placed.left)
        ]
        findings.check(not wrong, f"each order is what its invoice says{_some(wrong)}")

    def _check_money(self, findings: Findings, story: Story, orders: list[Any]) -> None:
        standing = [order for order in orders if order["status"] != "cancelled"]
        total = sum(order["total"]["amount"] for order in orders)
        due = sum(
            order["total"]["amount"] for order in standing if order["payment_status"] in {"pending", "authorized"}
        )
        net = sum(order["total"]["amount"] - order["refunded"]["amount"] for order in standing)
        captured = sum(order["captured"]["amount"] for order in orders)
        refunded = sum(order["refunded"]["amount"] for order in orders)
        findings.check(
            total == sum(placed.total_minor for placed in story.placed.values()),
            f"Σ totals = Σ of the answers to the checkouts: {self._shown(total)}",
        )
        findings.check(
            net == captured - refunded + due,
            f"Σ orders = Σ captured - Σ refunded + due: {self._shown(net)} = "
            f"{self._shown(captured)} - {self._shown(refunded)} + {self._shown(due)}",
        )
        expected = sum(placed.total_minor - placed.given_back_minor for placed in story.placed.values())
        findings.check(net == expected, f"Σ orders = Σ invoices - what was given back: {self._shown(expected)}")

    async def _check_stock(self, findings: Findings, story: Story, goods: dict[str, Good], before: Books) -> None:
        sold: Counter[str] = Counter()
        for placed in story.placed.values():
            if not placed.cancelled:
                sold.update(placed.left)
        stock = {item["sku"]: item async for item in self._client.pages("/v1/admin/stock", staff=self._staff)}
        taken = {sku: before.on_hand[sku] - stock[sku]["on_hand"] for sku in goods}
        wrong = [sku for sku in goods if taken[sku] != sold[sku]]
        held = sum(stock[sku]["held"] for sku in goods)
        findings.check(
            not wrong,
            f"stock taken = quantity sold, of each of {len(goods):,} skus: {sum(taken.values()):,} = "
            f"{sold.total():,} units{_some(wrong)}",
        )
        findings.check(held == 0, f"units still held: {held}")

    async def _check_mails(self, findings: Findings, story: Story) -> None:
        counts: Counter[str] = Counter()
        deadline = time.monotonic() + SETTLE_TIMEOUT_S
        ours = {placed.id for placed in story.placed.values()}
        while True:
            counts.clear()
            try:
                pages = self._client.pages("/dev/inbox", format="json", kind="order_confirmed")
                counts.update([mail["order_id"] async for mail in pages if mail["order_id"] in ours])
            except UnexpectedAnswer as answer:
                findings.check(False, f"the mails cannot be read: {answer}")
                return
            if len(counts) == len(ours) or time.monotonic() > deadline:
                break
            await asyncio.sleep(POLL_S)
        more = [order for order, number in counts.items() if number > 1]
        findings.check(
            len(counts) == len(ours) and not more,
            f"one confirmation mail per order: {counts.total():,} mails, {len(ours):,} orders{_some(more)}",
        )

    async def _check_events(self, findings: Findings) -> None:
        """No event waits to be published or handled, and none is parked. The numbers are told every 15 s."""
        deadline = time.monotonic() + SETTLE_TIMEOUT_S
        while self._metrics:
            found = await samples(self._client, self._metrics)
            left = {name: sum(value for (one, _), value in found.items() if one == name) for name in QUEUES}
            known = {one for one, _ in found}
            if (known.issuperset(QUEUES) and not any(left.values())) or time.monotonic() > deadline:
                told = ", ".join(f"{name.removeprefix('feira_')} {value:.0f}" for name, value in left.items())
                findings.check(known.issuperset(QUEUES) and not any(left.values()), f"no event is left over: {told}")
                return
            await asyncio.sleep(POLL_S)
        findings.check(False, "left-over events cannot be seen without --metrics-url")

    async def _check_payments(self, findings: Findings, story: Story, before: Books) -> None:
        """What payments itself counts, which is another service's books than the orders'."""
        expected = {
            "captured": sum(placed.total_minor for placed in story.placed.values()),
            "refunded": sum(placed.given_back_minor for placed in story.placed.values()),
        }
        deadline = time.monotonic() + SETTLE_TIMEOUT_S
        while self._metrics:
            after = await self._money()
            moved = {state: after[state] - before.money[state] for state in expected}
            # An order that was cancelled before its money was taken: it was never captured, and never refunded.
            agreed = moved["captured"] - moved["refunded"] == expected["captured"] - expected["refunded"]
            if agreed or time.monotonic() > deadline:
                told = f"{self._shown(moved['captured'])} captured, {self._shown(moved['refunded'])} refunded"
                findings.check(agreed, f"the payments' own books agree: {told}")
                return
            await asyncio.sleep(POLL_S)
        findings.check(False, "the payments' own books cannot be seen without --metrics-url")

    async def _money_in_metrics(self) -> dict[str, int]:
        found = await samples(self._client, self._metrics)
        money = {"captured": 0, "refunded": 0}
        for (name, labels), value in found.items():
            if name == "feira_money_minor_total" and (what := re.search(r'what="([a-z]+)"', labels)):
                money[what[1]] = int(value)
        return money

    def _shown(self, amount_minor: int) -> str:
        return f"{amount_minor / 100:,.2f} {self._currency}"


def _under_way(order: Any) -> bool:
    return order["payment_status"] in {"pending", "authorized"} or _refunding(order)


def _refunding(order: Any) -> bool:
    """Whether money that was taken is still to go back."""
    pending = any(refund["status"] != "done" for refund in order["refunds"])
    unreturned = order["status"] == "cancelled" and order["captured"] != order["refunded"]
    return pending or unreturned


def _units_left(order: Any) -> Counter[str]:
    return Counter({line["sku"]: line["quantity"] - line["refunded"] for line in order["lines"]})


def _some(wrong: list[str]) -> str:
    return f"; not so: {', '.join(sorted(wrong)[:5])} ({len(wrong):,} in all)" if wrong else ""


def lines(findings: Findings) -> Iterator[str]:
    for good, sentence in findings.told:
        yield f"  {'ok ' if good else 'NOT'}  {sentence}"
