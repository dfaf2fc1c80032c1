-- Agents, their activations and the queue of their tasks.

-- name: places_taken :many
-- How many users each agent serves; agents that serve nobody are left out.
SELECT agent_id, taken FROM agents.places_taken(:keys::uuid[]);

-- name: offered :one
-- An agent that can be activated, and whether the viewer has it switched on.
-- index: agents_pkey
SELECT
    a.id, a.maintenance_mode, a.verification_status::text AS verification_status,
    EXISTS (
        SELECT FROM agents.activations AS v
        WHERE v.agent_id = a.id AND v.user_id = :user_id::uuid AND v.status IN ('active', 'paused', 'error')
    ) AS is_on
FROM agents.agents AS a
WHERE a.id = :agent_id::uuid AND a.is_active;

-- name: known_assets :many
-- Those of some ids that are assets.
-- index: assets_pkey
SELECT id FROM catalog.assets WHERE id = ANY (:ids::uuid[]);

-- name: activate :exec
-- Switches an agent on; a trigger sees to it that there is a place.
INSERT INTO agents.activations (
    user_id, agent_id, portfolio_id, activation_tx_hash, configuration, risk_parameters, allocation_limits
) VALUES (
    :user_id::uuid, :agent_id::uuid, :portfolio_id::uuid, :tx_hash, :configuration::jsonb, :risk::jsonb,
    :allocation::jsonb
)
RETURNING
    id, agent_id, portfolio_id, activation_tx_hash, configuration, risk_parameters, allocation_limits,
    status::text AS status, version;

-- name: lock_activation :one
-- An activation of the viewer's, kept from other editors.
-- index: activations_pkey
SELECT
    id, agent_id, portfolio_id, configuration, risk_parameters, allocation_limits, status::text AS status,
    deactivated_at, version
FROM agents.activations
WHERE id = :id::uuid AND user_id = :user_id::uuid
FOR UPDATE;

-- name: configure_activation :exec
-- New settings and limits.
UPDATE agents.activations SET
    portfolio_id = :portfolio_id::uuid,
    configuration = :configuration::jsonb,
    risk_parameters = :risk::jsonb,
    allocation_limits = :allocation::jsonb
WHERE id = :id::uuid AND user_id = :user_id::uuid
RETURNING
    id, agent_id, portfolio_id, configuration, risk_parameters, allocation_limits, status::text AS status,
    deactivated_at, version;

-- name: set_activation_status :exec
-- Pauses, resumes or stops; a trigger sees to it that there is a place.
UPDATE agents.activations SET
    status = :status::text::agents.activation_status,
    deactivated_at = CASE WHEN :status::text = 'stopped' THEN now() END
WHERE id = :id::uuid AND user_id = :user_id::uuid
RETURNING
    id, agent_id, portfolio_id, configuration, risk_parameters, allocation_limits, status::text AS status,
    deactivated_at, version;

-- name: lock_open_tasks :many
-- What an activation of the viewer's still has to do.
-- index: tasks_activation_id_id_idx
SELECT id, agent_id, activation_id, status::text AS status, attempts
FROM agents.tasks
WHERE activation_id = :activation_id::uuid AND user_id = :user_id::uuid AND status IN ('pending', 'running')
ORDER BY id
FOR UPDATE;

-- name: wishes_of :one
-- An activation of the viewer's and how much it has to do already, kept from others who ask at once.
-- index: activations_pkey
SELECT v.id, v.agent_id, v.status::text AS status, (
    SELECT count(*) FROM agents.tasks AS t
    WHERE t.activation_id = v.id AND t.status IN ('pending', 'running')
) AS open_tasks
FROM agents.activations AS v
WHERE v.id = :id::uuid AND v.user_id = :user_id::uuid
FOR UPDATE OF v;

-- name: enqueue_task :exec
-- A wish of the viewer's.
INSERT INTO agents.tasks (
    agent_id, user_id, activation_id, task_type, priority, payload, run_after, max_attempts
) VALUES (
    :agent_id::uuid, :user_id::uuid, :activation_id::uuid, :task_type, :priority::smallint, :payload::jsonb,
    coalesce(:run_after::timestamptz, now()), :max_attempts::integer
)
RETURNING
    id, agent_id, activation_id, task_type, priority, payload, run_after, max_attempts, status::text AS status;

-- name: lock_task :one
-- A task of the viewer's that is not over.
-- index: tasks_pkey
SELECT id, agent_id, activation_id, status::text AS status, attempts
FROM agents.tasks
WHERE id = :id::uuid AND user_id = :user_id::uuid AND status IN ('pending', 'running')
FOR UPDATE;

-- name: task_status :one
-- Where a task of the viewer's stands.
-- index: tasks_pkey
SELECT status::text AS status FROM agents.tasks WHERE id = :id::uuid AND user_id = :user_id::uuid;

-- name: cancel_tasks :exec
-- Takes tasks of the viewer's back.
UPDATE agents.tasks SET status = 'cancelled', completed_at = now(), locked_by = NULL, locked_until = NULL
WHERE id = ANY (:ids::uuid[]) AND user_id = :user_id::uuid AND status IN ('pending', 'running')
RETURNING id, agent_id, activation_id, status::text AS status, attempts;

-- name: served :one
-- Whether the viewer is an executor of an agent.
-- index: executors_pkey
SELECT agent_id FROM agents.executors WHERE agent_id = :agent_id::uuid AND user_id = :user_id::uuid;

-- name: next_task :one
-- The most urgent task of an agent that nobody holds, kept from others who ask at once; a task of an activation that is
-- paused or over waits. What its activation may do comes with it.
-- index: tasks_agent_id_priority_run_after_id_idx
SELECT
    t.id, t.agent_id, t.user_id, t.activation_id, t.task_type, t.payload, t.priority, t.status::text AS status,
    t.attempts, t.max_attempts, t.attempts >= t.max_attempts AS is_spent, v.configuration, v.risk_parameters,
    v.allocation_limits
FROM agents.tasks AS t
LEFT JOIN agents.activations AS v ON v.id = t.activation_id
WHERE t.agent_id = :agent_id::uuid
    AND (t.status = 'pending' OR (t.status = 'running' AND t.locked_until <= now()))
    AND t.status IN ('pending', 'running')
    AND t.run_after <= now()
    AND (cardinality(:task_types::text[]) = 0 OR t.task_type = ANY (:task_types::text[]))
    AND (t.activation_id IS NULL OR v.status = 'active')
    AND t.agent_id IN (SELECT e.agent_id FROM agents.executors AS e WHERE e.user_id = :user_id::uuid)
ORDER BY t.priority, t.run_after, t.id
LIMIT 1
FOR UPDATE OF t SKIP LOCKED;

-- name: hold_task :exec
-- Takes a task that `next_task` found.
UPDATE agents.tasks SET
    status = 'running',
    attempts = attempts + 1,
    started_at = now(),
    locked_by = :holder,
    locked_until = now() + make_interval(secs => :lease_s::integer)
WHERE id = :id::uuid
RETURNING id, agent_id, user_id, activation_id, status::text AS status, attempts, locked_until;

-- name: held_task :one
-- A task that an executor holds, by the attempt it was given.
-- index: tasks_pkey
SELECT id, agent_id, user_id, activation_id, status::text AS status, attempts, max_attempts, locked_until
FROM agents.tasks
WHERE id = :id::uuid AND status = 'running' AND locked_by = :holder AND attempts = :attempt::integer
    AND agent_id IN (SELECT e.agent_id FROM agents.executors AS e WHERE e.user_id = :user_id::uuid)
FOR UPDATE;

-- name: renew_task :exec
-- Holds a task for longer.
UPDATE agents.tasks SET locked_until = now() + make_interval(secs => :lease_s::integer)
WHERE id = :id::uuid
RETURNING id, agent_id, user_id, activation_id, status::text AS status, attempts, max_attempts, locked_until;

-- name: complete_task :exec
-- Ends a task with what came out.
UPDATE agents.tasks SET
    status = 'completed', completed_at = now(), result = :result::jsonb, error_message = NULL, locked_by = NULL,
    locked_until = NULL
WHERE id = :id::uuid
RETURNING id, agent_id, user_id, activation_id, status::text AS status, attempts, max_attempts, locked_until;

-- name: put_back_task :exec
-- Has a task tried again later.
UPDATE agents.tasks SET
    status = 'pending', run_after = now() + make_interval(secs => :wait_s::integer), error_message = :message,
    locked_by = NULL, locked_until = NULL
WHERE id = :id::uuid
RETURNING id, agent_id, user_id, activation_id, status::text AS status, attempts, max_attempts, locked_until;

-- name: give_up_task :exec
-- Ends a task that failed as often as it may.
UPDATE agents.tasks SET
    status = 'failed', completed_at = now(), error_message = :message, locked_by = NULL, locked_until = NULL
WHERE id = :id::uuid
RETURNING id, agent_id, user_id, activation_id, status::text AS status, attempts, max_attempts, locked_until;

-- name: chosen :many
-- Those of some agents that fit; an agent that names no chains works on any.
-- index: agents_pkey
SELECT a.id
FROM agents.agents AS a
WHERE a.id = ANY (:ids::uuid[])
    AND (:kind::agents.agent_kind IS NULL OR a.kind = :kind::agents.agent_kind)
    AND (:agent_type::agents.agent_type IS NULL OR a.agent_type = :agent_type::agents.agent_type)
    AND (:capability::text IS NULL OR a.capabilities ? :capability::text)
    AND (:chain::text IS NULL OR a.chain_compatibility ? :chain::text OR a.chain_compatibility = '[]')
    AND (:reputation::numeric IS NULL OR a.reputation_score >= :reputation::numeric);
