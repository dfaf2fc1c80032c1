-- How fresh the data is.

-- name: freshness :many
-- The newest measurement this store holds and when it arrived: heads of chains and newest figures of protocols.
SELECT 'chain_heads' AS series, max(block_at) AS watermark, max(indexed_at) AS indexed_at
FROM catalog.chain_heads
UNION ALL
SELECT 'protocol_latest', max(observed_at), max(indexed_at)
FROM catalog.protocol_latest;

-- name: head :one
-- How far a chain has been read.
-- index: chain_heads_pkey
SELECT block_number, block_at, indexed_at, source FROM catalog.chain_heads WHERE chain_id = :chain_id::bigint;

-- name: minimum_group_size :one
-- How many users or deposits a published figure must be over.
SELECT ops.minimum_group_size() AS size;

-- name: platform :many
-- What users did by day, from a day up to before another, without figures that would single one of them out.
-- index: daily_platform_metrics_metric_date_key
SELECT
    metric_date, unique_users, total_transactions, total_deposits_usd, total_withdrawals_usd,
    avg_confidentiality_score
FROM ops.public_platform_metrics(:first::date, :until::date);

-- name: settings :many
-- Settings that everybody may read.
SELECT key, value, description, updated_at FROM ops.public_settings();
