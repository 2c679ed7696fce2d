-- One mail per event, told by the event's id: it is written down with the event and sent later, at least once.
create table mails (
    id         uuid primary key,
    kind       text not null,
    recipient  text not null,
    locale     text not null,
    contents   jsonb not null,           -- What the template is filled with.
    secret     text,                     -- The token of a one-time link, forgotten once the mail is sent.
    order_id   uuid,
    user_id    uuid,
    state      text not null check (state in ('due', 'kept', 'sent', 'failed', 'forgotten')),
    tries      int not null default 0,
    due_at     timestamptz not null,
    created_at timestamptz not null,
    sent_at    timestamptz,
    error      text
);

-- Whatever tells of it, and however often: an order is confirmed to its buyer once.
create unique index mails_confirmation on mails (order_id) where kind = 'order_confirmed';
create index mails_due on mails (due_at, id) where state = 'due';
create index mails_state on mails (state);
create index mails_recipient on mails (recipient, id);
create index mails_order on mails (order_id, id);
create index mails_user on mails (user_id);
create index mails_age on mails (created_at);

-- Erased accounts: an event that was on its way when its customer left brings no mail.
create table erased (
    user_id uuid primary key,
    at      timestamptz not null default now()
);
