-- Where goods lie. One place is used for now; stock is counted per place from the start.
create table locations (
    id   smallint primary key,
    name text not null
);
insert into locations (id, name) values (1, 'Main');

-- A tree: `path` holds the slugs from the root ('fruit/tropical'), so that a branch is one range of its index.
create table categories (
    id        integer generated always as identity primary key,
    parent_id integer references categories,
    slug      text collate "C" not null,
    path      text collate "C" not null unique,
    name      text not null,
    names     jsonb not null default '{}'
);
create index categories_by_slug on categories (slug);
create index categories_by_parent on categories (parent_id);

create table products (
    id          uuid primary key,
    number      bigint generated always as identity unique,  -- The order of creation.
    slug        text collate "C" not null unique,
    name        text not null,
    names       jsonb not null default '{}',   -- Locale -> name, beside the default language.
    attributes  jsonb not null default '{}',
    images      jsonb not null default '[]',
    archived_at timestamptz,
    created_at  timestamptz not null default now(),
    changed_at  timestamptz not null default now()
);

-- Long texts lie apart: prices and lists are read without them. The default language has the locale ''.
create table descriptions (
    product_id uuid not null references products,
    locale     text not null,
    markdown   text not null,
    primary key (product_id, locale)
);

create table variants (
    sku                    text collate "C" primary key,
    product_id             uuid not null references products,
    position               integer not null,
    name                   text not null,
    options                jsonb not null default '[]',  -- Pairs, since the order of an object's members is not kept.
    price_minor            bigint not null check (price_minor >= 0),
    compare_at_price_minor bigint check (compare_at_price_minor >= 0),
    weight_g               integer not null check (weight_g >= 0),
    tax_class              text not null,
    archived               boolean not null default false
);
create index variants_by_product on variants (product_id, position);

-- Narrow, and with room on its pages, so that an update stays on its page and touches no index.
create table stock (
    sku         text collate "C" not null references variants,
    location_id smallint not null references locations,
    on_hand     bigint not null default 0,
    held        bigint not null default 0,
    primary key (sku, location_id),
    constraint stock_held_is_counted check (held >= 0),
    constraint stock_is_never_oversold check (on_hand >= held)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);

-- Every change of stock, for ever: the deltas of a sku sum up to its stock.
create table journal (
    id            bigint generated always as identity primary key,
    at            timestamptz not null default now(),
    sku           text collate "C" not null,
    location_id   smallint not null,
    kind          text not null,
    delta_on_hand bigint not null,
    delta_held    bigint not null,
    order_id      uuid,
    hold_id       uuid,
    refund_id     uuid,
    reason        text,
    actor         uuid
);
create index journal_by_sku on journal (sku, id);

-- What an order has set aside, one row an order. A revived hold gets a new `id`, so that a late release of the former one
-- finds nothing. `failed`: its sale found no stock. `cancelled`: the order fell, perhaps before its sale was heard.
-- `owed`: lines to put back as soon as the sale is heard, from a refund that overtook it.
create table holds (
    order_id   uuid primary key,
    id         uuid not null unique,
    digest     text not null,
    state      text not null check (state in ('held', 'sold', 'released', 'expired')),
    units      bigint not null,
    lines      jsonb not null,
    expires_at timestamptz not null,
    created_at timestamptz not null default now(),
    failed     boolean not null default false,
    cancelled  boolean not null default false,
    owed       jsonb not null default '[]'
);
create index holds_by_expiry on holds (expires_at) where state = 'held';
create index holds_lapsed on holds (expires_at) where state in ('released', 'expired');

-- The three tables below are derived from those above and always written with them, so they need no foreign keys.

-- What the shop's lists are read from: one narrow row a product, the sort keys indexed. `price_minor` is the least of its
-- variants'; `version` counts what was told of the product's stock.
create table listings (
    product_id             uuid primary key,
    number                 bigint not null,
    listed                 boolean not null,
    in_stock               boolean not null,
    price_minor            bigint not null,
    compare_at_price_minor bigint,
    category_ids           integer[] not null,
    version                bigint not null default 0
) with (fillfactor = 80);
create index listings_newest on listings (number) where listed;
create index listings_newest_in_stock on listings (number) where listed and in_stock;
create index listings_by_price on listings (price_minor, number) where listed;
create index listings_by_price_in_stock on listings (price_minor, number) where listed and in_stock;
create index listings_by_category on listings using gin (category_ids);

-- The names to sort by, folded to plain letters, in each of the shop's languages.
create table listing_names (
    product_id uuid not null,
    locale     text not null,
    number     bigint not null,
    name_key   text collate "C" not null,
    primary key (product_id, locale)
);
create index listing_names_in_order on listing_names (locale, name_key, number);

create table searches (
    product_id uuid primary key,
    document   tsvector not null
);
create index searches_by_word on searches using gin (document);
