-- What users want to be told (rules), what fired (events) and what was sent (deliveries). A rule
-- fires by one UPDATE … RETURNING over its counters, so that two workers cannot both fire it; the
-- count of the day stands beside its day and needs no midnight job. Destinations are secrets and
-- stand in account.user_secrets. Events and deliveries only grow: monthly partitions, and a real
-- foreign key between them. Rules are soft-deleted, because their events stay.

-- migrate:up
CREATE TYPE alerts.alert_type AS ENUM (
    'price_change', 'tvl_change', 'volume_spike', 'gas_price', 'portfolio_value',
    'security_risk', 'risk_score', 'whale_movement', 'smart_money', 'new_listing'
);
COMMENT ON TYPE alerts.alert_type IS 'What a rule watches.';

CREATE TYPE alerts.target_type AS ENUM ('protocol', 'asset', 'wallet', 'chain', 'portfolio');
COMMENT ON TYPE alerts.target_type IS 'What kind of thing a rule is about.';

CREATE TYPE alerts.condition_operator AS ENUM ('gt', 'gte', 'lt', 'lte', 'eq', 'ne');
COMMENT ON TYPE alerts.condition_operator IS 'How a value is compared with the threshold.';

CREATE TYPE alerts.threshold_type AS ENUM ('absolute', 'percentage');
COMMENT ON TYPE alerts.threshold_type IS
    'Whether a threshold is a value, or a change in percent since timeframe_minutes ago.';

CREATE TYPE alerts.channel AS ENUM ('email', 'webhook', 'telegram', 'discord', 'sms', 'push');
COMMENT ON TYPE alerts.channel IS 'Which way a notification goes.';

CREATE TYPE alerts.severity AS ENUM ('info', 'low', 'medium', 'high', 'critical');
COMMENT ON TYPE alerts.severity IS 'How serious something is.';

CREATE TYPE alerts.delivery_status AS ENUM ('pending', 'sent', 'delivered', 'failed', 'bounced');
COMMENT ON TYPE alerts.delivery_status IS 'What became of a notification.';

CREATE TABLE alerts.rules (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL REFERENCES account.users (id),
    name text NOT NULL CHECK (name <> ''),
    description text,
    alert_type alerts.alert_type NOT NULL,
    target_type alerts.target_type NOT NULL,
    protocol_id uuid REFERENCES catalog.protocols (id),
    asset_id uuid REFERENCES catalog.assets (id),
    wallet_id uuid REFERENCES catalog.wallets (id),
    portfolio_id uuid,
    chain_id bigint REFERENCES catalog.chains (id),
    condition_operator alerts.condition_operator NOT NULL,
    threshold_value numeric(76,18) NOT NULL,
    threshold_type alerts.threshold_type NOT NULL DEFAULT 'absolute',
    timeframe_minutes integer NOT NULL DEFAULT 60 CHECK (timeframe_minutes > 0),
    notification_channels alerts.channel[] NOT NULL DEFAULT '{email}'
        CHECK (cardinality(notification_channels) > 0),
    cooldown_minutes integer NOT NULL DEFAULT 60 CHECK (cooldown_minutes >= 0),
    max_triggers_per_day integer NOT NULL DEFAULT 10 CHECK (max_triggers_per_day > 0),
    last_triggered_at timestamptz,
    triggers_today integer NOT NULL DEFAULT 0 CHECK (triggers_today >= 0),
    triggers_today_date date,
    trigger_count_total bigint NOT NULL DEFAULT 0 CHECK (trigger_count_total >= 0),
    is_active boolean NOT NULL DEFAULT true,
    is_paused boolean NOT NULL DEFAULT false,
    paused_until timestamptz,
    deleted_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (id, user_id),
    FOREIGN KEY (portfolio_id, user_id) REFERENCES portfolio.portfolios (id, user_id),
    CONSTRAINT rules_target_matches CHECK (
        (protocol_id IS NOT NULL) = (target_type = 'protocol')
        AND (asset_id IS NOT NULL) = (target_type = 'asset')
        AND (wallet_id IS NOT NULL) = (target_type = 'wallet')
        AND (portfolio_id IS NOT NULL) = (target_type = 'portfolio')
        AND (chain_id IS NOT NULL OR target_type <> 'chain')
    ),
    CONSTRAINT rules_type_suits_target CHECK (
        CASE alert_type
            WHEN 'price_change' THEN target_type = 'asset'
            WHEN 'tvl_change' THEN target_type = 'protocol'
            WHEN 'volume_spike' THEN target_type IN ('asset', 'protocol')
            WHEN 'gas_price' THEN target_type = 'chain'
            WHEN 'portfolio_value' THEN target_type = 'portfolio'
            WHEN 'whale_movement' THEN target_type IN ('asset', 'wallet', 'chain')
            WHEN 'smart_money' THEN target_type IN ('asset', 'wallet')
            WHEN 'new_listing' THEN target_type IN ('protocol', 'chain')
            ELSE target_type IN ('protocol', 'asset', 'wallet', 'portfolio')
        END
    ),
    CONSTRAINT rules_no_equality_on_continuous CHECK (
        condition_operator NOT IN ('eq', 'ne')
        OR alert_type IN ('security_risk', 'whale_movement', 'smart_money', 'new_listing')
    )
);
COMMENT ON TABLE alerts.rules IS 'A wish to be told when something happens.';
COMMENT ON COLUMN alerts.rules.id IS 'Identifier of the rule.';
COMMENT ON COLUMN alerts.rules.user_id IS 'Who wants to be told.';
COMMENT ON COLUMN alerts.rules.name IS 'What its owner calls it.';
COMMENT ON COLUMN alerts.rules.description IS 'What it is for.';
COMMENT ON COLUMN alerts.rules.alert_type IS 'What it watches.';
COMMENT ON COLUMN alerts.rules.target_type IS
    'What kind of thing it is about; the matching column below is set.';
COMMENT ON COLUMN alerts.rules.protocol_id IS 'The protocol it is about.';
COMMENT ON COLUMN alerts.rules.asset_id IS 'The asset it is about.';
COMMENT ON COLUMN alerts.rules.wallet_id IS 'The wallet it is about.';
COMMENT ON COLUMN alerts.rules.portfolio_id IS 'The portfolio it is about; one of its owner''s.';
COMMENT ON COLUMN alerts.rules.chain_id IS
    'The chain it is about, or the chain other targets are narrowed to.';
COMMENT ON COLUMN alerts.rules.condition_operator IS
    'How the value is compared; equality only where values are not continuous.';
COMMENT ON COLUMN alerts.rules.threshold_value IS
    'What the value is compared with, in the unit of what is watched, or in percent.';
COMMENT ON COLUMN alerts.rules.threshold_type IS 'Whether the threshold is a value or a change.';
COMMENT ON COLUMN alerts.rules.timeframe_minutes IS
    'How far back the baseline of a change lies, in minutes.';
COMMENT ON COLUMN alerts.rules.notification_channels IS 'Which ways to tell.';
COMMENT ON COLUMN alerts.rules.cooldown_minutes IS 'Quiet time after it fired, in minutes.';
COMMENT ON COLUMN alerts.rules.max_triggers_per_day IS 'How often it may fire on one day (UTC).';
COMMENT ON COLUMN alerts.rules.last_triggered_at IS 'When it last fired (UTC).';
COMMENT ON COLUMN alerts.rules.triggers_today IS 'How often it fired on triggers_today_date.';
COMMENT ON COLUMN alerts.rules.triggers_today_date IS
    'The day triggers_today counts (UTC); on any other day the count is 0.';
COMMENT ON COLUMN alerts.rules.trigger_count_total IS 'How often it ever fired.';
COMMENT ON COLUMN alerts.rules.is_active IS 'Whether it is switched on.';
COMMENT ON COLUMN alerts.rules.is_paused IS 'Whether it is quiet for a while.';
COMMENT ON COLUMN alerts.rules.paused_until IS
    'When the pause ends by itself (UTC); null until its owner ends it.';
COMMENT ON COLUMN alerts.rules.deleted_at IS 'When its owner threw it away (UTC).';
COMMENT ON COLUMN alerts.rules.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN alerts.rules.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON alerts.rules
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CREATE INDEX rules_user_id_created_at_id_idx ON alerts.rules (user_id, created_at DESC, id DESC);
CREATE INDEX rules_watched_idx ON alerts.rules (alert_type, id)
    WHERE is_active AND deleted_at IS NULL;
CREATE INDEX rules_protocol_id_idx ON alerts.rules (protocol_id) WHERE protocol_id IS NOT NULL;
CREATE INDEX rules_asset_id_idx ON alerts.rules (asset_id) WHERE asset_id IS NOT NULL;
CREATE INDEX rules_wallet_id_idx ON alerts.rules (wallet_id) WHERE wallet_id IS NOT NULL;
CREATE INDEX rules_portfolio_id_user_id_idx ON alerts.rules (portfolio_id, user_id)
    WHERE portfolio_id IS NOT NULL;
CREATE INDEX rules_chain_id_idx ON alerts.rules (chain_id) WHERE chain_id IS NOT NULL;
CALL ops.protect('alerts.rules', 'user_id', '{select, insert, update}');
GRANT SELECT,
    INSERT (
        id, user_id, name, description, alert_type, target_type, protocol_id, asset_id, wallet_id,
        portfolio_id, chain_id, condition_operator, threshold_value, threshold_type,
        timeframe_minutes, notification_channels, cooldown_minutes, max_triggers_per_day, is_active,
        is_paused, paused_until
    ),
    UPDATE (
        name, description, condition_operator, threshold_value, threshold_type, timeframe_minutes,
        notification_channels, cooldown_minutes, max_triggers_per_day, is_active, is_paused,
        paused_until, deleted_at
    )
    ON alerts.rules TO gateway;

CREATE TABLE alerts.events (
    triggered_at timestamptz NOT NULL DEFAULT now(),
    id uuid NOT NULL DEFAULT ops.uuid_v7(),
    rule_id uuid NOT NULL,
    user_id uuid NOT NULL REFERENCES account.users (id),
    alert_type alerts.alert_type NOT NULL,
    triggered_value numeric(76,18) NOT NULL,
    baseline_value numeric(76,18),
    threshold_value numeric(76,18) NOT NULL,
    condition_met text NOT NULL,
    title text NOT NULL,
    message text NOT NULL,
    severity alerts.severity NOT NULL DEFAULT 'info',
    notification_channels alerts.channel[] NOT NULL DEFAULT '{}',
    delivery_status jsonb NOT NULL DEFAULT '{}',
    metadata jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (triggered_at, id),
    FOREIGN KEY (rule_id, user_id) REFERENCES alerts.rules (id, user_id)
) PARTITION BY RANGE (triggered_at);
COMMENT ON TABLE alerts.events IS 'A firing of a rule, as it was at that moment.';
COMMENT ON COLUMN alerts.events.triggered_at IS 'When the rule fired (UTC).';
COMMENT ON COLUMN alerts.events.id IS
    'Identifier of the event; later events sort after earlier ones.';
COMMENT ON COLUMN alerts.events.rule_id IS 'The rule.';
COMMENT ON COLUMN alerts.events.user_id IS 'Who wanted to be told.';
COMMENT ON COLUMN alerts.events.alert_type IS 'What the rule watched.';
COMMENT ON COLUMN alerts.events.triggered_value IS 'The value that made it fire.';
COMMENT ON COLUMN alerts.events.baseline_value IS
    'The value a change was measured from; null for absolute thresholds.';
COMMENT ON COLUMN alerts.events.threshold_value IS 'The threshold at that moment.';
COMMENT ON COLUMN alerts.events.condition_met IS 'The condition in words.';
COMMENT ON COLUMN alerts.events.title IS 'Headline of the notification.';
COMMENT ON COLUMN alerts.events.message IS 'Text of the notification.';
COMMENT ON COLUMN alerts.events.severity IS 'How serious it is.';
COMMENT ON COLUMN alerts.events.notification_channels IS 'Which ways it was to be told.';
COMMENT ON COLUMN alerts.events.delivery_status IS 'Newest state of delivery, by channel.';
COMMENT ON COLUMN alerts.events.metadata IS 'Further facts.';
CREATE INDEX events_user_id_triggered_at_id_idx
    ON alerts.events (user_id, triggered_at DESC, id DESC);
CREATE INDEX events_rule_id_triggered_at_id_idx
    ON alerts.events (rule_id, triggered_at DESC, id DESC);
CREATE INDEX events_critical_idx ON alerts.events (triggered_at DESC) WHERE severity = 'critical';
CALL ops.protect('alerts.events', 'user_id', '{select}');
GRANT SELECT ON alerts.events TO gateway;
CALL ops.create_default_partition('alerts.events');

CREATE TABLE alerts.deliveries (
    created_at timestamptz NOT NULL DEFAULT now(),
    id uuid NOT NULL DEFAULT ops.uuid_v7(),
    event_triggered_at timestamptz NOT NULL,
    event_id uuid NOT NULL,
    user_id uuid NOT NULL REFERENCES account.users (id),
    channel alerts.channel NOT NULL,
    recipient_masked text NOT NULL,
    subject text,
    body text,
    status alerts.delivery_status NOT NULL DEFAULT 'pending',
    error_message text,
    retry_count integer NOT NULL DEFAULT 0 CHECK (retry_count >= 0),
    next_attempt_at timestamptz,
    provider text,
    provider_message_id text,
    sent_at timestamptz,
    delivered_at timestamptz,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (created_at, id),
    FOREIGN KEY (event_triggered_at, event_id)
        REFERENCES alerts.events (triggered_at, id) ON DELETE CASCADE
) PARTITION BY RANGE (created_at);
COMMENT ON TABLE alerts.deliveries IS
    'An attempt to tell somebody about an event over one channel.';
COMMENT ON COLUMN alerts.deliveries.created_at IS 'When the attempt was planned (UTC).';
COMMENT ON COLUMN alerts.deliveries.id IS 'Identifier of the delivery.';
COMMENT ON COLUMN alerts.deliveries.event_triggered_at IS
    'When the event happened (UTC); part of its key.';
COMMENT ON COLUMN alerts.deliveries.event_id IS 'The event.';
COMMENT ON COLUMN alerts.deliveries.user_id IS 'Who is told.';
COMMENT ON COLUMN alerts.deliveries.channel IS 'Which way.';
COMMENT ON COLUMN alerts.deliveries.recipient_masked IS
    'Where to, with all but a few characters hidden.';
COMMENT ON COLUMN alerts.deliveries.subject IS 'Headline as sent.';
COMMENT ON COLUMN alerts.deliveries.body IS 'Text as sent.';
COMMENT ON COLUMN alerts.deliveries.status IS 'What became of it.';
COMMENT ON COLUMN alerts.deliveries.error_message IS 'Why it failed.';
COMMENT ON COLUMN alerts.deliveries.retry_count IS 'How often it was tried again.';
COMMENT ON COLUMN alerts.deliveries.next_attempt_at IS
    'When it is tried next (UTC); null when it is over.';
COMMENT ON COLUMN alerts.deliveries.provider IS 'Service that carries it.';
COMMENT ON COLUMN alerts.deliveries.provider_message_id IS 'Key of the message at that service.';
COMMENT ON COLUMN alerts.deliveries.sent_at IS 'When the service took it (UTC).';
COMMENT ON COLUMN alerts.deliveries.delivered_at IS 'When it arrived (UTC).';
COMMENT ON COLUMN alerts.deliveries.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON alerts.deliveries
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CREATE INDEX deliveries_event_triggered_at_event_id_idx
    ON alerts.deliveries (event_triggered_at, event_id);
CREATE INDEX deliveries_user_id_created_at_id_idx
    ON alerts.deliveries (user_id, created_at DESC, id DESC);
CREATE INDEX deliveries_next_attempt_at_idx ON alerts.deliveries (next_attempt_at)
    WHERE status IN ('pending', 'failed');
CREATE INDEX deliveries_provider_provider_message_id_idx
    ON alerts.deliveries (provider, provider_message_id)
    WHERE provider_message_id IS NOT NULL;
CALL ops.protect('alerts.deliveries', 'user_id', '{select}');
GRANT SELECT ON alerts.deliveries TO gateway;
CALL ops.create_default_partition('alerts.deliveries');
SELECT ops.ensure_partitions(3);

-- migrate:down
DROP TABLE alerts.deliveries;
DROP TABLE alerts.events;
DROP TABLE alerts.rules;
DROP TYPE alerts.delivery_status;
DROP TYPE alerts.severity;
DROP TYPE alerts.channel;
DROP TYPE alerts.threshold_type;
DROP TYPE alerts.condition_operator;
DROP TYPE alerts.target_type;
DROP TYPE alerts.alert_type;
