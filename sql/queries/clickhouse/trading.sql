-- Gas forecasts, trades, MEV and traders over time. Amounts are summed as decimals, so sums are exact.

-- name: gas_accuracy :many
-- How far forecasts for instants of a span were off, by chain, model and horizon: how many there are, the sum of errors,
-- of distances, of distances in percent of the price, how many have a price to compare with, and how many came within
-- ten percent of it. The horizon is its longest, in seconds; 0 stands for more than a day.
SELECT
    chain_id,
    model_version,
    multiIf(ahead_s <= 300, 300, ahead_s <= 900, 900, ahead_s <= 3600, 3600, ahead_s <= 14400, 14400,
        ahead_s <= 86400, 86400, 0) AS horizon,
    count() AS forecasts,
    sum(off) AS sum_off,
    sum(abs(off)) AS sum_distance,
    sum(if(actual > 0, toDecimal256(abs(off), 30) * 100 / toDecimal256(if(actual > 0, actual, 1), 9), 0)) AS sum_distance_pct,
    countIf(actual > 0) AS priced,
    countIf(abs(off) * 10 <= actual) AS near
FROM
(
    SELECT
        chain_id,
        model_version,
        dateDiff('second', ts, prediction_for) AS ahead_s,
        assumeNotNull(actual_gas_price) AS actual,
        predicted_medium - assumeNotNull(actual_gas_price) AS off
    FROM gas_predictions FINAL
    WHERE chain_id IN {keys:Array(Int64)} AND actual_gas_price IS NOT NULL
        AND prediction_for >= {start:DateTime64(3, 'UTC')} AND prediction_for < {end:DateTime64(3, 'UTC')}
)
GROUP BY chain_id, model_version, horizon
ORDER BY chain_id, model_version, horizon = 0, horizon;

-- name: dex_volume :many
-- Volume of trades by any of chain, exchange and pool, the largest first, with its buckets. What is not grouped by is
-- 0 or empty; trades nobody priced are counted, and no sum includes them.
SELECT
    chain,
    dex,
    pair,
    sum(bucket_usd) AS volume_usd,
    sum(bucket_trades) AS trades,
    sum(bucket_unpriced) AS unpriced,
    uniqExactMerge(bucket_wallets) AS wallets,
    arraySort(bucket -> bucket.1, groupArray((t, bucket_usd))) AS buckets
FROM
(
    SELECT
        if({by_chain:Bool}, chain_id, 0) AS chain,
        if({by_dex:Bool}, toString(dex_name), '') AS dex,
        if({by_pair:Bool}, pair_address, '') AS pair,
        toStartOfInterval(toDateTime(ts, 'UTC'), toIntervalSecond({step_s:UInt32}), toDateTime('1970-01-05', 'UTC')) AS t,
        sum(amount_usd) AS bucket_usd,
        count() AS bucket_trades,
        countIf(amount_usd IS NULL) AS bucket_unpriced,
        uniqExactState(wallet_id) AS bucket_wallets
    FROM dex_trades FINAL
    WHERE ts >= {start:DateTime64(3, 'UTC')} AND ts < {end:DateTime64(3, 'UTC')}
        AND ({chain_id:Int64} = 0 OR chain_id = {chain_id:Int64})
        AND ({dex_name:String} = '' OR dex_name = {dex_name:String})
        AND ({pair_address:String} = '' OR pair_address = {pair_address:String})
    GROUP BY chain, dex, pair, t
)
GROUP BY chain, dex, pair
ORDER BY volume_usd DESC NULLS LAST, chain, dex, pair
LIMIT {count:UInt32};

-- name: volume_of_chains :many
-- Value traded on chains in each bucket, US dollars.
SELECT
    chain_id,
    toStartOfInterval(toDateTime(ts, 'UTC'), toIntervalSecond({step_s:UInt32}), toDateTime('1970-01-05', 'UTC')) AS t,
    assumeNotNull(sum(amount_usd)) AS volume_usd
FROM dex_trades FINAL
WHERE chain_id IN arrayMap(key -> toInt64(key), {keys:Array(String)}) AND amount_usd IS NOT NULL
    AND ts >= {start:DateTime64(3, 'UTC')} AND ts < {end:DateTime64(3, 'UTC')}
GROUP BY chain_id, t
ORDER BY chain_id, t;

-- name: volume_of_protocols :many
-- Value traded on exchanges in each bucket, US dollars.
SELECT
    assumeNotNull(protocol_id) AS protocol,
    toStartOfInterval(toDateTime(ts, 'UTC'), toIntervalSecond({step_s:UInt32}), toDateTime('1970-01-05', 'UTC')) AS t,
    assumeNotNull(sum(amount_usd)) AS volume_usd
FROM dex_trades FINAL
WHERE protocol_id IN {keys:Array(UUID)} AND amount_usd IS NOT NULL
    AND ts >= {start:DateTime64(3, 'UTC')} AND ts < {end:DateTime64(3, 'UTC')}
GROUP BY protocol, t
ORDER BY protocol, t;

-- name: volume_of_assets :many
-- Value of the trades an asset took part in, on either side, in each bucket, US dollars.
SELECT
    asset,
    toStartOfInterval(toDateTime(ts, 'UTC'), toIntervalSecond({step_s:UInt32}), toDateTime('1970-01-05', 'UTC')) AS t,
    assumeNotNull(sum(amount_usd)) AS volume_usd
FROM dex_trades FINAL
ARRAY JOIN arrayFilter(id -> id IN {keys:Array(UUID)}, arrayDistinct([token0_id, token1_id])) AS asset
WHERE (token0_id IN {keys:Array(UUID)} OR token1_id IN {keys:Array(UUID)}) AND amount_usd IS NOT NULL
    AND ts >= {start:DateTime64(3, 'UTC')} AND ts < {end:DateTime64(3, 'UTC')}
GROUP BY asset, t
ORDER BY asset, t;

-- name: mev_by_kind :many
-- Opportunities by kind, the most frequent first: how many, how many were taken, profits, losses, how many have a known
-- loss, and their number in each bucket.
SELECT
    kind,
    sum(bucket_events) AS events,
    sum(bucket_executed) AS executed,
    sum(bucket_net_usd) AS net_usd,
    sum(bucket_actual_usd) AS actual_usd,
    sum(bucket_loss_usd) AS loss_usd,
    sum(bucket_victims) AS victims,
    arraySort(bucket -> bucket.1, groupArray((t, bucket_events))) AS buckets
FROM
(
    SELECT
        toString(opportunity_type) AS kind,
        toStartOfInterval(toDateTime(detected_at, 'UTC'), toIntervalSecond({step_s:UInt32}), toDateTime('1970-01-05', 'UTC')) AS t,
        count() AS bucket_events,
        countIf(is_executed) AS bucket_executed,
        sum(net_profit_usd) AS bucket_net_usd,
        sum(actual_profit_usd) AS bucket_actual_usd,
        sum(victim_loss_usd) AS bucket_loss_usd,
        count(victim_loss_usd) AS bucket_victims
    FROM mev_events
    WHERE detected_at >= {start:DateTime64(3, 'UTC')} AND detected_at < {end:DateTime64(3, 'UTC')}
        AND ({chain_id:Int64} = 0 OR chain_id = {chain_id:Int64})
    GROUP BY kind, t
)
GROUP BY kind
ORDER BY events DESC, kind;

-- name: trader_performance :many
-- The last known figures of traders in each bucket.
SELECT
    trader_id,
    toStartOfInterval(toDateTime(p.ts, 'UTC'), toIntervalSecond({step_s:UInt32}), toDateTime('1970-01-05', 'UTC')) AS t,
    argMaxIf(pnl_usd, p.ts, pnl_usd IS NOT NULL) AS last_pnl_usd,
    argMaxIf(roi, p.ts, isFinite(roi)) AS last_roi,
    argMaxIf(win_rate, p.ts, isFinite(win_rate)) AS last_win_rate,
    argMaxIf(trades, p.ts, trades IS NOT NULL) AS last_trades,
    argMaxIf(volume_usd, p.ts, volume_usd IS NOT NULL) AS last_volume_usd,
    argMaxIf(max_drawdown, p.ts, isFinite(max_drawdown)) AS last_max_drawdown
FROM trader_performance AS p FINAL
WHERE trader_id IN {keys:Array(UUID)}
    AND p.ts >= {start:DateTime64(3, 'UTC')} AND p.ts < {end:DateTime64(3, 'UTC')}
GROUP BY trader_id, t
ORDER BY trader_id, t;

-- name: lending_by_action :many
-- Events of lending protocols by what was done, the most frequent first: how many, how many nobody priced, their value,
-- the wallets among them, and the value in each bucket.
SELECT
    what,
    sum(bucket_events) AS events,
    sum(bucket_unpriced) AS unpriced,
    sum(bucket_usd) AS value_usd,
    uniqExactMerge(bucket_wallets) AS wallets,
    arraySort(bucket -> bucket.1, groupArray((t, bucket_usd))) AS buckets
FROM
(
    SELECT
        toString(action) AS what,
        toStartOfInterval(toDateTime(ts, 'UTC'), toIntervalSecond({step_s:UInt32}), toDateTime('1970-01-05', 'UTC')) AS t,
        count() AS bucket_events,
        countIf(amount_usd IS NULL) AS bucket_unpriced,
        sum(amount_usd) AS bucket_usd,
        uniqExactState(wallet_id) AS bucket_wallets
    FROM lending_events FINAL
    WHERE ts >= {start:DateTime64(3, 'UTC')} AND ts < {end:DateTime64(3, 'UTC')}
        AND ({chain_id:Int64} = 0 OR chain_id = {chain_id:Int64})
    GROUP BY what, t
)
GROUP BY what
ORDER BY events DESC, what;
