-- Pools and the assets they hold.

-- name: by_asset :many
-- The largest pools that take an asset, by asset and size.
-- index: yield_pools_asset_ids_idx
SELECT a.asset_id, p.id
FROM unnest(:asset_ids::uuid[]) AS a (asset_id)
CROSS JOIN LATERAL (
    SELECT y.id, y.tvl_usd
    FROM catalog.yield_pools AS y
    WHERE y.asset_ids @> ARRAY[a.asset_id] AND y.is_active
    ORDER BY y.tvl_usd DESC NULLS LAST, y.id
    LIMIT :count
) AS p
ORDER BY a.asset_id, p.tvl_usd DESC NULLS LAST, p.id;

-- name: assets :many
-- Ids of the assets that pools take and of those they pay rewards in.
-- index: yield_pools_pkey
SELECT id, asset_ids, reward_asset_ids FROM catalog.yield_pools WHERE id = ANY (:pool_ids::uuid[]);
