-- Usage is counted by the gateway and arrives in portions: a row may stand for many requests of one kind
-- by one user with one key.

-- migrate:up transaction:false

ALTER TABLE usage_events
    ADD COLUMN IF NOT EXISTS requests UInt64 DEFAULT 1 COMMENT 'Requests it stands for; 1 for a single one' AFTER cost;

-- migrate:down transaction:false

ALTER TABLE usage_events DROP COLUMN IF EXISTS requests;
