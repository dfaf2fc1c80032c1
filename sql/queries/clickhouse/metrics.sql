-- What is measured about protocols. `chain_id` 0 in a row means all chains together; as a parameter it means that no
-- chain is asked for. A total is what the source gives as one, else the sum over the chains it measured.

-- name: of_minutes :many
-- Last value of each bucket, from minutes.
SELECT protocol_id, t, if(countIf(chain_id = 0) > 0, anyIf(v, chain_id = 0), sumIf(v, chain_id != 0)) AS value
FROM
(
    SELECT
        protocol_id,
        chain_id,
        toStartOfInterval(ts, toIntervalSecond({step_s:UInt32}), toDateTime64('1970-01-05', 3, 'UTC')) AS t,
        argMax(m.value, m.last_ts) AS v
    FROM protocol_metrics_minutely AS m
    WHERE protocol_id IN {keys:Array(UUID)} AND metric_type = {metric:String}
        AND ({chain_id:Int64} = 0 OR chain_id = {chain_id:Int64})
        AND ts >= {start:DateTime64(3, 'UTC')} AND ts < {end:DateTime64(3, 'UTC')}
    GROUP BY protocol_id, chain_id, t
)
GROUP BY protocol_id, t
ORDER BY protocol_id, t;

-- name: of_hours :many
-- Last value of each bucket, from hours.
SELECT protocol_id, t, if(countIf(chain_id = 0) > 0, anyIf(v, chain_id = 0), sumIf(v, chain_id != 0)) AS value
FROM
(
    SELECT
        protocol_id,
        chain_id,
        toStartOfInterval(ts, toIntervalSecond({step_s:UInt32}), toDateTime64('1970-01-05', 3, 'UTC')) AS t,
        argMax(m.value, m.last_ts) AS v
    FROM protocol_metrics_hourly AS m
    WHERE protocol_id IN {keys:Array(UUID)} AND metric_type = {metric:String}
        AND ({chain_id:Int64} = 0 OR chain_id = {chain_id:Int64})
        AND ts >= {start:DateTime64(3, 'UTC')} AND ts < {end:DateTime64(3, 'UTC')}
    GROUP BY protocol_id, chain_id, t
)
GROUP BY protocol_id, t
ORDER BY protocol_id, t;

-- name: of_days :many
-- Last value of each bucket, from days.
SELECT protocol_id, t, if(countIf(chain_id = 0) > 0, anyIf(v, chain_id = 0), sumIf(v, chain_id != 0)) AS value
FROM
(
    SELECT
        protocol_id,
        chain_id,
        toStartOfInterval(ts, toIntervalSecond({step_s:UInt32}), toDateTime64('1970-01-05', 3, 'UTC')) AS t,
        argMax(m.value, m.last_ts) AS v
    FROM protocol_metrics_daily AS m
    WHERE protocol_id IN {keys:Array(UUID)} AND metric_type = {metric:String}
        AND ({chain_id:Int64} = 0 OR chain_id = {chain_id:Int64})
        AND ts >= {start:DateTime64(3, 'UTC')} AND ts < {end:DateTime64(3, 'UTC')}
    GROUP BY protocol_id, chain_id, t
)
GROUP BY protocol_id, t
ORDER BY protocol_id, t;

-- name: chain_tvl :many
-- Value locked on chains: the sum of the protocols' last values in each bucket of days.
SELECT chain_id, t, sum(v) AS value
FROM
(
    SELECT
        protocol_id,
        chain_id,
        toStartOfInterval(ts, toIntervalSecond({step_s:UInt32}), toDateTime64('1970-01-05', 3, 'UTC')) AS t,
        argMax(m.value, m.last_ts) AS v
    FROM protocol_metrics_daily AS m
    WHERE chain_id IN arrayMap(key -> toInt64(key), {keys:Array(String)}) AND metric_type = 'tvl'
        AND ts >= {start:DateTime64(3, 'UTC')} AND ts < {end:DateTime64(3, 'UTC')}
    GROUP BY protocol_id, chain_id, t
)
GROUP BY chain_id, t
ORDER BY chain_id, t;

-- name: changes :many
-- Newest value of protocols and the value a span earlier, from hours and days: the last one at or before it, at most
-- `tolerance_s` older. Of several chains those count that have both values and were measured with the newest.
WITH newest AS
(
    SELECT protocol_id, chain_id, ts, value
    FROM protocol_metrics_latest FINAL
    WHERE protocol_id IN {keys:Array(UUID)} AND metric_type = {metric:String}
        AND ({chain_id:Int64} = 0 OR chain_id = {chain_id:Int64})
)
SELECT
    protocol_id,
    if(countIf(chain_id = 0) > 0, anyIf(current, chain_id = 0), sum(current)) AS value,
    if(countIf(chain_id = 0) > 0, anyIf(past, chain_id = 0), sum(past)) AS earlier
FROM
(
    SELECT n.protocol_id AS protocol_id, n.chain_id AS chain_id, any(n.value) AS current, argMax(h.value, h.last_ts) AS past
    FROM newest AS n
    INNER JOIN (SELECT protocol_id, max(ts) AS ts FROM newest GROUP BY protocol_id) AS l ON l.protocol_id = n.protocol_id
    INNER JOIN
    (
        SELECT protocol_id, chain_id, last_ts, value
        FROM protocol_metrics_hourly
        WHERE protocol_id IN {keys:Array(UUID)} AND metric_type = {metric:String}
            AND ts >= (SELECT min(ts) FROM newest) - toIntervalSecond({span_s:UInt32} + {tolerance_s:UInt32} + 3600)
            AND ts <= (SELECT max(ts) FROM newest) - toIntervalSecond({span_s:UInt32})
        UNION ALL
        SELECT protocol_id, chain_id, last_ts, value
        FROM protocol_metrics_daily
        WHERE protocol_id IN {keys:Array(UUID)} AND metric_type = {metric:String}
            AND ts >= (SELECT min(ts) FROM newest) - toIntervalSecond({span_s:UInt32} + {tolerance_s:UInt32} + 86400)
            AND ts <= (SELECT max(ts) FROM newest) - toIntervalSecond({span_s:UInt32})
    ) AS h ON h.protocol_id = n.protocol_id AND h.chain_id = n.chain_id
    WHERE n.ts >= l.ts - toIntervalSecond({tolerance_s:UInt32})
        AND h.last_ts <= n.ts - toIntervalSecond({span_s:UInt32})
        AND h.last_ts >= n.ts - toIntervalSecond({span_s:UInt32} + {tolerance_s:UInt32})
    GROUP BY protocol_id, chain_id
)
GROUP BY protocol_id;

-- name: changes_from_minutes :many
-- The same as changes over a span of hours, from minutes and hours.
WITH newest AS
(
    SELECT protocol_id, chain_id, ts, value
    FROM protocol_metrics_latest FINAL
    WHERE protocol_id IN {keys:Array(UUID)} AND metric_type = {metric:String}
        AND ({chain_id:Int64} = 0 OR chain_id = {chain_id:Int64})
)
SELECT
    protocol_id,
    if(countIf(chain_id = 0) > 0, anyIf(current, chain_id = 0), sum(current)) AS value,
    if(countIf(chain_id = 0) > 0, anyIf(past, chain_id = 0), sum(past)) AS earlier
FROM
(
    SELECT n.protocol_id AS protocol_id, n.chain_id AS chain_id, any(n.value) AS current, argMax(h.value, h.last_ts) AS past
    FROM newest AS n
    INNER JOIN (SELECT protocol_id, max(ts) AS ts FROM newest GROUP BY protocol_id) AS l ON l.protocol_id = n.protocol_id
    INNER JOIN
    (
        SELECT protocol_id, chain_id, last_ts, value
        FROM protocol_metrics_minutely
        WHERE protocol_id IN {keys:Array(UUID)} AND metric_type = {metric:String}
            AND ts >= (SELECT min(ts) FROM newest) - toIntervalSecond({span_s:UInt32} + {tolerance_s:UInt32} + 60)
            AND ts <= (SELECT max(ts) FROM newest) - toIntervalSecond({span_s:UInt32})
        UNION ALL
        SELECT protocol_id, chain_id, last_ts, value
        FROM protocol_metrics_hourly
        WHERE protocol_id IN {keys:Array(UUID)} AND metric_type = {metric:String}
            AND ts >= (SELECT min(ts) FROM newest) - toIntervalSecond({span_s:UInt32} + {tolerance_s:UInt32} + 3600)
            AND ts <= (SELECT max(ts) FROM newest) - toIntervalSecond({span_s:UInt32})
    ) AS h ON h.protocol_id = n.protocol_id AND h.chain_id = n.chain_id
    WHERE n.ts >= l.ts - toIntervalSecond({tolerance_s:UInt32})
        AND h.last_ts <= n.ts - toIntervalSecond({span_s:UInt32})
        AND h.last_ts >= n.ts - toIntervalSecond({span_s:UInt32} + {tolerance_s:UInt32})
    GROUP BY protocol_id, chain_id
)
GROUP BY protocol_id;

-- name: movers :many
-- Protocols whose value locked moved most over a span, counted back from the newest figure of each. One nobody has
-- measured for longer than the span before the newest figure of all is left out.
WITH newest AS
(
    SELECT protocol_id, chain_id, ts, value
    FROM protocol_metrics_latest FINAL
    WHERE metric_type = {metric:String} AND ({chain_id:Int64} = 0 OR chain_id = {chain_id:Int64})
)
SELECT
    protocol_id,
    value,
    earlier,
    if(earlier = 0, NULL, (toFloat64(value) - toFloat64(earlier)) / toFloat64(earlier)) AS share
FROM
(
    SELECT
        protocol_id,
        if(countIf(chain_id = 0) > 0, anyIf(current, chain_id = 0), sum(current)) AS value,
        if(countIf(chain_id = 0) > 0, anyIf(past, chain_id = 0), sum(past)) AS earlier
    FROM
    (
        SELECT n.protocol_id AS protocol_id, n.chain_id AS chain_id, any(n.value) AS current, argMax(h.value, h.last_ts) AS past
        FROM newest AS n
        INNER JOIN (SELECT protocol_id, max(ts) AS ts FROM newest GROUP BY protocol_id) AS l ON l.protocol_id = n.protocol_id
        INNER JOIN
        (
            SELECT protocol_id, chain_id, last_ts, value
            FROM protocol_metrics_hourly
            WHERE metric_type = {metric:String}
                AND ts >= (SELECT max(ts) FROM newest) - toIntervalSecond(2 * {span_s:UInt32} + {tolerance_s:UInt32} + 3600)
                AND ts <= (SELECT max(ts) FROM newest) - toIntervalSecond({span_s:UInt32})
            UNION ALL
            SELECT protocol_id, chain_id, last_ts, value
            FROM protocol_metrics_daily
            WHERE metric_type = {metric:String}
                AND ts >= (SELECT max(ts) FROM newest) - toIntervalSecond(2 * {span_s:UInt32} + {tolerance_s:UInt32} + 86400)
                AND ts <= (SELECT max(ts) FROM newest) - toIntervalSecond({span_s:UInt32})
        ) AS h ON h.protocol_id = n.protocol_id AND h.chain_id = n.chain_id
        WHERE l.ts >= (SELECT max(ts) FROM newest) - toIntervalSecond({span_s:UInt32})
            AND n.ts >= l.ts - toIntervalSecond({tolerance_s:UInt32})
            AND h.last_ts <= n.ts - toIntervalSecond({span_s:UInt32})
            AND h.last_ts >= n.ts - toIntervalSecond({span_s:UInt32} + {tolerance_s:UInt32})
        GROUP BY protocol_id, chain_id
    )
    GROUP BY protocol_id
)
WHERE share * {sign:Int8} > 0 AND value >= {min_size:Decimal(38, 8)}
ORDER BY share * {sign:Int8} DESC, protocol_id
LIMIT {count:UInt32};
