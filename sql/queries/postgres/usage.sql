-- What users ask for, and how much they may. Those over one user name the user beside row level security.

-- name: by_day :many
-- Requests of a user by day and kind, from a day up to before another.
-- index: usage_daily_pkey
SELECT u.day, u.event_type, u.resource_type, u.count
FROM account.usage_daily AS u
WHERE u.user_id = :user_id::uuid AND u.day >= :first::date AND u.day < :until::date
ORDER BY u.day, u.event_type, u.resource_type;

-- name: by_kind :many
-- Requests of a user by kind, from a day up to before another.
-- index: usage_daily_pkey
SELECT u.event_type, u.resource_type, sum(u.count)::bigint AS count
FROM account.usage_daily AS u
WHERE u.user_id = :user_id::uuid AND u.day >= :first::date AND u.day < :until::date
GROUP BY u.event_type, u.resource_type
ORDER BY count DESC, u.event_type, u.resource_type;

-- name: rate_limits :many
-- How much each tier may ask for, cheapest tier first.
SELECT p.tier::text, p.resource_type, p.window_seconds, p.max_requests
FROM account.rate_limit_policies AS p
ORDER BY p.tier, p.resource_type, p.window_seconds;
