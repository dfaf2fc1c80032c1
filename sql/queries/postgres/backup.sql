-- What copying the database away and back asks, as the role of GATEWAY_POSTGRES_BACKUP_URL.

-- name: server :one
-- Version of the server and whether it keeps what incremental base backups need.
SELECT
    current_setting('server_version') AS version,
    coalesce(current_setting('summarize_wal', true), 'off') = 'on' AS summarizes;

-- name: tables_in_use :one
-- How many tables of any schema there are; none in a database that was just made.
SELECT count(*) AS table_count
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'm') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema';

-- name: drop_everything :exec
-- Removes all schemas of the gateway and its own tables in public.
DO $drop$
DECLARE
    named text;
BEGIN
    FOR named IN
        SELECT nspname FROM pg_catalog.pg_namespace WHERE nspowner = 'migrator'::regrole
    LOOP
        EXECUTE format('DROP SCHEMA %I CASCADE', named);
    END LOOP;
    FOR named IN
        SELECT relname FROM pg_catalog.pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relowner = 'migrator'::regrole
    LOOP
        EXECUTE format('DROP TABLE public.%I CASCADE', named);
    END LOOP;
END
$drop$;

-- name: pass_on_again :exec
-- Has changes passed on once more that were passed on since a time or are on their way, in the order they were made.
WITH retried AS (
    DELETE FROM ops.relay_failures WHERE set_aside_at IS NULL
)
UPDATE ops.outbox AS o SET published_at = NULL, position = NULL
WHERE (o.published_at >= :since::timestamptz OR o.published_at IS NULL)
    AND NOT EXISTS (
        SELECT FROM ops.relay_failures AS f WHERE f.sequence = o.sequence AND f.set_aside_at IS NOT NULL
    );

-- name: let_worker_own :exec
-- Lets the worker be given objects in every schema of the migrator, which takes the right to create.
DO $let$
DECLARE
    named text;
BEGIN
    FOR named IN
        SELECT nspname FROM pg_catalog.pg_namespace WHERE nspowner = 'migrator'::regrole
    LOOP
        EXECUTE format('GRANT CREATE ON SCHEMA %I TO worker', named);
    END LOOP;
END
$let$;

-- name: let_worker_own_no_more :exec
-- Takes that right away again.
DO $let$
DECLARE
    named text;
BEGIN
    FOR named IN
        SELECT nspname FROM pg_catalog.pg_namespace WHERE nspowner = 'migrator'::regrole
    LOOP
        EXECUTE format('REVOKE CREATE ON SCHEMA %I FROM worker', named);
    END LOOP;
END
$let$;
