-- What staff search in: names and skus without the descriptions, in which there is nearly every word there is.
create index searches_by_name on searches using gin (ts_filter(document, '{a}'));
