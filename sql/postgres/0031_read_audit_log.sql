-- The audit log is read by whoever did what stands in it, and by operators, who read all of it. An
-- operator is known by their row in account.users, not by what the gateway says of them.

-- migrate:up
CREATE INDEX audit_log_id_idx ON ops.audit_log (id);

GRANT CREATE ON SCHEMA account TO worker;
SET ROLE worker;
CREATE FUNCTION account.is_operator() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog
AS $body$
    SELECT EXISTS (
        SELECT FROM account.admit_user(ops.current_user_id()) AS a WHERE a.role = 'admin'
    )
$body$;
COMMENT ON FUNCTION account.is_operator() IS
    'Whether the user this transaction acts for is an operator who may sign in.';
REVOKE EXECUTE ON FUNCTION account.is_operator() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION account.is_operator() TO gateway;
RESET ROLE;
REVOKE CREATE ON SCHEMA account FROM worker;

CREATE POLICY operator_select ON ops.audit_log FOR SELECT TO gateway
    USING ((SELECT account.is_operator()));

-- migrate:down
DROP POLICY operator_select ON ops.audit_log;
DROP FUNCTION account.is_operator();
DROP INDEX ops.audit_log_id_idx;
