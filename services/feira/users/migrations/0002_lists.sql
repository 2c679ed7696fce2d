-- The back office reads lists of people from their newest, past those who are gone, and the few who work here by themselves.
create index users_newest on users (id) where erased_at is null;
create index users_at_work on users (role, id) where role <> 'customer';
drop index users_role;
