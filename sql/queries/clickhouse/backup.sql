-- What copying the series away and back asks; see gateway/backup and gateway/archive.

-- name: partitions :many
-- Partitions with rows, their state, which changes whenever their parts do, and how many rows the parts hold.
SELECT
    table, partition_id,
    lower(hex(SHA256(arrayStringConcat(arraySort(groupArray(concat(name, hash_of_uncompressed_files))))))) AS state,
    sum(rows) AS row_count
FROM system.parts
WHERE active AND rows > 0 AND database = currentDatabase()
    AND table NOT IN ('schema_migrations', 'gateway_migrations', 'gateway_migration_lock')
GROUP BY table, partition_id
ORDER BY table, partition_id;

-- name: rows_of_partition :many
-- Every stored row of a partition, replaced ones too.
SELECT * FROM {table:Identifier} WHERE _partition_id = {partition:String};

-- name: feeds :many
-- Which table a materialized view reads and which it writes.
SELECT source.name AS source, extract(feed.create_table_query, ' TO \\w+\\.(\\w+)') AS target
FROM system.tables AS source
ARRAY JOIN source.dependencies_table AS dependent
JOIN system.tables AS feed ON feed.database = source.database AND feed.name = dependent
WHERE source.database = currentDatabase() AND feed.engine = 'MaterializedView';

-- name: tables :many
-- Tables that hold rows of their own.
SELECT name FROM system.tables
WHERE database = currentDatabase() AND engine LIKE '%MergeTree';

-- name: empty_table :exec
-- Removes every row of a table.
TRUNCATE TABLE {table:Identifier};
