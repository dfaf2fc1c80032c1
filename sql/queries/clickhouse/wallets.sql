-- The whole history of wallets. Ids are compared as text: this store orders a UUID by its second half first, Postgres by
-- its bytes, and a page runs from one into the other.

-- name: transactions_newest :many
-- The newest transactions of each wallet before a position of its own and after a common one, newest first.
SELECT
    wallet_id,
    ts, id, chain_id, tx_hash, log_index, block_number, transaction_type, counterparty, protocol_id, token_in_id,
    token_out_id, amount_in, amount_out, amount_in_usd, amount_out_usd, pnl_usd, gas_used, gas_price, gas_cost_usd, source
FROM wallet_transactions FINAL
WHERE wallet_id IN {keys:Array(UUID)}
    AND ts <= {latest:DateTime64(3, 'UTC')}
    AND ts >= {newer_than_at:DateTime64(3, 'UTC')}
    AND (ts, toString(id)) < (
        {older_than_ats:Array(DateTime64(3, 'UTC'))}[indexOf({keys:Array(UUID)}, wallet_id)],
        {older_than_ids:Array(String)}[indexOf({keys:Array(UUID)}, wallet_id)]
    )
    AND (ts, toString(id)) > ({newer_than_at:DateTime64(3, 'UTC')}, {newer_than_id:String})
ORDER BY wallet_id, ts DESC, toString(id) DESC
LIMIT {count:UInt64} BY wallet_id
SETTINGS do_not_merge_across_partitions_select_final = 1;

-- name: transactions_oldest :many
-- The same from the other end: the oldest between the positions, oldest first.
SELECT
    wallet_id,
    ts, id, chain_id, tx_hash, log_index, block_number, transaction_type, counterparty, protocol_id, token_in_id,
    token_out_id, amount_in, amount_out, amount_in_usd, amount_out_usd, pnl_usd, gas_used, gas_price, gas_cost_usd, source
FROM wallet_transactions FINAL
WHERE wallet_id IN {keys:Array(UUID)}
    AND ts <= {latest:DateTime64(3, 'UTC')}
    AND ts >= {newer_than_at:DateTime64(3, 'UTC')}
    AND (ts, toString(id)) < (
        {older_than_ats:Array(DateTime64(3, 'UTC'))}[indexOf({keys:Array(UUID)}, wallet_id)],
        {older_than_ids:Array(String)}[indexOf({keys:Array(UUID)}, wallet_id)]
    )
    AND (ts, toString(id)) > ({newer_than_at:DateTime64(3, 'UTC')}, {newer_than_id:String})
ORDER BY wallet_id, ts, toString(id)
LIMIT {count:UInt64} BY wallet_id
SETTINGS do_not_merge_across_partitions_select_final = 1;

-- name: transaction_counts :many
-- How many transactions each wallet has, counting no further than the limit.
SELECT wallet_id, count() AS transactions
FROM
(
    SELECT wallet_id FROM wallet_transactions FINAL
    WHERE wallet_id IN {keys:Array(UUID)}
    LIMIT {count:UInt64} BY wallet_id
    SETTINGS do_not_merge_across_partitions_select_final = 1
)
GROUP BY wallet_id;

-- name: activity :many
-- Transactions of wallets in each bucket; the legs of one transaction count once.
SELECT
    wallet_id,
    toStartOfInterval(toDateTime(ts, 'UTC'), toIntervalSecond({step_s:UInt32}), toDateTime('1970-01-05', 'UTC')) AS t,
    toDecimal64(uniqExact(tx_hash), 0) AS transactions
FROM wallet_transactions
WHERE wallet_id IN {keys:Array(UUID)}
    AND ts >= {start:DateTime64(3, 'UTC')} AND ts < {end:DateTime64(3, 'UTC')}
GROUP BY wallet_id, t
ORDER BY wallet_id, t;
