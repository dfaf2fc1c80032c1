-- What jobs of operation do: views, partitions, expiry. They run as the role worker, for nobody.

-- name: refresh_view :exec
-- Refreshes a materialized view beside its readers; false when another session is at it.
SELECT ops.refresh_view(:view::text::regclass) AS refreshed;

-- name: ensure_partitions :exec
-- Makes missing months of every table with monthly partitions.
SELECT partition FROM ops.ensure_partitions(:months_ahead::integer) AS partition;

-- name: stray_rows :many
-- Tables with rows that no month covers, and how many.
SELECT parent, stray_rows FROM ops.default_partition_rows() WHERE stray_rows > 0;

-- name: cold_activity :many
-- Months of wallet activity that end before the hot window, oldest first. Rows are counted where there are few: by month.
WITH newest AS (
    SELECT max(occurred_at) AS at FROM catalog.wallet_transactions
),
months AS (
    SELECT
        c.oid::regclass::text AS partition,
        to_date(right(c.relname, 7), 'YYYY_MM')::timestamp AT TIME ZONE 'UTC' AS starts_at,
        (to_date(right(c.relname, 7), 'YYYY_MM') + interval '1 month') AT TIME ZONE 'UTC' AS ends_at
    FROM pg_catalog.pg_inherits AS i
    JOIN pg_catalog.pg_class AS c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'catalog.wallet_transactions'::regclass AND c.relname ~ '_\d{4}_\d{2}$'
)
SELECT
    m.partition, m.starts_at, m.ends_at,
    (
        SELECT count(*) FROM catalog.wallet_transactions AS t
        WHERE t.occurred_at >= m.starts_at AND t.occurred_at < m.ends_at
    ) AS row_count
FROM months AS m
JOIN newest AS n ON m.ends_at <= n.at - :hot_window::interval
ORDER BY m.starts_at;

-- name: drop_activity :exec
-- Drops the months of wallet activity that end at a time or earlier.
SELECT partition
FROM ops.drop_old_partitions(
    'catalog.wallet_transactions', (:ends_at::timestamptz AT TIME ZONE 'UTC')::date
) AS partition;

-- name: archive_deposits :exec
-- Moves deposits that ended two years ago to the archive; how many.
SELECT privacy.archive_old_deposits(p_limit => :batch::integer) AS moved;

-- name: delete_expired_sessions :exec
-- Sessions that nobody can use or refresh for thirty days, with their refresh tokens.
-- index: sessions_expires_at_idx
DELETE FROM account.sessions WHERE id IN (
    SELECT id FROM account.sessions
    WHERE expires_at < now() - interval '30 days'
        AND (refresh_expires_at IS NULL OR refresh_expires_at < now() - interval '30 days')
    LIMIT :batch::integer
    FOR UPDATE SKIP LOCKED
);

-- name: delete_expired_idempotency_keys :exec
-- Keys of callers whose answer need not be remembered any more.
-- index: idempotency_keys_expires_at_idx
DELETE FROM ops.idempotency_keys WHERE (user_id, operation, key) IN (
    SELECT user_id, operation, key FROM ops.idempotency_keys
    WHERE expires_at <= now()
    LIMIT :batch::integer
    FOR UPDATE SKIP LOCKED
);

-- name: delete_expired_sign_ups :exec
-- Wishes for an account that nobody confirmed in time.
-- index: sign_ups_expires_at_idx
DELETE FROM account.sign_ups WHERE id IN (
    SELECT id FROM account.sign_ups
    WHERE expires_at <= now()
    LIMIT :batch::integer
    FOR UPDATE SKIP LOCKED
);

-- name: delete_expired_outbox :exec
-- Changes that were passed on a week ago.
-- index: outbox_published_at_idx
DELETE FROM ops.outbox WHERE sequence IN (
    SELECT sequence FROM ops.outbox
    WHERE published_at < now() - interval '7 days'
    LIMIT :batch::integer
    FOR UPDATE SKIP LOCKED
);

-- name: delete_expired_trade_routes :exec
-- Quotes that lapsed a day ago without being used.
-- index: trade_routes_expires_at_idx
DELETE FROM trading.trade_routes WHERE id IN (
    SELECT id FROM trading.trade_routes
    WHERE NOT is_executed AND expires_at < now() - interval '1 day'
    LIMIT :batch::integer
    FOR UPDATE SKIP LOCKED
);

-- name: delete_expired_assessments :exec
-- Assessments that ended a month ago. What is shown as the newest goes with them; history has them.
-- index: assessments_expires_at_idx
DELETE FROM risk.assessments WHERE id IN (
    SELECT id FROM risk.assessments
    WHERE expires_at < now() - interval '30 days'
    LIMIT :batch::integer
    FOR UPDATE SKIP LOCKED
);

-- name: delete_expired_dashboards :exec
-- Dashboards that were thrown away a month ago.
-- index: dashboards_deleted_at_idx
DELETE FROM account.dashboards WHERE id IN (
    SELECT id FROM account.dashboards
    WHERE deleted_at < now() - interval '30 days'
    LIMIT :batch::integer
    FOR UPDATE SKIP LOCKED
);

-- name: delete_expired_share_links :exec
-- Links to dashboards that do not work any more.
-- index: dashboards_share_expires_at_idx
UPDATE account.dashboards SET share_token_hash = NULL, share_expires_at = NULL WHERE id IN (
    SELECT id FROM account.dashboards
    WHERE share_expires_at <= now()
    LIMIT :batch::integer
    FOR UPDATE SKIP LOCKED
);

-- name: delete_expired_alert_rules :exec
-- Rules that were thrown away a month ago, once nothing that fired by them is kept.
-- index: rules_deleted_at_idx
DELETE FROM alerts.rules WHERE id IN (
    SELECT r.id FROM alerts.rules AS r
    WHERE r.deleted_at < now() - interval '30 days'
        AND NOT EXISTS (SELECT FROM alerts.events AS e WHERE e.rule_id = r.id)
    LIMIT :batch::integer
    FOR UPDATE OF r SKIP LOCKED
);

-- name: delete_expired_job_runs :exec
-- Records of runs that ended a month ago.
-- index: job_runs_finished_at_idx
DELETE FROM ops.job_runs WHERE id IN (
    SELECT id FROM ops.job_runs
    WHERE finished_at < now() - interval '30 days'
    LIMIT :batch::integer
    FOR UPDATE SKIP LOCKED
);

-- name: database_size :one
-- Bytes on disk of the whole database.
SELECT pg_database_size(current_database()) AS size_bytes;

-- name: largest_tables :many
-- The tables that take most room, partitions counted with their table, indexes and long values included.
SELECT root.oid::regclass::text AS table_name, sum(pg_total_relation_size(leaf.relid))::bigint AS size_bytes
FROM pg_catalog.pg_class AS root
CROSS JOIN LATERAL (
    SELECT t.relid FROM pg_catalog.pg_partition_tree(root.oid) AS t
    UNION ALL
    SELECT root.oid WHERE root.relkind = 'r'
) AS leaf
WHERE root.relkind IN ('r', 'p') AND NOT root.relispartition
    AND root.relnamespace::regnamespace::text !~ '^(pg_|information_schema$)'
GROUP BY root.oid
ORDER BY size_bytes DESC, table_name
LIMIT :count::integer;

-- name: connections :many
-- Connections to the database by who holds them and what they do; slots are how many the server has for all.
SELECT
    usename::text AS role_name, coalesce(state, 'none') AS state, count(*) AS connection_count,
    extract(epoch FROM max(now() - xact_start))::float8 AS longest_transaction_s,
    current_setting('max_connections')::integer AS slots
FROM pg_catalog.pg_stat_activity
WHERE datname = current_database()
GROUP BY usename, state
ORDER BY connection_count DESC, role_name, state;

-- name: keeps_statements :one
-- Whether the server counts what statements take, in the extension pg_stat_statements.
SELECT to_regclass('public.pg_stat_statements') IS NOT NULL AS kept;

-- name: slowest_statements :many
-- Statements that took most time since the counters began; only where keeps_statements says so.
SELECT
    queryid AS statement_id, left(regexp_replace(query, '\s+', ' ', 'g'), 200) AS statement,
    calls, total_exec_time AS total_ms, mean_exec_time AS mean_ms, max_exec_time AS longest_ms, rows AS row_count
FROM public.pg_stat_statements
WHERE dbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
ORDER BY total_exec_time DESC
LIMIT :count::integer;
