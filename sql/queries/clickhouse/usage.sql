-- What users did. No row policies here: every query names the user.

-- name: costs :many
-- Requests of a user and what they cost, by day and kind.
SELECT toDate(ts, 'UTC') AS day, event_type, count() AS requests, sum(cost) AS cost
FROM usage_events FINAL
WHERE user_id = {user_id:UUID}
    AND ts >= {start:DateTime64(3, 'UTC')} AND ts < {end:DateTime64(3, 'UTC')}
GROUP BY day, event_type
ORDER BY day, event_type;
