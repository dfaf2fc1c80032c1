-- Prices of assets. A series never mixes sources: their prices differ, and a jump from one to the other would look like
-- a move of the market.

-- name: newest :many
-- The newest observation of each asset over its sources; of equal ones the source first by name.
SELECT
    asset_id, ts, source, price, volume_24h, market_cap, price_change_1h, price_change_24h, price_change_7d
FROM market_data_latest FINAL
WHERE asset_id IN {keys:Array(UUID)}
ORDER BY asset_id, ts DESC, source
LIMIT 1 BY asset_id;

-- name: bars_of_minutes :many
-- Bars of each asset from its minutes, as arrays in order of time, from one source: the one with the most buckets from
-- `from_ts` on, then the newest, then the first by name.
SELECT
    b.asset_id AS asset_id,
    b.source AS source,
    arraySort(bar -> bar.1, groupArray((b.t, b.first_price, b.highest, b.lowest, b.last_price, b.volume))) AS bars
FROM
(
    SELECT
        asset_id,
        source,
        toStartOfInterval(ts, toIntervalSecond({step_s:UInt32}), toDateTime64('1970-01-05', 3, 'UTC')) AS t,
        argMin(open, first_ts) AS first_price,
        max(high) AS highest,
        min(low) AS lowest,
        argMax(close, last_ts) AS last_price,
        argMax(volume_24h, last_ts) AS volume
    FROM market_data_minutely
    WHERE asset_id IN {keys:Array(UUID)} AND ts >= {start:DateTime64(3, 'UTC')} AND ts < {end:DateTime64(3, 'UTC')}
        AND ({source:String} = '' OR source = {source:String})
    GROUP BY asset_id, source, t
) AS b
GROUP BY asset_id, source
ORDER BY asset_id, countIf(b.t >= {from_ts:DateTime64(3, 'UTC')}) DESC, max(b.t) DESC, source
LIMIT 1 BY asset_id;

-- name: bars_of_hours :many
-- The same from hours.
SELECT
    b.asset_id AS asset_id,
    b.source AS source,
    arraySort(bar -> bar.1, groupArray((b.t, b.first_price, b.highest, b.lowest, b.last_price, b.volume))) AS bars
FROM
(
    SELECT
        asset_id,
        source,
        toStartOfInterval(ts, toIntervalSecond({step_s:UInt32}), toDateTime64('1970-01-05', 3, 'UTC')) AS t,
        argMin(open, first_ts) AS first_price,
        max(high) AS highest,
        min(low) AS lowest,
        argMax(close, last_ts) AS last_price,
        argMax(volume_24h, last_ts) AS volume
    FROM market_data_hourly
    WHERE asset_id IN {keys:Array(UUID)} AND ts >= {start:DateTime64(3, 'UTC')} AND ts < {end:DateTime64(3, 'UTC')}
        AND ({source:String} = '' OR source = {source:String})
    GROUP BY asset_id, source, t
) AS b
GROUP BY asset_id, source
ORDER BY asset_id, countIf(b.t >= {from_ts:DateTime64(3, 'UTC')}) DESC, max(b.t) DESC, source
LIMIT 1 BY asset_id;

-- name: bars_of_days :many
-- The same from days.
SELECT
    b.asset_id AS asset_id,
    b.source AS source,
    arraySort(bar -> bar.1, groupArray((b.t, b.first_price, b.highest, b.lowest, b.last_price, b.volume))) AS bars
FROM
(
    SELECT
        asset_id,
        source,
        toStartOfInterval(ts, toIntervalSecond({step_s:UInt32}), toDateTime64('1970-01-05', 3, 'UTC')) AS t,
        argMin(open, first_ts) AS first_price,
        max(high) AS highest,
        min(low) AS lowest,
        argMax(close, last_ts) AS last_price,
        argMax(volume_24h, last_ts) AS volume
    FROM market_data_daily
    WHERE asset_id IN {keys:Array(UUID)} AND ts >= {start:DateTime64(3, 'UTC')} AND ts < {end:DateTime64(3, 'UTC')}
        AND ({source:String} = '' OR source = {source:String})
    GROUP BY asset_id, source, t
) AS b
GROUP BY asset_id, source
ORDER BY asset_id, countIf(b.t >= {from_ts:DateTime64(3, 'UTC')}) DESC, max(b.t) DESC, source
LIMIT 1 BY asset_id;

-- name: change_from_minutes :many
-- Newest price of each asset, and that of the same source a span earlier: the last close of a minute or hour at or
-- before it, at most `tolerance_s` older.
WITH newest AS
(
    SELECT asset_id, source, ts, price
    FROM market_data_latest FINAL
    WHERE asset_id IN {keys:Array(UUID)}
    ORDER BY asset_id, ts DESC, source
    LIMIT 1 BY asset_id
)
SELECT n.asset_id AS asset_id, any(n.price) AS price, argMax(h.close, h.last_ts) AS earlier
FROM newest AS n
INNER JOIN
(
    SELECT asset_id, source, last_ts, close
    FROM market_data_minutely
    WHERE asset_id IN {keys:Array(UUID)}
        AND ts >= (SELECT min(ts) FROM newest) - toIntervalSecond({span_s:UInt32} + {tolerance_s:UInt32} + 60)
        AND ts <= (SELECT max(ts) FROM newest) - toIntervalSecond({span_s:UInt32})
    UNION ALL
    SELECT asset_id, source, last_ts, close
    FROM market_data_hourly
    WHERE asset_id IN {keys:Array(UUID)}
        AND ts >= (SELECT min(ts) FROM newest) - toIntervalSecond({span_s:UInt32} + {tolerance_s:UInt32} + 3600)
        AND ts <= (SELECT max(ts) FROM newest) - toIntervalSecond({span_s:UInt32})
) AS h ON h.asset_id = n.asset_id AND h.source = n.source
WHERE h.last_ts <= n.ts - toIntervalSecond({span_s:UInt32})
    AND h.last_ts >= n.ts - toIntervalSecond({span_s:UInt32} + {tolerance_s:UInt32})
GROUP BY asset_id;

-- name: change_from_hours :many
-- The same from hours and days, for a day or more.
WITH newest AS
(
    SELECT asset_id, source, ts, price
    FROM market_data_latest FINAL
    WHERE asset_id IN {keys:Array(UUID)}
    ORDER BY asset_id, ts DESC, source
    LIMIT 1 BY asset_id
)
SELECT n.asset_id AS asset_id, any(n.price) AS price, argMax(h.close, h.last_ts) AS earlier
FROM newest AS n
INNER JOIN
(
    SELECT asset_id, source, last_ts, close
    FROM market_data_hourly
    WHERE asset_id IN {keys:Array(UUID)}
        AND ts >= (SELECT min(ts) FROM newest) - toIntervalSecond({span_s:UInt32} + {tolerance_s:UInt32} + 3600)
        AND ts <= (SELECT max(ts) FROM newest) - toIntervalSecond({span_s:UInt32})
    UNION ALL
    SELECT asset_id, source, last_ts, close
    FROM market_data_daily
    WHERE asset_id IN {keys:Array(UUID)}
        AND ts >= (SELECT min(ts) FROM newest) - toIntervalSecond({span_s:UInt32} + {tolerance_s:UInt32} + 86400)
        AND ts <= (SELECT max(ts) FROM newest) - toIntervalSecond({span_s:UInt32})
) AS h ON h.asset_id = n.asset_id AND h.source = n.source
WHERE h.last_ts <= n.ts - toIntervalSecond({span_s:UInt32})
    AND h.last_ts >= n.ts - toIntervalSecond({span_s:UInt32} + {tolerance_s:UInt32})
GROUP BY asset_id;

-- name: movers :many
-- Assets whose price moved most over a span, counted back from the newest observation of each. An asset nobody has
-- observed for longer than the span before the newest observation of all is left out.
WITH newest AS
(
    SELECT asset_id, source, ts, price, market_cap
    FROM market_data_latest FINAL
    WHERE ({chain_id:Int64} = 0 OR chain_id = {chain_id:Int64})
    ORDER BY asset_id, ts DESC, source
    LIMIT 1 BY asset_id
)
SELECT
    asset_id,
    price,
    earlier,
    if(earlier = 0, NULL, (toFloat64(price) - toFloat64(earlier)) / toFloat64(earlier)) AS share
FROM
(
    SELECT n.asset_id AS asset_id, any(n.price) AS price, argMax(h.close, h.last_ts) AS earlier
    FROM newest AS n
    INNER JOIN
    (
        SELECT asset_id, source, last_ts, close
        FROM market_data_hourly
        WHERE ts >= (SELECT max(ts) FROM newest) - toIntervalSecond(2 * {span_s:UInt32} + {tolerance_s:UInt32} + 3600)
            AND ts <= (SELECT max(ts) FROM newest) - toIntervalSecond({span_s:UInt32})
        UNION ALL
        SELECT asset_id, source, last_ts, close
        FROM market_data_daily
        WHERE ts >= (SELECT max(ts) FROM newest) - toIntervalSecond(2 * {span_s:UInt32} + {tolerance_s:UInt32} + 86400)
            AND ts <= (SELECT max(ts) FROM newest) - toIntervalSecond({span_s:UInt32})
    ) AS h ON h.asset_id = n.asset_id AND h.source = n.source
    WHERE n.ts >= (SELECT max(ts) FROM newest) - toIntervalSecond({span_s:UInt32})
        AND h.last_ts <= n.ts - toIntervalSecond({span_s:UInt32})
        AND h.last_ts >= n.ts - toIntervalSecond({span_s:UInt32} + {tolerance_s:UInt32})
        AND ({min_size:Decimal(38, 8)} = 0 OR n.market_cap >= {min_size:Decimal(38, 8)})
    GROUP BY asset_id
)
WHERE share * {sign:Int8} > 0
ORDER BY share * {sign:Int8} DESC, asset_id
LIMIT {count:UInt32};
