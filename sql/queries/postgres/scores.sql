-- What the jobs that score wallets read and write, as worker.

-- name: watermark :one
-- Up to which arrival everything was looked at, and the newest trade of all by then; nothing before the first run.
SELECT (value ->> 'arrived_before')::timestamptz AS arrived_before, (value ->> 'newest_trade')::timestamptz AS newest_trade
FROM ops.system_config
WHERE key = 'jobs.score_wallets';

-- name: advance :exec
INSERT INTO ops.system_config (key, value, description, updated_by)
VALUES (
    'jobs.score_wallets',
    jsonb_build_object('arrived_before', :arrived_before::timestamptz, 'newest_trade', :newest_trade::timestamptz),
    'Up to which arrival the job score_wallets has looked at transactions, and the newest trade by then; written by the job.',
    'score_wallets'
)
ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_by = excluded.updated_by;

-- name: fading :many
-- Wallets after one of whose trades some have left the 90 days of the score at a moment.
-- index: wallet_scorings_pkey
SELECT wallet_id FROM catalog.wallet_scorings
WHERE fades_at <= :as_of::timestamptz AND wallet_id > :after::uuid
ORDER BY wallet_id LIMIT :count::bigint;

-- name: scored :many
-- What some wallets were scored from last.
-- index: wallet_scorings_pkey
SELECT wallet_id, row_count, arrivals, fades_at FROM catalog.wallet_scorings WHERE wallet_id = ANY (:wallet_ids::uuid[]);

-- name: money :many
-- Which of some assets are stablecoins.
-- index: assets_pkey
SELECT id FROM catalog.assets WHERE id = ANY (:asset_ids::uuid[]) AND is_stablecoin;

-- name: write :exec
-- Figures of wallets, and of those of them that are traders. Wallets that have left the catalogue are passed over.
-- What those gained that still hold something is valued apart.
WITH given AS (
    SELECT * FROM jsonb_to_recordset(:rows::jsonb) AS i (
        id uuid, score numeric, pnl numeric, holds boolean, win_rate numeric, trades bigint, average numeric,
        volume numeric, transactions bigint, first_seen timestamptz, last_activity timestamptz
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
SET smart_money_score = g.score, total_pnl_usd = g.pnl, win_rate = g.win_rate,
    unrealized_pnl_usd = CASE WHEN g.holds THEN w.unrealized_pnl_usd WHEN g.trades > 0 THEN 0 END, total_trades = g.trades, avg_trade_size_usd = g.average, trade_volume_usd = g.volume,
    transaction_count = g.transactions, first_seen_at = g.first_seen, last_activity_at = g.last_activity,
    indexed_at = :now::timestamptz
FROM given AS g
WHERE w.id = g.id;

-- name: forget_lots :exec
-- Lots that some wallets no longer hold.
-- index: wallet_lots_pkey
DELETE FROM catalog.wallet_lots AS l
WHERE l.wallet_id = ANY (:wallet_ids::uuid[]) AND NOT EXISTS (
    SELECT FROM jsonb_to_recordset(:rows::jsonb) AS i (wallet_id uuid, asset_id uuid)
    WHERE i.wallet_id = l.wallet_id AND i.asset_id = l.asset_id
);

-- name: keep_lots :exec
INSERT INTO catalog.wallet_lots AS l (wallet_id, asset_id, amount, cost_usd)
SELECT w.id, a.id, i.amount, i.cost_usd
FROM jsonb_to_recordset(:rows::jsonb) AS i (wallet_id uuid, asset_id uuid, amount numeric, cost_usd numeric)
JOIN catalog.wallets AS w ON w.id = i.wallet_id
JOIN catalog.assets AS a ON a.id = i.asset_id
ON CONFLICT (wallet_id, asset_id) DO UPDATE SET amount = excluded.amount, cost_usd = excluded.cost_usd
WHERE (l.amount, l.cost_usd) IS DISTINCT FROM (excluded.amount, excluded.cost_usd);

-- name: note :exec
-- What the figures of wallets were computed from.
INSERT INTO catalog.wallet_scorings AS s (wallet_id, row_count, arrivals, fades_at, scored_at)
SELECT w.id, i.row_count, i.arrivals, i.fades_at, :now::timestamptz
FROM jsonb_to_recordset(:rows::jsonb) AS i (id uuid, row_count bigint, arrivals numeric, fades_at timestamptz)
JOIN catalog.wallets AS w ON w.id = i.id
ON CONFLICT (wallet_id) DO UPDATE
SET row_count = excluded.row_count, arrivals = excluded.arrivals, fades_at = excluded.fades_at,
    scored_at = excluded.scored_at;

-- name: holders :many
-- The next wallets after one that still hold something they bought, in order of id.
-- index: wallet_lots_pkey
SELECT DISTINCT wallet_id FROM catalog.wallet_lots WHERE wallet_id > :after::uuid
ORDER BY wallet_id LIMIT :count::bigint;

-- name: held :many
-- Assets that some wallets hold.
-- index: wallet_lots_pkey
SELECT DISTINCT asset_id FROM catalog.wallet_lots WHERE wallet_id = ANY (:wallet_ids::uuid[]);

-- name: revalue :exec
-- Gain of wallets that was not taken yet, at some prices; none where one of the assets has no price, or where the sum is
-- beyond its column.
-- index: wallet_lots_pkey
UPDATE catalog.wallets AS w
SET unrealized_pnl_usd = v.gain
FROM (
    SELECT
        s.wallet_id,
        CASE WHEN bool_and(s.worth IS NOT NULL) AND abs(sum(s.worth - s.cost_usd)) < 1e30
            THEN round(sum(s.worth - s.cost_usd), 8) END AS gain
    FROM (
        SELECT l.wallet_id, l.cost_usd, l.amount * i.price_usd AS worth
        FROM catalog.wallet_lots AS l
        LEFT JOIN jsonb_to_recordset(:prices::jsonb) AS i (asset_id uuid, price_usd numeric) ON i.asset_id = l.asset_id
        WHERE l.wallet_id = ANY (:wallet_ids::uuid[])
    ) AS s
    GROUP BY s.wallet_id
) AS v
WHERE w.id = v.wallet_id AND w.unrealized_pnl_usd IS DISTINCT FROM v.gain;

-- name: traders :many
-- The next traders after one with the figures of their wallets, in order of id.
-- index: traders_pkey
SELECT
    t.id, w.total_pnl_usd, w.unrealized_pnl_usd, w.win_rate, w.total_trades, w.trade_volume_usd
FROM trading.traders AS t
JOIN catalog.wallets AS w ON w.id = t.wallet_id
WHERE t.id > :after::uuid AND w.trade_volume_usd IS NOT NULL
ORDER BY t.id LIMIT :count::bigint;
