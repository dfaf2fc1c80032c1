-- What the valuation jobs read of series, as worker: every query names the portfolios or the assets.

-- name: newest_price :one
-- When the newest price of all held that is not in the future; the first moment of Unix time when there is none.
SELECT max(ts) AS newest FROM market_data_latest WHERE ts <= {now:DateTime64(3, 'UTC')};

-- name: snapshots :many
-- The last snapshot of each earlier day that knows its return since the first, oldest first. It was valued when it
-- arrived, or on its day when recorded data was valued later.
SELECT
    portfolio_id,
    snapshot_date AS day,
    argMax(total_value_usd, (s.ts, s.ingested_at)) AS value_usd,
    argMax(tuple(daily_return), (s.ts, s.ingested_at)).1 AS daily_return,
    argMax(tuple(total_return), (s.ts, s.ingested_at)).1 AS total_return,
    argMax(tuple(total_pnl_usd), (s.ts, s.ingested_at)).1 AS total_pnl_usd,
    least(argMax(s.ingested_at, (s.ts, s.ingested_at)), toDateTime64(addDays(day, 1), 3, 'UTC')) AS valued_at
FROM portfolio_snapshots AS s
WHERE portfolio_id IN {keys:Array(UUID)} AND snapshot_date < {day:Date}
GROUP BY portfolio_id, day
HAVING isNotNull(total_return)
ORDER BY portfolio_id, day;

-- name: closes :many
-- Daily closes of assets: the mean of their sources, oldest first.
SELECT asset_id, toDate(ts) AS day, avg(toFloat64(close)) AS price
FROM market_data_daily
WHERE asset_id IN {keys:Array(UUID)}
    AND ts >= {start:DateTime64(3, 'UTC')} AND ts < {end:DateTime64(3, 'UTC')} AND close > 0
GROUP BY asset_id, day
ORDER BY asset_id, day;
