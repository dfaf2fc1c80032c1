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

-- name: days :many
-- The last snapshot of each day: worth, and return since the day before as a ratio.
SELECT
    portfolio_id,
    snapshot_date AS day,
    argMax(total_value_usd, (s.ts, s.ingested_at)) AS value_usd,
    argMax(tuple(daily_return), (s.ts, s.ingested_at)).1 AS daily_return
FROM portfolio_snapshots AS s
WHERE portfolio_id IN {keys:Array(UUID)} AND user_id = {user_id:UUID}
    AND snapshot_date >= {start:Date} AND snapshot_date < {end:Date}
GROUP BY portfolio_id, day
ORDER BY portfolio_id, day;

-- name: measures :many
-- Last value of one measure in each bucket; a snapshot without it is passed over.
SELECT
    portfolio_id,
    toStartOfInterval(toDateTime(ts, 'UTC'), toIntervalSecond({step_s:UInt32}), toDateTime('1970-01-05', 'UTC')) AS t,
    argMax(measured, (s.ts, s.ingested_at)) AS value
FROM
(
    SELECT
        portfolio_id, ts, ingested_at,
        multiIf(
            {measure:String} = 'daily_pnl_usd', toFloat64(daily_pnl_usd),
            {measure:String} = 'daily_pnl_pct', daily_pnl_pct,
            {measure:String} = 'total_pnl_usd', toFloat64(total_pnl_usd),
            {measure:String} = 'total_pnl_pct', total_pnl_pct,
            {measure:String} = 'total_return', total_return * 100,
            {measure:String} = 'daily_return', daily_return * 100,
            {measure:String} = 'sharpe_ratio', sharpe_ratio,
            {measure:String} = 'max_drawdown', max_drawdown * 100,
            volatility * 100
        ) AS measured
    FROM portfolio_snapshots
    WHERE portfolio_id IN {keys:Array(UUID)} AND user_id = {user_id:UUID}
        AND ts >= {start:DateTime64(3, 'UTC')} AND ts < {end:DateTime64(3, 'UTC')}
) AS s
WHERE isNotNull(measured) AND isFinite(measured)
GROUP BY portfolio_id, t
ORDER BY portfolio_id, t;

-- name: risks :many
-- Last value of one measure of risk in each bucket.
SELECT
    portfolio_id,
    toStartOfInterval(toDateTime(ts, 'UTC'), toIntervalSecond({step_s:UInt32}), toDateTime('1970-01-05', 'UTC')) AS t,
    argMax(measured, (s.ts, s.ingested_at)) AS value
FROM
(
    SELECT
        portfolio_id, ts, ingested_at,
        multiIf(
            {measure:String} = 'var_95', toFloat64(var_95),
            {measure:String} = 'cvar_95', toFloat64(cvar_95),
            {measure:String} = 'correlation_score', correlation_score,
            {measure:String} = 'liquidation_distance', liquidation_distance * 100,
            protocol_risk_score
        ) AS measured
    FROM risk_metrics
    WHERE portfolio_id IN {keys:Array(UUID)} AND user_id = {user_id:UUID}
        AND ts >= {start:DateTime64(3, 'UTC')} AND ts < {end:DateTime64(3, 'UTC')}
) AS s
WHERE isNotNull(measured) AND isFinite(measured)
GROUP BY portfolio_id, t
ORDER BY portfolio_id, t;

-- name: risk_now :many
-- The newest risk of portfolios.
SELECT portfolio_id, ts, var_95, cvar_95, correlation_score, liquidation_distance, protocol_risk_score
FROM risk_metrics FINAL
WHERE portfolio_id IN {keys:Array(UUID)} AND user_id = {user_id:UUID}
ORDER BY portfolio_id, ts DESC
LIMIT 1 BY portfolio_id;

-- name: flows :many
-- What came into wallets and what left them, by asset, over the whole history observed.
SELECT asset_id, sum(came) AS came_in, sum(went) AS went_out, sum(came_usd) AS came_in_usd, sum(went_usd) AS went_out_usd
FROM
(
    SELECT token_in_id AS asset_id, amount_in AS came, NULL AS went, amount_in_usd AS came_usd, NULL AS went_usd
    FROM wallet_transactions FINAL
    WHERE wallet_id IN {keys:Array(UUID)} AND token_in_id IS NOT NULL
    SETTINGS do_not_merge_across_partitions_select_final = 1
    UNION ALL
    SELECT token_out_id, NULL, amount_out, NULL, amount_out_usd
    FROM wallet_transactions FINAL
    WHERE wallet_id IN {keys:Array(UUID)} AND token_out_id IS NOT NULL
    SETTINGS do_not_merge_across_partitions_select_final = 1
)
GROUP BY asset_id
ORDER BY sum(came_usd) DESC NULLS LAST, asset_id
LIMIT {count:UInt32};
