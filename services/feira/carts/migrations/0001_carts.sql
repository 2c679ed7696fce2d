-- A cart is locked whole before a line of it is written: `version` rises with every change.

create table carts (
    id          text primary key,         -- At least 128 random bits: for a guest, all that opens it.
    user_id     uuid,                     -- Whose it is; a guest's belongs to whoever has its id.
    version     integer     not null default 0,
    order_id    uuid,                     -- The order that it became.
    merged_into text,                     -- Where its lines went when its guest signed in.
    recent      uuid[]      not null default '{}',  -- The last additions, so that none is made twice.
    created_at  timestamptz not null default now(),
    touched_at  timestamptz not null default now()
);

create index carts_user on carts (user_id, created_at) where user_id is not null;
create index carts_order on carts (order_id) where order_id is not null;
create index carts_touched on carts (touched_at);

create table cart_lines (
    id       uuid primary key,            -- By time: lines are shown in the order in which they came.
    cart_id  text    not null references carts on delete cascade,
    sku      text    not null,
    quantity integer not null check (quantity > 0),
    unique (cart_id, sku)
);
