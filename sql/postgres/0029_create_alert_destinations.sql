-- Where notifications go, and what owners need to work with their rules. A destination is a secret:
-- the gateway writes it encrypted and can never read it back, only the few characters that are shown;
-- the worker that sends opens it. Rules have a version against two editors at once, and a view
-- without those thrown away. A rule is tried out by an event that is marked as a test, the only kind
-- the gateway may write.

-- migrate:up
CREATE TABLE alerts.destinations (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL REFERENCES account.users (id) ON DELETE CASCADE,
    channel alerts.channel NOT NULL,
    label text NOT NULL CHECK (length(label) BETWEEN 1 AND 100),
    masked text NOT NULL CHECK (masked <> ''),
    ciphertext bytea NOT NULL,
    key_version integer NOT NULL CHECK (key_version > 0),
    is_active boolean NOT NULL DEFAULT true,
    version integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE alerts.destinations IS
    'Where a user wants to be told, encrypted by the application before it arrives here.';
COMMENT ON COLUMN alerts.destinations.id IS 'Identifier of the destination.';
COMMENT ON COLUMN alerts.destinations.user_id IS 'Whose destination it is.';
COMMENT ON COLUMN alerts.destinations.channel IS 'Which way leads there.';
COMMENT ON COLUMN alerts.destinations.label IS 'What its owner calls it.';
COMMENT ON COLUMN alerts.destinations.masked IS 'Its last characters, for its owner to know it by.';
COMMENT ON COLUMN alerts.destinations.ciphertext IS
    'The encrypted destination, with its nonce. Not readable by the gateway.';
COMMENT ON COLUMN alerts.destinations.key_version IS 'Which application key encrypted it.';
COMMENT ON COLUMN alerts.destinations.is_active IS 'Whether notifications go there.';
COMMENT ON COLUMN alerts.destinations.version IS 'How often it was edited, counted from 1.';
COMMENT ON COLUMN alerts.destinations.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN alerts.destinations.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON alerts.destinations
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CREATE TRIGGER bump_version BEFORE UPDATE ON alerts.destinations
    FOR EACH ROW EXECUTE FUNCTION ops.bump_version('updated_at', 'ciphertext', 'key_version');
CREATE INDEX destinations_user_id_channel_idx ON alerts.destinations (user_id, channel);
CALL ops.protect('alerts.destinations', 'user_id', '{select, insert, update, delete}');
GRANT SELECT (
    id, user_id, channel, label, masked, is_active, version, created_at, updated_at
), INSERT (
    id, user_id, channel, label, masked, ciphertext, key_version
), UPDATE (label, is_active), DELETE ON alerts.destinations TO gateway;

ALTER TABLE alerts.rules ADD COLUMN version integer NOT NULL DEFAULT 1;
COMMENT ON COLUMN alerts.rules.version IS
    'How often its owner edited it, counted from 1; firing does not count.';
CREATE TRIGGER bump_version BEFORE UPDATE ON alerts.rules
    FOR EACH ROW EXECUTE FUNCTION ops.bump_version(
        'last_triggered_at', 'triggers_today', 'triggers_today_date', 'trigger_count_total',
        'updated_at'
    );

CREATE VIEW alerts.live_rules WITH (security_invoker = true) AS
SELECT
    id, user_id, name, description, alert_type, target_type, protocol_id, asset_id, wallet_id,
    portfolio_id, chain_id, condition_operator, threshold_value, threshold_type, timeframe_minutes,
    notification_channels, cooldown_minutes, max_triggers_per_day, last_triggered_at,
    CASE WHEN triggers_today_date = (now() AT TIME ZONE 'UTC')::date THEN triggers_today ELSE 0 END
        AS triggers_today,
    trigger_count_total, is_active,
    is_paused AND (paused_until IS NULL OR paused_until > now()) AS is_paused,
    paused_until, version, created_at, updated_at
FROM alerts.rules
WHERE deleted_at IS NULL;
COMMENT ON VIEW alerts.live_rules IS
    'Rules their owners did not throw away, with the counts and pauses that hold now.';
COMMENT ON COLUMN alerts.live_rules.id IS 'Identifier of the rule.';
COMMENT ON COLUMN alerts.live_rules.user_id IS 'Who wants to be told.';
COMMENT ON COLUMN alerts.live_rules.name IS 'What its owner calls it.';
COMMENT ON COLUMN alerts.live_rules.description IS 'What it is for.';
COMMENT ON COLUMN alerts.live_rules.alert_type IS 'What it watches.';
COMMENT ON COLUMN alerts.live_rules.target_type IS 'What kind of thing it is about.';
COMMENT ON COLUMN alerts.live_rules.protocol_id IS 'The protocol it is about.';
COMMENT ON COLUMN alerts.live_rules.asset_id IS 'The asset it is about.';
COMMENT ON COLUMN alerts.live_rules.wallet_id IS 'The wallet it is about.';
COMMENT ON COLUMN alerts.live_rules.portfolio_id IS 'The portfolio it is about.';
COMMENT ON COLUMN alerts.live_rules.chain_id IS
    'The chain it is about, or the chain other targets are narrowed to.';
COMMENT ON COLUMN alerts.live_rules.condition_operator IS 'How the value is compared.';
COMMENT ON COLUMN alerts.live_rules.threshold_value IS 'What the value is compared with.';
COMMENT ON COLUMN alerts.live_rules.threshold_type IS 'Whether the threshold is a value or a change.';
COMMENT ON COLUMN alerts.live_rules.timeframe_minutes IS
    'How far back the baseline of a change lies, in minutes.';
COMMENT ON COLUMN alerts.live_rules.notification_channels IS 'Which ways to tell.';
COMMENT ON COLUMN alerts.live_rules.cooldown_minutes IS 'Quiet time after it fired, in minutes.';
COMMENT ON COLUMN alerts.live_rules.max_triggers_per_day IS 'How often it may fire on one day (UTC).';
COMMENT ON COLUMN alerts.live_rules.last_triggered_at IS 'When it last fired (UTC).';
COMMENT ON COLUMN alerts.live_rules.triggers_today IS 'How often it fired on the current day (UTC).';
COMMENT ON COLUMN alerts.live_rules.trigger_count_total IS 'How often it ever fired.';
COMMENT ON COLUMN alerts.live_rules.is_active IS 'Whether it is switched on.';
COMMENT ON COLUMN alerts.live_rules.is_paused IS 'Whether it is quiet now.';
COMMENT ON COLUMN alerts.live_rules.paused_until IS 'When the pause ends by itself (UTC).';
COMMENT ON COLUMN alerts.live_rules.version IS 'How often its owner edited it, counted from 1.';
COMMENT ON COLUMN alerts.live_rules.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN alerts.live_rules.updated_at IS 'When the row last changed (UTC).';
GRANT SELECT ON alerts.live_rules TO gateway;

ALTER TABLE alerts.events ADD COLUMN is_test boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN alerts.events.is_test IS 'Whether its owner only tried the rule out.';
CREATE INDEX events_id_idx ON alerts.events (id);
CREATE POLICY owner_insert ON alerts.events FOR INSERT TO gateway
    WITH CHECK (user_id = (SELECT ops.current_user_id()) AND is_test);
GRANT INSERT (
    id, rule_id, user_id, alert_type, triggered_value, threshold_value, condition_met, title,
    message, severity, notification_channels, is_test
) ON alerts.events TO gateway;

CREATE INDEX deliveries_event_id_created_at_id_idx
    ON alerts.deliveries (event_id, created_at DESC, id DESC);
CREATE INDEX deliveries_id_idx ON alerts.deliveries (id);

-- migrate:down
DROP INDEX alerts.deliveries_id_idx;
DROP INDEX alerts.deliveries_event_id_created_at_id_idx;
REVOKE INSERT (
    id, rule_id, user_id, alert_type, triggered_value, threshold_value, condition_met, title,
    message, severity, notification_channels, is_test
) ON alerts.events FROM gateway;
DROP POLICY owner_insert ON alerts.events;
DROP INDEX alerts.events_id_idx;
ALTER TABLE alerts.events DROP COLUMN is_test;
DROP VIEW alerts.live_rules;
DROP TRIGGER bump_version ON alerts.rules;
ALTER TABLE alerts.rules DROP COLUMN version;
DROP TABLE alerts.destinations;
