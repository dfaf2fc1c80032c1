-- Wallets and what is known of addresses. The transactions here are the hot window; the whole history is in ClickHouse.

-- name: transactions_newest :many
-- The newest transactions of each wallet between two positions, newest first, and the oldest of the wallet that the
-- window holds: from there on the history goes on in ClickHouse. A wallet without any between them is one row of nulls.
-- index: wallet_transactions_pkey
SELECT
    wanted.wallet_id, oldest.occurred_at AS oldest_at, oldest.id AS oldest_id,
    found.occurred_at, found.id, found.chain_id, found.tx_hash, found.log_index, found.block_number,
    found.transaction_type, found.counterparty, found.protocol_id, found.token_in_id, found.token_out_id,
    found.amount_in, found.amount_out, found.amount_in_usd, found.amount_out_usd, found.pnl_usd,
    found.gas_used, found.gas_price, found.gas_cost_usd, found.source
FROM unnest(:wallet_ids::uuid[]) AS wanted (wallet_id)
LEFT JOIN LATERAL (
    SELECT t.occurred_at, t.id FROM catalog.wallet_transactions AS t
    WHERE t.wallet_id = wanted.wallet_id
    ORDER BY t.occurred_at, t.id
    LIMIT 1
) AS oldest ON true
LEFT JOIN LATERAL (
    SELECT * FROM catalog.wallet_transactions AS t
    WHERE t.wallet_id = wanted.wallet_id
        AND (t.occurred_at, t.id) < (:older_than_at::timestamptz, :older_than_id::uuid)
        AND (t.occurred_at, t.id) > (:newer_than_at::timestamptz, :newer_than_id::uuid)
    ORDER BY t.occurred_at DESC, t.id DESC
    LIMIT :count::bigint
) AS found ON true;

-- name: transactions_oldest :many
-- The same from the other end: the oldest between two positions, oldest first.
-- index: wallet_transactions_pkey
SELECT
    wanted.wallet_id, oldest.occurred_at AS oldest_at, oldest.id AS oldest_id,
    found.occurred_at, found.id, found.chain_id, found.tx_hash, found.log_index, found.block_number,
    found.transaction_type, found.counterparty, found.protocol_id, found.token_in_id, found.token_out_id,
    found.amount_in, found.amount_out, found.amount_in_usd, found.amount_out_usd, found.pnl_usd,
    found.gas_used, found.gas_price, found.gas_cost_usd, found.source
FROM unnest(:wallet_ids::uuid[]) AS wanted (wallet_id)
LEFT JOIN LATERAL (
    SELECT t.occurred_at, t.id FROM catalog.wallet_transactions AS t
    WHERE t.wallet_id = wanted.wallet_id
    ORDER BY t.occurred_at, t.id
    LIMIT 1
) AS oldest ON true
LEFT JOIN LATERAL (
    SELECT * FROM catalog.wallet_transactions AS t
    WHERE t.wallet_id = wanted.wallet_id
        AND (t.occurred_at, t.id) < (:older_than_at::timestamptz, :older_than_id::uuid)
        AND (t.occurred_at, t.id) > (:newer_than_at::timestamptz, :newer_than_id::uuid)
    ORDER BY t.occurred_at, t.id
    LIMIT :count::bigint
) AS found ON true;

-- name: labels :many
-- What sources say about addresses, the surest first.
-- index: address_labels_chain_id_address_source_key
SELECT l.*
FROM unnest(:chain_ids::bigint[], :addresses::text[]) AS wanted (chain_id, address)
JOIN catalog.address_labels AS l ON l.chain_id = wanted.chain_id AND l.address = wanted.address
ORDER BY l.chain_id, l.address, l.confidence DESC NULLS LAST, l.name, l.id;

-- name: malicious_reports :many
-- Reports of harm about addresses that still stand, the earliest first.
-- index: malicious_contracts_chain_id_address_threat_type_key
SELECT r.*
FROM unnest(:chain_ids::bigint[], :addresses::text[]) AS wanted (chain_id, address)
JOIN risk.malicious_contracts AS r ON r.chain_id = wanted.chain_id AND r.address = wanted.address
WHERE r.is_active
ORDER BY r.chain_id, r.address, r.first_reported_at NULLS LAST, r.id;

-- name: bridge_chains :many
-- The chains of bridges, by name of the chain.
-- index: bridges_pkey
SELECT b.id AS bridge_id, c.id AS chain_id
FROM catalog.bridges AS b
JOIN catalog.chains AS c ON c.id = ANY (b.chain_ids)
WHERE b.id = ANY (:bridge_ids::uuid[])
ORDER BY b.id, c.name, c.id;
