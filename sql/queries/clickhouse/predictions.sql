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
