-- Rules are made, edited, paused, tried out and thrown away; destinations are written and never read back. Every
-- statement names the user beside row level security: either alone would hold.

-- name: count_rules :one
-- Rules of a user that were not thrown away, counted up to a limit.
-- index: rules_user_id_created_at_id_idx
SELECT count(*) AS rule_count
FROM (
    SELECT FROM alerts.rules WHERE user_id = :user_id::uuid AND deleted_at IS NULL LIMIT :most::bigint
) AS known;

-- name: create_rule :one
INSERT INTO alerts.rules (
    user_id, name, description, alert_type, target_type, protocol_id, asset_id, wallet_id, portfolio_id, chain_id,
    condition_operator, threshold_value, threshold_type, timeframe_minutes, notification_channels, cooldown_minutes,
    max_triggers_per_day
) VALUES (
    :user_id::uuid, :name, :description, :alert_type::text::alerts.alert_type, :target_type::text::alerts.target_type,
    :protocol_id::uuid, :asset_id::uuid, :wallet_id::uuid, :portfolio_id::uuid, :chain_id::bigint,
    :condition_operator::text::alerts.condition_operator, :threshold_value::numeric,
    :threshold_type::text::alerts.threshold_type, :timeframe_minutes::integer,
    :notification_channels::text[]::alerts.channel[], :cooldown_minutes::integer, :max_triggers_per_day::integer
)
RETURNING *;

-- name: lock_rule :one
-- A rule of the user's own that was not thrown away, held until the end of the transaction.
-- index: rules_pkey
SELECT * FROM alerts.rules WHERE id = :id::uuid AND user_id = :user_id::uuid AND deleted_at IS NULL FOR UPDATE;

-- name: update_rule :one
-- What is null stays, but for a description that is said to be given.
UPDATE alerts.rules SET
    name = coalesce(:name::text, name),
    description = CASE WHEN :is_described::boolean THEN :description::text ELSE description END,
    condition_operator = :condition_operator::text::alerts.condition_operator,
    threshold_value = :threshold_value::numeric,
    threshold_type = :threshold_type::text::alerts.threshold_type,
    timeframe_minutes = coalesce(:timeframe_minutes::integer, timeframe_minutes),
    notification_channels = coalesce(:notification_channels::text[]::alerts.channel[], notification_channels),
    cooldown_minutes = coalesce(:cooldown_minutes::integer, cooldown_minutes),
    max_triggers_per_day = coalesce(:max_triggers_per_day::integer, max_triggers_per_day),
    is_active = coalesce(:is_active::boolean, is_active)
WHERE id = :id::uuid AND user_id = :user_id::uuid
RETURNING *;

-- name: pause_rule :one
UPDATE alerts.rules SET is_paused = :is_paused::boolean, paused_until = :paused_until::timestamptz
WHERE id = :id::uuid AND user_id = :user_id::uuid
RETURNING *;

-- name: delete_rule :one
UPDATE alerts.rules SET deleted_at = now(), is_active = false
WHERE id = :id::uuid AND user_id = :user_id::uuid
RETURNING id;

-- name: count_tests :one
-- How often a rule was tried out within the last hour.
-- index: events_rule_id_triggered_at_id_idx
SELECT count(*) AS test_count FROM alerts.events
WHERE rule_id = :id::uuid AND user_id = :user_id::uuid AND is_test AND triggered_at > now() - interval '1 hour';

-- name: create_test_event :one
-- An event marked as a test, with the threshold as the value that was reached.
INSERT INTO alerts.events (
    rule_id, user_id, alert_type, triggered_value, threshold_value, condition_met, title, message, severity,
    notification_channels, is_test
)
SELECT
    r.id, r.user_id, r.alert_type, r.threshold_value, r.threshold_value, :condition_met::text, :title::text,
    :message::text, 'info', r.notification_channels, true
FROM alerts.rules AS r
WHERE r.id = :id::uuid AND r.user_id = :user_id::uuid
RETURNING *;

-- name: reached_channels :one
-- Channels over which a user can be told something now. Mail goes to the account when there is no other place for it.
SELECT ARRAY(
    SELECT DISTINCT r.channel::text FROM alerts.recipients AS r WHERE r.user_id = :user_id::uuid ORDER BY 1
) AS channels;

-- name: count_destinations :one
-- Destinations of a user, counted up to a limit.
-- index: destinations_user_id_channel_idx
SELECT count(*) AS destination_count
FROM (SELECT FROM alerts.destinations WHERE user_id = :user_id::uuid LIMIT :most::bigint) AS known;

-- name: create_destination :one
INSERT INTO alerts.destinations (id, user_id, channel, label, masked, ciphertext, key_version)
VALUES (
    :id::uuid, :user_id::uuid, :channel::text::alerts.channel, :label, :masked, :ciphertext::bytea,
    :key_version::integer
)
RETURNING id, channel, label, masked, is_active, version;

-- name: lock_destination :one
-- A destination of the user's own, held until the end of the transaction.
-- index: destinations_pkey
SELECT id, channel, label, masked, is_active, version FROM alerts.destinations
WHERE id = :id::uuid AND user_id = :user_id::uuid FOR UPDATE;

-- name: update_destination :one
-- What is null stays.
UPDATE alerts.destinations SET
    label = coalesce(:label::text, label),
    is_active = coalesce(:is_active::boolean, is_active)
WHERE id = :id::uuid AND user_id = :user_id::uuid
RETURNING id, channel, label, masked, is_active, version;

-- name: remove_destination :one
DELETE FROM alerts.destinations WHERE id = :id::uuid AND user_id = :user_id::uuid RETURNING id;

-- name: mail_bounce :one
-- That the mail address a user has now sends mail back.
-- index: mail_bounces_pkey
SELECT b.reason, b.bounced_at
FROM alerts.mail_bounces AS b
JOIN account.users AS u ON u.id = b.user_id
WHERE b.user_id = :user_id::uuid AND b.email_sha256 = sha256(convert_to(lower(u.email), 'UTF8'));
