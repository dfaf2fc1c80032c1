-- What models forecast, gas and everything else, and how far off they were.
--
-- The instant forecast and the model version are part of the key: a forecast made for 12:00 by one
-- version never replaces that of another. When the actual value is known the row is sent again
-- with it, and the later `ingested_at` stands.

-- migrate:up transaction:false

CREATE TABLE IF NOT EXISTS gas_predictions
(
    ts DateTime64(3, 'UTC') COMMENT 'When the forecast was made, UTC' CODEC(DoubleDelta, ZSTD(1)),
    chain_id Int64 COMMENT 'Chain; catalog.chains.id',
    prediction_for DateTime64(3, 'UTC') COMMENT 'Instant the forecast is for, UTC' CODEC(DoubleDelta, ZSTD(1)),
    model_version LowCardinality(String) COMMENT 'Version of the model',
    predicted_low Decimal(38, 9) COMMENT 'Price for a slow transaction, gwei' CODEC(ZSTD(1)),
    predicted_medium Decimal(38, 9) COMMENT 'Price for a usual transaction, gwei' CODEC(ZSTD(1)),
    predicted_high Decimal(38, 9) COMMENT 'Price for a fast transaction, gwei' CODEC(ZSTD(1)),
    predicted_instant Decimal(38, 9) COMMENT 'Price for the next block, gwei' CODEC(ZSTD(1)),
    actual_gas_price Nullable(Decimal(38, 9)) COMMENT 'Price that came, gwei; null until known' CODEC(ZSTD(1)),
    prediction_error Nullable(Decimal(38, 9)) COMMENT 'predicted_medium less actual, gwei; null until known' CODEC(ZSTD(1)),
    confidence_score Nullable(Float64) COMMENT 'Confidence of the model, 0..1',
    pending_transactions Nullable(UInt64) COMMENT 'Transactions waiting when it was made' CODEC(ZSTD(1)),
    network_utilization Nullable(Float64) COMMENT 'Gas used over gas limit when it was made, 0..1',
    block_number Nullable(UInt64) COMMENT 'Newest block when it was made' CODEC(ZSTD(1)),
    ingested_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When the row arrived here; of two rows with one key the later stands' CODEC(DoubleDelta, ZSTD(1)),
    CONSTRAINT confidence_in_range CHECK confidence_score IS NULL OR confidence_score BETWEEN 0 AND 1
)
ENGINE = ReplacingMergeTree(ingested_at)
PARTITION BY toYYYYMM(ts)
ORDER BY (chain_id, model_version, prediction_for, ts)
TTL toDateTime(ingested_at) + INTERVAL 2 YEAR DELETE
SETTINGS index_granularity = 1024
COMMENT 'Forecasts of gas prices, kept two years after arrival';

CREATE TABLE IF NOT EXISTS predictions
(
    ts DateTime64(3, 'UTC') COMMENT 'When the forecast was made, UTC' CODEC(DoubleDelta, ZSTD(1)),
    prediction_id UUID COMMENT 'Forecast',
    prediction_type LowCardinality(String) COMMENT 'gas_price, token_price, protocol_tvl or market_trend',
    target_id String COMMENT 'What it is about: id of an asset, protocol or chain, or the name of a market',
    chain_id Nullable(Int64) COMMENT 'Chain, where one is meant; catalog.chains.id',
    predicted_value Decimal(76, 18) COMMENT 'Forecast, in the unit of the type' CODEC(ZSTD(1)),
    confidence_score Nullable(Float64) COMMENT 'Confidence of the model, 0..1',
    prediction_horizon_hours UInt32 COMMENT 'How far ahead it looks, hours' CODEC(ZSTD(1)),
    actual_value Nullable(Decimal(76, 18)) COMMENT 'Value that came; null until known' CODEC(ZSTD(1)),
    prediction_error Nullable(Decimal(76, 18)) COMMENT 'Forecast less actual; null until known' CODEC(ZSTD(1)),
    model_name LowCardinality(String) COMMENT 'Model',
    model_version LowCardinality(String) COMMENT 'Version of the model',
    prediction_for DateTime64(3, 'UTC') COMMENT 'Instant the forecast is for, UTC' CODEC(DoubleDelta, ZSTD(1)),
    ingested_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When the row arrived here; of two rows with one key the later stands' CODEC(DoubleDelta, ZSTD(1)),
    CONSTRAINT prediction_type_known CHECK prediction_type IN ('gas_price', 'token_price', 'protocol_tvl', 'market_trend'),
    CONSTRAINT confidence_in_range CHECK confidence_score IS NULL OR confidence_score BETWEEN 0 AND 1
)
ENGINE = ReplacingMergeTree(ingested_at)
PARTITION BY toYYYYMM(ts)
ORDER BY (prediction_type, target_id, model_name, model_version, prediction_for, ts)
TTL toDateTime(ingested_at) + INTERVAL 2 YEAR DELETE
SETTINGS index_granularity = 1024
COMMENT 'Forecasts of prices, TVL and trends, kept two years after arrival';

-- migrate:down transaction:false

DROP TABLE IF EXISTS predictions;
DROP TABLE IF EXISTS gas_predictions;
