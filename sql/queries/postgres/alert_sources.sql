-- What rules look at that Postgres knows. A question is a place in a list: whatever is found says which one it answers.

-- name: portfolio_values :many
-- What portfolios are worth, and since when that is known.
-- index: summaries_pkey
SELECT s.portfolio_id, p.user_id, s.total_value_usd, s.last_calculated_at
FROM portfolio.summaries AS s
JOIN portfolio.portfolios AS p ON p.id = s.portfolio_id
WHERE s.portfolio_id = ANY (:portfolio_ids::uuid[]) AND s.total_value_usd IS NOT NULL
    AND s.last_calculated_at IS NOT NULL;

-- name: risk_scores :many
-- The newest overall danger of things of a kind that still holds.
-- index: latest_pkey
SELECT target_id, score, assessed_at FROM risk.latest
WHERE target_type = :target_type::text::risk.target_type AND target_id = ANY (:target_ids::uuid[])
    AND dimension = 'overall' AND (expires_at IS NULL OR expires_at > :at::timestamptz);

-- name: findings_of_wallets :many
-- What was open against wallets at moments: reports of harm about their address, and approvals given to addresses that
-- were reported.
-- index: wallet_approvals_open_idx
SELECT
    q.place,
    (
        SELECT count(*) FROM risk.malicious_contracts AS m
        WHERE m.chain_id = w.chain_id AND m.address = w.address
            AND coalesce(m.first_reported_at, m.created_at) <= q.at AND (m.is_active OR m.updated_at > q.at)
    ) + (
        SELECT count(*) FROM risk.wallet_approvals AS a
        WHERE a.wallet_id = w.id AND coalesce(a.approved_at, a.created_at) <= q.at
            AND (a.revoked_at IS NULL OR a.revoked_at > q.at)
            AND EXISTS (
                SELECT FROM risk.malicious_contracts AS m
                WHERE m.chain_id = w.chain_id AND m.address = a.spender
                    AND coalesce(m.first_reported_at, m.created_at) <= q.at AND (m.is_active OR m.updated_at > q.at)
            )
    ) AS findings
FROM unnest(:places::integer[], :keys::uuid[], :chains::bigint[], :ats::timestamptz[]) AS q (place, key, chain, at)
JOIN catalog.wallets AS w ON w.id = q.key AND q.chain IN (0, w.chain_id);

-- name: findings_of_assets :many
-- What was open against assets at moments: reports of harm about their contract, and grave findings of the newest scan of
-- it by each scanner.
-- index: malicious_contracts_chain_id_address_threat_type_key
SELECT
    q.place,
    (
        SELECT count(*) FROM risk.malicious_contracts AS m
        WHERE m.chain_id = a.chain_id AND m.address = a.contract_address
            AND coalesce(m.first_reported_at, m.created_at) <= q.at AND (m.is_active OR m.updated_at > q.at)
    ) + (
        SELECT coalesce(sum(s.grave), 0) FROM (
            SELECT DISTINCT ON (s.contract_id, s.scanner)
                coalesce((s.severity_counts ->> 'critical')::bigint, 0)
                + coalesce((s.severity_counts ->> 'high')::bigint, 0) AS grave
            FROM catalog.contracts AS c JOIN risk.security_scans AS s ON s.contract_id = c.id
            WHERE c.chain_id = a.chain_id AND c.address = a.contract_address AND s.completed_at <= q.at
            ORDER BY s.contract_id, s.scanner, s.completed_at DESC
        ) AS s
    ) AS findings
FROM unnest(:places::integer[], :keys::uuid[], :chains::bigint[], :ats::timestamptz[]) AS q (place, key, chain, at)
JOIN catalog.assets AS a ON a.id = q.key AND (q.chain = 0 OR a.chain_id = q.chain);

-- name: findings_of_protocols :many
-- The same of all contracts of protocols.
-- index: malicious_contracts_chain_id_address_threat_type_key
SELECT
    q.place,
    (
        SELECT count(*) FROM risk.malicious_contracts AS m
        WHERE coalesce(m.first_reported_at, m.created_at) <= q.at AND (m.is_active OR m.updated_at > q.at)
            AND (m.chain_id, m.address) IN (
                SELECT c.chain_id, c.address FROM catalog.contracts AS c
                WHERE c.protocol_id = p.id AND q.chain IN (0, c.chain_id)
                UNION
                SELECT d.chain_id, d.contract_address FROM catalog.protocol_deployments AS d
                WHERE d.protocol_id = p.id AND d.contract_address IS NOT NULL AND q.chain IN (0, d.chain_id)
            )
    ) + (
        SELECT coalesce(sum(s.grave), 0) FROM (
            SELECT DISTINCT ON (s.contract_id, s.scanner)
                coalesce((s.severity_counts ->> 'critical')::bigint, 0)
                + coalesce((s.severity_counts ->> 'high')::bigint, 0) AS grave
            FROM catalog.contracts AS c JOIN risk.security_scans AS s ON s.contract_id = c.id
            WHERE c.protocol_id = p.id AND q.chain IN (0, c.chain_id) AND s.completed_at <= q.at
            ORDER BY s.contract_id, s.scanner, s.completed_at DESC
        ) AS s
    ) AS findings
FROM unnest(:places::integer[], :keys::uuid[], :chains::bigint[], :ats::timestamptz[]) AS q (place, key, chain, at)
JOIN catalog.protocols AS p ON p.id = q.key;

-- name: findings_of_portfolios :many
-- What was open against portfolios at moments: warnings about them that nobody resolved, and approvals of their wallets
-- given to addresses that were reported.
-- index: portfolio_wallets_pkey
SELECT
    q.place,
    (
        SELECT count(*) FROM risk.alerts AS w
        WHERE w.portfolio_id = p.id AND w.user_id = p.user_id AND w.created_at <= q.at
            AND (w.resolved_at IS NULL OR w.resolved_at > q.at)
    ) + (
        SELECT count(*)
        FROM portfolio.portfolio_wallets AS h
        JOIN catalog.wallets AS w ON w.id = h.wallet_id AND q.chain IN (0, w.chain_id)
        JOIN risk.wallet_approvals AS a ON a.wallet_id = w.id
        WHERE h.portfolio_id = p.id AND coalesce(a.approved_at, a.created_at) <= q.at
            AND (a.revoked_at IS NULL OR a.revoked_at > q.at)
            AND EXISTS (
                SELECT FROM risk.malicious_contracts AS m
                WHERE m.chain_id = w.chain_id AND m.address = a.spender
                    AND coalesce(m.first_reported_at, m.created_at) <= q.at AND (m.is_active OR m.updated_at > q.at)
            )
    ) AS findings
FROM unnest(:places::integer[], :keys::uuid[], :chains::bigint[], :ats::timestamptz[]) AS q (place, key, chain, at)
JOIN portfolio.portfolios AS p ON p.id = q.key;

-- name: new_pools :many
-- How many pools of protocols were first seen after one moment and not after another.
-- index: yield_pools_protocol_id_name_id_idx
SELECT q.place, count(y.id) AS listings
FROM unnest(:places::integer[], :keys::uuid[], :chains::bigint[], :starts::timestamptz[], :ends::timestamptz[])
    AS q (place, key, chain, start_at, end_at)
JOIN catalog.protocols AS p ON p.id = q.key
LEFT JOIN catalog.yield_pools AS y
    ON y.protocol_id = p.id AND y.created_at > q.start_at AND y.created_at <= q.end_at AND q.chain IN (0, y.chain_id)
GROUP BY q.place;

-- name: new_protocols :many
-- How many protocols were first seen on chains after one moment and not after another.
-- index: protocol_deployments_chain_id_contract_address_key
SELECT q.place, count(n.protocol_id) AS listings
FROM unnest(:places::integer[], :chains::bigint[], :starts::timestamptz[], :ends::timestamptz[])
    AS q (place, chain, start_at, end_at)
JOIN catalog.chains AS c ON c.id = q.chain
LEFT JOIN LATERAL (
    SELECT d.protocol_id FROM catalog.protocol_deployments AS d WHERE d.chain_id = c.id
    GROUP BY d.protocol_id
    HAVING min(d.created_at) > q.start_at AND min(d.created_at) <= q.end_at
) AS n ON true
GROUP BY q.place;

-- name: smart_wallets :many
-- The wallets that trade best: those of the leaderboard, as they are now.
-- index: wallets_smart_money_score_id_idx
SELECT id FROM catalog.wallets
WHERE is_active AND smart_money_score > 0.5
ORDER BY smart_money_score DESC, id
LIMIT 1000;
