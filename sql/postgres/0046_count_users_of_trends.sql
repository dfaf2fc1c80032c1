-- What an agent's users earned is kept back while they are few. One user may switch an agent on and off
-- as often as they like, so users are counted, not activations: whoever made four of five would
-- learn what the fifth earned.

-- migrate:up
GRANT CREATE ON SCHEMA agents TO worker;
SET ROLE worker;
DROP MATERIALIZED VIEW agents.agent_performance_trends;
CREATE MATERIALIZED VIEW agents.agent_performance_trends AS
SELECT
    a.id AS agent_id,
    a.name,
    a.agent_type,
    date_trunc('week', v.activated_at AT TIME ZONE 'UTC')::date AS week_start,
    count(*) AS new_activations,
    count(DISTINCT v.user_id) AS new_users,
    sum(v.total_profit) AS total_profit,
    avg(v.total_profit)::numeric(38, 8) AS avg_profit_per_user,
    avg(v.current_apr)::numeric(18, 6) AS avg_apr
FROM agents.agents AS a
JOIN agents.activations AS v ON v.agent_id = a.id
WHERE v.activated_at >= now() - interval '12 weeks'
GROUP BY a.id, week_start;
COMMENT ON MATERIALIZED VIEW agents.agent_performance_trends IS
    'New activations of each agent and what they earned, by week, for twelve weeks. Refreshed '
    'every hour.';
COMMENT ON COLUMN agents.agent_performance_trends.agent_id IS 'The agent.';
COMMENT ON COLUMN agents.agent_performance_trends.name IS 'Name of the agent.';
COMMENT ON COLUMN agents.agent_performance_trends.agent_type IS 'What the agent is good at.';
COMMENT ON COLUMN agents.agent_performance_trends.week_start IS
    'Monday of the week of activation (UTC).';
COMMENT ON COLUMN agents.agent_performance_trends.new_activations IS 'Activations in that week.';
COMMENT ON COLUMN agents.agent_performance_trends.new_users IS
    'Users who made them; one may switch an agent on more than once.';
COMMENT ON COLUMN agents.agent_performance_trends.total_profit IS
    'What they earned so far, in US dollars.';
COMMENT ON COLUMN agents.agent_performance_trends.avg_profit_per_user IS
    'What each earned so far on average, in US dollars.';
COMMENT ON COLUMN agents.agent_performance_trends.avg_apr IS
    'Mean yearly yield they earn now, in percent.';
CREATE UNIQUE INDEX agent_performance_trends_agent_id_week_start_key
    ON agents.agent_performance_trends (agent_id, week_start);
GRANT SELECT ON agents.agent_performance_trends TO gateway, analytics;
RESET ROLE;
REVOKE CREATE ON SCHEMA agents FROM worker;

-- migrate:down
GRANT CREATE ON SCHEMA agents TO worker;
SET ROLE worker;
DROP MATERIALIZED VIEW agents.agent_performance_trends;
CREATE MATERIALIZED VIEW agents.agent_performance_trends AS
SELECT
    a.id AS agent_id,
    a.name,
    a.agent_type,
    date_trunc('week', v.activated_at AT TIME ZONE 'UTC')::date AS week_start,
    count(*) AS new_activations,
    sum(v.total_profit) AS total_profit,
    avg(v.total_profit)::numeric(38, 8) AS avg_profit_per_user,
    avg(v.current_apr)::numeric(18, 6) AS avg_apr
FROM agents.agents AS a
JOIN agents.activations AS v ON v.agent_id = a.id
WHERE v.activated_at >= now() - interval '12 weeks'
GROUP BY a.id, week_start;
COMMENT ON MATERIALIZED VIEW agents.agent_performance_trends IS
    'New activations of each agent and what they earned, by week, for twelve weeks. Refreshed '
    'every hour.';
COMMENT ON COLUMN agents.agent_performance_trends.agent_id IS 'The agent.';
COMMENT ON COLUMN agents.agent_performance_trends.name IS 'Name of the agent.';
COMMENT ON COLUMN agents.agent_performance_trends.agent_type IS 'What the agent is good at.';
COMMENT ON COLUMN agents.agent_performance_trends.week_start IS
    'Monday of the week of activation (UTC).';
COMMENT ON COLUMN agents.agent_performance_trends.new_activations IS 'Activations in that week.';
COMMENT ON COLUMN agents.agent_performance_trends.total_profit IS
    'What they earned so far, in US dollars.';
COMMENT ON COLUMN agents.agent_performance_trends.avg_profit_per_user IS
    'What each earned so far on average, in US dollars.';
COMMENT ON COLUMN agents.agent_performance_trends.avg_apr IS
    'Mean yearly yield they earn now, in percent.';
CREATE UNIQUE INDEX agent_performance_trends_agent_id_week_start_key
    ON agents.agent_performance_trends (agent_id, week_start);
GRANT SELECT ON agents.agent_performance_trends TO gateway, analytics;
RESET ROLE;
REVOKE CREATE ON SCHEMA agents FROM worker;
