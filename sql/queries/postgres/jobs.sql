-- The queue of background jobs. Times are those of the database, so that the clocks of workers do not matter.

-- name: lead :exec
-- The time when this transaction is the one that plans; no row while another one does.
SELECT now() AS at FROM (SELECT pg_try_advisory_xact_lock(hashtextextended('ops.job_schedules', 0)) AS ours) AS l
WHERE l.ours;

-- name: planned :exec
-- Until when each job is planned; a job that is new is planned until now.
WITH added AS (
    INSERT INTO ops.job_schedules AS s (job, planned_until)
    SELECT name, now() FROM unnest(:jobs::text[]) AS name
    ON CONFLICT (job) DO NOTHING
    RETURNING s.job, s.planned_until
)
SELECT job, planned_until FROM added
UNION ALL
SELECT job, planned_until FROM ops.job_schedules WHERE job = ANY (:jobs::text[]);

-- name: plan :exec
-- Adds due runs of a job, and none beside one that waits where one is enough.
WITH moved AS (
    UPDATE ops.job_schedules SET planned_until = now() WHERE job = :job
)
INSERT INTO ops.job_queue (job, scheduled_for, exclusive, max_attempts)
SELECT :job, due, :exclusive::boolean, :max_attempts::integer
FROM unnest(:due::timestamptz[]) AS due
WHERE NOT (
    :one_is_enough::boolean
    AND EXISTS (
        SELECT FROM ops.job_queue AS q
        WHERE q.job = :job AND q.scheduled_for IS NOT NULL AND q.dead_at IS NULL AND q.run_id IS NULL
    )
)
ORDER BY due
ON CONFLICT (job, scheduled_for) DO NOTHING;

-- name: add :exec
-- A run that somebody asks for.
INSERT INTO ops.job_queue (job, arguments, exclusive, max_attempts)
VALUES (:job, :arguments::jsonb, :exclusive::boolean, :max_attempts::integer)
RETURNING id;

-- name: bury_abandoned :exec
-- Gives up runs whose worker vanished at the last try.
WITH buried AS (
    UPDATE ops.job_queue AS q
    SET dead_at = now(), run_id = NULL, lease_expires_at = NULL,
        error_message = 'The worker vanished at the last try.'
    FROM (
        SELECT id, run_id FROM ops.job_queue
        WHERE lease_expires_at <= now() AND attempts >= max_attempts
        FOR UPDATE SKIP LOCKED
    ) AS lost
    WHERE q.id = lost.id
    RETURNING q.job, lost.run_id
)
UPDATE ops.job_runs AS r
SET status = 'failed', finished_at = now(), error_message = 'The worker vanished.'
FROM buried WHERE r.id = buried.run_id
RETURNING r.job;

-- name: claim :exec
-- Takes the entry that waits longest and may be tried, and opens its run; the run of a worker that vanished is closed.
-- index: job_queue_run_after_id_idx
WITH due AS (
    SELECT q.id, q.run_id AS lost_run_id
    FROM ops.job_queue AS q
    WHERE q.dead_at IS NULL AND q.run_after <= now() AND q.job = ANY (:jobs::text[])
        AND (q.lease_expires_at IS NULL OR q.lease_expires_at <= now()) AND q.attempts < q.max_attempts
        AND (:only::uuid IS NULL OR q.id = :only::uuid)
        AND NOT (q.exclusive AND EXISTS (
            SELECT FROM ops.job_queue AS other
            WHERE other.job = q.job AND other.id <> q.id AND other.exclusive AND other.run_id IS NOT NULL
        ))
    ORDER BY q.run_after, q.id
    LIMIT 1
    FOR UPDATE SKIP LOCKED
),
claimed AS (
    UPDATE ops.job_queue AS q
    SET attempts = q.attempts + 1, run_id = ops.uuid_v7(),
        lease_expires_at = now() + :lease_s::float8 * interval '1 second'
    FROM due WHERE q.id = due.id
    RETURNING q.id, q.job, q.run_id, q.scheduled_for, q.arguments, q.attempts, q.max_attempts, due.lost_run_id
),
closed AS (
    UPDATE ops.job_runs AS r
    SET status = 'failed', finished_at = now(), error_message = 'The worker vanished.'
    FROM claimed WHERE r.id = claimed.lost_run_id AND r.status = 'running'
),
opened AS (
    INSERT INTO ops.job_runs (id, job, instance, details)
    SELECT run_id, job, :instance, jsonb_strip_nulls(jsonb_build_object(
        'entry', id, 'attempt', attempts, 'scheduled_for', scheduled_for
    ))
    FROM claimed
)
SELECT id, job, run_id, scheduled_for, arguments, attempts, max_attempts FROM claimed;

-- name: renew :exec
-- Keeps the lease and notes how far the run is; no row when the lease was lost.
WITH kept AS (
    UPDATE ops.job_queue SET lease_expires_at = now() + :lease_s::float8 * interval '1 second'
    WHERE id = :id::uuid AND run_id = :run_id::uuid
    RETURNING run_id
)
UPDATE ops.job_runs AS r SET item_count = :item_count::bigint
FROM kept WHERE r.id = kept.run_id
RETURNING r.id;

-- name: succeed :exec
-- Takes a run out of the queue and says what it did; no row when the lease was lost.
WITH done AS (
    DELETE FROM ops.job_queue WHERE id = :id::uuid AND run_id = :run_id::uuid
    RETURNING run_id
)
UPDATE ops.job_runs AS r
SET status = 'succeeded', finished_at = clock_timestamp(), item_count = :item_count::bigint,
    details = r.details || :details::jsonb
FROM done WHERE r.id = done.run_id
RETURNING r.id;

-- name: fail :exec
-- Puts a run back for a later try, or gives it up after the last one; no row when the lease was lost.
WITH back AS (
    UPDATE ops.job_queue AS q
    SET run_id = NULL, lease_expires_at = NULL, error_message = :error,
        run_after = now() + :pause_s::float8 * interval '1 second',
        dead_at = CASE WHEN q.attempts >= q.max_attempts THEN now() END
    WHERE q.id = :id::uuid AND q.run_id = :run_id::uuid
    RETURNING q.dead_at
)
UPDATE ops.job_runs AS r
SET status = 'failed', finished_at = clock_timestamp(), item_count = :item_count::bigint, error_message = :error
FROM back WHERE r.id = :run_id::uuid
RETURNING back.dead_at;

-- name: give_back :exec
-- Puts a run back that its worker has no time to finish; the try does not count.
WITH back AS (
    UPDATE ops.job_queue SET run_id = NULL, lease_expires_at = NULL, attempts = attempts - 1
    WHERE id = :id::uuid AND run_id = :run_id::uuid
    RETURNING id
)
UPDATE ops.job_runs AS r
SET status = 'failed', finished_at = clock_timestamp(), item_count = :item_count::bigint,
    error_message = 'The worker was stopped; the run goes on in another.'
FROM back WHERE r.id = :run_id::uuid
RETURNING r.id;

-- name: latest_runs :many
-- The newest runs, of one job or of all.
-- index: job_runs_job_started_at_id_idx
SELECT job, instance, status::text AS status, started_at, finished_at, item_count, error_message
FROM ops.job_runs
WHERE :job::text IS NULL OR job = :job::text
ORDER BY started_at DESC, id DESC
LIMIT :count::integer;

-- name: overview :many
-- For each job: runs that wait, are at work and were given up, and when one last succeeded.
SELECT
    name AS job,
    (SELECT count(*) FROM ops.job_queue AS q WHERE q.job = name AND q.run_id IS NULL AND q.dead_at IS NULL) AS waiting,
    (SELECT count(*) FROM ops.job_queue AS q WHERE q.job = name AND q.run_id IS NOT NULL) AS running,
    (SELECT count(*) FROM ops.job_queue AS q WHERE q.job = name AND q.dead_at IS NOT NULL) AS dead,
    (SELECT max(r.started_at) FROM ops.job_runs AS r WHERE r.job = name AND r.status = 'succeeded') AS succeeded_at
FROM unnest(:jobs::text[]) AS name;

-- name: dead :many
-- Runs that were given up, newest first.
SELECT id, job, scheduled_for, arguments, attempts, dead_at, error_message
FROM ops.job_queue
WHERE dead_at IS NOT NULL
ORDER BY dead_at DESC, id DESC
LIMIT :count::integer;

-- name: requeue :exec
-- Has runs that were given up tried again: the one with this id, or all of the job of this name.
UPDATE ops.job_queue SET dead_at = NULL, attempts = 0, run_after = now()
WHERE dead_at IS NOT NULL AND (id::text = :which OR job = :which);

-- name: prune_dead :exec
-- Runs that were given up ninety days ago and that nobody asked for again.
-- index: job_queue_dead_at_id_idx
DELETE FROM ops.job_queue WHERE id IN (
    SELECT id FROM ops.job_queue
    WHERE dead_at < now() - interval '90 days'
    ORDER BY dead_at
    LIMIT :batch::integer
    FOR UPDATE SKIP LOCKED
);

-- name: counts :many
-- For each job with runs in the queue: how many wait, are at work and were given up, and since when the oldest waits.
SELECT job, waiting, running, dead, oldest_due_at FROM ops.job_counts();
