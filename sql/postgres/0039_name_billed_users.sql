-- A message of a payment provider changes what its user may do; who that is, the gateway has to know
-- to make it known to every process.

-- migrate:up
GRANT CREATE ON SCHEMA account TO worker;
SET ROLE worker;
CREATE FUNCTION account.billed_user(p_provider text, p_event_id text) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog
AS $body$
    SELECT e.user_id FROM account.billing_events AS e
    WHERE e.provider = p_provider AND e.provider_event_id = p_event_id
$body$;
COMMENT ON FUNCTION account.billed_user(text, text) IS
    'Whom a message of a payment provider was about; null when nobody we know.';
REVOKE EXECUTE ON FUNCTION account.billed_user(text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION account.billed_user(text, text) TO gateway;
RESET ROLE;
REVOKE CREATE ON SCHEMA account FROM worker;

-- migrate:down
DROP FUNCTION account.billed_user(text, text);
