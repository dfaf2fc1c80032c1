-- The whole observed activity of wallets: the archive behind the hot window in Postgres.
--
-- A page of a wallet that runs past catalog.wallet_transactions continues here, so the order key
-- begins like the page's order (ts, id) and granules are small. Nothing is deleted by age: scores, PnL and the
-- archive need all of it; after 90 days parts are packed harder.
-- `log_index` is part of the key; -1 stands for the transaction itself, which has no log.

-- migrate:up transaction:false

CREATE TABLE IF NOT EXISTS wallet_transactions
(
    ts DateTime64(3, 'UTC') COMMENT 'Time of the block, UTC' CODEC(DoubleDelta, ZSTD(1)),
    chain_id Int64 COMMENT 'Chain; catalog.chains.id',
    id UUID DEFAULT reinterpretAsUUID(sipHash128(chain_id, wallet_id, tx_hash, log_index)) COMMENT 'The row; the same as in catalog.wallet_transactions, whoever writes both stores gives it',
    wallet_id UUID COMMENT 'Wallet whose activity this is; catalog.wallets.id',
    tx_hash String COMMENT 'Transaction hash; lower case on EVM chains',
    log_index Int32 DEFAULT -1 COMMENT 'Position of the log in the block; -1 for the transaction itself',
    block_number Nullable(UInt64) COMMENT 'Block that holds the transaction' CODEC(ZSTD(1)),
    transaction_type LowCardinality(String) COMMENT 'What happened, such as swap, transfer, contract_call, mint, burn',
    protocol_id Nullable(UUID) COMMENT 'Protocol used, if known; catalog.protocols.id',
    token_in_id Nullable(UUID) COMMENT 'Asset that came into the wallet; catalog.assets.id',
    token_out_id Nullable(UUID) COMMENT 'Asset that left the wallet; catalog.assets.id',
    amount_in Nullable(Decimal(76, 18)) COMMENT 'Amount that came in, whole units',
    amount_out Nullable(Decimal(76, 18)) COMMENT 'Amount that left, whole units',
    amount_in_usd Nullable(Decimal(38, 8)) COMMENT 'Value of what came in, USD at that time',
    amount_out_usd Nullable(Decimal(38, 8)) COMMENT 'Value of what left, USD at that time',
    pnl_usd Nullable(Decimal(38, 8)) COMMENT 'Profit realised by it, USD',
    gas_used Nullable(UInt64) COMMENT 'Gas used by the whole transaction' CODEC(ZSTD(1)),
    gas_price Nullable(Decimal(76, 0)) COMMENT 'Price paid for one unit of gas, wei',
    gas_cost_usd Nullable(Decimal(38, 8)) COMMENT 'Fee paid, USD at that time',
    counterparty Nullable(String) COMMENT 'Address on the other side; null when a contract was created',
    source LowCardinality(String) DEFAULT '' COMMENT 'Who reported it',
    ingested_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When the row arrived here; of two rows with one key the later stands' CODEC(DoubleDelta, ZSTD(1)),
    INDEX tx_hash_idx tx_hash TYPE bloom_filter(0.01) GRANULARITY 4,
    INDEX protocol_id_idx protocol_id TYPE bloom_filter(0.01) GRANULARITY 4
)
ENGINE = ReplacingMergeTree(ingested_at)
PARTITION BY toYYYYMM(ts)
ORDER BY (wallet_id, ts, tx_hash, log_index)
TTL toDateTime(ingested_at) + INTERVAL 90 DAY RECOMPRESS CODEC(ZSTD(9))
SETTINGS index_granularity = 1024
COMMENT 'Observed activity of wallets, complete and kept for good; Postgres holds the newest 90 days again';

-- migrate:down transaction:false

DROP TABLE IF EXISTS wallet_transactions;
