-- Addresses are ASCII and small letters: compared by their bytes, those that begin alike stand together.
alter table orders alter column email type text collate "C";

-- When an order was confirmed after it had been pending, and when it fell: what no other row tells.
create table turns (
    order_id uuid        not null,
    kind     text        not null check (kind in ('confirmed', 'cancelled')),
    at       timestamptz not null default now(),
    actor    uuid,
    primary key (order_id, kind)
);
