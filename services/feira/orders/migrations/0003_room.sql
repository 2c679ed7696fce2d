-- Nearly every order and attempt is changed once, soon after it was written: with room on its page the change touches no
-- index.
alter table orders set (fillfactor = 50);
alter table attempts set (fillfactor = 50);
