-- Which user runs which agent. Apart from the registry because it refers to portfolios, which
-- refer to agents. A terminated activation stays as history and does not stand in the way of the
-- next one.

-- migrate:up
CREATE TYPE agents.activation_status AS ENUM ('active', 'paused', 'stopped', 'error', 'terminated');
COMMENT ON TYPE agents.activation_status IS
    'Where an activation stands; stopped and terminated ones are over.';

CREATE TABLE agents.activations (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL REFERENCES account.users (id),
    agent_id uuid NOT NULL REFERENCES agents.agents (id),
    portfolio_id uuid,
    activation_tx_hash text
        CHECK (length(activation_tx_hash) BETWEEN 1 AND 128
            AND (activation_tx_hash = lower(activation_tx_hash) OR activation_tx_hash NOT ILIKE '0x%')),
    configuration jsonb NOT NULL DEFAULT '{}',
    risk_parameters jsonb NOT NULL DEFAULT '{}',
    allocation_limits jsonb NOT NULL DEFAULT '{}',
    status agents.activation_status NOT NULL DEFAULT 'active',
    activated_at timestamptz NOT NULL DEFAULT now(),
    deactivated_at timestamptz,
    total_executions bigint NOT NULL DEFAULT 0 CHECK (total_executions >= 0),
    successful_executions bigint NOT NULL DEFAULT 0 CHECK (successful_executions >= 0),
    failed_executions bigint NOT NULL DEFAULT 0 CHECK (failed_executions >= 0),
    total_profit numeric(38,8) NOT NULL DEFAULT 0,
    total_fees_paid numeric(38,8) NOT NULL DEFAULT 0 CHECK (total_fees_paid >= 0),
    current_allocation numeric(38,8) NOT NULL DEFAULT 0 CHECK (current_allocation >= 0),
    current_apr numeric(18,6),
    last_execution_at timestamptz,
    last_profit_report_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (portfolio_id, user_id) REFERENCES portfolio.portfolios (id, user_id),
    CONSTRAINT activations_executions_add_up
        CHECK (successful_executions + failed_executions <= total_executions)
);
COMMENT ON TABLE agents.activations IS
    'An agent a user switched on. Its owner sets what it may do; what it earned is written by '
    'jobs.';
COMMENT ON COLUMN agents.activations.id IS 'Identifier of the activation.';
COMMENT ON COLUMN agents.activations.user_id IS 'Who switched it on.';
COMMENT ON COLUMN agents.activations.agent_id IS 'The agent.';
COMMENT ON COLUMN agents.activations.portfolio_id IS 'The portfolio it works for.';
COMMENT ON COLUMN agents.activations.activation_tx_hash IS
    'Transaction that switched it on, where the agent lives on chain.';
COMMENT ON COLUMN agents.activations.configuration IS 'Settings its owner chose.';
COMMENT ON COLUMN agents.activations.risk_parameters IS 'Risk limits its owner chose.';
COMMENT ON COLUMN agents.activations.allocation_limits IS 'How much it may use, by asset.';
COMMENT ON COLUMN agents.activations.status IS 'Where it stands.';
COMMENT ON COLUMN agents.activations.activated_at IS 'When it was switched on (UTC).';
COMMENT ON COLUMN agents.activations.deactivated_at IS 'When it was switched off (UTC).';
COMMENT ON COLUMN agents.activations.total_executions IS 'Runs so far.';
COMMENT ON COLUMN agents.activations.successful_executions IS 'Runs that reached their goal.';
COMMENT ON COLUMN agents.activations.failed_executions IS 'Runs that did not.';
COMMENT ON COLUMN agents.activations.total_profit IS 'Profit so far, in US dollars.';
COMMENT ON COLUMN agents.activations.total_fees_paid IS
    'Fees paid to the agent so far, in US dollars.';
COMMENT ON COLUMN agents.activations.current_allocation IS 'Worth it manages now, in US dollars.';
COMMENT ON COLUMN agents.activations.current_apr IS
    'Yearly yield it earns now, without compounding, in percent.';
COMMENT ON COLUMN agents.activations.last_execution_at IS 'Latest run (UTC).';
COMMENT ON COLUMN agents.activations.last_profit_report_at IS 'Latest report of profit (UTC).';
COMMENT ON COLUMN agents.activations.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN agents.activations.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON agents.activations
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CREATE UNIQUE INDEX activations_one_current_key ON agents.activations (user_id, agent_id)
    WHERE status IN ('active', 'paused', 'error');
CREATE INDEX activations_user_id_activated_at_id_idx
    ON agents.activations (user_id, activated_at DESC, id DESC);
CREATE INDEX activations_agent_id_status_idx ON agents.activations (agent_id, status);
CREATE INDEX activations_portfolio_id_idx ON agents.activations (portfolio_id)
    WHERE portfolio_id IS NOT NULL;
CALL ops.protect('agents.activations', 'user_id', '{select, insert, update}');
GRANT SELECT,
    INSERT (
        id, user_id, agent_id, portfolio_id, activation_tx_hash, configuration, risk_parameters,
        allocation_limits, status, activated_at
    ),
    UPDATE (
        portfolio_id, activation_tx_hash, configuration, risk_parameters, allocation_limits, status,
        deactivated_at
    )
    ON agents.activations TO gateway;

-- Whoever ran an agent still sees it after it was withdrawn.
CREATE POLICY activated_select ON agents.agents FOR SELECT TO gateway USING (
    id IN (
        SELECT mine.agent_id FROM agents.activations AS mine
        WHERE mine.user_id = (SELECT ops.current_user_id())
    )
);

-- migrate:down
DROP POLICY activated_select ON agents.agents;
DROP TABLE agents.activations;
DROP TYPE agents.activation_status;
