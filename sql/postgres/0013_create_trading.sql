-- Execution: quotes kept for their owner, transfers over bridges, traders worth following and
-- trades copied from them. Quotes live in Redis for the minutes they are valid; a row here is one
-- a user kept or executed. Series (DEX trades, predictions, MEV, trader performance) are in
-- ClickHouse.

-- migrate:up
CREATE TYPE trading.bridge_status AS ENUM (
    'pending', 'confirmed', 'completed', 'failed', 'refunded'
);
COMMENT ON TYPE trading.bridge_status IS
    'Where a bridge transfer stands; confirmed means seen on the source chain, completed means '
    'arrived.';

CREATE TYPE trading.copy_status AS ENUM ('pending', 'executed', 'skipped', 'failed');
COMMENT ON TYPE trading.copy_status IS 'What became of a copied trade.';

CREATE TABLE trading.trade_routes (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid REFERENCES account.users (id) ON DELETE CASCADE,
    chain_id bigint NOT NULL REFERENCES catalog.chains (id),
    token_in_address text NOT NULL
        CHECK (length(token_in_address) BETWEEN 1 AND 128
            AND (token_in_address = lower(token_in_address) OR token_in_address NOT ILIKE '0x%')),
    token_out_address text NOT NULL
        CHECK (length(token_out_address) BETWEEN 1 AND 128
            AND (token_out_address = lower(token_out_address) OR token_out_address NOT ILIKE '0x%')),
    token_in_id uuid REFERENCES catalog.assets (id),
    token_out_id uuid REFERENCES catalog.assets (id),
    amount_in numeric(76,18) NOT NULL CHECK (amount_in >= 0),
    amount_out numeric(76,18) NOT NULL CHECK (amount_out >= 0),
    route_path jsonb NOT NULL DEFAULT '[]',
    dex_count integer NOT NULL DEFAULT 1 CHECK (dex_count > 0),
    hop_count integer NOT NULL DEFAULT 1 CHECK (hop_count > 0),
    price_impact_pct numeric(18,6),
    slippage_tolerance_pct numeric(18,6) NOT NULL DEFAULT 0.5,
    gas_estimate bigint CHECK (gas_estimate >= 0),
    gas_cost_usd numeric(38,8) CHECK (gas_cost_usd >= 0),
    protocol_fees_usd numeric(38,8) CHECK (protocol_fees_usd >= 0),
    total_cost_usd numeric(38,8) CHECK (total_cost_usd >= 0),
    is_executed boolean NOT NULL DEFAULT false,
    tx_hash text
        CHECK (length(tx_hash) BETWEEN 1 AND 128
            AND (tx_hash = lower(tx_hash) OR tx_hash NOT ILIKE '0x%')),
    executed_at timestamptz,
    expires_at timestamptz NOT NULL DEFAULT now() + interval '5 minutes',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE trading.trade_routes IS
    'A way to swap one asset for another over one or more exchanges, as quoted to a user.';
COMMENT ON COLUMN trading.trade_routes.id IS 'Identifier of the route.';
COMMENT ON COLUMN trading.trade_routes.user_id IS
    'Who asked; null for quotes nobody signed in for, which only jobs see.';
COMMENT ON COLUMN trading.trade_routes.chain_id IS 'The chain.';
COMMENT ON COLUMN trading.trade_routes.token_in_address IS 'The token given up.';
COMMENT ON COLUMN trading.trade_routes.token_out_address IS 'The token received.';
COMMENT ON COLUMN trading.trade_routes.token_in_id IS 'The asset given up, when in the catalogue.';
COMMENT ON COLUMN trading.trade_routes.token_out_id IS 'The asset received, when in the catalogue.';
COMMENT ON COLUMN trading.trade_routes.amount_in IS 'How much is given up, in whole units.';
COMMENT ON COLUMN trading.trade_routes.amount_out IS 'How much is received, in whole units.';
COMMENT ON COLUMN trading.trade_routes.route_path IS
    'Steps: exchange, pool and share of the amount in percent.';
COMMENT ON COLUMN trading.trade_routes.dex_count IS 'Exchanges used.';
COMMENT ON COLUMN trading.trade_routes.hop_count IS 'Swaps in a row.';
COMMENT ON COLUMN trading.trade_routes.price_impact_pct IS
    'How much the swap moves the price against itself, in percent.';
COMMENT ON COLUMN trading.trade_routes.slippage_tolerance_pct IS
    'How much worse than quoted it may end, in percent.';
COMMENT ON COLUMN trading.trade_routes.gas_estimate IS 'Expected gas units.';
COMMENT ON COLUMN trading.trade_routes.gas_cost_usd IS 'Expected network fee, in US dollars.';
COMMENT ON COLUMN trading.trade_routes.protocol_fees_usd IS 'Fees of the exchanges, in US dollars.';
COMMENT ON COLUMN trading.trade_routes.total_cost_usd IS
    'Fees and price impact together, in US dollars.';
COMMENT ON COLUMN trading.trade_routes.is_executed IS 'Whether it was used.';
COMMENT ON COLUMN trading.trade_routes.tx_hash IS 'Transaction that used it.';
COMMENT ON COLUMN trading.trade_routes.executed_at IS 'When it was used (UTC).';
COMMENT ON COLUMN trading.trade_routes.expires_at IS 'Until when the quote holds (UTC).';
COMMENT ON COLUMN trading.trade_routes.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN trading.trade_routes.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON trading.trade_routes
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CREATE INDEX trade_routes_user_id_created_at_id_idx
    ON trading.trade_routes (user_id, created_at DESC, id DESC)
    WHERE user_id IS NOT NULL;
CREATE INDEX trade_routes_pair_idx
    ON trading.trade_routes (chain_id, token_in_address, token_out_address, created_at DESC);
CREATE INDEX trade_routes_expires_at_idx ON trading.trade_routes (expires_at)
    WHERE NOT is_executed;
CREATE INDEX trade_routes_token_in_id_idx ON trading.trade_routes (token_in_id)
    WHERE token_in_id IS NOT NULL;
CREATE INDEX trade_routes_token_out_id_idx ON trading.trade_routes (token_out_id)
    WHERE token_out_id IS NOT NULL;
CALL ops.protect('trading.trade_routes', 'user_id', '{select, insert, delete}');
GRANT SELECT, INSERT, DELETE ON trading.trade_routes TO gateway;

CREATE TABLE trading.bridge_transactions (
    id uuid PRIMARY KEY DEFAULT ops.uuid_v7(),
    user_id uuid NOT NULL REFERENCES account.users (id),
    bridge_id uuid NOT NULL REFERENCES catalog.bridges (id),
    source_chain_id bigint NOT NULL REFERENCES catalog.chains (id),
    destination_chain_id bigint NOT NULL REFERENCES catalog.chains (id),
    asset_id uuid REFERENCES catalog.assets (id),
    amount numeric(76,18) NOT NULL CHECK (amount >= 0),
    fee_amount numeric(76,18) CHECK (fee_amount >= 0),
    fee_usd numeric(38,8) CHECK (fee_usd >= 0),
    source_tx_hash text
        CHECK (length(source_tx_hash) BETWEEN 1 AND 128
            AND (source_tx_hash = lower(source_tx_hash) OR source_tx_hash NOT ILIKE '0x%')),
    log_index integer NOT NULL DEFAULT -1 CHECK (log_index >= -1),
    destination_tx_hash text
        CHECK (length(destination_tx_hash) BETWEEN 1 AND 128
            AND (destination_tx_hash = lower(destination_tx_hash) OR destination_tx_hash NOT ILIKE '0x%')),
    status trading.bridge_status NOT NULL DEFAULT 'pending',
    initiated_at timestamptz NOT NULL DEFAULT now(),
    completed_at timestamptz,
    metadata jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (source_chain_id, source_tx_hash, log_index)
);
COMMENT ON TABLE trading.bridge_transactions IS 'A transfer from one chain to another.';
COMMENT ON COLUMN trading.bridge_transactions.id IS 'Identifier of the transfer.';
COMMENT ON COLUMN trading.bridge_transactions.user_id IS 'Who transfers.';
COMMENT ON COLUMN trading.bridge_transactions.bridge_id IS 'The bridge.';
COMMENT ON COLUMN trading.bridge_transactions.source_chain_id IS 'The chain it leaves.';
COMMENT ON COLUMN trading.bridge_transactions.destination_chain_id IS 'The chain it goes to.';
COMMENT ON COLUMN trading.bridge_transactions.asset_id IS 'The asset, on the source chain.';
COMMENT ON COLUMN trading.bridge_transactions.amount IS 'How much leaves, in whole units.';
COMMENT ON COLUMN trading.bridge_transactions.fee_amount IS 'Fee of the bridge, in whole units.';
COMMENT ON COLUMN trading.bridge_transactions.fee_usd IS 'Fee of the bridge, in US dollars.';
COMMENT ON COLUMN trading.bridge_transactions.source_tx_hash IS
    'Transaction on the source chain; null until sent.';
COMMENT ON COLUMN trading.bridge_transactions.log_index IS
    'Position of the event in its block; -1 for the transaction itself.';
COMMENT ON COLUMN trading.bridge_transactions.destination_tx_hash IS
    'Transaction on the destination chain; null until arrived.';
COMMENT ON COLUMN trading.bridge_transactions.status IS 'Where it stands.';
COMMENT ON COLUMN trading.bridge_transactions.initiated_at IS 'When it was started (UTC).';
COMMENT ON COLUMN trading.bridge_transactions.completed_at IS 'When it arrived (UTC).';
COMMENT ON COLUMN trading.bridge_transactions.metadata IS 'Further facts.';
COMMENT ON COLUMN trading.bridge_transactions.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN trading.bridge_transactions.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON trading.bridge_transactions
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CREATE INDEX bridge_transactions_user_id_initiated_at_id_idx
    ON trading.bridge_transactions (user_id, initiated_at DESC, id DESC);
CREATE INDEX bridge_transactions_status_initiated_at_idx
    ON trading.bridge_transactions (status, initiated_at)
    WHERE status IN ('pending', 'confirmed');
CREATE INDEX bridge_transactions_bridge_id_idx ON trading.bridge_transactions (bridge_id);
CREATE INDEX bridge_transactions_destination_chain_id_idx
    ON trading.bridge_transactions (destination_chain_id);
CREATE INDEX bridge_transactions_asset_id_idx ON trading.bridge_transactions (asset_id)
    WHERE asset_id IS NOT NULL;
CALL ops.protect('trading.bridge_transactions', 'user_id', '{select}');
GRANT SELECT ON trading.bridge_transactions TO gateway;

CREATE TABLE trading.traders (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    wallet_id uuid NOT NULL UNIQUE REFERENCES catalog.wallets (id),
    display_name text,
    total_pnl_usd numeric(38,8),
    win_rate numeric(5,4) CHECK (win_rate BETWEEN 0 AND 1),
    follower_count bigint NOT NULL DEFAULT 0 CHECK (follower_count >= 0),
    total_trades bigint NOT NULL DEFAULT 0 CHECK (total_trades >= 0),
    max_drawdown numeric(5,4) CHECK (max_drawdown BETWEEN 0 AND 1),
    sharpe_ratio numeric(18,6),
    is_active boolean NOT NULL DEFAULT true,
    metadata jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE trading.traders IS
    'A wallet whose trades others may copy, with its record. Public.';
COMMENT ON COLUMN trading.traders.id IS 'Identifier of the trader.';
COMMENT ON COLUMN trading.traders.wallet_id IS 'The wallet it trades from.';
COMMENT ON COLUMN trading.traders.display_name IS 'Name to show.';
COMMENT ON COLUMN trading.traders.total_pnl_usd IS
    'Profit or loss of all closed trades, in US dollars; null when none could be priced.';
COMMENT ON COLUMN trading.traders.win_rate IS
    'Share of closed trades with a profit, 0 to 1; null without closed trades.';
COMMENT ON COLUMN trading.traders.follower_count IS 'Users who copy it.';
COMMENT ON COLUMN trading.traders.total_trades IS 'Trades seen so far.';
COMMENT ON COLUMN trading.traders.max_drawdown IS
    'Largest loss from a peak, as a share of it, 0 to 1.';
COMMENT ON COLUMN trading.traders.sharpe_ratio IS
    'Yearly excess return over its standard deviation.';
COMMENT ON COLUMN trading.traders.is_active IS 'Whether it may be copied.';
COMMENT ON COLUMN trading.traders.metadata IS 'Further facts.';
COMMENT ON COLUMN trading.traders.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN trading.traders.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON trading.traders
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CREATE INDEX traders_total_pnl_usd_id_idx ON trading.traders (total_pnl_usd DESC NULLS LAST, id DESC)
    WHERE is_active;
CREATE INDEX traders_follower_count_id_idx ON trading.traders (follower_count DESC, id DESC)
    WHERE is_active;
GRANT SELECT ON trading.traders TO gateway;

CREATE TABLE trading.copy_trades (
    id uuid PRIMARY KEY DEFAULT ops.uuid_v7(),
    user_id uuid NOT NULL REFERENCES account.users (id),
    trader_id uuid NOT NULL REFERENCES trading.traders (id),
    chain_id bigint NOT NULL REFERENCES catalog.chains (id),
    source_tx_hash text NOT NULL
        CHECK (length(source_tx_hash) BETWEEN 1 AND 128
            AND (source_tx_hash = lower(source_tx_hash) OR source_tx_hash NOT ILIKE '0x%')),
    executed_tx_hash text
        CHECK (length(executed_tx_hash) BETWEEN 1 AND 128
            AND (executed_tx_hash = lower(executed_tx_hash) OR executed_tx_hash NOT ILIKE '0x%')),
    asset_in_id uuid REFERENCES catalog.assets (id),
    asset_out_id uuid REFERENCES catalog.assets (id),
    amount_in numeric(76,18) CHECK (amount_in >= 0),
    amount_out numeric(76,18) CHECK (amount_out >= 0),
    slippage_pct numeric(18,6),
    status trading.copy_status NOT NULL DEFAULT 'pending',
    pnl_usd numeric(38,8),
    executed_at timestamptz,
    metadata jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (user_id, chain_id, source_tx_hash)
);
COMMENT ON TABLE trading.copy_trades IS 'A trade made because a trader made it.';
COMMENT ON COLUMN trading.copy_trades.id IS 'Identifier of the copy.';
COMMENT ON COLUMN trading.copy_trades.user_id IS 'Who copied.';
COMMENT ON COLUMN trading.copy_trades.trader_id IS 'Who was copied.';
COMMENT ON COLUMN trading.copy_trades.chain_id IS 'The chain.';
COMMENT ON COLUMN trading.copy_trades.source_tx_hash IS 'The trade that was copied.';
COMMENT ON COLUMN trading.copy_trades.executed_tx_hash IS 'The copy; null until sent.';
COMMENT ON COLUMN trading.copy_trades.asset_in_id IS 'The asset given up.';
COMMENT ON COLUMN trading.copy_trades.asset_out_id IS 'The asset received.';
COMMENT ON COLUMN trading.copy_trades.amount_in IS 'How much was given up, in whole units.';
COMMENT ON COLUMN trading.copy_trades.amount_out IS 'How much was received, in whole units.';
COMMENT ON COLUMN trading.copy_trades.slippage_pct IS
    'How much worse than the original price it was, in percent.';
COMMENT ON COLUMN trading.copy_trades.status IS 'What became of it.';
COMMENT ON COLUMN trading.copy_trades.pnl_usd IS
    'Profit or loss, in US dollars; null until closed.';
COMMENT ON COLUMN trading.copy_trades.executed_at IS 'When it was made (UTC).';
COMMENT ON COLUMN trading.copy_trades.metadata IS 'Further facts, such as why it was skipped.';
COMMENT ON COLUMN trading.copy_trades.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN trading.copy_trades.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON trading.copy_trades
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CREATE INDEX copy_trades_user_id_executed_at_id_idx
    ON trading.copy_trades (user_id, executed_at DESC, id DESC);
CREATE INDEX copy_trades_trader_id_executed_at_id_idx
    ON trading.copy_trades (trader_id, executed_at DESC, id DESC);
CREATE INDEX copy_trades_chain_id_idx ON trading.copy_trades (chain_id);
CREATE INDEX copy_trades_asset_in_id_idx ON trading.copy_trades (asset_in_id)
    WHERE asset_in_id IS NOT NULL;
CREATE INDEX copy_trades_asset_out_id_idx ON trading.copy_trades (asset_out_id)
    WHERE asset_out_id IS NOT NULL;
CALL ops.protect('trading.copy_trades', 'user_id', '{select}');
GRANT SELECT ON trading.copy_trades TO gateway;

-- migrate:down
DROP TABLE trading.copy_trades;
DROP TABLE trading.traders;
DROP TABLE trading.bridge_transactions;
DROP TABLE trading.trade_routes;
DROP TYPE trading.copy_status;
DROP TYPE trading.bridge_status;
