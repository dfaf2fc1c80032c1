-- Minutes, hours and days of protocol_metrics.
--
-- Built like the roll-ups of market_data (0002) and under the same rule: only aggregates that a
-- repeated row cannot change, hence first, last, lowest and highest, and no sum or average. A flow
-- such as fees is reported as a rolling 24 h figure, whose last value of a day is the day's flow.

-- migrate:up transaction:false

CREATE TABLE IF NOT EXISTS protocol_metrics_minutely_state
(
    ts DateTime64(3, 'UTC') COMMENT 'Start of the minute, UTC' CODEC(DoubleDelta, ZSTD(1)),
    protocol_id UUID COMMENT 'Protocol measured; catalog.protocols.id',
    chain_id Int64 COMMENT 'Chain the value is of; 0 means all chains together' CODEC(ZSTD(1)),
    metric_type LowCardinality(String) COMMENT 'What is measured',
    first_value AggregateFunction(argMin, Decimal(76, 18), Tuple(DateTime64(3, 'UTC'), Int64)) COMMENT 'State of the first value',
    high SimpleAggregateFunction(max, Decimal(76, 18)) COMMENT 'Highest value so far',
    low SimpleAggregateFunction(min, Decimal(76, 18)) COMMENT 'Lowest value so far',
    value AggregateFunction(argMax, Decimal(76, 18), Tuple(DateTime64(3, 'UTC'), DateTime64(3, 'UTC'))) COMMENT 'State of the last value',
    value_usd AggregateFunction(argMax, Nullable(Decimal(38, 8)), Tuple(DateTime64(3, 'UTC'), DateTime64(3, 'UTC'))) COMMENT 'State of the last known value in USD',
    last_ts SimpleAggregateFunction(max, DateTime64(3, 'UTC')) COMMENT 'Latest observation in the minute',
    ingested_at SimpleAggregateFunction(max, DateTime64(3, 'UTC')) COMMENT 'Last arrival of a contribution'
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(ts)
ORDER BY (protocol_id, metric_type, chain_id, ts)
TTL toDateTime(ingested_at) + INTERVAL 1 YEAR DELETE
SETTINGS index_granularity = 1024
COMMENT 'Partial aggregates behind protocol_metrics_minutely, kept one year after the last arrival';

CREATE MATERIALIZED VIEW IF NOT EXISTS protocol_metrics_minutely_feed TO protocol_metrics_minutely_state
AS SELECT
    toDateTime64(toStartOfMinute(m.ts), 3, 'UTC') AS ts,
    m.protocol_id AS protocol_id,
    m.chain_id AS chain_id,
    m.metric_type AS metric_type,
    argMinState(m.value, (m.ts, -toUnixTimestamp64Milli(m.ingested_at))) AS first_value,
    max(m.value) AS high,
    min(m.value) AS low,
    argMaxState(m.value, (m.ts, m.ingested_at)) AS value,
    argMaxState(m.value_usd, (m.ts, m.ingested_at)) AS value_usd,
    max(m.ts) AS last_ts,
    max(m.ingested_at) AS ingested_at
FROM protocol_metrics AS m
GROUP BY ts, protocol_id, chain_id, metric_type
COMMENT 'Rolls protocol_metrics up by minute';

CREATE VIEW IF NOT EXISTS protocol_metrics_minutely
(
    ts DateTime64(3, 'UTC') COMMENT 'Start of the minute, UTC',
    protocol_id UUID COMMENT 'Protocol measured; catalog.protocols.id',
    chain_id Int64 COMMENT 'Chain the value is of; 0 means all chains together',
    metric_type LowCardinality(String) COMMENT 'What is measured',
    first_value Decimal(76, 18) COMMENT 'First value of the minute',
    high Decimal(76, 18) COMMENT 'Highest value of the minute',
    low Decimal(76, 18) COMMENT 'Lowest value of the minute',
    value Decimal(76, 18) COMMENT 'Last value of the minute',
    value_usd Nullable(Decimal(38, 8)) COMMENT 'Last known value of the minute in USD',
    last_ts DateTime64(3, 'UTC') COMMENT 'Latest observation in the minute',
    ingested_at DateTime64(3, 'UTC') COMMENT 'Last arrival of a contribution'
)
AS SELECT
    m.ts AS ts,
    m.protocol_id AS protocol_id,
    m.chain_id AS chain_id,
    m.metric_type AS metric_type,
    argMinMerge(m.first_value) AS first_value,
    max(m.high) AS high,
    min(m.low) AS low,
    argMaxMerge(m.value) AS value,
    argMaxMerge(m.value_usd) AS value_usd,
    max(m.last_ts) AS last_ts,
    max(m.ingested_at) AS ingested_at
FROM protocol_metrics_minutely_state AS m
GROUP BY ts, protocol_id, chain_id, metric_type
COMMENT 'Metrics of protocols by minute, kept one year after the last arrival';

CREATE TABLE IF NOT EXISTS protocol_metrics_hourly_state
(
    ts DateTime64(3, 'UTC') COMMENT 'Start of the hour, UTC' CODEC(DoubleDelta, ZSTD(1)),
    protocol_id UUID COMMENT 'Protocol measured; catalog.protocols.id',
    chain_id Int64 COMMENT 'Chain the value is of; 0 means all chains together' CODEC(ZSTD(1)),
    metric_type LowCardinality(String) COMMENT 'What is measured',
    first_value AggregateFunction(argMin, Decimal(76, 18), Tuple(DateTime64(3, 'UTC'), Int64)) COMMENT 'State of the first value',
    high SimpleAggregateFunction(max, Decimal(76, 18)) COMMENT 'Highest value so far',
    low SimpleAggregateFunction(min, Decimal(76, 18)) COMMENT 'Lowest value so far',
    value AggregateFunction(argMax, Decimal(76, 18), Tuple(DateTime64(3, 'UTC'), DateTime64(3, 'UTC'))) COMMENT 'State of the last value',
    value_usd AggregateFunction(argMax, Nullable(Decimal(38, 8)), Tuple(DateTime64(3, 'UTC'), DateTime64(3, 'UTC'))) COMMENT 'State of the last known value in USD',
    last_ts SimpleAggregateFunction(max, DateTime64(3, 'UTC')) COMMENT 'Latest observation in the hour',
    ingested_at SimpleAggregateFunction(max, DateTime64(3, 'UTC')) COMMENT 'Last arrival of a contribution'
)
ENGINE = AggregatingMergeTree
PARTITION BY toYear(ts)
ORDER BY (protocol_id, metric_type, chain_id, ts)
TTL toDateTime(ingested_at) + INTERVAL 5 YEAR DELETE
SETTINGS index_granularity = 1024
COMMENT 'Partial aggregates behind protocol_metrics_hourly, kept five years after the last arrival';

CREATE MATERIALIZED VIEW IF NOT EXISTS protocol_metrics_hourly_feed TO protocol_metrics_hourly_state
AS SELECT
    toDateTime64(toStartOfHour(m.ts), 3, 'UTC') AS ts,
    m.protocol_id AS protocol_id,
    m.chain_id AS chain_id,
    m.metric_type AS metric_type,
    argMinMergeState(m.first_value) AS first_value,
    max(m.high) AS high,
    min(m.low) AS low,
    argMaxMergeState(m.value) AS value,
    argMaxMergeState(m.value_usd) AS value_usd,
    max(m.last_ts) AS last_ts,
    max(m.ingested_at) AS ingested_at
FROM protocol_metrics_minutely_state AS m
GROUP BY ts, protocol_id, chain_id, metric_type
COMMENT 'Rolls the minute states up by hour';

CREATE VIEW IF NOT EXISTS protocol_metrics_hourly
(
    ts DateTime64(3, 'UTC') COMMENT 'Start of the hour, UTC',
    protocol_id UUID COMMENT 'Protocol measured; catalog.protocols.id',
    chain_id Int64 COMMENT 'Chain the value is of; 0 means all chains together',
    metric_type LowCardinality(String) COMMENT 'What is measured',
    first_value Decimal(76, 18) COMMENT 'First value of the hour',
    high Decimal(76, 18) COMMENT 'Highest value of the hour',
    low Decimal(76, 18) COMMENT 'Lowest value of the hour',
    value Decimal(76, 18) COMMENT 'Last value of the hour',
    value_usd Nullable(Decimal(38, 8)) COMMENT 'Last known value of the hour in USD',
    last_ts DateTime64(3, 'UTC') COMMENT 'Latest observation in the hour',
    ingested_at DateTime64(3, 'UTC') COMMENT 'Last arrival of a contribution'
)
AS SELECT
    m.ts AS ts,
    m.protocol_id AS protocol_id,
    m.chain_id AS chain_id,
    m.metric_type AS metric_type,
    argMinMerge(m.first_value) AS first_value,
    max(m.high) AS high,
    min(m.low) AS low,
    argMaxMerge(m.value) AS value,
    argMaxMerge(m.value_usd) AS value_usd,
    max(m.last_ts) AS last_ts,
    max(m.ingested_at) AS ingested_at
FROM protocol_metrics_hourly_state AS m
GROUP BY ts, protocol_id, chain_id, metric_type
COMMENT 'Metrics of protocols by hour, kept five years after the last arrival';

CREATE TABLE IF NOT EXISTS protocol_metrics_daily_state
(
    ts DateTime64(3, 'UTC') COMMENT 'Start of the day, UTC' CODEC(DoubleDelta, ZSTD(1)),
    protocol_id UUID COMMENT 'Protocol measured; catalog.protocols.id',
    chain_id Int64 COMMENT 'Chain the value is of; 0 means all chains together' CODEC(ZSTD(1)),
    metric_type LowCardinality(String) COMMENT 'What is measured',
    first_value AggregateFunction(argMin, Decimal(76, 18), Tuple(DateTime64(3, 'UTC'), Int64)) COMMENT 'State of the first value',
    high SimpleAggregateFunction(max, Decimal(76, 18)) COMMENT 'Highest value so far',
    low SimpleAggregateFunction(min, Decimal(76, 18)) COMMENT 'Lowest value so far',
    value AggregateFunction(argMax, Decimal(76, 18), Tuple(DateTime64(3, 'UTC'), DateTime64(3, 'UTC'))) COMMENT 'State of the last value',
    value_usd AggregateFunction(argMax, Nullable(Decimal(38, 8)), Tuple(DateTime64(3, 'UTC'), DateTime64(3, 'UTC'))) COMMENT 'State of the last known value in USD',
    last_ts SimpleAggregateFunction(max, DateTime64(3, 'UTC')) COMMENT 'Latest observation in the day',
    ingested_at SimpleAggregateFunction(max, DateTime64(3, 'UTC')) COMMENT 'Last arrival of a contribution'
)
ENGINE = AggregatingMergeTree
ORDER BY (protocol_id, metric_type, chain_id, ts)
SETTINGS index_granularity = 1024
COMMENT 'Partial aggregates behind protocol_metrics_daily, kept for good';

CREATE MATERIALIZED VIEW IF NOT EXISTS protocol_metrics_daily_feed TO protocol_metrics_daily_state
AS SELECT
    toDateTime64(toStartOfDay(m.ts), 3, 'UTC') AS ts,
    m.protocol_id AS protocol_id,
    m.chain_id AS chain_id,
    m.metric_type AS metric_type,
    argMinMergeState(m.first_value) AS first_value,
    max(m.high) AS high,
    min(m.low) AS low,
    argMaxMergeState(m.value) AS value,
    argMaxMergeState(m.value_usd) AS value_usd,
    max(m.last_ts) AS last_ts,
    max(m.ingested_at) AS ingested_at
FROM protocol_metrics_hourly_state AS m
GROUP BY ts, protocol_id, chain_id, metric_type
COMMENT 'Rolls the hour states up by day';

CREATE VIEW IF NOT EXISTS protocol_metrics_daily
(
    ts DateTime64(3, 'UTC') COMMENT 'Start of the day, UTC',
    protocol_id UUID COMMENT 'Protocol measured; catalog.protocols.id',
    chain_id Int64 COMMENT 'Chain the value is of; 0 means all chains together',
    metric_type LowCardinality(String) COMMENT 'What is measured',
    first_value Decimal(76, 18) COMMENT 'First value of the day',
    high Decimal(76, 18) COMMENT 'Highest value of the day',
    low Decimal(76, 18) COMMENT 'Lowest value of the day',
    value Decimal(76, 18) COMMENT 'Last value of the day',
    value_usd Nullable(Decimal(38, 8)) COMMENT 'Last known value of the day in USD',
    last_ts DateTime64(3, 'UTC') COMMENT 'Latest observation in the day',
    ingested_at DateTime64(3, 'UTC') COMMENT 'Last arrival of a contribution'
)
AS SELECT
    m.ts AS ts,
    m.protocol_id AS protocol_id,
    m.chain_id AS chain_id,
    m.metric_type AS metric_type,
    argMinMerge(m.first_value) AS first_value,
    max(m.high) AS high,
    min(m.low) AS low,
    argMaxMerge(m.value) AS value,
    argMaxMerge(m.value_usd) AS value_usd,
    max(m.last_ts) AS last_ts,
    max(m.ingested_at) AS ingested_at
FROM protocol_metrics_daily_state AS m
GROUP BY ts, protocol_id, chain_id, metric_type
COMMENT 'Metrics of protocols by day, kept for good';

-- migrate:down transaction:false

DROP VIEW IF EXISTS protocol_metrics_daily;
DROP VIEW IF EXISTS protocol_metrics_daily_feed;
DROP TABLE IF EXISTS protocol_metrics_daily_state;
DROP VIEW IF EXISTS protocol_metrics_hourly;
DROP VIEW IF EXISTS protocol_metrics_hourly_feed;
DROP TABLE IF EXISTS protocol_metrics_hourly_state;
DROP VIEW IF EXISTS protocol_metrics_minutely;
DROP VIEW IF EXISTS protocol_metrics_minutely_feed;
DROP TABLE IF EXISTS protocol_metrics_minutely_state;
