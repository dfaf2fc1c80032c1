-- What the job that scores wallets reads and writes, as worker.

-- name: watermark :one
-- Up to when arrivals were looked at; nothing before the first run.
SELECT (value ->> 'arrived_before')::timestamptz AS arrived_before FROM ops.system_config
WHERE key = 'jobs.score_wallets';

-- name: advance :exec
INSERT INTO ops.system_config (key, value, description, updated_by)
VALUES (
    'jobs.score_wallets', jsonb_build_object('arrived_before', :arrived_before::timestamptz),
    'Up to when the job score_wallets has looked at arrived transactions; written by the job.', 'score_wallets'
)
ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_by = excluded.updated_by;

-- name: fading :many
-- Wallets after one whose score rests on trades that leave the window as days pass.
-- index: wallets_smart_money_score_id_idx
SELECT id FROM catalog.wallets
WHERE smart_money_score > 0 AND indexed_at < :before::timestamptz AND id > :after::uuid
ORDER BY id LIMIT :count::bigint;

-- name: money :many
-- Which of some assets are stablecoins.
-- index: assets_pkey
SELECT id FROM catalog.assets WHERE id = ANY (:asset_ids::uuid[]) AND is_stablecoin;

-- name: write :exec
-- Figures of wallets, and of those of them that are traders. Wallets that have left the catalogue are passed over.
WITH given AS (
    SELECT * FROM jsonb_to_recordset(:rows::jsonb) AS i (
        id uuid, score numeric, pnl numeric, win_rate numeric, trades bigint, average numeric
    )
),
traders AS (
    UPDATE trading.traders AS t
    SET total_pnl_usd = g.pnl, win_rate = g.win_rate, total_trades = g.trades
    FROM given AS g
    WHERE t.wallet_id = g.id
        AND (t.total_pnl_usd, t.win_rate, t.total_trades) IS DISTINCT FROM (g.pnl, g.win_rate, g.trades)
)
UPDATE catalog.wallets AS w
SET smart_money_score = g.score, total_pnl_usd = g.pnl, win_rate = g.win_rate, total_trades = g.trades,
    avg_trade_size_usd = g.average, indexed_at = :now::timestamptz
FROM given AS g
WHERE w.id = g.id;

-- name: traders :many
-- Traders that trade from some wallets.
-- index: traders_wallet_id_key
SELECT wallet_id, id FROM trading.traders WHERE wallet_id = ANY (:wallet_ids::uuid[]);

-- name: top_traders :many
-- The best active traders; equal ones by id, as in the view of the board.
-- index: traders_total_pnl_usd_id_idx
SELECT id, total_pnl_usd FROM trading.traders
WHERE is_active AND total_pnl_usd IS NOT NULL ORDER BY total_pnl_usd DESC, id LIMIT :count::bigint;
