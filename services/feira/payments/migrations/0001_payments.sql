-- One row for each time that money was asked for. `id` is our reference at the gateway: it is committed before the gateway
-- hears of it (or together with the gateway's own row, where the gateway lives here), so that nothing it holds is unknown
-- to us. All rows of one order are one aggregate: they are locked together, in order of (order_id, attempt).

create table payments (
    id             uuid primary key,
    order_id       uuid        not null,
    attempt        smallint    not null,
    method         text        not null,
    amount_minor   bigint      not null check (amount_minor >= 0),
    currency       text        not null,
    token_digest   bytea       not null,  -- Tells a repeated ask from another token; the token itself is not kept.
    state          text        not null
        check (state in ('asked', 'pending', 'authorized', 'captured', 'voided', 'failed')),
    goal           text        not null check (goal in ('keep', 'capture', 'release', 'expire')),
    claimed        boolean     not null,  -- Whether we have heard of an order that stands on it.
    sweep          boolean     not null,  -- Over for us, but the gateway must still be told to let go.
    charge_id      text,                  -- The gateway's own name for it.
    reason         text,
    refunded_minor bigint      not null,
    refund_id      uuid,                  -- What the order calls the refund of all, should it come to that.
    tries          smallint    not null,
    version        integer     not null,
    created_at     timestamptz not null,
    due_at         timestamptz,           -- When the gateway is asked next, if it is to be asked.
    unique (order_id, attempt),
    check (refunded_minor between 0 and case when state = 'captured' then amount_minor else 0 end)
);

create unique index payments_charge on payments (method, charge_id) where charge_id is not null;
create index payments_due on payments (due_at) where due_at is not null;
create index payments_unclaimed on payments (created_at)
    where not claimed and goal = 'keep' and state in ('authorized', 'captured');

create table refunds (
    id           uuid primary key,        -- The order's name for it, and our reference at the gateway.
    payment_id   uuid        not null references payments,
    amount_minor bigint      not null check (amount_minor > 0),
    state        text        not null check (state in ('wanted', 'done', 'refused', 'moot')),
    reason       text,
    tries        smallint    not null,
    created_at   timestamptz not null,
    due_at       timestamptz
);

create index refunds_payment on refunds (payment_id);
create index refunds_due on refunds (due_at) where due_at is not null;

create table payment_journal (
    id         bigint generated always as identity primary key,
    payment_id uuid        not null,
    at         timestamptz not null,
    state      text        not null,
    goal       text        not null,
    cause      text        not null
);

create index payment_journal_payment on payment_journal (payment_id, id);

create table webhook_events (
    method   text        not null,
    event_id text        not null,
    at       timestamptz not null,
    primary key (method, event_id)
);

create index webhook_events_at on webhook_events (at);

-- The test gateway's own books: what a real one would keep on its side. No statement but the test gateway's reads it.
create table test_gateway_charge (
    reference      uuid primary key,
    charge_id      text        not null unique,
    token          text        not null,
    amount_minor   bigint      not null,
    currency       text        not null,
    state          text        not null check (state in ('pending', 'authorized', 'captured', 'voided', 'failed')),
    reason         text,
    refunds        jsonb       not null,  -- Refund id -> minor units.
    capture_tries  smallint    not null,
    created_at     timestamptz not null default now()
);
