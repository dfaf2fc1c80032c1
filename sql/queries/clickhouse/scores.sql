-- What scores of wallets are made from. A trade is a row `swap` that gives one known asset for another.

-- name: arrived :one
-- Of what arrived since a moment: the newest arrival that is not in the future, and the newest trade. The first moment of
-- Unix time when nothing did.
SELECT
    maxIf(ingested_at, ingested_at <= now64(3)) AS newest_arrival,
    maxIf(ts, transaction_type = 'swap' AND isNotNull(token_in_id) AND isNotNull(token_out_id)) AS newest_trade
FROM wallet_transactions
WHERE ingested_at > {since:DateTime64(3, 'UTC')};

-- name: touched :many
-- Wallets after one of which something arrived since a moment, in the order of the table.
SELECT DISTINCT wallet_id FROM wallet_transactions
WHERE ingested_at > {since:DateTime64(3, 'UTC')} AND wallet_id > {after:UUID}
ORDER BY wallet_id
LIMIT {count:UInt32};

-- name: histories :many
-- How much each wallet did. The first two numbers are the same only if nothing is new: a row that arrives later, or takes
-- the place of another, changes one of them.
SELECT
    wallet_id,
    count() AS row_count,
    sum(toInt128(toUnixTimestamp64Milli(ingested_at))) AS arrivals,
    uniqExact(chain_id, tx_hash) AS transaction_count,
    min(ts) AS first_seen_at,
    max(ts) AS last_activity_at
FROM wallet_transactions FINAL
WHERE wallet_id IN {keys:Array(UUID)}
GROUP BY wallet_id
ORDER BY wallet_id
SETTINGS do_not_merge_across_partitions_select_final = 1;

-- name: movements :many
-- What moved assets of wallets after one row, oldest first. Rows of one block are in the order of their logs; the
-- transaction itself, which has no log, is before them.
SELECT
    wallet_id, ts, coalesce(block_number, 0) AS block, log_index, tx_hash,
    transaction_type = 'swap' AND isNotNull(token_in_id) AND isNotNull(token_out_id) AS is_trade,
    token_in_id, amount_in, token_out_id, amount_out, coalesce(amount_out_usd, amount_in_usd) AS worth_usd
FROM wallet_transactions FINAL
WHERE wallet_id IN {keys:Array(UUID)} AND (isNotNull(token_in_id) OR isNotNull(token_out_id))
    AND wallet_id >= {wallet_id:UUID}
    AND (wallet_id, ts, block, log_index, tx_hash)
    > ({wallet_id:UUID}, {ts:DateTime64(3, 'UTC')}, {block:UInt64}, {log_index:Int32}, {tx_hash:String})
ORDER BY wallet_id, ts, block, log_index, tx_hash
LIMIT {count:UInt32}
SETTINGS do_not_merge_across_partitions_select_final = 1;
