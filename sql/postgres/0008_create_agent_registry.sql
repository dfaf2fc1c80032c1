-- One registry for both kinds of agent, the platform's own satellites and those of the market
-- place, because the graph has one type Agent and needs one key; the slug keeps the names the
-- satellites had. What users run (agents.activations) follows after portfolios, which it refers
-- to.

-- migrate:up
CREATE TYPE agents.agent_kind AS ENUM ('satellite', 'marketplace');
COMMENT ON TYPE agents.agent_kind IS
    'Who offers an agent: the platform itself (satellite) or a developer on the market place.';

CREATE TYPE agents.agent_type AS ENUM (
    'logic', 'builder', 'growth', 'security', 'sentiment', 'logistics', 'cross_chain',
    'data', 'yield_optimizer_pro', 'privacy_sentinel', 'risk_shield', 'arbitrage_hunter',
    'liquidity_manager', 'strategy_bot'
);
COMMENT ON TYPE agents.agent_type IS 'What an agent is good at.';

CREATE TYPE agents.implementation_type AS ENUM ('custom', 'elizaos', 'hybrid');
COMMENT ON TYPE agents.implementation_type IS
    'How an agent is built: own code, the ElizaOS framework, or both.';

CREATE TYPE agents.health_status AS ENUM ('healthy', 'degraded', 'unhealthy', 'unknown');
COMMENT ON TYPE agents.health_status IS 'How an agent was at its last health check.';

CREATE TYPE agents.pricing_model AS ENUM ('free', 'subscription', 'performance_fee', 'hybrid');
COMMENT ON TYPE agents.pricing_model IS
    'How an agent is paid: not at all, by month, by a share of profit, or both.';

CREATE TYPE agents.verification_status AS ENUM (
    'verified', 'unverified', 'blacklisted', 'pending_review'
);
COMMENT ON TYPE agents.verification_status IS 'Whether the platform has checked an agent.';

CREATE TYPE agents.task_status AS ENUM ('pending', 'running', 'completed', 'failed', 'cancelled');
COMMENT ON TYPE agents.task_status IS 'Where a task stands.';

CREATE TABLE agents.agents (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    slug text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9][a-z0-9._-]*$'),
    name text NOT NULL CHECK (name <> ''),
    version text NOT NULL DEFAULT '1.0.0',
    description text NOT NULL CHECK (description <> ''),
    kind agents.agent_kind NOT NULL,
    agent_type agents.agent_type NOT NULL,
    implementation_type agents.implementation_type,
    capabilities jsonb NOT NULL DEFAULT '[]',
    supported_contracts jsonb NOT NULL DEFAULT '[]',
    chain_compatibility jsonb NOT NULL DEFAULT '[]',
    erc8004_compliance jsonb NOT NULL DEFAULT '{}',
    configuration jsonb NOT NULL DEFAULT '{}',
    reputation_score numeric(5,4) CHECK (reputation_score BETWEEN 0 AND 1),
    pricing_model agents.pricing_model NOT NULL DEFAULT 'free',
    subscription_fee_usd numeric(38,8) CHECK (subscription_fee_usd >= 0),
    performance_fee_rate numeric(5,4) CHECK (performance_fee_rate BETWEEN 0 AND 1),
    gas_cost_coverage boolean NOT NULL DEFAULT false,
    zk_proof_commitment text
        CHECK (length(zk_proof_commitment) BETWEEN 1 AND 128
            AND (zk_proof_commitment = lower(zk_proof_commitment) OR zk_proof_commitment NOT ILIKE '0x%')),
    verification_status agents.verification_status NOT NULL DEFAULT 'unverified',
    security_audit_score numeric(5,4) CHECK (security_audit_score BETWEEN 0 AND 1),
    last_audit_at timestamptz,
    health_status agents.health_status NOT NULL DEFAULT 'unknown',
    last_health_check timestamptz,
    is_active boolean NOT NULL DEFAULT true,
    maintenance_mode boolean NOT NULL DEFAULT false,
    max_concurrent_users integer NOT NULL DEFAULT 1000 CHECK (max_concurrent_users >= 0),
    developer_wallet text
        CHECK (length(developer_wallet) BETWEEN 1 AND 128
            AND (developer_wallet = lower(developer_wallet) OR developer_wallet NOT ILIKE '0x%')),
    github_repo_url text,
    documentation_url text,
    metadata jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE agents.agents IS
    'An agent that acts automatically: one of the platform''s satellites, or an agent of the '
    'market place.';
COMMENT ON COLUMN agents.agents.id IS 'Identifier of the agent in all four stores.';
COMMENT ON COLUMN agents.agents.slug IS 'Readable key in lower case, such as sage.';
COMMENT ON COLUMN agents.agents.name IS 'Its name.';
COMMENT ON COLUMN agents.agents.version IS 'Version of its code.';
COMMENT ON COLUMN agents.agents.description IS 'What it does.';
COMMENT ON COLUMN agents.agents.kind IS 'Who offers it.';
COMMENT ON COLUMN agents.agents.agent_type IS 'What it is good at.';
COMMENT ON COLUMN agents.agents.implementation_type IS 'How it is built.';
COMMENT ON COLUMN agents.agents.capabilities IS 'Abilities it declares, as a list of words.';
COMMENT ON COLUMN agents.agents.supported_contracts IS 'Contracts it knows how to use.';
COMMENT ON COLUMN agents.agents.chain_compatibility IS
    'Chains it runs on, as a list of chain slugs.';
COMMENT ON COLUMN agents.agents.erc8004_compliance IS
    'Its ERC-8004 identity, reputation and validation records.';
COMMENT ON COLUMN agents.agents.configuration IS 'Settings it runs with.';
COMMENT ON COLUMN agents.agents.reputation_score IS
    'Standing among users, 0 to 1; null when never rated.';
COMMENT ON COLUMN agents.agents.pricing_model IS 'How it is paid.';
COMMENT ON COLUMN agents.agents.subscription_fee_usd IS 'Monthly fee, in US dollars.';
COMMENT ON COLUMN agents.agents.performance_fee_rate IS 'Share of profit it takes, 0 to 1.';
COMMENT ON COLUMN agents.agents.gas_cost_coverage IS 'Whether its fee includes gas.';
COMMENT ON COLUMN agents.agents.zk_proof_commitment IS
    'Commitment to its code, for proofs of what it ran.';
COMMENT ON COLUMN agents.agents.verification_status IS 'Whether the platform has checked it.';
COMMENT ON COLUMN agents.agents.security_audit_score IS
    'Result of its last security audit, 0 to 1.';
COMMENT ON COLUMN agents.agents.last_audit_at IS 'When it was last audited (UTC).';
COMMENT ON COLUMN agents.agents.health_status IS
    'How it was at its last health check; live health is in Redis.';
COMMENT ON COLUMN agents.agents.last_health_check IS 'When its health was last checked (UTC).';
COMMENT ON COLUMN agents.agents.is_active IS 'Whether it is offered.';
COMMENT ON COLUMN agents.agents.maintenance_mode IS 'Whether it is paused for maintenance.';
COMMENT ON COLUMN agents.agents.max_concurrent_users IS 'How many users it can serve at once.';
COMMENT ON COLUMN agents.agents.developer_wallet IS 'Address its developer is paid at.';
COMMENT ON COLUMN agents.agents.github_repo_url IS 'Where its source is.';
COMMENT ON COLUMN agents.agents.documentation_url IS 'Where its manual is.';
COMMENT ON COLUMN agents.agents.metadata IS 'Further facts.';
COMMENT ON COLUMN agents.agents.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN agents.agents.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON agents.agents
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CREATE INDEX agents_name_id_idx ON agents.agents (name, id);
CREATE INDEX agents_kind_agent_type_id_idx ON agents.agents (kind, agent_type, id);
CREATE INDEX agents_reputation_score_id_idx
    ON agents.agents (reputation_score DESC NULLS LAST, id DESC);
CREATE INDEX agents_text_idx ON agents.agents
    USING gin (to_tsvector('english', name || ' ' || description));
-- Withdrawn agents are not shown. The table is not private, so its owner is not forced.
ALTER TABLE agents.agents ENABLE ROW LEVEL SECURITY;
CREATE POLICY active_select ON agents.agents FOR SELECT TO gateway USING (is_active);
GRANT SELECT ON agents.agents TO gateway;

CREATE TABLE agents.agent_stats (
    agent_id uuid PRIMARY KEY REFERENCES agents.agents (id) ON DELETE CASCADE,
    total_executions bigint NOT NULL DEFAULT 0 CHECK (total_executions >= 0),
    successful_executions bigint NOT NULL DEFAULT 0 CHECK (successful_executions >= 0),
    failed_executions bigint NOT NULL DEFAULT 0 CHECK (failed_executions >= 0),
    avg_execution_time_ms numeric(18,3) CHECK (avg_execution_time_ms >= 0),
    last_execution_at timestamptz,
    avg_yield numeric(18,6),
    total_profit_generated numeric(38,8),
    max_drawdown numeric(5,4) CHECK (max_drawdown BETWEEN 0 AND 1),
    sharpe_ratio numeric(18,6),
    current_active_users bigint NOT NULL DEFAULT 0 CHECK (current_active_users >= 0),
    performance_metrics jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT agent_stats_executions_add_up
        CHECK (successful_executions + failed_executions <= total_executions)
);
COMMENT ON TABLE agents.agent_stats IS
    'How an agent has done so far, recomputed by a job from the ClickHouse series '
    'agent_performance and from activations.';
COMMENT ON COLUMN agents.agent_stats.agent_id IS 'The agent.';
COMMENT ON COLUMN agents.agent_stats.total_executions IS 'Runs so far.';
COMMENT ON COLUMN agents.agent_stats.successful_executions IS 'Runs that reached their goal.';
COMMENT ON COLUMN agents.agent_stats.failed_executions IS 'Runs that did not.';
COMMENT ON COLUMN agents.agent_stats.avg_execution_time_ms IS
    'Mean duration of a run, in milliseconds.';
COMMENT ON COLUMN agents.agent_stats.last_execution_at IS 'Latest run (UTC).';
COMMENT ON COLUMN agents.agent_stats.avg_yield IS 'Mean yearly yield for its users, in percent.';
COMMENT ON COLUMN agents.agent_stats.total_profit_generated IS
    'Profit for all users, in US dollars.';
COMMENT ON COLUMN agents.agent_stats.max_drawdown IS
    'Largest loss from a peak, as a share of it, 0 to 1.';
COMMENT ON COLUMN agents.agent_stats.sharpe_ratio IS
    'Yearly excess return over its standard deviation.';
COMMENT ON COLUMN agents.agent_stats.current_active_users IS 'Users who have it switched on.';
COMMENT ON COLUMN agents.agent_stats.performance_metrics IS 'Further figures, by name.';
COMMENT ON COLUMN agents.agent_stats.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN agents.agent_stats.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON agents.agent_stats
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CREATE INDEX agent_stats_avg_yield_agent_id_idx
    ON agents.agent_stats (avg_yield DESC NULLS LAST, agent_id);
GRANT SELECT ON agents.agent_stats TO gateway;

CREATE TABLE agents.tasks (
    id uuid PRIMARY KEY DEFAULT ops.uuid_v7(),
    agent_id uuid NOT NULL REFERENCES agents.agents (id),
    task_type text NOT NULL CHECK (task_type <> ''),
    priority smallint NOT NULL DEFAULT 5 CHECK (priority BETWEEN 1 AND 10),
    payload jsonb NOT NULL DEFAULT '{}',
    status agents.task_status NOT NULL DEFAULT 'pending',
    run_after timestamptz NOT NULL DEFAULT now(),
    attempts integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    max_attempts integer NOT NULL DEFAULT 5 CHECK (max_attempts > 0),
    locked_by text,
    locked_until timestamptz,
    started_at timestamptz,
    completed_at timestamptz,
    error_message text,
    result jsonb,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT tasks_lease_is_whole CHECK ((locked_by IS NULL) = (locked_until IS NULL))
);
COMMENT ON TABLE agents.tasks IS
    'Work waiting for an agent. A worker takes a task with FOR UPDATE SKIP LOCKED and a lease, '
    'so that each is done once and none is lost with its worker.';
COMMENT ON COLUMN agents.tasks.id IS 'Identifier of the task; later tasks sort after earlier ones.';
COMMENT ON COLUMN agents.tasks.agent_id IS 'Who is to do it.';
COMMENT ON COLUMN agents.tasks.task_type IS 'What is to be done.';
COMMENT ON COLUMN agents.tasks.priority IS 'How urgent it is: 1 first, 10 last.';
COMMENT ON COLUMN agents.tasks.payload IS 'What it needs to know.';
COMMENT ON COLUMN agents.tasks.status IS 'Where it stands.';
COMMENT ON COLUMN agents.tasks.run_after IS 'Not before this time (UTC).';
COMMENT ON COLUMN agents.tasks.attempts IS 'How often it was started.';
COMMENT ON COLUMN agents.tasks.max_attempts IS 'How often it may be started.';
COMMENT ON COLUMN agents.tasks.locked_by IS 'Worker that holds it.';
COMMENT ON COLUMN agents.tasks.locked_until IS
    'When the hold lapses and another worker may take it (UTC).';
COMMENT ON COLUMN agents.tasks.started_at IS 'Latest start (UTC).';
COMMENT ON COLUMN agents.tasks.completed_at IS 'When it ended (UTC).';
COMMENT ON COLUMN agents.tasks.error_message IS 'Why the latest attempt failed.';
COMMENT ON COLUMN agents.tasks.result IS 'What came out.';
COMMENT ON COLUMN agents.tasks.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN agents.tasks.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON agents.tasks
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CREATE INDEX tasks_status_priority_run_after_id_idx
    ON agents.tasks (status, priority, run_after, id);
CREATE INDEX tasks_agent_id_status_idx ON agents.tasks (agent_id, status);

-- The satellites and the two agents of the market place that the platform starts with. Ids are
-- uuid5(namespace URL, 'onchain-gateway:agent:<slug>'), so that every installation agrees on them.
INSERT INTO agents.agents (
    id, slug, name, description, kind, agent_type, implementation_type
) VALUES
    ('6258183a-3aed-5e47-9935-34c3969a0177',
        'sage', 'Sage - Logic & Research',
        'Market analysis and RWA integration', 'satellite', 'logic', 'custom'),
    ('4c45e7ae-16b1-5b00-9efe-e7feb9c453f0',
        'forge', 'Forge - Builder & Engineering',
        'Smart contract optimization and MEV protection', 'satellite', 'builder', 'custom'),
    ('ca602860-78a2-5874-b038-2e641423db09',
        'pulse', 'Pulse - Growth & Optimization',
        'Yield farming and staking optimization', 'satellite', 'growth', 'hybrid'),
    ('f3ab3e91-4196-5dc7-bf5a-b2b940a6c59c',
        'aegis', 'Aegis - Security & Risk',
        'Risk management and liquidation protection', 'satellite', 'security', 'custom'),
    ('2b3f2307-cf72-515b-8709-5986ff1b7e3c',
        'echo', 'Echo - Sentiment & Community',
        'Social monitoring and sentiment analysis', 'satellite', 'sentiment', 'elizaos'),
    ('b1bfc04b-173c-5154-84cc-ec923761aa28',
        'fuel', 'Fuel - Logistics & Capital',
        'Capital deployment and gas optimization', 'satellite', 'logistics', 'hybrid'),
    ('0a8c67d0-0de1-5939-a79d-c593c5871125',
        'bridge', 'Bridge - Cross-Chain Operations',
        'Multi-chain coordination and arbitrage', 'satellite', 'cross_chain', 'custom'),
    ('86ff7410-81f1-524e-a34d-67c711f90ecc',
        'oracle', 'Oracle - Data Integrity',
        'Data validation and RWA verification', 'satellite', 'data', 'hybrid')
ON CONFLICT (slug) DO UPDATE SET
    name = excluded.name,
    description = excluded.description,
    kind = excluded.kind,
    agent_type = excluded.agent_type,
    implementation_type = excluded.implementation_type;
INSERT INTO agents.agents (
    id, slug, name, version, description, kind, agent_type, capabilities, chain_compatibility,
    reputation_score
) VALUES
    ('68c90f93-a97d-5f23-81ad-4e55b3bce730',
        'yield-optimizer-pro', 'Yield Optimizer Pro', '2.1.0',
        'Moves deposits between lending and liquidity pools for the best yield at a given '
        'risk, and compounds rewards.',
        'marketplace', 'yield_optimizer_pro',
        '["cross_protocol_farming", "auto_compounding", "risk_adjusted_allocation"]',
        '["ethereum"]', 0.9480),
    ('1393d044-0df9-525c-ae6b-d935783a0722',
        'privacy-sentinel-elite', 'Privacy Sentinel Elite', '1.0.0',
        'Watches how linkable a user''s transactions are, verifies zero-knowledge '
        'proofs and advises on larger anonymity sets.',
        'marketplace', 'privacy_sentinel',
        '["zk_verification", "privacy_enforcement", "anonymity_optimization"]',
        '["ethereum"]', 0.9820)
ON CONFLICT (slug) DO UPDATE SET
    name = excluded.name,
    version = excluded.version,
    description = excluded.description,
    kind = excluded.kind,
    agent_type = excluded.agent_type,
    capabilities = excluded.capabilities,
    chain_compatibility = excluded.chain_compatibility,
    reputation_score = excluded.reputation_score;
INSERT INTO agents.agent_stats (agent_id, avg_yield)
SELECT
    id,
    CASE slug
        WHEN 'yield-optimizer-pro' THEN 15.75
        WHEN 'privacy-sentinel-elite' THEN 0
    END
FROM agents.agents
ON CONFLICT (agent_id) DO NOTHING;

-- migrate:down
DROP TABLE agents.tasks;
DROP TABLE agents.agent_stats;
DROP TABLE agents.agents;
DROP TYPE agents.task_status;
DROP TYPE agents.verification_status;
DROP TYPE agents.pricing_model;
DROP TYPE agents.health_status;
DROP TYPE agents.implementation_type;
DROP TYPE agents.agent_type;
DROP TYPE agents.agent_kind;
