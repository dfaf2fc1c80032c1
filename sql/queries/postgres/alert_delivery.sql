-- What fired is told: deliveries are claimed for a while, gathered into digests where there are too many, and settled.
-- Times are those of the database.

-- name: plan_tests :exec
-- Plans deliveries of events by which owners tried their rules out within the last hour.
-- index: events_test_idx
WITH tried AS (
    SELECT e.triggered_at, e.id, e.user_id, e.title, e.message, e.notification_channels
    FROM alerts.events AS e
    WHERE e.is_test AND e.triggered_at > now() - interval '1 hour' AND e.delivery_status = '{}'
    ORDER BY e.triggered_at
    LIMIT :most::bigint
    FOR UPDATE SKIP LOCKED
),
planned AS (
    SELECT t.*, r.channel, r.destination_id, r.masked
    FROM tried AS t
    JOIN alerts.recipients AS r ON r.user_id = t.user_id AND r.channel = ANY (t.notification_channels)
),
shown AS (
    UPDATE alerts.events AS e
    SET delivery_status = p.states
    FROM (SELECT triggered_at, id, jsonb_object_agg(channel, 'pending') AS states FROM planned GROUP BY 1, 2) AS p
    WHERE e.triggered_at = p.triggered_at AND e.id = p.id
)
INSERT INTO alerts.deliveries (
    event_triggered_at, event_id, user_id, channel, destination_id, recipient_masked, subject, body, next_attempt_at
)
SELECT triggered_at, id, user_id, channel, destination_id, masked, title, message, now() FROM planned;

-- name: queue_up :exec
-- One worker at a time claims, until its transaction ends, so that each counts what the others did.
SELECT pg_advisory_xact_lock(hashtextextended('alerts.deliveries', 0));

-- name: gather :exec
-- Where more than `singly` deliveries go to one place within a minute, the further ones are carried by one of them,
-- which goes a minute later: the one that is still open, else a new one. One carries `fits` at most.
-- index: deliveries_next_attempt_at_idx
WITH due AS (
    SELECT created_at, id, user_id, channel, destination_id FROM alerts.deliveries
    WHERE status = 'pending' AND next_attempt_at <= now() AND attempt_count = 0 AND digest_id IS NULL
    ORDER BY next_attempt_at
    LIMIT :most::bigint
),
places AS (
    SELECT p.*, told.started, open.created_at AS open_created_at, open.id AS open_id, coalesce(held.number, 0) AS number
    FROM (SELECT DISTINCT user_id, channel, destination_id FROM due) AS p
    CROSS JOIN LATERAL (
        SELECT count(*) AS started FROM alerts.deliveries AS d
        WHERE d.user_id = p.user_id AND d.started_at > now() - interval '1 minute' AND d.channel = p.channel
            AND d.destination_id IS NOT DISTINCT FROM p.destination_id
    ) AS told
    LEFT JOIN LATERAL (
        SELECT d.created_at, d.id FROM alerts.deliveries AS d
        WHERE d.digest_id = d.id AND d.status = 'pending' AND d.attempt_count = 0 AND d.user_id = p.user_id
            AND d.channel = p.channel AND d.destination_id IS NOT DISTINCT FROM p.destination_id
        ORDER BY d.created_at DESC, d.id DESC
        LIMIT 1
    ) AS open ON true
    LEFT JOIN LATERAL (
        SELECT count(*) AS number FROM alerts.deliveries AS d WHERE d.digest_id = open.id
    ) AS held ON true
),
ranked AS (
    SELECT
        due.*, p.started, p.number, p.open_id,
        row_number() OVER (PARTITION BY due.user_id, due.channel, due.destination_id ORDER BY due.created_at, due.id)
            AS rank,
        -- What comes while a digest is open joins it, so that nothing overtakes.
        p.open_id IS NULL OR (due.created_at, due.id) < (p.open_created_at, p.open_id) AS may_go
    FROM due
    JOIN places AS p
        ON p.user_id = due.user_id AND p.channel = due.channel
        AND p.destination_id IS NOT DISTINCT FROM due.destination_id
),
further AS (
    SELECT
        created_at, id, user_id, channel, destination_id, open_id,
        (number - 1 + row_number() OVER (PARTITION BY user_id, channel, destination_id ORDER BY created_at, id))
            / :fits::bigint AS load
    FROM ranked
    WHERE NOT (may_go AND rank <= :singly::bigint - started)
),
carried AS (
    SELECT
        created_at, id,
        CASE WHEN load = 0 AND open_id IS NOT NULL THEN open_id
            ELSE first_value(id) OVER (PARTITION BY user_id, channel, destination_id, load ORDER BY created_at, id)
        END AS digest_id
    FROM further
)
UPDATE alerts.deliveries AS d SET
    digest_id = c.digest_id,
    next_attempt_at = CASE WHEN c.digest_id = d.id THEN now() + interval '1 minute' END
FROM carried AS c
WHERE d.created_at = c.created_at AND d.id = c.id;

-- name: claim :exec
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
        started_at = coalesce(d.started_at, now()),
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
    c.created_at, c.id, c.user_id, c.channel::text AS channel, c.attempt_count, c.destination_id, c.digest_id,
    CASE WHEN c.destination_id IS NULL THEN u.email END AS account_email,
    s.ciphertext, s.key_version, coalesce(s.is_active, c.destination_id IS NULL) AS is_wanted,
    s.bounced_at IS NOT NULL OR b.user_id IS NOT NULL AS is_bounced,
    e.triggered_at, e.id AS event_id, e.rule_id, e.alert_type::text AS alert_type, e.triggered_value, e.baseline_value,
    e.threshold_value, e.condition_met, e.title, e.message, e.severity::text AS severity, e.is_test
FROM claimed AS c
JOIN alerts.events AS e ON e.triggered_at = c.event_triggered_at AND e.id = c.event_id
JOIN account.users AS u ON u.id = c.user_id
LEFT JOIN alerts.destinations AS s ON s.id = c.destination_id AND s.user_id = c.user_id
LEFT JOIN alerts.mail_bounces AS b
    ON c.destination_id IS NULL AND b.user_id = u.id
    AND b.email_sha256 = sha256(convert_to(lower(u.email), 'UTF8'))
ORDER BY c.created_at, c.id;

-- name: carried :many
-- The events that digests tell of, oldest first, with the delivery that each is carried for.
-- index: deliveries_digest_id_idx
SELECT
    d.digest_id, d.id, e.triggered_at, e.id AS event_id, e.rule_id, e.alert_type::text AS alert_type, e.triggered_value,
    e.baseline_value, e.threshold_value, e.condition_met, e.title, e.message, e.severity::text AS severity, e.is_test
FROM alerts.deliveries AS d
JOIN alerts.events AS e ON e.triggered_at = d.event_triggered_at AND e.id = d.event_id
WHERE d.digest_id = ANY (:digests::uuid[])
ORDER BY d.digest_id, d.created_at, d.id;

-- name: settle :exec
-- Writes how a try ended, of what the delivery carries too; no row when a later try has begun, which then decides.
-- `retry_s` is null when it is over.
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
    RETURNING created_at, id, event_triggered_at, event_id, channel, status, provider, provider_message_id, sent_at
),
carried AS (
    UPDATE alerts.deliveries AS d SET
        status = s.status, error_message = :error::text, provider = s.provider,
        provider_message_id = s.provider_message_id, sent_at = s.sent_at
    FROM settled AS s
    WHERE d.digest_id = s.id AND d.id <> s.id
    RETURNING d.event_triggered_at, d.event_id, d.channel, d.status
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
    FROM (
        SELECT event_triggered_at, event_id, channel, status FROM settled
        UNION ALL SELECT event_triggered_at, event_id, channel, status FROM carried
    ) AS s
    WHERE e.triggered_at = s.event_triggered_at AND e.id = s.event_id
)
SELECT id FROM settled;

-- name: bounce_destination :exec
-- A destination that sends back what is sent to it is switched off until its owner switches it on again.
-- index: destinations_pkey
UPDATE alerts.destinations SET is_active = false, bounced_at = now(), bounce_reason = :reason::text
WHERE id = :id::uuid AND is_active;

-- name: bounce_mail :exec
-- The mail address of an account sends back what is sent to it.
INSERT INTO alerts.mail_bounces (user_id, email_sha256, reason)
VALUES (:user_id::uuid, sha256(convert_to(lower(:email::text), 'UTF8')), :reason::text)
ON CONFLICT (user_id) DO UPDATE
SET email_sha256 = excluded.email_sha256, reason = excluded.reason, bounced_at = now();
