-- What evaluating and telling at scale needs. Rules are found by what they are about (the sweep) and by when they last
-- changed (workers that keep them in memory). Deliveries to one place within a minute become one, a digest: the rest
-- are carried by it. A place that sends back what is sent to it is not used again until its owner says so, the mail
-- address of an account included, and everybody sees the tries of their own deliveries.

-- migrate:up
CREATE INDEX rules_about_idx ON alerts.rules (
    alert_type,
    coalesce(protocol_id, asset_id, wallet_id, portfolio_id, '00000000-0000-0000-0000-000000000000'::uuid),
    coalesce(chain_id, 0)
) WHERE is_active AND deleted_at IS NULL;
CREATE INDEX rules_updated_at_id_idx ON alerts.rules (updated_at, id);
DROP INDEX alerts.rules_watched_idx;

ALTER TABLE alerts.deliveries ADD COLUMN digest_id uuid;
ALTER TABLE alerts.deliveries ADD COLUMN started_at timestamptz;
COMMENT ON COLUMN alerts.deliveries.digest_id IS
    'The delivery that carries this one together with others, which may be this one; null when it '
    'goes by itself. Whatever becomes of that one becomes of this.';
COMMENT ON COLUMN alerts.deliveries.started_at IS 'When it was first tried (UTC).';
CREATE INDEX deliveries_digest_id_idx ON alerts.deliveries (digest_id) WHERE digest_id IS NOT NULL;
CREATE INDEX deliveries_user_id_started_at_idx ON alerts.deliveries (user_id, started_at)
    WHERE started_at IS NOT NULL;
CREATE INDEX delivery_attempts_delivery_id_number_idx
    ON alerts.delivery_attempts (delivery_id, number);
CREATE INDEX events_test_idx ON alerts.events (triggered_at) WHERE is_test;

ALTER TABLE alerts.destinations ADD COLUMN bounced_at timestamptz;
ALTER TABLE alerts.destinations ADD COLUMN bounce_reason text;
ALTER TABLE alerts.destinations ADD CONSTRAINT destinations_bounced_is_off
    CHECK (bounced_at IS NULL OR NOT is_active);
COMMENT ON COLUMN alerts.destinations.bounced_at IS
    'When it sent back what was sent to it, and was switched off (UTC); null when it did not, or '
    'was switched on again since.';
COMMENT ON COLUMN alerts.destinations.bounce_reason IS 'How it was sent back.';
GRANT SELECT (bounced_at, bounce_reason) ON alerts.destinations TO gateway;

CREATE FUNCTION alerts.forget_bounce() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $body$
BEGIN
    NEW.bounced_at := NULL;
    NEW.bounce_reason := NULL;
    RETURN NEW;
END
$body$;
COMMENT ON FUNCTION alerts.forget_bounce() IS
    'BEFORE UPDATE trigger: a destination that is switched on again starts anew.';
CREATE TRIGGER forget_bounce BEFORE UPDATE ON alerts.destinations
    FOR EACH ROW WHEN (NEW.is_active AND NOT OLD.is_active)
    EXECUTE FUNCTION alerts.forget_bounce();

CREATE TABLE alerts.mail_bounces (
    user_id uuid PRIMARY KEY REFERENCES account.users (id) ON DELETE CASCADE,
    email_sha256 bytea NOT NULL,
    reason text NOT NULL,
    bounced_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE alerts.mail_bounces IS
    'Mail addresses of accounts that send back what is sent to them. Another address is used again.';
COMMENT ON COLUMN alerts.mail_bounces.user_id IS 'Whose address it is.';
COMMENT ON COLUMN alerts.mail_bounces.email_sha256 IS
    'SHA-256 of the address in lower case: of another address this says nothing.';
COMMENT ON COLUMN alerts.mail_bounces.reason IS 'How it was sent back.';
COMMENT ON COLUMN alerts.mail_bounces.bounced_at IS 'When (UTC).';
CALL ops.protect('alerts.mail_bounces', 'user_id', '{select}');
GRANT SELECT ON alerts.mail_bounces TO gateway;

CREATE VIEW alerts.recipients WITH (security_invoker = true) AS
SELECT d.user_id, d.channel, d.id AS destination_id, d.masked
FROM alerts.destinations AS d
WHERE d.is_active
UNION ALL
SELECT u.id, 'email', NULL, '…' || right(u.email, 4)
FROM account.users AS u
WHERE u.email IS NOT NULL AND u.email_verified_at IS NOT NULL
    AND NOT EXISTS (
        SELECT FROM alerts.destinations AS d WHERE d.user_id = u.id AND d.is_active AND d.channel = 'email'
    )
    AND NOT EXISTS (
        SELECT FROM alerts.mail_bounces AS b
        WHERE b.user_id = u.id AND b.email_sha256 = sha256(convert_to(lower(u.email), 'UTF8'))
    );
COMMENT ON VIEW alerts.recipients IS
    'Where users are told: their destinations, and the mail address of the account when no '
    'destination of theirs is one and it does not send mail back.';
COMMENT ON COLUMN alerts.recipients.user_id IS 'Who is told.';
COMMENT ON COLUMN alerts.recipients.channel IS 'Which way.';
COMMENT ON COLUMN alerts.recipients.destination_id IS
    'The destination; null for the mail address of the account.';
COMMENT ON COLUMN alerts.recipients.masked IS 'Its last characters.';

-- migrate:down
DROP VIEW alerts.recipients;
DROP TABLE alerts.mail_bounces;
DROP TRIGGER forget_bounce ON alerts.destinations;
DROP FUNCTION alerts.forget_bounce();
REVOKE SELECT (bounced_at, bounce_reason) ON alerts.destinations FROM gateway;
ALTER TABLE alerts.destinations DROP COLUMN bounce_reason;
ALTER TABLE alerts.destinations DROP COLUMN bounced_at;
DROP INDEX alerts.events_test_idx;
DROP INDEX alerts.delivery_attempts_delivery_id_number_idx;
ALTER TABLE alerts.deliveries DROP COLUMN started_at;
ALTER TABLE alerts.deliveries DROP COLUMN digest_id;
CREATE INDEX rules_watched_idx ON alerts.rules (alert_type, id)
    WHERE is_active AND deleted_at IS NULL;
DROP INDEX alerts.rules_updated_at_id_idx;
DROP INDEX alerts.rules_about_idx;
