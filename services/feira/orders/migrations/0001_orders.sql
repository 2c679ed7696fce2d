-- What staff have set; one row. It is written when the shop first starts, because the currency is chosen there.
create table settings (
    one         boolean primary key default true check (one),
    version     bigint not null,
    currency    text not null,
    shop_name   text not null,
    shipping    jsonb not null,
    tax         jsonb not null,
    changed_at  timestamptz not null default now()
);

-- One row for each idempotency key, named by the order that the key stands for; it is kept for ever.
-- While `status` is null somebody works on it until `leased_until`, and only the holder of `lease` may commit the order.
-- `lines` is the cart as it lay at the first try; `early` is news about the payment that came before the order.
create sequence order_numbers as bigint minvalue 0 start 0;
create table attempts (
    order_id     uuid primary key,
    digest       bytea not null,
    sequence     bigint not null default nextval('order_numbers'),
    lease        uuid not null,
    leased_until timestamptz not null,
    cart_id      text,
    lines        jsonb,
    early        jsonb,
    status       smallint check (status in (201, 402)),
    answer       jsonb,
    begun_at     timestamptz not null default now()
) with (fillfactor = 70);
create index attempts_of_cart on attempts (cart_id) where cart_id is not null;

create table orders (
    id                uuid primary key,
    number            text not null unique,
    version           integer not null,
    status            text not null check (status in ('pending', 'confirmed', 'cancelled', 'completed')),
    placed_status     text not null check (placed_status in ('pending', 'confirmed')),
    payment_status    text not null check (payment_status in
                      ('pending', 'authorized', 'voided', 'failed', 'captured', 'partially_refunded', 'refunded')),
    fulfilment_status text not null check (fulfilment_status in ('unfulfilled', 'partial', 'fulfilled')),
    user_id           uuid,
    cart_id           text,
    email             text not null,
    locale            text not null,
    hold_id           uuid not null,
    payment_id        uuid not null,
    currency          text not null,
    subtotal_minor    bigint not null check (subtotal_minor >= 0),
    discount_minor    bigint not null check (discount_minor between 0 and subtotal_minor),
    shipping_minor    bigint not null check (shipping_minor >= 0),
    tax_minor         bigint not null check (tax_minor >= 0),
    tax_included      boolean not null,
    total_minor       bigint not null,
    captured_minor    bigint not null default 0 check (captured_minor >= 0),
    decided_minor     bigint not null default 0 check (decided_minor between 0 and total_minor),
    refunded_minor    bigint not null default 0 check (refunded_minor >= 0),
    shipping_address  jsonb not null,
    billing_address   jsonb,
    shipping_method   text not null,
    placed_at         timestamptz not null,
    cancel_reason     text,
    forget            boolean not null default false,
    check (total_minor = subtotal_minor - discount_minor + shipping_minor
                         + case when tax_included then 0 else tax_minor end)
) with (fillfactor = 80);
create unique index orders_cart on orders (cart_id) where cart_id is not null and status <> 'cancelled';
create index orders_newest on orders (placed_at, id);
create index orders_of_user on orders (user_id, placed_at, id) where user_id is not null;
create index orders_of_email on orders (email, placed_at, id);
create index orders_by_status on orders (status, placed_at, id);
create index orders_to_forget on orders (id) where forget;

-- No foreign key: lines are inserted by the statement that inserts their order, orders are never deleted, and the check
-- would cost each of up to 2,000 lines a look-up.
create table order_lines (
    order_id         uuid not null,
    no               integer not null,
    sku              text not null,
    quantity         bigint not null check (quantity > 0),
    name             text not null,
    unit_price_minor bigint not null check (unit_price_minor >= 0),
    total_minor      bigint not null check (total_minor = quantity * unit_price_minor),
    discount_minor   bigint not null,
    tax_minor        bigint not null,
    weight_g         bigint not null,
    tax_class        text not null,
    sent             bigint not null default 0 check (sent >= 0),
    refunded         bigint not null default 0 check (refunded between 0 and quantity),
    withdrawn        bigint not null default 0 check (withdrawn >= 0),
    primary key (order_id, no),
    check (sent + withdrawn <= quantity)
);

create table fulfilments (
    id        uuid primary key,
    order_id  uuid not null references orders,
    lines     jsonb not null,
    carrier   text,
    tracking  text,
    actor     uuid not null,
    sent_at   timestamptz not null
);
create index fulfilments_of_order on fulfilments (order_id, sent_at);

-- What was decided to be given back, and when payments had done it. `digest` is null for what no request asked for.
create table refunds (
    id           uuid primary key,
    order_id     uuid not null references orders,
    digest       bytea,
    amount_minor bigint not null check (amount_minor >= 0),
    reason       text not null,
    lines        jsonb not null,
    actor        uuid,
    decided_at   timestamptz not null,
    done_at      timestamptz
);
create index refunds_of_order on refunds (order_id, decided_at);
