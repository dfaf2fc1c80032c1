-- Chains by any of their names, and what is locked on them.

-- name: numbers :many
-- The numbers of chains by CAIP-2 id or slug; a name nobody bears is missing from the answer.
-- index: chains_caip2_key, chains_slug_key
SELECT caip2 AS name, id FROM catalog.chains WHERE caip2 = ANY (:names::text[])
UNION ALL
SELECT slug AS name, id FROM catalog.chains WHERE slug = ANY (:names::text[]);

-- name: tvl :many
-- Newest value locked on chains, US dollars, summed over the protocols measured there.
-- index: protocol_latest_chain_id_tvl_usd_protocol_id_idx
SELECT chain_id, sum(tvl_usd) AS tvl_usd
FROM catalog.protocol_latest
WHERE chain_id = ANY (:chain_ids::bigint[]) AND tvl_usd IS NOT NULL
GROUP BY chain_id;
