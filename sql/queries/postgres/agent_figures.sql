-- Figures of agents from what they did for their users, as worker.

-- name: count_executions :exec
-- Executions of activations, from their tasks; an activation that knows of more keeps its own count.
UPDATE agents.activations AS v SET
    total_executions = t.started,
    successful_executions = t.completed,
    failed_executions = t.failed,
    last_execution_at = greatest(v.last_execution_at, t.last_at)
FROM (
    SELECT
        k.activation_id,
        count(*) AS started,
        count(*) FILTER (WHERE k.status = 'completed') AS completed,
        count(*) FILTER (WHERE k.status = 'failed') AS failed,
        max(k.started_at) AS last_at
    FROM agents.tasks AS k
    WHERE k.activation_id IS NOT NULL AND k.started_at IS NOT NULL
    GROUP BY k.activation_id
) AS t
WHERE v.id = t.activation_id AND t.started >= v.total_executions
    AND (v.total_executions, v.successful_executions, v.failed_executions, v.last_execution_at) IS DISTINCT FROM
        (t.started, t.completed, t.failed, greatest(v.last_execution_at, t.last_at));

-- name: work :many
-- What agents after one did for all of their users, in the order of their ids.
-- index: agents_pkey
SELECT
    a.id,
    a.security_audit_score::float8 AS audit_score,
    coalesce(v.total_executions, 0) AS total_executions,
    coalesce(v.successful_executions, 0) AS successful_executions,
    coalesce(v.failed_executions, 0) AS failed_executions,
    v.last_execution_at,
    v.total_profit,
    coalesce(v.active_users, 0) AS active_users
FROM agents.agents AS a
LEFT JOIN LATERAL (
    SELECT
        sum(k.total_executions)::bigint AS total_executions,
        sum(k.successful_executions)::bigint AS successful_executions,
        sum(k.failed_executions)::bigint AS failed_executions,
        max(k.last_execution_at) AS last_execution_at,
        sum(k.total_profit) AS total_profit,
        count(DISTINCT k.user_id) FILTER (WHERE k.status = 'active') AS active_users
    FROM agents.activations AS k
    WHERE k.agent_id = a.id
) AS v ON true
WHERE a.id > :after::uuid
ORDER BY a.id
LIMIT :count::bigint;

-- name: write :exec
-- Running figures of agents. A figure that is not known now stays as it was.
INSERT INTO agents.agent_stats AS s (
    agent_id, total_executions, successful_executions, failed_executions, avg_execution_time_ms, last_execution_at,
    avg_yield, total_profit_generated, max_drawdown, sharpe_ratio, current_active_users
)
SELECT
    r.agent_id, r.total_executions, r.successful_executions, r.failed_executions, r.avg_execution_time_ms,
    r.last_execution_at, r.avg_yield, r.total_profit, r.max_drawdown, r.sharpe_ratio, r.active_users
FROM jsonb_to_recordset(:rows::jsonb) AS r (
    agent_id uuid, total_executions bigint, successful_executions bigint, failed_executions bigint,
    avg_execution_time_ms numeric, last_execution_at timestamptz, avg_yield numeric, total_profit numeric,
    max_drawdown numeric, sharpe_ratio numeric, active_users bigint
)
JOIN agents.agents AS a ON a.id = r.agent_id
ON CONFLICT (agent_id) DO UPDATE SET
    total_executions = excluded.total_executions,
    successful_executions = excluded.successful_executions,
    failed_executions = excluded.failed_executions,
    avg_execution_time_ms = coalesce(excluded.avg_execution_time_ms, s.avg_execution_time_ms),
    last_execution_at = coalesce(excluded.last_execution_at, s.last_execution_at),
    avg_yield = coalesce(excluded.avg_yield, s.avg_yield),
    total_profit_generated = coalesce(excluded.total_profit_generated, s.total_profit_generated),
    max_drawdown = coalesce(excluded.max_drawdown, s.max_drawdown),
    sharpe_ratio = coalesce(excluded.sharpe_ratio, s.sharpe_ratio),
    current_active_users = excluded.current_active_users;

-- name: write_reputation :exec
UPDATE agents.agents AS a SET reputation_score = r.reputation
FROM jsonb_to_recordset(:rows::jsonb) AS r (agent_id uuid, reputation numeric(5, 4))
WHERE a.id = r.agent_id AND a.reputation_score IS DISTINCT FROM r.reputation;

-- name: ids :many
-- Every agent.
SELECT id FROM agents.agents ORDER BY id;

-- name: write_health :exec
-- How agents said they are, unless something later is known.
UPDATE agents.agents AS a SET health_status = r.status::agents.health_status, last_health_check = r.at
FROM jsonb_to_recordset(:rows::jsonb) AS r (agent_id uuid, status text, at timestamptz)
WHERE a.id = r.agent_id AND (a.last_health_check IS NULL OR a.last_health_check < r.at);
