-- What every service has beside its own tables: what it must still tell, what it was already told, and what it could not
-- cope with.

create table outbox (
    id        bigint generated always as identity primary key,
    partition smallint    not null,
    event_id  uuid        not null,
    topic     text        not null,
    key       text        not null,
    at        timestamptz not null default now(),
    headers   text        not null,
    payload   text        not null
);

-- `day` is the day of the event's own id, so that a repetition meets its first.
create table inbox (
    day      date not null,
    event_id uuid not null,
    handler  text not null,
    primary key (day, event_id, handler)
) partition by range (day);

create table inbox_default partition of inbox default;

create table parked (
    id             bigint generated always as identity primary key,
    handler        text        not null,
    event_id       uuid        not null,
    topic          text        not null,
    key            text        not null,
    at             timestamptz not null,
    headers        text        not null,
    payload        text        not null,
    error          text        not null,
    parked_at      timestamptz not null default now(),
    dropped_at     timestamptz,
    dropped_reason text,
    check ((dropped_at is null) = (dropped_reason is null))
);

create index parked_in_order on parked (handler, key, id) where dropped_at is null;

-- Rows come and go at the rate of the shop: vacuum by their number, not by a share of a table that is mostly empty.
alter table outbox set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000,
                        autovacuum_vacuum_insert_threshold = -1);
