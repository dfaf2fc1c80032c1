-- Which assets a text names is a fact of the text: kept beside it, so that a search by words can be
-- limited to an asset and the vectors' payload is only a copy of it. The words themselves are
-- indexed and not stored a second time.

-- migrate:up
ALTER TABLE research.mentions ADD COLUMN asset_ids uuid[] NOT NULL DEFAULT '{}';
COMMENT ON COLUMN research.mentions.asset_ids IS
    'Assets the text names, in the order of their ids; empty when none was recognised.';
CREATE INDEX mentions_asset_ids_idx ON research.mentions USING gin (asset_ids);

CREATE FUNCTION research.mention_words(p_title text, p_content text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog
AS $body$
    SELECT setweight(to_tsvector('english'::regconfig, coalesce(p_title, '')), 'A')
        || setweight(to_tsvector('english'::regconfig, coalesce(p_content, '')), 'D')
$body$;
COMMENT ON FUNCTION research.mention_words(text, text) IS
    'Words of a headline and a text for full-text search; those of the headline weigh more.';
REVOKE ALL ON FUNCTION research.mention_words(text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION research.mention_words(text, text) TO gateway, worker;
CREATE INDEX mentions_text_idx ON research.mentions
    USING gin (research.mention_words(title, content));

-- migrate:down
DROP INDEX research.mentions_text_idx;
DROP FUNCTION research.mention_words(text, text);
ALTER TABLE research.mentions DROP COLUMN asset_ids;
