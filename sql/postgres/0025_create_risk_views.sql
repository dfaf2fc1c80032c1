-- Assessments of public things and of portfolios share their tables. Whoever asks for public ones
-- reads these views, which never hold a portfolio's, beside the row policies, which show nobody's
-- portfolio to a statement that acts for nobody: either alone would hold. A scan can be asked for,
-- and is asked for once however many want it.

-- migrate:up
CREATE VIEW risk.public_assessments WITH (security_invoker = true) AS
SELECT
    id, target_type, target_id, dimension, score, confidence, risk_factors, factors,
    recommendations, description, source_agent_id, assessment_version, created_at AS assessed_at,
    expires_at
FROM risk.assessments
WHERE target_type <> 'portfolio';
COMMENT ON VIEW risk.public_assessments IS
    'Assessments of everything but portfolios.';
COMMENT ON COLUMN risk.public_assessments.id IS
    'Identifier of the assessment; later ones sort after earlier ones.';
COMMENT ON COLUMN risk.public_assessments.target_type IS 'What kind of thing is assessed.';
COMMENT ON COLUMN risk.public_assessments.target_id IS 'The target, whatever its kind.';
COMMENT ON COLUMN risk.public_assessments.dimension IS 'Which danger is measured.';
COMMENT ON COLUMN risk.public_assessments.score IS 'How dangerous, 0 safe to 1 dangerous.';
COMMENT ON COLUMN risk.public_assessments.confidence IS 'How sure the score is, 0 to 1.';
COMMENT ON COLUMN risk.public_assessments.risk_factors IS 'Reasons, in words.';
COMMENT ON COLUMN risk.public_assessments.factors IS 'Reasons, as figures by name.';
COMMENT ON COLUMN risk.public_assessments.recommendations IS 'What to do about it.';
COMMENT ON COLUMN risk.public_assessments.description IS 'The assessment in a sentence.';
COMMENT ON COLUMN risk.public_assessments.source_agent_id IS 'The agent that made it.';
COMMENT ON COLUMN risk.public_assessments.assessment_version IS 'Version of the method.';
COMMENT ON COLUMN risk.public_assessments.assessed_at IS 'When it was made (UTC).';
COMMENT ON COLUMN risk.public_assessments.expires_at IS
    'Until when it holds (UTC); null means until the next one.';
GRANT SELECT ON risk.public_assessments TO gateway;

CREATE VIEW risk.public_latest WITH (security_invoker = true) AS
SELECT
    target_type, target_id, dimension, assessment_id, score, confidence, assessed_at, expires_at
FROM risk.latest
WHERE target_type <> 'portfolio';
COMMENT ON VIEW risk.public_latest IS
    'The newest assessment of each danger of everything but portfolios.';
COMMENT ON COLUMN risk.public_latest.target_type IS 'What kind of thing is assessed.';
COMMENT ON COLUMN risk.public_latest.target_id IS 'The target.';
COMMENT ON COLUMN risk.public_latest.dimension IS 'Which danger is measured.';
COMMENT ON COLUMN risk.public_latest.assessment_id IS 'The assessment, with its reasons.';
COMMENT ON COLUMN risk.public_latest.score IS 'How dangerous, 0 safe to 1 dangerous.';
COMMENT ON COLUMN risk.public_latest.confidence IS 'How sure the score is, 0 to 1.';
COMMENT ON COLUMN risk.public_latest.assessed_at IS 'When it was made (UTC).';
COMMENT ON COLUMN risk.public_latest.expires_at IS
    'Until when it holds (UTC); null means until the next one.';
GRANT SELECT ON risk.public_latest TO gateway;

CREATE UNIQUE INDEX security_scans_open_key ON risk.security_scans (contract_id, scanner)
    WHERE status IN ('queued', 'running');
GRANT INSERT (contract_id, scanner) ON risk.security_scans TO gateway;

GRANT UPDATE (resolved_at) ON risk.alerts TO gateway;

-- migrate:down
REVOKE UPDATE (resolved_at) ON risk.alerts FROM gateway;
REVOKE INSERT (contract_id, scanner) ON risk.security_scans FROM gateway;
DROP INDEX risk.security_scans_open_key;
DROP VIEW risk.public_latest;
DROP VIEW risk.public_assessments;
