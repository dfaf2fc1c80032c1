-- What makes up the overall score of a protocol, in one table that operators may change; and cost points
-- beside the counts of a day, which outlive the single events in ClickHouse.

-- migrate:up
CREATE TABLE risk.score_weights (
    dimension risk.dimension PRIMARY KEY CHECK (dimension <> 'overall'),
    weight numeric(5,4) NOT NULL CHECK (weight >= 0 AND weight <= 1),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE risk.score_weights IS
    'How much each danger counts in the overall score of a protocol. Weights need not add up to one: '
    'a score is the mean over the dangers that are known.';
COMMENT ON COLUMN risk.score_weights.dimension IS 'The danger.';
COMMENT ON COLUMN risk.score_weights.weight IS 'How much it counts, 0 not at all.';
COMMENT ON COLUMN risk.score_weights.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN risk.score_weights.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON risk.score_weights
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
INSERT INTO risk.score_weights (dimension, weight) VALUES
    ('security', 0.3),
    ('smart_contract', 0.25),
    ('protocol', 0.25),
    ('liquidity', 0.2)
ON CONFLICT (dimension) DO UPDATE SET weight = excluded.weight;

ALTER TABLE account.usage_daily ADD COLUMN cost bigint CHECK (cost >= 0);
COMMENT ON COLUMN account.usage_daily.cost IS 'Cost points charged; null when nobody counted them.';

-- migrate:down
ALTER TABLE account.usage_daily DROP COLUMN cost;
DROP TABLE risk.score_weights;
