-- Yields of pools. Every read names the protocol of each pool too: it stands first in the table's key.

-- name: history :many
-- Last known figures of pools in each bucket.
SELECT
    pool_id,
    toStartOfInterval(ts, toIntervalSecond({step_s:UInt32}), toDateTime64('1970-01-05', 3, 'UTC')) AS t,
    argMax(apy, (ts, ingested_at)) AS apy_pct,
    argMax(trading_fees_apr, (ts, ingested_at)) AS apy_base_pct,
    argMax(rewards_apr, (ts, ingested_at)) AS apy_reward_pct,
    argMax(y.tvl_usd, (ts, ingested_at)) AS locked_usd
FROM yield_metrics AS y
WHERE protocol_id IN {protocol_ids:Array(UUID)} AND pool_id IN {keys:Array(UUID)}
    AND ts >= {start:DateTime64(3, 'UTC')} AND ts < {end:DateTime64(3, 'UTC')}
GROUP BY pool_id, t
ORDER BY pool_id, t;

-- name: changes :many
-- Newest yield and value of pools, and those of a span earlier: the last ones at or before it, at most `tolerance_s`
-- older.
SELECT
    l.pool_id AS pool_id,
    any(l.apy) AS apy_pct,
    argMax(y.apy, (y.ts, y.ingested_at)) AS earlier_apy_pct,
    any(l.tvl_usd) AS locked_usd,
    argMax(y.tvl_usd, (y.ts, y.ingested_at)) AS earlier_locked_usd
FROM
(
    SELECT pool_id, ts, apy, tvl_usd FROM yield_metrics_latest FINAL WHERE pool_id IN {keys:Array(UUID)}
) AS l
INNER JOIN
(
    SELECT pool_id, ts, ingested_at, apy, tvl_usd
    FROM yield_metrics
    WHERE protocol_id IN {protocol_ids:Array(UUID)} AND pool_id IN {keys:Array(UUID)}
) AS y ON y.pool_id = l.pool_id
WHERE y.ts <= l.ts - toIntervalSecond({span_s:UInt32})
    AND y.ts >= l.ts - toIntervalSecond({span_s:UInt32} + {tolerance_s:UInt32})
GROUP BY pool_id;
