-- What was sold: the orders that stand and whose money was taken, by the hour and the day (UTC) in which they were placed.
-- It is counted in the transaction in which an order comes to be one of these, or stops being one: it is exact, always.
create table sales_hours (
    hour        timestamptz primary key,
    orders      bigint not null,
    items       bigint not null,          -- Units.
    sales_minor bigint not null           -- What the buyers paid, with shipping and tax.
) with (fillfactor = 50);

-- Kept for a month; the name is the one under which the sku was first sold that day.
create table sales_skus (
    day         date   not null,
    sku         text   not null,
    name        text   not null,
    quantity    bigint not null,
    sales_minor bigint not null,
    primary key (day, sku)
) with (fillfactor = 50);

-- Orders that were there before these tables are counted a little at a time, in the order of their places: those up to this
-- place have been. Until it is done, no other orders than those are counted when they change.
create table sales_rebuild (
    one       boolean primary key default true check (one),
    done      boolean     not null,
    placed_at timestamptz not null default '0001-01-02 00:00+00',
    id        uuid        not null default '00000000-0000-0000-0000-000000000000'
);
insert into sales_rebuild (done) select not exists (select from orders);
