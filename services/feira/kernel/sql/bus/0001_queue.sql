-- The bus: a queue for each consumer. `id` orders; a row that failed waits until `not_before`, and its key waits with it.

create table queue (
    id         bigint generated always as identity,
    consumer   text        not null,
    partition  smallint    not null,
    event_id   uuid        not null,
    topic      text        not null,
    key        text        not null,
    at         timestamptz not null,
    headers    text        not null,
    payload    text        not null,
    tries      smallint    not null default 0,
    not_before timestamptz,
    primary key (consumer, id)
);

create index queue_waiting on queue (consumer, key, id) where not_before is not null;

-- Rows come and go at the rate of the shop: vacuum by their number, not by a share of a table that is mostly empty.
alter table queue set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000,
                       autovacuum_vacuum_insert_threshold = -1);
