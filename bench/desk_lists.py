"""What staff ask of a big shop's lists: filtered, searched, and from far down; drawn from what is in its tables."""

import random
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final
from urllib.parse import quote, urlencode

import asyncpg

from bench import search_goods
from feira.transport.cursors import cursor

ASKED: Final = 40  # Questions of each sort: the second slowest is their p95.
STATUSES: Final = ("completed", "confirmed", "pending", "cancelled")
PAID: Final = ("captured", "refunded", "authorized", "voided")
SENT: Final = ("fulfilled", "unfulfilled", "partial")
WINDOW: Final = timedelta(days=3)
BELOW: Final = 10

Sort = Callable[[random.Random], str]


def _asked(path: str, **words: Any) -> str:
    given = {name.rstrip("_"): value for name, value in words.items() if value is not None}
    return f"/v1/admin/{path}" + ("?" + urlencode(given) if given else "")


async def questions(connection: asyncpg.Connection, skus: int, believable: int) -> Mapping[str, Sequence[str]]:
    """Sort of question -> its paths, `list: what`. The shop has so many plain skus, and searchable goods beside them."""
    await connection.execute("set enable_seqscan = off")
    chance = random.Random(41)  # noqa: S311 - the same questions in every run.
    sorts = {
        **{f"orders: {name}": sort for name, sort in (await _of_orders(connection, chance)).items()},
        **{f"products: {name}": sort for name, sort in (await _of_products(connection, believable)).items()},
        **{f"stock: {name}": sort for name, sort in _of_stock(skus, believable).items()},
    }
    found = {name: [sort(chance) for _ in range(ASKED)] for name, sort in sorts.items()}
    journal = [path async for path in _journals(connection, chance, skus)]
    return found | {"journal: newest": journal[::2], "journal: far down": journal[1::2]}


async def _of_orders(connection: asyncpg.Connection, chance: random.Random) -> dict[str, Sort]:
    span = await connection.fetchrow("select min(placed_at) as first, max(placed_at) as last from orders.orders")
    assert span  # noqa: S101 - aggregates always answer a row.
    first, last = span["first"], span["last"]
    rows = await connection.fetch(
        """select o.* from unnest($1::timestamptz[]) as t(at) cross join lateral (
               select id, email, placed_at from orders.orders where placed_at >= t.at order by placed_at, id limit 1) as o""",
        [first + (last - first) * chance.random() for _ in range(4 * ASKED)],
    )
    newest = await connection.fetch("select number from orders.orders order by placed_at desc limit $1", ASKED)

    def place(chance: random.Random) -> str:
        row = chance.choice(rows)
        return cursor(row["placed_at"], row["id"])

    def of_days(chance: random.Random) -> str:
        at = chance.choice(rows)["placed_at"]
        return _asked("orders", from_=at.isoformat(), to=(at + WINDOW).isoformat(), status=chance.choice(STATUSES))

    def by_address(chance: random.Random) -> str:
        row = chance.choice(rows)
        at = cursor(row["email"], row["placed_at"], row["id"]) if chance.random() < 0.5 else None
        return _asked("orders", q=row["email"][: chance.randrange(1, 6)], cursor=at)

    return {
        "far down": lambda c: _asked("orders", cursor=place(c)),
        "a hundred": lambda c: _asked("orders", limit=100, cursor=place(c)),
        "by status": lambda c: _asked("orders", status=c.choice(STATUSES), cursor=place(c)),
        "by payment": lambda c: _asked("orders", payment_status=c.choice(PAID), cursor=place(c)),
        "by fulfilment": lambda c: _asked("orders", fulfilment_status=c.choice(SENT), cursor=place(c)),
        "newest unsent": lambda c: _asked("orders", fulfilment_status="unfulfilled", payment_status=c.choice(PAID)),
        "of some days": of_days,
        "of an address": lambda c: _asked("orders", email=c.choice(rows)["email"]),
        "of a number": lambda c: _asked("orders", number=c.choice(newest)["number"]),
        "by id or number": lambda c: _asked("orders", q=c.choice((c.choice(rows)["id"], c.choice(newest)["number"]))),
        "by how an address begins": by_address,
    }


async def _of_products(connection: asyncpg.Connection, believable: int) -> dict[str, Sort]:
    numbers = await connection.fetchval("select max(number) from catalog.products")

    def place(chance: random.Random) -> str:
        return cursor(chance.randrange(1, numbers + 1))

    return {
        "far down": lambda c: _asked("products", cursor=place(c)),
        "a hundred": lambda c: _asked("products", limit=100, cursor=place(c)),
        "active": lambda c: _asked("products", status="active", cursor=place(c)),
        "archived": lambda c: _asked("products", status="archived", cursor=place(c)),
        "by words": lambda c: _asked("products", q=_words(c, believable)),
        "by unfinished words": lambda c: _asked("products", q=_begun(c, believable), status="active"),
        "by how a sku begins": lambda c: _asked("products", q=_sku(c, believable)[: c.randrange(2, 6)]),
        "few left": lambda c: _asked("products", below=c.randrange(1, 50)),
        "few left, by unfinished words": lambda c: _asked("products", q=_begun(c, believable), below=BELOW),
    }


def _of_stock(skus: int, believable: int) -> dict[str, Sort]:
    def place(chance: random.Random) -> str:
        return chance.choice((f"S{chance.randrange(skus)}", _sku(chance, believable)))

    return {
        "far down": lambda c: _asked("stock", cursor=cursor(place(c))),
        "by words": lambda c: _asked("stock", q=_words(c, believable)),
        "few left, by unfinished words": lambda c: _asked("stock", q=_begun(c, believable), below=BELOW),
        "few left": lambda c: _asked("stock", below=c.randrange(1, 50)),
        "few left, far down": lambda c: _asked("stock", below=BELOW, cursor=cursor(c.randrange(3), place(c))),
        "by how a sku begins": lambda c: _asked("stock", q=place(c)[: c.randrange(2, 6)]),
    }


async def _journals(connection: asyncpg.Connection, chance: random.Random, skus: int) -> AsyncIterator[str]:
    """For some skus the journal from its newest line, and from one of its middle; the first is the one that all want."""
    for number in (0, *(chance.randrange(skus) for _ in range(ASKED - 1))):
        sku = f"S{number}"
        middle = await connection.fetchval(
            "select (min(id) + max(id)) / 2 from (select id from catalog.journal where sku = $1 order by id) as mine",
            sku,
        )
        yield _asked(f"stock/{quote(sku)}/journal", limit=100)
        yield _asked(f"stock/{quote(sku)}/journal", limit=100, cursor=cursor(middle or 1))


def _words(chance: random.Random, believable: int) -> str:
    name = search_goods.product(chance.randrange(believable))["name"].split()
    return " ".join(chance.sample(name, 2))


def _begun(chance: random.Random, believable: int) -> str:
    """A word of a name, or two, the last unfinished."""
    *whole, last = _words(chance, believable).split()[chance.randrange(2) :]
    return " ".join((*whole, last[: chance.randrange(2, 5)]))


def _sku(chance: random.Random, believable: int) -> str:
    return f"G{chance.randrange(believable)}"
