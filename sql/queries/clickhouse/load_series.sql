-- What `gateway load` computes from the series when the rows are in. Pages follow the order of the table's key, so
-- that memory holds one page whatever the size.

-- name: day_prices :many
-- Mean of the sources' daily closes of some assets.
SELECT asset_id, toDate(ts) AS day, toDecimal128(sum(close) / count(), 18) AS price
FROM market_data_daily
WHERE asset_id IN {asset_ids:Array(UUID)}
GROUP BY asset_id, day
ORDER BY asset_id, day;

-- name: measured_tvl :many
-- Value locked of each protocol, chain and day after a place: the sum over its pools.
SELECT
    protocol_id, chain_id, ts, toDecimal256(sum(assumeNotNull(tvl_usd)), 18) AS value,
    toDecimal128(sum(assumeNotNull(tvl_usd)), 8) AS value_usd
FROM yield_metrics FINAL
WHERE tvl_usd IS NOT NULL AND source = 'defillama'
    AND (protocol_id, chain_id, ts) > ({protocol_id:UUID}, {chain_id:Int64}, {ts:DateTime64(3, 'UTC')})
GROUP BY protocol_id, chain_id, ts
ORDER BY protocol_id, chain_id, ts
LIMIT {count:UInt32};

-- name: newest_activity :one
-- When the newest activity happened; the first moment of Unix time when there is none.
SELECT max(ts) AS newest FROM wallet_transactions;

-- name: activity_since :many
-- Activity of the hot window after a row, in the order of the table.
SELECT
    wallet_id, ts, tx_hash, log_index, id, chain_id, block_number, transaction_type, counterparty,
    protocol_id, token_in_id, token_out_id, amount_in, amount_out, amount_in_usd, amount_out_usd,
    gas_used, gas_price, gas_cost_usd, source
FROM wallet_transactions FINAL
WHERE ts >= {since:DateTime64(3, 'UTC')}
    AND (wallet_id, ts, tx_hash, log_index)
    > ({wallet_id:UUID}, {ts:DateTime64(3, 'UTC')}, {tx_hash:String}, {log_index:Int32})
ORDER BY wallet_id, ts, tx_hash, log_index
LIMIT {count:UInt32};

-- name: latest_yields :many
-- Newest figures of the pools after one.
SELECT pool_id, ts, apy, trading_fees_apr, rewards_apr, tvl_usd
FROM yield_metrics_latest FINAL
WHERE pool_id > {after:UUID}
ORDER BY pool_id
LIMIT {count:UInt32};

-- name: latest_prices :many
-- Newest price of each asset after one, of whatever source is newest.
SELECT
    asset_id,
    argMax((ts, chain_id, source, price, volume_24h, market_cap), (ts, source)) AS newest
FROM market_data_latest FINAL
WHERE asset_id > {after:UUID}
GROUP BY asset_id
ORDER BY asset_id
LIMIT {count:UInt32};

-- name: latest_gas :many
-- Newest gas price of each chain.
SELECT chain_id, argMax((ts, source, price_gwei, base_fee_gwei, block_number), (ts, source)) AS newest
FROM gas_prices
GROUP BY chain_id
ORDER BY chain_id;

-- name: trading_features :many
-- How the wallets after one trade: counts, sizes and hours, for wallets with enough trades to tell.
SELECT
    wallet_id,
    any(chain_id) AS chain_id,
    count() AS trades,
    uniqExact(pair_address) AS pairs,
    avg(log1p(toFloat64(ifNull(amount_usd, 0)))) AS mean_size,
    stddevPop(log1p(toFloat64(ifNull(amount_usd, 0)))) AS size_spread,
    avg(amount0 > 0) AS buys_second,
    dateDiff('second', min(ts), max(ts)) AS span_s,
    sumMap([toHour(ts)], [toUInt64(1)]) AS hours,
    sumMap([pair_address], [toUInt64(1)]) AS pools,
    arraySort(groupUniqArray(16)(ifNull(token0_id, toUUID('00000000-0000-0000-0000-000000000000')))) AS first_tokens,
    arraySort(groupUniqArray(16)(ifNull(token1_id, toUUID('00000000-0000-0000-0000-000000000000')))) AS second_tokens,
    max(ts) AS newest
FROM dex_trades FINAL
WHERE wallet_id IS NOT NULL AND assumeNotNull(wallet_id) > {after:UUID}
GROUP BY wallet_id
HAVING trades >= {trades:UInt32}
ORDER BY wallet_id
LIMIT {count:UInt32};
