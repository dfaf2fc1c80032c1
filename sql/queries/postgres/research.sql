-- What analyses found and how texts sound.

-- name: newest_scores :many
-- Results of the newest analysis of each kind, one row a project.
-- index: projects_pkey
SELECT
    p.id,
    o.risk_score, o.created_at AS onchain_at,
    s.overall_sentiment, s.sentiment_trend::text, s.created_at AS sentiment_at,
    t.tokenomics_score, t.fairness_score, t.utility_score, t.created_at AS tokenomics_at,
    m.credibility_score, m.verification_level::text, m.created_at AS team_at
FROM research.projects AS p
LEFT JOIN LATERAL (
    SELECT a.risk_score, a.created_at FROM research.onchain_analyses AS a
    WHERE a.project_id = p.id ORDER BY a.created_at DESC, a.id DESC LIMIT 1
) AS o ON true
LEFT JOIN LATERAL (
    SELECT a.overall_sentiment, a.sentiment_trend, a.created_at FROM research.sentiment_analyses AS a
    WHERE a.project_id = p.id ORDER BY a.created_at DESC, a.id DESC LIMIT 1
) AS s ON true
LEFT JOIN LATERAL (
    SELECT a.tokenomics_score, a.fairness_score, a.utility_score, a.created_at
    FROM research.tokenomics_analyses AS a
    WHERE a.project_id = p.id ORDER BY a.created_at DESC, a.id DESC LIMIT 1
) AS t ON true
LEFT JOIN LATERAL (
    SELECT a.credibility_score, a.verification_level, a.created_at FROM research.team_analyses AS a
    WHERE a.project_id = p.id ORDER BY a.created_at DESC, a.id DESC LIMIT 1
) AS m ON true
WHERE p.id = ANY (:keys::uuid[]);

-- name: mood_of_projects :many
-- Mean mood of the texts about each project and how many there are, by bucket; buckets count from a Monday.
-- index: mentions_project_id_published_at_id_idx
-- params: keys, start, end, step
SELECT
    m.project_id,
    date_bin(:step::interval, m.published_at, '1970-01-05 00:00:00+00'::timestamptz) AS t,
    avg(m.sentiment_score)::numeric(5,4) AS sentiment,
    count(*)::integer AS texts
FROM research.mentions AS m
WHERE m.project_id = ANY (:keys::uuid[])
    AND m.published_at >= :start::timestamptz AND m.published_at < :end::timestamptz
GROUP BY m.project_id, t
ORDER BY m.project_id, t;

-- name: mood_about_assets :many
-- The same for texts that name each asset.
-- index: mentions_asset_ids_idx
-- params: keys, start, end, step
SELECT
    named.asset_id,
    date_bin(:step::interval, m.published_at, '1970-01-05 00:00:00+00'::timestamptz) AS t,
    avg(m.sentiment_score)::numeric(5,4) AS sentiment,
    count(*)::integer AS texts
FROM unnest(:keys::uuid[]) AS named (asset_id)
JOIN research.mentions AS m ON m.asset_ids @> ARRAY[named.asset_id]
WHERE m.published_at >= :start::timestamptz AND m.published_at < :end::timestamptz
GROUP BY named.asset_id, t
ORDER BY named.asset_id, t;

-- name: assets_of_mentions :many
-- Ids of the assets that texts name.
-- index: mentions_pkey
SELECT id, asset_ids FROM research.mentions WHERE id = ANY (:mention_ids::uuid[]);

-- name: mentions_about_assets :many
-- Ids of the newest texts that name each asset, by asset and time.
-- index: mentions_asset_ids_idx
-- params: keys, source, start, end, count
SELECT named.asset_id, found.id
FROM unnest(:keys::uuid[]) AS named (asset_id)
CROSS JOIN LATERAL (
    SELECT m.id, m.published_at
    FROM research.mentions AS m
    WHERE m.asset_ids @> ARRAY[named.asset_id]
        AND (:source::research.mention_source IS NULL OR m.source = :source::research.mention_source)
        AND (:start::timestamptz IS NULL OR m.published_at >= :start::timestamptz)
        AND (:end::timestamptz IS NULL OR m.published_at < :end::timestamptz)
    ORDER BY m.published_at DESC NULLS LAST, m.id DESC
    LIMIT :count::bigint
) AS found
ORDER BY named.asset_id, found.published_at DESC NULLS LAST, found.id DESC;

-- name: mentions_matching :many
-- Texts that hold some words, the best match first; a word in the headline counts more than one in the text.
-- index: mentions_text_idx
-- params: words, asset_id, project_id, source, start, end, count
SELECT m.id, ts_rank(research.mention_words(m.title, m.content), asked.query, 1)::float8 AS score
FROM websearch_to_tsquery('english', :words::text) AS asked (query)
JOIN research.mentions AS m ON research.mention_words(m.title, m.content) @@ asked.query
WHERE (:asset_id::uuid IS NULL OR m.asset_ids @> ARRAY[:asset_id::uuid])
    AND (:project_id::uuid IS NULL OR m.project_id = :project_id::uuid)
    AND (:source::research.mention_source IS NULL OR m.source = :source::research.mention_source)
    AND (:start::timestamptz IS NULL OR m.published_at >= :start::timestamptz)
    AND (:end::timestamptz IS NULL OR m.published_at < :end::timestamptz)
ORDER BY score DESC, m.published_at DESC NULLS LAST, m.id DESC
LIMIT :count::bigint;
