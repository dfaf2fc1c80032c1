-- How the system runs itself. The audit log commits with the change it describes and can only
-- grow: no role may update or delete in it, and no foreign key lets an erasure rewrite it. The
-- outbox row is written with the change too, and is what tells the other three stores. Nothing
-- refers to this schema.

-- migrate:up
CREATE TYPE ops.audit_status AS ENUM ('success', 'failure', 'error');
COMMENT ON TYPE ops.audit_status IS
    'How an audited action ended: done (success), refused (failure) or broken (error).';

CREATE TYPE ops.job_status AS ENUM ('running', 'succeeded', 'failed');
COMMENT ON TYPE ops.job_status IS 'Where a run of a job stands.';

CREATE TYPE ops.erasure_status AS ENUM ('requested', 'running', 'completed', 'failed');
COMMENT ON TYPE ops.erasure_status IS 'Where an erasure stands.';

CREATE TABLE ops.audit_log (
    occurred_at timestamptz NOT NULL DEFAULT now(),
    id uuid NOT NULL DEFAULT ops.uuid_v7(),
    actor_user_id uuid,
    api_key_id uuid,
    actor_role text NOT NULL,
    ip_address inet,
    user_agent text,
    request_id text,
    action text NOT NULL CHECK (action <> ''),
    resource_type text NOT NULL,
    resource_id text,
    changes jsonb NOT NULL DEFAULT '{}',
    metadata jsonb NOT NULL DEFAULT '{}',
    status ops.audit_status NOT NULL DEFAULT 'success',
    error_message text,
    PRIMARY KEY (occurred_at, id)
) PARTITION BY RANGE (occurred_at);
COMMENT ON TABLE ops.audit_log IS
    'Who did what to what. Values that are secret or personal are left out before they arrive '
    'here.';
COMMENT ON COLUMN ops.audit_log.occurred_at IS 'When it was done (UTC).';
COMMENT ON COLUMN ops.audit_log.id IS
    'Identifier of the entry; later entries sort after earlier ones.';
COMMENT ON COLUMN ops.audit_log.actor_user_id IS
    'The user who did it; null for nobody signed in and for the system. Not a foreign key.';
COMMENT ON COLUMN ops.audit_log.api_key_id IS 'The key it was done with.';
COMMENT ON COLUMN ops.audit_log.actor_role IS
    'In which role it was done, such as user, admin or system.';
COMMENT ON COLUMN ops.audit_log.ip_address IS 'Address it was done from.';
COMMENT ON COLUMN ops.audit_log.user_agent IS 'Program it was done with.';
COMMENT ON COLUMN ops.audit_log.request_id IS 'Request it was part of.';
COMMENT ON COLUMN ops.audit_log.action IS 'What was done, such as login, create, update or delete.';
COMMENT ON COLUMN ops.audit_log.resource_type IS
    'What kind of thing it was done to, such as alerts.rules.';
COMMENT ON COLUMN ops.audit_log.resource_id IS 'Which one.';
COMMENT ON COLUMN ops.audit_log.changes IS 'Old and new values, by column, redacted.';
COMMENT ON COLUMN ops.audit_log.metadata IS 'Further facts.';
COMMENT ON COLUMN ops.audit_log.status IS 'How it ended.';
COMMENT ON COLUMN ops.audit_log.error_message IS 'Why it did not succeed.';
CREATE INDEX audit_log_actor_user_id_occurred_at_id_idx
    ON ops.audit_log (actor_user_id, occurred_at DESC, id DESC);
CREATE INDEX audit_log_resource_type_resource_id_occurred_at_idx
    ON ops.audit_log (resource_type, resource_id, occurred_at DESC);
CREATE INDEX audit_log_action_occurred_at_idx ON ops.audit_log (action, occurred_at DESC);
CREATE INDEX audit_log_unsuccessful_idx ON ops.audit_log (occurred_at DESC)
    WHERE status <> 'success';
REVOKE UPDATE, DELETE ON ops.audit_log FROM worker;
CALL ops.protect('ops.audit_log', 'actor_user_id', '{select}');
CREATE POLICY actor_insert ON ops.audit_log FOR INSERT TO gateway
    WITH CHECK (actor_user_id IS NOT DISTINCT FROM (SELECT ops.current_user_id()));
GRANT SELECT, INSERT ON ops.audit_log TO gateway;
CALL ops.create_default_partition('ops.audit_log');
SELECT ops.ensure_partitions(3);

CREATE TABLE ops.outbox (
    sequence bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    aggregate text NOT NULL CHECK (aggregate <> ''),
    aggregate_id text NOT NULL,
    event text NOT NULL CHECK (event <> ''),
    payload jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    published_at timestamptz,
    attempts integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    last_error text
);
COMMENT ON TABLE ops.outbox IS
    'A change the other stores and the subscriptions still have to hear of. Written with the '
    'change, read by the relay in order of sequence.';
COMMENT ON COLUMN ops.outbox.sequence IS
    'Order in which the rows were written; later commits may carry lower numbers.';
COMMENT ON COLUMN ops.outbox.aggregate IS 'What kind of thing changed, such as alerts.rules.';
COMMENT ON COLUMN ops.outbox.aggregate_id IS 'Which one.';
COMMENT ON COLUMN ops.outbox.event IS 'What happened to it, such as created.';
COMMENT ON COLUMN ops.outbox.payload IS 'What subscribers need to know; never secrets.';
COMMENT ON COLUMN ops.outbox.created_at IS 'When the change was made (UTC).';
COMMENT ON COLUMN ops.outbox.published_at IS 'When the relay passed it on (UTC); null until then.';
COMMENT ON COLUMN ops.outbox.attempts IS 'How often the relay tried.';
COMMENT ON COLUMN ops.outbox.last_error IS 'Why the latest try failed.';
CREATE INDEX outbox_unpublished_idx ON ops.outbox (sequence) WHERE published_at IS NULL;
CREATE INDEX outbox_published_at_idx ON ops.outbox (published_at) WHERE published_at IS NOT NULL;
GRANT INSERT (aggregate, aggregate_id, event, payload) ON ops.outbox TO gateway;

CREATE TABLE ops.job_runs (
    id uuid PRIMARY KEY DEFAULT ops.uuid_v7(),
    job text NOT NULL CHECK (job <> ''),
    instance text,
    status ops.job_status NOT NULL DEFAULT 'running',
    started_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    item_count bigint NOT NULL DEFAULT 0 CHECK (item_count >= 0),
    details jsonb NOT NULL DEFAULT '{}',
    error_message text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT job_runs_finished_has_time CHECK ((status = 'running') = (finished_at IS NULL))
);
COMMENT ON TABLE ops.job_runs IS 'Runs of background jobs.';
COMMENT ON COLUMN ops.job_runs.id IS 'Identifier of the run; later runs sort after earlier ones.';
COMMENT ON COLUMN ops.job_runs.job IS 'Name of the job.';
COMMENT ON COLUMN ops.job_runs.instance IS 'Process that ran it.';
COMMENT ON COLUMN ops.job_runs.status IS 'Where it stands.';
COMMENT ON COLUMN ops.job_runs.started_at IS 'When it began (UTC).';
COMMENT ON COLUMN ops.job_runs.finished_at IS 'When it ended (UTC).';
COMMENT ON COLUMN ops.job_runs.item_count IS 'Things it dealt with.';
COMMENT ON COLUMN ops.job_runs.details IS 'Figures of the run, such as a position to go on from.';
COMMENT ON COLUMN ops.job_runs.error_message IS 'Why it failed.';
COMMENT ON COLUMN ops.job_runs.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN ops.job_runs.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON ops.job_runs
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CREATE INDEX job_runs_job_started_at_id_idx ON ops.job_runs (job, started_at DESC, id DESC);

CREATE TABLE ops.system_config (
    key text PRIMARY KEY CHECK (key ~ '^[a-z0-9][a-z0-9._-]*$'),
    value jsonb NOT NULL,
    description text NOT NULL,
    updated_by text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE ops.system_config IS 'Settings that may be changed while the system runs.';
COMMENT ON COLUMN ops.system_config.key IS 'Name of the setting.';
COMMENT ON COLUMN ops.system_config.value IS 'Its value.';
COMMENT ON COLUMN ops.system_config.description IS 'What it does.';
COMMENT ON COLUMN ops.system_config.updated_by IS 'Who changed it last.';
COMMENT ON COLUMN ops.system_config.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN ops.system_config.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON ops.system_config
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
GRANT SELECT ON ops.system_config TO gateway;

CREATE TABLE ops.erasure_requests (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL,
    status ops.erasure_status NOT NULL DEFAULT 'requested',
    requested_at timestamptz NOT NULL DEFAULT now(),
    due_at timestamptz NOT NULL DEFAULT now() + interval '30 days',
    completed_at timestamptz,
    store_states jsonb NOT NULL DEFAULT '{}',
    error_message text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE ops.erasure_requests IS
    'A user''s wish to be erased from all stores. No foreign key: the request outlives what it '
    'erases.';
COMMENT ON COLUMN ops.erasure_requests.id IS 'Identifier of the request.';
COMMENT ON COLUMN ops.erasure_requests.user_id IS 'Who wants to be erased.';
COMMENT ON COLUMN ops.erasure_requests.status IS 'Where it stands.';
COMMENT ON COLUMN ops.erasure_requests.requested_at IS 'When it was asked for (UTC).';
COMMENT ON COLUMN ops.erasure_requests.due_at IS 'Until when it must be done (UTC).';
COMMENT ON COLUMN ops.erasure_requests.completed_at IS 'When it was done (UTC).';
COMMENT ON COLUMN ops.erasure_requests.store_states IS 'How far each store is, by name.';
COMMENT ON COLUMN ops.erasure_requests.error_message IS 'Why the latest attempt failed.';
COMMENT ON COLUMN ops.erasure_requests.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN ops.erasure_requests.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON ops.erasure_requests
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CREATE UNIQUE INDEX erasure_requests_open_key ON ops.erasure_requests (user_id)
    WHERE status IN ('requested', 'running');
CREATE INDEX erasure_requests_user_id_requested_at_id_idx
    ON ops.erasure_requests (user_id, requested_at DESC, id DESC);
CREATE INDEX erasure_requests_due_at_idx ON ops.erasure_requests (due_at)
    WHERE status <> 'completed';
CALL ops.protect('ops.erasure_requests', 'user_id', '{select, insert}');
GRANT SELECT, INSERT (id, user_id) ON ops.erasure_requests TO gateway;

CREATE TABLE ops.migration_notes (
    version text PRIMARY KEY CHECK (version <> ''),
    description text NOT NULL,
    rollback_sql text,
    applied_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE ops.migration_notes IS
    'What each applied migration of this database did, and how to undo it. The migration tool '
    'owns the bare list of versions.';
COMMENT ON COLUMN ops.migration_notes.version IS 'Version, the number in front of the file name.';
COMMENT ON COLUMN ops.migration_notes.description IS 'What it did.';
COMMENT ON COLUMN ops.migration_notes.rollback_sql IS
    'The statements that undo it; null when it cannot be undone.';
COMMENT ON COLUMN ops.migration_notes.applied_at IS 'When it was applied (UTC).';
REVOKE INSERT, UPDATE, DELETE ON ops.migration_notes FROM worker;

-- migrate:down
DROP TABLE ops.migration_notes;
DROP TABLE ops.erasure_requests;
DROP TABLE ops.system_config;
DROP TABLE ops.job_runs;
DROP TABLE ops.outbox;
DROP TABLE ops.audit_log;
DROP TYPE ops.erasure_status;
DROP TYPE ops.job_status;
DROP TYPE ops.audit_status;
