-- Newest figures of protocols and how they are, written by jobs as worker. A figure that is older than the one there
-- is passed over.

-- name: write :exec
-- Newest figures by chain; what is not in the catalogue is passed over.
INSERT INTO catalog.protocol_latest AS l (
    protocol_id, chain_id, tvl_usd, tvl_1h_ago_usd, tvl_24h_ago_usd, tvl_7d_ago_usd, tvl_30d_ago_usd,
    volume_24h_usd, fees_24h_usd, tvl_change_1h_pct, tvl_change_24h_pct, tvl_change_7d_pct, tvl_change_30d_pct,
    observed_at, indexed_at
)
SELECT
    p.id, c.id, r.tvl, r.hour_ago, r.day_ago, r.week_ago, r.month_ago, r.volume_24h, r.fees_24h,
    r.change_1h, r.change_24h, r.change_7d, r.change_30d, r.observed_at, now()
FROM jsonb_to_recordset(:rows::jsonb) AS r (
    protocol_id uuid, chain_id bigint, tvl numeric, hour_ago numeric, day_ago numeric, week_ago numeric,
    month_ago numeric, volume_24h numeric, fees_24h numeric, change_1h numeric, change_24h numeric,
    change_7d numeric, change_30d numeric, observed_at timestamptz
)
JOIN catalog.protocols AS p ON p.id = r.protocol_id
JOIN catalog.chains AS c ON c.id = r.chain_id
ON CONFLICT (protocol_id, chain_id) DO UPDATE SET
    tvl_usd = excluded.tvl_usd,
    tvl_1h_ago_usd = excluded.tvl_1h_ago_usd,
    tvl_24h_ago_usd = excluded.tvl_24h_ago_usd,
    tvl_7d_ago_usd = excluded.tvl_7d_ago_usd,
    tvl_30d_ago_usd = excluded.tvl_30d_ago_usd,
    volume_24h_usd = excluded.volume_24h_usd,
    fees_24h_usd = excluded.fees_24h_usd,
    tvl_change_1h_pct = excluded.tvl_change_1h_pct,
    tvl_change_24h_pct = excluded.tvl_change_24h_pct,
    tvl_change_7d_pct = excluded.tvl_change_7d_pct,
    tvl_change_30d_pct = excluded.tvl_change_30d_pct,
    observed_at = excluded.observed_at,
    indexed_at = excluded.indexed_at
WHERE l.observed_at <= excluded.observed_at
    AND (
        l.tvl_usd, l.tvl_1h_ago_usd, l.tvl_24h_ago_usd, l.tvl_7d_ago_usd, l.tvl_30d_ago_usd, l.volume_24h_usd,
        l.fees_24h_usd, l.observed_at
    ) IS DISTINCT FROM (
        excluded.tvl_usd, excluded.tvl_1h_ago_usd, excluded.tvl_24h_ago_usd, excluded.tvl_7d_ago_usd,
        excluded.tvl_30d_ago_usd, excluded.volume_24h_usd, excluded.fees_24h_usd, excluded.observed_at
    );

-- name: write_totals :exec
-- Newest figures that a source gives over all chains.
INSERT INTO catalog.protocol_totals AS t (
    protocol_id, tvl_usd, volume_24h_usd, fees_24h_usd, tvl_change_1h_pct, tvl_change_24h_pct, tvl_change_7d_pct,
    tvl_change_30d_pct, observed_at, indexed_at
)
SELECT
    p.id, r.tvl, r.volume_24h, r.fees_24h, r.change_1h, r.change_24h, r.change_7d, r.change_30d, r.observed_at, now()
FROM jsonb_to_recordset(:rows::jsonb) AS r (
    protocol_id uuid, tvl numeric, volume_24h numeric, fees_24h numeric, change_1h numeric, change_24h numeric,
    change_7d numeric, change_30d numeric, observed_at timestamptz
)
JOIN catalog.protocols AS p ON p.id = r.protocol_id
ON CONFLICT (protocol_id) DO UPDATE SET
    tvl_usd = excluded.tvl_usd,
    volume_24h_usd = excluded.volume_24h_usd,
    fees_24h_usd = excluded.fees_24h_usd,
    tvl_change_1h_pct = excluded.tvl_change_1h_pct,
    tvl_change_24h_pct = excluded.tvl_change_24h_pct,
    tvl_change_7d_pct = excluded.tvl_change_7d_pct,
    tvl_change_30d_pct = excluded.tvl_change_30d_pct,
    observed_at = excluded.observed_at,
    indexed_at = excluded.indexed_at
WHERE t.observed_at <= excluded.observed_at
    AND (
        t.tvl_usd, t.volume_24h_usd, t.fees_24h_usd, t.tvl_change_1h_pct, t.tvl_change_24h_pct,
        t.tvl_change_7d_pct, t.tvl_change_30d_pct, t.observed_at
    ) IS DISTINCT FROM (
        excluded.tvl_usd, excluded.volume_24h_usd, excluded.fees_24h_usd, excluded.tvl_change_1h_pct,
        excluded.tvl_change_24h_pct, excluded.tvl_change_7d_pct, excluded.tvl_change_30d_pct, excluded.observed_at
    );

-- name: to_check :many
-- Figures after a place that tell how a protocol is on a chain, with the newest incident it suffered there within a week
-- of them and how long before the newest figure of all they were measured.
-- index: protocol_latest_pkey
SELECT
    l.protocol_id, l.chain_id, l.tvl_usd, l.tvl_change_24h_pct, l.tvl_change_7d_pct, l.observed_at,
    n.observed_at - l.observed_at AS behind, i.id AS incident_id
FROM catalog.protocol_latest AS l
CROSS JOIN (SELECT max(observed_at) AS observed_at FROM catalog.protocol_latest) AS n
LEFT JOIN LATERAL (
    SELECT k.id
    FROM catalog.incidents AS k
    WHERE k.protocol_id = l.protocol_id AND (k.chain_id IS NULL OR k.chain_id = l.chain_id)
        AND k.occurred_on <= (n.observed_at AT TIME ZONE 'UTC')::date
        AND k.occurred_on > (n.observed_at AT TIME ZONE 'UTC')::date - 7
    ORDER BY k.occurred_on DESC, k.id DESC
    LIMIT 1
) AS i ON true
WHERE (l.protocol_id, l.chain_id) > (:protocol_id::uuid, :chain_id::bigint)
ORDER BY l.protocol_id, l.chain_id
LIMIT :count::bigint;

-- name: write_health :many
-- How protocols are; those that changed since. What somebody checked later stands.
INSERT INTO risk.protocol_health AS h (
    protocol_id, chain_id, status, tvl_usd, tvl_change_24h_pct, incident_id, indicators, observed_at
)
SELECT
    r.protocol_id, r.chain_id, r.status::risk.health_status, r.tvl_usd, r.tvl_change_24h_pct, r.incident_id,
    r.indicators, r.observed_at
FROM jsonb_to_recordset(:rows::jsonb) AS r (
    protocol_id uuid, chain_id bigint, status text, tvl_usd numeric, tvl_change_24h_pct numeric, incident_id uuid,
    indicators jsonb, observed_at timestamptz
)
ON CONFLICT (protocol_id, chain_id) DO UPDATE SET
    status = excluded.status,
    tvl_usd = excluded.tvl_usd,
    tvl_change_24h_pct = excluded.tvl_change_24h_pct,
    incident_id = excluded.incident_id,
    indicators = h.indicators || excluded.indicators,
    observed_at = excluded.observed_at
WHERE h.observed_at <= excluded.observed_at
    AND (h.status, h.tvl_usd, h.tvl_change_24h_pct, h.incident_id, h.observed_at) IS DISTINCT FROM (
        excluded.status, excluded.tvl_usd, excluded.tvl_change_24h_pct, excluded.incident_id, excluded.observed_at
    )
RETURNING
    h.observed_at AS ts, h.protocol_id, h.chain_id, h.status::text AS status, h.tvl_usd,
    h.tvl_change_24h_pct::float8 AS tvl_change_24h, h.uptime::float8 AS uptime, h.incident_id, h.indicators;

-- name: write_indicators :exec
-- Changes of the value locked in protocols as indicators, with the loss from which each warns.
INSERT INTO risk.protocol_risk_indicators AS i (protocol_id, indicator, value, threshold, breached, observed_at)
SELECT s.id, c.indicator, c.value, c.threshold, c.value <= c.threshold, s.observed_at
FROM catalog.protocol_summary AS s
CROSS JOIN LATERAL (
    VALUES
        ('tvl_change_24h_pct', s.tvl_change_24h_pct, :day_pct::numeric),
        ('tvl_change_7d_pct', s.tvl_change_7d_pct, :week_pct::numeric)
) AS c (indicator, value, threshold)
WHERE c.value IS NOT NULL
ON CONFLICT (protocol_id, indicator) DO UPDATE SET
    value = excluded.value,
    threshold = excluded.threshold,
    breached = excluded.breached,
    observed_at = excluded.observed_at
WHERE i.observed_at <= excluded.observed_at
    AND (i.value, i.threshold, i.observed_at) IS DISTINCT FROM
        (excluded.value, excluded.threshold, excluded.observed_at);
