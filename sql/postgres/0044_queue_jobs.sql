-- The queue of background jobs and how far their schedule is planned. A run stays in the queue until
-- it is done, held by a lease that its worker renews: whoever kills a worker loses nothing.

-- migrate:up
CREATE TABLE ops.job_queue (
    id uuid PRIMARY KEY DEFAULT ops.uuid_v7(),
    job text NOT NULL CHECK (job <> ''),
    scheduled_for timestamptz,
    arguments jsonb NOT NULL DEFAULT '{}',
    exclusive boolean NOT NULL DEFAULT true,
    run_after timestamptz NOT NULL DEFAULT now(),
    attempts integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    max_attempts integer NOT NULL CHECK (max_attempts >= 1),
    run_id uuid,
    lease_expires_at timestamptz,
    dead_at timestamptz,
    error_message text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (job, scheduled_for),
    CONSTRAINT job_queue_lease_has_run CHECK ((run_id IS NULL) = (lease_expires_at IS NULL)),
    CONSTRAINT job_queue_dead_is_free CHECK (dead_at IS NULL OR run_id IS NULL)
);
COMMENT ON TABLE ops.job_queue IS
    'Runs of jobs that wait, are at work, or were given up. A run that succeeds leaves the table.';
COMMENT ON COLUMN ops.job_queue.id IS 'Identifier of the entry; later entries sort after earlier ones.';
COMMENT ON COLUMN ops.job_queue.job IS 'Name of the job.';
COMMENT ON COLUMN ops.job_queue.scheduled_for IS
    'When the schedule says (UTC), at most once for each job; null when it was asked for.';
COMMENT ON COLUMN ops.job_queue.arguments IS 'What the job is to work on.';
COMMENT ON COLUMN ops.job_queue.exclusive IS
    'Whether no other run of the job may be at work at the same time.';
COMMENT ON COLUMN ops.job_queue.run_after IS 'From when it may be tried (UTC).';
COMMENT ON COLUMN ops.job_queue.attempts IS 'How often it was tried, the try at work included.';
COMMENT ON COLUMN ops.job_queue.max_attempts IS 'After how many tries it is given up.';
COMMENT ON COLUMN ops.job_queue.run_id IS
    'The try at work, a row of ops.job_runs; null when none is. Not a foreign key.';
COMMENT ON COLUMN ops.job_queue.lease_expires_at IS
    'Until when the worker has it (UTC); afterwards another may take it.';
COMMENT ON COLUMN ops.job_queue.dead_at IS 'When it was given up (UTC); null while there is hope.';
COMMENT ON COLUMN ops.job_queue.error_message IS 'Why the latest try failed.';
COMMENT ON COLUMN ops.job_queue.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN ops.job_queue.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON ops.job_queue
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CREATE INDEX job_queue_run_after_id_idx ON ops.job_queue (run_after, id) WHERE dead_at IS NULL;
-- Two workers that choose different entries of one job at the same moment meet here.
CREATE UNIQUE INDEX job_queue_exclusive_key ON ops.job_queue (job)
    WHERE exclusive AND run_id IS NOT NULL;

CREATE TABLE ops.job_schedules (
    job text PRIMARY KEY CHECK (job <> ''),
    planned_until timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE ops.job_schedules IS
    'Until when the due runs of each job are in the queue. Moves in the transaction that adds them.';
COMMENT ON COLUMN ops.job_schedules.job IS 'Name of the job.';
COMMENT ON COLUMN ops.job_schedules.planned_until IS
    'Runs due at this time or earlier (UTC) are in the queue or left out for good.';
COMMENT ON COLUMN ops.job_schedules.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN ops.job_schedules.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON ops.job_schedules
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();

-- migrate:down
DROP TABLE ops.job_schedules;
DROP TABLE ops.job_queue;
