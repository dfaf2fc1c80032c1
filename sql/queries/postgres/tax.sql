-- Taxes of a user. Every query names the user beside row level security: either alone would hold.

-- name: gains :many
-- Gains and losses of sales in a year, by whether they are long-term, for one method.
-- index: tax_transactions_user_id_tax_year_transaction_type_idx
SELECT
    d.disposed_at - l.acquired_at > interval '365 days' AS is_long_term,
    sum(d.gain_usd) FILTER (WHERE d.gain_usd > 0) AS gains_usd,
    -sum(d.gain_usd) FILTER (WHERE d.gain_usd < 0) AS losses_usd,
    sum(d.gain_usd) AS net_usd,
    sum(d.proceeds_usd) AS proceeds_usd,
    count(*) AS disposals
FROM portfolio.tax_transactions AS x
JOIN portfolio.tax_lot_disposals AS d ON d.transaction_id = x.id AND d.user_id = x.user_id
JOIN portfolio.tax_lots AS l ON l.id = d.lot_id AND l.user_id = d.user_id
WHERE x.user_id = :user_id::uuid AND x.tax_year = :tax_year::integer AND x.is_taxable
    AND x.cost_basis_method = :method::portfolio.cost_basis_method
GROUP BY 1
ORDER BY 1;

-- name: flows :many
-- Taxable events of a year by category: what came in counts as income, what went out as expense.
-- index: tax_transactions_user_id_tax_year_transaction_type_idx
SELECT
    x.tax_category,
    sum(x.asset_in_value_usd) AS in_usd,
    sum(x.asset_out_value_usd) AS out_usd,
    sum(x.fee_value_usd) AS fees_usd,
    count(*) AS transactions,
    count(*) FILTER (WHERE x.tax_category IS NULL) AS unclassified
FROM portfolio.tax_transactions AS x
WHERE x.user_id = :user_id::uuid AND x.tax_year = :tax_year::integer AND x.is_taxable
GROUP BY x.tax_category
ORDER BY x.tax_category;

-- name: holdings :many
-- What is left of purchases, by ticker.
-- index: tax_lots_open_idx
SELECT l.asset_symbol, l.asset_id, sum(l.remaining_amount) AS remaining_amount,
    CASE WHEN bool_and(l.cost_basis_usd IS NOT NULL)
        THEN sum(round(l.cost_basis_usd * l.remaining_amount / l.acquired_amount, 8))
    END AS cost_basis_usd,
    count(*) AS lots, min(l.acquired_at) AS oldest_at
FROM portfolio.tax_lots AS l
WHERE l.user_id = :user_id::uuid AND l.remaining_amount > 0
GROUP BY l.asset_symbol, l.asset_id
ORDER BY cost_basis_usd DESC NULLS LAST, l.asset_symbol, l.asset_id
LIMIT :count::bigint;

-- name: request_report :one
INSERT INTO portfolio.tax_reports (
    user_id, report_type, tax_year, country_code, start_date, end_date, report_format, cost_basis_method,
    marks_wash_sales
)
VALUES (
    :user_id::uuid, :report_type::portfolio.tax_report_type, :tax_year::integer, :country_code, :start_date::date,
    :end_date::date, :report_format::portfolio.tax_report_format, :method::portfolio.cost_basis_method,
    :marks_wash_sales::boolean
)
RETURNING *;

-- name: waiting_reports :one
-- Reports of a user that are not made yet, for the limit.
-- index: tax_reports_user_id_created_at_id_idx
SELECT count(*) AS reports FROM portfolio.tax_reports
WHERE user_id = :user_id::uuid AND status IN ('pending', 'processing');

-- name: lock_report :one
-- The gateway may not change a report, so what is deleted says whether it still stood there.
-- index: tax_reports_pkey
SELECT * FROM portfolio.tax_reports WHERE id = :id::uuid AND user_id = :user_id::uuid;

-- name: delete_report :one
DELETE FROM portfolio.tax_reports
WHERE id = :id::uuid AND user_id = :user_id::uuid AND status <> 'processing'
RETURNING *;

-- name: lock_transaction :one
SELECT * FROM portfolio.tax_transactions WHERE id = :id::uuid AND user_id = :user_id::uuid FOR UPDATE;

-- name: annotate_transaction :one
UPDATE portfolio.tax_transactions SET notes = :notes
WHERE id = :id::uuid AND user_id = :user_id::uuid
RETURNING *;

-- name: named_lots :many
-- Purchases that events of a user are set against, in the order they were named.
-- index: tax_lots_user_id_event_id_idx
SELECT x.id, array_agg(l.id ORDER BY n.place) AS lots
FROM portfolio.tax_transactions AS x
CROSS JOIN LATERAL unnest(x.named_lot_event_ids) WITH ORDINALITY AS n (event_id, place)
JOIN portfolio.tax_lots AS l
    ON l.user_id = x.user_id AND n.event_id = coalesce(l.acquired_transaction_id, l.id)
WHERE x.user_id = :user_id::uuid AND x.id = ANY (:ids::uuid[])
GROUP BY x.id;

-- name: lots_to_name :many
-- Purchases of a user that a sale may be set against, and what the engine knows them by.
-- index: tax_lots_pkey
SELECT id, acquired_at, coalesce(asset_id::text, asset_symbol) AS asset_key,
    coalesce(acquired_transaction_id, id) AS event_id
FROM portfolio.tax_lots
WHERE user_id = :user_id::uuid AND id = ANY (:ids::uuid[]);

-- name: name_lots :one
UPDATE portfolio.tax_transactions SET named_lot_event_ids = :event_ids::uuid[]
WHERE id = :id::uuid AND user_id = :user_id::uuid
RETURNING *;

-- name: lock_profile :one
-- index: tax_profiles_user_id_key
SELECT * FROM portfolio.tax_profiles WHERE user_id = :user_id::uuid FOR UPDATE;

-- name: set_profile :one
INSERT INTO portfolio.tax_profiles (user_id, country_code, cost_basis_method, marks_wash_sales)
VALUES (:user_id::uuid, :country_code, :method::portfolio.cost_basis_method, :marks_wash_sales::boolean)
ON CONFLICT (user_id) DO UPDATE SET
    country_code = excluded.country_code, cost_basis_method = excluded.cost_basis_method,
    marks_wash_sales = excluded.marks_wash_sales
RETURNING *;
