-- What a text may mean, one query a kind. A score of 1 is an exact key, less is further away; the caller adds nothing to
-- it. Prefixes are ranges in the order of text_pattern_ops, which an index serves whatever the parameter.

-- name: protocols :many
-- By slug, the beginning of the name, or words of name, category and description.
-- index: protocols_slug_key, protocols_lower_name_idx, protocols_text_idx
WITH found AS (
    SELECT p.id, 1.0 AS score FROM catalog.protocols AS p WHERE p.slug = :word::text
    UNION ALL
    (
        SELECT p.id, CASE WHEN lower(p.name) = :word::text THEN 0.95 ELSE 0.8 END
        FROM catalog.protocols AS p
        WHERE lower(p.name) ~>=~ :word::text AND lower(p.name) ~<~ :beyond::text
        ORDER BY lower(p.name) USING ~<~
        LIMIT 200
    )
    UNION ALL
    (
        SELECT p.id, 0.6 * (1 - 1 / (1 + 10 * ts_rank(
            to_tsvector('english', p.name || ' ' || p.category || ' ' || coalesce(p.description, '')),
            websearch_to_tsquery('english', :word::text))))::numeric
        FROM catalog.protocols AS p
        WHERE to_tsvector('english', p.name || ' ' || p.category || ' ' || coalesce(p.description, ''))
            @@ websearch_to_tsquery('english', :word::text)
        LIMIT 200
    )
)
SELECT p.id, p.name AS title, max(found.score)::float8 AS score
FROM found
JOIN catalog.protocols AS p ON p.id = found.id AND p.is_active
LEFT JOIN catalog.protocol_listing AS l ON l.id = p.id
GROUP BY p.id, p.name, l.tvl_usd
ORDER BY score DESC, l.tvl_usd DESC NULLS LAST, p.name, p.id
LIMIT :count::bigint;

-- name: assets :many
-- By ticker, the beginning of ticker or name, or contract address.
-- index: assets_lower_symbol_idx, assets_lower_name_idx, assets_contract_address_idx
WITH found AS (
    SELECT a.id, 1.0 AS score FROM catalog.assets AS a WHERE a.contract_address = :address::text
    UNION ALL
    (
        SELECT a.id, CASE WHEN lower(a.symbol) = :word::text THEN 1.0 ELSE 0.8 END
        FROM catalog.assets AS a
        WHERE lower(a.symbol) ~>=~ :word::text AND lower(a.symbol) ~<~ :beyond::text
        ORDER BY lower(a.symbol) USING ~<~
        LIMIT 200
    )
    UNION ALL
    (
        SELECT a.id, CASE WHEN lower(a.name) = :word::text THEN 0.95 ELSE 0.7 END
        FROM catalog.assets AS a
        WHERE lower(a.name) ~>=~ :word::text AND lower(a.name) ~<~ :beyond::text
        ORDER BY lower(a.name) USING ~<~
        LIMIT 200
    )
)
SELECT a.id, a.symbol AS title, max(found.score)::float8 AS score
FROM found
JOIN catalog.assets AS a ON a.id = found.id AND a.is_active
GROUP BY a.id, a.symbol, a.coingecko_id
ORDER BY score DESC, a.coingecko_id IS NULL, a.symbol, a.id
LIMIT :count::bigint;

-- name: wallets :many
-- By the whole address on any chain, or the beginning of a label somebody gave it.
-- index: wallets_address_idx, address_labels_lower_name_idx
WITH found AS (
    SELECT w.id, 1.0 AS score, w.label AS label FROM catalog.wallets AS w WHERE w.address = :address::text
    UNION ALL
    (
        SELECT w.id, CASE WHEN lower(l.name) = :word::text THEN 0.95 ELSE 0.75 END, l.name
        FROM catalog.address_labels AS l
        JOIN catalog.wallets AS w ON w.chain_id = l.chain_id AND w.address = l.address
        WHERE lower(l.name) ~>=~ :word::text AND lower(l.name) ~<~ :beyond::text
        ORDER BY lower(l.name) USING ~<~
        LIMIT 200
    )
)
SELECT w.id, coalesce(max(found.label), w.label, w.address) AS title, max(found.score)::float8 AS score
FROM found
JOIN catalog.wallets AS w ON w.id = found.id AND w.is_active AND w.is_listed
GROUP BY w.id
ORDER BY score DESC, w.transaction_count DESC, w.id
LIMIT :count::bigint;

-- name: agents :many
-- By slug, the beginning of the name, or words of name and description; few rows, so every one is looked at.
-- index: agents_slug_key, agents_text_idx
SELECT a.id, a.name AS title,
    (CASE
        WHEN a.slug = :word::text THEN 1.0
        WHEN lower(a.name) = :word::text THEN 0.95
        WHEN starts_with(lower(a.name), :word::text) THEN 0.8
        ELSE 0.6 * (1 - 1 / (1 + 10 * ts_rank(
            to_tsvector('english', a.name || ' ' || a.description),
            websearch_to_tsquery('english', :word::text))))
    END)::float8 AS score
FROM agents.agents AS a
WHERE a.slug = :word::text
    OR starts_with(lower(a.name), :word::text)
    OR to_tsvector('english', a.name || ' ' || a.description) @@ websearch_to_tsquery('english', :word::text)
ORDER BY score DESC, a.name, a.id
LIMIT :count::bigint;

-- name: bridges :many
-- By slug or the beginning of the name; few rows, so every one is looked at.
SELECT b.id, b.name AS title,
    (CASE
        WHEN b.slug = :word::text THEN 1.0
        WHEN lower(b.name) = :word::text THEN 0.95
        ELSE 0.8
    END)::float8 AS score
FROM catalog.bridges AS b
WHERE b.is_active AND (b.slug = :word::text OR starts_with(lower(b.name), :word::text))
ORDER BY score DESC, b.name, b.id
LIMIT :count::bigint;

-- name: chains :many
-- By CAIP-2 id, slug, or the beginning of the name; few rows, so every one is looked at.
SELECT c.id, c.name AS title,
    (CASE
        WHEN c.caip2 = :word::text OR c.slug = :word::text OR lower(c.short_name) = :word::text THEN 1.0
        WHEN lower(c.name) = :word::text THEN 0.95
        ELSE 0.8
    END)::float8 AS score
FROM catalog.chains AS c
WHERE c.is_active AND (
    c.caip2 = :word::text OR c.slug = :word::text OR lower(c.short_name) = :word::text
    OR starts_with(lower(c.name), :word::text)
)
ORDER BY score DESC, c.is_testnet, c.name, c.id
LIMIT :count::bigint;
