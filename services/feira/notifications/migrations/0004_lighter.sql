-- A confirmation to a guest, which is what nearly every mail is, stands in three indexes: by id, by order, by recipient.
drop index mails_order;
create index mails_order on mails (order_id) where kind <> 'order_confirmed' and order_id is not null;
drop index mails_user;
create index mails_user on mails (user_id) where user_id is not null;

-- One address has few mails, which need no order among them here.
drop index mails_recipient;
create index mails_recipient on mails (recipient);
