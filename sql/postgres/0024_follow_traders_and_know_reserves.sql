-- Who follows which trader and how far their trades are copied; what pools hold, so that swaps can
-- be quoted; and what an owner may write of routes and transfers.

-- migrate:up
CREATE TABLE trading.trader_follows (
    id uuid PRIMARY KEY DEFAULT ops.uuid_v7(),
    user_id uuid NOT NULL REFERENCES account.users (id) ON DELETE CASCADE,
    trader_id uuid NOT NULL REFERENCES trading.traders (id) ON DELETE CASCADE,
    is_copying boolean NOT NULL DEFAULT false,
    copy_share_pct numeric(18,6) CHECK (copy_share_pct > 0 AND copy_share_pct <= 100),
    max_trade_usd numeric(38,8) CHECK (max_trade_usd > 0),
    max_daily_usd numeric(38,8) CHECK (max_daily_usd > 0),
    max_slippage_pct numeric(18,6) NOT NULL DEFAULT 0.5
        CHECK (max_slippage_pct >= 0 AND max_slippage_pct <= 50),
    version bigint NOT NULL DEFAULT 1 CHECK (version > 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (user_id, trader_id),
    CONSTRAINT trader_follows_copying_needs_limits CHECK (
        NOT is_copying OR (copy_share_pct IS NOT NULL AND max_trade_usd IS NOT NULL)
    )
);
COMMENT ON TABLE trading.trader_follows IS
    'That a user follows a trader, and whether and how far the trades are copied. Private.';
COMMENT ON COLUMN trading.trader_follows.id IS 'Identifier of the follow.';
COMMENT ON COLUMN trading.trader_follows.user_id IS 'Who follows.';
COMMENT ON COLUMN trading.trader_follows.trader_id IS 'Who is followed.';
COMMENT ON COLUMN trading.trader_follows.is_copying IS
    'Whether new trades are copied; stopping leaves the limits as they are.';
COMMENT ON COLUMN trading.trader_follows.copy_share_pct IS
    'Size of a copy in percent of the trade copied, above 0 to 100.';
COMMENT ON COLUMN trading.trader_follows.max_trade_usd IS
    'Largest single copy, in US dollars; nothing is copied without it.';
COMMENT ON COLUMN trading.trader_follows.max_daily_usd IS
    'Copied in a day (UTC) at most, in US dollars; null without limit.';
COMMENT ON COLUMN trading.trader_follows.max_slippage_pct IS
    'How much worse than the original price a copy may be, in percent.';
COMMENT ON COLUMN trading.trader_follows.version IS
    'Goes up with every change, so that of two editors the later notices.';
COMMENT ON COLUMN trading.trader_follows.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN trading.trader_follows.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON trading.trader_follows
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CREATE INDEX trader_follows_user_id_created_at_id_idx
    ON trading.trader_follows (user_id, created_at DESC, id DESC);
CREATE INDEX trader_follows_trader_id_idx ON trading.trader_follows (trader_id);
CALL ops.protect('trading.trader_follows', 'user_id', '{select, insert, update, delete}');
GRANT SELECT, DELETE ON trading.trader_follows TO gateway;
GRANT INSERT (user_id, trader_id, is_copying, copy_share_pct, max_trade_usd, max_daily_usd, max_slippage_pct)
    ON trading.trader_follows TO gateway;
GRANT UPDATE (is_copying, copy_share_pct, max_trade_usd, max_daily_usd, max_slippage_pct, version)
    ON trading.trader_follows TO gateway;

-- The gateway may not write traders, so the count runs with the rights of its owner.
CREATE FUNCTION trading.count_followers() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog
AS $body$
BEGIN
    IF TG_OP = 'INSERT' THEN
        UPDATE trading.traders SET follower_count = follower_count + 1 WHERE id = NEW.trader_id;
    ELSE
        UPDATE trading.traders SET follower_count = greatest(follower_count - 1, 0)
        WHERE id = OLD.trader_id;
    END IF;
    RETURN NULL;
END
$body$;
COMMENT ON FUNCTION trading.count_followers() IS
    'Keeps trading.traders.follower_count in step with the rows of trading.trader_follows.';
CREATE TRIGGER count_followers AFTER INSERT OR DELETE ON trading.trader_follows
    FOR EACH ROW EXECUTE FUNCTION trading.count_followers();
COMMENT ON COLUMN trading.traders.follower_count IS 'Users who follow it.';

CREATE TABLE trading.pool_reserves (
    pool_id uuid PRIMARY KEY REFERENCES catalog.yield_pools (id) ON DELETE CASCADE,
    token0_id uuid NOT NULL REFERENCES catalog.assets (id),
    token1_id uuid NOT NULL REFERENCES catalog.assets (id),
    reserve0 numeric(76,18) NOT NULL CHECK (reserve0 > 0),
    reserve1 numeric(76,18) NOT NULL CHECK (reserve1 > 0),
    fee_bps integer NOT NULL CHECK (fee_bps BETWEEN 0 AND 9999),
    block_number bigint CHECK (block_number >= 0),
    observed_at timestamptz NOT NULL,
    source text NOT NULL CHECK (source <> ''),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CHECK (token0_id <> token1_id)
);
COMMENT ON TABLE trading.pool_reserves IS
    'What a pool of two assets holds, as last read from its chain; swaps are quoted from it.';
COMMENT ON COLUMN trading.pool_reserves.pool_id IS 'The pool.';
COMMENT ON COLUMN trading.pool_reserves.token0_id IS 'Its first asset.';
COMMENT ON COLUMN trading.pool_reserves.token1_id IS 'Its second asset.';
COMMENT ON COLUMN trading.pool_reserves.reserve0 IS 'Held of the first asset, in whole units.';
COMMENT ON COLUMN trading.pool_reserves.reserve1 IS 'Held of the second asset, in whole units.';
COMMENT ON COLUMN trading.pool_reserves.fee_bps IS 'Fee of a swap, in hundredths of a percent.';
COMMENT ON COLUMN trading.pool_reserves.block_number IS 'Block in which it held that much.';
COMMENT ON COLUMN trading.pool_reserves.observed_at IS 'When it held that much (UTC).';
COMMENT ON COLUMN trading.pool_reserves.source IS 'Who read it.';
COMMENT ON COLUMN trading.pool_reserves.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN trading.pool_reserves.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON trading.pool_reserves
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CREATE INDEX pool_reserves_token0_id_idx ON trading.pool_reserves (token0_id);
CREATE INDEX pool_reserves_token1_id_idx ON trading.pool_reserves (token1_id);
GRANT SELECT ON trading.pool_reserves TO gateway;

-- A route's owner may say that it was used, and with which transaction.
ALTER TABLE trading.trade_routes
    ADD COLUMN is_estimate boolean NOT NULL DEFAULT false,
    ADD CONSTRAINT trade_routes_executed_says_how
        CHECK (NOT is_executed OR (tx_hash IS NOT NULL AND executed_at IS NOT NULL));
COMMENT ON COLUMN trading.trade_routes.is_estimate IS
    'Whether reserves of a pool on the way were estimated from its value, not read.';
CALL ops.protect('trading.trade_routes', 'user_id', '{update}');
GRANT UPDATE (is_executed, tx_hash, executed_at) ON trading.trade_routes TO gateway;

-- A transfer is told of by its owner and followed by a job. The hash is unique for each owner, so
-- that nobody learns from a refusal what others follow, nor keeps them from following their own.
ALTER TABLE trading.bridge_transactions
    DROP CONSTRAINT bridge_transactions_source_chain_id_source_tx_hash_log_inde_key,
    ADD CONSTRAINT bridge_transactions_user_id_source_key
        UNIQUE (user_id, source_chain_id, source_tx_hash, log_index);
CREATE INDEX bridge_transactions_source_idx
    ON trading.bridge_transactions (source_chain_id, source_tx_hash, log_index);
CALL ops.protect('trading.bridge_transactions', 'user_id', '{insert}');
GRANT INSERT (user_id, bridge_id, source_chain_id, destination_chain_id, asset_id, amount, source_tx_hash)
    ON trading.bridge_transactions TO gateway;

-- migrate:down
REVOKE INSERT (user_id, bridge_id, source_chain_id, destination_chain_id, asset_id, amount, source_tx_hash)
    ON trading.bridge_transactions FROM gateway;
DROP POLICY owner_insert ON trading.bridge_transactions;
DROP INDEX trading.bridge_transactions_source_idx;
ALTER TABLE trading.bridge_transactions
    DROP CONSTRAINT bridge_transactions_user_id_source_key,
    ADD UNIQUE (source_chain_id, source_tx_hash, log_index);
REVOKE UPDATE (is_executed, tx_hash, executed_at) ON trading.trade_routes FROM gateway;
DROP POLICY owner_update ON trading.trade_routes;
ALTER TABLE trading.trade_routes
    DROP CONSTRAINT trade_routes_executed_says_how,
    DROP COLUMN is_estimate;
DROP TABLE trading.pool_reserves;
COMMENT ON COLUMN trading.traders.follower_count IS 'Users who copy it.';
DROP TABLE trading.trader_follows;
DROP FUNCTION trading.count_followers();
