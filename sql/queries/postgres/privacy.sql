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

-- name: register_deposit :exec
-- Writes a deposit down for nobody, once: registered, replayed, taken, unknown_pool or unknown_asset.
SELECT privacy.register_deposit(
    :pool_id::uuid, :asset_id::uuid, :denomination::numeric, :privacy_level, :commitment_hash,
    :owner_ciphertext::bytea
) AS outcome;

-- name: proved_wallet :one
-- A wallet of the user on a chain, whose key they proved to hold.
-- index: user_wallets_pkey
SELECT u.wallet_id
FROM account.user_wallets AS u
JOIN catalog.wallets AS w ON w.id = u.wallet_id
WHERE u.user_id = :user_id::uuid AND u.wallet_id = :wallet_id::uuid AND w.chain_id = :chain_id::bigint
    AND u.verified_at IS NOT NULL;

-- name: meta_address_to_set :one
-- The user's meta-address for a chain and scheme, locked until the change is made.
-- index: stealth_meta_addresses_pkey
SELECT id, chain_id, scheme_id, meta_address, registrant_wallet_id
FROM privacy.stealth_meta_addresses
WHERE user_id = :user_id::uuid AND chain_id = :chain_id::bigint AND scheme_id = :scheme_id::integer
FOR UPDATE;

-- name: set_meta_address :exec
-- The meta-address of a user for a chain and scheme; one that is there is replaced.
INSERT INTO privacy.stealth_meta_addresses (user_id, chain_id, scheme_id, meta_address, registrant_wallet_id)
VALUES (:user_id::uuid, :chain_id::bigint, :scheme_id::integer, :meta_address, :registrant_wallet_id::uuid)
ON CONFLICT (user_id, chain_id, scheme_id)
    DO UPDATE SET meta_address = excluded.meta_address, registrant_wallet_id = excluded.registrant_wallet_id
RETURNING id, chain_id, scheme_id, meta_address, registrant_wallet_id;

-- name: delete_meta_address :exec
-- Removes a meta-address of a user.
DELETE FROM privacy.stealth_meta_addresses
WHERE id = :id::uuid AND user_id = :user_id::uuid
RETURNING id, chain_id, scheme_id, meta_address, registrant_wallet_id;
