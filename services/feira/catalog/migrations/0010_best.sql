-- Whether a row tells of no product and no category, but of what sells best: every list would be made anew for it else.
alter table product_feed add column best boolean not null default false;
