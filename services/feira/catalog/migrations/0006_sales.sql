-- What sells: the journal is read on from where it was read to, and counted by day and by week.

-- The journal only ever grows at its end, so a few bytes for each hundred pages lead to any number. Who reads brings it up to
-- date; who writes pays nothing.
create index journal_in_order on journal using brin (id);

-- Units of each product that were sold on a day (UTC), less those that came back on it.
create table sold_days (
    day    date not null,
    number bigint not null,
    units  bigint not null,
    primary key (day, number)
);

-- The sums of the last days; a product that is not there has 0.
create table sold_week (
    number bigint primary key,
    units  bigint not null
);
create index sold_week_by_units on sold_week (units, number);

-- The one place that was read to; `upto` is the last number that was given out when it was looked at. `best` are the numbers of
-- the products that are told to sell best, since `told_at`.
create table sales_read (
    one     boolean primary key default true check (one),
    after   bigint not null,
    upto    bigint not null,
    best    bigint[] not null default '{}',
    told_at timestamptz not null default '-infinity'
);
insert into sales_read (after, upto)
select greatest(last - 1000000, 0), last
from (select case when is_called then last_value else 0 end as last from journal_id_seq) as given;
