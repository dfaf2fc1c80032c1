-- What `gateway load` remembers of itself and recomputes when the rows are in.

-- name: checkpoint :one
-- How far the file of a source is loaded.
SELECT value FROM ops.system_config WHERE key = :key;

-- name: save_checkpoint :exec
-- Written after the batch it tells of: a batch repeated after a crash changes nothing.
INSERT INTO ops.system_config AS c (key, value, description, updated_by)
VALUES (
    :key, :value::text::jsonb, 'How far gateway load has read the file of this source.', 'gateway load'
)
ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_by = excluded.updated_by;

-- name: chains :many
-- Every chain, for what sources call it.
SELECT id, caip2, slug, short_name, name, native_symbol FROM catalog.chains ORDER BY id;

-- name: token_decimals :many
-- Decimal places and stability of tokens.
-- index: assets_pkey
SELECT id, decimals, is_stablecoin FROM catalog.assets
WHERE id > :after AND contract_address IS NOT NULL ORDER BY id LIMIT :count;

-- name: link_native_assets :exec
-- Each chain to the asset that is its native coin.
UPDATE catalog.chains AS c SET native_asset_id = a.id
FROM catalog.assets AS a
WHERE a.chain_id = c.id AND a.contract_address IS NULL AND c.native_asset_id IS DISTINCT FROM a.id;

-- name: link_incidents :exec
-- Incidents to the protocol of exactly their name.
UPDATE catalog.incidents AS i SET protocol_id = p.id
FROM catalog.protocols AS p
WHERE i.protocol_id IS NULL AND lower(p.name) = lower(i.name);

-- name: label_wallets :exec
-- Name and kind of wallets by the surest label of their address.
UPDATE catalog.wallets AS w SET label = l.name, wallet_type = coalesce(l.kind, w.wallet_type)
FROM (
    SELECT DISTINCT ON (chain_id, address)
        chain_id, address, name,
        CASE
            WHEN labels && '{token-contract,stablecoin,contract-deployer,gnosis-safe,factory-contract}'
                THEN 'contract'
            WHEN name ~* '^(binance|coinbase|kraken|crypto\.com|okx|okex|kucoin|huobi|bitfinex|gemini|gate\.io|bybit|ftx)\M'
                OR labels && '{exchange,cex,hot-wallet,binance,coinbase,kraken,huobi,okx,okex,kucoin,bitfinex,poloniex,bittrex,gemini,gate-io}'
                THEN 'exchange'
            WHEN labels && '{bridge,cross-chain,multichain,hop-protocol,across-protocol,synapse-protocol,wormhole}'
                THEN 'bridge'
            WHEN labels && '{defi,dex,uniswap,aave,compound,curve-fi,balancer,sushiswap,yearn-finance,maker,synthetix,1inch,lending}'
                THEN 'defi_protocol'
        END::catalog.wallet_type AS kind
    FROM catalog.address_labels
    ORDER BY chain_id, address, confidence DESC NULLS LAST, source
) AS l
WHERE w.chain_id = l.chain_id AND w.address = l.address
    AND (w.label, w.wallet_type) IS DISTINCT FROM (l.name, coalesce(l.kind, w.wallet_type));

-- name: ensure_activity_month :exec
-- The partition of the hot window for a UTC month.
SELECT ops.create_month_partition('catalog.wallet_transactions', :month::date);

-- name: trim_hot_window :exec
-- Rows before the window leave, so that what is here has no gaps.
DELETE FROM catalog.wallet_transactions WHERE occurred_at < :cutoff;

-- name: upsert_activity :exec
-- Newest activity, copied from ClickHouse under the same ids.
INSERT INTO catalog.wallet_transactions (
    id, wallet_id, occurred_at, chain_id, tx_hash, log_index, block_number, transaction_type,
    counterparty, protocol_id, token_in_id, token_out_id, amount_in, amount_out, amount_in_usd,
    amount_out_usd, gas_used, gas_price, gas_cost_usd, source
)
SELECT
    r.id, w.id, r.occurred_at, r.chain_id, r.tx_hash, r.log_index, r.block_number,
    r.transaction_type, r.counterparty, p.id, i.id, o.id, r.amount_in, r.amount_out,
    r.amount_in_usd, r.amount_out_usd, r.gas_used, r.gas_price, r.gas_cost_usd, r.source
FROM jsonb_to_recordset(:rows::text::jsonb) AS r (
    id uuid, wallet_id uuid, occurred_at timestamptz, chain_id bigint, tx_hash text,
    log_index integer, block_number bigint, transaction_type catalog.wallet_transaction_type,
    counterparty text, protocol_id uuid, token_in_id uuid, token_out_id uuid,
    amount_in numeric(76, 18), amount_out numeric(76, 18), amount_in_usd numeric(38, 8),
    amount_out_usd numeric(38, 8), gas_used bigint, gas_price numeric(76, 0),
    gas_cost_usd numeric(38, 8), source text
)
JOIN catalog.wallets AS w ON w.id = r.wallet_id
LEFT JOIN catalog.protocols AS p ON p.id = r.protocol_id
LEFT JOIN catalog.assets AS i ON i.id = r.token_in_id
LEFT JOIN catalog.assets AS o ON o.id = r.token_out_id
ON CONFLICT (wallet_id, occurred_at, id) DO UPDATE SET
    transaction_type = excluded.transaction_type,
    protocol_id = excluded.protocol_id,
    token_in_id = excluded.token_in_id,
    token_out_id = excluded.token_out_id,
    amount_in = excluded.amount_in,
    amount_out = excluded.amount_out,
    amount_in_usd = excluded.amount_in_usd,
    amount_out_usd = excluded.amount_out_usd,
    gas_used = excluded.gas_used,
    gas_price = excluded.gas_price,
    gas_cost_usd = excluded.gas_cost_usd;

-- name: update_yield_pools :exec
-- Newest figures of pools, from yield_metrics_latest of ClickHouse.
UPDATE catalog.yield_pools AS y SET
    apy_pct = r.apy_pct,
    apy_base_pct = r.apy_base_pct,
    apy_reward_pct = r.apy_reward_pct,
    tvl_usd = r.tvl_usd,
    observed_at = r.observed_at,
    indexed_at = now()
FROM jsonb_to_recordset(:rows::text::jsonb) AS r (
    id uuid, apy_pct numeric(18, 6), apy_base_pct numeric(18, 6), apy_reward_pct numeric(18, 6),
    tvl_usd numeric(38, 8), observed_at timestamptz
)
WHERE y.id = r.id AND (
    y.apy_pct, y.apy_base_pct, y.apy_reward_pct, y.tvl_usd, y.observed_at
) IS DISTINCT FROM (r.apy_pct, r.apy_base_pct, r.apy_reward_pct, r.tvl_usd, r.observed_at);

-- name: ensure_pool_deployments :exec
-- A protocol with a pool on a chain is deployed there.
INSERT INTO catalog.protocol_deployments (protocol_id, chain_id)
SELECT DISTINCT y.protocol_id, y.chain_id
FROM catalog.yield_pools AS y
WHERE NOT EXISTS (
    SELECT FROM catalog.protocol_deployments AS d
    WHERE d.protocol_id = y.protocol_id AND d.chain_id = y.chain_id
);

-- name: refresh_views :many
-- Every materialized view that the caller owns.
SELECT ops.refresh_view(format('%I.%I', schemaname, matviewname)::regclass) AS refreshed
FROM pg_matviews
WHERE matviewowner = current_user
ORDER BY schemaname, matviewname;

-- name: protocols_to_embed :many
-- Protocols after an id, all or those of some ids, with all that their vector is made of.
-- index: protocols_pkey
SELECT
    p.id, p.slug, p.name, p.category, p.description, p.audit_count,
    extract(epoch FROM p.updated_at)::bigint AS updated_s,
    s.tvl_usd::float8 AS tvl_usd,
    coalesce(d.chain_names, '{}') AS chain_names,
    coalesce(d.chain_ids, '{}') AS chain_ids
FROM catalog.protocols AS p
LEFT JOIN LATERAL (
    SELECT
        array_agg(DISTINCT c.name ORDER BY c.name) AS chain_names,
        array_agg(DISTINCT c.id ORDER BY c.id) AS chain_ids
    FROM catalog.protocol_deployments AS d
    JOIN catalog.chains AS c ON c.id = d.chain_id
    WHERE d.protocol_id = p.id
) AS d ON true
LEFT JOIN LATERAL (
    SELECT sum(l.tvl_usd) AS tvl_usd FROM catalog.protocol_latest AS l WHERE l.protocol_id = p.id
) AS s ON true
WHERE p.id > :after AND p.is_active AND (:ids::uuid[] IS NULL OR p.id = ANY (:ids::uuid[]))
ORDER BY p.id
LIMIT :count;

-- name: agents_to_embed :many
-- Agents after an id, all or those of some ids, with all that their vector is made of.
-- index: agents_pkey
SELECT id, slug, name, description, kind::text AS kind, agent_type::text AS agent_type, capabilities
FROM agents.agents
WHERE id > :after AND is_active AND (:ids::uuid[] IS NULL OR id = ANY (:ids::uuid[]))
ORDER BY id
LIMIT :count;

-- name: mentions_to_embed :many
-- Mentions after an id, all or those of some ids.
-- index: mentions_pkey
SELECT
    id, project_id::text AS project_id, source::text AS source, title, content, url,
    sentiment_score::float8 AS sentiment, published_at
FROM research.mentions
WHERE id > :after AND (:ids::uuid[] IS NULL OR id = ANY (:ids::uuid[]))
ORDER BY id
LIMIT :count;

-- name: name_assets :exec
-- Which assets texts name.
UPDATE research.mentions AS m SET asset_ids = r.asset_ids
FROM jsonb_to_recordset(:rows::text::jsonb) AS r (id uuid, asset_ids uuid[])
WHERE m.id = r.id AND m.asset_ids IS DISTINCT FROM r.asset_ids;
