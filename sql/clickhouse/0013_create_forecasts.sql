-- Forecasts as they are read: replaced rows merged. What a forecast is about is a word, because
-- markets have no id; where it is an asset or a protocol, its id stands beside, so that one leads to
-- the other.

-- migrate:up transaction:false

CREATE VIEW IF NOT EXISTS forecasts
(
    ts DateTime64(3, 'UTC') COMMENT 'When the forecast was made, UTC',
    prediction_id UUID COMMENT 'Forecast',
    prediction_type LowCardinality(String) COMMENT 'gas_price, token_price, protocol_tvl or market_trend',
    target_id String COMMENT 'What it is about: id of an asset, protocol or chain, or the name of a market',
    target_uuid Nullable(UUID) COMMENT 'The asset or protocol it is about; catalog.assets.id or catalog.protocols.id',
    chain_id Nullable(Int64) COMMENT 'Chain, where one is meant; catalog.chains.id',
    predicted_value Decimal(76, 18) COMMENT 'Forecast, in the unit of the type',
    confidence_score Nullable(Float64) COMMENT 'Confidence of the model, 0..1',
    prediction_horizon_hours UInt32 COMMENT 'How far ahead it looks, hours',
    actual_value Nullable(Decimal(76, 18)) COMMENT 'Value that came; null until known',
    model_name LowCardinality(String) COMMENT 'Model',
    model_version LowCardinality(String) COMMENT 'Version of the model',
    prediction_for DateTime64(3, 'UTC') COMMENT 'Instant the forecast is for, UTC'
)
AS SELECT
    ts,
    prediction_id,
    prediction_type,
    target_id,
    toUUIDOrNull(target_id) AS target_uuid,
    chain_id,
    predicted_value,
    confidence_score,
    prediction_horizon_hours,
    actual_value,
    model_name,
    model_version,
    prediction_for
FROM predictions FINAL
COMMENT 'Newest state of each forecast';

-- migrate:down transaction:false

DROP VIEW IF EXISTS forecasts;
