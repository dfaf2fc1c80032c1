-- The public catalogue: what every other schema points at. Nobody owns these rows, so there is no
-- row-level security; jobs and the loader write them, everybody else reads.
-- A contract identifies an asset, never its symbol; a protocol lives on many chains; a chain that
-- is not EVM gets a negative id. Catalogue rows are switched off with is_active, not deleted:
-- history refers to them, and no foreign key cascades from here.

-- migrate:up
CREATE TYPE catalog.asset_type AS ENUM (
    'crypto', 'lp_token', 'staked_token', 'yield_token', 'rwa_token', 'nft'
);
COMMENT ON TYPE catalog.asset_type IS 'What kind of thing an asset is: a plain coin or token, a liquidity-pool share, a staked or yield-bearing receipt, a tokenised real-world asset, or a non-fungible token.';

CREATE TYPE catalog.wallet_type AS ENUM (
    'unknown', 'eoa', 'contract', 'exchange', 'bridge', 'defi_protocol'
);
COMMENT ON TYPE catalog.wallet_type IS 'What stands behind an address: a person''s key (eoa), a contract, an exchange, a bridge or a protocol; unknown until classified.';

CREATE TYPE catalog.pool_type AS ENUM ('lp', 'lending', 'staking', 'vault');
COMMENT ON TYPE catalog.pool_type IS 'How a pool earns: trading fees (lp), interest (lending), consensus rewards (staking) or a managed strategy (vault).';

CREATE TYPE catalog.wallet_transaction_type AS ENUM (
    'transfer', 'swap', 'mint', 'burn', 'deposit', 'withdraw', 'borrow', 'repay', 'stake',
    'unstake', 'claim', 'bridge', 'approve', 'liquidation', 'contract_creation',
    'contract_call', 'other'
);
COMMENT ON TYPE catalog.wallet_transaction_type IS 'What a wallet did, as far as the transaction could be decoded.';

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
COMMENT ON TABLE catalog.chains IS 'A blockchain. Its id is the EVM chain id, or a negative number of our own when the chain is not EVM.';
COMMENT ON COLUMN catalog.chains.id IS 'EVM chain id (1 is Ethereum); negative for chains that have none.';
COMMENT ON COLUMN catalog.chains.caip2 IS 'Chain-agnostic name by CAIP-2, such as eip155:1 or solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp.';
COMMENT ON COLUMN catalog.chains.slug IS 'Readable key in lower case, such as ethereum or arbitrum-one.';
COMMENT ON COLUMN catalog.chains.short_name IS 'Abbreviation used in address prefixes by EIP-3770, such as eth or arb1.';
COMMENT ON COLUMN catalog.chains.name IS 'Full name, such as Ethereum Mainnet.';
COMMENT ON COLUMN catalog.chains.native_symbol IS 'Ticker of the coin that pays for gas.';
COMMENT ON COLUMN catalog.chains.native_asset_id IS 'The asset that pays for gas.';
COMMENT ON COLUMN catalog.chains.parent_chain_id IS 'The chain a rollup or sidechain settles on; null for a layer 1.';
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
    contract_address text CHECK (length(contract_address) BETWEEN 1 AND 128 AND (contract_address = lower(contract_address) OR contract_address NOT ILIKE '0x%')),
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
COMMENT ON TABLE catalog.assets IS 'A coin or token on one chain. Without a contract address it is the chain''s native coin; without a chain it is a ticker known only from price feeds.';
COMMENT ON COLUMN catalog.assets.id IS 'Identifier of the asset in all four stores.';
COMMENT ON COLUMN catalog.assets.symbol IS 'Ticker as written on chain; not unique.';
COMMENT ON COLUMN catalog.assets.name IS 'Full name.';
COMMENT ON COLUMN catalog.assets.asset_type IS 'What kind of thing the asset is.';
COMMENT ON COLUMN catalog.assets.chain_id IS 'Chain the asset lives on; null when it is known by ticker only.';
COMMENT ON COLUMN catalog.assets.contract_address IS 'Token contract; null for a native coin. EVM addresses in lower case.';
COMMENT ON COLUMN catalog.assets.decimals IS 'Digits after the point of one whole unit; null when unknown.';
COMMENT ON COLUMN catalog.assets.logo_url IS 'Address of a picture.';
COMMENT ON COLUMN catalog.assets.coingecko_id IS 'Key of the asset at CoinGecko.';
COMMENT ON COLUMN catalog.assets.coinmarketcap_id IS 'Key of the asset at CoinMarketCap.';
COMMENT ON COLUMN catalog.assets.is_stablecoin IS 'Whether it is meant to keep a fixed price.';
COMMENT ON COLUMN catalog.assets.is_wrapped IS 'Whether it stands for another asset locked elsewhere.';
COMMENT ON COLUMN catalog.assets.is_active IS 'Whether the asset is still shown and priced.';
COMMENT ON COLUMN catalog.assets.metadata IS 'Further facts from the source, by name.';
COMMENT ON COLUMN catalog.assets.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN catalog.assets.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON catalog.assets
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CREATE UNIQUE INDEX assets_chain_id_contract_address_key ON catalog.assets (chain_id, contract_address) NULLS NOT DISTINCT
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
    block_hash text CHECK (length(block_hash) BETWEEN 1 AND 128 AND (block_hash = lower(block_hash) OR block_hash NOT ILIKE '0x%')),
    block_at timestamptz NOT NULL,
    indexed_at timestamptz NOT NULL DEFAULT now(),
    source text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE catalog.chain_heads IS 'How far each chain has been read: the newest block that is in the stores, and when it got there.';
COMMENT ON COLUMN catalog.chain_heads.chain_id IS 'The chain.';
COMMENT ON COLUMN catalog.chain_heads.block_number IS 'Height of the newest block read.';
COMMENT ON COLUMN catalog.chain_heads.block_hash IS 'Hash of that block.';
COMMENT ON COLUMN catalog.chain_heads.block_at IS 'Time written in that block (UTC).';
COMMENT ON COLUMN catalog.chain_heads.indexed_at IS 'When the block reached the stores (UTC); minus block_at it is the lag.';
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
COMMENT ON COLUMN catalog.protocols.category IS 'Kind of business, such as Lending, Dexes or Liquid Staking.';
COMMENT ON COLUMN catalog.protocols.parent_id IS 'The project this protocol is a version or part of.';
COMMENT ON COLUMN catalog.protocols.token_asset_id IS 'Its governance token.';
COMMENT ON COLUMN catalog.protocols.website_url IS 'Home page.';
COMMENT ON COLUMN catalog.protocols.twitter_handle IS 'Account name on X, without the at sign.';
COMMENT ON COLUMN catalog.protocols.discord_url IS 'Discord invitation.';
COMMENT ON COLUMN catalog.protocols.telegram_url IS 'Telegram group.';
COMMENT ON COLUMN catalog.protocols.logo_url IS 'Address of a picture.';
COMMENT ON COLUMN catalog.protocols.audit_count IS 'Published audits known to us; null when unknown.';
COMMENT ON COLUMN catalog.protocols.listed_on IS 'Day the protocol was first listed by the source.';
COMMENT ON COLUMN catalog.protocols.is_active IS 'False for protocols that are dead, rugged or withdrawn.';
COMMENT ON COLUMN catalog.protocols.metadata IS 'Further facts from the source, by name: oracles, forks, repositories.';
COMMENT ON COLUMN catalog.protocols.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN catalog.protocols.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON catalog.protocols
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CREATE INDEX protocols_name_id_idx ON catalog.protocols (name, id);
CREATE INDEX protocols_category_name_id_idx ON catalog.protocols (category, name, id);
CREATE INDEX protocols_parent_id_idx ON catalog.protocols (parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX protocols_token_asset_id_idx ON catalog.protocols (token_asset_id)
    WHERE token_asset_id IS NOT NULL;
CREATE INDEX protocols_updated_at_id_idx ON catalog.protocols (updated_at DESC, id);
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
COMMENT ON TABLE catalog.protocol_aliases IS 'Other names a source uses for a protocol, so that two spellings load as one.';
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
    contract_address text CHECK (length(contract_address) BETWEEN 1 AND 128 AND (contract_address = lower(contract_address) OR contract_address NOT ILIKE '0x%')),
    is_primary boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE NULLS NOT DISTINCT (protocol_id, chain_id, contract_address),
    UNIQUE (chain_id, contract_address)
);
COMMENT ON TABLE catalog.protocol_deployments IS 'A protocol on one chain, with its main contract when that is known.';
COMMENT ON COLUMN catalog.protocol_deployments.id IS 'Identifier of the deployment.';
COMMENT ON COLUMN catalog.protocol_deployments.protocol_id IS 'The protocol.';
COMMENT ON COLUMN catalog.protocol_deployments.chain_id IS 'The chain it runs on.';
COMMENT ON COLUMN catalog.protocol_deployments.contract_address IS 'Main contract; null when only the chain is known.';
COMMENT ON COLUMN catalog.protocol_deployments.is_primary IS 'Whether this is the home chain of the protocol.';
COMMENT ON COLUMN catalog.protocol_deployments.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN catalog.protocol_deployments.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON catalog.protocol_deployments
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CREATE UNIQUE INDEX protocol_deployments_primary_key ON catalog.protocol_deployments (protocol_id)
    WHERE is_primary;
CREATE INDEX protocol_deployments_chain_id_protocol_id_idx ON catalog.protocol_deployments (chain_id, protocol_id);

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
COMMENT ON TABLE catalog.protocol_latest IS 'The newest known figures of a protocol on one chain. Written by jobs from the ClickHouse series, so that lists can be sorted by them here. Unknown is null, never zero.';
COMMENT ON COLUMN catalog.protocol_latest.protocol_id IS 'The protocol.';
COMMENT ON COLUMN catalog.protocol_latest.chain_id IS 'The chain.';
COMMENT ON COLUMN catalog.protocol_latest.tvl_usd IS 'Total value locked, in US dollars.';
COMMENT ON COLUMN catalog.protocol_latest.tvl_24h_ago_usd IS 'Value locked 24 to 26 hours before observed_at, in US dollars; null when nothing was measured then.';
COMMENT ON COLUMN catalog.protocol_latest.tvl_7d_ago_usd IS 'Value locked seven days before observed_at, in US dollars; null when nothing was measured then.';
COMMENT ON COLUMN catalog.protocol_latest.volume_24h_usd IS 'Traded in the 24 hours before observed_at, in US dollars.';
COMMENT ON COLUMN catalog.protocol_latest.fees_24h_usd IS 'Fees paid by users in the 24 hours before observed_at, in US dollars.';
COMMENT ON COLUMN catalog.protocol_latest.tvl_change_24h_pct IS 'Change of value locked over 24 hours, in percent.';
COMMENT ON COLUMN catalog.protocol_latest.tvl_change_7d_pct IS 'Change of value locked over seven days, in percent.';
COMMENT ON COLUMN catalog.protocol_latest.observed_at IS 'When the figures were measured (UTC).';
COMMENT ON COLUMN catalog.protocol_latest.indexed_at IS 'When the figures reached this table (UTC).';
COMMENT ON COLUMN catalog.protocol_latest.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN catalog.protocol_latest.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON catalog.protocol_latest
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CREATE INDEX protocol_latest_chain_id_tvl_usd_protocol_id_idx ON catalog.protocol_latest (chain_id, tvl_usd DESC NULLS LAST, protocol_id);

CREATE TABLE catalog.wallets (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    chain_id bigint NOT NULL REFERENCES catalog.chains (id),
    address text NOT NULL CHECK (length(address) BETWEEN 1 AND 128 AND (address = lower(address) OR address NOT ILIKE '0x%')),
    label text,
    wallet_type catalog.wallet_type NOT NULL DEFAULT 'unknown',
    smart_money_score numeric(5,4) CHECK (smart_money_score BETWEEN 0 AND 1),
    total_pnl_usd numeric(38,8),
    win_rate numeric(5,4) CHECK (win_rate BETWEEN 0 AND 1),
    total_trades bigint NOT NULL DEFAULT 0 CHECK (total_trades >= 0),
    avg_trade_size_usd numeric(38,8) CHECK (avg_trade_size_usd >= 0),
    transaction_count bigint NOT NULL DEFAULT 0 CHECK (transaction_count >= 0),
    first_seen_at timestamptz,
    last_activity_at timestamptz,
    indexed_at timestamptz,
    is_active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (chain_id, address)
);
COMMENT ON TABLE catalog.wallets IS 'An address on one chain, with what its public activity shows. Who owns it is a private fact and stands in account.user_wallets.';
COMMENT ON COLUMN catalog.wallets.id IS 'Identifier of the wallet in all four stores.';
COMMENT ON COLUMN catalog.wallets.chain_id IS 'The chain the address is on.';
COMMENT ON COLUMN catalog.wallets.address IS 'The address; EVM addresses in lower case.';
COMMENT ON COLUMN catalog.wallets.label IS 'Best-known name of the address, such as Binance 14.';
COMMENT ON COLUMN catalog.wallets.wallet_type IS 'What stands behind the address.';
COMMENT ON COLUMN catalog.wallets.smart_money_score IS 'How well the wallet trades, 0 to 1, over the last 90 days; null when it closed no trade.';
COMMENT ON COLUMN catalog.wallets.total_pnl_usd IS 'Profit or loss of all closed trades, in US dollars; null when none could be priced.';
COMMENT ON COLUMN catalog.wallets.win_rate IS 'Share of closed trades with a profit, 0 to 1; null without closed trades.';
COMMENT ON COLUMN catalog.wallets.total_trades IS 'Trades seen so far.';
COMMENT ON COLUMN catalog.wallets.avg_trade_size_usd IS 'Mean size of a priced trade, in US dollars.';
COMMENT ON COLUMN catalog.wallets.transaction_count IS 'Transactions seen so far, trades or not.';
COMMENT ON COLUMN catalog.wallets.first_seen_at IS 'Earliest activity seen (UTC).';
COMMENT ON COLUMN catalog.wallets.last_activity_at IS 'Latest activity seen (UTC).';
COMMENT ON COLUMN catalog.wallets.indexed_at IS 'When the figures of this row were last recomputed (UTC).';
COMMENT ON COLUMN catalog.wallets.is_active IS 'Whether the wallet is still followed.';
COMMENT ON COLUMN catalog.wallets.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN catalog.wallets.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON catalog.wallets
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CREATE INDEX wallets_address_idx ON catalog.wallets (address);
CREATE INDEX wallets_smart_money_score_id_idx ON catalog.wallets (smart_money_score DESC NULLS LAST, id);
CREATE INDEX wallets_last_activity_at_id_idx ON catalog.wallets (last_activity_at DESC NULLS LAST, id);
CREATE INDEX wallets_total_pnl_usd_id_idx ON catalog.wallets (total_pnl_usd DESC NULLS LAST, id);
CREATE INDEX wallets_transaction_count_id_idx ON catalog.wallets (transaction_count DESC, id);

CREATE TABLE catalog.contracts (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    chain_id bigint NOT NULL REFERENCES catalog.chains (id),
    address text NOT NULL CHECK (length(address) BETWEEN 1 AND 128 AND (address = lower(address) OR address NOT ILIKE '0x%')),
    name text,
    protocol_id uuid REFERENCES catalog.protocols (id),
    is_verified boolean,
    bytecode_hash text CHECK (length(bytecode_hash) BETWEEN 1 AND 128 AND (bytecode_hash = lower(bytecode_hash) OR bytecode_hash NOT ILIKE '0x%')),
    deployed_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (chain_id, address)
);
COMMENT ON TABLE catalog.contracts IS 'A contract that can be scanned, audited and scored.';
COMMENT ON COLUMN catalog.contracts.id IS 'Identifier of the contract.';
COMMENT ON COLUMN catalog.contracts.chain_id IS 'The chain it is deployed on.';
COMMENT ON COLUMN catalog.contracts.address IS 'Its address; EVM addresses in lower case.';
COMMENT ON COLUMN catalog.contracts.name IS 'Name in its verified source.';
COMMENT ON COLUMN catalog.contracts.protocol_id IS 'The protocol it belongs to.';
COMMENT ON COLUMN catalog.contracts.is_verified IS 'Whether its source is published and matches; null when never checked.';
COMMENT ON COLUMN catalog.contracts.bytecode_hash IS 'Hash of the deployed code, to find copies.';
COMMENT ON COLUMN catalog.contracts.deployed_at IS 'When it was created on chain (UTC).';
COMMENT ON COLUMN catalog.contracts.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN catalog.contracts.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON catalog.contracts
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CREATE INDEX contracts_protocol_id_id_idx ON catalog.contracts (protocol_id, id);
CREATE INDEX contracts_bytecode_hash_idx ON catalog.contracts (bytecode_hash)
    WHERE bytecode_hash IS NOT NULL;

CREATE TABLE catalog.yield_pools (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    protocol_id uuid NOT NULL REFERENCES catalog.protocols (id),
    chain_id bigint NOT NULL REFERENCES catalog.chains (id),
    pool_address text CHECK (length(pool_address) BETWEEN 1 AND 128 AND (pool_address = lower(pool_address) OR pool_address NOT ILIKE '0x%')),
    source_ref text,
    name text NOT NULL,
    pool_type catalog.pool_type NOT NULL DEFAULT 'lp',
    asset_ids uuid[] NOT NULL DEFAULT '{}',
    reward_asset_ids uuid[] NOT NULL DEFAULT '{}',
    apy_pct numeric(18,6),
    apy_base_pct numeric(18,6),
    apy_reward_pct numeric(18,6),
    tvl_usd numeric(38,8) CHECK (tvl_usd >= 0),
    observed_at timestamptz,
    indexed_at timestamptz,
    is_active boolean NOT NULL DEFAULT true,
    metadata jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE catalog.yield_pools IS 'A place to earn on an asset, with its newest figures. The history is in ClickHouse yield_metrics.';
COMMENT ON COLUMN catalog.yield_pools.id IS 'Identifier of the pool in all four stores.';
COMMENT ON COLUMN catalog.yield_pools.protocol_id IS 'The protocol that runs it.';
COMMENT ON COLUMN catalog.yield_pools.chain_id IS 'The chain it is on.';
COMMENT ON COLUMN catalog.yield_pools.pool_address IS 'Its contract; null when the source does not say.';
COMMENT ON COLUMN catalog.yield_pools.source_ref IS 'Key of the pool at the source, where it has no address of its own.';
COMMENT ON COLUMN catalog.yield_pools.name IS 'What it holds, such as USDC-WETH.';
COMMENT ON COLUMN catalog.yield_pools.pool_type IS 'How it earns.';
COMMENT ON COLUMN catalog.yield_pools.asset_ids IS 'Assets to deposit.';
COMMENT ON COLUMN catalog.yield_pools.reward_asset_ids IS 'Assets paid as extra rewards.';
COMMENT ON COLUMN catalog.yield_pools.apy_pct IS 'Newest yearly yield with compounding, in percent.';
COMMENT ON COLUMN catalog.yield_pools.apy_base_pct IS 'The part of the yield from fees or interest, in percent.';
COMMENT ON COLUMN catalog.yield_pools.apy_reward_pct IS 'The part of the yield from reward tokens, in percent.';
COMMENT ON COLUMN catalog.yield_pools.tvl_usd IS 'Newest value locked, in US dollars.';
COMMENT ON COLUMN catalog.yield_pools.observed_at IS 'When the figures were measured (UTC).';
COMMENT ON COLUMN catalog.yield_pools.indexed_at IS 'When the figures reached this table (UTC).';
COMMENT ON COLUMN catalog.yield_pools.is_active IS 'Whether the pool still accepts deposits.';
COMMENT ON COLUMN catalog.yield_pools.metadata IS 'Further facts from the source, by name.';
COMMENT ON COLUMN catalog.yield_pools.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN catalog.yield_pools.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON catalog.yield_pools
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CREATE UNIQUE INDEX yield_pools_address_key ON catalog.yield_pools (chain_id, pool_address, protocol_id, source_ref) NULLS NOT DISTINCT
    WHERE pool_address IS NOT NULL;
CREATE INDEX yield_pools_protocol_id_name_id_idx ON catalog.yield_pools (protocol_id, name, id);
CREATE INDEX yield_pools_chain_id_tvl_usd_id_idx ON catalog.yield_pools (chain_id, tvl_usd DESC NULLS LAST, id);
CREATE INDEX yield_pools_tvl_usd_id_idx ON catalog.yield_pools (tvl_usd DESC NULLS LAST, id);
CREATE INDEX yield_pools_apy_pct_id_idx ON catalog.yield_pools (apy_pct DESC NULLS LAST, id);
CREATE INDEX yield_pools_name_id_idx ON catalog.yield_pools (name, id);
CREATE INDEX yield_pools_asset_ids_idx ON catalog.yield_pools USING gin (asset_ids);

CREATE TABLE catalog.bridges (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    slug text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9][a-z0-9._-]*$'),
    name text NOT NULL CHECK (name <> ''),
    website_url text,
    protocol_id uuid REFERENCES catalog.protocols (id),
    chain_ids bigint[] NOT NULL DEFAULT '{}',
    contracts jsonb NOT NULL DEFAULT '{}',
    supported_routes jsonb NOT NULL DEFAULT '[]',
    audit_status text,
    large_transfer_usd numeric(38,8) CHECK (large_transfer_usd >= 0),
    is_active boolean NOT NULL DEFAULT true,
    metadata jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE catalog.bridges IS 'A bridge that moves assets between chains.';
COMMENT ON COLUMN catalog.bridges.id IS 'Identifier of the bridge.';
COMMENT ON COLUMN catalog.bridges.slug IS 'Readable key in lower case.';
COMMENT ON COLUMN catalog.bridges.name IS 'Name as the bridge writes it.';
COMMENT ON COLUMN catalog.bridges.website_url IS 'Home page.';
COMMENT ON COLUMN catalog.bridges.protocol_id IS 'The same thing as a protocol, when it is listed as one.';
COMMENT ON COLUMN catalog.bridges.chain_ids IS 'Chains it connects (catalog.chains).';
COMMENT ON COLUMN catalog.bridges.contracts IS 'Contract addresses by chain id.';
COMMENT ON COLUMN catalog.bridges.supported_routes IS 'Pairs of chains and assets it carries, when they are fewer than all.';
COMMENT ON COLUMN catalog.bridges.audit_status IS 'What is known about audits.';
COMMENT ON COLUMN catalog.bridges.large_transfer_usd IS 'Size from which the source calls a transfer large, in US dollars.';
COMMENT ON COLUMN catalog.bridges.is_active IS 'Whether the bridge still runs.';
COMMENT ON COLUMN catalog.bridges.metadata IS 'Further facts from the source, by name.';
COMMENT ON COLUMN catalog.bridges.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN catalog.bridges.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON catalog.bridges
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CREATE INDEX bridges_name_id_idx ON catalog.bridges (name, id);
CREATE INDEX bridges_protocol_id_idx ON catalog.bridges (protocol_id)
    WHERE protocol_id IS NOT NULL;
CREATE INDEX bridges_chain_ids_idx ON catalog.bridges USING gin (chain_ids);

CREATE TABLE catalog.address_labels (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    chain_id bigint NOT NULL REFERENCES catalog.chains (id),
    address text NOT NULL CHECK (length(address) BETWEEN 1 AND 128 AND (address = lower(address) OR address NOT ILIKE '0x%')),
    name text NOT NULL,
    labels text[] NOT NULL DEFAULT '{}',
    source text NOT NULL,
    confidence numeric(5,4) CHECK (confidence BETWEEN 0 AND 1),
    evidence jsonb NOT NULL DEFAULT '{}',
    first_seen_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (chain_id, address, source)
);
COMMENT ON TABLE catalog.address_labels IS 'What a source says about an address, and how sure it is. Several sources may speak about one address.';
COMMENT ON COLUMN catalog.address_labels.id IS 'Identifier of the label.';
COMMENT ON COLUMN catalog.address_labels.chain_id IS 'The chain of the address.';
COMMENT ON COLUMN catalog.address_labels.address IS 'The address; EVM addresses in lower case.';
COMMENT ON COLUMN catalog.address_labels.name IS 'Name tag, such as Binance 14.';
COMMENT ON COLUMN catalog.address_labels.labels IS 'Kinds the source puts the address in, such as exchange, fund or phishing.';
COMMENT ON COLUMN catalog.address_labels.source IS 'Who says so.';
COMMENT ON COLUMN catalog.address_labels.confidence IS 'How sure the source is, 0 to 1; null when it does not say.';
COMMENT ON COLUMN catalog.address_labels.evidence IS 'What the label rests on: links, transactions, method.';
COMMENT ON COLUMN catalog.address_labels.first_seen_at IS 'When the source first said so (UTC).';
COMMENT ON COLUMN catalog.address_labels.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN catalog.address_labels.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON catalog.address_labels
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CREATE INDEX address_labels_address_idx ON catalog.address_labels (address);
CREATE INDEX address_labels_name_id_idx ON catalog.address_labels (name, id);
CREATE INDEX address_labels_labels_idx ON catalog.address_labels USING gin (labels);

CREATE TABLE catalog.incidents (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    occurred_on date NOT NULL,
    name text NOT NULL,
    attack_type text,
    protocol_id uuid REFERENCES catalog.protocols (id),
    chain_id bigint REFERENCES catalog.chains (id),
    chain_name text,
    tx_hash text CHECK (length(tx_hash) BETWEEN 1 AND 128 AND (tx_hash = lower(tx_hash) OR tx_hash NOT ILIKE '0x%')),
    loss_usd numeric(38,8) CHECK (loss_usd >= 0),
    loss_amount numeric(76,18) CHECK (loss_amount >= 0),
    loss_unit text,
    loss_text text,
    reference_urls text[] NOT NULL DEFAULT '{}',
    source text NOT NULL,
    metadata jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (source, occurred_on, name)
);
COMMENT ON TABLE catalog.incidents IS 'A hack, exploit or failure in which money was lost.';
COMMENT ON COLUMN catalog.incidents.id IS 'Identifier of the incident.';
COMMENT ON COLUMN catalog.incidents.occurred_on IS 'Day it happened (UTC).';
COMMENT ON COLUMN catalog.incidents.name IS 'Who was hit, as the source writes it.';
COMMENT ON COLUMN catalog.incidents.attack_type IS 'How it was done, such as reentrancy or price manipulation.';
COMMENT ON COLUMN catalog.incidents.protocol_id IS 'The protocol that was hit, when it is in the catalogue.';
COMMENT ON COLUMN catalog.incidents.chain_id IS 'The chain it happened on, when known.';
COMMENT ON COLUMN catalog.incidents.chain_name IS 'The chain as the source writes it.';
COMMENT ON COLUMN catalog.incidents.tx_hash IS 'The attacking transaction.';
COMMENT ON COLUMN catalog.incidents.loss_usd IS 'Loss in US dollars at the time; null when the source gives another unit.';
COMMENT ON COLUMN catalog.incidents.loss_amount IS 'Loss in loss_unit.';
COMMENT ON COLUMN catalog.incidents.loss_unit IS 'Unit of loss_amount, such as USD or ETH.';
COMMENT ON COLUMN catalog.incidents.loss_text IS 'Loss in the words of the source.';
COMMENT ON COLUMN catalog.incidents.reference_urls IS 'Reports and post-mortems.';
COMMENT ON COLUMN catalog.incidents.source IS 'Who recorded it.';
COMMENT ON COLUMN catalog.incidents.metadata IS 'Further facts from the source, by name.';
COMMENT ON COLUMN catalog.incidents.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN catalog.incidents.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON catalog.incidents
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CREATE INDEX incidents_occurred_on_id_idx ON catalog.incidents (occurred_on DESC, id);
CREATE INDEX incidents_loss_usd_id_idx ON catalog.incidents (loss_usd DESC NULLS LAST, id);
CREATE INDEX incidents_protocol_id_occurred_on_id_idx ON catalog.incidents (protocol_id, occurred_on DESC, id)
    WHERE protocol_id IS NOT NULL;
CREATE INDEX incidents_chain_id_idx ON catalog.incidents (chain_id) WHERE chain_id IS NOT NULL;

-- migrate:down
DROP TABLE catalog.incidents;
DROP TABLE catalog.address_labels;
DROP TABLE catalog.bridges;
DROP TABLE catalog.yield_pools;
DROP TABLE catalog.contracts;
DROP TABLE catalog.wallets;
DROP TABLE catalog.protocol_latest;
DROP TABLE catalog.protocol_deployments;
DROP TABLE catalog.protocol_aliases;
DROP TABLE catalog.protocols;
DROP TABLE catalog.chain_heads;
ALTER TABLE catalog.chains DROP CONSTRAINT chains_native_asset_id_fkey;
DROP TABLE catalog.assets;
DROP TABLE catalog.chains;
DROP TYPE catalog.wallet_transaction_type;
DROP TYPE catalog.pool_type;
DROP TYPE catalog.wallet_type;
DROP TYPE catalog.asset_type;
