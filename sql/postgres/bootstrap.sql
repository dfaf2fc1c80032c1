-- The four roles of the server and the owner of the database. Run by a superuser, connected to that
-- database, before any migration; running it again changes passwords and nothing else.
--
-- Passwords come from the session: bootstrap.gateway_password, bootstrap.worker_password,
-- bootstrap.migrator_password and bootstrap.analytics_password, set by set_config before this text.
-- A missing one is an error, never a role without a password.
--
--   migrator   owns the database and every object in it; makes databases for tests; subject to RLS
--   gateway    what a request runs as: owns nothing, subject to RLS, inherits nothing
--   worker     loads and background jobs: sees every row
--   analytics  reads what is public

DO $bootstrap$
DECLARE
    attributes text;
    role_name text;
    secret text;
BEGIN
    FOR role_name, attributes IN
        VALUES ('migrator', 'LOGIN CREATEDB INHERIT NOBYPASSRLS'),
               ('gateway', 'LOGIN NOCREATEDB NOINHERIT NOBYPASSRLS'),
               ('worker', 'LOGIN NOCREATEDB INHERIT BYPASSRLS'),
               ('analytics', 'LOGIN NOCREATEDB INHERIT NOBYPASSRLS')
    LOOP
        secret := nullif(current_setting(format('bootstrap.%s_password', role_name), true), '');
        IF secret IS NULL THEN
            RAISE EXCEPTION 'bootstrap.%_password is not set', role_name;
        END IF;
        IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = role_name) THEN
            EXECUTE format('CREATE ROLE %I', role_name);
        END IF;
        EXECUTE format(
            'ALTER ROLE %I WITH NOSUPERUSER NOCREATEROLE NOREPLICATION %s PASSWORD %L',
            role_name, attributes, secret
        );
    END LOOP;

    -- The migrator may give the worker objects (materialized views it refreshes), yet must not
    -- see through RLS by being a member: it can become the worker, it does not inherit from it.
    GRANT worker TO migrator WITH SET TRUE, INHERIT FALSE, ADMIN FALSE;

    EXECUTE format('ALTER DATABASE %I OWNER TO migrator', current_database());
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO gateway, worker, analytics', current_database());
    EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO worker', current_database());
END
$bootstrap$;
