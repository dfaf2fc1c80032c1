-- Boards and summaries. Each materialized view has a unique key, so that it can be refreshed while
-- it is read (ops.refresh_view; a job calls it), and ranks break ties by id, so that they are
-- stable. worker owns them: row-level security is forced on the tables' owner too, who would see
-- nothing of the private ones, while worker bypasses it, also inside a refresh. What is private in
-- a view is granted to nobody, and read through a barrier view that shows a user their own row.
-- Plain views run with the rights of whoever reads them.

-- migrate:up
GRANT CREATE ON SCHEMA catalog, portfolio, trading, agents, ops TO worker;
SET ROLE worker;

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

CREATE MATERIALIZED VIEW catalog.smart_money_leaderboard AS
SELECT
    w.id,
    w.chain_id,
    w.address,
    w.label,
    w.smart_money_score,
    w.total_pnl_usd,
    w.win_rate,
    w.total_trades,
    w.last_activity_at,
    row_number() OVER (ORDER BY w.smart_money_score DESC, w.id) AS rank
FROM catalog.wallets AS w
WHERE w.is_active AND w.smart_money_score > 0.5
ORDER BY w.smart_money_score DESC, w.id
LIMIT 1000;
COMMENT ON MATERIALIZED VIEW catalog.smart_money_leaderboard IS
    'The thousand wallets that trade best, with a score above 0.5. Refreshed every five minutes.';
COMMENT ON COLUMN catalog.smart_money_leaderboard.id IS 'The wallet.';
COMMENT ON COLUMN catalog.smart_money_leaderboard.chain_id IS 'The chain of the wallet.';
COMMENT ON COLUMN catalog.smart_money_leaderboard.address IS 'Address of the wallet.';
COMMENT ON COLUMN catalog.smart_money_leaderboard.label IS 'Best-known name of the address.';
COMMENT ON COLUMN catalog.smart_money_leaderboard.smart_money_score IS
    'How well the wallet trades, 0 to 1.';
COMMENT ON COLUMN catalog.smart_money_leaderboard.total_pnl_usd IS
    'Profit or loss of all closed trades, in US dollars.';
COMMENT ON COLUMN catalog.smart_money_leaderboard.win_rate IS
    'Share of closed trades with a profit, 0 to 1.';
COMMENT ON COLUMN catalog.smart_money_leaderboard.total_trades IS 'Trades seen so far.';
COMMENT ON COLUMN catalog.smart_money_leaderboard.last_activity_at IS 'Latest activity seen (UTC).';
COMMENT ON COLUMN catalog.smart_money_leaderboard.rank IS 'Place, 1 best.';
CREATE UNIQUE INDEX smart_money_leaderboard_id_key ON catalog.smart_money_leaderboard (id);
CREATE UNIQUE INDEX smart_money_leaderboard_rank_key ON catalog.smart_money_leaderboard (rank);
GRANT SELECT ON catalog.smart_money_leaderboard TO gateway, analytics;

CREATE MATERIALIZED VIEW trading.top_traders_leaderboard AS
SELECT
    t.id,
    t.wallet_id,
    w.chain_id,
    w.address AS wallet_address,
    t.display_name,
    t.total_pnl_usd,
    t.win_rate,
    t.follower_count,
    row_number() OVER (ORDER BY t.total_pnl_usd DESC NULLS LAST, t.id) AS rank
FROM trading.traders AS t
JOIN catalog.wallets AS w ON w.id = t.wallet_id
WHERE t.is_active
ORDER BY t.total_pnl_usd DESC NULLS LAST, t.id
LIMIT 100;
COMMENT ON MATERIALIZED VIEW trading.top_traders_leaderboard IS
    'The hundred active traders with the highest profit; those whose profit is unknown come '
    'last. Refreshed every hour.';
COMMENT ON COLUMN trading.top_traders_leaderboard.id IS 'The trader.';
COMMENT ON COLUMN trading.top_traders_leaderboard.wallet_id IS 'The wallet the trader trades from.';
COMMENT ON COLUMN trading.top_traders_leaderboard.chain_id IS 'The chain of the wallet.';
COMMENT ON COLUMN trading.top_traders_leaderboard.wallet_address IS 'Address of the wallet.';
COMMENT ON COLUMN trading.top_traders_leaderboard.display_name IS 'Name to show.';
COMMENT ON COLUMN trading.top_traders_leaderboard.total_pnl_usd IS
    'Profit or loss of all closed trades, in US dollars.';
COMMENT ON COLUMN trading.top_traders_leaderboard.win_rate IS
    'Share of closed trades with a profit, 0 to 1.';
COMMENT ON COLUMN trading.top_traders_leaderboard.follower_count IS 'Users who copy the trader.';
COMMENT ON COLUMN trading.top_traders_leaderboard.rank IS 'Place, 1 best.';
CREATE UNIQUE INDEX top_traders_leaderboard_id_key ON trading.top_traders_leaderboard (id);
CREATE UNIQUE INDEX top_traders_leaderboard_rank_key ON trading.top_traders_leaderboard (rank);
GRANT SELECT ON trading.top_traders_leaderboard TO gateway, analytics;

CREATE MATERIALIZED VIEW agents.agent_leaderboard AS
SELECT
    ranked.*,
    row_number() OVER (
        ORDER BY ranked.reputation_score DESC NULLS LAST,
            ranked.risk_adjusted_yield DESC NULLS LAST, ranked.id
    ) AS ranking
FROM (
    SELECT
        a.id,
        a.slug,
        a.name,
        a.agent_type,
        a.reputation_score,
        s.avg_yield,
        (s.successful_executions::numeric / nullif(s.total_executions, 0))::numeric(5, 4)
            AS success_rate,
        count(v.id) AS active_users,
        coalesce(sum(v.current_allocation), 0) AS total_aum,
        avg(v.total_profit)::numeric(38, 8) AS avg_user_profit,
        (s.avg_yield - 2 * 100 * s.max_drawdown)::numeric(18, 6) AS risk_adjusted_yield
    FROM agents.agents AS a
    LEFT JOIN agents.agent_stats AS s ON s.agent_id = a.id
    LEFT JOIN agents.activations AS v ON v.agent_id = a.id AND v.status = 'active'
    WHERE a.is_active
    GROUP BY a.id, s.agent_id
) AS ranked;
COMMENT ON MATERIALIZED VIEW agents.agent_leaderboard IS
    'Active agents by reputation; those never rated come last. Refreshed every five minutes.';
COMMENT ON COLUMN agents.agent_leaderboard.id IS 'The agent.';
COMMENT ON COLUMN agents.agent_leaderboard.slug IS 'Readable key of the agent.';
COMMENT ON COLUMN agents.agent_leaderboard.name IS 'Name of the agent.';
COMMENT ON COLUMN agents.agent_leaderboard.agent_type IS 'What the agent is good at.';
COMMENT ON COLUMN agents.agent_leaderboard.reputation_score IS 'Standing among users, 0 to 1.';
COMMENT ON COLUMN agents.agent_leaderboard.avg_yield IS
    'Mean yearly yield for its users, in percent.';
COMMENT ON COLUMN agents.agent_leaderboard.success_rate IS
    'Share of runs that reached their goal, 0 to 1; null before the first run.';
COMMENT ON COLUMN agents.agent_leaderboard.active_users IS 'Users who have it switched on.';
COMMENT ON COLUMN agents.agent_leaderboard.total_aum IS 'Worth it manages, in US dollars.';
COMMENT ON COLUMN agents.agent_leaderboard.avg_user_profit IS
    'Mean profit of its users, in US dollars; null without users.';
COMMENT ON COLUMN agents.agent_leaderboard.risk_adjusted_yield IS
    'Mean yearly yield less twice the largest loss from a peak, in percent.';
COMMENT ON COLUMN agents.agent_leaderboard.ranking IS 'Place, 1 best.';
CREATE UNIQUE INDEX agent_leaderboard_id_key ON agents.agent_leaderboard (id);
CREATE UNIQUE INDEX agent_leaderboard_ranking_key ON agents.agent_leaderboard (ranking);
GRANT SELECT ON agents.agent_leaderboard TO gateway, analytics;

CREATE MATERIALIZED VIEW agents.agent_performance_trends AS
SELECT
    a.id AS agent_id,
    a.name,
    a.agent_type,
    date_trunc('week', v.activated_at AT TIME ZONE 'UTC')::date AS week_start,
    count(*) AS new_activations,
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
SELECT
    (t.occurred_at AT TIME ZONE 'UTC')::date AS metric_date,
    count(DISTINCT t.user_id) AS unique_users,
    count(*) AS total_transactions,
    sum(t.usd_value) FILTER (WHERE t.tx_type IN ('deposit', 'privacy_deposit'))
        AS total_deposits_usd,
    sum(t.usd_value) FILTER (WHERE t.tx_type IN ('withdraw', 'privacy_withdrawal'))
        AS total_withdrawals_usd,
    avg(t.confidentiality_score)::numeric(5, 4) AS avg_confidentiality_score
FROM portfolio.transactions AS t
WHERE t.occurred_at >= (date_trunc('day', now() AT TIME ZONE 'UTC') - interval '29 days')
    AT TIME ZONE 'UTC'
GROUP BY metric_date;
COMMENT ON MATERIALIZED VIEW ops.daily_platform_metrics IS
    'What users did, by day, for thirty days. Refreshed every hour.';
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
CREATE UNIQUE INDEX daily_platform_metrics_metric_date_key
    ON ops.daily_platform_metrics (metric_date);
GRANT SELECT ON ops.daily_platform_metrics TO analytics;

-- Debts carry a negative value, so the sum is what is left after paying them.
CREATE MATERIALIZED VIEW portfolio.user_portfolio_summary AS
SELECT
    p.user_id,
    count(DISTINCT p.id) AS total_portfolios,
    count(DISTINCT h.asset_id) AS total_assets,
    sum(h.value_usd) AS total_value_usd,
    max(h.last_updated_at) AS last_updated_at
FROM portfolio.portfolios AS p
LEFT JOIN portfolio.positions AS h ON h.portfolio_id = p.id
WHERE p.is_active
GROUP BY p.user_id;
COMMENT ON MATERIALIZED VIEW portfolio.user_portfolio_summary IS
    'What each user holds over all active portfolios. Private: granted to nobody, see '
    'my_portfolio_summary. Refreshed every five minutes.';
COMMENT ON COLUMN portfolio.user_portfolio_summary.user_id IS 'The user.';
COMMENT ON COLUMN portfolio.user_portfolio_summary.total_portfolios IS 'Active portfolios.';
COMMENT ON COLUMN portfolio.user_portfolio_summary.total_assets IS 'Different assets held or owed.';
COMMENT ON COLUMN portfolio.user_portfolio_summary.total_value_usd IS
    'Worth of all holdings less debts, in US dollars; null when nothing is priced.';
COMMENT ON COLUMN portfolio.user_portfolio_summary.last_updated_at IS
    'When a holding last changed (UTC).';
CREATE UNIQUE INDEX user_portfolio_summary_user_id_key
    ON portfolio.user_portfolio_summary (user_id);

CREATE VIEW portfolio.my_portfolio_summary WITH (security_barrier = true) AS
SELECT s.user_id, s.total_portfolios, s.total_assets, s.total_value_usd, s.last_updated_at
FROM portfolio.user_portfolio_summary AS s
WHERE s.user_id = (SELECT ops.current_user_id());
COMMENT ON VIEW portfolio.my_portfolio_summary IS
    'The current user''s own row of user_portfolio_summary.';
COMMENT ON COLUMN portfolio.my_portfolio_summary.user_id IS 'The user.';
COMMENT ON COLUMN portfolio.my_portfolio_summary.total_portfolios IS 'Active portfolios.';
COMMENT ON COLUMN portfolio.my_portfolio_summary.total_assets IS 'Different assets held or owed.';
COMMENT ON COLUMN portfolio.my_portfolio_summary.total_value_usd IS
    'Worth of all holdings less debts, in US dollars; null when nothing is priced.';
COMMENT ON COLUMN portfolio.my_portfolio_summary.last_updated_at IS
    'When a holding last changed (UTC).';
GRANT SELECT ON portfolio.my_portfolio_summary TO gateway;

RESET ROLE;
REVOKE CREATE ON SCHEMA catalog, portfolio, trading, agents, ops FROM worker;

CREATE VIEW privacy.pool_analytics WITH (security_invoker = true) AS
SELECT
    p.id,
    p.pool_type,
    p.chain_id,
    p.pool_name,
    p.total_pool_size,
    p.active_mixers,
    p.anonymity_set,
    p.volume_24h,
    p.privacy_score,
    (100 * p.active_mixers::numeric / nullif(p.anonymity_set, 0))::numeric(18, 6)
        AS mixer_participation_pct,
    (100 * p.volume_24h / nullif(p.total_pool_size, 0))::numeric(18, 6) AS daily_volume_pct,
    CASE
        WHEN p.total_pool_size > 100000000 THEN 'institutional'
        WHEN p.total_pool_size > 50000000 THEN 'professional'
        WHEN p.total_pool_size > 10000000 THEN 'standard'
        ELSE 'developing'
    END AS pool_tier,
    CASE
        WHEN p.privacy_score >= 0.9 THEN 'maximum'
        WHEN p.privacy_score >= 0.8 THEN 'high'
        WHEN p.privacy_score >= 0.7 THEN 'medium'
        ELSE 'low'
    END AS privacy_rating
FROM privacy.pools AS p
WHERE p.is_active;
COMMENT ON VIEW privacy.pool_analytics IS 'Active shielded pools with ratios and grades.';
COMMENT ON COLUMN privacy.pool_analytics.id IS 'The pool.';
COMMENT ON COLUMN privacy.pool_analytics.pool_type IS 'What the pool is made for.';
COMMENT ON COLUMN privacy.pool_analytics.chain_id IS 'The chain.';
COMMENT ON COLUMN privacy.pool_analytics.pool_name IS 'Name of the pool.';
COMMENT ON COLUMN privacy.pool_analytics.total_pool_size IS
    'Worth of all deposits not yet withdrawn, in US dollars.';
COMMENT ON COLUMN privacy.pool_analytics.active_mixers IS 'Depositors active in the last 24 hours.';
COMMENT ON COLUMN privacy.pool_analytics.anonymity_set IS 'Deposits among which one hides.';
COMMENT ON COLUMN privacy.pool_analytics.volume_24h IS
    'Deposited and withdrawn in the last 24 hours, in US dollars.';
COMMENT ON COLUMN privacy.pool_analytics.privacy_score IS 'How well the pool hides, 0 to 1.';
COMMENT ON COLUMN privacy.pool_analytics.mixer_participation_pct IS
    'Active depositors over anonymity set, in percent; null for an empty pool.';
COMMENT ON COLUMN privacy.pool_analytics.daily_volume_pct IS
    'Volume of 24 hours over size, in percent; null for an empty pool.';
COMMENT ON COLUMN privacy.pool_analytics.pool_tier IS
    'Size: institutional above 100, professional above 50, standard above 10 million US '
    'dollars, else developing.';
COMMENT ON COLUMN privacy.pool_analytics.privacy_rating IS
    'Grade of privacy_score: maximum from 0.9, high from 0.8, medium from 0.7, else low.';
GRANT SELECT ON privacy.pool_analytics TO gateway, worker;

-- From the user's own ledger: the pools do not know whose a deposit is.
CREATE VIEW privacy.user_privacy_dashboard WITH (security_invoker = true) AS
SELECT
    p.id AS portfolio_id,
    p.user_id,
    p.anonymity_level,
    s.total_value_usd,
    s.privacy_score,
    s.stealth_addresses_count,
    ledger.total_privacy_deposits,
    ledger.total_privacy_volume_usd,
    ledger.avg_deposit_privacy,
    ledger.stealth_usage_rate,
    s.active_agents_count,
    s.agent_portfolio_value,
    s.risk_score,
    s.diversification_score,
    s.liquidity_score
FROM portfolio.portfolios AS p
LEFT JOIN portfolio.summaries AS s ON s.portfolio_id = p.id
CROSS JOIN LATERAL (
    SELECT
        count(*) FILTER (WHERE t.tx_type = 'privacy_deposit') AS total_privacy_deposits,
        sum(t.usd_value) FILTER (WHERE t.tx_type = 'privacy_deposit') AS total_privacy_volume_usd,
        (avg(t.confidentiality_score) FILTER (WHERE t.tx_type = 'privacy_deposit'))::numeric(5, 4)
            AS avg_deposit_privacy,
        (
            count(*) FILTER (WHERE t.privacy_level IN ('anonymous', 'maximum'))::numeric
            / nullif(count(*), 0)
        )::numeric(5, 4) AS stealth_usage_rate
    FROM portfolio.transactions AS t
    WHERE t.portfolio_id = p.id AND t.status = 'confirmed'
) AS ledger;
COMMENT ON VIEW privacy.user_privacy_dashboard IS
    'How private each portfolio of a user is, from the user''s own ledger.';
COMMENT ON COLUMN privacy.user_privacy_dashboard.portfolio_id IS 'The portfolio.';
COMMENT ON COLUMN privacy.user_privacy_dashboard.user_id IS 'Whose it is.';
COMMENT ON COLUMN privacy.user_privacy_dashboard.anonymity_level IS
    'How visible its transactions are meant to be.';
COMMENT ON COLUMN privacy.user_privacy_dashboard.total_value_usd IS
    'Worth less debts, in US dollars.';
COMMENT ON COLUMN privacy.user_privacy_dashboard.privacy_score IS
    'How hard its transactions are to link, 0 to 1.';
COMMENT ON COLUMN privacy.user_privacy_dashboard.stealth_addresses_count IS
    'Stealth addresses announced for its owner.';
COMMENT ON COLUMN privacy.user_privacy_dashboard.total_privacy_deposits IS
    'Confirmed deposits into shielded pools.';
COMMENT ON COLUMN privacy.user_privacy_dashboard.total_privacy_volume_usd IS
    'Worth of those deposits, in US dollars.';
COMMENT ON COLUMN privacy.user_privacy_dashboard.avg_deposit_privacy IS
    'How hard those deposits are to link on average, 0 to 1.';
COMMENT ON COLUMN privacy.user_privacy_dashboard.stealth_usage_rate IS
    'Share of confirmed entries whose owner is hidden on chain, 0 to 1.';
COMMENT ON COLUMN privacy.user_privacy_dashboard.active_agents_count IS
    'Agents switched on for it.';
COMMENT ON COLUMN privacy.user_privacy_dashboard.agent_portfolio_value IS
    'Part managed by agents, in US dollars.';
COMMENT ON COLUMN privacy.user_privacy_dashboard.risk_score IS
    'Overall risk, 0 safe to 1 dangerous.';
COMMENT ON COLUMN privacy.user_privacy_dashboard.diversification_score IS
    'How spread it is, 0 to 1.';
COMMENT ON COLUMN privacy.user_privacy_dashboard.liquidity_score IS
    'How fast it could be sold, 0 to 1.';
GRANT SELECT ON privacy.user_privacy_dashboard TO gateway, worker;

-- migrate:down
DROP VIEW privacy.user_privacy_dashboard;
DROP VIEW privacy.pool_analytics;
DROP VIEW portfolio.my_portfolio_summary;
DROP MATERIALIZED VIEW portfolio.user_portfolio_summary;
DROP MATERIALIZED VIEW ops.daily_platform_metrics;
DROP MATERIALIZED VIEW agents.agent_performance_trends;
DROP MATERIALIZED VIEW agents.agent_leaderboard;
DROP MATERIALIZED VIEW trading.top_traders_leaderboard;
DROP MATERIALIZED VIEW catalog.smart_money_leaderboard;
DROP MATERIALIZED VIEW catalog.protocol_summary;
