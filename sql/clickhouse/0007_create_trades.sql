-- Trades on decentralised exchanges, lending events and MEV: events that carry a log or an id.
--
-- `log_index` is in the keys, so a retried batch replaces itself and two swaps of one transaction
-- stay two. The pair stands in front of the time: a pair's trades are one range of the key.
-- Reads by wallet and by transaction use bloom filters (a projection would be ignored under FINAL).

-- migrate:up transaction:false

CREATE TABLE IF NOT EXISTS dex_trades
(
    ts DateTime64(3, 'UTC') COMMENT 'Time of the block, UTC' CODEC(DoubleDelta, ZSTD(1)),
    chain_id Int64 COMMENT 'Chain; catalog.chains.id',
    id UUID DEFAULT reinterpretAsUUID(sipHash128(chain_id, pair_address, tx_hash, log_index)) COMMENT 'The row, made from its key; breaks ties of pages ordered by ts',
    dex_name LowCardinality(String) COMMENT 'Exchange, such as uniswap-v3',
    protocol_id Nullable(UUID) COMMENT 'Exchange as a protocol; catalog.protocols.id',
    pair_address String COMMENT 'Contract of the pool; lower case on EVM chains',
    token0_address String COMMENT 'Contract of the first token; empty when unknown',
    token1_address String COMMENT 'Contract of the second token; empty when unknown',
    token0_id Nullable(UUID) COMMENT 'First token; catalog.assets.id',
    token1_id Nullable(UUID) COMMENT 'Second token; catalog.assets.id',
    amount0 Decimal(76, 18) COMMENT 'Change of the first token in the pool, whole units; positive goes into the pool' CODEC(ZSTD(1)),
    amount1 Decimal(76, 18) COMMENT 'Change of the second token in the pool, whole units; positive goes into the pool' CODEC(ZSTD(1)),
    price Nullable(Decimal(38, 18)) COMMENT 'First tokens paid for one second token; null when one amount is zero' CODEC(ZSTD(1)),
    amount_usd Nullable(Decimal(38, 8)) COMMENT 'Value of the trade, USD at that time' CODEC(ZSTD(1)),
    fee_bps Nullable(UInt32) COMMENT 'Fee of the pool, hundredths of a percent' CODEC(ZSTD(1)),
    sender Nullable(String) COMMENT 'Address that called the pool',
    recipient Nullable(String) COMMENT 'Address that received the proceeds',
    wallet_id Nullable(UUID) COMMENT 'Wallet that traded, if known; catalog.wallets.id',
    tx_hash String COMMENT 'Transaction hash; lower case on EVM chains',
    log_index Int32 DEFAULT -1 COMMENT 'Position of the log in the block; -1 when the source has none',
    block_number Nullable(UInt64) COMMENT 'Block that holds the trade' CODEC(ZSTD(1)),
    source LowCardinality(String) DEFAULT '' COMMENT 'Who reported it',
    ingested_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When the row arrived here; of two rows with one key the later stands' CODEC(DoubleDelta, ZSTD(1)),
    INDEX tx_hash_idx tx_hash TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wallet_id_idx wallet_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX dex_name_idx dex_name TYPE set(64) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(ingested_at)
PARTITION BY toYYYYMM(ts)
ORDER BY (chain_id, pair_address, ts, tx_hash, log_index)
TTL toDateTime(ingested_at) + INTERVAL 90 DAY RECOMPRESS CODEC(ZSTD(9)),
    toDateTime(ingested_at) + INTERVAL 5 YEAR DELETE
SETTINGS index_granularity = 8192
COMMENT 'Swaps on decentralised exchanges, kept five years after arrival';

CREATE TABLE IF NOT EXISTS lending_events
(
    ts DateTime64(3, 'UTC') COMMENT 'Time of the block, UTC' CODEC(DoubleDelta, ZSTD(1)),
    chain_id Int64 COMMENT 'Chain; catalog.chains.id',
    id UUID DEFAULT reinterpretAsUUID(sipHash128(chain_id, reserve_address, tx_hash, log_index)) COMMENT 'The row, made from its key; breaks ties of pages ordered by ts',
    protocol_id Nullable(UUID) COMMENT 'Lending protocol; catalog.protocols.id',
    protocol_name LowCardinality(String) COMMENT 'Lending protocol as the source names it, such as aave-v3',
    action LowCardinality(String) COMMENT 'supply, withdraw, borrow, repay, liquidation or another event of the protocol',
    reserve_address String COMMENT 'Contract of the reserve''s token; lower case on EVM chains',
    reserve_asset_id Nullable(UUID) COMMENT 'Token of the reserve; catalog.assets.id',
    owner Nullable(String) COMMENT 'Address whose position changed',
    wallet_id Nullable(UUID) COMMENT 'Wallet whose position changed; catalog.wallets.id',
    amount Nullable(Decimal(76, 18)) COMMENT 'Amount of the reserve''s token, whole units' CODEC(ZSTD(1)),
    amount_usd Nullable(Decimal(38, 8)) COMMENT 'Value, USD at that time' CODEC(ZSTD(1)),
    liquidator Nullable(String) COMMENT 'Address that liquidated; only of liquidations',
    debt_asset_id Nullable(UUID) COMMENT 'Token of the debt repaid; only of liquidations',
    debt_asset_address Nullable(String) COMMENT 'Contract of the debt''s token; only of liquidations',
    debt_amount Nullable(Decimal(76, 18)) COMMENT 'Debt repaid, whole units; only of liquidations' CODEC(ZSTD(1)),
    tx_hash String COMMENT 'Transaction hash; lower case on EVM chains',
    log_index Int32 DEFAULT -1 COMMENT 'Position of the log in the block; -1 when the source has none',
    block_number Nullable(UInt64) COMMENT 'Block that holds the event' CODEC(ZSTD(1)),
    source LowCardinality(String) DEFAULT '' COMMENT 'Who reported it',
    ingested_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When the row arrived here; of two rows with one key the later stands' CODEC(DoubleDelta, ZSTD(1)),
    INDEX tx_hash_idx tx_hash TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wallet_id_idx wallet_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(ingested_at)
PARTITION BY toYYYYMM(ts)
ORDER BY (chain_id, reserve_address, ts, tx_hash, log_index)
TTL toDateTime(ingested_at) + INTERVAL 90 DAY RECOMPRESS CODEC(ZSTD(9)),
    toDateTime(ingested_at) + INTERVAL 5 YEAR DELETE
SETTINGS index_granularity = 8192
COMMENT 'Supplies, withdrawals, borrows, repayments and liquidations, kept five years after arrival';

CREATE TABLE IF NOT EXISTS mev_opportunities
(
    detected_at DateTime64(3, 'UTC') COMMENT 'When it was seen, UTC' CODEC(DoubleDelta, ZSTD(1)),
    id UUID COMMENT 'Opportunity; the same id with a later ingested_at updates it',
    opportunity_type LowCardinality(String) COMMENT 'arbitrage, liquidation, sandwich, frontrun or backrun',
    chain_id Int64 COMMENT 'Chain; catalog.chains.id',
    block_number Nullable(UInt64) COMMENT 'Block it was seen in' CODEC(ZSTD(1)),
    token_id Nullable(UUID) COMMENT 'Asset the profit is made in; catalog.assets.id',
    protocol_ids Array(UUID) COMMENT 'Protocols involved; catalog.protocols.id',
    estimated_profit_usd Decimal(38, 8) COMMENT 'Profit before gas, USD' CODEC(ZSTD(1)),
    gas_cost_estimate_usd Nullable(Decimal(38, 8)) COMMENT 'Gas it would cost, USD' CODEC(ZSTD(1)),
    net_profit_usd Decimal(38, 8) MATERIALIZED estimated_profit_usd - ifNull(gas_cost_estimate_usd, 0) COMMENT 'Profit after gas, USD; computed' CODEC(ZSTD(1)),
    is_executed Bool DEFAULT false COMMENT 'Whether somebody took it',
    executed_by Nullable(String) COMMENT 'Address that took it',
    actual_profit_usd Nullable(Decimal(38, 8)) COMMENT 'Profit realised, USD' CODEC(ZSTD(1)),
    execution_tx_hash Nullable(String) COMMENT 'Transaction that took it',
    expires_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When it stops being one, UTC',
    executed_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When it was taken, UTC',
    metadata Map(LowCardinality(String), String) COMMENT 'What the source adds, such as victim_tx or gas_price_wei',
    source LowCardinality(String) DEFAULT '' COMMENT 'Who reported it',
    ingested_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When the row arrived here; of two rows with one key the later stands' CODEC(DoubleDelta, ZSTD(1)),
    INDEX id_idx id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX executed_by_idx executed_by TYPE bloom_filter(0.01) GRANULARITY 1,
    CONSTRAINT opportunity_type_known CHECK opportunity_type IN ('arbitrage', 'liquidation', 'sandwich', 'frontrun', 'backrun')
)
ENGINE = ReplacingMergeTree(ingested_at)
PARTITION BY toYYYYMM(detected_at)
ORDER BY (chain_id, detected_at, id)
TTL toDateTime(ingested_at) + INTERVAL 2 YEAR DELETE
SETTINGS index_granularity = 8192
COMMENT 'MEV opportunities seen, kept two years after arrival; those open now are in Redis (arb:opps)';

-- migrate:down transaction:false

DROP TABLE IF EXISTS mev_opportunities;
DROP TABLE IF EXISTS lending_events;
DROP TABLE IF EXISTS dex_trades;
