-- A sign-up can wait until the mailbox has been shown to be its maker's. Until then there is a wish and no
-- account, whether the address has one or not, so that neither signing up nor signing in afterwards
-- tells which addresses are known here. A wish is gone after a day.

-- migrate:up
CREATE TABLE account.sign_ups (
    id uuid PRIMARY KEY DEFAULT ops.uuid_v7(),
    email text NOT NULL CHECK (email ~ '^[^@[:space:]]+@[^@[:space:]]+$' AND length(email) <= 320),
    username text CHECK (length(username) BETWEEN 1 AND 100),
    password_hash text NOT NULL,
    display_name text,
    consent_version text,
    code_hash bytea UNIQUE CHECK (length(code_hash) = 32),
    mail_attempts integer NOT NULL DEFAULT 0 CHECK (mail_attempts >= 0),
    next_mail_at timestamptz DEFAULT now(),
    mailed_at timestamptz,
    expires_at timestamptz NOT NULL DEFAULT now() + interval '1 day',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE account.sign_ups IS
    'Wishes for an account whose address is not confirmed yet. Several may name one address, and it '
    'may have an account already.';
COMMENT ON COLUMN account.sign_ups.id IS 'Identifier of the wish.';
COMMENT ON COLUMN account.sign_ups.email IS 'The address to be confirmed, as it was typed.';
COMMENT ON COLUMN account.sign_ups.username IS 'Name wished for; it is not reserved.';
COMMENT ON COLUMN account.sign_ups.password_hash IS 'Argon2id hash of the password chosen.';
COMMENT ON COLUMN account.sign_ups.display_name IS 'Name to be called by.';
COMMENT ON COLUMN account.sign_ups.consent_version IS 'Terms that were agreed to.';
COMMENT ON COLUMN account.sign_ups.code_hash IS
    'SHA-256 of the code mailed last; null before it is mailed, and when the address has an account.';
COMMENT ON COLUMN account.sign_ups.mail_attempts IS 'How often the mail was tried.';
COMMENT ON COLUMN account.sign_ups.next_mail_at IS
    'When the mail is tried next (UTC); null once it was taken or given up.';
COMMENT ON COLUMN account.sign_ups.mailed_at IS 'When the mail was taken (UTC).';
COMMENT ON COLUMN account.sign_ups.expires_at IS 'Until when it can be confirmed (UTC).';
COMMENT ON COLUMN account.sign_ups.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN account.sign_ups.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON account.sign_ups
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CREATE INDEX sign_ups_next_mail_at_id_idx ON account.sign_ups (next_mail_at, id)
    WHERE next_mail_at IS NOT NULL;
CREATE INDEX sign_ups_lower_email_idx ON account.sign_ups (lower(email));
CREATE INDEX sign_ups_expires_at_idx ON account.sign_ups (expires_at);
CALL ops.protect('account.sign_ups', 'id', '{}');

-- Whether the address has an account is not looked at: the work is the same.
CREATE FUNCTION account.begin_sign_up(
    p_email text, p_username text, p_password_hash text, p_display_name text,
    p_consent_version text
)
RETURNS TABLE (sign_up_id uuid, username_taken boolean)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog
AS $body$
DECLARE
    v_id uuid;
BEGIN
    IF EXISTS (
        SELECT FROM account.users AS u
        WHERE lower(u.username) = lower(p_username) AND u.deleted_at IS NULL
    ) THEN
        RETURN QUERY SELECT NULL::uuid, true;
        RETURN;
    END IF;
    INSERT INTO account.sign_ups (email, username, password_hash, display_name, consent_version)
    VALUES (p_email, p_username, p_password_hash, p_display_name, p_consent_version)
    RETURNING id INTO v_id;
    RETURN QUERY SELECT v_id, false;
END
$body$;
COMMENT ON FUNCTION account.begin_sign_up(text, text, text, text, text) IS
    'Writes a wish for an account down, to be confirmed. Without an id the user name is taken.';

CREATE FUNCTION account.sign_up_by_code(p_code_hash bytea)
RETURNS TABLE (sign_up_id uuid, password_hash text)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog
AS $body$
    SELECT s.id, s.password_hash FROM account.sign_ups AS s
    WHERE s.code_hash = p_code_hash AND s.expires_at > now()
$body$;
COMMENT ON FUNCTION account.sign_up_by_code(bytea) IS
    'The wish that a mailed code confirms, with what is needed to check its password.';

CREATE FUNCTION account.finish_sign_up(p_id uuid) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog
AS $body$
DECLARE
    v_wish account.sign_ups;
    v_id uuid;
BEGIN
    DELETE FROM account.sign_ups AS s WHERE s.id = p_id AND s.expires_at > now() RETURNING s.* INTO v_wish;
    IF v_wish.id IS NULL THEN
        RETURN NULL;
    END IF;
    INSERT INTO account.users AS u (
        email, username, password_hash, display_name, consent_version, consent_given_at,
        email_verified_at
    )
    SELECT
        v_wish.email,
        CASE WHEN NOT EXISTS (
            SELECT FROM account.users AS o
            WHERE lower(o.username) = lower(v_wish.username) AND o.deleted_at IS NULL
        ) THEN v_wish.username END,
        v_wish.password_hash, v_wish.display_name, v_wish.consent_version,
        CASE WHEN v_wish.consent_version IS NOT NULL THEN v_wish.created_at END, now()
    ON CONFLICT DO NOTHING
    RETURNING u.id INTO v_id;
    -- Whoever holds the mailbox has chosen: other wishes for the address are not theirs.
    DELETE FROM account.sign_ups AS s WHERE v_id IS NOT NULL AND lower(s.email) = lower(v_wish.email);
    RETURN v_id;
END
$body$;
COMMENT ON FUNCTION account.finish_sign_up(uuid) IS
    'Makes the user of a confirmed wish, without a user name that was taken meanwhile. Null when the '
    'wish is gone or the address has an account by now.';

REVOKE ALL ON FUNCTION
    account.begin_sign_up(text, text, text, text, text), account.sign_up_by_code(bytea),
    account.finish_sign_up(uuid)
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    account.begin_sign_up(text, text, text, text, text), account.sign_up_by_code(bytea),
    account.finish_sign_up(uuid)
    TO gateway;
GRANT CREATE ON SCHEMA account TO worker;
ALTER FUNCTION account.begin_sign_up(text, text, text, text, text) OWNER TO worker;
ALTER FUNCTION account.sign_up_by_code(bytea) OWNER TO worker;
ALTER FUNCTION account.finish_sign_up(uuid) OWNER TO worker;
REVOKE CREATE ON SCHEMA account FROM worker;

-- migrate:down
DROP FUNCTION account.finish_sign_up(uuid);
DROP FUNCTION account.sign_up_by_code(bytea);
DROP FUNCTION account.begin_sign_up(text, text, text, text, text);
DROP TABLE account.sign_ups;
