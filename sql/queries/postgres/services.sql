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
