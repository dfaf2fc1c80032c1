-- What portfolios were worth and how risky they and everything else were.
--
-- `user_id` stands beside the portfolio so that erasing a person is one delete; neither table is
-- protected by row policies, so every read names the portfolios the viewer may see. Snapshots are
-- the owner's record and are never deleted by age, only packed.

-- migrate:up transaction:false

CREATE TABLE IF NOT EXISTS portfolio_snapshots
(
    ts DateTime64(3, 'UTC') COMMENT 'When the snapshot was taken, UTC' CODEC(DoubleDelta, ZSTD(1)),
    snapshot_date Date COMMENT 'Day it stands for, UTC' CODEC(DoubleDelta, ZSTD(1)),
    portfolio_id UUID COMMENT 'Portfolio; portfolio.portfolios.id',
    user_id UUID COMMENT 'Owner; account.users.id',
    total_value_usd Decimal(38, 8) COMMENT 'Whole value, USD; debts subtracted',
    total_assets UInt32 COMMENT 'Distinct assets held',
    total_chains UInt32 COMMENT 'Chains with a holding',
    total_protocols UInt32 COMMENT 'Protocols with a position',
    daily_pnl_usd Nullable(Decimal(38, 8)) COMMENT 'Profit since the day before, USD',
    daily_pnl_pct Nullable(Float64) COMMENT 'Profit since the day before, percent',
    total_pnl_usd Nullable(Decimal(38, 8)) COMMENT 'Profit since the first snapshot, USD',
    total_pnl_pct Nullable(Float64) COMMENT 'Profit since the first snapshot, percent',
    total_return Nullable(Float64) COMMENT 'Return since the first snapshot, ratio',
    daily_return Nullable(Float64) COMMENT 'Return since the day before, ratio',
    sharpe_ratio Nullable(Float64) COMMENT 'Sharpe ratio over the known history',
    max_drawdown Nullable(Float64) COMMENT 'Deepest fall from a peak, ratio 0..1',
    volatility Nullable(Float64) COMMENT 'Standard deviation of daily returns, ratio',
    allocation_by_asset_type Map(LowCardinality(String), Float64) COMMENT 'Share by kind of asset, ratio 0..1',
    allocation_by_chain Map(LowCardinality(String), Float64) COMMENT 'Share by chain (CAIP-2), ratio 0..1',
    allocation_by_protocol Map(LowCardinality(String), Float64) COMMENT 'Share by protocol (slug), ratio 0..1',
    asset_allocation Map(String, Float64) COMMENT 'Share by asset (catalog.assets.id), ratio 0..1',
    ingested_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When the row arrived here; of two rows with one key the later stands' CODEC(DoubleDelta, ZSTD(1)),
    INDEX user_id_idx user_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(ingested_at)
PARTITION BY toYYYYMM(snapshot_date)
ORDER BY (portfolio_id, snapshot_date, ts)
TTL toDateTime(ingested_at) + INTERVAL 90 DAY RECOMPRESS CODEC(ZSTD(9))
SETTINGS index_granularity = 1024
COMMENT 'Value, performance and allocation of portfolios over time; private to the owner';

CREATE TABLE IF NOT EXISTS risk_metrics
(
    ts DateTime64(3, 'UTC') COMMENT 'When it was computed, UTC' CODEC(DoubleDelta, ZSTD(1)),
    portfolio_id UUID COMMENT 'Portfolio; portfolio.portfolios.id',
    user_id UUID COMMENT 'Owner; account.users.id',
    var_95 Nullable(Decimal(38, 8)) COMMENT 'One-day value at risk at 95 %, USD, as a positive loss',
    cvar_95 Nullable(Decimal(38, 8)) COMMENT 'Mean loss beyond var_95, USD, as a positive loss',
    correlation_score Nullable(Float64) COMMENT 'Mean correlation of the holdings, -1..1',
    liquidation_distance Nullable(Float64) COMMENT 'Fall of the collateral that would liquidate, ratio; null without debt',
    protocol_risk_score Nullable(Float64) COMMENT 'Risk of the protocols used, weighted by value, 0..1',
    ingested_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When the row arrived here; of two rows with one key the later stands' CODEC(DoubleDelta, ZSTD(1)),
    INDEX user_id_idx user_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(ingested_at)
PARTITION BY toYYYYMM(ts)
ORDER BY (portfolio_id, ts)
TTL toDateTime(ingested_at) + INTERVAL 2 YEAR DELETE
SETTINGS index_granularity = 1024
COMMENT 'Risk of portfolios over time, kept two years after arrival; private to the owner';

CREATE TABLE IF NOT EXISTS risk_scores
(
    ts DateTime64(3, 'UTC') COMMENT 'When it was computed, UTC' CODEC(DoubleDelta, ZSTD(1)),
    target_type LowCardinality(String) COMMENT 'protocol, asset, wallet, contract, transaction or portfolio',
    target_id UUID COMMENT 'What was scored; id of that type in Postgres',
    dimension LowCardinality(String) COMMENT 'overall, liquidity, smart_contract, governance, market, liquidation, correlation, protocol, regulatory or security',
    score Float64 COMMENT 'Risk, 0 (none) .. 1' CODEC(ZSTD(1)),
    confidence Nullable(Float64) COMMENT 'Confidence in the score, 0..1' CODEC(ZSTD(1)),
    source LowCardinality(String) DEFAULT '' COMMENT 'Model or agent that scored',
    ingested_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When the row arrived here; of two rows with one key the later stands' CODEC(DoubleDelta, ZSTD(1)),
    CONSTRAINT score_in_range CHECK score BETWEEN 0 AND 1,
    CONSTRAINT confidence_in_range CHECK confidence IS NULL OR confidence BETWEEN 0 AND 1
)
ENGINE = ReplacingMergeTree(ingested_at)
PARTITION BY toYYYYMM(ts)
ORDER BY (target_type, target_id, dimension, source, ts)
TTL toDateTime(ingested_at) + INTERVAL 2 YEAR DELETE
SETTINGS index_granularity = 1024
COMMENT 'History of risk scores, kept two years after arrival; the newest is risk.latest in Postgres';

CREATE TABLE IF NOT EXISTS protocol_health_history
(
    ts DateTime64(3, 'UTC') COMMENT 'When it was observed, UTC' CODEC(DoubleDelta, ZSTD(1)),
    protocol_id UUID COMMENT 'Protocol; catalog.protocols.id',
    chain_id Int64 COMMENT 'Chain; 0 means all chains together',
    status LowCardinality(String) COMMENT 'healthy, degraded, unhealthy or unknown',
    tvl_usd Nullable(Decimal(38, 8)) COMMENT 'Value locked, USD' CODEC(ZSTD(1)),
    tvl_change_24h Nullable(Float64) COMMENT 'Change of the value locked over 24 hours, percent' CODEC(ZSTD(1)),
    uptime Nullable(Float64) COMMENT 'Share of checks that passed, 0..1' CODEC(ZSTD(1)),
    incident_id Nullable(UUID) COMMENT 'Incident going on, if any; catalog.incidents.id',
    indicators Map(LowCardinality(String), Float64) COMMENT 'Values of the indicators behind the status',
    ingested_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When the row arrived here; of two rows with one key the later stands' CODEC(DoubleDelta, ZSTD(1))
)
ENGINE = ReplacingMergeTree(ingested_at)
PARTITION BY toYYYYMM(ts)
ORDER BY (protocol_id, chain_id, ts)
TTL toDateTime(ingested_at) + INTERVAL 2 YEAR DELETE
SETTINGS index_granularity = 1024
COMMENT 'Health of protocols over time, kept two years after arrival; the newest is risk.protocol_health in Postgres';

-- migrate:down transaction:false

DROP TABLE IF EXISTS protocol_health_history;
DROP TABLE IF EXISTS risk_scores;
DROP TABLE IF EXISTS risk_metrics;
DROP TABLE IF EXISTS portfolio_snapshots;
