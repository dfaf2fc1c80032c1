-- What scores of wallets are made from.

-- name: touched :many
-- Wallets after one of which something arrived since a moment, in the order of the table.
SELECT DISTINCT wallet_id FROM wallet_transactions
WHERE ingested_at > {since:DateTime64(3, 'UTC')} AND wallet_id > {after:UUID}
ORDER BY wallet_id
LIMIT {count:UInt32};

-- name: movements :many
-- Everything that moved assets of wallets, oldest first.
SELECT
    wallet_id, ts, transaction_type = 'swap' AND isNotNull(token_in_id) AND isNotNull(token_out_id) AS is_trade,
    token_in_id, amount_in, token_out_id, amount_out, coalesce(amount_out_usd, amount_in_usd) AS worth_usd
FROM wallet_transactions FINAL
WHERE wallet_id IN {keys:Array(UUID)} AND (isNotNull(token_in_id) OR isNotNull(token_out_id))
ORDER BY wallet_id, ts, block_number, log_index, tx_hash
SETTINGS do_not_merge_across_partitions_select_final = 1;
