-- What lists of protocols are read from: a protocol with its newest figures, so that a page can be
-- ordered and filtered by them. The join is to a unique key, so Postgres leaves it out of every
-- statement that needs none of the figures.

-- migrate:up
CREATE VIEW catalog.protocol_listing WITH (security_invoker = true) AS
SELECT
    p.id,
    p.slug,
    p.name,
    p.description,
    p.category,
    p.parent_id,
    p.token_asset_id,
    p.website_url,
    p.twitter_handle,
    p.discord_url,
    p.telegram_url,
    p.logo_url,
    p.audit_count,
    p.listed_on,
    p.is_active,
    p.metadata,
    p.created_at,
    p.updated_at,
    s.chain_count,
    s.tvl_usd,
    s.volume_24h_usd,
    s.fees_24h_usd,
    s.tvl_change_24h_pct,
    s.tvl_change_7d_pct,
    s.observed_at
FROM catalog.protocols AS p
LEFT JOIN catalog.protocol_summary AS s ON s.id = p.id;
COMMENT ON VIEW catalog.protocol_listing IS
    'Every protocol with its newest figures; a protocol nobody measured has null figures.';
COMMENT ON COLUMN catalog.protocol_listing.id IS 'Identifier of the protocol in all four stores.';
COMMENT ON COLUMN catalog.protocol_listing.slug IS 'Readable key in lower case, such as aave-v3.';
COMMENT ON COLUMN catalog.protocol_listing.name IS 'Name as the protocol writes it.';
COMMENT ON COLUMN catalog.protocol_listing.description IS 'What it does, in a few sentences.';
COMMENT ON COLUMN catalog.protocol_listing.category IS
    'Kind of business, such as Lending, Dexes or Liquid Staking.';
COMMENT ON COLUMN catalog.protocol_listing.parent_id IS
    'The project this protocol is a version or part of.';
COMMENT ON COLUMN catalog.protocol_listing.token_asset_id IS 'Its governance token.';
COMMENT ON COLUMN catalog.protocol_listing.website_url IS 'Home page.';
COMMENT ON COLUMN catalog.protocol_listing.twitter_handle IS
    'Account name on X, without the at sign.';
COMMENT ON COLUMN catalog.protocol_listing.discord_url IS 'Discord invitation.';
COMMENT ON COLUMN catalog.protocol_listing.telegram_url IS 'Telegram group.';
COMMENT ON COLUMN catalog.protocol_listing.logo_url IS 'Address of a picture.';
COMMENT ON COLUMN catalog.protocol_listing.audit_count IS
    'Published audits known to us; null when unknown.';
COMMENT ON COLUMN catalog.protocol_listing.listed_on IS
    'Day the protocol was first listed by the source.';
COMMENT ON COLUMN catalog.protocol_listing.is_active IS
    'False for protocols that are dead, rugged or withdrawn.';
COMMENT ON COLUMN catalog.protocol_listing.metadata IS
    'Further facts from the source, by name: oracles, forks, repositories.';
COMMENT ON COLUMN catalog.protocol_listing.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN catalog.protocol_listing.updated_at IS 'When the row last changed (UTC).';
COMMENT ON COLUMN catalog.protocol_listing.chain_count IS 'Chains with figures.';
COMMENT ON COLUMN catalog.protocol_listing.tvl_usd IS 'Total value locked, in US dollars.';
COMMENT ON COLUMN catalog.protocol_listing.volume_24h_usd IS
    'Traded in 24 hours, in US dollars.';
COMMENT ON COLUMN catalog.protocol_listing.fees_24h_usd IS
    'Fees paid by users in 24 hours, in US dollars.';
COMMENT ON COLUMN catalog.protocol_listing.tvl_change_24h_pct IS
    'Change of value locked over 24 hours, in percent.';
COMMENT ON COLUMN catalog.protocol_listing.tvl_change_7d_pct IS
    'Change of value locked over seven days, in percent.';
COMMENT ON COLUMN catalog.protocol_listing.observed_at IS
    'When the newest of the figures was measured (UTC).';
GRANT SELECT ON catalog.protocol_listing TO gateway, analytics;

-- migrate:down
DROP VIEW catalog.protocol_listing;
