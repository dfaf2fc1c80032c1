-- Gas prices. A series is from one source: the one with the most buckets, then the newest, then the first by name.

-- name: newest :many
-- The newest observation of each chain.
SELECT
    chain_id,
    max(ts) AS at,
    argMax(price_gwei, (ts, source, ingested_at)) AS gwei,
    argMax(tuple(base_fee_gwei), (ts, source, ingested_at)).1 AS base_fee,
    argMax(tuple(block_number), (ts, source, ingested_at)).1 AS block,
    argMax(g.source, (ts, source, ingested_at)) AS reported_by
FROM gas_prices AS g
WHERE chain_id IN {keys:Array(Int64)}
GROUP BY chain_id;

-- name: of_readings :many
-- Mean, lowest, highest and last price of each bucket, from single readings.
SELECT
    b.chain_id AS chain_id,
    b.source AS source,
    arraySort(bar -> bar.1, groupArray((b.t, b.mean, b.lowest, b.highest, b.last_price))) AS bars
FROM
(
    SELECT
        chain_id,
        source,
        toStartOfInterval(ts, toIntervalSecond({step_s:UInt32}), toDateTime64('1970-01-05', 3, 'UTC')) AS t,
        avg(toFloat64(price_gwei)) AS mean,
        min(price_gwei) AS lowest,
        max(price_gwei) AS highest,
        argMax(price_gwei, ts) AS last_price
    FROM gas_prices FINAL
    WHERE chain_id IN {keys:Array(Int64)}
        AND ts >= {start:DateTime64(3, 'UTC')} AND ts < {end:DateTime64(3, 'UTC')}
    GROUP BY chain_id, source, t
) AS b
GROUP BY chain_id, source
ORDER BY chain_id, countIf(b.t >= {from_ts:DateTime64(3, 'UTC')}) DESC, max(b.t) DESC, source
LIMIT 1 BY chain_id;

-- name: of_hours :many
-- The same from hours; the mean weighs each minute alike.
SELECT
    b.chain_id AS chain_id,
    b.source AS source,
    arraySort(bar -> bar.1, groupArray((b.t, b.mean, b.lowest, b.highest, b.last_price))) AS bars
FROM
(
    SELECT
        chain_id,
        source,
        toStartOfInterval(ts, toIntervalSecond({step_s:UInt32}), toDateTime64('1970-01-05', 3, 'UTC')) AS t,
        sum(avg_gwei * minutes) / sum(minutes) AS mean,
        min(low_gwei) AS lowest,
        max(high_gwei) AS highest,
        argMax(close_gwei, ts) AS last_price
    FROM gas_prices_hourly
    WHERE chain_id IN {keys:Array(Int64)}
        AND ts >= {start:DateTime64(3, 'UTC')} AND ts < {end:DateTime64(3, 'UTC')}
    GROUP BY chain_id, source, t
) AS b
GROUP BY chain_id, source
ORDER BY chain_id, countIf(b.t >= {from_ts:DateTime64(3, 'UTC')}) DESC, max(b.t) DESC, source
LIMIT 1 BY chain_id;

-- name: of_days :many
-- The same from days.
SELECT
    b.chain_id AS chain_id,
    b.source AS source,
    arraySort(bar -> bar.1, groupArray((b.t, b.mean, b.lowest, b.highest, b.last_price))) AS bars
FROM
(
    SELECT
        chain_id,
        source,
        toStartOfInterval(ts, toIntervalSecond({step_s:UInt32}), toDateTime64('1970-01-05', 3, 'UTC')) AS t,
        sum(avg_gwei * minutes) / sum(minutes) AS mean,
        min(low_gwei) AS lowest,
        max(high_gwei) AS highest,
        argMax(close_gwei, ts) AS last_price
    FROM gas_prices_daily
    WHERE chain_id IN {keys:Array(Int64)}
        AND ts >= {start:DateTime64(3, 'UTC')} AND ts < {end:DateTime64(3, 'UTC')}
    GROUP BY chain_id, source, t
) AS b
GROUP BY chain_id, source
ORDER BY chain_id, countIf(b.t >= {from_ts:DateTime64(3, 'UTC')}) DESC, max(b.t) DESC, source
LIMIT 1 BY chain_id;
