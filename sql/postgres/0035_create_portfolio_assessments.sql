-- The other half of public_assessments: those of portfolios alone, under the same names, so that
-- whoever asks for a portfolio's finds no row of anything else there.

-- migrate:up
CREATE VIEW risk.portfolio_assessments WITH (security_invoker = true) AS
SELECT
    id, portfolio_id, dimension, score, confidence, risk_factors, factors, recommendations,
    description, source_agent_id, assessment_version, created_at AS assessed_at, expires_at
FROM risk.assessments
WHERE target_type = 'portfolio';
COMMENT ON VIEW risk.portfolio_assessments IS
    'Assessments of portfolios; the row policies show those of the reader.';
COMMENT ON COLUMN risk.portfolio_assessments.id IS
    'Identifier of the assessment; later ones sort after earlier ones.';
COMMENT ON COLUMN risk.portfolio_assessments.portfolio_id IS 'The portfolio assessed.';
COMMENT ON COLUMN risk.portfolio_assessments.dimension IS 'Which danger is measured.';
COMMENT ON COLUMN risk.portfolio_assessments.score IS 'How dangerous, 0 safe to 1 dangerous.';
COMMENT ON COLUMN risk.portfolio_assessments.confidence IS 'How sure the score is, 0 to 1.';
COMMENT ON COLUMN risk.portfolio_assessments.risk_factors IS 'Reasons, in words.';
COMMENT ON COLUMN risk.portfolio_assessments.factors IS 'Reasons, as figures by name.';
COMMENT ON COLUMN risk.portfolio_assessments.recommendations IS 'What to do about it.';
COMMENT ON COLUMN risk.portfolio_assessments.description IS 'The assessment in a sentence.';
COMMENT ON COLUMN risk.portfolio_assessments.source_agent_id IS 'The agent that made it.';
COMMENT ON COLUMN risk.portfolio_assessments.assessment_version IS 'Version of the method.';
COMMENT ON COLUMN risk.portfolio_assessments.assessed_at IS 'When it was made (UTC).';
COMMENT ON COLUMN risk.portfolio_assessments.expires_at IS
    'Until when it holds (UTC); null means until the next one.';
GRANT SELECT ON risk.portfolio_assessments TO gateway;

-- migrate:down
DROP VIEW risk.portfolio_assessments;
