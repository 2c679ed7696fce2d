-- A cart grows with each line: there is room for its next two versions beside it.
alter table carts set (fillfactor = 30);
