-- Runs that were given up are removed by age, so that the queue stays small, and operators see them in
-- the graph.

-- migrate:up
CREATE INDEX job_queue_dead_at_id_idx ON ops.job_queue (dead_at DESC, id DESC) WHERE dead_at IS NOT NULL;
-- What a run is to work on may name a person, and stays with the worker.
GRANT SELECT (
    id, job, scheduled_for, run_after, attempts, max_attempts, run_id, lease_expires_at, dead_at, error_message,
    created_at
) ON ops.job_queue TO gateway;

-- migrate:down
REVOKE SELECT (
    id, job, scheduled_for, run_after, attempts, max_attempts, run_id, lease_expires_at, dead_at, error_message,
    created_at
) ON ops.job_queue FROM gateway;
DROP INDEX ops.job_queue_dead_at_id_idx;
