-- Figures of shielded pools from their deposits, as worker. Only what is final on chain counts: a deposit from when it
-- was confirmed, a withdrawal from when the pool was done with it. Nobody knows whose a deposit is.

-- name: of_deposits :many
-- Deposits of each pool by asset: how many and how much was ever put in, is held, was taken out, and moved lately; how
-- many have a known mixing, and how many of these were mixed as asked.
SELECT
    d.pool_id,
    d.asset_id,
    a.symbol,
    a.is_stablecoin,
    count(*) AS deposits,
    sum(d.denomination) AS deposited,
    count(*) FILTER (WHERE d.status <> 'withdrawn') AS held_deposits,
    coalesce(sum(d.denomination) FILTER (WHERE d.status <> 'withdrawn'), 0) AS held,
    count(*) FILTER (WHERE d.status = 'withdrawn') AS withdrawals,
    coalesce(sum(d.denomination) FILTER (WHERE d.status = 'withdrawn'), 0) AS withdrawn,
    count(*) FILTER (WHERE d.put_in_at > :now::timestamptz - interval '1 day') AS deposits_24h,
    count(*) FILTER (WHERE d.taken_out_at > :now::timestamptz - interval '1 day') AS withdrawals_24h,
    count(*) FILTER (
        WHERE greatest(d.put_in_at, d.taken_out_at) > :now::timestamptz - interval '1 day'
    ) AS active_24h,
    coalesce(sum(d.denomination) FILTER (WHERE d.put_in_at > :now::timestamptz - interval '1 day'), 0)
        + coalesce(sum(d.denomination) FILTER (WHERE d.taken_out_at > :now::timestamptz - interval '1 day'), 0)
        AS moved_24h,
    coalesce(sum(d.denomination) FILTER (WHERE d.put_in_at > :now::timestamptz - interval '7 days'), 0)
        + coalesce(sum(d.denomination) FILTER (WHERE d.taken_out_at > :now::timestamptz - interval '7 days'), 0)
        AS moved_7d,
    coalesce(sum(d.denomination) FILTER (WHERE d.put_in_at > :now::timestamptz - interval '30 days'), 0)
        + coalesce(sum(d.denomination) FILTER (WHERE d.taken_out_at > :now::timestamptz - interval '30 days'), 0)
        AS moved_30d,
    count(d.mixing_efficiency) AS mixings,
    count(*) FILTER (WHERE d.mixing_efficiency >= 1) AS whole_mixings
FROM (
    SELECT
        l.pool_id, l.asset_id, l.denomination, l.status, l.mixing_efficiency, l.deposit_confirmed_at AS put_in_at,
        CASE WHEN l.status = 'withdrawn' THEN coalesce(l.processed_at, l.updated_at) END AS taken_out_at
    FROM privacy.deposits AS l
    WHERE l.deposit_confirmed_at <= :now::timestamptz AND l.status <> 'failed'
    UNION ALL
    SELECT
        o.pool_id, o.asset_id, o.denomination, o.status, o.mixing_efficiency, o.deposit_confirmed_at,
        CASE WHEN o.status = 'withdrawn' THEN coalesce(o.processed_at, o.updated_at) END
    FROM privacy.deposits_archive AS o
    WHERE o.deposit_confirmed_at <= :now::timestamptz AND o.status <> 'failed'
) AS d
JOIN catalog.assets AS a ON a.id = d.asset_id
JOIN privacy.pools AS p ON p.id = d.pool_id AND p.is_active
GROUP BY d.pool_id, d.asset_id, a.symbol, a.is_stablecoin
ORDER BY d.pool_id, d.asset_id;

-- name: times :many
-- Median time from a deposit to its withdrawal in each pool, seconds, over withdrawals of the last thirty days.
SELECT
    d.pool_id,
    (percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM d.processed_at - d.deposit_confirmed_at)))::numeric
        AS median_s
FROM privacy.deposits AS d
WHERE d.status = 'withdrawn' AND d.processed_at >= d.deposit_confirmed_at
    AND d.processed_at > :now::timestamptz - interval '30 days'
GROUP BY d.pool_id;

-- name: write :exec
-- Newest figures of pools. How evenly deposits are spread over their makers stays as it was: nobody can tell.
UPDATE privacy.pools AS p SET
    total_pool_size = r.size_usd,
    eth_pool_size = r.ether_usd,
    stablecoin_pool_size = r.stablecoin_usd,
    other_tokens_pool_size = r.other_usd,
    active_mixers = r.active_24h,
    new_mixers_24h = r.deposits_24h,
    anonymity_set = r.held_deposits,
    total_unique_users = r.deposits,
    total_deposits = r.deposits,
    total_withdrawals = r.withdrawals,
    deposits_24h = r.deposits_24h,
    withdrawals_24h = r.withdrawals_24h,
    volume_24h = r.volume_24h_usd,
    volume_7d = r.volume_7d_usd,
    volume_30d = r.volume_30d_usd,
    mixing_efficiency = r.mixing_efficiency,
    avg_deposit_size = r.avg_deposit_usd,
    avg_withdrawal_size = r.avg_withdrawal_usd,
    median_transaction_time = make_interval(secs => r.median_s),
    observed_at = :now::timestamptz
FROM jsonb_to_recordset(:rows::jsonb) AS r (
    id uuid, size_usd numeric, ether_usd numeric, stablecoin_usd numeric, other_usd numeric, active_24h bigint,
    held_deposits bigint, deposits bigint, withdrawals bigint, deposits_24h bigint, withdrawals_24h bigint,
    volume_24h_usd numeric, volume_7d_usd numeric, volume_30d_usd numeric, mixing_efficiency numeric,
    avg_deposit_usd numeric, avg_withdrawal_usd numeric, median_s double precision
)
WHERE p.id = r.id;

-- name: observed :many
-- Figures of pools that were observed, as their series holds them.
SELECT
    observed_at AS ts, id AS pool_id, pool_type::text AS pool_type, chain_id, total_pool_size, eth_pool_size,
    stablecoin_pool_size, other_tokens_pool_size, active_mixers, new_mixers_24h, anonymity_set,
    total_unique_users, total_deposits, total_withdrawals, deposits_24h, withdrawals_24h,
    volume_24h, volume_7d, volume_30d, entropy_level::float8 AS entropy_level,
    mixing_efficiency::float8 AS mixing_efficiency, avg_deposit_size, avg_withdrawal_size,
    extract(epoch FROM median_transaction_time)::float8 AS median_transaction_time_s,
    gas_efficiency_score::float8 AS gas_efficiency_score, compliance_score::float8 AS compliance_score
FROM privacy.pools
WHERE is_active AND observed_at IS NOT NULL
ORDER BY id;
