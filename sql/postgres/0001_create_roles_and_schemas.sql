-- Roles and schemas come first: every later policy, grant and comment names them.
-- bootstrap.sql normally made the four roles with LOGIN and a password; here they are only made
-- when absent (NOLOGIN), so that this folder also applies to a server nobody prepared. Making them
-- needs a superuser (worker has BYPASSRLS); applying this to a prepared server needs only the
-- right to create schemas. Roles belong to the whole server, so the way down leaves them alone.

-- migrate:up
DO $roles$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'gateway') THEN
        CREATE ROLE gateway NOLOGIN NOINHERIT NOBYPASSRLS;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'worker') THEN
        CREATE ROLE worker NOLOGIN BYPASSRLS;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'analytics') THEN
        CREATE ROLE analytics NOLOGIN NOBYPASSRLS;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'migrator') THEN
        CREATE ROLE migrator NOLOGIN NOBYPASSRLS;
        GRANT worker TO migrator WITH SET TRUE, INHERIT FALSE, ADMIN FALSE;
    END IF;
END
$roles$;

CREATE SCHEMA ops;
COMMENT ON SCHEMA ops IS
    'How the system runs itself: audit, outbox, jobs, configuration and shared functions.';
CREATE SCHEMA catalog;
COMMENT ON SCHEMA catalog IS
    'Public reference facts owned by nobody: chains, protocols, assets, wallets, pools, labels.';
CREATE SCHEMA account;
COMMENT ON SCHEMA account IS
    'Who a user is, what they pay, how they connect and what they may ask for.';
CREATE SCHEMA agents;
COMMENT ON SCHEMA agents IS
    'Who acts automatically: satellites, marketplace agents, their activations and tasks.';
CREATE SCHEMA portfolio;
COMMENT ON SCHEMA portfolio IS
    'What a user owns and did, and the tax on it.';
CREATE SCHEMA trading;
COMMENT ON SCHEMA trading IS
    'Routes, bridge transfers, traders worth following and trades copied from them.';
CREATE SCHEMA alerts;
COMMENT ON SCHEMA alerts IS
    'What users want to be told, what fired and what was sent.';
CREATE SCHEMA risk;
COMMENT ON SCHEMA risk IS
    'How dangerous something is: scores, scans, audits, approvals and warnings.';
CREATE SCHEMA research;
COMMENT ON SCHEMA research IS
    'Analysis of projects: on-chain, sentiment, tokenomics and team.';
CREATE SCHEMA privacy;
COMMENT ON SCHEMA privacy IS
    'Shielded pools and stealth addresses, stored so that no deposit can be joined to its withdrawal.';

GRANT USAGE ON SCHEMA
    account, catalog, portfolio, trading, alerts, risk, research, agents, privacy, ops
    TO gateway, worker;
GRANT USAGE ON SCHEMA catalog, trading, agents, ops TO analytics;

-- A table nobody thought about is writable by jobs and invisible to everybody else; only the
-- public facts of catalog are readable at once. Every other right is granted table by table.
ALTER DEFAULT PRIVILEGES IN SCHEMA
    account, catalog, portfolio, trading, alerts, risk, research, agents, privacy, ops
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO worker;
ALTER DEFAULT PRIVILEGES IN SCHEMA
    account, catalog, portfolio, trading, alerts, risk, research, agents, privacy, ops
    GRANT USAGE, SELECT ON SEQUENCES TO worker;
ALTER DEFAULT PRIVILEGES IN SCHEMA catalog GRANT SELECT ON TABLES TO gateway, analytics;
-- PostgreSQL lets everybody execute a new function; here nobody may until it is granted.
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

-- migrate:down
ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO PUBLIC;
ALTER DEFAULT PRIVILEGES IN SCHEMA catalog REVOKE SELECT ON TABLES FROM gateway, analytics;
ALTER DEFAULT PRIVILEGES IN SCHEMA
    account, catalog, portfolio, trading, alerts, risk, research, agents, privacy, ops
    REVOKE USAGE, SELECT ON SEQUENCES FROM worker;
ALTER DEFAULT PRIVILEGES IN SCHEMA
    account, catalog, portfolio, trading, alerts, risk, research, agents, privacy, ops
    REVOKE SELECT, INSERT, UPDATE, DELETE ON TABLES FROM worker;
DROP SCHEMA privacy;
DROP SCHEMA research;
DROP SCHEMA risk;
DROP SCHEMA alerts;
DROP SCHEMA trading;
DROP SCHEMA portfolio;
DROP SCHEMA agents;
DROP SCHEMA account;
DROP SCHEMA catalog;
DROP SCHEMA ops;
