"""What the shop does by itself, and what it tells of itself, costs the same however long its past is."""

import json
import secrets
from pathlib import Path
from typing import Any

import pytest

from conftest import CONNECTIONS_MAX, with_database
from feira.carts.card import card as carts
from feira.catalog.card import card as catalog
from feira.kernel import logs
from feira.kernel.card import Card, Context
from feira.kernel.config import Settings
from feira.kernel.db import Db, Tx
from feira.kernel.migrate import SQL, migrate
from feira.notifications.card import card as notifications
from feira.orders.card import card as orders
from feira.orders.tests.neighbours import Baskets, Catalogue, Payer
from feira.payments.card import card as payments
from feira.users.card import card as users
from tests.test_growth import ORDERS, Counted, scanned

MANY = 50_000
VERBS = ("select", "with", "update", "delete")

MAILS = f"""
    insert into mails (id, kind, recipient, locale, contents, order_id, state, due_at, created_at)
        select gen_random_uuid(), 'order_confirmed', 'b' || n, 'en', '{{}}', gen_random_uuid(), 'kept', now(), now()
        from generate_series(1, {MANY}) n"""
PAYMENTS = f"""
    insert into payments (id, order_id, attempt, method, amount_minor, currency, token_digest, state, goal, claimed, sweep,
                          refunded_minor, tries, version, created_at)
        select gen_random_uuid(), gen_random_uuid(), 1, 'test', 5, 'BRL', '', 'captured', 'capture', true, false, 0, 0, 3,
               now() - interval '1 day' from generate_series(1, {MANY});
    insert into refunds select gen_random_uuid(), id, 5, 'done', null, 0, now(), null from payments;
    insert into webhook_events select 'test', n, now() from generate_series(1, {MANY}) n"""
HOLDS = f"""
    insert into holds (order_id, id, digest, state, units, lines, expires_at, cancelled)
        select gen_random_uuid(), gen_random_uuid(), '', case when n % 9 = 0 then 'released' else 'sold' end, 1, '[]',
               now() - interval '90 days', n % 9 = 0 from generate_series(1, {MANY}) n"""
CARTS = f"""
    insert into carts (id, order_id) select 'cart-' || n, gen_random_uuid() from generate_series(1, {MANY}) n"""
SETTLED = f"{ORDERS}; update orders set status = 'confirmed'"
USERS = f"""
    insert into users (id, email, name, locale, created_at)
        select gen_random_uuid(), 'b' || n, 'B', 'en', now() from generate_series(1, {MANY}) n;
    insert into sessions (id, user_id, handle_hash, secret_hash, created_at, used_at, expires_at, address, agent)
        select gen_random_uuid(), id, decode(md5(email), 'hex'), '', now(), now(), now() + interval '9 days', '', ''
        from users"""


async def _plan(tx: Tx, query: str, *arguments: Any) -> Any:
    return json.loads(await tx.fetchval(f"explain (format json) {query}", *arguments))[0]["Plan"]


async def _generic_plan(tx: Tx, query: str, count: int) -> Any:
    """The plan that serves any arguments."""
    await tx.execute(f"prepare asked as {query}")
    try:
        return await _plan(tx, f"execute asked ({', '.join(['null'] * count)})" if count else "execute asked")
    finally:
        await tx.execute("deallocate asked")


@pytest.mark.parametrize(
    ("card", "needs", "past"),
    [
        (users, (None,), USERS),
        (catalog, (), HOLDS),
        (carts, (Catalogue(),), CARTS),
        (orders, (Catalogue(), Payer(), Baskets()), SETTLED),
        (payments, (), PAYMENTS),
        (notifications, (), MAILS),
    ],
    ids=lambda given: given.name if isinstance(given, Card) else "",
)
async def test_no_table_that_grows_is_read_whole(
    server: str, tmp_path: Path, card: Card, needs: tuple[object, ...], past: str
) -> None:
    name = f"test_{secrets.token_hex(6)}"
    url = await with_database(server, name, f"create database {name}")
    try:
        await migrate(url, card.name, [SQL / "service", card.home / "migrations"])
        db = Counted(await Db.open(url, card.name, CONNECTIONS_MAX))
        async with Db.read(db) as tx:
            await tx.execute(past)
            await tx.execute("vacuum analyze")
            grown = {
                row["relname"]
                for row in await tx.fetch("select relname from pg_class where reltuples >= $1 and relkind = 'r'", MANY)
            }
        assert grown
        settings = Settings(secret="ab" * 32, data=str(tmp_path), database_url=url)
        service = card.build(
            Context(db=db, settings=settings, wake=lambda _job: None, log=logs.logger(card.name)), *needs
        )
        if begin := getattr(service, "start", None):
            await begin()
        for job in card.jobs:
            await job.run(service)
        if card.gauges:
            await card.gauges(service)
        async with Db.read(db) as tx:
            await tx.execute("set plan_cache_mode = force_generic_plan")  # Also what is asked often keeps its index.
            for query, arguments in list(db.seen):
                if query.lstrip().lower().startswith(VERBS):
                    for plan in (await _plan(tx, query, *arguments), await _generic_plan(tx, query, len(arguments))):
                        assert not grown.intersection(scanned(plan)), query
        if stop := getattr(service, "stop", None):
            await stop()
        await db.close()
    finally:
        await with_database(server, name, f"drop database {name} with (force)")
