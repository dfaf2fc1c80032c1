-- How changes reach the other stores, and what runs in workers.
--
-- The number of an outbox row is taken before its transaction commits, so a lower number may show
-- up after a higher one. The relay therefore gives every row a position of its own once it can see
-- it, in order of sequence, one relay at a time. Changes of one thing follow each other, because
-- whoever changes it holds its row; so their positions are in the order of their commits, and nothing
-- ever appears below a position that was given. Each store then needs one number: how far it is.

-- migrate:up
ALTER TABLE ops.outbox ADD COLUMN position bigint;
COMMENT ON COLUMN ops.outbox.position IS
    'Place in the order in which changes are passed on, without gaps; null until the relay saw it.';
COMMENT ON COLUMN ops.outbox.published_at IS
    'When every store had it (UTC); null until then, also while one of them refuses it.';
COMMENT ON TABLE ops.outbox IS
    'A change the other stores and the subscriptions still have to hear of. Written with the '
    'change, passed on by the relay in order of position.';
COMMENT ON COLUMN ops.outbox.attempts IS 'How often a store refused it.';
COMMENT ON COLUMN ops.outbox.last_error IS 'Why a store refused it last; null when none did.';
DROP INDEX ops.outbox_unpublished_idx;
CREATE INDEX outbox_position_sequence_idx ON ops.outbox (position, sequence)
    WHERE published_at IS NULL;

CREATE TABLE ops.relay_progress (
    consumer text PRIMARY KEY CHECK (consumer IN ('numbering', 'clickhouse', 'qdrant', 'redis')),
    position bigint NOT NULL DEFAULT 0 CHECK (position >= 0),
    failing_since timestamptz,
    error_message text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT relay_progress_failing_says_why
        CHECK ((failing_since IS NULL) = (error_message IS NULL))
);
COMMENT ON TABLE ops.relay_progress IS
    'How far each store has heard of changes; the row numbering says how many have a position.';
COMMENT ON COLUMN ops.relay_progress.consumer IS
    'The store, or numbering for the giving of positions.';
COMMENT ON COLUMN ops.relay_progress.position IS
    'Changes up to this position were passed on, or are in ops.relay_failures.';
COMMENT ON COLUMN ops.relay_progress.failing_since IS
    'Since when the store takes nothing (UTC); null while it does.';
COMMENT ON COLUMN ops.relay_progress.error_message IS 'Why it takes nothing; null while it does.';
COMMENT ON COLUMN ops.relay_progress.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN ops.relay_progress.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON ops.relay_progress
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
INSERT INTO ops.relay_progress (consumer)
VALUES ('numbering'), ('clickhouse'), ('qdrant'), ('redis');

CREATE TABLE ops.relay_failures (
    consumer text NOT NULL REFERENCES ops.relay_progress (consumer),
    sequence bigint NOT NULL REFERENCES ops.outbox (sequence) ON DELETE CASCADE,
    position bigint NOT NULL,
    aggregate text NOT NULL,
    aggregate_id text NOT NULL,
    attempts integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    error_message text NOT NULL,
    retry_at timestamptz NOT NULL DEFAULT now(),
    set_aside_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (consumer, position)
);
COMMENT ON TABLE ops.relay_failures IS
    'Changes that a store refuses while it takes others, and those of the same thing behind them.';
COMMENT ON COLUMN ops.relay_failures.consumer IS 'The store.';
COMMENT ON COLUMN ops.relay_failures.sequence IS 'The change.';
COMMENT ON COLUMN ops.relay_failures.position IS 'Its place in the order of changes.';
COMMENT ON COLUMN ops.relay_failures.aggregate IS 'What kind of thing changed.';
COMMENT ON COLUMN ops.relay_failures.aggregate_id IS 'Which one.';
COMMENT ON COLUMN ops.relay_failures.attempts IS
    'How often it was tried; 0 for one that waits behind another.';
COMMENT ON COLUMN ops.relay_failures.error_message IS 'Why the latest try failed, or what it waits for.';
COMMENT ON COLUMN ops.relay_failures.retry_at IS 'From when it is tried again (UTC).';
COMMENT ON COLUMN ops.relay_failures.set_aside_at IS
    'When it was given up (UTC), until an operator asks for another try; null while there is hope.';
COMMENT ON COLUMN ops.relay_failures.created_at IS 'When it was first refused (UTC).';
COMMENT ON COLUMN ops.relay_failures.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON ops.relay_failures
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CREATE INDEX relay_failures_aggregate_idx
    ON ops.relay_failures (consumer, aggregate, aggregate_id, position);
CREATE INDEX relay_failures_sequence_idx ON ops.relay_failures (sequence);

CREATE FUNCTION ops.wake_relay() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $body$
BEGIN
    PERFORM pg_notify('outbox', '');
    RETURN NULL;
END
$body$;
COMMENT ON FUNCTION ops.wake_relay() IS
    'Wakes the relay when the transaction commits; it looks by itself now and then, too.';
CREATE TRIGGER wake_relay AFTER INSERT ON ops.outbox
    FOR EACH STATEMENT EXECUTE FUNCTION ops.wake_relay();

CREATE FUNCTION ops.tell_outbox() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $body$
DECLARE
    v_row jsonb := to_jsonb(CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END);
BEGIN
    INSERT INTO ops.outbox (aggregate, aggregate_id, event)
    VALUES (
        TG_ARGV[0], v_row ->> TG_ARGV[1],
        CASE
            WHEN TG_ARGV[1] <> 'id' THEN 'updated'
            WHEN TG_OP = 'INSERT' THEN 'created'
            WHEN TG_OP = 'UPDATE' THEN 'updated'
            ELSE 'deleted'
        END
    );
    RETURN NULL;
END
$body$;
COMMENT ON FUNCTION ops.tell_outbox() IS
    'Writes an outbox row for a row whose vector another store holds, whoever changed it. Arguments: '
    'the aggregate, and the column with its id.';

CREATE TRIGGER tell_outbox AFTER INSERT OR DELETE ON catalog.protocols
    FOR EACH ROW EXECUTE FUNCTION ops.tell_outbox('catalog.protocols', 'id');
CREATE TRIGGER tell_outbox_of_update AFTER UPDATE ON catalog.protocols
    FOR EACH ROW
    WHEN ((OLD.slug, OLD.name, OLD.category, OLD.description, OLD.audit_count, OLD.is_active)
        IS DISTINCT FROM
        (NEW.slug, NEW.name, NEW.category, NEW.description, NEW.audit_count, NEW.is_active))
    EXECUTE FUNCTION ops.tell_outbox('catalog.protocols', 'id');
CREATE TRIGGER tell_outbox AFTER INSERT OR DELETE ON catalog.protocol_deployments
    FOR EACH ROW EXECUTE FUNCTION ops.tell_outbox('catalog.protocols', 'protocol_id');
CREATE TRIGGER tell_outbox AFTER INSERT OR DELETE ON research.mentions
    FOR EACH ROW EXECUTE FUNCTION ops.tell_outbox('research.mentions', 'id');
CREATE TRIGGER tell_outbox_of_update AFTER UPDATE ON research.mentions
    FOR EACH ROW
    WHEN ((OLD.project_id, OLD.source, OLD.title, OLD.content, OLD.url, OLD.sentiment_score,
            OLD.published_at)
        IS DISTINCT FROM
        (NEW.project_id, NEW.source, NEW.title, NEW.content, NEW.url, NEW.sentiment_score,
            NEW.published_at))
    EXECUTE FUNCTION ops.tell_outbox('research.mentions', 'id');
CREATE TRIGGER tell_outbox AFTER INSERT OR DELETE ON agents.agents
    FOR EACH ROW EXECUTE FUNCTION ops.tell_outbox('agents.agents', 'id');
CREATE TRIGGER tell_outbox_of_update AFTER UPDATE ON agents.agents
    FOR EACH ROW
    WHEN ((OLD.slug, OLD.name, OLD.description, OLD.kind, OLD.agent_type, OLD.capabilities,
            OLD.is_active)
        IS DISTINCT FROM
        (NEW.slug, NEW.name, NEW.description, NEW.kind, NEW.agent_type, NEW.capabilities,
            NEW.is_active))
    EXECUTE FUNCTION ops.tell_outbox('agents.agents', 'id');

CREATE TABLE ops.service_instances (
    service text NOT NULL CHECK (service <> ''),
    instance text NOT NULL CHECK (instance <> ''),
    is_running boolean NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    seen_at timestamptz NOT NULL DEFAULT now(),
    failure_count integer NOT NULL DEFAULT 0 CHECK (failure_count >= 0),
    error_message text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (service, instance)
);
COMMENT ON TABLE ops.service_instances IS
    'Services of workers: loops that run beside the jobs. A worker that is gone is not seen any more.';
COMMENT ON COLUMN ops.service_instances.service IS 'Name of the service.';
COMMENT ON COLUMN ops.service_instances.instance IS 'The worker.';
COMMENT ON COLUMN ops.service_instances.is_running IS
    'Whether it runs there; false while it waits after a failure.';
COMMENT ON COLUMN ops.service_instances.started_at IS 'When it was last begun there (UTC).';
COMMENT ON COLUMN ops.service_instances.seen_at IS 'When the worker last said so (UTC).';
COMMENT ON COLUMN ops.service_instances.failure_count IS
    'How often it failed since the worker started.';
COMMENT ON COLUMN ops.service_instances.error_message IS 'Why it failed last; null when it never did.';
COMMENT ON COLUMN ops.service_instances.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN ops.service_instances.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON ops.service_instances
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();

GRANT CREATE ON SCHEMA ops TO worker;
SET ROLE worker;

CREATE FUNCTION ops.relay_lag() RETURNS TABLE (
    store text, waiting bigint, refused bigint, oldest_at timestamptz, failing_since timestamptz
)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog
AS $body$
    WITH unnumbered AS (
        SELECT count(*) AS number, min(o.created_at) AS oldest_at FROM ops.outbox AS o
        WHERE o.published_at IS NULL AND o.position IS NULL
    )
    SELECT
        p.consumer, n.position - p.position + u.number, f.number,
        least(
            f.oldest_at, u.oldest_at,
            (
                SELECT o.created_at FROM ops.outbox AS o
                WHERE o.published_at IS NULL AND o.position > p.position
                ORDER BY o.position LIMIT 1
            )
        ),
        p.failing_since
    FROM ops.relay_progress AS p
    JOIN ops.relay_progress AS n ON n.consumer = 'numbering'
    CROSS JOIN unnumbered AS u
    CROSS JOIN LATERAL (
        SELECT count(*) AS number, min(o.created_at) AS oldest_at
        FROM ops.relay_failures AS r JOIN ops.outbox AS o ON o.sequence = r.sequence
        WHERE r.consumer = p.consumer
    ) AS f
    WHERE p.consumer <> 'numbering'
    ORDER BY p.consumer
$body$;
COMMENT ON FUNCTION ops.relay_lag() IS
    'For each store: changes it has not heard of yet, changes it refused, when the oldest of them was '
    'made, and since when it takes nothing.';

CREATE FUNCTION ops.job_counts() RETURNS TABLE (
    job text, waiting bigint, running bigint, dead bigint, oldest_due_at timestamptz
)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog
AS $body$
    SELECT
        q.job,
        count(*) FILTER (WHERE q.run_id IS NULL AND q.dead_at IS NULL),
        count(*) FILTER (WHERE q.run_id IS NOT NULL),
        count(*) FILTER (WHERE q.dead_at IS NOT NULL),
        min(q.run_after) FILTER (WHERE q.run_id IS NULL AND q.dead_at IS NULL AND q.run_after <= now())
    FROM ops.job_queue AS q
    GROUP BY q.job
    ORDER BY q.job
$body$;
COMMENT ON FUNCTION ops.job_counts() IS
    'For each job with runs in the queue: how many wait, are at work and were given up, and since when '
    'the oldest one that may be tried waits.';

REVOKE ALL ON FUNCTION ops.relay_lag(), ops.job_counts() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ops.relay_lag(), ops.job_counts() TO gateway;

RESET ROLE;
REVOKE CREATE ON SCHEMA ops FROM worker;

-- migrate:down
DROP FUNCTION ops.job_counts();
DROP FUNCTION ops.relay_lag();
DROP TABLE ops.service_instances;
DROP TRIGGER tell_outbox_of_update ON agents.agents;
DROP TRIGGER tell_outbox ON agents.agents;
DROP TRIGGER tell_outbox_of_update ON research.mentions;
DROP TRIGGER tell_outbox ON research.mentions;
DROP TRIGGER tell_outbox ON catalog.protocol_deployments;
DROP TRIGGER tell_outbox_of_update ON catalog.protocols;
DROP TRIGGER tell_outbox ON catalog.protocols;
DROP FUNCTION ops.tell_outbox();
DROP TRIGGER wake_relay ON ops.outbox;
DROP FUNCTION ops.wake_relay();
DROP TABLE ops.relay_failures;
DROP TABLE ops.relay_progress;
DROP INDEX ops.outbox_position_sequence_idx;
CREATE INDEX outbox_unpublished_idx ON ops.outbox (sequence) WHERE published_at IS NULL;
ALTER TABLE ops.outbox DROP COLUMN position;
COMMENT ON COLUMN ops.outbox.attempts IS 'How often the relay tried.';
COMMENT ON COLUMN ops.outbox.last_error IS 'Why the latest try failed.';
COMMENT ON COLUMN ops.outbox.published_at IS 'When the relay passed it on (UTC); null until then.';
COMMENT ON TABLE ops.outbox IS
    'A change the other stores and the subscriptions still have to hear of. Written with the '
    'change, read by the relay in order of sequence.';
