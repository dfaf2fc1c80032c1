-- Analysis of projects. What is analysed is a row of projects, not a free text, and links to the
-- protocol and asset when they are listed. Scores are 0 to 1 throughout (older sources give 0 to
-- 100: divided once, on write); sentiment is −1 to 1. What lists are sorted and filtered by has a
-- typed column beside the JSON it came from. Vectors of texts are in Qdrant under the same ids.

-- migrate:up
CREATE TYPE research.mention_source AS ENUM ('twitter', 'reddit', 'news');
COMMENT ON TYPE research.mention_source IS 'Where a text was published.';

CREATE TYPE research.sentiment_trend AS ENUM ('positive', 'neutral', 'negative');
COMMENT ON TYPE research.sentiment_trend IS 'Which way a mood points.';

CREATE TYPE research.verification_level AS ENUM ('low', 'medium', 'high');
COMMENT ON TYPE research.verification_level IS 'How much about a team could be verified.';

CREATE TABLE research.projects (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    slug text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9][a-z0-9._-]*$'),
    name text NOT NULL CHECK (name <> ''),
    protocol_id uuid REFERENCES catalog.protocols (id),
    asset_id uuid REFERENCES catalog.assets (id),
    website text,
    github_org text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE research.projects IS
    'Something that is analysed; it may or may not be a listed protocol or asset.';
COMMENT ON COLUMN research.projects.id IS 'Identifier of the project.';
COMMENT ON COLUMN research.projects.slug IS 'Readable key in lower case.';
COMMENT ON COLUMN research.projects.name IS 'Name of the project.';
COMMENT ON COLUMN research.projects.protocol_id IS 'The protocol it is, when listed.';
COMMENT ON COLUMN research.projects.asset_id IS 'The asset it issues, when listed.';
COMMENT ON COLUMN research.projects.website IS 'Home page.';
COMMENT ON COLUMN research.projects.github_org IS 'Organisation at GitHub.';
COMMENT ON COLUMN research.projects.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN research.projects.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON research.projects
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CREATE INDEX projects_name_id_idx ON research.projects (name, id);
CREATE INDEX projects_protocol_id_idx ON research.projects (protocol_id)
    WHERE protocol_id IS NOT NULL;
CREATE INDEX projects_asset_id_idx ON research.projects (asset_id) WHERE asset_id IS NOT NULL;

CREATE TABLE research.onchain_analyses (
    id uuid PRIMARY KEY DEFAULT ops.uuid_v7(),
    project_id uuid NOT NULL REFERENCES research.projects (id),
    token_address text
        CHECK (length(token_address) BETWEEN 1 AND 128
            AND (token_address = lower(token_address) OR token_address NOT ILIKE '0x%')),
    chain_id bigint REFERENCES catalog.chains (id),
    current_price_usd numeric(38,18) CHECK (current_price_usd >= 0),
    price_change_24h_pct numeric(18,6),
    market_cap_usd numeric(38,8) CHECK (market_cap_usd >= 0),
    volume_24h_usd numeric(38,8) CHECK (volume_24h_usd >= 0),
    price_data jsonb NOT NULL DEFAULT '{}',
    liquidity_data jsonb NOT NULL DEFAULT '{}',
    holder_data jsonb NOT NULL DEFAULT '{}',
    transaction_data jsonb NOT NULL DEFAULT '{}',
    risk_score numeric(5,4) NOT NULL CHECK (risk_score BETWEEN 0 AND 1),
    confidence numeric(5,4) NOT NULL CHECK (confidence BETWEEN 0 AND 1),
    data_sources jsonb NOT NULL DEFAULT '[]',
    processing_time_ms integer CHECK (processing_time_ms >= 0),
    correlation_id text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE research.onchain_analyses IS
    'One look at a project''s token on chain: price, liquidity, holders and activity.';
COMMENT ON COLUMN research.onchain_analyses.id IS
    'Identifier of the analysis; later ones sort after earlier ones.';
COMMENT ON COLUMN research.onchain_analyses.project_id IS 'The project.';
COMMENT ON COLUMN research.onchain_analyses.token_address IS 'The token analysed.';
COMMENT ON COLUMN research.onchain_analyses.chain_id IS 'The chain of the token.';
COMMENT ON COLUMN research.onchain_analyses.current_price_usd IS
    'Price of one unit, in US dollars.';
COMMENT ON COLUMN research.onchain_analyses.price_change_24h_pct IS
    'Change of price over 24 hours, in percent.';
COMMENT ON COLUMN research.onchain_analyses.market_cap_usd IS
    'Price times circulating supply, in US dollars.';
COMMENT ON COLUMN research.onchain_analyses.volume_24h_usd IS 'Traded in 24 hours, in US dollars.';
COMMENT ON COLUMN research.onchain_analyses.price_data IS
    'Price figures as analysed: current, change24h, change7d, marketCap, volume24h, volatility.';
COMMENT ON COLUMN research.onchain_analyses.liquidity_data IS
    'Liquidity as analysed: totalLiquidity, liquidityScore, topPools, slippageEstimate.';
COMMENT ON COLUMN research.onchain_analyses.holder_data IS
    'Holders as analysed: totalHolders, top10Concentration, distributionScore, whaleActivity.';
COMMENT ON COLUMN research.onchain_analyses.transaction_data IS 'Activity as analysed.';
COMMENT ON COLUMN research.onchain_analyses.risk_score IS 'Risk, 0 safe to 1 dangerous.';
COMMENT ON COLUMN research.onchain_analyses.confidence IS 'How sure the analysis is, 0 to 1.';
COMMENT ON COLUMN research.onchain_analyses.data_sources IS 'Where the figures came from.';
COMMENT ON COLUMN research.onchain_analyses.processing_time_ms IS
    'How long it took, in milliseconds.';
COMMENT ON COLUMN research.onchain_analyses.correlation_id IS 'Request that asked for it.';
COMMENT ON COLUMN research.onchain_analyses.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN research.onchain_analyses.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON research.onchain_analyses
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CREATE INDEX onchain_analyses_project_id_created_at_id_idx
    ON research.onchain_analyses (project_id, created_at DESC, id DESC);
CREATE INDEX onchain_analyses_token_address_idx ON research.onchain_analyses (token_address)
    WHERE token_address IS NOT NULL;
CREATE INDEX onchain_analyses_chain_id_idx ON research.onchain_analyses (chain_id)
    WHERE chain_id IS NOT NULL;
CREATE INDEX onchain_analyses_risk_score_id_idx ON research.onchain_analyses (risk_score DESC, id DESC);

CREATE TABLE research.sentiment_analyses (
    id uuid PRIMARY KEY DEFAULT ops.uuid_v7(),
    project_id uuid NOT NULL REFERENCES research.projects (id),
    keywords jsonb NOT NULL DEFAULT '[]',
    timeframe text NOT NULL DEFAULT '24h',
    overall_sentiment numeric(5,4) NOT NULL CHECK (overall_sentiment BETWEEN -1 AND 1),
    sentiment_trend research.sentiment_trend,
    twitter_data jsonb NOT NULL DEFAULT '{}',
    reddit_data jsonb NOT NULL DEFAULT '{}',
    news_data jsonb NOT NULL DEFAULT '{}',
    total_mentions bigint NOT NULL DEFAULT 0 CHECK (total_mentions >= 0),
    engagement_score numeric(5,4) CHECK (engagement_score BETWEEN 0 AND 1),
    influencer_mentions bigint NOT NULL DEFAULT 0 CHECK (influencer_mentions >= 0),
    confidence numeric(5,4) NOT NULL CHECK (confidence BETWEEN 0 AND 1),
    data_quality_score numeric(5,4) CHECK (data_quality_score BETWEEN 0 AND 1),
    bot_detection_score numeric(5,4) CHECK (bot_detection_score BETWEEN 0 AND 1),
    correlation_id text,
    processing_time_ms integer CHECK (processing_time_ms >= 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE research.sentiment_analyses IS
    'One look at what people say about a project in a span of time.';
COMMENT ON COLUMN research.sentiment_analyses.id IS
    'Identifier of the analysis; later ones sort after earlier ones.';
COMMENT ON COLUMN research.sentiment_analyses.project_id IS 'The project.';
COMMENT ON COLUMN research.sentiment_analyses.keywords IS 'Words searched for.';
COMMENT ON COLUMN research.sentiment_analyses.timeframe IS 'Span looked at, such as 24h or 7d.';
COMMENT ON COLUMN research.sentiment_analyses.overall_sentiment IS 'Mood, −1 bad to 1 good.';
COMMENT ON COLUMN research.sentiment_analyses.sentiment_trend IS 'Which way the mood moves.';
COMMENT ON COLUMN research.sentiment_analyses.twitter_data IS 'Figures from X.';
COMMENT ON COLUMN research.sentiment_analyses.reddit_data IS 'Figures from Reddit.';
COMMENT ON COLUMN research.sentiment_analyses.news_data IS 'Figures from news.';
COMMENT ON COLUMN research.sentiment_analyses.total_mentions IS 'Texts found.';
COMMENT ON COLUMN research.sentiment_analyses.engagement_score IS
    'How much people reacted, 0 to 1.';
COMMENT ON COLUMN research.sentiment_analyses.influencer_mentions IS
    'Texts by accounts with many readers.';
COMMENT ON COLUMN research.sentiment_analyses.confidence IS 'How sure the analysis is, 0 to 1.';
COMMENT ON COLUMN research.sentiment_analyses.data_quality_score IS
    'How complete and clean the texts were, 0 to 1.';
COMMENT ON COLUMN research.sentiment_analyses.bot_detection_score IS
    'Share of texts that look automatic, 0 to 1.';
COMMENT ON COLUMN research.sentiment_analyses.correlation_id IS 'Request that asked for it.';
COMMENT ON COLUMN research.sentiment_analyses.processing_time_ms IS
    'How long it took, in milliseconds.';
COMMENT ON COLUMN research.sentiment_analyses.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN research.sentiment_analyses.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON research.sentiment_analyses
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CREATE INDEX sentiment_analyses_project_id_created_at_id_idx
    ON research.sentiment_analyses (project_id, created_at DESC, id DESC);
CREATE INDEX sentiment_analyses_overall_sentiment_id_idx
    ON research.sentiment_analyses (overall_sentiment DESC, id DESC);
CREATE INDEX sentiment_analyses_keywords_idx ON research.sentiment_analyses USING gin (keywords);

CREATE TABLE research.mentions (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    analysis_id uuid REFERENCES research.sentiment_analyses (id),
    project_id uuid REFERENCES research.projects (id),
    source research.mention_source NOT NULL,
    platform_id text NOT NULL,
    author text,
    title text,
    content text,
    url text,
    sentiment_score numeric(5,4) CHECK (sentiment_score BETWEEN -1 AND 1),
    engagement_metrics jsonb NOT NULL DEFAULT '{}',
    published_at timestamptz,
    indexed_at timestamptz NOT NULL DEFAULT now(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (source, platform_id)
);
COMMENT ON TABLE research.mentions IS
    'A published text about the market or a project. Its vector is the Qdrant point of the same '
    'id in market_sentiment.';
COMMENT ON COLUMN research.mentions.id IS 'Identifier of the mention, also of its vector.';
COMMENT ON COLUMN research.mentions.analysis_id IS 'The analysis that used it.';
COMMENT ON COLUMN research.mentions.project_id IS 'The project it speaks about, when recognised.';
COMMENT ON COLUMN research.mentions.source IS 'Where it was published.';
COMMENT ON COLUMN research.mentions.platform_id IS 'Key of the text there, or a hash of it.';
COMMENT ON COLUMN research.mentions.author IS 'Who wrote it; dropped when its retention ends.';
COMMENT ON COLUMN research.mentions.title IS 'Headline.';
COMMENT ON COLUMN research.mentions.content IS 'The text; dropped when its retention ends.';
COMMENT ON COLUMN research.mentions.url IS 'Where to read it.';
COMMENT ON COLUMN research.mentions.sentiment_score IS 'Mood, −1 bad to 1 good.';
COMMENT ON COLUMN research.mentions.engagement_metrics IS 'Reactions, by kind.';
COMMENT ON COLUMN research.mentions.published_at IS 'When it was published (UTC).';
COMMENT ON COLUMN research.mentions.indexed_at IS 'When it reached the stores (UTC).';
COMMENT ON COLUMN research.mentions.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN research.mentions.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON research.mentions
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CREATE INDEX mentions_published_at_id_idx ON research.mentions (published_at DESC NULLS LAST, id DESC);
CREATE INDEX mentions_project_id_published_at_id_idx
    ON research.mentions (project_id, published_at DESC, id DESC)
    WHERE project_id IS NOT NULL;
CREATE INDEX mentions_analysis_id_idx ON research.mentions (analysis_id)
    WHERE analysis_id IS NOT NULL;

CREATE TABLE research.tokenomics_analyses (
    id uuid PRIMARY KEY DEFAULT ops.uuid_v7(),
    project_id uuid NOT NULL REFERENCES research.projects (id),
    token_address text
        CHECK (length(token_address) BETWEEN 1 AND 128
            AND (token_address = lower(token_address) OR token_address NOT ILIKE '0x%')),
    protocol_id uuid REFERENCES catalog.protocols (id),
    supply_data jsonb NOT NULL DEFAULT '{}',
    distribution_data jsonb NOT NULL DEFAULT '{}',
    defi_data jsonb NOT NULL DEFAULT '{}',
    utility_data jsonb NOT NULL DEFAULT '{}',
    tokenomics_score numeric(5,4) NOT NULL CHECK (tokenomics_score BETWEEN 0 AND 1),
    fairness_score numeric(5,4) NOT NULL CHECK (fairness_score BETWEEN 0 AND 1),
    utility_score numeric(5,4) NOT NULL CHECK (utility_score BETWEEN 0 AND 1),
    confidence numeric(5,4) NOT NULL CHECK (confidence BETWEEN 0 AND 1),
    correlation_id text,
    processing_time_ms integer CHECK (processing_time_ms >= 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE research.tokenomics_analyses IS
    'One look at how a project''s token is issued, spread and used.';
COMMENT ON COLUMN research.tokenomics_analyses.id IS
    'Identifier of the analysis; later ones sort after earlier ones.';
COMMENT ON COLUMN research.tokenomics_analyses.project_id IS 'The project.';
COMMENT ON COLUMN research.tokenomics_analyses.token_address IS 'The token analysed.';
COMMENT ON COLUMN research.tokenomics_analyses.protocol_id IS
    'The protocol the token belongs to, when listed.';
COMMENT ON COLUMN research.tokenomics_analyses.supply_data IS
    'Supply as analysed: total, circulating, inflation, vestingSchedule.';
COMMENT ON COLUMN research.tokenomics_analyses.distribution_data IS
    'Spread as analysed: team, investors, community, fairnessScore.';
COMMENT ON COLUMN research.tokenomics_analyses.defi_data IS
    'Use in DeFi as analysed: stakingAPY, yieldOpportunities, totalStaked.';
COMMENT ON COLUMN research.tokenomics_analyses.utility_data IS
    'What the token is good for, as analysed.';
COMMENT ON COLUMN research.tokenomics_analyses.tokenomics_score IS 'Overall quality, 0 to 1.';
COMMENT ON COLUMN research.tokenomics_analyses.fairness_score IS
    'How fairly the token is spread, 0 to 1.';
COMMENT ON COLUMN research.tokenomics_analyses.utility_score IS 'How useful the token is, 0 to 1.';
COMMENT ON COLUMN research.tokenomics_analyses.confidence IS 'How sure the analysis is, 0 to 1.';
COMMENT ON COLUMN research.tokenomics_analyses.correlation_id IS 'Request that asked for it.';
COMMENT ON COLUMN research.tokenomics_analyses.processing_time_ms IS
    'How long it took, in milliseconds.';
COMMENT ON COLUMN research.tokenomics_analyses.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN research.tokenomics_analyses.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON research.tokenomics_analyses
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CREATE INDEX tokenomics_analyses_project_id_created_at_id_idx
    ON research.tokenomics_analyses (project_id, created_at DESC, id DESC);
CREATE INDEX tokenomics_analyses_token_address_idx ON research.tokenomics_analyses (token_address)
    WHERE token_address IS NOT NULL;
CREATE INDEX tokenomics_analyses_protocol_id_idx ON research.tokenomics_analyses (protocol_id)
    WHERE protocol_id IS NOT NULL;
CREATE INDEX tokenomics_analyses_tokenomics_score_id_idx
    ON research.tokenomics_analyses (tokenomics_score DESC, id DESC);

CREATE TABLE research.team_analyses (
    id uuid PRIMARY KEY DEFAULT ops.uuid_v7(),
    project_id uuid NOT NULL REFERENCES research.projects (id),
    project_website text,
    github_org text,
    team_size integer NOT NULL DEFAULT 0 CHECK (team_size >= 0),
    credibility_score numeric(5,4) NOT NULL CHECK (credibility_score BETWEEN 0 AND 1),
    verification_level research.verification_level NOT NULL,
    development_data jsonb NOT NULL DEFAULT '{}',
    risk_flags jsonb NOT NULL DEFAULT '[]',
    background_data jsonb NOT NULL DEFAULT '{}',
    confidence numeric(5,4) NOT NULL CHECK (confidence BETWEEN 0 AND 1),
    correlation_id text,
    processing_time_ms integer CHECK (processing_time_ms >= 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE research.team_analyses IS
    'One look at the people and the development behind a project.';
COMMENT ON COLUMN research.team_analyses.id IS
    'Identifier of the analysis; later ones sort after earlier ones.';
COMMENT ON COLUMN research.team_analyses.project_id IS 'The project.';
COMMENT ON COLUMN research.team_analyses.project_website IS 'Home page looked at.';
COMMENT ON COLUMN research.team_analyses.github_org IS 'Organisation at GitHub looked at.';
COMMENT ON COLUMN research.team_analyses.team_size IS 'People found.';
COMMENT ON COLUMN research.team_analyses.credibility_score IS 'How believable the team is, 0 to 1.';
COMMENT ON COLUMN research.team_analyses.verification_level IS 'How much could be verified.';
COMMENT ON COLUMN research.team_analyses.development_data IS
    'Development as analysed: githubActivity, commits30d, contributors, codeQuality.';
COMMENT ON COLUMN research.team_analyses.risk_flags IS 'Warnings.';
COMMENT ON COLUMN research.team_analyses.background_data IS 'What is known about the team.';
COMMENT ON COLUMN research.team_analyses.confidence IS 'How sure the analysis is, 0 to 1.';
COMMENT ON COLUMN research.team_analyses.correlation_id IS 'Request that asked for it.';
COMMENT ON COLUMN research.team_analyses.processing_time_ms IS 'How long it took, in milliseconds.';
COMMENT ON COLUMN research.team_analyses.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN research.team_analyses.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON research.team_analyses
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CREATE INDEX team_analyses_project_id_created_at_id_idx
    ON research.team_analyses (project_id, created_at DESC, id DESC);
CREATE INDEX team_analyses_credibility_score_id_idx
    ON research.team_analyses (credibility_score DESC, id DESC);

CREATE TABLE research.team_members (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    analysis_id uuid NOT NULL REFERENCES research.team_analyses (id) ON DELETE CASCADE,
    name text NOT NULL,
    role text,
    linkedin_profile text,
    github_profile text,
    twitter_profile text,
    verification_data jsonb NOT NULL DEFAULT '{}',
    overall_score numeric(5,4) NOT NULL CHECK (overall_score BETWEEN 0 AND 1),
    risk_flags jsonb NOT NULL DEFAULT '[]',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE research.team_members IS
    'A person behind a project, as far as they present themselves in public.';
COMMENT ON COLUMN research.team_members.id IS 'Identifier of the entry.';
COMMENT ON COLUMN research.team_members.analysis_id IS 'The analysis it belongs to.';
COMMENT ON COLUMN research.team_members.name IS 'Name the person uses.';
COMMENT ON COLUMN research.team_members.role IS 'Role in the project.';
COMMENT ON COLUMN research.team_members.linkedin_profile IS 'Profile at LinkedIn.';
COMMENT ON COLUMN research.team_members.github_profile IS 'Profile at GitHub.';
COMMENT ON COLUMN research.team_members.twitter_profile IS 'Profile at X.';
COMMENT ON COLUMN research.team_members.verification_data IS 'What could be verified, by profile.';
COMMENT ON COLUMN research.team_members.overall_score IS 'How believable the entry is, 0 to 1.';
COMMENT ON COLUMN research.team_members.risk_flags IS 'Warnings.';
COMMENT ON COLUMN research.team_members.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN research.team_members.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON research.team_members
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CREATE INDEX team_members_analysis_id_id_idx ON research.team_members (analysis_id, id);
CREATE INDEX team_members_overall_score_id_idx ON research.team_members (overall_score DESC, id DESC);

GRANT SELECT ON ALL TABLES IN SCHEMA research TO gateway;

-- migrate:down
DROP TABLE research.team_members;
DROP TABLE research.team_analyses;
DROP TABLE research.tokenomics_analyses;
DROP TABLE research.mentions;
DROP TABLE research.sentiment_analyses;
DROP TABLE research.onchain_analyses;
DROP TABLE research.projects;
DROP TYPE research.verification_level;
DROP TYPE research.sentiment_trend;
DROP TYPE research.mention_source;
