-- What scores of danger are made from, and where they are written, as worker.

-- name: weights :many
-- How much each danger counts.
SELECT dimension::text AS dimension, weight::float8 AS weight FROM risk.score_weights WHERE weight > 0;

-- name: facts :many
-- What is known of active protocols after one: audits of it and of its contracts, value locked, and as pairs how it is
-- on each chain with the value locked there, and its incidents with their losses.
-- index: protocols_pkey
SELECT
    p.id,
    CASE WHEN p.audit_count IS NOT NULL OR a.audits > 0 THEN greatest(p.audit_count, a.audits) END AS audits,
    coalesce(t.tvl_usd, l.tvl_usd)::float8 AS tvl_usd,
    coalesce(h.chains, '[]') AS health,
    coalesce(i.incidents, '[]') AS incidents
FROM catalog.protocols AS p
LEFT JOIN catalog.protocol_totals AS t ON t.protocol_id = p.id
LEFT JOIN LATERAL (
    SELECT sum(k.tvl_usd) AS tvl_usd FROM catalog.protocol_latest AS k WHERE k.protocol_id = p.id
) AS l ON true
LEFT JOIN LATERAL (
    SELECT count(*) AS audits
    FROM catalog.contracts AS c
    JOIN risk.contract_audits AS k ON k.contract_id = c.id
    WHERE c.protocol_id = p.id
) AS a ON true
LEFT JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_array(k.status, k.tvl_usd) ORDER BY k.chain_id) AS chains
    FROM risk.protocol_health AS k
    WHERE k.protocol_id = p.id
) AS h ON true
LEFT JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_array(k.occurred_on, k.loss_usd) ORDER BY k.occurred_on, k.id) AS incidents
    FROM catalog.incidents AS k
    WHERE k.protocol_id = p.id
) AS i ON true
WHERE p.id > :after::uuid AND p.is_active
ORDER BY p.id
LIMIT :count::bigint;

-- name: newest :many
-- The newest score of each danger of some protocols, and the method it was made by.
-- index: latest_pkey
SELECT l.target_id, l.dimension::text AS dimension, l.score::float8 AS score, l.assessed_at, a.assessment_version
FROM risk.latest AS l
JOIN risk.assessments AS a ON a.id = l.assessment_id
WHERE l.target_type = 'protocol' AND l.target_id = ANY (:protocol_ids::uuid[]);

-- name: write :exec
-- Adds assessments of protocols; the newest follow by themselves.
INSERT INTO risk.assessments (
    target_type, protocol_id, dimension, score, confidence, risk_factors, factors, description, assessment_version,
    created_at
)
SELECT
    'protocol', p.id, r.dimension::risk.dimension, r.score, r.confidence,
    ARRAY(SELECT jsonb_array_elements_text(r.reasons)), r.inputs, r.description, r.version, :now::timestamptz
FROM jsonb_to_recordset(:rows::jsonb) AS r (
    protocol_id uuid, dimension text, score numeric, confidence numeric, reasons jsonb, inputs jsonb,
    description text, version text
)
JOIN catalog.protocols AS p ON p.id = r.protocol_id;
