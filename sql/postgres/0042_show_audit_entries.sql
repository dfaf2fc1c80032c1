-- What the graph shows of the audit log: the same rows under the same policies, the address as text.

-- migrate:up
CREATE VIEW ops.audit_entries WITH (security_invoker = true) AS
SELECT
    a.id, a.occurred_at, a.actor_user_id, a.api_key_id, a.actor_role,
    host(a.ip_address) AS client_ip, a.user_agent, a.request_id, a.action, a.resource_type,
    a.resource_id, a.changes, a.metadata, a.status, a.error_message
FROM ops.audit_log AS a;
COMMENT ON VIEW ops.audit_entries IS
    'Entries of the audit log that the current user may read, with addresses as text.';
COMMENT ON COLUMN ops.audit_entries.id IS
    'Identifier of the entry; later entries sort after earlier ones.';
COMMENT ON COLUMN ops.audit_entries.occurred_at IS 'When it was done (UTC).';
COMMENT ON COLUMN ops.audit_entries.actor_user_id IS
    'The user who did it; null for nobody signed in and for the system.';
COMMENT ON COLUMN ops.audit_entries.api_key_id IS 'The key it was done with.';
COMMENT ON COLUMN ops.audit_entries.actor_role IS
    'In which role it was done, such as user, admin or system.';
COMMENT ON COLUMN ops.audit_entries.client_ip IS 'Address it was done from, as text.';
COMMENT ON COLUMN ops.audit_entries.user_agent IS 'Program it was done with.';
COMMENT ON COLUMN ops.audit_entries.request_id IS 'Request it was part of.';
COMMENT ON COLUMN ops.audit_entries.action IS
    'What was done, such as login, create, update or delete.';
COMMENT ON COLUMN ops.audit_entries.resource_type IS
    'What kind of thing it was done to, such as alerts.rules.';
COMMENT ON COLUMN ops.audit_entries.resource_id IS 'Which one.';
COMMENT ON COLUMN ops.audit_entries.changes IS 'Old and new values, by column, redacted.';
COMMENT ON COLUMN ops.audit_entries.metadata IS 'Further facts.';
COMMENT ON COLUMN ops.audit_entries.status IS 'How it ended.';
COMMENT ON COLUMN ops.audit_entries.error_message IS 'Why it did not succeed.';
GRANT SELECT ON ops.audit_entries TO gateway;

-- migrate:down
DROP VIEW ops.audit_entries;
