-- Places and warnings of the public catalogue: wallets, contracts, pools and bridges, and what
-- others say about addresses. Who owns a wallet is not said here: that is private
-- (account.user_wallets). Figures on a row are the newest ones, refreshed by jobs, so that lists
-- can be sorted by them; unknown is null, never zero.

-- migrate:up
CREATE TYPE catalog.wallet_type AS ENUM (
    'unknown', 'eoa', 'contract', 'exchange', 'bridge', 'defi_protocol'
);
COMMENT ON TYPE catalog.wallet_type IS
    'What stands behind an address: a person''s key (eoa), a contract, an exchange, a bridge or '
    'a protocol; unknown until classified.';

CREATE TYPE catalog.pool_type AS ENUM ('lp', 'lending', 'staking', 'vault');
COMMENT ON TYPE catalog.pool_type IS
    'How a pool earns: trading fees (lp), interest (lending), consensus rewards (staking) or a '
    'managed strategy (vault).';

CREATE TABLE catalog.wallets (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    chain_id bigint NOT NULL REFERENCES catalog.chains (id),
    address text NOT NULL
        CHECK (length(address) BETWEEN 1 AND 128
            AND (address = lower(address) OR address NOT ILIKE '0x%')),
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
COMMENT ON TABLE catalog.wallets IS
    'An address on one chain, with what its public activity shows. Who owns it is a private '
    'fact and stands in account.user_wallets.';
COMMENT ON COLUMN catalog.wallets.id IS 'Identifier of the wallet in all four stores.';
COMMENT ON COLUMN catalog.wallets.chain_id IS 'The chain the address is on.';
COMMENT ON COLUMN catalog.wallets.address IS 'The address; EVM addresses in lower case.';
COMMENT ON COLUMN catalog.wallets.label IS 'Best-known name of the address, such as Binance 14.';
COMMENT ON COLUMN catalog.wallets.wallet_type IS 'What stands behind the address.';
COMMENT ON COLUMN catalog.wallets.smart_money_score IS
    'How well the wallet trades, 0 to 1, over the last 90 days; null when it closed no trade.';
COMMENT ON COLUMN catalog.wallets.total_pnl_usd IS
    'Profit or loss of all closed trades, in US dollars; null when none could be priced.';
COMMENT ON COLUMN catalog.wallets.win_rate IS
    'Share of closed trades with a profit, 0 to 1; null without closed trades.';
COMMENT ON COLUMN catalog.wallets.total_trades IS 'Trades seen so far.';
COMMENT ON COLUMN catalog.wallets.avg_trade_size_usd IS
    'Mean size of a priced trade, in US dollars.';
COMMENT ON COLUMN catalog.wallets.transaction_count IS 'Transactions seen so far, trades or not.';
COMMENT ON COLUMN catalog.wallets.first_seen_at IS 'Earliest activity seen (UTC).';
COMMENT ON COLUMN catalog.wallets.last_activity_at IS 'Latest activity seen (UTC).';
COMMENT ON COLUMN catalog.wallets.indexed_at IS
    'When the figures of this row were last recomputed (UTC).';
COMMENT ON COLUMN catalog.wallets.is_active IS 'Whether the wallet is still followed.';
COMMENT ON COLUMN catalog.wallets.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN catalog.wallets.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON catalog.wallets
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CREATE INDEX wallets_address_idx ON catalog.wallets (address);
CREATE INDEX wallets_smart_money_score_id_idx
    ON catalog.wallets (smart_money_score DESC NULLS LAST, id DESC);
CREATE INDEX wallets_last_activity_at_id_idx
    ON catalog.wallets (last_activity_at DESC NULLS LAST, id DESC);
CREATE INDEX wallets_total_pnl_usd_id_idx ON catalog.wallets (total_pnl_usd DESC NULLS LAST, id DESC);
CREATE INDEX wallets_transaction_count_id_idx ON catalog.wallets (transaction_count DESC, id DESC);

CREATE TABLE catalog.contracts (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    chain_id bigint NOT NULL REFERENCES catalog.chains (id),
    address text NOT NULL
        CHECK (length(address) BETWEEN 1 AND 128
            AND (address = lower(address) OR address NOT ILIKE '0x%')),
    name text,
    protocol_id uuid REFERENCES catalog.protocols (id),
    is_verified boolean,
    bytecode_hash text
        CHECK (length(bytecode_hash) BETWEEN 1 AND 128
            AND (bytecode_hash = lower(bytecode_hash) OR bytecode_hash NOT ILIKE '0x%')),
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
COMMENT ON COLUMN catalog.contracts.is_verified IS
    'Whether its source is published and matches; null when never checked.';
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
    pool_address text
        CHECK (length(pool_address) BETWEEN 1 AND 128
            AND (pool_address = lower(pool_address) OR pool_address NOT ILIKE '0x%')),
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
COMMENT ON TABLE catalog.yield_pools IS
    'A place to earn on an asset, with its newest figures. The history is in ClickHouse '
    'yield_metrics.';
COMMENT ON COLUMN catalog.yield_pools.id IS 'Identifier of the pool in all four stores.';
COMMENT ON COLUMN catalog.yield_pools.protocol_id IS 'The protocol that runs it.';
COMMENT ON COLUMN catalog.yield_pools.chain_id IS 'The chain it is on.';
COMMENT ON COLUMN catalog.yield_pools.pool_address IS
    'Its contract; null when the source does not say.';
COMMENT ON COLUMN catalog.yield_pools.source_ref IS
    'Key of the pool at the source, where it has no address of its own.';
COMMENT ON COLUMN catalog.yield_pools.name IS 'What it holds, such as USDC-WETH.';
COMMENT ON COLUMN catalog.yield_pools.pool_type IS 'How it earns.';
COMMENT ON COLUMN catalog.yield_pools.asset_ids IS 'Assets to deposit.';
COMMENT ON COLUMN catalog.yield_pools.reward_asset_ids IS 'Assets paid as extra rewards.';
COMMENT ON COLUMN catalog.yield_pools.apy_pct IS
    'Newest yearly yield with compounding, in percent.';
COMMENT ON COLUMN catalog.yield_pools.apy_base_pct IS
    'The part of the yield from fees or interest, in percent.';
COMMENT ON COLUMN catalog.yield_pools.apy_reward_pct IS
    'The part of the yield from reward tokens, in percent.';
COMMENT ON COLUMN catalog.yield_pools.tvl_usd IS 'Newest value locked, in US dollars.';
COMMENT ON COLUMN catalog.yield_pools.observed_at IS 'When the figures were measured (UTC).';
COMMENT ON COLUMN catalog.yield_pools.indexed_at IS 'When the figures reached this table (UTC).';
COMMENT ON COLUMN catalog.yield_pools.is_active IS 'Whether the pool still accepts deposits.';
COMMENT ON COLUMN catalog.yield_pools.metadata IS 'Further facts from the source, by name.';
COMMENT ON COLUMN catalog.yield_pools.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN catalog.yield_pools.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON catalog.yield_pools
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CREATE UNIQUE INDEX yield_pools_address_key
    ON catalog.yield_pools (chain_id, pool_address, protocol_id, source_ref) NULLS NOT DISTINCT
    WHERE pool_address IS NOT NULL;
CREATE INDEX yield_pools_protocol_id_name_id_idx ON catalog.yield_pools (protocol_id, name, id);
CREATE INDEX yield_pools_chain_id_tvl_usd_id_idx
    ON catalog.yield_pools (chain_id, tvl_usd DESC NULLS LAST, id DESC);
CREATE INDEX yield_pools_tvl_usd_id_idx ON catalog.yield_pools (tvl_usd DESC NULLS LAST, id DESC);
CREATE INDEX yield_pools_apy_pct_id_idx ON catalog.yield_pools (apy_pct DESC NULLS LAST, id DESC);
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
COMMENT ON COLUMN catalog.bridges.protocol_id IS
    'The same thing as a protocol, when it is listed as one.';
COMMENT ON COLUMN catalog.bridges.chain_ids IS 'Chains it connects (catalog.chains).';
COMMENT ON COLUMN catalog.bridges.contracts IS 'Contract addresses by chain id.';
COMMENT ON COLUMN catalog.bridges.supported_routes IS
    'Pairs of chains and assets it carries, when they are fewer than all.';
COMMENT ON COLUMN catalog.bridges.audit_status IS 'What is known about audits.';
COMMENT ON COLUMN catalog.bridges.large_transfer_usd IS
    'Size from which the source calls a transfer large, in US dollars.';
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
    address text NOT NULL
        CHECK (length(address) BETWEEN 1 AND 128
            AND (address = lower(address) OR address NOT ILIKE '0x%')),
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
COMMENT ON TABLE catalog.address_labels IS
    'What a source says about an address, and how sure it is. Several sources may speak about '
    'one address.';
COMMENT ON COLUMN catalog.address_labels.id IS 'Identifier of the label.';
COMMENT ON COLUMN catalog.address_labels.chain_id IS 'The chain of the address.';
COMMENT ON COLUMN catalog.address_labels.address IS 'The address; EVM addresses in lower case.';
COMMENT ON COLUMN catalog.address_labels.name IS 'Name tag, such as Binance 14.';
COMMENT ON COLUMN catalog.address_labels.labels IS
    'Kinds the source puts the address in, such as exchange, fund or phishing.';
COMMENT ON COLUMN catalog.address_labels.source IS 'Who says so.';
COMMENT ON COLUMN catalog.address_labels.confidence IS
    'How sure the source is, 0 to 1; null when it does not say.';
COMMENT ON COLUMN catalog.address_labels.evidence IS
    'What the label rests on: links, transactions, method.';
COMMENT ON COLUMN catalog.address_labels.first_seen_at IS 'When the source first said so (UTC).';
COMMENT ON COLUMN catalog.address_labels.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN catalog.address_labels.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON catalog.address_labels
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CREATE INDEX address_labels_address_idx ON catalog.address_labels (address);
CREATE INDEX address_labels_name_id_idx ON catalog.address_labels (name, id);
CREATE INDEX address_labels_lower_name_idx
    ON catalog.address_labels (lower(name) text_pattern_ops);
CREATE INDEX address_labels_labels_idx ON catalog.address_labels USING gin (labels);

CREATE TABLE catalog.incidents (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    occurred_on date NOT NULL,
    name text NOT NULL,
    attack_type text,
    protocol_id uuid REFERENCES catalog.protocols (id),
    chain_id bigint REFERENCES catalog.chains (id),
    chain_name text,
    tx_hash text
        CHECK (length(tx_hash) BETWEEN 1 AND 128
            AND (tx_hash = lower(tx_hash) OR tx_hash NOT ILIKE '0x%')),
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
COMMENT ON COLUMN catalog.incidents.attack_type IS
    'How it was done, such as reentrancy or price manipulation.';
COMMENT ON COLUMN catalog.incidents.protocol_id IS
    'The protocol that was hit, when it is in the catalogue.';
COMMENT ON COLUMN catalog.incidents.chain_id IS 'The chain it happened on, when known.';
COMMENT ON COLUMN catalog.incidents.chain_name IS 'The chain as the source writes it.';
COMMENT ON COLUMN catalog.incidents.tx_hash IS 'The attacking transaction.';
COMMENT ON COLUMN catalog.incidents.loss_usd IS
    'Loss in US dollars at the time; null when the source gives another unit.';
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
CREATE INDEX incidents_occurred_on_id_idx ON catalog.incidents (occurred_on DESC, id DESC);
CREATE INDEX incidents_loss_usd_id_idx ON catalog.incidents (loss_usd DESC NULLS LAST, id DESC);
CREATE INDEX incidents_protocol_id_occurred_on_id_idx
    ON catalog.incidents (protocol_id, occurred_on DESC, id DESC)
    WHERE protocol_id IS NOT NULL;
CREATE INDEX incidents_chain_id_idx ON catalog.incidents (chain_id) WHERE chain_id IS NOT NULL;

-- migrate:down
DROP TABLE catalog.incidents;
DROP TABLE catalog.address_labels;
DROP TABLE catalog.bridges;
DROP TABLE catalog.yield_pools;
DROP TABLE catalog.contracts;
DROP TABLE catalog.wallets;
DROP TYPE catalog.pool_type;
DROP TYPE catalog.wallet_type;
