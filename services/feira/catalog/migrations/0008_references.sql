-- Descriptions are only ever written with their product, and all stock lies in the one place there is: to have both looked up
-- again for each row of an import finds nothing, and takes its time.
alter table descriptions drop constraint descriptions_product_id_fkey;
alter table stock drop constraint stock_location_id_fkey;
