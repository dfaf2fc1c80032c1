-- How changes are passed on to the other stores. They run as the role worker.

-- name: lead :exec
-- Lets this transaction alone give positions, and says how many are given.
SELECT position FROM ops.relay_progress WHERE consumer = 'numbering' FOR UPDATE;

-- name: number :exec
-- Gives positions to changes that have none, in order of sequence, after those that are given; how many got one.
-- index: outbox_position_sequence_idx
WITH seen AS (
    SELECT sequence, row_number() OVER (ORDER BY sequence) AS place
    FROM (
        SELECT sequence FROM ops.outbox
        WHERE published_at IS NULL AND position IS NULL
        ORDER BY sequence
        LIMIT :most::integer
    ) AS oldest
),
numbered AS (
    UPDATE ops.outbox AS o SET position = :given::bigint + seen.place
    FROM seen WHERE o.sequence = seen.sequence
    RETURNING o.position
)
UPDATE ops.relay_progress SET position = (SELECT coalesce(max(n.position), :given::bigint) FROM numbered AS n)
WHERE consumer = 'numbering'
RETURNING (SELECT count(*) FROM numbered) AS numbered;

-- name: changes :many
-- The next changes a store has not heard of, in order of position.
-- index: outbox_position_sequence_idx
SELECT o.position, o.sequence, o.aggregate, o.aggregate_id, o.event, o.payload, o.created_at
FROM ops.outbox AS o
WHERE o.published_at IS NULL
    AND o.position > (SELECT p.position FROM ops.relay_progress AS p WHERE p.consumer = :consumer)
ORDER BY o.position
LIMIT :most::integer;

-- name: held_back :many
-- Those of some things of which a store refused an earlier change.
-- index: relay_failures_aggregate_idx
SELECT DISTINCT f.aggregate, f.aggregate_id
FROM ops.relay_failures AS f
JOIN unnest(:aggregates::text[], :ids::text[]) AS asked (aggregate, aggregate_id)
    ON f.aggregate = asked.aggregate AND f.aggregate_id = asked.aggregate_id
WHERE f.consumer = :consumer;

-- name: move :exec
-- Says that a store has heard of all changes up to a position, and so that it takes them.
UPDATE ops.relay_progress
SET position = greatest(position, :position::bigint), failing_since = NULL, error_message = NULL
WHERE consumer = :consumer;

-- name: ail :exec
-- Says that a store takes nothing now.
UPDATE ops.relay_progress
SET failing_since = coalesce(failing_since, now()), error_message = :error
WHERE consumer = :consumer;

-- name: refuse :exec
-- Remembers changes that a store refused, or that wait behind one; set aside after the last try.
WITH asked AS (
    SELECT * FROM unnest(
        :positions::bigint[], :sequences::bigint[], :aggregates::text[], :ids::text[], :errors::text[],
        :tries::integer[]
    ) AS a (position, sequence, aggregate, aggregate_id, error_message, tries)
),
tried AS (
    UPDATE ops.outbox AS o SET attempts = o.attempts + 1, last_error = a.error_message
    FROM asked AS a WHERE o.sequence = a.sequence AND a.tries > 0
)
INSERT INTO ops.relay_failures AS f (
    consumer, position, sequence, aggregate, aggregate_id, error_message, attempts, retry_at
)
SELECT
    :consumer, position, sequence, aggregate, aggregate_id, error_message, tries,
    now() + (CASE WHEN tries > 0 THEN :first_pause_s::float8 ELSE 0 END) * interval '1 second'
FROM asked
ON CONFLICT (consumer, position) DO UPDATE
SET attempts = f.attempts + excluded.attempts, error_message = excluded.error_message,
    retry_at = now() + least(:first_pause_s::float8 * 2 ^ f.attempts, 3600) * interval '1 second',
    set_aside_at = CASE WHEN f.attempts + excluded.attempts >= :max_attempts::integer THEN now() END;

-- name: retriable :many
-- The first refused change of each thing, where it may be tried again.
-- index: relay_failures_aggregate_idx
SELECT o.position, o.sequence, o.aggregate, o.aggregate_id, o.event, o.payload, o.created_at
FROM ops.relay_failures AS f
JOIN ops.outbox AS o ON o.sequence = f.sequence
WHERE f.consumer = :consumer AND f.set_aside_at IS NULL AND f.retry_at <= now()
    AND NOT EXISTS (
        SELECT FROM ops.relay_failures AS earlier
        WHERE earlier.consumer = f.consumer AND earlier.aggregate = f.aggregate
            AND earlier.aggregate_id = f.aggregate_id AND earlier.position < f.position
    )
ORDER BY f.position
LIMIT :most::integer;

-- name: settle :exec
-- Forgets refusals of changes that a store took after all.
DELETE FROM ops.relay_failures WHERE consumer = :consumer AND position = ANY (:positions::bigint[]);

-- name: publish :exec
-- Marks the changes that every store has.
-- index: outbox_position_sequence_idx, relay_failures_sequence_idx
UPDATE ops.outbox AS o SET published_at = now()
WHERE o.published_at IS NULL
    AND o.position <= (SELECT min(p.position) FROM ops.relay_progress AS p WHERE p.consumer <> 'numbering')
    AND NOT EXISTS (SELECT FROM ops.relay_failures AS f WHERE f.sequence = o.sequence);

-- name: lag :many
-- For each store: changes it has not heard of, changes it refused, when the oldest of them was made, since when it is away.
SELECT store, waiting, refused, oldest_at, failing_since FROM ops.relay_lag();

-- name: failures :many
-- Changes that a store refused, and what waits behind them, in order of position.
SELECT f.consumer, f.position, f.aggregate, f.aggregate_id, o.event, f.attempts, f.error_message, f.retry_at, f.set_aside_at
FROM ops.relay_failures AS f JOIN ops.outbox AS o ON o.sequence = f.sequence
ORDER BY f.position, f.consumer
LIMIT :count::integer;

-- name: try_again :exec
-- Has refused changes tried again at once: all, or one.
UPDATE ops.relay_failures SET retry_at = now(), set_aside_at = NULL, attempts = 0
WHERE :position::bigint IS NULL OR position = :position::bigint;

-- name: drop_failure :exec
-- Gives up passing one change on to the stores that refuse it; later ones of the same thing go on.
DELETE FROM ops.relay_failures WHERE position = :position::bigint;
