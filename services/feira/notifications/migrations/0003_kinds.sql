-- The local inbox finds the mails of a kind, however rare it is among all those that confirm an order.
create index mails_kind on mails (kind, id) where kind <> 'order_confirmed';
