#!/usr/bin/env python3
"""Replays a year of a real web shop's invoices in Feira, and checks to the penny that everything adds up.

    .venv/bin/python scripts/online_retail.py PATH [--invoices N] [--from N] [--currency GBP] [--base-url URL …]

PATH is the table "Online Retail" (Dr Daqing Chen, UCI Machine Learning Repository) as .xlsx, .csv, .csv.gz or .parquet;
a sample of 300 invoices lies in services/tests/data/online_retail_sample.csv.gz.

Its goods become the catalogue, at their usual price and with the stock that the table sold; its invoices are bought over
HTTP in order of time, by their customers or as guests, with invented e-mails and addresses; its cancellations are given
back as cancelled orders or refunds by line. How the data is cleaned is told in online_retail_data.py: codes that differ
only by case are one good, fees and postage are no goods. So the largest invoice, 573585 with 1,114 lines, has 1,113 lines
of goods: one is its postage. It and the invoice of the largest quantity, 541431 with 74,215 pieces, are in every slice.

Without --base-url a shop is started for the replay, and its data is thrown away afterwards (or kept with --keep DIR).
With it, give --staff EMAIL and the password in FEIRA_STAFF_PASSWORD, and --metrics-url once for each worker; the shop
must be outside production, for its test gateway and its inbox of mails. Exits 1 if anything does not add up.
"""

import argparse
import asyncio
import json
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
from online_retail_checks import Auditor, lines
from online_retail_data import Good, Plan, Table, choose, clean, plan, read
from online_retail_replay import Mismatch, Replay, Story
from online_retail_shop import TIMEOUT_S, Client, Login, Opened, UnexpectedAnswer, own_shop


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path, metavar="PATH", help="the table, .xlsx, .csv, .csv.gz or .parquet")
    parser.add_argument(
        "--invoices", type=int, default=5_500, metavar="N", help="how many purchases; 0: all (%(default)s)"
    )
    parser.add_argument("--from", type=int, default=0, metavar="N", dest="start", help="begin with the N-th purchase")
    parser.add_argument("--currency", default="GBP", help="of a shop of two decimals (%(default)s)")
    parser.add_argument("--country", default="GB", help="where the shop is (%(default)s)")
    parser.add_argument("--concurrency", type=int, default=16, metavar="N", help="invoices at once (%(default)s)")
    parser.add_argument(
        "--accounts", type=int, default=300, metavar="N", help="customers with an account (%(default)s)"
    )
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="of the shop that is started (%(default)s)")
    parser.add_argument(
        "--keep", type=Path, metavar="DIR", help="the data directory of the shop that is started; it stays"
    )
    parser.add_argument("--base-url", metavar="URL", help="a shop that is running, instead of one of our own")
    parser.add_argument("--staff", metavar="EMAIL", help="a login for the back office of that shop")
    parser.add_argument(
        "--metrics-url", action="append", default=[], metavar="URL", help="its /metrics, for each worker"
    )
    parser.add_argument("--catalogue", type=Path, metavar="FILE", help="only write the goods as NDJSON, and end")
    given = parser.parse_args()
    if given.base_url and not (given.staff and os.environ.get("FEIRA_STAFF_PASSWORD")):
        parser.error("--base-url needs --staff, and the password in FEIRA_STAFF_PASSWORD")
    return given


def ndjson(goods: dict[str, Good], currency: str) -> bytes:
    """The goods as the shop imports them, one product a line."""
    records = (
        {
            "slug": good.slug,
            "name": good.name,
            "variants": [
                {
                    "sku": good.sku,
                    "price": {"amount": good.price_minor, "currency": currency},
                    "stock": good.stock,
                }
            ],
        }
        for good in goods.values()
    )
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


@asynccontextmanager
async def opened(given: argparse.Namespace) -> AsyncIterator[Opened]:
    if given.base_url:
        yield Opened(given.base_url, tuple(given.metrics_url), given.staff, os.environ["FEIRA_STAFF_PASSWORD"])
        return
    data = given.keep or Path(tempfile.mkdtemp(prefix="feira-replay-"))
    data.mkdir(parents=True, exist_ok=True)
    try:
        async with own_shop(data, given.currency, given.country, given.workers) as shop:
            yield shop
    finally:
        if not given.keep:
            shutil.rmtree(data, ignore_errors=True)


async def stock_up(client: Client, staff: Login, goods: dict[str, Good], currency: str) -> None:
    """Import the goods, whole."""
    body, token = ndjson(goods, currency), await staff.token()
    path = "/v1/admin/products/import"
    report = await client.ask("POST", path, body, bearer=token, content_type="application/x-ndjson")
    taken = report["created"] + report["updated"] + report["unchanged"]
    if report["failed"] or taken != len(goods):
        raise Mismatch(f"of {len(goods):,} goods {taken:,} were imported: {report['errors'][:3]}")


async def replay(given: argparse.Namespace, table: Table, planned: Plan) -> bool:
    """Import, buy, give back, compare; answers whether all adds up."""
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
    connector = aiohttp.TCPConnector(limit=given.concurrency + 4)
    async with opened(given) as shop, aiohttp.ClientSession(timeout=timeout, connector=connector) as http:
        url = shop.url.rstrip("/")
        client = Client(http, lambda path: url + path)
        staff = Login(client, shop.email, shop.password)
        began = datetime.now(UTC)
        await stock_up(client, staff, table.goods, given.currency)
        took = (datetime.now(UTC) - began).total_seconds()
        print(f"Imported {len(table.goods):,} products in {took:.1f} s ({len(table.goods) / took:,.0f} a second).")
        auditor = Auditor(client, staff, shop.metrics, given.currency)
        before = await auditor.books()
        buyers = Replay(
            client, staff, table.goods, given.currency, accounts=given.accounts, concurrency=given.concurrency
        )
        story = await buyers.run(planned, lambda sentence: print(f"  {sentence}", flush=True))
        tell_story(story, client.retries)
        findings = await auditor.audit(story, table.goods, before, began - timedelta(minutes=1))
    print("\n".join(["", "Does it add up?", *lines(findings)]))
    return findings.good


def tell_table(table: Table, planned: Plan) -> None:
    print(
        f"{len(table.goods):,} goods, {len(table.purchases):,} purchases, {len(table.cancellations):,} cancellations."
    )
    for reason, number in table.left_out.most_common():
        print(f"  left out: {number:,} lines, {reason}")
    largest = max(planned.purchases, key=lambda one: len(one.lines))
    most = max((quantity, one.number) for one in planned.purchases for _, quantity in one.lines)
    print(
        f"To be replayed: {len(planned.purchases):,} purchases of {sum(len(one.lines) for one in planned.purchases):,} lines, "
        f"{planned.purchases[0].at:%Y-%m-%d} to {planned.purchases[-1].at:%Y-%m-%d}; the largest is {largest.number} with "
        f"{len(largest.lines):,} lines of goods, the largest quantity {most[0]:,} in {most[1]}."
    )
    print(
        f"Cancellations of that time: {planned.cancellations:,}; {len(planned.returns):,} give back what was bought before."
    )
    for what, number in planned.without_purchase.items():
        print(f"  without a purchase: {number:,} {what}")


def tell_story(story: Story, retries: int) -> None:
    counts = story.counts
    print(
        f"Replayed {len(story.placed):,} purchases in {story.seconds:.0f} s: {counts['signed in']:,} signed in "
        f"({counts['accounts']:,} accounts), {counts['with an e-mail']:,} by known customers without an account, "
        f"{counts['guests without a number']:,} by guests. Given back: {counts['cancelled']:,} orders cancelled, "
        f"{counts['refunded by line']:,} refunds by line. Requests sent again: {retries:,}."
    )


def main() -> int:
    given = arguments()
    table = clean(read(given.path))
    if given.catalogue:
        given.catalogue.write_bytes(ndjson(table.goods, given.currency))
        print(f"{len(table.goods):,} goods in {given.catalogue}")
        return 0
    planned = plan(table, choose(table, given.start, given.invoices or None))
    tell_table(table, planned)
    failed: list[BaseException] = []
    good = False
    try:
        good = asyncio.run(replay(given, table, planned))
    except* (UnexpectedAnswer, Mismatch) as failures:
        failed.append(_first(failures))
    if failed:
        print(f"It does not add up: {failed[0]}", file=sys.stderr)
    return 0 if good else 1


def _first(failures: BaseException) -> BaseException:
    while isinstance(failures, BaseExceptionGroup):
        failures = failures.exceptions[0]
    return failures


if __name__ == "__main__":
    sys.exit(main())
