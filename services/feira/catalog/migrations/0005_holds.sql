-- A hold is released by its order and its own id together, so an index of the ids alone is one too many: each hold changes
-- once, and then all indexes get it a second time.
alter table holds drop constraint holds_id_key;
