-- Lists of traders, copies and transfers are paged in the order of an index: unknown figures last,
-- and what belongs to one trader or bridge within what belongs to one owner.

-- migrate:up
DROP INDEX trading.traders_total_pnl_usd_id_idx;
CREATE INDEX traders_total_pnl_usd_id_idx
    ON trading.traders (total_pnl_usd DESC NULLS LAST, id DESC);
DROP INDEX trading.copy_trades_user_id_executed_at_id_idx;
CREATE INDEX copy_trades_user_id_executed_at_id_idx
    ON trading.copy_trades (user_id, executed_at DESC NULLS LAST, id DESC);
CREATE INDEX copy_trades_user_id_trader_id_executed_at_id_idx
    ON trading.copy_trades (user_id, trader_id, executed_at DESC NULLS LAST, id DESC);
CREATE INDEX bridge_transactions_user_id_bridge_id_initiated_at_id_idx
    ON trading.bridge_transactions (user_id, bridge_id, initiated_at DESC, id DESC);

-- migrate:down
DROP INDEX trading.bridge_transactions_user_id_bridge_id_initiated_at_id_idx;
DROP INDEX trading.copy_trades_user_id_trader_id_executed_at_id_idx;
DROP INDEX trading.copy_trades_user_id_executed_at_id_idx;
CREATE INDEX copy_trades_user_id_executed_at_id_idx
    ON trading.copy_trades (user_id, executed_at DESC, id DESC);
DROP INDEX trading.traders_total_pnl_usd_id_idx;
CREATE INDEX traders_total_pnl_usd_id_idx ON trading.traders (total_pnl_usd DESC NULLS LAST, id DESC)
    WHERE is_active;
