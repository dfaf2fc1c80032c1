-- The public catalogue: what every other schema points at. Nobody owns these rows, so there is no
-- row-level security; jobs and the loader write them, everybody else reads. A contract identifies
-- an asset, never its symbol; a protocol lives on many chains; a chain that is not EVM gets a
-- negative id. Catalogue rows are switched off with is_active, not deleted: history refers to
-- them, and no foreign key cascades from here.

-- migrate:up
CREATE TYPE catalog.asset_type AS ENUM (
    'crypto', 'lp_token', 'staked_token', 'yield_token', 'rwa_token', 'nft'
);
COMMENT ON TYPE catalog.asset_type IS
    'What kind of thing an asset is: a plain coin or token, a liquidity-pool share, a staked or '
    'yield-bearing receipt, a tokenised real-world asset, or a non-fungible token.';

CREATE TABLE catalog.chains (
    id bigint PRIMARY KEY,
    caip2 text NOT NULL UNIQUE CHECK (length(caip2) <= 64 AND caip2 LIKE '%:%'),
    slug text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9][a-z0-9._-]*$'),
    short_name text,
    name text NOT NULL CHECK (name <> ''),
    native_symbol text,
    native_asset_id uuid,
    parent_chain_id bigint REFERENCES catalog.chains (id),
    is_evm boolean NOT NULL DEFAULT true,
    is_testnet boolean NOT NULL DEFAULT false,
    explorer_url text,
    info_url text,
    is_active boolean NOT NULL DEFAULT true,
    metadata jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT chains_id_matches_kind CHECK (is_evm = (id > 0))
);
COMMENT ON TABLE catalog.chains IS
    'A blockchain. Its id is the EVM chain id, or a negative number of our own when the chain '
    'is not EVM.';
COMMENT ON COLUMN catalog.chains.id IS
    'EVM chain id (1 is Ethereum); negative for chains that have none.';
COMMENT ON COLUMN catalog.chains.caip2 IS
    'Chain-agnostic name by CAIP-2, such as eip155:1 or solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp.';
COMMENT ON COLUMN catalog.chains.slug IS
    'Readable key in lower case, such as ethereum or arbitrum-one.';
COMMENT ON COLUMN catalog.chains.short_name IS
    'Abbreviation used in address prefixes by EIP-3770, such as eth or arb1.';
COMMENT ON COLUMN catalog.chains.name IS 'Full name, such as Ethereum Mainnet.';
COMMENT ON COLUMN catalog.chains.native_symbol IS 'Ticker of the coin that pays for gas.';
COMMENT ON COLUMN catalog.chains.native_asset_id IS 'The asset that pays for gas.';
COMMENT ON COLUMN catalog.chains.parent_chain_id IS
    'The chain a rollup or sidechain settles on; null for a layer 1.';
COMMENT ON COLUMN catalog.chains.is_evm IS 'Whether the chain runs the Ethereum virtual machine.';
COMMENT ON COLUMN catalog.chains.is_testnet IS 'Whether its coins are worthless on purpose.';
COMMENT ON COLUMN catalog.chains.explorer_url IS 'Address of a block explorer.';
COMMENT ON COLUMN catalog.chains.info_url IS 'Home page of the chain.';
COMMENT ON COLUMN catalog.chains.is_active IS 'Whether the chain is still shown and followed.';
COMMENT ON COLUMN catalog.chains.metadata IS 'Further facts from the source, by name.';
COMMENT ON COLUMN catalog.chains.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN catalog.chains.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON catalog.chains
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CREATE INDEX chains_name_id_idx ON catalog.chains (name, id);
CREATE INDEX chains_parent_chain_id_idx ON catalog.chains (parent_chain_id)
    WHERE parent_chain_id IS NOT NULL;
CREATE INDEX chains_native_asset_id_idx ON catalog.chains (native_asset_id)
    WHERE native_asset_id IS NOT NULL;

CREATE TABLE catalog.assets (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    symbol text NOT NULL CHECK (length(symbol) BETWEEN 1 AND 100),
    name text NOT NULL,
    asset_type catalog.asset_type NOT NULL DEFAULT 'crypto',
    chain_id bigint REFERENCES catalog.chains (id),
    contract_address text
        CHECK (length(contract_address) BETWEEN 1 AND 128
            AND (contract_address = lower(contract_address) OR contract_address NOT ILIKE '0x%')),
    decimals smallint CHECK (decimals BETWEEN 0 AND 255),
    logo_url text,
    coingecko_id text,
    coinmarketcap_id bigint,
    is_stablecoin boolean NOT NULL DEFAULT false,
    is_wrapped boolean NOT NULL DEFAULT false,
    is_active boolean NOT NULL DEFAULT true,
    metadata jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT assets_contract_needs_chain CHECK (contract_address IS NULL OR chain_id IS NOT NULL)
);
COMMENT ON TABLE catalog.assets IS
    'A coin or token on one chain. Without a contract address it is the chain''s native coin; '
    'without a chain it is a ticker known only from price feeds.';
COMMENT ON COLUMN catalog.assets.id IS 'Identifier of the asset in all four stores.';
COMMENT ON COLUMN catalog.assets.symbol IS 'Ticker as written on chain; not unique.';
COMMENT ON COLUMN catalog.assets.name IS 'Full name.';
COMMENT ON COLUMN catalog.assets.asset_type IS 'What kind of thing the asset is.';
COMMENT ON COLUMN catalog.assets.chain_id IS
    'Chain the asset lives on; null when it is known by ticker only.';
COMMENT ON COLUMN catalog.assets.contract_address IS
    'Token contract; null for a native coin. EVM addresses in lower case.';
COMMENT ON COLUMN catalog.assets.decimals IS
    'Digits after the point of one whole unit; null when unknown.';
COMMENT ON COLUMN catalog.assets.logo_url IS 'Address of a picture.';
COMMENT ON COLUMN catalog.assets.coingecko_id IS 'Key of the asset at CoinGecko.';
COMMENT ON COLUMN catalog.assets.coinmarketcap_id IS 'Key of the asset at CoinMarketCap.';
COMMENT ON COLUMN catalog.assets.is_stablecoin IS 'Whether it is meant to keep a fixed price.';
COMMENT ON COLUMN catalog.assets.is_wrapped IS
    'Whether it stands for another asset locked elsewhere.';
COMMENT ON COLUMN catalog.assets.is_active IS 'Whether the asset is still shown and priced.';
COMMENT ON COLUMN catalog.assets.metadata IS 'Further facts from the source, by name.';
COMMENT ON COLUMN catalog.assets.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN catalog.assets.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON catalog.assets
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CREATE UNIQUE INDEX assets_chain_id_contract_address_key
    ON catalog.assets (chain_id, contract_address) NULLS NOT DISTINCT
    WHERE chain_id IS NOT NULL;
CREATE INDEX assets_symbol_id_idx ON catalog.assets (symbol, id);
CREATE INDEX assets_name_id_idx ON catalog.assets (name, id);
CREATE INDEX assets_chain_id_symbol_id_idx ON catalog.assets (chain_id, symbol, id);
CREATE INDEX assets_contract_address_idx ON catalog.assets (contract_address)
    WHERE contract_address IS NOT NULL;
CREATE INDEX assets_coingecko_id_idx ON catalog.assets (coingecko_id)
    WHERE coingecko_id IS NOT NULL;
CREATE INDEX assets_lower_symbol_idx ON catalog.assets (lower(symbol) text_pattern_ops);
CREATE INDEX assets_lower_name_idx ON catalog.assets (lower(name) text_pattern_ops);

ALTER TABLE catalog.chains
    ADD FOREIGN KEY (native_asset_id) REFERENCES catalog.assets (id);

CREATE TABLE catalog.chain_heads (
    chain_id bigint PRIMARY KEY REFERENCES catalog.chains (id),
    block_number bigint NOT NULL CHECK (block_number >= 0),
    block_hash text
        CHECK (length(block_hash) BETWEEN 1 AND 128
            AND (block_hash = lower(block_hash) OR block_hash NOT ILIKE '0x%')),
    block_at timestamptz NOT NULL,
    indexed_at timestamptz NOT NULL DEFAULT now(),
    source text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE catalog.chain_heads IS
    'How far each chain has been read: the newest block that is in the stores, and when it got '
    'there.';
COMMENT ON COLUMN catalog.chain_heads.chain_id IS 'The chain.';
COMMENT ON COLUMN catalog.chain_heads.block_number IS 'Height of the newest block read.';
COMMENT ON COLUMN catalog.chain_heads.block_hash IS 'Hash of that block.';
COMMENT ON COLUMN catalog.chain_heads.block_at IS 'Time written in that block (UTC).';
COMMENT ON COLUMN catalog.chain_heads.indexed_at IS
    'When the block reached the stores (UTC); minus block_at it is the lag.';
COMMENT ON COLUMN catalog.chain_heads.source IS 'Where the block came from.';
COMMENT ON COLUMN catalog.chain_heads.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN catalog.chain_heads.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON catalog.chain_heads
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();

CREATE TABLE catalog.protocols (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    slug text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9][a-z0-9._-]*$'),
    name text NOT NULL CHECK (name <> ''),
    description text,
    category text NOT NULL,
    parent_id uuid REFERENCES catalog.protocols (id),
    token_asset_id uuid REFERENCES catalog.assets (id),
    website_url text,
    twitter_handle text,
    discord_url text,
    telegram_url text,
    logo_url text,
    audit_count integer CHECK (audit_count >= 0),
    listed_on date,
    is_active boolean NOT NULL DEFAULT true,
    metadata jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE catalog.protocols IS 'A DeFi protocol, over all chains it runs on.';
COMMENT ON COLUMN catalog.protocols.id IS 'Identifier of the protocol in all four stores.';
COMMENT ON COLUMN catalog.protocols.slug IS 'Readable key in lower case, such as aave-v3.';
COMMENT ON COLUMN catalog.protocols.name IS 'Name as the protocol writes it.';
COMMENT ON COLUMN catalog.protocols.description IS 'What it does, in a few sentences.';
COMMENT ON COLUMN catalog.protocols.category IS
    'Kind of business, such as Lending, Dexes or Liquid Staking.';
COMMENT ON COLUMN catalog.protocols.parent_id IS
    'The project this protocol is a version or part of.';
COMMENT ON COLUMN catalog.protocols.token_asset_id IS 'Its governance token.';
COMMENT ON COLUMN catalog.protocols.website_url IS 'Home page.';
COMMENT ON COLUMN catalog.protocols.twitter_handle IS 'Account name on X, without the at sign.';
COMMENT ON COLUMN catalog.protocols.discord_url IS 'Discord invitation.';
COMMENT ON COLUMN catalog.protocols.telegram_url IS 'Telegram group.';
COMMENT ON COLUMN catalog.protocols.logo_url IS 'Address of a picture.';
COMMENT ON COLUMN catalog.protocols.audit_count IS
    'Published audits known to us; null when unknown.';
COMMENT ON COLUMN catalog.protocols.listed_on IS 'Day the protocol was first listed by the source.';
COMMENT ON COLUMN catalog.protocols.is_active IS
    'False for protocols that are dead, rugged or withdrawn.';
COMMENT ON COLUMN catalog.protocols.metadata IS
    'Further facts from the source, by name: oracles, forks, repositories.';
COMMENT ON COLUMN catalog.protocols.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN catalog.protocols.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON catalog.protocols
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CREATE INDEX protocols_name_id_idx ON catalog.protocols (name, id);
CREATE INDEX protocols_category_name_id_idx ON catalog.protocols (category, name, id);
CREATE INDEX protocols_parent_id_idx ON catalog.protocols (parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX protocols_token_asset_id_idx ON catalog.protocols (token_asset_id)
    WHERE token_asset_id IS NOT NULL;
CREATE INDEX protocols_updated_at_id_idx ON catalog.protocols (updated_at DESC, id DESC);
CREATE INDEX protocols_lower_name_idx ON catalog.protocols (lower(name) text_pattern_ops);
CREATE INDEX protocols_text_idx ON catalog.protocols
    USING gin (to_tsvector('english', name || ' ' || category || ' ' || coalesce(description, '')));

CREATE TABLE catalog.protocol_aliases (
    source text NOT NULL,
    alias text NOT NULL CHECK (alias <> ''),
    protocol_id uuid NOT NULL REFERENCES catalog.protocols (id),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (source, alias)
);
COMMENT ON TABLE catalog.protocol_aliases IS
    'Other names a source uses for a protocol, so that two spellings load as one.';
COMMENT ON COLUMN catalog.protocol_aliases.source IS 'Who uses the name, such as defillama.';
COMMENT ON COLUMN catalog.protocol_aliases.alias IS 'The name or key there.';
COMMENT ON COLUMN catalog.protocol_aliases.protocol_id IS 'The protocol meant.';
COMMENT ON COLUMN catalog.protocol_aliases.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN catalog.protocol_aliases.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON catalog.protocol_aliases
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CREATE INDEX protocol_aliases_protocol_id_idx ON catalog.protocol_aliases (protocol_id);

CREATE TABLE catalog.protocol_deployments (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    protocol_id uuid NOT NULL REFERENCES catalog.protocols (id),
    chain_id bigint NOT NULL REFERENCES catalog.chains (id),
    contract_address text
        CHECK (length(contract_address) BETWEEN 1 AND 128
            AND (contract_address = lower(contract_address) OR contract_address NOT ILIKE '0x%')),
    is_primary boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE NULLS NOT DISTINCT (protocol_id, chain_id, contract_address),
    UNIQUE (chain_id, contract_address)
);
COMMENT ON TABLE catalog.protocol_deployments IS
    'A protocol on one chain, with its main contract when that is known.';
COMMENT ON COLUMN catalog.protocol_deployments.id IS 'Identifier of the deployment.';
COMMENT ON COLUMN catalog.protocol_deployments.protocol_id IS 'The protocol.';
COMMENT ON COLUMN catalog.protocol_deployments.chain_id IS 'The chain it runs on.';
COMMENT ON COLUMN catalog.protocol_deployments.contract_address IS
    'Main contract; null when only the chain is known.';
COMMENT ON COLUMN catalog.protocol_deployments.is_primary IS
    'Whether this is the home chain of the protocol.';
COMMENT ON COLUMN catalog.protocol_deployments.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN catalog.protocol_deployments.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON catalog.protocol_deployments
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CREATE UNIQUE INDEX protocol_deployments_primary_key ON catalog.protocol_deployments (protocol_id)
    WHERE is_primary;
CREATE INDEX protocol_deployments_chain_id_protocol_id_idx
    ON catalog.protocol_deployments (chain_id, protocol_id);

CREATE TABLE catalog.protocol_latest (
    protocol_id uuid NOT NULL REFERENCES catalog.protocols (id),
    chain_id bigint NOT NULL REFERENCES catalog.chains (id),
    tvl_usd numeric(38,8),
    tvl_24h_ago_usd numeric(38,8),
    tvl_7d_ago_usd numeric(38,8),
    volume_24h_usd numeric(38,8) CHECK (volume_24h_usd >= 0),
    fees_24h_usd numeric(38,8) CHECK (fees_24h_usd >= 0),
    tvl_change_24h_pct numeric(18,6),
    tvl_change_7d_pct numeric(18,6),
    observed_at timestamptz NOT NULL,
    indexed_at timestamptz NOT NULL DEFAULT now(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (protocol_id, chain_id)
);
COMMENT ON TABLE catalog.protocol_latest IS
    'The newest known figures of a protocol on one chain. Written by jobs from the ClickHouse '
    'series, so that lists can be sorted by them here. Unknown is null, never zero.';
COMMENT ON COLUMN catalog.protocol_latest.protocol_id IS 'The protocol.';
COMMENT ON COLUMN catalog.protocol_latest.chain_id IS 'The chain.';
COMMENT ON COLUMN catalog.protocol_latest.tvl_usd IS 'Total value locked, in US dollars.';
COMMENT ON COLUMN catalog.protocol_latest.tvl_24h_ago_usd IS
    'Value locked 24 to 26 hours before observed_at, in US dollars; null when nothing was '
    'measured then.';
COMMENT ON COLUMN catalog.protocol_latest.tvl_7d_ago_usd IS
    'Value locked seven days before observed_at, in US dollars; null when nothing was measured '
    'then.';
COMMENT ON COLUMN catalog.protocol_latest.volume_24h_usd IS
    'Traded in the 24 hours before observed_at, in US dollars.';
COMMENT ON COLUMN catalog.protocol_latest.fees_24h_usd IS
    'Fees paid by users in the 24 hours before observed_at, in US dollars.';
COMMENT ON COLUMN catalog.protocol_latest.tvl_change_24h_pct IS
    'Change of value locked over 24 hours, in percent.';
COMMENT ON COLUMN catalog.protocol_latest.tvl_change_7d_pct IS
    'Change of value locked over seven days, in percent.';
COMMENT ON COLUMN catalog.protocol_latest.observed_at IS 'When the figures were measured (UTC).';
COMMENT ON COLUMN catalog.protocol_latest.indexed_at IS
    'When the figures reached this table (UTC).';
COMMENT ON COLUMN catalog.protocol_latest.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN catalog.protocol_latest.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON catalog.protocol_latest
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CREATE INDEX protocol_latest_chain_id_tvl_usd_protocol_id_idx
    ON catalog.protocol_latest (chain_id, tvl_usd DESC NULLS LAST, protocol_id DESC);

-- migrate:down
DROP TABLE catalog.protocol_latest;
DROP TABLE catalog.protocol_deployments;
DROP TABLE catalog.protocol_aliases;
DROP TABLE catalog.protocols;
DROP TABLE catalog.chain_heads;
ALTER TABLE catalog.chains DROP CONSTRAINT chains_native_asset_id_fkey;
DROP TABLE catalog.assets;
DROP TABLE catalog.chains;
DROP TYPE catalog.asset_type;
