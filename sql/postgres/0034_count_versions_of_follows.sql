-- Versions of follows are counted by the same trigger as everywhere, so no statement can forget it.

-- migrate:up
REVOKE UPDATE (version) ON trading.trader_follows FROM gateway;
ALTER TABLE trading.trader_follows ALTER COLUMN version TYPE integer;
COMMENT ON COLUMN trading.trader_follows.version IS 'How often it was edited, counted from 1.';
CREATE TRIGGER bump_version BEFORE UPDATE ON trading.trader_follows
    FOR EACH ROW EXECUTE FUNCTION ops.bump_version('updated_at');

-- migrate:down
DROP TRIGGER bump_version ON trading.trader_follows;
COMMENT ON COLUMN trading.trader_follows.version IS
    'Goes up with every change, so that of two editors the later notices.';
ALTER TABLE trading.trader_follows ALTER COLUMN version TYPE bigint;
GRANT UPDATE (version) ON trading.trader_follows TO gateway;
