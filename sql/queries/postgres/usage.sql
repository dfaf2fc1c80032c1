-- What users ask for, and how much they may. Those over one user name the user beside row level security.

-- name: by_day :many
-- Requests of a user by day and kind, from a day up to before another.
-- index: usage_daily_pkey
SELECT u.day, u.event_type, u.resource_type, u.count, u.cost
FROM account.usage_daily AS u
WHERE u.user_id = :user_id::uuid AND u.day >= :first::date AND u.day < :until::date
ORDER BY u.day, u.event_type, u.resource_type;

-- name: by_kind :many
-- Requests of a user by kind, from a day up to before another.
-- index: usage_daily_pkey
SELECT u.event_type, u.resource_type, sum(u.count)::bigint AS count, sum(u.cost)::bigint AS cost
FROM account.usage_daily AS u
WHERE u.user_id = :user_id::uuid AND u.day >= :first::date AND u.day < :until::date
GROUP BY u.event_type, u.resource_type
ORDER BY count DESC, u.event_type, u.resource_type;

-- name: rate_limits :many
-- How much each tier may ask for, cheapest tier first.
SELECT p.tier::text, p.resource_type, p.window_seconds, p.max_requests
FROM account.rate_limit_policies AS p
ORDER BY p.tier, p.resource_type, p.window_seconds;

-- name: watermark :one
-- Up to when arrived events were rolled up; nothing before the first run.
SELECT (value ->> 'arrived_before')::timestamptz AS arrived_before FROM ops.system_config
WHERE key = 'jobs.roll_up_usage';

-- name: advance :exec
INSERT INTO ops.system_config (key, value, description, updated_by)
VALUES (
    'jobs.roll_up_usage', jsonb_build_object('arrived_before', :arrived_before::timestamptz),
    'Up to when the job roll_up_usage has looked at arrived events; written by the job.', 'roll_up_usage'
)
ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_by = excluded.updated_by;

-- name: write_days :exec
-- Sets what users asked for on whole days; users who are gone are passed over.
INSERT INTO account.usage_daily AS d (user_id, day, event_type, resource_type, count, cost)
SELECT u.id, r.day, r.event_type, r.resource_type, r.count, r.cost
FROM jsonb_to_recordset(:rows::jsonb) AS r (
    user_id uuid, day date, event_type text, resource_type text, count bigint, cost bigint
)
JOIN account.users AS u ON u.id = r.user_id
ON CONFLICT (user_id, day, event_type, resource_type) DO UPDATE SET
    count = excluded.count,
    cost = excluded.cost
WHERE (d.count, d.cost) IS DISTINCT FROM (excluded.count, excluded.cost);
