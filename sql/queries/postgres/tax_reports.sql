-- Tax reports on their way from a wish to a file. For the worker.

-- name: waiting :many
-- Reports that are not made yet, oldest first.
-- index: tax_reports_status_created_at_idx
SELECT id FROM portfolio.tax_reports
WHERE status IN ('pending', 'processing')
ORDER BY created_at, id
LIMIT :count::bigint;

-- name: begin :one
-- A report that is made from here on, or gone on with after its worker vanished.
-- index: tax_reports_pkey
UPDATE portfolio.tax_reports SET status = 'processing', error_message = NULL
WHERE id = :id::uuid AND status IN ('pending', 'processing')
RETURNING id, user_id, report_type::text, tax_year, country_code, start_date, end_date, report_format::text,
    cost_basis_method::text, marks_wash_sales, created_at;

-- name: profile :one
-- By which rules the lots of a user are kept.
-- index: tax_profiles_user_id_key
SELECT country_code, cost_basis_method::text, marks_wash_sales
FROM portfolio.tax_profiles WHERE user_id = :user_id::uuid;

-- name: advance :exec
-- index: tax_reports_pkey
UPDATE portfolio.tax_reports SET progress = greatest(progress, :progress::numeric)
WHERE id = :id::uuid AND status = 'processing';

-- name: complete :one
-- index: tax_reports_pkey
WITH made AS (
    UPDATE portfolio.tax_reports SET
        status = 'completed', progress = 1, generated_at = now(), file_key = :file_key,
        file_size_bytes = :file_size_bytes::bigint, total_transactions = :transactions::bigint,
        disposal_count = :disposals::bigint, issue_count = :issues::bigint,
        total_proceeds_usd = :proceeds::numeric, total_cost_basis_usd = :cost::numeric,
        total_capital_gains_usd = :gains::numeric, total_capital_losses_usd = :losses::numeric,
        net_capital_gains_usd = :net::numeric, long_term_gains_usd = :long_term::numeric,
        short_term_gains_usd = :short_term::numeric, total_income_usd = :income::numeric,
        total_expenses_usd = :expenses::numeric, wash_sale_loss_usd = :disallowed::numeric
    WHERE id = :id::uuid AND status = 'processing'
    RETURNING id, user_id, status
), told AS (
    INSERT INTO ops.outbox (aggregate, aggregate_id, event, payload)
    SELECT 'portfolio.tax_reports', id::text, 'updated',
        jsonb_build_object('id', id, 'user_id', user_id, 'status', status)
    FROM made
)
SELECT id FROM made;

-- name: file :one
-- Which file a report leads to.
-- index: tax_reports_pkey
SELECT file_key FROM portfolio.tax_reports WHERE id = :id::uuid;

-- name: fail :one
-- index: tax_reports_pkey
WITH failed AS (
    UPDATE portfolio.tax_reports SET status = 'failed', error_message = :error
    WHERE id = :id::uuid AND status IN ('pending', 'processing')
    RETURNING id, user_id, status
), told AS (
    INSERT INTO ops.outbox (aggregate, aggregate_id, event, payload)
    SELECT 'portfolio.tax_reports', id::text, 'updated',
        jsonb_build_object('id', id, 'user_id', user_id, 'status', status)
    FROM failed
)
SELECT id FROM failed;

-- name: forsaken :many
-- Reports that wait although every try to make them failed.
-- index: tax_reports_status_created_at_idx
SELECT r.id
FROM portfolio.tax_reports AS r
JOIN ops.job_queue AS q
    ON q.job = 'make_tax_reports' AND q.dead_at IS NOT NULL AND q.arguments->>'report_id' = r.id::text
WHERE r.status IN ('pending', 'processing');

-- name: queue_forgotten :many
-- Reports that wait and have no run in the queue get one.
-- index: tax_reports_status_created_at_idx
INSERT INTO ops.job_queue (job, arguments, exclusive, max_attempts)
SELECT 'make_tax_reports', jsonb_build_object('report_id', r.id), false, 5
FROM portfolio.tax_reports AS r
WHERE r.status IN ('pending', 'processing') AND r.created_at < now() - interval '1 minute'
    AND NOT EXISTS (
        SELECT FROM ops.job_queue AS q
        WHERE q.job = 'make_tax_reports' AND q.arguments->>'report_id' = r.id::text
    )
RETURNING id;
