-- The demonstration user and what is theirs, from demo/*.json; see load_catalog.sql.

-- name: upsert_users :exec
INSERT INTO account.users AS u (id, email, username, display_name, user_type)
SELECT r.id, r.email, r.username, r.display_name, r.user_type
FROM jsonb_to_recordset(:rows::text::jsonb) AS r (
    id uuid, email text, username text, display_name text, user_type account.user_type
)
ON CONFLICT (id) DO UPDATE SET display_name = excluded.display_name;

-- name: upsert_user_wallets :exec
INSERT INTO account.user_wallets (user_id, wallet_id, label, is_primary)
SELECT r.user_id, r.wallet_id, r.label, r.is_primary
FROM jsonb_to_recordset(:rows::text::jsonb) AS r (
    user_id uuid, wallet_id uuid, label text, is_primary boolean
)
ON CONFLICT (user_id, wallet_id) DO NOTHING;

-- name: upsert_portfolios :exec
INSERT INTO portfolio.portfolios (
    id, user_id, name, description, risk_profile, target_allocation, rebalancing_strategy,
    max_drawdown, target_return, anonymity_level, is_default
)
SELECT
    r.id, r.user_id, r.name, r.description, r.risk_profile, r.target_allocation,
    r.rebalancing_strategy, r.max_drawdown, r.target_return, r.anonymity_level, r.is_default
FROM jsonb_to_recordset(:rows::text::jsonb) AS r (
    id uuid, user_id uuid, name text, description text, risk_profile portfolio.risk_profile,
    target_allocation jsonb, rebalancing_strategy portfolio.rebalancing_strategy,
    max_drawdown numeric(5, 4), target_return numeric(9, 4),
    anonymity_level portfolio.visibility_level, is_default boolean
)
ON CONFLICT (id) DO NOTHING;

-- name: upsert_portfolio_wallets :exec
INSERT INTO portfolio.portfolio_wallets (portfolio_id, wallet_id)
SELECT r.portfolio_id, r.wallet_id
FROM jsonb_to_recordset(:rows::text::jsonb) AS r (portfolio_id uuid, wallet_id uuid)
ON CONFLICT DO NOTHING;

-- name: upsert_strategies :exec
INSERT INTO portfolio.strategies (id, portfolio_id, agent_id, strategy_type, name, parameters)
SELECT r.id, r.portfolio_id, a.id, r.strategy_type, r.name, r.parameters
FROM jsonb_to_recordset(:rows::text::jsonb) AS r (
    id uuid, portfolio_id uuid, agent_slug text, strategy_type portfolio.strategy_type, name text,
    parameters jsonb
)
LEFT JOIN agents.agents AS a ON a.slug = r.agent_slug
ON CONFLICT (id) DO NOTHING;

-- name: upsert_positions :exec
-- Positions whose asset is loaded; the others are left out.
INSERT INTO portfolio.positions (
    id, portfolio_id, asset_id, position_type, chain_id, protocol_id, wallet_id, quantity,
    average_cost, cost_basis_usd, metadata, first_acquired_at
)
SELECT
    r.id, r.portfolio_id, a.id, r.position_type, r.chain_id, p.id, w.id, r.quantity,
    r.average_cost, r.average_cost * r.quantity, r.metadata, r.first_acquired_at
FROM jsonb_to_recordset(:rows::text::jsonb) AS r (
    id uuid, portfolio_id uuid, asset_id uuid, position_type portfolio.position_type,
    chain_id bigint, protocol_id uuid, wallet_id uuid, quantity numeric(76, 18),
    average_cost numeric(38, 18), metadata jsonb, first_acquired_at timestamptz
)
JOIN catalog.assets AS a ON a.id = r.asset_id
LEFT JOIN catalog.protocols AS p ON p.id = r.protocol_id
LEFT JOIN catalog.wallets AS w ON w.id = r.wallet_id
ON CONFLICT (id) DO NOTHING;

-- name: upsert_transactions :exec
-- Ledger rows; without a hash, because nobody signed them.
INSERT INTO portfolio.transactions (
    id, portfolio_id, user_id, wallet_id, strategy_id, tx_type, category, status, chain_id,
    from_asset_id, from_amount, to_asset_id, to_amount, usd_value, protocol_id, tags, metadata,
    occurred_at, confirmed_at
)
SELECT
    r.id, r.portfolio_id, r.user_id, w.id, s.id, r.tx_type, r.category, 'confirmed', r.chain_id,
    f.id, r.from_amount, t.id, r.to_amount, r.usd_value, p.id, coalesce(r.tags, '{}'),
    coalesce(r.metadata, '{}'), r.occurred_at, r.occurred_at
FROM jsonb_to_recordset(:rows::text::jsonb) AS r (
    id uuid, portfolio_id uuid, user_id uuid, wallet_id uuid, strategy_id uuid,
    tx_type portfolio.transaction_type, category text, chain_id bigint, from_asset_id uuid,
    from_amount numeric(76, 18), to_asset_id uuid, to_amount numeric(76, 18),
    usd_value numeric(38, 8), protocol_id uuid, tags text[], metadata jsonb,
    occurred_at timestamptz
)
LEFT JOIN catalog.wallets AS w ON w.id = r.wallet_id
LEFT JOIN portfolio.strategies AS s ON s.id = r.strategy_id
LEFT JOIN catalog.assets AS f ON f.id = r.from_asset_id
LEFT JOIN catalog.assets AS t ON t.id = r.to_asset_id
LEFT JOIN catalog.protocols AS p ON p.id = r.protocol_id
ON CONFLICT (portfolio_id, id) DO NOTHING;

-- name: value_positions :exec
-- Prices, values, gains and shares of positions; a debt counts below zero.
UPDATE portfolio.positions AS p SET
    price_usd = r.price_usd,
    value_usd = r.value_usd,
    unrealized_pnl_usd = r.unrealized_pnl_usd,
    unrealized_pnl_pct = r.unrealized_pnl_pct,
    allocation = r.allocation,
    last_updated_at = r.valued_at
FROM jsonb_to_recordset(:rows::text::jsonb) AS r (
    id uuid, price_usd numeric(38, 18), value_usd numeric(38, 8),
    unrealized_pnl_usd numeric(38, 8), unrealized_pnl_pct numeric(18, 6), allocation numeric(9, 8),
    valued_at timestamptz
)
WHERE p.id = r.id;

-- name: upsert_summaries :exec
-- Figures of a portfolio as a whole.
INSERT INTO portfolio.summaries AS s (
    portfolio_id, total_value_usd, total_deposited, total_profit, eth_value, stablecoin_value,
    other_value, max_drawdown, volatility_score, sharpe_ratio, last_calculated_at
)
SELECT
    r.portfolio_id, r.total_value_usd, r.total_deposited, r.total_profit, r.eth_value,
    r.stablecoin_value, r.other_value, r.max_drawdown, r.volatility_score, r.sharpe_ratio,
    r.calculated_at
FROM jsonb_to_recordset(:rows::text::jsonb) AS r (
    portfolio_id uuid, total_value_usd numeric(38, 8), total_deposited numeric(38, 8),
    total_profit numeric(38, 8), eth_value numeric(38, 8), stablecoin_value numeric(38, 8),
    other_value numeric(38, 8), max_drawdown numeric(5, 4), volatility_score numeric(5, 4),
    sharpe_ratio numeric(18, 6), calculated_at timestamptz
)
ON CONFLICT (portfolio_id) DO UPDATE SET
    total_value_usd = excluded.total_value_usd,
    total_deposited = excluded.total_deposited,
    total_profit = excluded.total_profit,
    eth_value = excluded.eth_value,
    stablecoin_value = excluded.stablecoin_value,
    other_value = excluded.other_value,
    max_drawdown = excluded.max_drawdown,
    volatility_score = excluded.volatility_score,
    sharpe_ratio = excluded.sharpe_ratio,
    last_calculated_at = excluded.last_calculated_at;

-- name: positions_to_value :many
-- Positions of the demonstration portfolios with what valuing them needs.
SELECT
    p.id, p.portfolio_id, f.user_id, p.asset_id, p.position_type::text AS position_type,
    p.chain_id, p.protocol_id, p.quantity, p.cost_basis_usd, p.first_acquired_at, a.symbol,
    a.asset_type::text AS asset_type, a.is_stablecoin, c.slug AS chain_slug,
    r.slug AS protocol_slug
FROM portfolio.positions AS p
JOIN portfolio.portfolios AS f ON f.id = p.portfolio_id
JOIN catalog.assets AS a ON a.id = p.asset_id
LEFT JOIN catalog.chains AS c ON c.id = p.chain_id
LEFT JOIN catalog.protocols AS r ON r.id = p.protocol_id
WHERE f.user_id = :user_id AND p.first_acquired_at IS NOT NULL
ORDER BY p.portfolio_id, p.id;
