-- Leaderboards: materialized views that jobs refresh and publish, and who of them still has a place.

-- name: wallets :many
-- The wallets that trade best, as last ranked.
-- index: smart_money_leaderboard_rank_key
SELECT id, smart_money_score AS score FROM catalog.smart_money_leaderboard ORDER BY rank LIMIT :count::bigint;

-- name: traders :many
-- The traders with the highest profit, as last ranked; those whose profit is unknown come last.
-- index: top_traders_leaderboard_rank_key
SELECT id, total_pnl_usd AS score FROM trading.top_traders_leaderboard ORDER BY rank LIMIT :count::bigint;

-- name: listed_wallets :many
-- Which of some wallets may still be shown.
-- index: wallets_pkey
SELECT id FROM catalog.wallets WHERE id = ANY (:ids::uuid[]) AND is_active AND is_listed;

-- name: active_traders :many
-- Which of some traders may still be copied.
-- index: traders_pkey
SELECT id FROM trading.traders WHERE id = ANY (:ids::uuid[]) AND is_active;
