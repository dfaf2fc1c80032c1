-- What a user owns and did. A portfolio is the user's own definition and may be edited; figures
-- computed from it and the ledger may only be read, because whoever can rewrite a ledger row can
-- invent a balance: jobs write those as worker. The ledger is partitioned by hash of the
-- portfolio, not by time: its natural key (chain, hash, log index) holds within a portfolio, and a
-- time partition could not carry that key. Whatever names a portfolio and a user refers to both at
-- once, so that a row of one user can never point at the portfolio of another. Nothing cascades
-- from a user or a portfolio to its ledger: accounts are soft-deleted and emptied.

-- migrate:up
CREATE TYPE portfolio.risk_profile AS ENUM ('conservative', 'moderate', 'aggressive', 'custom');
COMMENT ON TYPE portfolio.risk_profile IS 'How much risk a portfolio may take.';

CREATE TYPE portfolio.rebalancing_strategy AS ENUM (
    'daily', 'weekly', 'monthly', 'quarterly', 'dynamic'
);
COMMENT ON TYPE portfolio.rebalancing_strategy IS
    'How often a portfolio is brought back to its target allocation.';

CREATE TYPE portfolio.visibility_level AS ENUM ('public', 'private', 'anonymous', 'maximum');
COMMENT ON TYPE portfolio.visibility_level IS
    'How visible something is on chain: public, hidden amount (private), hidden owner '
    '(anonymous), or both (maximum).';

CREATE TYPE portfolio.position_type AS ENUM (
    'spot', 'staked', 'lp_token', 'yield_farm', 'lending', 'borrowing', 'nft'
);
COMMENT ON TYPE portfolio.position_type IS 'How an asset is held.';

CREATE TYPE portfolio.strategy_type AS ENUM (
    'yield_farming', 'liquidity_provision', 'arbitrage', 'staking', 'lending'
);
COMMENT ON TYPE portfolio.strategy_type IS 'What a strategy does.';

CREATE TYPE portfolio.transaction_type AS ENUM (
    'swap', 'stake', 'unstake', 'deposit', 'withdraw', 'claim', 'bridge', 'token_transfer',
    'mint', 'burn', 'yield_harvest', 'rebalance', 'governance_vote', 'agent_activation',
    'privacy_deposit', 'privacy_withdrawal', 'stealth_generation', 'zk_proof_generation'
);
COMMENT ON TYPE portfolio.transaction_type IS 'What an entry of the ledger is.';

CREATE TYPE portfolio.transaction_status AS ENUM (
    'pending', 'confirmed', 'failed', 'reverted', 'replaced', 'cancelled'
);
COMMENT ON TYPE portfolio.transaction_status IS
    'Where an entry of the ledger stands; replaced means another transaction with the same '
    'nonce was mined.';

CREATE TYPE portfolio.verification_status AS ENUM ('pending', 'verified', 'failed', 'expired');
COMMENT ON TYPE portfolio.verification_status IS 'Whether the proof of an entry was checked.';

CREATE TABLE portfolio.portfolios (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL REFERENCES account.users (id),
    name text NOT NULL CHECK (name <> ''),
    description text,
    risk_profile portfolio.risk_profile NOT NULL DEFAULT 'moderate',
    target_allocation jsonb NOT NULL DEFAULT '{}',
    rebalancing_strategy portfolio.rebalancing_strategy NOT NULL DEFAULT 'monthly',
    max_drawdown numeric(5,4) NOT NULL DEFAULT 0.20 CHECK (max_drawdown BETWEEN 0 AND 1),
    target_return numeric(9,4) NOT NULL DEFAULT 0.15,
    anonymity_level portfolio.visibility_level NOT NULL DEFAULT 'public',
    is_default boolean NOT NULL DEFAULT false,
    is_active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (id, user_id)
);
COMMENT ON TABLE portfolio.portfolios IS
    'A collection of holdings a user looks at as one, with its goals.';
COMMENT ON COLUMN portfolio.portfolios.id IS 'Identifier of the portfolio in all four stores.';
COMMENT ON COLUMN portfolio.portfolios.user_id IS 'Whose it is.';
COMMENT ON COLUMN portfolio.portfolios.name IS 'What its owner calls it.';
COMMENT ON COLUMN portfolio.portfolios.description IS 'What it is for.';
COMMENT ON COLUMN portfolio.portfolios.risk_profile IS 'How much risk it may take.';
COMMENT ON COLUMN portfolio.portfolios.target_allocation IS
    'Wanted share of each asset or group, 0 to 1.';
COMMENT ON COLUMN portfolio.portfolios.rebalancing_strategy IS
    'How often it is brought back to the target.';
COMMENT ON COLUMN portfolio.portfolios.max_drawdown IS
    'Largest loss from a peak its owner accepts, as a share, 0 to 1.';
COMMENT ON COLUMN portfolio.portfolios.target_return IS
    'Yearly return its owner aims at, as a ratio: 0.15 is 15 percent.';
COMMENT ON COLUMN portfolio.portfolios.anonymity_level IS
    'How visible its transactions are meant to be.';
COMMENT ON COLUMN portfolio.portfolios.is_default IS 'Whether it opens first.';
COMMENT ON COLUMN portfolio.portfolios.is_active IS 'False when its owner put it away.';
COMMENT ON COLUMN portfolio.portfolios.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN portfolio.portfolios.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON portfolio.portfolios
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CREATE INDEX portfolios_user_id_created_at_id_idx
    ON portfolio.portfolios (user_id, created_at DESC, id DESC);
CREATE UNIQUE INDEX portfolios_default_key ON portfolio.portfolios (user_id)
    WHERE is_default AND is_active;
CALL ops.protect('portfolio.portfolios', 'user_id', '{select, insert, update, delete}');
GRANT SELECT, INSERT, UPDATE, DELETE ON portfolio.portfolios TO gateway;

CREATE TABLE portfolio.portfolio_wallets (
    portfolio_id uuid NOT NULL REFERENCES portfolio.portfolios (id) ON DELETE CASCADE,
    wallet_id uuid NOT NULL REFERENCES catalog.wallets (id),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (portfolio_id, wallet_id)
);
COMMENT ON TABLE portfolio.portfolio_wallets IS 'The wallets whose holdings make up a portfolio.';
COMMENT ON COLUMN portfolio.portfolio_wallets.portfolio_id IS 'The portfolio.';
COMMENT ON COLUMN portfolio.portfolio_wallets.wallet_id IS 'The wallet.';
COMMENT ON COLUMN portfolio.portfolio_wallets.created_at IS 'When it was added (UTC).';
CREATE INDEX portfolio_wallets_wallet_id_idx ON portfolio.portfolio_wallets (wallet_id);
CALL ops.protect(
    'portfolio.portfolio_wallets', 'portfolio_id', '{select, insert, delete}', 'portfolio.portfolios'
);
GRANT SELECT, INSERT, DELETE ON portfolio.portfolio_wallets TO gateway;

CREATE TABLE portfolio.summaries (
    portfolio_id uuid PRIMARY KEY REFERENCES portfolio.portfolios (id) ON DELETE CASCADE,
    total_value_usd numeric(38,8),
    total_deposited numeric(38,8) CHECK (total_deposited >= 0),
    total_withdrawn numeric(38,8) CHECK (total_withdrawn >= 0),
    total_profit numeric(38,8),
    eth_value numeric(38,8),
    stablecoin_value numeric(38,8),
    other_value numeric(38,8),
    privacy_score numeric(5,4) CHECK (privacy_score BETWEEN 0 AND 1),
    stealth_addresses_count bigint NOT NULL DEFAULT 0 CHECK (stealth_addresses_count >= 0),
    active_agents_count bigint NOT NULL DEFAULT 0 CHECK (active_agents_count >= 0),
    agent_portfolio_value numeric(38,8),
    agent_profit_share numeric(5,4) CHECK (agent_profit_share BETWEEN 0 AND 1),
    overall_apr numeric(18,6),
    max_drawdown numeric(5,4) CHECK (max_drawdown BETWEEN 0 AND 1),
    sharpe_ratio numeric(18,6),
    volatility_score numeric(5,4) CHECK (volatility_score BETWEEN 0 AND 1),
    risk_score numeric(5,4) CHECK (risk_score BETWEEN 0 AND 1),
    diversification_score numeric(5,4) CHECK (diversification_score BETWEEN 0 AND 1),
    liquidity_score numeric(5,4) CHECK (liquidity_score BETWEEN 0 AND 1),
    last_calculated_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE portfolio.summaries IS
    'What a portfolio is worth and how it does, recomputed by a job. Unknown is null.';
COMMENT ON COLUMN portfolio.summaries.portfolio_id IS 'The portfolio.';
COMMENT ON COLUMN portfolio.summaries.total_value_usd IS
    'Worth of all positions less debts, in US dollars.';
COMMENT ON COLUMN portfolio.summaries.total_deposited IS 'Paid in so far, in US dollars.';
COMMENT ON COLUMN portfolio.summaries.total_withdrawn IS 'Taken out so far, in US dollars.';
COMMENT ON COLUMN portfolio.summaries.total_profit IS
    'Worth plus withdrawals less deposits, in US dollars.';
COMMENT ON COLUMN portfolio.summaries.eth_value IS
    'Part held in ether and its staked forms, in US dollars.';
COMMENT ON COLUMN portfolio.summaries.stablecoin_value IS
    'Part held in stablecoins, in US dollars.';
COMMENT ON COLUMN portfolio.summaries.other_value IS 'The rest, in US dollars.';
COMMENT ON COLUMN portfolio.summaries.privacy_score IS
    'How hard its transactions are to link, 0 to 1.';
COMMENT ON COLUMN portfolio.summaries.stealth_addresses_count IS
    'Stealth addresses announced for its owner.';
COMMENT ON COLUMN portfolio.summaries.active_agents_count IS 'Agents switched on for it.';
COMMENT ON COLUMN portfolio.summaries.agent_portfolio_value IS
    'Part managed by agents, in US dollars.';
COMMENT ON COLUMN portfolio.summaries.agent_profit_share IS
    'Share of profit earned by agents, 0 to 1.';
COMMENT ON COLUMN portfolio.summaries.overall_apr IS
    'Yearly yield over all positions, without compounding, in percent.';
COMMENT ON COLUMN portfolio.summaries.max_drawdown IS
    'Largest loss from a peak so far, as a share of it, 0 to 1.';
COMMENT ON COLUMN portfolio.summaries.sharpe_ratio IS
    'Yearly excess return over its standard deviation.';
COMMENT ON COLUMN portfolio.summaries.volatility_score IS
    'How much its worth moves, 0 calm to 1 wild.';
COMMENT ON COLUMN portfolio.summaries.risk_score IS 'Overall risk, 0 safe to 1 dangerous.';
COMMENT ON COLUMN portfolio.summaries.diversification_score IS
    'How spread it is, 0 one asset to 1 very spread.';
COMMENT ON COLUMN portfolio.summaries.liquidity_score IS
    'How fast it could be sold, 0 hardly to 1 at once.';
COMMENT ON COLUMN portfolio.summaries.last_calculated_at IS 'When the figures were computed (UTC).';
COMMENT ON COLUMN portfolio.summaries.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN portfolio.summaries.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON portfolio.summaries
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CALL ops.protect(
    'portfolio.summaries', 'portfolio_id', '{select}', 'portfolio.portfolios'
);
GRANT SELECT ON portfolio.summaries TO gateway;

CREATE TABLE portfolio.positions (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    portfolio_id uuid NOT NULL REFERENCES portfolio.portfolios (id) ON DELETE CASCADE,
    asset_id uuid NOT NULL REFERENCES catalog.assets (id),
    position_type portfolio.position_type NOT NULL DEFAULT 'spot',
    chain_id bigint REFERENCES catalog.chains (id),
    protocol_id uuid REFERENCES catalog.protocols (id),
    protocol_address text
        CHECK (length(protocol_address) BETWEEN 1 AND 128
            AND (protocol_address = lower(protocol_address) OR protocol_address NOT ILIKE '0x%')),
    wallet_id uuid REFERENCES catalog.wallets (id),
    quantity numeric(76,18) NOT NULL CHECK (quantity >= 0),
    average_cost numeric(38,18) CHECK (average_cost >= 0),
    cost_basis_usd numeric(38,8),
    price_usd numeric(38,18) CHECK (price_usd >= 0),
    value_usd numeric(38,8),
    allocation numeric(9,8),
    unrealized_pnl_usd numeric(38,8),
    unrealized_pnl_pct numeric(18,6),
    metadata jsonb NOT NULL DEFAULT '{}',
    first_acquired_at timestamptz,
    last_updated_at timestamptz NOT NULL DEFAULT now(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT positions_holding_key
        UNIQUE NULLS NOT DISTINCT (
            portfolio_id, asset_id, position_type, chain_id, protocol_id, wallet_id
        ),
    CONSTRAINT positions_debt_is_negative
        CHECK (CASE position_type WHEN 'borrowing' THEN value_usd <= 0 ELSE value_usd >= 0 END)
);
COMMENT ON TABLE portfolio.positions IS
    'What a portfolio holds now: one row for each asset, way of holding, chain, protocol and '
    'wallet. Borrowed positions have a negative value.';
COMMENT ON COLUMN portfolio.positions.id IS 'Identifier of the position.';
COMMENT ON COLUMN portfolio.positions.portfolio_id IS 'The portfolio.';
COMMENT ON COLUMN portfolio.positions.asset_id IS 'The asset.';
COMMENT ON COLUMN portfolio.positions.position_type IS 'How it is held.';
COMMENT ON COLUMN portfolio.positions.chain_id IS 'The chain it is on.';
COMMENT ON COLUMN portfolio.positions.protocol_id IS
    'The protocol that holds it; null for a plain balance.';
COMMENT ON COLUMN portfolio.positions.protocol_address IS 'Contract of the protocol that holds it.';
COMMENT ON COLUMN portfolio.positions.wallet_id IS
    'The wallet that holds it; null for holdings entered by hand.';
COMMENT ON COLUMN portfolio.positions.quantity IS 'How much, in whole units.';
COMMENT ON COLUMN portfolio.positions.average_cost IS
    'Mean price paid for one unit, in US dollars.';
COMMENT ON COLUMN portfolio.positions.cost_basis_usd IS 'Paid for all of it, in US dollars.';
COMMENT ON COLUMN portfolio.positions.price_usd IS 'Newest price of one unit, in US dollars.';
COMMENT ON COLUMN portfolio.positions.value_usd IS
    'Worth, in US dollars; negative for debts, null when unpriced.';
COMMENT ON COLUMN portfolio.positions.allocation IS
    'Share of the portfolio''s worth, as a ratio; negative for debts.';
COMMENT ON COLUMN portfolio.positions.unrealized_pnl_usd IS 'Worth less cost, in US dollars.';
COMMENT ON COLUMN portfolio.positions.unrealized_pnl_pct IS
    'Worth less cost over cost, in percent.';
COMMENT ON COLUMN portfolio.positions.metadata IS
    'Further facts, such as the token id of an NFT or the range of a pool share.';
COMMENT ON COLUMN portfolio.positions.first_acquired_at IS 'When it was first held (UTC).';
COMMENT ON COLUMN portfolio.positions.last_updated_at IS
    'When quantity or price last changed (UTC).';
COMMENT ON COLUMN portfolio.positions.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN portfolio.positions.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON portfolio.positions
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CREATE INDEX positions_portfolio_id_value_usd_id_idx
    ON portfolio.positions (portfolio_id, value_usd DESC NULLS LAST, id DESC);
CREATE INDEX positions_asset_id_idx ON portfolio.positions (asset_id);
CREATE INDEX positions_chain_id_idx ON portfolio.positions (chain_id) WHERE chain_id IS NOT NULL;
CREATE INDEX positions_protocol_id_idx ON portfolio.positions (protocol_id)
    WHERE protocol_id IS NOT NULL;
CREATE INDEX positions_wallet_id_idx ON portfolio.positions (wallet_id)
    WHERE wallet_id IS NOT NULL;
CALL ops.protect(
    'portfolio.positions', 'portfolio_id', '{select, insert, update, delete}', 'portfolio.portfolios'
);
GRANT SELECT, INSERT, UPDATE, DELETE ON portfolio.positions TO gateway;

CREATE TABLE portfolio.strategies (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    portfolio_id uuid NOT NULL REFERENCES portfolio.portfolios (id),
    agent_id uuid REFERENCES agents.agents (id),
    strategy_type portfolio.strategy_type NOT NULL,
    name text NOT NULL CHECK (name <> ''),
    parameters jsonb NOT NULL DEFAULT '{}',
    performance_metrics jsonb NOT NULL DEFAULT '{}',
    is_active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE portfolio.strategies IS 'A plan an agent follows for a portfolio.';
COMMENT ON COLUMN portfolio.strategies.id IS 'Identifier of the strategy.';
COMMENT ON COLUMN portfolio.strategies.portfolio_id IS 'The portfolio.';
COMMENT ON COLUMN portfolio.strategies.agent_id IS 'The agent that runs it.';
COMMENT ON COLUMN portfolio.strategies.strategy_type IS 'What it does.';
COMMENT ON COLUMN portfolio.strategies.name IS 'What its owner calls it.';
COMMENT ON COLUMN portfolio.strategies.parameters IS 'Its settings.';
COMMENT ON COLUMN portfolio.strategies.performance_metrics IS
    'How it did, by name; written by jobs.';
COMMENT ON COLUMN portfolio.strategies.is_active IS 'Whether it runs.';
COMMENT ON COLUMN portfolio.strategies.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN portfolio.strategies.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON portfolio.strategies
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CREATE INDEX strategies_portfolio_id_created_at_id_idx
    ON portfolio.strategies (portfolio_id, created_at DESC, id DESC);
CREATE INDEX strategies_agent_id_idx ON portfolio.strategies (agent_id)
    WHERE agent_id IS NOT NULL;
CALL ops.protect(
    'portfolio.strategies', 'portfolio_id', '{select, insert, update, delete}', 'portfolio.portfolios'
);
GRANT SELECT, DELETE,
    INSERT (id, portfolio_id, agent_id, strategy_type, name, parameters, is_active),
    UPDATE (agent_id, name, parameters, is_active)
    ON portfolio.strategies TO gateway;

CREATE TABLE portfolio.transactions (
    id uuid NOT NULL DEFAULT ops.uuid_v7(),
    portfolio_id uuid NOT NULL,
    user_id uuid NOT NULL REFERENCES account.users (id),
    wallet_id uuid REFERENCES catalog.wallets (id),
    strategy_id uuid REFERENCES portfolio.strategies (id),
    agent_id uuid REFERENCES agents.agents (id),
    agent_execution_id text,
    tx_type portfolio.transaction_type NOT NULL,
    category text,
    subcategory text,
    status portfolio.transaction_status NOT NULL DEFAULT 'pending',
    chain_id bigint REFERENCES catalog.chains (id),
    tx_hash text
        CHECK (length(tx_hash) BETWEEN 1 AND 128
            AND (tx_hash = lower(tx_hash) OR tx_hash NOT ILIKE '0x%')),
    log_index integer NOT NULL DEFAULT -1 CHECK (log_index >= -1),
    block_number bigint CHECK (block_number >= 0),
    confirmations integer NOT NULL DEFAULT 0 CHECK (confirmations >= 0),
    required_confirmations integer NOT NULL DEFAULT 12 CHECK (required_confirmations >= 0),
    from_asset_id uuid REFERENCES catalog.assets (id),
    from_amount numeric(76,18) CHECK (from_amount >= 0),
    to_asset_id uuid REFERENCES catalog.assets (id),
    to_amount numeric(76,18) CHECK (to_amount >= 0),
    usd_value numeric(38,8) CHECK (usd_value >= 0),
    protocol_id uuid REFERENCES catalog.protocols (id),
    gas_used bigint CHECK (gas_used >= 0),
    gas_price_wei numeric(76,0) CHECK (gas_price_wei >= 0),
    fee_usd numeric(38,8) CHECK (fee_usd >= 0),
    priority smallint NOT NULL DEFAULT 5 CHECK (priority BETWEEN 1 AND 10),
    privacy_level portfolio.visibility_level NOT NULL DEFAULT 'public',
    confidentiality_score numeric(5,4) CHECK (confidentiality_score BETWEEN 0 AND 1),
    zk_proof_hash text
        CHECK (length(zk_proof_hash) BETWEEN 1 AND 128
            AND (zk_proof_hash = lower(zk_proof_hash) OR zk_proof_hash NOT ILIKE '0x%')),
    verification_status portfolio.verification_status,
    execution_time_ms integer CHECK (execution_time_ms >= 0),
    tags text[] NOT NULL DEFAULT '{}',
    metadata jsonb NOT NULL DEFAULT '{}',
    occurred_at timestamptz NOT NULL DEFAULT now(),
    confirmed_at timestamptz,
    failed_at timestamptz,
    indexed_at timestamptz NOT NULL DEFAULT now(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (portfolio_id, id),
    UNIQUE (portfolio_id, chain_id, tx_hash, log_index),
    FOREIGN KEY (portfolio_id, user_id) REFERENCES portfolio.portfolios (id, user_id),
    CONSTRAINT transactions_mined_has_block
        CHECK (status NOT IN ('confirmed', 'reverted')
            OR tx_hash IS NULL
            OR block_number IS NOT NULL),
    CONSTRAINT transactions_hash_needs_chain CHECK (tx_hash IS NULL OR chain_id IS NOT NULL)
) PARTITION BY HASH (portfolio_id);
COMMENT ON TABLE portfolio.transactions IS
    'The ledger: everything done for a portfolio, on chain or off. Written by jobs only.';
COMMENT ON COLUMN portfolio.transactions.id IS 'Identifier of the entry.';
COMMENT ON COLUMN portfolio.transactions.portfolio_id IS 'The portfolio.';
COMMENT ON COLUMN portfolio.transactions.user_id IS 'Whose ledger it is.';
COMMENT ON COLUMN portfolio.transactions.wallet_id IS 'The wallet that acted.';
COMMENT ON COLUMN portfolio.transactions.strategy_id IS 'The strategy behind it.';
COMMENT ON COLUMN portfolio.transactions.agent_id IS 'The agent that did it.';
COMMENT ON COLUMN portfolio.transactions.agent_execution_id IS 'Run of the agent that did it.';
COMMENT ON COLUMN portfolio.transactions.tx_type IS 'What was done.';
COMMENT ON COLUMN portfolio.transactions.category IS 'Group it is shown in.';
COMMENT ON COLUMN portfolio.transactions.subcategory IS 'Finer group.';
COMMENT ON COLUMN portfolio.transactions.status IS 'Where it stands.';
COMMENT ON COLUMN portfolio.transactions.chain_id IS
    'The chain; null for entries that never reach a chain.';
COMMENT ON COLUMN portfolio.transactions.tx_hash IS 'Hash of the transaction; null until sent.';
COMMENT ON COLUMN portfolio.transactions.log_index IS
    'Position of the event in the block; -1 for the transaction itself.';
COMMENT ON COLUMN portfolio.transactions.block_number IS 'Height of its block; null until mined.';
COMMENT ON COLUMN portfolio.transactions.confirmations IS 'Blocks on top of it.';
COMMENT ON COLUMN portfolio.transactions.required_confirmations IS
    'Blocks on top that make it final.';
COMMENT ON COLUMN portfolio.transactions.from_asset_id IS 'The asset given up.';
COMMENT ON COLUMN portfolio.transactions.from_amount IS 'How much was given up, in whole units.';
COMMENT ON COLUMN portfolio.transactions.to_asset_id IS 'The asset received.';
COMMENT ON COLUMN portfolio.transactions.to_amount IS 'How much was received, in whole units.';
COMMENT ON COLUMN portfolio.transactions.usd_value IS
    'Worth at the time, in US dollars; null when unpriced.';
COMMENT ON COLUMN portfolio.transactions.protocol_id IS 'The protocol used.';
COMMENT ON COLUMN portfolio.transactions.gas_used IS 'Gas units burnt.';
COMMENT ON COLUMN portfolio.transactions.gas_price_wei IS 'Price of one gas unit, in wei.';
COMMENT ON COLUMN portfolio.transactions.fee_usd IS 'Network fee, in US dollars.';
COMMENT ON COLUMN portfolio.transactions.priority IS 'How urgently it was sent: 1 first, 10 last.';
COMMENT ON COLUMN portfolio.transactions.privacy_level IS 'How visible it is on chain.';
COMMENT ON COLUMN portfolio.transactions.confidentiality_score IS 'How hard it is to link, 0 to 1.';
COMMENT ON COLUMN portfolio.transactions.zk_proof_hash IS
    'Hash of the zero-knowledge proof that goes with it.';
COMMENT ON COLUMN portfolio.transactions.verification_status IS
    'Whether that proof was checked; null without a proof.';
COMMENT ON COLUMN portfolio.transactions.execution_time_ms IS
    'From request to inclusion, in milliseconds.';
COMMENT ON COLUMN portfolio.transactions.tags IS 'Words its owner or an agent put on it.';
COMMENT ON COLUMN portfolio.transactions.metadata IS 'Further facts.';
COMMENT ON COLUMN portfolio.transactions.occurred_at IS 'When it was done (UTC).';
COMMENT ON COLUMN portfolio.transactions.confirmed_at IS 'When it became final (UTC).';
COMMENT ON COLUMN portfolio.transactions.failed_at IS 'When it failed (UTC).';
COMMENT ON COLUMN portfolio.transactions.indexed_at IS 'When it reached this table (UTC).';
COMMENT ON COLUMN portfolio.transactions.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN portfolio.transactions.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON portfolio.transactions
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CREATE INDEX transactions_portfolio_id_occurred_at_id_idx
    ON portfolio.transactions (portfolio_id, occurred_at DESC, id DESC);
CREATE INDEX transactions_user_id_occurred_at_id_idx
    ON portfolio.transactions (user_id, occurred_at DESC, id DESC);
CREATE INDEX transactions_pending_idx ON portfolio.transactions (status, id)
    WHERE status = 'pending';
CREATE INDEX transactions_tx_hash_idx ON portfolio.transactions (tx_hash)
    WHERE tx_hash IS NOT NULL;
CREATE INDEX transactions_chain_id_block_number_idx
    ON portfolio.transactions (chain_id, block_number)
    WHERE chain_id IS NOT NULL;
CREATE INDEX transactions_wallet_id_idx ON portfolio.transactions (wallet_id)
    WHERE wallet_id IS NOT NULL;
CREATE INDEX transactions_strategy_id_idx ON portfolio.transactions (strategy_id)
    WHERE strategy_id IS NOT NULL;
CREATE INDEX transactions_agent_id_idx ON portfolio.transactions (agent_id)
    WHERE agent_id IS NOT NULL;
CREATE INDEX transactions_from_asset_id_idx ON portfolio.transactions (from_asset_id)
    WHERE from_asset_id IS NOT NULL;
CREATE INDEX transactions_to_asset_id_idx ON portfolio.transactions (to_asset_id)
    WHERE to_asset_id IS NOT NULL;
CREATE INDEX transactions_protocol_id_idx ON portfolio.transactions (protocol_id)
    WHERE protocol_id IS NOT NULL;
CREATE INDEX transactions_tags_idx ON portfolio.transactions USING gin (tags);
CALL ops.protect('portfolio.transactions', 'user_id', '{select}');
GRANT SELECT ON portfolio.transactions TO gateway;
CALL ops.create_hash_partitions('portfolio.transactions', 4);

-- migrate:down
DROP TABLE portfolio.transactions;
DROP TABLE portfolio.strategies;
DROP TABLE portfolio.positions;
DROP TABLE portfolio.summaries;
DROP TABLE portfolio.portfolio_wallets;
DROP TABLE portfolio.portfolios;
DROP TYPE portfolio.verification_status;
DROP TYPE portfolio.transaction_status;
DROP TYPE portfolio.transaction_type;
DROP TYPE portfolio.strategy_type;
DROP TYPE portfolio.position_type;
DROP TYPE portfolio.visibility_level;
DROP TYPE portfolio.rebalancing_strategy;
DROP TYPE portfolio.risk_profile;
