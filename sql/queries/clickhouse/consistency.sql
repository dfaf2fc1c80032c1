-- What ClickHouse holds of things that Postgres holds as well.

-- name: portfolios :many
-- Portfolios of a series after one, in the order of their ids as text.
SELECT toString(portfolio_id) AS id
FROM {series:Identifier}
WHERE toString(portfolio_id) > {after:String}
GROUP BY portfolio_id
ORDER BY id
LIMIT {count:UInt32};

-- name: change_events :many
-- Recorded changes after a position that are not older than a time, in order of position; of a position the newest.
SELECT position, aggregate, aggregate_id, event, toUnixTimestamp64Milli(created_at) AS at_ms
FROM change_events FINAL
WHERE position > {after:UInt64} AND created_at >= {since:DateTime64(3, 'UTC')}
ORDER BY position, ingested_at DESC
LIMIT 1 BY position
LIMIT {count:UInt32};

-- name: activity_days :many
-- Rows and checksum of wallet activity by day, from a time on; the checksum is that of Postgres.
SELECT
    toDate(ts, 'UTC') AS day, count() AS row_count,
    toString(sum(toUInt128(reinterpretAsUInt64(reverse(unhex(concat('0', substring(lower(hex(MD5(concat(
        toString(id), '|', toString(wallet_id), '|', toString(toUnixTimestamp64Milli(ts)), '|', tx_hash, '|',
        toString(log_index), '|', transaction_type, '|',
        ifNull(toString(amount_in), '-'), '|', ifNull(toString(amount_out), '-'), '|',
        ifNull(toString(amount_in_usd), '-'), '|', ifNull(toString(amount_out_usd), '-')
    )))), 1, 15)))))))) AS checksum
FROM wallet_transactions FINAL
WHERE ts >= {since:DateTime64(3, 'UTC')}
GROUP BY day
ORDER BY day;

-- name: activity_rows :many
-- Id, checksum and wallet of each row of wallet activity on one day.
SELECT
    toString(id) AS id,
    reinterpretAsUInt64(reverse(unhex(concat('0', substring(lower(hex(MD5(concat(
        toString(id), '|', toString(wallet_id), '|', toString(toUnixTimestamp64Milli(ts)), '|', tx_hash, '|',
        toString(log_index), '|', transaction_type, '|',
        ifNull(toString(amount_in), '-'), '|', ifNull(toString(amount_out), '-'), '|',
        ifNull(toString(amount_in_usd), '-'), '|', ifNull(toString(amount_out_usd), '-')
    )))), 1, 15))))) AS print,
    toString(wallet_id) AS wallet_id
FROM wallet_transactions FINAL
WHERE ts >= {since:DateTime64(3, 'UTC')} AND toDate(ts, 'UTC') = {day:Date};

-- name: activity_to_copy :many
-- Rows of wallet activity on one day that the hot window lacks.
SELECT
    wallet_id, ts, tx_hash, log_index, id, chain_id, block_number, transaction_type, counterparty,
    protocol_id, token_in_id, token_out_id, amount_in, amount_out, amount_in_usd, amount_out_usd,
    gas_used, gas_price, gas_cost_usd, source
FROM wallet_transactions FINAL
WHERE toDate(ts, 'UTC') = {day:Date} AND toString(id) IN {ids:Array(String)};
