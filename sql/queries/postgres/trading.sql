-- Wallets behind measurements, bridges by what they connect, traders by rank, and what quotes are made from.

-- name: wallets_at :many
-- Wallets at addresses.
-- index: wallets_chain_id_address_key
SELECT w.*
FROM unnest(:chain_ids::bigint[], :addresses::text[]) AS wanted (chain_id, address)
JOIN catalog.wallets AS w ON w.chain_id = wanted.chain_id AND w.address = wanted.address;

-- name: bridges_of_chains :many
-- Bridges that connect chains and still run, by name.
-- index: bridges_chain_ids_idx
SELECT wanted.chain_id, b.id
FROM unnest(:chain_ids::bigint[]) AS wanted (chain_id)
JOIN catalog.bridges AS b ON b.chain_ids @> ARRAY[wanted.chain_id] AND b.is_active
ORDER BY wanted.chain_id, b.name, b.id;

-- name: bridges_between :many
-- Bridges that connect two chains and still run, by name.
-- index: bridges_chain_ids_idx
SELECT b.id, b.slug
FROM catalog.bridges AS b
WHERE b.chain_ids @> ARRAY[:source_chain_id::bigint, :destination_chain_id::bigint] AND b.is_active
ORDER BY b.name, b.id;

-- name: bridges_by_slug :many
-- Bridges by their readable keys.
-- index: bridges_slug_key
SELECT b.slug, b.id FROM catalog.bridges AS b WHERE b.slug = ANY (:slugs::text[]);

-- name: leaderboard :many
-- The traders with the highest profit that may still be copied, as last ranked.
-- index: top_traders_leaderboard_rank_key
SELECT b.id, b.total_pnl_usd AS score
FROM trading.top_traders_leaderboard AS b
JOIN trading.traders AS t ON t.id = b.id AND t.is_active
ORDER BY b.rank
LIMIT :count::bigint;

-- name: active_traders :many
-- Which of some traders may still be copied.
-- index: traders_pkey
SELECT t.id FROM trading.traders AS t WHERE t.id = ANY (:trader_ids::uuid[]) AND t.is_active;

-- name: copied :many
-- The viewer's copies of traders: how many by state, and what the closed ones earned.
-- index: copy_trades_user_id_executed_at_id_idx
SELECT
    c.trader_id,
    count(*) AS copies,
    count(*) FILTER (WHERE c.status = 'pending') AS pending,
    count(*) FILTER (WHERE c.status = 'executed') AS executed,
    count(*) FILTER (WHERE c.status = 'skipped') AS skipped,
    count(*) FILTER (WHERE c.status = 'failed') AS failed,
    count(c.pnl_usd) AS closed,
    sum(c.pnl_usd) AS pnl_usd
FROM trading.copy_trades AS c
WHERE c.user_id = :user_id::uuid AND c.trader_id = ANY (:trader_ids::uuid[])
GROUP BY c.trader_id;
