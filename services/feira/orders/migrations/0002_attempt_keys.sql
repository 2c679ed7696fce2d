-- An attempt is found by what its idempotency key stands for; the order that it may come to has an id of its own, which
-- sorts by time, so that the indexes of all that grows with the orders grow at one end.
alter table attempts add column key uuid;
update attempts set key = order_id;
alter table attempts alter column key set not null;
alter table attempts drop constraint attempts_pkey;
alter table attempts add primary key (key);
create unique index attempts_of_order on attempts (order_id);
