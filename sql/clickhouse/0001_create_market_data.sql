-- Price observations, the newest one of each asset, and vendors' ready-made bars.
--
-- Retention counts from `ingested_at`, not from `ts`: a history of 2013 loaded today must be
-- readable tomorrow, and a TTL on `ts` would delete it at the next merge. Raw observations leave
-- 90 days after they arrived; the roll-ups of 0002 keep the series (minutes a year, hours five
-- years, days for good).
-- The source is part of the key: the same observation sent twice is one row, two sources at one
-- instant stay two. Granules of 1,024 rows keep a read of one asset small.
-- Bars (open, high, low, close known for a whole hour or day) go to `market_bars` and from there
-- straight into the roll-ups; writing them to `market_data` as well would only repeat the close.

-- migrate:up transaction:false

CREATE TABLE IF NOT EXISTS market_data
(
    ts DateTime64(3, 'UTC') COMMENT 'When the price held, UTC' CODEC(DoubleDelta, ZSTD(1)),
    asset_id UUID COMMENT 'Asset priced; catalog.assets.id',
    chain_id Nullable(Int64) COMMENT 'Chain of the quoted deployment; null when the price is of the asset as such',
    source LowCardinality(String) COMMENT 'Who reported it, such as binance or coinranking',
    price Decimal(38, 18) COMMENT 'Price of one whole unit, USD' CODEC(ZSTD(1)),
    volume_24h Nullable(Decimal(38, 8)) COMMENT 'Traded over the preceding 24 hours, USD; a rolling figure, never to be summed' CODEC(ZSTD(1)),
    market_cap Nullable(Decimal(38, 8)) COMMENT 'Market capitalisation, USD' CODEC(ZSTD(1)),
    price_change_1h Nullable(Float64) COMMENT 'Change over one hour, percent' CODEC(ZSTD(1)),
    price_change_24h Nullable(Float64) COMMENT 'Change over 24 hours, percent' CODEC(ZSTD(1)),
    price_change_7d Nullable(Float64) COMMENT 'Change over seven days, percent' CODEC(ZSTD(1)),
    ingested_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When the row arrived here; of two rows with one key the later stands' CODEC(DoubleDelta, ZSTD(1))
)
ENGINE = ReplacingMergeTree(ingested_at)
PARTITION BY toYYYYMM(ts)
ORDER BY (asset_id, source, ts)
TTL toDateTime(ingested_at) + INTERVAL 90 DAY DELETE
SETTINGS index_granularity = 1024
COMMENT 'Price observations of assets by source. Raw rows stay 90 days after arrival; see market_data_hourly and market_data_daily for history';

CREATE TABLE IF NOT EXISTS market_data_latest
(
    ts DateTime64(3, 'UTC') COMMENT 'When the price held, UTC',
    asset_id UUID COMMENT 'Asset priced; catalog.assets.id',
    chain_id Nullable(Int64) COMMENT 'Chain of the quoted deployment; null when the price is of the asset as such',
    source LowCardinality(String) COMMENT 'Who reported it',
    price Decimal(38, 18) COMMENT 'Price of one whole unit, USD',
    volume_24h Nullable(Decimal(38, 8)) COMMENT 'Traded over the preceding 24 hours, USD',
    market_cap Nullable(Decimal(38, 8)) COMMENT 'Market capitalisation, USD',
    price_change_1h Nullable(Float64) COMMENT 'Change over one hour, percent',
    price_change_24h Nullable(Float64) COMMENT 'Change over 24 hours, percent',
    price_change_7d Nullable(Float64) COMMENT 'Change over seven days, percent',
    ingested_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When the row arrived here'
)
ENGINE = ReplacingMergeTree(ts)
ORDER BY (asset_id, source)
SETTINGS index_granularity = 256
COMMENT 'Newest observation of each asset and source, whatever the retention of the raw rows; read with FINAL';

CREATE MATERIALIZED VIEW IF NOT EXISTS market_data_latest_feed TO market_data_latest
AS SELECT
    ts, asset_id, chain_id, source, price, volume_24h, market_cap,
    price_change_1h, price_change_24h, price_change_7d, ingested_at
FROM market_data
COMMENT 'Keeps market_data_latest; a late row with an older ts loses there';

CREATE TABLE IF NOT EXISTS market_bars
(
    ts DateTime64(3, 'UTC') COMMENT 'Start of the bar, UTC' CODEC(DoubleDelta, ZSTD(1)),
    span LowCardinality(String) COMMENT 'Length of the bar: hour or day',
    asset_id UUID COMMENT 'Asset priced; catalog.assets.id',
    chain_id Nullable(Int64) COMMENT 'Chain of the quoted deployment; null when the price is of the asset as such',
    source LowCardinality(String) COMMENT 'Who reported it',
    open Decimal(38, 18) COMMENT 'First price of the bar, USD',
    high Decimal(38, 18) COMMENT 'Highest price of the bar, USD',
    low Decimal(38, 18) COMMENT 'Lowest price of the bar, USD',
    close Decimal(38, 18) COMMENT 'Last price of the bar, USD',
    volume_24h Nullable(Decimal(38, 8)) COMMENT 'Traded over the 24 hours that end with the bar, USD; of a day bar, its volume',
    market_cap Nullable(Decimal(38, 8)) COMMENT 'Market capitalisation at the close, USD',
    ingested_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When the row arrived here; of two rows with one key the later stands' CODEC(DoubleDelta, ZSTD(1)),
    CONSTRAINT span_known CHECK span IN ('hour', 'day'),
    CONSTRAINT low_to_high CHECK low <= high
)
ENGINE = ReplacingMergeTree(ingested_at)
PARTITION BY toYear(ts)
ORDER BY (asset_id, source, span, ts)
TTL toDateTime(ingested_at) + INTERVAL 90 DAY RECOMPRESS CODEC(ZSTD(9))
SETTINGS index_granularity = 1024
COMMENT 'Bars of an hour or a day as vendors publish them; feeds the roll-ups of market_data, kept for good';

CREATE MATERIALIZED VIEW IF NOT EXISTS market_bars_latest_feed TO market_data_latest
AS SELECT
    if(span = 'day', addDays(ts, 1), addHours(ts, 1)) - INTERVAL 1 MILLISECOND AS ts,
    asset_id,
    chain_id,
    source,
    close AS price,
    volume_24h,
    market_cap,
    CAST(NULL AS Nullable(Float64)) AS price_change_1h,
    CAST(NULL AS Nullable(Float64)) AS price_change_24h,
    CAST(NULL AS Nullable(Float64)) AS price_change_7d,
    ingested_at
FROM market_bars
COMMENT 'Offers the close of every bar, at the last millisecond of the bar, to market_data_latest';

-- migrate:down transaction:false

DROP VIEW IF EXISTS market_bars_latest_feed;
DROP TABLE IF EXISTS market_bars;
DROP VIEW IF EXISTS market_data_latest_feed;
DROP TABLE IF EXISTS market_data_latest;
DROP TABLE IF EXISTS market_data;
