"""What a page costs stays the same however many goods and orders there are."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest_asyncio

from conftest import CONNECTIONS_MAX, Web, with_database
from feira.catalog.card import card as catalog_card
from feira.kernel import logs
from feira.kernel.card import Card, Context
from feira.kernel.config import Settings
from feira.kernel.db import Db, Tx
from feira.kernel.migrate import SQL, migrate
from feira.orders.card import card as orders_card
from feira.orders.domain_names import order_number
from feira.orders.tests.neighbours import Baskets, Catalogue, Payer

MANY = 100_000
SMALL = {"categories", "settings", "locations", "migration"}  # Tables that do not grow with goods and orders.
NOBODY = str(uuid4())
NUMBER = order_number(77, b"")

Serve = Callable[..., Awaitable[tuple[Web, "Counted"]]]

GOODS = f"""
    insert into products (id, number, slug, name) overriding system value
        select gen_random_uuid(), n, 'good-' || n, 'Good ' || n || ' apple ' || n % 977 from generate_series(1, {MANY}) n;
    insert into descriptions select id, '', 'Text' from products;
    insert into variants (sku, product_id, position, name, price_minor, weight_g, tax_class)
        select 'sku-' || number, id, 0, '', number % 5000, 1, 'standard' from products;
    insert into stock (sku, location_id, on_hand) select sku, 1, 9 from variants;
    insert into listings (product_id, number, listed, in_stock, price_minor, category_ids)
        select id, number, true, number % 3 > 0, number % 5000, array[1 + number % 50]::integer[] from products;
    insert into listing_names select product_id, l, p.number, lower(p.name)
        from listings join products p on p.id = product_id, unnest(array['', 'en', 'pt-BR']) l;
    insert into searches select id, setweight(to_tsvector('simple', name), 'A') from products;"""
TREE = """insert into categories (slug, path, name) select 'c' || n, 'c' || n, 'C' from generate_series(1, 50) n"""
LISTS = (
    "", "sort=newest&", "sort=price&", "sort=-price&", "sort=name&", "sort=name&locale=pt-BR&", "category=c7&",
    "in_stock=true&", "in_stock=true&sort=price&", "min_price=100&max_price=200&sort=price&", "q=976&", "q=apple+976&",
    "q=apple&facets=true&",
)  # fmt: skip
ORDERS = f"""
    insert into orders (id, number, version, status, placed_status, payment_status, fulfilment_status, user_id, email,
                        locale, hold_id, payment_id, currency, subtotal_minor, discount_minor, shipping_minor, tax_minor,
                        tax_included, total_minor, shipping_address, shipping_method, placed_at)
        select gen_random_uuid(), case when n = 77 then '{NUMBER}' else 'N-' || n end, 1,
               case when n % 1000 = 0 then 'pending' else 'confirmed' end, 'confirmed', 'captured', 'unfulfilled',
               case when n % 500 = 0 then '{NOBODY}'::uuid end, 'b' || n % 5000 || '@buyer.test', 'en',
               gen_random_uuid(), gen_random_uuid(), 'BRL', 5, 0, 0, 0, false, 5,
               '{{"name": "A", "line1": "R", "city": "C", "postal_code": "1", "country": "BR"}}', 'standard',
               now() - n * interval '1 minute'
        from generate_series(1, {MANY}) n;
    insert into order_lines select id, 0, 'sku', 1, 'Good', 5, 5, 0, 0, 1, 'standard' from orders;
    insert into fulfilments select gen_random_uuid(), id, '{{}}', null, null, gen_random_uuid(), now() from orders;
    insert into refunds select gen_random_uuid(), id, null, 0, '', '[]', null, now(), null from orders;
    analyze"""


class Counted(Db):
    """Notes every statement, with what it was asked with."""

    def __init__(self, db: Db) -> None:
        super().__init__(db.pool, db.schema)
        self.seen: list[tuple[str, tuple[Any, ...]]] = []

    def _note(self, record: Any) -> None:
        if "pg_catalog" not in record.query:  # The driver asks once for each type that it meets.
            self.seen.append((record.query, tuple(record.args or ())))

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Tx]:
        async with super()._connection() as connection:
            connection.add_query_logger(self._note)
            try:
                yield connection
            finally:
                connection.remove_query_logger(self._note)


async def read_whole(db: Counted) -> list[str]:
    """Which of the noted statements read a table from end to end, with the table."""
    found = []
    async with Db.read(db) as tx:
        for query, arguments in list(db.seen):
            if query.lstrip().lower().startswith(("select", "with")):
                plan = json.loads(await tx.fetchval(f"explain (format json) {query}", *arguments))
                found += [f"{table}: {query}" for table in scanned(plan[0]["Plan"]) if table not in SMALL]
    return found


def scanned(plan: dict[str, Any]) -> list[str]:
    own = [plan["Relation Name"]] if plan["Node Type"] in {"Seq Scan", "Parallel Seq Scan"} else []
    return own + [table for inner in plan.get("Plans", []) for table in scanned(inner)]


@pytest_asyncio.fixture(loop_scope="session")
async def serve(server: str, tmp_path: Path) -> AsyncIterator[Serve]:
    """One service on a database of its own, over HTTP; its statements are noted."""
    async with AsyncExitStack() as stack:

        async def start(card: Card, *needs: object) -> tuple[Web, Counted]:
            name = f"test_{secrets.token_hex(6)}"
            url = await with_database(server, name, f"create database {name}")
            stack.push_async_callback(with_database, server, name, f"drop database {name} with (force)")
            await migrate(url, card.name, [SQL / "service", card.home / "migrations"])
            db = Counted(await Db.open(url, card.name, CONNECTIONS_MAX))
            stack.push_async_callback(db.close)
            settings = Settings(secret="ab" * 32, data=str(tmp_path), database_url=url)
            ctx = Context(db=db, settings=settings, wake=lambda _job: None, log=logs.logger(card.name))
            service = card.build(ctx, *needs)
            if begin := getattr(service, "start", None):
                await begin()
            site = Web(settings)
            await site.serve(card.routes(service))
            stack.push_async_callback(site.close)
            if stop := getattr(service, "stop", None):
                stack.push_async_callback(stop)
            return site, db

        yield start


async def ask(web: Web, db: Counted, path: str, **headers: str) -> tuple[int, Any]:
    """How many statements it took, and the answer."""
    await asyncio.sleep(0)  # The driver tells of a statement a moment after it.
    db.seen.clear()
    async with web.session.get(path, headers=headers) as reply:
        answer = await reply.json()
        assert reply.status == 200, answer
    return len(db.seen), answer


async def test_a_list_of_goods_costs_the_same_statements_however_long(serve: Serve) -> None:
    """No index, N+1: a listing costs the same however long it is, and however many goods there are."""
    site, db = await serve(catalog_card)
    staff = site.as_user(NOBODY, "staff")
    async with db.pool.acquire() as connection:
        await connection.execute(TREE)
        await connection.execute(GOODS)
        await connection.execute("vacuum analyze")  # An inverted index keeps what is new apart until then.
    for wish in LISTS:
        one, _ = await ask(site, db, f"/v1/products?{wish}limit=1")
        hundred, page = await ask(site, db, f"/v1/products?{wish}limit=100")
        assert len(page["items"]) == 100 or "q=" in wish, wish
        # The first list with facets reads the names of categories as well, which are remembered.
        assert one in (hundred, hundred + ("facets" in wish), 0), (wish, one, hundred)
        assert hundred <= 4, (wish, db.seen)
        assert await read_whole(db) == [], wish
        if page["next"]:
            following, _ = await ask(site, db, f"/v1/products?{wish}limit=100&cursor={page['next']}")
            assert following <= hundred, (wish, db.seen)
            assert await read_whole(db) == [], wish
    searched = ("q=appl&limit=100", "q=97&limit=100", "q=good-77", "q=sku-5")
    for path in (
        "/v1/products/good-77", "/v1/admin/products?limit=100", "/v1/admin/stock?limit=100", "/v1/admin/stock?q=appl&below=5",
        *(f"/v1/admin/{of}?{wish}" for of in ("products", "stock") for wish in searched),
    ):  # fmt: skip
        number, _ = await ask(site, db, path, **staff)
        assert number <= 6, (path, db.seen)
        assert await read_whole(db) == [], path


async def test_a_list_of_orders_costs_the_same_statements_however_long(serve: Serve) -> None:
    site, db = await serve(orders_card, Catalogue(), Payer(), Baskets())
    async with db.pool.acquire() as connection:
        await connection.execute(ORDERS)
    lists = {
        "/v1/orders?": site.as_user(NOBODY),
        "/v1/admin/orders?": site.as_user(NOBODY, "staff"),
        "/v1/admin/orders?status=pending&": site.as_user(NOBODY, "staff"),
        "/v1/admin/orders?email=b7@buyer.test&": site.as_user(NOBODY, "staff"),
        f"/v1/admin/orders?number={NUMBER}&": site.as_user(NOBODY, "staff"),
    }
    for path, headers in lists.items():
        await ask(site, db, f"{path}limit=1", **headers)  # What is kept in memory is read once.
        few, _ = await ask(site, db, f"{path}limit=2", **headers)
        many, page = await ask(site, db, f"{path}limit=100", **headers)
        assert page["items"], path
        assert few == many <= 6, (path, few, many)
        assert await read_whole(db) == [], path
