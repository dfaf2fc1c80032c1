-- What is measured about protocols over time: TVL, volume, fees, users and the like.
--
-- One value for each protocol, metric, chain and instant; a repeated or corrected row replaces the
-- earlier one. `chain_id` 0 means all chains together, because a key column holds no null.
-- Retention counts from `ingested_at` as for market_data (0001): raw rows 90 days, then the
-- roll-ups of 0004.

-- migrate:up transaction:false

CREATE TABLE IF NOT EXISTS protocol_metrics
(
    ts DateTime64(3, 'UTC') COMMENT 'When the value held, UTC' CODEC(DoubleDelta, ZSTD(1)),
    protocol_id UUID COMMENT 'Protocol measured; catalog.protocols.id',
    chain_id Int64 COMMENT 'Chain the value is of; 0 means all chains together' CODEC(ZSTD(1)),
    metric_type LowCardinality(String) COMMENT 'What is measured, such as tvl, volume_24h, fees_24h, revenue_24h, active_users_24h',
    value Decimal(76, 18) COMMENT 'The value in the unit of the metric' CODEC(ZSTD(1)),
    value_usd Nullable(Decimal(38, 8)) COMMENT 'The value in USD, where it has one' CODEC(ZSTD(1)),
    block_number Nullable(UInt64) COMMENT 'Block it was read at, if read from a chain' CODEC(ZSTD(1)),
    tx_hash Nullable(String) COMMENT 'Transaction it was read from, if any' CODEC(ZSTD(1)),
    source LowCardinality(String) DEFAULT '' COMMENT 'Who reported it',
    ingested_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When the row arrived here; of two rows with one key the later stands' CODEC(DoubleDelta, ZSTD(1))
)
ENGINE = ReplacingMergeTree(ingested_at)
PARTITION BY toYYYYMM(ts)
ORDER BY (protocol_id, metric_type, chain_id, ts)
TTL toDateTime(ingested_at) + INTERVAL 90 DAY DELETE
SETTINGS index_granularity = 1024
COMMENT 'Metrics of protocols. Raw rows stay 90 days after arrival; see protocol_metrics_hourly and protocol_metrics_daily for history';

CREATE TABLE IF NOT EXISTS protocol_metrics_latest
(
    ts DateTime64(3, 'UTC') COMMENT 'When the value held, UTC',
    protocol_id UUID COMMENT 'Protocol measured; catalog.protocols.id',
    chain_id Int64 COMMENT 'Chain the value is of; 0 means all chains together',
    metric_type LowCardinality(String) COMMENT 'What is measured',
    value Decimal(76, 18) COMMENT 'The value in the unit of the metric',
    value_usd Nullable(Decimal(38, 8)) COMMENT 'The value in USD, where it has one',
    source LowCardinality(String) COMMENT 'Who reported it',
    ingested_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When the row arrived here'
)
ENGINE = ReplacingMergeTree(ts)
ORDER BY (protocol_id, metric_type, chain_id)
SETTINGS index_granularity = 256
COMMENT 'Newest value of each protocol, metric and chain, whatever the retention of the raw rows; read with FINAL';

CREATE MATERIALIZED VIEW IF NOT EXISTS protocol_metrics_latest_feed TO protocol_metrics_latest
AS SELECT ts, protocol_id, chain_id, metric_type, value, value_usd, source, ingested_at
FROM protocol_metrics
COMMENT 'Keeps protocol_metrics_latest; a late row with an older ts loses there';

-- migrate:down transaction:false

DROP VIEW IF EXISTS protocol_metrics_latest_feed;
DROP TABLE IF EXISTS protocol_metrics_latest;
DROP TABLE IF EXISTS protocol_metrics;
