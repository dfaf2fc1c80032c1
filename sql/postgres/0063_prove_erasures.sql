-- Whoever was erased has no account left to ask with. The id of their request, 122 random bits that only
-- they were given, shows what was done. Before it is done it shows nothing: its owner sees it elsewhere.

-- migrate:up
GRANT CREATE ON SCHEMA ops TO worker;
SET ROLE worker;
CREATE FUNCTION ops.proof_of_erasure(p_id uuid)
RETURNS TABLE (
    requested_at timestamptz, due_at timestamptz, completed_at timestamptz, report jsonb,
    report_sha256 text
)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog
AS $body$
    SELECT r.requested_at, r.due_at, r.completed_at, r.report, r.report_sha256
    FROM ops.erasure_requests AS r
    WHERE r.id = p_id AND r.status = 'completed'
$body$;
COMMENT ON FUNCTION ops.proof_of_erasure(uuid) IS
    'What an erasure that is done did, by the id of its request; nothing personal.';
REVOKE ALL ON FUNCTION ops.proof_of_erasure(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ops.proof_of_erasure(uuid) TO gateway;
RESET ROLE;
REVOKE CREATE ON SCHEMA ops FROM worker;

-- migrate:down
SET ROLE worker;
DROP FUNCTION ops.proof_of_erasure(uuid);
RESET ROLE;
