-- History on its way to Parquet files; see gateway/archive.

-- name: cold_partitions :many
-- Months of a series all of whose rows arrived before a time, oldest first.
SELECT _partition_id AS partition
FROM {table:Identifier}
GROUP BY partition
HAVING max(ingested_at) < {before:DateTime64(3, 'UTC')}
ORDER BY partition;

-- name: fingerprint :one
-- How many rows a month of a table has and what they hold, in any order; those that were replaced left out.
SELECT count() AS row_count, groupBitXor(cityHash64(formatRow('RowBinary', *))) AS fingerprint
FROM {table:Identifier} FINAL
WHERE _partition_id = {partition:String};

-- name: rows :many
-- Rows of a month of a table, those that were replaced left out.
SELECT * FROM {table:Identifier} FINAL WHERE _partition_id = {partition:String};

-- name: exists :one
-- Whether there is a table of this name.
SELECT count() > 0 AS there FROM system.tables
WHERE database = currentDatabase() AND name = {table:String};

-- name: columns :many
-- What SELECT * of a table gives, in order.
SELECT name, type FROM system.columns
WHERE database = currentDatabase() AND table = {table:String} AND default_kind IN ('', 'DEFAULT')
ORDER BY position;

-- name: drop :exec
-- Removes a table that stood in for another.
DROP TABLE IF EXISTS {table:Identifier} SYNC;

-- name: read_files :many
-- Archived rows in files that the server itself can open.
SELECT * FROM file({files:String}, 'Parquet', {structure:String});

-- name: read_bucket :many
-- Archived rows in a bucket.
SELECT * FROM s3({files:String}, 'Parquet', {structure:String});
