-- How scarce a sku is, in steps: an index of the numbers themselves would have to be written with each order, this one only
-- when a step is taken. The steps are those of domain.SCARCE_BELOW.
alter table stock add column scarcity smallint generated always as (
    case when on_hand - held < 1 then 0
         when on_hand - held < 5 then 1
         when on_hand - held < 10 then 2
         when on_hand - held < 20 then 3
         when on_hand - held < 50 then 4
         when on_hand - held < 100 then 5 end) stored;
create index stock_by_scarcity on stock (scarcity, sku) where scarcity is not null;
