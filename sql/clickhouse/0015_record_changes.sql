-- What changed when: every change the relay passed on, without who did it and without its values.
-- Rows of the outbox go after a week; this stays for statistics of use. A change passed on twice
-- replaces itself. Of accounts and of what is private only the kind is kept, so erasing a person needs
-- nothing here.

-- migrate:up transaction:false

CREATE TABLE IF NOT EXISTS change_events
(
    created_at DateTime64(3, 'UTC') COMMENT 'When the change was made, UTC' CODEC(DoubleDelta, ZSTD(1)),
    position UInt64 COMMENT 'Place in the order of changes; ops.outbox.position' CODEC(DoubleDelta, ZSTD(1)),
    aggregate LowCardinality(String) COMMENT 'What kind of thing changed, such as alerts.rules',
    aggregate_id String COMMENT 'Which one; empty for accounts and what is private' CODEC(ZSTD(1)),
    event LowCardinality(String) COMMENT 'What happened to it, such as created',
    ingested_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When the row arrived here'
)
ENGINE = ReplacingMergeTree(ingested_at)
PARTITION BY toYYYYMM(created_at)
ORDER BY (aggregate, created_at, position)
TTL toDateTime(ingested_at) + INTERVAL 2 YEAR DELETE
SETTINGS index_granularity = 8192
COMMENT 'Changes by kind and time, without persons'

-- migrate:down transaction:false

DROP TABLE IF EXISTS change_events;
