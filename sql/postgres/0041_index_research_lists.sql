-- Lists of all analyses are read newest first, and texts about a project with those of unknown time
-- last; without these indexes each page would sort what it is a page of.

-- migrate:up
CREATE INDEX onchain_analyses_created_at_id_idx
    ON research.onchain_analyses (created_at DESC, id DESC);
CREATE INDEX sentiment_analyses_created_at_id_idx
    ON research.sentiment_analyses (created_at DESC, id DESC);
CREATE INDEX tokenomics_analyses_created_at_id_idx
    ON research.tokenomics_analyses (created_at DESC, id DESC);
CREATE INDEX team_analyses_created_at_id_idx
    ON research.team_analyses (created_at DESC, id DESC);
DROP INDEX research.mentions_project_id_published_at_id_idx;
CREATE INDEX mentions_project_id_published_at_id_idx
    ON research.mentions (project_id, published_at DESC NULLS LAST, id DESC)
    WHERE project_id IS NOT NULL;

-- migrate:down
DROP INDEX research.mentions_project_id_published_at_id_idx;
CREATE INDEX mentions_project_id_published_at_id_idx
    ON research.mentions (project_id, published_at DESC, id DESC)
    WHERE project_id IS NOT NULL;
DROP INDEX research.team_analyses_created_at_id_idx;
DROP INDEX research.tokenomics_analyses_created_at_id_idx;
DROP INDEX research.sentiment_analyses_created_at_id_idx;
DROP INDEX research.onchain_analyses_created_at_id_idx;
