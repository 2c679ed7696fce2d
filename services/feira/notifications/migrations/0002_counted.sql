-- What waits and what failed is counted and found by small indexes, so that no mail ever sent weighs on them.
create index mails_failed on mails (id) where state = 'failed';
drop index mails_state;

-- Mails have the ids of their events, which are made in the order of time: the oldest are found by them.
drop index mails_age;
