-- Shielded pools and stealth addresses, kept so that the operator cannot do what the product
-- promises nobody can: join a deposit to its withdrawal, or a person to a deposit. A deposit names
-- no wallet and no transaction; who made it is a ciphertext apart, that only its maker can open; a
-- nullifier carries no deposit. Amounts are denominations, shared by many. Nullifiers stay for
-- ever, so that archiving a deposit cannot make it spendable again. Of stealth addresses only what
-- EIP-5564 announces in public is stored, and never a viewing or spending key. Rows of deposits,
-- owners, nullifiers and the archive are closed to the gateway: it serves aggregates.

-- migrate:up
CREATE TYPE privacy.pool_type AS ENUM ('main', 'high_volume', 'maximum_privacy', 'institutional');
COMMENT ON TYPE privacy.pool_type IS 'What a shielded pool is made for.';

CREATE TYPE privacy.deposit_privacy_level AS ENUM ('standard', 'advanced', 'maximum');
COMMENT ON TYPE privacy.deposit_privacy_level IS 'How much mixing a deposit asked for.';

CREATE TYPE privacy.deposit_status AS ENUM (
    'pending', 'processing', 'mixed', 'completed', 'failed', 'withdrawn'
);
COMMENT ON TYPE privacy.deposit_status IS 'Where a deposit stands; withdrawn and failed are final.';

CREATE TYPE privacy.verification_status AS ENUM ('pending', 'verified', 'failed', 'expired');
COMMENT ON TYPE privacy.verification_status IS 'Whether the proof of a deposit was checked.';

CREATE TABLE privacy.pools (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    pool_type privacy.pool_type NOT NULL,
    chain_id bigint NOT NULL REFERENCES catalog.chains (id),
    pool_name text NOT NULL CHECK (pool_name <> ''),
    total_pool_size numeric(38,8) NOT NULL DEFAULT 0 CHECK (total_pool_size >= 0),
    eth_pool_size numeric(38,8) NOT NULL DEFAULT 0 CHECK (eth_pool_size >= 0),
    stablecoin_pool_size numeric(38,8) NOT NULL DEFAULT 0 CHECK (stablecoin_pool_size >= 0),
    other_tokens_pool_size numeric(38,8) NOT NULL DEFAULT 0 CHECK (other_tokens_pool_size >= 0),
    active_mixers bigint NOT NULL DEFAULT 0 CHECK (active_mixers >= 0),
    new_mixers_24h bigint NOT NULL DEFAULT 0 CHECK (new_mixers_24h >= 0),
    anonymity_set bigint NOT NULL DEFAULT 0 CHECK (anonymity_set >= 0),
    total_unique_users bigint NOT NULL DEFAULT 0 CHECK (total_unique_users >= 0),
    total_deposits bigint NOT NULL DEFAULT 0 CHECK (total_deposits >= 0),
    total_withdrawals bigint NOT NULL DEFAULT 0 CHECK (total_withdrawals >= 0),
    deposits_24h bigint NOT NULL DEFAULT 0 CHECK (deposits_24h >= 0),
    withdrawals_24h bigint NOT NULL DEFAULT 0 CHECK (withdrawals_24h >= 0),
    volume_24h numeric(38,8) NOT NULL DEFAULT 0 CHECK (volume_24h >= 0),
    volume_7d numeric(38,8) NOT NULL DEFAULT 0 CHECK (volume_7d >= 0),
    volume_30d numeric(38,8) NOT NULL DEFAULT 0 CHECK (volume_30d >= 0),
    privacy_score numeric(5,4) NOT NULL
        GENERATED ALWAYS AS (
            least(0.4, greatest(0, total_pool_size) / 100000000 * 0.4)
            + least(0.3, active_mixers::numeric / 5000 * 0.3)
            + least(0.3, anonymity_set::numeric / 20000 * 0.3)
        ) STORED,
    entropy_level numeric(5,4) CHECK (entropy_level BETWEEN 0 AND 1),
    mixing_efficiency numeric(5,4) CHECK (mixing_efficiency BETWEEN 0 AND 1),
    avg_deposit_size numeric(38,8) CHECK (avg_deposit_size >= 0),
    avg_withdrawal_size numeric(38,8) CHECK (avg_withdrawal_size >= 0),
    median_transaction_time interval,
    gas_efficiency_score numeric(5,4) CHECK (gas_efficiency_score BETWEEN 0 AND 1),
    compliance_score numeric(5,4) CHECK (compliance_score BETWEEN 0 AND 1),
    regulatory_flags jsonb NOT NULL DEFAULT '[]',
    last_audit_at timestamptz,
    is_active boolean NOT NULL DEFAULT true,
    observed_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (pool_type, chain_id)
);
COMMENT ON TABLE privacy.pools IS
    'A shielded pool on one chain, with its newest figures. The history is in ClickHouse '
    'pool_statistics.';
COMMENT ON COLUMN privacy.pools.id IS 'Identifier of the pool.';
COMMENT ON COLUMN privacy.pools.pool_type IS 'What it is made for.';
COMMENT ON COLUMN privacy.pools.chain_id IS 'The chain.';
COMMENT ON COLUMN privacy.pools.pool_name IS 'Name to show.';
COMMENT ON COLUMN privacy.pools.total_pool_size IS
    'Worth of all deposits not yet withdrawn, in US dollars.';
COMMENT ON COLUMN privacy.pools.eth_pool_size IS 'Part of it in ether, in US dollars.';
COMMENT ON COLUMN privacy.pools.stablecoin_pool_size IS 'Part of it in stablecoins, in US dollars.';
COMMENT ON COLUMN privacy.pools.other_tokens_pool_size IS 'The rest, in US dollars.';
COMMENT ON COLUMN privacy.pools.active_mixers IS 'Depositors active in the last 24 hours.';
COMMENT ON COLUMN privacy.pools.new_mixers_24h IS 'Depositors who came in the last 24 hours.';
COMMENT ON COLUMN privacy.pools.anonymity_set IS 'Deposits among which one hides.';
COMMENT ON COLUMN privacy.pools.total_unique_users IS 'Depositors so far.';
COMMENT ON COLUMN privacy.pools.total_deposits IS 'Deposits so far.';
COMMENT ON COLUMN privacy.pools.total_withdrawals IS 'Withdrawals so far.';
COMMENT ON COLUMN privacy.pools.deposits_24h IS 'Deposits in the last 24 hours.';
COMMENT ON COLUMN privacy.pools.withdrawals_24h IS 'Withdrawals in the last 24 hours.';
COMMENT ON COLUMN privacy.pools.volume_24h IS
    'Deposited and withdrawn in the last 24 hours, in US dollars.';
COMMENT ON COLUMN privacy.pools.volume_7d IS
    'Deposited and withdrawn in the last 7 days, in US dollars.';
COMMENT ON COLUMN privacy.pools.volume_30d IS
    'Deposited and withdrawn in the last 30 days, in US dollars.';
COMMENT ON COLUMN privacy.pools.privacy_score IS
    'How well the pool hides, 0 to 1: size up to 100 million US dollars (0.4), active '
    'depositors up to 5,000 (0.3) and anonymity set up to 20,000 (0.3).';
COMMENT ON COLUMN privacy.pools.entropy_level IS
    'How evenly deposits are spread over depositors, 0 to 1.';
COMMENT ON COLUMN privacy.pools.mixing_efficiency IS
    'Share of deposits that were mixed as asked, 0 to 1.';
COMMENT ON COLUMN privacy.pools.avg_deposit_size IS 'Mean worth of a deposit, in US dollars.';
COMMENT ON COLUMN privacy.pools.avg_withdrawal_size IS 'Mean worth of a withdrawal, in US dollars.';
COMMENT ON COLUMN privacy.pools.median_transaction_time IS
    'Median time from deposit to withdrawal.';
COMMENT ON COLUMN privacy.pools.gas_efficiency_score IS
    'How cheap its operations are, 0 dear to 1 cheap.';
COMMENT ON COLUMN privacy.pools.compliance_score IS 'Result of its last compliance review, 0 to 1.';
COMMENT ON COLUMN privacy.pools.regulatory_flags IS 'Open questions of regulators.';
COMMENT ON COLUMN privacy.pools.last_audit_at IS 'When it was last audited (UTC).';
COMMENT ON COLUMN privacy.pools.is_active IS 'Whether it takes deposits.';
COMMENT ON COLUMN privacy.pools.observed_at IS 'When the figures were computed (UTC).';
COMMENT ON COLUMN privacy.pools.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN privacy.pools.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON privacy.pools
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at('privacy_score');
CREATE INDEX pools_chain_id_idx ON privacy.pools (chain_id);
CREATE INDEX pools_privacy_score_id_idx ON privacy.pools (privacy_score DESC, id DESC);
CREATE INDEX pools_volume_24h_id_idx ON privacy.pools (volume_24h DESC, id DESC);
GRANT SELECT ON privacy.pools TO gateway;

CREATE TABLE privacy.deposits (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    pool_id uuid NOT NULL REFERENCES privacy.pools (id),
    chain_id bigint NOT NULL REFERENCES catalog.chains (id),
    asset_id uuid NOT NULL REFERENCES catalog.assets (id),
    denomination numeric(76,18) NOT NULL CHECK (denomination > 0),
    privacy_level privacy.deposit_privacy_level NOT NULL DEFAULT 'standard',
    anonymity_set integer NOT NULL DEFAULT 0 CHECK (anonymity_set >= 0),
    mixing_rounds integer NOT NULL DEFAULT 1 CHECK (mixing_rounds >= 1),
    commitment_hash text NOT NULL UNIQUE
        CHECK (length(commitment_hash) BETWEEN 1 AND 128 AND commitment_hash = lower(commitment_hash)),
    status privacy.deposit_status NOT NULL DEFAULT 'pending',
    verification_status privacy.verification_status NOT NULL DEFAULT 'pending',
    deposit_confirmed_at timestamptz,
    mixing_started_at timestamptz,
    mixing_completed_at timestamptz,
    withdrawal_available_at timestamptz,
    processed_at timestamptz,
    total_fees_usd numeric(38,8) CHECK (total_fees_usd >= 0),
    privacy_score numeric(5,4) CHECK (privacy_score BETWEEN 0 AND 1),
    unlinkability_score numeric(5,4) CHECK (unlinkability_score BETWEEN 0 AND 1),
    mixing_efficiency numeric(5,4) CHECK (mixing_efficiency BETWEEN 0 AND 1),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE privacy.deposits IS
    'A deposit into a shielded pool. It names no wallet, no transaction and no nullifier.';
COMMENT ON COLUMN privacy.deposits.id IS 'Identifier of the deposit.';
COMMENT ON COLUMN privacy.deposits.pool_id IS 'The pool.';
COMMENT ON COLUMN privacy.deposits.chain_id IS 'The chain.';
COMMENT ON COLUMN privacy.deposits.asset_id IS 'The asset.';
COMMENT ON COLUMN privacy.deposits.denomination IS
    'Amount, one of the fixed sizes of the pool, in whole units.';
COMMENT ON COLUMN privacy.deposits.privacy_level IS 'How much mixing was asked for.';
COMMENT ON COLUMN privacy.deposits.anonymity_set IS 'Deposits it hides among.';
COMMENT ON COLUMN privacy.deposits.mixing_rounds IS 'Rounds of mixing.';
COMMENT ON COLUMN privacy.deposits.commitment_hash IS 'Commitment in the pool''s tree.';
COMMENT ON COLUMN privacy.deposits.status IS 'Where it stands.';
COMMENT ON COLUMN privacy.deposits.verification_status IS 'Whether its proof was checked.';
COMMENT ON COLUMN privacy.deposits.deposit_confirmed_at IS 'When it was final on chain (UTC).';
COMMENT ON COLUMN privacy.deposits.mixing_started_at IS 'When mixing began (UTC).';
COMMENT ON COLUMN privacy.deposits.mixing_completed_at IS 'When mixing ended (UTC).';
COMMENT ON COLUMN privacy.deposits.withdrawal_available_at IS
    'From when it may be withdrawn (UTC).';
COMMENT ON COLUMN privacy.deposits.processed_at IS 'When the pool was done with it (UTC).';
COMMENT ON COLUMN privacy.deposits.total_fees_usd IS 'Fees, in US dollars.';
COMMENT ON COLUMN privacy.deposits.privacy_score IS 'How well it hides, 0 to 1.';
COMMENT ON COLUMN privacy.deposits.unlinkability_score IS
    'How hard it is to join to its withdrawal, 0 to 1.';
COMMENT ON COLUMN privacy.deposits.mixing_efficiency IS
    'Share of the mixing asked for that was reached, 0 to 1.';
COMMENT ON COLUMN privacy.deposits.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN privacy.deposits.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON privacy.deposits
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CREATE INDEX deposits_pool_id_status_idx ON privacy.deposits (pool_id, status);
CREATE INDEX deposits_chain_id_idx ON privacy.deposits (chain_id);
CREATE INDEX deposits_asset_id_idx ON privacy.deposits (asset_id);
CREATE INDEX deposits_final_idx ON privacy.deposits (updated_at, id)
    WHERE status IN ('withdrawn', 'failed');
CALL ops.protect('privacy.deposits', 'id', '{}');

CREATE TABLE privacy.deposits_archive (
    id uuid PRIMARY KEY,
    pool_id uuid NOT NULL REFERENCES privacy.pools (id),
    chain_id bigint NOT NULL REFERENCES catalog.chains (id),
    asset_id uuid NOT NULL REFERENCES catalog.assets (id),
    denomination numeric(76,18) NOT NULL CHECK (denomination > 0),
    privacy_level privacy.deposit_privacy_level NOT NULL DEFAULT 'standard',
    anonymity_set integer NOT NULL DEFAULT 0 CHECK (anonymity_set >= 0),
    mixing_rounds integer NOT NULL DEFAULT 1 CHECK (mixing_rounds >= 1),
    commitment_hash text NOT NULL UNIQUE
        CHECK (length(commitment_hash) BETWEEN 1 AND 128 AND commitment_hash = lower(commitment_hash)),
    status privacy.deposit_status NOT NULL DEFAULT 'pending',
    verification_status privacy.verification_status NOT NULL DEFAULT 'pending',
    deposit_confirmed_at timestamptz,
    mixing_started_at timestamptz,
    mixing_completed_at timestamptz,
    withdrawal_available_at timestamptz,
    processed_at timestamptz,
    total_fees_usd numeric(38,8) CHECK (total_fees_usd >= 0),
    privacy_score numeric(5,4) CHECK (privacy_score BETWEEN 0 AND 1),
    unlinkability_score numeric(5,4) CHECK (unlinkability_score BETWEEN 0 AND 1),
    mixing_efficiency numeric(5,4) CHECK (mixing_efficiency BETWEEN 0 AND 1),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    archived_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE privacy.deposits_archive IS
    'Deposits in a final state that are older than the archive age, with the same columns.';
COMMENT ON COLUMN privacy.deposits_archive.id IS 'Identifier of the deposit.';
COMMENT ON COLUMN privacy.deposits_archive.pool_id IS 'The pool.';
COMMENT ON COLUMN privacy.deposits_archive.chain_id IS 'The chain.';
COMMENT ON COLUMN privacy.deposits_archive.asset_id IS 'The asset.';
COMMENT ON COLUMN privacy.deposits_archive.denomination IS
    'Amount, one of the fixed sizes of the pool, in whole units.';
COMMENT ON COLUMN privacy.deposits_archive.privacy_level IS 'How much mixing was asked for.';
COMMENT ON COLUMN privacy.deposits_archive.anonymity_set IS 'Deposits it hides among.';
COMMENT ON COLUMN privacy.deposits_archive.mixing_rounds IS 'Rounds of mixing.';
COMMENT ON COLUMN privacy.deposits_archive.commitment_hash IS 'Commitment in the pool''s tree.';
COMMENT ON COLUMN privacy.deposits_archive.status IS 'Where it stands.';
COMMENT ON COLUMN privacy.deposits_archive.verification_status IS 'Whether its proof was checked.';
COMMENT ON COLUMN privacy.deposits_archive.deposit_confirmed_at IS
    'When it was final on chain (UTC).';
COMMENT ON COLUMN privacy.deposits_archive.mixing_started_at IS 'When mixing began (UTC).';
COMMENT ON COLUMN privacy.deposits_archive.mixing_completed_at IS 'When mixing ended (UTC).';
COMMENT ON COLUMN privacy.deposits_archive.withdrawal_available_at IS
    'From when it may be withdrawn (UTC).';
COMMENT ON COLUMN privacy.deposits_archive.processed_at IS 'When the pool was done with it (UTC).';
COMMENT ON COLUMN privacy.deposits_archive.total_fees_usd IS 'Fees, in US dollars.';
COMMENT ON COLUMN privacy.deposits_archive.privacy_score IS 'How well it hides, 0 to 1.';
COMMENT ON COLUMN privacy.deposits_archive.unlinkability_score IS
    'How hard it is to join to its withdrawal, 0 to 1.';
COMMENT ON COLUMN privacy.deposits_archive.mixing_efficiency IS
    'Share of the mixing asked for that was reached, 0 to 1.';
COMMENT ON COLUMN privacy.deposits_archive.created_at IS 'When the deposit was written (UTC).';
COMMENT ON COLUMN privacy.deposits_archive.updated_at IS 'When the deposit last changed (UTC).';
COMMENT ON COLUMN privacy.deposits_archive.archived_at IS 'When it was moved here (UTC).';
CREATE INDEX deposits_archive_archived_at_id_idx ON privacy.deposits_archive (archived_at, id);
CREATE INDEX deposits_archive_pool_id_idx ON privacy.deposits_archive (pool_id);
CREATE INDEX deposits_archive_chain_id_idx ON privacy.deposits_archive (chain_id);
CREATE INDEX deposits_archive_asset_id_idx ON privacy.deposits_archive (asset_id);
CALL ops.protect('privacy.deposits_archive', 'id', '{}');

CREATE TABLE privacy.deposit_owners (
    deposit_id uuid PRIMARY KEY,
    owner_ciphertext bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE privacy.deposit_owners IS
    'Who made a deposit, readable only to its maker. Jobs cannot open it and the gateway cannot '
    'see it.';
COMMENT ON COLUMN privacy.deposit_owners.deposit_id IS 'The deposit, also after it was archived.';
COMMENT ON COLUMN privacy.deposit_owners.owner_ciphertext IS
    'The owner, encrypted to the owner''s own key.';
COMMENT ON COLUMN privacy.deposit_owners.created_at IS 'When the row was written (UTC).';
CALL ops.protect('privacy.deposit_owners', 'deposit_id', '{}');

CREATE TABLE privacy.nullifiers (
    nullifier_hash text PRIMARY KEY
        CHECK (length(nullifier_hash) BETWEEN 1 AND 128 AND nullifier_hash = lower(nullifier_hash)),
    chain_id bigint NOT NULL REFERENCES catalog.chains (id),
    spent_at_block bigint CHECK (spent_at_block >= 0)
);
COMMENT ON TABLE privacy.nullifiers IS
    'A withdrawal has happened: the mark that keeps the same deposit from being spent twice. It '
    'does not say which deposit. Rows are never removed.';
COMMENT ON COLUMN privacy.nullifiers.nullifier_hash IS 'The mark, as the proof reveals it.';
COMMENT ON COLUMN privacy.nullifiers.chain_id IS 'The chain it was spent on.';
COMMENT ON COLUMN privacy.nullifiers.spent_at_block IS
    'Height of the block it was spent in; null until mined.';
CREATE INDEX nullifiers_chain_id_idx ON privacy.nullifiers (chain_id);
REVOKE UPDATE, DELETE ON privacy.nullifiers FROM worker;
CALL ops.protect('privacy.nullifiers', 'nullifier_hash', '{}');

CREATE TABLE privacy.stealth_announcements (
    id uuid PRIMARY KEY DEFAULT ops.uuid_v7(),
    scheme_id integer NOT NULL DEFAULT 1 CHECK (scheme_id > 0),
    chain_id bigint NOT NULL REFERENCES catalog.chains (id),
    stealth_address text NOT NULL
        CHECK (length(stealth_address) BETWEEN 1 AND 128
            AND (stealth_address = lower(stealth_address) OR stealth_address NOT ILIKE '0x%')),
    ephemeral_public_key text NOT NULL CHECK (length(ephemeral_public_key) BETWEEN 66 AND 1024),
    view_tag smallint CHECK (view_tag BETWEEN 0 AND 255),
    tx_hash text NOT NULL
        CHECK (length(tx_hash) BETWEEN 1 AND 128
            AND (tx_hash = lower(tx_hash) OR tx_hash NOT ILIKE '0x%')),
    log_index integer NOT NULL DEFAULT -1 CHECK (log_index >= -1),
    announced_at timestamptz NOT NULL,
    indexed_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (chain_id, tx_hash, log_index)
);
COMMENT ON TABLE privacy.stealth_announcements IS
    'A payment to a stealth address, as announced on chain by EIP-5564. Public.';
COMMENT ON COLUMN privacy.stealth_announcements.id IS 'Identifier of the announcement.';
COMMENT ON COLUMN privacy.stealth_announcements.scheme_id IS
    'Scheme by EIP-5564; 1 is secp256k1 with view tags.';
COMMENT ON COLUMN privacy.stealth_announcements.chain_id IS 'The chain.';
COMMENT ON COLUMN privacy.stealth_announcements.stealth_address IS 'The address that was paid.';
COMMENT ON COLUMN privacy.stealth_announcements.ephemeral_public_key IS
    'Key with which the receiver finds the payment.';
COMMENT ON COLUMN privacy.stealth_announcements.view_tag IS
    'First byte of the shared secret''s hash, to skip others'' payments quickly.';
COMMENT ON COLUMN privacy.stealth_announcements.tx_hash IS 'Transaction of the announcement.';
COMMENT ON COLUMN privacy.stealth_announcements.log_index IS 'Position of the event in the block.';
COMMENT ON COLUMN privacy.stealth_announcements.announced_at IS 'When it was announced (UTC).';
COMMENT ON COLUMN privacy.stealth_announcements.indexed_at IS 'When it reached this table (UTC).';
CREATE INDEX stealth_announcements_chain_id_view_tag_announced_at_id_idx
    ON privacy.stealth_announcements (chain_id, view_tag, announced_at DESC, id DESC);
CREATE INDEX stealth_announcements_stealth_address_idx
    ON privacy.stealth_announcements (stealth_address);
GRANT SELECT ON privacy.stealth_announcements TO gateway;

CREATE TABLE privacy.stealth_meta_addresses (
    user_id uuid NOT NULL REFERENCES account.users (id) ON DELETE CASCADE,
    chain_id bigint NOT NULL REFERENCES catalog.chains (id),
    scheme_id integer NOT NULL DEFAULT 1 CHECK (scheme_id > 0),
    meta_address text NOT NULL CHECK (length(meta_address) BETWEEN 68 AND 512),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, chain_id, scheme_id)
);
COMMENT ON TABLE privacy.stealth_meta_addresses IS
    'The public meta-address from which others derive stealth addresses for a user. That it '
    'belongs to the user is private.';
COMMENT ON COLUMN privacy.stealth_meta_addresses.user_id IS 'The user.';
COMMENT ON COLUMN privacy.stealth_meta_addresses.chain_id IS 'The chain.';
COMMENT ON COLUMN privacy.stealth_meta_addresses.scheme_id IS 'Scheme by EIP-5564.';
COMMENT ON COLUMN privacy.stealth_meta_addresses.meta_address IS
    'Public spending and viewing keys, as ERC-5564 writes them.';
COMMENT ON COLUMN privacy.stealth_meta_addresses.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN privacy.stealth_meta_addresses.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON privacy.stealth_meta_addresses
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CREATE INDEX stealth_meta_addresses_chain_id_idx ON privacy.stealth_meta_addresses (chain_id);
CALL ops.protect('privacy.stealth_meta_addresses', 'user_id', '{select, insert, update, delete}');
GRANT SELECT, INSERT, UPDATE, DELETE ON privacy.stealth_meta_addresses TO gateway;

-- One statement moves a row, so that nothing written in between is lost, and every column is named.
CREATE FUNCTION privacy.archive_old_deposits(
    p_before timestamptz DEFAULT now() - interval '2 years', p_limit integer DEFAULT 10000
) RETURNS bigint
LANGUAGE sql
SET search_path = pg_catalog
AS $body$
    WITH due AS (
        SELECT id FROM privacy.deposits
        WHERE status IN ('withdrawn', 'failed') AND updated_at < p_before
        ORDER BY updated_at, id
        LIMIT p_limit
        FOR UPDATE SKIP LOCKED
    ), moved AS (
        DELETE FROM privacy.deposits AS d USING due WHERE d.id = due.id
        RETURNING d.id, d.pool_id, d.chain_id, d.asset_id, d.denomination, d.privacy_level,
            d.anonymity_set, d.mixing_rounds, d.commitment_hash, d.status,
            d.verification_status, d.deposit_confirmed_at, d.mixing_started_at,
            d.mixing_completed_at, d.withdrawal_available_at, d.processed_at, d.total_fees_usd,
            d.privacy_score, d.unlinkability_score, d.mixing_efficiency, d.created_at,
            d.updated_at
    ), kept AS (
        INSERT INTO privacy.deposits_archive (
            id, pool_id, chain_id, asset_id, denomination, privacy_level, anonymity_set,
            mixing_rounds, commitment_hash, status, verification_status, deposit_confirmed_at,
            mixing_started_at, mixing_completed_at, withdrawal_available_at, processed_at,
            total_fees_usd, privacy_score, unlinkability_score, mixing_efficiency, created_at,
            updated_at
        )
        SELECT
            id, pool_id, chain_id, asset_id, denomination, privacy_level, anonymity_set,
            mixing_rounds, commitment_hash, status, verification_status, deposit_confirmed_at,
            mixing_started_at, mixing_completed_at, withdrawal_available_at, processed_at,
            total_fees_usd, privacy_score, unlinkability_score, mixing_efficiency, created_at,
            updated_at
        FROM moved
        RETURNING 1
    )
    SELECT count(*) FROM kept
$body$;
COMMENT ON FUNCTION privacy.archive_old_deposits(timestamptz, integer) IS
    'Moves at most p_limit deposits in a final state, unchanged since p_before, to the archive; '
    'returns how many. Nullifiers stay where they are.';
REVOKE ALL ON FUNCTION privacy.archive_old_deposits(timestamptz, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION privacy.archive_old_deposits(timestamptz, integer) TO worker;

-- migrate:down
DROP FUNCTION privacy.archive_old_deposits(timestamptz, integer);
DROP TABLE privacy.stealth_meta_addresses;
DROP TABLE privacy.stealth_announcements;
DROP TABLE privacy.nullifiers;
DROP TABLE privacy.deposit_owners;
DROP TABLE privacy.deposits_archive;
DROP TABLE privacy.deposits;
DROP TABLE privacy.pools;
DROP TYPE privacy.verification_status;
DROP TYPE privacy.deposit_status;
DROP TYPE privacy.deposit_privacy_level;
DROP TYPE privacy.pool_type;
