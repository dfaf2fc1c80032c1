-- The activity of wallets is not archived after all: scores and profits are computed from all of it,
-- and a wallet's page goes back to its beginning.

-- migrate:up transaction:false

ALTER TABLE wallet_transactions MODIFY COMMENT 'Observed activity of wallets, complete and kept for good; Postgres holds the newest 90 days again';

-- migrate:down transaction:false

ALTER TABLE wallet_transactions MODIFY COMMENT 'Observed activity of wallets; Postgres holds the newest 90 days again. Months leave for Parquet files two years after they arrived';
