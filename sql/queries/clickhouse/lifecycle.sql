-- What series hold of a person. Tables and columns are those declared in sql/personal.toml.

-- name: count_of :one
-- Rows of some ids.
SELECT count() AS number FROM {table:Identifier} FINAL
WHERE {column:Identifier} IN {ids:Array(UUID)};

-- name: rows_of :many
-- Rows of some ids, for a copy of them.
SELECT * EXCEPT (ingested_at) FROM {table:Identifier} FINAL
WHERE {column:Identifier} IN {ids:Array(UUID)}
SETTINGS date_time_output_format = 'iso', output_format_json_quote_decimals = 1, output_format_json_quote_64bit_integers = 0;

-- name: delete_of :exec
-- Deletes rows of some ids for good, on every replica, before it returns.
ALTER TABLE {table:Identifier} DELETE WHERE {column:Identifier} IN {ids:Array(UUID)}
SETTINGS mutations_sync = 2;

-- name: delete_aged :exec
-- Deletes rows of users that are older than each one may be kept.
ALTER TABLE {table:Identifier} DELETE
WHERE {column:Identifier} IN {ids:Array(UUID)} AND {dated:Identifier} < now() - toIntervalDay(
    transform({column:Identifier}, {ids:Array(UUID)}, {days:Array(UInt32)}, toUInt32(36500))
)
SETTINGS mutations_sync = 2;

-- name: count_aged :one
-- Rows that the query above deletes.
SELECT count() AS number FROM {table:Identifier}
WHERE {column:Identifier} IN {ids:Array(UUID)} AND {dated:Identifier} < now() - toIntervalDay(
    transform({column:Identifier}, {ids:Array(UUID)}, {days:Array(UInt32)}, toUInt32(36500))
);
