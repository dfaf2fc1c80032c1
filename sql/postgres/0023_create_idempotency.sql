-- What a change needs beside its own tables: a record of requests that were sent with a key, so that
-- a retry is answered with the first result instead of being done twice, and a version on rows that
-- two people may edit at once.

-- migrate:up
CREATE TABLE ops.idempotency_keys (
    user_id uuid NOT NULL,
    operation text NOT NULL CHECK (operation <> ''),
    key text NOT NULL CHECK (length(key) BETWEEN 1 AND 200),
    input_hash text NOT NULL CHECK (input_hash <> ''),
    result jsonb,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL DEFAULT now() + interval '24 hours',
    PRIMARY KEY (user_id, operation, key)
);
COMMENT ON TABLE ops.idempotency_keys IS
    'Requests that were carried out under a key of the caller''s. Written with the change itself; '
    'whoever sends the same key again gets the first result. Not a foreign key: an erasure need not '
    'wait for the record to expire.';
COMMENT ON COLUMN ops.idempotency_keys.user_id IS 'Who sent it.';
COMMENT ON COLUMN ops.idempotency_keys.operation IS 'Name of the mutation.';
COMMENT ON COLUMN ops.idempotency_keys.key IS 'The key, as the caller chose it.';
COMMENT ON COLUMN ops.idempotency_keys.input_hash IS
    'SHA-256 of the input without its secrets, to tell a retry from another request.';
COMMENT ON COLUMN ops.idempotency_keys.result IS
    'What was answered, by field, without what is shown only once; null while it is carried out.';
COMMENT ON COLUMN ops.idempotency_keys.created_at IS 'When it was carried out (UTC).';
COMMENT ON COLUMN ops.idempotency_keys.expires_at IS
    'From when on the key may be used for something else (UTC).';
CREATE INDEX idempotency_keys_expires_at_idx ON ops.idempotency_keys (expires_at);
CALL ops.protect('ops.idempotency_keys', 'user_id', '{select, insert, update, delete}');
GRANT SELECT, INSERT, UPDATE, DELETE ON ops.idempotency_keys TO gateway;

-- Figures that jobs recompute do not make an edit of the owner stale: a table names such columns as
-- arguments, and generated ones with them.
CREATE FUNCTION ops.bump_version() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $body$
BEGIN
    IF to_jsonb(NEW) - TG_ARGV IS DISTINCT FROM to_jsonb(OLD) - TG_ARGV THEN
        NEW.version := OLD.version + 1;
    END IF;
    RETURN NEW;
END
$body$;
COMMENT ON FUNCTION ops.bump_version() IS
    'BEFORE UPDATE trigger: counts version up when any column but those named differs.';

ALTER TABLE portfolio.portfolios ADD COLUMN version integer NOT NULL DEFAULT 1;
COMMENT ON COLUMN portfolio.portfolios.version IS 'How often it was edited, counted from 1.';
CREATE TRIGGER bump_version BEFORE UPDATE ON portfolio.portfolios
    FOR EACH ROW EXECUTE FUNCTION ops.bump_version('updated_at');

ALTER TABLE portfolio.positions ADD COLUMN version integer NOT NULL DEFAULT 1;
COMMENT ON COLUMN portfolio.positions.version IS
    'How often it was edited, counted from 1; new prices do not count.';
CREATE TRIGGER bump_version BEFORE UPDATE ON portfolio.positions
    FOR EACH ROW EXECUTE FUNCTION ops.bump_version(
        'price_usd', 'value_usd', 'allocation', 'unrealized_pnl_usd', 'unrealized_pnl_pct',
        'last_updated_at', 'updated_at'
    );

ALTER TABLE portfolio.strategies ADD COLUMN version integer NOT NULL DEFAULT 1;
COMMENT ON COLUMN portfolio.strategies.version IS
    'How often it was edited, counted from 1; new results do not count.';
CREATE TRIGGER bump_version BEFORE UPDATE ON portfolio.strategies
    FOR EACH ROW EXECUTE FUNCTION ops.bump_version('performance_metrics', 'updated_at');

-- migrate:down
DROP TRIGGER bump_version ON portfolio.strategies;
ALTER TABLE portfolio.strategies DROP COLUMN version;
DROP TRIGGER bump_version ON portfolio.positions;
ALTER TABLE portfolio.positions DROP COLUMN version;
DROP TRIGGER bump_version ON portfolio.portfolios;
ALTER TABLE portfolio.portfolios DROP COLUMN version;
DROP FUNCTION ops.bump_version();
DROP TABLE ops.idempotency_keys;
