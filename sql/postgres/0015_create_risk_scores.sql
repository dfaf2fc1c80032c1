-- How dangerous something is. One assessment scores one dimension of one target, 0 to 1; the
-- newest of each stands in latest, kept by a trigger, and the history goes to ClickHouse
-- risk_scores. A target is a real foreign key in the column of its kind; target_id repeats it, so
-- that readers can ask for "the target" without knowing the kind. Assessments of portfolios are
-- private to their owner.

-- migrate:up
CREATE TYPE risk.target_type AS ENUM (
    'protocol', 'asset', 'wallet', 'contract', 'transaction', 'portfolio'
);
COMMENT ON TYPE risk.target_type IS 'What kind of thing is assessed.';

CREATE TYPE risk.dimension AS ENUM (
    'overall', 'liquidity', 'smart_contract', 'governance', 'market', 'liquidation',
    'correlation', 'protocol', 'regulatory', 'security'
);
COMMENT ON TYPE risk.dimension IS 'Which danger a score measures.';

CREATE TYPE risk.severity AS ENUM ('info', 'low', 'medium', 'high', 'critical');
COMMENT ON TYPE risk.severity IS 'How serious something is.';

CREATE TYPE risk.alert_type AS ENUM (
    'liquidation_risk', 'high_correlation', 'protocol_risk', 'unusual_activity',
    'malicious_contract', 'approval_risk'
);
COMMENT ON TYPE risk.alert_type IS 'What a warning is about.';

CREATE TABLE risk.assessments (
    id uuid PRIMARY KEY DEFAULT ops.uuid_v7(),
    target_type risk.target_type NOT NULL,
    protocol_id uuid REFERENCES catalog.protocols (id),
    asset_id uuid REFERENCES catalog.assets (id),
    wallet_id uuid REFERENCES catalog.wallets (id),
    contract_id uuid REFERENCES catalog.contracts (id),
    portfolio_id uuid REFERENCES portfolio.portfolios (id),
    transaction_id uuid,
    target_id uuid NOT NULL
        GENERATED ALWAYS AS (
            coalesce(protocol_id, asset_id, wallet_id,
                contract_id, portfolio_id, transaction_id)
        ) STORED,
    dimension risk.dimension NOT NULL,
    score numeric(5,4) NOT NULL CHECK (score BETWEEN 0 AND 1),
    confidence numeric(5,4) CHECK (confidence BETWEEN 0 AND 1),
    risk_factors text[] NOT NULL DEFAULT '{}',
    factors jsonb NOT NULL DEFAULT '{}',
    recommendations jsonb NOT NULL DEFAULT '[]',
    description text,
    source_agent_id uuid REFERENCES agents.agents (id),
    assessment_version text NOT NULL DEFAULT '1.0',
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    CONSTRAINT assessments_target_matches CHECK (
        num_nonnulls(
            protocol_id, asset_id, wallet_id, contract_id, portfolio_id, transaction_id
        ) = 1
        AND (protocol_id IS NOT NULL) = (target_type = 'protocol')
        AND (asset_id IS NOT NULL) = (target_type = 'asset')
        AND (wallet_id IS NOT NULL) = (target_type = 'wallet')
        AND (contract_id IS NOT NULL) = (target_type = 'contract')
        AND (portfolio_id IS NOT NULL) = (target_type = 'portfolio')
    )
);
COMMENT ON TABLE risk.assessments IS
    'A score for one danger of one target, with its reasons. Rows are only added.';
COMMENT ON COLUMN risk.assessments.id IS
    'Identifier of the assessment; later ones sort after earlier ones.';
COMMENT ON COLUMN risk.assessments.target_type IS
    'What kind of thing is assessed; the matching column below is set.';
COMMENT ON COLUMN risk.assessments.protocol_id IS 'The protocol assessed.';
COMMENT ON COLUMN risk.assessments.asset_id IS 'The asset assessed.';
COMMENT ON COLUMN risk.assessments.wallet_id IS 'The wallet assessed.';
COMMENT ON COLUMN risk.assessments.contract_id IS 'The contract assessed.';
COMMENT ON COLUMN risk.assessments.portfolio_id IS 'The portfolio assessed.';
COMMENT ON COLUMN risk.assessments.transaction_id IS
    'The row of wallet activity assessed; not a foreign key, because its history is in ClickHouse.';
COMMENT ON COLUMN risk.assessments.target_id IS 'The target, whatever its kind.';
COMMENT ON COLUMN risk.assessments.dimension IS 'Which danger is measured.';
COMMENT ON COLUMN risk.assessments.score IS 'How dangerous, 0 safe to 1 dangerous.';
COMMENT ON COLUMN risk.assessments.confidence IS 'How sure the score is, 0 to 1.';
COMMENT ON COLUMN risk.assessments.risk_factors IS 'Reasons, in words.';
COMMENT ON COLUMN risk.assessments.factors IS 'Reasons, as figures by name.';
COMMENT ON COLUMN risk.assessments.recommendations IS 'What to do about it.';
COMMENT ON COLUMN risk.assessments.description IS 'The assessment in a sentence.';
COMMENT ON COLUMN risk.assessments.source_agent_id IS 'The agent that made it.';
COMMENT ON COLUMN risk.assessments.assessment_version IS 'Version of the method.';
COMMENT ON COLUMN risk.assessments.created_at IS 'When it was made (UTC).';
COMMENT ON COLUMN risk.assessments.expires_at IS
    'Until when it holds (UTC); null means until the next one.';
CREATE INDEX assessments_target_id_dimension_created_at_id_idx
    ON risk.assessments (target_id, dimension, created_at DESC, id DESC);
CREATE INDEX assessments_protocol_id_idx ON risk.assessments (protocol_id)
    WHERE protocol_id IS NOT NULL;
CREATE INDEX assessments_asset_id_idx ON risk.assessments (asset_id) WHERE asset_id IS NOT NULL;
CREATE INDEX assessments_wallet_id_idx ON risk.assessments (wallet_id)
    WHERE wallet_id IS NOT NULL;
CREATE INDEX assessments_contract_id_idx ON risk.assessments (contract_id)
    WHERE contract_id IS NOT NULL;
CREATE INDEX assessments_portfolio_id_idx ON risk.assessments (portfolio_id)
    WHERE portfolio_id IS NOT NULL;
CREATE INDEX assessments_source_agent_id_idx ON risk.assessments (source_agent_id)
    WHERE source_agent_id IS NOT NULL;
CREATE INDEX assessments_expires_at_idx ON risk.assessments (expires_at)
    WHERE expires_at IS NOT NULL;
CALL ops.protect('risk.assessments', 'portfolio_id', '{select}', 'portfolio.portfolios');
CREATE POLICY public_select ON risk.assessments FOR SELECT TO gateway
    USING (target_type <> 'portfolio');
GRANT SELECT ON risk.assessments TO gateway;

CREATE TABLE risk.latest (
    target_type risk.target_type NOT NULL,
    target_id uuid NOT NULL,
    dimension risk.dimension NOT NULL,
    portfolio_id uuid REFERENCES portfolio.portfolios (id) ON DELETE CASCADE,
    assessment_id uuid NOT NULL REFERENCES risk.assessments (id) ON DELETE CASCADE,
    score numeric(5,4) NOT NULL CHECK (score BETWEEN 0 AND 1),
    confidence numeric(5,4) CHECK (confidence BETWEEN 0 AND 1),
    assessed_at timestamptz NOT NULL,
    expires_at timestamptz,
    PRIMARY KEY (target_type, target_id, dimension),
    CONSTRAINT latest_portfolio_matches
        CHECK ((portfolio_id IS NOT NULL) = (target_type = 'portfolio'))
);
COMMENT ON TABLE risk.latest IS 'The newest assessment of each danger of each target.';
COMMENT ON COLUMN risk.latest.target_type IS 'What kind of thing is assessed.';
COMMENT ON COLUMN risk.latest.target_id IS 'The target.';
COMMENT ON COLUMN risk.latest.dimension IS 'Which danger is measured.';
COMMENT ON COLUMN risk.latest.portfolio_id IS 'The portfolio, where the target is one.';
COMMENT ON COLUMN risk.latest.assessment_id IS 'The assessment, with its reasons.';
COMMENT ON COLUMN risk.latest.score IS 'How dangerous, 0 safe to 1 dangerous.';
COMMENT ON COLUMN risk.latest.confidence IS 'How sure the score is, 0 to 1.';
COMMENT ON COLUMN risk.latest.assessed_at IS 'When it was made (UTC).';
COMMENT ON COLUMN risk.latest.expires_at IS
    'Until when it holds (UTC); null means until the next one.';
CREATE INDEX latest_target_id_idx ON risk.latest (target_id);
CREATE INDEX latest_target_type_dimension_score_target_id_idx
    ON risk.latest (target_type, dimension, score DESC, target_id);
CREATE INDEX latest_assessment_id_idx ON risk.latest (assessment_id);
CREATE INDEX latest_portfolio_id_idx ON risk.latest (portfolio_id) WHERE portfolio_id IS NOT NULL;
CALL ops.protect('risk.latest', 'portfolio_id', '{select}', 'portfolio.portfolios');
CREATE POLICY public_select ON risk.latest FOR SELECT TO gateway
    USING (target_type <> 'portfolio');
GRANT SELECT ON risk.latest TO gateway;

CREATE FUNCTION risk.keep_latest() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $body$
BEGIN
    INSERT INTO risk.latest AS known (
        target_type, target_id, dimension, portfolio_id, assessment_id, score, confidence,
        assessed_at, expires_at
    ) VALUES (
        NEW.target_type, NEW.target_id, NEW.dimension, NEW.portfolio_id, NEW.id, NEW.score,
        NEW.confidence, NEW.created_at, NEW.expires_at
    )
    ON CONFLICT (target_type, target_id, dimension) DO UPDATE SET
        assessment_id = excluded.assessment_id,
        score = excluded.score,
        confidence = excluded.confidence,
        assessed_at = excluded.assessed_at,
        expires_at = excluded.expires_at
    WHERE excluded.assessed_at >= known.assessed_at;
    RETURN NULL;
END
$body$;
COMMENT ON FUNCTION risk.keep_latest() IS
    'AFTER INSERT trigger of risk.assessments: keeps risk.latest at the newest score.';
REVOKE ALL ON FUNCTION risk.keep_latest() FROM PUBLIC;
CREATE TRIGGER keep_latest AFTER INSERT ON risk.assessments
    FOR EACH ROW EXECUTE FUNCTION risk.keep_latest();

CREATE TABLE risk.alerts (
    id uuid PRIMARY KEY DEFAULT ops.uuid_v7(),
    user_id uuid NOT NULL REFERENCES account.users (id),
    portfolio_id uuid,
    target_type risk.target_type,
    target_id uuid,
    alert_type risk.alert_type NOT NULL,
    severity risk.severity NOT NULL,
    message text NOT NULL,
    details jsonb NOT NULL DEFAULT '{}',
    is_acknowledged boolean NOT NULL DEFAULT false,
    acknowledged_at timestamptz,
    acknowledged_by uuid REFERENCES account.users (id) ON DELETE SET NULL,
    resolved_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (portfolio_id, user_id) REFERENCES portfolio.portfolios (id, user_id),
    CONSTRAINT alerts_acknowledged_has_time CHECK (is_acknowledged = (acknowledged_at IS NOT NULL)),
    CONSTRAINT alerts_target_is_whole CHECK ((target_type IS NULL) = (target_id IS NULL))
);
COMMENT ON TABLE risk.alerts IS
    'A warning to a user about something they hold or use. Jobs write it; its owner '
    'acknowledges it.';
COMMENT ON COLUMN risk.alerts.id IS
    'Identifier of the warning; later ones sort after earlier ones.';
COMMENT ON COLUMN risk.alerts.user_id IS 'Who is warned.';
COMMENT ON COLUMN risk.alerts.portfolio_id IS 'The portfolio in danger.';
COMMENT ON COLUMN risk.alerts.target_type IS 'What kind of thing is dangerous.';
COMMENT ON COLUMN risk.alerts.target_id IS 'The thing that is dangerous.';
COMMENT ON COLUMN risk.alerts.alert_type IS 'What the warning is about.';
COMMENT ON COLUMN risk.alerts.severity IS 'How serious it is.';
COMMENT ON COLUMN risk.alerts.message IS 'The warning in words.';
COMMENT ON COLUMN risk.alerts.details IS 'Figures behind it.';
COMMENT ON COLUMN risk.alerts.is_acknowledged IS 'Whether somebody has seen it.';
COMMENT ON COLUMN risk.alerts.acknowledged_at IS 'When it was seen (UTC).';
COMMENT ON COLUMN risk.alerts.acknowledged_by IS 'Who has seen it; null after erasure.';
COMMENT ON COLUMN risk.alerts.resolved_at IS 'When the danger was over (UTC).';
COMMENT ON COLUMN risk.alerts.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN risk.alerts.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON risk.alerts
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CREATE INDEX alerts_user_id_created_at_id_idx ON risk.alerts (user_id, created_at DESC, id DESC);
CREATE INDEX alerts_portfolio_id_user_id_severity_idx
    ON risk.alerts (portfolio_id, user_id, severity)
    WHERE portfolio_id IS NOT NULL;
CREATE INDEX alerts_acknowledged_by_idx ON risk.alerts (acknowledged_by)
    WHERE acknowledged_by IS NOT NULL;
CALL ops.protect('risk.alerts', 'user_id', '{select, update}');
GRANT SELECT, UPDATE (is_acknowledged, acknowledged_at, acknowledged_by)
    ON risk.alerts TO gateway;

-- migrate:down
DROP TABLE risk.alerts;
DROP TRIGGER keep_latest ON risk.assessments;
DROP FUNCTION risk.keep_latest();
DROP TABLE risk.latest;
DROP TABLE risk.assessments;
DROP TYPE risk.alert_type;
DROP TYPE risk.severity;
DROP TYPE risk.dimension;
DROP TYPE risk.target_type;
