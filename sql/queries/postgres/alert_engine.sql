-- What the worker does with rules: reads them, lets them fire, and delivers what fired. It acts for nobody and sees
-- every row; times are those of the database, so that the clocks of workers do not matter.

-- name: rules :many
-- Rules that may fire now or later by themselves, a page after a key.
-- index: rules_pkey
SELECT
    id, version, alert_type::text AS alert_type, condition_operator::text AS condition_operator, threshold_value,
    threshold_type::text AS threshold_type, timeframe_minutes, target_type::text AS target_type, protocol_id, asset_id,
    wallet_id, portfolio_id, chain_id
FROM alerts.rules
WHERE id > :after::uuid AND is_active AND deleted_at IS NULL AND (NOT is_paused OR paused_until IS NOT NULL)
ORDER BY id
LIMIT :most::bigint;

-- name: rules_by_id :many
-- Those of the rules that may fire now or later by themselves; the others are to be forgotten.
-- index: rules_pkey
SELECT
    id, version, alert_type::text AS alert_type, condition_operator::text AS condition_operator, threshold_value,
    threshold_type::text AS threshold_type, timeframe_minutes, target_type::text AS target_type, protocol_id, asset_id,
    wallet_id, portfolio_id, chain_id
FROM alerts.rules
WHERE id = ANY (:ids::uuid[]) AND is_active AND deleted_at IS NULL AND (NOT is_paused OR paused_until IS NOT NULL);

-- name: fire :exec
-- Lets those of the rules fire that may, each once for one observation, and plans what is sent: rule, event, deliveries
-- and outbox in one statement. Rules are locked in the order of their keys; whoever waited sees the newest row and is
-- refused by it. `at` is null for the time of the database.
WITH asked AS (
    SELECT *
    FROM unnest(
        :rule_ids::uuid[], :versions::integer[], :seen_at::timestamptz[], :values::numeric[], :baselines::numeric[],
        :conditions::text[], :messages::text[], :severities::text[], :metadata::jsonb[]
    ) AS a (rule_id, version, seen_at, value, baseline, condition_met, message, severity, metadata)
),
held AS (
    SELECT a.*, coalesce(:at::timestamptz, now()) AS at
    FROM alerts.rules AS r JOIN asked AS a ON a.rule_id = r.id
    ORDER BY r.id
    FOR NO KEY UPDATE OF r
),
fired AS (
    UPDATE alerts.rules AS r SET
        last_triggered_at = h.at,
        triggers_today = 1 + CASE
            WHEN r.triggers_today_date = (h.at AT TIME ZONE 'UTC')::date THEN r.triggers_today ELSE 0
        END,
        triggers_today_date = (h.at AT TIME ZONE 'UTC')::date,
        trigger_count_total = r.trigger_count_total + 1
    FROM held AS h JOIN account.users AS u ON true
    WHERE r.id = h.rule_id AND r.version = h.version AND u.id = r.user_id
        AND r.is_active AND r.deleted_at IS NULL
        AND NOT (r.is_paused AND (r.paused_until IS NULL OR r.paused_until > h.at))
        AND u.is_active AND NOT u.is_banned AND u.deleted_at IS NULL
        AND (
            r.last_triggered_at IS NULL OR (
                r.last_triggered_at < h.seen_at
                AND r.last_triggered_at + make_interval(mins => r.cooldown_minutes) <= h.at
            )
        )
        AND (
            r.triggers_today_date IS DISTINCT FROM (h.at AT TIME ZONE 'UTC')::date
            OR r.triggers_today < r.max_triggers_per_day
        )
    RETURNING
        h.*, ops.uuid_v7() AS event_id, r.user_id, r.alert_type, r.name, r.threshold_value, r.notification_channels,
        greatest(
            h.at + make_interval(mins => r.cooldown_minutes),
            CASE WHEN r.triggers_today >= r.max_triggers_per_day
                THEN ((h.at AT TIME ZONE 'UTC')::date + 1)::timestamp AT TIME ZONE 'UTC'
            END
        ) AS quiet_until
),
planned AS (
    SELECT f.event_id, f.user_id, f.at, f.name, f.message, d.channel, d.id AS destination_id, d.masked
    FROM fired AS f
    JOIN alerts.destinations AS d
        ON d.user_id = f.user_id AND d.is_active AND d.channel = ANY (f.notification_channels)
    UNION ALL
    SELECT f.event_id, f.user_id, f.at, f.name, f.message, 'email', NULL, '…' || right(u.email, 4)
    FROM fired AS f
    JOIN account.users AS u ON u.id = f.user_id AND u.email IS NOT NULL AND u.email_verified_at IS NOT NULL
    WHERE 'email' = ANY (f.notification_channels) AND NOT EXISTS (
        SELECT FROM alerts.destinations AS d WHERE d.user_id = f.user_id AND d.is_active AND d.channel = 'email'
    )
),
told AS (
    INSERT INTO alerts.events (
        triggered_at, id, rule_id, user_id, alert_type, triggered_value, baseline_value, threshold_value, condition_met,
        title, message, severity, notification_channels, delivery_status, metadata
    )
    SELECT
        f.at, f.event_id, f.rule_id, f.user_id, f.alert_type, f.value, f.baseline, f.threshold_value, f.condition_met,
        f.name, f.message, f.severity::alerts.severity, f.notification_channels,
        coalesce(
            (SELECT jsonb_object_agg(p.channel, 'pending') FROM planned AS p WHERE p.event_id = f.event_id), '{}'
        ),
        f.metadata
    FROM fired AS f
),
queued AS (
    INSERT INTO alerts.deliveries (
        created_at, event_triggered_at, event_id, user_id, channel, destination_id, recipient_masked, subject, body,
        next_attempt_at
    )
    SELECT at, at, event_id, user_id, channel, destination_id, masked, name, message, at FROM planned
),
relayed AS (
    INSERT INTO ops.outbox (aggregate, aggregate_id, event, payload)
    SELECT
        'alerts.events', event_id::text, 'created',
        jsonb_build_object(
            'id', event_id, 'user_id', user_id, 'rule_id', rule_id, 'is_test', false,
            'notification_channels', notification_channels
        )
    FROM fired
)
SELECT
    f.rule_id, f.event_id, f.at AS triggered_at, f.quiet_until,
    (SELECT count(*) FROM planned AS p WHERE p.event_id = f.event_id) AS delivery_count
FROM fired AS f;

-- name: quiet :many
-- Rules that did not fire, with their version and until when they cannot; null where nothing is known to hinder them.
-- Those that are missing cannot fire at all until their owner edits them.
-- index: rules_pkey
SELECT r.id, r.version, greatest(
    CASE WHEN r.is_paused AND r.paused_until > m.at THEN r.paused_until END,
    CASE WHEN r.last_triggered_at + make_interval(mins => r.cooldown_minutes) > m.at
        THEN r.last_triggered_at + make_interval(mins => r.cooldown_minutes)
    END,
    CASE WHEN r.triggers_today_date = (m.at AT TIME ZONE 'UTC')::date AND r.triggers_today >= r.max_triggers_per_day
        THEN ((m.at AT TIME ZONE 'UTC')::date + 1)::timestamp AT TIME ZONE 'UTC'
    END
) AS quiet_until
FROM alerts.rules AS r
JOIN account.users AS u ON u.id = r.user_id AND u.is_active AND NOT u.is_banned AND u.deleted_at IS NULL
CROSS JOIN (SELECT coalesce(:at::timestamptz, now()) AS at) AS m
WHERE r.id = ANY (:rule_ids::uuid[]) AND r.is_active AND r.deleted_at IS NULL
    AND NOT (r.is_paused AND r.paused_until IS NULL);

-- name: claim_deliveries :exec
-- Takes deliveries that are due, for as long as the lease; each claim is a try of its own.
-- index: deliveries_next_attempt_at_idx
WITH due AS (
    SELECT created_at, id FROM alerts.deliveries
    WHERE status IN ('pending', 'failed') AND next_attempt_at <= now()
    ORDER BY next_attempt_at
    LIMIT :most::bigint
    FOR UPDATE SKIP LOCKED
),
claimed AS (
    UPDATE alerts.deliveries AS d SET
        attempt_count = d.attempt_count + 1,
        retry_count = d.attempt_count,
        next_attempt_at = now() + make_interval(secs => :lease_s::double precision)
    FROM due
    WHERE d.created_at = due.created_at AND d.id = due.id
    RETURNING d.*
),
noted AS (
    INSERT INTO alerts.delivery_attempts (delivery_created_at, delivery_id, number, user_id)
    SELECT created_at, id, attempt_count, user_id FROM claimed
)
SELECT
    c.created_at, c.id, c.user_id, c.channel::text AS channel, c.attempt_count, c.destination_id,
    CASE WHEN c.destination_id IS NULL THEN u.email END AS account_email,
    s.ciphertext, s.key_version, coalesce(s.is_active, c.destination_id IS NULL) AS is_wanted,
    e.triggered_at, e.id AS event_id, e.rule_id, e.alert_type::text AS alert_type, e.triggered_value, e.baseline_value,
    e.threshold_value, e.condition_met, e.title, e.message, e.severity::text AS severity, e.is_test
FROM claimed AS c
JOIN alerts.events AS e ON e.triggered_at = c.event_triggered_at AND e.id = c.event_id
JOIN account.users AS u ON u.id = c.user_id
LEFT JOIN alerts.destinations AS s ON s.id = c.destination_id AND s.user_id = c.user_id
ORDER BY c.created_at, c.id;

-- name: settle_delivery :exec
-- Writes how a try ended; no row when a later try has begun, which then decides. `retry_s` is null when it is over.
WITH settled AS (
    UPDATE alerts.deliveries SET
        status = :status::text::alerts.delivery_status,
        error_message = :error::text,
        provider = coalesce(:provider::text, provider),
        provider_message_id = coalesce(:message_id::text, provider_message_id),
        sent_at = CASE WHEN :status::text = 'sent' THEN now() ELSE sent_at END,
        next_attempt_at = now() + make_interval(secs => :retry_s::double precision)
    WHERE created_at = :created_at::timestamptz AND id = :id::uuid AND attempt_count = :attempt::integer
        AND status IN ('pending', 'failed')
    RETURNING created_at, id, event_triggered_at, event_id, channel, status
),
noted AS (
    UPDATE alerts.delivery_attempts AS a
    SET finished_at = clock_timestamp(), status = s.status, error_message = :error::text
    FROM settled AS s
    WHERE a.delivery_created_at = s.created_at AND a.delivery_id = s.id AND a.number = :attempt::integer
),
shown AS (
    UPDATE alerts.events AS e
    SET delivery_status = e.delivery_status || jsonb_build_object(s.channel, s.status)
    FROM settled AS s
    WHERE e.triggered_at = s.event_triggered_at AND e.id = s.event_id
)
SELECT id FROM settled;

-- name: switch_off_destination :exec
-- A destination that says that it is gone for good.
-- index: destinations_pkey
UPDATE alerts.destinations SET is_active = false WHERE id = :id::uuid AND is_active;
