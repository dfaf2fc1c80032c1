-- What an erasure and a copy of somebody's data need. An erasure may be called off while it waits. Once
-- it runs, what law makes us keep moves to a pseudonym, and the ids by which the other stores know the
-- person are noted here, because Postgres no longer knows them when it is their turn. The audit log
-- stays append-only for everybody: one function takes a person out of it, and only while that person's
-- erasure runs.

-- migrate:up
ALTER TABLE ops.erasure_requests ADD COLUMN pseudonym uuid;
ALTER TABLE ops.erasure_requests ADD COLUMN started_at timestamptz;
ALTER TABLE ops.erasure_requests ADD COLUMN report jsonb;
ALTER TABLE ops.erasure_requests ADD COLUMN report_sha256 text CHECK (length(report_sha256) = 64);
ALTER TABLE ops.erasure_requests ADD COLUMN kept_until timestamptz;
ALTER TABLE ops.erasure_requests ADD COLUMN kept_deleted_at timestamptz;
COMMENT ON COLUMN ops.erasure_requests.user_id IS
    'Who wants to be erased; the pseudonym once it is done.';
COMMENT ON COLUMN ops.erasure_requests.store_states IS
    'Rows dealt with so far, by what was done, then by store and place.';
COMMENT ON COLUMN ops.erasure_requests.pseudonym IS
    'Random id under which kept rows stay; set when the erasure begins.';
COMMENT ON COLUMN ops.erasure_requests.started_at IS
    'When it began (UTC); it cannot be called off from then on.';
COMMENT ON COLUMN ops.erasure_requests.report IS
    'What was deleted and what was kept, with numbers and reasons; nothing personal.';
COMMENT ON COLUMN ops.erasure_requests.report_sha256 IS
    'SHA-256 of the report, in hex: of its JSON with sorted keys and no blanks.';
COMMENT ON COLUMN ops.erasure_requests.kept_until IS
    'When the last of what was kept goes as well (UTC); null when nothing was kept.';
COMMENT ON COLUMN ops.erasure_requests.kept_deleted_at IS 'When that was done (UTC).';
CREATE POLICY owner_delete ON ops.erasure_requests FOR DELETE TO gateway
    USING (user_id = (SELECT ops.current_user_id()) AND status = 'requested');
GRANT DELETE ON ops.erasure_requests TO gateway;
CREATE INDEX erasure_requests_status_requested_at_id_idx
    ON ops.erasure_requests (status, requested_at, id) WHERE status <> 'completed';
CREATE INDEX erasure_requests_kept_until_idx ON ops.erasure_requests (kept_until)
    WHERE kept_deleted_at IS NULL AND kept_until IS NOT NULL;

CREATE TABLE ops.erasure_subjects (
    request_id uuid NOT NULL REFERENCES ops.erasure_requests (id) ON DELETE CASCADE,
    kind text NOT NULL CHECK (kind <> ''),
    id text NOT NULL CHECK (id <> ''),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (request_id, kind, id)
);
COMMENT ON TABLE ops.erasure_subjects IS
    'Ids by which the other stores know a person who is being erased, such as those of portfolios. '
    'Deleted when the erasure is done.';
COMMENT ON COLUMN ops.erasure_subjects.request_id IS 'The erasure.';
COMMENT ON COLUMN ops.erasure_subjects.kind IS
    'What the id is of: user, portfolio, strategy, rule, api_key, session or object.';
COMMENT ON COLUMN ops.erasure_subjects.id IS 'The id, digest or key.';
COMMENT ON COLUMN ops.erasure_subjects.created_at IS 'When it was noted (UTC).';
CALL ops.protect('ops.erasure_subjects', 'request_id', '{}');

ALTER TABLE ops.export_requests ADD COLUMN object_key text CHECK (object_key <> '');
ALTER TABLE ops.export_requests ADD COLUMN file_sha256 text CHECK (length(file_sha256) = 64);
COMMENT ON COLUMN ops.export_requests.object_key IS
    'Key of the copy in the object storage; null until made and after it was thrown away.';
COMMENT ON COLUMN ops.export_requests.file_sha256 IS 'SHA-256 of the copy, in hex.';
CREATE INDEX export_requests_status_requested_at_id_idx
    ON ops.export_requests (status, requested_at, id) WHERE status <> 'completed';
CREATE INDEX export_requests_expires_at_idx ON ops.export_requests (expires_at)
    WHERE object_key IS NOT NULL;

CREATE INDEX job_runs_finished_at_idx ON ops.job_runs (finished_at);

-- Both look with the rights of worker, which sees every row.
GRANT CREATE ON SCHEMA ops TO worker;
SET ROLE worker;
CREATE FUNCTION ops.leaves(p_user uuid, p_pseudonym uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog
AS $body$
    SELECT EXISTS (
        SELECT FROM ops.erasure_requests AS r
        WHERE r.status = 'running' AND r.user_id = p_user AND r.pseudonym = p_pseudonym
    )
$body$;
COMMENT ON FUNCTION ops.leaves(uuid, uuid) IS
    'Whether the erasure of a user under a pseudonym is running.';

CREATE FUNCTION ops.somebody_leaves() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog
AS $body$
    SELECT EXISTS (SELECT FROM ops.erasure_requests AS r WHERE r.status = 'running')
$body$;
COMMENT ON FUNCTION ops.somebody_leaves() IS 'Whether any erasure is running.';
REVOKE ALL ON FUNCTION ops.leaves(uuid, uuid), ops.somebody_leaves() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ops.leaves(uuid, uuid), ops.somebody_leaves() TO migrator;
RESET ROLE;
REVOKE CREATE ON SCHEMA ops FROM worker;

-- The owner of the log is under row level security as well: it sees rows for this purpose only.
CREATE POLICY leaving_select ON ops.audit_log FOR SELECT TO migrator
    USING ((SELECT ops.somebody_leaves()));
CREATE POLICY leaving_update ON ops.audit_log FOR UPDATE TO migrator
    USING ((SELECT ops.somebody_leaves())) WITH CHECK ((SELECT ops.somebody_leaves()));

CREATE FUNCTION ops.take_actor_out(p_user uuid, p_pseudonym uuid, p_limit integer)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog
AS $body$
DECLARE
    v_changed bigint;
BEGIN
    IF NOT ops.leaves(p_user, p_pseudonym) THEN
        RAISE EXCEPTION 'no erasure of this user is running' USING ERRCODE = '42501';
    END IF;
    UPDATE ops.audit_log SET
        actor_user_id = p_pseudonym, api_key_id = NULL, ip_address = NULL, user_agent = NULL,
        request_id = NULL, resource_id = NULL, changes = '{}', metadata = '{}', error_message = NULL
    WHERE (occurred_at, id) IN (
        SELECT a.occurred_at, a.id FROM ops.audit_log AS a
        WHERE a.actor_user_id = p_user LIMIT p_limit
    );
    GET DIAGNOSTICS v_changed = ROW_COUNT;
    RETURN v_changed;
END
$body$;
COMMENT ON FUNCTION ops.take_actor_out(uuid, uuid, integer) IS
    'Puts the pseudonym of a user whose erasure runs in the place of the user, and leaves what was '
    'done, when and how it ended; at most so many entries, how many.';

CREATE FUNCTION ops.take_resources_out(
    p_user uuid, p_pseudonym uuid, p_resource_type text, p_resource_ids text[]
)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog
AS $body$
DECLARE
    v_changed bigint;
BEGIN
    IF NOT ops.leaves(p_user, p_pseudonym) THEN
        RAISE EXCEPTION 'no erasure of this user is running' USING ERRCODE = '42501';
    END IF;
    UPDATE ops.audit_log SET
        resource_id = p_pseudonym::text, request_id = NULL, changes = '{}', metadata = '{}',
        error_message = NULL
    WHERE resource_type = p_resource_type AND resource_id = ANY (p_resource_ids);
    GET DIAGNOSTICS v_changed = ROW_COUNT;
    RETURN v_changed;
END
$body$;
COMMENT ON FUNCTION ops.take_resources_out(uuid, uuid, text, text[]) IS
    'The same for entries of others about rows of a user whose erasure runs; how many.';
REVOKE ALL ON FUNCTION
    ops.take_actor_out(uuid, uuid, integer), ops.take_resources_out(uuid, uuid, text, text[])
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    ops.take_actor_out(uuid, uuid, integer), ops.take_resources_out(uuid, uuid, text, text[])
    TO worker;

-- migrate:down
DROP FUNCTION ops.take_resources_out(uuid, uuid, text, text[]);
DROP FUNCTION ops.take_actor_out(uuid, uuid, integer);
DROP POLICY leaving_update ON ops.audit_log;
DROP POLICY leaving_select ON ops.audit_log;
SET ROLE worker;
DROP FUNCTION ops.somebody_leaves();
DROP FUNCTION ops.leaves(uuid, uuid);
RESET ROLE;
DROP INDEX ops.job_runs_finished_at_idx;
ALTER TABLE ops.export_requests DROP COLUMN file_sha256;
ALTER TABLE ops.export_requests DROP COLUMN object_key;
DROP INDEX ops.export_requests_status_requested_at_id_idx;
DROP TABLE ops.erasure_subjects;
DROP INDEX ops.erasure_requests_status_requested_at_id_idx;
REVOKE DELETE ON ops.erasure_requests FROM gateway;
DROP POLICY owner_delete ON ops.erasure_requests;
COMMENT ON COLUMN ops.erasure_requests.store_states IS 'How far each store is, by name.';
COMMENT ON COLUMN ops.erasure_requests.user_id IS 'Who wants to be erased.';
ALTER TABLE ops.erasure_requests DROP COLUMN kept_deleted_at;
ALTER TABLE ops.erasure_requests DROP COLUMN kept_until;
ALTER TABLE ops.erasure_requests DROP COLUMN report_sha256;
ALTER TABLE ops.erasure_requests DROP COLUMN report;
ALTER TABLE ops.erasure_requests DROP COLUMN started_at;
ALTER TABLE ops.erasure_requests DROP COLUMN pseudonym;
