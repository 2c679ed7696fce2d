-- What changed, for those who keep something made of it: answers in each process's memory, an index to search in. A row
-- is written with the change itself. Who reads remembers the snapshot that he read with, and finds next time what was not
-- visible in it: a transaction that began early and commits late is not missed. See store_feed.py.

-- Products whose page or place in a list looks different; none, when only the tree of categories does.
create table product_feed (
    xid      xid8 not null default pg_current_xact_id(),
    at       timestamptz not null default now(),
    products uuid[] not null
) with (autovacuum_vacuum_scale_factor = 0.1, autovacuum_vacuum_insert_scale_factor = 1);
create index product_feed_by_xid on product_feed (xid);

-- Skus of which more or less can be had than before: with each batch of orders one row.
create table stock_feed (
    xid  xid8 not null default pg_current_xact_id(),
    at   timestamptz not null default now(),
    skus text[] not null
) with (autovacuum_vacuum_scale_factor = 0.1, autovacuum_vacuum_insert_scale_factor = 1);
create index stock_feed_by_xid on stock_feed (xid);
