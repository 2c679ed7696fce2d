"""The statement that takes some goods by chance."""

from feira.catalog.store import MAIN
from feira.kernel.db import Tx

NEAR_MAX = 100  # Products that are looked at, from a random one on: however many there are, it takes the same time.


async def some_in_stock(tx: Tx, limit: int) -> list[str]:
    """Up to so many skus in stock, of products that were made about the same time: where all of those are sold out, of the
    newest.
    """
    return await _near(tx, limit, newest=False) or await _near(tx, limit, newest=True)


async def _near(tx: Tx, limit: int, *, newest: bool) -> list[str]:
    rows = await tx.fetch(
        """with ends as materialized (
               select (select number from products order by number limit 1) as first,
                      (select number from products order by number desc limit 1) as last),
           point as materialized (
               select case when $4 then last else first + floor(random() * (last - first + 1))::bigint end as number from ends),
           near as materialized (
               (select id, 1 as turn from products where number >= (select number from point) and archived_at is null
                order by number limit $3)
               union all
               (select id, 2 from products where number < (select number from point) and archived_at is null
                order by number desc limit $3))
           select sku from near join variants v on v.product_id = near.id join stock s using (sku)
           where s.location_id = $2 and s.on_hand > s.held and not v.archived
           order by turn, random() limit $1""",
        limit,
        MAIN,
        NEAR_MAX,
        newest,
    )
    return [row["sku"] for row in rows]
