-- Accounts: signing in, credentials and wishes. What is asked before anybody is signed in goes through functions that
-- answer one question; everything else names the user beside row level security.

-- name: login_by_name :one
-- What is needed to check the password of whoever has an e-mail address or user name.
SELECT user_id, password_hash, has_second_factor, may_sign_in FROM account.login_by_name(:name);

-- name: login_by_wallet :one
-- Who proved that an address is theirs.
SELECT user_id, has_second_factor, may_sign_in FROM account.login_by_wallet(:address);

-- name: refresh_token_state :one
-- What is known of a refresh token.
SELECT session_id, user_id, expires_at, used_at, session_revoked_at, may_sign_in
FROM account.refresh_token_state(:token_hash::bytea);

-- name: sign_up :exec
-- A new user, or who has the address already, or that the name is taken.
SELECT user_id, known_user_id, username_taken
FROM account.sign_up(:email, :username, :password_hash, :display_name, :consent_version);

-- name: begin_sign_up :exec
-- A wish for an account that has to be confirmed, or that the name is taken; of the address nothing is said.
SELECT sign_up_id, username_taken
FROM account.begin_sign_up(:email, :username, :password_hash, :display_name, :consent_version);

-- name: sign_up_by_code :one
-- The wish that a mailed code confirms.
SELECT sign_up_id, password_hash FROM account.sign_up_by_code(:code_hash::bytea);

-- name: finish_sign_up :exec
-- The user of a confirmed wish; null when there is none.
SELECT account.finish_sign_up(:sign_up_id::uuid) AS user_id;

-- name: claim_sign_up_mails :exec
-- Wishes whose mail is due, so many a day for each address; tried again later unless settled.
-- index: sign_ups_next_mail_at_id_idx
WITH due AS (
    SELECT s.id FROM account.sign_ups AS s
    WHERE s.next_mail_at <= now() AND s.expires_at > now()
        AND (
            SELECT count(*) FROM account.sign_ups AS o
            WHERE lower(o.email) = lower(s.email) AND o.mailed_at IS NOT NULL
        ) < :most_for_address::bigint
    ORDER BY s.next_mail_at, s.id
    LIMIT :most::bigint
    FOR UPDATE SKIP LOCKED
)
UPDATE account.sign_ups AS s
SET mail_attempts = s.mail_attempts + 1, next_mail_at = now() + make_interval(mins => 1 << least(s.mail_attempts, 8))
FROM due WHERE s.id = due.id
RETURNING
    s.id, s.email, s.expires_at, s.mail_attempts,
    EXISTS (SELECT FROM account.users AS u WHERE lower(u.email) = lower(s.email) AND u.deleted_at IS NULL) AS is_known;

-- name: set_sign_up_code :exec
-- The code that is about to be mailed; the one before is worth nothing then.
-- index: sign_ups_pkey
UPDATE account.sign_ups SET code_hash = :code_hash::bytea WHERE id = :id::uuid;

-- name: settle_sign_up_mail :exec
-- A mail that was taken, or that never will be.
-- index: sign_ups_pkey
UPDATE account.sign_ups SET next_mail_at = NULL, mailed_at = CASE WHEN :is_sent::boolean THEN now() END
WHERE id = :id::uuid;

-- name: own_password_hash :one
-- The password hash of the current user; null for one who signs in with a wallet only.
SELECT account.own_password_hash() AS password_hash;

-- name: set_password :exec
UPDATE account.users SET password_hash = :password_hash WHERE id = :user_id::uuid RETURNING id;

-- name: open_session :exec
-- A session with its first refresh token; the user has signed in once more.
WITH opened AS (
    INSERT INTO account.sessions (
        user_id, token_hash, ip_address, user_agent, expires_at, refresh_expires_at
    )
    VALUES (
        :user_id::uuid, :token_hash::bytea, :ip_address::text::inet, :user_agent,
        :expires_at::timestamptz, :refresh_expires_at::timestamptz
    )
    RETURNING id
),
refresh AS (
    INSERT INTO account.refresh_tokens (token_hash, session_id, user_id, expires_at)
    SELECT :refresh_hash::bytea, id, :user_id::uuid, :refresh_expires_at::timestamptz FROM opened
)
UPDATE account.users SET last_login_at = now(), last_activity_at = now(), login_count = login_count + 1
WHERE id = :user_id::uuid
RETURNING (SELECT id FROM opened) AS id;

-- name: use_refresh_token :exec
-- The session of a token, which from now on is used; nothing when it was used before.
UPDATE account.refresh_tokens SET used_at = now()
WHERE token_hash = :token_hash::bytea AND user_id = :user_id::uuid AND used_at IS NULL
RETURNING session_id;

-- name: renew_session :exec
-- The session under its next pair of tokens; it does not last longer for it.
WITH renewed AS (
    UPDATE account.sessions
    SET token_hash = :token_hash::bytea, expires_at = least(:expires_at::timestamptz, refresh_expires_at),
        last_activity_at = now(), ip_address = coalesce(:ip_address::text::inet, ip_address),
        user_agent = coalesce(:user_agent, user_agent)
    WHERE id = :session_id::uuid AND user_id = :user_id::uuid AND revoked_at IS NULL
    RETURNING id, user_id, expires_at, refresh_expires_at
),
refresh AS (
    INSERT INTO account.refresh_tokens (token_hash, session_id, user_id, expires_at)
    SELECT :refresh_hash::bytea, id, user_id, refresh_expires_at FROM renewed
)
SELECT id, expires_at, refresh_expires_at FROM renewed;

-- name: end_sessions :exec
-- Ends one session of a user, or all of them, or all but one.
-- index: sessions_user_id_expires_at_id_idx
UPDATE account.sessions SET revoked_at = now(), revoked_reason = :reason
WHERE user_id = :user_id::uuid AND revoked_at IS NULL
    AND (:only_id::uuid IS NULL OR id = :only_id::uuid)
    AND (:except_id::uuid IS NULL OR id <> :except_id::uuid)
RETURNING id;

-- name: session :one
-- index: sessions_pkey
SELECT id, created_at, revoked_at FROM account.sessions
WHERE id = :session_id::uuid AND user_id = :user_id::uuid;

-- name: user :one
-- The profile, locked until the end of the transaction.
SELECT
    id, email, username, first_name, last_name, display_name, avatar_url, user_type, kyc_status,
    two_factor_enabled, consent_given_at, consent_version, data_retention_days, settings, version
FROM account.users WHERE id = :user_id::uuid AND deleted_at IS NULL
FOR NO KEY UPDATE;

-- name: user_names :one
-- What others may know of a user, which no password should be.
SELECT email, username, first_name, last_name, display_name FROM account.users
WHERE id = :user_id::uuid;

-- name: set_profile :exec
UPDATE account.users
SET username = :username, first_name = :first_name, last_name = :last_name,
    display_name = :display_name, avatar_url = :avatar_url,
    data_retention_days = :data_retention_days
WHERE id = :user_id::uuid
RETURNING id, username, first_name, last_name, display_name, avatar_url, data_retention_days, version;

-- name: set_settings :exec
UPDATE account.users SET settings = :settings::jsonb
WHERE id = :user_id::uuid RETURNING id, settings, version;

-- name: set_consent :exec
UPDATE account.users
SET consent_version = :consent_version,
    consent_given_at = CASE WHEN :consent_version::text IS NOT NULL THEN now() END
WHERE id = :user_id::uuid RETURNING id, consent_version, consent_given_at, version;

-- name: second_factor :one
-- The sealed secret of the second factor, locked until the end of the transaction.
-- index: user_secrets_user_id_kind_idx
SELECT id, ciphertext, key_version, confirmed_at, last_used_step FROM account.user_secrets
WHERE user_id = :user_id::uuid AND kind = 'totp'
FOR NO KEY UPDATE;

-- name: begin_second_factor :exec
-- A secret that counts once it is confirmed; another one that was not confirmed is forgotten.
INSERT INTO account.user_secrets AS s (user_id, kind, ciphertext, key_version, last_rotated_at)
VALUES (:user_id::uuid, 'totp', :ciphertext::bytea, :key_version::integer, now())
ON CONFLICT (user_id) WHERE kind = 'totp' DO UPDATE
SET ciphertext = excluded.ciphertext, key_version = excluded.key_version,
    last_rotated_at = excluded.last_rotated_at, last_used_step = NULL
WHERE s.confirmed_at IS NULL
RETURNING s.id;

-- name: confirm_second_factor :exec
WITH secret AS (
    UPDATE account.user_secrets SET confirmed_at = now(), last_used_step = :step::bigint
    WHERE user_id = :user_id::uuid AND kind = 'totp' AND confirmed_at IS NULL
    RETURNING user_id
),
codes AS (
    INSERT INTO account.recovery_codes (user_id, code_hash)
    SELECT secret.user_id, given.hash FROM secret, unnest(:code_hashes::bytea[]) AS given (hash)
)
UPDATE account.users SET two_factor_enabled = true
WHERE id = (SELECT user_id FROM secret) AND id = :user_id::uuid
RETURNING id;

-- name: use_step :exec
-- The step of a code, which from now on is used; nothing when it or a later one was used before.
UPDATE account.user_secrets SET last_used_step = :step::bigint
WHERE user_id = :user_id::uuid AND kind = 'totp' AND confirmed_at IS NOT NULL
    AND (last_used_step IS NULL OR last_used_step < :step::bigint)
RETURNING id;

-- name: reseal :exec
-- The same secret under the newest key.
UPDATE account.user_secrets
SET ciphertext = :ciphertext::bytea, key_version = :key_version::integer, last_rotated_at = now()
WHERE id = :id::uuid AND user_id = :user_id::uuid
RETURNING id;

-- name: use_recovery_code :exec
-- index: recovery_codes_pkey
UPDATE account.recovery_codes SET used_at = now()
WHERE user_id = :user_id::uuid AND code_hash = :code_hash::bytea AND used_at IS NULL
RETURNING code_hash;

-- name: replace_recovery_codes :exec
WITH gone AS (DELETE FROM account.recovery_codes WHERE user_id = :user_id::uuid)
INSERT INTO account.recovery_codes (user_id, code_hash)
SELECT :user_id::uuid, given.hash FROM unnest(:code_hashes::bytea[]) AS given (hash)
RETURNING user_id;

-- name: recovery_codes_left :many
-- Recovery codes of a user that are still good.
SELECT user_id, count(*) FROM account.recovery_codes
WHERE user_id = :user_id::uuid AND used_at IS NULL GROUP BY user_id;

-- name: disable_second_factor :exec
WITH secret AS (
    DELETE FROM account.user_secrets WHERE user_id = :user_id::uuid AND kind = 'totp'
),
codes AS (
    DELETE FROM account.recovery_codes WHERE user_id = :user_id::uuid
)
UPDATE account.users SET two_factor_enabled = false WHERE id = :user_id::uuid RETURNING id;

-- name: api_key :one
-- A key of a user, locked until the end of the transaction.
-- index: api_keys_pkey
SELECT
    id, key_prefix, name, description, scopes, allowed_networks, rate_limit_per_hour,
    rate_limit_per_day, is_active, expires_at, revoked_at
FROM account.api_keys WHERE id = :id::uuid AND user_id = :user_id::uuid
FOR NO KEY UPDATE;

-- name: create_api_key :exec
-- Nothing when the user has as many keys in use as one may have.
INSERT INTO account.api_keys (
    user_id, key_prefix, key_hash, name, description, scopes, allowed_ips, rate_limit_per_hour,
    rate_limit_per_day, expires_at
)
SELECT
    :user_id::uuid, :key_prefix, :key_hash::bytea, :name, :description, :scopes::text[],
    :allowed_ips::text[]::inet[], :rate_limit_per_hour::integer, :rate_limit_per_day::integer,
    :expires_at::timestamptz
WHERE (
    SELECT count(*) FROM account.api_keys AS k
    WHERE k.user_id = :user_id::uuid AND k.is_active AND k.revoked_at IS NULL
        AND (k.expires_at IS NULL OR k.expires_at > now())
) < :most::bigint
RETURNING
    id, key_prefix, name, description, scopes, allowed_networks, rate_limit_per_hour,
    rate_limit_per_day, is_active, expires_at;

-- name: revoke_api_key :exec
UPDATE account.api_keys
SET is_active = false, revoked_at = now(), revoked_reason = :reason
WHERE id = :id::uuid AND user_id = :user_id::uuid AND revoked_at IS NULL
RETURNING id, key_prefix, name, is_active, revoked_at, revoked_reason;

-- name: claim_wallet :exec
-- Links an address to the current user, who has proved it.
SELECT wallet_id, outcome FROM account.claim_wallet(:address, :chain_id::bigint, :label);

-- name: linked_wallet :one
-- index: user_wallets_pkey
SELECT wallet_id AS id, label, is_primary, verified_at FROM account.user_wallets
WHERE user_id = :user_id::uuid AND wallet_id = :wallet_id::uuid
FOR UPDATE;

-- name: unlink_wallet :exec
DELETE FROM account.user_wallets
WHERE user_id = :user_id::uuid AND wallet_id = :wallet_id::uuid
RETURNING wallet_id AS id;

-- name: await_wallets :exec
-- Changes of one user's wallets are made one after the other, until the end of the transaction.
SELECT pg_advisory_xact_lock(hashtextextended('account.user_wallets:' || :user_id::text, 0));

-- name: promote_wallet :exec
-- The wallet a user linked first is the primary one, unless there is one.
UPDATE account.user_wallets SET is_primary = true
WHERE user_id = :user_id::uuid AND wallet_id = (
    SELECT w.wallet_id FROM account.user_wallets AS w
    WHERE w.user_id = :user_id::uuid
        AND NOT EXISTS (
            SELECT FROM account.user_wallets AS o WHERE o.user_id = :user_id::uuid AND o.is_primary
        )
    ORDER BY w.verified_at IS NULL, w.created_at, w.wallet_id LIMIT 1
)
RETURNING wallet_id AS id;

-- name: proved_wallets :one
-- How many addresses a user proved to be theirs.
SELECT count(*) AS count FROM account.user_wallets
WHERE user_id = :user_id::uuid AND verified_at IS NOT NULL;

-- name: current_subscription :one
-- The subscription that gives a user access, if there is one.
-- index: subscriptions_one_current_key
SELECT id, tier, status, billing_cycle, auto_renew, current_period_end FROM account.subscriptions
WHERE user_id = :user_id::uuid AND status IN ('trial', 'active', 'past_due');

-- name: request_subscription_change :exec
INSERT INTO account.subscription_changes (user_id, action, tier, billing_cycle)
VALUES (
    :user_id::uuid, :action::account.subscription_action, :tier::account.tier,
    :billing_cycle::account.billing_cycle
)
RETURNING id, action, tier, billing_cycle, status;

-- name: request_export :exec
INSERT INTO ops.export_requests (user_id) VALUES (:user_id::uuid) RETURNING id, status;

-- name: request_erasure :exec
INSERT INTO ops.erasure_requests (user_id) VALUES (:user_id::uuid) RETURNING id, status, due_at;

-- name: cancel_erasure :exec
-- Forgets a wish that has not begun to be fulfilled; nothing for any other.
DELETE FROM ops.erasure_requests
WHERE id = :id::uuid AND user_id = :user_id::uuid AND status = 'requested'
RETURNING id, status, due_at;

-- name: erasure_request :one
-- index: erasure_requests_pkey
SELECT id, status, due_at FROM ops.erasure_requests
WHERE id = :id::uuid AND user_id = :user_id::uuid;

-- name: await_billing :exec
-- Messages about one customer are applied one after the other, until the end of the transaction.
SELECT pg_advisory_xact_lock(hashtextextended('account.billing:' || :subject, 0));

-- name: apply_billing_event :exec
-- Records a message of a payment provider and applies it, once.
SELECT account.apply_billing_event(:event::jsonb) AS outcome;

-- name: billed_user :one
-- Whom a message of a payment provider was about.
SELECT account.billed_user(:provider, :event_id) AS user_id;
