-- Who a user is. One fact has one home: tier and billing stand in subscriptions, keys in api_keys,
-- wallets in user_wallets, and what must stay secret in user_secrets, encrypted by the
-- application. Tokens and keys are stored as SHA-256 of 256 random bits, so they can be looked up
-- and never read. Every table with a user is closed by row-level security; the owner sees and
-- edits only what the policies below allow by command. Users are soft-deleted: ledgers elsewhere
-- keep pointing at them.

-- migrate:up
CREATE TYPE account.user_type AS ENUM ('retail', 'institutional', 'family_office');
COMMENT ON TYPE account.user_type IS 'What kind of customer a user is.';

CREATE TYPE account.kyc_status AS ENUM ('pending', 'verified', 'rejected', 'expired');
COMMENT ON TYPE account.kyc_status IS 'How far the identity check of a user has come.';

CREATE TYPE account.secret_kind AS ENUM ('totp', 'webhook', 'telegram', 'discord');
COMMENT ON TYPE account.secret_kind IS
    'What a stored secret is for: the second factor, or the destination of a notification.';

CREATE TABLE account.users (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    email text CHECK (email ~ '^[^@[:space:]]+@[^@[:space:]]+$' AND length(email) <= 320),
    username text CHECK (length(username) BETWEEN 1 AND 100),
    password_hash text,
    first_name text,
    last_name text,
    display_name text,
    avatar_url text,
    user_type account.user_type NOT NULL DEFAULT 'retail',
    kyc_status account.kyc_status NOT NULL DEFAULT 'pending',
    email_verified_at timestamptz,
    two_factor_enabled boolean NOT NULL DEFAULT false,
    last_login_at timestamptz,
    last_activity_at timestamptz,
    login_count bigint NOT NULL DEFAULT 0 CHECK (login_count >= 0),
    is_active boolean NOT NULL DEFAULT true,
    is_banned boolean NOT NULL DEFAULT false,
    banned_reason text,
    banned_at timestamptz,
    consent_given_at timestamptz,
    consent_version text,
    data_retention_days integer NOT NULL DEFAULT 90 CHECK (data_retention_days BETWEEN 1 AND 3650),
    settings jsonb NOT NULL DEFAULT '{}',
    deleted_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT users_banned_has_date CHECK (is_banned = (banned_at IS NOT NULL))
);
COMMENT ON TABLE account.users IS 'A person or organisation with an account.';
COMMENT ON COLUMN account.users.id IS 'Identifier of the user.';
COMMENT ON COLUMN account.users.email IS
    'Mail address; null for users who sign in with a wallet only.';
COMMENT ON COLUMN account.users.username IS
    'Public name, unique whatever its case; null when none was chosen.';
COMMENT ON COLUMN account.users.password_hash IS
    'Salted hash of the password; null for wallet or external sign-in. Not readable by the '
    'gateway.';
COMMENT ON COLUMN account.users.first_name IS 'Given name.';
COMMENT ON COLUMN account.users.last_name IS 'Family name.';
COMMENT ON COLUMN account.users.display_name IS 'Name to show.';
COMMENT ON COLUMN account.users.avatar_url IS 'Address of a picture.';
COMMENT ON COLUMN account.users.user_type IS 'What kind of customer the user is.';
COMMENT ON COLUMN account.users.kyc_status IS 'How far the identity check has come.';
COMMENT ON COLUMN account.users.email_verified_at IS 'When the mail address was confirmed (UTC).';
COMMENT ON COLUMN account.users.two_factor_enabled IS 'Whether sign-in asks for a second factor.';
COMMENT ON COLUMN account.users.last_login_at IS 'Latest sign-in (UTC).';
COMMENT ON COLUMN account.users.last_activity_at IS 'Latest request (UTC).';
COMMENT ON COLUMN account.users.login_count IS 'Number of sign-ins.';
COMMENT ON COLUMN account.users.is_active IS 'Whether the account may be used.';
COMMENT ON COLUMN account.users.is_banned IS 'Whether the account was closed by an operator.';
COMMENT ON COLUMN account.users.banned_reason IS 'Why it was closed.';
COMMENT ON COLUMN account.users.banned_at IS 'When it was closed (UTC).';
COMMENT ON COLUMN account.users.consent_given_at IS 'When the user agreed to the terms (UTC).';
COMMENT ON COLUMN account.users.consent_version IS 'Version of the terms agreed to.';
COMMENT ON COLUMN account.users.data_retention_days IS
    'How long activity of the user is kept, in days.';
COMMENT ON COLUMN account.users.settings IS 'Preferences of the user interface.';
COMMENT ON COLUMN account.users.deleted_at IS
    'When the user asked to be gone (UTC); the row stays, emptied of personal data, while '
    'ledgers must be kept.';
COMMENT ON COLUMN account.users.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN account.users.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON account.users
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CREATE UNIQUE INDEX users_lower_email_key ON account.users (lower(email))
    WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX users_lower_username_key ON account.users (lower(username))
    WHERE deleted_at IS NULL;
CALL ops.protect('account.users', 'id', '{select, update}');
GRANT SELECT (
    id, email, username, first_name, last_name, display_name, avatar_url, user_type, kyc_status,
    email_verified_at, two_factor_enabled, last_login_at, last_activity_at, login_count, is_active,
    is_banned, banned_reason, banned_at, consent_given_at, consent_version, data_retention_days,
    settings, deleted_at, created_at, updated_at
), UPDATE (
    email, username, first_name, last_name, display_name, avatar_url, two_factor_enabled,
    consent_given_at, consent_version, data_retention_days, settings, deleted_at, is_active
) ON account.users TO gateway;

CREATE TABLE account.user_secrets (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL REFERENCES account.users (id) ON DELETE CASCADE,
    kind account.secret_kind NOT NULL,
    ciphertext bytea NOT NULL,
    key_version integer NOT NULL CHECK (key_version > 0),
    last_rotated_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE account.user_secrets IS
    'Secrets of a user, encrypted by the application before they arrive here.';
COMMENT ON COLUMN account.user_secrets.id IS 'Identifier of the secret.';
COMMENT ON COLUMN account.user_secrets.user_id IS 'Whose secret it is.';
COMMENT ON COLUMN account.user_secrets.kind IS 'What it is for.';
COMMENT ON COLUMN account.user_secrets.ciphertext IS 'The encrypted secret, with its nonce.';
COMMENT ON COLUMN account.user_secrets.key_version IS 'Which application key encrypted it.';
COMMENT ON COLUMN account.user_secrets.last_rotated_at IS 'When it was last encrypted anew (UTC).';
COMMENT ON COLUMN account.user_secrets.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN account.user_secrets.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON account.user_secrets
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CREATE INDEX user_secrets_user_id_kind_idx ON account.user_secrets (user_id, kind);
CALL ops.protect('account.user_secrets', 'user_id', '{select, insert, update, delete}');
GRANT SELECT, INSERT, UPDATE, DELETE ON account.user_secrets TO gateway;

CREATE TABLE account.user_wallets (
    user_id uuid NOT NULL REFERENCES account.users (id) ON DELETE CASCADE,
    wallet_id uuid NOT NULL REFERENCES catalog.wallets (id),
    label text,
    is_primary boolean NOT NULL DEFAULT false,
    verified_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, wallet_id)
);
COMMENT ON TABLE account.user_wallets IS
    'Which wallets a user says, or has proved, are theirs. Private: the wallets themselves are '
    'public.';
COMMENT ON COLUMN account.user_wallets.user_id IS 'The user.';
COMMENT ON COLUMN account.user_wallets.wallet_id IS 'The wallet.';
COMMENT ON COLUMN account.user_wallets.label IS 'What the user calls it.';
COMMENT ON COLUMN account.user_wallets.is_primary IS 'Whether it is the main wallet of the user.';
COMMENT ON COLUMN account.user_wallets.verified_at IS
    'When the user proved to hold the key (UTC); null when only claimed.';
COMMENT ON COLUMN account.user_wallets.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN account.user_wallets.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON account.user_wallets
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CREATE INDEX user_wallets_wallet_id_idx ON account.user_wallets (wallet_id);
CREATE UNIQUE INDEX user_wallets_primary_key ON account.user_wallets (user_id) WHERE is_primary;
CALL ops.protect('account.user_wallets', 'user_id', '{select, insert, update, delete}');
GRANT SELECT, INSERT, UPDATE, DELETE ON account.user_wallets TO gateway;

CREATE TABLE account.sessions (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL REFERENCES account.users (id) ON DELETE CASCADE,
    token_hash bytea NOT NULL UNIQUE CHECK (length(token_hash) = 32),
    connection_id text,
    ip_address inet,
    user_agent text,
    expires_at timestamptz NOT NULL,
    last_activity_at timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE account.sessions IS
    'Sign-ins of a user: the durable list behind the live sessions in Redis.';
COMMENT ON COLUMN account.sessions.id IS 'Identifier of the session.';
COMMENT ON COLUMN account.sessions.user_id IS 'Who signed in.';
COMMENT ON COLUMN account.sessions.token_hash IS
    'SHA-256 of the session token; the token itself is stored nowhere.';
COMMENT ON COLUMN account.sessions.connection_id IS 'Websocket connection that uses the session.';
COMMENT ON COLUMN account.sessions.ip_address IS 'Address the user signed in from.';
COMMENT ON COLUMN account.sessions.user_agent IS 'Program the user signed in with.';
COMMENT ON COLUMN account.sessions.expires_at IS 'When the session ends by itself (UTC).';
COMMENT ON COLUMN account.sessions.last_activity_at IS 'Latest request with it (UTC).';
COMMENT ON COLUMN account.sessions.revoked_at IS 'When it was ended early (UTC).';
COMMENT ON COLUMN account.sessions.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN account.sessions.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON account.sessions
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CREATE INDEX sessions_user_id_expires_at_id_idx ON account.sessions (user_id, expires_at DESC, id DESC);
CREATE INDEX sessions_connection_id_idx ON account.sessions (connection_id)
    WHERE connection_id IS NOT NULL;
CREATE INDEX sessions_expires_at_idx ON account.sessions (expires_at);
CALL ops.protect('account.sessions', 'user_id', '{select, insert, update}');
GRANT SELECT, INSERT, UPDATE (connection_id, last_activity_at, revoked_at)
    ON account.sessions TO gateway;

CREATE TABLE account.api_keys (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL REFERENCES account.users (id) ON DELETE CASCADE,
    key_prefix text NOT NULL CHECK (length(key_prefix) BETWEEN 4 AND 16),
    key_hash bytea NOT NULL UNIQUE CHECK (length(key_hash) = 32),
    name text NOT NULL CHECK (name <> ''),
    description text,
    scopes text[] NOT NULL DEFAULT '{read}' CHECK (scopes <@ '{read, write, admin}'),
    permissions jsonb NOT NULL DEFAULT '{}',
    allowed_ips inet[],
    rate_limit_per_hour integer CHECK (rate_limit_per_hour >= 0),
    rate_limit_per_day integer CHECK (rate_limit_per_day >= 0),
    last_used_at timestamptz,
    usage_count bigint NOT NULL DEFAULT 0 CHECK (usage_count >= 0),
    is_active boolean NOT NULL DEFAULT true,
    expires_at timestamptz,
    revoked_at timestamptz,
    revoked_reason text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE account.api_keys IS 'Keys with which programs of a user call the gateway.';
COMMENT ON COLUMN account.api_keys.id IS
    'Identifier of the key; counters in Redis use it, never the key.';
COMMENT ON COLUMN account.api_keys.user_id IS 'Whose key it is.';
COMMENT ON COLUMN account.api_keys.key_prefix IS
    'First characters of the key, shown so that its owner can tell keys apart.';
COMMENT ON COLUMN account.api_keys.key_hash IS 'SHA-256 of the key, by which it is looked up.';
COMMENT ON COLUMN account.api_keys.name IS 'What the owner calls it.';
COMMENT ON COLUMN account.api_keys.description IS 'What the owner uses it for.';
COMMENT ON COLUMN account.api_keys.scopes IS 'What the key may do.';
COMMENT ON COLUMN account.api_keys.permissions IS 'Finer rights within the scopes.';
COMMENT ON COLUMN account.api_keys.allowed_ips IS 'Networks it may be used from; null means any.';
COMMENT ON COLUMN account.api_keys.rate_limit_per_hour IS
    'Own limit per hour; null means that of the tier.';
COMMENT ON COLUMN account.api_keys.rate_limit_per_day IS
    'Own limit per day; null means that of the tier.';
COMMENT ON COLUMN account.api_keys.last_used_at IS
    'Latest request with it (UTC), written in batches.';
COMMENT ON COLUMN account.api_keys.usage_count IS 'Requests with it, written in batches.';
COMMENT ON COLUMN account.api_keys.is_active IS 'Whether it works.';
COMMENT ON COLUMN account.api_keys.expires_at IS 'When it stops working by itself (UTC).';
COMMENT ON COLUMN account.api_keys.revoked_at IS 'When it was revoked (UTC).';
COMMENT ON COLUMN account.api_keys.revoked_reason IS 'Why it was revoked.';
COMMENT ON COLUMN account.api_keys.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN account.api_keys.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON account.api_keys
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CREATE INDEX api_keys_user_id_created_at_id_idx ON account.api_keys (user_id, created_at DESC, id DESC);
CALL ops.protect('account.api_keys', 'user_id', '{select, insert, update}');
GRANT SELECT, INSERT, UPDATE (
    name, description, scopes, permissions, allowed_ips, rate_limit_per_hour, rate_limit_per_day,
    is_active, expires_at, revoked_at, revoked_reason
) ON account.api_keys TO gateway;

CREATE TABLE account.dashboards (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL REFERENCES account.users (id) ON DELETE CASCADE,
    name text NOT NULL CHECK (name <> ''),
    description text,
    is_default boolean NOT NULL DEFAULT false,
    is_public boolean NOT NULL DEFAULT false,
    layout jsonb NOT NULL DEFAULT '{}',
    widgets jsonb NOT NULL DEFAULT '[]',
    share_token_hash bytea UNIQUE CHECK (length(share_token_hash) = 32),
    share_expires_at timestamptz,
    view_count bigint NOT NULL DEFAULT 0 CHECK (view_count >= 0),
    deleted_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT dashboards_share_has_expiry
        CHECK ((share_token_hash IS NULL) = (share_expires_at IS NULL))
);
COMMENT ON TABLE account.dashboards IS
    'Arrangements of widgets a user made, kept private, published or shared by link.';
COMMENT ON COLUMN account.dashboards.id IS 'Identifier of the dashboard.';
COMMENT ON COLUMN account.dashboards.user_id IS 'Who made it.';
COMMENT ON COLUMN account.dashboards.name IS 'Its title.';
COMMENT ON COLUMN account.dashboards.description IS 'What it shows.';
COMMENT ON COLUMN account.dashboards.is_default IS 'Whether it opens first.';
COMMENT ON COLUMN account.dashboards.is_public IS 'Whether everybody may look at it.';
COMMENT ON COLUMN account.dashboards.layout IS 'Where the widgets sit.';
COMMENT ON COLUMN account.dashboards.widgets IS 'What the widgets show.';
COMMENT ON COLUMN account.dashboards.share_token_hash IS
    'SHA-256 of the link token; null when not shared by link.';
COMMENT ON COLUMN account.dashboards.share_expires_at IS 'When the link stops working (UTC).';
COMMENT ON COLUMN account.dashboards.view_count IS 'How often it was opened by others.';
COMMENT ON COLUMN account.dashboards.deleted_at IS 'When it was thrown away (UTC).';
COMMENT ON COLUMN account.dashboards.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN account.dashboards.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON account.dashboards
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CREATE INDEX dashboards_user_id_created_at_id_idx
    ON account.dashboards (user_id, created_at DESC, id DESC);
CREATE INDEX dashboards_view_count_id_idx ON account.dashboards (view_count DESC, id DESC)
    WHERE is_public AND deleted_at IS NULL;
CREATE UNIQUE INDEX dashboards_default_key ON account.dashboards (user_id)
    WHERE is_default AND deleted_at IS NULL;
CALL ops.protect('account.dashboards', 'user_id', '{select, insert, update, delete}');
CREATE POLICY public_select ON account.dashboards FOR SELECT TO gateway
    USING (is_public AND deleted_at IS NULL);
GRANT SELECT, INSERT, UPDATE, DELETE ON account.dashboards TO gateway;

-- migrate:down
DROP TABLE account.dashboards;
DROP TABLE account.api_keys;
DROP TABLE account.sessions;
DROP TABLE account.user_wallets;
DROP TABLE account.user_secrets;
DROP TABLE account.users;
DROP TYPE account.secret_kind;
DROP TYPE account.kyc_status;
DROP TYPE account.user_type;
