-- What `gateway load` writes to the public catalogue. Every statement takes its rows as one JSON array, so that a
-- batch is one statement whatever its types, and is safe to repeat: ids come from natural keys.
-- `upsert_…` brings rows up to date, `ensure_…` only adds what is missing.

-- name: upsert_chains :exec
-- Chains by id; a parent that is neither known nor among the rows is left out.
WITH given AS (
    SELECT *
    FROM jsonb_to_recordset(:rows::text::jsonb) AS r (
        id bigint, caip2 text, slug text, short_name text, name text, native_symbol text,
        parent_chain_id bigint, is_evm boolean, is_testnet boolean, explorer_url text,
        info_url text, is_active boolean, metadata jsonb
    )
)
INSERT INTO catalog.chains AS c (
    id, caip2, slug, short_name, name, native_symbol, parent_chain_id, is_evm, is_testnet,
    explorer_url, info_url, is_active, metadata
)
SELECT
    g.id, g.caip2, g.slug, g.short_name, g.name, g.native_symbol,
    CASE
        WHEN g.parent_chain_id IN (SELECT id FROM given) THEN g.parent_chain_id
        ELSE (SELECT p.id FROM catalog.chains AS p WHERE p.id = g.parent_chain_id)
    END,
    g.is_evm, g.is_testnet, g.explorer_url, g.info_url, g.is_active, g.metadata
FROM given AS g
ON CONFLICT (id) DO UPDATE SET
    slug = excluded.slug,
    short_name = excluded.short_name,
    name = excluded.name,
    native_symbol = coalesce(excluded.native_symbol, c.native_symbol),
    parent_chain_id = coalesce(excluded.parent_chain_id, c.parent_chain_id),
    is_testnet = excluded.is_testnet,
    explorer_url = coalesce(excluded.explorer_url, c.explorer_url),
    info_url = coalesce(excluded.info_url, c.info_url),
    is_active = excluded.is_active,
    metadata = c.metadata || excluded.metadata;

-- name: ensure_chains :exec
-- Chains that a source names and nobody described.
INSERT INTO catalog.chains (id, caip2, slug, name, native_symbol, is_evm, metadata)
SELECT r.id, r.caip2, r.slug, r.name, r.native_symbol, r.is_evm, r.metadata
FROM jsonb_to_recordset(:rows::text::jsonb) AS r (
    id bigint, caip2 text, slug text, name text, native_symbol text, is_evm boolean, metadata jsonb
)
ON CONFLICT DO NOTHING;

-- name: upsert_assets :exec
-- Assets by id; what a source does not say stays.
INSERT INTO catalog.assets AS a (
    id, symbol, name, asset_type, chain_id, contract_address, decimals, logo_url, coingecko_id,
    is_stablecoin, is_wrapped, metadata
)
SELECT
    r.id, r.symbol, r.name, coalesce(r.asset_type, 'crypto'), r.chain_id, r.contract_address,
    r.decimals, r.logo_url, r.coingecko_id, coalesce(r.is_stablecoin, false),
    coalesce(r.is_wrapped, false), coalesce(r.metadata, '{}')
FROM jsonb_to_recordset(:rows::text::jsonb) AS r (
    id uuid, symbol text, name text, asset_type catalog.asset_type, chain_id bigint,
    contract_address text, decimals smallint, logo_url text, coingecko_id text,
    is_stablecoin boolean, is_wrapped boolean, metadata jsonb
)
ON CONFLICT (id) DO UPDATE SET
    symbol = excluded.symbol,
    name = excluded.name,
    decimals = coalesce(excluded.decimals, a.decimals),
    logo_url = coalesce(excluded.logo_url, a.logo_url),
    coingecko_id = coalesce(excluded.coingecko_id, a.coingecko_id),
    is_stablecoin = excluded.is_stablecoin,
    is_wrapped = excluded.is_wrapped,
    metadata = a.metadata || excluded.metadata;

-- name: ensure_assets :exec
-- Assets that a series names; a missing number of decimals is filled in.
INSERT INTO catalog.assets AS a (
    id, symbol, name, chain_id, contract_address, decimals, coingecko_id, is_stablecoin, is_wrapped
)
SELECT
    r.id, r.symbol, r.name, r.chain_id, r.contract_address, r.decimals, r.coingecko_id,
    coalesce(r.is_stablecoin, false), coalesce(r.is_wrapped, false)
FROM jsonb_to_recordset(:rows::text::jsonb) AS r (
    id uuid, symbol text, name text, chain_id bigint, contract_address text, decimals smallint,
    coingecko_id text, is_stablecoin boolean, is_wrapped boolean
)
ON CONFLICT (id) DO UPDATE SET decimals = excluded.decimals
WHERE a.decimals IS NULL AND excluded.decimals IS NOT NULL;

-- name: upsert_protocols :exec
-- Protocols and the projects they belong to, by id.
INSERT INTO catalog.protocols AS p (
    id, slug, name, description, category, parent_id, token_asset_id, website_url, twitter_handle,
    logo_url, audit_count, listed_on, is_active, metadata
)
SELECT
    r.id, r.slug, r.name, r.description, r.category, r.parent_id, r.token_asset_id, r.website_url,
    r.twitter_handle, r.logo_url, r.audit_count, r.listed_on, r.is_active, r.metadata
FROM jsonb_to_recordset(:rows::text::jsonb) AS r (
    id uuid, slug text, name text, description text, category text, parent_id uuid,
    token_asset_id uuid, website_url text, twitter_handle text, logo_url text,
    audit_count integer, listed_on date, is_active boolean, metadata jsonb
)
ON CONFLICT (id) DO UPDATE SET
    name = excluded.name,
    description = coalesce(excluded.description, p.description),
    category = excluded.category,
    parent_id = coalesce(excluded.parent_id, p.parent_id),
    token_asset_id = coalesce(excluded.token_asset_id, p.token_asset_id),
    website_url = coalesce(excluded.website_url, p.website_url),
    twitter_handle = coalesce(excluded.twitter_handle, p.twitter_handle),
    logo_url = coalesce(excluded.logo_url, p.logo_url),
    audit_count = coalesce(excluded.audit_count, p.audit_count),
    listed_on = coalesce(excluded.listed_on, p.listed_on),
    is_active = excluded.is_active,
    metadata = (p.metadata - 'named_only') || excluded.metadata;

-- name: ensure_protocols :exec
-- Protocols that a series names and no listing described.
INSERT INTO catalog.protocols (id, slug, name, category, metadata)
SELECT r.id, r.slug, r.name, r.category, r.metadata
FROM jsonb_to_recordset(:rows::text::jsonb) AS r (
    id uuid, slug text, name text, category text, metadata jsonb
)
ON CONFLICT DO NOTHING;

-- name: upsert_protocol_aliases :exec
-- Names that sources give to protocols.
INSERT INTO catalog.protocol_aliases (source, alias, protocol_id)
SELECT r.source, r.alias, r.protocol_id
FROM jsonb_to_recordset(:rows::text::jsonb) AS r (source text, alias text, protocol_id uuid)
ON CONFLICT (source, alias) DO UPDATE SET protocol_id = excluded.protocol_id;

-- name: upsert_deployments :exec
-- Where protocols run; the first one known as primary stays it.
INSERT INTO catalog.protocol_deployments AS d (
    id, protocol_id, chain_id, contract_address, is_primary
)
SELECT
    r.id, r.protocol_id, r.chain_id, r.contract_address,
    r.is_primary AND NOT EXISTS (
        SELECT FROM catalog.protocol_deployments AS o
        WHERE o.protocol_id = r.protocol_id AND o.is_primary AND o.id <> r.id
    )
FROM jsonb_to_recordset(:rows::text::jsonb) AS r (
    id uuid, protocol_id uuid, chain_id bigint, contract_address text, is_primary boolean
)
ON CONFLICT (id) DO UPDATE SET is_primary = excluded.is_primary
WHERE d.is_primary <> excluded.is_primary;

-- name: upsert_bridges :exec
-- Bridges by slug; one that is listed as a protocol too is linked to it.
INSERT INTO catalog.bridges AS b (
    id, slug, name, website_url, protocol_id, chain_ids, large_transfer_usd, metadata
)
SELECT
    r.id, r.slug, r.name, r.website_url, p.id, r.chain_ids, r.large_transfer_usd, r.metadata
FROM jsonb_to_recordset(:rows::text::jsonb) AS r (
    id uuid, slug text, name text, website_url text, chain_ids bigint[],
    large_transfer_usd numeric(38, 8), metadata jsonb
)
LEFT JOIN catalog.protocols AS p ON p.slug = r.slug
ON CONFLICT (slug) DO UPDATE SET
    name = excluded.name,
    website_url = coalesce(excluded.website_url, b.website_url),
    protocol_id = coalesce(excluded.protocol_id, b.protocol_id),
    chain_ids = excluded.chain_ids,
    large_transfer_usd = coalesce(excluded.large_transfer_usd, b.large_transfer_usd),
    metadata = b.metadata || excluded.metadata;

-- name: upsert_yield_pools :exec
-- Pools by id; their newest figures come later, from the series.
INSERT INTO catalog.yield_pools AS y (
    id, protocol_id, chain_id, pool_address, source_ref, name, pool_type, asset_ids,
    reward_asset_ids, metadata
)
SELECT
    r.id, r.protocol_id, r.chain_id, r.pool_address, r.source_ref, r.name, r.pool_type,
    coalesce(r.asset_ids, '{}'), coalesce(r.reward_asset_ids, '{}'), coalesce(r.metadata, '{}')
FROM jsonb_to_recordset(:rows::text::jsonb) AS r (
    id uuid, protocol_id uuid, chain_id bigint, pool_address text, source_ref text, name text,
    pool_type catalog.pool_type, asset_ids uuid[], reward_asset_ids uuid[], metadata jsonb
)
ON CONFLICT (id) DO UPDATE SET
    pool_address = coalesce(excluded.pool_address, y.pool_address),
    source_ref = coalesce(excluded.source_ref, y.source_ref),
    name = excluded.name,
    pool_type = excluded.pool_type,
    asset_ids = excluded.asset_ids,
    reward_asset_ids = excluded.reward_asset_ids,
    metadata = y.metadata || excluded.metadata;

-- name: ensure_yield_pools :exec
-- Pools that a series names and no list described.
INSERT INTO catalog.yield_pools (id, protocol_id, chain_id, name, pool_type)
SELECT r.id, r.protocol_id, r.chain_id, r.name, r.pool_type
FROM jsonb_to_recordset(:rows::text::jsonb) AS r (
    id uuid, protocol_id uuid, chain_id bigint, name text, pool_type catalog.pool_type
)
ON CONFLICT (id) DO NOTHING;

-- name: ensure_wallets :exec
-- Addresses seen anywhere; a kind that becomes known replaces unknown, never the other way round. A row that was made
-- because a user pointed at the address takes the id that is loaded.
WITH given AS MATERIALIZED (
    SELECT r.id, r.chain_id, r.address, r.wallet_type
    FROM jsonb_to_recordset(:rows::text::jsonb) AS r (
        id uuid, chain_id bigint, address text, wallet_type catalog.wallet_type
    )
),
adopted AS (
    UPDATE catalog.wallets AS w
    SET id = g.id, is_users_wish = false,
        wallet_type = CASE WHEN w.wallet_type = 'unknown' THEN g.wallet_type ELSE w.wallet_type END
    FROM given AS g
    WHERE w.chain_id = g.chain_id AND w.address = g.address AND w.id <> g.id AND w.is_users_wish
    RETURNING w.id
)
INSERT INTO catalog.wallets AS w (id, chain_id, address, wallet_type)
SELECT g.id, g.chain_id, g.address, g.wallet_type
FROM given AS g
WHERE g.id NOT IN (SELECT a.id FROM adopted AS a)
ON CONFLICT (id) DO UPDATE SET wallet_type = excluded.wallet_type
WHERE w.wallet_type = 'unknown' AND excluded.wallet_type <> 'unknown';

-- name: ensure_contracts :exec
-- Contracts seen anywhere; a name or protocol that becomes known is filled in.
INSERT INTO catalog.contracts AS c (id, chain_id, address, name, protocol_id)
SELECT r.id, r.chain_id, r.address, r.name, r.protocol_id
FROM jsonb_to_recordset(:rows::text::jsonb) AS r (
    id uuid, chain_id bigint, address text, name text, protocol_id uuid
)
ON CONFLICT (id) DO UPDATE SET
    name = coalesce(c.name, excluded.name),
    protocol_id = coalesce(c.protocol_id, excluded.protocol_id)
WHERE (c.name IS NULL AND excluded.name IS NOT NULL)
    OR (c.protocol_id IS NULL AND excluded.protocol_id IS NOT NULL);

-- name: upsert_chain_heads :exec
-- Newest block of each chain; an older block changes nothing.
INSERT INTO catalog.chain_heads AS h (chain_id, block_number, block_at, source, indexed_at)
SELECT r.chain_id, r.block_number, r.block_at, r.source, now()
FROM jsonb_to_recordset(:rows::text::jsonb) AS r (
    chain_id bigint, block_number bigint, block_at timestamptz, source text
)
ON CONFLICT (chain_id) DO UPDATE SET
    block_number = excluded.block_number,
    block_hash = NULL,
    block_at = excluded.block_at,
    source = excluded.source,
    indexed_at = excluded.indexed_at
WHERE h.block_number < excluded.block_number;
