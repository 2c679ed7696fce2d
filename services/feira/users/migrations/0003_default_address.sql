-- The address that a customer's checkout begins with: one at the most.
alter table addresses add column is_default boolean not null default false;
update addresses set is_default = true where id in (select distinct on (user_id) id from addresses order by user_id, id);
create unique index addresses_default on addresses (user_id) where is_default;
