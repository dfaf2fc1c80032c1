-- What may be told of shielded pools, and how. A figure over people or their deposits is told only
-- when its group has a least size, stated once; a day of the platform is told only when it is over,
-- and a sum only when no single user makes most of it. Deposits, owners and nullifiers stay closed to
-- the gateway: it calls functions that answer one narrow question each and run as worker, because
-- row security is forced on the tables' owner too. None of them knows who asks.

-- migrate:up
CREATE FUNCTION ops.minimum_group_size() RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog
AS $body$ SELECT 10 $body$;
COMMENT ON FUNCTION ops.minimum_group_size() IS
    'How many people or deposits a published figure must be over, so that it says nothing of one.';
REVOKE ALL ON FUNCTION ops.minimum_group_size() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ops.minimum_group_size() TO gateway, worker;

CREATE VIEW privacy.public_pools WITH (security_invoker = true) AS
SELECT
    p.id,
    p.pool_type,
    p.chain_id,
    p.pool_name,
    p.is_active,
    ops.minimum_group_size() AS minimum_group_size,
    shown.deposits AS hides_enough,
    CASE WHEN shown.deposits THEN p.anonymity_set END AS anonymity_set,
    CASE WHEN shown.deposits THEN p.total_pool_size END AS total_size_usd,
    CASE WHEN shown.deposits THEN p.eth_pool_size END AS eth_size_usd,
    CASE WHEN shown.deposits THEN p.stablecoin_pool_size END AS stablecoin_size_usd,
    CASE WHEN shown.deposits THEN p.other_tokens_pool_size END AS other_size_usd,
    CASE WHEN shown.deposits THEN p.entropy_level END AS entropy_level,
    CASE WHEN shown.deposits THEN p.mixing_efficiency END AS mixing_efficiency,
    CASE WHEN shown.mixers THEN p.active_mixers END AS active_mixers,
    CASE WHEN p.new_mixers_24h >= ops.minimum_group_size() THEN p.new_mixers_24h END
        AS new_mixers_24h,
    CASE WHEN shown.mixers THEN p.deposits_24h END AS deposits_24h,
    CASE WHEN shown.mixers THEN p.withdrawals_24h END AS withdrawals_24h,
    CASE WHEN shown.mixers THEN p.volume_24h END AS volume_24h_usd,
    CASE WHEN shown.mixers THEN p.volume_7d END AS volume_7d_usd,
    CASE WHEN shown.mixers THEN p.volume_30d END AS volume_30d_usd,
    CASE WHEN shown.users THEN p.total_unique_users END AS total_unique_users,
    CASE WHEN shown.users THEN p.total_deposits END AS total_deposits,
    CASE WHEN shown.users AND p.total_deposits >= ops.minimum_group_size()
        THEN p.avg_deposit_size END AS avg_deposit_usd,
    CASE WHEN shown.users AND p.total_withdrawals >= ops.minimum_group_size()
        THEN p.total_withdrawals END AS total_withdrawals,
    CASE WHEN shown.users AND p.total_withdrawals >= ops.minimum_group_size()
        THEN p.avg_withdrawal_size END AS avg_withdrawal_usd,
    CASE WHEN shown.users AND p.total_withdrawals >= ops.minimum_group_size()
        THEN round(extract(epoch FROM p.median_transaction_time), 3) END
        AS median_transaction_time_s,
    CASE WHEN shown.deposits AND shown.mixers THEN p.privacy_score END AS privacy_score,
    CASE WHEN shown.deposits AND shown.mixers THEN a.mixer_participation_pct END
        AS mixer_participation_pct,
    CASE WHEN shown.deposits AND shown.mixers THEN a.daily_volume_pct END AS daily_volume_pct,
    a.pool_tier,
    a.privacy_rating,
    p.gas_efficiency_score,
    p.compliance_score,
    p.regulatory_flags,
    p.last_audit_at,
    p.observed_at
FROM privacy.pools AS p
LEFT JOIN privacy.pool_analytics AS a ON a.id = p.id AND p.observed_at IS NOT NULL
CROSS JOIN LATERAL (
    SELECT
        p.observed_at IS NOT NULL AND p.anonymity_set >= ops.minimum_group_size() AS deposits,
        p.observed_at IS NOT NULL AND p.active_mixers >= ops.minimum_group_size() AS mixers,
        p.observed_at IS NOT NULL AND p.total_unique_users >= ops.minimum_group_size() AS users
) AS shown;
COMMENT ON VIEW privacy.public_pools IS
    'Shielded pools as everybody may see them: a figure over fewer people or deposits than the '
    'least group, or never computed, is null.';
COMMENT ON COLUMN privacy.public_pools.id IS 'The pool.';
COMMENT ON COLUMN privacy.public_pools.pool_type IS 'What it is made for.';
COMMENT ON COLUMN privacy.public_pools.chain_id IS 'The chain.';
COMMENT ON COLUMN privacy.public_pools.pool_name IS 'Name to show.';
COMMENT ON COLUMN privacy.public_pools.is_active IS 'Whether it takes deposits.';
COMMENT ON COLUMN privacy.public_pools.minimum_group_size IS
    'People or deposits a figure must be over to be shown.';
COMMENT ON COLUMN privacy.public_pools.hides_enough IS
    'Whether a deposit hides among at least that many.';
COMMENT ON COLUMN privacy.public_pools.anonymity_set IS 'Deposits among which one hides.';
COMMENT ON COLUMN privacy.public_pools.total_size_usd IS
    'Worth of all deposits not yet withdrawn, in US dollars.';
COMMENT ON COLUMN privacy.public_pools.eth_size_usd IS 'Part of it in ether, in US dollars.';
COMMENT ON COLUMN privacy.public_pools.stablecoin_size_usd IS
    'Part of it in stablecoins, in US dollars.';
COMMENT ON COLUMN privacy.public_pools.other_size_usd IS 'The rest, in US dollars.';
COMMENT ON COLUMN privacy.public_pools.entropy_level IS
    'How evenly deposits are spread over depositors, 0 to 1.';
COMMENT ON COLUMN privacy.public_pools.mixing_efficiency IS
    'Share of deposits that were mixed as asked, 0 to 1.';
COMMENT ON COLUMN privacy.public_pools.active_mixers IS 'Depositors active in the last 24 hours.';
COMMENT ON COLUMN privacy.public_pools.new_mixers_24h IS
    'Depositors who came in the last 24 hours.';
COMMENT ON COLUMN privacy.public_pools.deposits_24h IS 'Deposits in the last 24 hours.';
COMMENT ON COLUMN privacy.public_pools.withdrawals_24h IS 'Withdrawals in the last 24 hours.';
COMMENT ON COLUMN privacy.public_pools.volume_24h_usd IS
    'Deposited and withdrawn in the last 24 hours, in US dollars.';
COMMENT ON COLUMN privacy.public_pools.volume_7d_usd IS
    'Deposited and withdrawn in the last 7 days, in US dollars.';
COMMENT ON COLUMN privacy.public_pools.volume_30d_usd IS
    'Deposited and withdrawn in the last 30 days, in US dollars.';
COMMENT ON COLUMN privacy.public_pools.total_unique_users IS 'Depositors so far.';
COMMENT ON COLUMN privacy.public_pools.total_deposits IS 'Deposits so far.';
COMMENT ON COLUMN privacy.public_pools.avg_deposit_usd IS 'Mean worth of a deposit, in US dollars.';
COMMENT ON COLUMN privacy.public_pools.total_withdrawals IS 'Withdrawals so far.';
COMMENT ON COLUMN privacy.public_pools.avg_withdrawal_usd IS
    'Mean worth of a withdrawal, in US dollars.';
COMMENT ON COLUMN privacy.public_pools.median_transaction_time_s IS
    'Median time from deposit to withdrawal, in seconds.';
COMMENT ON COLUMN privacy.public_pools.privacy_score IS
    'How well the pool hides, 0 to 1; null when one of the figures behind it is not shown.';
COMMENT ON COLUMN privacy.public_pools.mixer_participation_pct IS
    'Active depositors over anonymity set, in percent.';
COMMENT ON COLUMN privacy.public_pools.daily_volume_pct IS
    'Volume of 24 hours over size, in percent.';
COMMENT ON COLUMN privacy.public_pools.pool_tier IS
    'Size in four steps, see pool_analytics; null for a pool that takes no deposits.';
COMMENT ON COLUMN privacy.public_pools.privacy_rating IS
    'Grade of the privacy score in four steps, see pool_analytics; null for a pool that takes no '
    'deposits.';
COMMENT ON COLUMN privacy.public_pools.gas_efficiency_score IS
    'How cheap its operations are, 0 dear to 1 cheap.';
COMMENT ON COLUMN privacy.public_pools.compliance_score IS
    'Result of its last compliance review, 0 to 1.';
COMMENT ON COLUMN privacy.public_pools.regulatory_flags IS 'Open questions of regulators.';
COMMENT ON COLUMN privacy.public_pools.last_audit_at IS 'When it was last audited (UTC).';
COMMENT ON COLUMN privacy.public_pools.observed_at IS 'When the figures were computed (UTC).';
GRANT SELECT ON privacy.public_pools TO gateway;

-- A wallet scans in the order in which announcements arrived here: one that was found late on chain
-- comes last, and a scan that goes on from its last cursor does not miss it.
CREATE INDEX stealth_announcements_indexed_at_id_idx
    ON privacy.stealth_announcements (indexed_at, id);
CREATE INDEX stealth_announcements_view_tag_indexed_at_id_idx
    ON privacy.stealth_announcements (view_tag, indexed_at, id);
CREATE INDEX stealth_announcements_chain_id_indexed_at_id_idx
    ON privacy.stealth_announcements (chain_id, indexed_at, id);

-- ERC-6538 publishes a meta-address under an address. Only a wallet the user proved to hold may stand
-- there, else one could collect what is meant for another; unlinking the wallet withdraws it.
ALTER TABLE privacy.stealth_meta_addresses
    ADD COLUMN id uuid NOT NULL DEFAULT gen_random_uuid(),
    ADD COLUMN registrant_wallet_id uuid,
    ADD CONSTRAINT stealth_meta_addresses_id_key UNIQUE (id),
    ADD CONSTRAINT stealth_meta_addresses_registrant_fkey
        FOREIGN KEY (user_id, registrant_wallet_id)
        REFERENCES account.user_wallets (user_id, wallet_id)
        ON DELETE SET NULL (registrant_wallet_id);
COMMENT ON COLUMN privacy.stealth_meta_addresses.id IS 'Identifier of the meta-address.';
COMMENT ON COLUMN privacy.stealth_meta_addresses.registrant_wallet_id IS
    'Wallet of the user under which everybody may look it up, as ERC-6538 has it; null when it is '
    'not published.';
CREATE UNIQUE INDEX stealth_meta_addresses_registrant_wallet_id_scheme_id_key
    ON privacy.stealth_meta_addresses (registrant_wallet_id, scheme_id)
    WHERE registrant_wallet_id IS NOT NULL;

DROP MATERIALIZED VIEW ops.daily_platform_metrics;
GRANT CREATE ON SCHEMA privacy, ops TO worker;
SET ROLE worker;

-- A deposit is written for nobody: no user, address, key, request or exact time goes with it, so that
-- nothing in the database joins a person to it; its audit row says no more than that somebody did this
-- in that hour. Commitments are public on chain; whoever sends one that is known learns that, and
-- never whose it is. The first registration stands.
CREATE FUNCTION privacy.register_deposit(
    p_pool_id uuid,
    p_asset_id uuid,
    p_denomination numeric,
    p_privacy_level text,
    p_commitment_hash text,
    p_owner_ciphertext bytea
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog
AS $body$
DECLARE
    v_chain_id bigint;
    v_deposit_id uuid;
    v_hour timestamptz := date_trunc('hour', now());
BEGIN
    SELECT chain_id INTO v_chain_id FROM privacy.pools WHERE id = p_pool_id AND is_active;
    IF NOT FOUND THEN
        RETURN 'unknown_pool';
    END IF;
    IF NOT EXISTS (SELECT FROM catalog.assets WHERE id = p_asset_id) THEN
        RETURN 'unknown_asset';
    END IF;
    IF NOT EXISTS (
        SELECT FROM privacy.deposits_archive WHERE commitment_hash = p_commitment_hash
    ) THEN
        INSERT INTO privacy.deposits (
            pool_id, chain_id, asset_id, denomination, privacy_level, commitment_hash, created_at,
            updated_at
        ) VALUES (
            p_pool_id, v_chain_id, p_asset_id, p_denomination,
            p_privacy_level::privacy.deposit_privacy_level, p_commitment_hash, v_hour, v_hour
        )
        ON CONFLICT (commitment_hash) DO NOTHING
        RETURNING id INTO v_deposit_id;
    END IF;
    IF v_deposit_id IS NOT NULL THEN
        INSERT INTO privacy.deposit_owners (deposit_id, owner_ciphertext, created_at)
        VALUES (v_deposit_id, p_owner_ciphertext, v_hour);
        INSERT INTO ops.audit_log (id, occurred_at, actor_role, action, resource_type)
        VALUES (gen_random_uuid(), v_hour, 'anonymous', 'create', 'privacy.deposits');
        RETURN 'registered';
    END IF;
    -- Only who sends the same ciphertext again is told that the registration was theirs.
    PERFORM
    FROM (
        SELECT id, pool_id, asset_id, denomination, privacy_level FROM privacy.deposits
        WHERE commitment_hash = p_commitment_hash
        UNION ALL
        SELECT id, pool_id, asset_id, denomination, privacy_level FROM privacy.deposits_archive
        WHERE commitment_hash = p_commitment_hash
    ) AS d
    JOIN privacy.deposit_owners AS o ON o.deposit_id = d.id
    WHERE d.pool_id = p_pool_id AND d.asset_id = p_asset_id AND d.denomination = p_denomination
        AND d.privacy_level::text = p_privacy_level AND o.owner_ciphertext = p_owner_ciphertext;
    RETURN CASE WHEN FOUND THEN 'replayed' ELSE 'taken' END;
END
$body$;
COMMENT ON FUNCTION privacy.register_deposit(uuid, uuid, numeric, text, text, bytea) IS
    'Writes down a deposit and its maker''s ciphertext, once; says registered, replayed, taken, '
    'unknown_pool or unknown_asset. The only way the gateway writes to these tables.';

-- Whether a deposit was withdrawn, when, for what fee and whether it was archived since would join it
-- to a withdrawal by time or amount. A withdrawn deposit therefore reads like one that may be.
CREATE FUNCTION privacy.deposit_states(p_commitment_hashes text[]) RETURNS TABLE (
    commitment_hash text,
    pool_id uuid,
    asset_id uuid,
    denomination numeric,
    privacy_level text,
    status text,
    verification_status text,
    anonymity_set integer,
    mixing_rounds integer,
    deposit_confirmed_at timestamptz,
    mixing_started_at timestamptz,
    mixing_completed_at timestamptz,
    withdrawal_available_at timestamptz,
    privacy_score numeric,
    mixing_efficiency numeric
)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog
AS $body$
    SELECT
        d.commitment_hash, d.pool_id, d.asset_id, d.denomination, d.privacy_level::text,
        CASE d.status WHEN 'withdrawn' THEN 'completed' ELSE d.status::text END,
        d.verification_status::text,
        CASE WHEN d.anonymity_set >= ops.minimum_group_size() THEN d.anonymity_set END,
        d.mixing_rounds, d.deposit_confirmed_at, d.mixing_started_at, d.mixing_completed_at,
        d.withdrawal_available_at, d.privacy_score, d.mixing_efficiency
    FROM (
        SELECT
            l.commitment_hash, l.pool_id, l.asset_id, l.denomination, l.privacy_level, l.status,
            l.verification_status, l.anonymity_set, l.mixing_rounds, l.deposit_confirmed_at,
            l.mixing_started_at, l.mixing_completed_at, l.withdrawal_available_at,
            l.privacy_score, l.mixing_efficiency
        FROM privacy.deposits AS l
        WHERE l.commitment_hash = ANY (p_commitment_hashes)
        UNION ALL
        SELECT
            a.commitment_hash, a.pool_id, a.asset_id, a.denomination, a.privacy_level, a.status,
            a.verification_status, a.anonymity_set, a.mixing_rounds, a.deposit_confirmed_at,
            a.mixing_started_at, a.mixing_completed_at, a.withdrawal_available_at,
            a.privacy_score, a.mixing_efficiency
        FROM privacy.deposits_archive AS a
        WHERE a.commitment_hash = ANY (p_commitment_hashes)
    ) AS d
$body$;
COMMENT ON FUNCTION privacy.deposit_states(text[]) IS
    'Deposits by commitment, for whoever holds it: nothing of their makers and withdrawals.';

-- A wallet must know whether a withdrawal would be refused. Block and chain stay here: they are no
-- part of the question.
CREATE FUNCTION privacy.spent_nullifiers(p_nullifier_hashes text[]) RETURNS SETOF text
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog
AS $body$
    SELECT n.nullifier_hash FROM privacy.nullifiers AS n
    WHERE n.nullifier_hash = ANY (p_nullifier_hashes)
$body$;
COMMENT ON FUNCTION privacy.spent_nullifiers(text[]) IS
    'Those of the given nullifiers that are spent.';

-- Row security shows a meta-address to its owner only; what the owner published is for everybody who
-- knows the address it was published under, and says nothing else of them.
CREATE FUNCTION privacy.published_meta_address(
    p_chain_id bigint, p_address text, p_scheme_id integer
) RETURNS TABLE (registrant text, scheme_id integer, meta_address text)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog
AS $body$
    SELECT w.address, m.scheme_id, m.meta_address
    FROM catalog.wallets AS w
    JOIN privacy.stealth_meta_addresses AS m
        ON m.registrant_wallet_id = w.id AND m.chain_id = w.chain_id
    JOIN account.user_wallets AS u ON u.user_id = m.user_id AND u.wallet_id = w.id
    WHERE w.chain_id = p_chain_id AND w.address = p_address AND m.scheme_id = p_scheme_id
        AND u.verified_at IS NOT NULL
$body$;
COMMENT ON FUNCTION privacy.published_meta_address(bigint, text, integer) IS
    'The meta-address published under an address whose key its owner proved to hold.';

CREATE MATERIALIZED VIEW ops.daily_platform_metrics AS
WITH of_user AS (
    SELECT
        (t.occurred_at AT TIME ZONE 'UTC')::date AS metric_date,
        t.user_id,
        count(*) AS entries,
        sum(t.usd_value) FILTER (WHERE t.tx_type IN ('deposit', 'privacy_deposit'))
            AS deposits_usd,
        sum(t.usd_value) FILTER (WHERE t.tx_type IN ('withdraw', 'privacy_withdrawal'))
            AS withdrawals_usd,
        count(t.confidentiality_score) AS scored_entries,
        sum(t.confidentiality_score) AS scores
    FROM portfolio.transactions AS t
    WHERE t.occurred_at >= (date_trunc('day', now() AT TIME ZONE 'UTC') - interval '29 days')
        AT TIME ZONE 'UTC'
    GROUP BY metric_date, t.user_id
)
SELECT
    u.metric_date,
    count(*) AS unique_users,
    sum(u.entries)::bigint AS total_transactions,
    sum(u.deposits_usd) AS total_deposits_usd,
    sum(u.withdrawals_usd) AS total_withdrawals_usd,
    (sum(u.scores) / nullif(sum(u.scored_entries), 0))::numeric(5, 4) AS avg_confidentiality_score,
    count(u.deposits_usd) AS depositing_users,
    coalesce(2 * max(u.deposits_usd) > sum(u.deposits_usd), false) AS one_user_leads_deposits,
    count(u.withdrawals_usd) AS withdrawing_users,
    coalesce(2 * max(u.withdrawals_usd) > sum(u.withdrawals_usd), false)
        AS one_user_leads_withdrawals,
    count(*) FILTER (WHERE u.scored_entries > 0) AS scored_users
FROM of_user AS u
GROUP BY u.metric_date;
COMMENT ON MATERIALIZED VIEW ops.daily_platform_metrics IS
    'What users did, by day, for thirty days, and how many stand behind each figure. Refreshed '
    'every hour.';
COMMENT ON COLUMN ops.daily_platform_metrics.metric_date IS 'The day (UTC).';
COMMENT ON COLUMN ops.daily_platform_metrics.unique_users IS
    'Users with at least one entry in their ledger.';
COMMENT ON COLUMN ops.daily_platform_metrics.total_transactions IS 'Entries in all ledgers.';
COMMENT ON COLUMN ops.daily_platform_metrics.total_deposits_usd IS
    'Paid in, in US dollars; null when nothing priced was.';
COMMENT ON COLUMN ops.daily_platform_metrics.total_withdrawals_usd IS
    'Taken out, in US dollars; null when nothing priced was.';
COMMENT ON COLUMN ops.daily_platform_metrics.avg_confidentiality_score IS
    'How hard the entries are to link on average, 0 to 1.';
COMMENT ON COLUMN ops.daily_platform_metrics.depositing_users IS
    'Users who paid in something priced.';
COMMENT ON COLUMN ops.daily_platform_metrics.one_user_leads_deposits IS
    'Whether one user paid in more than half of it.';
COMMENT ON COLUMN ops.daily_platform_metrics.withdrawing_users IS
    'Users who took out something priced.';
COMMENT ON COLUMN ops.daily_platform_metrics.one_user_leads_withdrawals IS
    'Whether one user took out more than half of it.';
COMMENT ON COLUMN ops.daily_platform_metrics.scored_users IS
    'Users with an entry whose confidentiality is known.';
CREATE UNIQUE INDEX daily_platform_metrics_metric_date_key
    ON ops.daily_platform_metrics (metric_date);
GRANT SELECT ON ops.daily_platform_metrics TO analytics;

-- A day that goes on would tell, from one refresh to the next, what one user just did.
CREATE FUNCTION ops.public_platform_metrics(p_from date, p_to date) RETURNS TABLE (
    metric_date date,
    unique_users bigint,
    total_transactions bigint,
    total_deposits_usd numeric,
    total_withdrawals_usd numeric,
    avg_confidentiality_score numeric
)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog
AS $body$
    SELECT
        m.metric_date,
        CASE WHEN m.unique_users >= ops.minimum_group_size() THEN m.unique_users END,
        CASE WHEN m.unique_users >= ops.minimum_group_size() THEN m.total_transactions END,
        CASE WHEN m.depositing_users >= ops.minimum_group_size() AND NOT m.one_user_leads_deposits
            THEN m.total_deposits_usd END,
        CASE WHEN m.withdrawing_users >= ops.minimum_group_size()
            AND NOT m.one_user_leads_withdrawals THEN m.total_withdrawals_usd END,
        CASE WHEN m.scored_users >= ops.minimum_group_size() THEN m.avg_confidentiality_score END
    FROM ops.daily_platform_metrics AS m
    WHERE m.metric_date >= p_from AND m.metric_date < p_to
        AND m.metric_date < (now() AT TIME ZONE 'UTC')::date
    ORDER BY m.metric_date
$body$;
COMMENT ON FUNCTION ops.public_platform_metrics(date, date) IS
    'Days of daily_platform_metrics that are over, from p_from up to before p_to, oldest first: '
    'figures over too few users, or made mostly by one, are null.';

REVOKE ALL ON FUNCTION
    privacy.register_deposit(uuid, uuid, numeric, text, text, bytea),
    privacy.deposit_states(text[]),
    privacy.spent_nullifiers(text[]),
    privacy.published_meta_address(bigint, text, integer),
    ops.public_platform_metrics(date, date)
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    privacy.register_deposit(uuid, uuid, numeric, text, text, bytea),
    privacy.deposit_states(text[]),
    privacy.spent_nullifiers(text[]),
    privacy.published_meta_address(bigint, text, integer),
    ops.public_platform_metrics(date, date)
    TO gateway;

RESET ROLE;
REVOKE CREATE ON SCHEMA privacy, ops FROM worker;

-- migrate:down
DROP FUNCTION ops.public_platform_metrics(date, date);
DROP MATERIALIZED VIEW ops.daily_platform_metrics;
GRANT CREATE ON SCHEMA ops TO worker;
SET ROLE worker;
CREATE MATERIALIZED VIEW ops.daily_platform_metrics AS
SELECT
    (t.occurred_at AT TIME ZONE 'UTC')::date AS metric_date,
    count(DISTINCT t.user_id) AS unique_users,
    count(*) AS total_transactions,
    sum(t.usd_value) FILTER (WHERE t.tx_type IN ('deposit', 'privacy_deposit'))
        AS total_deposits_usd,
    sum(t.usd_value) FILTER (WHERE t.tx_type IN ('withdraw', 'privacy_withdrawal'))
        AS total_withdrawals_usd,
    avg(t.confidentiality_score)::numeric(5, 4) AS avg_confidentiality_score
FROM portfolio.transactions AS t
WHERE t.occurred_at >= (date_trunc('day', now() AT TIME ZONE 'UTC') - interval '29 days')
    AT TIME ZONE 'UTC'
GROUP BY metric_date;
COMMENT ON MATERIALIZED VIEW ops.daily_platform_metrics IS
    'What users did, by day, for thirty days. Refreshed every hour.';
COMMENT ON COLUMN ops.daily_platform_metrics.metric_date IS 'The day (UTC).';
COMMENT ON COLUMN ops.daily_platform_metrics.unique_users IS
    'Users with at least one entry in their ledger.';
COMMENT ON COLUMN ops.daily_platform_metrics.total_transactions IS 'Entries in all ledgers.';
COMMENT ON COLUMN ops.daily_platform_metrics.total_deposits_usd IS
    'Paid in, in US dollars; null when nothing priced was.';
COMMENT ON COLUMN ops.daily_platform_metrics.total_withdrawals_usd IS
    'Taken out, in US dollars; null when nothing priced was.';
COMMENT ON COLUMN ops.daily_platform_metrics.avg_confidentiality_score IS
    'How hard the entries are to link on average, 0 to 1.';
CREATE UNIQUE INDEX daily_platform_metrics_metric_date_key
    ON ops.daily_platform_metrics (metric_date);
GRANT SELECT ON ops.daily_platform_metrics TO analytics;
RESET ROLE;
REVOKE CREATE ON SCHEMA ops FROM worker;
DROP FUNCTION privacy.published_meta_address(bigint, text, integer);
DROP FUNCTION privacy.spent_nullifiers(text[]);
DROP FUNCTION privacy.deposit_states(text[]);
DROP FUNCTION privacy.register_deposit(uuid, uuid, numeric, text, text, bytea);
DROP INDEX privacy.stealth_meta_addresses_registrant_wallet_id_scheme_id_key;
ALTER TABLE privacy.stealth_meta_addresses
    DROP CONSTRAINT stealth_meta_addresses_registrant_fkey,
    DROP CONSTRAINT stealth_meta_addresses_id_key,
    DROP COLUMN registrant_wallet_id,
    DROP COLUMN id;
DROP INDEX privacy.stealth_announcements_chain_id_indexed_at_id_idx;
DROP INDEX privacy.stealth_announcements_view_tag_indexed_at_id_idx;
DROP INDEX privacy.stealth_announcements_indexed_at_id_idx;
DROP VIEW privacy.public_pools;
DROP FUNCTION ops.minimum_group_size();
