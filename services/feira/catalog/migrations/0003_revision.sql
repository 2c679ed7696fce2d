-- Rises whenever what is sold under the sku changes: its price, name, weight, or that it is sold at all. Who remembers a
-- good by its revision need not read it again to sell it.
alter table stock add column revision bigint not null default 0;

-- The journal is read by sku; nobody asks for a line by its number.
alter table journal drop constraint journal_pkey;
