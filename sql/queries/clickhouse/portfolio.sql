-- Series of portfolios. No row policies here: every query names the portfolios and the user they belong to.

-- name: values :many
-- Last value of each bucket, US dollars.
SELECT
    portfolio_id,
    toStartOfInterval(toDateTime(ts, 'UTC'), toIntervalSecond({step_s:UInt32}), toDateTime('1970-01-05', 'UTC')) AS t,
    argMax(total_value_usd, (s.ts, s.ingested_at)) AS value_usd
FROM portfolio_snapshots AS s
WHERE portfolio_id IN {keys:Array(UUID)} AND user_id = {user_id:UUID}
    AND ts >= {start:DateTime64(3, 'UTC')} AND ts < {end:DateTime64(3, 'UTC')}
GROUP BY portfolio_id, t
ORDER BY portfolio_id, t;
