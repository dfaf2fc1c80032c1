-- What users did. No row policies here: every query names the user.

-- name: costs :many
-- Requests of a user and what they cost, by day and kind.
SELECT toDate(ts, 'UTC') AS day, event_type, sum(requests) AS request_count, sum(cost) AS cost
FROM usage_events FINAL
WHERE user_id = {user_id:UUID}
    AND ts >= {start:DateTime64(3, 'UTC')} AND ts < {end:DateTime64(3, 'UTC')}
GROUP BY day, event_type
ORDER BY day, event_type;

-- name: arrived_days :many
-- Days with events that arrived since a moment.
SELECT DISTINCT toDate(ts, 'UTC') AS day
FROM usage_events
WHERE ingested_at > {since:DateTime64(3, 'UTC')}
ORDER BY day;

-- name: users_of_day :many
-- Users after one with events on a day, in the order of their ids; nobody is not among them.
SELECT DISTINCT user_id
FROM usage_events
WHERE user_id > {after:UUID} AND ts >= {start:DateTime64(3, 'UTC')} AND ts < {end:DateTime64(3, 'UTC')}
ORDER BY user_id
LIMIT {count:UInt32};

-- name: day :many
-- What some users asked for on a day, by kind: requests and cost points.
SELECT user_id, event_type, resource_type, sum(requests) AS request_count, sum(cost) AS cost
FROM usage_events FINAL
WHERE user_id IN {keys:Array(UUID)} AND ts >= {start:DateTime64(3, 'UTC')} AND ts < {end:DateTime64(3, 'UTC')}
GROUP BY user_id, event_type, resource_type
ORDER BY user_id, event_type, resource_type;
