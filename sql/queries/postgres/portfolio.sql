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
