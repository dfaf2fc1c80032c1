-- Services of workers: loops that run beside the jobs.

-- name: lead :exec
-- Makes this transaction the one that holds a service, and has the server end it after so long without a word;
-- no row while another one does.
SELECT set_config('idle_in_transaction_session_timeout', :lease_ms::integer::text, true) AS lease
FROM (SELECT pg_try_advisory_xact_lock(hashtextextended('service:' || :service::text, 0)) AS ours) AS l
WHERE l.ours;

-- name: hold :exec
-- A sign of life of the transaction that holds a service.
SELECT true AS held;

-- name: seen :exec
-- Says that a service runs on a worker, or waits there after a failure.
INSERT INTO ops.service_instances AS i (service, instance, is_running, failure_count, error_message)
VALUES (:service, :instance, :is_running::boolean, :failure_count::integer, :error)
ON CONFLICT (service, instance) DO UPDATE
SET is_running = excluded.is_running, seen_at = now(), failure_count = excluded.failure_count,
    error_message = excluded.error_message,
    started_at = CASE WHEN excluded.is_running AND NOT i.is_running THEN now() ELSE i.started_at END;

-- name: gone :exec
-- Forgets that a service ran on a worker that stops, and what a day has not been heard of.
DELETE FROM ops.service_instances
WHERE (service = :service AND instance = :instance) OR seen_at < now() - interval '1 day';

-- name: instances :many
-- Where services run, as far as workers said so within the last minute.
SELECT service, instance, is_running, started_at, failure_count, error_message
FROM ops.service_instances
WHERE seen_at > now() - interval '1 minute'
ORDER BY service, instance;
