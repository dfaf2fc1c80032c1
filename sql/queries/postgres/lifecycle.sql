-- Copies of somebody's data, erasures, and how long activity is kept. Run as the role worker. Rows of the
-- private tables themselves are read and deleted by statements made from the declarations
-- (stores/relational/owned.py), so that a new table is never forgotten.

-- name: references :many
-- Which table refers to which, partitions and references to oneself left out.
SELECT DISTINCT c.conrelid::regclass::text AS child, c.confrelid::regclass::text AS parent
FROM pg_catalog.pg_constraint AS c
WHERE c.contype = 'f' AND c.conparentid = 0 AND c.conrelid <> c.confrelid;

-- name: columns :many
-- Names and types of the columns of tables, in their order.
SELECT t.name AS table_name, a.attname AS column_name, format_type(a.atttypid, NULL) AS type
FROM unnest(:tables::text[]) AS t (name)
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.name::regclass
WHERE a.attnum > 0 AND NOT a.attisdropped
ORDER BY t.name, a.attnum;

-- name: due_erasures :many
-- Erasures that were begun, and those that waited long enough; the oldest first.
-- index: erasure_requests_status_requested_at_id_idx
SELECT id FROM ops.erasure_requests
WHERE status = 'running' OR (status = 'requested' AND requested_at <= now() - :wait::interval)
ORDER BY requested_at, id
LIMIT :batch::integer;

-- name: overdue_erasures :one
-- How many erasures should have been done by now.
SELECT count(*) AS count FROM ops.erasure_requests WHERE status <> 'completed' AND due_at < now();

-- name: begin_erasure :exec
-- From here on it cannot be called off. Nothing when it was called off or is done.
UPDATE ops.erasure_requests
SET status = 'running', pseudonym = coalesce(pseudonym, gen_random_uuid()),
    started_at = coalesce(started_at, now())
WHERE id = :id::uuid AND status IN ('requested', 'running')
RETURNING id, user_id, pseudonym, requested_at, started_at;

-- name: close_account :exec
-- Nobody signs in to it any more.
UPDATE account.users SET is_active = false, deleted_at = coalesce(deleted_at, now())
WHERE id = :user_id::uuid;

-- name: note_subjects :exec
-- Ids by which other stores know a user, to be found when Postgres has forgotten them.
INSERT INTO ops.erasure_subjects (request_id, kind, id)
SELECT :request_id::uuid, s.kind, s.id FROM unnest(:kinds::text[], :ids::text[]) AS s (kind, id)
ON CONFLICT (request_id, kind, id) DO NOTHING;

-- name: subjects :many
SELECT kind, id FROM ops.erasure_subjects WHERE request_id = :request_id::uuid ORDER BY kind, id;

-- name: subjects_now :many
-- Ids by which other stores know a user.
SELECT 'user' AS kind, :user_id::uuid::text AS id
UNION ALL
SELECT 'portfolio', p.id::text FROM portfolio.portfolios AS p WHERE p.user_id = :user_id::uuid
UNION ALL
SELECT 'strategy', s.id::text FROM portfolio.strategies AS s
JOIN portfolio.portfolios AS p ON p.id = s.portfolio_id WHERE p.user_id = :user_id::uuid
UNION ALL
SELECT 'rule', r.id::text FROM alerts.rules AS r WHERE r.user_id = :user_id::uuid
UNION ALL
SELECT 'api_key', k.id::text FROM account.api_keys AS k WHERE k.user_id = :user_id::uuid
UNION ALL
SELECT 'session', encode(s.token_hash, 'hex') FROM account.sessions AS s
WHERE s.user_id = :user_id::uuid
UNION ALL
SELECT 'object', e.object_key FROM ops.export_requests AS e
WHERE e.user_id = :user_id::uuid AND e.object_key IS NOT NULL
UNION
SELECT 'object', r.file_key FROM portfolio.tax_reports AS r
WHERE r.user_id = :user_id::uuid AND r.file_key IS NOT NULL
UNION ALL
SELECT 'tax_report', r.id::text FROM portfolio.tax_reports AS r WHERE r.user_id = :user_id::uuid
ORDER BY kind, id;

-- name: count_erased :exec
-- Adds to what was dealt with, or raises it to a number that was found before anything was deleted.
UPDATE ops.erasure_requests AS r
SET store_states = r.store_states || jsonb_build_object(
    :what::text,
    coalesce(r.store_states -> :what, '{}') || jsonb_build_object(
        :store::text,
        coalesce(r.store_states #> ARRAY[:what, :store], '{}') || jsonb_build_object(
            :place::text,
            CASE WHEN :at_least::boolean
                THEN greatest((r.store_states #>> ARRAY[:what, :store, :place])::bigint, :number::bigint)
                ELSE coalesce((r.store_states #>> ARRAY[:what, :store, :place])::bigint, 0)
                    + :number::bigint
            END
        )
    )
)
WHERE r.id = :request_id::uuid;

-- name: add_pseudonym :exec
-- The empty account that kept rows belong to.
INSERT INTO account.users (id, is_active, deleted_at) VALUES (:pseudonym::uuid, false, now())
ON CONFLICT (id) DO NOTHING;

-- name: drop_pseudonym :exec
DELETE FROM account.users WHERE id = :pseudonym::uuid AND deleted_at IS NOT NULL;

-- name: take_actor_out :exec
-- Entries of the audit log that a user made; how many were dealt with.
SELECT ops.take_actor_out(:user_id::uuid, :pseudonym::uuid, :batch::integer) AS changed;

-- name: take_resources_out :exec
-- Entries of others about rows of a user; how many were dealt with.
SELECT ops.take_resources_out(
    :user_id::uuid, :pseudonym::uuid, :resource_type, :resource_ids::text[]
) AS changed;

-- name: forget_sign_ups :exec
-- Wishes for an account under the address of a user, while the user still has one.
-- index: sign_ups_lower_email_idx
WITH gone AS (
    DELETE FROM account.sign_ups AS s USING account.users AS u
    WHERE u.id = :user_id::uuid AND lower(s.email) = lower(u.email)
    RETURNING 1
)
SELECT count(*) AS changed FROM gone;

-- name: forget_outbox :exec
-- What was told of a user is deleted; what is yet to be told keeps its place and says nothing of them.
WITH theirs AS MATERIALIZED (
    SELECT sequence, published_at IS NULL AS waits FROM ops.outbox
    WHERE aggregate_id = ANY (:ids::text[]) OR payload::text LIKE '%' || :user_id::uuid::text || '%'
),
told AS (
    DELETE FROM ops.outbox WHERE sequence IN (SELECT sequence FROM theirs WHERE NOT waits)
),
refused AS (
    UPDATE ops.relay_failures
    SET aggregate = 'ops.erasure_requests', aggregate_id = :pseudonym::uuid::text,
        error_message = 'erased'
    WHERE sequence IN (SELECT sequence FROM theirs WHERE waits)
),
emptied AS (
    UPDATE ops.outbox
    SET aggregate = 'ops.erasure_requests', aggregate_id = :pseudonym::uuid::text,
        event = 'erased', payload = '{}', last_error = NULL
    WHERE sequence IN (SELECT sequence FROM theirs WHERE waits)
)
SELECT count(*) AS changed FROM theirs;

-- name: forget_queued_jobs :exec
-- Runs that would work for a user, or with what was theirs.
WITH gone AS (
    DELETE FROM ops.job_queue AS q
    WHERE q.run_id IS NULL AND (
        q.arguments::text LIKE '%' || :user_id::uuid::text || '%'
        OR EXISTS (
            SELECT FROM jsonb_each_text(q.arguments) AS a (name, value)
            WHERE a.value = ANY (:ids::text[])
        )
    )
    RETURNING 1
)
SELECT count(*) AS changed FROM gone;

-- name: forget_job_runs :exec
-- Figures of runs that name a user.
WITH changed AS (
    UPDATE ops.job_runs SET details = '{}', error_message = NULL
    WHERE status <> 'running' AND (
        details::text LIKE '%' || :user_id::uuid::text || '%'
        OR error_message LIKE '%' || :user_id::uuid::text || '%'
    )
    RETURNING 1
)
SELECT count(*) AS changed FROM changed;

-- name: forget_workers :exec
-- Who works at tasks of others.
WITH changed AS (
    UPDATE agents.tasks SET locked_by = NULL, locked_until = NULL
    WHERE locked_by = :user_id::uuid::text
    RETURNING 1
)
SELECT count(*) AS changed FROM changed;

-- name: forget_other_requests :exec
-- Earlier wishes of the same user.
WITH changed AS (
    DELETE FROM ops.erasure_requests
    WHERE user_id = :user_id::uuid AND id <> :request_id::uuid
    RETURNING 1
)
SELECT count(*) AS changed FROM changed;

-- name: erasure_counts :one
SELECT store_states FROM ops.erasure_requests WHERE id = :request_id::uuid;

-- name: complete_erasure :exec
-- Done: the request itself names the pseudonym from here on, and nothing leads back.
WITH forgotten AS (
    DELETE FROM ops.erasure_subjects WHERE request_id = :request_id::uuid
),
done AS (
    UPDATE ops.erasure_requests
    SET status = 'completed', completed_at = :completed_at::timestamptz, user_id = pseudonym,
        report = :report::jsonb, report_sha256 = :report_sha256, error_message = NULL,
        kept_until = CASE WHEN :kept_years::integer > 0
            THEN :completed_at::timestamptz + make_interval(years => :kept_years::integer) END
    WHERE id = :request_id::uuid AND status = 'running'
    RETURNING id
)
INSERT INTO ops.audit_log (actor_role, action, resource_type, resource_id, metadata)
SELECT 'system', 'erase', 'ops.erasure_requests', id::text,
    jsonb_build_object('report_sha256', :report_sha256::text)
FROM done;

-- name: note_erasure_error :exec
UPDATE ops.erasure_requests SET error_message = :error WHERE id = :request_id::uuid;

-- name: outlived_pseudonyms :many
-- Pseudonyms whose kept rows need not be kept any more.
-- index: erasure_requests_kept_until_idx
SELECT id, pseudonym FROM ops.erasure_requests
WHERE kept_deleted_at IS NULL AND kept_until <= now()
ORDER BY kept_until, id
LIMIT :batch::integer;

-- name: kept_is_deleted :exec
UPDATE ops.erasure_requests SET kept_deleted_at = now() WHERE id = :request_id::uuid;

-- name: erasure_proof :one
-- What an erasure that is done did, for whoever has its id.
SELECT requested_at, due_at, completed_at, report, report_sha256
FROM ops.proof_of_erasure(:id::uuid);

-- name: linked_wallets :many
-- Public facts of the wallets that a user said are theirs.
SELECT jsonb_build_object(
    'id', w.id, 'chain', c.caip2, 'address', w.address, 'label', w.label
)::text AS row
FROM account.user_wallets AS u
JOIN catalog.wallets AS w ON w.id = u.wallet_id
JOIN catalog.chains AS c ON c.id = w.chain_id
WHERE u.user_id = :user_id::uuid
ORDER BY w.id;

-- name: due_exports :many
-- Copies that were asked for, the oldest wish first; those a worker began and did not end among them.
-- index: export_requests_status_requested_at_id_idx
SELECT id, user_id FROM ops.export_requests
WHERE status IN ('requested', 'running')
ORDER BY requested_at, id
LIMIT :batch::integer;

-- name: begin_export :exec
UPDATE ops.export_requests SET status = 'running' WHERE id = :id::uuid RETURNING id;

-- name: complete_export :exec
-- Nothing when the request is gone, because its user was erased meanwhile.
UPDATE ops.export_requests
SET status = 'completed', completed_at = now(), error_message = NULL,
    expires_at = now() + :kept::interval, object_key = :object_key,
    file_size_bytes = :size::bigint, file_sha256 = :sha256
WHERE id = :id::uuid
RETURNING id;

-- name: note_export_error :exec
UPDATE ops.export_requests SET error_message = :error WHERE id = :id::uuid;

-- name: expired_exports :many
-- Copies whose time is over.
-- index: export_requests_expires_at_idx
SELECT id, object_key FROM ops.export_requests
WHERE object_key IS NOT NULL AND expires_at <= now()
ORDER BY expires_at
LIMIT :batch::integer;

-- name: forget_export :exec
UPDATE ops.export_requests SET object_key = NULL WHERE id = :id::uuid;

-- name: sealed_versions :many
-- How many sealed values there are, by where they are and the version of their key.
SELECT 'account.user_secrets' AS place, key_version, count(*) AS number
FROM account.user_secrets GROUP BY key_version
UNION ALL
SELECT 'alerts.destinations', key_version, count(*)
FROM alerts.destinations GROUP BY key_version
ORDER BY place, key_version;

-- name: sealed_user_secrets :many
-- Secrets of users under another key than the newest, in the order of their ids.
-- index: user_secrets_pkey
SELECT id, user_id, kind::text AS kind, ciphertext, key_version FROM account.user_secrets
WHERE key_version <> :newest::integer AND id > :after::uuid
ORDER BY id
LIMIT :batch::integer;

-- name: reseal_user_secret :exec
-- Nothing when it was sealed anew or replaced meanwhile.
UPDATE account.user_secrets
SET ciphertext = :ciphertext::bytea, key_version = :key_version::integer, last_rotated_at = now()
WHERE id = :id::uuid AND ciphertext = :before::bytea;

-- name: sealed_destinations :many
-- Destinations of alerts under another key than the newest, in the order of their ids.
-- index: destinations_pkey
SELECT id, user_id, channel::text AS kind, ciphertext, key_version FROM alerts.destinations
WHERE key_version <> :newest::integer AND id > :after::uuid
ORDER BY id
LIMIT :batch::integer;

-- name: reseal_destination :exec
-- Nothing when it was removed meanwhile.
UPDATE alerts.destinations
SET ciphertext = :ciphertext::bytea, key_version = :key_version::integer
WHERE id = :id::uuid AND ciphertext = :before::bytea;

-- name: retentions :many
-- How long each user lets their activity be kept, in days, and whether they consented to it; in the order of ids.
-- index: users_pkey
SELECT id, data_retention_days AS days, consent_given_at IS NOT NULL AS consented
FROM account.users
WHERE id > :after::uuid
ORDER BY id
LIMIT :batch::integer;
