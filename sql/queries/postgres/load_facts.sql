-- What `gateway load` writes about addresses, incidents and news; see load_catalog.sql.

-- name: upsert_address_labels :exec
-- What one source says about an address.
INSERT INTO catalog.address_labels AS l (
    id, chain_id, address, name, labels, source, confidence, evidence
)
SELECT
    r.id, r.chain_id, r.address, r.name, coalesce(r.labels, '{}'), r.source, r.confidence,
    coalesce(r.evidence, '{}')
FROM jsonb_to_recordset(:rows::text::jsonb) AS r (
    id uuid, chain_id bigint, address text, name text, labels text[], source text,
    confidence numeric(5, 4), evidence jsonb
)
ON CONFLICT (chain_id, address, source) DO UPDATE SET
    name = excluded.name,
    labels = excluded.labels,
    confidence = excluded.confidence,
    evidence = l.evidence || excluded.evidence;

-- name: upsert_malicious_contracts :exec
-- Addresses that lists report, one row a kind of threat.
INSERT INTO risk.malicious_contracts AS m (
    id, chain_id, address, threat_type, source, tag, is_contract, evidence, confidence
)
SELECT
    r.id, r.chain_id, r.address, r.threat_type, r.source, r.tag, r.is_contract, r.evidence,
    r.confidence
FROM jsonb_to_recordset(:rows::text::jsonb) AS r (
    id uuid, chain_id bigint, address text, threat_type text, source text, tag text,
    is_contract boolean, evidence jsonb, confidence numeric(5, 4)
)
ON CONFLICT (chain_id, address, threat_type) DO UPDATE SET
    source = excluded.source,
    tag = coalesce(excluded.tag, m.tag),
    is_contract = coalesce(excluded.is_contract, m.is_contract),
    evidence = m.evidence || excluded.evidence,
    confidence = excluded.confidence;

-- name: upsert_incidents :exec
-- Incidents by day and name. Two files tell of the same ones, each with its own details.
INSERT INTO catalog.incidents AS i (
    id, occurred_on, name, attack_type, chain_id, chain_name, tx_hash, loss_usd, loss_amount,
    loss_unit, loss_text, reference_urls, source, metadata
)
SELECT
    r.id, r.occurred_on, r.name, r.attack_type, r.chain_id, r.chain_name, r.tx_hash, r.loss_usd,
    r.loss_amount, r.loss_unit, r.loss_text, r.reference_urls, r.source, r.metadata
FROM jsonb_to_recordset(:rows::text::jsonb) AS r (
    id uuid, occurred_on date, name text, attack_type text, chain_id bigint, chain_name text,
    tx_hash text, loss_usd numeric(38, 8), loss_amount numeric(76, 18), loss_unit text,
    loss_text text, reference_urls text[], source text, metadata jsonb
)
ON CONFLICT (source, occurred_on, name) DO UPDATE SET
    attack_type = coalesce(excluded.attack_type, i.attack_type),
    chain_id = coalesce(excluded.chain_id, i.chain_id),
    chain_name = coalesce(excluded.chain_name, i.chain_name),
    tx_hash = coalesce(excluded.tx_hash, i.tx_hash),
    loss_usd = coalesce(excluded.loss_usd, i.loss_usd),
    loss_amount = coalesce(excluded.loss_amount, i.loss_amount),
    loss_unit = coalesce(excluded.loss_unit, i.loss_unit),
    loss_text = coalesce(excluded.loss_text, i.loss_text),
    reference_urls = CASE
        WHEN cardinality(excluded.reference_urls) > 0 THEN excluded.reference_urls
        ELSE i.reference_urls
    END,
    metadata = i.metadata || jsonb_strip_nulls(excluded.metadata);

-- name: upsert_mentions :exec
-- News and posts by the platform's own key.
INSERT INTO research.mentions AS m (
    id, source, platform_id, author, title, content, url, sentiment_score, engagement_metrics,
    published_at
)
SELECT
    r.id, r.source, r.platform_id, r.author, r.title, r.content, r.url, r.sentiment_score,
    r.engagement_metrics, r.published_at
FROM jsonb_to_recordset(:rows::text::jsonb) AS r (
    id uuid, source research.mention_source, platform_id text, author text, title text,
    content text, url text, sentiment_score numeric(5, 4), engagement_metrics jsonb,
    published_at timestamptz
)
ON CONFLICT (source, platform_id) DO UPDATE SET
    title = excluded.title,
    content = coalesce(excluded.content, m.content),
    url = coalesce(excluded.url, m.url),
    sentiment_score = coalesce(excluded.sentiment_score, m.sentiment_score),
    published_at = excluded.published_at;
