-- What Postgres holds of things that another store holds as well. Runs as the role worker.

-- name: known_portfolios :many
-- Those of some portfolios that exist.
-- index: portfolios_pkey
SELECT id::text AS id FROM portfolio.portfolios WHERE id = ANY (:ids::text[]::uuid[]);

-- name: known_wallets :many
-- Those of some wallets that exist.
-- index: wallets_pkey
SELECT id::text AS id FROM catalog.wallets WHERE id = ANY (:ids::text[]::uuid[]);

-- name: live_sessions :many
-- Those of some sessions, by the digest of their token in hex, that are good for something.
-- index: sessions_token_hash_key
SELECT encode(token_hash, 'hex') AS id FROM account.sessions
WHERE token_hash = ANY (SELECT decode(digest, 'hex') FROM unnest(:ids::text[]) AS digest)
    AND revoked_at IS NULL AND expires_at > now();

-- name: passed_changes :many
-- Changes after a position that ClickHouse has heard of and did not refuse, in order of position.
SELECT o.position, o.sequence, o.aggregate, o.aggregate_id, o.event, o.payload, o.created_at
FROM ops.outbox AS o
WHERE o.position > :after::bigint
    AND o.position <= (SELECT p.position FROM ops.relay_progress AS p WHERE p.consumer = 'clickhouse')
    AND NOT EXISTS (
        SELECT FROM ops.relay_failures AS f WHERE f.consumer = 'clickhouse' AND f.sequence = o.sequence
    )
ORDER BY o.position
LIMIT :count::integer;

-- name: oldest_change :one
-- When the oldest change of the outbox was made; null when there is none.
SELECT min(created_at) AS oldest_at FROM ops.outbox WHERE position IS NOT NULL;

-- name: activity_days :many
-- Rows and checksum of the hot window by day, from a time on. The checksum is the sum of sixty bits of a digest of each row,
-- which ClickHouse makes of the same text.
SELECT (t.occurred_at AT TIME ZONE 'UTC')::date AS day, count(*) AS row_count, sum(d.print)::text AS checksum
FROM catalog.wallet_transactions AS t
CROSS JOIN LATERAL (
    SELECT ('x' || left(md5(concat_ws(
        '|', t.id::text, t.wallet_id::text, round(extract(epoch FROM t.occurred_at) * 1000)::bigint::text, t.tx_hash,
        t.log_index::text, t.transaction_type::text,
        coalesce(trim_scale(t.amount_in)::text, '-'), coalesce(trim_scale(t.amount_out)::text, '-'),
        coalesce(trim_scale(t.amount_in_usd)::text, '-'), coalesce(trim_scale(t.amount_out_usd)::text, '-')
    )), 15))::bit(60)::bigint AS print
) AS d
WHERE t.occurred_at >= :since::timestamptz
GROUP BY 1
ORDER BY 1;

-- name: activity_rows :many
-- Id, checksum and wallet of each row of the hot window on one day.
SELECT
    t.id::text AS id,
    ('x' || left(md5(concat_ws(
        '|', t.id::text, t.wallet_id::text, round(extract(epoch FROM t.occurred_at) * 1000)::bigint::text, t.tx_hash,
        t.log_index::text, t.transaction_type::text,
        coalesce(trim_scale(t.amount_in)::text, '-'), coalesce(trim_scale(t.amount_out)::text, '-'),
        coalesce(trim_scale(t.amount_in_usd)::text, '-'), coalesce(trim_scale(t.amount_out_usd)::text, '-')
    )), 15))::bit(60)::bigint AS print,
    t.wallet_id::text AS wallet_id
FROM catalog.wallet_transactions AS t
WHERE t.occurred_at >= greatest(:since::timestamptz, :day::date::timestamp AT TIME ZONE 'UTC')
    AND t.occurred_at < (:day::date + 1)::timestamp AT TIME ZONE 'UTC';

-- name: activity_to_copy :many
-- Rows of the hot window on one day that the series lacks.
SELECT
    wallet_id, occurred_at, tx_hash, log_index, id, chain_id, block_number, transaction_type::text AS transaction_type,
    counterparty, protocol_id, token_in_id, token_out_id, amount_in, amount_out, amount_in_usd, amount_out_usd, gas_used,
    gas_price, gas_cost_usd, source
FROM catalog.wallet_transactions
WHERE occurred_at >= :day::date::timestamp AT TIME ZONE 'UTC'
    AND occurred_at < (:day::date + 1)::timestamp AT TIME ZONE 'UTC'
    AND id = ANY (:ids::text[]::uuid[]);
