-- What the graph shows of accounts besides plain columns: networks as text, a version of the profile
-- for two open windows, and the look-ups that sign-in still lacked.

-- migrate:up
ALTER TABLE account.users ADD COLUMN version integer NOT NULL DEFAULT 1;
COMMENT ON COLUMN account.users.version IS
    'How often the profile was edited, counted from 1; signing in does not count.';
CREATE TRIGGER bump_version BEFORE UPDATE ON account.users
    FOR EACH ROW EXECUTE FUNCTION ops.bump_version(
        'last_login_at', 'last_activity_at', 'login_count', 'password_hash', 'two_factor_enabled',
        'updated_at'
    );

ALTER TABLE account.sessions
    ADD COLUMN client_ip text GENERATED ALWAYS AS (host(ip_address)) STORED;
COMMENT ON COLUMN account.sessions.client_ip IS 'Text of ip_address, without a mask.';
DROP TRIGGER set_updated_at ON account.sessions;
CREATE TRIGGER set_updated_at BEFORE UPDATE ON account.sessions
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at('client_ip');

ALTER TABLE account.api_keys
    ADD COLUMN allowed_networks text[] GENERATED ALWAYS AS (allowed_ips::text[]) STORED;
COMMENT ON COLUMN account.api_keys.allowed_networks IS 'Texts of allowed_ips.';
DROP TRIGGER set_updated_at ON account.api_keys;
CREATE TRIGGER set_updated_at BEFORE UPDATE ON account.api_keys
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at('allowed_networks');

GRANT CREATE ON SCHEMA account TO worker;
SET ROLE worker;

-- An address that two users proved names neither of them.
CREATE OR REPLACE FUNCTION account.login_by_wallet(p_address text)
RETURNS TABLE (user_id uuid, has_second_factor boolean, may_sign_in boolean)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog
AS $body$
    WITH proved AS (
        SELECT DISTINCT l.user_id
        FROM catalog.wallets AS w
        JOIN account.user_wallets AS l ON l.wallet_id = w.id AND l.verified_at IS NOT NULL
        WHERE w.address = lower(p_address)
    )
    SELECT u.id, u.two_factor_enabled, u.is_active AND NOT u.is_banned
    FROM account.users AS u
    WHERE u.id IN (SELECT p.user_id FROM proved AS p) AND u.deleted_at IS NULL
        AND (SELECT count(*) FROM proved) = 1
$body$;

CREATE FUNCTION account.own_password_hash() RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog
AS $body$
    SELECT u.password_hash FROM account.users AS u WHERE u.id = ops.current_user_id()
$body$;
COMMENT ON FUNCTION account.own_password_hash() IS
    'The password hash of the current user, who is asked for the password once more.';
REVOKE EXECUTE ON FUNCTION account.own_password_hash() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION account.own_password_hash() TO gateway;

RESET ROLE;
REVOKE CREATE ON SCHEMA account FROM worker;

-- migrate:down
DROP FUNCTION account.own_password_hash();
GRANT CREATE ON SCHEMA account TO worker;
SET ROLE worker;
CREATE OR REPLACE FUNCTION account.login_by_wallet(p_address text)
RETURNS TABLE (user_id uuid, has_second_factor boolean, may_sign_in boolean)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog
AS $body$
    SELECT u.id, u.two_factor_enabled, u.is_active AND NOT u.is_banned AND u.deleted_at IS NULL
    FROM catalog.wallets AS w
    JOIN account.user_wallets AS l ON l.wallet_id = w.id AND l.verified_at IS NOT NULL
    JOIN account.users AS u ON u.id = l.user_id
    WHERE w.address = lower(p_address) AND u.deleted_at IS NULL
    ORDER BY l.verified_at
    LIMIT 1
$body$;
RESET ROLE;
REVOKE CREATE ON SCHEMA account FROM worker;
DROP TRIGGER set_updated_at ON account.api_keys;
ALTER TABLE account.api_keys DROP COLUMN allowed_networks;
CREATE TRIGGER set_updated_at BEFORE UPDATE ON account.api_keys
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
DROP TRIGGER set_updated_at ON account.sessions;
ALTER TABLE account.sessions DROP COLUMN client_ip;
CREATE TRIGGER set_updated_at BEFORE UPDATE ON account.sessions
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
DROP TRIGGER bump_version ON account.users;
ALTER TABLE account.users DROP COLUMN version;
