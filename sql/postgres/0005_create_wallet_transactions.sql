-- The hot window of wallet activity: what the hottest page of all, a wallet's newest transactions,
-- is read from. ClickHouse wallet_transactions holds the whole history with the same columns; a
-- page that runs past the window continues there behind the same keyset (occurred_at, id). Monthly
-- partitions make dropping the oldest month cheap. Foreign keys to the catalogue do not cascade: a
-- withdrawn protocol keeps its history.

-- migrate:up
CREATE TYPE catalog.wallet_transaction_type AS ENUM (
    'transfer', 'swap', 'mint', 'burn', 'deposit', 'withdraw', 'borrow', 'repay', 'stake',
    'unstake', 'claim', 'bridge', 'approve', 'liquidation', 'contract_creation',
    'contract_call', 'other'
);
COMMENT ON TYPE catalog.wallet_transaction_type IS
    'What a wallet did, as far as the transaction could be decoded.';

CREATE TABLE catalog.wallet_transactions (
    id uuid NOT NULL,
    wallet_id uuid NOT NULL REFERENCES catalog.wallets (id),
    occurred_at timestamptz NOT NULL,
    chain_id bigint NOT NULL REFERENCES catalog.chains (id),
    tx_hash text NOT NULL
        CHECK (length(tx_hash) BETWEEN 1 AND 128
            AND (tx_hash = lower(tx_hash) OR tx_hash NOT ILIKE '0x%')),
    log_index integer NOT NULL DEFAULT -1 CHECK (log_index >= -1),
    block_number bigint CHECK (block_number >= 0),
    transaction_type catalog.wallet_transaction_type NOT NULL,
    counterparty text
        CHECK (length(counterparty) BETWEEN 1 AND 128
            AND (counterparty = lower(counterparty) OR counterparty NOT ILIKE '0x%')),
    protocol_id uuid REFERENCES catalog.protocols (id),
    token_in_id uuid REFERENCES catalog.assets (id),
    token_out_id uuid REFERENCES catalog.assets (id),
    amount_in numeric(76,18) CHECK (amount_in >= 0),
    amount_out numeric(76,18) CHECK (amount_out >= 0),
    amount_in_usd numeric(38,8) CHECK (amount_in_usd >= 0),
    amount_out_usd numeric(38,8) CHECK (amount_out_usd >= 0),
    pnl_usd numeric(38,8),
    gas_used bigint CHECK (gas_used >= 0),
    gas_price numeric(76,0) CHECK (gas_price >= 0),
    gas_cost_usd numeric(38,8) CHECK (gas_cost_usd >= 0),
    source text NOT NULL DEFAULT '',
    indexed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (wallet_id, occurred_at, id),
    UNIQUE (wallet_id, occurred_at, tx_hash, log_index)
) PARTITION BY RANGE (occurred_at);
COMMENT ON TABLE catalog.wallet_transactions IS
    'What a wallet did, newest months only (90 days by default). A transaction with several '
    'legs for one wallet has one row for each, told apart by log_index.';
COMMENT ON COLUMN catalog.wallet_transactions.id IS
    'Identifier of the row, the same in ClickHouse; made from chain, hash, log index and wallet.';
COMMENT ON COLUMN catalog.wallet_transactions.wallet_id IS 'The wallet.';
COMMENT ON COLUMN catalog.wallet_transactions.occurred_at IS 'Time of the block (UTC).';
COMMENT ON COLUMN catalog.wallet_transactions.chain_id IS 'The chain.';
COMMENT ON COLUMN catalog.wallet_transactions.tx_hash IS 'Hash of the transaction.';
COMMENT ON COLUMN catalog.wallet_transactions.log_index IS
    'Position of the event in the block; -1 for the transaction itself.';
COMMENT ON COLUMN catalog.wallet_transactions.block_number IS
    'Height of the block; null when the source does not say.';
COMMENT ON COLUMN catalog.wallet_transactions.transaction_type IS 'What the wallet did.';
COMMENT ON COLUMN catalog.wallet_transactions.counterparty IS
    'The other side: receiver of what was sent, or sender of what was received; null for '
    'contract creation.';
COMMENT ON COLUMN catalog.wallet_transactions.protocol_id IS 'The protocol used, when recognised.';
COMMENT ON COLUMN catalog.wallet_transactions.token_in_id IS 'The asset that came into the wallet.';
COMMENT ON COLUMN catalog.wallet_transactions.token_out_id IS 'The asset that left the wallet.';
COMMENT ON COLUMN catalog.wallet_transactions.amount_in IS
    'Amount that came in, in whole units of token_in.';
COMMENT ON COLUMN catalog.wallet_transactions.amount_out IS
    'Amount that left, in whole units of token_out.';
COMMENT ON COLUMN catalog.wallet_transactions.amount_in_usd IS
    'Worth of amount_in at the time, in US dollars; null when unpriced.';
COMMENT ON COLUMN catalog.wallet_transactions.amount_out_usd IS
    'Worth of amount_out at the time, in US dollars; null when unpriced.';
COMMENT ON COLUMN catalog.wallet_transactions.pnl_usd IS
    'Profit or loss realised, in US dollars; null when nothing was closed.';
COMMENT ON COLUMN catalog.wallet_transactions.gas_used IS
    'Gas units burnt; null when the source has no receipt.';
COMMENT ON COLUMN catalog.wallet_transactions.gas_price IS 'Price of one gas unit, in wei.';
COMMENT ON COLUMN catalog.wallet_transactions.gas_cost_usd IS 'Gas paid, in US dollars.';
COMMENT ON COLUMN catalog.wallet_transactions.source IS 'Who reported it.';
COMMENT ON COLUMN catalog.wallet_transactions.indexed_at IS
    'When the row reached the stores (UTC).';
-- The page by wallet, newest first, is a backward scan of the primary key; the natural key has the
-- order of the ClickHouse table.
CREATE INDEX wallet_transactions_chain_id_tx_hash_idx
    ON catalog.wallet_transactions (chain_id, tx_hash);
CREATE INDEX wallet_transactions_protocol_id_idx
    ON catalog.wallet_transactions (protocol_id, occurred_at DESC, id DESC)
    WHERE protocol_id IS NOT NULL;
CREATE INDEX wallet_transactions_token_in_id_idx ON catalog.wallet_transactions (token_in_id)
    WHERE token_in_id IS NOT NULL;
CREATE INDEX wallet_transactions_token_out_id_idx ON catalog.wallet_transactions (token_out_id)
    WHERE token_out_id IS NOT NULL;
CALL ops.create_default_partition('catalog.wallet_transactions');
SELECT ops.ensure_partitions(3, 3);

-- migrate:down
DROP TABLE catalog.wallet_transactions;
DROP TYPE catalog.wallet_transaction_type;
