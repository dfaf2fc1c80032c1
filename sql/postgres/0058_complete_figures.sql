-- Figures of protocols over an hour and thirty days, and over all chains where a source gives them so:
-- a total is not a row of one chain. The views that look back some weeks do so from the newest row, as
-- the hot window of wallets does: recorded data ends before today.

-- migrate:up
ALTER TABLE catalog.protocol_latest
    ADD COLUMN tvl_1h_ago_usd numeric(38,8),
    ADD COLUMN tvl_30d_ago_usd numeric(38,8),
    ADD COLUMN tvl_change_1h_pct numeric(18,6),
    ADD COLUMN tvl_change_30d_pct numeric(18,6);
COMMENT ON COLUMN catalog.protocol_latest.tvl_1h_ago_usd IS
    'Value locked an hour before observed_at, in US dollars; null when nothing was measured then.';
COMMENT ON COLUMN catalog.protocol_latest.tvl_24h_ago_usd IS
    'Value locked 24 to 26 hours before observed_at, in US dollars; null when nothing was '
    'measured then.';
COMMENT ON COLUMN catalog.protocol_latest.tvl_30d_ago_usd IS
    'Value locked thirty days before observed_at, in US dollars; null when nothing was measured '
    'then.';
COMMENT ON COLUMN catalog.protocol_latest.tvl_change_1h_pct IS
    'Change of value locked over an hour, in percent.';
COMMENT ON COLUMN catalog.protocol_latest.tvl_change_30d_pct IS
    'Change of value locked over thirty days, in percent.';

CREATE TABLE catalog.protocol_totals (
    protocol_id uuid PRIMARY KEY REFERENCES catalog.protocols (id),
    tvl_usd numeric(38,8),
    volume_24h_usd numeric(38,8) CHECK (volume_24h_usd >= 0),
    fees_24h_usd numeric(38,8) CHECK (fees_24h_usd >= 0),
    tvl_change_1h_pct numeric(18,6),
    tvl_change_24h_pct numeric(18,6),
    tvl_change_7d_pct numeric(18,6),
    tvl_change_30d_pct numeric(18,6),
    observed_at timestamptz NOT NULL,
    indexed_at timestamptz NOT NULL DEFAULT now(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE catalog.protocol_totals IS
    'The newest figures of a protocol that a source gives over all chains together. Written by jobs '
    'from the ClickHouse series; unknown is null, never zero.';
COMMENT ON COLUMN catalog.protocol_totals.protocol_id IS 'The protocol.';
COMMENT ON COLUMN catalog.protocol_totals.tvl_usd IS 'Total value locked, in US dollars.';
COMMENT ON COLUMN catalog.protocol_totals.volume_24h_usd IS
    'Traded in the 24 hours before observed_at, in US dollars.';
COMMENT ON COLUMN catalog.protocol_totals.fees_24h_usd IS
    'Fees paid by users in the 24 hours before observed_at, in US dollars.';
COMMENT ON COLUMN catalog.protocol_totals.tvl_change_1h_pct IS
    'Change of value locked over an hour, in percent.';
COMMENT ON COLUMN catalog.protocol_totals.tvl_change_24h_pct IS
    'Change of value locked over 24 hours, in percent.';
COMMENT ON COLUMN catalog.protocol_totals.tvl_change_7d_pct IS
    'Change of value locked over seven days, in percent.';
COMMENT ON COLUMN catalog.protocol_totals.tvl_change_30d_pct IS
    'Change of value locked over thirty days, in percent.';
COMMENT ON COLUMN catalog.protocol_totals.observed_at IS 'When the newest figure was measured (UTC).';
COMMENT ON COLUMN catalog.protocol_totals.indexed_at IS
    'When the figures reached this table (UTC).';
COMMENT ON COLUMN catalog.protocol_totals.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN catalog.protocol_totals.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON catalog.protocol_totals
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
GRANT SELECT ON catalog.protocol_totals TO gateway;

DROP VIEW catalog.protocol_listing;
GRANT CREATE ON SCHEMA catalog, agents, ops TO worker;
SET ROLE worker;
DROP MATERIALIZED VIEW catalog.protocol_summary;
DROP MATERIALIZED VIEW ops.daily_platform_metrics;
DROP MATERIALIZED VIEW agents.agent_performance_trends;
-- What the source gives as a total, else the sum over chains. A chain counts towards a change only if both its
-- values are known.
CREATE MATERIALIZED VIEW catalog.protocol_summary AS
SELECT
    p.id,
    p.slug,
    p.name,
    p.category,
    count(l.chain_id) AS chain_count,
    coalesce(t.tvl_usd, sum(l.tvl_usd)) AS tvl_usd,
    coalesce(t.volume_24h_usd, sum(l.volume_24h_usd)) AS volume_24h_usd,
    coalesce(t.fees_24h_usd, sum(l.fees_24h_usd)) AS fees_24h_usd,
    CASE WHEN t.tvl_usd IS NOT NULL THEN t.tvl_change_1h_pct ELSE (
        100 * sum(l.tvl_usd - l.tvl_1h_ago_usd)
        / nullif(sum(l.tvl_1h_ago_usd) FILTER (WHERE l.tvl_usd IS NOT NULL), 0)
    )::numeric(18, 6) END AS tvl_change_1h_pct,
    CASE WHEN t.tvl_usd IS NOT NULL THEN t.tvl_change_24h_pct ELSE (
        100 * sum(l.tvl_usd - l.tvl_24h_ago_usd)
        / nullif(sum(l.tvl_24h_ago_usd) FILTER (WHERE l.tvl_usd IS NOT NULL), 0)
    )::numeric(18, 6) END AS tvl_change_24h_pct,
    CASE WHEN t.tvl_usd IS NOT NULL THEN t.tvl_change_7d_pct ELSE (
        100 * sum(l.tvl_usd - l.tvl_7d_ago_usd)
        / nullif(sum(l.tvl_7d_ago_usd) FILTER (WHERE l.tvl_usd IS NOT NULL), 0)
    )::numeric(18, 6) END AS tvl_change_7d_pct,
    CASE WHEN t.tvl_usd IS NOT NULL THEN t.tvl_change_30d_pct ELSE (
        100 * sum(l.tvl_usd - l.tvl_30d_ago_usd)
        / nullif(sum(l.tvl_30d_ago_usd) FILTER (WHERE l.tvl_usd IS NOT NULL), 0)
    )::numeric(18, 6) END AS tvl_change_30d_pct,
    greatest(max(l.observed_at), t.observed_at) AS observed_at
FROM catalog.protocols AS p
LEFT JOIN catalog.protocol_totals AS t ON t.protocol_id = p.id
LEFT JOIN catalog.protocol_latest AS l ON l.protocol_id = p.id
WHERE p.is_active
GROUP BY p.id, t.protocol_id;
COMMENT ON MATERIALIZED VIEW catalog.protocol_summary IS
    'Newest figures of each active protocol, over all chains. Unknown is null. Refreshed '
    'every five minutes.';
COMMENT ON COLUMN catalog.protocol_summary.id IS 'The protocol.';
COMMENT ON COLUMN catalog.protocol_summary.slug IS 'Readable key of the protocol.';
COMMENT ON COLUMN catalog.protocol_summary.name IS 'Name of the protocol.';
COMMENT ON COLUMN catalog.protocol_summary.category IS 'Kind of business.';
COMMENT ON COLUMN catalog.protocol_summary.chain_count IS 'Chains with figures.';
COMMENT ON COLUMN catalog.protocol_summary.tvl_usd IS 'Total value locked, in US dollars.';
COMMENT ON COLUMN catalog.protocol_summary.volume_24h_usd IS 'Traded in 24 hours, in US dollars.';
COMMENT ON COLUMN catalog.protocol_summary.fees_24h_usd IS
    'Fees paid by users in 24 hours, in US dollars.';
COMMENT ON COLUMN catalog.protocol_summary.tvl_change_24h_pct IS
    'Change of value locked over 24 hours, in percent, over the chains where both values are '
    'known.';
COMMENT ON COLUMN catalog.protocol_summary.tvl_change_7d_pct IS
    'Change of value locked over seven days, in percent, over the chains where both values are '
    'known.';
COMMENT ON COLUMN catalog.protocol_summary.tvl_change_1h_pct IS
    'Change of value locked over an hour, in percent, over the chains where both values are known.';
COMMENT ON COLUMN catalog.protocol_summary.tvl_change_30d_pct IS
    'Change of value locked over thirty days, in percent, over the chains where both values are '
    'known.';
COMMENT ON COLUMN catalog.protocol_summary.observed_at IS
    'When the newest of the figures was measured (UTC).';
CREATE UNIQUE INDEX protocol_summary_id_key ON catalog.protocol_summary (id);
CREATE INDEX protocol_summary_tvl_usd_id_idx
    ON catalog.protocol_summary (tvl_usd DESC NULLS LAST, id DESC);
CREATE INDEX protocol_summary_category_tvl_usd_id_idx
    ON catalog.protocol_summary (category, tvl_usd DESC NULLS LAST, id DESC);
GRANT SELECT ON catalog.protocol_summary TO gateway, analytics;

CREATE MATERIALIZED VIEW agents.agent_performance_trends AS
SELECT
    a.id AS agent_id,
    a.name,
    a.agent_type,
    date_trunc('week', v.activated_at AT TIME ZONE 'UTC')::date AS week_start,
    count(*) AS new_activations,
    count(DISTINCT v.user_id) AS new_users,
    sum(v.total_profit) AS total_profit,
    avg(v.total_profit)::numeric(38, 8) AS avg_profit_per_user,
    avg(v.current_apr)::numeric(18, 6) AS avg_apr
FROM agents.agents AS a
JOIN agents.activations AS v ON v.agent_id = a.id
WHERE v.activated_at >= (SELECT max(activated_at) FROM agents.activations) - interval '12 weeks'
GROUP BY a.id, week_start;
COMMENT ON MATERIALIZED VIEW agents.agent_performance_trends IS
    'New activations of each agent and what they earned, by week, for the twelve weeks '
    'before the newest activation. Refreshed every hour.';
COMMENT ON COLUMN agents.agent_performance_trends.agent_id IS 'The agent.';
COMMENT ON COLUMN agents.agent_performance_trends.name IS 'Name of the agent.';
COMMENT ON COLUMN agents.agent_performance_trends.agent_type IS 'What the agent is good at.';
COMMENT ON COLUMN agents.agent_performance_trends.week_start IS
    'Monday of the week of activation (UTC).';
COMMENT ON COLUMN agents.agent_performance_trends.new_activations IS 'Activations in that week.';
COMMENT ON COLUMN agents.agent_performance_trends.new_users IS
    'Users who made them; one may switch an agent on more than once.';
COMMENT ON COLUMN agents.agent_performance_trends.total_profit IS
    'What they earned so far, in US dollars.';
COMMENT ON COLUMN agents.agent_performance_trends.avg_profit_per_user IS
    'What each earned so far on average, in US dollars.';
COMMENT ON COLUMN agents.agent_performance_trends.avg_apr IS
    'Mean yearly yield they earn now, in percent.';
CREATE UNIQUE INDEX agent_performance_trends_agent_id_week_start_key
    ON agents.agent_performance_trends (agent_id, week_start);
GRANT SELECT ON agents.agent_performance_trends TO gateway, analytics;

CREATE MATERIALIZED VIEW ops.daily_platform_metrics AS
WITH of_user AS (
    SELECT
        (t.occurred_at AT TIME ZONE 'UTC')::date AS metric_date,
        t.user_id,
        count(*) AS entries,
        sum(t.usd_value) FILTER (WHERE t.tx_type IN ('deposit', 'privacy_deposit'))
            AS deposits_usd,
        sum(t.usd_value) FILTER (WHERE t.tx_type IN ('withdraw', 'privacy_withdrawal'))
            AS withdrawals_usd,
        count(t.confidentiality_score) AS scored_entries,
        sum(t.confidentiality_score) AS scores
    FROM portfolio.transactions AS t
    WHERE t.occurred_at >= (
        SELECT date_trunc('day', least(max(n.occurred_at), now()) AT TIME ZONE 'UTC') - interval '29 days'
        FROM portfolio.transactions AS n
    )
        AT TIME ZONE 'UTC'
    GROUP BY metric_date, t.user_id
)
SELECT
    u.metric_date,
    count(*) AS unique_users,
    sum(u.entries)::bigint AS total_transactions,
    sum(u.deposits_usd) AS total_deposits_usd,
    sum(u.withdrawals_usd) AS total_withdrawals_usd,
    (sum(u.scores) / nullif(sum(u.scored_entries), 0))::numeric(5, 4) AS avg_confidentiality_score,
    count(u.deposits_usd) AS depositing_users,
    coalesce(2 * max(u.deposits_usd) > sum(u.deposits_usd), false) AS one_user_leads_deposits,
    count(u.withdrawals_usd) AS withdrawing_users,
    coalesce(2 * max(u.withdrawals_usd) > sum(u.withdrawals_usd), false)
        AS one_user_leads_withdrawals,
    count(*) FILTER (WHERE u.scored_entries > 0) AS scored_users
FROM of_user AS u
GROUP BY u.metric_date;
COMMENT ON MATERIALIZED VIEW ops.daily_platform_metrics IS
    'What users did, by day, for the thirty days up to the newest entry, and how many stand '
    'behind each figure. Refreshed every hour.';
COMMENT ON COLUMN ops.daily_platform_metrics.metric_date IS 'The day (UTC).';
COMMENT ON COLUMN ops.daily_platform_metrics.unique_users IS
    'Users with at least one entry in their ledger.';
COMMENT ON COLUMN ops.daily_platform_metrics.total_transactions IS 'Entries in all ledgers.';
COMMENT ON COLUMN ops.daily_platform_metrics.total_deposits_usd IS
    'Paid in, in US dollars; null when nothing priced was.';
COMMENT ON COLUMN ops.daily_platform_metrics.total_withdrawals_usd IS
    'Taken out, in US dollars; null when nothing priced was.';
COMMENT ON COLUMN ops.daily_platform_metrics.avg_confidentiality_score IS
    'How hard the entries are to link on average, 0 to 1.';
COMMENT ON COLUMN ops.daily_platform_metrics.depositing_users IS
    'Users who paid in something priced.';
COMMENT ON COLUMN ops.daily_platform_metrics.one_user_leads_deposits IS
    'Whether one user paid in more than half of it.';
COMMENT ON COLUMN ops.daily_platform_metrics.withdrawing_users IS
    'Users who took out something priced.';
COMMENT ON COLUMN ops.daily_platform_metrics.one_user_leads_withdrawals IS
    'Whether one user took out more than half of it.';
COMMENT ON COLUMN ops.daily_platform_metrics.scored_users IS
    'Users with an entry whose confidentiality is known.';
CREATE UNIQUE INDEX daily_platform_metrics_metric_date_key
    ON ops.daily_platform_metrics (metric_date);
GRANT SELECT ON ops.daily_platform_metrics TO analytics;
RESET ROLE;
REVOKE CREATE ON SCHEMA catalog, agents, ops FROM worker;

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
    s.tvl_change_1h_pct,
    s.tvl_change_24h_pct,
    s.tvl_change_7d_pct,
    s.tvl_change_30d_pct,
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
COMMENT ON COLUMN catalog.protocol_listing.tvl_change_1h_pct IS
    'Change of value locked over an hour, in percent.';
COMMENT ON COLUMN catalog.protocol_listing.tvl_change_30d_pct IS
    'Change of value locked over thirty days, in percent.';
COMMENT ON COLUMN catalog.protocol_listing.tvl_change_24h_pct IS
    'Change of value locked over 24 hours, in percent.';
COMMENT ON COLUMN catalog.protocol_listing.tvl_change_7d_pct IS
    'Change of value locked over seven days, in percent.';
COMMENT ON COLUMN catalog.protocol_listing.observed_at IS
    'When the newest of the figures was measured (UTC).';
GRANT SELECT ON catalog.protocol_listing TO gateway, analytics;

-- migrate:down
DROP VIEW catalog.protocol_listing;
GRANT CREATE ON SCHEMA catalog, agents, ops TO worker;
SET ROLE worker;
DROP MATERIALIZED VIEW catalog.protocol_summary;
DROP MATERIALIZED VIEW ops.daily_platform_metrics;
DROP MATERIALIZED VIEW agents.agent_performance_trends;
-- Summed over chains. A chain counts towards a change only if both its values are known.
CREATE MATERIALIZED VIEW catalog.protocol_summary AS
SELECT
    p.id,
    p.slug,
    p.name,
    p.category,
    count(l.chain_id) AS chain_count,
    sum(l.tvl_usd) AS tvl_usd,
    sum(l.volume_24h_usd) AS volume_24h_usd,
    sum(l.fees_24h_usd) AS fees_24h_usd,
    (
        100 * sum(l.tvl_usd - l.tvl_24h_ago_usd)
        / nullif(sum(l.tvl_24h_ago_usd) FILTER (WHERE l.tvl_usd IS NOT NULL), 0)
    )::numeric(18, 6) AS tvl_change_24h_pct,
    (
        100 * sum(l.tvl_usd - l.tvl_7d_ago_usd)
        / nullif(sum(l.tvl_7d_ago_usd) FILTER (WHERE l.tvl_usd IS NOT NULL), 0)
    )::numeric(18, 6) AS tvl_change_7d_pct,
    max(l.observed_at) AS observed_at
FROM catalog.protocols AS p
LEFT JOIN catalog.protocol_latest AS l ON l.protocol_id = p.id
WHERE p.is_active
GROUP BY p.id;
COMMENT ON MATERIALIZED VIEW catalog.protocol_summary IS
    'Newest figures of each active protocol, summed over its chains. Unknown is null. Refreshed '
    'every five minutes.';
COMMENT ON COLUMN catalog.protocol_summary.id IS 'The protocol.';
COMMENT ON COLUMN catalog.protocol_summary.slug IS 'Readable key of the protocol.';
COMMENT ON COLUMN catalog.protocol_summary.name IS 'Name of the protocol.';
COMMENT ON COLUMN catalog.protocol_summary.category IS 'Kind of business.';
COMMENT ON COLUMN catalog.protocol_summary.chain_count IS 'Chains with figures.';
COMMENT ON COLUMN catalog.protocol_summary.tvl_usd IS 'Total value locked, in US dollars.';
COMMENT ON COLUMN catalog.protocol_summary.volume_24h_usd IS 'Traded in 24 hours, in US dollars.';
COMMENT ON COLUMN catalog.protocol_summary.fees_24h_usd IS
    'Fees paid by users in 24 hours, in US dollars.';
COMMENT ON COLUMN catalog.protocol_summary.tvl_change_24h_pct IS
    'Change of value locked over 24 hours, in percent, over the chains where both values are '
    'known.';
COMMENT ON COLUMN catalog.protocol_summary.tvl_change_7d_pct IS
    'Change of value locked over seven days, in percent, over the chains where both values are '
    'known.';
COMMENT ON COLUMN catalog.protocol_summary.observed_at IS
    'When the newest of the figures was measured (UTC).';
CREATE UNIQUE INDEX protocol_summary_id_key ON catalog.protocol_summary (id);
CREATE INDEX protocol_summary_tvl_usd_id_idx
    ON catalog.protocol_summary (tvl_usd DESC NULLS LAST, id DESC);
CREATE INDEX protocol_summary_category_tvl_usd_id_idx
    ON catalog.protocol_summary (category, tvl_usd DESC NULLS LAST, id DESC);
GRANT SELECT ON catalog.protocol_summary TO gateway, analytics;

CREATE MATERIALIZED VIEW agents.agent_performance_trends AS
SELECT
    a.id AS agent_id,
    a.name,
    a.agent_type,
    date_trunc('week', v.activated_at AT TIME ZONE 'UTC')::date AS week_start,
    count(*) AS new_activations,
    count(DISTINCT v.user_id) AS new_users,
    sum(v.total_profit) AS total_profit,
    avg(v.total_profit)::numeric(38, 8) AS avg_profit_per_user,
    avg(v.current_apr)::numeric(18, 6) AS avg_apr
FROM agents.agents AS a
JOIN agents.activations AS v ON v.agent_id = a.id
WHERE v.activated_at >= now() - interval '12 weeks'
GROUP BY a.id, week_start;
COMMENT ON MATERIALIZED VIEW agents.agent_performance_trends IS
    'New activations of each agent and what they earned, by week, for twelve weeks. Refreshed '
    'every hour.';
COMMENT ON COLUMN agents.agent_performance_trends.agent_id IS 'The agent.';
COMMENT ON COLUMN agents.agent_performance_trends.name IS 'Name of the agent.';
COMMENT ON COLUMN agents.agent_performance_trends.agent_type IS 'What the agent is good at.';
COMMENT ON COLUMN agents.agent_performance_trends.week_start IS
    'Monday of the week of activation (UTC).';
COMMENT ON COLUMN agents.agent_performance_trends.new_activations IS 'Activations in that week.';
COMMENT ON COLUMN agents.agent_performance_trends.new_users IS
    'Users who made them; one may switch an agent on more than once.';
COMMENT ON COLUMN agents.agent_performance_trends.total_profit IS
    'What they earned so far, in US dollars.';
COMMENT ON COLUMN agents.agent_performance_trends.avg_profit_per_user IS
    'What each earned so far on average, in US dollars.';
COMMENT ON COLUMN agents.agent_performance_trends.avg_apr IS
    'Mean yearly yield they earn now, in percent.';
CREATE UNIQUE INDEX agent_performance_trends_agent_id_week_start_key
    ON agents.agent_performance_trends (agent_id, week_start);
GRANT SELECT ON agents.agent_performance_trends TO gateway, analytics;

CREATE MATERIALIZED VIEW ops.daily_platform_metrics AS
WITH of_user AS (
    SELECT
        (t.occurred_at AT TIME ZONE 'UTC')::date AS metric_date,
        t.user_id,
        count(*) AS entries,
        sum(t.usd_value) FILTER (WHERE t.tx_type IN ('deposit', 'privacy_deposit'))
            AS deposits_usd,
        sum(t.usd_value) FILTER (WHERE t.tx_type IN ('withdraw', 'privacy_withdrawal'))
            AS withdrawals_usd,
        count(t.confidentiality_score) AS scored_entries,
        sum(t.confidentiality_score) AS scores
    FROM portfolio.transactions AS t
    WHERE t.occurred_at >= (date_trunc('day', now() AT TIME ZONE 'UTC') - interval '29 days')
        AT TIME ZONE 'UTC'
    GROUP BY metric_date, t.user_id
)
SELECT
    u.metric_date,
    count(*) AS unique_users,
    sum(u.entries)::bigint AS total_transactions,
    sum(u.deposits_usd) AS total_deposits_usd,
    sum(u.withdrawals_usd) AS total_withdrawals_usd,
    (sum(u.scores) / nullif(sum(u.scored_entries), 0))::numeric(5, 4) AS avg_confidentiality_score,
    count(u.deposits_usd) AS depositing_users,
    coalesce(2 * max(u.deposits_usd) > sum(u.deposits_usd), false) AS one_user_leads_deposits,
    count(u.withdrawals_usd) AS withdrawing_users,
    coalesce(2 * max(u.withdrawals_usd) > sum(u.withdrawals_usd), false)
        AS one_user_leads_withdrawals,
    count(*) FILTER (WHERE u.scored_entries > 0) AS scored_users
FROM of_user AS u
GROUP BY u.metric_date;
COMMENT ON MATERIALIZED VIEW ops.daily_platform_metrics IS
    'What users did, by day, for thirty days, and how many stand behind each figure. Refreshed '
    'every hour.';
COMMENT ON COLUMN ops.daily_platform_metrics.metric_date IS 'The day (UTC).';
COMMENT ON COLUMN ops.daily_platform_metrics.unique_users IS
    'Users with at least one entry in their ledger.';
COMMENT ON COLUMN ops.daily_platform_metrics.total_transactions IS 'Entries in all ledgers.';
COMMENT ON COLUMN ops.daily_platform_metrics.total_deposits_usd IS
    'Paid in, in US dollars; null when nothing priced was.';
COMMENT ON COLUMN ops.daily_platform_metrics.total_withdrawals_usd IS
    'Taken out, in US dollars; null when nothing priced was.';
COMMENT ON COLUMN ops.daily_platform_metrics.avg_confidentiality_score IS
    'How hard the entries are to link on average, 0 to 1.';
COMMENT ON COLUMN ops.daily_platform_metrics.depositing_users IS
    'Users who paid in something priced.';
COMMENT ON COLUMN ops.daily_platform_metrics.one_user_leads_deposits IS
    'Whether one user paid in more than half of it.';
COMMENT ON COLUMN ops.daily_platform_metrics.withdrawing_users IS
    'Users who took out something priced.';
COMMENT ON COLUMN ops.daily_platform_metrics.one_user_leads_withdrawals IS
    'Whether one user took out more than half of it.';
COMMENT ON COLUMN ops.daily_platform_metrics.scored_users IS
    'Users with an entry whose confidentiality is known.';
CREATE UNIQUE INDEX daily_platform_metrics_metric_date_key
    ON ops.daily_platform_metrics (metric_date);
GRANT SELECT ON ops.daily_platform_metrics TO analytics;
RESET ROLE;
REVOKE CREATE ON SCHEMA catalog, agents, ops FROM worker;

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
DROP TABLE catalog.protocol_totals;
ALTER TABLE catalog.protocol_latest
    DROP COLUMN tvl_change_30d_pct,
    DROP COLUMN tvl_change_1h_pct,
    DROP COLUMN tvl_30d_ago_usd,
    DROP COLUMN tvl_1h_ago_usd;
