-- The tax engine: events read in pages, lots and sales written asset by asset. For the worker.

-- name: events :many
-- One page of a user's events, oldest first.
-- index: tax_transactions_user_id_occurred_at_id_idx
SELECT
    x.id, x.occurred_at, x.chain_id, x.transaction_type, x.is_taxable,
    x.asset_in_id, x.asset_in_symbol, x.asset_in_amount, x.asset_in_price_usd, x.asset_in_value_usd,
    x.asset_out_id, x.asset_out_symbol, x.asset_out_amount, x.asset_out_price_usd, x.asset_out_value_usd,
    x.fee_amount, x.fee_value_usd, x.named_lot_event_ids
FROM portfolio.tax_transactions AS x
WHERE x.user_id = :user_id::uuid
    AND (x.occurred_at, x.id) > (:after_at::timestamptz, :after_id::uuid)
ORDER BY x.occurred_at, x.id
LIMIT :count::bigint;

-- name: hand_lots :many
-- Purchases a user entered by hand.
-- index: tax_lots_user_id_acquired_at_id_idx
SELECT id, acquired_at, chain_id, asset_id, asset_symbol, acquired_amount, cost_basis_usd
FROM portfolio.tax_lots
WHERE user_id = :user_id::uuid AND acquired_transaction_id IS NULL;

-- name: settlements :many
-- index: tax_settlements_pkey
SELECT asset_key, fingerprint FROM portfolio.tax_settlements WHERE user_id = :user_id::uuid;

-- name: settled_assets :many
-- Assets a user has lots or settlements of, to find those that no event speaks of any more.
-- index: tax_lots_user_id_acquired_at_id_idx
SELECT coalesce(asset_id::text, asset_symbol) AS asset_key
FROM portfolio.tax_lots
WHERE user_id = :user_id::uuid
UNION
SELECT asset_key FROM portfolio.tax_settlements WHERE user_id = :user_id::uuid;

-- name: forget_plans :exec
-- A connection that checked foreign keys while the tables were small would scan them whole for every row of a large ledger.
DISCARD PLANS;

-- name: begin_asset :exec
-- Takes the row lock by which two workers settle one asset one after the other.
INSERT INTO portfolio.tax_settlements (user_id, asset_key, fingerprint)
VALUES (:user_id::uuid, :asset_key, :fingerprint)
ON CONFLICT (user_id, asset_key)
DO UPDATE SET fingerprint = excluded.fingerprint, settled_at = now();

-- name: clear_disposals :exec
-- Sales out of an asset's lots, and out of lots that are its from now on. A sale has the user of its
-- lot; naming the user again would tempt the planner away from the key of the lot.
-- index: tax_lots_user_id_asset_key_idx
DELETE FROM portfolio.tax_lot_disposals AS d
USING (
    SELECT id FROM portfolio.tax_lots
    WHERE user_id = :user_id::uuid AND coalesce(asset_id::text, asset_symbol) = :asset_key::text
    UNION
    SELECT unnest(:lot_ids::uuid[])
) AS l
WHERE d.lot_id = l.id;

-- name: clear_lots :exec
-- The same lots, except those entered by hand; ids follow from events of the user alone.
-- index: tax_lots_user_id_asset_key_idx
DELETE FROM portfolio.tax_lots AS x
USING (
    SELECT id FROM portfolio.tax_lots
    WHERE user_id = :user_id::uuid AND coalesce(asset_id::text, asset_symbol) = :asset_key::text
    UNION
    SELECT unnest(:lot_ids::uuid[])
) AS l
WHERE x.id = l.id AND x.acquired_transaction_id IS NOT NULL;

-- name: clear_issues :exec
DELETE FROM portfolio.tax_issues WHERE user_id = :user_id::uuid AND asset_key = :asset_key;

-- name: draw_hand_lots :exec
-- What is left of lots entered by hand.
UPDATE portfolio.tax_lots AS l SET remaining_amount = n.remaining
FROM unnest(:ids::uuid[], :remaining::numeric[]) AS n (id, remaining)
WHERE l.id = n.id AND l.user_id = :user_id::uuid AND l.remaining_amount <> n.remaining;

-- name: record_outcomes :exec
-- What came of events; rows that say so already are left alone.
UPDATE portfolio.tax_transactions AS x SET
    cost_basis_method = :method::portfolio.cost_basis_method,
    cost_basis_usd = n.cost, capital_gain_usd = n.gain, holding_period_days = n.days,
    is_long_term = n.long_term, tax_category = n.category::portfolio.tax_category
FROM unnest(
    :ids::uuid[], :costs::numeric[], :gains::numeric[], :days::integer[], :long_terms::boolean[],
    :categories::text[]
) AS n (id, cost, gain, days, long_term, category)
WHERE x.user_id = :user_id::uuid AND x.id = n.id
    AND (x.cost_basis_method, x.cost_basis_usd, x.capital_gain_usd, x.holding_period_days,
        x.is_long_term, x.tax_category)
    IS DISTINCT FROM (:method::portfolio.cost_basis_method, n.cost, n.gain, n.days, n.long_term,
        n.category::portfolio.tax_category);
