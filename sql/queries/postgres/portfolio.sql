-- Figures over portfolios. Every query names the user beside row level security: either alone would hold.

-- name: totals :many
-- Value and debt of portfolios as a whole (level 7), by chain (3), by protocol (5) and by kind (6); the level tells a
-- group without a chain or protocol from the whole. Values are those of the last valuation.
-- index: positions_portfolio_id_value_usd_id_idx
SELECT
    p.portfolio_id,
    grouping(p.chain_id, p.protocol_id, p.position_type) AS level,
    p.chain_id,
    p.protocol_id,
    p.position_type,
    sum(p.value_usd) AS value_usd,
    coalesce(-sum(p.value_usd) FILTER (WHERE p.position_type = 'borrowing'), 0) AS debt_usd,
    count(*) AS positions,
    count(*) FILTER (WHERE p.value_usd IS NULL) AS unpriced
FROM portfolio.positions AS p
JOIN portfolio.portfolios AS o ON o.id = p.portfolio_id
WHERE p.portfolio_id = ANY (:portfolio_ids::uuid[]) AND o.user_id = :user_id::uuid
GROUP BY GROUPING SETS (
    (p.portfolio_id),
    (p.portfolio_id, p.chain_id),
    (p.portfolio_id, p.protocol_id),
    (p.portfolio_id, p.position_type)
)
ORDER BY p.portfolio_id, level, value_usd DESC NULLS LAST, p.chain_id, p.protocol_id, p.position_type;

-- name: holdings :many
-- What portfolios hold and owe of each asset: the amount, the last valuation, and whether a price applies to it.
-- index: positions_portfolio_id_value_usd_id_idx
SELECT
    p.portfolio_id,
    p.asset_id,
    p.position_type = 'borrowing' AS is_debt,
    p.position_type <> 'nft' AS is_fungible,
    sum(p.quantity) AS quantity,
    sum(p.value_usd) AS value_usd,
    count(*) AS positions,
    count(*) FILTER (WHERE p.value_usd IS NULL) AS unpriced
FROM portfolio.positions AS p
JOIN portfolio.portfolios AS o ON o.id = p.portfolio_id
WHERE p.portfolio_id = ANY (:portfolio_ids::uuid[]) AND o.user_id = :user_id::uuid
GROUP BY p.portfolio_id, p.asset_id, is_debt, is_fungible
ORDER BY p.portfolio_id, p.asset_id, is_debt, is_fungible;

-- name: allocation :many
-- What portfolios are worth by ticker at the last valuation, beside what they are meant to hold; one row of nulls for a
-- portfolio that holds nothing.
-- index: positions_portfolio_id_value_usd_id_idx
SELECT o.id AS portfolio_id, o.target_allocation, a.symbol, bool_and(a.is_stablecoin) AS is_stable,
    sum(p.value_usd) AS value_usd
FROM portfolio.portfolios AS o
LEFT JOIN portfolio.positions AS p ON p.portfolio_id = o.id AND p.value_usd IS NOT NULL
LEFT JOIN catalog.assets AS a ON a.id = p.asset_id
WHERE o.id = ANY (:portfolio_ids::uuid[]) AND o.user_id = :user_id::uuid
GROUP BY o.id, a.symbol
ORDER BY o.id, value_usd DESC NULLS LAST, a.symbol;

-- name: unrealized :many
-- Gain not taken yet, from positions of which both worth and cost are known.
-- index: positions_portfolio_id_value_usd_id_idx
SELECT p.portfolio_id, sum(p.value_usd - p.cost_basis_usd) AS gain_usd,
    sum(p.cost_basis_usd) FILTER (WHERE p.value_usd IS NOT NULL) AS cost_usd,
    count(*) FILTER (WHERE p.value_usd - p.cost_basis_usd IS NULL) AS unknown
FROM portfolio.positions AS p
JOIN portfolio.portfolios AS o ON o.id = p.portfolio_id
WHERE p.portfolio_id = ANY (:portfolio_ids::uuid[]) AND o.user_id = :user_id::uuid
GROUP BY p.portfolio_id;

-- name: realized :many
-- Gains taken, from sales whose ledger entry belongs to the portfolio, set against purchases by one method.
-- index: tax_transactions_source_transaction_id_idx
SELECT
    t.portfolio_id,
    sum(d.gain_usd) AS gain_usd,
    sum(d.gain_usd) FILTER (WHERE d.disposed_at - l.acquired_at > interval '365 days') AS long_term_usd,
    sum(d.gain_usd) FILTER (WHERE d.disposed_at - l.acquired_at <= interval '365 days') AS short_term_usd,
    sum(d.proceeds_usd) AS proceeds_usd,
    count(*) AS disposals
FROM portfolio.transactions AS t
JOIN portfolio.tax_transactions AS x ON x.source_transaction_id = t.id AND x.user_id = t.user_id
JOIN portfolio.tax_lot_disposals AS d ON d.transaction_id = x.id AND d.user_id = x.user_id
JOIN portfolio.tax_lots AS l ON l.id = d.lot_id AND l.user_id = d.user_id
WHERE t.portfolio_id = ANY (:portfolio_ids::uuid[]) AND t.user_id = :user_id::uuid
    AND x.cost_basis_method = :method::portfolio.cost_basis_method
    AND d.disposed_at >= :start::timestamptz AND d.disposed_at < :end::timestamptz
GROUP BY t.portfolio_id;

-- name: fees :many
-- Fees paid on what is confirmed.
-- index: transactions_portfolio_id_occurred_at_id_idx
SELECT t.portfolio_id, sum(t.fee_usd) AS fees_usd
FROM portfolio.transactions AS t
WHERE t.portfolio_id = ANY (:portfolio_ids::uuid[]) AND t.user_id = :user_id::uuid AND t.status = 'confirmed'
    AND t.occurred_at >= :start::timestamptz AND t.occurred_at < :end::timestamptz
GROUP BY t.portfolio_id;

-- name: wallets_at :many
-- The wallets at addresses, on all chains or on some.
-- index: wallets_address_idx
SELECT w.id, w.address, w.chain_id
FROM catalog.wallets AS w
WHERE w.address = ANY (:addresses::text[]) AND (:chain_ids::bigint[] IS NULL OR w.chain_id = ANY (:chain_ids::bigint[]))
    AND w.is_listed
ORDER BY w.address, w.chain_id
LIMIT :count::bigint;

-- name: wallet_figures :one
-- What public activity of some wallets adds up to.
-- index: wallets_pkey
SELECT count(*) AS wallets, sum(transaction_count) AS transactions, sum(total_trades) AS trades,
    sum(total_pnl_usd) AS pnl_usd, min(first_seen_at) AS first_seen_at, max(last_activity_at) AS last_activity_at
FROM catalog.wallets WHERE id = ANY (:wallet_ids::uuid[]);
