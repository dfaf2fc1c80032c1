-- Approvals, addresses reported as harmful, and scores of wallets.

-- name: open_approvals :many
-- Open approvals of wallets by token: how many, how many of them unlimited or given to an address reported as harmful,
-- and the sum of the limited amounts in the smallest unit.
-- index: wallet_approvals_open_idx
SELECT
    p.wallet_id,
    p.asset_id,
    a.decimals,
    count(*) AS open_count,
    count(*) FILTER (WHERE p.is_unlimited) AS unlimited_count,
    count(*) FILTER (WHERE EXISTS (
        SELECT FROM risk.malicious_contracts AS m
        WHERE m.chain_id = w.chain_id AND m.address = p.spender AND m.is_active
    )) AS reported_count,
    sum(p.amount) FILTER (WHERE NOT p.is_unlimited) AS amount
FROM risk.wallet_approvals AS p
JOIN catalog.wallets AS w ON w.id = p.wallet_id
JOIN catalog.assets AS a ON a.id = p.asset_id
WHERE p.wallet_id = ANY (:wallet_ids::uuid[]) AND p.revoked_at IS NULL
GROUP BY p.wallet_id, p.asset_id, a.decimals
ORDER BY p.wallet_id, p.asset_id;

-- name: approval_amounts :many
-- The amount of each approval in the smallest unit, null when unlimited, with what makes whole units of it.
-- index: wallet_approvals_pkey
SELECT
    p.id,
    p.asset_id,
    CASE WHEN NOT p.is_unlimited THEN p.amount END AS amount,
    a.decimals,
    p.revoked_at
FROM risk.wallet_approvals AS p
JOIN catalog.assets AS a ON a.id = p.asset_id
WHERE p.id = ANY (:approval_ids::uuid[]);

-- name: spender_labels :many
-- What sources say about the addresses approvals were given to, the surest first.
-- index: address_labels_chain_id_address_source_key
SELECT p.id AS approval_id, l.*
FROM risk.wallet_approvals AS p
JOIN catalog.wallets AS w ON w.id = p.wallet_id
JOIN catalog.address_labels AS l ON l.chain_id = w.chain_id AND l.address = p.spender
WHERE p.id = ANY (:approval_ids::uuid[])
ORDER BY p.id, l.confidence DESC NULLS LAST, l.name, l.id;

-- name: spender_reports :many
-- Standing reports of harm about the addresses approvals were given to, the earliest first.
-- index: malicious_contracts_chain_id_address_threat_type_key
SELECT p.id AS approval_id, m.*
FROM risk.wallet_approvals AS p
JOIN catalog.wallets AS w ON w.id = p.wallet_id
JOIN risk.malicious_contracts AS m ON m.chain_id = w.chain_id AND m.address = p.spender
WHERE p.id = ANY (:approval_ids::uuid[]) AND m.is_active
ORDER BY p.id, m.first_reported_at NULLS LAST, m.id;

-- name: reports_at :many
-- Standing reports of harm about an address, on one chain or, without one, on any; the earliest first.
-- index: malicious_contracts_address_idx
SELECT m.*
FROM risk.malicious_contracts AS m
WHERE m.address = :address::text AND m.is_active
    AND (:chain_id::bigint IS NULL OR m.chain_id = :chain_id::bigint)
ORDER BY m.first_reported_at NULLS LAST, m.chain_id, m.id
LIMIT 1000;

-- name: security_scores :many
-- The newest score of security of each wallet.
-- index: latest_pkey
SELECT l.*
FROM risk.public_latest AS l
WHERE l.target_type = 'wallet' AND l.target_id = ANY (:wallet_ids::uuid[]) AND l.dimension = 'security';

-- name: lock_alert :one
-- A warning of the user's own, held until the end of the transaction.
-- index: alerts_pkey
SELECT * FROM risk.alerts WHERE id = :id::uuid AND user_id = :user_id::uuid FOR UPDATE;

-- name: acknowledge_alert :one
UPDATE risk.alerts SET is_acknowledged = true, acknowledged_at = now(), acknowledged_by = :user_id::uuid
WHERE id = :id::uuid AND user_id = :user_id::uuid
RETURNING *;

-- name: resolve_alert :one
UPDATE risk.alerts SET
    resolved_at = now(),
    is_acknowledged = true,
    acknowledged_at = coalesce(acknowledged_at, now()),
    acknowledged_by = coalesce(acknowledged_by, :user_id::uuid)
WHERE id = :id::uuid AND user_id = :user_id::uuid
RETURNING *;

-- name: request_scan :one
-- A new scan that waits; no row when one waits or runs already.
INSERT INTO risk.security_scans (contract_id, scanner) VALUES (:contract_id::uuid, :scanner)
ON CONFLICT (contract_id, scanner) WHERE status IN ('queued', 'running') DO NOTHING
RETURNING *;

-- name: open_scan :one
-- The scan that waits or runs.
-- index: security_scans_open_key
SELECT * FROM risk.security_scans
WHERE contract_id = :contract_id::uuid AND scanner = :scanner AND status IN ('queued', 'running');

-- name: own_portfolios :many
-- Which of these portfolios are the user's own.
-- index: portfolios_pkey
SELECT id FROM portfolio.portfolios WHERE id = ANY (:portfolio_ids::uuid[]) AND user_id = :user_id::uuid;

-- name: spender_contracts :many
-- The contracts that approvals were given to, where they are known.
-- index: contracts_chain_id_address_key
SELECT p.id AS approval_id, c.*
FROM risk.wallet_approvals AS p
JOIN catalog.wallets AS w ON w.id = p.wallet_id
JOIN catalog.contracts AS c ON c.chain_id = w.chain_id AND c.address = p.spender
WHERE p.id = ANY (:approval_ids::uuid[]);

-- name: portfolio_approvals :many
-- The same as open_approvals over the wallets of the user's own portfolios.
-- index: wallet_approvals_open_idx
SELECT
    h.portfolio_id,
    p.asset_id,
    a.decimals,
    count(*) AS open_count,
    count(*) FILTER (WHERE p.is_unlimited) AS unlimited_count,
    count(*) FILTER (WHERE EXISTS (
        SELECT FROM risk.malicious_contracts AS m
        WHERE m.chain_id = w.chain_id AND m.address = p.spender AND m.is_active
    )) AS reported_count,
    sum(p.amount) FILTER (WHERE NOT p.is_unlimited) AS amount
FROM portfolio.portfolios AS o
JOIN portfolio.portfolio_wallets AS h ON h.portfolio_id = o.id
JOIN risk.wallet_approvals AS p ON p.wallet_id = h.wallet_id
JOIN catalog.wallets AS w ON w.id = p.wallet_id
JOIN catalog.assets AS a ON a.id = p.asset_id
WHERE o.id = ANY (:portfolio_ids::uuid[]) AND o.user_id = :user_id::uuid AND p.revoked_at IS NULL
GROUP BY h.portfolio_id, p.asset_id, a.decimals
ORDER BY h.portfolio_id, p.asset_id;
