-- A task may be a user's wish, for an agent they have switched on: it belongs to them, and they may
-- take it back. Whoever runs an agent is one of its executors: a user account, usually with an API
-- key, that sees and carries out what the agent is asked, whoever asked. Both are policies, so that a
-- claim is an ordinary statement under the claimer's identity and no function has to bypass them.
-- How many users an agent serves at once is kept by the database, because two requests can see the
-- last free place at the same time.

-- migrate:up
CREATE TABLE agents.executors (
    agent_id uuid NOT NULL REFERENCES agents.agents (id) ON DELETE CASCADE,
    user_id uuid NOT NULL REFERENCES account.users (id),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (agent_id, user_id)
);
COMMENT ON TABLE agents.executors IS
    'Who carries out the tasks of an agent. Operators make the rows; nobody appoints themselves.';
COMMENT ON COLUMN agents.executors.agent_id IS 'The agent.';
COMMENT ON COLUMN agents.executors.user_id IS 'The account that acts for it.';
COMMENT ON COLUMN agents.executors.created_at IS 'When the row was written (UTC).';
CREATE INDEX executors_user_id_idx ON agents.executors (user_id);
CALL ops.protect('agents.executors', 'user_id', '{select}');
GRANT SELECT ON agents.executors TO gateway;

ALTER TABLE agents.activations ADD COLUMN version integer NOT NULL DEFAULT 1;
COMMENT ON COLUMN agents.activations.version IS
    'How often it was edited, counted from 1; what it earned does not count.';
CREATE TRIGGER bump_version BEFORE UPDATE ON agents.activations
    FOR EACH ROW EXECUTE FUNCTION ops.bump_version(
        'total_executions', 'successful_executions', 'failed_executions', 'total_profit',
        'total_fees_paid', 'current_allocation', 'current_apr', 'last_execution_at',
        'last_profit_report_at', 'updated_at'
    );
ALTER TABLE agents.activations
    ADD CONSTRAINT activations_id_user_id_agent_id_key UNIQUE (id, user_id, agent_id);
CREATE POLICY executor_select ON agents.activations FOR SELECT TO gateway USING (
    agent_id IN (
        SELECT served.agent_id FROM agents.executors AS served
        WHERE served.user_id = (SELECT ops.current_user_id())
    )
);

ALTER TABLE agents.tasks
    ADD COLUMN user_id uuid,
    ADD COLUMN activation_id uuid,
    ADD CONSTRAINT tasks_of_users_have_an_activation
        CHECK ((user_id IS NULL) = (activation_id IS NULL)),
    ADD CONSTRAINT tasks_activation_id_fkey FOREIGN KEY (activation_id, user_id, agent_id)
        REFERENCES agents.activations (id, user_id, agent_id),
    ADD CONSTRAINT tasks_user_id_fkey FOREIGN KEY (user_id) REFERENCES account.users (id);
COMMENT ON COLUMN agents.tasks.user_id IS 'Who asked for it; null for the system''s own.';
COMMENT ON COLUMN agents.tasks.activation_id IS
    'The activation it is done for, of the same user and agent; null for the system''s own.';
CREATE INDEX tasks_user_id_id_idx ON agents.tasks (user_id, id DESC) WHERE user_id IS NOT NULL;
CREATE INDEX tasks_activation_id_id_idx ON agents.tasks (activation_id, id DESC)
    WHERE activation_id IS NOT NULL;
-- What a claim looks for: the most urgent of an agent's open tasks.
CREATE INDEX tasks_agent_id_priority_run_after_id_idx
    ON agents.tasks (agent_id, priority, run_after, id) WHERE status IN ('pending', 'running');
CALL ops.protect('agents.tasks', 'user_id', '{select, insert}');
-- Its owner may take a task back, and nothing else.
CREATE POLICY owner_update ON agents.tasks FOR UPDATE TO gateway
    USING (user_id = (SELECT ops.current_user_id()) AND status IN ('pending', 'running'))
    WITH CHECK (user_id = (SELECT ops.current_user_id()) AND status = 'cancelled');
CREATE POLICY executor_select ON agents.tasks FOR SELECT TO gateway USING (
    agent_id IN (
        SELECT served.agent_id FROM agents.executors AS served
        WHERE served.user_id = (SELECT ops.current_user_id())
    )
);
CREATE POLICY executor_update ON agents.tasks FOR UPDATE TO gateway
    USING (
        status IN ('pending', 'running') AND agent_id IN (
            SELECT served.agent_id FROM agents.executors AS served
            WHERE served.user_id = (SELECT ops.current_user_id())
        )
    )
    WITH CHECK (
        status <> 'cancelled' AND agent_id IN (
            SELECT served.agent_id FROM agents.executors AS served
            WHERE served.user_id = (SELECT ops.current_user_id())
        )
    );
GRANT SELECT,
    INSERT (
        id, agent_id, user_id, activation_id, task_type, priority, payload, run_after, max_attempts
    ),
    UPDATE (
        status, run_after, attempts, locked_by, locked_until, started_at, completed_at,
        error_message, result
    )
    ON agents.tasks TO gateway;

-- Row-level security is forced on the tables' owner too, who would count nobody; worker sees all.
GRANT CREATE ON SCHEMA agents TO worker;
SET ROLE worker;

CREATE FUNCTION agents.places_taken(p_agents uuid[]) RETURNS TABLE (agent_id uuid, taken bigint)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog
AS $body$
    SELECT v.agent_id, count(*)
    FROM agents.activations AS v
    WHERE v.agent_id = ANY (p_agents) AND v.status IN ('active', 'error')
    GROUP BY v.agent_id
$body$;
COMMENT ON FUNCTION agents.places_taken(uuid[]) IS
    'How many users each agent serves now, whoever they are; agents that serve nobody are left '
    'out.';
REVOKE ALL ON FUNCTION agents.places_taken(uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION agents.places_taken(uuid[]) TO gateway;

-- Whoever wants a place waits for the agent's row, then counts: of two who see the last place the
-- second one sees it taken.
CREATE FUNCTION agents.take_place() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog
AS $body$
DECLARE
    v_places integer;
BEGIN
    IF NEW.status NOT IN ('active', 'error') THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.status IN ('active', 'error') AND OLD.agent_id = NEW.agent_id THEN
        RETURN NEW;
    END IF;
    SELECT a.max_concurrent_users INTO v_places
    FROM agents.agents AS a WHERE a.id = NEW.agent_id FOR NO KEY UPDATE;
    IF v_places <= (
        SELECT count(*) FROM agents.activations AS v
        WHERE v.agent_id = NEW.agent_id AND v.status IN ('active', 'error') AND v.id <> NEW.id
    ) THEN
        RAISE EXCEPTION 'agent % has no free place', NEW.agent_id
            USING ERRCODE = 'exclusion_violation', CONSTRAINT = 'activations_within_places';
    END IF;
    RETURN NEW;
END
$body$;
COMMENT ON FUNCTION agents.take_place() IS
    'Trigger that refuses an activation when the agent serves as many users as it can; an '
    'activation that is active or in error holds a place, a paused one does not.';
REVOKE ALL ON FUNCTION agents.take_place() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION agents.take_place() TO migrator;

RESET ROLE;
REVOKE CREATE ON SCHEMA agents FROM worker;
CREATE TRIGGER take_place BEFORE INSERT OR UPDATE OF status, agent_id ON agents.activations
    FOR EACH ROW EXECUTE FUNCTION agents.take_place();

-- migrate:down
DROP TRIGGER take_place ON agents.activations;
DROP FUNCTION agents.take_place();
DROP FUNCTION agents.places_taken(uuid[]);
REVOKE ALL ON agents.tasks FROM gateway;
DROP POLICY executor_update ON agents.tasks;
DROP POLICY executor_select ON agents.tasks;
DROP POLICY owner_update ON agents.tasks;
DROP POLICY owner_insert ON agents.tasks;
DROP POLICY owner_select ON agents.tasks;
ALTER TABLE agents.tasks NO FORCE ROW LEVEL SECURITY;
ALTER TABLE agents.tasks DISABLE ROW LEVEL SECURITY;
DROP INDEX agents.tasks_agent_id_priority_run_after_id_idx;
ALTER TABLE agents.tasks DROP COLUMN activation_id, DROP COLUMN user_id;
DROP POLICY executor_select ON agents.activations;
ALTER TABLE agents.activations DROP CONSTRAINT activations_id_user_id_agent_id_key;
DROP TRIGGER bump_version ON agents.activations;
ALTER TABLE agents.activations DROP COLUMN version;
DROP TABLE agents.executors;
