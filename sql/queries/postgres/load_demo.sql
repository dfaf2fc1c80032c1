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
-- Positions whose asset is loaded; the others are left out. What was borrowed counts below zero. Stablecoins are
-- put down at par, which a price of the market replaces.
INSERT INTO portfolio.positions (
    id, portfolio_id, asset_id, position_type, chain_id, protocol_id, wallet_id, quantity,
    average_cost, cost_basis_usd, price_usd, value_usd, metadata, first_acquired_at, last_updated_at
)
SELECT
    r.id, r.portfolio_id, a.id, r.position_type, r.chain_id, p.id, w.id, r.quantity,
    r.average_cost, round(r.average_cost * r.quantity * s.sign, 8), CASE WHEN a.is_stablecoin THEN 1 END,
    CASE WHEN a.is_stablecoin THEN round(r.quantity * s.sign, 8) END, r.metadata, r.first_acquired_at,
    r.first_acquired_at
FROM jsonb_to_recordset(:rows::text::jsonb) AS r (
    id uuid, portfolio_id uuid, asset_id uuid, position_type portfolio.position_type,
    chain_id bigint, protocol_id uuid, wallet_id uuid, quantity numeric(76, 18),
    average_cost numeric(38, 18), metadata jsonb, first_acquired_at timestamptz
)
JOIN catalog.assets AS a ON a.id = r.asset_id
CROSS JOIN LATERAL (SELECT CASE WHEN r.position_type = 'borrowing' THEN -1 ELSE 1 END AS sign) AS s
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

-- name: positions_to_value :many
-- Positions of the demonstration portfolios with what valuing them needs.
SELECT
    p.portfolio_id, p.asset_id, a.symbol, a.asset_type::text AS asset_type, a.is_stablecoin,
    p.position_type::text AS position_type, c.caip2 AS chain, p.protocol_id, r.slug AS protocol, p.wallet_id,
    p.quantity, p.first_acquired_at
FROM portfolio.positions AS p
JOIN portfolio.portfolios AS f ON f.id = p.portfolio_id
JOIN catalog.assets AS a ON a.id = p.asset_id
LEFT JOIN catalog.chains AS c ON c.id = p.chain_id
LEFT JOIN catalog.protocols AS r ON r.id = p.protocol_id
WHERE f.user_id = :user_id AND p.first_acquired_at IS NOT NULL
ORDER BY p.portfolio_id, p.id;
