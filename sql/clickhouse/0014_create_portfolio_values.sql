-- What portfolios with a rule about a change were worth, each time they were valued: snapshots keep one value a day, which
-- says nothing about the last hour. Rules look back 30 days at most, so older values go.

-- migrate:up transaction:false

CREATE TABLE IF NOT EXISTS portfolio_values
(
    ts DateTime64(3, 'UTC') COMMENT 'When it was valued, UTC' CODEC(DoubleDelta, ZSTD(1)),
    portfolio_id UUID COMMENT 'Portfolio; portfolio.portfolios.id',
    user_id UUID COMMENT 'Owner; account.users.id',
    value_usd Decimal(38, 8) COMMENT 'Whole value, USD; debts subtracted' CODEC(ZSTD(1)),
    ingested_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When the row arrived here' CODEC(DoubleDelta, ZSTD(1)),
    INDEX user_id_idx user_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(ingested_at)
PARTITION BY toYYYYMM(ts)
ORDER BY (portfolio_id, ts)
TTL toDateTime(ingested_at) + INTERVAL 40 DAY DELETE
SETTINGS index_granularity = 1024
COMMENT 'Values of portfolios that rules look back at, kept 40 days after arrival; private to the owner';

-- migrate:down transaction:false

DROP TABLE IF EXISTS portfolio_values;
