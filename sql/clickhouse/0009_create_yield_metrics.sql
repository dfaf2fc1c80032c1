-- Yields of pools, the newest of each, and the metrics of privacy pools.
--
-- Yields are percent a year (5.2 means 5.2 %), as every source states them. Pools are read both by
-- protocol and by pool alone; the bloom filter serves the latter. Retention counts from arrival.

-- migrate:up transaction:false

CREATE TABLE IF NOT EXISTS yield_metrics
(
    ts DateTime64(3, 'UTC') COMMENT 'When the values held, UTC' CODEC(DoubleDelta, ZSTD(1)),
    pool_id UUID COMMENT 'Pool; catalog.yield_pools.id',
    protocol_id UUID COMMENT 'Protocol of the pool; catalog.protocols.id',
    chain_id Int64 COMMENT 'Chain; catalog.chains.id',
    pool_address Nullable(String) COMMENT 'Contract of the pool, if the source states it',
    apy Nullable(Float64) COMMENT 'Whole yield a year, percent' CODEC(ZSTD(1)),
    tvl_usd Nullable(Decimal(38, 8)) COMMENT 'Value locked in the pool, USD' CODEC(ZSTD(1)),
    rewards_apr Nullable(Float64) COMMENT 'Part of the yield paid in rewards, percent a year' CODEC(ZSTD(1)),
    trading_fees_apr Nullable(Float64) COMMENT 'Part of the yield from fees or interest, percent a year' CODEC(ZSTD(1)),
    impermanent_loss_risk Nullable(Float64) COMMENT 'Risk of impermanent loss, 0..1' CODEC(ZSTD(1)),
    source LowCardinality(String) DEFAULT '' COMMENT 'Who reported it',
    ingested_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When the row arrived here; of two rows with one key the later stands' CODEC(DoubleDelta, ZSTD(1)),
    INDEX pool_id_idx pool_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(ingested_at)
PARTITION BY toYYYYMM(ts)
ORDER BY (protocol_id, pool_id, ts)
TTL toDateTime(ingested_at) + INTERVAL 5 YEAR DELETE
SETTINGS index_granularity = 1024
COMMENT 'Yields and value of pools, kept five years after arrival';

CREATE TABLE IF NOT EXISTS yield_metrics_latest
(
    ts DateTime64(3, 'UTC') COMMENT 'When the values held, UTC',
    pool_id UUID COMMENT 'Pool; catalog.yield_pools.id',
    protocol_id UUID COMMENT 'Protocol of the pool; catalog.protocols.id',
    chain_id Int64 COMMENT 'Chain; catalog.chains.id',
    apy Nullable(Float64) COMMENT 'Whole yield a year, percent',
    tvl_usd Nullable(Decimal(38, 8)) COMMENT 'Value locked in the pool, USD',
    rewards_apr Nullable(Float64) COMMENT 'Part of the yield paid in rewards, percent a year',
    trading_fees_apr Nullable(Float64) COMMENT 'Part of the yield from fees or interest, percent a year',
    impermanent_loss_risk Nullable(Float64) COMMENT 'Risk of impermanent loss, 0..1',
    source LowCardinality(String) COMMENT 'Who reported it',
    ingested_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When the row arrived here'
)
ENGINE = ReplacingMergeTree(ts)
ORDER BY pool_id
SETTINGS index_granularity = 256
COMMENT 'Newest yield of each pool; read with FINAL';

CREATE MATERIALIZED VIEW IF NOT EXISTS yield_metrics_latest_feed TO yield_metrics_latest
AS SELECT
    ts, pool_id, protocol_id, chain_id, apy, tvl_usd, rewards_apr, trading_fees_apr,
    impermanent_loss_risk, source, ingested_at
FROM yield_metrics
COMMENT 'Keeps yield_metrics_latest; a late row with an older ts loses there';

CREATE TABLE IF NOT EXISTS pool_statistics
(
    ts DateTime64(3, 'UTC') COMMENT 'When the values held, UTC' CODEC(DoubleDelta, ZSTD(1)),
    pool_id UUID COMMENT 'Privacy pool; privacy.pools.id',
    pool_type LowCardinality(String) COMMENT 'main, high_volume, maximum_privacy or institutional',
    chain_id Int64 COMMENT 'Chain; catalog.chains.id',
    total_pool_size Decimal(38, 8) COMMENT 'Worth of all deposits not yet withdrawn, USD' CODEC(ZSTD(1)),
    eth_pool_size Nullable(Decimal(38, 8)) COMMENT 'Part held in ether, USD' CODEC(ZSTD(1)),
    stablecoin_pool_size Nullable(Decimal(38, 8)) COMMENT 'Part held in stablecoins, USD' CODEC(ZSTD(1)),
    other_tokens_pool_size Nullable(Decimal(38, 8)) COMMENT 'Part held in other tokens, USD' CODEC(ZSTD(1)),
    active_mixers UInt64 COMMENT 'Participants active over 24 hours' CODEC(ZSTD(1)),
    new_mixers_24h Nullable(UInt64) COMMENT 'Participants first seen within 24 hours' CODEC(ZSTD(1)),
    anonymity_set UInt64 COMMENT 'Deposits one deposit cannot be told from' CODEC(ZSTD(1)),
    total_unique_users Nullable(UInt64) COMMENT 'Participants ever' CODEC(ZSTD(1)),
    total_deposits Nullable(UInt64) COMMENT 'Deposits ever' CODEC(ZSTD(1)),
    total_withdrawals Nullable(UInt64) COMMENT 'Withdrawals ever' CODEC(ZSTD(1)),
    deposits_24h Nullable(UInt64) COMMENT 'Deposits within 24 hours' CODEC(ZSTD(1)),
    withdrawals_24h Nullable(UInt64) COMMENT 'Withdrawals within 24 hours' CODEC(ZSTD(1)),
    volume_24h Nullable(Decimal(38, 8)) COMMENT 'Moved within 24 hours, USD' CODEC(ZSTD(1)),
    volume_7d Nullable(Decimal(38, 8)) COMMENT 'Moved within seven days, USD' CODEC(ZSTD(1)),
    volume_30d Nullable(Decimal(38, 8)) COMMENT 'Moved within thirty days, USD' CODEC(ZSTD(1)),
    privacy_score Float64 DEFAULT least(0.4, toFloat64(total_pool_size) / 100000000 * 0.4) + least(0.3, active_mixers / 5000 * 0.3) + least(0.3, anonymity_set / 20000 * 0.3) COMMENT 'How private the pool is, 0..1: size, mixers and anonymity set against 100 million, 5,000 and 20,000',
    entropy_level Nullable(Float64) COMMENT 'Entropy of the deposits, 0..1',
    mixing_efficiency Nullable(Float64) COMMENT 'Efficiency of mixing, 0..1',
    avg_deposit_size Nullable(Decimal(38, 8)) COMMENT 'Mean deposit, USD' CODEC(ZSTD(1)),
    avg_withdrawal_size Nullable(Decimal(38, 8)) COMMENT 'Mean withdrawal, USD' CODEC(ZSTD(1)),
    median_transaction_time_s Nullable(Float64) COMMENT 'Median time from deposit to availability, seconds',
    gas_efficiency_score Nullable(Float64) COMMENT 'Gas efficiency, 0..1',
    compliance_score Nullable(Float64) COMMENT 'Compliance, 0..1',
    ingested_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When the row arrived here; of two rows with one key the later stands' CODEC(DoubleDelta, ZSTD(1))
)
ENGINE = ReplacingMergeTree(ingested_at)
PARTITION BY toYYYYMM(ts)
ORDER BY (pool_id, ts)
TTL toDateTime(ingested_at) + INTERVAL 2 YEAR DELETE
SETTINGS index_granularity = 1024
COMMENT 'Metrics of privacy pools over time, aggregates only, kept two years after arrival';

-- migrate:down transaction:false

DROP TABLE IF EXISTS pool_statistics;
DROP VIEW IF EXISTS yield_metrics_latest_feed;
DROP TABLE IF EXISTS yield_metrics_latest;
DROP TABLE IF EXISTS yield_metrics;
