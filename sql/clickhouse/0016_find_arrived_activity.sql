-- The job that scores wallets asks every few minutes what has arrived since it last looked. Granules
-- without arrivals are left out by their least and greatest time of arrival.

-- migrate:up transaction:false

ALTER TABLE wallet_transactions ADD INDEX IF NOT EXISTS ingested_at_idx ingested_at TYPE minmax GRANULARITY 1;

ALTER TABLE wallet_transactions MATERIALIZE INDEX ingested_at_idx;

-- migrate:down transaction:false

ALTER TABLE wallet_transactions DROP INDEX IF EXISTS ingested_at_idx;
