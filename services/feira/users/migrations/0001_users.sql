-- Accounts. An erased one keeps its id, so that what others remember of it leads nowhere instead of to somebody else.
create table users (
    id                uuid primary key,
    email             text collate "C",
    name              text not null,
    phone             text,
    locale            text not null,
    role              text not null default 'customer' check (role in ('customer', 'staff', 'admin')),
    password_hash     text,
    email_verified_at timestamptz,
    disabled_at       timestamptz,
    erased_at         timestamptz,
    created_at        timestamptz not null,
    version           bigint not null default 0, -- Counts the events told of this account.
    check ((email is null) = (erased_at is not null))
);
create unique index users_email on users (email);
create index users_role on users (role, id);

-- A session is a family of refresh tokens of which only the last works. Secrets are stored as SHA-256.
create table sessions (
    id           uuid primary key,
    user_id      uuid not null references users,
    handle_hash  bytea not null unique,
    secret_hash  bytea not null,
    created_at   timestamptz not null,
    used_at      timestamptz not null,
    expires_at   timestamptz not null,
    revoked_at   timestamptz,
    address      text not null,
    agent        text not null
);
create index sessions_user on sessions (user_id, created_at);
create index sessions_expiry on sessions (expires_at);

-- One-time links in mails: to verify an address, to set a new password.
create table links (
    hash       bytea primary key,
    user_id    uuid not null references users,
    purpose    text not null check (purpose in ('verify', 'reset')),
    expires_at timestamptz not null
);
create index links_user on links (user_id, purpose);
create index links_expiry on links (expires_at);

-- What somebody at this address asked to be written about. It is decided later whether the address has an account, so
-- that the asker is answered by the same work in the same time if it has none. `user_id` is set if the asking made the
-- account.
create table letters (
    id      uuid primary key,
    email   text collate "C" not null,
    kind    text not null check (kind in ('registered', 'reset')),
    user_id uuid,
    at      timestamptz not null,
    tries   int not null default 0,
    due_at  timestamptz not null
);
create index letters_due on letters (due_at, id);
create index letters_email on letters (email);

create table addresses (
    id          uuid primary key,
    user_id     uuid not null references users,
    name        text not null,
    line1       text not null,
    line2       text,
    city        text not null,
    region      text,
    postal_code text not null,
    country     text not null check (country ~ '^[A-Z]{2}$'),
    phone       text
);
create index addresses_user on addresses (user_id, id);

-- When somebody tried what may be tried only so often. Unlogged: after a crash everybody starts anew, which is better
-- than a disk write for every guess.
create unlogged table attempts (
    key        bytea primary key,
    times      timestamptz[] not null,
    expires_at timestamptz not null
);
create index attempts_expiry on attempts (expires_at);

-- Keys that access tokens are signed with. `sealed` is the private half, which only the shop's master secret opens.
create table signing_keys (
    kid        text primary key,
    public     bytea not null,
    sealed     bytea not null,
    signs_from timestamptz not null
);

-- What staff did, in all services. Nobody can change it, nor we by mistake. An act without an actor was done on the
-- machine itself, by the command line.
create table journal (
    id     uuid primary key,
    at     timestamptz not null,
    actor  uuid,
    action text collate "C" not null,
    target text collate "C" not null,
    detail jsonb not null
);
create index journal_time on journal (at, id);
create index journal_actor on journal (actor, at, id);
create index journal_action on journal (action, at, id);
create index journal_target on journal (target, at, id);

create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'the journal is only ever added to';
end $$;
create trigger journal_is_kept before update or delete on journal for each row execute function refuse_change();
create trigger journal_is_not_emptied before truncate on journal for each statement execute function refuse_change();
