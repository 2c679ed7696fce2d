-- What an order costs here: one insert and one update of `payments`, which touches no index.

-- Money that no order claims is found by a walk along `id`, that is by time: a partial index would have to forget each
-- payment when its order is heard of. The walk has looked at all payments up to this one.
drop index payments_unclaimed;

create table unclaimed_walk (
    one     boolean primary key default true check (one),
    id      uuid    not null
);

insert into unclaimed_walk (id) values ('00000000-0000-0000-0000-000000000000');

-- Room for the new version of a row in the page of the old one.
alter table payments set (fillfactor = 75);

-- The test gateway names its charges after our references. Rows that were written before have their name in `payments`.
alter table test_gateway_charge drop column charge_id;
alter table test_gateway_charge set (fillfactor = 75);

-- A line tells what a payment was before, too, so that nothing needs to be written when a payment is new.
alter table payment_journal
    add column was_state text,
    add column was_goal  text,
    drop constraint payment_journal_pkey;
