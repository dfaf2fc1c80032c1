-- What the valuation job reads and writes, as worker: it acts for nobody, so every statement names the portfolios.

-- name: portfolios :many
-- The next active portfolios after one, in order of id.
-- index: portfolios_pkey
SELECT id, user_id FROM portfolio.portfolios WHERE id > :after::uuid AND is_active ORDER BY id LIMIT :count::bigint;

-- name: assets :many
-- What portfolios hold that a price applies to.
-- index: positions_portfolio_id_value_usd_id_idx
SELECT DISTINCT asset_id FROM portfolio.positions
WHERE portfolio_id = ANY (:portfolio_ids::uuid[]) AND position_type <> 'nft';

-- name: price :exec
-- Puts prices on positions. Worth follows from the quantity as it is now, so that an owner's edit beside the job is not
-- undone; a debt counts against the portfolio.
-- index: positions_portfolio_id_value_usd_id_idx
UPDATE portfolio.positions AS p
SET price_usd = i.price_usd,
    value_usd = round(p.quantity * i.price_usd, 8) * CASE WHEN p.position_type = 'borrowing' THEN -1 ELSE 1 END,
    last_updated_at = :now::timestamptz
FROM jsonb_to_recordset(:prices::jsonb) AS i (asset_id uuid, price_usd numeric)
WHERE p.portfolio_id = ANY (:portfolio_ids::uuid[]) AND p.asset_id = i.asset_id AND p.position_type <> 'nft';

-- name: unprice :exec
-- Takes the worth off positions in assets that a market prices, but not lately.
-- index: positions_portfolio_id_value_usd_id_idx
UPDATE portfolio.positions AS p
SET price_usd = NULL, value_usd = NULL, last_updated_at = :now::timestamptz
WHERE p.portfolio_id = ANY (:portfolio_ids::uuid[]) AND p.asset_id = ANY (:asset_ids::uuid[])
    AND p.position_type <> 'nft' AND (p.price_usd IS NOT NULL OR p.value_usd IS NOT NULL);

-- name: weigh :exec
-- Gains and shares, from worths and costs. There is no share of a whole that is worth nothing or less, nor one that its
-- column cannot hold: debts can make it any number.
-- index: positions_portfolio_id_value_usd_id_idx
UPDATE portfolio.positions AS p
SET unrealized_pnl_usd = p.value_usd - p.cost_basis_usd,
    unrealized_pnl_pct = CASE WHEN abs(g.pct) < 1000000000000 THEN round(g.pct, 6) END,
    allocation = CASE WHEN t.whole > 0 AND abs(p.value_usd) < t.whole * 9.99 THEN round(p.value_usd / t.whole, 8) END
FROM portfolio.positions AS q
JOIN (
    SELECT portfolio_id, sum(value_usd) AS whole FROM portfolio.positions
    WHERE portfolio_id = ANY (:portfolio_ids::uuid[]) GROUP BY portfolio_id
) AS t ON t.portfolio_id = q.portfolio_id
CROSS JOIN LATERAL (SELECT (q.value_usd - q.cost_basis_usd) * 100 / nullif(abs(q.cost_basis_usd), 0) AS pct) AS g
WHERE q.id = p.id AND p.portfolio_id = ANY (:portfolio_ids::uuid[]);

-- name: positions :many
-- What portfolios hold, with the names that shares are kept under.
-- index: positions_portfolio_id_value_usd_id_idx
SELECT
    p.portfolio_id, p.asset_id, a.symbol, a.asset_type::text AS asset_type, a.is_stablecoin,
    p.position_type::text AS position_type, c.caip2 AS chain, p.protocol_id, r.slug AS protocol, p.wallet_id, p.value_usd,
    CASE WHEN jsonb_typeof(p.metadata -> 'liquidation_threshold') = 'number'
        THEN (p.metadata ->> 'liquidation_threshold')::numeric END AS liquidation_threshold
FROM portfolio.positions AS p
JOIN catalog.assets AS a ON a.id = p.asset_id
LEFT JOIN catalog.chains AS c ON c.id = p.chain_id
LEFT JOIN catalog.protocols AS r ON r.id = p.protocol_id
WHERE p.portfolio_id = ANY (:portfolio_ids::uuid[])
ORDER BY p.portfolio_id, p.id;

-- name: flows :many
-- What came into portfolios from elsewhere and left for elsewhere: transfers of which the ledger knows one side only.
-- `recent` is what came less what left since the moment given for the portfolio. A sum of which a part is unpriced is
-- unknown.
-- index: transactions_portfolio_id_occurred_at_id_idx
SELECT
    t.portfolio_id,
    CASE WHEN bool_and(t.usd_value IS NOT NULL) THEN coalesce(sum(t.usd_value) FILTER (WHERE f.sign > 0), 0) END AS came,
    CASE WHEN bool_and(t.usd_value IS NOT NULL) THEN coalesce(sum(t.usd_value) FILTER (WHERE f.sign < 0), 0) END AS went,
    CASE WHEN coalesce(bool_and(t.usd_value IS NOT NULL) FILTER (WHERE t.occurred_at > s.since), true)
        THEN coalesce(sum(t.usd_value * f.sign) FILTER (WHERE t.occurred_at > s.since), 0) END AS recent
FROM unnest(:portfolio_ids::uuid[], :since::timestamptz[]) AS s (portfolio_id, since)
JOIN portfolio.transactions AS t ON t.portfolio_id = s.portfolio_id
CROSS JOIN LATERAL (SELECT CASE WHEN t.to_asset_id IS NULL THEN -1 ELSE 1 END AS sign) AS f
WHERE t.tx_type = 'token_transfer' AND t.status = 'confirmed' AND t.occurred_at <= :now::timestamptz
    AND (t.from_asset_id IS NULL) <> (t.to_asset_id IS NULL)
GROUP BY t.portfolio_id;

-- name: protocol_risks :many
-- The newest overall risk of protocols that still holds.
-- index: latest_pkey
SELECT target_id, score FROM risk.latest
WHERE target_type = 'protocol' AND dimension = 'overall' AND target_id = ANY (:protocol_ids::uuid[])
    AND (expires_at IS NULL OR expires_at > :now::timestamptz);

-- name: summarise :exec
-- Writes the figures of this job and leaves those of others alone. A portfolio that was deleted meanwhile is passed over.
INSERT INTO portfolio.summaries AS s (
    portfolio_id, total_value_usd, total_deposited, total_withdrawn, total_profit, eth_value, stablecoin_value,
    other_value, max_drawdown, sharpe_ratio, volatility_score, diversification_score, last_calculated_at
)
SELECT
    i.portfolio_id, i.total_value_usd, i.total_deposited, i.total_withdrawn, i.total_profit, i.eth_value,
    i.stablecoin_value, i.other_value, i.max_drawdown, i.sharpe_ratio, i.volatility_score, i.diversification_score,
    :now::timestamptz
FROM jsonb_to_recordset(:rows::jsonb) AS i (
    portfolio_id uuid, total_value_usd numeric, total_deposited numeric, total_withdrawn numeric, total_profit numeric,
    eth_value numeric, stablecoin_value numeric, other_value numeric, max_drawdown numeric, sharpe_ratio numeric,
    volatility_score numeric, diversification_score numeric
)
JOIN portfolio.portfolios AS o ON o.id = i.portfolio_id
ON CONFLICT (portfolio_id) DO UPDATE
SET total_value_usd = excluded.total_value_usd, total_deposited = excluded.total_deposited,
    total_withdrawn = excluded.total_withdrawn, total_profit = excluded.total_profit, eth_value = excluded.eth_value,
    stablecoin_value = excluded.stablecoin_value, other_value = excluded.other_value,
    max_drawdown = excluded.max_drawdown, sharpe_ratio = excluded.sharpe_ratio,
    volatility_score = excluded.volatility_score, diversification_score = excluded.diversification_score,
    last_calculated_at = excluded.last_calculated_at;
