-- Nearly every row is written twice, and soon: half of each page is kept for the second time, so that no index hears of it.
alter table payments set (fillfactor = 50);
alter table test_gateway_charge set (fillfactor = 50);
