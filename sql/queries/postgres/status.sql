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
