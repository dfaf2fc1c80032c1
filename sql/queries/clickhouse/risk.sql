-- Scores and health over time. Neither table has row policies: keys come from rows the viewer could read.

-- name: scores :many
-- Last score of one danger in each bucket, 0 to 1, of things of one kind.
SELECT
    target_id,
    toStartOfInterval(toDateTime(ts, 'UTC'), toIntervalSecond({step_s:UInt32}), toDateTime('1970-01-05', 'UTC')) AS t,
    -- by way of text, because a conversion of the float would cut 0.57 to 0.5699
    toDecimal64(toString(round(argMax(score, (ts, ingested_at)), 4)), 4) AS last_score
FROM risk_scores
WHERE target_type = {target_type:String} AND target_id IN {keys:Array(UUID)} AND dimension = {dimension:String}
    AND ts >= {start:DateTime64(3, 'UTC')} AND ts < {end:DateTime64(3, 'UTC')}
GROUP BY target_id, t
ORDER BY target_id, t;

-- name: health :many
-- Last check of each bucket: status, share of checks answered, value locked in US dollars. Chain 0 is all together.
SELECT
    protocol_id,
    toStartOfInterval(toDateTime(ts, 'UTC'), toIntervalSecond({step_s:UInt32}), toDateTime('1970-01-05', 'UTC')) AS t,
    argMax(status, (ts, ingested_at)) AS last_status,
    -- in a tuple, because argMax passes over nulls: an unknown figure must not become an older one
    toDecimal64OrNull(toString(round(argMax(tuple(uptime), (ts, ingested_at)).1, 4)), 4) AS last_uptime,
    argMax(tuple(h.tvl_usd), (ts, ingested_at)).1 AS locked_usd
FROM protocol_health_history AS h
WHERE protocol_id IN {keys:Array(UUID)} AND chain_id = {chain_id:Int64}
    AND ts >= {start:DateTime64(3, 'UTC')} AND ts < {end:DateTime64(3, 'UTC')}
GROUP BY protocol_id, t
ORDER BY protocol_id, t;
