-- How good forecasts are.

-- name: accuracy :many
-- How far forecasts for instants of a span were off, by type, model, version and horizon: how many have an outcome, how
-- many have none yet, sums of errors, of distances and of their squares, the sum of distances in percent of the outcome,
-- how many outcomes are not zero, and how many forecasts came within ten percent.
SELECT
    prediction_type,
    model_name,
    model_version,
    prediction_horizon_hours AS horizon_hours,
    countIf(known) AS forecasts,
    countIf(NOT known) AS open_forecasts,
    sum(off) AS sum_off,
    sum(abs(off)) AS sum_distance,
    sum(toFloat64(off) * toFloat64(off)) AS sum_square,
    sum(if(actual != 0, toDecimal256(abs(off), 30) * 100 / toDecimal256(if(actual != 0, abs(actual), 1), 18), 0))
        AS sum_distance_pct,
    countIf(actual != 0) AS comparable,
    countIf(known AND abs(off) * 10 <= abs(actual)) AS near
FROM
(
    SELECT
        prediction_type,
        model_name,
        model_version,
        prediction_horizon_hours,
        actual_value IS NOT NULL AS known,
        ifNull(actual_value, 0) AS actual,
        if(actual_value IS NULL, 0, predicted_value - ifNull(actual_value, 0)) AS off
    FROM forecasts
    WHERE prediction_for >= {start:DateTime64(3, 'UTC')} AND prediction_for < {end:DateTime64(3, 'UTC')}
        AND (empty({types:Array(String)}) OR prediction_type IN {types:Array(String)})
        AND (empty({models:Array(String)}) OR model_name IN {models:Array(String)})
        AND (empty({targets:Array(String)}) OR target_id IN {targets:Array(String)})
)
GROUP BY prediction_type, model_name, model_version, horizon_hours
ORDER BY prediction_type, model_name, model_version, horizon_hours
LIMIT 1000;

-- name: gas_series :many
-- Mean gas price of each hour of each chain in a span, in order of time, from one source: the one with the most hours,
-- then the newest, then the first by name.
SELECT chain_id, arraySort(groupArray((ts, avg_gwei))) AS points
FROM gas_prices_hourly
WHERE ts >= {start:DateTime64(3, 'UTC')} AND ts < {end:DateTime64(3, 'UTC')}
GROUP BY chain_id, source
ORDER BY chain_id, length(points) DESC, max(ts) DESC, source
LIMIT 1 BY chain_id;

-- name: priced_assets :many
-- Assets after one that somebody priced since a moment, in the order of the table.
SELECT DISTINCT asset_id
FROM market_data_latest
WHERE asset_id > {after:UUID} AND ts >= {since:DateTime64(3, 'UTC')}
ORDER BY asset_id
LIMIT {count:UInt32};

-- name: price_series :many
-- Last price of each hour of some assets in a span, as gas_series.
SELECT asset_id, arraySort(groupArray((ts, toFloat64(close)))) AS points
FROM market_data_hourly
WHERE asset_id IN {keys:Array(UUID)} AND ts >= {start:DateTime64(3, 'UTC')} AND ts < {end:DateTime64(3, 'UTC')}
GROUP BY asset_id, source
ORDER BY asset_id, length(points) DESC, max(ts) DESC, source
LIMIT 1 BY asset_id;

-- name: measured_protocols :many
-- Protocols after one whose value locked somebody measured since a moment, in the order of the table.
SELECT DISTINCT protocol_id
FROM protocol_metrics_latest
WHERE protocol_id > {after:UUID} AND metric_type = 'tvl' AND ts >= {since:DateTime64(3, 'UTC')}
ORDER BY protocol_id
LIMIT {count:UInt32};

-- name: tvl_series :many
-- Value locked at the end of each day of some protocols in a span, over all chains.
SELECT protocol_id, arraySort(groupArray((t, toFloat64(total)))) AS points
FROM
(
    SELECT
        protocol_id, ts AS t, if(countIf(chain_id = 0) > 0, anyIf(value, chain_id = 0), sumIf(value, chain_id != 0)) AS total
    FROM protocol_metrics_daily
    WHERE protocol_id IN {keys:Array(UUID)} AND metric_type = 'tvl'
        AND ts >= {start:DateTime64(3, 'UTC')} AND ts < {end:DateTime64(3, 'UTC')}
    GROUP BY protocol_id, ts
)
GROUP BY protocol_id
ORDER BY protocol_id;

-- name: gas_outcomes :many
-- Forecasts of gas for instants of a span without an outcome, and what came: the mean of the hour, from the source that
-- saw most of it.
SELECT
    p.ts AS made_at, p.chain_id AS chain_id, p.prediction_for AS prediction_for, p.model_version AS model_version,
    p.predicted_low AS predicted_low, p.predicted_medium AS predicted_medium, p.predicted_high AS predicted_high,
    p.predicted_instant AS predicted_instant, g.price AS actual_gas_price,
    p.predicted_medium - g.price AS prediction_error, p.confidence_score AS confidence_score,
    p.pending_transactions AS pending_transactions, p.network_utilization AS network_utilization,
    p.block_number AS block_number
FROM (
    SELECT *
    FROM gas_predictions FINAL
    WHERE prediction_for >= {start:DateTime64(3, 'UTC')} AND prediction_for < {end:DateTime64(3, 'UTC')}
        AND actual_gas_price IS NULL
) AS p
INNER JOIN
(
    SELECT chain_id, ts, toDecimal128(toString(round(argMax(avg_gwei, (minutes, source)), 9)), 9) AS price
    FROM gas_prices_hourly
    WHERE ts >= {start:DateTime64(3, 'UTC')} - INTERVAL 1 HOUR AND ts < {end:DateTime64(3, 'UTC')}
    GROUP BY chain_id, ts
) AS g ON g.chain_id = p.chain_id AND g.ts = toDateTime64(toStartOfHour(p.prediction_for), 3, 'UTC')
ORDER BY chain_id, model_version, prediction_for, made_at
LIMIT {count:UInt32};

-- name: price_outcomes :many
-- The same of prices: the last one within the hour before.
SELECT
    p.ts AS made_at, p.prediction_id AS prediction_id, p.prediction_type AS prediction_type, p.target_id AS target_id,
    p.chain_id AS chain_id, p.predicted_value AS predicted_value, p.confidence_score AS confidence_score,
    p.prediction_horizon_hours AS prediction_horizon_hours, toDecimal256(g.price, 18) AS actual_value,
    p.predicted_value - toDecimal256(g.price, 18) AS prediction_error, p.model_name AS model_name,
    p.model_version AS model_version, p.prediction_for AS prediction_for
FROM (
    SELECT *
    FROM predictions FINAL
    WHERE prediction_type = 'token_price' AND actual_value IS NULL
        AND prediction_for >= {start:DateTime64(3, 'UTC')} AND prediction_for < {end:DateTime64(3, 'UTC')}
) AS p
INNER JOIN
(
    SELECT asset_id, ts, argMax(close, (last_ts, source)) AS price
    FROM market_data_hourly
    WHERE ts >= {start:DateTime64(3, 'UTC')} - INTERVAL 1 HOUR AND ts < {end:DateTime64(3, 'UTC')}
    GROUP BY asset_id, ts
) AS g ON toString(g.asset_id) = p.target_id
    AND g.ts = toDateTime64(toStartOfHour(p.prediction_for - INTERVAL 1 MILLISECOND), 3, 'UTC')
ORDER BY target_id, model_name, model_version, prediction_for, made_at
LIMIT {count:UInt32};

-- name: tvl_outcomes :many
-- The same of value locked: the last one of the day before, on the chain that is meant or over all.
SELECT
    p.ts AS made_at, p.prediction_id AS prediction_id, p.prediction_type AS prediction_type, p.target_id AS target_id,
    p.chain_id AS chain_id, p.predicted_value AS predicted_value, p.confidence_score AS confidence_score,
    p.prediction_horizon_hours AS prediction_horizon_hours, g.total AS actual_value,
    p.predicted_value - g.total AS prediction_error, p.model_name AS model_name, p.model_version AS model_version,
    p.prediction_for AS prediction_for
FROM (
    SELECT *
    FROM predictions FINAL
    WHERE prediction_type = 'protocol_tvl' AND actual_value IS NULL
        AND prediction_for >= {start:DateTime64(3, 'UTC')} AND prediction_for < {end:DateTime64(3, 'UTC')}
) AS p
INNER JOIN
(
    SELECT protocol_id, chain_id AS chain, ts, value AS total
    FROM protocol_metrics_daily
    WHERE metric_type = 'tvl' AND chain_id != 0
        AND ts >= {start:DateTime64(3, 'UTC')} - INTERVAL 1 DAY AND ts < {end:DateTime64(3, 'UTC')}
    UNION ALL
    SELECT
        protocol_id, 0 AS chain, ts,
        if(countIf(chain_id = 0) > 0, anyIf(value, chain_id = 0), sumIf(value, chain_id != 0)) AS total
    FROM protocol_metrics_daily
    WHERE metric_type = 'tvl'
        AND ts >= {start:DateTime64(3, 'UTC')} - INTERVAL 1 DAY AND ts < {end:DateTime64(3, 'UTC')}
    GROUP BY protocol_id, ts
) AS g ON toString(g.protocol_id) = p.target_id AND g.chain = ifNull(p.chain_id, 0)
    AND g.ts = toDateTime64(toStartOfDay(p.prediction_for - INTERVAL 1 MILLISECOND), 3, 'UTC')
ORDER BY target_id, model_name, model_version, prediction_for, made_at
LIMIT {count:UInt32};
