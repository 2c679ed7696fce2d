-- What is kept for ever among the lapsed (holds of orders that fell) is not what is looked for: to find the few that can be
-- forgotten must not take longer with every order that ever fell.
create index holds_forgettable on holds (expires_at)
    where state in ('released', 'expired') and not failed and not cancelled and owed = '[]';
drop index holds_lapsed;

create index products_archived on products (number) where archived_at is not null;
