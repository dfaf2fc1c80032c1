-- How agents and traders perform, and how the gateway is used.
--
-- Usage events hold personal data: the network address and the user agent are cleared 90 days
-- after arrival, the row itself goes after two years. A request without a user has the nil UUID,
-- because a key column holds no null.

-- migrate:up transaction:false

CREATE TABLE IF NOT EXISTS agent_performance
(
    ts DateTime64(3, 'UTC') COMMENT 'When it was measured, UTC' CODEC(DoubleDelta, ZSTD(1)),
    agent_id UUID COMMENT 'Agent; agents.agents.id',
    metric_name LowCardinality(String) COMMENT 'What is measured, such as yield, latency or profit_usd',
    metric_value Float64 COMMENT 'The value in the unit of the metric' CODEC(ZSTD(1)),
    response_time_ms Nullable(UInt32) COMMENT 'Time the agent took, milliseconds' CODEC(ZSTD(1)),
    success_rate Nullable(Float64) COMMENT 'Share of executions that succeeded, 0..1' CODEC(ZSTD(1)),
    error_count UInt32 DEFAULT 0 COMMENT 'Errors since the measurement before' CODEC(ZSTD(1)),
    metadata Map(LowCardinality(String), String) COMMENT 'What the agent adds',
    ingested_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When the row arrived here; of two rows with one key the later stands' CODEC(DoubleDelta, ZSTD(1)),
    CONSTRAINT success_rate_in_range CHECK success_rate IS NULL OR success_rate BETWEEN 0 AND 1
)
ENGINE = ReplacingMergeTree(ingested_at)
PARTITION BY toYYYYMM(ts)
ORDER BY (agent_id, metric_name, ts)
TTL toDateTime(ingested_at) + INTERVAL 2 YEAR DELETE
SETTINGS index_granularity = 1024
COMMENT 'Metrics of agents over time, kept two years after arrival';

CREATE TABLE IF NOT EXISTS trader_performance
(
    ts DateTime64(3, 'UTC') COMMENT 'When it was measured, UTC' CODEC(DoubleDelta, ZSTD(1)),
    trader_id UUID COMMENT 'Trader; trading.traders.id',
    pnl_usd Nullable(Decimal(38, 8)) COMMENT 'Profit so far, USD' CODEC(ZSTD(1)),
    roi Nullable(Float64) COMMENT 'Return on what was put in, ratio' CODEC(ZSTD(1)),
    win_rate Nullable(Float64) COMMENT 'Share of trades with a profit, 0..1' CODEC(ZSTD(1)),
    trades Nullable(UInt64) COMMENT 'Trades so far' CODEC(ZSTD(1)),
    volume_usd Nullable(Decimal(38, 8)) COMMENT 'Traded so far, USD' CODEC(ZSTD(1)),
    max_drawdown Nullable(Float64) COMMENT 'Deepest fall from a peak, ratio 0..1' CODEC(ZSTD(1)),
    ingested_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When the row arrived here; of two rows with one key the later stands' CODEC(DoubleDelta, ZSTD(1))
)
ENGINE = ReplacingMergeTree(ingested_at)
PARTITION BY toYYYYMM(ts)
ORDER BY (trader_id, ts)
TTL toDateTime(ingested_at) + INTERVAL 2 YEAR DELETE
SETTINGS index_granularity = 1024
COMMENT 'Performance of traders over time, kept two years after arrival';

CREATE TABLE IF NOT EXISTS usage_events
(
    ts DateTime64(3, 'UTC') COMMENT 'When it happened, UTC' CODEC(DoubleDelta, ZSTD(1)),
    event_id UUID COMMENT 'Event; sent again after a failure it keeps its id',
    user_id UUID COMMENT 'User; account.users.id, the nil UUID when nobody was signed in',
    api_key_id Nullable(UUID) COMMENT 'API key used, never the key; account.api_keys.id',
    event_type LowCardinality(String) COMMENT 'What happened, such as query, subscription or export',
    resource_type LowCardinality(String) COMMENT 'Kind of what was used; empty when none',
    resource_id String COMMENT 'What was used; empty when none' CODEC(ZSTD(1)),
    cost UInt64 DEFAULT 0 COMMENT 'Cost points charged' CODEC(ZSTD(1)),
    metadata Map(LowCardinality(String), String) COMMENT 'What the caller adds',
    ip Nullable(IPv6) COMMENT 'Network address, cleared after 90 days; IPv4 as ::ffff:a.b.c.d' TTL toDateTime(ingested_at) + INTERVAL 90 DAY,
    user_agent Nullable(String) COMMENT 'Program used, cleared after 90 days' TTL toDateTime(ingested_at) + INTERVAL 90 DAY,
    ingested_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When the row arrived here; of two rows with one key the later stands' CODEC(DoubleDelta, ZSTD(1))
)
ENGINE = ReplacingMergeTree(ingested_at)
PARTITION BY toYYYYMM(ts)
ORDER BY (user_id, event_type, ts, event_id)
TTL toDateTime(ingested_at) + INTERVAL 2 YEAR DELETE
SETTINGS index_granularity = 8192
COMMENT 'What users did, for quotas, bills and analytics; kept two years after arrival, private to the user';

-- migrate:down transaction:false

DROP TABLE IF EXISTS usage_events;
DROP TABLE IF EXISTS trader_performance;
DROP TABLE IF EXISTS agent_performance;
