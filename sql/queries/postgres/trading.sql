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

-- name: copied :many
-- The viewer's copies of traders: how many by state, and what the closed ones earned.
-- index: copy_trades_user_id_trader_id_executed_at_id_idx
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

-- name: route_tokens :many
-- A chain, and the assets at some contracts of it: a row of the chain alone when there are none.
-- index: assets_chain_id_contract_address_key
SELECT c.is_evm, c.native_asset_id, a.id AS asset_id, a.contract_address
FROM catalog.chains AS c
LEFT JOIN catalog.assets AS a ON a.chain_id = c.id AND a.contract_address = ANY (:addresses::text[])
WHERE c.id = :chain_id::bigint;

-- name: route_pools :many
-- Pools of two assets on a chain that hold either of two, the most valuable of each first, with their reserves where
-- those were read.
-- index: yield_pools_asset_ids_idx
SELECT DISTINCT ON (p.id)
    p.id AS pool_id, p.protocol_id, p.tvl_usd, p.observed_at AS valued_at,
    a0.id AS token0_id, a1.id AS token1_id, a0.decimals AS decimals0, a1.decimals AS decimals1,
    r.reserve0, r.reserve1, r.fee_bps, r.observed_at AS read_at
FROM unnest(ARRAY[:token_in_id::uuid, :token_out_id::uuid]) AS wanted (token_id)
CROSS JOIN LATERAL (
    SELECT y.id, y.protocol_id, y.tvl_usd, y.observed_at, y.asset_ids
    FROM catalog.yield_pools AS y
    WHERE y.asset_ids @> ARRAY[wanted.token_id] AND cardinality(y.asset_ids) = 2
        AND y.chain_id = :chain_id::bigint AND y.pool_type = 'lp' AND y.is_active
    ORDER BY y.tvl_usd DESC NULLS LAST, y.id
    LIMIT :count::bigint
) AS p
LEFT JOIN trading.pool_reserves AS r ON r.pool_id = p.id
JOIN catalog.assets AS a0 ON a0.id = coalesce(r.token0_id, p.asset_ids[1])
JOIN catalog.assets AS a1 ON a1.id = coalesce(r.token1_id, p.asset_ids[2])
WHERE a0.id <> a1.id
ORDER BY p.id;

-- name: nothing :many
-- No row: begins a transaction, and so takes the key of the caller into account, without reading anything.
SELECT NULL AS nothing WHERE false;

-- name: add_route :exec
-- A quote for its owner, good for five minutes.
INSERT INTO trading.trade_routes (
    user_id, chain_id, token_in_address, token_out_address, token_in_id, token_out_id, amount_in, amount_out,
    route_path, dex_count, hop_count, price_impact_pct, slippage_tolerance_pct, gas_estimate, gas_cost_usd,
    protocol_fees_usd, total_cost_usd, is_estimate
)
VALUES (
    :user_id::uuid, :chain_id::bigint, :token_in_address, :token_out_address, :token_in_id::uuid,
    :token_out_id::uuid, :amount_in::numeric, :amount_out::numeric, :route_path::jsonb, :dex_count::integer,
    :hop_count::integer, :price_impact_pct::numeric, :slippage_tolerance_pct::numeric, :gas_estimate::bigint,
    :gas_cost_usd::numeric, :protocol_fees_usd::numeric, :total_cost_usd::numeric, :is_estimate::boolean
)
RETURNING *;

-- name: lock_route :one
-- A route of its owner, to be changed; and whether it has run out.
-- index: trade_routes_pkey
SELECT r.*, r.expires_at <= now() AS is_over FROM trading.trade_routes AS r
WHERE r.id = :id::uuid AND r.user_id = :user_id::uuid
FOR UPDATE;

-- name: execute_route :exec
-- The route was used.
UPDATE trading.trade_routes SET is_executed = true, tx_hash = :tx_hash, executed_at = now()
WHERE id = :id::uuid AND user_id = :user_id::uuid
RETURNING *;

-- name: delete_route :exec
-- A route its owner does not need any more.
DELETE FROM trading.trade_routes WHERE id = :id::uuid AND user_id = :user_id::uuid RETURNING *;

-- name: add_transfer :exec
-- A transfer to follow; no row when there is no such bridge any more.
INSERT INTO trading.bridge_transactions (
    user_id, bridge_id, source_chain_id, destination_chain_id, asset_id, amount, source_tx_hash
)
SELECT
    :user_id::uuid, b.id, :source_chain_id::bigint, :destination_chain_id::bigint, :asset_id::uuid, :amount::numeric,
    :source_tx_hash::text
FROM catalog.bridges AS b
WHERE b.id = :bridge_id::uuid
RETURNING *;

-- name: transfer_parts :many
-- What a new transfer names: the chains the bridge connects, and the chain of the asset.
-- index: bridges_pkey, assets_pkey
SELECT b.chain_ids, b.is_active, a.id AS asset_id, a.chain_id AS asset_chain_id
FROM catalog.bridges AS b
LEFT JOIN catalog.assets AS a ON a.id = :asset_id::uuid
WHERE b.id = :bridge_id::uuid;

-- name: chain_number :many
-- The number of a chain by CAIP-2 id or slug.
-- index: chains_caip2_key, chains_slug_key
SELECT c.id FROM catalog.chains AS c WHERE c.caip2 = :name OR c.slug = :name;

-- name: add_follow :exec
-- A trader is followed; no row when there is no such trader, or none that may be copied.
INSERT INTO trading.trader_follows (user_id, trader_id)
SELECT :user_id::uuid, t.id FROM trading.traders AS t WHERE t.id = :trader_id::uuid AND t.is_active
RETURNING *;

-- name: lock_follow :one
-- A follow of its owner, to be changed.
-- index: trader_follows_pkey
SELECT f.* FROM trading.trader_follows AS f
WHERE f.id = :id::uuid AND f.user_id = :user_id::uuid
FOR UPDATE;

-- name: update_follow :exec
-- How far trades are copied.
UPDATE trading.trader_follows
SET is_copying = :is_copying::boolean, copy_share_pct = :copy_share_pct::numeric, max_trade_usd = :max_trade_usd::numeric,
    max_daily_usd = :max_daily_usd::numeric, max_slippage_pct = :max_slippage_pct::numeric
WHERE id = :id::uuid AND user_id = :user_id::uuid
RETURNING *;

-- name: delete_follow :exec
-- A trader is followed no more; what was copied stays.
DELETE FROM trading.trader_follows WHERE id = :id::uuid AND user_id = :user_id::uuid RETURNING *;
