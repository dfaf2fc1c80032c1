-- What rules look back at. A question is a place in a list, with the moment it asks about: the answer is the last value at
-- or before it, at most a tolerance older. Lists are parallel. Fine roll-ups are read from `fine_from` on only, because
-- whoever looks back further can bear an hour's close.

-- name: prices_then :many
-- Prices by source.
WITH asked AS
(
    SELECT q.1 AS place, q.2 AS key, q.3 AS then_at, q.4 AS tolerance_s
    FROM
    (
        SELECT arrayJoin(arrayZip(
            {places:Array(UInt32)}, {keys:Array(UUID)}, {thens:Array(DateTime64(3, 'UTC'))}, {tolerances:Array(UInt32)}
        )) AS q
    )
)
SELECT a.place AS place, toString(h.source) AS source, argMax(h.close, h.last_ts) AS price
FROM asked AS a
INNER JOIN
(
    SELECT asset_id, source, last_ts, close FROM market_data_minutely
    WHERE asset_id IN {keys:Array(UUID)}
        AND ts >= {fine_from:DateTime64(3, 'UTC')} AND ts <= {until:DateTime64(3, 'UTC')}
    UNION ALL
    SELECT asset_id, source, last_ts, close FROM market_data_hourly
    WHERE asset_id IN {keys:Array(UUID)}
        AND ts >= {since:DateTime64(3, 'UTC')} AND ts <= {until:DateTime64(3, 'UTC')}
) AS h ON h.asset_id = a.key
WHERE h.last_ts <= a.then_at AND h.last_ts >= a.then_at - toIntervalSecond(a.tolerance_s)
GROUP BY place, source;

-- name: gas_then :many
-- Prices of gas by source.
WITH asked AS
(
    SELECT q.1 AS place, q.2 AS key, q.3 AS then_at, q.4 AS tolerance_s
    FROM
    (
        SELECT arrayJoin(arrayZip(
            {places:Array(UInt32)}, {keys:Array(Int64)}, {thens:Array(DateTime64(3, 'UTC'))}, {tolerances:Array(UInt32)}
        )) AS q
    )
)
SELECT a.place AS place, toString(g.source) AS source, argMax(g.price_gwei, (g.ts, g.ingested_at)) AS price
FROM asked AS a
INNER JOIN
(
    SELECT chain_id, source, ts, ingested_at, price_gwei FROM gas_prices
    WHERE chain_id IN {keys:Array(Int64)}
        AND ts >= {since:DateTime64(3, 'UTC')} AND ts <= {until:DateTime64(3, 'UTC')}
) AS g ON g.chain_id = a.key
WHERE g.ts <= a.then_at AND g.ts >= a.then_at - toIntervalSecond(a.tolerance_s)
GROUP BY place, source;

-- name: metrics_now :many
-- The newest value of a metric of protocols on each chain; chain 0 is all together.
SELECT protocol_id, chain_id, ts, value
FROM protocol_metrics_latest FINAL
WHERE protocol_id IN {keys:Array(UUID)} AND metric_type = {metric:String};

-- name: metrics_then :many
-- Values of a metric of protocols, by chain.
WITH asked AS
(
    SELECT q.1 AS place, q.2 AS key, q.3 AS then_at, q.4 AS tolerance_s
    FROM
    (
        SELECT arrayJoin(arrayZip(
            {places:Array(UInt32)}, {keys:Array(UUID)}, {thens:Array(DateTime64(3, 'UTC'))}, {tolerances:Array(UInt32)}
        )) AS q
    )
)
SELECT a.place AS place, h.chain_id AS chain_id, argMax(h.value, h.last_ts) AS value
FROM asked AS a
INNER JOIN
(
    SELECT protocol_id, chain_id, last_ts, value FROM protocol_metrics_minutely
    WHERE protocol_id IN {keys:Array(UUID)} AND metric_type = {metric:String}
        AND ts >= {fine_from:DateTime64(3, 'UTC')} AND ts <= {until:DateTime64(3, 'UTC')}
    UNION ALL
    SELECT protocol_id, chain_id, last_ts, value FROM protocol_metrics_hourly
    WHERE protocol_id IN {keys:Array(UUID)} AND metric_type = {metric:String}
        AND ts >= {since:DateTime64(3, 'UTC')} AND ts <= {until:DateTime64(3, 'UTC')}
) AS h ON h.protocol_id = a.key
WHERE h.last_ts <= a.then_at AND h.last_ts >= a.then_at - toIntervalSecond(a.tolerance_s)
GROUP BY place, chain_id;

-- name: portfolios_then :many
-- Values of portfolios: those kept for rules, and the last one of each day.
WITH asked AS
(
    SELECT q.1 AS place, q.2 AS key, q.3 AS then_at, q.4 AS tolerance_s
    FROM
    (
        SELECT arrayJoin(arrayZip(
            {places:Array(UInt32)}, {keys:Array(UUID)}, {thens:Array(DateTime64(3, 'UTC'))}, {tolerances:Array(UInt32)}
        )) AS q
    )
)
SELECT a.place AS place, '' AS source, argMax(v.value_usd, v.at) AS value
FROM asked AS a
INNER JOIN
(
    SELECT portfolio_id, ts AS at, value_usd FROM portfolio_values
    WHERE portfolio_id IN {keys:Array(UUID)}
        AND ts >= {since:DateTime64(3, 'UTC')} AND ts <= {until:DateTime64(3, 'UTC')}
    UNION ALL
    SELECT portfolio_id, ingested_at AS at, total_value_usd AS value_usd FROM portfolio_snapshots
    WHERE portfolio_id IN {keys:Array(UUID)} AND snapshot_date >= toDate({since:DateTime64(3, 'UTC')})
) AS v ON v.portfolio_id = a.key
WHERE v.at <= a.then_at AND v.at >= a.then_at - toIntervalSecond(a.tolerance_s)
GROUP BY place;

-- name: risks_then :many
-- Overall danger of things of a kind.
WITH asked AS
(
    SELECT q.1 AS place, q.2 AS key, q.3 AS then_at, q.4 AS tolerance_s
    FROM
    (
        SELECT arrayJoin(arrayZip(
            {places:Array(UInt32)}, {keys:Array(UUID)}, {thens:Array(DateTime64(3, 'UTC'))}, {tolerances:Array(UInt32)}
        )) AS q
    )
)
SELECT
    a.place AS place,
    '' AS source,
    -- by way of text, because a conversion of the float would cut 0.57 to 0.5699
    toDecimal64(toString(round(argMax(r.score, (r.ts, r.ingested_at)), 4)), 4) AS score
FROM asked AS a
INNER JOIN
(
    SELECT target_id, ts, ingested_at, score FROM risk_scores
    WHERE target_type = {target_type:String} AND target_id IN {keys:Array(UUID)} AND dimension = 'overall'
        AND ts >= {since:DateTime64(3, 'UTC')} AND ts <= {until:DateTime64(3, 'UTC')}
) AS r ON r.target_id = a.key
WHERE r.ts <= a.then_at AND r.ts >= a.then_at - toIntervalSecond(a.tolerance_s)
GROUP BY place;

-- name: traded_assets :many
-- What assets were traded for in the latest windows of a length of their own, by age of the window: 0 is the present one.
WITH asked AS
(
    SELECT q.1 AS place, q.2 AS key, q.3 AS chain, q.4 AS span_s
    FROM
    (
        SELECT arrayJoin(arrayZip(
            {places:Array(UInt32)}, {keys:Array(UUID)}, {chains:Array(Int64)}, {spans:Array(UInt32)}
        )) AS q
    )
)
SELECT
    a.place AS place,
    toUInt32(intDiv(dateDiff('millisecond', t.ts, {now:DateTime64(3, 'UTC')}), toInt64(a.span_s) * 1000)) AS age,
    sum(t.amount_usd) AS usd,
    countIf(t.amount_usd IS NULL) AS unpriced
FROM asked AS a
INNER JOIN
(
    SELECT asset, chain_id, ts, amount_usd
    FROM dex_trades FINAL
    ARRAY JOIN arrayFilter(id -> id IN {keys:Array(UUID)}, arrayDistinct([token0_id, token1_id])) AS asset
    WHERE (token0_id IN {keys:Array(UUID)} OR token1_id IN {keys:Array(UUID)})
        AND ts > {since:DateTime64(3, 'UTC')} AND ts <= {now:DateTime64(3, 'UTC')}
) AS t ON t.asset = a.key
WHERE (a.chain = 0 OR a.chain = t.chain_id) AND t.ts > {now:DateTime64(3, 'UTC')} - toIntervalSecond(a.span_s * {windows:UInt32})
GROUP BY place, age;

-- name: traded_protocols :many
-- The same of exchanges.
WITH asked AS
(
    SELECT q.1 AS place, q.2 AS key, q.3 AS chain, q.4 AS span_s
    FROM
    (
        SELECT arrayJoin(arrayZip(
            {places:Array(UInt32)}, {keys:Array(UUID)}, {chains:Array(Int64)}, {spans:Array(UInt32)}
        )) AS q
    )
)
SELECT
    a.place AS place,
    toUInt32(intDiv(dateDiff('millisecond', t.ts, {now:DateTime64(3, 'UTC')}), toInt64(a.span_s) * 1000)) AS age,
    sum(t.amount_usd) AS usd,
    countIf(t.amount_usd IS NULL) AS unpriced
FROM asked AS a
INNER JOIN
(
    SELECT assumeNotNull(protocol_id) AS protocol, chain_id, ts, amount_usd
    FROM dex_trades FINAL
    WHERE protocol_id IN {keys:Array(UUID)}
        AND ts > {since:DateTime64(3, 'UTC')} AND ts <= {now:DateTime64(3, 'UTC')}
) AS t ON t.protocol = a.key
WHERE (a.chain = 0 OR a.chain = t.chain_id) AND t.ts > {now:DateTime64(3, 'UTC')} - toIntervalSecond(a.span_s * {windows:UInt32})
GROUP BY place, age;

-- name: transfers :many
-- Transfers worth much, and those of unknown worth, in the present window (age 0) and the one before, of wallets, assets
-- or chains. Both ends of a transfer may have been watched; it counts once.
WITH asked AS
(
    SELECT q.1 AS place, q.2 AS key, q.3 AS chain, q.4 AS span_s
    FROM
    (
        SELECT arrayJoin(arrayZip(
            {places:Array(UInt32)}, {keys:Array(UUID)}, {chains:Array(Int64)}, {spans:Array(UInt32)}
        )) AS q
    )
)
SELECT
    a.place AS place,
    toUInt32(intDiv(dateDiff('millisecond', t.ts, {now:DateTime64(3, 'UTC')}), toInt64(a.span_s) * 1000)) AS age,
    uniqExactIf((t.chain_id, t.tx_hash, t.log_index), t.worth >= {least_usd:Decimal(38, 8)}) AS large,
    countIf(t.worth IS NULL) AS unpriced
FROM asked AS a
INNER JOIN
(
    SELECT arrayJoin(multiIf(
        {by:String} = 'wallet', [wallet_id],
        {by:String} = 'asset', arrayDistinct(arrayMap(id -> assumeNotNull(id), arrayFilter(id -> isNotNull(id), [token_in_id, token_out_id]))),
        [toUUID('00000000-0000-0000-0000-000000000000')]
    )) AS thing, chain_id, ts, tx_hash, log_index, coalesce(amount_out_usd, amount_in_usd) AS worth
    FROM wallet_transactions FINAL
    WHERE transaction_type = 'transfer'
        AND multiIf(
            {by:String} = 'wallet', wallet_id IN {keys:Array(UUID)},
            {by:String} = 'asset', token_in_id IN {keys:Array(UUID)} OR token_out_id IN {keys:Array(UUID)},
            chain_id IN {chains:Array(Int64)}
        )
        AND ts > {since:DateTime64(3, 'UTC')} AND ts <= {now:DateTime64(3, 'UTC')}
) AS t ON t.thing = a.key
WHERE (a.chain = 0 OR a.chain = t.chain_id) AND t.ts > {now:DateTime64(3, 'UTC')} - toIntervalSecond(a.span_s * {windows:UInt32})
GROUP BY place, age;

-- name: smart_trades :many
-- Wallets out of some that traded assets, or trades of some wallets, in the present window (age 0) and the one before.
WITH asked AS
(
    SELECT q.1 AS place, q.2 AS key, q.3 AS chain, q.4 AS span_s
    FROM
    (
        SELECT arrayJoin(arrayZip(
            {places:Array(UInt32)}, {keys:Array(UUID)}, {chains:Array(Int64)}, {spans:Array(UInt32)}
        )) AS q
    )
)
SELECT
    a.place AS place,
    toUInt32(intDiv(dateDiff('millisecond', t.ts, {now:DateTime64(3, 'UTC')}), toInt64(a.span_s) * 1000)) AS age,
    if({by:String} = 'asset', uniqExact(t.wallet_id), uniqExact(t.chain_id, t.tx_hash)) AS number
FROM asked AS a
INNER JOIN
(
    SELECT arrayJoin(if(
        {by:String} = 'asset',
        arrayDistinct(arrayMap(id -> assumeNotNull(id), arrayFilter(id -> isNotNull(id), [token_in_id, token_out_id]))),
        [wallet_id]
    )) AS thing, wallet_id, chain_id, ts, tx_hash
    FROM wallet_transactions FINAL
    WHERE transaction_type = 'swap' AND wallet_id IN {smart:Array(UUID)}
        AND ts > {since:DateTime64(3, 'UTC')} AND ts <= {now:DateTime64(3, 'UTC')}
) AS t ON t.thing = a.key
WHERE (a.chain = 0 OR a.chain = t.chain_id) AND t.ts > {now:DateTime64(3, 'UTC')} - toIntervalSecond(a.span_s * {windows:UInt32})
GROUP BY place, age;
