-- Shielded pools and stealth addresses. Deposits, their owners and nullifiers are closed to this role: these functions
-- answer one narrow question each, and none of them is told who asks.

-- name: deposits :many
-- Deposits by commitment; nothing of their makers, and the same for one that was withdrawn as for one that may be.
-- index: deposits_commitment_hash_key
SELECT
    commitment_hash, pool_id, asset_id, denomination, privacy_level, status, verification_status, anonymity_set,
    mixing_rounds, deposit_confirmed_at, mixing_started_at, mixing_completed_at, withdrawal_available_at,
    privacy_score, mixing_efficiency
FROM privacy.deposit_states(:commitment_hashes::text[]);

-- name: spent :many
-- Those of some nullifiers that are spent.
-- index: nullifiers_pkey
SELECT hash FROM privacy.spent_nullifiers(:nullifier_hashes::text[]) AS hash;

-- name: published_meta_address :one
-- The meta-address published under an address.
-- index: stealth_meta_addresses_registrant_wallet_id_scheme_id_key
SELECT registrant, scheme_id, meta_address
FROM privacy.published_meta_address(:chain_id::bigint, :address, :scheme_id::integer);
