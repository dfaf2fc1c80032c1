-- What the job that scores wallets keeps, so that it does no work twice: what each wallet was scored from, when its
-- score changes by the passing of time alone, and what it still holds of what it bought.

-- migrate:up
ALTER TABLE catalog.wallets
    ADD COLUMN unrealized_pnl_usd numeric(38,8),
    ADD COLUMN trade_volume_usd numeric(38,8) CHECK (trade_volume_usd >= 0);
COMMENT ON COLUMN catalog.wallets.unrealized_pnl_usd IS
    'Worth of what is left of its purchases less what that cost, in US dollars; null when a part of it has no price.';
COMMENT ON COLUMN catalog.wallets.trade_volume_usd IS
    'Sum of its priced trades, in US dollars; null before it is computed.';
COMMENT ON COLUMN catalog.wallets.smart_money_score IS
    'How well the wallet traded in the 90 days before the newest trade of all, 0 to 1; 0 when it closed no trade, null before it is computed.';

CREATE TABLE catalog.wallet_scorings (
    wallet_id uuid PRIMARY KEY REFERENCES catalog.wallets (id) ON DELETE CASCADE,
    row_count bigint NOT NULL CHECK (row_count >= 0),
    arrivals numeric(38,0) NOT NULL,
    fades_at timestamptz,
    scored_at timestamptz NOT NULL
);
COMMENT ON TABLE catalog.wallet_scorings IS
    'What the figures of each wallet were computed from. Written and read by the job that scores wallets alone.';
COMMENT ON COLUMN catalog.wallet_scorings.wallet_id IS 'The wallet.';
COMMENT ON COLUMN catalog.wallet_scorings.row_count IS 'Rows of its history that were read.';
COMMENT ON COLUMN catalog.wallet_scorings.arrivals IS
    'Sum of their times of arrival in milliseconds: with row_count it tells whether there is anything new.';
COMMENT ON COLUMN catalog.wallet_scorings.fades_at IS
    'When the oldest closed trade that the score counts leaves its 90 days (UTC); null when it counts none.';
COMMENT ON COLUMN catalog.wallet_scorings.scored_at IS 'When it was scored (UTC).';
CREATE INDEX wallet_scorings_fades_at_wallet_id_idx ON catalog.wallet_scorings (fades_at, wallet_id)
    WHERE fades_at IS NOT NULL;

CREATE TABLE catalog.wallet_lots (
    wallet_id uuid NOT NULL REFERENCES catalog.wallets (id) ON DELETE CASCADE,
    asset_id uuid NOT NULL REFERENCES catalog.assets (id),
    amount numeric(76,18) NOT NULL CHECK (amount >= 0),
    cost_usd numeric(38,8) NOT NULL CHECK (cost_usd >= 0),
    PRIMARY KEY (wallet_id, asset_id)
);
COMMENT ON TABLE catalog.wallet_lots IS
    'What wallets bought in trades and, first in first out, have not sold yet; only what has a known cost. Public.';
COMMENT ON COLUMN catalog.wallet_lots.wallet_id IS 'The wallet.';
COMMENT ON COLUMN catalog.wallet_lots.asset_id IS 'The asset.';
COMMENT ON COLUMN catalog.wallet_lots.amount IS 'Amount left, whole units.';
COMMENT ON COLUMN catalog.wallet_lots.cost_usd IS 'What that amount cost, in US dollars.';
CREATE INDEX wallet_lots_asset_id_idx ON catalog.wallet_lots (asset_id);
CREATE INDEX wallet_lots_wallet_id_cost_usd_asset_id_idx
    ON catalog.wallet_lots (wallet_id, cost_usd DESC, asset_id DESC);
GRANT SELECT ON catalog.wallet_lots TO gateway;

-- migrate:down
DROP TABLE catalog.wallet_lots;
DROP TABLE catalog.wallet_scorings;
COMMENT ON COLUMN catalog.wallets.smart_money_score IS
    'How well the wallet trades, 0 to 1, over the last 90 days; null when it closed no trade.';
ALTER TABLE catalog.wallets DROP COLUMN trade_volume_usd, DROP COLUMN unrealized_pnl_usd;
