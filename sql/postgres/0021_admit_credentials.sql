-- How somebody who is not known yet becomes known. A request shows a session token or an API key before
-- there is an identity for row level security, so these look-ups run as worker, who bypasses it. Each
-- takes a digest of 256 random bits or an id that somebody else vouched for, answers with one row
-- at most, and says nothing about why there is none: unknown, expired, revoked, banned and deleted look
-- the same.

-- migrate:up
CREATE TYPE account.role AS ENUM ('user', 'admin');
COMMENT ON TYPE account.role IS 'What a user may do in general: use the product, or operate it.';

ALTER TABLE account.users ADD COLUMN role account.role NOT NULL DEFAULT 'user';
COMMENT ON COLUMN account.users.role IS
    'What the user may do in general. Set by operators only; the gateway cannot change it.';
GRANT SELECT (role) ON account.users TO gateway;

GRANT CREATE ON SCHEMA account TO worker;
SET ROLE worker;

CREATE FUNCTION account.tier_of(p_user_id uuid) RETURNS account.tier
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog
AS $body$
    SELECT coalesce(
        (
            SELECT max(s.tier) FROM account.subscriptions AS s
            WHERE s.user_id = p_user_id AND s.status IN ('trial', 'active', 'past_due')
        ),
        'free'
    )
$body$;
COMMENT ON FUNCTION account.tier_of(uuid) IS
    'The tier of the subscription that gives a user access now; free without one.';

CREATE FUNCTION account.admit_user(p_user_id uuid)
RETURNS TABLE (user_id uuid, role account.role, tier account.tier)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog
AS $body$
    SELECT u.id, u.role, account.tier_of(u.id)
    FROM account.users AS u
    WHERE u.id = p_user_id AND u.is_active AND NOT u.is_banned AND u.deleted_at IS NULL
$body$;
COMMENT ON FUNCTION account.admit_user(uuid) IS
    'What a user may do now; no row for one who may not sign in: unknown, inactive, banned or deleted.';

CREATE FUNCTION account.admit_wallet(p_address text)
RETURNS TABLE (user_id uuid, role account.role, tier account.tier)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog
AS $body$
    SELECT a.user_id, a.role, a.tier
    FROM (
        SELECT DISTINCT l.user_id
        FROM catalog.wallets AS w
        JOIN account.user_wallets AS l ON l.wallet_id = w.id
        WHERE w.address = p_address AND l.verified_at IS NOT NULL
    ) AS proved
    CROSS JOIN LATERAL account.admit_user(proved.user_id) AS a
    -- An address that two users proved names neither of them.
    WHERE (
        SELECT count(DISTINCT l.user_id)
        FROM catalog.wallets AS w
        JOIN account.user_wallets AS l ON l.wallet_id = w.id
        WHERE w.address = p_address AND l.verified_at IS NOT NULL
    ) = 1
$body$;
COMMENT ON FUNCTION account.admit_wallet(text) IS
    'What the only user may do now who proved to hold an address, on any chain; no row when there is '
    'none, or more than one.';

CREATE FUNCTION account.admit_session(p_token_hash bytea)
RETURNS TABLE (
    session_id uuid, user_id uuid, role account.role, tier account.tier, expires_at timestamptz
)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog
AS $body$
    SELECT s.id, a.user_id, a.role, a.tier, s.expires_at
    FROM account.sessions AS s
    CROSS JOIN LATERAL account.admit_user(s.user_id) AS a
    WHERE s.token_hash = p_token_hash AND s.revoked_at IS NULL AND s.expires_at > now()
$body$;
COMMENT ON FUNCTION account.admit_session(bytea) IS
    'The live session with a token of this SHA-256, and what its user may do now.';

CREATE FUNCTION account.admit_api_key(p_key_hash bytea)
RETURNS TABLE (
    api_key_id uuid, user_id uuid, role account.role, tier account.tier, scopes text[],
    allowed_ips text[], expires_at timestamptz
)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog
AS $body$
    SELECT k.id, a.user_id, a.role, a.tier, k.scopes, k.allowed_ips::text[], k.expires_at
    FROM account.api_keys AS k
    CROSS JOIN LATERAL account.admit_user(k.user_id) AS a
    WHERE k.key_hash = p_key_hash AND k.is_active AND k.revoked_at IS NULL
        AND (k.expires_at IS NULL OR k.expires_at > now())
$body$;
COMMENT ON FUNCTION account.admit_api_key(bytea) IS
    'The live API key with this SHA-256, what it is limited to, and what its user may do now.';

CREATE FUNCTION account.note_use(
    p_api_key_ids uuid[], p_counts bigint[], p_session_ids uuid[], p_at timestamptz
)
RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog
AS $body$
    UPDATE account.api_keys AS k
    SET usage_count = k.usage_count + used.times, last_used_at = greatest(k.last_used_at, p_at)
    FROM unnest(p_api_key_ids, p_counts) AS used (id, times)
    WHERE k.id = used.id;
    UPDATE account.sessions AS s
    SET last_activity_at = greatest(s.last_activity_at, p_at)
    WHERE s.id = ANY (p_session_ids);
$body$;
COMMENT ON FUNCTION account.note_use(uuid[], bigint[], uuid[], timestamptz) IS
    'Adds requests to API keys and says when keys and sessions were last used.';

REVOKE EXECUTE ON FUNCTION
    account.tier_of(uuid), account.admit_user(uuid), account.admit_wallet(text),
    account.admit_session(bytea), account.admit_api_key(bytea),
    account.note_use(uuid[], bigint[], uuid[], timestamptz)
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    account.tier_of(uuid), account.admit_user(uuid), account.admit_wallet(text),
    account.admit_session(bytea), account.admit_api_key(bytea),
    account.note_use(uuid[], bigint[], uuid[], timestamptz)
    TO gateway;
RESET ROLE;
REVOKE CREATE ON SCHEMA account FROM worker;

-- migrate:down
DROP FUNCTION account.note_use(uuid[], bigint[], uuid[], timestamptz);
DROP FUNCTION account.admit_api_key(bytea);
DROP FUNCTION account.admit_session(bytea);
DROP FUNCTION account.admit_wallet(text);
DROP FUNCTION account.admit_user(uuid);
DROP FUNCTION account.tier_of(uuid);
ALTER TABLE account.users DROP COLUMN role;
DROP TYPE account.role;
