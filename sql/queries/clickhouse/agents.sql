-- What agents measure.

-- name: performance :many
-- Mean of a metric in each bucket.
SELECT
    agent_id,
    toStartOfInterval(toDateTime(ts, 'UTC'), toIntervalSecond({step_s:UInt32}), toDateTime('1970-01-05', 'UTC')) AS t,
    avg(metric_value) AS value
FROM agent_performance FINAL
WHERE agent_id IN {keys:Array(UUID)} AND metric_name = {metric:String} AND isFinite(metric_value)
    AND ts >= {start:DateTime64(3, 'UTC')} AND ts < {end:DateTime64(3, 'UTC')}
GROUP BY agent_id, t
HAVING isFinite(value)
ORDER BY agent_id, t;

-- name: metrics :many
-- Names of the metrics each agent has ever reported.
SELECT agent_id, groupUniqArray(1000)(metric_name) AS metrics
FROM agent_performance
WHERE agent_id IN {keys:Array(UUID)}
GROUP BY agent_id;

-- name: reliability :many
-- What agents reported with one of their metrics in each bucket: mean response time and success rate, and errors.
SELECT
    agent_id,
    toStartOfInterval(toDateTime(ts, 'UTC'), toIntervalSecond({step_s:UInt32}), toDateTime('1970-01-05', 'UTC')) AS t,
    avg(response_time_ms) AS response_time_ms,
    avg(success_rate) AS success_rate,
    sum(error_count) AS errors
FROM agent_performance FINAL
WHERE agent_id IN {keys:Array(UUID)} AND metric_name = {metric:String}
    AND ts >= {start:DateTime64(3, 'UTC')} AND ts < {end:DateTime64(3, 'UTC')}
GROUP BY agent_id, t
ORDER BY agent_id, t;

-- name: days_of_yield :many
-- Mean yield of each day of some agents in a span, percent a year, in order of time.
SELECT agent_id, arrayMap(day -> day.2, arraySort(groupArray((d, y)))) AS yields
FROM
(
    SELECT agent_id, toDate(ts, 'UTC') AS d, avg(metric_value) AS y
    FROM agent_performance FINAL
    WHERE agent_id IN {keys:Array(UUID)} AND metric_name = 'yield' AND isFinite(metric_value)
        AND ts >= {start:DateTime64(3, 'UTC')} AND ts < {end:DateTime64(3, 'UTC')}
    GROUP BY agent_id, d
)
GROUP BY agent_id;

-- name: response_times :many
-- Mean time some agents took in a span, milliseconds; of those that measured it.
SELECT agent_id, avg(response_time_ms) AS mean_ms
FROM agent_performance FINAL
WHERE agent_id IN {keys:Array(UUID)} AND response_time_ms IS NOT NULL
    AND ts >= {start:DateTime64(3, 'UTC')} AND ts < {end:DateTime64(3, 'UTC')}
GROUP BY agent_id;
