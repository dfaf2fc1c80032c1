-- What every mutation writes beside its own change, in the same transaction.

-- name: claim :exec
-- A row when the key is ours: new, or expired. Waits for another request with the same key to end.
INSERT INTO ops.idempotency_keys AS k (user_id, operation, key, input_hash)
VALUES (:user_id::uuid, :operation, :key, :input_hash)
ON CONFLICT (user_id, operation, key) DO UPDATE
SET input_hash = excluded.input_hash, result = NULL, created_at = now(), expires_at = excluded.expires_at
WHERE k.expires_at <= now()
RETURNING k.key;

-- name: earlier :one
-- What the request that had the key was, and what it was answered.
-- index: idempotency_keys_pkey
SELECT input_hash, result FROM ops.idempotency_keys
WHERE user_id = :user_id::uuid AND operation = :operation AND key = :key;

-- name: keep :exec
-- The answer, for whoever sends the key again.
UPDATE ops.idempotency_keys SET result = :result::jsonb
WHERE user_id = :user_id::uuid AND operation = :operation AND key = :key;

-- name: release :exec
-- A key under which nothing was carried out may be used again.
DELETE FROM ops.idempotency_keys
WHERE user_id = :user_id::uuid AND operation = :operation AND key = :key;

-- name: record :exec
-- Changes in the audit log and, where somebody has to hear of them, in the outbox.
WITH said AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset(:entries::jsonb) AS e (
        action text, resource_type text, resource_id text, changes jsonb, metadata jsonb,
        status ops.audit_status, error_message text, event text, payload jsonb
    )
),
audited AS (
    INSERT INTO ops.audit_log (
        actor_user_id, api_key_id, actor_role, ip_address, user_agent, request_id, action,
        resource_type, resource_id, changes, metadata, status, error_message
    )
    SELECT
        :user_id::uuid, :api_key_id::uuid, :role, :ip_address::text::inet, :user_agent, :request_id,
        action, resource_type, resource_id, changes, metadata, status, error_message
    FROM said
)
INSERT INTO ops.outbox (aggregate, aggregate_id, event, payload)
SELECT resource_type, coalesce(resource_id, ''), event, payload FROM said WHERE event IS NOT NULL;

-- name: act_as :exec
-- From here on the transaction acts for this user, who has just proved who they are.
SELECT set_config('app.current_user_id', :user_id::uuid::text, true);
