-- What the worker does with rules: reads them and lets them fire. It acts for nobody and sees every row; times are those
-- of the database, so that the clocks of workers do not matter.

-- name: rules :many
-- Rules of some types that may fire now or later by themselves, a page after a key.
-- index: rules_pkey
SELECT
    id, version, alert_type::text AS alert_type, condition_operator::text AS condition_operator, threshold_value,
    threshold_type::text AS threshold_type, timeframe_minutes, target_type::text AS target_type, protocol_id, asset_id,
    wallet_id, portfolio_id, chain_id
FROM alerts.rules
WHERE id > :after::uuid AND alert_type = ANY (:types::text[]::alerts.alert_type[])
    AND is_active AND deleted_at IS NULL AND (NOT is_paused OR paused_until IS NOT NULL)
ORDER BY id
LIMIT :most::bigint;

-- name: rules_by_id :many
-- Those of the rules that are of some types and may fire now or later by themselves; the others are to be forgotten.
-- index: rules_pkey
SELECT
    id, version, alert_type::text AS alert_type, condition_operator::text AS condition_operator, threshold_value,
    threshold_type::text AS threshold_type, timeframe_minutes, target_type::text AS target_type, protocol_id, asset_id,
    wallet_id, portfolio_id, chain_id
FROM alerts.rules
WHERE id = ANY (:ids::uuid[]) AND alert_type = ANY (:types::text[]::alerts.alert_type[])
    AND is_active AND deleted_at IS NULL AND (NOT is_paused OR paused_until IS NOT NULL);

-- name: last_change :one
-- When a rule last changed; null without rules.
-- index: rules_updated_at_id_idx
SELECT max(updated_at) AS at FROM alerts.rules;

-- name: changed_rules :many
-- Rules that changed, by firing too, after a moment and key, with the version they are in.
-- index: rules_updated_at_id_idx
SELECT updated_at, id, version FROM alerts.rules
WHERE (updated_at, id) > (:since::timestamptz, :after::uuid)
ORDER BY updated_at, id
LIMIT :most::bigint;

-- name: subjects :many
-- What rules of a type that may fire at a moment are about, a page after a subject and chain (0 for all), with the
-- timeframes they look back over: 0 stands for none, which is that of a value compared as it is unless it is counted
-- within a timeframe anyway.
-- index: rules_about_idx
SELECT
    min(target_type)::text AS target_type,
    coalesce(protocol_id, asset_id, wallet_id, portfolio_id, '00000000-0000-0000-0000-000000000000'::uuid) AS subject,
    coalesce(chain_id, 0) AS chain,
    array_agg(DISTINCT CASE WHEN threshold_type = 'percentage' OR :is_windowed::boolean THEN timeframe_minutes ELSE 0 END)
        AS timeframes
FROM alerts.rules
WHERE alert_type = :type::text::alerts.alert_type AND is_active AND deleted_at IS NULL
    AND (
        coalesce(protocol_id, asset_id, wallet_id, portfolio_id, '00000000-0000-0000-0000-000000000000'::uuid),
        coalesce(chain_id, 0)
    ) > (:after_subject::uuid, :after_chain::bigint)
    AND NOT (is_paused AND (paused_until IS NULL OR paused_until > :at::timestamptz))
    AND (last_triggered_at IS NULL OR last_triggered_at + make_interval(mins => cooldown_minutes) <= :at::timestamptz)
    AND (triggers_today_date IS DISTINCT FROM (:at::timestamptz AT TIME ZONE 'UTC')::date
        OR triggers_today < max_triggers_per_day)
GROUP BY 2, 3
ORDER BY 2, 3
LIMIT :most::bigint;

-- name: near :many
-- Rules of a type that may fire at a moment and whose threshold what was seen has come to, so that they are worth a look:
-- whether they do fire is decided elsewhere. A number is compared with `threshold * scale`.
-- index: rules_about_idx
SELECT
    r.id, r.version, r.alert_type::text AS alert_type, r.condition_operator::text AS condition_operator,
    r.threshold_value, r.threshold_type::text AS threshold_type, r.timeframe_minutes, r.target_type::text AS target_type,
    r.protocol_id, r.asset_id, r.wallet_id, r.portfolio_id, r.chain_id
FROM unnest(
    :subjects::uuid[], :chains::bigint[], :threshold_types::text[], :timeframes::integer[], :numbers::numeric[],
    :scales::numeric[]
) AS s (subject, chain, threshold_type, timeframe, number, scale)
JOIN alerts.rules AS r
    ON r.alert_type = :type::text::alerts.alert_type AND r.is_active AND r.deleted_at IS NULL
    AND coalesce(
        r.protocol_id, r.asset_id, r.wallet_id, r.portfolio_id, '00000000-0000-0000-0000-000000000000'::uuid
    ) = s.subject
    AND coalesce(r.chain_id, 0) = s.chain
    AND r.threshold_type = s.threshold_type::alerts.threshold_type
    AND (s.timeframe = 0 OR r.timeframe_minutes = s.timeframe)
WHERE NOT (r.is_paused AND (r.paused_until IS NULL OR r.paused_until > :at::timestamptz))
    AND (
        r.last_triggered_at IS NULL
        OR r.last_triggered_at + make_interval(mins => r.cooldown_minutes) <= :at::timestamptz
    )
    AND (r.triggers_today_date IS DISTINCT FROM (:at::timestamptz AT TIME ZONE 'UTC')::date
        OR r.triggers_today < r.max_triggers_per_day)
    AND CASE
        WHEN r.condition_operator IN ('gt', 'gte') THEN s.number >= r.threshold_value * s.scale
        WHEN r.condition_operator IN ('lt', 'lte') THEN s.number <= r.threshold_value * s.scale
        WHEN r.condition_operator = 'eq' THEN s.number = r.threshold_value * s.scale
        ELSE true
    END;

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
    SELECT f.event_id, f.user_id, f.at, f.name, f.message, d.channel, d.destination_id, d.masked
    FROM fired AS f
    JOIN alerts.recipients AS d ON d.user_id = f.user_id AND d.channel = ANY (f.notification_channels)
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
