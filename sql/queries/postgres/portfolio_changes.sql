-- What owners change of their portfolios. Every query names the user beside row level security: either alone would hold.

-- name: create :one
INSERT INTO portfolio.portfolios (
    user_id, name, description, risk_profile, target_allocation, rebalancing_strategy, max_drawdown, target_return,
    anonymity_level, is_default, is_active
)
VALUES (
    :user_id::uuid, :name, :description, :risk_profile::portfolio.risk_profile, :target_allocation::jsonb,
    :rebalancing_strategy::portfolio.rebalancing_strategy, :max_drawdown::numeric, :target_return::numeric,
    :anonymity_level::portfolio.visibility_level, :is_default::boolean, :is_active::boolean
)
RETURNING *;

-- name: lock :one
-- A portfolio that is about to be edited.
-- index: portfolios_pkey
SELECT * FROM portfolio.portfolios WHERE id = :id::uuid AND user_id = :user_id::uuid FOR UPDATE;

-- name: update :one
UPDATE portfolio.portfolios
SET name = :name, description = :description, risk_profile = :risk_profile::portfolio.risk_profile,
    target_allocation = :target_allocation::jsonb,
    rebalancing_strategy = :rebalancing_strategy::portfolio.rebalancing_strategy,
    max_drawdown = :max_drawdown::numeric, target_return = :target_return::numeric,
    anonymity_level = :anonymity_level::portfolio.visibility_level, is_default = :is_default::boolean,
    is_active = :is_active::boolean
WHERE id = :id::uuid AND user_id = :user_id::uuid
RETURNING *;

-- name: yield_default :many
-- There is one default portfolio; the one that was it before steps back.
UPDATE portfolio.portfolios SET is_default = false
WHERE user_id = :user_id::uuid AND is_default AND id IS DISTINCT FROM :keep_id::uuid
RETURNING *;

-- name: count :one
-- How many portfolios a user has, for the limit.
SELECT count(*) AS portfolios FROM portfolio.portfolios WHERE user_id = :user_id::uuid;

-- name: delete_strategies :many
DELETE FROM portfolio.strategies AS s USING portfolio.portfolios AS o
WHERE s.portfolio_id = :id::uuid AND o.id = s.portfolio_id AND o.user_id = :user_id::uuid
RETURNING s.*;

-- name: delete :one
DELETE FROM portfolio.portfolios WHERE id = :id::uuid AND user_id = :user_id::uuid RETURNING *;

-- name: known_wallet :one
-- A wallet by its id.
-- index: wallets_pkey
SELECT id FROM catalog.wallets WHERE id = :wallet_id::uuid;

-- name: chain_of_address :one
-- The chain an address is on, and whether its addresses are those of EVM chains.
-- index: chains_caip2_key, chains_slug_key
SELECT id, is_evm FROM catalog.chains WHERE caip2 = :chain OR slug = :chain;

-- name: follow_wallet :exec
-- The wallet at an address, which is followed from now on.
SELECT catalog.follow_wallet(:chain_id::bigint, :address) AS id;

-- name: attach :one
-- Nothing when it belongs to the portfolio already.
INSERT INTO portfolio.portfolio_wallets (portfolio_id, wallet_id)
SELECT o.id, :wallet_id::uuid FROM portfolio.portfolios AS o
WHERE o.id = :id::uuid AND o.user_id = :user_id::uuid
ON CONFLICT DO NOTHING
RETURNING portfolio_id, wallet_id;

-- name: count_wallets :one
SELECT count(*) AS wallets FROM portfolio.portfolio_wallets AS w JOIN portfolio.portfolios AS o ON o.id = w.portfolio_id
WHERE w.portfolio_id = :id::uuid AND o.user_id = :user_id::uuid;

-- name: detach :one
DELETE FROM portfolio.portfolio_wallets AS w USING portfolio.portfolios AS o
WHERE w.portfolio_id = :id::uuid AND w.wallet_id = :wallet_id::uuid AND o.id = w.portfolio_id
    AND o.user_id = :user_id::uuid
RETURNING w.portfolio_id, w.wallet_id;

-- name: place :many
-- Adds positions, or changes those with the same asset, way of holding, chain, protocol and wallet. Worth and gain
-- follow from quantity, price and cost; a debt counts against the portfolio.
INSERT INTO portfolio.positions AS p (
    portfolio_id, asset_id, position_type, chain_id, protocol_id, protocol_address, wallet_id, quantity, average_cost,
    price_usd, cost_basis_usd, value_usd, unrealized_pnl_usd, unrealized_pnl_pct, first_acquired_at
)
SELECT
    o.id, i.asset_id, i.position_type, i.chain_id, i.protocol_id, i.protocol_address, i.wallet_id, i.quantity,
    i.average_cost, i.price_usd, w.cost, w.worth, w.worth - w.cost,
    round((w.worth - w.cost) * 100 / nullif(abs(w.cost), 0), 6), i.first_acquired_at
FROM jsonb_to_recordset(:rows::jsonb) AS i (
    asset_id uuid, position_type portfolio.position_type, chain_id bigint, protocol_id uuid, protocol_address text,
    wallet_id uuid, quantity numeric, average_cost numeric, price_usd numeric, first_acquired_at timestamptz
)
CROSS JOIN LATERAL (SELECT CASE WHEN i.position_type = 'borrowing' THEN -1 ELSE 1 END AS sign) AS s
CROSS JOIN LATERAL (
    SELECT
        round(i.quantity * i.average_cost * s.sign, 8) AS cost,
        round(i.quantity * i.price_usd * s.sign, 8) AS worth
) AS w
CROSS JOIN portfolio.portfolios AS o
WHERE o.id = :portfolio_id::uuid AND o.user_id = :user_id::uuid
ON CONFLICT ON CONSTRAINT positions_holding_key DO UPDATE
SET protocol_address = excluded.protocol_address, quantity = excluded.quantity, average_cost = excluded.average_cost,
    price_usd = excluded.price_usd, cost_basis_usd = excluded.cost_basis_usd, value_usd = excluded.value_usd,
    unrealized_pnl_usd = excluded.unrealized_pnl_usd, unrealized_pnl_pct = excluded.unrealized_pnl_pct,
    first_acquired_at = excluded.first_acquired_at, last_updated_at = now()
RETURNING p.*;

-- name: lock_holdings :many
-- Everything a portfolio holds, about to be changed by a file.
-- index: positions_portfolio_id_value_usd_id_idx
SELECT p.* FROM portfolio.positions AS p JOIN portfolio.portfolios AS o ON o.id = p.portfolio_id
WHERE p.portfolio_id = :portfolio_id::uuid AND o.user_id = :user_id::uuid
FOR UPDATE OF p;

-- name: lock_holding :one
-- The position that an upsert would change.
-- index: positions_holding_key
SELECT p.* FROM portfolio.positions AS p JOIN portfolio.portfolios AS o ON o.id = p.portfolio_id
WHERE p.portfolio_id = :portfolio_id::uuid AND o.user_id = :user_id::uuid AND p.asset_id = :asset_id::uuid
    AND p.position_type = :position_type::portfolio.position_type
    AND p.chain_id IS NOT DISTINCT FROM :chain_id::bigint AND p.protocol_id IS NOT DISTINCT FROM :protocol_id::uuid
    AND p.wallet_id IS NOT DISTINCT FROM :wallet_id::uuid
FOR UPDATE OF p;

-- name: lock_position :one
-- index: positions_pkey
SELECT p.* FROM portfolio.positions AS p JOIN portfolio.portfolios AS o ON o.id = p.portfolio_id
WHERE p.id = :id::uuid AND o.user_id = :user_id::uuid
FOR UPDATE OF p;

-- name: remove_position :one
DELETE FROM portfolio.positions AS p USING portfolio.portfolios AS o
WHERE p.id = :id::uuid AND o.id = p.portfolio_id AND o.user_id = :user_id::uuid
RETURNING p.*;

-- name: remove_positions :many
-- Positions that a file no longer names.
DELETE FROM portfolio.positions AS p USING portfolio.portfolios AS o
WHERE p.portfolio_id = :portfolio_id::uuid AND o.id = p.portfolio_id AND o.user_id = :user_id::uuid
    AND p.id = ANY (:ids::uuid[])
RETURNING p.*;

-- name: count_positions :one
SELECT count(*) AS positions FROM portfolio.positions AS p JOIN portfolio.portfolios AS o ON o.id = p.portfolio_id
WHERE p.portfolio_id = :portfolio_id::uuid AND o.user_id = :user_id::uuid;

-- name: named_chains :many
-- Chains by what people call them: CAIP-2 id, slug, number or name.
SELECT w.word, c.id FROM unnest(:words::text[]) AS w (word)
JOIN catalog.chains AS c ON lower(w.word) IN (lower(c.caip2), lower(c.slug), c.id::text, lower(c.name));

-- name: named_protocols :many
-- Protocols by slug or name.
SELECT w.word, p.id FROM unnest(:words::text[]) AS w (word)
JOIN catalog.protocols AS p ON lower(w.word) IN (p.slug, lower(p.name));

-- name: named_assets :many
-- Assets by ticker or by address, with their chains: there may be several.
SELECT w.word, a.id, a.chain_id, a.contract_address IS NOT NULL AND lower(w.word) = lower(a.contract_address) AS by_address
FROM unnest(:words::text[]) AS w (word)
JOIN catalog.assets AS a ON lower(a.symbol) = lower(w.word)
UNION
SELECT w.word, a.id, a.chain_id, true
FROM unnest(:words::text[]) AS w (word)
JOIN catalog.assets AS a ON a.contract_address IN (w.word, lower(w.word));

-- name: named_wallets :many
-- Wallets by address, with their chains: those that anybody may find, and those the viewer pointed at.
SELECT w.word, x.id, x.chain_id FROM unnest(:words::text[]) AS w (word)
JOIN catalog.wallets AS x ON x.address IN (w.word, lower(w.word))
WHERE x.is_listed
    OR EXISTS (
        SELECT FROM account.user_wallets AS l
        WHERE l.wallet_id = x.id AND l.user_id = ops.current_user_id()
    )
    OR EXISTS (
        SELECT FROM portfolio.portfolio_wallets AS p
        JOIN portfolio.portfolios AS o ON o.id = p.portfolio_id
        WHERE p.wallet_id = x.id AND o.user_id = ops.current_user_id()
    );

-- name: create_strategy :one
INSERT INTO portfolio.strategies (portfolio_id, agent_id, strategy_type, name, parameters, is_active)
SELECT o.id, :agent_id::uuid, :strategy_type::portfolio.strategy_type, :name, :parameters::jsonb, :is_active::boolean
FROM portfolio.portfolios AS o WHERE o.id = :portfolio_id::uuid AND o.user_id = :user_id::uuid
RETURNING *;

-- name: lock_strategy :one
-- index: strategies_pkey
SELECT s.* FROM portfolio.strategies AS s JOIN portfolio.portfolios AS o ON o.id = s.portfolio_id
WHERE s.id = :id::uuid AND o.user_id = :user_id::uuid
FOR UPDATE OF s;

-- name: update_strategy :one
UPDATE portfolio.strategies AS s
SET agent_id = :agent_id::uuid, name = :name, parameters = :parameters::jsonb, is_active = :is_active::boolean
FROM portfolio.portfolios AS o
WHERE s.id = :id::uuid AND o.id = s.portfolio_id AND o.user_id = :user_id::uuid
RETURNING s.*;

-- name: delete_strategy :one
DELETE FROM portfolio.strategies AS s USING portfolio.portfolios AS o
WHERE s.id = :id::uuid AND o.id = s.portfolio_id AND o.user_id = :user_id::uuid
RETURNING s.*;

-- name: lock_entry :one
-- An entry of the ledger whose words are about to change.
SELECT * FROM portfolio.transactions WHERE id = :id::uuid AND user_id = :user_id::uuid FOR UPDATE;

-- name: annotate_entry :one
UPDATE portfolio.transactions
SET category = :category, subcategory = :subcategory, tags = :tags::text[]
WHERE id = :id::uuid AND user_id = :user_id::uuid
RETURNING *;
