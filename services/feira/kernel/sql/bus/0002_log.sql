-- Each event is kept once, in the order in which all of it was committed (see Bus.publish), until every hearer has passed
-- it. `offsets` tells how far each has come; `queue` holds only what a hearer has set aside to try again, and what waits
-- behind that.
create table log (
    id        bigint generated always as identity primary key,
    partition smallint    not null,
    length    integer     not null,  -- Of the payload, in characters.
    event_id  uuid        not null,
    topic     text        not null,
    key       text        not null,
    at        timestamptz not null,
    headers   text        not null,
    payload   text        not null
);

create table offsets (
    consumer  text     not null,
    partition smallint not null,
    after     bigint   not null,
    primary key (consumer, partition)
) with (fillfactor = 20);

-- Rows come and go at the rate of the shop: vacuum by their number, not by a share of a table that is mostly empty.
alter table log set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000,
                     autovacuum_vacuum_insert_threshold = -1);

create index queue_keys on queue (consumer, key);
