-- What signing in needs beside the users: refresh tokens that work once, recovery codes, the last
-- one-time code used, and the look-ups that happen before anybody is signed in. Those run with the
-- rights of worker, which sees every row, and give away no more than one answer to one question;
-- only gateway may call them. Wishes a job or a payment provider fulfils later have rows here too.

-- migrate:up
ALTER TABLE account.sessions ADD COLUMN refresh_expires_at timestamptz;
ALTER TABLE account.sessions ADD COLUMN revoked_reason text;
COMMENT ON COLUMN account.sessions.token_hash IS
    'SHA-256 of the session token in use; a refresh replaces it.';
COMMENT ON COLUMN account.sessions.expires_at IS 'When the session token stops working (UTC).';
COMMENT ON COLUMN account.sessions.refresh_expires_at IS
    'Until when the session can be refreshed (UTC); null when it cannot.';
COMMENT ON COLUMN account.sessions.revoked_reason IS
    'Why it was ended: logout, refresh_reused, password_changed, or another word.';
GRANT UPDATE (token_hash, expires_at, revoked_reason, ip_address, user_agent)
    ON account.sessions TO gateway;
GRANT UPDATE (password_hash, last_login_at, last_activity_at, login_count)
    ON account.users TO gateway;

CREATE TABLE account.refresh_tokens (
    token_hash bytea PRIMARY KEY CHECK (length(token_hash) = 32),
    session_id uuid NOT NULL REFERENCES account.sessions (id) ON DELETE CASCADE,
    user_id uuid NOT NULL REFERENCES account.users (id) ON DELETE CASCADE,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE account.refresh_tokens IS
    'Tokens that were given out to refresh a session. Used ones stay until the session is purged: '
    'one that is shown again ends the session.';
COMMENT ON COLUMN account.refresh_tokens.token_hash IS 'SHA-256 of the token.';
COMMENT ON COLUMN account.refresh_tokens.session_id IS 'The session it refreshes.';
COMMENT ON COLUMN account.refresh_tokens.user_id IS 'Whose session it is.';
COMMENT ON COLUMN account.refresh_tokens.expires_at IS 'When it stops working by itself (UTC).';
COMMENT ON COLUMN account.refresh_tokens.used_at IS
    'When it was exchanged for the next one (UTC); null while it is good.';
COMMENT ON COLUMN account.refresh_tokens.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN account.refresh_tokens.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON account.refresh_tokens
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CREATE INDEX refresh_tokens_session_id_idx ON account.refresh_tokens (session_id);
CREATE INDEX refresh_tokens_user_id_idx ON account.refresh_tokens (user_id);
CALL ops.protect('account.refresh_tokens', 'user_id', '{select, insert, update}');
GRANT SELECT, INSERT, UPDATE (used_at) ON account.refresh_tokens TO gateway;

ALTER TABLE account.user_secrets ADD COLUMN confirmed_at timestamptz;
ALTER TABLE account.user_secrets ADD COLUMN last_used_step bigint;
COMMENT ON COLUMN account.user_secrets.confirmed_at IS
    'When its owner showed that they hold it (UTC); a second factor counts from then on.';
COMMENT ON COLUMN account.user_secrets.last_used_step IS
    'Step of 30 seconds of the last one-time code accepted; codes of it and before are refused.';
CREATE UNIQUE INDEX user_secrets_one_totp_key ON account.user_secrets (user_id) WHERE kind = 'totp';

CREATE TABLE account.recovery_codes (
    user_id uuid NOT NULL REFERENCES account.users (id) ON DELETE CASCADE,
    code_hash bytea NOT NULL CHECK (length(code_hash) = 32),
    used_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, code_hash)
);
COMMENT ON TABLE account.recovery_codes IS
    'Codes that each stand in for the second factor once.';
COMMENT ON COLUMN account.recovery_codes.user_id IS 'Whose code it is.';
COMMENT ON COLUMN account.recovery_codes.code_hash IS 'SHA-256 of the code.';
COMMENT ON COLUMN account.recovery_codes.used_at IS 'When it was used (UTC); null while it is good.';
COMMENT ON COLUMN account.recovery_codes.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN account.recovery_codes.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON account.recovery_codes
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CALL ops.protect('account.recovery_codes', 'user_id', '{select, insert, update, delete}');
GRANT SELECT, INSERT (user_id, code_hash), UPDATE (used_at), DELETE
    ON account.recovery_codes TO gateway;

CREATE TYPE account.subscription_action AS ENUM ('change', 'cancel', 'resume');
COMMENT ON TYPE account.subscription_action IS 'What a user wishes for their subscription.';
CREATE TYPE account.subscription_change_status AS ENUM ('requested', 'applied', 'rejected');
COMMENT ON TYPE account.subscription_change_status IS
    'Where a wish stands: with the payment provider (requested), carried out, or refused.';

CREATE TABLE account.subscription_changes (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL REFERENCES account.users (id) ON DELETE CASCADE,
    action account.subscription_action NOT NULL,
    tier account.tier,
    billing_cycle account.billing_cycle,
    status account.subscription_change_status NOT NULL DEFAULT 'requested',
    settled_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT subscription_changes_change_says_tier
        CHECK ((action = 'change') = (tier IS NOT NULL)),
    CONSTRAINT subscription_changes_settled_has_time
        CHECK ((status = 'requested') = (settled_at IS NULL))
);
COMMENT ON TABLE account.subscription_changes IS
    'Wishes of users for their subscription. The payment provider decides; its message settles '
    'them.';
COMMENT ON COLUMN account.subscription_changes.id IS 'Identifier of the wish.';
COMMENT ON COLUMN account.subscription_changes.user_id IS 'Who wishes it.';
COMMENT ON COLUMN account.subscription_changes.action IS 'What is wished.';
COMMENT ON COLUMN account.subscription_changes.tier IS 'The tier wished for, when it is a change.';
COMMENT ON COLUMN account.subscription_changes.billing_cycle IS 'How often to be charged.';
COMMENT ON COLUMN account.subscription_changes.status IS 'Where it stands.';
COMMENT ON COLUMN account.subscription_changes.settled_at IS
    'When it was carried out or refused (UTC).';
COMMENT ON COLUMN account.subscription_changes.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN account.subscription_changes.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON account.subscription_changes
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CREATE INDEX subscription_changes_user_id_created_at_id_idx
    ON account.subscription_changes (user_id, created_at DESC, id DESC);
CREATE UNIQUE INDEX subscription_changes_one_open_key ON account.subscription_changes (user_id)
    WHERE status = 'requested';
CALL ops.protect('account.subscription_changes', 'user_id', '{select, insert}');
GRANT SELECT, INSERT (id, user_id, action, tier, billing_cycle)
    ON account.subscription_changes TO gateway;

ALTER TABLE account.subscriptions ADD COLUMN provider_event_at timestamptz;
COMMENT ON COLUMN account.subscriptions.provider_event_at IS
    'When the provider made the newest message that is applied (UTC); older ones change nothing.';

CREATE TYPE ops.export_status AS ENUM ('requested', 'running', 'completed', 'failed');
COMMENT ON TYPE ops.export_status IS 'Where an export of a user''s data stands.';
CREATE TABLE ops.export_requests (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL,
    status ops.export_status NOT NULL DEFAULT 'requested',
    requested_at timestamptz NOT NULL DEFAULT now(),
    completed_at timestamptz,
    expires_at timestamptz,
    file_url text,
    file_size_bytes bigint CHECK (file_size_bytes >= 0),
    error_message text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE ops.export_requests IS
    'A user''s wish for a copy of what all stores hold about them. No foreign key, as the erasure '
    'requests have none.';
COMMENT ON COLUMN ops.export_requests.id IS 'Identifier of the request.';
COMMENT ON COLUMN ops.export_requests.user_id IS 'Whose data it is about.';
COMMENT ON COLUMN ops.export_requests.status IS 'Where it stands.';
COMMENT ON COLUMN ops.export_requests.requested_at IS 'When it was asked for (UTC).';
COMMENT ON COLUMN ops.export_requests.completed_at IS 'When the copy was made (UTC).';
COMMENT ON COLUMN ops.export_requests.expires_at IS 'When the copy is thrown away (UTC).';
COMMENT ON COLUMN ops.export_requests.file_url IS 'Where the copy can be had; null until made.';
COMMENT ON COLUMN ops.export_requests.file_size_bytes IS 'Size of the copy, in bytes.';
COMMENT ON COLUMN ops.export_requests.error_message IS 'Why the latest attempt failed.';
COMMENT ON COLUMN ops.export_requests.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN ops.export_requests.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON ops.export_requests
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CREATE UNIQUE INDEX export_requests_open_key ON ops.export_requests (user_id)
    WHERE status IN ('requested', 'running');
CREATE INDEX export_requests_user_id_requested_at_id_idx
    ON ops.export_requests (user_id, requested_at DESC, id DESC);
CALL ops.protect('ops.export_requests', 'user_id', '{select, insert}');
GRANT SELECT, INSERT (id, user_id) ON ops.export_requests TO gateway;

CREATE FUNCTION account.login_by_name(p_name text)
RETURNS TABLE (
    user_id uuid, password_hash text, has_second_factor boolean, may_sign_in boolean
)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog
AS $body$
    SELECT u.id, u.password_hash, u.two_factor_enabled, u.is_active AND NOT u.is_banned
    FROM account.users AS u
    WHERE u.deleted_at IS NULL
        AND (lower(u.email) = lower(p_name) OR lower(u.username) = lower(p_name))
    ORDER BY lower(u.email) = lower(p_name) DESC NULLS LAST
    LIMIT 1
$body$;
COMMENT ON FUNCTION account.login_by_name(text) IS
    'What is needed to check the password of whoever has this e-mail address or user name.';

CREATE FUNCTION account.login_by_wallet(p_address text)
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
COMMENT ON FUNCTION account.login_by_wallet(text) IS
    'Who proved that an EVM address is theirs, on any chain.';

CREATE FUNCTION account.refresh_token_state(p_token_hash bytea)
RETURNS TABLE (
    session_id uuid, user_id uuid, expires_at timestamptz, used_at timestamptz,
    session_revoked_at timestamptz, may_sign_in boolean
)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog
AS $body$
    SELECT t.session_id, t.user_id, t.expires_at, t.used_at, s.revoked_at,
        u.is_active AND NOT u.is_banned AND u.deleted_at IS NULL
    FROM account.refresh_tokens AS t
    JOIN account.sessions AS s ON s.id = t.session_id
    JOIN account.users AS u ON u.id = t.user_id
    WHERE t.token_hash = p_token_hash
$body$;
COMMENT ON FUNCTION account.refresh_token_state(bytea) IS
    'What is known of a refresh token by its SHA-256.';

-- An address that is taken is no error here: the caller must not be able to tell.
CREATE FUNCTION account.sign_up(
    p_email text, p_username text, p_password_hash text, p_display_name text,
    p_consent_version text
)
RETURNS TABLE (user_id uuid, known_user_id uuid, username_taken boolean)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog
AS $body$
DECLARE
    v_id uuid;
BEGIN
    IF p_username IS NULL OR NOT EXISTS (
        SELECT FROM account.users AS u
        WHERE lower(u.username) = lower(p_username) AND u.deleted_at IS NULL
    ) THEN
        INSERT INTO account.users AS u (
            email, username, password_hash, display_name, consent_version, consent_given_at
        )
        VALUES (
            p_email, p_username, p_password_hash, p_display_name, p_consent_version,
            CASE WHEN p_consent_version IS NOT NULL THEN now() END
        )
        ON CONFLICT DO NOTHING
        RETURNING u.id INTO v_id;
    END IF;
    RETURN QUERY SELECT
        v_id,
        (SELECT u.id FROM account.users AS u
            WHERE v_id IS NULL AND lower(u.email) = lower(p_email) AND u.deleted_at IS NULL),
        v_id IS NULL AND EXISTS (SELECT FROM account.users AS u
            WHERE lower(u.username) = lower(p_username) AND u.deleted_at IS NULL);
END
$body$;
COMMENT ON FUNCTION account.sign_up(text, text, text, text, text) IS
    'Makes a user. Without an id in the answer the e-mail address or the user name is taken; of '
    'the former the caller says nothing to whoever asked.';

-- Of two users who claim one address at once, the second waits for the first.
CREATE FUNCTION account.claim_wallet(p_address text, p_chain_id bigint, p_label text)
RETURNS TABLE (wallet_id uuid, outcome text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog
AS $body$
DECLARE
    v_user uuid := ops.current_user_id();
    v_wallet uuid;
BEGIN
    IF v_user IS NULL THEN
        RAISE EXCEPTION 'nobody is signed in' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF NOT EXISTS (SELECT FROM catalog.chains AS c WHERE c.id = p_chain_id AND c.is_evm) THEN
        RETURN QUERY SELECT NULL::uuid, 'unknown_chain';
        RETURN;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('account.claim_wallet:' || lower(p_address), 0));
    IF EXISTS (
        SELECT FROM catalog.wallets AS w
        JOIN account.user_wallets AS l ON l.wallet_id = w.id AND l.verified_at IS NOT NULL
        WHERE w.address = lower(p_address) AND l.user_id <> v_user
    ) THEN
        RETURN QUERY SELECT NULL::uuid, 'refused';
        RETURN;
    END IF;
    INSERT INTO catalog.wallets (chain_id, address) VALUES (p_chain_id, lower(p_address))
    ON CONFLICT DO NOTHING;
    SELECT w.id INTO STRICT v_wallet FROM catalog.wallets AS w
    WHERE w.chain_id = p_chain_id AND w.address = lower(p_address);
    INSERT INTO account.user_wallets AS l (user_id, wallet_id, label, verified_at)
    VALUES (v_user, v_wallet, p_label, now())
    ON CONFLICT ON CONSTRAINT user_wallets_pkey DO UPDATE
    SET label = coalesce(excluded.label, l.label), verified_at = excluded.verified_at;
    RETURN QUERY SELECT v_wallet, 'linked';
END
$body$;
COMMENT ON FUNCTION account.claim_wallet(text, bigint, text) IS
    'Links an EVM address on a chain to the current user, who has proved that it is theirs. Refused '
    'when another user proved the same address.';

-- Messages may come twice, late or out of order: each is recorded once, and one that is older than
-- what is known of its subscription is recorded only.
CREATE FUNCTION account.apply_billing_event(p_event jsonb) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog
AS $body$
DECLARE
    v record;
    v_event uuid;
    v_user uuid;
    v_subscription uuid;
    v_outcome text := 'recorded';
BEGIN
    SELECT * INTO STRICT v FROM jsonb_to_record(p_event) AS e (
        provider text, event_id text, event_type text, occurred_at timestamptz, user_id uuid,
        subscription_id text, customer_id text, tier account.tier,
        status account.subscription_status, billing_cycle account.billing_cycle,
        price_cents bigint, currency text, period_start timestamptz, period_end timestamptz,
        auto_renew boolean, cancelled_at timestamptz, amount_cents bigint, outcome text,
        metadata jsonb
    );
    INSERT INTO account.billing_events (
        provider, provider_event_id, event_type, amount_cents, currency, status, metadata
    )
    VALUES (
        v.provider, v.event_id, v.event_type, v.amount_cents, coalesce(v.currency, 'USD'),
        v.outcome, coalesce(v.metadata, '{}')
    )
    ON CONFLICT (provider, provider_event_id) DO NOTHING
    RETURNING id INTO v_event;
    IF v_event IS NULL THEN
        RETURN 'repeated';
    END IF;

    SELECT s.user_id, s.id INTO v_user, v_subscription FROM account.subscriptions AS s
    WHERE s.provider = v.provider AND s.provider_subscription_id = v.subscription_id;
    v_user := coalesce(
        v_user,
        (SELECT u.id FROM account.users AS u WHERE u.id = v.user_id AND u.deleted_at IS NULL),
        (SELECT s.user_id FROM account.subscriptions AS s
            WHERE s.provider = v.provider AND s.provider_customer_id = v.customer_id
            ORDER BY s.started_at DESC, s.id LIMIT 1)
    );
    IF v_user IS NULL THEN
        RETURN 'unknown_user';
    END IF;
    PERFORM FROM account.users AS u WHERE u.id = v_user FOR NO KEY UPDATE;

    IF v.status IS NOT NULL AND v.subscription_id IS NOT NULL THEN
        IF EXISTS (
            SELECT FROM account.subscriptions AS s
            WHERE s.id = v_subscription AND s.provider_event_at > v.occurred_at
        ) THEN
            v_outcome := 'stale';
        ELSE
            IF v.status IN ('trial', 'active', 'past_due') THEN
                UPDATE account.subscriptions AS s
                SET status = 'cancelled', auto_renew = false,
                    cancelled_at = coalesce(s.cancelled_at, v.occurred_at),
                    cancellation_reason = coalesce(s.cancellation_reason, 'replaced')
                WHERE s.user_id = v_user AND s.status IN ('trial', 'active', 'past_due')
                    AND s.id IS DISTINCT FROM v_subscription;
            END IF;
            INSERT INTO account.subscriptions AS s (
                user_id, provider, provider_subscription_id, provider_customer_id, tier, status,
                billing_cycle, price_cents, currency, started_at, current_period_start,
                current_period_end, auto_renew, next_billing_at, cancelled_at, provider_event_at
            )
            VALUES (
                v_user, v.provider, v.subscription_id, v.customer_id, coalesce(v.tier, 'free'),
                v.status, v.billing_cycle, v.price_cents, coalesce(v.currency, 'USD'),
                coalesce(v.period_start, v.occurred_at), v.period_start, v.period_end,
                coalesce(v.auto_renew, true),
                CASE WHEN coalesce(v.auto_renew, true) THEN v.period_end END,
                v.cancelled_at, v.occurred_at
            )
            ON CONFLICT (provider_subscription_id) DO UPDATE SET
                provider_customer_id = coalesce(
                    excluded.provider_customer_id, s.provider_customer_id),
                tier = coalesce(v.tier, s.tier),
                status = excluded.status,
                billing_cycle = coalesce(excluded.billing_cycle, s.billing_cycle),
                price_cents = coalesce(excluded.price_cents, s.price_cents),
                currency = coalesce(v.currency, s.currency),
                current_period_start = coalesce(
                    excluded.current_period_start, s.current_period_start),
                current_period_end = coalesce(excluded.current_period_end, s.current_period_end),
                auto_renew = excluded.auto_renew,
                next_billing_at = excluded.next_billing_at,
                cancelled_at = excluded.cancelled_at,
                provider_event_at = excluded.provider_event_at
            RETURNING s.id INTO v_subscription;
            UPDATE account.subscription_changes
            SET status = 'applied', settled_at = now()
            WHERE user_id = v_user AND status = 'requested';
            v_outcome := 'applied';
        END IF;
    END IF;

    UPDATE account.billing_events
    SET user_id = v_user, subscription_id = v_subscription, processed_at = now()
    WHERE id = v_event;
    INSERT INTO ops.audit_log (
        actor_role, action, resource_type, resource_id, metadata
    )
    VALUES (
        'system', 'billing_event', 'account.subscriptions', v_subscription::text,
        jsonb_build_object('provider', v.provider, 'event_type', v.event_type,
            'outcome', v_outcome, 'user_id', v_user)
    );
    INSERT INTO ops.outbox (aggregate, aggregate_id, event, payload)
    VALUES (
        'account.subscriptions', coalesce(v_subscription::text, v_event::text), v_outcome,
        jsonb_build_object('user_id', v_user)
    );
    RETURN v_outcome;
END
$body$;
COMMENT ON FUNCTION account.apply_billing_event(jsonb) IS
    'Records a message of a payment provider and applies it, once: applied, recorded (nothing to '
    'apply), stale, repeated or unknown_user.';

GRANT EXECUTE ON FUNCTION
    account.login_by_name(text), account.login_by_wallet(text),
    account.refresh_token_state(bytea), account.sign_up(text, text, text, text, text),
    account.claim_wallet(text, bigint, text), account.apply_billing_event(jsonb)
    TO gateway;
-- The owner of the tables does not see their rows either; worker does.
GRANT CREATE ON SCHEMA account TO worker;
ALTER FUNCTION account.login_by_name(text) OWNER TO worker;
ALTER FUNCTION account.login_by_wallet(text) OWNER TO worker;
ALTER FUNCTION account.refresh_token_state(bytea) OWNER TO worker;
ALTER FUNCTION account.sign_up(text, text, text, text, text) OWNER TO worker;
ALTER FUNCTION account.claim_wallet(text, bigint, text) OWNER TO worker;
ALTER FUNCTION account.apply_billing_event(jsonb) OWNER TO worker;
REVOKE CREATE ON SCHEMA account FROM worker;

-- migrate:down
DROP FUNCTION account.apply_billing_event(jsonb);
DROP FUNCTION account.claim_wallet(text, bigint, text);
DROP FUNCTION account.sign_up(text, text, text, text, text);
DROP FUNCTION account.refresh_token_state(bytea);
DROP FUNCTION account.login_by_wallet(text);
DROP FUNCTION account.login_by_name(text);
DROP TABLE ops.export_requests;
DROP TYPE ops.export_status;
ALTER TABLE account.subscriptions DROP COLUMN provider_event_at;
DROP TABLE account.subscription_changes;
DROP TYPE account.subscription_change_status;
DROP TYPE account.subscription_action;
DROP TABLE account.recovery_codes;
DROP INDEX account.user_secrets_one_totp_key;
ALTER TABLE account.user_secrets DROP COLUMN last_used_step;
ALTER TABLE account.user_secrets DROP COLUMN confirmed_at;
DROP TABLE account.refresh_tokens;
REVOKE UPDATE (password_hash, last_login_at, last_activity_at, login_count)
    ON account.users FROM gateway;
REVOKE UPDATE (token_hash, expires_at, revoked_reason, ip_address, user_agent)
    ON account.sessions FROM gateway;
COMMENT ON COLUMN account.sessions.token_hash IS
    'SHA-256 of the session token; the token itself is stored nowhere.';
COMMENT ON COLUMN account.sessions.expires_at IS 'When the session ends by itself (UTC).';
ALTER TABLE account.sessions DROP COLUMN revoked_reason;
ALTER TABLE account.sessions DROP COLUMN refresh_expires_at;
