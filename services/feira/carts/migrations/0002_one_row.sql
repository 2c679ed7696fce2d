-- A cart and its lines are one row: read, changed and written by one statement each, and most often without an index
-- hearing of it. It is written only over the `version` that was read.

alter table carts
    add column lines      json not null default '[]',         -- [id, sku, quantity] of each, in the order in which they came.
    add column touched_on date not null default current_date; -- By the day, so that its index is not written at each change.

update carts set
    touched_on = touched_at::date,
    lines = coalesce(
        (select json_agg(json_build_array(id, sku, quantity) order by id) from cart_lines where cart_id = carts.id), '[]');

drop table cart_lines;
alter table carts drop column touched_at;
create index carts_touched on carts (touched_on);
-- Orders name their cart.
drop index carts_order;
alter table carts set (fillfactor = 50);
