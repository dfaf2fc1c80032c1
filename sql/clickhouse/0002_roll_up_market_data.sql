-- Minute, hour and day bars of market_data.
--
-- A materialized view sees every inserted block, retries and corrections included, and never the
-- merged table. So only aggregates that give the same answer when a row comes twice are used:
-- argMin, argMax, min, max. A sum, a count or an average would double on the first retry; volume
-- is a rolling 24 h figure whose last value is the right one anyway. Corrections (same instant,
-- later `ingested_at`) win in open, close and volume; a wrong high or low stays until its bucket
-- is rebuilt: delete the bucket's rows from the three `_state` tables, insert them again.
-- Each level feeds the next (raw to minute to hour to day); bars of a vendor enter at their own
-- span. `_state` tables hold partial aggregates and are not for reading, the views of the plain
-- name finish them; a filter on asset_id, source or ts reaches the primary key through the view.

-- migrate:up transaction:false

CREATE TABLE IF NOT EXISTS market_data_minutely_state
(
    ts DateTime64(3, 'UTC') COMMENT 'Start of the minute, UTC' CODEC(DoubleDelta, ZSTD(1)),
    asset_id UUID COMMENT 'Asset priced; catalog.assets.id',
    source LowCardinality(String) COMMENT 'Who reported it',
    open AggregateFunction(argMin, Decimal(38, 18), Tuple(DateTime64(3, 'UTC'), Int64)) COMMENT 'State of the first price',
    high SimpleAggregateFunction(max, Decimal(38, 18)) COMMENT 'Highest price so far, USD',
    low SimpleAggregateFunction(min, Decimal(38, 18)) COMMENT 'Lowest price so far, USD',
    close AggregateFunction(argMax, Decimal(38, 18), Tuple(DateTime64(3, 'UTC'), DateTime64(3, 'UTC'))) COMMENT 'State of the last price',
    volume_24h AggregateFunction(argMax, Nullable(Decimal(38, 8)), Tuple(DateTime64(3, 'UTC'), DateTime64(3, 'UTC'))) COMMENT 'State of the last known rolling volume',
    market_cap AggregateFunction(argMax, Nullable(Decimal(38, 8)), Tuple(DateTime64(3, 'UTC'), DateTime64(3, 'UTC'))) COMMENT 'State of the last known market capitalisation',
    first_ts SimpleAggregateFunction(min, DateTime64(3, 'UTC')) COMMENT 'Earliest observation in the minute',
    last_ts SimpleAggregateFunction(max, DateTime64(3, 'UTC')) COMMENT 'Latest observation in the minute',
    ingested_at SimpleAggregateFunction(max, DateTime64(3, 'UTC')) COMMENT 'Last arrival of a contribution'
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(ts)
ORDER BY (asset_id, source, ts)
TTL toDateTime(ingested_at) + INTERVAL 1 YEAR DELETE
SETTINGS index_granularity = 1024
COMMENT 'Partial aggregates behind market_data_minutely, kept one year after the last arrival';

CREATE MATERIALIZED VIEW IF NOT EXISTS market_data_minutely_feed TO market_data_minutely_state
AS SELECT
    toDateTime64(toStartOfMinute(m.ts), 3, 'UTC') AS ts,
    m.asset_id AS asset_id,
    m.source AS source,
    argMinState(m.price, (m.ts, -toUnixTimestamp64Milli(m.ingested_at))) AS open,
    max(m.price) AS high,
    min(m.price) AS low,
    argMaxState(m.price, (m.ts, m.ingested_at)) AS close,
    argMaxState(m.volume_24h, (m.ts, m.ingested_at)) AS volume_24h,
    argMaxState(m.market_cap, (m.ts, m.ingested_at)) AS market_cap,
    min(m.ts) AS first_ts,
    max(m.ts) AS last_ts,
    max(m.ingested_at) AS ingested_at
FROM market_data AS m
GROUP BY ts, asset_id, source
COMMENT 'Rolls market_data up by minute';

CREATE VIEW IF NOT EXISTS market_data_minutely
(
    ts DateTime64(3, 'UTC') COMMENT 'Start of the minute, UTC',
    asset_id UUID COMMENT 'Asset priced; catalog.assets.id',
    source LowCardinality(String) COMMENT 'Who reported it',
    open Decimal(38, 18) COMMENT 'First price of the minute, USD',
    high Decimal(38, 18) COMMENT 'Highest price of the minute, USD',
    low Decimal(38, 18) COMMENT 'Lowest price of the minute, USD',
    close Decimal(38, 18) COMMENT 'Last price of the minute, USD',
    volume_24h Nullable(Decimal(38, 8)) COMMENT 'Rolling 24 h volume at the end of the minute, USD; never to be summed',
    market_cap Nullable(Decimal(38, 8)) COMMENT 'Market capitalisation at the end of the minute, USD',
    first_ts DateTime64(3, 'UTC') COMMENT 'Earliest observation in the minute',
    last_ts DateTime64(3, 'UTC') COMMENT 'Latest observation in the minute; in the running minute it tells how far the bar is',
    ingested_at DateTime64(3, 'UTC') COMMENT 'Last arrival of a contribution'
)
AS SELECT
    m.ts AS ts,
    m.asset_id AS asset_id,
    m.source AS source,
    argMinMerge(m.open) AS open,
    max(m.high) AS high,
    min(m.low) AS low,
    argMaxMerge(m.close) AS close,
    argMaxMerge(m.volume_24h) AS volume_24h,
    argMaxMerge(m.market_cap) AS market_cap,
    min(m.first_ts) AS first_ts,
    max(m.last_ts) AS last_ts,
    max(m.ingested_at) AS ingested_at
FROM market_data_minutely_state AS m
GROUP BY ts, asset_id, source
COMMENT 'Prices by minute, asset and source, kept one year after the last arrival';

CREATE TABLE IF NOT EXISTS market_data_hourly_state
(
    ts DateTime64(3, 'UTC') COMMENT 'Start of the hour, UTC' CODEC(DoubleDelta, ZSTD(1)),
    asset_id UUID COMMENT 'Asset priced; catalog.assets.id',
    source LowCardinality(String) COMMENT 'Who reported it',
    open AggregateFunction(argMin, Decimal(38, 18), Tuple(DateTime64(3, 'UTC'), Int64)) COMMENT 'State of the first price',
    high SimpleAggregateFunction(max, Decimal(38, 18)) COMMENT 'Highest price so far, USD',
    low SimpleAggregateFunction(min, Decimal(38, 18)) COMMENT 'Lowest price so far, USD',
    close AggregateFunction(argMax, Decimal(38, 18), Tuple(DateTime64(3, 'UTC'), DateTime64(3, 'UTC'))) COMMENT 'State of the last price',
    volume_24h AggregateFunction(argMax, Nullable(Decimal(38, 8)), Tuple(DateTime64(3, 'UTC'), DateTime64(3, 'UTC'))) COMMENT 'State of the last known rolling volume',
    market_cap AggregateFunction(argMax, Nullable(Decimal(38, 8)), Tuple(DateTime64(3, 'UTC'), DateTime64(3, 'UTC'))) COMMENT 'State of the last known market capitalisation',
    first_ts SimpleAggregateFunction(min, DateTime64(3, 'UTC')) COMMENT 'Earliest observation in the hour',
    last_ts SimpleAggregateFunction(max, DateTime64(3, 'UTC')) COMMENT 'Latest observation in the hour',
    ingested_at SimpleAggregateFunction(max, DateTime64(3, 'UTC')) COMMENT 'Last arrival of a contribution'
)
ENGINE = AggregatingMergeTree
PARTITION BY toYear(ts)
ORDER BY (asset_id, source, ts)
TTL toDateTime(ingested_at) + INTERVAL 5 YEAR DELETE
SETTINGS index_granularity = 1024
COMMENT 'Partial aggregates behind market_data_hourly, kept five years after the last arrival';

CREATE MATERIALIZED VIEW IF NOT EXISTS market_data_hourly_feed TO market_data_hourly_state
AS SELECT
    toDateTime64(toStartOfHour(m.ts), 3, 'UTC') AS ts,
    m.asset_id AS asset_id,
    m.source AS source,
    argMinMergeState(m.open) AS open,
    max(m.high) AS high,
    min(m.low) AS low,
    argMaxMergeState(m.close) AS close,
    argMaxMergeState(m.volume_24h) AS volume_24h,
    argMaxMergeState(m.market_cap) AS market_cap,
    min(m.first_ts) AS first_ts,
    max(m.last_ts) AS last_ts,
    max(m.ingested_at) AS ingested_at
FROM market_data_minutely_state AS m
GROUP BY ts, asset_id, source
COMMENT 'Rolls the minute states up by hour';

CREATE MATERIALIZED VIEW IF NOT EXISTS market_bars_hourly_feed TO market_data_hourly_state
AS WITH addHours(b.ts, 1) - INTERVAL 1 MILLISECOND AS closed_at
SELECT
    toDateTime64(toStartOfHour(b.ts), 3, 'UTC') AS ts,
    b.asset_id AS asset_id,
    b.source AS source,
    argMinState(b.open, (b.ts, -toUnixTimestamp64Milli(b.ingested_at))) AS open,
    max(b.high) AS high,
    min(b.low) AS low,
    argMaxState(b.close, (closed_at, b.ingested_at)) AS close,
    argMaxState(b.volume_24h, (closed_at, b.ingested_at)) AS volume_24h,
    argMaxState(b.market_cap, (closed_at, b.ingested_at)) AS market_cap,
    min(b.ts) AS first_ts,
    max(closed_at) AS last_ts,
    max(b.ingested_at) AS ingested_at
FROM market_bars AS b
WHERE b.span = 'hour'
GROUP BY ts, asset_id, source
COMMENT 'Adds vendors'' hour bars to the hour states';

CREATE VIEW IF NOT EXISTS market_data_hourly
(
    ts DateTime64(3, 'UTC') COMMENT 'Start of the hour, UTC',
    asset_id UUID COMMENT 'Asset priced; catalog.assets.id',
    source LowCardinality(String) COMMENT 'Who reported it',
    open Decimal(38, 18) COMMENT 'First price of the hour, USD',
    high Decimal(38, 18) COMMENT 'Highest price of the hour, USD',
    low Decimal(38, 18) COMMENT 'Lowest price of the hour, USD',
    close Decimal(38, 18) COMMENT 'Last price of the hour, USD',
    volume_24h Nullable(Decimal(38, 8)) COMMENT 'Rolling 24 h volume at the end of the hour, USD; never to be summed',
    market_cap Nullable(Decimal(38, 8)) COMMENT 'Market capitalisation at the end of the hour, USD',
    first_ts DateTime64(3, 'UTC') COMMENT 'Earliest observation in the hour',
    last_ts DateTime64(3, 'UTC') COMMENT 'Latest observation in the hour; in the running hour it tells how far the bar is',
    ingested_at DateTime64(3, 'UTC') COMMENT 'Last arrival of a contribution'
)
AS SELECT
    m.ts AS ts,
    m.asset_id AS asset_id,
    m.source AS source,
    argMinMerge(m.open) AS open,
    max(m.high) AS high,
    min(m.low) AS low,
    argMaxMerge(m.close) AS close,
    argMaxMerge(m.volume_24h) AS volume_24h,
    argMaxMerge(m.market_cap) AS market_cap,
    min(m.first_ts) AS first_ts,
    max(m.last_ts) AS last_ts,
    max(m.ingested_at) AS ingested_at
FROM market_data_hourly_state AS m
GROUP BY ts, asset_id, source
COMMENT 'Prices by hour, asset and source, kept five years after the last arrival';

CREATE TABLE IF NOT EXISTS market_data_daily_state
(
    ts DateTime64(3, 'UTC') COMMENT 'Start of the day, UTC' CODEC(DoubleDelta, ZSTD(1)),
    asset_id UUID COMMENT 'Asset priced; catalog.assets.id',
    source LowCardinality(String) COMMENT 'Who reported it',
    open AggregateFunction(argMin, Decimal(38, 18), Tuple(DateTime64(3, 'UTC'), Int64)) COMMENT 'State of the first price',
    high SimpleAggregateFunction(max, Decimal(38, 18)) COMMENT 'Highest price so far, USD',
    low SimpleAggregateFunction(min, Decimal(38, 18)) COMMENT 'Lowest price so far, USD',
    close AggregateFunction(argMax, Decimal(38, 18), Tuple(DateTime64(3, 'UTC'), DateTime64(3, 'UTC'))) COMMENT 'State of the last price',
    volume_24h AggregateFunction(argMax, Nullable(Decimal(38, 8)), Tuple(DateTime64(3, 'UTC'), DateTime64(3, 'UTC'))) COMMENT 'State of the last known rolling volume',
    market_cap AggregateFunction(argMax, Nullable(Decimal(38, 8)), Tuple(DateTime64(3, 'UTC'), DateTime64(3, 'UTC'))) COMMENT 'State of the last known market capitalisation',
    first_ts SimpleAggregateFunction(min, DateTime64(3, 'UTC')) COMMENT 'Earliest observation in the day',
    last_ts SimpleAggregateFunction(max, DateTime64(3, 'UTC')) COMMENT 'Latest observation in the day',
    ingested_at SimpleAggregateFunction(max, DateTime64(3, 'UTC')) COMMENT 'Last arrival of a contribution'
)
ENGINE = AggregatingMergeTree
ORDER BY (asset_id, source, ts)
SETTINGS index_granularity = 1024
COMMENT 'Partial aggregates behind market_data_daily, kept for good';

CREATE MATERIALIZED VIEW IF NOT EXISTS market_data_daily_feed TO market_data_daily_state
AS SELECT
    toDateTime64(toStartOfDay(m.ts), 3, 'UTC') AS ts,
    m.asset_id AS asset_id,
    m.source AS source,
    argMinMergeState(m.open) AS open,
    max(m.high) AS high,
    min(m.low) AS low,
    argMaxMergeState(m.close) AS close,
    argMaxMergeState(m.volume_24h) AS volume_24h,
    argMaxMergeState(m.market_cap) AS market_cap,
    min(m.first_ts) AS first_ts,
    max(m.last_ts) AS last_ts,
    max(m.ingested_at) AS ingested_at
FROM market_data_hourly_state AS m
GROUP BY ts, asset_id, source
COMMENT 'Rolls the hour states up by day';

CREATE MATERIALIZED VIEW IF NOT EXISTS market_bars_daily_feed TO market_data_daily_state
AS WITH addDays(b.ts, 1) - INTERVAL 1 MILLISECOND AS closed_at
SELECT
    toDateTime64(toStartOfDay(b.ts), 3, 'UTC') AS ts,
    b.asset_id AS asset_id,
    b.source AS source,
    argMinState(b.open, (b.ts, -toUnixTimestamp64Milli(b.ingested_at))) AS open,
    max(b.high) AS high,
    min(b.low) AS low,
    argMaxState(b.close, (closed_at, b.ingested_at)) AS close,
    argMaxState(b.volume_24h, (closed_at, b.ingested_at)) AS volume_24h,
    argMaxState(b.market_cap, (closed_at, b.ingested_at)) AS market_cap,
    min(b.ts) AS first_ts,
    max(closed_at) AS last_ts,
    max(b.ingested_at) AS ingested_at
FROM market_bars AS b
WHERE b.span = 'day'
GROUP BY ts, asset_id, source
COMMENT 'Adds vendors'' day bars to the day states';

CREATE VIEW IF NOT EXISTS market_data_daily
(
    ts DateTime64(3, 'UTC') COMMENT 'Start of the day, UTC',
    asset_id UUID COMMENT 'Asset priced; catalog.assets.id',
    source LowCardinality(String) COMMENT 'Who reported it',
    open Decimal(38, 18) COMMENT 'First price of the day, USD',
    high Decimal(38, 18) COMMENT 'Highest price of the day, USD',
    low Decimal(38, 18) COMMENT 'Lowest price of the day, USD',
    close Decimal(38, 18) COMMENT 'Last price of the day, USD',
    volume_24h Nullable(Decimal(38, 8)) COMMENT 'Rolling 24 h volume at the end of the day, USD; never to be summed',
    market_cap Nullable(Decimal(38, 8)) COMMENT 'Market capitalisation at the end of the day, USD',
    first_ts DateTime64(3, 'UTC') COMMENT 'Earliest observation in the day',
    last_ts DateTime64(3, 'UTC') COMMENT 'Latest observation in the day; in the running day it tells how far the bar is',
    ingested_at DateTime64(3, 'UTC') COMMENT 'Last arrival of a contribution'
)
AS SELECT
    m.ts AS ts,
    m.asset_id AS asset_id,
    m.source AS source,
    argMinMerge(m.open) AS open,
    max(m.high) AS high,
    min(m.low) AS low,
    argMaxMerge(m.close) AS close,
    argMaxMerge(m.volume_24h) AS volume_24h,
    argMaxMerge(m.market_cap) AS market_cap,
    min(m.first_ts) AS first_ts,
    max(m.last_ts) AS last_ts,
    max(m.ingested_at) AS ingested_at
FROM market_data_daily_state AS m
GROUP BY ts, asset_id, source
COMMENT 'Prices by day, asset and source, kept for good';

-- migrate:down transaction:false

DROP VIEW IF EXISTS market_data_daily;
DROP VIEW IF EXISTS market_bars_daily_feed;
DROP VIEW IF EXISTS market_data_daily_feed;
DROP TABLE IF EXISTS market_data_daily_state;
DROP VIEW IF EXISTS market_data_hourly;
DROP VIEW IF EXISTS market_bars_hourly_feed;
DROP VIEW IF EXISTS market_data_hourly_feed;
DROP TABLE IF EXISTS market_data_hourly_state;
DROP VIEW IF EXISTS market_data_minutely;
DROP VIEW IF EXISTS market_data_minutely_feed;
DROP TABLE IF EXISTS market_data_minutely_state;
