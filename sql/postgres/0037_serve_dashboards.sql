-- Dashboards as their makers and their readers need them. Readers count views through a function and
-- write nothing else; a view is no edit. What a dashboard is shared by is compared inside the
-- database and read by nobody. Settings are for operators unless marked public, and runs of jobs are
-- shown to operators by the gateway.

-- migrate:up
ALTER TABLE account.dashboards ADD COLUMN version integer NOT NULL DEFAULT 1;
COMMENT ON COLUMN account.dashboards.version IS
    'How often it was edited, counted from 1; views do not count.';
DROP TRIGGER set_updated_at ON account.dashboards;
CREATE TRIGGER set_updated_at BEFORE UPDATE ON account.dashboards
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at('view_count', 'version');
CREATE TRIGGER bump_version BEFORE UPDATE ON account.dashboards
    FOR EACH ROW EXECUTE FUNCTION ops.bump_version('view_count', 'updated_at');

REVOKE SELECT, INSERT, UPDATE ON account.dashboards FROM gateway;
GRANT SELECT (
    id, user_id, name, description, is_default, is_public, layout, widgets, share_expires_at,
    view_count, version, deleted_at, created_at, updated_at
), INSERT (
    user_id, name, description, is_default, is_public, layout, widgets
), UPDATE (
    name, description, is_default, is_public, layout, widgets, share_token_hash, share_expires_at,
    deleted_at
) ON account.dashboards TO gateway;

CREATE VIEW account.own_dashboards WITH (security_invoker = true) AS
SELECT
    d.id, d.user_id, d.name, d.description, d.is_default, d.is_public, d.layout, d.widgets,
    CASE WHEN d.share_expires_at > now() THEN d.share_expires_at END AS shared_until,
    d.view_count, d.version, d.created_at, d.updated_at
FROM account.dashboards AS d
WHERE d.deleted_at IS NULL;
COMMENT ON VIEW account.own_dashboards IS
    'Dashboards that were not thrown away, for their makers: whoever reads names the user.';
COMMENT ON COLUMN account.own_dashboards.id IS 'The dashboard.';
COMMENT ON COLUMN account.own_dashboards.user_id IS 'Who made it.';
COMMENT ON COLUMN account.own_dashboards.name IS 'Its title.';
COMMENT ON COLUMN account.own_dashboards.description IS 'What it shows.';
COMMENT ON COLUMN account.own_dashboards.is_default IS 'Whether it opens first.';
COMMENT ON COLUMN account.own_dashboards.is_public IS 'Whether everybody may look at it.';
COMMENT ON COLUMN account.own_dashboards.layout IS 'Where the widgets sit.';
COMMENT ON COLUMN account.own_dashboards.widgets IS 'What the widgets show.';
COMMENT ON COLUMN account.own_dashboards.shared_until IS
    'When the link stops working (UTC); null when there is no link that works.';
COMMENT ON COLUMN account.own_dashboards.view_count IS 'How often it was opened by others.';
COMMENT ON COLUMN account.own_dashboards.version IS 'How often it was edited, counted from 1.';
COMMENT ON COLUMN account.own_dashboards.created_at IS 'When it was made (UTC).';
COMMENT ON COLUMN account.own_dashboards.updated_at IS 'When it was last edited (UTC).';
GRANT SELECT ON account.own_dashboards TO gateway;

CREATE VIEW account.public_dashboards WITH (security_invoker = true) AS
SELECT
    d.id, d.name, d.description, d.layout, d.widgets, d.view_count, d.created_at, d.updated_at
FROM account.dashboards AS d
WHERE d.is_public AND d.deleted_at IS NULL;
COMMENT ON VIEW account.public_dashboards IS
    'Published dashboards, for everybody. Who made them is no part of it.';
COMMENT ON COLUMN account.public_dashboards.id IS 'The dashboard.';
COMMENT ON COLUMN account.public_dashboards.name IS 'Its title.';
COMMENT ON COLUMN account.public_dashboards.description IS 'What it shows.';
COMMENT ON COLUMN account.public_dashboards.layout IS 'Where the widgets sit.';
COMMENT ON COLUMN account.public_dashboards.widgets IS 'What the widgets show.';
COMMENT ON COLUMN account.public_dashboards.view_count IS 'How often it was opened by others.';
COMMENT ON COLUMN account.public_dashboards.created_at IS 'When it was made (UTC).';
COMMENT ON COLUMN account.public_dashboards.updated_at IS 'When it was last edited (UTC).';
GRANT SELECT ON account.public_dashboards TO gateway;

ALTER TABLE ops.system_config ADD COLUMN is_public boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN ops.system_config.is_public IS 'Whether everybody may read it.';
REVOKE SELECT ON ops.system_config FROM gateway;
GRANT SELECT ON ops.job_runs TO gateway;

GRANT CREATE ON SCHEMA account, ops TO worker;
SET ROLE worker;

-- Readers may not write the row they look at; this counts, and does nothing else. Makers do not count.
CREATE FUNCTION account.count_dashboard_view(p_id uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog
AS $body$
    UPDATE account.dashboards AS d SET view_count = d.view_count + 1
    WHERE d.id = p_id AND d.is_public AND d.deleted_at IS NULL
        AND d.user_id IS DISTINCT FROM (SELECT ops.current_user_id())
$body$;
COMMENT ON FUNCTION account.count_dashboard_view(uuid) IS
    'Counts that somebody other than its maker opened a published dashboard.';

-- Row security hides what was not published; whoever knows the token of a link that still works may
-- look at that one, and learns as little of its maker as of a published one.
CREATE FUNCTION account.open_shared_dashboard(p_token_hash bytea) RETURNS TABLE (
    id uuid,
    name text,
    description text,
    layout jsonb,
    widgets jsonb,
    view_count bigint,
    shared_until timestamptz,
    created_at timestamptz,
    updated_at timestamptz
)
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog
AS $body$
    UPDATE account.dashboards AS d
    SET view_count = d.view_count
        + (d.user_id IS DISTINCT FROM (SELECT ops.current_user_id()))::integer
    WHERE d.share_token_hash = p_token_hash AND d.share_expires_at > now()
        AND d.deleted_at IS NULL
    RETURNING
        d.id, d.name, d.description, d.layout, d.widgets, d.view_count, d.share_expires_at,
        d.created_at, d.updated_at
$body$;
COMMENT ON FUNCTION account.open_shared_dashboard(bytea) IS
    'The dashboard behind a link, by the SHA-256 of its token, counted as opened unless its maker '
    'did; nothing for a token that is unknown, expired or withdrawn.';

CREATE FUNCTION ops.public_settings() RETURNS TABLE (
    key text, value jsonb, description text, updated_at timestamptz
)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog
AS $body$
    SELECT c.key, c.value, c.description, c.updated_at FROM ops.system_config AS c
    WHERE c.is_public ORDER BY c.key
$body$;
COMMENT ON FUNCTION ops.public_settings() IS
    'Settings that everybody may read; who changed them is no part of it.';

REVOKE ALL ON FUNCTION
    account.count_dashboard_view(uuid),
    account.open_shared_dashboard(bytea),
    ops.public_settings()
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    account.count_dashboard_view(uuid),
    account.open_shared_dashboard(bytea),
    ops.public_settings()
    TO gateway;

RESET ROLE;
REVOKE CREATE ON SCHEMA account, ops FROM worker;

-- migrate:down
DROP FUNCTION ops.public_settings();
DROP FUNCTION account.open_shared_dashboard(bytea);
DROP FUNCTION account.count_dashboard_view(uuid);
REVOKE SELECT ON ops.job_runs FROM gateway;
GRANT SELECT ON ops.system_config TO gateway;
ALTER TABLE ops.system_config DROP COLUMN is_public;
DROP VIEW account.public_dashboards;
DROP VIEW account.own_dashboards;
REVOKE SELECT (
    id, user_id, name, description, is_default, is_public, layout, widgets, share_expires_at,
    view_count, version, deleted_at, created_at, updated_at
), INSERT (
    user_id, name, description, is_default, is_public, layout, widgets
), UPDATE (
    name, description, is_default, is_public, layout, widgets, share_token_hash, share_expires_at,
    deleted_at
) ON account.dashboards FROM gateway;
GRANT SELECT, INSERT, UPDATE ON account.dashboards TO gateway;
DROP TRIGGER bump_version ON account.dashboards;
DROP TRIGGER set_updated_at ON account.dashboards;
CREATE TRIGGER set_updated_at BEFORE UPDATE ON account.dashboards
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
ALTER TABLE account.dashboards DROP COLUMN version;
