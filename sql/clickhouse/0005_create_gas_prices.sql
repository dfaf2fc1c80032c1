-- Observed gas prices and their hours and days.
--
-- `gas_predictions` (0008) holds forecasts; this is what happened. Raw rows are few (one a minute
-- and chain) and stay two years after arrival, the roll-ups five years and for good.
-- An average is a sum, which a retry would double. The states therefore keep one reading for each
-- minute (the last of the minute, at most 60 in an hour and 1,440 in a day) in a map, where a
-- repeated row meets itself, and the views average the map.

-- migrate:up transaction:false

CREATE TABLE IF NOT EXISTS gas_prices
(
    ts DateTime64(3, 'UTC') COMMENT 'When the price held, UTC' CODEC(DoubleDelta, ZSTD(1)),
    chain_id Int64 COMMENT 'Chain; catalog.chains.id',
    source LowCardinality(String) COMMENT 'Who reported it, such as node or etherscan',
    price_gwei Decimal(38, 9) COMMENT 'Price of one unit of gas, gwei; nine decimals hold one wei' CODEC(ZSTD(1)),
    base_fee_gwei Nullable(Decimal(38, 9)) COMMENT 'Base fee of the block, gwei; null before EIP-1559' CODEC(ZSTD(1)),
    priority_fee_gwei Nullable(Decimal(38, 9)) COMMENT 'Typical priority fee, gwei' CODEC(ZSTD(1)),
    block_number Nullable(UInt64) COMMENT 'Block observed' CODEC(ZSTD(1)),
    gas_used Nullable(UInt64) COMMENT 'Gas used in the block or over the period observed' CODEC(ZSTD(1)),
    gas_limit Nullable(UInt64) COMMENT 'Gas limit of a block' CODEC(ZSTD(1)),
    tx_count Nullable(UInt64) COMMENT 'Transactions in the block or over the period observed' CODEC(ZSTD(1)),
    pending_transactions Nullable(UInt64) COMMENT 'Transactions waiting in the mempool' CODEC(ZSTD(1)),
    network_utilization Nullable(Float64) COMMENT 'Gas used over gas limit, 0..1' CODEC(ZSTD(1)),
    ingested_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When the row arrived here; of two rows with one key the later stands' CODEC(DoubleDelta, ZSTD(1))
)
ENGINE = ReplacingMergeTree(ingested_at)
PARTITION BY toYYYYMM(ts)
ORDER BY (chain_id, source, ts)
TTL toDateTime(ingested_at) + INTERVAL 2 YEAR DELETE
SETTINGS index_granularity = 1024
COMMENT 'Observed gas prices by chain and source';

CREATE TABLE IF NOT EXISTS gas_prices_hourly_state
(
    ts DateTime64(3, 'UTC') COMMENT 'Start of the hour, UTC' CODEC(DoubleDelta, ZSTD(1)),
    chain_id Int64 COMMENT 'Chain; catalog.chains.id',
    source LowCardinality(String) COMMENT 'Who reported it',
    readings AggregateFunction(maxMap, Map(UInt8, Tuple(DateTime64(3, 'UTC'), DateTime64(3, 'UTC'), Decimal(38, 9)))) COMMENT 'State: last reading of each minute as (ts, ingested_at, gwei)',
    high SimpleAggregateFunction(max, Decimal(38, 9)) COMMENT 'Highest price so far, gwei',
    low SimpleAggregateFunction(min, Decimal(38, 9)) COMMENT 'Lowest price so far, gwei',
    base_fee AggregateFunction(argMax, Nullable(Decimal(38, 9)), Tuple(DateTime64(3, 'UTC'), DateTime64(3, 'UTC'))) COMMENT 'State of the last known base fee',
    ingested_at SimpleAggregateFunction(max, DateTime64(3, 'UTC')) COMMENT 'Last arrival of a contribution'
)
ENGINE = AggregatingMergeTree
PARTITION BY toYear(ts)
ORDER BY (chain_id, source, ts)
TTL toDateTime(ingested_at) + INTERVAL 5 YEAR DELETE
SETTINGS index_granularity = 256
COMMENT 'Partial aggregates behind gas_prices_hourly, kept five years after the last arrival';

CREATE MATERIALIZED VIEW IF NOT EXISTS gas_prices_hourly_feed TO gas_prices_hourly_state
AS SELECT
    toDateTime64(toStartOfHour(m.ts), 3, 'UTC') AS ts,
    m.chain_id AS chain_id,
    m.source AS source,
    maxMapState(map(toMinute(m.ts), (m.ts, m.ingested_at, m.price_gwei))) AS readings,
    max(m.price_gwei) AS high,
    min(m.price_gwei) AS low,
    argMaxState(m.base_fee_gwei, (m.ts, m.ingested_at)) AS base_fee,
    max(m.ingested_at) AS ingested_at
FROM gas_prices AS m
GROUP BY ts, chain_id, source
COMMENT 'Rolls gas_prices up by hour';

CREATE VIEW IF NOT EXISTS gas_prices_hourly
(
    ts DateTime64(3, 'UTC') COMMENT 'Start of the hour, UTC',
    chain_id Int64 COMMENT 'Chain; catalog.chains.id',
    source LowCardinality(String) COMMENT 'Who reported it',
    open_gwei Decimal(38, 9) COMMENT 'First reading of the hour, gwei',
    high_gwei Decimal(38, 9) COMMENT 'Highest price of the hour, gwei',
    low_gwei Decimal(38, 9) COMMENT 'Lowest price of the hour, gwei',
    close_gwei Decimal(38, 9) COMMENT 'Last reading of the hour, gwei',
    avg_gwei Float64 COMMENT 'Mean over the minutes that have a reading, gwei',
    minutes UInt64 COMMENT 'Minutes of the hour that have a reading',
    base_fee_gwei Nullable(Decimal(38, 9)) COMMENT 'Last known base fee of the hour, gwei',
    ingested_at DateTime64(3, 'UTC') COMMENT 'Last arrival of a contribution'
)
AS SELECT
    r.ts AS ts,
    r.chain_id AS chain_id,
    r.source AS source,
    tupleElement(arrayMin(mapValues(r.merged)), 3) AS open_gwei,
    r.high AS high_gwei,
    r.low AS low_gwei,
    tupleElement(arrayMax(mapValues(r.merged)), 3) AS close_gwei,
    arrayAvg(arrayMap(reading -> toFloat64(tupleElement(reading, 3)), mapValues(r.merged))) AS avg_gwei,
    length(r.merged) AS minutes,
    r.base_fee AS base_fee_gwei,
    r.arrived_at AS ingested_at
FROM
(
    SELECT
        m.ts AS ts,
        m.chain_id AS chain_id,
        m.source AS source,
        maxMapMerge(m.readings) AS merged,
        max(m.high) AS high,
        min(m.low) AS low,
        argMaxMerge(m.base_fee) AS base_fee,
        max(m.ingested_at) AS arrived_at
    FROM gas_prices_hourly_state AS m
    GROUP BY ts, chain_id, source
) AS r
COMMENT 'Gas prices by hour, chain and source, kept five years after the last arrival';

CREATE TABLE IF NOT EXISTS gas_prices_daily_state
(
    ts DateTime64(3, 'UTC') COMMENT 'Start of the day, UTC' CODEC(DoubleDelta, ZSTD(1)),
    chain_id Int64 COMMENT 'Chain; catalog.chains.id',
    source LowCardinality(String) COMMENT 'Who reported it',
    readings AggregateFunction(maxMap, Map(UInt16, Tuple(DateTime64(3, 'UTC'), DateTime64(3, 'UTC'), Decimal(38, 9)))) COMMENT 'State: last reading of each minute as (ts, ingested_at, gwei)',
    high SimpleAggregateFunction(max, Decimal(38, 9)) COMMENT 'Highest price so far, gwei',
    low SimpleAggregateFunction(min, Decimal(38, 9)) COMMENT 'Lowest price so far, gwei',
    base_fee AggregateFunction(argMax, Nullable(Decimal(38, 9)), Tuple(DateTime64(3, 'UTC'), DateTime64(3, 'UTC'))) COMMENT 'State of the last known base fee',
    ingested_at SimpleAggregateFunction(max, DateTime64(3, 'UTC')) COMMENT 'Last arrival of a contribution'
)
ENGINE = AggregatingMergeTree
ORDER BY (chain_id, source, ts)
SETTINGS index_granularity = 256
COMMENT 'Partial aggregates behind gas_prices_daily, kept for good';

CREATE MATERIALIZED VIEW IF NOT EXISTS gas_prices_daily_feed TO gas_prices_daily_state
AS SELECT
    toDateTime64(toStartOfDay(m.ts), 3, 'UTC') AS ts,
    m.chain_id AS chain_id,
    m.source AS source,
    maxMapState(map(toUInt16(dateDiff('minute', toStartOfDay(m.ts), m.ts)), (m.ts, m.ingested_at, m.price_gwei))) AS readings,
    max(m.price_gwei) AS high,
    min(m.price_gwei) AS low,
    argMaxState(m.base_fee_gwei, (m.ts, m.ingested_at)) AS base_fee,
    max(m.ingested_at) AS ingested_at
FROM gas_prices AS m
GROUP BY ts, chain_id, source
COMMENT 'Rolls gas_prices up by day';

CREATE VIEW IF NOT EXISTS gas_prices_daily
(
    ts DateTime64(3, 'UTC') COMMENT 'Start of the day, UTC',
    chain_id Int64 COMMENT 'Chain; catalog.chains.id',
    source LowCardinality(String) COMMENT 'Who reported it',
    open_gwei Decimal(38, 9) COMMENT 'First reading of the day, gwei',
    high_gwei Decimal(38, 9) COMMENT 'Highest price of the day, gwei',
    low_gwei Decimal(38, 9) COMMENT 'Lowest price of the day, gwei',
    close_gwei Decimal(38, 9) COMMENT 'Last reading of the day, gwei',
    avg_gwei Float64 COMMENT 'Mean over the minutes that have a reading, gwei',
    minutes UInt64 COMMENT 'Minutes of the day that have a reading',
    base_fee_gwei Nullable(Decimal(38, 9)) COMMENT 'Last known base fee of the day, gwei',
    ingested_at DateTime64(3, 'UTC') COMMENT 'Last arrival of a contribution'
)
AS SELECT
    r.ts AS ts,
    r.chain_id AS chain_id,
    r.source AS source,
    tupleElement(arrayMin(mapValues(r.merged)), 3) AS open_gwei,
    r.high AS high_gwei,
    r.low AS low_gwei,
    tupleElement(arrayMax(mapValues(r.merged)), 3) AS close_gwei,
    arrayAvg(arrayMap(reading -> toFloat64(tupleElement(reading, 3)), mapValues(r.merged))) AS avg_gwei,
    length(r.merged) AS minutes,
    r.base_fee AS base_fee_gwei,
    r.arrived_at AS ingested_at
FROM
(
    SELECT
        m.ts AS ts,
        m.chain_id AS chain_id,
        m.source AS source,
        maxMapMerge(m.readings) AS merged,
        max(m.high) AS high,
        min(m.low) AS low,
        argMaxMerge(m.base_fee) AS base_fee,
        max(m.ingested_at) AS arrived_at
    FROM gas_prices_daily_state AS m
    GROUP BY ts, chain_id, source
) AS r
COMMENT 'Gas prices by day, chain and source, kept for good';

-- migrate:down transaction:false

DROP VIEW IF EXISTS gas_prices_daily;
DROP VIEW IF EXISTS gas_prices_daily_feed;
DROP TABLE IF EXISTS gas_prices_daily_state;
DROP VIEW IF EXISTS gas_prices_hourly;
DROP VIEW IF EXISTS gas_prices_hourly_feed;
DROP TABLE IF EXISTS gas_prices_hourly_state;
DROP TABLE IF EXISTS gas_prices;
