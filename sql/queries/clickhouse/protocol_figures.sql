-- What the newest figures of protocols are made from. Chain 0 is all chains together, as the source says it.

-- name: protocols :many
-- Protocols after one with a figure, in the order of the table.
SELECT DISTINCT protocol_id
FROM protocol_metrics_latest
WHERE protocol_id > {after:UUID} AND metric_type IN ('tvl', 'volume_24h', 'fees_24h')
ORDER BY protocol_id
LIMIT {count:UInt32};

-- name: newest :many
-- Newest figures of some protocols by chain.
SELECT protocol_id, chain_id, metric_type, ts, toDecimal128(value, 8) AS newest
FROM protocol_metrics_latest FINAL
WHERE protocol_id IN {keys:Array(UUID)} AND metric_type IN ('tvl', 'volume_24h', 'fees_24h')
ORDER BY protocol_id, chain_id, metric_type;

-- name: earlier :many
-- Value locked an hour, a day, seven and thirty days before the newest one: each time the last value at or before that
-- instant that is not older than allowed, null when there is none. Of an hour ago minutes tell, then hours, then days.
WITH newest AS
(
    SELECT protocol_id, chain_id, ts
    FROM protocol_metrics_latest FINAL
    WHERE protocol_id IN {keys:Array(UUID)} AND metric_type = 'tvl'
)
SELECT
    n.protocol_id AS protocol_id,
    n.chain_id AS chain_id,
    argMaxOrNullIf(h.v, h.at, h.at <= n.ts - toIntervalSecond({h1_s:UInt32})
        AND h.at >= n.ts - toIntervalSecond({h1_s:UInt32} + {h1_late_s:UInt32})) AS hour_ago,
    argMaxOrNullIf(h.v, h.at, h.at <= n.ts - toIntervalSecond({h24_s:UInt32})
        AND h.at >= n.ts - toIntervalSecond({h24_s:UInt32} + {h24_late_s:UInt32})) AS day_ago,
    argMaxOrNullIf(h.v, h.at, h.at <= n.ts - toIntervalSecond({d7_s:UInt32})
        AND h.at >= n.ts - toIntervalSecond({d7_s:UInt32} + {d7_late_s:UInt32})) AS week_ago,
    argMaxOrNullIf(h.v, h.at, h.at <= n.ts - toIntervalSecond({d30_s:UInt32})
        AND h.at >= n.ts - toIntervalSecond({d30_s:UInt32} + {d30_late_s:UInt32})) AS month_ago
FROM newest AS n
INNER JOIN
(
    SELECT protocol_id, chain_id, last_ts AS at, toDecimal128(value, 8) AS v
    FROM protocol_metrics_minutely
    WHERE protocol_id IN {keys:Array(UUID)} AND metric_type = 'tvl'
        AND ts >= (SELECT min(ts) FROM newest) - toIntervalSecond({h1_s:UInt32} + {h1_late_s:UInt32} + 60)
        AND ts <= (SELECT max(ts) FROM newest) - toIntervalSecond({h1_s:UInt32})
    UNION ALL
    SELECT protocol_id, chain_id, last_ts AS at, toDecimal128(value, 8) AS v
    FROM protocol_metrics_hourly
    WHERE protocol_id IN {keys:Array(UUID)} AND metric_type = 'tvl'
        AND ts >= (SELECT min(ts) FROM newest) - toIntervalSecond({d30_s:UInt32} + {d30_late_s:UInt32} + 3600)
        AND ts <= (SELECT max(ts) FROM newest) - toIntervalSecond({h24_s:UInt32})
    UNION ALL
    SELECT protocol_id, chain_id, last_ts AS at, toDecimal128(value, 8) AS v
    FROM protocol_metrics_daily
    WHERE protocol_id IN {keys:Array(UUID)} AND metric_type = 'tvl'
        AND ts >= (SELECT min(ts) FROM newest) - toIntervalSecond({d30_s:UInt32} + {d30_late_s:UInt32} + 86400)
        AND ts <= (SELECT max(ts) FROM newest) - toIntervalSecond({h24_s:UInt32})
) AS h ON h.protocol_id = n.protocol_id AND h.chain_id = n.chain_id
GROUP BY protocol_id, chain_id
ORDER BY protocol_id, chain_id;
